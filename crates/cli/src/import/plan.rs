//! From rows to drafts: first what dates and decimal signs mean in this file, then row by row. A row with
//! a complaint gives nothing.

use super::columns::Columns;
use super::complaint::Complaint;
use super::draft::{Direction, Draft, Totals, says_nothing, totals};
use super::limits::MAX_DRAFTS;
use super::mapping::Mapping;
use super::row::{RowReader, Taken};
use super::sheet::{Row, Sheet};
use super::{Options, Refused, date, number};
use std::collections::BTreeSet;

/// What a file asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The entries, in the order in which they are to be signed.
    pub drafts: Vec<Draft>,
    /// What is wrong, by line.
    pub complaints: Vec<Complaint>,
    /// Sums of the drafts.
    pub totals: Totals,
    /// Rows that say anything.
    pub rows: usize,
    /// Rows that move nothing: no amount, or zero.
    pub silent: usize,
    /// Rows that the mapping does not take (`only`).
    pub not_taken: usize,
    /// Notes that were left out because they name somebody.
    pub notes_left_out: usize,
    /// How dates were read.
    pub dates: date::Order,
    /// The decimal sign that was used.
    pub decimal: number::Sign,
}

/// What could be read in two ways, with the place where it shows first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// A date.
    Date {
        /// The line.
        line: u64,
        /// As written.
        cell: String,
    },
    /// Some dates have the day first, some the month.
    MixedDates,
    /// A number.
    Number {
        /// The line.
        line: u64,
        /// As written.
        cell: String,
    },
    /// Some numbers have a decimal point, some a comma.
    MixedNumbers,
}

impl Plan {
    /// How many rows have a complaint.
    pub fn bad_rows(&self) -> usize {
        self.complaints.iter().map(|complaint| complaint.line).collect::<BTreeSet<_>>().len()
    }
}

/// Makes the drafts.
///
/// # Errors
/// [`Refused::Doubt`] when the file leaves open how it is to be read; [`Refused::TooManyDrafts`].
pub fn plan(sheet: &Sheet, columns: &Columns, mapping: &Mapping, options: &Options) -> Result<Plan, Refused> {
    let dates = match options.dates.or(mapping.dates) {
        Some(order) => order,
        None => order_of_dates(sheet, columns).map_err(Refused::Doubt)?,
    };
    let decimal = match options.decimal.or(mapping.decimal) {
        Some(sign) => sign,
        None => decimal_sign(sheet, columns).map_err(Refused::Doubt)?,
    };
    let reader = RowReader::new(sheet, columns, mapping, options, dates, decimal)?;
    let mut plan = Plan {
        drafts: Vec::new(),
        complaints: sheet.complaints.clone(),
        totals: Totals::new(),
        rows: sheet.rows.len() + sheet.complaints.len(),
        silent: 0,
        not_taken: 0,
        notes_left_out: 0,
        dates,
        decimal,
    };
    for row in &sheet.rows {
        match reader.read(row) {
            Taken::Drafts { drafts, .. } if drafts.is_empty() => plan.silent += 1,
            Taken::Drafts { drafts, note_left_out } => {
                plan.notes_left_out += usize::from(note_left_out);
                plan.drafts.extend(drafts);
            }
            Taken::Not => plan.not_taken += 1,
            Taken::Bad(complaints) => plan.complaints.extend(complaints),
        }
        if plan.drafts.len() > MAX_DRAFTS {
            return Err(Refused::TooManyDrafts);
        }
    }
    plan.complaints.sort_by_key(|complaint| complaint.line);
    plan.totals = totals(&plan.drafts);
    put_in_order(&mut plan.drafts);
    Ok(plan)
}

/// What was there first, then by day, and on one day what came before what went: so that nothing is given
/// that is not there yet. Otherwise as in the file.
fn put_in_order(drafts: &mut [Draft]) {
    drafts.sort_by_key(|draft| (draft.direction != Direction::Opening, draft.day, draft.direction));
}

/// The order in which the dates of the file are written, when it leaves no doubt.
fn order_of_dates(sheet: &Sheet, columns: &Columns) -> Result<date::Order, Doubt> {
    let (mut told, mut open) = (None, None);
    for (row, cell) in cells(sheet, &columns.day) {
        match date::tells(cell) {
            date::Tells::Nothing => {}
            date::Tells::Order(order) if told.is_some_and(|told| told != order) => {
                return Err(Doubt::MixedDates);
            }
            date::Tells::Order(order) => told = Some(order),
            date::Tells::Ambiguous => {
                open.get_or_insert(Doubt::Date { line: row.line, cell: cell.to_owned() });
            }
        }
    }
    match (told, open) {
        (Some(order), _) => Ok(order),
        (None, Some(doubt)) => Err(doubt),
        (None, None) => Ok(date::Order::Dmy), // no date for which it would make a difference
    }
}

/// The decimal sign of the file, when it leaves no doubt.
fn decimal_sign(sheet: &Sheet, columns: &Columns) -> Result<number::Sign, Doubt> {
    let (mut told, mut open) = (None, None);
    let places: Vec<usize> =
        [&columns.amount, &columns.items, &columns.total].into_iter().flatten().copied().collect();
    for (row, cell) in cells(sheet, &places) {
        match number::tells(cell) {
            number::Tells::Nothing => {}
            number::Tells::Sign(sign) if told.is_some_and(|told| told != sign) => {
                return Err(Doubt::MixedNumbers);
            }
            number::Tells::Sign(sign) => told = Some(sign),
            number::Tells::Ambiguous => {
                open.get_or_insert(Doubt::Number { line: row.line, cell: cell.to_owned() });
            }
        }
    }
    match (told, open) {
        (Some(sign), _) => Ok(sign),
        (None, Some(doubt)) => Err(doubt),
        (None, None) => Ok(number::Sign::Point), // no number for which it would make a difference
    }
}

fn cells<'a>(sheet: &'a Sheet, places: &'a [usize]) -> impl Iterator<Item = (&'a Row, &'a str)> {
    let of_row =
        move |row: &'a Row| places.iter().filter_map(move |at| Some((row, row.cells.get(*at)?.as_str())));
    sheet.rows.iter().flat_map(of_row).filter(|(_, cell)| !says_nothing(cell))
}
