//! Sealed texts: encrypted to the keys of chosen members, so that the homes which keep them cannot read
//! them. A member's key for this is made from their signing key (`docs/format.md`, "Sealed details"), so
//! there is nothing to announce, to lose or to keep apart. Neither how long a text is nor how many can
//! read it shows: both are rounded up. Never keep or log what was opened here.

use crate::limits::{MAX_PRIVATE, MAX_READERS};
use lifeboat_log::{Detail, PublicKey, SecretKey};
use std::io::{Read, Write};

/// The least size of a padded text, in bytes.
const LEAST_TEXT: usize = 256;
/// The least number of recipients in the file; those that are missing are made up.
const LEAST_READERS: usize = 4;

/// Why a text cannot be sealed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealError {
    /// The text is too long or holds a NUL character.
    #[error("a private text has at most {MAX_PRIVATE} bytes, and no NUL character")]
    Text,
    /// Too many keys.
    #[error("a private text can be read with at most {MAX_READERS} keys: choose fewer people")]
    TooMany,
    /// A key is no proper one.
    #[error("one of the keys is no proper key")]
    Key,
    /// The encryption failed.
    #[error("the text could not be encrypted: {0}")]
    Failed(String),
}

/// Encrypts a text to these keys.
///
/// # Errors
/// [`SealError`].
pub fn seal(text: &str, readers: &[PublicKey]) -> Result<Detail, SealError> {
    let len = text.len().max(LEAST_TEXT).next_power_of_two();
    if len > MAX_PRIVATE || text.contains('\0') {
        return Err(SealError::Text);
    }
    if readers.is_empty() || readers.len() > MAX_READERS {
        return Err(SealError::TooMany);
    }
    let mut recipients = readers.iter().map(recipient).collect::<Option<Vec<_>>>().ok_or(SealError::Key)?;
    let slots = recipients.len().max(LEAST_READERS).next_power_of_two();
    while recipients.len() < slots {
        recipients.push(age::x25519::Identity::generate().to_public());
    }
    // In an order that says nothing.
    recipients.sort_by_cached_key(|_| crate::cell::entropy());
    let mut padded = text.as_bytes().to_vec();
    padded.resize(len, 0);
    let file = encrypt(&padded, &recipients).map_err(|e| SealError::Failed(e.to_string()))?;
    Detail::from_bytes(file).ok_or(SealError::Text)
}

/// The text of a sealed detail, when this key is among those that it was encrypted to.
pub fn open(sealed: &[u8], key: &SecretKey) -> Option<String> {
    let identity = identity(key)?;
    let identity: &dyn age::Identity = &identity;
    let decryptor = age::Decryptor::new(sealed).ok()?;
    let reader = decryptor.decrypt(std::iter::once(identity)).ok()?;
    let mut padded = Vec::new();
    reader.take(MAX_PRIVATE as u64 + 1).read_to_end(&mut padded).ok()?;
    let end = padded.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    padded.truncate(end);
    String::from_utf8(padded).ok().filter(|text| text.len() <= MAX_PRIVATE)
}

fn encrypt(padded: &[u8], recipients: &[age::x25519::Recipient]) -> std::io::Result<Vec<u8>> {
    let all = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(all).map_err(std::io::Error::other)?;
    let mut file = Vec::new();
    let mut writer = encryptor.wrap_output(&mut file)?;
    writer.write_all(padded)?;
    writer.finish()?;
    Ok(file)
}

fn recipient(key: &PublicKey) -> Option<age::x25519::Recipient> {
    let bytes = key.parse().ok()?.to_x25519();
    let text = bech32::encode::<bech32::Bech32>(bech32::Hrp::parse("age").ok()?, &bytes).ok()?;
    text.parse().ok()
}

fn identity(key: &SecretKey) -> Option<age::x25519::Identity> {
    let bytes = key.to_x25519();
    let name = bech32::Hrp::parse("AGE-SECRET-KEY-").ok()?;
    let text = bech32::encode_upper::<bech32::Bech32>(name, &bytes).ok()?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> SecretKey {
        SecretKey::from_seed(&[n; 32])
    }

    #[test]
    fn who_was_chosen_reads_it_and_nobody_else() {
        let sealed = seal("ring at the back door", &[key(1).public(), key(2).public()]).unwrap();
        assert_eq!(open(sealed.as_bytes(), &key(1)).as_deref(), Some("ring at the back door"));
        assert_eq!(open(sealed.as_bytes(), &key(2)).as_deref(), Some("ring at the back door"));
        assert_eq!(open(sealed.as_bytes(), &key(3)), None);
        assert!(!sealed.as_bytes().windows(4).any(|four| four == b"back"));
    }

    #[test]
    fn neither_the_length_nor_the_number_of_readers_shows() {
        // The number of stanzas, and the bytes after the header; age adds a stanza of noise of its own.
        let shape = |text: &str, readers: u8| {
            let readers: Vec<_> = (1..=readers).map(|n| key(n).public()).collect();
            let file = seal(text, &readers).unwrap().as_bytes().to_vec();
            let find = |needle: &[u8]| file.windows(needle.len()).position(|window| window == needle);
            let header = find(b"\n--- ").unwrap();
            let stanzas = file[..header].windows(10).filter(|window| *window == b"-> X25519 ").count();
            (stanzas, file.len() - header)
        };
        assert_eq!(shape("no", 1), shape(&"x".repeat(256), 4));
        assert_eq!(shape("no", 5), shape("no", 8));
        assert!(shape("no", 5).0 > shape("no", 4).0 && shape(&"x".repeat(257), 1).1 > shape("no", 1).1);
    }

    #[test]
    fn the_most_of_all_fits_in_a_detail_and_more_is_refused() {
        let readers: Vec<_> = (1..=MAX_READERS as u8).map(|n| key(n).public()).collect();
        let text = "x".repeat(MAX_PRIVATE);
        assert_eq!(open(seal(&text, &readers).unwrap().as_bytes(), &key(9)), Some(text.clone()));
        assert_eq!(seal(&format!("{text}x"), &readers), Err(SealError::Text));
        assert_eq!(seal("a\0", &readers), Err(SealError::Text));
        let more: Vec<_> = readers.iter().chain(&readers[..1]).copied().collect();
        assert_eq!(seal("a", &more), Err(SealError::TooMany));
        assert_eq!(seal("a", &[PublicKey([0xff; 32])]), Err(SealError::Key));
    }

    #[test]
    fn a_damaged_one_opens_for_nobody_and_never_panics() {
        let whole = seal("ring", &[key(1).public()]).unwrap().as_bytes().to_vec();
        for at in (0..whole.len()).step_by(7) {
            let mut bad = whole.clone();
            bad[at] ^= 1;
            let _ = open(&bad, &key(1));
            assert_eq!(open(&whole[..at], &key(1)), None);
        }
    }

    /// Another program opens what is made here: the `age` command takes this identity. Its public half is
    /// that of the same 32 bytes as an `ssh-ed25519` key would give (RFC 7748, section 4.1).
    #[test]
    fn the_key_is_the_one_that_the_format_says() {
        let secret = identity(&key(1)).unwrap();
        assert_eq!(secret.to_public().to_string(), recipient(&key(1).public()).unwrap().to_string());
    }
}
