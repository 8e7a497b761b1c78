//! The week of entries of the demonstration, read from a CSV: who says what on which day. Rows become
//! words of the command line, so that what is shown is what a person would type.

use crate::error::{Failure, Outcome};
use crate::text;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The days of the week, in order; the CSV names them so.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// Most rows that are read.
const MAX_ROWS: usize = 1_000;

/// A row of the CSV.
#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    /// The day of the week.
    pub day: String,
    /// Whose entry it is.
    pub who: String,
    /// The command: in, out, need, offer or meet.
    pub entry: String,
    /// How much of what.
    pub quantity: String,
    /// The free text.
    pub about: String,
    /// Where.
    pub place: String,
    /// Until when a need or an offer stands.
    pub by: String,
    /// A name by which a later row means this one.
    pub label: String,
    /// The need that is met, by its label.
    pub meets: String,
    /// The offer that meets it, by its label.
    pub with: String,
}

/// The rows of a CSV.
///
/// # Errors
/// When a row cannot be read, with its line.
pub fn read(text: &str) -> Outcome<Vec<Row>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for row in reader.deserialize() {
        let row: Row = row.map_err(|error| Failure::usage(text!("demo-week")).because(error))?;
        if !DAYS.contains(&row.day.as_str()) || rows.len() >= MAX_ROWS {
            return Err(Failure::usage(text!("demo-week")).because(format!("{row:?}")));
        }
        rows.push(row);
    }
    Ok(rows)
}

impl Row {
    /// The row's place in the week: its day first, meetings after what they meet.
    pub fn order(&self) -> (usize, bool) {
        (self.day_number(), self.entry == "meet")
    }

    fn day_number(&self) -> usize {
        DAYS.iter().position(|day| *day == self.day).unwrap_or(0)
    }

    /// The date of the row in the week that ends today.
    fn date(&self, today: Date) -> Date {
        let back = DAYS.len() - 1 - self.day_number();
        crate::day::from_number(crate::day::number(today) - back as i64)
    }

    /// The command that a person would type; `placed` has the numbers of labelled entries.
    ///
    /// # Errors
    /// When a label is not known yet.
    pub fn command(&self, today: Date, placed: &BTreeMap<String, u64>) -> Outcome<String> {
        let mut words = vec![self.entry.clone()];
        if self.entry == "meet" {
            let number = |label: &String| {
                let known = placed.get(label).map(u64::to_string);
                known.ok_or_else(|| Failure::usage(text!("demo-week")).because(label))
            };
            words.extend([number(&self.meets)?, "--with".to_owned(), number(&self.with)?]);
            return Ok(words.join(" "));
        }
        words.push(self.quantity.clone());
        let text = match self.entry.as_str() {
            "in" => "--from",
            "out" => "--for",
            _ => "--note",
        };
        for (option, value) in [(text, &self.about), ("--place", &self.place), ("--by", &self.by)] {
            if !value.is_empty() {
                words.push(format!("{option} \"{}\"", value.replace('"', "'")));
            }
        }
        let date = self.date(today);
        let moved = matches!(self.entry.as_str(), "in" | "out");
        if moved && date != today {
            words.push(format!("--on {date}"));
        }
        Ok(words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: &str = include_str!("../../../../examples/week.csv");

    #[test]
    fn the_example_week_is_read_whole() {
        let rows = read(WEEK).unwrap();
        assert_eq!(rows.len(), 42);
        assert!(rows.windows(2).all(|pair| pair[0].day_number() <= pair[1].day_number()));
    }

    #[test]
    fn rows_become_what_a_person_would_type() {
        let rows = read(WEEK).unwrap();
        let today = Date::constant(2026, 11, 22);
        let none = BTreeMap::new();
        assert_eq!(
            rows[0].command(today, &none).unwrap(),
            "in 120 EUR --from \"street collection\" --on 2026-11-16"
        );
        let meet = rows.iter().find(|row| row.entry == "meet").unwrap();
        assert!(meet.command(today, &none).is_err());
        let placed = BTreeMap::from([("rice".to_owned(), 7), ("school rice".to_owned(), 9)]);
        assert_eq!(meet.command(today, &placed).unwrap(), "meet 7 --with 9");
    }
}
