//! The nonce of an imported entry: the same for the same row each time, so that a row that stands in the
//! log is known again whoever imports it. Never hash a name or free text here: a hash of something short
//! can be guessed (`docs/decisions/import-nonces.md`).

use super::draft::{Direction, Draft, Thing};
use lifeboat_log::{Nonce, Position};
use std::collections::{BTreeMap, BTreeSet};

const CONTEXT: &str = "lifeboat/import-nonce/v1";

/// The drafts that are new, each with its nonce, and where the others stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sorted {
    /// New, in the order given.
    pub new: Vec<(Draft, Nonce)>,
    /// Where the others stand in the log; nothing for those that still wait in the outbox.
    pub known: Vec<Option<Position>>,
}

/// The nonces of entries that are in the log (with their positions) or in the outbox.
pub type Placed = BTreeMap<[u8; 16], Option<Position>>;

/// Sorts drafts into new ones and those whose nonce is known. With `again`, a draft whose row is known is
/// new all the same: it gets the next nonce that is free.
pub fn sort(drafts: Vec<Draft>, placed: &Placed, again: bool) -> Sorted {
    let mut counts: BTreeMap<[u8; 32], u32> = BTreeMap::new();
    let mut sorted = Sorted { new: Vec::with_capacity(drafts.len()), known: Vec::new() };
    let mut used = BTreeSet::new();
    for draft in drafts {
        let says = says(&draft);
        let count = counts.entry(*blake3::hash(&says).as_bytes()).or_insert(0);
        let mut nonce = nonce(&says, *count);
        while again && (placed.contains_key(&nonce) || used.contains(&nonce)) {
            *count += 1;
            nonce = self::nonce(&says, *count);
        }
        *count += 1;
        match placed.get(&nonce) {
            Some(at) => sorted.known.push(*at),
            None => {
                used.insert(nonce);
                sorted.new.push((draft, Nonce(nonce)));
            }
        }
    }
    sorted
}

fn nonce(says: &[u8], count: u32) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(says).update(&count.to_le_bytes());
    let mut nonce = [0; 16];
    hasher.finalize_xof().fill(&mut nonce);
    nonce
}

/// What a row says in public, in one form of bytes.
fn says(draft: &Draft) -> Vec<u8> {
    let direction = match draft.direction {
        Direction::Opening => 0_u8,
        Direction::In => 1,
        Direction::Out => 2,
    };
    let mut bytes = vec![direction];
    bytes.extend(draft.amount.millionths().to_le_bytes());
    let day = draft.day.map_or(u32::MAX, |day| day.0);
    bytes.extend(day.to_le_bytes());
    let (sort, name, unit) = match &draft.thing {
        Thing::Money { currency } => (0_u8, currency.as_str(), ""),
        Thing::Goods { item, unit } => (1, item.as_str(), unit.as_str()),
    };
    bytes.push(sort);
    for text in [name, unit, draft.id.as_deref().unwrap_or_default()] {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_commons::Amount;

    fn draft(item: &str, note: &str) -> Draft {
        Draft {
            line: 2,
            direction: Direction::In,
            amount: Amount::from_millionths(5),
            thing: Thing::Goods { item: item.into(), unit: "kg".into() },
            day: None,
            place: None,
            category: None,
            note: Some(note.into()),
            id: None,
        }
    }

    fn placed(sorted: &Sorted) -> Placed {
        sorted.new.iter().enumerate().map(|(at, (_, nonce))| (nonce.0, Some(Position(at as u64)))).collect()
    }

    #[test]
    fn a_row_that_stands_in_the_log_is_known_again() {
        let rows = vec![draft("rice", "a"), draft("rice", "b"), draft("beans", "a")];
        let first = sort(rows.clone(), &Placed::new(), false);
        assert_eq!(first.new.len(), 3);
        let second = sort(rows.clone(), &placed(&first), false);
        assert_eq!((second.new.len(), second.known.len()), (0, 3));
        let grown = sort([rows, vec![draft("rice", "c")]].concat(), &placed(&first), false);
        assert_eq!((grown.new.len(), grown.known.len()), (1, 3));
        assert_eq!(grown.new[0].0.note.as_deref(), Some("c"));
    }

    #[test]
    fn equal_rows_have_different_nonces_and_again_means_again() {
        let rows = vec![draft("rice", "a"), draft("rice", "a")];
        let first = sort(rows.clone(), &Placed::new(), false);
        let mut all = placed(&first);
        let second = sort(rows, &all, true);
        assert_eq!((second.new.len(), second.known.len()), (2, 0));
        all.extend(placed(&second));
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn the_nonce_is_frozen() {
        let sorted = sort(vec![draft("rice", "whatever")], &Placed::new(), false);
        let hex: String = sorted.new[0].1.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "e18003485114a2911f37bd083b88b8a3");
    }
}
