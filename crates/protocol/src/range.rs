//! Ranges of records: what a follower asks for, the frames of the answer, and the machine that says which
//! frames to send. The machine reads nothing itself: whoever carries it reads the store as it is told.
//!
//! An answer is a row of stretches, one a term: first [`RangeFrame::Under`] with the checkpoint that all
//! of the stretch stands under, then batches, each with the proof that the log up to its end is the
//! beginning of what the checkpoint covers. So a follower can keep every batch as it comes.

#[cfg(test)]
mod tests;

use crate::limits::{MAX_BATCH_BYTES, MAX_BATCH_RECORDS, MAX_CONSISTENCY, MAX_FRAME};
use crate::message::{NoteBytes, within};
use crate::refusal::Refusal;
use bincode::{Decode, Encode};
use lifeboat_log::codec::{self, Bytes, List, Malformed};
use lifeboat_log::limits::MAX_RECORD;
use lifeboat_log::record::BadRecord;
use lifeboat_log::{CellId, Position, Record, SignedCheckpoint, Term, TreeHash, verify_each};
use std::collections::VecDeque;

/// What a follower asks for: the records of a cell from a position on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct RangeAsk {
    /// The cell.
    pub cell: CellId,
    /// The term in which the asker's log stands; the first term when it has nothing.
    pub term: Term,
    /// The position of the first record that the asker lacks.
    pub from: Position,
}

/// One frame of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum RangeFrame {
    /// 0: what follows stands under this checkpoint.
    Under(Under),
    /// 1: the next records.
    Batch(Batch),
    /// 2: that was all that this node holds under a checkpoint.
    End,
    /// 3: no answer, and why.
    Refused(Refusal),
}

/// What a stretch of records of one term stands under.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Under {
    /// The term.
    pub term: Term,
    /// The signed checkpoint, verbatim.
    pub checkpoint: NoteBytes,
    /// How many records of the term the asker has already.
    pub known: u64,
    /// The root over that many, in the tree of the node that answers.
    pub root: TreeHash,
    /// Shows that those are the beginning of what the checkpoint covers.
    pub proof: List<TreeHash, MAX_CONSISTENCY>,
}

/// Records that follow on those before.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Batch {
    /// The records, as they lie on disk.
    pub records: List<Bytes<MAX_RECORD>, MAX_BATCH_RECORDS>,
    /// Shows that the term up to the last of them is the beginning of what the checkpoint covers.
    pub proof: List<TreeHash, MAX_CONSISTENCY>,
}

impl RangeAsk {
    /// The question's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The question that these bytes are.
    ///
    /// # Errors
    /// [`Malformed`] when they are not exactly one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        codec::decode(bytes)
    }
}

impl RangeFrame {
    /// The frame's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The frame that these bytes are.
    ///
    /// # Errors
    /// [`Malformed`] when they are not exactly one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        within(bytes, MAX_FRAME)
    }
}

/// A frame whose records were verified one by one. That takes longer than all else and needs nothing but their
/// bytes: whoever carries frames does it while the follower is busy with the frame before.
#[derive(Debug, Clone)]
pub struct ReadFrame {
    frame: RangeFrame,
    verified: Vec<Result<Record, BadRecord>>,
}

impl ReadFrame {
    /// Verifies the records of a frame, on all cores.
    pub fn read(frame: RangeFrame) -> Self {
        let verified = match &frame {
            RangeFrame::Batch(batch) => {
                let records: Vec<&[u8]> = batch.records.iter().map(|record| &record[..]).collect();
                verify_each(&records)
            }
            _ => Vec::new(),
        };
        Self { frame, verified }
    }

    /// The frame, and what became of each of its records.
    pub fn into_parts(self) -> (RangeFrame, Vec<Result<Record, BadRecord>>) {
        (self.frame, self.verified)
    }
}

/// A term of the log that a node can answer from: all of it that stands under a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The position of the term's first record.
    pub start: Position,
    /// The term's newest checkpoint held (of a closed term: its base); all that it covers is held.
    pub checkpoint: SignedCheckpoint,
}

impl Stretch {
    fn term(&self) -> Term {
        self.checkpoint.origin.term
    }
    fn end(&self) -> Position {
        Position(self.start.0.saturating_add(self.checkpoint.size))
    }
}

