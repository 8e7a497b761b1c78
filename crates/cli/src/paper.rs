//! The paper key: a key that can do nothing but endorse a takeover, kept as 24 words on paper. The words
//! are its 32 bytes and one byte of checksum, so that a word that was misread is noticed.

use crate::error::{Failure, Outcome};
use crate::text;
use crate::words;
use lifeboat_log::SecretKey;

/// Words of a paper key.
pub const WORDS: usize = 24;
const CHECKSUM_CONTEXT: &str = "lifeboat/paper-key/v1";

/// The words that say this key.
pub fn to_words(key: &SecretKey) -> String {
    let seed = key.seed();
    words::of_bytes(&[&seed[..], &[checksum(&seed)]].concat(), WORDS)
}

/// The key that these words say. The first four letters of each are enough.
///
/// # Errors
/// When they are not 24 words of the list, or one is wrong.
pub fn from_words(written: &str) -> Outcome<SecretKey> {
    let wrong = || Failure::usage(text!("paper-wrong")).hint(text!("paper-wrong-hint"));
    let bytes = words::to_bytes(written).filter(|bytes| bytes.len() == 33).ok_or_else(wrong)?;
    let (seed, sum) = bytes.split_first_chunk::<32>().ok_or_else(wrong)?;
    if sum != [checksum(seed)] {
        return Err(wrong());
    }
    Ok(SecretKey::from_seed(seed))
}

fn checksum(seed: &[u8; 32]) -> u8 {
    blake3::derive_key(CHECKSUM_CONTEXT, seed)[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_key_reads_back_and_a_wrong_word_is_noticed() {
        let key = SecretKey::from_seed(&[0xa7; 32]);
        let written = to_words(&key);
        assert_eq!(written.split(' ').count(), WORDS);
        assert_eq!(from_words(&written).unwrap().public(), key.public());
        let short: Vec<&str> = written.split(' ').map(|word| &word[..word.len().min(4)]).collect();
        assert_eq!(from_words(&short.join("  ").to_uppercase()).unwrap().public(), key.public());
        let words: Vec<&str> = written.split(' ').collect();
        assert!(from_words(&words[..23].join(" ")).is_err());
        let wrong = (0..WORDS).filter(|at| {
            let mut other = words.clone();
            other[*at] = if other[*at] == "zoo" { "abandon" } else { "zoo" };
            from_words(&other.join(" ")).is_err()
        });
        assert!(wrong.count() >= 22, "one in 256 wrong words passes a checksum of a byte");
        assert!(from_words("hello").is_err());
    }
}
