//! Bundles: a stretch of a cell's log in a file, for a USB stick. The machine here takes the frames of a
//! bundle in one after another and says which records may be kept: those that are proven under a
//! checkpoint which the term's key signed and that follow on the log here. What the log here has already
//! is compared: a bundle that a keeper's other log is in raises the alarm. It reads nothing itself.

mod frame;
#[cfg(test)]
mod tests;

pub use frame::{BundleFrame, Carried, Head, MAGIC, MAX_BUNDLE_FRAME, Totals};

use crate::range::{Batch, Under};
use lifeboat_log::opening::Right;
use lifeboat_log::tree::{Frontier, leaf_hash, verify_consistency};
use lifeboat_log::{
    BadCheckpoint, Broken, Chain, Origin, Position, Record, SignedCheckpoint, Signers, Term, TreeHash, record,
};

/// What the machine may ask of the log that lies here.
pub trait Own {
    /// How many records of a term are here; nothing of a term that is not.
    fn size(&self, term: Term) -> Option<u64>;
    /// The keys that sign for a term that is here.
    fn signers(&self, term: Term) -> Option<Signers>;
    /// The right edge of the tree over the first records of a term.
    fn frontier(&self, term: Term, size: u64) -> Option<Frontier>;
    /// The bytes of a record.
    fn record(&self, at: Position) -> Option<Vec<u8>>;
}

/// Why a bundle is not taken further. What was taken in before stays: it was proven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBundle {
    /// The frames come in an order that makes no sense.
    #[error("its parts come in an order that makes no sense")]
    OutOfOrder,
    /// Records are missing between the log here and the bundle.
    #[error("it begins at #{from}, and the log here ends before #{here}: import an earlier bundle first")]
    Gap {
        /// The first record of the bundle that does not follow.
        from: Position,
        /// The next record that is lacking here.
        here: Position,
    },
    /// A proof does not lead to the checkpoint's root.
    #[error("its records are not those that its checkpoint covers: it was damaged or altered")]
    NotProven,
    /// A checkpoint is not signed as it must be.
    #[error("it holds {0}")]
    Checkpoint(#[from] BadCheckpoint),
    /// A record does not hold or does not follow.
    #[error("it holds a record that does not hold: {0}")]
    Broken(#[from] Broken),
    /// A term that was taken over, which this version does not judge.
    #[error("it holds a takeover of the log, which this version cannot judge from a file: sync with a home")]
    Takeover,
    /// The bundle holds another log that the same key signed.
    #[error("it holds another log than this home, signed by the same keeper, from #{at} on")]
    Fork {
        /// The first record that is known to differ, or the end of what was compared.
        at: Position,
        /// The checkpoint in the bundle.
        other: Box<SignedCheckpoint>,
    },
}

impl BadBundle {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::OutOfOrder | Self::Takeover => "OutOfOrder",
            Self::Gap { .. } => "Gap",
            Self::NotProven => "NotProven",
            Self::Checkpoint(bad) => bad.name(),
            Self::Broken(broken) => broken.name(),
            Self::Fork { .. } => "OtherLog",
        }
    }
}

/// What may be kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// New records, in order.
    pub records: Vec<Record>,
    /// The checkpoint that covers exactly the log up to the last of them.
    pub checkpoint: Option<Box<SignedCheckpoint>>,
    /// How many were here already.
    pub known: u64,
}

/// The machine.
#[derive(Debug, Clone)]
pub struct Taking {
    chain: Chain,
    stage: Option<Stage>,
}

/// What the records that come stand under.
#[derive(Debug, Clone)]
struct Stage {
    term: Term,
    /// The term's tree in the bundle, as far as it has come.
    tree: Frontier,
    note: Vec<u8>,
    /// The checkpoint, once its key is known.
    signed: Option<Box<SignedCheckpoint>>,
}

impl Taking {
    /// Takes a bundle in behind a log that stands here.
    pub fn new(chain: Chain) -> Self {
        Self { chain, stage: None }
    }

    /// Where the log stands with all that was taken.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The checkpoint of what comes next.
    ///
    /// # Errors
    /// [`BadBundle`].
    pub fn under(&mut self, under: &Under, own: &dyn Own) -> Result<(), BadBundle> {
        if self.stage.as_ref().is_some_and(|stage| !stage.is_complete()) {
            return Err(BadBundle::OutOfOrder);
        }
        let note = under.checkpoint.to_vec();
        let stage = match own.size(under.term) {
            Some(size) => self.of_known_term(under, size, note, own)?,
            None => {
                let open = self.chain.open();
                let follows = open.map_or(under.term == Term::FIRST, |open| open.term.may_become(under.term));
                if !follows || under.known != 0 {
                    return Err(self.gap(self.chain.next().next()));
                }
                Stage { term: under.term, tree: Frontier::default(), note, signed: None }
            }
        };
        self.stage = Some(stage);
        Ok(())
    }

