//! How people name an entry and a person: `#5`, `5`, `#5-k3` and handles. A hash is never typed.

use crate::text;
use lifeboat_log::{EntryId, Position};

/// The 32 letters of an entry's mark, five bits each; no 0, 1, l or o, which look alike.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// The longest handle, in characters.
pub const MAX_HANDLE: usize = 24;

/// An entry as a person names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its place in the cell's log.
    pub position: Position,
    /// Two letters of its id, when the person gave them.
    pub mark: Option<String>,
}

/// The two letters that tell an entry from another that stood at the same place in a lost stretch of log.
pub fn mark(id: &EntryId) -> String {
    let number = u16::from(id.0[0]) << 8 | u16::from(id.0[1]);
    let letter = |shift: u32| char::from(LETTERS[usize::from(number >> shift & 31)]);
    [letter(11), letter(6)].iter().collect()
}

/// `#5`.
pub fn short(position: Position) -> String {
    format!("#{position}")
}

/// `#5-k3`.
pub fn precise(position: Position, id: &EntryId) -> String {
    format!("#{position}-{}", mark(id))
}

/// A number as it stands in a command that is to be typed: shells take what follows a `#` for a remark.
pub fn typed(number: &str) -> &str {
    number.trim().trim_start_matches('#')
}

/// Reads `5`, `#5` or `#5-k3`; the error is a sentence for a person.
///
/// # Errors
/// The sentence.
pub fn parse(written: &str) -> Result<Reference, String> {
    let unknown = || text!("reference-unknown", written = written);
    let rest = written.trim();
    let rest = rest.strip_prefix('#').unwrap_or(rest);
    let (number, mark) = match rest.split_once('-') {
        Some((number, mark)) => (number, Some(mark.to_lowercase())),
        None => (rest, None),
    };
    if number.is_empty() || !number.chars().all(|c| c.is_ascii_digit()) {
        return Err(unknown());
    }
    let position = number.parse().map(Position).map_err(|_| unknown())?;
    let letters_hold = |mark: &String| mark.len() == 2 && mark.bytes().all(|byte| LETTERS.contains(&byte));
    if mark.as_ref().is_some_and(|mark| !letters_hold(mark)) {
        return Err(unknown());
    }
    Ok(Reference { position, mark })
}

/// A handle in its one form: lower case, letters, digits, `-` and `_`, at most 24 characters.
///
/// # Errors
/// The sentence that says what a handle may be.
pub fn handle(written: &str) -> Result<String, String> {
    let handle = written.trim().trim_start_matches('@').to_lowercase();
    let fits = handle.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    let starts = handle.chars().next().is_some_and(char::is_alphabetic);
    if starts && fits && handle.chars().count() <= MAX_HANDLE {
        Ok(handle)
    } else {
        Err(text!("handle-unfit", written = written, most = MAX_HANDLE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_named_by_its_number() {
        for written in ["5", "#5", " #5 "] {
            assert_eq!(parse(written), Ok(Reference { position: Position(5), mark: None }));
        }
        let precise = parse("#5-K3").unwrap();
        assert_eq!(precise.mark.as_deref(), Some("k3"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for written in ["", "#", "five", "-5", "5-", "5-k", "5-o0", "5-k3x", "99999999999999999999"] {
            assert!(parse(written).is_err(), "{written}");
        }
    }

    #[test]
    fn a_mark_reads_back() {
        for seed in 0..=255u8 {
            let mut id = EntryId([seed; 32]);
            id.0[1] = seed.wrapping_mul(31);
            let written = precise(Position(7), &id);
            assert_eq!(parse(&written).unwrap().mark, Some(mark(&id)));
        }
    }

    #[test]
    fn a_handle_has_one_form() {
        assert_eq!(handle(" @Wren ").as_deref(), Ok("wren"));
        assert_eq!(handle("maría_2").as_deref(), Ok("maría_2"));
        for written in ["", "2x", "a b", "a\u{1b}[2J", &"x".repeat(25)] {
            assert!(handle(written).is_err(), "{written:?}");
        }
    }
}
