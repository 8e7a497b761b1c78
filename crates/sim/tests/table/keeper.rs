//! The keeper's rows: batches of entries, then a handover; after each failure other entries come first.

use super::{After, Disk, disk, every_case, mend};
use lifeboat_commons::ledger::Received;
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Amount, History, Quantity, State, compose};
use lifeboat_log::codec::List;
use lifeboat_log::entry::Nonce;
use lifeboat_log::{
    Detail, EntryId, Handover, Link, Position, Record, SecretKey, SignedCheckpoint, SignedEntry, Successor,
    Term,
};
use lifeboat_protocol::Keeper;
use lifeboat_protocol::keeper::{Effect, Event, Held, Promised, Ticket};
use lifeboat_store::{LogStore, Promises, handovers};

/// The log on disk, as the fold sees it.
struct Below<'a>(&'a LogStore);

impl History for Below<'_> {
    fn find(&self, id: &EntryId) -> Option<Record> {
        self.0.record(self.0.find(id).ok()??).ok()?
    }
}

/// What left a keeper, in all its lives.
#[derive(Default)]
struct Left {
    checkpoints: Vec<SignedCheckpoint>,
    receipts: Vec<(EntryId, Position)>,
    handovers: Vec<Handover>,
}

/// One life of a keeper's process.
struct Life<'a> {
    disk: &'a Disk,
    after: After,
    cell: &'a TestCell,
    store: LogStore,
    promises: Promises,
    keeper: Keeper,
    asked: Vec<(Ticket, EntryId)>,
    left: &'a mut Left,
}

fn open(disk: &Disk, cell: &TestCell) -> Option<(LogStore, Promises)> {
    let (store, _) = LogStore::open(disk.clone(), cell.cell()).ok()?;
    Some((store, Promises::open(disk.clone(), cell.cell()).ok()?))
}

fn held(disk: &Disk, store: &LogStore, promises: &Promises) -> Held {
    let mut state = State::new(store.cell());
    for record in store.records(Position(0), 10_000).unwrap() {
        state.apply(&record, &Below(store));
    }
    let size = store.chain().open().map_or(0, |open| open.tree.size());
    let promised = promises.last().map(|last| Promised {
        term: last.term,
        size: last.size,
        root: last.root,
        consistency: store.consistency(last.term, last.size.min(size), size).unwrap_or_default(),
    });
    let handover = handovers::read(&**disk, store.cell()).unwrap();
    let (chain, checkpoint) = (store.chain().clone(), store.checkpoint().cloned());
    Held { chain, state, promised, checkpoint, handover }
}

impl<'a> Life<'a> {
    /// Begins; nothing when the disk failed, or the log was handed over.
    fn begin(disk: &'a Disk, after: After, cell: &'a TestCell, left: &'a mut Left) -> Option<Self> {
        let (mut store, promises) = open(disk, cell)?;
        open_next(disk, cell, &mut store)?;
        let named = store.chain().open()?.opening.term_key;
        let keys = [cell.term_key.clone(), key(50), key(51)];
        let term_key = keys.into_iter().find(|key| key.public() == named)?;
        let held = held(disk, &store, &promises);
        let keeper = Keeper::new(cell.node.public(), term_key, held).ok()?;
        let mut life = Self { disk, after, cell, store, promises, keeper, asked: Vec::new(), left };
        let effects = life.keeper.start();
        life.carry(effects).then_some(life)
    }

    fn event(&mut self, event: Event) -> bool {
        let effects = self.keeper.handle(event, self.cell.now, &Below(&self.store));
        self.carry(effects)
    }

    fn submit(&mut self, entry: &SignedEntry) -> bool {
        let ticket = Ticket(self.asked.len() as u64 + 100);
        self.asked.push((ticket, entry.id()));
        let entry = Box::new(entry.clone());
        let detail = Detail::open([7; 16], "a note").unwrap();
        self.event(Event::Submit { ticket, entry, details: vec![detail] })
    }

    /// Hands over to the same node, under a key of this number.
    fn hand_over(&mut self, n: u8) -> bool {
        let successor = Successor::new(Term::new(0, 1), self.cell.node.public(), Nonce([3; 16]), &key(n));
        let (ticket, witnesses) = (Ticket(1), (List::default(), 0));
        self.event(Event::HandOver { ticket, successor: Box::new(successor), witnesses })
    }