/// What whoever carries the machine does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serve {
    /// Read the root over the first `known` leaves of the term and the consistency proof from there to
    /// `size`, and give both to [`Serving::under`]. (With `known` 0 both are empty: nothing is read.)
    ReadTree {
        /// The term.
        term: Term,
        /// The number of leaves that the asker has.
        known: u64,
        /// The number of leaves under the checkpoint.
        size: u64,
    },
    /// Read raw records from here on, at most so many, and the consistency proof of the term from the end
    /// of those read to `size`, and give both to [`Serving::batch`]. The end is counted in the term:
    /// `first` and the number of records read.
    ReadRecords {
        /// The term.
        term: Term,
        /// The position of the first record.
        from: Position,
        /// The same place, counted in the term.
        first: u64,
        /// Most records.
        max_records: usize,
        /// Most bytes (a first record that is longer is read all the same).
        max_bytes: usize,
        /// The number of leaves under the checkpoint.
        size: u64,
    },
    /// Send this frame.
    Send(RangeFrame),
    /// Close the stream.
    Done,
}

/// The machine that answers one question for a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    stretches: VecDeque<Stretch>,
    at: Position,
    told: bool,
    last: Option<RangeFrame>,
    ended: bool,
}

impl Serving {
    /// The answer to `ask` from these terms of the log, oldest first, each beginning where the one before
    /// it ends.
    pub fn new(ask: &RangeAsk, stretches: Vec<Stretch>) -> Self {
        let held = stretches.last().map(Stretch::end);
        let stretches: VecDeque<_> = stretches.into_iter().filter(|s| s.end() > ask.from).collect();
        let refused = match (held, stretches.front()) {
            (None, _) => Some(Refusal::NOT_HELD),
            // The asker is ahead of this node, or as far: nothing to send, and nothing wrong.
            (Some(_), None) => None,
            // The asker stands in a term that this node does not have.
            (Some(_), Some(first)) if ask.from > first.start && first.term() != ask.term => {
                Some(Refusal::NOT_HELD)
            }
            _ => None,
        };
        let last = refused.map_or(RangeFrame::End, |name| RangeFrame::Refused(Refusal::new(name)));
        let stretches = if refused.is_some() { VecDeque::new() } else { stretches };
        Self { stretches, at: ask.from, told: false, last: Some(last), ended: false }
    }

    /// What to do next.
    pub fn step(&mut self) -> Serve {
        while !self.ended && self.stretches.front().is_some_and(|s| s.end() <= self.at) {
            self.stretches.pop_front();
            self.told = false;
        }
        let Some(stretch) = self.stretches.front().filter(|_| !self.ended) else {
            return self.last.take().map_or(Serve::Done, Serve::Send);
        };
        let (term, size) = (stretch.term(), stretch.checkpoint.size);
        let first = self.at.0.saturating_sub(stretch.start.0);
        if !self.told {
            return Serve::ReadTree { term, known: first, size };
        }
        let left = usize::try_from(size - first).unwrap_or(usize::MAX);
        Serve::ReadRecords {
            term,
            from: self.at,
            first,
            max_records: left.min(MAX_BATCH_RECORDS),
            max_bytes: MAX_BATCH_BYTES,
            size,
        }
    }

    /// The frame for what [`Serve::ReadTree`] read.
    pub fn under(&mut self, root: TreeHash, proof: Vec<TreeHash>) -> RangeFrame {
        let frame = self.stretches.front().and_then(|stretch| {
            Some(RangeFrame::Under(Under {
                term: stretch.term(),
                checkpoint: Bytes::new(stretch.checkpoint.to_bytes())?,
                known: self.at.0.saturating_sub(stretch.start.0),
                root,
                proof: List::new(proof)?,
            }))
        });
        self.told = true;
        frame.unwrap_or_else(|| self.give_up())
    }

    /// The frame for what [`Serve::ReadRecords`] read. No records at all ends the answer: the store does
    /// not hold what its checkpoint covers.
    pub fn batch(&mut self, records: Vec<Vec<u8>>, proof: Vec<TreeHash>) -> RangeFrame {
        let count = records.len() as u64;
        let records: Option<Vec<_>> = records.into_iter().map(Bytes::new).collect();
        let batch = records.and_then(List::new).zip(List::new(proof));
        match batch {
            Some((records, proof)) if count > 0 => {
                self.at = Position(self.at.0.saturating_add(count));
                RangeFrame::Batch(Batch { records, proof })
            }
            _ => self.give_up(),
        }
    }

    /// Ends the answer: the store failed. The frame to send.
    pub fn give_up(&mut self) -> RangeFrame {
        self.ended = true;
        self.last = None;
        RangeFrame::Refused(Refusal::new(Refusal::NOT_HELD))
    }
}
