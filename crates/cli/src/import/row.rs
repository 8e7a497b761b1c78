//! One row: its day, direction, thing and amount, or what is wrong with them.

use super::columns::Columns;
use super::complaint::{Complaint, What};
use super::draft::{Direction, Draft, Thing, says_nothing, squeeze};
use super::limits::MAX_NOTE;
use super::mapping::{Mapping, Rows};
use super::number::{BadNumber, Sign};
use super::persons::note_names;
use super::sheet::{Row, Sheet};
use super::{Options, Refused, date, number};
use crate::quantity;
use lifeboat_commons::limits::{MAX_CURRENCY, MAX_ITEM, MAX_UNIT};
use lifeboat_commons::{Amount, Day};
use std::collections::BTreeMap;

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It gives these entries, perhaps none.
    Drafts {
        /// The entries.
        drafts: Vec<Draft>,
        /// Whether its note was left out because it names somebody.
        note_left_out: bool,
    },
    /// The mapping does not take such rows.
    Not,
    /// It is wrong.
    Bad(Vec<Complaint>),
}

/// Reads the rows of one table.
pub struct RowReader<'a> {
    headings: &'a [String],
    columns: &'a Columns,
    mapping: &'a Mapping,
    options: &'a Options,
    dates: date::Order,
    decimal: Sign,
    fixed_day: Option<Day>,
    rename: BTreeMap<String, String>,
}

/// Where a cell stands and what it says.
#[derive(Clone, Copy)]
struct Cell<'a> {
    heading: &'a str,
    text: &'a str,
}

impl Cell<'_> {
    fn wrong(&self, row: &Row, what: What) -> Complaint {
        Complaint { line: row.line, column: Some(self.heading.to_owned()), what }
    }
}

impl<'a> RowReader<'a> {
    /// A reader of this table's rows.
    ///
    /// # Errors
    /// [`Refused::FixedDay`] when the mapping's day is none.
    pub fn new(
        sheet: &'a Sheet,
        columns: &'a Columns,
        mapping: &'a Mapping,
        options: &'a Options,
        dates: date::Order,
        decimal: Sign,
    ) -> Result<Self, Refused> {
        let fixed_day = match &mapping.fixed.day {
            Some(day) => {
                Some(date::parse(day, date::Order::Iso).map_err(|_| Refused::FixedDay(day.clone()))?)
            }
            None => None,
        };
        let rename =
            mapping.rename.iter().map(|(old, new)| (squeeze(old).to_lowercase(), new.clone())).collect();
        Ok(Self { headings: &sheet.headings, columns, mapping, options, dates, decimal, fixed_day, rename })
    }

    /// Reads one row.
    pub fn read(&self, row: &Row) -> Taken {
        let taken = |(at, values): &(usize, Vec<String>)| {
            let cell = row.cells.get(*at).map_or("", String::as_str);
            values.iter().any(|value| value.trim().eq_ignore_ascii_case(cell))
        };
        if !self.columns.only.iter().all(taken) {
            return Taken::Not;
        }
        let mut wrong = Vec::new();
        let moves = self.moves(row, &mut wrong);
        if moves.is_empty() && wrong.is_empty() {
            return Taken::Drafts { drafts: Vec::new(), note_left_out: false };
        }
        let day = keep(self.day(row), &mut wrong).flatten();
        let (note, note_left_out) = keep(self.note(row), &mut wrong).unwrap_or_default();
        if !wrong.is_empty() {
            return Taken::Bad(wrong);
        }
        let place = self.text(row, &self.columns.place).or_else(|| self.mapping.fixed.place.clone());
        let category = self.text(row, &self.columns.category).or_else(|| self.mapping.fixed.category.clone());
        let id = self.text(row, &self.columns.id);
        let draft = |(direction, thing, amount)| Draft {
            line: row.line,
            direction,
            amount,
            thing,
            day,
            place: place.clone(),
            category: category.clone(),
            note: note.clone(),
            id: id.clone(),
        };
        Taken::Drafts { drafts: moves.into_iter().map(draft).collect(), note_left_out }
    }

