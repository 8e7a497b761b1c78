//! Words that two people read to each other, so that both know they speak of the same key. The list is
//! the English one of BIP-39: 2,048 words, each known by its first four letters.

use crate::context::Context;
use crate::error::Outcome;
use crate::text;
use crate::ui::Look;
use lifeboat_node::ask::Spoken;
use std::sync::LazyLock;

const ENGLISH: &str = include_str!("../text/words-en.txt");
/// Bits that one word of a list of 2,048 says.
const BITS: usize = 11;

static LIST: LazyLock<Vec<&'static str>> = LazyLock::new(|| ENGLISH.lines().collect());

/// Shows a newcomer what to read aloud, and to whom.
///
/// # Errors
/// Those of the terminal.
pub fn show(context: &mut Context, spoken: &Spoken) -> Outcome {
    context.ui.styled(Look::Strong, text!("join-words", words = of_numbers(&spoken.words)))?;
    if spoken.others != spoken.words {
        context.ui.line(text!("join-words-others", words = of_numbers(&spoken.others)))?;
    }
    Ok(())
}

/// The first `count` words that `bytes` say, 11 bits a word, highest bit first.
pub fn of_bytes(bytes: &[u8], count: usize) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1));
    let word = |n: usize| {
        let number = (n * BITS..(n + 1) * BITS).fold(0, |number, at| number << 1 | bit(at));
        LIST.get(number).copied().unwrap_or_default()
    };
    (0..count.min(bytes.len() * 8 / BITS)).map(word).collect::<Vec<_>>().join(" ")
}

/// The bytes that words say, 11 bits a word, highest bit first, whole bytes only; nothing when one is not in
/// the list. The first four letters of each are enough.
pub fn to_bytes(written: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut pending, mut held) = (Vec::new(), 0u32, 0);
    for word in written.split_whitespace() {
        let word = word.to_lowercase();
        let fits = |known: &&str| *known == word || (word.len() >= 4 && known.starts_with(&word));
        let number = LIST.iter().position(fits)?;
        pending = pending << BITS | number as u32;
        held += BITS;
        while held >= 8 {
            held -= 8;
            bytes.push((pending >> held) as u8);
            pending &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

/// The words of these numbers, each below 2,048.
pub fn of_numbers(numbers: &[u16]) -> String {
    let word = |number: &u16| LIST.get(usize::from(*number)).copied().unwrap_or_default();
    numbers.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_list_has_2048_words_known_by_four_letters() {
        assert_eq!(LIST.len(), 1 << BITS);
        let known: BTreeSet<&str> = LIST.iter().map(|word| &word[..word.len().min(4)]).collect();
        assert_eq!(known.len(), LIST.len());
    }

    #[test]
    fn bits_become_words_from_the_highest() {
        assert_eq!(of_bytes(&[0; 4], 2), "abandon abandon");
        assert_eq!(of_bytes(&[0xff; 5], 3), "zoo zoo zoo");
        assert_eq!(of_bytes(&[0b0000_0000, 0b0010_0000], 1), "ability");
        assert_eq!(of_bytes(&[0; 2], 3), "abandon", "no word without its bits");
        assert_eq!(of_numbers(&[0, 2047]), "abandon zoo");
    }
}
