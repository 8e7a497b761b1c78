//! Secret ballots, on paper or signed by one of a ring. The log holds who took part in registering, and
//! what was voted; who voted what it does not hold. Who counts again gets the same.
//!
//! What this hides and what it does not is told in `docs/practices/secret-ballots.md`.

mod body;
mod poll;
mod rules;

pub use body::{
    BallotStatement, BallotsCarried, Carries, Form, Marks, Means, PaperCounted, PollOpened, Registered,
    SecretBallot, ring_of,
};
pub use poll::{Counted, PaperCount, Poll, Stage, Tally};

use bincode::{Decode, Encode};
use lifeboat_log::{EntryId, Time};
use std::collections::{BTreeMap, BTreeSet};

/// The secret polls of about a year.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Ballots {
    polls: BTreeMap<EntryId, Poll>,
    /// When each poll by ring is counted.
    due: BTreeSet<(Time, EntryId)>,
    /// When each poll is forgotten.
    forget: BTreeSet<(Time, EntryId)>,
}

impl Ballots {
    /// When the next poll closes.
    pub(crate) fn next_close(&self) -> Option<Time> {
        self.due.first().map(|(at, _)| *at)
    }
    /// The poll that this entry opened, for a year after it.
    pub fn poll(&self, id: &EntryId) -> Option<&Poll> {
        self.polls.get(id)
    }
    /// All polls of about a year, in the order of their ids.
    pub fn polls(&self) -> impl Iterator<Item = &Poll> {
        self.polls.values()
    }
    /// The polls about an entry.
    pub fn about(&self, id: EntryId) -> impl Iterator<Item = &Poll> {
        self.polls.values().filter(move |poll| poll.about == Some(id))
    }
}
