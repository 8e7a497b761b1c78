//! The charter's settings as people write and read them: `waiting-days=14`. What is typed here is one
//! statement, whether a lone founder signs it or a decision carries it.

use crate::error::{Failure, Outcome};
use crate::text;
use crate::ui::plain;
use lifeboat_commons::charter::{CharterChange, CharterText, Setting, Vouching};
use lifeboat_commons::ledger::Currency;
use lifeboat_commons::limits::MAX_RING;
use lifeboat_commons::{Charter, Common};
use lifeboat_log::codec::List;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The settings that can be typed: number, name, how it is read from a charter.
type Row = (u16, &'static str, fn(&Charter) -> String);

const ROWS: [Row; 25] = [
    (1, "name", |c| c.name.as_str().to_owned()),
    (2, "vouching", |c| format!("{},{},{}", c.vouching.first, c.vouching.until, c.vouching.then)),
    (3, "waiting-days", |c| c.waiting_days.to_string()),
    (4, "skew-seconds", |c| c.skew_seconds.to_string()),
    (5, "zone", |c| c.zone.as_str().to_owned()),
    (6, "currencies", |c| joined(c.currencies.iter().map(|code| code.as_str()))),
    (7, "k", |c| c.k.to_string()),
    (8, "witnesses", |c| c.witnesses.to_string()),
    (9, "quota", |c| c.quota.to_string()),
    (10, "placing-hours", |c| c.placing_hours.to_string()),
    (11, "places", |c| joined(c.places.values().map(|name| name.as_str()))),
    (12, "categories", |c| joined(c.categories.values().map(|name| name.as_str()))),
    (13, "notice-days", |c| c.notice_days.to_string()),
    (14, "notices", |c| c.notices.to_string()),
    (15, "grace-days", |c| c.grace_days.to_string()),
    (16, "attachments-mib", |c| c.blob_mib.to_string()),
    (20, "voting-hours", |c| c.voting_hours.to_string()),
    (21, "decision-quorum", |c| c.decision_quorum.to_string()),
    (22, "majority", |c| c.majority.to_string()),
    (23, "proxies", |c| c.proxies.to_string()),
    (30, "reviews", |c| c.reviews.to_string()),
    (31, "rounds-by-decision", |c| c.rounds_by_decision.to_string()),
    (35, "commitments", |c| c.commitments.to_string()),
    (36, "tellers", |c| c.tellers.to_string()),
    (40, "ring", |c| c.ring.to_string()),
];

/// Every setting with its value, in the order of their numbers.
pub fn rows(charter: &Charter) -> Vec<(&'static str, String)> {
    ROWS.iter().map(|(_, name, read)| (*name, plain(&read(charter)))).collect()
}

/// What changed settings say: `waiting-days = 14`.
pub fn changes(settings: &[Setting]) -> String {
    let words = |setting: &Setting| {
        let mut charter = Charter::default();
        let row = ROWS.iter().find(|(id, _, _)| *id == setting.id);
        match (row, charter.set(setting)) {
            (Some((_, name, read)), Ok(())) if setting.version == 1 => {
                format!("{name} = {}", plain(&read(&charter)))
            }
            _ => text!("setting-newer", number = setting.id),
        }
    };
    settings.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// The change of the charter that these words ask for, each `name=value`.
///
/// # Errors
/// When a name is unknown, a value cannot be read, or nothing would change.
pub fn change(charter: &Charter, words: &[String]) -> Outcome<CharterChange> {
    let mut changed = charter.clone();
    for word in words {
        let (name, value) = word.split_once('=').ok_or_else(|| unknown(word))?;
        set(&mut changed, name.trim(), value.trim())?;
    }
    let bad = |_| Failure::usage(text!("setting-unfit", value = plain(&words.join(" "))));
    let (old, new) = (charter.list().map_err(bad)?, changed.list().map_err(bad)?);
    let settings: Vec<Setting> = new.iter().filter(|setting| !old.contains(setting)).cloned().collect();
    if settings.is_empty() {
        return Err(Failure::usage(text!("setting-same")));
    }
    let settings = List::new(settings).ok_or_else(|| Failure::usage(text!("setting-same")))?;
    Ok(CharterChange { common: Common::default(), settings })
}

fn set(charter: &mut Charter, name: &str, value: &str) -> Outcome {
    let unfit = || Failure::usage(text!("setting-unfit", value = plain(value)));
    let words = || CharterText::new(value).ok_or_else(unfit);
    match name {
        "name" if value.is_empty() => return Err(Failure::usage(text!("name-unfit", name = value))),
        "name" => charter.name = words()?,
        "vouching" => {
            let numbers: Vec<u16> = value.split(',').filter_map(|n| n.trim().parse().ok()).collect();
            let [first, until, then] = numbers[..] else { return Err(unfit()) };
            charter.vouching = Vouching { first, until, then };
        }
        "waiting-days" => charter.waiting_days = number(name, value, 0..=366)?,
        "skew-seconds" => charter.skew_seconds = number(name, value, 0..=86_400)?,
        "zone" => {
            crate::day::zone(value).ok_or_else(unfit)?;
            charter.zone = words()?;
        }
        "currencies" => {
            let codes = value.split(',').map(|code| Currency::new(code.trim()).ok_or_else(unfit));
            charter.currencies = codes.collect::<Outcome<_>>()?;
        }
        "k" => charter.k = number(name, value, 0..=u16::MAX)?,
        "witnesses" => charter.witnesses = number(name, value, 0..=u16::MAX)?,
        "quota" => charter.quota = number(name, value, 1..=u32::MAX)?,
        "placing-hours" => charter.placing_hours = number(name, value, 0..=u16::MAX)?,
        "add-place" => charter.add_place(value).map(drop).ok_or_else(unfit)?,
        "add-category" => {
            let next = charter.categories.last_key_value().map_or(1, |(id, _)| id.saturating_add(1));
            charter.categories.insert(next, words()?);
        }
        "notice-days" => charter.notice_days = number(name, value, 7..=366)?,
        "notices" => charter.notices = number(name, value, 1..=u16::MAX)?,
        "grace-days" => charter.grace_days = number(name, value, 0..=60)?,
        "attachments-mib" => charter.blob_mib = number(name, value, 0..=u32::MAX)?,
        "voting-hours" => charter.voting_hours = number(name, value, 0..=366 * 24)?,
        "decision-quorum" => charter.decision_quorum = number(name, value, 0..=100)?,
        "majority" => charter.majority = number(name, value, 50..=100)?,
        "proxies" => charter.proxies = number(name, value, 0..=u16::MAX)?,
        "reviews" => charter.reviews = number(name, value, 1..=16)?,
        "rounds-by-decision" => charter.rounds_by_decision = value.parse().map_err(|_| unfit())?,
        "commitments" => charter.commitments = number(name, value, 1..=u16::MAX)?,
        "tellers" => charter.tellers = number(name, value, 1..=u16::MAX)?,
        "ring" => charter.ring = number(name, value, 2..=MAX_RING as u16)?,
        _ => return Err(unknown(name)),
    }
    Ok(())
}

fn number<N>(name: &str, value: &str, range: RangeInclusive<N>) -> Outcome<N>
where
    N: FromStr + PartialOrd + Display,
{
    let read = value.parse().ok().filter(|number| range.contains(number));
    read.ok_or_else(|| {
        let (from, to) = (range.start().to_string(), range.end().to_string());
        Failure::usage(text!("setting-range", name = name, from = from, to = to, value = plain(value)))
    })
}

fn unknown(word: &str) -> Failure {
    let typed =
        ROWS.iter().map(|(_, name, _)| *name).filter(|name| !matches!(*name, "places" | "categories"));
    let known: Vec<&str> = typed.chain(["add-place", "add-category"]).collect();
    Failure::usage(text!("setting-unknown", word = plain(word)))
        .hint(text!("setting-unknown-hint", known = known.join(", ")))
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Outcome<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        change(&Charter::default(), &words).map(|change| changes(&change.settings))
    }

    #[test]
    fn a_change_is_typed_and_reads_back() {
        assert_eq!(typed(&["waiting-days=14", "k = 0"]).unwrap(), "waiting-days = 14, k = 0");
        assert_eq!(typed(&["vouching=2,5,3"]).unwrap(), "vouching = 2,5,3");
        assert_eq!(
            typed(&["add-place=cellar", "currencies=EUR,USD"]).unwrap(),
            "currencies = EUR, USD, places = cellar"
        );
        for bad in [
            "waiting-days=x",
            "colour=red",
            "waiting-days",
            "k=1",
            "zone=Nowhere/At",
            "quota=-1",
            "name=",
            "ring=1",
            "ring=513",
        ] {
            assert!(typed(&[bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_row_is_a_setting() {
        let list = Charter::default().list().unwrap();
        for (id, name, read) in ROWS {
            let setting = list.iter().find(|setting| setting.id == id).unwrap();
            let value = plain(&read(&Charter::default()));
            assert_eq!(changes(std::slice::from_ref(setting)), format!("{name} = {value}"));
        }
    }
}
