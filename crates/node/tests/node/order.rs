//! A receipt is given only for what is durable. The storage under a real cell notes the order of what is
//! done to it; for every receipt the record and its details were written, then synced, then the
//! checkpoint over them was promised on the disk, and only then was the answer given.

use crate::homes::TestHome;
use lifeboat_commons::{Amount, Common, Quantity, compose, ledger};
use lifeboat_log::codec::List;
use lifeboat_log::{CellId, Detail, DetailTag, Nonce, Proof, PublicKey, SecretKey, SignedEntry, Time};
use lifeboat_node::cell::shelf::Shelf;
use lifeboat_node::cell::{CellConfig, CellHandle, Outcome, ToCell};
use lifeboat_node::cosigner::Cosigner;
use lifeboat_node::{Home, Keys};
use lifeboat_store::notice::Notice;
use lifeboat_store::storage::{Change, Item, Pairs, Storage, StorageError, Table};
use lifeboat_store::{DiskStorage, MemoryStorage, Promise, Promises, promises};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What was done, in order.
#[derive(Clone)]
enum Done {
    Appended { name: String, bytes: Vec<u8> },
    Synced(Vec<String>),
    Promised(Promise),
    Answered { proof: Proof, details: Vec<Vec<u8>> },
}

/// A home's disk that notes what is done to it, and is slow to make anything durable: an answer that did
/// not wait for it would be seen before it.
struct Noting {
    disk: DiskStorage,
    cell: CellId,
    done: Mutex<Vec<Done>>,
}

const SLOW: Duration = Duration::from_millis(4);

impl Noting {
    fn note(&self, done: Done) {
        self.done.lock().unwrap().push(done);
    }

    /// The promise that these bytes are, as the store reads it.
    fn promise(&self, name: &str, bytes: &[u8]) -> Option<Promise> {
        let memory = MemoryStorage::new();
        memory.replace(name, bytes).unwrap();
        (name == promises::file_of(self.cell))
            .then(|| *Promises::open(Arc::new(memory), self.cell).unwrap().last().unwrap())
    }
}

impl Storage for Noting {
    fn append(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.disk.append(name, bytes)?;
        self.note(Done::Appended { name: name.to_owned(), bytes: bytes.to_vec() });
        Ok(())
    }
    fn sync(&self, names: &[&str]) -> Result<(), StorageError> {
        std::thread::sleep(SLOW);
        self.disk.sync(names)?;
        self.note(Done::Synced(names.iter().map(|name| (*name).to_owned()).collect()));
        Ok(())
    }
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        std::thread::sleep(SLOW);
        self.disk.replace(name, bytes)?;
        if let Some(promise) = self.promise(name, bytes) {
            self.note(Done::Promised(promise));
        }
        Ok(())
    }
    fn read(&self, name: &str, max: usize) -> Result<Option<Vec<u8>>, StorageError> {
        self.disk.read(name, max)
    }
    fn read_at(&self, name: &str, offset: u64, len: usize) -> Result<Vec<u8>, StorageError> {
        self.disk.read_at(name, offset, len)
    }
    fn size(&self, name: &str) -> Result<Option<u64>, StorageError> {
        self.disk.size(name)
    }
    fn truncate(&self, name: &str, size: u64) -> Result<(), StorageError> {
        self.disk.truncate(name, size)
    }
    fn refresh(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.disk.refresh(name, bytes)
    }
    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.disk.remove(name)
    }
    fn rename(&self, from: &str, to: &str) -> Result<(), StorageError> {
        self.disk.rename(from, to)
    }
    fn list(&self, folder: &str) -> Result<Vec<Item>, StorageError> {
        self.disk.list(folder)
    }
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.disk.get(table, key)
    }
    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], max: usize) -> Result<Pairs, StorageError> {
        self.disk.scan(table, prefix, from, max)
    }
    fn write(&self, changes: &[Change]) -> Result<(), StorageError> {
        self.disk.write(changes)
    }
    fn flush(&self) -> Result<(), StorageError> {
        self.disk.flush()
    }
    fn reset(&self) -> Result<(), StorageError> {
        self.disk.reset()
    }
    fn take_notices(&self) -> Vec<Notice> {
        self.disk.take_notices()
    }
}

/// Where the sync stands that first made these bytes durable, after they were written.
fn durable(done: &[Done], wanted: &[u8]) -> Result<usize, String> {
    let holds = |done: &Done| match done {
        Done::Appended { name, bytes } => {
            bytes.windows(wanted.len()).any(|window| window == wanted).then(|| name.clone())
        }
        _ => None,
    };
    let found = done.iter().enumerate().find_map(|(at, done)| Some((at, holds(done)?)));
    let (written, name) = found.ok_or("an answer for what was never written")?;
    let covers = |done: &Done| matches!(done, Done::Synced(names) if names.contains(&name));
    let synced = done.iter().skip(written).position(covers).ok_or("an answer for what was never synced")?;
    Ok(written + synced)
}

