//! Checkpoints of any C2SP log, ours or another's: what a witness reads that serves others too. Names and
//! extension lines are theirs; only origin, size and root are understood.

use crate::checkpoint::BadCheckpoint;
use crate::hash::TreeHash;
use crate::key::{PublicKey, Signature};
use crate::limits::MAX_ORIGIN;
use crate::note::{ED25519, Note, is_key_name, key_id, verifier_key};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A log that somebody told of: its origin, and the key that signs its checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignLog {
    /// The first line of its checkpoints.
    pub origin: String,
    /// The name of its key; in nearly every log the origin.
    pub name: String,
    /// Its key.
    pub key: PublicKey,
}

/// A checkpoint whose signature by its log's key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignCheckpoint {
    /// The number of leaves.
    pub size: u64,
    /// The root over them.
    pub root: TreeHash,
    /// The note text, which a cosignature covers whole.
    pub text: String,
}

/// The text is no key of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the key of a log: it reads <name>+<8 hexadecimal digits>+<base64>, of an Ed25519 key")]
pub struct BadLogKey;

impl ForeignLog {
    /// The log whose verifier key this text is; its origin is the key's name.
    ///
    /// # Errors
    /// [`BadLogKey`].
    pub fn parse(text: &str) -> Result<Self, BadLogKey> {
        // The base64 may hold a plus sign; name and key id hold none.
        let (name, rest) = text.split_once('+').ok_or(BadLogKey)?;
        let (_, encoded) = rest.split_once('+').ok_or(BadLogKey)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| BadLogKey)?;
        let (&kind, key) = bytes.split_first().ok_or(BadLogKey)?;
        let key = PublicKey(key.try_into().map_err(|_| BadLogKey)?);
        let proper = kind == ED25519 && is_key_name(name) && is_origin(name) && key.parse().is_ok();
        let log = Self { origin: name.to_owned(), name: name.to_owned(), key };
        if proper && log.to_text() == text { Ok(log) } else { Err(BadLogKey) }
    }

    /// The same key for a log with another origin, where that can be one.
    pub fn with_origin(self, origin: &str) -> Option<Self> {
        is_origin(origin).then(|| Self { origin: origin.to_owned(), ..self })
    }

    /// The verifier key, as [`ForeignLog::parse`] reads it.
    pub fn to_text(&self) -> String {
        verifier_key(&self.name, ED25519, &self.key.0)
    }

    /// The checkpoint of this log that this note is, once the log's signature holds.
    ///
    /// # Errors
    /// [`BadCheckpoint`].
    pub fn verify(&self, note: &Note) -> Result<ForeignCheckpoint, BadCheckpoint> {
        let (origin, size, root) = read_text(&note.text)?;
        if origin != self.origin {
            return Err(BadCheckpoint::WrongOrigin);
        }
        let id = key_id(&self.name, ED25519, &self.key.0);
        let mut lines = note.signatures.iter().filter(|line| line.name == self.name && line.key_id == id);
        let bad = BadCheckpoint::BadCheckpointSignature;
        let mut signed = false;
        lines.try_for_each(|line| {
            signed = true;
            let signature = Signature(line.signature.as_slice().try_into().map_err(|_| bad)?);
            self.key.verify(note.text.as_bytes(), &signature).map_err(|_| bad)
        })?;
        let text = note.text.clone();
        if signed { Ok(ForeignCheckpoint { size, root, text }) } else { Err(BadCheckpoint::MissingSignature) }
    }
}

/// Origin, size and root of any checkpoint; lines after them are let be, where they are not empty.
///
/// # Errors
/// [`BadCheckpoint::MalformedCheckpoint`].
pub fn read_text(text: &str) -> Result<(&str, u64, TreeHash), BadCheckpoint> {
    let bad = BadCheckpoint::MalformedCheckpoint;
    let mut lines = text.strip_suffix('\n').ok_or(bad)?.split('\n');
    let origin = lines.next().filter(|line| is_origin(line)).ok_or(bad)?;
    let written = lines.next().ok_or(bad)?;
    let size: u64 = written.parse().map_err(|_| bad)?;
    let root = lines.next().and_then(|line| STANDARD.decode(line).ok()).and_then(|b| b.try_into().ok());
    let root = TreeHash(root.ok_or(bad)?);
    let proper = size.to_string() == written && lines.all(|line| !line.is_empty());
    if proper { Ok((origin, size, root)) } else { Err(bad) }
}

/// Whether a text may name a log: one line, not empty, not longer than [`MAX_ORIGIN`].
pub fn is_origin(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_ORIGIN && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::CellId;
    use crate::{Checkpoint, Origin, SecretKey, Term};

    #[test]
    fn a_log_is_told_by_its_key_and_its_checkpoints_are_read() {
        let key = SecretKey::from_seed(&[1; 32]);
        let origin = Origin { cell: CellId([5; 32]), term: Term::FIRST };
        let text = verifier_key(&origin.to_string(), ED25519, &key.public().0);
        let log = ForeignLog::parse(&text).unwrap();
        assert_eq!((log.to_text(), log.key), (text, key.public()));
        let signed = Checkpoint { origin, size: 7, root: TreeHash([9; 32]) }.sign(&key);
        let read = log.verify(signed.note()).unwrap();
        assert_eq!((read.size, read.root, read.text), (7, TreeHash([9; 32]), signed.text()));
        let other = ForeignLog { key: SecretKey::from_seed(&[2; 32]).public(), ..log.clone() };
        assert_eq!(other.verify(signed.note()), Err(BadCheckpoint::MissingSignature));
        let other = log.clone().with_origin("example.com/log").unwrap();
        assert_eq!(other.verify(signed.note()), Err(BadCheckpoint::WrongOrigin));
        let mut bad = signed.note().clone();
        bad.signatures[0].signature[3] ^= 1;
        assert_eq!(log.verify(&bad), Err(BadCheckpoint::BadCheckpointSignature));
    }

    #[test]
    fn what_is_no_key_of_a_log_is_refused() {
        let key = SecretKey::from_seed(&[1; 32]).public();
        let good = verifier_key("example.com/log", ED25519, &key.0);
        assert!(ForeignLog::parse(&good).is_ok());
        let cosigner = verifier_key("example.com/log", crate::note::COSIGNATURE, &key.0);
        let swapped = good.replace("log", "lag");
        for bad in
            ["", "a", "a+b", "a+b+c", "a b+00000000+AA==", &cosigner, &swapped, &good[..good.len() - 4]]
        {
            assert_eq!(ForeignLog::parse(bad), Err(BadLogKey), "{bad}");
        }
    }

    #[test]
    fn lines_of_others_are_let_be_and_sizes_have_one_form() {
        let root = STANDARD.encode([9; 32]);
        let read = |text: &str| read_text(text).map(|(origin, size, _)| (origin.to_owned(), size));
        assert_eq!(read(&format!("a log\n7\n{root}\nmore\n")), Ok(("a log".to_owned(), 7)));
        for bad in [
            format!("a\n7\n{root}"),
            format!("a\n7\n{root}\n\nmore\n"),
            format!("\n7\n{root}\n"),
            format!("a\n07\n{root}\n"),
            format!("a\n-7\n{root}\n"),
            "a\n7\nAAAA\n".to_owned(),
            format!("a\n18446744073709551616\n{root}\n"),
        ] {
            assert_eq!(read(&bad), Err(BadCheckpoint::MalformedCheckpoint), "{bad:?}");
        }
    }
}
