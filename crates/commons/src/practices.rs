//! The list of practices. A new practice is a module and a line in this list: the line gives the state
//! its part, the statements their variant and the fold its rules.

use crate::body::Unreadable;
use crate::common::{Common, MemberId};
use crate::effect::Reason;
use crate::history::History;
use crate::membership::Powers;
use crate::state::State;
use bincode::{Decode, Encode};
use lifeboat_log::{DetailRef, EntryId, Founding, Kind, Opening, Position, PublicKey, SignedEntry, Time};

/// A family of kinds with its rules; the implementing type is the practice's part of the state.
pub trait Practice {
    /// What its entries say.
    type Statement;
    /// Its kinds.
    const KINDS: &'static [Kind];

    /// The power that a key needs to sign this kind.
    fn power(_kind: Kind) -> Powers {
        Powers::SIGN
    }

    /// The statement of this kind and version that these bytes are.
    ///
    /// # Errors
    /// [`Unreadable`].
    fn read(kind: Kind, version: u16, body: &[u8]) -> Result<Self::Statement, Unreadable>;

    /// What the body begins with.
    fn common(statement: &Self::Statement) -> &Common;

    /// Judges what needs a look at an earlier record. It is asked for what a member says alone, before
    /// [`Practice::apply`], and never for what the cell has decided.
    ///
    /// # Errors
    /// The [`Reason`] for which it is void.
    fn look(
        _state: &State,
        _author: &MemberId,
        _statement: &Self::Statement,
        _history: &dyn History,
    ) -> Result<(), Reason> {
        Ok(())
    }

    /// Applies a statement, wholly or not at all. Entries that cannot be corrected return
    /// [`Reason::NotCorrectable`] when `saying` corrects something.
    ///
    /// # Errors
    /// The [`Reason`] for which it is void.
    fn apply(state: &mut State, saying: &Saying<'_>, statement: Self::Statement) -> Result<(), Reason>;

    /// Closes what is due at or before `now`.
    fn advance(_state: &mut State, _now: Time) {}
}

/// Who says something, when, and in which entry.
#[derive(Debug)]
pub struct Saying<'a> {
    /// The entry.
    pub id: EntryId,
    /// Its place.
    pub position: Position,
    /// When it was placed.
    pub time: Time,
    /// When its author signed it: what orders a member's own statements.
    pub author_time: Time,
    /// The member who says it.
    pub author: MemberId,
    /// The key that signed it.
    pub key: PublicKey,
    /// The details that it names.
    pub details: &'a [DetailRef],
    /// The version that it corrects.
    pub corrects: Option<Earlier>,
    /// The decision that says it in the name of the cell; nothing for what a member says alone. The author
    /// is then the member who proposed it, the entry the version that carries it, the time that of the close.
    pub decided: Option<EntryId>,
}

impl Saying<'_> {
    /// Holds for what only the cell may say: everything else needs a decision.
    ///
    /// # Errors
    /// [`Reason::NeedsDecision`].
    pub fn by_the_cell(&self) -> Result<(), Reason> {
        self.decided.map(drop).ok_or(Reason::NeedsDecision)
    }
}

/// The earlier version that an entry corrects: applied, of the same kind and author, not corrected yet.
#[derive(Debug)]
pub struct Earlier {
    /// Its entry.
    pub id: EntryId,
    /// Its place.
    pub position: Position,
    /// What it says.
    pub statement: Statement,
}

