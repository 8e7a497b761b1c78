//! The keeper: nothing is answered before it is durable, and nothing is placed twice.

use super::*;
use crate::limits::{MAX_BATCH_RECORDS, MAX_QUEUE, MAX_TICKETS};
use crate::testing::peer;
use lifeboat_commons::ledger::Received;
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Amount, Quantity, compose};
use lifeboat_log::{DetailTag, EntryId, Record, Term, TreeHash};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

mod witnessed;

/// A keeper on a disk in memory, whose writings succeed or fail as a test says.
struct Desk {
    cell: TestCell,
    keeper: Keeper,
    disk: Vec<Record>,
    asked: Option<Effect>,
    promised: Option<Promised>,
    published: Vec<SignedCheckpoint>,
    answers: BTreeMap<Ticket, Result<Position, Refusal>>,
    /// What nothing waits for.
    told: Vec<Effect>,
    handover: Option<Handover>,
    now: Time,
}

struct Disk<'a>(&'a [Record]);

impl History for Disk<'_> {
    fn find(&self, id: &EntryId) -> Option<Record> {
        self.0.iter().find(|record| record.entry().id() == *id).cloned()
    }
}

fn held(cell: &TestCell, disk: &[Record], promised: Option<Promised>) -> Held {
    let (mut chain, mut state) = (Chain::new(cell.cell()), State::new(cell.cell()));
    for (place, record) in disk.iter().enumerate() {
        chain.extend(record).unwrap();
        state.apply(record, &Disk(&disk[..place]));
    }
    Held { chain, state, promised, checkpoint: None, handover: None }
}

fn consistency(disk: &[Record], old: u64) -> Vec<TreeHash> {
    let node = |level: u8, index: u64| {
        let mut tree = lifeboat_log::tree::Frontier::default();
        let leaves = disk.iter().skip((index << level) as usize).take(1 << level);
        leaves.for_each(|record| tree.push(record.leaf()));
        Ok::<_, std::convert::Infallible>(tree.root())
    };
    lifeboat_log::tree::consistency_proof(old, disk.len() as u64, node).unwrap()
}

impl Desk {
    fn new() -> Self {
        Self::of(TestCell::found(1, "heron"))
    }

    fn of(cell: TestCell) -> Self {
        let disk = cell.records().to_vec();
        let keeper =
            Keeper::new(cell.node.public(), cell.term_key.clone(), held(&cell, &disk, None)).unwrap();
        let (published, answers) = (Vec::new(), BTreeMap::new());
        let now = cell.now.plus_ms(1000);
        let (asked, promised, told, handover) = (None, None, Vec::new(), None);
        let mut desk = Self { cell, keeper, disk, asked, promised, published, answers, told, handover, now };
        let effects = desk.keeper.start();
        desk.take(effects);
        desk.settle();
        desk
    }

    fn entry(&mut self, n: u64) -> SignedEntry {
        self.cell.sign("heron", sample(n))
    }

    fn event(&mut self, event: Event) {
        let effects = self.keeper.handle(event, self.now, &Disk(&self.disk));
        self.take(effects);
    }

