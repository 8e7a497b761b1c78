//! Why an entry about decisions is void. The order is the number under which a state remembers it: new
//! ones go last.

use bincode::{Decode, Encode};

/// Why an entry about decisions is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Encode, Decode)]
pub enum Flaw {
    /// There is no such decision.
    #[error("no decision has this number")]
    UnknownDecision,
    /// The vote has not begun.
    #[error("the vote has not opened yet")]
    NotOpenYet,
    /// The vote is over.
    #[error("the vote had closed when it was placed")]
    Closed,
    /// The member is not on the frozen list.
    #[error("its author was not on the list of those who may vote when the vote opened")]
    NotInElectorate,
    /// The version was amended.
    #[error("it is about a version that was amended: read the new one and vote again")]
    OldVersion,
    /// The proposal was withdrawn.
    #[error("the proposal was withdrawn")]
    Withdrawn,
    /// The ballot does not fit the question.
    #[error("the ballot does not fit the method, or the number of options")]
    BallotDoesNotFit,
    /// An objection without a reason.
    #[error("an objection or block gives its reason: say why")]
    ReasonMissing,
    /// A later vote of the member is there already.
    #[error("a later vote of the same member is in the log already, and counts")]
    LaterCounts,
    /// Ballots are hidden here.
    #[error("ballots are hidden here until the close: commit to one instead")]
    IsHidden,
    /// Ballots are not hidden here.
    #[error("ballots are not hidden here: cast one openly")]
    NotHidden,
    /// It opens a ballot that nobody committed to, or one that is open.
    #[error("this member has no committed ballot here that is still to be opened")]
    NoCommitment,
    /// It opens another ballot than the one committed to.
    #[error("it is not the ballot that was committed to")]
    NotAsCommitted,
    /// The vote on something that takes effect is too short.
    #[error("the vote is shorter than the charter asks for what takes effect by itself")]
    TooShort,
    /// The quorum, majority or k is below what the charter asks.
    #[error("quorum or majority are below what the charter asks, or k is above its k")]
    BelowCharter,
    /// There are too many open decisions.
    #[error("there are as many open decisions, or versions of this one, as there may be: settle some first")]
    TooManyOpen,
    /// The decision is settled or withdrawn.
    #[error("the decision is settled, and stands as it is: propose anew")]
    Settled,
    /// The decision is not settled.
    #[error("the decision is not settled yet")]
    NotSettled,
    /// There is no question.
    #[error("the question does not come with the proposal")]
    NoQuestion,
    /// Nobody carries their own vote for themselves.
    #[error("nobody can be their own proxy")]
    OwnProxy,
    /// There are too many tasks or proxies.
    #[error("there are as many tasks or proxies as there may be: end some first")]
    TooMany,
    /// The task is unknown or ended.
    #[error("no open task has this number")]
    NoTask,
    /// Only who does or gave a task ends it.
    #[error("only who does the task, or who gave it, can end it")]
    NotYourTask,
    /// The cell cannot say this.
    #[error("a decision cannot say this in the name of the cell")]
    NotByTheCell,
    /// There is nothing that says how it went, or what is to be done.
    #[error("it comes without the words that it is about")]
    NoWords,
}
