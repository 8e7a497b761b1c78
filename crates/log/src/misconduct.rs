//! The misconduct file: what proves to anyone, from its bytes alone, that a term's key has signed what
//! cannot be true. It has one of three forms (`docs/format.md`, "Misconduct file"): two checkpoints of one
//! size; two of other sizes, with what rebuilds the larger root and gives another root for its beginning;
//! a checkpoint with a record under it that no log may hold, or two neighbours that do not chain.
//!
//! What it must never do: prove anything against a keeper who kept to the format. What a newer version of
//! the format may allow is no misconduct here.

mod charge;

use crate::checkpoint::{BadCheckpoint, Origin, SignedCheckpoint, Signers};
use crate::codec::{self, Bytes, List, Malformed};
use crate::hash::{CellId, TreeHash};
use crate::key::PublicKey;
use crate::limits::{MAX_BASE_NOTE, MAX_CONSISTENCY, MAX_MISCONDUCT, MAX_RECORD};
use crate::term_proof::{BadTermProof, Belief, KnownTerm, TermProof};
use crate::time::Term;
use crate::tree::MAX_PROOF;
use bincode::{Decode, Encode};

/// What a misconduct file begins with.
pub const MAGIC: &[u8] = b"lifeboat/misconduct/v1\n";

/// A misconduct file as it was read; nothing in it is verified.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Misconduct {
    /// The cell.
    pub cell: CellId,
    /// The term.
    pub term: Term,
    /// The key that signed what is charged.
    pub term_key: PublicKey,
    /// How the cell's id, or a card, leads to that key; none where a card must name it.
    pub terms: Option<TermProof>,
    /// What is charged.
    pub charge: Charge,
}

/// The bytes of a checkpoint in a misconduct file.
pub type Note = Bytes<MAX_BASE_NOTE>;

/// What is charged.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Charge {
    /// 0: two checkpoints of one size and other roots.
    SameSize {
        /// The one with the smaller root.
        one: Note,
        /// The one with the larger root.
        other: Note,
    },
    /// 1: two checkpoints of other sizes, of which the larger does not go on from the smaller.
    Prefix {
        /// The smaller one.
        older: Note,
        /// The larger one.
        newer: Note,
        /// The root over as many records as the smaller has, in the tree of the larger.
        root: TreeHash,
        /// The consistency proof from there to the larger one's root. With `root` it rebuilds both.
        proof: List<TreeHash, MAX_CONSISTENCY>,
    },
    /// 2: a record that no log of this term may hold at its place.
    Record {
        /// The checkpoint that covers it.
        checkpoint: Note,
        /// The record.
        placed: Placed,
    },
    /// 3: two neighbours that do not chain.
    Neighbours {
        /// The checkpoint that covers both.
        checkpoint: Note,
        /// The first one.
        first: Placed,
        /// The one after it.
        second: Placed,
    },
}

/// A record, its place in the term's tree, and what leads from it to the checkpoint's root.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Placed {
    /// The place.
    pub index: u64,
    /// The leaf's data.
    pub record: Bytes<MAX_RECORD>,
    /// The sibling hashes, from the leaf's sibling upwards.
    pub hashes: List<TreeHash, MAX_PROOF>,
}

/// What a misconduct file proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The term as a log of its own.
    pub origin: Origin,
    /// The key that signed it.
    pub term_key: PublicKey,
    /// Why that key is believed to be the cell's; nothing when neither the file nor a card says so.
    pub belief: Option<Belief>,
    /// What it did.
    pub fault: Fault,
    /// Witnesses who have cosigned both checkpoints: they are proven to have contradicted themselves too.
    pub with: Vec<PublicKey>,
}

/// What a term's key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It signed two logs of this size.
    TwoLogs {
        /// The number of records.
        size: u64,
    },
    /// It signed a log, and then one that is not its continuation.
    Rewrote {
        /// The number of records of the first.
        old: u64,
        /// The number of records of the other.
        new: u64,
    },
    /// It signed a record that no log may hold there.
    BadRecord {
        /// Its place in the term.
        index: u64,
        /// The name of what is wrong with it.
        name: &'static str,
    },
    /// It signed a record that does not follow on the one before it.
    BadLink {
        /// The place of the second of them.
        index: u64,
        /// The name of what is wrong.
        name: &'static str,
    },
}