    fn submit(&mut self, ticket: u64, entry: &SignedEntry) {
        let entry = Box::new(entry.clone());
        self.event(Event::Submit { ticket: Ticket(ticket), entry, details: vec![] });
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Persist { .. } | Effect::Promise(_) | Effect::Reopen | Effect::HandOver(_) => {
                    assert!(self.asked.is_none(), "one thing at a time");
                    self.asked = Some(effect);
                }
                Effect::Publish(checkpoint) => {
                    let promised = self.promised.as_ref().map(|p| (p.size, p.root));
                    let (size, root) = promised.expect("promised before it leaves");
                    assert!(size > checkpoint.size || (size, root) == (checkpoint.size, checkpoint.root));
                    self.published.push(*checkpoint);
                }
                Effect::Keep(_) | Effect::Anchor(_) | Effect::Left(_) => self.told.push(effect),
                Effect::Prove { ticket, position } => {
                    let start = self.keeper.chain().open().unwrap().start;
                    let signed = start.0 + self.published.iter().map(|signed| signed.size).max().unwrap();
                    assert!(position.0 < signed, "proven under what was signed");
                    assert_eq!(self.answers.insert(ticket, Ok(position)), None, "answered once");
                }
                Effect::Refuse { ticket, refusal } => {
                    assert_eq!(self.answers.insert(ticket, Err(refusal)), None, "answered once");
                }
            }
        }
    }

    /// The disk does what it was asked.
    fn work(&mut self) {
        match self.asked.take() {
            Some(Effect::Persist { records, .. }) => {
                self.disk.extend(records);
                self.event(Event::Persisted);
            }
            Some(Effect::Promise(checkpoint)) => {
                self.promise(&checkpoint);
                self.event(Event::Promised);
            }
            Some(Effect::HandOver(handover)) => {
                self.handover = Some(*handover);
                self.event(Event::HandedOver);
            }
            Some(_) => {
                if let Some(promised) = &mut self.promised {
                    promised.consistency = consistency(&self.disk, promised.size);
                }
                let mut held = held(&self.cell, &self.disk, self.promised.clone());
                held.handover = self.handover.clone();
                self.event(Event::Reopened(Box::new(held)));
            }
            None => {}
        }
    }

    fn promise(&mut self, checkpoint: &SignedCheckpoint) {
        let (size, root) = (checkpoint.size, checkpoint.root);
        let term = checkpoint.origin.term;
        self.promised = Some(Promised { term, size, root, consistency: vec![] });
    }

    /// The disk fails after it has done a part of what it was asked.
    fn fail(&mut self, part: usize) {
        match self.asked.take() {
            Some(Effect::Persist { records, .. }) => self.disk.extend(records.into_iter().take(part)),
            Some(Effect::Promise(checkpoint)) if part > 0 => self.promise(&checkpoint),
            Some(Effect::HandOver(handover)) if part > 0 => self.handover = Some(*handover),
            Some(Effect::Reopen) | None => return self.event(Event::DiskFailed),
            Some(_) => {}
        }
        self.event(Event::DiskFailed);
    }

    fn settle(&mut self) {
        for _ in 0..1000 {
            if self.asked.is_none() && self.keeper.is_idle() {
                return;
            }
            self.work();
        }
        panic!("the keeper does not come to rest");
    }
}

/// A statement that every test cell admits.
fn sample(n: u64) -> lifeboat_commons::Said {
    let quantity = Quantity::money(Amount::whole(n as i64 + 1).unwrap(), "EUR").unwrap();
    compose(&Received { common: Default::default(), quantity }).unwrap()
}

#[test]
fn an_entry_is_placed_once_and_its_proof_given_again() {
    let mut desk = Desk::new();
    let entry = desk.entry(1);
    desk.submit(1, &entry);
    desk.submit(2, &entry);
    assert!(desk.answers.is_empty(), "nothing before it is durable");
    desk.settle();
    desk.submit(3, &entry);
    desk.settle();
    assert!(desk.answers.values().all(|answer| *answer == Ok(Position(1))));
    assert_eq!((desk.answers.len(), desk.disk.len()), (3, 2));
    desk.now = desk.now.plus_ms(40 * 86_400_000);
    desk.submit(4, &entry);
    assert_eq!(desk.answers[&Ticket(4)], Ok(Position(1)), "also when it could not be placed any more");
}

#[test]
fn one_sync_serves_all_that_waited() {
    let mut desk = Desk::new();
    let entries: Vec<_> = (0..20).map(|n| desk.entry(n)).collect();
    for (n, entry) in entries.iter().enumerate() {
        desk.submit(n as u64, entry);
    }
    desk.settle();
    assert_eq!((desk.published.len(), desk.disk.len()), (3, 21));
    assert_eq!(desk.keeper.signed().unwrap().size, 21);
}

#[test]
fn what_is_not_admissible_is_refused_with_its_reason() {
    let mut desk = Desk::new();
    let stranger = desk.cell.sign("crow", sample(1));
    desk.submit(1, &stranger);
    let refusal = desk.answers[&Ticket(1)].clone().unwrap_err();
    assert_eq!((refusal.name(), refusal.again()), (Refusal::NOT_ADMISSIBLE, crate::Again::Later));
    assert!(refusal.text().contains("no member"), "{refusal}");
    let mut other = TestCell::found(2, "heron");
    let elsewhere = other.sign("heron", sample(1));
    desk.submit(2, &elsewhere);
    assert_eq!(desk.answers[&Ticket(2)].clone().unwrap_err().name(), Refusal::WRONG_CELL);
    assert_eq!(desk.disk.len(), 1);
}