    /// What the row moves. Complaints go to `wrong`.
    fn moves(&self, row: &Row, wrong: &mut Vec<Complaint>) -> Vec<(Direction, Thing, Amount)> {
        let mut moves = Vec::new();
        let mut sum = Some(Amount::ZERO);
        for cell in self.cells(row, &self.columns.items) {
            let Some(amount) = keep(self.amount(row, cell, None), wrong).filter(|amount| !amount.is_zero())
            else {
                continue;
            };
            sum = sum.and_then(|sum| sum.checked_add(amount));
            let thing = self.goods(row, Cell { text: cell.heading, ..cell });
            let directed = keep(self.directed(row, cell, amount), wrong);
            if let (Some(thing), Some((direction, amount))) = (keep(thing, wrong), directed) {
                moves.push((direction, thing, amount));
            }
        }
        if !self.columns.items.is_empty() {
            if wrong.is_empty() {
                keep(self.check_sum(row, sum), wrong);
            }
            return moves;
        }
        if let Some(cell) = self.first(row, &self.columns.amount) {
            moves.extend(keep(self.single(row, cell), wrong).flatten());
        }
        moves
    }

    /// The one thing of a row, when there is any of it.
    fn single(&self, row: &Row, cell: Cell<'_>) -> Result<Option<(Direction, Thing, Amount)>, Complaint> {
        let currency = self.currency(row)?;
        let amount = self.amount(row, cell, currency.as_deref())?;
        if amount.is_zero() {
            return Ok(None);
        }
        let item = self.first(row, &self.columns.item);
        let fixed = self.mapping.fixed.item.as_deref().map(|text| Cell { heading: cell.heading, text });
        let thing = match (currency, item) {
            (Some(_), Some(item)) => return Err(item.wrong(row, What::TwoThings)),
            (Some(currency), None) => Thing::Money { currency },
            (None, item) => {
                let item = item.or(fixed).ok_or_else(|| cell.wrong(row, What::NoThing))?;
                self.goods(row, item)?
            }
        };
        let (direction, amount) = self.directed(row, cell, amount)?;
        Ok(Some((direction, thing, amount)))
    }

    fn amount(&self, row: &Row, cell: Cell<'_>, currency: Option<&str>) -> Result<Amount, Complaint> {
        if says_nothing(cell.text) {
            return Ok(Amount::ZERO);
        }
        number::parse(cell.text, self.decimal, currency).map_err(|bad| {
            let text = cell.text.to_owned();
            let what = match bad {
                BadNumber::Malformed => What::NotANumber(text),
                BadNumber::TooFine => What::TooFine(text),
                BadNumber::TooLarge => What::TooLarge(text),
                BadNumber::OtherCurrency => What::OtherCurrency(text),
            };
            cell.wrong(row, what)
        })
    }

    /// The direction, and the amount without its sign.
    fn directed(&self, row: &Row, cell: Cell<'_>, amount: Amount) -> Result<(Direction, Amount), Complaint> {
        let negative = !amount.is_positive();
        let direction = match self.mapping.rows {
            Rows::BySign if negative => {
                let positive = Amount::ZERO.checked_sub(amount);
                let too_large = || cell.wrong(row, What::TooLarge(cell.text.to_owned()));
                return Ok((Direction::Out, positive.ok_or_else(too_large)?));
            }
            Rows::In | Rows::BySign => Direction::In,
            Rows::Out => Direction::Out,
            Rows::Opening => Direction::Opening,
            Rows::ByColumn => self.direction(row)?,
        };
        if negative {
            Err(cell.wrong(row, What::Negative(cell.text.to_owned())))
        } else {
            Ok((direction, amount))
        }
    }

    fn direction(&self, row: &Row) -> Result<Direction, Complaint> {
        let none = || Complaint { line: row.line, column: None, what: What::NoDirection(String::new()) };
        let cell = self.first(row, &self.columns.direction).ok_or_else(none)?;
        let by = self.mapping.direction.as_ref().ok_or_else(none)?;
        let says = |words: &[String]| words.iter().any(|word| word.trim().eq_ignore_ascii_case(cell.text));
        match () {
            () if says(&by.came_in) => Ok(Direction::In),
            () if says(&by.out) => Ok(Direction::Out),
            () if says(&by.opening) => Ok(Direction::Opening),
            () => Err(cell.wrong(row, What::NoDirection(cell.text.to_owned()))),
        }
    }

