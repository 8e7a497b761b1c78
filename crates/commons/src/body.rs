//! Bodies: what a kind of entry says. One check of form serves both who composes an entry and the fold
//! that judges it, so that what can be composed is never void for its form.

use bincode::{Decode, Encode};
use lifeboat_log::codec::{self, Bytes, List};
use lifeboat_log::limits::MAX_BODY;
use lifeboat_log::{CellId, DetailRef, Entry, Kind, Nonce, PublicKey, Seen, Time};

use crate::common::Common;

/// The body of one kind of entry, in one version.
pub trait Body: Encode + Decode<()> {
    /// The kind.
    const KIND: Kind;
    /// The version of the layout.
    const VERSION: u16 = 1;

    /// What every body begins with.
    fn common(&self) -> &Common;

    /// Checks what the body alone can tell.
    ///
    /// # Errors
    /// [`BadBody`], which tells what to change.
    fn check(&self) -> Result<(), BadBody>;
}

/// Why a body says something that its kind does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Encode, Decode)]
pub enum BadBody {
    /// The amount is not more than zero.
    #[error("the amount must be more than zero")]
    AmountNotPositive,
    /// A correction's amount is below zero.
    #[error("the amount of a correction may be zero, to strike the entry out, but not less")]
    AmountNegative,
    /// The name of a thing is empty or has spaces at its ends.
    #[error("the name of a thing must not be empty, nor begin or end with a space")]
    BadItem,
    /// A unit is not a short word.
    #[error("a unit is one short word without spaces, such as kg or box")]
    BadUnit,
    /// A currency is not written as its code.
    #[error("a currency is written as its code in capital letters, such as EUR")]
    BadCurrency,
    /// No powers, or some that the rules do not know.
    #[error("a key needs at least one power, and only those that the rules know")]
    BadPowers,
    /// A charter setting does not hold.
    #[error("a setting of the charter is not laid out as its number says, or is out of its range")]
    BadCharter,
    /// A role or training is not described as it must be.
    #[error("a role has a name without spaces at its ends, one seat or more, and terms of days or months")]
    BadRole,
    /// A meeting is not described as it must be.
    #[error("a meeting has a name, comes round after days or months, and begins and ends within a day")]
    BadMeeting,
    /// A draw names somebody twice, or has times or numbers out of their range.
    #[error("a draw names each member once, and has times and numbers within their range")]
    BadDraw,
    /// A secret poll, or what belongs to one, is not laid out as it must be.
    #[error(
        "a poll has two options or more and times within their range, a count its photo, and ballots stand in the order of their hashes"
    )]
    BadPoll,
    /// The body is longer than an entry can carry.
    #[error("this is longer than an entry can carry: split it up")]
    TooLong,
    /// A decision cannot carry this.
    #[error("a decision cannot carry this: it is no statement, opens a term, or corrects an entry")]
    BadPayload,
    /// An erasure that names nothing.
    #[error("an erasure names at least one text or photo")]
    ErasesNothing,
    /// An anchor says something besides its checkpoint.
    #[error("an anchor says nothing but its checkpoint")]
    NotAlone,
    /// A round without money, or not in the order of categories.
    #[error("a round needs money above zero, each category once and in the order of their numbers")]
    BadRoundMoney,
    /// The phases of a round do not follow one another.
    #[error("the phases of a round must end one after the other: propose, check, discuss, vote, spend")]
    BadRoundEnds,
    /// A way of counting that cannot be.
    #[error(
        "a round cannot be counted so: completion needs equal shares with steps of at least a ten-thousandth of the money, points need ballots that give some"
    )]
    BadRoundMethod,
    /// Reviewers out of order.
    #[error("the reviewers of a round are named in the order of their ids, each once")]
    BadReviewers,
    /// It needs a category.
    #[error("this needs a category: say from which money")]
    NoCategory,
    /// A ballot that says nothing that can be counted.
    #[error("a ballot names each proposal once, with points above zero and below the round's limit")]
    BadMarks,
    /// The terms of a vote do not hold.
    #[error("the terms of the vote do not hold: look at options, times, quorum and who may vote")]
    BadTerms,
    /// A ballot is not in its one form.
    #[error("the ballot is not in its proper form: each option once, and no rank left out")]
    BadBallot,
}

/// A statement that is ready to be signed: what goes into an entry besides who, when and for which cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The kind.
    pub kind: Kind,
    /// The version of the body's layout.
    pub version: u16,
    /// The body.
    pub body: Bytes<MAX_BODY>,
}

/// The statement that this body makes, checked.
///
/// # Errors
/// [`BadBody`], which tells what to change.
pub fn compose<B: Body>(body: &B) -> Result<Said, BadBody> {
    body.check()?;
    let bytes = Bytes::new(codec::encode(body)).ok_or(BadBody::TooLong)?;
    Ok(Said { kind: B::KIND, version: B::VERSION, body: bytes })
}

impl Said {
    /// The unsigned entry of this statement, with nothing that must stand before it and no details.
    pub fn entry(self, cell: CellId, author: PublicKey, now: Time, not_after: Time, nonce: Nonce) -> Entry {
        Entry {
            cell,
            author,
            author_time: now,
            not_after,
            seen: Seen::default(),
            after: List::default(),
            nonce,
            kind: self.kind,
            version: self.version,
            body: self.body,
            details: List::default(),
        }
    }
}

/// Whether one of these details is the one with this tag and hash.
pub(crate) fn names(details: &[DetailRef], wanted: impl Fn(&DetailRef) -> bool) -> bool {
    details.iter().any(wanted)
}

/// Why an entry cannot be read as a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Its kind or body version is not known here.
    #[error("it is from a newer version: update lifeboat to read it")]
    NewerVersion,
    /// Its body is not laid out as its kind says.
    #[error("its body is not laid out as its kind says: {0}")]
    Malformed(#[from] codec::Malformed),
    /// Its body says something that its kind does not allow.
    #[error("{0}")]
    Body(#[from] BadBody),
}

/// The body of these bytes, checked.
///
/// # Errors
/// [`Unreadable::Malformed`] or [`Unreadable::Body`].
pub fn read<B: Body>(body: &[u8]) -> Result<B, Unreadable> {
    let read: B = codec::decode(body)?;
    read.check()?;
    Ok(read)
}

/// The enum of a practice's statements: one variant a body, with the reading of each.
macro_rules! statements {
    ($(#[$meta:meta])* pub enum $Name:ident { $($(#[$doc:meta])* $Variant:ident($Body:ty),)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $Name { $($(#[$doc])* $Variant($Body),)* }

        impl $Name {
            /// The kinds of these statements.
            pub const KINDS: &'static [lifeboat_log::Kind] = &[$(<$Body as $crate::body::Body>::KIND),*];

            /// The statement of this kind and version that these bytes are.
            ///
            /// # Errors
            /// [`Unreadable`](crate::body::Unreadable).
            pub fn read(
                kind: lifeboat_log::Kind,
                version: u16,
                body: &[u8],
            ) -> Result<Self, $crate::body::Unreadable> {
                use $crate::body::Body;
                $(if kind == <$Body>::KIND && version == <$Body>::VERSION {
                    return $crate::body::read(body).map(Self::$Variant);
                })*
                Err($crate::body::Unreadable::NewerVersion)
            }

            /// What every body begins with.
            pub fn common(&self) -> &$crate::common::Common {
                use $crate::body::Body;
                match self { $(Self::$Variant(body) => body.common(),)* }
            }
        }
    };
}
pub(crate) use statements;
