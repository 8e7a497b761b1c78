//! Why an entry of a budget has no effect. Flaws are part of the rules: their order here is the number
//! under which a state remembers them, so new ones go last.

use crate::amount::Amount;
use bincode::{Decode, Encode};

/// Why an entry of a budget has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Encode, Decode)]
pub enum Flaw {
    /// No such round.
    #[error("no round of this cell has this number, or it was taken back")]
    UnknownRound,
    /// More than the pool has.
    #[error("this is more than the pool can give: {free} of it is not promised yet")]
    BeyondPool {
        /// What is free.
        free: Amount,
    },
    /// More than is left of the grant.
    #[error("this is more than is left of the grant: {left}")]
    BeyondGrant {
        /// What is left.
        left: Amount,
    },
    /// It takes money that a round or grant was promised.
    #[error("the rest of this pool is promised to a round or a grant: only {free} is free")]
    Promised {
        /// What is free.
        free: Amount,
    },
    /// Phases that end before they can begin, or too late.
    #[error("the first phase must end after now, and all phases within two years")]
    BadEnds,
    /// The time for proposals is over.
    #[error("the time for proposals in this round is over")]
    ProposingOver,
    /// Proposals can no longer be checked or changed.
    #[error("the time to check and change proposals of this round is over")]
    CheckingOver,
    /// The vote has opened.
    #[error("the vote has opened: nothing about the proposals changes any more")]
    VoteOpened,
    /// The vote is not open yet.
    #[error("the vote of this round is not open yet")]
    VoteNotOpen,
    /// The vote is over.
    #[error("the vote of this round is over")]
    VoteClosed,
    /// Not on the list of voters.
    #[error("its author was not among those who could vote when the vote opened")]
    NotAVoter,
    /// The ballot is of another list of proposals.
    #[error("the ballot is for another list of proposals than the vote has: look again and vote anew")]
    OtherPaper,
    /// The ballot says more than it may.
    #[error("the ballot names a proposal that is not on the list, or gives more points than it may")]
    BadBallot,
    /// The round has no money of this category.
    #[error("this round has no money for this category")]
    NoMoney,
    /// It costs more than the round has.
    #[error("it costs more than the round has for this category: {most}")]
    TooDear {
        /// What the round has.
        most: Amount,
    },
    /// No such proposal.
    #[error("no proposal of an open round has this number")]
    UnknownProposal,
    /// Nobody checks what they proposed themselves.
    #[error("nobody checks their own proposal: let somebody else do it")]
    OwnProposal,
    /// Not one of those who check and review.
    #[error("this round has named who checks and reviews, and its author is not among them")]
    NotAReviewer,
    /// No such grant.
    #[error("no grant has this number")]
    UnknownGrant,
    /// The grant has ended.
    #[error("the grant has ended, and what was left has returned to its pool")]
    GrantOver,
    /// A correction names another grant.
    #[error("a correction cannot move an expenditure to another grant: strike it out and say it anew")]
    OtherGrant,
    /// No such expenditure.
    #[error("no expenditure of a grant has this number")]
    UnknownExpense,
    /// What was looked at is not what stands now.
    #[error("the expenditure was corrected since: look at its newest version")]
    ExpenseCorrected,
    /// Nobody reviews what they spent themselves.
    #[error("nobody reviews their own spending: let somebody else do it")]
    OwnExpense,
    /// A newcomer who waits.
    #[error("newcomers open rounds once their waiting time is over")]
    Waiting,
    /// A bound.
    #[error("there are as many rounds, proposals, grants or expenditures as one may have: end some first")]
    TooMany,
}
