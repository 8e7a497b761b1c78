//! Damage in every file of a home: never a panic, never a wrong answer, and after `repair` and another
//! fetch of what it cut, the same log as before.

use crate::common::{Dice, Fixture};
use lifeboat_log::{Detail, Position, Record, SignedCheckpoint};
use lifeboat_store::{
    DiskStorage, LogStore, MemoryStorage, Notice, Outbox, PromiseError, Promises, Sent, Storage, StoreError,
    Waiting,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a damage is called, and what it does.
type Damage = (String, Box<dyn Fn(&mut Vec<u8>)>);

/// The damages done to each file.
fn damages(len: usize, dice: &mut Dice) -> Vec<Damage> {
    let mut all: Vec<Damage> = vec![
        ("emptied".to_owned(), Box::new(|bytes| bytes.clear())),
        ("cut by one".to_owned(), Box::new(|bytes| bytes.truncate(bytes.len() - 1))),
        ("cut in half".to_owned(), Box::new(|bytes| bytes.truncate(bytes.len() / 2))),
        ("zeroed".to_owned(), Box::new(|bytes| bytes.fill(0))),
        ("grown".to_owned(), Box::new(|bytes| bytes.extend_from_slice(&[0xa5; 70]))),
    ];
    for _ in 0..6 {
        let (at, bit) = (dice.below(len as u64) as usize, dice.below(8));
        let flip =
            move |bytes: &mut Vec<u8>| bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << bit);
        all.push((format!("bit {bit} of byte {at} flipped"), Box::new(flip)));
    }
    all
}

/// Everything that the store says is true, or it says that it cannot.
fn never_wrong(store: &LogStore, fixture: &Fixture, case: &str) {
    let records = &fixture.records;
    assert!(store.len() <= records.len() as u64, "{case}");
    for at in (0..store.len()).step_by(19).chain(store.len().checked_sub(1)) {
        match store.record(Position(at)) {
            Ok(found) => assert_eq!(found.as_ref(), records.get(at as usize), "{case}"),
            Err(error) => assert!(matches!(error, StoreError::Damaged { .. }), "{case}: {error}"),
        }
        if let Ok(found) = store.find(&records[at as usize].entry().id()) {
            assert_eq!(found, Some(Position(at)), "{case}");
        }
        if let Ok(proof) = store.proof(Position(at)) {
            assert_eq!(proof.record, records[at as usize].to_bytes(), "{case}");
        }
    }
}

/// Gives back what is missing, as a peer would.
fn fetch(store: &mut LogStore, records: &[Record], checkpoint: &SignedCheckpoint, case: &str) {
    let rest = &records[store.len() as usize..];
    store.append(rest).unwrap_or_else(|e| panic!("{case}: {e}"));
    store.set_checkpoint(checkpoint).unwrap_or_else(|e| panic!("{case}: {e}"));
}

#[test]
fn damage_in_any_file_of_a_log_is_noticed_and_mended() {
    let fixture = Fixture::new(700);
    let whole = fixture.stored();
    let mut dice = Dice(3);
    for name in whole.names() {
        let len = whole.size(&name).unwrap().unwrap() as usize;
        for (what, damage) in damages(len, &mut dice) {
            let case = format!("{name} {what}");
            let memory = whole.copy();
            memory.damage(&name, |bytes| damage(bytes));
            one_case(&memory, &fixture, &case);
        }
        let memory = whole.copy();
        memory.remove(&name).unwrap();
        one_case(&memory, &fixture, &format!("{name} removed"));
    }
}