#[test]
fn an_entry_waits_for_all_its_details() {
    let mut desk = Desk::new();
    let detail = Detail::open([7; 16], "from the street collection").unwrap();
    let reference = detail.reference(DetailTag::NOTE, Time::ZERO);
    let said = sample(1);
    let change = |draft: &mut lifeboat_log::Entry| {
        draft.details = lifeboat_log::codec::List::new(vec![reference]).unwrap();
    };
    let entry = desk.cell.sign_with("heron", said, change);
    desk.submit(1, &entry);
    assert_eq!(desk.answers[&Ticket(1)].clone().unwrap_err().name(), Refusal::MISSING_DETAILS);
    let other = Detail::open([8; 16], "another").unwrap();
    let details = vec![other, detail.clone()];
    desk.event(Event::Submit { ticket: Ticket(2), entry: Box::new(entry), details });
    let Some(Effect::Persist { details, .. }) = &desk.asked else { panic!("{:?}", desk.asked) };
    assert_eq!(details, &vec![detail], "and only those that it names are kept");
}

#[test]
fn the_queue_and_the_tickets_are_bounded() {
    let mut desk = Desk::new();
    let first = desk.entry(0);
    desk.submit(0, &first);
    let entries: Vec<_> = (1..=MAX_QUEUE as u64 + 1).map(|n| desk.entry(n)).collect();
    for (n, entry) in entries.iter().enumerate() {
        desk.submit(n as u64 + 1, entry);
    }
    assert_eq!(desk.answers.len(), 1);
    assert_eq!(desk.answers[&Ticket(MAX_QUEUE as u64 + 1)].clone().unwrap_err().name(), Refusal::BUSY);
    for n in 0..MAX_TICKETS as u64 {
        desk.submit(10_000 + n, &entries[0]);
    }
    assert_eq!(desk.answers.len(), 2);
    desk.settle();
    assert_eq!(desk.disk.len(), MAX_QUEUE + 2);
    let batches = MAX_QUEUE / MAX_BATCH_RECORDS;
    assert_eq!(desk.published.len(), 2 + batches);
}

#[test]
fn nothing_is_signed_after_a_failure_until_the_log_is_opened_anew() {
    for part in 0..3 {
        let mut desk = Desk::new();
        let entries = [desk.entry(1), desk.entry(2)];
        desk.submit(1, &entries[0]);
        desk.fail(part);
        assert_eq!(desk.answers[&Ticket(1)].clone().unwrap_err().name(), Refusal::STORE_FAILED);
        desk.submit(2, &entries[1]);
        assert_eq!((desk.asked.clone(), desk.published.len()), (Some(Effect::Reopen), 1));
        desk.settle();
        desk.submit(3, &entries[0]);
        desk.settle();
        let places: BTreeSet<_> = [2, 3].map(|n| desk.answers[&Ticket(n)].clone().unwrap()).into();
        assert_eq!((places.len(), desk.disk.len()), (2, 3), "each placed once");
    }
}

#[test]
fn a_disk_that_lost_what_was_signed_is_not_kept_from() {
    let mut desk = Desk::new();
    let entry = desk.entry(1);
    desk.submit(1, &entry);
    desk.settle();
    let promised = desk.promised.clone();
    let (node, term_key) = (desk.cell.node.public(), desk.cell.term_key.clone());
    let open = |held| Keeper::new(node, term_key.clone(), held).map(drop);
    let lost = open(held(&desk.cell, &desk.disk[..1], promised.clone()));
    assert_eq!(lost, Err(CannotKeep::Behind { promised: 2, held: 1 }));
    let other = promised.map(|p| Promised { root: TreeHash::ZERO, ..p });
    assert_eq!(open(held(&desk.cell, &desk.disk, other.clone())), Err(CannotKeep::OtherRecords));
    let shorter = other.map(|p| Promised { size: 1, ..p });
    assert_eq!(open(held(&desk.cell, &desk.disk, shorter)), Err(CannotKeep::OtherRecords));
    assert_eq!(open(held(&desk.cell, &[], None)), Err(CannotKeep::NoTerm));
    let mut stale = held(&desk.cell, &desk.disk, None);
    stale.state = State::new(desk.cell.cell());
    assert_eq!(open(stale), Err(CannotKeep::OtherState));
    let stranger = Keeper::new(peer(9), term_key.clone(), held(&desk.cell, &desk.disk, None)).map(drop);
    assert_eq!(stranger, Err(CannotKeep::OtherKeeper));
}

