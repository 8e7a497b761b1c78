//! Reads spans of time as people say them: `3 days`, `2h`, `90 minutes`, `10s`. Whole numbers and one unit;
//! anything else is refused, never guessed. Also how often something recurs, `2 weeks`, and a time of day.

use crate::error::{Failure, Outcome};
use crate::text;
use crate::ui::plain;
use lifeboat_commons::rotation::Every;

/// The longest span that can be typed: a year, in milliseconds.
const MOST: u64 = 366 * 86_400_000;

/// The milliseconds of a span.
///
/// # Errors
/// When it cannot be read, or is longer than a year.
pub fn parse(written: &str) -> Outcome<u64> {
    let unknown = || Failure::usage(text!("span-unknown", written = plain(written)));
    let text = written.trim().to_lowercase();
    let text = text.strip_prefix("in ").unwrap_or(&text);
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let count: u64 = count.parse().map_err(|_| unknown())?;
    let one = match unit.trim() {
        "s" | "second" | "seconds" => 1_000,
        "m" | "min" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        "w" | "week" | "weeks" => 604_800_000,
        _ => return Err(unknown()),
    };
    count.checked_mul(one).filter(|ms| *ms <= MOST).ok_or_else(unknown)
}

/// How often something recurs.
///
/// # Errors
/// When it cannot be read.
pub fn every(written: &str) -> Outcome<Every> {
    let unfit = || Failure::usage(text!("span-unknown", written = plain(written)));
    let (count, unit) = read(written).ok_or_else(unfit)?;
    let short = |count: u32| u16::try_from(count).map_err(|_| unfit());
    let every = match unit.as_str() {
        "day" | "days" => Every::Days(short(count)?),
        "week" | "weeks" => Every::Days(short(count.saturating_mul(7))?),
        "month" | "months" => Every::Months(short(count)?),
        _ => return Err(unfit()),
    };
    if every.is_proper() { Ok(every) } else { Err(unfit()) }
}

/// So many seconds.
///
/// # Errors
/// As [`parse`], and for less than one.
pub fn seconds(written: &str) -> Outcome<u32> {
    let unfit = || Failure::usage(text!("span-unknown", written = plain(written)));
    let seconds = u32::try_from(parse(written)? / 1_000).map_err(|_| unfit())?;
    if seconds > 0 { Ok(seconds) } else { Err(unfit()) }
}

/// Minutes after midnight: `19:00`.
///
/// # Errors
/// When it cannot be read.
pub fn minute(written: &str) -> Outcome<u16> {
    let unfit = || Failure::usage(text!("clock-unknown", written = plain(written)));
    let (hour, minute) = written.trim().split_once(':').ok_or_else(unfit)?;
    let part =
        |text: &str, most: u16| text.parse::<u16>().ok().filter(|part| *part <= most).ok_or_else(unfit);
    Ok(part(hour, 23)? * 60 + part(minute, 59)?)
}

/// A count and the first letters of its unit.
fn read(written: &str) -> Option<(u32, String)> {
    let text = written.trim().to_lowercase();
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let count = if count.is_empty() { 1 } else { count.parse().ok()? };
    Some((count, unit.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        assert_eq!(every("week").unwrap(), Every::Days(7));
        assert_eq!(every("2 weeks").unwrap(), Every::Days(14));
        assert_eq!(every("month").unwrap(), Every::Months(1));
        assert_eq!(every("10 Days").unwrap(), Every::Days(10));
        assert_eq!(seconds("90 minutes").unwrap(), 5_400);
        assert_eq!(seconds("2d").unwrap(), 172_800);
        assert_eq!(minute("19:05").unwrap(), 1_145);
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for written in ["", "fortnight", "0 days", "400 days", "13 months", "week 2"] {
            assert!(every(written).is_err(), "{written}");
        }
        for written in ["", "5", "0 s", "99999999 weeks", "-1 day"] {
            assert!(seconds(written).is_err(), "{written}");
        }
        for written in ["", "7", "24:00", "19:60", "a:b"] {
            assert!(minute(written).is_err(), "{written}");
        }
    }

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (written, ms) in
            [("3 days", 259_200_000), ("2h", 7_200_000), ("in 90 minutes", 5_400_000), ("10s", 10_000)]
        {
            assert_eq!(parse(written).unwrap(), ms);
        }
        for written in ["", "3", "days", "-1 day", "1.5 h", "99999999999999999999 d", "400 days", "2 moons"] {
            assert!(parse(written).is_err(), "{written}");
        }
    }
}
