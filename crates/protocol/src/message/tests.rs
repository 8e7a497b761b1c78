//! Messages: every one reads back, and any bytes are refused without a panic.

use super::*;
use lifeboat_log::limits::MAX_WITNESSES;
use lifeboat_log::testing::TestLog;
use lifeboat_log::{Call, Close, Endorsement, Floor, PublicKey, Signature};
use proptest::prelude::*;

fn bytes<const MAX: usize>(most: usize) -> impl Strategy<Value = Bytes<MAX>> {
    prop::collection::vec(any::<u8>(), 0..=most.min(MAX)).prop_map(|bytes| Bytes::new(bytes).unwrap())
}

fn cell() -> impl Strategy<Value = CellId> {
    any::<[u8; 32]>().prop_map(CellId)
}

fn details<const MAX: usize>() -> impl Strategy<Value = List<DetailBytes, MAX>> {
    prop::collection::vec(bytes(100), 0..=MAX).prop_map(|list| List::new(list).unwrap())
}

fn request() -> impl Strategy<Value = Request> {
    let hashes = prop::collection::vec(any::<[u8; 32]>().prop_map(DetailHash), 0..=MAX_DETAILS_ASKED);
    prop_oneof![
        (cell(), bytes(300), details(), any::<bool>()).prop_map(|(cell, entry, details, passed_on)| {
            Request::Submit { cell, entry, details, passed_on }
        }),
        cell().prop_map(|cell| Request::Tip { cell }),
        (cell(), hashes).prop_map(|(cell, h)| Request::Details { cell, hashes: List::new(h).unwrap() }),
        (cell(), any::<[u8; 16]>(), bytes(300), bytes(64)).prop_map(|(cell, invite, acceptance, handle)| {
            Request::Knock { cell, invite, acceptance, handle }
        }),
        (cell(), any::<[u8; 16]>()).prop_map(|(cell, invite)| Request::Knocked { cell, invite }),
        cell().prop_map(|cell| Request::Misconduct { cell }),
        (cell(), any::<u64>()).prop_map(|(cell, next)| Request::Have { cell, next: Position(next) }),
        (cell(), bytes(300)).prop_map(|(cell, checkpoint)| Request::Cosigned { cell, checkpoint }),
        (cell(), any::<u32>()).prop_map(|(cell, term)| Request::Succeed { cell, term: Term(term) }),
        (cell(), any::<u16>()).prop_map(|(cell, era)| Request::Opening { cell, era }),
        (cell(), calls()).prop_map(|(cell, calls)| Request::Calls { cell, calls }),
        (cell(), key(), any::<[u8; 16]>()).prop_map(|(cell, asker, nonce)| Request::Recall {
            cell,
            asker,
            nonce
        }),
    ]
}

fn key() -> impl Strategy<Value = PublicKey> {
    any::<[u8; 32]>().prop_map(PublicKey)
}

fn signed() -> impl Strategy<Value = (PublicKey, Floor, Signature)> {
    let floor = (any::<u32>(), any::<u64>(), any::<[u8; 32]>(), any::<[u8; 32]>());
    (key(), floor).prop_map(|(key, (term, size, root, half))| {
        let mut signature = Signature([0; 64]);
        signature.0[..32].copy_from_slice(&half);
        let root = lifeboat_log::TreeHash(root);
        (key, Floor { term: Term(term), size, root, signature }, signature)
    })
}

fn calls() -> impl Strategy<Value = List<CallNews, MAX_CALLS>> {
    let list = || prop::collection::vec(signed(), 0..4);
    let call = (any::<u32>(), key(), key());
    let news = (call, list(), list()).prop_map(|((term, node, term_key), endorsements, closes)| CallNews {
        call: Call { term: Term(term), node, term_key },
        endorsements: List::new(
            endorsements
                .into_iter()
                .map(|(key, floor, signature)| Endorsement { key, floor, signature })
                .collect(),
        )
        .unwrap(),
        closes: List::new(
            closes.into_iter().map(|(key, floor, signature)| Close { key, floor, signature }).collect(),
        )
        .unwrap(),
    });
    prop::collection::vec(news, 0..=6).prop_map(|calls| List::new(calls).unwrap())
}

