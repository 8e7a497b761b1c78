//! Every body reads back as it was written; no bytes make the fold panic.

use crate::say::pair;
use lifeboat_commons::ballots::*;
use lifeboat_commons::charter::{CharterChange, Setting};
use lifeboat_commons::draw::{BeaconNetwork, BeaconSignature, Commitment, Secret};
use lifeboat_commons::ledger::*;
use lifeboat_commons::membership::*;
use lifeboat_commons::payload::Payload;
use lifeboat_commons::practices::KINDS;
use lifeboat_commons::ring::{Image, Response, RingKey};
use lifeboat_commons::rotation::*;
use lifeboat_commons::{
    Amount, BadBody, Body, CategoryId, Common, Day, Effect, Erase, MemberId, Paper, PlaceId, Reason, State,
    Statement, compose,
};
use lifeboat_log::codec::{Bytes, List, decode, encode};
use lifeboat_log::{
    BlobHash, CellId, DetailHash, EntryId, Kind, Position, PublicKey, Signature, SignedEntry, Time,
};
use proptest::prelude::*;

prop_compose! {
    fn common()(
        day in proptest::option::of(0..3_000_000_u32),
        corrects in proptest::option::of(any::<[u8; 32]>()),
        paper in proptest::option::of(proptest::array::uniform3(proptest::option::of(any::<[u8; 32]>()))),
        place in proptest::option::of(any::<u16>()),
        category in proptest::option::of(any::<u16>()),
    ) -> Common {
        Common {
            day: day.map(Day),
            corrects: corrects.map(EntryId),
            paper: paper.map(|[wrote, copied, photo]| Paper {
                wrote: wrote.map(MemberId),
                copied: copied.map(MemberId),
                photo: photo.map(BlobHash),
            }),
            place: place.map(PlaceId),
            category: category.map(CategoryId),
        }
    }
}

fn amount() -> impl Strategy<Value = Amount> {
    any::<i64>().prop_map(Amount::from_millionths)
}

fn quantity() -> impl Strategy<Value = Quantity> {
    let money = (amount(), "[A-Z]{2,8}").prop_map(|(n, code)| Quantity::money(n, &code).unwrap());
    let goods = (amount(), "[a-z]{0,4}", "[a-zé ]{0,20}");
    prop_oneof![money, goods.prop_map(|(n, unit, item)| Quantity::goods(n, &unit, &item).unwrap())]
}

fn time() -> impl Strategy<Value = Time> {
    (0..300_000_000_000_000_u64).prop_map(Time::from_ms)
}

fn id() -> impl Strategy<Value = EntryId> {
    any::<[u8; 32]>().prop_map(EntryId)
}

fn signature() -> impl Strategy<Value = Signature> {
    (any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(a, b)| Signature([a, b].concat().try_into().unwrap()))
}

fn source() -> impl Strategy<Value = Source> {
    let stock = proptest::option::of(any::<u16>()).prop_map(|p| Source::Stock(p.map(PlaceId)));
    prop_oneof![id().prop_map(Source::Offer), stock]
}

