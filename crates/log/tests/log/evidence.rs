//! Properties of what a stranger may hold: misconduct files, term proofs and slips. Nobody who kept to the
//! format can be accused, and no byte of a file can be changed unnoticed.

use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::misconduct::{Charge, Fault, Misconduct, Placed};
use lifeboat_log::testing::{Leaves, TestLog};
use lifeboat_log::{
    Checkpoint, Opened, Origin, Proof, Record, SignedCheckpoint, Signers, Slip, Term, TermProof, TreeHash,
};
use proptest::prelude::*;
use std::sync::LazyLock;

/// Records of a log of 40, and the log.
static LOG: LazyLock<(Vec<Vec<u8>>, TestLog)> = LazyLock::new(|| {
    let (mut log, founding) = TestLog::found(3);
    let mut records = vec![founding.to_bytes()];
    records.extend(log.grow(39).iter().map(Record::to_bytes));
    (records, log)
});

fn signed(size: u64, root: TreeHash) -> SignedCheckpoint {
    let log = &LOG.1;
    let origin = Origin { cell: log.cell(), term: Term::FIRST };
    Checkpoint { origin, size, root }.sign(&log.term_key)
}

fn file(charge: Charge) -> Misconduct {
    let log = &LOG.1;
    let record = Bytes::new(LOG.0[0].clone()).unwrap();
    let openings = List::new(vec![Opened { record, hashes: List::default() }]).unwrap();
    let terms = Some(TermProof { cell: log.cell(), openings, checkpoint: Bytes::default() });
    Misconduct { cell: log.cell(), term: Term::FIRST, term_key: log.term_key.public(), terms, charge }
}

fn placed(leaves: &Leaves, index: u64, size: u64) -> Placed {
    let record = Bytes::new(LOG.0[index as usize].clone()).unwrap();
    Placed { index, record, hashes: List::new(leaves.inclusion(index, size)).unwrap() }
}

/// The log with one leaf changed.
fn rewritten(at: u64) -> Leaves {
    let mut leaves = Leaves::of(&LOG.0);
    leaves.0[at as usize].0[0] ^= 1;
    leaves
}

