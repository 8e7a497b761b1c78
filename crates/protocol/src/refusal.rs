//! A refusal: the name of what was wrong, for programs, and a sentence that says what to do next, for
//! people. A name that this version does not know is kept and shown.

use crate::limits::{MAX_REFUSAL_NAME, MAX_REFUSAL_TEXT};
use bincode::{Decode, Encode};
use lifeboat_log::codec::Text;
use std::fmt;

/// Why a peer does not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Refusal {
    name: Text<MAX_REFUSAL_NAME>,
    text: Text<MAX_REFUSAL_TEXT>,
}

/// When it makes sense to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Soon: the peer is busy, or another peer is the right one.
    Soon,
    /// Later: something has to happen first (a vouch, a detail that arrives, a person's decision).
    Later,
    /// Never: the same bytes will be refused for ever.
    Never,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $constant:ident = $name:literal, $again:ident, $text:literal;)*) => {
        impl Refusal {
            $($(#[$doc])* pub const $constant: &'static str = $name;)*

            fn known(name: &str) -> Option<(&'static str, Again)> {
                match name {
                    $($name => Some(($text, Again::$again)),)*
                    _ => None,
                }
            }
        }
    };
}

refusals! {
    /// The queue is full.
    BUSY = "Busy", Soon, "the keeper has more entries waiting than it can take: offer it again in a moment";
    /// This node does not keep the cell's log and cannot reach the one that does.
    NOT_KEEPER = "NotKeeper", Soon, "this node does not keep the cell's log: offer it to the keeper's node";
    /// The disk failed and the log is being opened again.
    STORE_FAILED = "StoreFailed", Soon, "the keeper could not write to its disk: offer it again in a moment";
    /// The node does not follow the cell.
    NOT_FOLLOWED = "NotFollowed", Later, "this node does not follow that cell: ask a node that does";
    /// The bytes are no valid entry.
    NOT_VALID = "NotValid", Never, "not a valid entry: sign it again";
    /// The entry is for another cell.
    WRONG_CELL = "WrongCell", Never, "an entry for another cell: deliver it there";
    /// A detail of the entry is missing or is not the one that it names.
    MISSING_DETAILS = "MissingDetails", Later, "an entry is placed with all its details in hand: send them with it";
    /// The entry is longer than a record has room for.
    TOO_LONG = "TooLong", Never, "an entry longer than a record has room for: say it in several";
    /// The rules do not admit the entry now.
    NOT_ADMISSIBLE = "NotAdmissible", Later, "the cell's rules do not admit this entry now";
    /// The asker asks for more than this node has.
    NOT_HELD = "NotHeld", Later, "this node does not hold that part of the log: ask another";
    /// The invite is not known here, was used, or is over.
    NO_INVITE = "NoInvite", Never, "this invite was used, is over, or is not known here: ask for a new one";
    /// Too many requests.
    TOO_MANY = "TooMany", Soon, "too many requests: ask again in a moment";
    /// A request that this version does not know.
    UNKNOWN_REQUEST = "UnknownRequest", Later, "this node does not know that request: it may be an older version";
    /// The node cannot keep the cell's next term.
    NOT_READY = "NotReady", Later, "that home does not keep this cell's log: its member must first let its node do so";
    /// Only a later term, an older cell: the keeper stopped keeping.
    NO_TERM = "NoTerm", Later, "this node holds no open term of the cell: sync first";
}

impl Refusal {
    /// The refusal with this name (one of the constants) and its own sentence.
    pub fn new(name: &str) -> Self {
        let text = Self::known(name).map_or("refused", |(text, _)| text);
        Self::with_text(name, text)
    }

    /// The refusal with this name and another sentence; both are cut to their bounds.
    pub fn with_text(name: &str, text: &str) -> Self {
        Self { name: fit(name), text: fit(text) }
    }

    /// The name, for programs.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The sentence, for people.
    pub fn text(&self) -> &str {
        self.text.as_str()
    }

    /// When it makes sense to ask again; later, for a name from a newer version.
    pub fn again(&self) -> Again {
        Self::known(self.name()).map_or(Again::Later, |(_, again)| again)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The text without control characters, cut at a character's edge to its bound.
fn fit<const MAX: usize>(text: &str) -> Text<MAX> {
    let mut kept = String::new();
    for character in text.chars().filter(|c| !c.is_control()) {
        if kept.len() + character.len_utf8() > MAX {
            break;
        }
        kept.push(character);
    }
    Text::new(kept).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_name_has_a_sentence_that_says_what_to_do() {
        let busy = Refusal::new(Refusal::BUSY);
        assert_eq!((busy.name(), busy.again()), ("Busy", Again::Soon));
        assert!(busy.to_string().contains("again in a moment"));
        assert_eq!(Refusal::with_text("FromTheFuture", "x").again(), Again::Later);
    }

    proptest! {
        #[test]
        fn any_text_fits(name in ".{0,80}", text in ".{0,700}") {
            let refusal = Refusal::with_text(&name, &text);
            prop_assert!(refusal.name().len() <= MAX_REFUSAL_NAME);
            prop_assert!(refusal.text().len() <= MAX_REFUSAL_TEXT);
            let bytes = lifeboat_log::codec::encode(&refusal);
            prop_assert_eq!(lifeboat_log::codec::decode::<Refusal>(&bytes), Ok(refusal));
        }
    }
}
