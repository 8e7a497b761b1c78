//! What entries about decisions say. Each body begins with [`Common`]. Questions, options, reasons and how
//! it went are open details: the fold never reads them.

use super::ballot::Ballot;
use super::terms::Terms;
use crate::body::{BadBody, Body, statements};
use crate::common::{Common, Day, MemberId};
use crate::limits::MAX_ELECTORATE;
use bincode::{Decode, Encode};
use lifeboat_log::codec::List;
use lifeboat_log::{EntryId, Kind, Time};

/// Kind 64: a member proposes something. Layout: common, terms. The entry's first detail is the question;
/// those after it belong to the payload.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Propose {
    /// What every body begins with.
    pub common: Common,
    /// What the vote is held on.
    pub terms: Terms,
}

/// Kind 65: a new version of a proposal, by who proposed it. The vote starts afresh. Layout: common,
/// decision 32 (the first version), terms.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Amend {
    /// What every body begins with.
    pub common: Common,
    /// The decision, by its first version.
    pub decision: EntryId,
    /// What the vote is held on now.
    pub terms: Terms,
}

/// Kind 66: a proposal is withdrawn, by who proposed it. Layout: common, decision 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct WithdrawProposal {
    /// What every body begins with.
    pub common: Common,
    /// The decision, by its first version.
    pub decision: EntryId,
}

/// Kind 67: a member votes, or votes anew. Layout: common, version 32, ballot. A note is the reason.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Vote {
    /// What every body begins with.
    pub common: Common,
    /// The version that is voted on, by its entry.
    pub version: EntryId,
    /// The ballot.
    pub ballot: Ballot,
}

/// Kind 68: a member commits to a hidden ballot, or commits anew. Layout: common, version 32, hash 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Commit {
    /// What every body begins with.
    pub common: Common,
    /// The version that is voted on, by its entry.
    pub version: EntryId,
    /// [`Ballot::commitment`].
    pub hash: [u8; 32],
}

/// Kind 69: a member opens their hidden ballot after the close. Layout: common, version 32, ballot,
/// salt 16. A note is the reason.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OpenBallot {
    /// What every body begins with.
    pub common: Common,
    /// The version that is voted on, by its entry.
    pub version: EntryId,
    /// The ballot that was committed to.
    pub ballot: Ballot,
    /// The salt that hid it.
    pub salt: [u8; 16],
}

/// Kind 70: who votes for the member when the member does not, or nobody from now on. Layout: common,
/// decision (option of 32, none for all), to (option of 32).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Proxy {
    /// What every body begins with.
    pub common: Common,
    /// For this decision alone, by its first version; for all others when there is none.
    pub decision: Option<EntryId>,
    /// Who casts it; nobody recalls it.
    pub to: Option<MemberId>,
}

/// Kind 72: a task that follows from a decision; a note says what. Layout: common, decision 32, owner 32,
/// due u32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Task {
    /// What every body begins with.
    pub common: Common,
    /// The decision, by its first version.
    pub decision: EntryId,
    /// Who does it.
    pub owner: MemberId,
    /// By when.
    pub due: Day,
}

/// Kind 73: a task is done or dropped; a note may say how. Layout: common, task 32, done u8.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TaskEnded {
    /// What every body begins with.
    pub common: Common,
    /// The task, by its entry.
    pub task: EntryId,
    /// Whether it was done; otherwise it is dropped.
    pub done: bool,
}

/// Kind 74: how a decision went, in a note. Layout: common, decision 32, again (option of u32).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Review {
    /// What every body begins with.
    pub common: Common,
    /// The decision, by its first version.
    pub decision: EntryId,
    /// The day on which it is to be shown again.
    pub again: Option<Day>,
}

/// Kind 75: a meeting was held; a note says what was talked about. Layout: common, begins u64, ends u64,
/// facilitator 32, present (list of 32, ascending).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Meeting {
    /// What every body begins with.
    pub common: Common,
    /// When it began.
    pub begins: Time,
    /// When it ended.
    pub ends: Time,
    /// Who facilitated.
    pub facilitator: MemberId,
    /// Who was present.
    pub present: List<MemberId, MAX_ELECTORATE>,
}

macro_rules! body {
    ($Type:ty, $kind:literal, $self:ident => $check:expr) => {
        impl Body for $Type {
            const KIND: Kind = Kind($kind);
            fn common(&self) -> &Common {
                &self.common
            }
            fn check(&$self) -> Result<(), BadBody> {
                $check
            }
        }
    };
}

fn day(day: Day) -> Result<(), BadBody> {
    if day <= Day::LAST { Ok(()) } else { Err(BadBody::BadTerms) }
}

body!(Propose, 64, self => self.terms.check());
body!(Amend, 65, self => self.terms.check());
body!(WithdrawProposal, 66, self => Ok(()));
body!(Vote, 67, self => self.ballot.check());
body!(Commit, 68, self => Ok(()));
body!(OpenBallot, 69, self => self.ballot.check());
body!(Proxy, 70, self => Ok(()));
body!(Task, 72, self => day(self.due));
body!(TaskEnded, 73, self => Ok(()));
body!(Review, 74, self => self.again.map_or(Ok(()), day));
body!(Meeting, 75, self => {
    let ascending = self.present.windows(2).all(|two| two[0] < two[1]);
    if ascending && self.begins <= self.ends { Ok(()) } else { Err(BadBody::BadTerms) }
});

statements! {
    /// What an entry about decisions says.
    pub enum DecisionStatement {
        /// A member proposes something.
        Propose(Propose),
        /// A new version of a proposal.
        Amend(Amend),
        /// A proposal is withdrawn.
        Withdraw(WithdrawProposal),
        /// A member votes.
        Vote(Vote),
        /// A member commits to a hidden ballot.
        Commit(Commit),
        /// A member opens their hidden ballot.
        Open(OpenBallot),
        /// Who votes for a member who does not.
        Proxy(Proxy),
        /// A task.
        Task(Task),
        /// A task is done or dropped.
        TaskEnded(TaskEnded),
        /// How a decision went.
        Review(Review),
        /// A meeting was held.
        Meeting(Meeting),
    }
}