/// A body of this type reads back, is read by its kind, and its form is judged alike on both sides.
fn there_and_back<B: Body + PartialEq + std::fmt::Debug>(body: &B) {
    let bytes = encode(body);
    assert_eq!(decode::<B>(&bytes).as_ref(), Ok(body));
    assert!(bytes.len() < 60_000);
    let read = lifeboat_commons::body::read::<B>(&bytes);
    assert_eq!(compose(body).is_ok(), read.is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn ledger_bodies_read_back(
        common in common(), quantity in quantity(), until in time(), a in id(), source in source(),
        amount in amount(), flag in any::<bool>(),
    ) {
        there_and_back(&Received { common, quantity: quantity.clone() });
        there_and_back(&Given { common, quantity: quantity.clone(), slip: flag });
        there_and_back(&OpeningStock { common, quantity: quantity.clone() });
        there_and_back(&Need { common, quantity: quantity.clone(), until });
        there_and_back(&Offer { common, quantity, until });
        there_and_back(&Meet { common, need: a, source, amount });
        there_and_back(&ReceiptConfirmed { common, given: a, amount, on_behalf: flag });
        there_and_back(&Withdraw { common, what: a });
    }

    #[test]
    fn membership_and_charter_bodies_read_back(
        common in common(), key in any::<[u8; 32]>(), other in any::<[u8; 32]>(), invite in any::<[u8; 16]>(),
        expiry in time(), signature in signature(), bits in 0..64_u16, flag in any::<bool>(),
        id in 13..u16::MAX, value in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let acceptance = Acceptance {
            cell: CellId(other), invite, key: PublicKey(key), handle: DetailHash(other), expiry, signature,
        };
        let key = PublicKey(key);
        there_and_back(&Vouch { common, acceptance, replaces: flag.then_some(MemberId(other)) });
        there_and_back(&Leave { common });
        let powers = Powers::from_bits(bits);
        there_and_back(&KeyAdded { common, key, powers, until: expiry, possession: signature });
        there_and_back(&KeyEnded { common, key });
        there_and_back(&NodeNamed { common, node: key, serves: flag, possession: signature });
        there_and_back(&HandleChanged { common });
        let what = List::new(if flag { vec![other, [7; 32]] } else { vec![] }).unwrap();
        there_and_back(&Erase { common, entry: EntryId(other), at: Position(7), what });
        let setting = Setting { id, version: 1, value: Bytes::new(value).unwrap() };
        there_and_back(&CharterChange { common, settings: List::new(vec![setting]).unwrap() });
    }

    #[test]
    fn rotation_bodies_read_back(
        common in common(), name in "[a-zé ]{0,12}", training in proptest::option::of("[a-z]{0,8}"),
        numbers in any::<[u16; 4]>(), span in any::<[u32; 3]>(), flag in any::<bool>(), id in id(),
        members in proptest::collection::vec(any::<[u8; 32]>(), 0..6), bytes in any::<[u8; 32]>(), attempt in 0..4_u8,
    ) {
        let name = Name::new(name).unwrap();
        let [seats, step, minute, minutes] = numbers;
        let every = if flag { Every::Days(step % 400) } else { Every::Months(step % 14) };
        let first = Day(span[0] % 3_000_000);
        let conditions = Conditions { again: flag, double: !flag, training: training.map(|t| Name::new(t).unwrap()) };
        let (seats, duty) = (seats % 70, if flag { Duty::Keeper } else { Duty::Teller });
        there_and_back(&RoleSet { common, name: name.clone(), duty, seats, first, every, conditions, ended: flag });
        let (minute, minutes) = (minute % 1500, minutes % 1500);
        there_and_back(&MeetingSet { common, name: name.clone(), first, every, minute, minutes, ended: flag });
        there_and_back(&Trained { common, member: MemberId(bytes), training: name.clone(), granted: flag });
        let roll = |from: usize| List::new(members.iter().skip(from).map(|id| MemberId(*id)).collect()).unwrap();
        let purpose = if flag { Purpose::Lot { about: id, seats } } else { Purpose::Role { role: name, term: span[0] } };
        let (quorum, commit, reveal) = (step, span[1] >> 9, span[2] >> 9);
        let key: [u8; 96] = std::array::from_fn(|at| bytes[at % 32]);
        let network = BeaconNetwork { key, genesis: u64::from(span[0]) + u64::from(minute), period: span[1] >> 12 };
        let way = match attempt {
            0 => Way::Hat,
            1 => Way::Reveals { quorum, commit, reveal },
            _ => Way::Beacon { quorum, commit, reveal, network },
        };
        let signature = BeaconSignature(std::array::from_fn(|at| bytes[at % 32]));
        there_and_back(&BeaconBrought { common, draw: id, attempt, round: network.genesis, signature });
        there_and_back(&DrawCalled { common, purpose, first: roll(0), then: roll(members.len()), way });
        there_and_back(&Committed { common, draw: id, attempt, commitment: Commitment(bytes) });
        there_and_back(&Revealed { common, draw: id, attempt, secret: Secret(bytes) });
        there_and_back(&HatDrawn { common, draw: id, order: roll(0) });
        there_and_back(&Refused { common, draw: id });
        let theirs = flag.then_some(EntryId(bytes));
        there_and_back(&SwapOffered { common, mine: id, with: MemberId(bytes), theirs });
        there_and_back(&SwapAgreed { common, offer: id });
    }

    #[test]
    fn bodies_of_secret_polls_read_back(
        common in common(), id in id(), numbers in any::<[u32; 6]>(), flag in any::<bool>(), bytes in any::<[u8; 32]>(),
        marks in proptest::collection::vec(any::<u16>(), 0..6), responses in proptest::collection::vec(any::<[u8; 32]>(), 0..4),
        counts in proptest::collection::vec(any::<u32>(), 0..5),
    ) {
        let [least, register, cast, carry, late, other] = numbers;
        let (least, choices) = ((least % 600) as u16, (other % 70) as u16);
        let ring = Means::Ring { least, register: register >> 9, cast: cast >> 9, carry: carry >> 9, late: late >> 9 };
        let means = if flag { Means::Paper } else { ring };
        let form = if flag { Form::One } else { Form::Several };
        let said = compose(&Leave { common: Common::default() }).unwrap();
        let carries = flag.then(|| Carries { over: other as u8, payload: Payload::new(said).unwrap() });
        there_and_back(&PollOpened { common, about: flag.then_some(id), choices, form, means, carries });
        there_and_back(&Registered { common, poll: id, key: RingKey(bytes) });
        let ballot = SecretBallot {
            marks: List::new(marks).unwrap(),
            image: Image(bytes),
            challenge: Response(id.0),
            responses: List::new(responses.into_iter().map(Response).collect()).unwrap(),
        };
        let ballots = List::new(vec![ballot; usize::from(flag) + 1]).unwrap();
        there_and_back(&BallotsCarried { common, poll: id, ballots });
        there_and_back(&PaperCounted { common, poll: id, counts: List::new(counts).unwrap(), blank: cast, papers: late });
    }

    #[test]
    fn no_bytes_of_any_kind_make_the_fold_panic(
        seed in any::<u64>(), bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 8),
    ) {
        let mut cell = pair();
        let kinds = KINDS.concat();
        for (i, body) in bodies.iter().enumerate() {
            let kind = kinds[(seed as usize).wrapping_add(i) % kinds.len()];
            // A good beginning (the empty common) leads deeper into the decoding.
            for bytes in [body.clone(), [&[0; 5], &body[..]].concat()] {
                let entry = cell.sign_kind("wren", kind, &bytes);
                let _ = Statement::decode(&entry);
                let before = cell.state.ledger().clone();
                if let Effect::Void(_) = cell.place(entry) {
                    prop_assert_eq!(&before, cell.state.ledger());
                }
            }
        }
    }

    #[test]
    fn no_bytes_make_the_decoding_of_a_state_panic(at in any::<usize>(), byte in any::<u8>(), cut in any::<usize>()) {
        let mut bytes = pair().state.encode();
        let whole = bytes.len();
        bytes[at % whole] = byte;
        if let Ok(state) = State::decode(&bytes) {
            prop_assert_eq!(state.encode(), bytes.clone());
        }
        bytes.truncate(cut % whole);
        prop_assert!(State::decode(&bytes).is_err());
    }
}

