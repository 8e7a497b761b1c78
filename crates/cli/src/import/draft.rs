//! What a row of a spreadsheet says, before anything is known of a cell: a draft of one entry of the
//! ledger. Names are written in one way, so that `Rice ` and `rice` are one stock.

use lifeboat_commons::{Amount, Day};
use std::collections::BTreeMap;

/// Which way something moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// It was there when the records began.
    Opening,
    /// It came in.
    In,
    /// It went out.
    Out,
}

/// Of what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// Goods.
    Goods {
        /// The name of the thing.
        item: String,
        /// What it is counted in; empty for pieces.
        unit: String,
    },
    /// Money.
    Money {
        /// The code of the currency.
        currency: String,
    },
}

/// One entry that a row asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The line of the file on which the row begins.
    pub line: u64,
    /// Which way it moved.
    pub direction: Direction,
    /// How much; more than zero.
    pub amount: Amount,
    /// Of what.
    pub thing: Thing,
    /// When, where the file says so.
    pub day: Option<Day>,
    /// Where, in the file's words.
    pub place: Option<String>,
    /// For what, in the file's words.
    pub category: Option<String>,
    /// Free text.
    pub note: Option<String>,
    /// The row's own name in the program that it comes from.
    pub id: Option<String>,
}

impl Draft {
    /// How much of what: `20 kg rice`, `40.00 EUR`.
    pub fn quantity(&self) -> String {
        quantity(self.amount, &self.thing)
    }
}

/// An amount of a thing, as people write it.
pub fn quantity(amount: Amount, thing: &Thing) -> String {
    match thing {
        Thing::Money { currency } => format!("{} {currency}", amount.money()),
        Thing::Goods { item, unit } if unit.is_empty() => format!("{amount} {item}"),
        Thing::Goods { item, unit } => format!("{amount} {unit} {item}"),
    }
}

/// Sums by direction and thing; nothing when a sum is too large for an amount.
pub type Totals = BTreeMap<(Direction, Thing), Option<Amount>>;

/// The sums of these drafts.
pub fn totals(drafts: &[Draft]) -> Totals {
    let mut sums = Totals::new();
    for draft in drafts {
        let sum = sums.entry((draft.direction, draft.thing.clone())).or_insert(Some(Amount::ZERO));
        *sum = sum.and_then(|sum| sum.checked_add(draft.amount));
    }
    sums
}

/// The text with one space between words and none around them.
pub fn squeeze(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether a cell of the table says nothing: empty, or one of the dashes that programs write instead.
pub fn says_nothing(text: &str) -> bool {
    matches!(text.trim(), "" | "-" | "–" | "—")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_in_one_way() {
        assert_eq!(squeeze("  Adult  Briefs\r\n (Large) \u{a0}"), "Adult Briefs (Large)");
        assert_eq!(squeeze(" \t"), "");
        assert!(says_nothing(" - ") && says_nothing("") && !says_nothing("0"));
    }

    #[test]
    fn a_sum_that_is_too_large_is_no_sum() {
        let thing = Thing::Money { currency: "EUR".into() };
        let draft = Draft {
            line: 2,
            direction: Direction::In,
            amount: Amount::from_millionths(i64::MAX),
            thing: thing.clone(),
            day: None,
            place: None,
            category: None,
            note: None,
            id: None,
        };
        let sums = totals(&[draft.clone(), draft]);
        assert_eq!(sums.get(&(Direction::In, thing)), Some(&None));
    }
}
