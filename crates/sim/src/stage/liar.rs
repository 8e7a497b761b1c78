//! Who cheats: a node that signs and serves whatever it likes. It keeps its logs in memory and checks
//! nothing, as no store or machine of ours would do for it. For tests only.

use lifeboat_log::codec::Bytes;
use lifeboat_log::testing::Leaves;
use lifeboat_log::{CellId, Checkpoint, Origin, Position, PublicKey, SecretKey, SignedCheckpoint, Term};
use lifeboat_protocol::{RangeAsk, RangeFrame, Refusal, Request, Response, Serve, Serving, Stretch};
use std::cell::Cell;

/// A node that cheats.
pub struct Liar {
    /// The key of its node.
    pub node: PublicKey,
    /// The records that it shows, right or wrong.
    pub records: Vec<Vec<u8>>,
    /// The checkpoint that it shows over them.
    pub checkpoint: SignedCheckpoint,
    /// The misconduct files that it gives to whoever asks.
    pub files: Vec<Vec<u8>>,
    /// How many entries it was asked to place, and did not.
    pub asked: Cell<u32>,
}

impl Liar {
    /// A node that shows these records under a checkpoint by this key over all of them.
    pub fn new(cell: CellId, node: PublicKey, term_key: &SecretKey, records: Vec<Vec<u8>>) -> Self {
        let checkpoint = sign(cell, term_key, &records);
        Self { node, records, checkpoint, files: Vec::new(), asked: Cell::new(0) }
    }

    /// Shows other records from now on.
    pub fn show(&mut self, term_key: &SecretKey, records: Vec<Vec<u8>>) {
        self.checkpoint = sign(self.checkpoint.origin.cell, term_key, &records);
        self.records = records;
    }

    /// Its answer to a question.
    pub fn answer(&self, request: &Request) -> Response {
        match request {
            Request::Tip { .. } => Response::tip(Some(&self.checkpoint), Vec::new()),
            Request::Misconduct { .. } => Response::misconduct(self.files.clone()),
            Request::Have { .. } => Response::Noted,
            Request::Submit { .. } => {
                self.asked.set(self.asked.get() + 1);
                Response::refused(Refusal::BUSY)
            }
            _ => Response::refused(Refusal::BUSY),
        }
    }

    /// All frames of its answer to a question for a range.
    pub fn serve(&self, ask: &RangeAsk) -> Vec<RangeFrame> {
        let leaves = Leaves::of(&self.records);
        let stretch = Stretch { start: Position(0), checkpoint: self.checkpoint.clone() };
        let (mut serving, mut frames) = (Serving::new(ask, vec![stretch]), Vec::new());
        loop {
            match serving.step() {
                Serve::Done => return frames,
                Serve::Send(frame) => frames.push(frame),
                Serve::ReadTree { known, size, .. } => {
                    frames.push(serving.under(leaves.root(known), leaves.consistency(known, size)));
                }
                Serve::ReadRecords { from, max_records, size, .. } => {
                    let end = (from.0 + max_records.min(8) as u64).min(size);
                    let records = self.records[from.0 as usize..end as usize].to_vec();
                    frames.push(serving.batch(records, leaves.consistency(end, size)));
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
