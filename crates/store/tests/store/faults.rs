//! Every writing step fails once, in each way, followed by a power cut of each sort: what was
//! acknowledged is there afterwards, the log chains, and nothing contradicts a promise.

use crate::common::Fixture;
use lifeboat_log::{Position, Record, SignedCheckpoint};
use lifeboat_store::memory::Torn;
use lifeboat_store::{
    Failure, FaultyStorage, LogStore, MemoryStorage, PromiseError, Promises, Storage, StoreError,
};
use std::sync::Arc;

/// A keeper's work, batch by batch: what it may answer is what this returns.
struct Work {
    batches: Vec<(Vec<Record>, SignedCheckpoint)>,
    fixture: Fixture,
}

fn work() -> Work {
    let mut fixture = Fixture::new(1);
    let mut batches = vec![(fixture.records.clone(), fixture.checkpoint())];
    for size in [3, 250, 1, 1, 4, 260] {
        let records = fixture.grow(size);
        batches.push((records, fixture.checkpoint()));
    }
    Work { batches, fixture }
}

/// Does the work from where the log stands, until a step fails. Returns the number of records whose
/// placing was acknowledged, if any was.
fn run(storage: &Arc<dyn Storage>, work: &Work) -> Option<u64> {
    let cell = work.fixture.cell();
    let (mut store, _) = LogStore::open(storage.clone(), cell).ok()?;
    let mut promises = Promises::open(storage.clone(), cell).ok()?;
    let mut acknowledged = None;
    for (records, checkpoint) in &work.batches {
        let done = (|| {
            let rest: Vec<Record> = records
                .iter()
                .filter(|record| record.link().position >= store.chain().next())
                .cloned()
                .collect();
            store.append(&rest).map_err(drop)?;
            store.sync().map_err(drop)?;
            if promises.last().is_none_or(|last| last.size <= checkpoint.size) {
                promises.promise(checkpoint.checkpoint()).map_err(drop)?;
                store.set_checkpoint(checkpoint).map_err(drop)?;
            }
            Ok::<(), ()>(())
        })();
        if done.is_err() {
            return acknowledged;
        }
        acknowledged = Some(checkpoint.size);
    }
    acknowledged
}

fn check(storage: &Arc<dyn Storage>, work: &Work, acknowledged: Option<u64>, case: &str) {
    let cell = work.fixture.cell();
    let (store, _) = LogStore::open(storage.clone(), cell).unwrap_or_else(|e| panic!("{case}: {e}"));
    let promises = Promises::open(storage.clone(), cell).unwrap();
    let promised = promises.last().map_or(0, |last| last.size);
    assert!(store.len() >= acknowledged.unwrap_or(0), "{case}: {} of {acknowledged:?}", store.len());
    assert!(store.len() >= promised, "{case}: {} of {promised} promised", store.len());
    assert_eq!(store.missing(), None, "{case}");
    let held = store.records(Position(0), 10_000).unwrap_or_else(|e| panic!("{case}: {e}"));
    assert!(held == work.fixture.records[..held.len()], "{case}");
    if let Some(checkpoint) = store.checkpoint() {
        let last = Position(checkpoint.size - 1);
        let proof = store.proof(last).unwrap_or_else(|e| panic!("{case}: {e}"));
        assert_eq!(proof.index, last.0);
    }
    for record in held.iter().rev().take(3) {
        assert_eq!(store.find(&record.entry().id()).unwrap(), Some(record.link().position), "{case}");
    }
    drop((store, promises));
    let end = run(storage, work);
    assert_eq!(end, Some(work.fixture.records.len() as u64), "{case}: it goes on afterwards");
    let (store, notices) = LogStore::open(storage.clone(), cell).unwrap();
    assert_eq!((store.chain(), notices), (&work.fixture.log.chain, vec![]), "{case}");
}

