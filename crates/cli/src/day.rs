//! Reads days as people say them (`today`, `friday`, `in 3 days`, `2026-12-07`) in the cell's own time
//! zone, and writes them. A date whose order of day and month is open is refused, never guessed.

use crate::text;
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

/// Whether a bare weekday means the coming one (`need --by friday`) or the last one (`in --on friday`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    /// The coming one; today when it is that day.
    Future,
    /// The last one; today when it is that day.
    Past,
}

const WEEKDAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// Why a text is no day, as a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadDay {
    /// Not one of the forms.
    Unknown(String),
    /// `7/12/2026`: the seventh of December or the twelfth of July?
    Ambiguous(String),
}

impl BadDay {
    /// The sentence for a person.
    pub fn text(&self) -> String {
        match self {
            Self::Unknown(written) => text!("day-unknown", written = written),
            Self::Ambiguous(written) => text!("day-ambiguous", written = written),
        }
    }
}

/// The zone of this IANA name (`Europe/Madrid`), if this program knows it.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// The name of the zone that this machine is set to; `UTC` when it does not say.
pub fn zone_of_machine() -> String {
    TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
}

/// The day that a moment (milliseconds since 1970) falls on in a zone.
pub fn of_moment(ms: u64, zone: &TimeZone) -> Date {
    let moment = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    moment.unwrap_or(Timestamp::MAX).to_zoned_datetime(zone.clone()).date()
}

