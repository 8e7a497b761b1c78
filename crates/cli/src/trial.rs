//! Trying entries on a copy of the state before they are signed for good: what each would do if all before
//! it were placed. Nothing here leaves the process.

use crate::session::read_record;
use lifeboat_commons::ledger::Thing;
use lifeboat_commons::{Effect, History, State};
use lifeboat_log::{CellId, EntryId, Link, Record, SignedEntry, Term, Time};
use lifeboat_node::ask::Reference;
use lifeboat_node::{Answer, Ask, Desk};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The state with entries that are not placed yet tried on it, one after another.
pub struct Trial {
    state: State,
    /// The entries that had an effect, as if they were placed.
    pub placed: Vec<Record>,
    /// The last entry about each thing.
    pub last: BTreeMap<Thing, EntryId>,
}

impl Trial {
    /// Nothing tried yet.
    pub fn on(state: State) -> Self {
        Self { state, placed: Vec::new(), last: BTreeMap::new() }
    }

    /// The state with all that was tried.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Tries an entry; one that would be void changes nothing.
    pub fn apply(&mut self, entry: &SignedEntry, now: Time, lookup: &Lookup<'_>) -> Effect {
        let known = Known { placed: &self.placed, lookup };
        let effect = self.state.preview(entry, now, &known);
        if !effect.is_applied() {
            return effect;
        }
        let time = now.max(self.state.time());
        let link = Link::new(Term::FIRST, self.state.next(), self.state.head(), time, entry.id());
        if let Some(record) = Record::place(link, entry.clone()) {
            self.state.apply(&record, &known);
            self.placed.push(record);
        }
        effect
    }
}

/// The entries that were tried, and those of the log.
pub struct Known<'a> {
    /// Those that were tried.
    pub placed: &'a [Record],
    /// Those of the log.
    pub lookup: &'a Lookup<'a>,
}

impl History for Known<'_> {
    fn find(&self, id: &EntryId) -> Option<Record> {
        let tried = self.placed.iter().find(|record| record.entry().id() == *id);
        tried.cloned().or_else(|| self.lookup.find(id))
    }
}

/// Looks earlier entries up in the home, when the fold asks.
pub struct Lookup<'a> {
    /// Where to ask.
    pub desk: &'a RefCell<Desk>,
    /// The cell.
    pub cell: CellId,
}

impl History for Lookup<'_> {
    fn find(&self, id: &EntryId) -> Option<Record> {
        let ask = Ask::Find { cell: self.cell, reference: Reference::Id(*id) };
        let answer = self.desk.borrow_mut().answer(ask);
        match answer {
            Ok(Answer::Records(records)) => read_record(records.first()?).ok(),
            _ => None,
        }
    }
}
