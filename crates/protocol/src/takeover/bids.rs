//! All bids of one home: each call that it made may still come to something while no later era has opened,
//! also after it has made another.

use super::bid::{Bid, Next};
use super::board::Board;
use lifeboat_commons::{History, State};
use lifeboat_log::{Call, SignedCheckpoint, Term, Time};
use std::collections::BTreeMap;

/// The bids, by call.
#[derive(Debug, Clone, Default)]
pub struct Bids(BTreeMap<Call, Bid>);

impl Bids {
    /// Makes a bid for a call of this home, unless there is one.
    pub fn add(&mut self, call: Call) {
        self.0.entry(call).or_insert_with(|| Bid::new(call));
    }

    /// Whether a call is this home's.
    pub fn has(&self, call: &Call) -> bool {
        self.0.contains_key(call)
    }

    /// The calls, the lowest era first.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.0.keys()
    }

    /// Lets the newest go on without the closes of enough witnesses. Whether there is one.
    pub fn force(&mut self) -> bool {
        self.0.last_entry().map(|mut last| last.get_mut().force = true).is_some()
    }

    /// Drops those of eras that are over.
    pub fn forget(&mut self, open: Term) {
        self.0.retain(|call, _| call.term.era() > open.era());
    }

    /// What is to be done next: for the highest era that can go on now, since that is the one that counts;
    /// else for the newest.
    pub fn next(
        &mut self,
        board: &Board,
        state: &State,
        checkpoint: Option<&SignedCheckpoint>,
        history: &dyn History,
        now: Time,
    ) -> Option<(Call, Next)> {
        let mut newest = None;
        for (call, bid) in self.0.iter_mut().rev() {
            let Some(known) = board.get(call) else { continue };
            match bid.next(known, state, checkpoint, history, now) {
                next @ (Next::Open(_) | Next::Uncovered) => return Some((*call, next)),
                next => newest = newest.or(Some((*call, next))),
            }
        }
        newest
    }
}
