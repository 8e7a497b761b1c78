//! What an audit says of witnesses: which checkpoints of a log have how many cosignatures, those in the term
//! folders and those that anchors brought in, and what their times say of the links around them. That an
//! anchor's root is the one over the records is checked here, where the tree is.

use crate::limits::MAX_COSIGNED;
use lifeboat_log::checkpoint::anchored_note;
use lifeboat_log::tree::{Frontier, node_hash};
use lifeboat_log::{Kind, OpenTerm, Position, Record, SignedCheckpoint, Term, Time, TreeHash};
use std::convert::Infallible;

/// Leaves under one remembered node.
const BLOCK: u64 = 256;
const BLOCK_LEVEL: u8 = 8;

/// A checkpoint of a term that names witnesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CosignedCheckpoint {
    /// The term.
    pub term: Term,
    /// Its size.
    pub size: u64,
    /// How many witnesses cosigned it.
    pub witnesses: usize,
    /// How many the term asks.
    pub quorum: usize,
    /// The anchor that brought it into the log; none for the one in the term's folder.
    pub anchor: Option<Position>,
    /// The earliest and the latest time of a cosignature, in seconds since 1970.
    pub seconds: Option<(u64, u64)>,
    /// When the last link under it was placed.
    pub last: Time,
    /// When the first link behind it was placed.
    pub next: Option<Time>,
}

impl CosignedCheckpoint {
    /// Whether as many witnesses cosigned it as the term asks.
    pub fn is_witnessed(&self) -> bool {
        self.witnesses >= self.quorum
    }

    /// Whether a link's time contradicts a cosignature by more than this: one under the checkpoint that is
    /// later, or one behind it that is earlier.
    pub fn contradicts(&self, skew_ms: u64) -> bool {
        let Some((earliest, latest)) = self.seconds else { return false };
        let at = |seconds: u64| Time::from_ms(seconds.saturating_mul(1000));
        let ahead = self.last > at(earliest).plus_ms(skew_ms);
        ahead || self.next.is_some_and(|next| next.plus_ms(skew_ms) < at(latest))
    }
}

/// What is remembered of one term while its records are read.
#[derive(Default)]
pub(crate) struct Watch {
    times: Vec<Time>,
    leaves: Vec<TreeHash>,
    blocks: Vec<TreeHash>,
    anchors: Vec<(Position, SignedCheckpoint)>,
}

impl Watch {
    /// Takes in the next record of the term.
    pub fn push(&mut self, record: &Record, leaf: TreeHash, open: &OpenTerm) {
        if open.opening.quorum == 0 {
            return;
        }
        self.times.push(record.link().time);
        self.leaves.push(leaf);
        if (self.leaves.len() as u64).is_multiple_of(BLOCK) {
            let mut tree = Frontier::default();
            self.leaves[self.leaves.len() - BLOCK as usize..].iter().for_each(|leaf| tree.push(*leaf));
            self.blocks.push(tree.root());
        }
        let entry = record.entry();
        let note = if entry.kind == Kind::ANCHOR { anchored_note(&entry.body) } else { None };
        if let Some(Ok(signed)) = note.map(|note| open.verify(entry.cell, &note)) {
            self.anchors.push((record.link().position, signed));
        }
    }

    /// The checkpoints that anchors brought in, and the anchors whose root is not the one over the records.
    pub fn anchored(&mut self, quorum: u16) -> (Vec<CosignedCheckpoint>, Vec<Position>) {
        let (mut good, mut wrong) = (Vec::new(), Vec::new());
        for (position, signed) in std::mem::take(&mut self.anchors) {
            match self.root(signed.size) {
                Some(root) if root == signed.root => good.extend(self.of(&signed, quorum, Some(position))),
                _ => wrong.push(position),
            }
        }
        (good, wrong)
    }

    /// What a checkpoint of the term says, where the term asks for witnesses.
    pub fn of(
        &self,
        signed: &SignedCheckpoint,
        quorum: u16,
        anchor: Option<Position>,
    ) -> Option<CosignedCheckpoint> {
        let seconds = signed.cosigned().iter().map(|cosigned| cosigned.seconds);
        let at = usize::try_from(signed.size).ok()?;
        (quorum > 0).then(|| CosignedCheckpoint {
            term: signed.origin.term,
            size: signed.size,
            witnesses: signed.witnesses(),
            quorum: usize::from(quorum),
            anchor,
            seconds: seconds.clone().min().zip(seconds.max()),
            last: at.checked_sub(1).and_then(|last| self.times.get(last)).copied().unwrap_or_default(),
            next: self.times.get(at).copied(),
        })
    }

    fn root(&self, size: u64) -> Option<TreeHash> {
        let node = |level, index| Ok::<_, Infallible>(self.node(level, index));
        let known = size <= self.leaves.len() as u64;
        known.then(|| Frontier::load(size, node).map(|tree| tree.root()).unwrap_or_default())
    }

    /// A whole node of the term's tree.
    fn node(&self, level: u8, index: u64) -> TreeHash {
        let known = match level {
            0 => self.leaves.get(index as usize),
            BLOCK_LEVEL => self.blocks.get(index as usize),
            _ => None,
        };
        known.copied().unwrap_or_else(|| {
            if level == 0 {
                return TreeHash::ZERO; // only whole nodes of the tree are asked for
            }
            node_hash(&self.node(level - 1, 2 * index), &self.node(level - 1, 2 * index + 1))
        })
    }
}

/// Adds checkpoints to a report, no more than it may hold.
pub(crate) fn add(to: &mut Vec<CosignedCheckpoint>, new: impl IntoIterator<Item = CosignedCheckpoint>) {
    let room = MAX_COSIGNED.saturating_sub(to.len());
    to.extend(new.into_iter().take(room));
}