macro_rules! practices {
    ($($(#[$doc:meta])* $part:ident, $Variant:ident: $Practice:ty;)*) => {
        /// The parts of the state, one a practice.
        #[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
        pub(crate) struct Parts { $(pub(crate) $part: $Practice,)* }

        /// What an entry says, of whatever kind that this version knows.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant)] // read one at a time, and never kept
        pub enum Statement {
            /// It founds the cell.
            Founding(Founding),
            /// It opens a term.
            Opening(Opening),
            $($(#[$doc])* $Variant(<$Practice as Practice>::Statement),)*
        }

        impl Statement {
            /// What this entry says.
            ///
            /// # Errors
            /// [`Unreadable`]: it is from a newer version, or its body does not hold.
            pub fn decode(entry: &SignedEntry) -> Result<Self, Unreadable> {
                match entry.kind {
                    Kind::FOUNDING => Ok(Self::Founding(Founding::decode(&entry.body)?)),
                    Kind::OPENING => {
                        let opening = entry.opening()?.ok_or(Unreadable::NewerVersion)?;
                        Ok(Self::Opening(opening))
                    }
                    _ => Self::read(entry.kind, entry.version, &entry.body),
                }
            }

            /// What a body of this kind and version says; entries that open a term cannot be read so.
            ///
            /// # Errors
            /// [`Unreadable`]: it is from a newer version, or it does not hold.
            pub fn read(kind: Kind, version: u16, body: &[u8]) -> Result<Self, Unreadable> {
                $(if <$Practice as Practice>::KINDS.contains(&kind) {
                    return <$Practice as Practice>::read(kind, version, body).map(Self::$Variant);
                })*
                Err(Unreadable::NewerVersion)
            }

            /// What its body begins with; nothing for an entry that opens a term.
            pub fn common(&self) -> Option<&Common> {
                match self {
                    Self::Founding(_) | Self::Opening(_) => None,
                    $(Self::$Variant(statement) => Some(<$Practice as Practice>::common(statement)),)*
                }
            }
        }

        /// The power that a key needs to sign this kind; for an unknown kind the plain one.
        pub(crate) fn power(kind: Kind) -> Powers {
            $(if <$Practice as Practice>::KINDS.contains(&kind) {
                return <$Practice as Practice>::power(kind);
            })*
            Powers::SIGN
        }

        /// Judges what needs a look at an earlier record, practice by practice.
        pub(crate) fn look(
            state: &State,
            author: &MemberId,
            said: &Statement,
            history: &dyn History,
        ) -> Result<(), Reason> {
            match said {
                Statement::Founding(_) | Statement::Opening(_) => Ok(()),
                $(Statement::$Variant(s) => <$Practice as Practice>::look(state, author, s, history),)*
            }
        }

        /// Applies a statement by the rules of its practice.
        pub(crate) fn apply(state: &mut State, saying: &Saying<'_>, said: Statement) -> Result<(), Reason> {
            match said {
                Statement::Founding(_) | Statement::Opening(_) => Err(Reason::NewerVersion),
                $(Statement::$Variant(s) => <$Practice as Practice>::apply(state, saying, s),)*
            }
        }

        /// Closes what is due at or before `now`, practice by practice.
        pub(crate) fn advance(state: &mut State, now: Time) {
            $(<$Practice as Practice>::advance(state, now);)*
        }

        /// All kinds of all practices.
        pub const KINDS: &[&[Kind]] = &[$(<$Practice as Practice>::KINDS),*];

        impl State {
            $(
                $(#[$doc])*
                pub fn $part(&self) -> &$Practice {
                    &self.parts.$part
                }
            )*
        }
    };
}

practices! {
    /// The cell's settings, and how they change.
    charter, Charter: crate::charter::Charter;
    /// Who belongs to the cell, with which keys.
    members, Membership: crate::membership::Members;
    /// Money and goods, needs and offers.
    ledger, Ledger: crate::ledger::Ledger;
    /// Texts and photos beside the records, and which of them are erased.
    details, Details: crate::details::Details;
    /// Who offers to witness, and how far the log is anchored.
    witnessing, Witnessing: crate::witnessing::Witnessing;
    /// Rounds of a participatory budget, grants, and what is spent of them.
    budgets, Budgets: crate::budgets::Budgets;
    /// What the cell decides.
    decisions, Decisions: crate::decisions::Decisions;
    /// Roles that pass from hand to hand, draws, meetings and trainings.
    rotation, Rotation: crate::rotation::Rotation;
    /// Secret ballots, on paper or by ring.
    ballots, Ballots: crate::ballots::Ballots;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_stands_for_two_kinds() {
        let mut all: Vec<Kind> = KINDS.concat();
        all.extend([Kind::FOUNDING, Kind::OPENING]);
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
