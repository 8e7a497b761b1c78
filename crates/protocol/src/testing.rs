//! A log in memory that answers ranges as a store does, for the tests of this crate.

use crate::range::{RangeAsk, RangeFrame, Serve, Serving, Stretch};
use lifeboat_log::testing::TestLog;
use lifeboat_log::tree::{Frontier, consistency_proof, node_hash};
use lifeboat_log::{Position, PublicKey, Record, SecretKey, SignedCheckpoint, TreeHash};
use std::convert::Infallible;

/// A test log with all its records.
pub struct MemoryLog {
    pub log: TestLog,
    pub records: Vec<Record>,
}

impl MemoryLog {
    /// A cell founded from this seed with `count` more records.
    pub fn grown(seed: u8, count: u64) -> Self {
        let (mut log, founding) = TestLog::found(seed);
        let mut records = vec![founding];
        records.extend(log.grow(count));
        Self { log, records }
    }

    /// The keeper's checkpoint over the first `size` records.
    pub fn checkpoint(&self, size: u64) -> SignedCheckpoint {
        let open = self.log.chain.open().unwrap();
        let origin = open.origin(self.log.cell());
        lifeboat_log::Checkpoint { origin, size, root: self.root(size) }.sign(&self.log.term_key)
    }

    pub fn root(&self, size: u64) -> TreeHash {
        let mut frontier = Frontier::default();
        self.records[..size as usize].iter().for_each(|record| frontier.push(record.leaf()));
        frontier.root()
    }

    pub fn consistency(&self, old: u64, new: u64) -> Vec<TreeHash> {
        consistency_proof(old, new, |level, index| Ok::<_, Infallible>(self.node(level, index))).unwrap()
    }

    fn node(&self, level: u8, index: u64) -> TreeHash {
        match level {
            0 => self.records[index as usize].leaf(),
            _ => node_hash(&self.node(level - 1, 2 * index), &self.node(level - 1, 2 * index + 1)),
        }
    }

    /// All frames that answer this question under the checkpoint of `size` records, with at most
    /// `batch` records in each.
    pub fn frames(&self, ask: &RangeAsk, size: u64, batch: usize) -> Vec<RangeFrame> {
        let stretch = Stretch { start: Position(0), checkpoint: self.checkpoint(size) };
        let mut serving = Serving::new(ask, vec![stretch]);
        let mut frames = Vec::new();
        for _ in 0..10_000 {
            match serving.step() {
                Serve::Done => return frames,
                Serve::Send(frame) => frames.push(frame),
                Serve::ReadTree { known, size, .. } => {
                    frames.push(serving.under(self.root(known), self.consistency(known, size)));
                }
                Serve::ReadRecords { from, max_records, max_bytes, size, .. } => {
                    let (mut bytes, mut records) = (0, Vec::new());
                    for record in self.records[from.0 as usize..].iter().take(max_records.min(batch)) {
                        bytes += record.byte_len();
                        if bytes > max_bytes && !records.is_empty() {
                            break;
                        }
                        records.push(record.to_bytes());
                    }
                    let end = from.0 + records.len() as u64;
                    frames.push(serving.batch(records, self.consistency(end, size)));
                }
            }
        }
        panic!("the answer does not end");
    }
}

/// The key of the n-th peer.
pub fn peer(n: u8) -> PublicKey {
    SecretKey::from_seed(&[n; 32]).public()
}
