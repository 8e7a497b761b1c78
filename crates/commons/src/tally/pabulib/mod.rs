//! Pabulib `.pb` files: real and own elections as text. Reading takes bytes and gives an [`Election`] with
//! the names that its projects have; writing leaves out everything about the voters but their ballots:
//! no age, no sex, no number that means anything elsewhere.
//!
//! A file is three tables one below the other: `META`, `PROJECTS`, `VOTES`, each with a line of headings,
//! fields apart by `;`, quoted by `"` where they need it, in UTF-8, with either kind of line end.

mod number;
mod read;
mod table;
mod write;

pub use read::{BadFile, read};
pub use write::write;

use super::Election;
use std::fmt;

/// An election as a file has it.
#[derive(Debug, Clone)]
pub struct File {
    /// What is counted.
    pub election: Election,
    /// How many digits after the point the smallest unit of money has.
    pub digits: u32,
    /// What `META` says, in its order, besides what the election itself says.
    pub meta: Vec<(String, String)>,
    /// What each project is called, where the file says it.
    pub titles: Vec<String>,
    /// The projects that were funded in truth, where the file says it.
    pub selected: Option<Vec<usize>>,
    /// How many digits after the point the smallest unit of points has.
    pub point_digits: u32,
    /// Where the file says another number of projects or votes than it has.
    pub miscounts: Vec<Miscount>,
}

/// A file says how many projects or votes there are, and has others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miscount {
    /// What says so: `num_projects` or `num_votes`.
    pub what: &'static str,
    /// What it says.
    pub says: String,
    /// How many there are.
    pub has: u64,
}

impl File {
    /// The text of a sum of the smallest units.
    pub fn money(&self, units: u128) -> String {
        number::decimal(units, self.digits)
    }
    /// What `META` says of this.
    pub fn meta(&self, key: &str) -> Option<&str> {
        self.meta.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for File {
    /// The file's text, as [`write()`] makes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write(self))
    }
}
