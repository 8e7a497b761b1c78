//! Why a file cannot be imported at all, as a failure with what to do next.

use super::columns::BadFit;
use super::limits::{MAX_COLUMNS, MAX_DRAFTS, MAX_ROWS};
use super::mapping::Waits;
use super::plan::Doubt;
use super::sheet::BadSheet;
use super::{Refused, preset};
use crate::error::Failure;
use crate::text;
use crate::ui::plain;

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Sheet(bad) => sheet(&bad),
            Refused::NoSuchPreset(name) => Self::usage(text!("import-no-preset", name = name))
                .hint(text!("import-presets", names = names())),
            Refused::Unknown(headings) => Self::usage(text!("import-unknown", headings = listed(&headings)))
                .hint(text!("import-unknown-hint", names = names())),
            Refused::Waits(Waits::Loans) => Self::new(text!("import-loans")).hint(text!("import-loans-hint")),
            Refused::Fit(bad) => fit(bad),
            Refused::Doubt(doubt) => self::doubt(&doubt),
            Refused::FixedDay(day) => Self::usage(text!("import-fixed-day", day = plain(&day))),
            Refused::TooManyDrafts => {
                Self::usage(text!("import-too-many", most = MAX_DRAFTS)).hint(text!("import-split-hint"))
            }
        }
    }
}

fn sheet(bad: &BadSheet) -> Failure {
    match bad {
        BadSheet::NotText(line) => {
            Failure::usage(text!("import-not-text", line = *line)).hint(text!("import-not-text-hint"))
        }
        BadSheet::Empty => Failure::usage(text!("import-empty")),
        BadSheet::TooManyRows => {
            Failure::usage(text!("import-too-many-rows", most = MAX_ROWS)).hint(text!("import-split-hint"))
        }
        BadSheet::TooManyColumns => Failure::usage(text!("import-too-many-columns", most = MAX_COLUMNS)),
    }
}

fn fit(bad: BadFit) -> Failure {
    let failure = match bad {
        BadFit::Missing(headings) => Failure::usage(text!("import-missing", headings = listed(&headings))),
        BadFit::Twice(heading) => Failure::usage(text!("import-twice", heading = plain(&heading))),
        BadFit::Personal(heading) => Failure::usage(text!("import-personal", heading = plain(&heading))),
        BadFit::NoAmount => Failure::usage(text!("import-no-amount")),
        BadFit::NoThing => Failure::usage(text!("import-no-item")),
        BadFit::NoDirection => Failure::usage(text!("import-no-direction-column")),
    };
    failure.hint(text!("import-mapping-hint"))
}

fn doubt(doubt: &Doubt) -> Failure {
    match doubt {
        Doubt::Date { line, cell } => {
            Failure::usage(text!("import-doubt-date", line = *line, cell = plain(cell)))
                .hint(text!("import-dates-hint"))
        }
        Doubt::MixedDates => Failure::usage(text!("import-mixed-dates")).hint(text!("import-dates-hint")),
        Doubt::Number { line, cell } => {
            Failure::usage(text!("import-doubt-number", line = *line, cell = plain(cell)))
                .hint(text!("import-decimal-hint"))
        }
        Doubt::MixedNumbers => {
            Failure::usage(text!("import-mixed-numbers")).hint(text!("import-decimal-hint"))
        }
    }
}

fn names() -> String {
    let names: Vec<&str> = preset::all()
        .iter()
        .filter(|preset| preset.mapping.waits.is_none())
        .map(|preset| preset.name)
        .collect();
    names.join(", ")
}

/// Headings as they stand in a file, between commas.
pub fn listed(headings: &[String]) -> String {
    let named = headings.iter().filter(|heading| !heading.is_empty()).map(|heading| plain(heading));
    named.collect::<Vec<_>>().join(", ")
}
