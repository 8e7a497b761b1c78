//! What is wrong with a row, as a sentence with its line and column. A row with a complaint gives no
//! entry at all.

use crate::text;
use crate::ui::plain;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The line of the file on which the row begins.
    pub line: u64,
    /// The heading of the column, where one cell is at fault.
    pub column: Option<String>,
    /// What it is.
    pub what: What,
}

/// What is wrong with a cell or row. Texts are as they stand in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It has more or fewer cells than there are headings.
    Ragged {
        /// How many.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// This is no number.
    NotANumber(String),
    /// This has more than six decimals.
    TooFine(String),
    /// This is larger than an amount can be.
    TooLarge(String),
    /// This names another currency than the row.
    OtherCurrency(String),
    /// This is below zero.
    Negative(String),
    /// This is no day.
    NotADay(String),
    /// The year of this has two digits.
    ShortYear(String),
    /// The calendar has no such day.
    NoSuchDay(String),
    /// This is not written in the order that was stated.
    OtherOrder(String),
    /// This day is still to come.
    DayToCome(String),
    /// It says how much, and not of what.
    NoThing,
    /// It names both a thing and a currency.
    TwoThings,
    /// This name is longer than an entry can carry.
    LongName(String),
    /// This is no unit: one short word.
    BadUnit(String),
    /// This is no code of a currency.
    BadCurrency(String),
    /// This tells no direction.
    NoDirection(String),
    /// The items of the row do not add up to what it says.
    OtherSum {
        /// What the row says.
        says: String,
        /// What its items add up to.
        adds_up_to: String,
    },
    /// The note is longer than a reader would read.
    LongNote,
}

impl Complaint {
    /// The sentence for a person.
    pub fn text(&self) -> String {
        let what = self.what.text();
        match &self.column {
            Some(column) => text!("import-at-cell", line = self.line, column = plain(column), what = what),
            None => text!("import-at-line", line = self.line, what = what),
        }
    }
}

impl What {
    fn text(&self) -> String {
        match self {
            Self::Ragged { found, expected } => text!("import-ragged", found = *found, expected = *expected),
            Self::NotANumber(cell) => text!("import-not-a-number", cell = plain(cell)),
            Self::TooFine(cell) => text!("import-too-fine", cell = plain(cell)),
            Self::TooLarge(cell) => text!("import-too-large", cell = plain(cell)),
            Self::OtherCurrency(cell) => text!("import-other-currency", cell = plain(cell)),
            Self::Negative(cell) => text!("import-negative", cell = plain(cell)),
            Self::NotADay(cell) => text!("import-not-a-day", cell = plain(cell)),
            Self::ShortYear(cell) => text!("import-short-year", cell = plain(cell)),
            Self::NoSuchDay(cell) => text!("import-no-such-day", cell = plain(cell)),
            Self::OtherOrder(cell) => text!("import-other-order", cell = plain(cell)),
            Self::DayToCome(cell) => text!("import-day-to-come", cell = plain(cell)),
            Self::NoThing => text!("import-no-thing"),
            Self::TwoThings => text!("import-two-things"),
            Self::LongName(cell) => text!("import-long-name", cell = plain(cell)),
            Self::BadUnit(cell) => text!("import-bad-unit", cell = plain(cell)),
            Self::BadCurrency(cell) => text!("import-bad-currency", cell = plain(cell)),
            Self::NoDirection(cell) => text!("import-no-direction", cell = plain(cell)),
            Self::OtherSum { says, adds_up_to } => {
                text!("import-other-sum", says = says, adds_up_to = adds_up_to)
            }
            Self::LongNote => text!("import-long-note"),
        }
    }
}
