//! Decisions: how a cell decides together. A proposal is voted on by a list that is frozen when voting
//! opens, by a method named beforehand; at its close it is counted, and what it carries takes effect by
//! itself. The keeper chooses nothing: no order of entries changes a result.

mod ballot;
mod body;
mod closing;
mod flaw;
pub mod methods;
mod poll;
mod proxy;
mod result;
mod rules;
mod terms;

pub use ballot::{Ballot, PerOption, Stance};
pub use body::{
    Amend, Commit, DecisionStatement, Meeting, OpenBallot, Propose, Proxy, Review, Task, TaskEnded, Vote,
    WithdrawProposal,
};
pub use flaw::Flaw;
pub use poll::{At, Cast, Choice, Poll};
pub use proxy::Proxies;
pub use result::{Certainty, Counts, Enacted, Outcome, Seat, Tally, Verdict};
pub use terms::{Hidden, Method, Terms, Tie, Unopened, Who};

use crate::common::{Day, MemberId};
use crate::state::State;
use crate::witnessing::Finality;
use bincode::{Decode, Encode};
use lifeboat_log::{DetailRef, EntryId, Kind, Position, PublicKey, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How far a decision is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Stage {
    /// The vote opens later.
    Waiting,
    /// Votes are cast.
    Open(Poll),
    /// Hidden ballots are opened.
    Opening(Poll),
    /// It is settled.
    Settled(Outcome),
    /// It was withdrawn, by the entry at this place.
    Withdrawn(Position),
}

/// A proposal, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Decision {
    /// Its first version: what other entries name it by.
    pub id: EntryId,
    /// The place of its first version: its number.
    pub position: Position,
    /// Who proposed it.
    pub proposer: MemberId,
    /// Its versions, oldest first.
    pub versions: Vec<(EntryId, Position)>,
    /// What the vote is held on. Once it is settled, payload and list are left out: the log has them.
    pub terms: Terms,
    /// The kind of statement that it carries.
    pub carries: Option<Kind>,
    /// How far it is.
    pub stage: Stage,
    /// The day on which it is shown again until somebody writes how it went.
    pub review: Option<Day>,
    /// Where somebody wrote how it went.
    pub reviews: Vec<Position>,
    key: PublicKey,
    details: Vec<DetailRef>,
}

impl Decision {
    /// The options that were equal, where the choice among them was drawn.
    pub fn drawn_from(&self) -> Option<Vec<u8>> {
        let outcome = self.outcome().filter(|_| self.terms.tie == Tie::Drawn)?;
        let equal = outcome.tally.counts.first();
        (matches!(outcome.verdict, Verdict::Chosen(_)) && equal.len() > 1).then_some(equal)
    }
    /// The newest version: its entry and its place.
    pub fn current(&self) -> (EntryId, Position) {
        self.versions.last().copied().unwrap_or((self.id, self.position))
    }
    /// What it came to, once it is settled.
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.stage {
            Stage::Settled(outcome) => Some(outcome),
            _ => None,
        }
    }
    /// The running poll.
    pub fn poll(&self) -> Option<&Poll> {
        match &self.stage {
            Stage::Open(poll) | Stage::Opening(poll) => Some(poll),
            _ => None,
        }
    }
}

/// A task that follows from a decision.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Todo {
    /// The decision, by its first version.
    pub decision: EntryId,
    /// The place of its entry: its number.
    pub position: Position,
    /// Who gave it.
    pub by: MemberId,
    /// Who does it.
    pub owner: MemberId,
    /// By when.
    pub due: Day,
    /// Whether it was done, or dropped, and where that is said.
    pub ended: Option<(bool, Position)>,
}

/// What a cell decides and has decided.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Decisions {
    // Each shared, so that trying an entry on a copy of the state copies at most one of them.
    all: BTreeMap<EntryId, Arc<Decision>>,
    versions: BTreeMap<EntryId, EntryId>,
    due: BTreeSet<closing::Due>,
    proxies: Proxies,
    tasks: BTreeMap<EntryId, Todo>,
}

impl Decisions {
    /// When the next vote opens, closes or is counted.
    pub(crate) fn next_close(&self) -> Option<Time> {
        self.due.first().map(|(at, _)| *at)
    }
    /// The decision that has this version.
    pub fn get(&self, version: &EntryId) -> Option<&Decision> {
        self.all.get(self.versions.get(version)?).map(|decision| &**decision)
    }
    /// All decisions, by their numbers.
    pub fn list(&self) -> Vec<&Decision> {
        let mut all: Vec<&Decision> = self.all.values().map(|decision| &**decision).collect();
        all.sort_by_key(|decision| decision.position);
        all
    }
    /// The task of this entry.
    pub fn task(&self, id: &EntryId) -> Option<&Todo> {
        self.tasks.get(id)
    }
    /// All tasks, by when they are due.
    pub fn tasks(&self) -> Vec<&Todo> {
        let mut all: Vec<&Todo> = self.tasks.values().collect();
        all.sort_by_key(|task| (task.due, task.position));
        all
    }
    /// The tasks that follow from a decision.
    pub fn tasks_of(&self, decision: &EntryId) -> impl Iterator<Item = &Todo> {
        self.tasks.values().filter(move |task| task.decision == *decision)
    }
    /// Who votes for whom.
    pub fn proxies(&self) -> &Proxies {
        &self.proxies
    }
    /// The settled decisions whose review day has come.
    pub fn to_review(&self, today: Day) -> Vec<&Decision> {
        let due = |decision: &&Decision| {
            decision.outcome().is_some() && decision.review.is_some_and(|day| day <= today)
        };
        self.list().into_iter().filter(due).collect()
    }

    /// Puts a decision into this stage, and notes when its next step is due.
    fn set(&mut self, id: EntryId, stage: Stage, due: Option<Time>) {
        self.due.retain(|(_, known)| *known != id);
        self.due.extend(due.map(|time| (time, id)));
        if let Some(decision) = self.all.get_mut(&id) {
            Arc::make_mut(decision).stage = stage;
        }
    }
}

impl State {
    /// Whether this result can still be lost with a stretch of log.
    pub fn certainty(&self, outcome: &Outcome) -> Certainty {
        match self.finality(outcome.before) {
            Finality::Anchored => Certainty::Final,
            Finality::Provisional => Certainty::Provisional,
            Finality::Unwitnessed => Certainty::Unwitnessed,
        }
    }

    /// What a running vote would come to if it ended now; nothing for one that does not run, or is hidden.
    pub fn standing(&self, decision: &Decision) -> Option<(Verdict, Tally)> {
        let poll = decision.poll()?;
        if decision.terms.hidden.is_some() && matches!(decision.stage, Stage::Open(_)) {
            return None;
        }
        let (proxies, most) = (&self.decisions().proxies, self.charter().proxies);
        Some(poll.count(&decision.id, &decision.terms, proxies, most))
    }
}
