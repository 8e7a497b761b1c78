//! The one suite that every backend passes.

use crate::common::{Fixture, open};
use lifeboat_log::checkpoint::Signers;
use lifeboat_log::testing::TEST_KIND;
use lifeboat_log::tree::verify_consistency;
use lifeboat_log::{Detail, Kind, Position, Term, Time};
use lifeboat_store::storage::{Change, Table};
use lifeboat_store::{
    DiskStorage, FaultyStorage, LogStore, MemoryStorage, Outbox, Pending, PromiseError, Promises, Sent,
    Storage, StoreError, Waiting,
};
use std::sync::Arc;

/// Runs the suite over a backend; `again` opens the same home anew.
fn suite(make: impl Fn() -> Arc<dyn Storage>, again: impl Fn(Arc<dyn Storage>) -> Arc<dyn Storage>) {
    files(&make());
    database(&make(), &again);
    log(make(), &again);
    promises(make(), &again);
    outbox(make(), &again);
    details_and_states(make(), &again);
}

#[test]
fn the_disk_conforms() {
    let folders = std::sync::Mutex::new(Vec::new());
    suite(
        || {
            let folder = tempfile::tempdir().unwrap();
            let storage = DiskStorage::open(folder.path()).unwrap();
            folders.lock().unwrap().push(folder);
            Arc::new(storage)
        },
        |old| {
            drop(old);
            let folders = folders.lock().unwrap();
            Arc::new(DiskStorage::open(folders.last().unwrap().path()).unwrap())
        },
    );
}

#[test]
fn memory_conforms() {
    let last = std::sync::Mutex::new(MemoryStorage::new());
    let make = || {
        *last.lock().unwrap() = MemoryStorage::new();
        Arc::new(last.lock().unwrap().clone()) as Arc<dyn Storage>
    };
    suite(make, |_| Arc::new(last.lock().unwrap().clone()));
}

#[test]
fn the_faulty_one_conforms_when_it_is_not_told_to_fail() {
    suite(|| Arc::new(FaultyStorage::new(MemoryStorage::new())), |old| old);
}

fn files(storage: &Arc<dyn Storage>) {
    assert_eq!(storage.read("a/b", 10), Ok(None));
    storage.append("a/b", b"one").unwrap();
    storage.append("a/b", b"two").unwrap();
    storage.append("a/c/d", b"x").unwrap();
    storage.sync(&["a/b", "a/c/d"]).unwrap();
    assert_eq!(storage.read("a/b", 6), Ok(Some(b"onetwo".to_vec())));
    assert!(storage.read("a/b", 5).is_err());
    assert_eq!(storage.read_at("a/b", 2, 2), Ok(b"et".to_vec()));
    assert_eq!(storage.read_at("a/b", 5, 9), Ok(b"o".to_vec()));
    assert_eq!(storage.read_at("a/b", 50, 9), Ok(vec![]));
    assert_eq!(storage.size("a/b"), Ok(Some(6)));
    assert_eq!(storage.size("a"), Ok(None));
    storage.truncate("a/b", 4).unwrap();
    storage.append("a/b", b"!").unwrap();
    assert_eq!(storage.read("a/b", 9), Ok(Some(b"onet!".to_vec())));
    let names: Vec<_> = storage.list("a").unwrap().into_iter().map(|item| (item.name, item.folder)).collect();
    assert_eq!(names, [("b".to_owned(), false), ("c".to_owned(), true)]);
    storage.replace("a/b", b"new").unwrap();
    storage.append("a/b", b"er").unwrap();
    storage.refresh("a/b", b"last").unwrap();
    assert_eq!(storage.read("a/b", 9), Ok(Some(b"last".to_vec())));
    storage.rename("a", "z/y").unwrap();
    assert_eq!(storage.read("z/y/c/d", 9), Ok(Some(b"x".to_vec())));
    storage.remove("z/y/c").unwrap();
    storage.remove("z/nothing").unwrap();
    assert_eq!(storage.list("z/y").unwrap().len(), 1);
    assert_eq!(storage.list("nothing").unwrap(), []);
}

