//! Checkpoints (C2SP `tlog-checkpoint`): the keeper's signed statement of a term's size and root, with what
//! witnesses added to it. Copies of one checkpoint with other cosignatures grow together, never apart.

pub use crate::cosignature::{Cosigned, check_cosignature, cosign, cosignature_message, witness_name};

use crate::codec::{self, Bytes};
use crate::hash::{CellId, TreeHash};
use crate::key::{PublicKey, SecretKey, Signature};
use crate::limits::MAX_BASE_NOTE;
use crate::note::{BadNote, COSIGNATURE, ED25519, Note, SignatureLine, key_id};
use crate::time::Term;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::fmt;

/// The name of a term as a transparency log of its own: `lifeboat/<cell id>/<era>.<turn>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The cell.
    pub cell: CellId,
    /// The term.
    pub term: Term,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lifeboat/{}/{}", self.cell, self.term)
    }
}

impl std::str::FromStr for Origin {
    type Err = BadCheckpoint;
    fn from_str(text: &str) -> Result<Self, BadCheckpoint> {
        let (cell, term) = text
            .strip_prefix("lifeboat/")
            .and_then(|rest| rest.split_once('/'))
            .ok_or(BadCheckpoint::WrongOrigin)?;
        let cell = CellId::from_hex(cell).ok_or(BadCheckpoint::WrongOrigin)?;
        let term = term.parse().map_err(|()| BadCheckpoint::WrongOrigin)?;
        Ok(Self { cell, term })
    }
}

/// What a checkpoint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    /// The term it speaks of.
    pub origin: Origin,
    /// The number of records in the term.
    pub size: u64,
    /// The root over them.
    pub root: TreeHash,
}

/// Why bytes are not a checkpoint that holds. The names are part of `docs/format.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCheckpoint {
    /// Not a signed note of three lines: origin, size, root.
    #[error("not a checkpoint: a signed note of origin, size and root")]
    MalformedCheckpoint,
    /// The origin is another one, or none of ours.
    #[error("a checkpoint of another log")]
    WrongOrigin,
    /// The term's key did not sign it.
    #[error("a checkpoint that its keeper did not sign")]
    MissingSignature,
    /// A signature by a known key does not hold.
    #[error("a checkpoint with a signature that does not hold")]
    BadCheckpointSignature,
    /// A signature line by a key that nothing names.
    #[error("a checkpoint with a signature line by a key that nothing names")]
    UnknownSigner,
}

impl BadCheckpoint {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(self) -> &'static str {
        match self {
            Self::MalformedCheckpoint => "MalformedCheckpoint",
            Self::WrongOrigin => "WrongOrigin",
            Self::MissingSignature => "MissingSignature",
            Self::BadCheckpointSignature => "BadCheckpointSignature",
            Self::UnknownSigner => "UnknownSigner",
        }
    }
}

impl From<BadNote> for BadCheckpoint {
    fn from(_: BadNote) -> Self {
        Self::MalformedCheckpoint
    }
}

impl Checkpoint {
    /// The note text: three lines.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    /// The checkpoint that this note text says.
    ///
    /// # Errors
    /// [`BadCheckpoint`] when it is not exactly three proper lines with an origin of ours.
    pub fn parse_text(text: &str) -> Result<Self, BadCheckpoint> {
        let lines: Vec<&str> = text.split('\n').collect();
        let &[origin, size, root, ""] = lines.as_slice() else {
            return Err(BadCheckpoint::MalformedCheckpoint);
        };
        let parsed_size: u64 = size.parse().map_err(|_| BadCheckpoint::MalformedCheckpoint)?;
        let root = STANDARD.decode(root).ok().and_then(|bytes| bytes.try_into().ok());
        let root = TreeHash(root.ok_or(BadCheckpoint::MalformedCheckpoint)?);
        if parsed_size.to_string() != size {
            return Err(BadCheckpoint::MalformedCheckpoint);
        }
        Ok(Self { origin: origin.parse()?, size: parsed_size, root })
    }

