//! Reads spans of time as people say them: `3 days`, `2h`, `90 minutes`, `10s`. Whole numbers and one unit;
//! anything else is refused, never guessed.

use crate::error::{Failure, Outcome};
use crate::text;
use crate::ui::plain;

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

#[cfg(test)]
mod tests {
    use super::*;

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
