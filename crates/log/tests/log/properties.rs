//! Properties of the encodings: what was encoded reads back the same, any other bytes are refused or are
//! the one encoding of what they say, and nothing panics.

use crate::make::{key, sign_raw};
use lifeboat_log::codec::{self, Bytes, List};
use lifeboat_log::entry::Nonce;
use lifeboat_log::limits::MAX_LIFETIME_MS;
use lifeboat_log::opening::{Base, Close, Endorsement, Floor, Opening, Right};
use lifeboat_log::testing::TestLog;
use lifeboat_log::{
    CellId, Chain, DetailHash, DetailRef, DetailTag, Entry, EntryId, KeyCache, Kind, Link, LinkHash,
    Position, Proof, PublicKey, Record, Seen, Signature, SignedCheckpoint, SignedEntry, Signers, StateHash,
    Term, Time, TreeHash,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn hash() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>()
}

fn time() -> impl Strategy<Value = Time> {
    (0u64..=253_402_300_799_999).prop_map(Time::from_ms)
}

fn signature() -> impl Strategy<Value = Signature> {
    vec(any::<u8>(), 64).prop_map(|bytes| Signature(bytes.try_into().unwrap()))
}

fn detail() -> impl Strategy<Value = DetailRef> {
    (any::<u16>(), hash(), 0u32..=16_384, time()).prop_map(|(tag, hash, length, expiry)| DetailRef {
        tag: DetailTag(tag),
        hash: DetailHash(hash),
        length,
        expiry,
    })
}

prop_compose! {
    /// A valid entry of the first key, of any kind that opens no term.
    fn entry()(
        cell in hash(), start in 0u64..253_000_000_000_000, lifetime in 0..=MAX_LIFETIME_MS,
        seen in (any::<u32>(), any::<u64>(), hash()), mut after in vec(hash(), 0..=4), nonce in any::<[u8; 16]>(),
        kind in 3u16.., version in any::<u16>(), body in vec(any::<u8>(), 0..300), details in vec(detail(), 0..=4),
    ) -> Entry {
        after.sort();
        let start = Time::from_ms(start);
        Entry {
            cell: CellId(cell),
            author: key(1).public(),
            author_time: start,
            not_after: start.plus_ms(lifetime),
            seen: Seen { term: Term(seen.0), size: seen.1, root: TreeHash(seen.2) },
            after: List::new(after.into_iter().map(EntryId).collect()).unwrap(),
            nonce: Nonce(nonce),
            kind: Kind(kind),
            version,
            body: Bytes::new(body).unwrap(),
            details: List::new(details).unwrap(),
        }
    }
}

prop_compose! {
    fn floor()(term in any::<u32>(), size in any::<u64>(), root in hash(), signature in signature()) -> Floor {
        Floor { term: Term(term), size, root: TreeHash(root), signature }
    }
}

fn right() -> impl Strategy<Value = Right> {
    let promise = || (hash(), floor(), signature());
    let takeover = (vec(promise(), 0..4), vec(promise(), 0..4)).prop_map(|(endorsements, closes)| {
        let endorsement = |(key, floor, signature)| Endorsement { key: PublicKey(key), floor, signature };
        let close = |(key, floor, signature)| Close { key: PublicKey(key), floor, signature };
        Right::Takeover {
            endorsements: List::new(endorsements.into_iter().map(endorsement).collect()).unwrap(),
            closes: List::new(closes.into_iter().map(close).collect()).unwrap(),
        }
    });
    prop_oneof![Just(Right::Founding), signature().prop_map(Right::Handover), takeover]
}

