//! Which column of a table plays which part: a mapping, held against the headings that are there.

use super::mapping::{Headings, Mapping, OneOf, Rows};
use super::persons::heading_is_personal;
use std::collections::{BTreeMap, BTreeSet};

/// The columns by the part they play, as places in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// When; the first that says something counts. So below.
    pub day: Vec<usize>,
    /// How much.
    pub amount: Vec<usize>,
    /// Of which thing.
    pub item: Vec<usize>,
    /// Counted in what.
    pub unit: Vec<usize>,
    /// In which currency.
    pub currency: Vec<usize>,
    /// Where.
    pub place: Vec<usize>,
    /// For what.
    pub category: Vec<usize>,
    /// The row's own name.
    pub id: Vec<usize>,
    /// Which way.
    pub direction: Vec<usize>,
    /// What the things of a row add up to.
    pub total: Vec<usize>,
    /// Free text, in the mapping's order.
    pub notes: Vec<usize>,
    /// One column a thing.
    pub items: Vec<usize>,
    /// Only rows that say one of these there are taken.
    pub only: Vec<(usize, Vec<String>)>,
    /// Dropped, because they hold names or addresses of persons.
    pub persons: Vec<usize>,
    /// Not of use.
    pub left_out: Vec<usize>,
}

/// Why a mapping does not fit a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadFit {
    /// None of these headings is there.
    Missing(Vec<String>),
    /// This heading stands over two columns, and one of them is meant.
    Twice(String),
    /// This column holds names or addresses of persons, and the mapping would put it into the log.
    Personal(String),
    /// Nothing says how much.
    NoAmount,
    /// Nothing says of what.
    NoThing,
    /// Nothing says which way.
    NoDirection,
}

/// The headings of a table, to be looked up whatever their capitals.
pub struct Known {
    places: BTreeMap<String, Vec<usize>>,
}

impl Known {
    /// These headings.
    pub fn new(headings: &[String]) -> Self {
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, heading) in headings.iter().enumerate() {
            places.entry(folded(heading)).or_default().push(at);
        }
        Self { places }
    }

    /// Whether this heading is there.
    pub fn has(&self, heading: &str) -> bool {
        self.places.contains_key(&folded(heading))
    }

    fn find(&self, heading: &str) -> Result<Option<usize>, BadFit> {
        match self.places.get(&folded(heading)).map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([at]) => Ok(Some(*at)),
            Some(_) => Err(BadFit::Twice(heading.to_owned())),
        }
    }

    /// The places of the headings that are there; none at all is a fault.
    fn any(&self, wanted: Option<&OneOf>) -> Result<Vec<usize>, BadFit> {
        let Some(wanted) = wanted else { return Ok(Vec::new()) };
        let found = self.each(wanted.headings())?;
        if found.is_empty() { Err(BadFit::Missing(wanted.headings().to_vec())) } else { Ok(found) }
    }

    fn each(&self, wanted: &[String]) -> Result<Vec<usize>, BadFit> {
        wanted.iter().filter_map(|heading| self.find(heading).transpose()).collect()
    }
}

fn folded(heading: &str) -> String {
    super::draft::squeeze(heading).to_lowercase()
}

/// Whether a heading is the one of a pattern, in which `*` at an end stands for anything.
fn matches(pattern: &str, heading: &str) -> bool {
    let (pattern, heading) = (folded(pattern), folded(heading));
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => heading.ends_with(end),
        (None, Some(start)) => heading.starts_with(start),
        (None, None) => pattern == heading,
    }
}

impl Columns {
    /// Holds a mapping against headings.
    ///
    /// # Errors
    /// [`BadFit`].
    pub fn fit(mapping: &Mapping, headings: &[String]) -> Result<Self, BadFit> {
        let known = Known::new(headings);
        let names = &mapping.columns;
        let by_column = mapping.direction.as_ref().filter(|_| mapping.rows == Rows::ByColumn);
        let mut columns = Self {
            day: known.any(names.day.as_ref())?,
            amount: known.any(names.amount.as_ref())?,
            item: optional(&known, names.item.as_ref(), names.currency.is_some())?,
            unit: optional(&known, names.unit.as_ref(), mapping.known_by_headings())?,
            currency: optional(&known, names.currency.as_ref(), names.item.is_some())?,
            place: optional(&known, names.place.as_ref(), mapping.known_by_headings())?,
            category: optional(&known, names.category.as_ref(), mapping.known_by_headings())?,
            id: optional(&known, names.id.as_ref(), mapping.known_by_headings())?,
            direction: known.any(by_column.map(|by| &by.column))?,
            total: optional(&known, names.total.as_ref(), mapping.known_by_headings())?,
            notes: known.each(&names.notes)?,
            ..Self::default()
        };
        for (heading, values) in &mapping.only {
            if let Some(at) = known.find(heading)? {
                columns.only.push((at, values.clone()));
            }
        }
        columns.share_out(names, headings, &known)?;
        columns.check(mapping, headings)?;
        Ok(columns)
    }