    fn of_known_term(
        &self,
        under: &Under,
        size: u64,
        note: Vec<u8>,
        own: &dyn Own,
    ) -> Result<Stage, BadBundle> {
        let origin = Origin { cell: self.chain.cell(), term: under.term };
        let signers = own.signers(under.term).ok_or(BadBundle::OutOfOrder)?;
        let signed = SignedCheckpoint::verify(&note, &origin, &signers)?;
        if under.known > size || under.known > signed.size {
            return Err(self.gap(self.chain.next().next()));
        }
        let frontier = |size| own.frontier(under.term, size).ok_or(BadBundle::OutOfOrder);
        let tree = frontier(under.known)?;
        if under.known > 0 {
            let (old, proof) = (under.known, &under.proof);
            if !verify_consistency(old, signed.size, proof, &under.root, &signed.root) {
                return Err(BadBundle::NotProven);
            }
            if tree.root() != under.root {
                return Err(self.fork(self.chain.next(), signed));
            }
        }
        if signed.size <= size && frontier(signed.size)?.root() != signed.root {
            return Err(self.fork(self.chain.next(), signed));
        }
        Ok(Stage { term: under.term, tree, note, signed: Some(Box::new(signed)) })
    }

    /// The next records.
    ///
    /// # Errors
    /// [`BadBundle`]; none of these records may be kept then.
    pub fn batch(&mut self, batch: &Batch, own: &dyn Own) -> Result<Taken, BadBundle> {
        let stage = self.stage.as_ref().filter(|stage| !stage.is_complete()).ok_or(BadBundle::OutOfOrder)?;
        let bytes: Vec<&[u8]> = batch.records.iter().map(|record| &record[..]).collect();
        let first = bytes.first().and_then(|first| record::split(first).ok()).map(|(link, _)| link.position);
        let (first, next) = (first.ok_or(BadBundle::NotProven)?, self.chain.next());
        if first > next {
            return Err(self.gap(first));
        }
        let known = bytes.len().min(usize::try_from(next.0 - first.0).unwrap_or(usize::MAX));
        let mut tree = stage.tree.clone();
        bytes.iter().for_each(|record| tree.push(leaf_hash(record)));
        let mut ahead = self.chain.clone();
        let (records, extended) = ahead.extend_with_bytes(&bytes[known..]);
        let signed = match &stage.signed {
            Some(signed) => signed.clone(),
            None => {
                extended.clone()?;
                let open = ahead.open().filter(|open| open.term == stage.term);
                let open = open.ok_or(BadBundle::OutOfOrder)?;
                if matches!(open.opening.right, Right::Takeover { .. }) {
                    return Err(BadBundle::Takeover);
                }
                Box::new(open.verify(ahead.cell(), &stage.note)?)
            }
        };
        if !is_proven(&tree, &signed, &batch.proof) {
            return Err(BadBundle::NotProven);
        }
        // From here on the keeper's key has signed these records: what differs here is another log.
        for (at, record) in (first.0..).zip(&bytes[..known]) {
            if own.record(Position(at)).is_none_or(|here| here != *record) {
                return Err(self.fork(Position(at), *signed));
            }
        }
        extended?;
        let complete = tree.size() == signed.size;
        let stands = ahead.open().is_some_and(|o| o.term == stage.term && o.tree.size() == tree.size());
        let checkpoint = (complete && stands).then(|| signed.clone());
        let (term, note) = (stage.term, stage.note.clone());
        self.stage = Some(Stage { term, tree, note, signed: Some(signed) });
        self.chain = ahead;
        Ok(Taken { records, checkpoint, known: known as u64 })
    }

    fn gap(&self, from: Position) -> BadBundle {
        BadBundle::Gap { from, here: self.chain.next() }
    }

    fn fork(&self, at: Position, other: SignedCheckpoint) -> BadBundle {
        BadBundle::Fork { at, other: Box::new(other) }
    }
}

impl Stage {
    /// Whether all that the checkpoint covers has come.
    fn is_complete(&self) -> bool {
        self.signed.as_ref().is_some_and(|signed| self.tree.size() >= signed.size)
    }
}

fn is_proven(tree: &Frontier, signed: &SignedCheckpoint, proof: &[TreeHash]) -> bool {
    verify_consistency(tree.size(), signed.size, proof, &tree.root(), &signed.root)
}
