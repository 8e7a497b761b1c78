//! A log in memory that answers ranges as a store does, for the tests of this crate.

use crate::range::{RangeAsk, RangeFrame, Serve, Serving, Stretch};
use crate::takeover::{Offer, Rival, compose_opening};
use lifeboat_commons::testing::{TestCell, charter};
use lifeboat_log::codec::List;
use lifeboat_log::opening::Right;
use lifeboat_log::testing::TestLog;
use lifeboat_log::tree::{Frontier, consistency_proof, node_hash};
use lifeboat_log::{
    Call, Floor, Nonce, Position, PublicKey, Record, SecretKey, SignedCheckpoint, Term, TreeHash,
};
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

/// The call that an opening of this era answers.
pub fn call(era: u16) -> Call {
    Call { term: Term::new(era, 0), node: peer(71), term_key: peer(72) }
}

/// A cell whose log this member's home has taken over into the first era, and the base of that.
pub fn taken_over(by: &str) -> (TestCell, SignedCheckpoint) {
    let mut charter = charter();
    charter.waiting_days = 0;
    let mut cell = TestCell::found_with(1, "heron", &charter);
    for name in ["wren", "finch", "owl"] {
        cell.admit(name);
    }
    let (node, term_key) = (cell.key(&format!("{by}'s laptop")), cell.key(&format!("{by}'s term")));
    let call = Call { term: Term::new(1, 0), node: node.public(), term_key: term_key.public() };
    let base = cell.checkpoint();
    let floor = Floor::of(&base, &cell.term_key.public()).unwrap();
    let sign = |name| call.endorse(&cell.cell(), floor, &cell.key(name));
    let mut endorsements = ["heron", "finch", "owl"].map(sign).to_vec();
    endorsements.sort_by_key(|endorsement| endorsement.key);
    let right = Right::Takeover { endorsements: List::new(endorsements).unwrap(), closes: List::default() };
    let (head, keys) = (cell.chain.head(), (&node, &term_key));
    let entry = compose_opening(&call, right, &base, head, &cell.state, keys, cell.now, Nonce([9; 16]));
    assert!(cell.open_term(call.term, entry.unwrap(), term_key).is_applied());
    (cell, base)
}

/// The rival that opens when this member's home takes over, and a checkpoint of it.
pub fn rival(by: &str) -> (SignedCheckpoint, Rival) {
    let (other, _) = taken_over(by);
    let bytes = other.last().to_bytes();
    let offer = Offer::read(other.cell(), &bytes).unwrap();
    (other.checkpoint(), Rival::of(&offer, &bytes))
}
