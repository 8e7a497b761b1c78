//! From a spreadsheet to drafts of entries: bytes in, drafts, sums and complaints out. Nothing here knows
//! a cell, a key or a disk; `commands/import.rs` does the rest. Never guess here what can be asked.

pub mod columns;
pub mod complaint;
pub mod date;
pub mod draft;
pub mod limits;
pub mod mapping;
pub mod nonce;
pub mod number;
pub mod persons;
pub mod plan;
pub mod preset;
pub mod refused;
pub mod row;
pub mod sheet;

use columns::{BadFit, Columns};
use lifeboat_commons::Day;
use mapping::{Mapping, Waits};
use plan::{Doubt, Plan};
use sheet::BadSheet;

/// What the person says of a file.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The name of a preset.
    pub preset: Option<String>,
    /// A mapping of their own; it comes before the preset.
    pub mapping: Option<Mapping>,
    /// How dates are written; it comes before what the mapping says.
    pub dates: Option<date::Order>,
    /// The decimal sign; it comes before what the mapping says.
    pub decimal: Option<number::Sign>,
    /// The day it is: nothing can have happened later.
    pub today: Option<Day>,
    /// Leave all notes out.
    pub no_notes: bool,
}

/// A file as it was understood.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The preset that was used; nothing for a mapping of the person's own.
    pub preset: Option<&'static str>,
    /// Headings that were dropped because they hold names or addresses of persons.
    pub dropped: Vec<String>,
    /// Headings that are of no use.
    pub left_out: Vec<String>,
    /// Headings whose text becomes the note.
    pub notes: Vec<String>,
    /// The drafts, and what is wrong.
    pub plan: Plan,
}

/// Why a file cannot be imported at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It is no table.
    Sheet(BadSheet),
    /// There is no preset of this name.
    NoSuchPreset(String),
    /// No preset is known by these headings, and no mapping was given.
    Unknown(Vec<String>),
    /// Rows of this sort wait for something that is not there yet.
    Waits(Waits),
    /// The mapping does not fit the headings.
    Fit(BadFit),
    /// Dates or numbers could be read in two ways.
    Doubt(Doubt),
    /// The fixed day of the mapping is none.
    FixedDay(String),
    /// More entries than one import may make.
    TooManyDrafts,
}

/// Understands a file.
///
/// # Errors
/// [`Refused`] when none of it can be used; complaints about single rows are in the reading.
pub fn read(bytes: &[u8], options: &Options) -> Result<Reading, Refused> {
    let sheet = sheet::read(bytes).map_err(Refused::Sheet)?;
    let preset = match (&options.mapping, &options.preset) {
        (Some(_), _) => None,
        (None, Some(name)) => Some(preset::named(name).ok_or_else(|| Refused::NoSuchPreset(name.clone()))?),
        (None, None) => preset::known_by(&sheet.headings),
    };
    let mapping = options.mapping.as_ref().or(preset.map(|preset| &preset.mapping));
    let mapping = mapping.ok_or_else(|| Refused::Unknown(sheet.headings.clone()))?;
    if let Some(waits) = mapping.waits {
        return Err(Refused::Waits(waits));
    }
    let columns = Columns::fit(mapping, &sheet.headings).map_err(Refused::Fit)?;
    let plan = plan::plan(&sheet, &columns, mapping, options)?;
    let headings = |places: &[usize]| -> Vec<String> {
        let named =
            places.iter().filter_map(|at| sheet.headings.get(*at)).filter(|heading| !heading.is_empty());
        named.cloned().collect()
    };
    Ok(Reading {
        preset: preset.map(|preset| preset.name),
        dropped: headings(&columns.persons),
        left_out: headings(&columns.left_out),
        notes: if options.no_notes { Vec::new() } else { headings(&columns.notes) },
        plan,
    })
}

#[cfg(test)]
mod tests;
