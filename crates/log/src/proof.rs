//! Proof files (C2SP `tlog-proof`): a record, its place in the tree, and the checkpoint it stands under.
//! A receipt is one. The record in `extra` is not authenticated by itself: it is hashed as the leaf.

use crate::checkpoint::{BadCheckpoint, Checkpoint, Origin, SignedCheckpoint, Signers};
use crate::hash::TreeHash;
use crate::key::KeyCache;
use crate::limits::{MAX_NOTE, MAX_RECORD};
use crate::note::Note;
use crate::record::{BadRecord, Record};
use crate::tree::{MAX_PROOF, leaf_hash, verify_inclusion};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Longest proof file, in bytes.
pub const MAX_PROOF_FILE: usize = MAX_RECORD * 4 / 3 + MAX_PROOF * 45 + MAX_NOTE + 256;

/// A proof as it was read; nothing in it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The leaf's data: the record's bytes.
    pub record: Vec<u8>,
    /// The leaf's place in the term's tree.
    pub index: u64,
    /// The sibling hashes, from the leaf's sibling upwards.
    pub hashes: Vec<TreeHash>,
    /// The checkpoint, verbatim.
    pub checkpoint: Vec<u8>,
}

/// Why a proof file does not hold. The names are part of `docs/format.md`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// Not laid out as a proof file.
    #[error("not a proof file (C2SP tlog-proof with the record in its extra line)")]
    MalformedProof,
    /// The checkpoint in it does not hold.
    #[error("the proof holds {0}")]
    Checkpoint(#[from] BadCheckpoint),
    /// The hashes do not lead from the record to the checkpoint's root.
    #[error("the proof's hashes do not lead from the record to the checkpoint's root")]
    NotIncluded,
    /// The record in it does not hold.
    #[error("the proof holds {0}")]
    Record(#[from] BadRecord),
    /// The record in it was placed in another term than the checkpoint's.
    #[error("the proof holds a record of another term than its checkpoint")]
    WrongTerm,
    /// The record in it is of another cell than the checkpoint.
    #[error("the proof holds a record of another cell than its checkpoint")]
    WrongCell,
}

impl BadProof {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MalformedProof => "MalformedProof",
            Self::Checkpoint(e) => e.name(),
            Self::NotIncluded => "NotIncluded",
            Self::Record(e) => e.name(),
            Self::WrongTerm => "WrongTerm",
            Self::WrongCell => "WrongCell",
        }
    }
}

impl Proof {
    /// The proof that this file holds.
    ///
    /// # Errors
    /// [`BadProof::MalformedProof`] when it is not exactly one.
    pub fn parse(file: &[u8]) -> Result<Self, BadProof> {
        Self::read(file).ok_or(BadProof::MalformedProof)
    }

    fn read(file: &[u8]) -> Option<Self> {
        if file.len() > MAX_PROOF_FILE {
            return None;
        }
        let (head, checkpoint) = std::str::from_utf8(file).ok()?.split_once("\n\n")?;
        let mut lines = head.split('\n');
        if lines.next()? != HEADER {
            return None;
        }
        let record = STANDARD.decode(lines.next()?.strip_prefix("extra ")?).ok()?;
        let index_text = lines.next()?.strip_prefix("index ")?;
        let index: u64 = index_text.parse().ok()?;
        let decode = |line: &str| Some(TreeHash(STANDARD.decode(line).ok()?.try_into().ok()?));
        let hashes = lines.map(decode).collect::<Option<Vec<_>>>()?;
        let proper = index.to_string() == index_text && hashes.len() <= MAX_PROOF;
        proper.then(|| Self { record, index, hashes, checkpoint: checkpoint.as_bytes().to_vec() })
    }

    /// The proof file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut file = format!("{HEADER}\nextra {}\nindex {}\n", STANDARD.encode(&self.record), self.index);
        for hash in &self.hashes {
            file.push_str(&STANDARD.encode(hash.0));
            file.push('\n');
        }
        file.push('\n');
        [file.as_bytes(), &self.checkpoint].concat()
    }

    /// The record and the checkpoint that shows it placed, once everything holds.
    ///
    /// # Errors
    /// [`BadProof`].
    pub fn verify(&self, origin: &Origin, signers: &Signers) -> Result<(Record, SignedCheckpoint), BadProof> {
        let checkpoint = SignedCheckpoint::verify(&self.checkpoint, origin, signers)?;
        Ok((self.verify_under(&checkpoint)?, checkpoint))
    }

    /// The record, once it stands under this checkpoint, which is believed for another reason than the
    /// signatures in the proof.
    ///
    /// # Errors
    /// [`BadProof`].
    pub fn verify_under(&self, checkpoint: &Checkpoint) -> Result<Record, BadProof> {
        let leaf = leaf_hash(&self.record);
        if !verify_inclusion(self.index, checkpoint.size, &leaf, &self.hashes, &checkpoint.root) {
            return Err(BadProof::NotIncluded);
        }
        let record = Record::verify(&self.record, &mut KeyCache::default())?;
        if record.link().term != checkpoint.origin.term {
            return Err(BadProof::WrongTerm);
        }
        if record.cell() != checkpoint.origin.cell {
            return Err(BadProof::WrongCell);
        }
        Ok(record)
    }

    /// What the checkpoint in it says; no signature is checked.
    ///
    /// # Errors
    /// [`BadProof::Checkpoint`].
    pub fn claimed(&self) -> Result<Checkpoint, BadProof> {
        let note = Note::parse(&self.checkpoint).map_err(BadCheckpoint::from)?;
        Ok(Checkpoint::parse_text(&note.text)?)
    }
}