fn response() -> impl Strategy<Value = Response> {
    let held = prop::collection::vec(any::<u64>().prop_map(Position), 0..=MAX_HELD);
    prop_oneof![
        (".{0,60}", ".{0,600}").prop_map(|(n, t)| Response::Refused(Refusal::with_text(&n, &t))),
        bytes(500).prop_map(|proof| Response::Receipt { proof }),
        (bytes(300), held)
            .prop_map(|(checkpoint, held)| { Response::Tip { checkpoint, held: List::new(held).unwrap() } }),
        details().prop_map(|details| Response::Details { details }),
        any::<[u8; 32]>().prop_map(|secret| Response::Welcome { secret }),
        (bytes(300), bytes(64)).prop_map(|(acceptance, handle)| Response::Knocked { acceptance, handle }),
        Just(Response::Noted),
        prop::collection::vec(bytes(300), 0..=MAX_MISCONDUCT_FILES)
            .prop_map(|files| Response::Misconduct { files: List::new(files).unwrap() }),
        Just(Response::Kept),
        bytes(500).prop_map(|record| Response::Opening { record }),
        calls().prop_map(|calls| Response::Calls { calls }),
        prop::collection::vec((bytes(300), calls(), signed()), 0..4).prop_map(|answers| {
            let recalled = |(checkpoint, calls, (witness, _, signature))| Recalled {
                checkpoint,
                calls,
                witness,
                signature,
            };
            Response::Recalled { answers: List::new(answers.into_iter().map(recalled).collect()).unwrap() }
        }),
    ]
}

proptest! {
    #[test]
    fn a_request_reads_back(request in request()) {
        prop_assert_eq!(Request::decode(&request.encode()), Ok(request));
    }

    #[test]
    fn a_response_reads_back(response in response()) {
        prop_assert_eq!(Response::decode(&response.encode()), Ok(response));
    }

    #[test]
    fn a_cut_or_longer_message_is_refused(request in request(), response in response(), cut in any::<prop::sample::Index>()) {
        let bytes = request.encode();
        prop_assert_eq!(Request::decode(&bytes[..cut.index(bytes.len())]), Err(Malformed::Truncated));
        prop_assert_eq!(Request::decode(&[&bytes[..], &[0]].concat()), Err(Malformed::TrailingBytes));
        let bytes = response.encode();
        prop_assert_eq!(Response::decode(&bytes[..cut.index(bytes.len())]), Err(Malformed::Truncated));
    }

    #[test]
    fn any_bytes_are_refused_or_read_back_the_same(variant in 0u8..14, rest in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [&[variant, 0, 0, 0], &rest[..]].concat();
        if let Ok(request) = Request::decode(&bytes) {
            prop_assert_eq!(&request.encode(), &bytes);
        }
        if let Ok(response) = Response::decode(&bytes) {
            prop_assert_eq!(&response.encode(), &bytes);
        }
        if let Ok(announcement) = Announcement::decode(&rest) {
            prop_assert_eq!(announcement.encode(), rest);
        }
    }
}

#[test]
fn oversize_lengths_are_refused_before_anything_is_allocated() {
    let huge = u64::MAX.to_le_bytes();
    let submit = [&[0, 0, 0, 0][..], &[7; 32], &huge].concat();
    assert_eq!(Request::decode(&submit), Err(Malformed::TooLong));
    let details = [&[2, 0, 0, 0][..], &[7; 32], &33u64.to_le_bytes()].concat();
    assert_eq!(Request::decode(&details), Err(Malformed::TooLong));
    assert_eq!(Request::decode(&vec![0; MAX_MESSAGE + 1]), Err(Malformed::TooLong));
    assert_eq!(Announcement::decode(&vec![0; MAX_ANNOUNCEMENT + 1]), Err(Malformed::TooLong));
}

