//! What an entry did: it was applied, or it is void with its reason. Reasons are part of the rules: their
//! order here is the number under which a state remembers them, so new ones go last.

use crate::amount::Amount;
use crate::body::{BadBody, Unreadable};
use crate::ring::BadRing;
use crate::{budgets, decisions};
use bincode::{Decode, Encode};
use lifeboat_log::Position;

/// What an entry did to the cell's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It took effect.
    Applied,
    /// It stands in the log and changes nothing.
    Void(Reason),
}

impl Effect {
    /// Whether it took effect.
    pub fn is_applied(&self) -> bool {
        *self == Self::Applied
    }
    /// Why it is void, if it is.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Applied => None,
            Self::Void(reason) => Some(reason),
        }
    }
}

/// Why an entry has no business in the log: the keeper refuses it at the door. One that a keeper placed
/// all the same is void, and counted as that keeper's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Encode, Decode)]
pub enum Inadmissible {
    /// It is for another cell.
    #[error("it is for another cell")]
    WrongCell,
    /// The key that signed it serves no member.
    #[error("the key that signed it belongs to no member: ask a member to vouch")]
    NotAMember,
    /// The member has left, or was removed.
    #[error("the member who signed it left the cell or was removed")]
    MemberLeft,
    /// The key that signed it has ended.
    #[error("the key that signed it has ended: sign with a key that is in force")]
    KeyEnded,
    /// The key that signed it has not the power that this kind asks.
    #[error("the key that signed it may not sign this kind of statement: use the member's home key")]
    NoPower,
    /// Entries of this kind are made by the keeper, never handed in.
    #[error("an entry that founds a cell or opens a term is never handed in")]
    NeverSubmitted,
    /// It was not to be placed so late.
    #[error("it came after the time until which its author wanted it placed: sign it again")]
    Expired,
    /// Its author's clock is ahead by more than the charter allows.
    #[error("its author's clock is ahead by more than the charter allows: set the clock and sign again")]
    ClockAhead,
    /// The member has said it before.
    #[error("the same statement of the same member was placed before")]
    Duplicate,
    /// The member has placed as many entries today as the charter allows.
    #[error("its author has placed as many entries today as the charter allows: try again tomorrow")]
    OverQuota,
    /// An entry that must stand before it does not.
    #[error("an entry that must stand before it is not in the log yet")]
    AfterMissing,
    /// The cell follows rules that this version does not know.
    #[error("the cell follows rules that this version does not know: update lifeboat")]
    NewerRules,
    /// There is no founding entry yet.
    #[error("the cell has no founding entry yet: fetch its log first")]
    NotFounded,
}