/// Why a file proves no misconduct. The names are part of `docs/format.md`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMisconduct {
    /// The bytes begin as no misconduct file does.
    #[error("not a misconduct file")]
    NotMisconduct,
    /// The bytes are no encoding of one.
    #[error("not a misconduct file: {0}")]
    Malformed(#[from] Malformed),
    /// The openings in it do not hold.
    #[error("the file's openings do not hold: {0}")]
    Terms(#[from] BadTermProof),
    /// The openings, or the card, name another key for the term.
    #[error("the key that is accused is not the one that the term has")]
    WrongKey,
    /// A checkpoint in it does not hold.
    #[error("the file holds {0}")]
    Checkpoint(#[from] BadCheckpoint),
    /// Hashes in it do not lead to a checkpoint's root.
    #[error("the file's hashes do not lead to its checkpoint's root")]
    NotIncluded,
    /// What it holds can all be true.
    #[error("there is no contradiction in the file: nothing is proven against anyone")]
    NoContradiction,
}

impl BadMisconduct {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotMisconduct => "NotMisconduct",
            Self::Malformed(e) => e.name(),
            Self::Terms(e) => e.name(),
            Self::WrongKey => "WrongKey",
            Self::Checkpoint(e) => e.name(),
            Self::NotIncluded => "NotIncluded",
            Self::NoContradiction => "NoContradiction",
        }
    }
}

impl Fault {
    /// How many records of the term stand before the point where the key contradicted itself.
    pub fn before(&self) -> u64 {
        match self {
            Self::TwoLogs { size } | Self::Rewrote { old: size, .. } => size.saturating_sub(1),
            Self::BadRecord { index, .. } | Self::BadLink { index, .. } => *index,
        }
    }
}

impl Misconduct {
    /// The misconduct that this file holds.
    ///
    /// # Errors
    /// [`BadMisconduct`] when it is not exactly one.
    pub fn parse(file: &[u8]) -> Result<Self, BadMisconduct> {
        let body = file.strip_prefix(MAGIC).ok_or(BadMisconduct::NotMisconduct)?;
        if file.len() > MAX_MISCONDUCT {
            return Err(Malformed::TooLong.into());
        }
        Ok(codec::decode(body)?)
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        [MAGIC, &codec::encode(self)].concat()
    }

    /// The term as a log of its own.
    pub fn origin(&self) -> Origin {
        Origin { cell: self.cell, term: self.term }
    }

    /// What the file proves. `card` is a term that is known beforehand, where one is.
    ///
    /// # Errors
    /// [`BadMisconduct`], the first in the order of `docs/format.md`.
    pub fn verify(&self, card: Option<&KnownTerm>) -> Result<Proven, BadMisconduct> {
        let known = self.known(card)?;
        let (belief, witnesses) =
            known.map_or((None, Vec::new()), |(known, belief)| (Some(belief), known.witnesses));
        let signers = Signers { term_key: self.term_key, witnesses };
        let (fault, with) = self.charge.verify(&self.origin(), &signers)?;
        Ok(Proven { origin: self.origin(), term_key: self.term_key, belief, fault, with })
    }

    /// The term as the file's openings or the card know it, and why it is believed.
    fn known(&self, card: Option<&KnownTerm>) -> Result<Option<(KnownTerm, Belief)>, BadMisconduct> {
        let carded = card.filter(|card| card.origin == self.origin());
        if carded.is_some_and(|card| card.term_key != self.term_key) {
            return Err(BadMisconduct::WrongKey);
        }
        let Some(terms) = &self.terms else {
            return Ok(carded.map(|card| (card.clone(), Belief::Named)));
        };
        if terms.cell != self.cell {
            return Err(BadTermProof::WrongCell.into());
        }
        // A card of another cell says nothing of this one.
        let card = card.filter(|card| card.origin.cell == self.cell);
        let last = terms.verify(card)?.pop().filter(|last| last.term() == self.term);
        let last = last.ok_or(BadTermProof::WrongTerm)?;
        if last.known.term_key != self.term_key {
            return Err(BadMisconduct::WrongKey);
        }
        Ok(Some((last.known, last.belief)))
    }
}

impl Charge {
    /// The charge of two checkpoints of one size and other roots; nothing when they are none.
    pub fn same_size(one: &SignedCheckpoint, other: &SignedCheckpoint) -> Option<Self> {
        let (one, other) = if one.root < other.root { (one, other) } else { (other, one) };
        let contradict = one.origin == other.origin && one.size == other.size && one.root < other.root;
        let note = |signed: &SignedCheckpoint| Bytes::new(signed.to_bytes());
        contradict.then_some(())?;
        Some(Self::SameSize { one: note(one)?, other: note(other)? })
    }

    /// The charge of a checkpoint that is not the beginning of a larger one, in whose tree the first
    /// records have this root, as the proof shows; nothing when it is none.
    pub fn prefix(
        older: &SignedCheckpoint,
        newer: &SignedCheckpoint,
        root: TreeHash,
        proof: Vec<TreeHash>,
    ) -> Option<Self> {
        let holds = crate::tree::verify_consistency(older.size, newer.size, &proof, &root, &newer.root);
        let contradict = older.origin == newer.origin && older.size < newer.size && root != older.root;
        (holds && contradict).then_some(())?;
        let (older, newer) = (Bytes::new(older.to_bytes())?, Bytes::new(newer.to_bytes())?);
        Some(Self::Prefix { older, newer, root, proof: List::new(proof)? })
    }
}