    fn goods(&self, row: &Row, item: Cell<'_>) -> Result<Thing, Complaint> {
        let written = squeeze(item.text).to_lowercase();
        let item_name = match self.rename.get(&written) {
            Some(name) => squeeze(name).to_lowercase(),
            None => written,
        };
        if item_name.is_empty() {
            return Err(item.wrong(row, What::NoThing));
        }
        if item_name.len() > MAX_ITEM {
            return Err(item.wrong(row, What::LongName(item_name)));
        }
        let unit = self.first(row, &self.columns.unit).filter(|_| self.columns.items.is_empty());
        let fixed = self.mapping.fixed.unit.as_deref().map(|text| Cell { heading: item.heading, text });
        let Some(unit) = unit.or(fixed) else {
            return Ok(Thing::Goods { item: item_name, unit: String::new() });
        };
        let word = squeeze(unit.text);
        let word = quantity::unit(&word).map_or_else(|| word.to_lowercase(), str::to_owned);
        if word.len() > MAX_UNIT || word.contains(' ') {
            return Err(unit.wrong(row, What::BadUnit(unit.text.to_owned())));
        }
        Ok(Thing::Goods { item: item_name, unit: word })
    }

    fn currency(&self, row: &Row) -> Result<Option<String>, Complaint> {
        let fixed = self.mapping.fixed.currency.as_deref().map(|text| Cell { heading: "currency", text });
        let Some(cell) = self.first(row, &self.columns.currency).or(fixed) else { return Ok(None) };
        let code = cell.text.trim().to_ascii_uppercase();
        let sound =
            (2..=MAX_CURRENCY).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
        if sound { Ok(Some(code)) } else { Err(cell.wrong(row, What::BadCurrency(cell.text.to_owned()))) }
    }

    fn day(&self, row: &Row) -> Result<Option<Day>, Complaint> {
        let Some(cell) = self.first(row, &self.columns.day) else { return Ok(self.fixed_day) };
        let text = cell.text.to_owned();
        match date::parse(cell.text, self.dates) {
            Ok(day) if self.options.today.is_some_and(|today| day > today) => {
                Err(cell.wrong(row, What::DayToCome(text)))
            }
            Ok(day) => Ok(Some(day)),
            Err(date::BadDate::Unknown) => Err(cell.wrong(row, What::NotADay(text))),
            Err(date::BadDate::ShortYear) => Err(cell.wrong(row, What::ShortYear(text))),
            Err(date::BadDate::NoSuchDay) => Err(cell.wrong(row, What::NoSuchDay(text))),
            Err(date::BadDate::OtherOrder) => Err(cell.wrong(row, What::OtherOrder(text))),
        }
    }

    /// The note, and whether there was one that names somebody.
    fn note(&self, row: &Row) -> Result<(Option<String>, bool), Complaint> {
        if self.options.no_notes {
            return Ok((None, false));
        }
        let personal: Vec<&str> = self.cells(row, &self.columns.persons).map(|cell| cell.text).collect();
        let (mut parts, mut left_out): (Vec<String>, bool) = (Vec::new(), false);
        for cell in self.cells(row, &self.columns.notes).filter(|cell| !says_nothing(cell.text)) {
            let part = squeeze(cell.text);
            if note_names(&part, &personal) {
                left_out = true;
            } else if !parts.contains(&part) {
                parts.push(part);
            }
        }
        let note = parts.join("; ");
        if note.len() > MAX_NOTE {
            return Err(Complaint { line: row.line, column: None, what: What::LongNote });
        }
        Ok(((!note.is_empty()).then_some(note), left_out))
    }

    fn check_sum(&self, row: &Row, sum: Option<Amount>) -> Result<(), Complaint> {
        let Some(cell) = self.first(row, &self.columns.total) else { return Ok(()) };
        let says = self.amount(row, cell, None)?;
        let sum = sum.ok_or_else(|| cell.wrong(row, What::TooLarge(cell.text.to_owned())))?;
        if says == sum {
            return Ok(());
        }
        let what = What::OtherSum { says: cell.text.to_owned(), adds_up_to: sum.to_string() };
        Err(cell.wrong(row, what))
    }

    fn cells(&self, row: &'a Row, places: &'a [usize]) -> impl Iterator<Item = Cell<'a>> {
        let headings = self.headings;
        places
            .iter()
            .filter_map(move |at| Some(Cell { heading: headings.get(*at)?, text: row.cells.get(*at)? }))
    }

    /// The first of these columns that says something.
    fn first(&self, row: &'a Row, places: &'a [usize]) -> Option<Cell<'a>> {
        self.cells(row, places).find(|cell| !says_nothing(cell.text))
    }

    fn text(&self, row: &'a Row, places: &'a [usize]) -> Option<String> {
        self.first(row, places).map(|cell| squeeze(cell.text))
    }
}

/// The value, or its complaint put with the others.
fn keep<T>(result: Result<T, Complaint>, wrong: &mut Vec<Complaint>) -> Option<T> {
    result.map_err(|complaint| wrong.push(complaint)).ok()
}