    /// Carries out what the machine asks; false when the process is to end.
    fn carry(&mut self, effects: Vec<Effect>) -> bool {
        for effect in effects {
            let event = match effect {
                Effect::Persist { records, details } => {
                    let done = self.store.put_details(&details).and_then(|()| self.store.append(&records));
                    let done = done.and_then(|()| self.store.sync());
                    if done.is_ok() { Event::Persisted } else { Event::DiskFailed }
                }
                Effect::Promise(checkpoint) => {
                    let promised = self.promises.promise(checkpoint.checkpoint()).is_ok();
                    let done = promised && self.store.set_checkpoint(&checkpoint).is_ok();
                    if done { Event::Promised } else { Event::DiskFailed }
                }
                Effect::Publish(checkpoint) => {
                    self.left.checkpoints.push(*checkpoint);
                    continue;
                }
                Effect::Prove { ticket, position } => {
                    let entry = self.asked.iter().find(|(asked, _)| *asked == ticket).unwrap().1;
                    self.left.receipts.push((entry, position));
                    continue;
                }
                Effect::HandOver(handover) => {
                    match handovers::write(&**self.disk, self.cell.cell(), &handover) {
                        Ok(()) => Event::HandedOver,
                        Err(_) => Event::DiskFailed,
                    }
                }
                Effect::Left(handover) => {
                    self.left.handovers.push(*handover);
                    continue;
                }
                Effect::Reopen if self.after == After::GoesOn => {
                    mend(self.disk, self.after);
                    let (store, promises) = open(self.disk, self.cell).unwrap();
                    (self.store, self.promises) = (store, promises);
                    Event::Reopened(Box::new(held(self.disk, &self.store, &self.promises)))
                }
                Effect::Reopen => return false,
                Effect::Keep(_) | Effect::Anchor(_) | Effect::Refuse { .. } => continue,
            };
            if !self.event(event) {
                return false;
            }
        }
        true
    }
}

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

/// The next term is opened where a handover is written down and its term is not open; nothing when the disk
/// failed.
fn open_next(disk: &Disk, cell: &TestCell, store: &mut LogStore) -> Option<()> {
    let Some(handover) = handovers::read(&**disk, cell.cell()).unwrap() else { return Some(()) };
    let chain = store.chain();
    if chain.open()?.term >= handover.opening.term {
        return Some(());
    }
    let at = cell.now.max(chain.last_time());
    let entry = handover.entry(cell.cell(), &cell.node, at).unwrap();
    let link = Link::new(handover.opening.term, chain.next(), chain.head(), at, entry.id());
    store.append(&[Record::place(link, entry).unwrap()]).and_then(|()| store.sync()).ok()
}

/// A first life with a handover in it, and after the failure another one in which rival entries, and a rival
/// handover where none was signed, come first.
fn keep(disk: &Disk, after: After, words: &str) -> Left {
    let mut cell = TestCell::found(1, "heron");
    cell.wait_ms(1000);
    let entries: Vec<SignedEntry> = (0..6).map(|n| sign(&mut cell, n)).collect();
    let mut left = Left::default();
    let founded = open(disk, &cell)
        .is_some_and(|(mut store, _)| store.append(cell.records()).and_then(|()| store.sync()).is_ok());
    if founded && let Some(mut life) = Life::begin(disk, after, &cell, &mut left) {
        let placed = entries[..2].iter().all(|entry| life.submit(entry));
        let left_it = placed && life.hand_over(50);
        drop(life);
        if left_it && let Some(mut next) = Life::begin(disk, after, &cell, &mut left) {
            let _ = next.submit(&entries[2]);
        }
    }
    mend(disk, after);
    let (mut store, _) = open(disk, &cell).unwrap_or_else(|| panic!("{words}: it opens"));
    if store.is_empty() {
        store.append(cell.records()).and_then(|()| store.sync()).unwrap();
    }
    drop(store);
    for _ in 0..2 {
        let life = Life::begin(disk, after, &cell, &mut left);
        let mut life = life.unwrap_or_else(|| panic!("{words}: it keeps afterwards"));
        let mut rivals = entries[3..].iter().chain(&entries[..3]);
        assert!(rivals.all(|entry| life.submit(entry)), "{words}: it goes on afterwards");
        if life.store.chain().open().is_some_and(|open| open.term == Term::FIRST) {
            assert!(life.hand_over(51), "{words}: it can be handed over afterwards");
        }
    }
    left.handovers.extend(handovers::read(&**disk, cell.cell()).unwrap());
    let (store, _) = open(disk, &cell).unwrap();
    check(&store, &left, words);
    left
}

fn sign(cell: &mut TestCell, n: i64) -> SignedEntry {
    let quantity = Quantity::money(Amount::whole(n + 1).unwrap(), "EUR").unwrap();
    cell.sign("heron", compose(&Received { common: Default::default(), quantity }).unwrap())
}

/// Everything that left lies in one history: the log on the disk.
fn check(store: &LogStore, left: &Left, words: &str) {
    for checkpoint in &left.checkpoints {
        let (term, size) = (checkpoint.origin.term, checkpoint.size);
        assert_eq!(store.root(term, size), Ok(checkpoint.root), "{words}: {size} records of {term}");
    }
    for (entry, position) in &left.receipts {
        let stands = store.record(*position).unwrap().map(|record| record.entry().id());
        assert_eq!(stands, Some(*entry), "{words}: a receipt for {position}");
    }
    let first = left.handovers.first().unwrap_or_else(|| panic!("{words}: it was handed over"));
    assert!(left.handovers.iter().all(|other| other == first), "{words}: two handovers");
    let open = store.chain().open().unwrap();
    assert_eq!((open.term, &open.opening), (Term::new(0, 1), &first.opening), "{words}: its term is open");
}

#[test]
fn a_keeper_never_signs_two_histories_whichever_step_fails() {
    let whole = disk();
    let left = keep(&whole, After::GoesOn, "no failure");
    assert!(left.checkpoints.len() >= 4, "{}", left.checkpoints.len());
    let steps = whole.steps();
    assert!(steps > 20, "{steps} steps");
    every_case("keeper", steps, |disk, after, words| {
        keep(disk, after, words);
    });
}