#[test]
fn homes_are_counted_and_not_believed_beyond_the_log() {
    let mut desk = Desk::new();
    let own = desk.cell.node.public();
    for (node, next) in [(peer(1), 1), (peer(2), 0), (peer(3), 99), (own, 1)] {
        desk.event(Event::Have { node, next: Position(next) });
    }
    assert_eq!((desk.keeper.homes_with(Position(0)), desk.keeper.homes_with(Position(1))), (1, 0));
    assert_eq!(desk.keeper.held(), vec![Position(1), Position(0)]);
}

#[test]
fn link_times_never_run_back() {
    let mut desk = Desk::new();
    let entries = [desk.entry(1), desk.entry(2)];
    desk.submit(1, &entries[0]);
    desk.settle();
    desk.now = Time::from_ms(desk.now.ms() - 500);
    desk.submit(2, &entries[1]);
    desk.settle();
    let times: Vec<_> = desk.disk.iter().map(|record| record.link().time).collect();
    assert_eq!(times[1], times[2]);
}

#[derive(Debug, Clone)]
enum Act {
    Submit(usize),
    Work,
    Fail(usize),
    Stray(bool),
    Wait(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        5 => (0usize..12).prop_map(Act::Submit),
        5 => Just(Act::Work),
        1 => (0usize..4).prop_map(Act::Fail),
        1 => any::<bool>().prop_map(Act::Stray),
        1 => (0u64..5000).prop_map(Act::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the order of entries, answers and failures: what was answered stands in the log where it
    /// was said to stand, once, under checkpoints that all extend each other; and everything comes to rest.
    #[test]
    fn receipts_hold_whatever_happens(acts in prop::collection::vec(act(), 1..60)) {
        let mut desk = Desk::new();
        let mut entries: Vec<_> = (0..10).map(|n| desk.entry(n)).collect();
        entries.extend((10..12).map(|n| desk.cell.sign("crow", sample(n))));
        let mut asked = BTreeMap::new();
        for (n, act) in acts.into_iter().enumerate() {
            match act {
                Act::Submit(which) => {
                    asked.insert(Ticket(n as u64), entries[which].id());
                    desk.submit(n as u64, &entries[which]);
                }
                Act::Work => desk.work(),
                Act::Fail(part) => desk.fail(part),
                Act::Stray(persisted) => {
                    // An answer to a question that was not asked.
                    let wrong = match (&desk.asked, persisted) {
                        (Some(Effect::Persist { .. }), true) | (Some(Effect::Promise(_)), false) => continue,
                        (_, true) => Event::Persisted,
                        (_, false) => Event::Promised,
                    };
                    desk.event(wrong);
                }
                Act::Wait(ms) => desk.now = desk.now.plus_ms(ms),
            }
        }
        desk.settle();
        let ids: Vec<_> = desk.disk.iter().map(|record| record.entry().id()).collect();
        prop_assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "placed once");
        prop_assert_eq!(desk.answers.keys().collect::<Vec<_>>(), asked.keys().collect::<Vec<_>>());
        for (ticket, answer) in &desk.answers {
            if let Ok(position) = answer {
                prop_assert_eq!(ids[position.0 as usize], asked[ticket]);
            }
        }
        let mut tree = lifeboat_log::tree::Frontier::default();
        let roots: Vec<_> = desk.disk.iter().map(|r| { tree.push(r.leaf()); tree.root() }).collect();
        for checkpoint in &desk.published {
            prop_assert_eq!(checkpoint.root, roots[checkpoint.size as usize - 1], "one order");
        }
        let fresh = held(&desk.cell, &desk.disk, None);
        prop_assert_eq!(desk.keeper.state().hash(), fresh.state.hash());
        prop_assert_eq!(desk.keeper.chain(), &fresh.chain);
    }
}
