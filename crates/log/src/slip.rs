//! The slip: a proof as one text of capital letters and digits, short enough for a QR code on a printed
//! page. It holds the record, its place, the hashes to the root and the keeper's signature. It leaves out
//! the cosignatures of witnesses, the texts of details, and what can be computed: the cell, the term and
//! the root. A checksum tells a misread letter from a forgery.

use crate::checkpoint::{Checkpoint, Origin};
use crate::codec::{self, Bytes, List, Malformed};
use crate::entry::id_of;
use crate::hash::{CellId, TreeHash, derive};
use crate::key::{PublicKey, Signature};
use crate::limits::{MAX_RECORD, MAX_SLIP};
use crate::note::{ED25519, Note, SignatureLine, key_id};
use crate::proof::{BadProof, Proof};
use crate::record::{BadRecord, split};
use crate::tree::{MAX_PROOF, leaf_hash, root_of_inclusion};
use bincode::{Decode, Encode};

/// What the text of a slip begins with.
pub const PREFIX: &str = "LIFEBOAT:SLIP/";
/// Context of the checksum.
pub const CHECKSUM_CONTEXT: &str = "lifeboat/slip-checksum/v1";
const CHECKSUM_LEN: usize = 4;
const FORMAT: u8 = 1;
/// The letters and digits of RFC 4648's base32.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A slip as it was read; nothing in it is verified. Layout: `docs/format.md`, "Slip".
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Slip {
    /// The record's place in its term.
    pub index: u64,
    /// The number of records under the checkpoint.
    pub size: u64,
    /// The term key's signature over the checkpoint.
    pub signature: Signature,
    /// The sibling hashes, from the leaf's sibling upwards.
    pub hashes: List<TreeHash, MAX_PROOF>,
    /// The record.
    pub record: Bytes<MAX_RECORD>,
}

/// Why a text is no slip. The names are part of `docs/format.md`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSlip {
    /// It does not begin as one.
    #[error("not a slip: it begins with LIFEBOAT:SLIP/")]
    NotASlip,
    /// It was cut or misread.
    #[error("the slip is not whole: copy all of it, or scan it again")]
    NotWhole,
    /// It is of a form that this version does not know.
    #[error("a slip of a form that this version does not know: update lifeboat")]
    UnknownFormat,
    /// Its bytes are no slip.
    #[error("not a slip: {0}")]
    Malformed(#[from] Malformed),
    /// What it proves does not hold.
    #[error(transparent)]
    Proof(#[from] BadProof),
}

impl BadSlip {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotASlip => "NotASlip",
            Self::NotWhole => "NotWhole",
            Self::UnknownFormat => "UnknownFormat",
            Self::Malformed(e) => e.name(),
            Self::Proof(e) => e.name(),
        }
    }
}

impl Slip {
    /// The slip of a proof whose checkpoint this key signed; nothing when it did not, or when the text
    /// would be too long for a QR code.
    pub fn of(proof: &Proof, term_key: &PublicKey) -> Option<Self> {
        let note = Note::parse(&proof.checkpoint).ok()?;
        let checkpoint = Checkpoint::parse_text(&note.text).ok()?;
        let name = checkpoint.origin.to_string();
        let id = key_id(&name, ED25519, &term_key.0);
        let line = note.signatures.iter().find(|line| line.name == name && line.key_id == id)?;
        let slip = Self {
            index: proof.index,
            size: checkpoint.size,
            signature: Signature(line.signature.as_slice().try_into().ok()?),
            hashes: List::new(proof.hashes.clone())?,
            record: Bytes::new(proof.record.clone())?,
        };
        (slip.to_text().len() <= MAX_SLIP).then_some(slip)
    }

    /// The text.
    pub fn to_text(&self) -> String {
        let mut bytes = vec![FORMAT];
        bytes.extend(codec::encode(self));
        bytes.extend_from_slice(&checksum(&bytes));
        format!("{PREFIX}{}", letters(&bytes))
    }

