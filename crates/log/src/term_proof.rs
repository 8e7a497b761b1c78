//! The term proof: the openings that lead from a term whose key is known (from a cell card, or from the
//! cell's id itself, which is that of its founding entry) to another term, backwards or forwards. With it
//! somebody who holds no log can check what another term's key has signed.
//!
//! What it must never do: believe a later term because its bytes are in order. Whether a takeover had its
//! right is judged by the fold; who cannot fold believes witnesses that are known already, or says so.

use crate::checkpoint::{BadCheckpoint, Checkpoint, Origin, SignedCheckpoint, Signers};
use crate::codec::{self, Bytes, List, Malformed};
use crate::hash::{CellId, TreeHash};
use crate::key::{KeyCache, PublicKey};
use crate::limits::{MAX_BASE_NOTE, MAX_OPENINGS, MAX_RECORD, MAX_TERM_PROOF};
use crate::opening::{Opening, Right};
use crate::record::{BadRecord, Record};
use crate::time::Term;
use crate::tree::{MAX_PROOF, leaf_hash, verify_inclusion};
use bincode::{Decode, Encode};

/// What a term proof's file begins with.
pub const MAGIC: &[u8] = b"lifeboat/terms/v1\n";

/// A term proof as it was read; nothing in it is verified. Layout: `docs/format.md`, "Term proof".
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TermProof {
    /// The cell.
    pub cell: CellId,
    /// The records that open the terms, one after the other.
    pub openings: List<Opened, MAX_OPENINGS>,
    /// A checkpoint of the last of those terms; empty when the proof goes without.
    pub checkpoint: Bytes<MAX_BASE_NOTE>,
}

/// A record that opens a term, and its place in that term's tree.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Opened {
    /// The record.
    pub record: Bytes<MAX_RECORD>,
    /// From it, leaf 0, to the root of the term's checkpoint: the one that the next opening names as its
    /// base; for the last opening, the one in the proof.
    pub hashes: List<TreeHash, MAX_PROOF>,
}

/// A term whose key and witnesses are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTerm {
    /// The term, as a log of its own.
    pub origin: Origin,
    /// Its key.
    pub term_key: PublicKey,
    /// The keys of its witnesses.
    pub witnesses: Vec<PublicKey>,
    /// The number of cosignatures that make a checkpoint witnessed.
    pub quorum: u16,
}

/// Why somebody who holds no log believes that a term is the cell's. From the strongest to the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Belief {
    /// The cell's id or the card names its key, or a believed later term goes on from it.
    Named,
    /// As many witnesses as the term before asks for have cosigned a checkpoint of it.
    Witnessed,
    /// The key of the term before, which has no witnesses, handed over to it.
    HandedOver,
    /// Nothing of these: only the log can tell.
    NeedsLog,
}

/// A term of the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenTerm {
    /// What its opening says.
    pub known: KnownTerm,
    /// Why it is believed.
    pub belief: Belief,
    /// Where it goes on from: all of the term before that survived. None in the first term.
    pub base: Option<Checkpoint>,
}

/// Why a term proof does not hold. The names are part of `docs/format.md`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTermProof {
    /// The bytes begin as no term proof does.
    #[error("not a term proof")]
    NotATermProof,
    /// The bytes are no encoding of one.
    #[error("not a term proof: {0}")]
    Malformed(#[from] Malformed),
    /// A record in it does not hold.
    #[error("the term proof holds {0}")]
    Record(#[from] BadRecord),
    /// A record in it opens no term, or one that does not come next.
    #[error("the term proof holds a record that does not open the next term")]
    WrongTerm,
    /// It is of another cell.
    #[error("the term proof is of another cell")]
    WrongCell,
    /// A term does not go on from the one before it.
    #[error("the term proof holds a term that does not go on from the one before it")]
    BadBase,
    /// A checkpoint in it does not hold.
    #[error("the term proof holds {0}")]
    Checkpoint(#[from] BadCheckpoint),
    /// An opening does not stand under its term's checkpoint.
    #[error("the term proof holds an opening that does not stand under its term's checkpoint")]
    NotIncluded,
    /// The card names another key for one of its terms.
    #[error("the term proof names another key than the card for the same term")]
    WrongKey,
    /// It begins with no term that is known.
    #[error("the term proof begins after the term that is known: more openings are needed")]
    NoStart,
}

impl BadTermProof {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotATermProof => "NotATermProof",
            Self::Malformed(e) => e.name(),
            Self::Record(e) => e.name(),
            Self::WrongTerm => "WrongTerm",
            Self::WrongCell => "WrongCell",
            Self::BadBase => "BadBase",
            Self::Checkpoint(e) => e.name(),
            Self::NotIncluded => "NotIncluded",
            Self::WrongKey => "WrongKey",
            Self::NoStart => "NoStart",
        }
    }
}

