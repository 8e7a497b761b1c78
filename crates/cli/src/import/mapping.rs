//! Which column means what: a small TOML file that a person can write, and the form of the presets.
//! `docs/practices/import.md` shows one.

use super::date::Order;
use super::number::Sign;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A column mapping.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mapping {
    /// What the rows are.
    #[serde(default)]
    pub rows: Rows,
    /// How dates are written.
    pub dates: Option<Order>,
    /// The decimal sign.
    pub decimal: Option<Sign>,
    /// Which heading means what.
    #[serde(default)]
    pub columns: Headings,
    /// How a column tells the direction, with `rows = "by-column"`.
    pub direction: Option<ByColumn>,
    /// Only rows whose cell in this column is one of these are taken.
    #[serde(default)]
    pub only: BTreeMap<String, Vec<String>>,
    /// What is the same for every row that does not say otherwise.
    #[serde(default)]
    pub fixed: Fixed,
    /// Other names for things: as the file writes them, and as the log shall.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// Headings by which a preset is known: each, or one of each list, must be there.
    #[serde(default)]
    pub known_by: Vec<OneOf>,
    /// What rows of this sort wait for, when they cannot be imported yet.
    pub waits: Option<Waits>,
}

/// What the rows are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rows {
    /// Things that came in.
    #[default]
    In,
    /// Things that went out.
    Out,
    /// Things that were there when the records began.
    Opening,
    /// Amounts above zero came in, those below went out.
    BySign,
    /// A column says.
    ByColumn,
}

/// What is not there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Waits {
    /// Lending things out and having them back.
    Loans,
}

/// One heading, or several of which the first that is there (and says something) counts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum OneOf {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl OneOf {
    /// The headings.
    pub fn headings(&self) -> &[String] {
        match self {
            Self::One(heading) => std::slice::from_ref(heading),
            Self::Several(headings) => headings,
        }
    }
}

/// Which heading means what. A `*` at the beginning or end of a heading in `left-out` or `persons` stands
/// for anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Headings {
    /// When.
    pub day: Option<OneOf>,
    /// How much.
    pub amount: Option<OneOf>,
    /// Of which thing.
    pub item: Option<OneOf>,
    /// Counted in what.
    pub unit: Option<OneOf>,
    /// In which currency, for money.
    pub currency: Option<OneOf>,
    /// Where.
    pub place: Option<OneOf>,
    /// For what, out of the charter's list.
    pub category: Option<OneOf>,
    /// The row's own name, which tells two rows apart that are otherwise equal.
    pub id: Option<OneOf>,
    /// Free text, joined in this order.
    #[serde(default)]
    pub notes: Vec<String>,
    /// One column a thing: these, or `"rest"` for all that have no other meaning.
    pub items: Option<OneOf>,
    /// What the things of a row add up to; checked.
    pub total: Option<OneOf>,
    /// Names and addresses of persons: dropped, and never to be found in a note.
    #[serde(default)]
    pub persons: Vec<String>,
    /// Not of use.
    #[serde(default)]
    pub left_out: Vec<String>,
}

/// How a column tells the direction. Capitals make no difference.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ByColumn {
    /// The column.
    pub column: OneOf,
    /// What it says of things that came in.
    #[serde(rename = "in", default)]
    pub came_in: Vec<String>,
    /// What it says of things that went out.
    #[serde(default)]
    pub out: Vec<String>,
    /// What it says of things that were there when the records began.
    #[serde(default)]
    pub opening: Vec<String>,
}

/// What is the same for every row that does not say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fixed {
    /// When, as 2025-12-31.
    pub day: Option<String>,
    /// Of which thing.
    pub item: Option<String>,
    /// Counted in what.
    pub unit: Option<String>,
    /// In which currency.
    pub currency: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// For what.
    pub category: Option<String>,
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// What is wrong with it, with its line, in the words of the TOML reader.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_read() {
        let text = "
            rows = 'by-column'
            dates = 'dmy'
            decimal = 'comma'
            [columns]
            day = ['Fecha', 'Date']
            amount = 'Cantidad'
            [direction]
            column = 'Tipo'
            in = ['Entrada']
            out = ['Salida']
            [fixed]
            unit = 'kg'
            [rename]
            'Arroz blanco' = 'rice'
        ";
        let mapping = Mapping::parse(text).unwrap();
        assert_eq!(mapping.rows, Rows::ByColumn);
        assert_eq!((mapping.dates, mapping.decimal), (Some(Order::Dmy), Some(Sign::Comma)));
        assert_eq!(mapping.columns.day.unwrap().headings(), ["Fecha", "Date"]);
        assert_eq!(mapping.direction.unwrap().came_in, ["Entrada"]);
        assert_eq!(mapping.fixed.unit.as_deref(), Some("kg"));
    }

    #[test]
    fn a_slip_of_the_pen_is_told_with_its_line() {
        let error = Mapping::parse("rows = 'in'\n[columns]\namout = 'x'\n").unwrap_err();
        assert!(error.contains("amout") && error.contains("line 3"), "{error}");
        assert!(Mapping::parse("dates = 'ymd'").unwrap_err().contains("ymd"));
    }
}