#[test]
fn the_fullest_board_fits_in_a_message() {
    let floor = Floor { size: 1, ..Floor::NONE };
    let (key, signature) = (PublicKey([3; 32]), Signature([5; 64]));
    let call = Call { term: Term(1 << 16), node: key, term_key: key };
    // Each of so many electors is behind three calls; more than half of them stand behind five at most.
    let news = |closes| CallNews {
        call,
        endorsements: List::new(vec![Endorsement { key, floor, signature }]).unwrap(),
        closes: List::new(vec![Close { key, floor, signature }; closes]).unwrap(),
    };
    let calls = (0..MAX_CALLS).map(|n| news(if n < 5 { MAX_WITNESSES } else { 0 })).collect();
    let calls = List::new(calls).unwrap();
    let request = Request::Calls { cell: CellId([7; 32]), calls: calls.clone() }.encode();
    let recalled = Recalled {
        checkpoint: Bytes::new(vec![1; MAX_NOTE]).unwrap(),
        calls,
        witness: key,
        signature: Signature([5; 64]),
    };
    // What others answer, and is passed on, has no calls, and altogether no more checkpoints than that.
    let passed_on = MAX_NOTE + MAX_RECALLED * (3 * 8 + 32 + 64);
    let most = request.len().max(Response::recalled(recalled).encode().len() + passed_on);
    assert!(most <= MAX_MESSAGE, "{most} of {MAX_MESSAGE}");
}

#[test]
fn variant_numbers_never_change() {
    let cell = CellId([7; 32]);
    let first = |request: &Request| request.encode()[0];
    let submit =
        Request::Submit { cell, entry: Bytes::default(), details: List::default(), passed_on: false };
    assert_eq!(first(&submit), 0);
    assert_eq!(first(&Request::Tip { cell }), 1);
    assert_eq!(first(&Request::Details { cell, hashes: List::default() }), 2);
    let (acceptance, handle) = (Bytes::default(), Bytes::default());
    assert_eq!(first(&Request::Knock { cell, invite: [0; 16], acceptance, handle }), 3);
    assert_eq!(first(&Request::Knocked { cell, invite: [0; 16] }), 4);
    assert_eq!(first(&Request::Have { cell, next: Position(0) }), 5);
    assert_eq!(Response::refused(Refusal::BUSY).encode()[0], 0);
    assert_eq!(Response::Receipt { proof: Bytes::default() }.encode()[0], 1);
    assert_eq!(Response::tip(None, vec![]).encode()[0], 2);
    assert_eq!(Response::details(vec![]).encode()[0], 3);
    assert_eq!(Response::Welcome { secret: [0; 32] }.encode()[0], 4);
    assert_eq!(Response::Noted.encode()[0], 6);
}

#[test]
fn the_longest_of_each_fits_its_bound() {
    let (mut log, _) = TestLog::found(1);
    let entry = log.entry(&[7; 60_000]);
    let detail = Detail::from_bytes(vec![7; MAX_DETAIL]).unwrap();
    let submit = Request::submit(&entry, log.cell(), &vec![detail.clone(); MAX_DETAILS]).unwrap();
    assert_eq!(Request::decode(&submit.encode()).as_ref(), Ok(&submit));
    assert_eq!(Request::submit(&entry, log.cell(), &vec![detail.clone(); MAX_DETAILS + 1]), None);
    let details = Response::details(vec![detail; 50]);
    assert_eq!(Response::decode(&details.encode()), Ok(details));
    let receipt = Response::Receipt { proof: Bytes::new(vec![7; MAX_PROOF_FILE]).unwrap() };
    assert_eq!(Response::decode(&receipt.encode()), Ok(receipt));
    let tip = Response::tip(Some(&log.checkpoint()), vec![Position(3); 100]);
    assert_eq!(Response::decode(&tip.encode()), Ok(tip));
    let announced = Announcement::checkpoint(&log.checkpoint()).unwrap();
    assert_eq!(Announcement::decode(&announced.encode()), Ok(announced));
}