fn database(storage: &Arc<dyn Storage>, again: &impl Fn(Arc<dyn Storage>) -> Arc<dyn Storage>) {
    let put = |key: &[u8], value: &[u8]| Change::put(Table::Peer, key.to_vec(), value.to_vec());
    storage.write(&[put(b"aa", b"1"), put(b"ab", b"2"), put(b"b", b"3")]).unwrap();
    storage.write(&[Change::put(Table::Index, b"ac".to_vec(), vec![9])]).unwrap();
    storage.flush().unwrap();
    assert_eq!(storage.get(Table::Peer, b"ab"), Ok(Some(b"2".to_vec())));
    assert_eq!(storage.get(Table::State, b"ab"), Ok(None));
    let keys = |prefix: &[u8], from: &[u8], max| -> Vec<Vec<u8>> {
        storage.scan(Table::Peer, prefix, from, max).unwrap().into_iter().map(|(key, _)| key).collect()
    };
    assert_eq!(keys(b"a", b"", 9), [b"aa".to_vec(), b"ab".to_vec()]);
    assert_eq!(keys(b"a", b"ab", 9), [b"ab".to_vec()]);
    assert_eq!(keys(b"", b"", 2), [b"aa".to_vec(), b"ab".to_vec()]);
    storage.write(&[Change::remove(Table::Peer, b"aa".to_vec())]).unwrap();
    assert_eq!(keys(b"a", b"", 9), [b"ab".to_vec()]);
    storage.reset().unwrap();
    assert_eq!(keys(b"", b"", 9), Vec::<Vec<u8>>::new());
    let _ = again;
}

fn log(storage: Arc<dyn Storage>, again: &impl Fn(Arc<dyn Storage>) -> Arc<dyn Storage>) {
    let mut fixture = Fixture::new(1);
    let cell = fixture.cell();
    let mut store = open(storage, cell);
    assert!(store.is_empty());
    assert_eq!(store.proof(Position(0)), Err(StoreError::NotHere));
    store.append(&fixture.records).unwrap();
    for size in [1u64, 5, 250, 64, 300, 192, 1] {
        let new = fixture.grow(size);
        store.append(&new).unwrap();
        store.sync().unwrap();
        store.set_checkpoint(&fixture.checkpoint()).unwrap();
        store = {
            let storage = store.storage().clone();
            drop(store);
            open(again(storage), cell)
        };
        assert_eq!(store.chain(), &fixture.log.chain);
        assert_eq!(store.checkpoint(), Some(&fixture.checkpoint()));
        check_reading(&store, &fixture);
    }
    assert_eq!(LogStore::cells(&**store.storage()).unwrap(), [cell]);
    let stray = fixture.log.grow(2).pop().unwrap();
    assert!(matches!(store.append(&[stray]), Err(StoreError::Broken(_))));
    assert_eq!(store.set_checkpoint(&fixture.checkpoint()), Err(StoreError::WrongCheckpoint));
}

fn check_reading(store: &LogStore, fixture: &Fixture) {
    let records = &fixture.records;
    let signers = Signers { term_key: fixture.log.term_key.public(), witnesses: vec![] };
    let origin = fixture.checkpoint().origin;
    for at in (0..records.len()).step_by(37).chain([records.len() - 1]) {
        let position = Position(at as u64);
        assert_eq!(store.record(position).unwrap().as_ref(), Some(&records[at]));
        assert_eq!(store.find(&records[at].entry().id()).unwrap(), Some(position));
        let (proven, _) = store.proof(position).unwrap().verify(&origin, &signers).unwrap();
        assert_eq!(&proven, &records[at]);
        let (old, new) = (at as u64, records.len() as u64);
        let proof = store.consistency(Term::FIRST, old, new).unwrap();
        let roots = [old, new].map(|size| store.root(Term::FIRST, size).unwrap());
        assert!(verify_consistency(old, new, &proof, &roots[0], &roots[1]));
    }
    assert_eq!(store.record(Position(records.len() as u64)).unwrap(), None);
    assert_eq!(store.records(Position(3), 10_000).unwrap(), records[3.min(records.len())..]);
    let raw = store.raw_records(Position(0), 100, 1000).unwrap();
    assert_eq!(raw.iter().map(Vec::len).sum::<usize>().div_ceil(1001), 1);
    let kinds = store.by_kind(TEST_KIND, Position(0), 10_000).unwrap();
    assert_eq!(kinds.len(), records.len() - 1);
    assert_eq!(store.by_kind(Kind::FOUNDING, Position(0), 9).unwrap(), [Position(0)]);
    let author = fixture.log.member.public();
    assert_eq!(store.by_author(&author, Position(1), 2).unwrap().len(), 2.min(records.len() - 1));
    assert_eq!(store.find(&lifeboat_log::EntryId([7; 32])).unwrap(), None);
}