/// Why an entry is void.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Encode, Decode)]
pub enum Reason {
    /// It should not have been placed.
    #[error("{0}")]
    Inadmissible(Inadmissible),
    /// Its kind or body is of a version that the rules in force do not know.
    #[error("it is from a newer version: update lifeboat to read it")]
    NewerVersion,
    /// Its body is not laid out as its kind says.
    #[error("its body is not laid out as its kind says")]
    Malformed,
    /// Its body says something that its kind does not allow.
    #[error("{0}")]
    Body(BadBody),
    /// It was handed to the fold out of order.
    #[error("it is not the next record of this log")]
    OutOfOrder,
    /// It names a place that the charter does not list.
    #[error("it names a place that the charter does not list")]
    UnknownPlace,
    /// It names a category that the charter does not list.
    #[error("it names a category that the charter does not list")]
    UnknownCategory,
    /// It names a currency that the charter does not list.
    #[error("it is in a currency that the charter does not list")]
    UnknownCurrency,
    /// It names a day that has not come yet.
    #[error("the day it names has not come yet")]
    DayAhead,
    /// The entry that it corrects or names is not in the log.
    #[error("the entry that it names is not in the log")]
    UnknownEntry,
    /// The entry that it corrects is of another kind.
    #[error("the entry that it corrects is of another kind")]
    OtherKind,
    /// Only who said it may correct or withdraw it.
    #[error("only the member who said it may correct or withdraw it")]
    NotTheAuthor,
    /// The entry that it corrects is void itself.
    #[error("the entry that it corrects is void, so there is nothing to correct: say it anew")]
    CorrectsVoid,
    /// The entry that it corrects was corrected before.
    #[error("the entry that it corrects was corrected by #{by} already: correct that one")]
    AlreadyCorrected {
        /// The newer version.
        by: Position,
    },
    /// Entries of this kind stand as they are.
    #[error("entries of this kind are not corrected; say the new thing instead")]
    NotCorrectable,
    /// It comes too late to be corrected.
    #[error("it is closed and settled, and too late to correct")]
    TooLate,
    /// It gives more than there is.
    #[error("there is not enough: {held} held")]
    NotEnough {
        /// What is held.
        held: Amount,
    },
    /// A correction takes back what was given since.
    #[error("what it takes back was given since: correct what was given first")]
    GivenSince,
    /// The sum would be larger than the format can hold.
    #[error("the sum would be larger than can be written")]
    TooLarge,
    /// The need or offer is closed or unknown.
    #[error("the need or offer is closed: met, withdrawn, or past its day")]
    NotOpen,
    /// The need has been met already.
    #[error("the need has been met already")]
    AlreadyMet,
    /// It meets more than is still open.
    #[error("only {open} of the need is still open")]
    MoreThanOpen {
        /// What is still open.
        open: Amount,
    },
    /// Offer and need are not of the same thing in the same unit.
    #[error("the offer and the need are not of the same thing in the same unit")]
    DoesNotFit,
    /// Its last day has passed.
    #[error("its last day had passed when it was placed")]
    PastItsDay,
    /// Its last day is more than a year ahead.
    #[error("its last day is more than 366 days ahead: choose a nearer one")]
    TooFarAhead,
    /// The slip is unknown, confirmed already, or too old.
    #[error("no open hand-over slip has this number: confirmed already, or older than 90 days")]
    NoSlip,
    /// Who gave says that they received.
    #[error("who gave it cannot be the one who received it: confirm it on behalf of who did")]
    OwnSlip,
    /// The newcomer's acceptance is for another cell or its signature does not hold.
    #[error("the newcomer's acceptance does not hold: ask them to join again")]
    BadAcceptance,
    /// The newcomer's acceptance has run out.
    #[error("the newcomer's acceptance has run out: ask them to join again")]
    AcceptanceExpired,
    /// Others vouched for another acceptance of the same key.
    #[error("others vouched for another acceptance of the same newcomer")]
    OtherAcceptance,
    /// The handle that the newcomer chose does not come with it.
    #[error("the handle does not come with the entry")]
    HandleMissing,
    /// The key serves a member or node already.
    #[error("the key serves somebody already, or did: a key serves one member, ever")]
    KeyTaken,
    /// The invite was used before.
    #[error("the invite was used by somebody else already: invite again")]
    InviteUsed,
    /// The member has vouched for this newcomer before.
    #[error("this member has vouched for this newcomer already")]
    AlreadyVouched,
    /// No such member.
    #[error("it names somebody who is not a member")]
    UnknownMember,
    /// No such key of this member.
    #[error("it names a key that does not serve this member")]
    UnknownKey,
    /// Nobody would be left.
    #[error("nobody would be left in the cell: the last member cannot leave")]
    LastMember,
    /// No key would be left that can add another.
    #[error("no key would be left that can add another: add the new key first")]
    LastKey,
    /// The member has too many keys, nodes, or newcomers who wait.
    #[error("the member has as many keys, nodes or waiting newcomers as one may have: end one first")]
    TooMany,
    /// The new key or node did not sign that it serves this member.
    #[error("the new key or node did not sign that it serves this member")]
    BadPossession,
    /// Only a decision of the cell can say it.
    #[error("only a decision of the cell can do this: propose it")]
    NeedsDecision,
    /// A term that opens without its right, or says another state than this log has.
    #[error("a term opened without its right, or on another state than this log gives")]
    NoRight,
    /// The entry names no such detail or photo.
    #[error("the entry names no such text or photo, so there is nothing to erase")]
    NothingToErase,
    /// All of it is erased already.
    #[error("what it names is erased already")]
    AlreadyErased,
    /// An anchor whose checkpoint the keeper and enough witnesses of the term did not sign.
    #[error(
        "its checkpoint is not signed by the keeper and enough witnesses of this term, or covers what is not here"
    )]
    BadAnchor,
    /// Everything that the anchor covers is anchored already.
    #[error("everything that it covers is anchored already")]
    OldAnchor,
    /// It is about a decision, and does not hold.
    #[error("{0}")]
    Decision(decisions::Flaw),
    /// It is about a budget, and does not hold.
    #[error("{0}")]
    Budget(budgets::Flaw),
    /// No such role, or it was given up.
    #[error("the cell has no such role or meeting now")]
    UnknownRole,
    /// The first day and the length of a role's terms stay as they are.
    #[error("the first day and the terms of a role stay as they are: give it up and make another")]
    RoleFixed,
    /// The same is being drawn, or was.
    #[error("there is a draw for this already")]
    DrawOpen,
    /// Another term of the role is to be drawn.
    #[error("the term to be drawn next is number {next}, counted from 0")]
    OtherTerm {
        /// The term.
        next: u32,
    },
    /// The members named are not the pool.
    #[error("these are not the members who can be drawn, in their order: call it anew")]
    NotThePool,
    /// Too few commitments are asked for, or more than there are members.
    #[error("a draw here needs at least {least} commitments, and at most {most}")]
    BadQuorum {
        /// The fewest.
        least: u64,
        /// The most.
        most: u64,
    },
    /// No such draw.
    #[error("it names a draw that is not known, or was forgotten a year after its turn")]
    UnknownDraw,
    /// Only members who may vote commit to a draw.
    #[error("only members who may vote take part in making a draw")]
    NotOnRoster,
    /// The time to commit to this attempt is over, or has not come.
    #[error("it is not the time to commit to this attempt of the draw")]
    NotCommitting,
    /// The member has committed.
    #[error("this member has committed to this attempt already")]
    AlreadyCommitted,
    /// It is not time to reveal yet.
    #[error("the secret was revealed too early, while others could still commit: it does not count")]
    RevealEarly,
    /// The time to reveal is over.
    #[error("the reveal came too late: the attempt it belongs to is over")]
    RevealLate,
    /// The member has not committed.
    #[error("this member has not committed to this attempt")]
    NotCommitted,
    /// The reveal is of another secret.
    #[error("the reveal does not match its commitment")]
    RevealMismatch,
    /// The member has revealed.
    #[error("this member has revealed already")]
    AlreadyRevealed,
    /// The draw is not left to a hat.
    #[error("this draw is not, or not yet, drawn from a hat")]
    NoHat,
    /// A hat has other names in it.
    #[error("these are not the names in the hat of this draw, in their order: `lifeboat draw` shows them")]
    NotTheHat,
    /// No such beacon is awaited.
    #[error("the draw does not wait for this beacon: not yet, not any more, or for another round")]
    NotAwaited,
    /// A beacon that its network did not sign.
    #[error("the beacon is not signed by the network that the draw names, or that network has no proper key")]
    BadBeacon,
    /// The member has no such turn.
    #[error("this member has no turn by that draw, or it is over")]
    NoTurn,
    /// No such swap is offered to the member.
    #[error("no such swap is offered to this member, or not any more")]
    NoSwap,
    /// One of the two may not have what they would get.
    #[error("the swap would break a condition of the role: training, twice in a row, or two roles at once")]
    SwapUnfit,
    /// No such poll.
    #[error("it names a poll that is not known, or was forgotten a year after it")]
    UnknownPoll,
    /// The time to register is over.
    #[error("the time to register a key for this poll is over")]
    NotRegistering,
    /// The member or the key is registered.
    #[error("this member, or this key, is registered for the poll already")]
    AlreadyRegistered,
    /// It is not time to carry ballots.
    #[error("it is not the time to put ballots of this poll into the log")]
    NotCarrying,
    /// The tellers come first.
    #[error("first the tellers of this poll put ballots into the log; what they left out can follow later")]
    TellersFirst,
    /// Too few for a ring.
    #[error("too few take part for a ring that hides who voted what: vote on paper")]
    RingTooSmall,
    /// A ballot does not hold for the ring of the poll.
    #[error("a ballot is not of the ring of this poll: {0}")]
    BadRing(BadRing),
    /// A ballot or count does not fit the poll.
    #[error("a ballot or a count does not fit the options of the poll")]
    BallotUnfit,
    /// No papers are counted.
    #[error("no papers are counted for this poll, or they were counted")]
    NotCounting,
    /// Only tellers count.
    #[error("only the tellers who were drawn for this poll count its papers")]
    NotATeller,
    /// A takeover that not more than half of the electorate endorses.
    #[error("{given} of {of} electors endorse this takeover, and it needs more than half")]
    TooFewEndorse {
        /// Members who endorse it.
        given: u64,
        /// The electorate.
        of: u64,
    },
    /// A takeover that names other witnesses than the term before.
    #[error("a takeover keeps the witnesses of the term before, and this one names others")]
    WitnessesChanged,
    /// A close by somebody who was no witness.
    #[error("a close under this takeover is of somebody who was no witness of the term before")]
    CloseOfStranger,
    /// A floor that the key of its term did not sign.
    #[error("a floor under this takeover is no signed checkpoint of a term of this log")]
    FloorNotSigned,
    /// A floor that goes past the base.
    #[error("an endorser or witness under this takeover holds more than it goes on from")]
    FloorAboveBase,
    /// A floor that is not the beginning of the base.
    #[error("an endorser or witness under this takeover holds another log than it goes on from")]
    FloorContradicts,
    /// Only who may vote may give notice.
    #[error("only a member past the waiting time may give notice that another is gone")]
    NotAnElector,
    /// The same notice again.
    #[error("this member has given that notice already")]
    AlreadyNoticed,
    /// More papers than members who could vote.
    #[error("these are more papers than the {most} members who could vote when the poll opened")]
    MorePapers {
        /// How many could.
        most: u64,
    },
}

impl From<decisions::Flaw> for Reason {
    fn from(flaw: decisions::Flaw) -> Self {
        Self::Decision(flaw)
    }
}

impl From<budgets::Flaw> for Reason {
    fn from(flaw: budgets::Flaw) -> Self {
        Self::Budget(flaw)
    }
}

impl From<Inadmissible> for Reason {
    fn from(reason: Inadmissible) -> Self {
        Self::Inadmissible(reason)
    }
}

impl From<Unreadable> for Reason {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::NewerVersion => Self::NewerVersion,
            Unreadable::Malformed(_) => Self::Malformed,
            Unreadable::Body(bad) => Self::Body(bad),
        }
    }
}

impl From<BadBody> for Reason {
    fn from(reason: BadBody) -> Self {
        Self::Body(reason)
    }
}
