//! Promises in takeovers: on disk before they leave, one an era, the same again when asked again.

use crate::common::Fixture;
use lifeboat_log::{Call, Floor, SecretKey, Term};
use lifeboat_store::memory::Torn;
use lifeboat_store::{Failure, FaultyStorage, MemoryStorage, Storage, VowError, Vows};
use std::sync::Arc;

fn call(era: u16, n: u8) -> Call {
    let key = |n: u8| SecretKey::from_seed(&[n; 32]).public();
    Call { term: Term::new(era, 0), node: key(n), term_key: key(n + 1) }
}

#[test]
fn one_endorsement_a_key_and_era() {
    let fixture = Fixture::new(3);
    let (cell, key, paper) = (fixture.cell(), SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]));
    let floor = Floor::of(&fixture.checkpoint(), &fixture.log.term_key.public()).unwrap();
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let mut vows = Vows::open(storage.clone(), cell).unwrap();
    let (one, other) = (call(1, 10), call(1, 20));
    let first = vows.endorse(one, one.endorse(&cell, floor, &key)).unwrap();
    // Asked again, with another floor meanwhile, it gives the same one; another call of the era is refused.
    assert_eq!(vows.endorse(one, one.endorse(&cell, Floor::NONE, &key)), Ok(first));
    let again = other.endorse(&cell, floor, &key);
    assert_eq!(vows.endorse(other, again), Err(VowError::OtherEndorsed(1)));
    drop(vows);
    let mut vows = Vows::open(storage, cell).unwrap();
    assert_eq!(vows.endorse(other, again), Err(VowError::OtherEndorsed(1)));
    assert!(vows.endorse(other, other.endorse(&cell, floor, &paper)).is_ok());
    assert!(vows.endorse(call(2, 20), call(2, 20).endorse(&cell, floor, &key)).is_ok());
    assert_eq!(vows.endorsed().len(), 3);
}

#[test]
fn a_close_stands_for_all_older_eras() {
    let (cell, witness) = (Fixture::new(1).cell(), SecretKey::from_seed(&[3; 32]));
    let mut vows = Vows::open(Arc::new(MemoryStorage::new()), cell).unwrap();
    assert_eq!(vows.closed_era(&witness.public()), 0);
    let close = call(3, 1).close(&cell, Floor::NONE, &witness);
    assert_eq!(vows.close(call(3, 1), close), Ok(close));
    let other = call(3, 9).close(&cell, Floor { size: 7, ..Floor::NONE }, &witness);
    assert_eq!(vows.close(call(3, 9), other), Ok(close));
    assert_eq!(vows.closed_era(&witness.public()), 3);
    assert_eq!(vows.closed_era(&SecretKey::from_seed(&[4; 32]).public()), 0);
}

#[test]
fn a_promise_that_may_not_be_written_does_not_leave() {
    let (cell, key) = (Fixture::new(1).cell(), SecretKey::from_seed(&[1; 32]));
    let (one, other) = (call(1, 10), call(1, 20));
    for (failure, torn) in
        [(Failure::NotWritten, Torn::Lost), (Failure::Written, Torn::Lost), (Failure::Written, Torn::Kept)]
    {
        let faulty = Arc::new(FaultyStorage::new(MemoryStorage::new()));
        let mut vows = Vows::open(faulty.clone(), cell).unwrap();
        faulty.fail_at(0, failure);
        assert!(vows.endorse(one, one.endorse(&cell, Floor::NONE, &key)).is_err());
        faulty.heal();
        let again = vows.endorse(other, other.endorse(&cell, Floor::NONE, &key));
        assert_eq!(again, Err(VowError::Stopped));
        faulty.below().crash(torn);
        let mut vows = Vows::open(faulty, cell).unwrap();
        let written = !vows.endorsed().is_empty();
        assert_eq!(written, failure == Failure::Written, "{failure:?}, {torn:?}");
        let second = vows.endorse(other, other.endorse(&cell, Floor::NONE, &key));
        assert_eq!(second.is_ok(), !written);
    }
}

#[test]
fn a_damaged_file_makes_no_promise() {
    let (cell, key) = (Fixture::new(1).cell(), SecretKey::from_seed(&[1; 32]));
    let memory = MemoryStorage::new();
    let mut vows = Vows::open(Arc::new(memory.clone()), cell).unwrap();
    vows.endorse(call(1, 10), call(1, 10).endorse(&cell, Floor::NONE, &key)).unwrap();
    let name = format!("promises/{cell}.takeovers");
    let len = memory.read(&name, 1 << 20).unwrap().unwrap().len();
    for at in 0..len {
        let copy = memory.copy();
        copy.damage(&name, |bytes| bytes[at] ^= 4);
        assert!(matches!(Vows::open(Arc::new(copy), cell), Err(VowError::Damaged(_))), "byte {at}");
    }
}
