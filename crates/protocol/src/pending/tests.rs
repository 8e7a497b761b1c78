//! The pool: what is kept, what makes room, and when a wait is too long.

use super::*;
use lifeboat_commons::ledger::Received;
use lifeboat_commons::testing::{START, TestCell};
use lifeboat_commons::{Amount, Common, Quantity, compose};
use lifeboat_log::codec::List;
use lifeboat_log::{DetailTag, Nonce, Record};
use proptest::prelude::*;

struct Log<'a>(&'a [Record]);

impl History for Log<'_> {
    fn find(&self, id: &EntryId) -> Option<Record> {
        self.0.iter().find(|record| record.entry().id() == *id).cloned()
    }
}

struct Home {
    cell: TestCell,
    pool: Pool,
    now: Time,
    count: u64,
}

impl Home {
    fn new() -> Self {
        let mut cell = TestCell::found(1, "heron");
        cell.admit("wren");
        Self { cell, pool: Pool::default(), now: Time::from_ms(START + 3_600_000), count: 0 }
    }

    fn entry(&mut self, name: &str, details: &[Detail]) -> SignedEntry {
        self.count += 1;
        let quantity = Quantity::money(Amount::whole(self.count as i64).unwrap(), "EUR").unwrap();
        let said = compose(&Received { common: Common::default(), quantity }).unwrap();
        let key = self.cell.key(name);
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.count.to_le_bytes());
        let later = self.now.plus_ms(10 * 86_400_000);
        let mut draft = said.entry(self.cell.cell(), key.public(), self.now, later, Nonce(nonce));
        let references = details.iter().map(|d| d.reference(DetailTag::NOTE, Time::ZERO)).collect();
        draft.details = List::new(references).unwrap();
        draft.sign(&key).unwrap()
    }

    fn take(&mut self, entry: &SignedEntry, details: &[Detail]) -> Taken {
        let log = Log(self.cell.records());
        self.pool.take(entry.clone(), details.to_vec(), self.now, &self.cell.state, &log)
    }

    fn look(&mut self) -> Looked {
        self.pool.look(self.now, &self.cell.state, &Log(self.cell.records()))
    }
}

fn detail(n: u8) -> Detail {
    Detail::open([n; 16], "rice from the corner shop").unwrap()
}

#[test]
fn a_members_entry_is_kept_once_until_it_is_placed() {
    let mut home = Home::new();
    let entry = home.entry("wren", &[]);
    assert_eq!(home.take(&entry, &[]), Taken::New);
    assert_eq!(home.take(&entry, &[]), Taken::Known);
    assert_eq!(home.look(), Looked::default());
    home.cell.place(entry.clone());
    assert_eq!(home.look().over, vec![entry.id()]);
    assert!(home.pool.is_empty());
    assert_eq!(home.take(&entry, &[]), Taken::Placed);
}

#[test]
fn a_strangers_entry_is_not_kept() {
    let mut home = Home::new();
    let entry = home.entry("crow", &[]);
    assert!(matches!(home.take(&entry, &[]), Taken::Refused(r) if r.name() == Refusal::NOT_ADMISSIBLE));
    assert!(home.pool.is_empty());
}

#[test]
fn what_waits_longer_than_the_charter_says_is_overdue_until_it_expires() {
    let mut home = Home::new();
    let entry = home.entry("wren", &[]);
    home.take(&entry, &[]);
    let overdue = |home: &Home| home.pool.get(&entry.id()).unwrap().is_overdue(home.now, 24);
    home.now = home.now.plus_ms(24 * 3_600_000);
    home.look();
    assert!(!overdue(&home));
    home.now = home.now.plus_ms(1);
    assert!(overdue(&home));
    home.now = entry.not_after.plus_ms(1);
    assert_eq!(home.look().over, vec![entry.id()]);
}

#[test]
fn the_wait_begins_when_what_must_come_first_is_there() {
    let mut home = Home::new();
    let first = home.entry("wren", &[]);
    let mut draft = (*home.entry("wren", &[])).clone();
    draft.after = List::new(vec![first.id()]).unwrap();
    let second = draft.sign(&home.cell.key("wren")).unwrap();
    assert_eq!(home.take(&second, &[]), Taken::New);
    assert_eq!(home.pool.get(&second.id()).unwrap().since, None);
    home.cell.place(first);
    assert_eq!(home.look().changed, vec![second.id()]);
    assert_eq!(home.pool.get(&second.id()).unwrap().since, Some(home.now));
    assert_eq!(home.look(), Looked::default());
}

#[test]
fn details_that_come_later_complete_an_entry() {
    let mut home = Home::new();
    let entry = home.entry("wren", &[detail(1)]);
    assert_eq!(home.take(&entry, &[detail(2)]), Taken::New);
    assert!(!home.pool.get(&entry.id()).unwrap().is_whole());
    assert_eq!(home.take(&entry, &[detail(1)]), Taken::Completed);
    assert!(home.pool.get(&entry.id()).unwrap().is_whole());
    assert_eq!(home.take(&entry, &[]), Taken::Known);
}

#[test]
fn one_member_cannot_fill_the_pool() {
    let mut home = Home::new();
    for _ in 0..MAX_POOL_MEMBER {
        let entry = home.entry("wren", &[]);
        assert_eq!(home.take(&entry, &[]), Taken::New);
    }
    let more = home.entry("wren", &[]);
    assert!(matches!(home.take(&more, &[]), Taken::Refused(r) if r.name() == Refusal::BUSY));
    let other = home.entry("heron", &[]);
    assert_eq!(home.take(&other, &[]), Taken::New);
    let gone = home.pool.iter().find(|waiting| waiting.entry.id() != other.id()).unwrap().entry.id();
    assert!(home.pool.remove(&gone));
    assert_eq!(home.take(&more, &[]), Taken::New);
}

#[test]
fn a_keeper_waits_for_the_details_of_what_it_was_told() {
    let mut home = Home::new();
    let mut lacking = Lacking::default();
    let entry = home.entry("wren", &[detail(1), detail(2)]);
    assert_eq!(lacking.wait(entry.clone(), vec![detail(1)]).len(), 1);
    assert_eq!(lacking.wait(entry.clone(), vec![]), vec![], "it waits already");
    assert!(lacking.arrived(&[detail(3)]).is_empty());
    let whole = lacking.arrived(&[detail(2)]);
    assert_eq!(whole, vec![(entry, vec![detail(1), detail(2)])]);
    assert!(lacking.arrived(&[detail(2)]).is_empty());
    for _ in 0..MAX_LACKING + 5 {
        let entry = home.entry("wren", &[detail(9)]);
        lacking.wait(entry, vec![]);
    }
    assert_eq!(lacking.items.len(), MAX_LACKING);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn the_sums_are_those_of_what_is_there(steps in prop::collection::vec((0usize..6, any::<bool>()), 1..60)) {
        let mut home = Home::new();
        let entries: Vec<SignedEntry> = (0..6)
            .map(|n| home.entry(if n % 2 == 0 { "wren" } else { "heron" }, &[detail(n)]))
            .collect();
        for (which, put) in steps {
            if put {
                home.take(&entries[which], &[detail(which as u8)]);
            } else {
                home.pool.remove(&entries[which].id());
            }
            let bytes: usize = home.pool.iter().map(Waiting::bytes).sum();
            prop_assert_eq!(home.pool.bytes, bytes);
            let counted: usize = home.pool.members.values().map(|(count, _)| count).sum();
            prop_assert_eq!(counted, home.pool.len());
            prop_assert!(home.pool.members.values().all(|(count, _)| *count > 0));
        }
    }
}
