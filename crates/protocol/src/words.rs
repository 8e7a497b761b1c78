//! The words that two people read to each other when one joins. Three are enough when the inviter's
//! secret is revealed only after the newcomer's key is fixed: nobody can search for a key that gives the
//! same words. Where there is no reveal there are seven. The list of 2,048 words is for whoever shows them.

/// Words in the list that the numbers point into.
pub const WORDS: u16 = 2048;
const COMMITMENT_CONTEXT: &str = "lifeboat/invite-commitment/v1";
const WORDS_CONTEXT: &str = "lifeboat/check-words/v1";
const WORDS_ALONE_CONTEXT: &str = "lifeboat/check-words-alone/v1";

/// What an invite says of its secret, before the secret is revealed.
pub fn commitment_of(secret: &[u8; 32]) -> [u8; 32] {
    blake3::derive_key(COMMITMENT_CONTEXT, secret)
}

/// The three words, as numbers below [`WORDS`], that inviter and newcomer compare once the secret is
/// revealed. `acceptance` is the newcomer's signed acceptance: it fixes the key and names the invite.
pub fn check_words(secret: &[u8; 32], acceptance: &[u8]) -> [u16; 3] {
    numbers(WORDS_CONTEXT, &[secret, acceptance].concat())
}

/// The seven words that they compare when nothing was revealed.
pub fn check_words_alone(acceptance: &[u8]) -> [u16; 7] {
    numbers(WORDS_ALONE_CONTEXT, acceptance)
}

/// So many numbers of 11 bits each, out of the hash of `bytes`.
fn numbers<const N: usize>(context: &str, bytes: &[u8]) -> [u16; N] {
    let hash = blake3::derive_key(context, bytes);
    std::array::from_fn(|i| {
        let bit = i * 11;
        let three = [hash[bit / 8], hash[bit / 8 + 1], hash[bit / 8 + 2], 0];
        (u32::from_le_bytes(three) >> (bit % 8)) as u16 % WORDS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_depend_on_secret_and_acceptance() {
        let words = check_words(&[1; 32], b"acceptance");
        assert!(words.iter().all(|word| *word < WORDS));
        assert_ne!(words, check_words(&[2; 32], b"acceptance"));
        assert_ne!(words, check_words(&[1; 32], b"another"));
        assert_ne!(check_words_alone(b"acceptance"), check_words_alone(b"another"));
        assert_ne!(commitment_of(&[1; 32]), [1; 32]);
    }

    #[test]
    fn the_words_never_change_between_versions() {
        assert_eq!(check_words(&[1; 32], b"acceptance"), [1248, 1208, 1033]);
        assert_eq!(check_words_alone(b"acceptance"), [1582, 334, 235, 581, 258, 1868, 870]);
    }
}
