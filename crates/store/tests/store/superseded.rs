//! A log is cut back to the base of a takeover: over any edge, over terms, and whichever step fails.

use crate::common::{Fixture, open};
use crate::terms::{checkpoint, two_terms};
use lifeboat_log::{Checkpoint, Position, SignedCheckpoint};
use lifeboat_store::memory::Torn;
use lifeboat_store::{
    DiskStorage, Failure, FaultyStorage, LogStore, MemoryStorage, Notice, Storage, StoreError, audit_folder,
};
use std::sync::Arc;

/// The keeper's checkpoint over the first `size` records of the first term.
fn base(fixture: &Fixture, size: u64) -> SignedCheckpoint {
    let mut tree = lifeboat_log::tree::Frontier::default();
    fixture.records[..size as usize].iter().for_each(|record| tree.push(record.leaf()));
    let origin = lifeboat_log::Origin { cell: fixture.cell(), term: lifeboat_log::Term::FIRST };
    Checkpoint { origin, size, root: tree.root() }.sign(&fixture.log.term_key)
}

fn cut_back(storage: Arc<dyn Storage>, fixture: &Fixture, size: u64) -> LogStore {
    let (store, _) = LogStore::open(storage, fixture.cell()).unwrap();
    let (store, notices) = store.supersede(&base(fixture, size)).unwrap();
    assert!(
        matches!(&notices[..], [Notice::Superseded { records: Position(n), .. }] if *n == size),
        "{notices:?}"
    );
    store
}

/// The log is what it was when it had so many records, and goes on from there.
fn check(storage: &Arc<dyn Storage>, fixture: &Fixture, size: u64, case: &str) {
    let mut store = open(storage.clone(), fixture.cell());
    assert_eq!((store.len(), store.checkpoint()), (size, Some(&base(fixture, size))), "{case}");
    let held = store.records(Position(0), 10_000).unwrap_or_else(|e| panic!("{case}: {e}"));
    assert!(held == fixture.records[..size as usize], "{case}");
    assert_eq!(store.find(&fixture.records[size as usize].entry().id()).unwrap(), None, "{case}");
    store.append(&fixture.records[size as usize..]).unwrap();
    store.sync().unwrap();
    drop(store);
    let store = open(storage.clone(), fixture.cell());
    assert_eq!(store.chain(), &fixture.log.chain, "{case}");
    let last = fixture.records.last().unwrap();
    assert_eq!(store.find(&last.entry().id()).unwrap(), Some(last.link().position), "{case}");
}

#[test]
fn a_log_is_cut_back_at_any_edge_and_goes_on() {
    for (size, all) in [(1, 2), (3, 5), (255, 300), (256, 257), (257, 700), (300, 1_100), (512, 513)] {
        let fixture = Fixture::new(all);
        let storage: Arc<dyn Storage> = Arc::new(fixture.stored());
        let (store, _) = LogStore::open(storage.clone(), fixture.cell()).unwrap();
        store.put_state(Position(all), 1, b"a state of what is cut").unwrap();
        drop(store);
        let store = cut_back(storage.clone(), &fixture, size);
        assert_eq!(store.latest_state().unwrap(), None);
        drop(store);
        check(&storage, &fixture, size, &format!("{size} of {all}"));
    }
}

#[test]
fn later_terms_are_set_aside_whole_and_an_audit_finds_nothing() {
    for (first, second, size) in [(300, 20, 290), (300, 20, 300), (40, 300, 3)] {
        let (fixture, key, _) = two_terms(first, second);
        let home = tempfile::tempdir().unwrap();
        let storage: Arc<dyn Storage> = Arc::new(DiskStorage::open(home.path()).unwrap());
        let mut store = open(storage.clone(), fixture.cell());
        store.append(&fixture.records).unwrap();
        store.set_checkpoint(&checkpoint(&fixture, &key)).unwrap();
        drop(store);
        let store = cut_back(storage, &fixture, size);
        assert_eq!(store.terms().len(), 1);
        let report = audit_folder(home.path(), &mut |_| {}).unwrap();
        assert_eq!((report.records, report.count), (size, 0), "{:?}", report.findings);
        let aside = home.path().join(format!("superseded/{}/1", fixture.cell()));
        assert!(aside.join("0.1/tile/entries/000").is_file());
        assert!(aside.join("0.1/checkpoint").is_file());
        assert_eq!(aside.join("0.0/tile/entries/001").is_file(), first > 256);
    }
}

#[test]
fn what_the_log_does_not_hold_is_no_base() {
    let (fixture, longer) = (Fixture::new(5), Fixture::new(9));
    let storage: Arc<dyn Storage> = Arc::new(fixture.stored());
    let mut other = base(&fixture, 3).checkpoint().to_owned();
    other.root.0[0] ^= 1;
    for bad in [base(&longer, 9), other.sign(&fixture.log.term_key)] {
        let store = open(storage.clone(), fixture.cell());
        assert_eq!(store.supersede(&bad).err(), Some(StoreError::WrongCheckpoint));
    }
    assert_eq!(open(storage, fixture.cell()).len(), 5);
}