fn promises(storage: Arc<dyn Storage>, again: &impl Fn(Arc<dyn Storage>) -> Arc<dyn Storage>) {
    let mut fixture = Fixture::new(1);
    let cell = fixture.cell();
    let first = *fixture.checkpoint().checkpoint();
    let mut promises = Promises::open(storage.clone(), cell).unwrap();
    assert_eq!(promises.last(), None);
    promises.promise(&first).unwrap();
    promises.promise(&first).unwrap();
    fixture.grow(1);
    let second = *fixture.checkpoint().checkpoint();
    promises.promise(&second).unwrap();
    drop(promises);
    let mut promises = Promises::open(again(storage), cell).unwrap();
    assert_eq!(promises.last().map(|last| last.size), Some(2));
    assert_eq!(promises.promise(&first), Err(PromiseError::GoesBack { size: 1, signed: 2 }));
    let other = lifeboat_log::Checkpoint { root: first.root, ..second };
    assert_eq!(promises.promise(&other), Err(PromiseError::Contradicts(2)));
}

fn outbox(storage: Arc<dyn Storage>, again: &impl Fn(Arc<dyn Storage>) -> Arc<dyn Storage>) {
    let mut fixture = Fixture::new(1);
    let cell = fixture.cell();
    let outbox = Outbox::new(storage.clone(), cell);
    let entries = [fixture.log.entry(b"one"), fixture.log.entry(b"two")];
    for entry in &entries {
        let waiting = Waiting { entry: entry.clone(), details: vec![], sent: Sent::Waiting };
        outbox.put(&waiting).unwrap();
    }
    outbox.set(&entries[1].id(), Sent::Refused("too late".to_owned())).unwrap();
    drop(outbox);
    let outbox = Outbox::new(again(storage), cell);
    let (all, notices) = outbox.list().unwrap();
    assert_eq!(notices, []);
    assert_eq!(
        all.iter().map(|waiting| waiting.entry.id()).collect::<Vec<_>>(),
        entries.each_ref().map(|e| e.id())
    );
    assert_eq!(all[1].sent, Sent::Refused("too late".to_owned()));
    outbox.remove(&entries[0].id()).unwrap();
    assert_eq!(outbox.list().unwrap().0.len(), 1);
}

fn details_and_states(storage: Arc<dyn Storage>, again: &impl Fn(Arc<dyn Storage>) -> Arc<dyn Storage>) {
    let mut fixture = Fixture::new(10);
    let cell = fixture.cell();
    let mut store = open(storage.clone(), cell);
    store.append(&fixture.records).unwrap();
    let details: Vec<Detail> = (0..500u64)
        .map(|i| {
            Detail::open([i as u8; 16], &format!("{i} {}", "x".repeat((i * 31 % 9000) as usize))).unwrap()
        })
        .collect();
    store.put_details(&details).unwrap();
    let state: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8).collect();
    for at in [1, 3, 10] {
        store.put_state(Position(at), 7, &state[at as usize..]).unwrap();
    }
    assert_eq!(store.put_state(Position(11), 7, &state), Err(StoreError::NotHere));
    let mut pending = |i: usize| Pending {
        entry: fixture.log.entry(&vec![i as u8; i * 10_000]),
        details: vec![],
        since: Time::from_ms(i as u64),
    };
    let waiting: Vec<_> = (0..5).map(&mut pending).collect();
    waiting.iter().for_each(|pending| store.put_pending(pending).unwrap());
    store.remove_pending(&[waiting[2].entry.id()]).unwrap();
    store.sync().unwrap();
    storage.flush().unwrap();
    drop(store);
    let store = open(again(storage), cell);
    let mut kept: Vec<_> = waiting.iter().filter(|p| **p != waiting[2]).cloned().collect();
    kept.sort_by_key(|pending| pending.entry.id());
    assert_eq!(store.pending().unwrap(), kept);
    // What does not wait any more has left nothing behind.
    let files = store.storage().list(&format!("pending/{cell}")).unwrap();
    assert_eq!(files.len(), kept.len(), "{files:?}");
    for detail in &details {
        assert_eq!(store.detail(&detail.hash()).unwrap().as_ref(), Some(detail));
    }
    assert!(store.erase_detail(&details[400].hash()).unwrap());
    assert!(!store.has_detail(&details[400].hash()).unwrap());
    assert!(store.has_detail(&details[401].hash()).unwrap());
    store.storage().reset().unwrap();
    drop(store.take_notices());
    let storage = store.storage().clone();
    drop(store);
    let store = open(again(storage), cell);
    assert_eq!(store.latest_state().unwrap(), None);
    store.put_state(Position(10), 7, &state).unwrap();
    assert_eq!(store.latest_state().unwrap(), Some((Position(10), 7, state)));
    assert!(!store.has_detail(&details[400].hash()).unwrap());
    for detail in &details[401..] {
        assert_eq!(store.detail(&detail.hash()).unwrap().as_ref(), Some(detail));
    }
}
