//! Who cheats: a node that signs and serves whatever it likes. It keeps its logs in memory and checks
//! nothing, as no store or machine of ours would do for it. For tests only.

use lifeboat_commons::testing::{START, TestCell};
use lifeboat_log::checkpoint::{cosign, witness_name};
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::testing::Leaves;
use lifeboat_log::{
    CellId, Checkpoint, KeyCache, Origin, Position, PublicKey, Record, SecretKey, SignedCheckpoint, Term,
};
use lifeboat_protocol::inquiry;
use lifeboat_protocol::message::Recalled;
use lifeboat_protocol::takeover::CallNews;
use lifeboat_protocol::{RangeAsk, RangeFrame, Refusal, Request, Response, Serve, Serving, Stretch};
use lifeboat_store::{LogStore, MemoryStorage};
use std::cell::Cell;
use std::sync::Arc;

/// A node that cheats.
pub struct Liar {
    /// The key of its node.
    pub node: PublicKey,
    /// The records that it shows, right or wrong.
    pub records: Vec<Vec<u8>>,
    /// The checkpoint that it shows over the last term of them.
    pub checkpoint: SignedCheckpoint,
    /// The terms before that one: where each begins, and the checkpoint over it.
    before: Vec<(Position, SignedCheckpoint)>,
    /// Where the last term begins.
    start: Position,
    /// The calls for a takeover that it tells of.
    pub calls: Vec<CallNews>,
    /// The misconduct files that it gives to whoever asks.
    pub files: Vec<Vec<u8>>,
    /// How many entries it was asked to place, and did not.
    pub asked: Cell<u32>,
    /// The witness key with which it answers a home that has started; without one it does not answer.
    pub answers_as: Option<SecretKey>,
}

impl Liar {
    /// A node that shows these records under a checkpoint by this key over all of them.
    pub fn new(cell: CellId, node: PublicKey, term_key: &SecretKey, records: Vec<Vec<u8>>) -> Self {
        let checkpoint = sign(cell, term_key, &records);
        Self::showing(node, records, checkpoint)
    }

    /// A node that shows these records of one term under this checkpoint.
    fn showing(node: PublicKey, records: Vec<Vec<u8>>, checkpoint: SignedCheckpoint) -> Self {
        Self {
            node,
            records,
            checkpoint,
            before: Vec::new(),
            start: Position(0),
            calls: Vec::new(),
            files: Vec::new(),
            asked: Cell::new(0),
            answers_as: None,
        }
    }

    /// A node that shows a log of several terms, which chains, under this checkpoint over the last of them.
    pub fn of_log(node: PublicKey, log: &TestCell, checkpoint: SignedCheckpoint) -> Self {
        let records = log.records().iter().map(Record::to_bytes).collect();
        let mut before = Vec::new();
        // What does not chain has no terms before the last, and nobody takes it.
        if let Ok((mut store, _)) = LogStore::open(Arc::new(MemoryStorage::new()), log.cell())
            && store.append(log.records()).is_ok()
        {
            before = store.terms();
        }
        let start = before.last().map_or(0, |(start, signed)| start.0 + signed.size);
        Self { before, start: Position(start), ..Self::showing(node, records, checkpoint) }
    }

    /// Shows other records from now on.
    pub fn show(&mut self, term_key: &SecretKey, records: Vec<Vec<u8>>) {
        self.checkpoint = sign(self.checkpoint.origin.cell, term_key, &records);
        self.records = records;
    }

    /// Signs the last term of its records as they are now, right or wrong, and has these witnesses cosign it.
    pub fn sign_again(&mut self, term_key: &SecretKey, witnesses: &[&SecretKey]) {
        let origin = self.checkpoint.origin;
        let leaves = Leaves::of(&self.records[self.start.0 as usize..]);
        let size = self.records.len() as u64 - self.start.0;
        let mut signed = Checkpoint { origin, size, root: leaves.root(size) }.sign(term_key);
        for key in witnesses {
            let line = cosign(&signed.text(), &witness_name(&key.public()), key, START / 1000 + 3_600);
            signed = signed.clone().with_cosignature(line, key.public()).unwrap_or(signed);
        }
        self.checkpoint = signed;
    }

