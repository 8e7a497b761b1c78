//! What the tests of the store share.

use lifeboat_log::testing::TestLog;
use lifeboat_log::{CellId, Record, SignedCheckpoint};
use lifeboat_store::{LogStore, MemoryStorage, Storage};
use std::sync::Arc;

/// A grown log: its records in order.
pub struct Fixture {
    pub log: TestLog,
    pub records: Vec<Record>,
}

impl Fixture {
    pub fn new(count: u64) -> Self {
        let (mut log, founding) = TestLog::found(1);
        let mut records = vec![founding];
        records.extend(log.grow(count - 1));
        Self { log, records }
    }

    pub fn cell(&self) -> CellId {
        self.log.cell()
    }

    pub fn grow(&mut self, count: u64) -> Vec<Record> {
        let new = self.log.grow(count);
        self.records.extend(new.iter().cloned());
        new
    }

    pub fn checkpoint(&self) -> SignedCheckpoint {
        self.log.checkpoint()
    }

    /// A memory storage with the whole log under a checkpoint.
    pub fn stored(&self) -> MemoryStorage {
        let memory = MemoryStorage::new();
        let mut store = open(Arc::new(memory.clone()), self.cell());
        store.append(&self.records).unwrap();
        store.set_checkpoint(&self.checkpoint()).unwrap();
        memory
    }
}

/// Opens a log in which nothing is wrong.
pub fn open(storage: Arc<dyn Storage>, cell: CellId) -> LogStore {
    let (store, notices) = LogStore::open(storage, cell).unwrap();
    assert_eq!(notices, []);
    store
}

/// Numbers that look random, from a seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }
}
