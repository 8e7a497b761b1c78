//! What recurs: a first day and a fixed step. Days of the Gregorian calendar by UTC, and no time zones:
//! the hour on the wall is shown by who prints it and decides nothing.

use crate::common::Day;
use crate::limits::{DAY_MS, MAX_EVERY_DAYS, MAX_EVERY_MONTHS};
use bincode::{Decode, Encode};
use lifeboat_log::Time;

/// How often something recurs. Layout: u32 0 and days u16, or u32 1 and months u16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Every {
    /// 0: after so many days.
    Days(u16),
    /// 1: after so many months, on the same day of the month; on its last day where it is shorter.
    Months(u16),
}

impl Every {
    /// Whether it recurs, and not too seldom.
    pub fn is_proper(self) -> bool {
        match self {
            Self::Days(days) => (1..=MAX_EVERY_DAYS).contains(&days),
            Self::Months(months) => (1..=MAX_EVERY_MONTHS).contains(&months),
        }
    }

    /// The day on which it comes round for the `n`th time after the first; nothing past the calendar.
    pub fn nth(self, first: Day, n: u32) -> Option<Day> {
        match self {
            Self::Days(days) => first.0.checked_add(n.checked_mul(u32::from(days))?).map(Day),
            Self::Months(months) => {
                let (year, month, day) = first.date();
                let month = (month - 1).checked_add(n.checked_mul(u32::from(months))?)?;
                let (year, month) = (year.checked_add(month / 12)?, month % 12 + 1);
                (0..4).find_map(|shorter| Day::from_date(year, month, day.saturating_sub(shorter)))
            }
        }
        .filter(|day| *day <= Day::LAST)
    }

    /// How often it has come round by this day: the number of the stretch in which the day lies. Nothing
    /// before the first.
    pub fn number_on(self, first: Day, day: Day) -> Option<u32> {
        let since = day.0.checked_sub(first.0)?;
        let mut n = match self {
            Self::Days(days) => since / u32::from(days.max(1)),
            // No stretch of months is shorter than 28 days a month, so this is not too few.
            Self::Months(months) => since / (28 * u32::from(months.max(1))),
        };
        while n > 0 && self.nth(first, n).is_none_or(|begins| begins > day) {
            n -= 1;
        }
        Some(n)
    }
}

/// The first moment of a day, by UTC.
pub fn begin(day: Day) -> Time {
    Time::from_ms(u64::from(day.0) * DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        let part = |i: usize| text.split('-').nth(i).unwrap().parse().unwrap();
        Day::from_date(part(0), part(1), part(2)).unwrap()
    }

    #[test]
    fn weeks_and_months_come_round() {
        let weekly = Every::Days(7);
        assert_eq!(weekly.nth(day("2026-12-01"), 2), Some(day("2026-12-15")));
        let monthly = Every::Months(1);
        let at = |n| monthly.nth(day("2027-01-31"), n).unwrap().to_string();
        assert_eq!([0, 1, 2, 3].map(at), ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]);
        assert_eq!(Every::Months(1).nth(day("2028-01-31"), 1), Some(day("2028-02-29")));
        assert_eq!(weekly.nth(day("2026-12-01"), u32::MAX), None);
        assert_eq!(monthly.nth(day("2026-12-01"), u32::MAX), None);
        assert!(![Every::Days(0), Every::Months(0), Every::Days(367)].iter().any(|every| every.is_proper()));
    }

    proptest! {
        #[test]
        fn each_day_lies_in_the_stretch_of_its_number(
            first in 0..60_000_u32, after in 0..20_000_u32, step in 1..13_u16, months in any::<bool>(),
        ) {
            let every = if months { Every::Months(step) } else { Every::Days(step) };
            let (first, at) = (Day(first), Day(first + after));
            let n = every.number_on(first, at).unwrap();
            prop_assert!(every.nth(first, n).unwrap() <= at);
            prop_assert!(every.nth(first, n + 1).unwrap() > at);
            prop_assert_eq!(every.number_on(Day(first.0 + 1), first), None);
        }
    }
}