    /// The checkpoint signed by the term's key.
    pub fn sign(self, term_key: &SecretKey) -> SignedCheckpoint {
        let name = self.origin.to_string();
        let text = self.text();
        let signature = term_key.sign(text.as_bytes()).0.to_vec();
        let key_id = key_id(&name, ED25519, &term_key.public().0);
        let keeper = SignatureLine { name, key_id, signature };
        let note = Note { text, signatures: vec![keeper.clone()] };
        SignedCheckpoint { checkpoint: self, cosigned: Vec::new(), note, keeper, lines: Vec::new() }
    }
}

/// Who may sign checkpoints of a term: its opening says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signers {
    /// The term's key.
    pub term_key: PublicKey,
    /// The witnesses' keys.
    pub witnesses: Vec<PublicKey>,
}

/// A checkpoint whose keeper's signature holds. It is only made by [`SignedCheckpoint::verify`],
/// [`SignedCheckpoint::audit`] and [`Checkpoint::sign`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    cosigned: Vec<Cosigned>,
    note: Note,
    /// The keeper's line.
    keeper: SignatureLine,
    /// The line of each cosignature that holds.
    lines: Vec<SignatureLine>,
}

impl std::ops::Deref for SignedCheckpoint {
    type Target = Checkpoint;
    fn deref(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

impl SignedCheckpoint {
    /// The checkpoint that these bytes are, once the keeper's signature and those of all witnesses that
    /// `signers` names hold. Lines by keys that are not known are kept and not counted, as C2SP asks.
    ///
    /// # Errors
    /// [`BadCheckpoint`].
    pub fn verify(bytes: &[u8], origin: &Origin, signers: &Signers) -> Result<Self, BadCheckpoint> {
        Self::check(bytes, origin, signers, false)
    }

    /// As [`SignedCheckpoint::verify`] for a checkpoint in a log folder, where every line was put there
    /// by a program that knew its key: a line by a key that nothing names is damage.
    ///
    /// # Errors
    /// [`BadCheckpoint`].
    pub fn audit(bytes: &[u8], origin: &Origin, signers: &Signers) -> Result<Self, BadCheckpoint> {
        Self::check(bytes, origin, signers, true)
    }

    fn check(bytes: &[u8], origin: &Origin, signers: &Signers, strict: bool) -> Result<Self, BadCheckpoint> {
        let note = Note::parse(bytes)?;
        let checkpoint = Checkpoint::parse_text(&note.text)?;
        if checkpoint.origin != *origin {
            return Err(BadCheckpoint::WrongOrigin);
        }
        let name = origin.to_string();
        let keeper = key_id(&name, ED25519, &signers.term_key.0);
        let (mut signed, mut cosigned, mut lines) = (None, Vec::new(), Vec::new());
        for line in &note.signatures {
            if line.name == name && line.key_id == keeper {
                let signature = line.signature.as_slice().try_into().map(Signature);
                let signature = signature.map_err(|_| BadCheckpoint::BadCheckpointSignature)?;
                let holds = signers.term_key.verify(note.text.as_bytes(), &signature);
                holds.map_err(|_| BadCheckpoint::BadCheckpointSignature)?;
                signed.get_or_insert_with(|| line.clone());
            } else if let Some(witness) = witness_of(line, &signers.witnesses) {
                cosigned.push(check_cosignature(&note.text, line, witness)?);
                lines.push(line.clone());
            } else if strict {
                return Err(BadCheckpoint::UnknownSigner);
            }
        }
        let keeper = signed.ok_or(BadCheckpoint::MissingSignature)?;
        Ok(Self { checkpoint, cosigned, note, keeper, lines })
    }

    /// What the checkpoint says.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The cosignatures that hold.
    pub fn cosigned(&self) -> &[Cosigned] {
        &self.cosigned
    }

    /// How many witnesses have cosigned it; one with several lines is one.
    pub fn witnesses(&self) -> usize {
        let mut keys: Vec<PublicKey> = self.cosigned.iter().map(|cosigned| cosigned.witness).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.len()
    }

    /// Whether this witness has cosigned it.
    pub fn is_cosigned_by(&self, witness: &PublicKey) -> bool {
        self.cosigned.iter().any(|cosigned| cosigned.witness == *witness)
    }

    /// This checkpoint in its one proper form, with the cosignatures of another copy of it too: the keeper's
    /// line, then one line a witness, the earliest, ascending by key. Lines by keys that are not known are
    /// left out, so that nobody can fill the note with them. In whatever order copies are joined, the same
    /// bytes come out. A copy of another checkpoint adds nothing.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        let same = other.note.text == self.note.text && other.keeper == self.keeper;
        let copies = [Some(self), same.then_some(other)];
        let mut best: BTreeMap<PublicKey, (u64, &SignatureLine)> = BTreeMap::new();
        for copy in copies.into_iter().flatten() {
            for (cosigned, line) in copy.cosigned.iter().zip(&copy.lines) {
                let kept = best.entry(cosigned.witness).or_insert((cosigned.seconds, line));
                let rank = |seconds: u64, line: &SignatureLine| (seconds, line.name.clone());
                if rank(cosigned.seconds, line) < rank(kept.0, kept.1) {
                    *kept = (cosigned.seconds, line);
                }
            }
        }
        let cosigned =
            best.iter().map(|(witness, (seconds, _))| Cosigned { witness: *witness, seconds: *seconds });
        let cosigned = cosigned.collect();
        let lines: Vec<SignatureLine> = best.into_values().map(|(_, line)| line.clone()).collect();
        let signatures = std::iter::once(self.keeper.clone()).chain(lines.iter().cloned()).collect();
        let note = Note { text: self.note.text.clone(), signatures };
        Self { checkpoint: self.checkpoint, cosigned, note, keeper: self.keeper.clone(), lines }
    }

    /// This checkpoint with one more cosignature, when its line holds under the key of `witness`.
    ///
    /// # Errors
    /// [`BadCheckpoint::BadCheckpointSignature`].
    pub fn with_cosignature(&self, line: SignatureLine, witness: PublicKey) -> Result<Self, BadCheckpoint> {
        let cosigned = check_cosignature(&self.note.text, &line, witness)?;
        let mut more = self.clone();
        more.cosigned.push(cosigned);
        more.note.signatures.push(line.clone());
        more.lines.push(line);
        Ok(more.joined(&more))
    }

    /// The keeper's signature over the note text.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// The bytes of the note, as they came.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.note.to_bytes()
    }
}