    /// Its answer to a question of this node.
    pub fn answer(&self, request: &Request) -> Response {
        match request {
            Request::Recall { cell, asker, nonce } => match &self.answers_as {
                Some(witness) => Response::recalled(Recalled {
                    checkpoint: Bytes::new(self.checkpoint.to_bytes()).unwrap_or_default(),
                    calls: List::default(),
                    witness: witness.public(),
                    signature: inquiry::answer(*cell, asker, nonce, witness),
                }),
                None => Response::refused(Refusal::BUSY),
            },
            Request::Tip { .. } => Response::tip(Some(&self.checkpoint), Vec::new()),
            Request::Misconduct { .. } => Response::misconduct(self.files.clone()),
            Request::Have { .. } => Response::Noted,
            Request::Calls { .. } => {
                Response::Calls { calls: List::new(self.calls.clone()).unwrap_or_default() }
            }
            Request::Opening { era, .. } => match self.opening_above(*era).and_then(Bytes::new) {
                Some(record) => Response::Opening { record },
                None => Response::refused(Refusal::NOT_HELD),
            },
            Request::Submit { .. } => {
                self.asked.set(self.asked.get() + 1);
                Response::refused(Refusal::BUSY)
            }
            _ => Response::refused(Refusal::BUSY),
        }
    }

    /// The record that opens the first term of a later era than this.
    fn opening_above(&self, era: u16) -> Option<Vec<u8>> {
        let opens = |bytes: &&Vec<u8>| {
            let record = Record::verify(bytes, &mut KeyCache::default()).ok();
            let opening = record.and_then(|record| record.entry().opening().ok().flatten());
            opening.is_some_and(|opening| opening.term.era() > era)
        };
        self.records.iter().find(opens).cloned()
    }

    /// The terms that it shows.
    fn stretches(&self) -> Vec<Stretch> {
        let last = (self.start, self.checkpoint.clone());
        let all = self.before.iter().cloned().chain([last]);
        all.map(|(start, checkpoint)| Stretch { start, checkpoint }).collect()
    }

    /// The tree of a term.
    fn leaves(&self, term: Term) -> Leaves {
        let of_term = self.stretches().into_iter().find(|stretch| stretch.checkpoint.origin.term == term);
        let (start, size) = of_term.map_or((0, 0), |s| (s.start.0 as usize, s.checkpoint.size as usize));
        Leaves::of(&self.records[start..start + size])
    }

    /// All frames of its answer to a question for a range.
    pub fn serve(&self, ask: &RangeAsk) -> Vec<RangeFrame> {
        let (mut serving, mut frames) = (Serving::new(ask, self.stretches()), Vec::new());
        loop {
            match serving.step() {
                Serve::Done => return frames,
                Serve::Send(frame) => frames.push(frame),
                Serve::ReadTree { term, known, size } => {
                    let leaves = self.leaves(term);
                    frames.push(serving.under(leaves.root(known), leaves.consistency(known, size)));
                }
                Serve::ReadRecords { term, from, first, max_records, size, .. } => {
                    let count = (max_records.min(8) as u64).min(size - first);
                    let records = self.records[from.0 as usize..(from.0 + count) as usize].to_vec();
                    frames.push(serving.batch(records, self.leaves(term).consistency(first + count, size)));
                }
            }
        }
    }
}

fn sign(cell: CellId, term_key: &SecretKey, records: &[Vec<u8>]) -> SignedCheckpoint {
    let (size, leaves) = (records.len() as u64, Leaves::of(records));
    Checkpoint { origin: Origin { cell, term: Term::FIRST }, size, root: leaves.root(size) }.sign(term_key)
}

/// A frame whose records have one byte changed, as a peer does it that has no key.
pub fn garbled(frame: RangeFrame) -> RangeFrame {
    let RangeFrame::Batch(mut batch) = frame else { return frame };
    let mut records = batch.records.to_vec();
    if let Some(last) = records.last_mut() {
        let mut bytes = last.to_vec();
        if let Some(byte) = bytes.get_mut(200) {
            *byte ^= 1;
        }
        *last = Bytes::new(bytes).unwrap_or_default();
    }
    batch.records = lifeboat_log::codec::List::new(records).unwrap_or_default();
    RangeFrame::Batch(batch)
}
