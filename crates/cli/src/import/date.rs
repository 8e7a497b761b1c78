//! Dates as spreadsheets write them. ISO dates are clear; of `03/04/2025` only the stated order, or other
//! dates of the file that leave no doubt, can tell which is the month. It is never guessed.

use lifeboat_commons::Day;

/// The order in which the dates of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// 2025-12-31
    Iso,
    /// 12/31/2025
    Mdy,
    /// 31/12/2025
    Dmy,
}

/// What a date as it is written tells of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// Nothing: it is an ISO date, no date, or the same day either way.
    Nothing,
    /// That it is this one.
    Order(Order),
    /// It could be two different days.
    Ambiguous,
}

/// Why a text is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadDate {
    /// None of the forms.
    Unknown,
    /// The year has two digits.
    ShortYear,
    /// There is no such day.
    NoSuchDay,
    /// It is not written in the order that was stated.
    OtherOrder,
}

enum Form {
    Iso(u32, u32, u32),
    Numbers(u32, u32, u32),
}

/// What this date tells of the order.
pub fn tells(text: &str) -> Tells {
    match form(text) {
        Ok(Form::Numbers(a, b, _)) => match (a > 12, b > 12) {
            (true, false) => Tells::Order(Order::Dmy),
            (false, true) => Tells::Order(Order::Mdy),
            (false, false) if a != b => Tells::Ambiguous,
            _ => Tells::Nothing,
        },
        _ => Tells::Nothing,
    }
}

/// Reads a day. An ISO date is read whatever the order; a time of day after it is left out.
///
/// # Errors
/// [`BadDate`].
pub fn parse(text: &str, order: Order) -> Result<Day, BadDate> {
    let (year, month, day) = match (form(text)?, order) {
        (Form::Iso(year, month, day), _) => (year, month, day),
        (Form::Numbers(..), Order::Iso) => return Err(BadDate::OtherOrder),
        (Form::Numbers(month, day, year), Order::Mdy) | (Form::Numbers(day, month, year), Order::Dmy) => {
            if month > 12 && day <= 12 {
                return Err(BadDate::OtherOrder);
            }
            (year, month, day)
        }
    };
    Day::from_date(year, month, day).ok_or(BadDate::NoSuchDay)
}

fn form(text: &str) -> Result<Form, BadDate> {
    let date = text.trim().split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = date.split(['-', '/', '.']).collect();
    let digits = |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let &[first, second, third] = parts.as_slice() else { return Err(BadDate::Unknown) };
    if !parts.iter().all(digits) {
        return Err(BadDate::Unknown);
    }
    let number = |part: &str| part.parse().map_err(|_| BadDate::Unknown);
    let (a, b, c) = (number(first)?, number(second)?, number(third)?);
    match (first.len(), second.len(), third.len()) {
        (4, 1..=2, 1..=2) => Ok(Form::Iso(a, b, c)),
        (1..=2, 1..=2, 4) => Ok(Form::Numbers(a, b, c)),
        (1..=2, 1..=2, 2) => Err(BadDate::ShortYear),
        _ => Err(BadDate::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, order: Order) -> Result<String, BadDate> {
        parse(text, order).map(|day| day.to_string())
    }

    #[test]
    fn iso_dates_are_read_whatever_the_order() {
        for order in [Order::Iso, Order::Mdy, Order::Dmy] {
            assert_eq!(read("2025-01-02", order).as_deref(), Ok("2025-01-02"));
            assert_eq!(read(" 2025/01/02 ", order).as_deref(), Ok("2025-01-02"));
            assert_eq!(read("2024-05-20T14:37:51", order).as_deref(), Ok("2024-05-20"));
            assert_eq!(read("2024-05-20 14:37", order).as_deref(), Ok("2024-05-20"));
        }
    }

    #[test]
    fn other_dates_are_read_in_the_stated_order() {
        assert_eq!(read("03/04/2025", Order::Mdy).as_deref(), Ok("2025-03-04"));
        assert_eq!(read("03/04/2025", Order::Dmy).as_deref(), Ok("2025-04-03"));
        assert_eq!(read("3.4.2025", Order::Dmy).as_deref(), Ok("2025-04-03"));
        assert_eq!(read("03/04/2025", Order::Iso), Err(BadDate::OtherOrder));
        assert_eq!(read("31/12/2025", Order::Mdy), Err(BadDate::OtherOrder));
        assert_eq!(read("12/31/2025", Order::Dmy), Err(BadDate::OtherOrder));
        assert_eq!(read("31/12/25", Order::Dmy), Err(BadDate::ShortYear));
        assert_eq!(read("31/02/2025", Order::Dmy), Err(BadDate::NoSuchDay));
        assert_eq!(read("2025-02-29", Order::Iso), Err(BadDate::NoSuchDay));
        for text in ["", "soon", "45658", "2025", "2025-1", "1/2/3/2025", "1/2/20255", "-1-2-2025"] {
            assert_eq!(read(text, Order::Dmy), Err(BadDate::Unknown), "{text}");
        }
    }

    #[test]
    fn a_date_tells_the_order_only_where_it_leaves_no_doubt() {
        for (text, tells_it) in [
            ("2025-01-02", Tells::Nothing),
            ("03/03/2025", Tells::Nothing),
            ("soon", Tells::Nothing),
            ("31/12/2025", Tells::Order(Order::Dmy)),
            ("12/31/2025", Tells::Order(Order::Mdy)),
            ("03/04/2025", Tells::Ambiguous),
        ] {
            assert_eq!(tells(text), tells_it, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9/.T -]{0,14}") {
            let _ = (parse(&text, Order::Dmy), parse(&text, Order::Mdy), tells(&text));
        }

        #[test]
        fn a_day_that_is_written_reads_back(number in 0..Day::LAST.0) {
            let (y, m, d) = Day(number).date();
            prop_assert_eq!(parse(&format!("{y:04}-{m:02}-{d:02}"), Order::Iso), Ok(Day(number)));
            prop_assert_eq!(parse(&format!("{m}/{d}/{y:04}"), Order::Mdy), Ok(Day(number)));
            prop_assert_eq!(parse(&format!("{d}.{m}.{y:04}"), Order::Dmy), Ok(Day(number)));
        }
    }
}