    /// The slip that this text is; white space around and in it is let be, as printing breaks lines.
    ///
    /// # Errors
    /// [`BadSlip`] when it is not exactly one.
    pub fn parse(text: &str) -> Result<Self, BadSlip> {
        let text: String = text.split_ascii_whitespace().collect();
        let rest = text.strip_prefix(PREFIX).ok_or(BadSlip::NotASlip)?;
        if text.len() > MAX_SLIP {
            return Err(Malformed::TooLong.into());
        }
        let bytes = unletters(rest).ok_or(BadSlip::NotWhole)?;
        let (body, sum) = bytes.split_last_chunk::<CHECKSUM_LEN>().ok_or(BadSlip::NotWhole)?;
        if checksum(body) != *sum {
            return Err(BadSlip::NotWhole);
        }
        match body.split_first() {
            Some((&FORMAT, fields)) => Ok(codec::decode(fields)?),
            _ => Err(BadSlip::UnknownFormat),
        }
    }

    /// The term that it says to be of, as a log of its own.
    ///
    /// # Errors
    /// [`BadSlip::Proof`] when its record is none.
    pub fn origin(&self) -> Result<Origin, BadSlip> {
        let (link, entry) = split(&self.record).map_err(BadProof::from)?;
        let cell = entry.get(1..33).and_then(|bytes| bytes.try_into().ok()).map(CellId);
        let cell = cell.ok_or(BadProof::Record(BadRecord::Entry(Malformed::Truncated.into())))?;
        let cell = if cell.is_zero() { CellId::of_founding(id_of(entry)) } else { cell };
        Ok(Origin { cell, term: link.term })
    }

    /// The proof that it stands for, once the term's key is known; to be verified like any other.
    ///
    /// # Errors
    /// [`BadSlip::Proof`] when its hashes cannot belong to its place.
    pub fn to_proof(&self, term_key: &PublicKey) -> Result<Proof, BadSlip> {
        let origin = self.origin()?;
        let root = root_of_inclusion(self.index, self.size, &leaf_hash(&self.record), &self.hashes);
        let root = root.ok_or(BadProof::NotIncluded)?;
        let text = Checkpoint { origin, size: self.size, root }.text();
        let name = origin.to_string();
        let key_id = key_id(&name, ED25519, &term_key.0);
        let line = SignatureLine { name, key_id, signature: self.signature.0.to_vec() };
        Ok(Proof {
            record: self.record.to_vec(),
            index: self.index,
            hashes: self.hashes.to_vec(),
            checkpoint: Note { text, signatures: vec![line] }.to_bytes(),
        })
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_LEN] {
    let hash = derive(CHECKSUM_CONTEXT, bytes);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Base32 without padding.
fn letters(bytes: &[u8]) -> String {
    let (mut text, mut held, mut bits) = (String::new(), 0u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(LETTERS[(held >> bits & 31) as usize]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(LETTERS[(held << (5 - bits) & 31) as usize]));
    }
    text
}

/// The bytes of a text that [`letters`] makes, and of no other.
fn unletters(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0u32, 0);
    for letter in text.bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)? as u32;
        held = held << 5 | value;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
        held &= (1 << bits) - 1;
    }
    (bits < 5 && held == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_are_those_of_rfc_4648() {
        for (bytes, text) in [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(letters(bytes.as_bytes()), text);
            assert_eq!(unletters(text).as_deref(), Some(bytes.as_bytes()));
        }
        for bad in ["M", "MZ", "my", "MZX", "M1"] {
            assert_eq!(unletters(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_text_has_one_form(bytes in proptest::collection::vec(any::<u8>(), 0..80), cut in any::<usize>()) {
            let text = letters(&bytes);
            prop_assert_eq!(unletters(&text), Some(bytes));
            if !text.is_empty() {
                let shorter = &text[..cut % text.len()];
                prop_assert_eq!(unletters(shorter).map(|bytes| letters(&bytes)).unwrap_or(shorter.into()), shorter);
            }
        }
    }
}
