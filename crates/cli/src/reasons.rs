//! Why an entry has no effect, in the person's language: the catalogue has a text for each reason, by the
//! name that it has in the rules. One from a newer home keeps that home's words.

use crate::text::Arg;
use crate::ui::plain;
use crate::{reference, text};
use lifeboat_commons::{Reason, State, Thing};
use lifeboat_log::Position;

/// Reasons that say another one, by whose name they go.
const OTHERS: [&str; 2] = ["Inadmissible", "Body"];

/// The reason, as a sentence.
pub fn text(reason: &Reason) -> String {
    match reason {
        Reason::AlreadyCorrected { by } => text!("void-AlreadyCorrected", by = reference::short(*by)),
        Reason::NotEnough { held } => text!("void-NotEnough", held = held.to_string()),
        Reason::MoreThanOpen { open } => text!("void-MoreThanOpen", open = open.to_string()),
        Reason::OtherTerm { next } => text!("void-OtherTerm", next = *next),
        Reason::MorePapers { most } => text!("void-MorePapers", most = *most),
        Reason::BadQuorum { least, most } => text!("void-BadQuorum", least = *least, most = *most),
        Reason::TooFewEndorse { given, of } => text!("void-TooFewEndorse", given = *given, of = *of),
        other => {
            let id = format!("void-{}", name(other));
            text::find(&id, Vec::<(&'static str, Arg)>::new()).unwrap_or_else(|| other.to_string())
        }
    }
}

/// What to do next, where that is known; else where to look.
pub fn hint(reason: &Reason) -> String {
    let id = format!("void-hint-{}", name(reason));
    text::find(&id, Vec::<(&'static str, Arg)>::new()).unwrap_or_else(|| text!("would-be-void-hint"))
}

/// Why the entry at this position has no effect; `said` is how the home said it, if it has none.
pub fn of(state: &State, at: Position, said: Option<&String>) -> Option<String> {
    let effect = state.effect(at);
    said.map(|said| effect.as_ref().and_then(|effect| effect.reason()).map_or_else(|| said.clone(), text))
}

/// The name of a reason in the rules: the innermost one, where one says another.
fn name(reason: &Reason) -> String {
    let written = format!("{reason:?}");
    let says_another = |name: &str| OTHERS.contains(&name);
    let inner = written.split_once('(').filter(|(name, _)| says_another(name)).map(|(_, inner)| inner);
    inner.unwrap_or(&written).chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// Where to look for more of a thing: money is no stock, and what was written in another number (1 tent,
/// 3 tents) is another thing.
pub fn hint_at_stock(state: &State, thing: &Thing) -> Option<String> {
    let Thing::Goods { item, .. } = thing else { return Some(text!("not-enough-money-hint")) };
    let item = item.as_str();
    let alike = |other: &str| {
        let (short, long) = if item.len() < other.len() { (item, other) } else { (other, item) };
        item != other && long.starts_with(short) && long.len() - short.len() <= 2
    };
    let mut stock = state.ledger().stock().filter(|(_, _, _, held)| held.is_positive());
    let (other, ..) = stock.find(|(other, ..)| alike(other.as_str()))?;
    Some(text!("not-enough-alike-hint", item = plain(item), other = plain(other.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_commons::{BadBody, Inadmissible};

    /// The sources of the enumerations whose values are reasons.
    const SOURCES: [&str; 2] =
        [include_str!("../../commons/src/effect.rs"), include_str!("../../commons/src/body.rs")];

    #[test]
    fn a_refusal_says_what_to_do_where_that_is_known() {
        assert!(hint(&Reason::NeedsDecision).contains("lifeboat propose"));
        assert!(hint(&Reason::Inadmissible(Inadmissible::OverQuota)).contains("lifeboat charter"));
        assert!(hint(&Reason::DrawOpen).contains("lifeboat status"), "where nothing better is known");
    }

    #[test]
    fn every_hint_belongs_to_a_reason() {
        let catalogue = include_str!("../text/en/reasons.ftl");
        let hints = catalogue.lines().filter_map(|line| line.strip_prefix("void-hint-"));
        let hints: Vec<&str> = hints.filter_map(|line| line.split_once(" =").map(|(name, _)| name)).collect();
        assert!(!hints.is_empty());
        for hint in hints {
            let text = format!("\nvoid-{hint} =");
            assert!(catalogue.contains(&text), "no reason is called {hint}");
        }
    }

    #[test]
    fn every_reason_has_a_text() {
        let mut count = 0;
        for list in ["Reason", "Inadmissible", "BadBody"] {
            let begins = format!("pub enum {list} {{");
            let source = SOURCES.iter().find_map(|source| source.split_once(&begins)).unwrap().1;
            let body = source.split_once("\n}").unwrap().0;
            for line in body.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     ")) {
                let name: String = line.trim().chars().take_while(char::is_ascii_alphanumeric).collect();
                // What is wrong with a decision, a budget or a ballot is said by the rules themselves.
                let said_there = ["Decision", "Budget", "BadRing"].contains(&name.as_str());
                if name.is_empty() || said_there || OTHERS.contains(&name.as_str()) {
                    continue;
                }
                let id = format!("void-{name} = ");
                let has = include_str!("../text/en/reasons.ftl").lines().any(|text| text.starts_with(&id));
                assert!(has, "text/en/reasons.ftl lacks a line that begins with {id}");
                count += 1;
            }
        }
        assert!(count > 50, "{count}");
    }

    #[test]
    fn a_reason_is_named_by_its_innermost_name() {
        let inner = Reason::Inadmissible(Inadmissible::NotAMember);
        assert_eq!(name(&inner), "NotAMember");
        assert_eq!(name(&Reason::Body(BadBody::BadPowers)), "BadPowers");
        assert_eq!(name(&Reason::AlreadyCorrected { by: Position(7) }), "AlreadyCorrected");
        assert_eq!(text(&inner), inner.to_string(), "English says what the rules say");
        assert!(text(&Reason::AlreadyCorrected { by: Position(7) }).contains("#7"));
    }
}