/// Looks at every receipt: how many there are, or what came too early.
fn judge(done: &[Done]) -> Result<usize, String> {
    let mut answers = 0;
    for (answered, what) in done.iter().enumerate() {
        let Done::Answered { proof, details } = what else { continue };
        answers += 1;
        let mut synced = durable(done, &proof.record)?;
        for detail in details {
            synced = synced.max(durable(done, detail)?);
        }
        let note = String::from_utf8_lossy(&proof.checkpoint);
        let size: u64 = note.lines().nth(1).and_then(|line| line.parse().ok()).ok_or("no checkpoint")?;
        let covers = |(at, done): (usize, &Done)| {
            matches!(done, Done::Promised(promise) if promise.size == size).then_some(at)
        };
        let promised = done.iter().enumerate().find_map(covers).ok_or("its checkpoint was never promised")?;
        if proof.index >= size {
            return Err(format!("the receipt of {} is under a checkpoint of {size}", proof.index));
        }
        if synced > promised {
            return Err(format!("#{}: promised before it was synced", proof.index));
        }
        if promised > answered {
            return Err(format!("#{}: answered before the promise was on the disk", proof.index));
        }
    }
    Ok(answers)
}

/// An entry with a note of its own.
fn noted(cell: CellId, member: &SecretKey, n: u64) -> (SignedEntry, Detail) {
    let quantity = Quantity::money(Amount::from_millionths(1_000_000), "EUR").unwrap();
    let said = compose(&ledger::Received { common: Common::default(), quantity }).unwrap();
    let now = lifeboat_node::cell::now();
    let nonce = Nonce(lifeboat_node::keys::random().unwrap());
    let mut entry = said.entry(cell, member.public(), now, now.plus_ms(86_400_000), nonce);
    let note = Detail::open(nonce.0, &format!("the {n}th note")).unwrap();
    entry.details = List::new(vec![note.reference(DetailTag::NOTE, Time::ZERO)]).unwrap();
    (entry.sign(member).unwrap(), note)
}

/// Opens the cell of this home on a disk that notes.
fn open(home: &Home, cell: CellId) -> (CellHandle, Arc<Noting>) {
    let disk = DiskStorage::open(home.root()).unwrap();
    let noting = Arc::new(Noting { disk, cell, done: Mutex::default() });
    let storage: Arc<dyn Storage> = noting.clone();
    let node: PublicKey = Keys::of(home).node().unwrap().public();
    let (shelf, _) = Shelf::open(storage.clone(), cell, node, &mut |_, _| {}).unwrap();
    let cosigner = Arc::new(Cosigner::new(Keys::of(home).witness().unwrap(), storage.clone()));
    let config =
        CellConfig { home: home.clone(), storage, cell, node, card: None, cosigner, not_restored: false };
    (CellHandle::start(config, shelf).unwrap(), noting)
}

#[test]
fn a_sync_over_the_record_and_a_durable_promise_precede_every_receipt() {
    const ASKERS: u64 = 3;
    const BATCHES: u64 = 25;
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let cell = heron.found("Oak Street");
    let (handle, noting) = open(&heron.home, cell);
    assert!(handle.facts().keeper);
    let ask = |asker: u64, batch: u64| {
        let entries = (0..1 + (asker + batch) % 7).map(|n| noted(cell, &heron.member, n));
        let ask = |(entry, note): (SignedEntry, Detail)| {
            let (outcome, waits) = tokio::sync::oneshot::channel();
            let details = vec![note.clone()];
            let place = ToCell::Place { entry: Box::new(entry), details, outcome };
            handle.queue().blocking_send(place).unwrap();
            (waits, note)
        };
        let asked: Vec<_> = entries.map(ask).collect();
        for (waits, note) in asked {
            let Outcome::Placed { proof, .. } = waits.blocking_recv().unwrap() else { panic!("refused") };
            let details = vec![note.as_bytes().to_vec()];
            noting.note(Done::Answered { proof: Proof::parse(&proof).unwrap(), details });
        }
    };
    std::thread::scope(|scope| {
        let ask = &ask;
        for asker in 0..ASKERS {
            scope.spawn(move || (0..BATCHES).for_each(|batch| ask(asker, batch)));
        }
    });
    handle.close();
    let done = noting.done.lock().unwrap().clone();
    let answers = judge(&done).unwrap_or_else(|early| panic!("{early}"));
    let syncs = done.iter().filter(|done| matches!(done, Done::Synced(_))).count();
    let promised = done.iter().filter(|done| matches!(done, Done::Promised(_))).count();
    println!("{answers} receipts, {syncs} syncs, {promised} promises: each in order");
    let asked: u64 = (0..ASKERS).flat_map(|a| (0..BATCHES).map(move |b| 1 + (a + b) % 7)).sum();
    assert_eq!(answers as u64, asked);
    // One entry is outside the order as soon as any of the steps is missing or late.
    let last = done.iter().rposition(|done| matches!(done, Done::Answered { .. })).unwrap();
    let promise = done[..last].iter().rposition(|done| matches!(done, Done::Promised(_))).unwrap();
    let sync = done[..promise].iter().rposition(|done| matches!(done, Done::Synced(_))).unwrap();
    for (from, to) in [(last, promise), (last, sync), (promise, sync)] {
        let mut early = done.clone();
        let moved = early.remove(from);
        early.insert(to, moved);
        assert!(judge(&early).is_err(), "the judge overlooks what came too early");
    }
    for step in [promise, sync] {
        let mut lacking = done.clone();
        lacking.remove(step);
        assert!(judge(&lacking).is_err(), "the judge overlooks what never happened");
    }
}