    fn named(&self) -> impl Iterator<Item = usize> {
        let singles = [&self.day, &self.amount, &self.item, &self.unit, &self.currency, &self.place];
        let others = [&self.category, &self.id, &self.direction, &self.total, &self.notes];
        let only = self.only.iter().map(|(at, _)| *at);
        singles.into_iter().chain(others).flatten().copied().chain(only)
    }

    /// Gives each column without a part one: persons, not of use, one of the things.
    fn share_out(&mut self, names: &Headings, headings: &[String], known: &Known) -> Result<(), BadFit> {
        let rest = matches!(&names.items, Some(OneOf::One(word)) if word == "rest");
        if let (Some(items), false) = (&names.items, rest) {
            for heading in items.headings() {
                let at = known.find(heading)?;
                self.items.push(at.ok_or_else(|| BadFit::Missing(vec![heading.clone()]))?);
            }
        }
        let taken: BTreeSet<usize> = self.named().chain(self.items.iter().copied()).collect();
        for (at, heading) in headings.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
            let listed = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, heading));
            if listed(&names.persons) || (heading_is_personal(heading) && !heading.is_empty()) {
                self.persons.push(at);
            } else if rest && !heading.is_empty() && !listed(&names.left_out) {
                self.items.push(at);
            } else {
                self.left_out.push(at);
            }
        }
        Ok(())
    }

    fn check(&self, mapping: &Mapping, headings: &[String]) -> Result<(), BadFit> {
        let public = [&self.item, &self.unit, &self.place, &self.category, &self.notes, &self.items];
        let listed =
            |heading: &String| mapping.columns.persons.iter().any(|pattern| matches(pattern, heading));
        for heading in public.into_iter().flatten().filter_map(|at| headings.get(*at)) {
            if heading_is_personal(heading) || listed(heading) {
                return Err(BadFit::Personal(heading.clone()));
            }
        }
        let thing = !self.item.is_empty() || !self.currency.is_empty() || !self.items.is_empty();
        if self.amount.is_empty() && self.items.is_empty() {
            return Err(BadFit::NoAmount);
        }
        if !thing && mapping.fixed.item.is_none() && mapping.fixed.currency.is_none() {
            return Err(BadFit::NoThing);
        }
        if mapping.rows == Rows::ByColumn && self.direction.is_empty() {
            return Err(BadFit::NoDirection);
        }
        Ok(())
    }
}

/// As [`Known::any`], but none at all is a fault only where `may_lack` is not.
fn optional(known: &Known, wanted: Option<&OneOf>, may_lack: bool) -> Result<Vec<usize>, BadFit> {
    match known.any(wanted) {
        Err(BadFit::Missing(_)) if may_lack => Ok(Vec::new()),
        other => other,
    }
}

impl Mapping {
    /// Whether it is a preset, which fits tables that lack a column of lesser importance.
    fn known_by_headings(&self) -> bool {
        !self.known_by.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(mapping: &str, headings: &str) -> Result<Columns, BadFit> {
        let headings: Vec<String> = headings.split(',').map(str::to_owned).collect();
        Columns::fit(&Mapping::parse(mapping).unwrap(), &headings)
    }

    #[test]
    fn a_column_plays_one_part() {
        let mapping = "[columns]\nday = 'date'\nitems = 'rest'\nleft-out = ['total *']\nnotes = ['note']";
        let columns = fit(mapping, "Date,Name,Note,Total value,Rice,,Beans").unwrap();
        assert_eq!((columns.day, columns.persons, columns.notes), (vec![0], vec![1], vec![2]));
        assert_eq!((columns.left_out, columns.items), (vec![3, 5], vec![4, 6]));
    }

    #[test]
    fn what_does_not_fit_says_why() {
        let simple = "[columns]\namount = 'Amount'\nitem = 'Item'";
        assert_eq!(fit(simple, "Amount,Thing"), Err(BadFit::Missing(vec!["Item".into()])));
        assert_eq!(fit(simple, "Amount,Item,amount"), Err(BadFit::Twice("Amount".into())));
        assert_eq!(fit("[columns]\nitem = 'Item'", "Item"), Err(BadFit::NoAmount));
        assert_eq!(fit("[columns]\namount = 'A'", "A,B"), Err(BadFit::NoThing));
        let by = "rows = 'by-column'\n[columns]\namount = 'A'\nitem = 'B'";
        assert_eq!(fit(by, "A,B"), Err(BadFit::NoDirection));
        let personal = "[columns]\namount = 'A'\nitem = 'B'\nnotes = ['Donor name']";
        assert_eq!(fit(personal, "A,B,Donor name"), Err(BadFit::Personal("Donor name".into())));
        let own_words = "[columns]\namount = 'A'\nitem = 'B'\nnotes = ['Quién']\npersons = ['Quién']";
        assert_eq!(fit(own_words, "A,B,Quién"), Err(BadFit::Personal("Quién".into())));
    }
}