/// No signature covers a link, and the last record before a break is held by none after it.
#[test]
fn a_link_whose_time_was_changed_is_never_kept() {
    let fixture = Fixture::new(700);
    let whole = fixture.stored();
    let bundles = whole.names().into_iter().filter(|name| name.contains("tile/entries/"));
    let mut tried = 0;
    for (name, records) in bundles.zip(fixture.records.chunks(256)) {
        let mut from = 0;
        for (place, record) in records.iter().enumerate() {
            // The length, then format, term, position and previous link of the link.
            let time = from + 2 + 1 + 4 + 8 + 32;
            from += 2 + record.to_bytes().len();
            if ![0, 1, 100, 187, 254, 255].contains(&place) {
                continue;
            }
            for bit in [0, 1, 7] {
                let memory = whole.copy();
                memory.damage(&name, |bytes| bytes[time] ^= 1 << bit);
                let case = format!("{name} record {place}, bit {bit} of its time");
                one_case(&memory, &fixture, &case);
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 3 * (6 + 6 + 4));
}

fn one_case(memory: &MemoryStorage, fixture: &Fixture, case: &str) {
    let storage: Arc<dyn Storage> = Arc::new(memory.clone());
    match LogStore::open(storage.clone(), fixture.cell()) {
        Ok((store, _)) => never_wrong(&store, fixture, case),
        Err(error) => assert!(matches!(error, StoreError::Damaged { .. }), "{case}: {error}"),
    }
    let (mut store, _) =
        LogStore::repair(storage.clone(), fixture.cell()).unwrap_or_else(|e| panic!("{case}: {e}"));
    never_wrong(&store, fixture, case);
    fetch(&mut store, &fixture.records, &fixture.checkpoint(), case);
    drop(store);
    let (store, notices) = LogStore::open(storage, fixture.cell()).unwrap();
    assert_eq!((store.chain(), notices), (&fixture.log.chain, vec![]), "{case}");
    assert!(store.records(Position(0), 10_000).unwrap() == fixture.records, "{case}");
    let healthy = fixture.stored();
    for name in healthy.names() {
        assert!(memory.read(&name, 1 << 24) == healthy.read(&name, 1 << 24), "{case}: {name} differs");
    }
}

#[test]
fn a_damaged_database_is_put_aside_and_the_person_is_told() {
    let fixture = Fixture::new(600);
    let home = tempfile::tempdir().unwrap();
    fill(home.path(), &fixture);
    let mut dice = Dice(5);
    let files: Vec<PathBuf> = files_of(&home.path().join("db"));
    assert!(!files.is_empty());
    for file in files {
        let name = file.strip_prefix(home.path()).unwrap().display().to_string();
        let len = std::fs::metadata(&file).unwrap().len() as usize;
        for (what, damage) in damages(len, &mut dice) {
            let case = format!("{name} {what}");
            let copy = tempfile::tempdir().unwrap();
            copy_folder(home.path(), copy.path());
            let target = copy.path().join(&name);
            let mut bytes = std::fs::read(&target).unwrap();
            damage(&mut bytes);
            std::fs::write(&target, bytes).unwrap();
            let storage = Arc::new(DiskStorage::open(copy.path()).unwrap_or_else(|e| panic!("{case}: {e}")));
            let (store, notices) = LogStore::open(storage.clone(), fixture.cell()).unwrap();
            never_wrong(&store, &fixture, &case);
            store.put_state(store.chain().next(), 1, &[7; 10_000]).unwrap();
            assert_eq!(store.latest_state().unwrap().unwrap().2, [7; 10_000], "{case}");
            let told = notices
                .iter()
                .chain(&store.take_notices())
                .any(|n| matches!(n, Notice::DatabaseRebuilt { .. }));
            let aside = copy.path().join("db.damaged-1").exists();
            assert_eq!(told, aside, "{case}");
        }
    }
}

fn fill(home: &Path, fixture: &Fixture) {
    let storage = Arc::new(DiskStorage::open(home).unwrap());
    let (mut store, _) = LogStore::open(storage.clone(), fixture.cell()).unwrap();
    store.append(&fixture.records).unwrap();
    store.set_checkpoint(&fixture.checkpoint()).unwrap();
    store.put_state(Position(300), 1, &[3; 20_000]).unwrap();
    storage.flush().unwrap();
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_of(&path) } else { vec![path] }).collect()
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn a_database_in_use_is_not_taken_for_a_damaged_one() {
    let home = tempfile::tempdir().unwrap();
    let first = DiskStorage::open(home.path()).unwrap();
    assert!(DiskStorage::open(home.path()).is_err());
    assert!(!home.path().join("db.damaged-1").exists());
    drop(first);
    DiskStorage::open(home.path()).unwrap();
}

#[test]
fn a_damaged_promise_stops_the_keeper_and_a_damaged_outbox_file_is_put_aside() {
    let mut fixture = Fixture::new(3);
    let cell = fixture.cell();
    let memory = MemoryStorage::new();
    let storage: Arc<dyn Storage> = Arc::new(memory.clone());
    Promises::open(storage.clone(), cell).unwrap().promise(fixture.checkpoint().checkpoint()).unwrap();
    let outbox = Outbox::new(storage.clone(), cell);
    outbox.put(&Waiting { entry: fixture.log.entry(b"x"), details: vec![], sent: Sent::Waiting }).unwrap();
    let mut dice = Dice(9);
    for name in memory.names() {
        let len = memory.size(&name).unwrap().unwrap() as usize;
        for (what, damage) in damages(len, &mut dice) {
            let copy = memory.copy();
            copy.damage(&name, |bytes| damage(bytes));
            let storage: Arc<dyn Storage> = Arc::new(copy);
            if name.starts_with("promises") {
                let opened = Promises::open(storage.clone(), cell);
                assert!(matches!(opened, Err(PromiseError::Damaged(_))), "{name} {what}");
                let renewed =
                    Promises::renew(storage, cell, Some(fixture.checkpoint().checkpoint())).unwrap();
                assert_eq!(renewed.last().map(|last| last.size), Some(3));
            } else {
                let (all, notices) = Outbox::new(storage.clone(), cell).list().unwrap();
                assert_eq!((all.len(), notices.len()), (0, 1), "{name} {what}");
                assert_eq!(Outbox::new(storage, cell).list().unwrap(), (vec![], vec![]));
            }
        }
    }
}

#[test]
fn a_state_of_another_log_or_a_damaged_one_is_not_given_back() {
    let mut fixture = Fixture::new(10);
    let memory = MemoryStorage::new();
    let (mut store, _) = LogStore::open(Arc::new(memory.clone()), fixture.cell()).unwrap();
    store.append(&fixture.records[..5]).unwrap();
    store.put_state(Position(5), 1, b"state at five").unwrap();
    let (store, _) = store.cut_uncovered().unwrap();
    assert_eq!((store.len(), store.latest_state().unwrap()), (0, None));
    drop(store);
    let (mut store, _) = LogStore::open(Arc::new(memory), fixture.cell()).unwrap();
    fixture.grow(1);
    store.append(&fixture.records[..5]).unwrap();
    assert_eq!(store.latest_state().unwrap(), Some((Position(5), 1, b"state at five".to_vec())));
}

#[test]
fn damaged_details_are_missing_and_never_wrong() {
    let fixture = Fixture::new(3);
    let memory = MemoryStorage::new();
    let (mut store, _) = LogStore::open(Arc::new(memory.clone()), fixture.cell()).unwrap();
    store.append(&fixture.records).unwrap();
    let details: Vec<Detail> =
        (0..40u8).map(|i| Detail::open([i; 16], &"bread ".repeat(usize::from(i))).unwrap()).collect();
    store.put_details(&details).unwrap();
    store.sync().unwrap();
    drop(store);
    let mut dice = Dice(11);
    let names: Vec<String> = memory.names().into_iter().filter(|name| name.starts_with("details/")).collect();
    let len = memory.size(&names[0]).unwrap().unwrap() as usize;
    for (what, damage) in damages(len, &mut dice) {
        let copy = memory.copy();
        copy.damage(&names[0], |bytes| damage(bytes));
        copy.forget_database();
        let (mut store, _) = LogStore::open(Arc::new(copy.clone()), fixture.cell()).unwrap();
        let held = |store: &LogStore| {
            let found: Vec<Option<Detail>> =
                details.iter().map(|d| store.detail(&d.hash()).unwrap()).collect();
            assert!(
                found.iter().zip(&details).all(|(found, detail)| found.as_ref().is_none_or(|f| f == detail))
            );
            found.into_iter().flatten().count()
        };
        let before = held(&store);
        assert!(before < 40 || what == "grown", "{what}");
        if what.contains("flipped") {
            assert!(before >= 1, "{what}: {before}");
        }
        // An empty pack is as sound as a new one; which details are missing is asked of the records.
        assert_eq!(store.take_notices().len(), usize::from(what != "emptied"), "{what}");
        store.put_details(&details).unwrap();
        store.sync().unwrap();
        assert_eq!(held(&store), 40, "{what}");
        drop(store);
        let (store, _) = LogStore::open(Arc::new(copy.clone()), fixture.cell()).unwrap();
        assert_eq!((held(&store), store.take_notices()), (40, vec![]), "{what}");
        assert_eq!(lifeboat_store::details::held(&copy, fixture.cell()).unwrap().len(), 40, "{what}");
    }
}