#[test]
fn evidence_is_bounded() {
    let fixture = Fixture::new(3);
    let memory = fixture.stored();
    let storage: Arc<dyn Storage> = Arc::new(memory.clone());
    for _ in 0..40 {
        cut_back(storage.clone(), &fixture, 2);
        let mut store = open(storage.clone(), fixture.cell());
        store.append(&fixture.records[2..]).unwrap();
        store.sync().unwrap();
    }
    let kept = storage.list(&format!("superseded/{}", fixture.cell())).unwrap();
    assert_eq!(kept.len(), lifeboat_store::limits::MAX_SUPERSEDED);
}

#[test]
fn a_cut_that_fails_at_any_step_is_finished_or_was_not_begun() {
    for (size, all) in [(3, 600), (290, 900)] {
        let fixture = Fixture::new(all);
        let steps = {
            let faulty = Arc::new(FaultyStorage::new(fixture.stored().copy()));
            faulty.fail_at(u64::MAX, Failure::NotWritten);
            cut_back(faulty.clone(), &fixture, size);
            faulty.steps()
        };
        assert!(steps > 8, "{steps} steps");
        for step in 0..steps {
            for (failure, torn) in [
                (Failure::NotWritten, Torn::Lost),
                (Failure::Written, Torn::Kept),
                (Failure::Written, Torn::Lost),
                (Failure::Half, Torn::Cut(step * 31)),
                (Failure::Half, Torn::Kept),
            ] {
                let case = format!("{size} of {all}, step {step} of {steps}, {failure:?}, then {torn:?}");
                let faulty = Arc::new(FaultyStorage::new(fixture.stored().copy()));
                let store = open(faulty.clone(), fixture.cell());
                faulty.fail_at(step, failure);
                let _ = store.supersede(&base(&fixture, size));
                faulty.heal();
                faulty.below().crash(torn);
                let storage: Arc<dyn Storage> = faulty.clone();
                let (store, _) =
                    LogStore::open(storage.clone(), fixture.cell()).unwrap_or_else(|e| panic!("{case}: {e}"));
                assert!(store.len() == size || store.len() == all, "{case}: {}", store.len());
                if store.len() == all {
                    let again = store.supersede(&base(&fixture, size));
                    drop(again.unwrap_or_else(|e| panic!("{case}: {e}")));
                } else {
                    drop(store);
                }
                check(&storage, &fixture, size, &case);
            }
        }
    }
}

#[test]
fn all_of_a_log_is_set_aside_and_another_begins() {
    let (fixture, key, _) = two_terms(300, 20);
    let stored = || {
        let memory = MemoryStorage::default();
        let mut store = open(Arc::new(memory.clone()), fixture.cell());
        store.append(&fixture.records).unwrap();
        store.set_checkpoint(&checkpoint(&fixture, &key)).unwrap();
        store.put_state(Position(300), 1, b"a state of what is cut").unwrap();
        memory
    };
    let steps = {
        let faulty = Arc::new(FaultyStorage::new(stored()));
        faulty.fail_at(u64::MAX, Failure::NotWritten);
        let (store, notices) = open(faulty.clone(), fixture.cell()).supersede_all().unwrap();
        assert!(matches!(&notices[..], [Notice::Superseded { records: Position(0), .. }]), "{notices:?}");
        assert!(store.is_empty() && store.checkpoint().is_none() && store.latest_state().unwrap().is_none());
        faulty.steps()
    };
    for step in 0..=steps {
        for failure in [Failure::NotWritten, Failure::Written] {
            let faulty = Arc::new(FaultyStorage::new(stored()));
            let store = open(faulty.clone(), fixture.cell());
            faulty.fail_at(step, failure);
            let _ = store.supersede_all();
            faulty.heal();
            let storage: Arc<dyn Storage> = faulty.clone();
            let (mut store, _) = LogStore::open(storage.clone(), fixture.cell()).unwrap();
            if !store.is_empty() {
                assert_eq!(store.chain(), &fixture.log.chain, "step {step}");
                store = store.supersede_all().unwrap().0;
            }
            assert!(store.is_empty() && store.checkpoint().is_none(), "step {step}");
            // What comes instead may be shorter than what was there: no checkpoint of that one stands over it.
            store.append(&fixture.records[..7]).unwrap();
            store.sync().unwrap();
            drop(store);
            let (store, notices) = LogStore::open(storage.clone(), fixture.cell()).unwrap();
            assert_eq!((store.len(), store.checkpoint(), notices.len()), (7, None, 0), "{notices:?}");
            let aside = format!("superseded/{}/1/0.1/tile/entries/000", fixture.cell());
            assert!(storage.size(&aside).unwrap().is_some(), "step {step}");
        }
    }
}

#[test]
fn a_disk_in_memory_is_copied_whole() {
    let fixture = Fixture::new(2);
    let memory: MemoryStorage = fixture.stored().copy();
    memory.crash(Torn::Lost);
    assert_eq!(open(Arc::new(memory), fixture.cell()).len(), 2);
}