proptest! {
    /// Whatever hashes an accuser tries, two checkpoints of one honest log prove nothing.
    #[test]
    fn an_honest_keeper_cannot_be_accused(old in 0u64..40, more in 1u64..40, bit in any::<u16>(), at in any::<usize>()) {
        let size = (old + more).min(40);
        prop_assume!(old < size);
        let leaves = Leaves::of(&LOG.0);
        let (older, newer) = (signed(old, leaves.root(old)), signed(size, leaves.root(size)));
        let mut root = older.root;
        let mut proof = leaves.consistency(old, size);
        let place = at % (proof.len() + 1);
        let flip = |hash: &mut TreeHash| hash.0[usize::from(bit) / 8 % 32] ^= 1 << (bit % 8);
        match proof.get_mut(place) {
            Some(hash) => flip(hash),
            None => flip(&mut root),
        }
        let note = |signed: &SignedCheckpoint| Bytes::new(signed.to_bytes()).unwrap();
        let charge = Charge::Prefix { older: note(&older), newer: note(&newer), root, proof: List::new(proof).unwrap() };
        prop_assert!(file(charge).verify(None).is_err());
        let record = Charge::Record { checkpoint: note(&newer), placed: placed(&leaves, old, size) };
        prop_assert!(file(record).verify(None).is_err());
        if old > 0 {
            let (first, second) = (placed(&leaves, old - 1, size), placed(&leaves, old, size));
            let links = Charge::Neighbours { checkpoint: note(&newer), first, second };
            prop_assert!(file(links).verify(None).is_err());
        }
    }

    /// Wherever a log was rewritten, and whatever the two sizes are, it is proven.
    #[test]
    fn every_rewriting_is_proven(changed in 0u64..39, old in 1u64..40, more in 0u64..39) {
        prop_assume!(changed < old);
        let size = (old + more).min(40);
        let (one, other) = (Leaves::of(&LOG.0), rewritten(changed));
        let (older, newer) = (signed(old, one.root(old)), signed(size, other.root(size)));
        let charge = if old == size {
            Charge::same_size(&older, &newer)
        } else {
            Charge::prefix(&older, &newer, other.root(old), other.consistency(old, size))
        };
        let proven = file(charge.unwrap()).verify(None).unwrap();
        let fault = if old == size { Fault::TwoLogs { size } } else { Fault::Rewrote { old, new: size } };
        prop_assert_eq!(proven.fault, fault);
        prop_assert_eq!(proven.fault.before(), old - 1);
    }

    /// A record that is not what its author signed, or not where it was, is proven with its place.
    #[test]
    fn every_altered_record_is_proven(at in 1u64..39, byte in 85usize..400, bit in 0u8..8) {
        let mut records = LOG.0.clone();
        prop_assume!(byte < records[at as usize].len());
        records[at as usize][byte] ^= 1 << bit;
        let leaves = Leaves::of(&records);
        let mut altered = placed(&leaves, at, 40);
        altered.record = Bytes::new(records[at as usize].clone()).unwrap();
        let checkpoint = Bytes::new(signed(40, leaves.root(40)).to_bytes()).unwrap();
        let proven = file(Charge::Record { checkpoint, placed: altered }).verify(None).unwrap();
        prop_assert_eq!(proven.fault, Fault::BadRecord { index: at, name: "WrongEntry" });
    }

    /// A byte that is changed makes the file prove nothing, or (in the founding's link, which nothing in the
    /// file covers) the same.
    #[test]
    fn no_changed_byte_accuses_of_something_else(at in any::<usize>(), bit in 0u8..8) {
        let (one, other) = (Leaves::of(&LOG.0), rewritten(7));
        let (older, newer) = (signed(16, one.root(16)), signed(40, other.root(40)));
        let charge = Charge::prefix(&older, &newer, other.root(16), other.consistency(16, 40));
        let whole = file(charge.unwrap());
        let mut bytes = whole.to_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(proven) = Misconduct::parse(&bytes).and_then(|file| file.verify(None)) {
            prop_assert_eq!(proven, whole.verify(None).unwrap(), "byte {}", at);
        }
    }

    #[test]
    fn whatever_comes_is_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "[A-Z2-7]{0,300}") {
        for magic in [lifeboat_log::misconduct::MAGIC, lifeboat_log::term_proof::MAGIC] {
            let file = [magic, &bytes].concat();
            let _ = Misconduct::parse(&file).map(|file| file.verify(None));
            let _ = TermProof::parse(&file).map(|file| file.verify(None));
        }
        let _ = Slip::parse(&format!("{}{text}", lifeboat_log::slip::PREFIX));
    }

    #[test]
    fn a_slip_says_what_its_proof_says(index in 0u64..40, more in 0u64..40) {
        let size = (index + 1 + more).min(40);
        let leaves = Leaves::of(&LOG.0);
        let checkpoint = signed(size, leaves.root(size));
        let record = LOG.0[index as usize].clone();
        let proof = Proof { record, index, hashes: leaves.inclusion(index, size), checkpoint: checkpoint.to_bytes() };
        let key = LOG.1.term_key.public();
        let slip = Slip::parse(&Slip::of(&proof, &key).unwrap().to_text()).unwrap();
        prop_assert_eq!(&slip.to_proof(&key).unwrap(), &proof);
        let signers = Signers { term_key: key, witnesses: Vec::new() };
        prop_assert!(proof.verify(&slip.origin().unwrap(), &signers).is_ok());
        let other = LOG.1.member.public();
        let by_other = slip.to_proof(&other).unwrap().verify(&slip.origin().unwrap(), &Signers { term_key: other, witnesses: Vec::new() });
        prop_assert!(by_other.is_err());
    }
}

#[test]
fn a_proof_of_a_long_log_is_short() {
    // Twenty hashes are what a log of a million records needs.
    let (record, hashes) = (LOG.0[5].clone(), vec![TreeHash([7; 32]); 20]);
    let proof =
        Proof { record, index: 5, hashes, checkpoint: signed(1_000_000, TreeHash([8; 32])).to_bytes() };
    let more = proof.to_bytes().len() - proof.record.len();
    assert!(more < 4096, "{more} bytes besides the record");
    let slip = Slip::of(&proof, &LOG.1.term_key.public()).unwrap().to_text();
    assert!(slip.len() < 2000, "{} characters", slip.len());
}
