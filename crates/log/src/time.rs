//! Moments and places in the order: times, terms and positions. Nothing here reads a clock.

use crate::limits::MAX_TIME_MS;
use bincode::de::Decoder;
use bincode::error::DecodeError;
use bincode::{Decode, Encode};
use std::fmt;

/// A moment: milliseconds since 1970-01-01 00:00 UTC, at most [`MAX_TIME_MS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode)]
pub struct Time(u64);

impl Time {
    /// The first moment of 1970, also "no time" where the format says so.
    pub const ZERO: Self = Self(0);

    /// The moment so many milliseconds after 1970 began, held to the range of the format.
    pub fn from_ms(ms: u64) -> Self {
        Self(ms.min(MAX_TIME_MS))
    }
    /// Milliseconds since 1970 began.
    pub fn ms(self) -> u64 {
        self.0
    }
    /// The moment `ms` milliseconds later, held to the range of the format.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }
}

impl<C> Decode<C> for Time {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        match u64::decode(decoder)? {
            ms if ms <= MAX_TIME_MS => Ok(Self(ms)),
            _ => Err(DecodeError::Other(crate::codec::NOT_CANONICAL)),
        }
    }
}

bincode::impl_borrow_decode!(Time);

/// A term: the stretch of log that one keeper orders, numbered era.turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Term(pub u32);

impl Term {
    /// The first term of every cell, 0.0.
    pub const FIRST: Self = Self(0);

    /// The term `era.turn`.
    pub fn new(era: u16, turn: u16) -> Self {
        Self(u32::from(era) << 16 | u32::from(turn))
    }
    /// The era: raised by a takeover.
    pub fn era(self) -> u16 {
        (self.0 >> 16) as u16
    }
    /// The turn within the era: raised by a planned handover.
    pub fn turn(self) -> u16 {
        self.0 as u16
    }
    /// Whether a log may go on from this term to `next`: the next turn, or turn 0 of a later era.
    pub fn may_become(self, next: Self) -> bool {
        let handover = next.era() == self.era() && Some(next.turn()) == self.turn().checked_add(1);
        let takeover = next.era() > self.era() && next.turn() == 0;
        handover || takeover
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.era(), self.turn())
    }
}

impl std::str::FromStr for Term {
    type Err = ();
    /// Reads `era.turn`, decimal, without leading zeros.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (era, turn) = text.split_once('.').ok_or(())?;
        let term = Self::new(era.parse().map_err(|_| ())?, turn.parse().map_err(|_| ())?);
        if term.to_string() == text { Ok(term) } else { Err(()) }
    }
}

/// A place in a cell's log, counted from 0 through all terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Position(pub u64);

impl Position {
    /// The place after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_written_as_era_and_turn() {
        let term = Term::new(3, 12);
        assert_eq!(term.to_string(), "3.12");
        assert_eq!("3.12".parse(), Ok(term));
        assert_eq!("03.12".parse::<Term>(), Err(()));
        assert_eq!("3".parse::<Term>(), Err(()));
    }

    #[test]
    fn a_log_goes_on_by_a_turn_or_a_later_era() {
        let term = Term::new(3, 12);
        assert!(term.may_become(Term::new(3, 13)));
        assert!(term.may_become(Term::new(4, 0)));
        assert!(term.may_become(Term::new(7, 0)));
        assert!(!term.may_become(Term::new(3, 14)));
        assert!(!term.may_become(Term::new(4, 1)));
        assert!(!term.may_become(Term::new(2, 0)));
        assert!(!Term::new(0, u16::MAX).may_become(Term::new(1, 1)));
    }
}
