//! Reading a `.pb` file. Everything that would change a result is an error with its line; what does not
//! (other columns, age, sex, the votes that the file counted itself) is passed over.

use super::super::{Ballots, Election, Project, Unfit};
use super::number::Decimal;
use super::table::{Row, rows};
use super::{File, Miscount};
use crate::limits::MAX_PB_FILE;
use std::collections::BTreeMap;

/// Why bytes are not a Pabulib file that can be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// It is too long.
    #[error("a Pabulib file has at most {MAX_PB_FILE} bytes here")]
    TooLong,
    /// It is not UTF-8.
    #[error("the file is not in UTF-8: save it again in that encoding")]
    NotUtf8,
    /// A table is missing.
    #[error("the file has no part {0}")]
    NoTable(&'static str),
    /// `META` lacks something.
    #[error("the part META does not say {0}")]
    NoMeta(&'static str),
    /// A table has no column of this name.
    #[error("the part {table} has no column {column}")]
    NoColumn {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A kind of ballot that is not known.
    #[error("vote_type is {0}; known are approval, choose-1, cumulative, scoring and ordinal")]
    VoteType(String),
    /// A number that is none.
    #[error("line {line}: {text} is no number, or has more than 12 digits before or 6 after the point")]
    NotANumber {
        /// The line.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// A sum below zero.
    #[error("line {line}: a sum of money below zero")]
    BelowZero {
        /// The line.
        line: usize,
    },
    /// A vote for a project that is not listed.
    #[error("line {line}: a vote for project {name}, which is not listed")]
    NoSuchProject {
        /// The line.
        line: usize,
        /// The project.
        name: String,
    },
    /// Not as many points as projects.
    #[error("line {line}: not as many points as projects")]
    Points {
        /// The line.
        line: usize,
    },
    /// It does not hold together.
    #[error("{0}")]
    Unfit(#[from] Unfit),
}

/// Reads a `.pb` file.
///
/// # Errors
/// [`BadFile`], with the line where there is one.
pub fn read(bytes: &[u8]) -> Result<File, BadFile> {
    if bytes.len() > MAX_PB_FILE {
        return Err(BadFile::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| BadFile::NotUtf8)?;
    let tables = Tables::of(rows(text.strip_prefix('\u{feff}').unwrap_or(text)));
    let meta: Vec<(String, String)> = tables.meta.iter().filter_map(pair).collect();
    let said = |key: &'static str| {
        let found = meta.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.as_str()).ok_or(BadFile::NoMeta(key))
    };
    let kind = kind(said("vote_type")?)?;
    let budget_line = tables.meta.iter().find(|row| row.fields[0] == "budget").map_or(1, |row| row.line);
    let budget = money(said("budget")?, budget_line)?;
    let Listed { ids, costs, titles, selected } = projects(&tables.projects)?;
    let digits = costs.iter().chain([&budget]).map(|sum| sum.digits()).max().unwrap_or(0);
    let units = |sum: Decimal| u128::try_from(sum.units(digits)).unwrap_or(0); // none is below zero
    let listed = ids.iter().zip(&costs).map(|(id, cost)| Project { name: id.clone(), cost: units(*cost) });
    let mut election = Election::new(units(budget), 10_u128.pow(digits), kind, listed.collect())?;
    let point_digits = votes(&tables.votes, &ids, &mut election)?;
    let counts = [("num_projects", ids.len() as u64), ("num_votes", election.cast())];
    let miscounts = counts.into_iter().filter_map(|(what, has)| miscount(&meta, what, has)).collect();
    let own = ["vote_type", "budget", "num_projects", "num_votes"];
    let meta = meta.into_iter().filter(|(key, _)| !own.contains(&key.as_str())).collect();
    Ok(File { election, digits, meta, titles, selected, point_digits, miscounts })
}

/// The three tables, each without its line of headings but with where its columns are.
#[derive(Default)]
struct Tables {
    meta: Vec<Row>,
    projects: Vec<Row>,
    votes: Vec<Row>,
}

impl Tables {
    fn of(rows: Vec<Row>) -> Self {
        let mut tables = Self::default();
        let mut into: Option<&mut Vec<Row>> = None;
        for row in rows {
            let heading = if row.fields.len() == 1 || row.fields[1..].iter().all(String::is_empty) {
                row.fields[0].to_ascii_lowercase()
            } else {
                String::new()
            };
            match heading.as_str() {
                "meta" => into = Some(&mut tables.meta),
                "projects" => into = Some(&mut tables.projects),
                "votes" => into = Some(&mut tables.votes),
                _ => into.iter_mut().for_each(|table| table.push(row.clone())),
            }
        }
        tables
    }
}

fn pair(row: &Row) -> Option<(String, String)> {
    Some((row.fields[0].clone(), row.fields.get(1)?.clone())).filter(|(key, _)| key != "key")
}

fn kind(text: &str) -> Result<Ballots, BadFile> {
    match text.to_ascii_lowercase().as_str() {
        "approval" => Ok(Ballots::Approval),
        "choose-1" => Ok(Ballots::ChooseOne),
        "cumulative" => Ok(Ballots::Cumulative),
        "scoring" => Ok(Ballots::Scoring),
        "ordinal" => Ok(Ballots::Ordinal),
        other => Err(BadFile::VoteType(other.to_owned())),
    }
}

fn money(text: &str, line: usize) -> Result<Decimal, BadFile> {
    let number = Decimal::read(text).ok_or_else(|| BadFile::NotANumber { line, text: text.to_owned() })?;
    if number.units(0) < 0 { Err(BadFile::BelowZero { line }) } else { Ok(number) }
}

fn column(rows: &[Row], table: &'static str, column: &'static str) -> Result<usize, BadFile> {
    let headings = rows.first().ok_or(BadFile::NoTable(table))?;
    let found = headings.fields.iter().position(|heading| heading == column);
    found.ok_or(BadFile::NoColumn { table, column })
}

fn cell(row: &Row, at: usize) -> &str {
    let text = row.fields.get(at).map_or("", String::as_str);
    if text.eq_ignore_ascii_case("none") { "" } else { text }
}

/// The projects, column by column.
#[derive(Default)]
struct Listed {
    ids: Vec<String>,
    costs: Vec<Decimal>,
    titles: Vec<String>,
    selected: Option<Vec<usize>>,
}

fn projects(rows: &[Row]) -> Result<Listed, BadFile> {
    let cost = column(rows, "PROJECTS", "cost")?;
    let title = column(rows, "PROJECTS", "name").ok();
    let selected = column(rows, "PROJECTS", "selected").ok();
    let mut listed = Listed::default();
    for row in &rows[1..] {
        listed.ids.push(row.fields[0].clone());
        listed.costs.push(money(cell(row, cost), row.line)?);
        listed.titles.push(title.map_or(String::new(), |title| cell(row, title).to_owned()));
    }
    listed.selected = selected.map(|selected| {
        let is_selected = |(_, row): &(usize, &Row)| matches!(cell(row, selected), "1" | "True" | "true");
        rows[1..].iter().enumerate().filter(is_selected).map(|(at, _)| at).collect()
    });
    Ok(listed)
}

/// Counts the votes; gives how many digits after the point their points have.
fn votes(rows: &[Row], ids: &[String], election: &mut Election) -> Result<u32, BadFile> {
    let vote = column(rows, "VOTES", "vote")?;
    let have_points = election.ballots().have_points();
    let points = column(rows, "VOTES", "points").ok().filter(|_| have_points);
    if have_points && points.is_none() && rows[1..].iter().any(|row| !cell(row, vote).is_empty()) {
        return Err(BadFile::NoColumn { table: "VOTES", column: "points" });
    }
    let at: BTreeMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    let digits = match points {
        Some(points) => finest(&rows[1..], points)?,
        None => 0,
    };
    for row in &rows[1..] {
        let named = list(cell(row, vote));
        let given = points.map(|points| list(cell(row, points)));
        // A ballot without points is empty, whatever it names.
        let named = if given.as_ref().is_some_and(Vec::is_empty) { Vec::new() } else { named };
        if given.as_ref().is_some_and(|given| given.len() != named.len()) {
            return Err(BadFile::Points { line: row.line });
        }
        let mut choices = Vec::with_capacity(named.len());
        for (place, name) in named.iter().enumerate() {
            let missing = || BadFile::NoSuchProject { line: row.line, name: (*name).to_owned() };
            let project = *at.get(name).ok_or_else(missing)?;
            let points = match &given {
                Some(given) => units(given[place], digits, row.line)?,
                None => place as i64 + 1, // the place in the order, where that is what ballots say
            };
            choices.push((project, points));
        }
        election.vote(&choices, 1)?;
    }
    Ok(digits)
}

fn list(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// How many digits after the point the finest points have.
fn finest(rows: &[Row], points: usize) -> Result<u32, BadFile> {
    let mut digits = 0;
    for row in rows {
        for text in list(cell(row, points)) {
            let bad = || BadFile::NotANumber { line: row.line, text: text.to_owned() };
            digits = digits.max(Decimal::read(text).ok_or_else(bad)?.digits());
        }
    }
    Ok(digits)
}

fn units(text: &str, digits: u32, line: usize) -> Result<i64, BadFile> {
    let number = Decimal::read(text).ok_or_else(|| BadFile::NotANumber { line, text: text.to_owned() })?;
    i64::try_from(number.units(digits)).map_err(|_| BadFile::Unfit(Unfit::TooManyPoints))
}

fn miscount(meta: &[(String, String)], what: &'static str, has: u64) -> Option<Miscount> {
    let (_, says) = meta.iter().find(|(key, _)| key == what)?;
    (says.parse() != Ok(has)).then(|| Miscount { what, says: says.clone(), has })
}