prop_compose! {
    fn opening()(
        term in any::<u32>(), base in prop::option::of((vec(any::<u8>(), 0..200), hash())), keys in (hash(), hash()),
        possession in signature(), witnesses in vec(hash(), 0..5), quorum in any::<u16>(), state in hash(),
        rules in any::<u16>(), right in right(),
    ) -> Opening {
        let base = base.map(|(checkpoint, head)| Base {
            checkpoint: Bytes::new(checkpoint).unwrap(),
            head: LinkHash(head),
        });
        Opening {
            term: Term(term),
            base,
            node: PublicKey(keys.0),
            term_key: PublicKey(keys.1),
            possession,
            witnesses: List::new(witnesses.into_iter().map(PublicKey).collect()).unwrap(),
            quorum,
            state: StateHash(state),
            rules,
            right,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn an_entry_reads_back(entry in entry()) {
        let signed = entry.clone().sign(&key(1)).unwrap();
        prop_assert_eq!(&*signed, &entry);
        let read = SignedEntry::verify(signed.bytes().to_vec(), &mut KeyCache::default()).unwrap();
        prop_assert_eq!(read.id(), signed.id());
        prop_assert_eq!(sign_raw(&read, &key(1)), signed.bytes());
    }

    #[test]
    fn an_entry_with_any_bit_changed_is_refused(entry in entry(), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = sign_raw(&entry, &key(1));
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(SignedEntry::verify(bytes, &mut KeyCache::default()).is_err());
    }

    #[test]
    fn a_cut_entry_is_refused(entry in entry(), at in any::<prop::sample::Index>()) {
        let bytes = sign_raw(&entry, &key(1));
        let cut = bytes[..at.index(bytes.len())].to_vec();
        prop_assert_eq!(SignedEntry::verify(cut, &mut KeyCache::default()).unwrap_err().name(), "Truncated");
    }

    #[test]
    fn a_record_reads_back(entry in entry(), term in any::<u32>(), at in any::<u64>(), previous in hash(), time in time()) {
        let entry = entry.sign(&key(1)).unwrap();
        let link = Link::new(Term(term), Position(at), LinkHash(previous), time, entry.id());
        prop_assert_eq!(Link::decode(&link.encode()), Ok(link));
        let record = Record::place(link, entry).unwrap();
        let bytes = record.to_bytes();
        prop_assert_eq!(bytes.len(), record.byte_len());
        prop_assert_eq!(Record::verify(&bytes, &mut KeyCache::default()), Ok(record));
    }

    #[test]
    fn an_opening_reads_back(opening in opening()) {
        let bytes = codec::encode(&opening);
        prop_assert_eq!(codec::decode::<Opening>(&bytes), Ok(opening.clone()));
        prop_assert!(codec::decode::<Opening>(&bytes[..bytes.len() - 1]).is_err());
        // The right is the last field: its variant number is a u32 at a place that follows from the rest.
        let unsigned = opening.handover_message(&CellId::ZERO).len() - b"lifeboat/handover/v1\0".len() - 32;
        let said = match opening.right {
            Right::Founding => 0,
            Right::Handover(_) => 1,
            Right::Takeover { .. } => 2u32,
        };
        prop_assert_eq!(&bytes[unsigned..unsigned + 4], said.to_le_bytes());
    }

    #[test]
    fn any_bytes_are_refused_or_are_the_one_encoding(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok(opening) = codec::decode::<Opening>(&bytes) {
            prop_assert_eq!(codec::encode(&opening), &bytes[..]);
        }
        if let Ok(link) = Link::decode(&bytes) {
            prop_assert_eq!(link.encode(), &bytes[..]);
        }
        let _ = SignedEntry::verify(bytes.clone(), &mut KeyCache::default());
        let _ = Record::verify(&bytes, &mut KeyCache::default());
        let _ = Chain::new(CellId([1; 32])).extend_with_bytes(&[&bytes]);
    }

    #[test]
    fn bytes_changed_in_an_opening_are_refused_or_are_the_one_encoding(
        opening in opening(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = codec::encode(&opening);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(opening) = codec::decode::<Opening>(&bytes) {
            prop_assert_eq!(codec::encode(&opening), bytes);
        }
    }

    #[test]
    fn a_proof_file_reads_back(
        record in vec(any::<u8>(), 0..300), index in any::<u64>(), hashes in vec(hash(), 0..=63), note in "[a-z\n]{0,99}",
    ) {
        let hashes = hashes.into_iter().map(TreeHash).collect();
        let proof = Proof { record, index, hashes, checkpoint: note.into_bytes() };
        prop_assert_eq!(Proof::parse(&proof.to_bytes()), Ok(proof));
    }

    #[test]
    fn any_text_is_no_proof_or_reads_back(file in "c2sp.org/tlog-proof@v1\nextra [A-Za-z=]{0,8}\nindex [0-9+]{1,3}\n([A-Z+=\n]{0,50})\n\n") {
        if let Ok(proof) = Proof::parse(file.as_bytes()) {
            prop_assert_eq!(proof.to_bytes(), file.as_bytes());
        }
    }

    #[test]
    fn a_checkpoint_reads_back_and_holds_for_its_text_alone(size in any::<u64>(), root in hash(), term in any::<u32>(), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let (log, _) = TestLog::found(1);
        let origin = lifeboat_log::Origin { cell: log.cell(), term: Term(term) };
        let signers = Signers { term_key: log.term_key.public(), witnesses: vec![] };
        let checkpoint = lifeboat_log::Checkpoint { origin, size, root: TreeHash(root) };
        let mut bytes = checkpoint.sign(&log.term_key).to_bytes();
        let read = SignedCheckpoint::audit(&bytes, &origin, &signers).unwrap();
        prop_assert_eq!(read.checkpoint(), &checkpoint);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(SignedCheckpoint::audit(&bytes, &origin, &signers).is_err());
    }
}

#[test]
fn the_rights_of_an_opening_are_numbered_0_1_2() {
    let first = |right: Right| codec::encode(&right)[..4].to_vec();
    assert_eq!(first(Right::Founding), [0, 0, 0, 0]);
    assert_eq!(first(Right::Handover(Signature([0; 64]))), [1, 0, 0, 0]);
    let takeover = Right::Takeover { endorsements: List::default(), closes: List::default() };
    assert_eq!(codec::encode(&takeover), [[2, 0, 0, 0].to_vec(), vec![0; 16]].concat());
}
