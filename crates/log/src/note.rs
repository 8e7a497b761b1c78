//! Signed notes (C2SP `signed-note`): a text, an empty line, and signature lines. Checkpoints are notes.

use crate::limits::{MAX_NOTE, MAX_NOTE_SIGNATURES};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The type byte of a plain Ed25519 signature over the note's text.
pub const ED25519: u8 = 0x01;
/// The type byte of an Ed25519 `cosignature/v1`.
pub const COSIGNATURE: u8 = 0x04;

/// A note as it was read; nothing in it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The signed text, its final newline included.
    pub text: String,
    /// The signature lines, in order.
    pub signatures: Vec<SignatureLine>,
}

/// One signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// The name of the key.
    pub name: String,
    /// The first four bytes of the hash of the key.
    pub key_id: [u8; 4],
    /// The signature, laid out as the key's type says.
    pub signature: Vec<u8>,
}

/// The bytes are not a signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a signed note: text, an empty line, then lines of signatures")]
pub struct BadNote;

impl Note {
    /// The note that these bytes are.
    ///
    /// # Errors
    /// [`BadNote`] when they are not exactly one, or it is over its bounds.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadNote> {
        if bytes.len() > MAX_NOTE {
            return Err(BadNote);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| BadNote)?;
        if whole.chars().any(|c| c.is_control() && c != '\n') {
            return Err(BadNote);
        }
        let end_of_text = whole.rfind("\n\n").ok_or(BadNote)? + 1;
        let (text, signatures) = (&whole[..end_of_text], &whole[end_of_text + 1..]);
        let lines = signatures.strip_suffix('\n').ok_or(BadNote)?;
        let signatures = lines.split('\n').map(SignatureLine::parse).collect::<Option<Vec<_>>>();
        match signatures {
            Some(signatures) if signatures.len() <= MAX_NOTE_SIGNATURES => {
                Ok(Self { text: text.to_owned(), signatures })
            }
            _ => Err(BadNote),
        }
    }

    /// The note's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{}\n", self.text);
        for line in &self.signatures {
            out.push_str(&line.to_line());
        }
        out.into_bytes()
    }
}

impl SignatureLine {
    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let (key_id, signature) = bytes.split_first_chunk::<4>()?;
        let named = is_key_name(name) && !signature.is_empty();
        named.then(|| Self { name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
    }

    /// The line as it stands in a note, its newline included.
    pub fn to_line(&self) -> String {
        let encoded = STANDARD.encode([&self.key_id[..], &self.signature].concat());
        format!("— {} {encoded}\n", self.name)
    }
}

/// Whether a text may name a key: not empty, no Unicode space, no `+`.
pub fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+')
}

/// The id of a key: the first four bytes of SHA-256 over name, newline, type and key.
pub fn key_id(name: &str, key_type: u8, key: &[u8]) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(name.as_bytes())
        .chain_update([b'\n', key_type])
        .chain_update(key)
        .finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

/// The text by which others are told of a key: `<name>+<key id>+<base64 of type and key>`.
pub fn verifier_key(name: &str, key_type: u8, key: &[u8]) -> String {
    let id: String = key_id(name, key_type, key).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name}+{id}+{}", STANDARD.encode([&[key_type][..], key].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_note_is_refused() {
        for bad in [
            "",
            "text\n",
            "text\n\n",
            "text\n\nx\n",
            "text\n\n— a AAAA\n",
            "t\n\n— a AAAAAAAA",
            "t\u{7}\n\n— a AAAAAAAA\n",
        ] {
            assert_eq!(Note::parse(bad.as_bytes()), Err(BadNote), "{bad:?}");
        }
        assert!(Note::parse("t\n\n— a AAAAAAAA\n".as_bytes()).is_ok());
    }

    proptest! {
        #[test]
        fn a_note_reads_back(text in "([a-z0-9/ ]{1,20}\n){1,4}", names in prop::collection::vec("[a-z/.0-9]{1,12}", 1..5)) {
            let signatures = names.into_iter().map(|name| SignatureLine { name, key_id: [1, 2, 3, 4], signature: vec![9; 64] }).collect();
            let note = Note { text, signatures };
            prop_assert_eq!(Note::parse(&note.to_bytes()), Ok(note));
        }

        #[test]
        fn any_bytes_are_refused_or_read_back_the_same(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(note) = Note::parse(&bytes) {
                prop_assert_eq!(note.to_bytes(), bytes);
            }
        }
    }
}
