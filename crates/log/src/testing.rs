//! Test logs: a founded cell whose keeper and only member are made from a seed. For tests and benches of
//! all crates; behind the feature `testing`, never in the product.
#![allow(clippy::expect_used)] // a fixture that cannot be made must stop the test

use crate::chain::Chain;
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::codec::{Bytes, List};
use crate::entry::{Entry, Kind, Nonce, Seen, SignedEntry};
use crate::hash::{CellId, TreeHash};
use crate::key::SecretKey;
use crate::link::Link;
use crate::opening::Founding;
use crate::record::Record;
use crate::time::{Term, Time};
use crate::tree::{Frontier, consistency_proof, inclusion_proof, leaf_hash, node_hash};
use std::convert::Infallible;

/// The first moment of every test log, in milliseconds: 2026-01-01 00:00 UTC.
pub const START_MS: u64 = 1_767_225_600_000;
const DAY_MS: u64 = 86_400_000;
/// The kind of the entries of a test log: one that no practice has.
pub const TEST_KIND: Kind = Kind(60_000);

/// A log that grows as a test asks.
pub struct TestLog {
    /// The founder's key, which signs all entries.
    pub member: SecretKey,
    /// The key of the first term.
    pub term_key: SecretKey,
    /// The key of the keeper's node.
    pub node: SecretKey,
    /// Where the log stands.
    pub chain: Chain,
    count: u64,
}

impl TestLog {
    /// A cell founded with keys made of `seed`, and its founding record.
    pub fn found(seed: u8) -> (Self, Record) {
        let key = |n: u8| SecretKey::from_seed(&[seed, n].repeat(16).try_into().expect("32 bytes"));
        let (member, term_key, node) = (key(1), key(2), key(3));
        let mut draft = draft(&member, CellId::ZERO, 0, Kind::FOUNDING);
        let charter = Bytes::new(vec![]).expect("short");
        let body = Founding::new(&draft, node.public(), &term_key, 1, charter);
        draft.body = Bytes::new(crate::codec::encode(&body)).expect("short");
        let entry = draft.sign(&member).expect("a valid founding entry");
        let chain = Chain::new(CellId::of_founding(entry.id()));
        let mut log = Self { member, term_key, node, chain, count: 1 };
        let record = log.place(entry);
        (log, record)
    }

    /// The cell.
    pub fn cell(&self) -> CellId {
        self.chain.cell()
    }

    /// A new entry of the founder with this body.
    pub fn entry(&mut self, body: &[u8]) -> SignedEntry {
        let mut entry = draft(&self.member, self.cell(), self.count, TEST_KIND);
        self.count += 1;
        entry.body = Bytes::new(body.to_vec()).expect("short");
        entry.sign(&self.member).expect("a valid entry")
    }

    /// The record of this entry at the end of the log.
    pub fn place(&mut self, entry: SignedEntry) -> Record {
        let time = Time::from_ms(START_MS + self.count * 1000);
        let link = Link::new(Term::FIRST, self.chain.next(), self.chain.head(), time, entry.id());
        let record = Record::place(link, entry).expect("the link names it");
        self.chain.extend(&record).expect("it follows");
        record
    }

    /// `count` more records with bodies of 100 bytes or so.
    pub fn grow(&mut self, count: u64) -> Vec<Record> {
        let body = |i: u64| [&i.to_le_bytes()[..], &[7; 92]].concat();
        (0..count)
            .map(|i| {
                let entry = self.entry(&body(i));
                self.place(entry)
            })
            .collect()
    }

    /// The keeper's checkpoint over the whole log.
    pub fn checkpoint(&self) -> SignedCheckpoint {
        let open = self.chain.open().expect("founded");
        let origin = open.origin(self.cell());
        Checkpoint { origin, size: open.tree.size(), root: open.tree.root() }.sign(&self.term_key)
    }
}

/// The leaves of a tree, held in memory: whatever was hashed, right or wrong.
#[derive(Debug, Clone, Default)]
pub struct Leaves(pub Vec<TreeHash>);

impl Leaves {
    /// Those of records, in order.
    pub fn of(records: &[Vec<u8>]) -> Self {
        Self(records.iter().map(|record| leaf_hash(record)).collect())
    }

    /// The whole node of this level and index.
    pub fn node(&self, level: u8, index: u64) -> TreeHash {
        match level {
            0 => self.0[index as usize],
            _ => node_hash(&self.node(level - 1, index * 2), &self.node(level - 1, index * 2 + 1)),
        }
    }

    /// The root over the first `size`.
    pub fn root(&self, size: u64) -> TreeHash {
        let mut tree = Frontier::default();
        self.0[..size as usize].iter().for_each(|leaf| tree.push(*leaf));
        tree.root()
    }

    /// The inclusion proof of one leaf.
    pub fn inclusion(&self, index: u64, size: u64) -> Vec<TreeHash> {
        let node = |level, index| Ok::<_, Infallible>(self.node(level, index));
        inclusion_proof(index, size, node).expect("it cannot fail")
    }

    /// The consistency proof between two sizes.
    pub fn consistency(&self, old: u64, size: u64) -> Vec<TreeHash> {
        let node = |level, index| Ok::<_, Infallible>(self.node(level, index));
        consistency_proof(old, size, node).expect("it cannot fail")
    }
}

/// An unsigned entry of `author`, the `count`th of its log, with an empty body.
pub fn draft(author: &SecretKey, cell: CellId, count: u64, kind: Kind) -> Entry {
    let time = Time::from_ms(START_MS + count * 1000);
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&count.to_le_bytes());
    Entry {
        cell,
        author: author.public(),
        author_time: time,
        not_after: time.plus_ms(30 * DAY_MS),
        seen: Seen::default(),
        after: List::default(),
        nonce: Nonce(nonce),
        kind,
        version: 1,
        body: Bytes::default(),
        details: List::default(),
    }
}