#[test]
fn a_statement_says_what_the_entry_says() {
    let mut cell = pair();
    let read = |entry: &SignedEntry| Statement::decode(entry).unwrap();
    assert!(matches!(read(cell.records()[0].entry()), Statement::Founding(_)));
    let vouch = read(cell.records()[1].entry());
    assert!(matches!(vouch, Statement::Membership(MembershipStatement::Vouch(_))));
    let body = crate::say::received("40 EUR");
    cell.must("wren", &body);
    let said = read(cell.last().entry());
    assert_eq!(said.common(), Some(&body.common));
    assert_eq!(said, Statement::Ledger(LedgerStatement::Received(body)));
    let strange = cell.sign_kind("wren", Kind(9_999), b"");
    assert!(Statement::decode(&strange).is_err());
}

#[test]
fn a_corrected_body_of_every_ledger_kind_finds_its_way() {
    // A correction of each kind that names an entry of its own kind never panics, whatever it says.
    let mut cell = pair();
    let zero = Common::default();
    let need = crate::say::need(&cell, "5 kg rice");
    let need = cell.must("wren", &need);
    let receipt = ReceiptConfirmed { common: zero, given: need, amount: Amount::ZERO, on_behalf: true };
    assert_eq!(cell.say("wren", &receipt), Effect::Void(Reason::NoSlip));
    let void = cell.last().entry().id();
    let again = ReceiptConfirmed { common: zero.correcting(void), ..receipt };
    assert_eq!(cell.say("wren", &again), Effect::Void(Reason::CorrectsVoid));
    assert_eq!(
        compose(&Need { common: zero, quantity: crate::say::quantity("0 kg rice"), until: cell.now }),
        Err(BadBody::AmountNotPositive)
    );
}