#[test]
fn nothing_acknowledged_is_lost_whichever_step_fails() {
    let work = work();
    let faulty = FaultyStorage::new(MemoryStorage::new());
    faulty.fail_at(u64::MAX, Failure::NotWritten);
    let faulty: Arc<FaultyStorage<MemoryStorage>> = Arc::new(faulty);
    let all = run(&(faulty.clone() as Arc<dyn Storage>), &work);
    assert_eq!(all, Some(work.fixture.records.len() as u64));
    let steps = faulty.steps();
    assert!(steps > 40, "{steps} steps");
    let mut failed = 0;
    for step in 0..steps {
        for (failure, torn) in [
            (Failure::NotWritten, Torn::Lost),
            (Failure::Written, Torn::Kept),
            (Failure::Written, Torn::Lost),
            (Failure::Half, Torn::Cut(step * 31)),
            (Failure::Half, Torn::Kept),
            (Failure::Written, Torn::Zeroed(step * 17)),
        ] {
            let case = format!("step {step} of {steps}, {failure:?}, then {torn:?}");
            let faulty = Arc::new(FaultyStorage::new(MemoryStorage::new()));
            faulty.fail_at(step, failure);
            let storage: Arc<dyn Storage> = faulty.clone();
            let acknowledged = run(&storage, &work);
            failed += u64::from(faulty.has_failed());
            faulty.heal();
            faulty.below().crash(torn);
            check(&storage, &work, acknowledged, &case);
        }
    }
    println!("{failed} failures over {steps} steps");
    assert_eq!(failed, steps * 6);
}

#[test]
fn a_failed_sync_stops_the_log_until_it_is_opened_again() {
    let mut fixture = Fixture::new(5);
    let faulty = Arc::new(FaultyStorage::new(MemoryStorage::new()));
    let (mut store, _) = LogStore::open(faulty.clone(), fixture.cell()).unwrap();
    store.append(&fixture.records).unwrap();
    faulty.fail_at(0, Failure::Written);
    assert!(store.sync().is_err());
    faulty.heal();
    assert_eq!(store.sync(), Err(StoreError::Stopped));
    assert_eq!(store.set_checkpoint(&fixture.checkpoint()), Err(StoreError::Stopped));
    let more = fixture.grow(1);
    assert_eq!(store.append(&more), Err(StoreError::Stopped));
    let before = faulty.below().syncs();
    let (store, _) = LogStore::open(faulty.clone(), fixture.cell()).unwrap();
    assert_eq!(store.len(), 5);
    assert!(faulty.below().syncs() > before, "records that no checkpoint covers are written anew");
    faulty.below().crash(Torn::Lost);
    assert_eq!(LogStore::open(faulty, fixture.cell()).unwrap().0.len(), 5);
}

#[test]
fn one_sync_covers_a_batch_and_two_one_over_an_edge() {
    let mut fixture = Fixture::new(1);
    let memory = MemoryStorage::new();
    let (mut store, _) = LogStore::open(Arc::new(memory.clone()), fixture.cell()).unwrap();
    store.append(&fixture.records).unwrap();
    store.sync().unwrap();
    for (size, syncs) in [(64, 1), (1, 1), (250, 2), (0, 0)] {
        let (new, before) = (fixture.grow(size), memory.syncs());
        store.append(&new).unwrap();
        store.sync().unwrap();
        assert_eq!(memory.syncs() - before, syncs, "{size} records");
    }
}

#[test]
fn a_failed_promise_is_not_made_twice_over() {
    let mut fixture = Fixture::new(1);
    for failure in [Failure::NotWritten, Failure::Written] {
        let faulty = Arc::new(FaultyStorage::new(MemoryStorage::new()));
        let mut promises = Promises::open(faulty.clone(), fixture.cell()).unwrap();
        faulty.fail_at(0, failure);
        assert!(promises.promise(fixture.checkpoint().checkpoint()).is_err());
        faulty.heal();
        assert_eq!(promises.promise(fixture.checkpoint().checkpoint()), Err(PromiseError::Stopped));
        let promises = Promises::open(faulty, fixture.cell()).unwrap();
        assert_eq!(promises.last().is_some(), failure == Failure::Written);
        fixture.grow(1);
    }
}
