//! What every body of a practice begins with: when it happened, what it corrects, the paper behind it,
//! where, and for which category. Names and free text have no place here; they are details.

use crate::limits::DAY_MS;
use bincode::{Decode, Encode};
use lifeboat_log::{BlobHash, CellId, EntryId, Time};
use std::fmt;

/// The id of a member: the id of the entry that admitted them, for the founder the cell's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct MemberId(pub [u8; 32]);

impl MemberId {
    /// The founder of this cell.
    pub fn founder(cell: CellId) -> Self {
        Self(cell.0)
    }
    /// The member whom this entry admitted.
    pub fn admitted_by(entry: EntryId) -> Self {
        Self(entry.0)
    }
    /// The entry that admitted the member.
    pub fn entry(self) -> EntryId {
        EntryId(self.0)
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemberId({self})")
    }
}

/// The number of a place in the charter's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct PlaceId(pub u16);

/// The number of a category in the charter's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct CategoryId(pub u16);

/// A calendar day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Day(pub u32);

impl Day {
    /// The last day of the year 9999.
    pub const LAST: Self = Self(2_932_896);

    /// The day, by UTC, of this moment.
    pub fn of(time: Time) -> Self {
        Self((time.ms() / DAY_MS) as u32) // a time is below the year 10000
    }

    /// The day of this date of the Gregorian calendar, or nothing when there is none from 1970 to 9999.
    pub fn from_date(year: u32, month: u32, day: u32) -> Option<Self> {
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        // Years begin in March here, so that the day that some years lack comes last.
        let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
        let found = Self(days.checked_sub(719_468)?);
        (found.date() == (year, month, day)).then_some(found)
    }

    /// Year, month and day of the Gregorian calendar.
    pub fn date(self) -> (u32, u32, u32) {
        let z = self.0.min(Self::LAST.0) + 719_468;
        let era = z / 146_097;
        let of_era = z % 146_097;
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let m = (5 * of_year + 2) / 153;
        let month = if m < 10 { m + 3 } else { m - 9 };
        let year = era * 400 + year_of_era + u32::from(month <= 2);
        (year, month, of_year - (153 * m + 2) / 5 + 1)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// The paper that an entry was copied from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode)]
pub struct Paper {
    /// Who wrote it, where that is a member.
    pub wrote: Option<MemberId>,
    /// Who copied it, where that is not who signs.
    pub copied: Option<MemberId>,
    /// The hash of a photo of it.
    pub photo: Option<BlobHash>,
}

/// What every body of a practice begins with. Layout: `day`, `corrects`, `paper`, `place`, `category`,
/// each a byte 0 (absent) or 1 followed by the value: day u32, entry id 32 bytes, paper three times
/// (byte, 32 bytes), place u16, category u16. Five zero bytes when there is nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode)]
pub struct Common {
    /// The day it happened, where that is not the day it was placed.
    pub day: Option<Day>,
    /// The newest version of the entry that this one replaces.
    pub corrects: Option<EntryId>,
    /// The paper it was copied from.
    pub paper: Option<Paper>,
    /// Where, out of the charter's list.
    pub place: Option<PlaceId>,
    /// For what, out of the charter's list.
    pub category: Option<CategoryId>,
}

impl Common {
    /// The same, as a correction of this entry.
    #[must_use]
    pub fn correcting(self, entry: EntryId) -> Self {
        Self { corrects: Some(entry), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(Day::from_date(1970, 1, 1), Some(Day(0)));
        assert_eq!(Day::from_date(9999, 12, 31), Some(Day::LAST));
        assert_eq!(Day::from_date(2000, 2, 29).unwrap().to_string(), "2000-02-29");
        assert_eq!(Day::from_date(2100, 2, 29), None);
        assert_eq!(Day::from_date(2026, 4, 31), None);
        for day in (0..Day::LAST.0).step_by(17) {
            let (y, m, d) = Day(day).date();
            assert_eq!(Day::from_date(y, m, d), Some(Day(day)));
        }
        assert_eq!(Day::of(Time::from_ms(1_767_225_600_000)).to_string(), "2026-01-01");
    }
}