/// The note in the body of an anchor: five zero bytes, for it says nothing besides, then the checkpoint.
pub fn anchored_note(body: &[u8]) -> Option<Vec<u8>> {
    let note = body.strip_prefix(&[0; 5])?;
    codec::decode::<Bytes<MAX_BASE_NOTE>>(note).ok().map(|note| note.to_vec())
}

/// The witness that this line names by key id; the name may be any, as the message does not hold it.
fn witness_of(line: &SignatureLine, witnesses: &[PublicKey]) -> Option<PublicKey> {
    witnesses.iter().copied().find(|key| key_id(&line.name, COSIGNATURE, &key.0) == line.key_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> (Origin, SecretKey, Signers, SignedCheckpoint) {
        let origin = Origin { cell: CellId([5; 32]), term: Term::new(1, 2) };
        let key = SecretKey::from_seed(&[1; 32]);
        let signers =
            Signers { term_key: key.public(), witnesses: vec![SecretKey::from_seed(&[2; 32]).public()] };
        let signed = Checkpoint { origin, size: 7, root: TreeHash([9; 32]) }.sign(&key);
        (origin, key, signers, signed)
    }

    #[test]
    fn a_signed_checkpoint_reads_back_and_every_changed_byte_is_noticed() {
        let (origin, _, signers, signed) = fixture();
        let bytes = signed.to_bytes();
        assert_eq!(SignedCheckpoint::audit(&bytes, &origin, &signers).unwrap(), signed);
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(SignedCheckpoint::audit(&bad, &origin, &signers).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_cosignature_counts_for_a_named_witness_alone() {
        let (origin, _, signers, signed) = fixture();
        let mut note = signed.note().clone();
        let witness = SecretKey::from_seed(&[2; 32]);
        note.signatures.push(cosign(&note.text, &witness_name(&witness.public()), &witness, 1_800_000_000));
        let read = SignedCheckpoint::verify(&note.to_bytes(), &origin, &signers).unwrap();
        assert_eq!(read.cosigned(), [Cosigned { witness: witness.public(), seconds: 1_800_000_000 }]);
        let stranger = SecretKey::from_seed(&[3; 32]);
        note.signatures.push(cosign(&note.text, "stranger", &stranger, 1_800_000_000));
        assert_eq!(
            SignedCheckpoint::verify(&note.to_bytes(), &origin, &signers).unwrap().cosigned().len(),
            1
        );
        let strict = SignedCheckpoint::audit(&note.to_bytes(), &origin, &signers);
        assert_eq!(strict, Err(BadCheckpoint::UnknownSigner));
    }

    #[test]
    fn copies_grow_together_in_whatever_order_they_are_joined() {
        let (origin, term_key, _, signed) = fixture();
        let keys: Vec<SecretKey> = (2..6).map(|n| SecretKey::from_seed(&[n; 32])).collect();
        let mut witnesses: Vec<PublicKey> = keys.iter().map(SecretKey::public).collect();
        witnesses.sort_unstable();
        let signers = Signers { term_key: term_key.public(), witnesses };
        let copy = |of: &[usize], seconds: u64| {
            let mut note = signed.note().clone();
            note.signatures.push(cosign(&note.text, "a-stranger", &SecretKey::from_seed(&[9; 32]), seconds));
            for key in of.iter().map(|n| &keys[*n]) {
                note.signatures.push(cosign(&note.text, &witness_name(&key.public()), key, seconds));
            }
            SignedCheckpoint::verify(&note.to_bytes(), &origin, &signers).unwrap()
        };
        let copies = [copy(&[0], 9), copy(&[1, 0], 7), copy(&[], 5), copy(&[2, 1, 2], 8), copy(&[3], 6)];
        let forth = copies.iter().fold(signed.clone(), |all, copy| all.joined(copy));
        let back = copies.iter().rev().fold(signed.clone(), |all, copy| copy.joined(&all));
        assert_eq!((forth.to_bytes(), forth.witnesses()), (back.to_bytes(), 4));
        let seconds: std::collections::BTreeSet<_> = forth.cosigned().iter().map(|c| c.seconds).collect();
        assert_eq!(seconds, [6, 7, 8].into());
        assert_eq!(SignedCheckpoint::audit(&forth.to_bytes(), &origin, &signers).unwrap(), forth);
        assert_eq!(copies[3].witnesses(), 2);
        let other = Checkpoint { size: 8, ..*signed.checkpoint() }.sign(&term_key);
        assert_eq!(forth.joined(&other), forth);
    }

    #[test]
    fn sizes_and_lines_have_one_form() {
        let root = STANDARD.encode([9; 32]);
        let origin = Origin { cell: CellId([5; 32]), term: Term::FIRST };
        for (text, error) in [
            (format!("{origin}\n07\n{root}\n"), BadCheckpoint::MalformedCheckpoint),
            (format!("{origin}\n+7\n{root}\n"), BadCheckpoint::MalformedCheckpoint),
            (format!("{origin}\n7\n{root}\nmore\n"), BadCheckpoint::MalformedCheckpoint),
            (format!("example.com/log\n7\n{root}\n"), BadCheckpoint::WrongOrigin),
        ] {
            assert_eq!(Checkpoint::parse_text(&text), Err(error), "{text}");
        }
    }
}