impl KnownTerm {
    /// What an opening makes known.
    pub fn of(cell: CellId, opening: &Opening) -> Self {
        Self {
            origin: Origin { cell, term: opening.term },
            term_key: opening.term_key,
            witnesses: opening.witnesses.to_vec(),
            quorum: opening.quorum,
        }
    }

    /// Who may sign checkpoints of it.
    pub fn signers(&self) -> Signers {
        Signers { term_key: self.term_key, witnesses: self.witnesses.clone() }
    }
}

/// An opening of the proof, verified as a record.
struct Step {
    record: Record,
    opening: Opening,
    known: KnownTerm,
}

impl TermProof {
    /// The proof that this file holds.
    ///
    /// # Errors
    /// [`BadTermProof`] when it is not exactly one.
    pub fn parse(file: &[u8]) -> Result<Self, BadTermProof> {
        let body = file.strip_prefix(MAGIC).ok_or(BadTermProof::NotATermProof)?;
        if file.len() > MAX_TERM_PROOF {
            return Err(Malformed::TooLong.into());
        }
        Ok(codec::decode(body)?)
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        [MAGIC, &codec::encode(self)].concat()
    }

    /// The terms of the proof, oldest first, once everything holds. `card` is the term that is known; with
    /// none, the proof begins with the founding, which the cell's id names.
    ///
    /// # Errors
    /// [`BadTermProof`].
    pub fn verify(&self, card: Option<&KnownTerm>) -> Result<Vec<ProvenTerm>, BadTermProof> {
        if card.is_some_and(|card| card.origin.cell != self.cell) {
            return Err(BadTermProof::WrongCell);
        }
        let steps = self.steps()?;
        let first = steps.first().ok_or(BadTermProof::NoStart)?;
        let carded = steps.iter().position(|step| card.is_some_and(|c| c.origin == step.known.origin));
        if let (Some(at), Some(card)) = (carded, card)
            && steps[at].known.term_key != card.term_key
        {
            return Err(BadTermProof::WrongKey);
        }
        let before = card.filter(|card| card.origin.term.may_become(first.opening.term));
        if carded.is_none() && before.is_none() && first.opening.base.is_some() {
            return Err(BadTermProof::NoStart);
        }
        // Where the card's key covers its opening, that opening and all before it are fixed by their roots.
        let anchored = match carded {
            Some(at) => self.stands(&steps, at, None)?.1,
            None => false,
        };
        let mut proven: Vec<ProvenTerm> = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let last = proven.last();
            let previous = last.map(|last| &last.known).or(before);
            let (cosigned, _) = self.stands(&steps, at, previous)?;
            let mut base = self.goes_on(step, previous)?;
            let is_carded = carded == Some(at);
            let belief = if is_carded || (anchored && carded.is_some_and(|carded| at < carded)) {
                Belief::Named
            } else {
                last.map_or(Belief::Named, |last| last.belief).max(believe(step, previous, cosigned))
            };
            if is_carded && !anchored {
                base = None; // the card names the key; nothing here binds the rest of the opening to it
            }
            proven.push(ProvenTerm { known: step.known.clone(), belief, base });
        }
        Ok(proven)
    }

    /// The openings, each valid in itself and each of the term that comes next.
    fn steps(&self) -> Result<Vec<Step>, BadTermProof> {
        let mut keys = KeyCache::default();
        let mut steps: Vec<Step> = Vec::new();
        for opened in self.openings.iter() {
            let record = Record::verify(&opened.record, &mut keys)?;
            let opening = record.entry().opening()?.ok_or(BadTermProof::WrongTerm)?;
            let follows = steps.last().is_none_or(|last| last.opening.term.may_become(opening.term));
            if opening.term != record.link().term || !follows {
                return Err(BadTermProof::WrongTerm);
            }
            if record.cell() != self.cell {
                return Err(BadTermProof::WrongCell);
            }
            let known = KnownTerm::of(self.cell, &opening);
            steps.push(Step { record, opening, known });
        }
        Ok(steps)
    }

    /// How many of the witnesses of the term before have cosigned the checkpoint under which an opening
    /// stands, and whether it stands under one.
    fn stands(
        &self,
        steps: &[Step],
        at: usize,
        previous: Option<&KnownTerm>,
    ) -> Result<(usize, bool), BadTermProof> {
        let step = &steps[at];
        let hashes = &self.openings[at].hashes;
        let next = steps.get(at + 1).and_then(|next| next.opening.base.as_ref());
        let note: &[u8] = next.map_or(&self.checkpoint, |base| &base.checkpoint);
        if note.is_empty() {
            return if hashes.is_empty() { Ok((0, false)) } else { Err(BadTermProof::NotIncluded) };
        }
        let witnesses = previous.map_or(Vec::new(), |previous| previous.witnesses.clone());
        let signers = Signers { term_key: step.known.term_key, witnesses };
        let signed = SignedCheckpoint::verify(note, &step.known.origin, &signers)?;
        let leaf = leaf_hash(&step.record.to_bytes());
        if !verify_inclusion(0, signed.size, &leaf, hashes, &signed.root) {
            return Err(BadTermProof::NotIncluded);
        }
        let mut cosigners: Vec<PublicKey> = signed.cosigned().iter().map(|line| line.witness).collect();
        cosigners.sort();
        cosigners.dedup();
        Ok((cosigners.len(), true))
    }

    /// Where a term goes on from, once that is a checkpoint of the term before and, for a handover, the
    /// key of that term says so. Where the term before is not known, the base is only read.
    fn goes_on(&self, step: &Step, previous: Option<&KnownTerm>) -> Result<Option<Checkpoint>, BadTermProof> {
        let Some(base) = &step.opening.base else { return Ok(None) };
        let Some(previous) = previous else {
            let note = crate::note::Note::parse(&base.checkpoint).map_err(|_| BadTermProof::BadBase)?;
            let said = Checkpoint::parse_text(&note.text).map_err(|_| BadTermProof::BadBase)?;
            let fits = said.origin.cell == self.cell && said.origin.term.may_become(step.opening.term);
            return if fits { Ok(Some(said)) } else { Err(BadTermProof::BadBase) };
        };
        let signed = SignedCheckpoint::verify(&base.checkpoint, &previous.origin, &previous.signers())
            .map_err(|_| BadTermProof::BadBase)?;
        if let Right::Handover(signature) = &step.opening.right {
            let message = step.opening.handover_message(&self.cell);
            previous.term_key.verify(&message, signature).map_err(|_| BadTermProof::BadBase)?;
        }
        Ok(Some(*signed.checkpoint()))
    }
}

impl ProvenTerm {
    /// The term.
    pub fn term(&self) -> Term {
        self.known.origin.term
    }
}

impl From<ProvenTerm> for KnownTerm {
    fn from(proven: ProvenTerm) -> Self {
        proven.known
    }
}

/// Why a term is believed that so many witnesses of the one before have cosigned.
fn believe(step: &Step, previous: Option<&KnownTerm>, cosigned: usize) -> Belief {
    match (&step.opening.right, previous) {
        (Right::Founding, _) => Belief::Named,
        (_, Some(previous)) if previous.quorum > 0 && cosigned >= usize::from(previous.quorum) => {
            Belief::Witnessed
        }
        (Right::Handover(_), Some(previous)) if previous.quorum == 0 => Belief::HandedOver,
        _ => Belief::NeedsLog,
    }
}