/// A moment as `2026-11-23 18:05` in a zone.
pub fn moment(ms: u64, zone: &TimeZone) -> String {
    let moment = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    moment.unwrap_or(Timestamp::MAX).to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A moment as `2026-11-23 18:05 UTC`, with the zone, where a reader may expect another one.
pub fn moment_in_zone(ms: u64, zone: &TimeZone) -> String {
    let at =
        i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX);
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// Days since 1970-01-01.
pub fn number(date: Date) -> i64 {
    // Dates of this library lie within ±9999 years: the difference in hours fits with room to spare.
    date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
}

/// The day with this number of days since 1970-01-01, held to what a calendar can show.
pub fn from_number(number: i64) -> Date {
    let span = jiff::SignedDuration::from_hours(number.clamp(-3_000_000, 2_932_896) * 24);
    Date::constant(1970, 1, 1).saturating_add(span)
}

/// Reads a day.
///
/// # Errors
/// [`BadDay`].
pub fn parse(written: &str, today: Date, toward: Toward) -> Result<Date, BadDay> {
    let text = written.trim().to_lowercase();
    let unknown = || BadDay::Unknown(written.to_owned());
    let is_word =
        |id: &str| crate::text::find(id, Vec::new()).is_some_and(|words| words.split(' ').any(|w| w == text));
    if is_word("word-today") {
        return Ok(today);
    }
    if is_word("word-tomorrow") {
        return today.tomorrow().map_err(|_| unknown());
    }
    if is_word("word-yesterday") {
        return today.yesterday().map_err(|_| unknown());
    }
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    for (name, weekday) in names.iter().zip(WEEKDAYS) {
        if is_word(&format!("word-{name}")) {
            return Ok(nearest(today, weekday, toward));
        }
    }
    if let Some(days) = in_days(&text) {
        return Ok(from_number(number(today) + days));
    }
    if text.len() == 10 && text.as_bytes()[4] == b'-' {
        return text.parse().map_err(|_| unknown());
    }
    let pieces: Vec<&str> = text.split(['/', '.', '-']).collect();
    let numeric = pieces.iter().all(|p| !p.is_empty() && p.chars().all(|c| c.is_ascii_digit()));
    if pieces.len() >= 2 && numeric {
        return Err(BadDay::Ambiguous(written.to_owned()));
    }
    Err(unknown())
}

/// `in 3 days`, `3 days`, `in 1 day`, `in 2 weeks`.
fn in_days(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split_whitespace().filter(|word| *word != "in").collect();
    let [count, unit] = words.as_slice() else { return None };
    let count: i64 = count.parse().ok().filter(|count| (0..=3660).contains(count))?;
    match *unit {
        "day" | "days" => Some(count),
        "week" | "weeks" => Some(count * 7),
        _ => None,
    }
}

fn nearest(today: Date, weekday: Weekday, toward: Toward) -> Date {
    if today.weekday() == weekday {
        return today;
    }
    let step = if toward == Toward::Future { 1 } else { -1 };
    today.nth_weekday(step, weekday).unwrap_or(today)
}

/// A day as `7 December` (this year) or `7 December 2027`.
pub fn long(date: Date, today: Date) -> String {
    let month = crate::text::message(&format!("word-month-{}", date.month()), Vec::new());
    if date.year() == today.year() {
        text!("day-long", day = i64::from(date.day()), month = month)
    } else {
        text!("day-long-year", day = i64::from(date.day()), month = month, year = date.year().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday.
    const TODAY: Date = Date::constant(2026, 11, 23);

    fn read(text: &str) -> String {
        match parse(text, TODAY, Toward::Future) {
            Ok(date) => date.to_string(),
            Err(BadDay::Unknown(_)) => "unknown".to_owned(),
            Err(BadDay::Ambiguous(_)) => "ambiguous".to_owned(),
        }
    }

    #[test]
    fn days_are_read_as_people_say_them() {
        assert_eq!(read("today"), "2026-11-23");
        assert_eq!(read("Tomorrow"), "2026-11-24");
        assert_eq!(read("friday"), "2026-11-27");
        assert_eq!(read("Fri"), "2026-11-27");
        assert_eq!(read("monday"), "2026-11-23");
        assert_eq!(read("in 3 days"), "2026-11-26");
        assert_eq!(read("2 weeks"), "2026-12-07");
        assert_eq!(read("2026-12-07"), "2026-12-07");
    }

    #[test]
    fn a_past_weekday_is_the_last_one() {
        let past = |text| parse(text, TODAY, Toward::Past).map(|d| d.to_string());
        assert_eq!(past("friday").as_deref(), Ok("2026-11-20"));
        assert_eq!(past("monday").as_deref(), Ok("2026-11-23"));
    }

    #[test]
    fn a_date_that_could_be_two_days_is_refused() {
        assert_eq!(read("7/12/2026"), "ambiguous");
        assert_eq!(read("12.7."), "unknown");
        assert_eq!(read("7.12"), "ambiguous");
        assert_eq!(read("someday"), "unknown");
        assert_eq!(read("2026-13-01"), "unknown");
    }

    #[test]
    fn numbers_of_days_go_both_ways() {
        for date in ["1969-12-31", "1970-01-01", "2026-11-23", "2028-02-29", "9999-12-31"] {
            let date: Date = date.parse().unwrap();
            assert_eq!(from_number(number(date)), date);
        }
        assert_eq!(number(Date::constant(1970, 1, 2)), 1);
        let _ = from_number(i64::MAX);
        let _ = from_number(i64::MIN);
    }

    #[test]
    fn a_moment_falls_on_the_day_of_the_zone() {
        let madrid = zone("Europe/Madrid").unwrap();
        // 23:30 UTC on the 23rd is half past midnight of the 24th in Madrid.
        let ms = 1_795_476_600_000;
        assert_eq!(of_moment(ms, &TimeZone::UTC).to_string(), "2026-11-23");
        assert_eq!(of_moment(ms, &madrid).to_string(), "2026-11-24");
        assert_eq!(moment(ms, &madrid), "2026-11-24 00:30");
        assert!(zone("Mars/Olympus").is_none());
    }

    #[test]
    fn a_day_is_written_with_its_year_when_that_is_another() {
        assert_eq!(long(Date::constant(2026, 12, 7), TODAY), "7 December");
        assert_eq!(long(Date::constant(2027, 1, 2), TODAY), "2 January 2027");
    }
}
