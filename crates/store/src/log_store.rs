//! One cell's log on a storage.

use crate::notice::Notice;
use crate::storage::{Storage, StorageError};
use lifeboat_log::{Broken, CellId, Chain, Detail, DetailHash, EntryId, Kind, Position, Proof, PublicKey, Record, SignedCheckpoint, SignedEntry, Term, TreeHash};
use std::sync::Arc;

/// Why the log could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Reading or writing failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Records were given that do not follow on the log.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The log is damaged at a place that opening does not mend.
    #[error("the log is damaged at #{position} ({file}): {what}; run: lifeboat repair")]
    Damaged {
        /// The first record that is damaged.
        position: Position,
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// An audit was asked of a folder that holds no log.
    #[error("{0}: no log lies here; name the folder of a cell's log, or a home")]
    NoLog(String),
    /// An earlier writing failed; nothing more is written until the log is opened again.
    #[error("an earlier writing to this disk failed; open the log again before writing more")]
    Stopped,
    /// A checkpoint that does not fit what the log holds.
    #[error("a checkpoint that does not fit the records here")]
    WrongCheckpoint,
    /// A checkpoint older than the one that the log has.
    #[error("a checkpoint older than the one here")]
    OldCheckpoint,
    /// A record, term or proof was asked for that the log does not have.
    #[error("the log has no such record, or no checkpoint over it yet")]
    NotHere,
    /// More was given or asked for than a bound allows.
    #[error("more than {0} at one time")]
    TooMany(usize),
}

/// One cell's log.
pub struct LogStore {
    storage: Arc<dyn Storage>,
    chain: Chain,
    checkpoint: Option<SignedCheckpoint>,
    missing: Option<SignedCheckpoint>,
}

#[allow(clippy::todo, missing_docs, unused_variables, clippy::missing_errors_doc)]
impl LogStore {
    /// The cells whose logs a home holds.
    pub fn cells(storage: &dyn Storage) -> Result<Vec<CellId>, StoreError> { todo!() }
    /// Opens a cell's log, an empty one where there is none, without a scan of it, and mends its end.
    pub fn open(storage: Arc<dyn Storage>, cell: CellId) -> Result<(Self, Vec<Notice>), StoreError> { todo!() }
    /// As open, but reads all and cuts the log before the first record that is damaged.
    pub fn repair(storage: Arc<dyn Storage>, cell: CellId) -> Result<(Self, Vec<Notice>), StoreError> { todo!() }
    pub fn storage(&self) -> &Arc<dyn Storage> { &self.storage }
    /// Where the log stands.
    pub fn chain(&self) -> &Chain { &self.chain }
    pub fn cell(&self) -> CellId { self.chain.cell() }
    /// The number of records.
    pub fn len(&self) -> u64 { self.chain.next().0 }
    pub fn is_empty(&self) -> bool { self.len() == 0 }
    /// The newest checkpoint of the open term whose records are all here.
    pub fn checkpoint(&self) -> Option<&SignedCheckpoint> { self.checkpoint.as_ref() }
    /// A checkpoint that covers records which were lost here and must be fetched again. A keeper places
    /// nothing while there is one.
    pub fn missing(&self) -> Option<&SignedCheckpoint> { self.missing.as_ref() }
    /// Writes records that follow the log; not durable before sync.
    pub fn append(&mut self, records: &[Record]) -> Result<(), StoreError> { todo!() }
    /// Makes all that was appended durable (records and details).
    pub fn sync(&mut self) -> Result<(), StoreError> { todo!() }
    /// Stores a checkpoint of the open term; its records must be here and synced.
    pub fn set_checkpoint(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), StoreError> { todo!() }
    pub fn record(&self, at: Position) -> Result<Option<Record>, StoreError> { todo!() }
    /// Records from a position on, their signatures checked on all cores.
    pub fn records(&self, from: Position, max: usize) -> Result<Vec<Record>, StoreError> { todo!() }
    pub fn raw_records(&self, from: Position, max_records: usize, max_bytes: usize) -> Result<Vec<Vec<u8>>, StoreError> { todo!() }
    pub fn find(&self, id: &EntryId) -> Result<Option<Position>, StoreError> { todo!() }
    /// At most max positions from `from` on of entries of this kind.
    pub fn by_kind(&self, kind: Kind, from: Position, max: usize) -> Result<Vec<Position>, StoreError> { todo!() }
    pub fn by_author(&self, author: &PublicKey, from: Position, max: usize) -> Result<Vec<Position>, StoreError> { todo!() }
    /// The proof of a record under the stored checkpoint of its term.
    pub fn proof(&self, at: Position) -> Result<Proof, StoreError> { todo!() }
    /// That a term's tree of `old` records is the beginning of that of `new`.
    pub fn consistency(&self, term: Term, old: u64, new: u64) -> Result<Vec<TreeHash>, StoreError> { todo!() }
    /// The root of the first `size` records of a term.
    pub fn root(&self, term: Term, size: u64) -> Result<TreeHash, StoreError> { todo!() }
    /// Keeps details; durable with the next sync.
    pub fn put_details(&self, details: &[Detail]) -> Result<(), StoreError> { todo!() }
    pub fn put_detail(&self, detail: &Detail) -> Result<(), StoreError> { todo!() }
    pub fn detail(&self, hash: &DetailHash) -> Result<Option<Detail>, StoreError> { todo!() }
    pub fn has_detail(&self, hash: &DetailHash) -> Result<bool, StoreError> { todo!() }
    /// Details that records from `from` on name and this home lacks, at most max, and where to look on.
    pub fn missing_details(&self, from: Position, max: usize) -> Result<(Vec<(Position, lifeboat_log::DetailRef)>, Position), StoreError> { todo!() }
    pub fn erase_detail(&self, hash: &DetailHash) -> Result<bool, StoreError> { todo!() }
    pub fn put_state(&self, at: Position, rules: u16, bytes: &[u8]) -> Result<(), StoreError> { todo!() }
    pub fn latest_state(&self) -> Result<Option<(Position, u16, Vec<u8>)>, StoreError> { todo!() }
    pub fn put_pending(&self, entry: &SignedEntry) -> Result<(), StoreError> { todo!() }
    pub fn pending(&self) -> Result<Vec<SignedEntry>, StoreError> { todo!() }
    pub fn remove_pending(&self, ids: &[EntryId]) -> Result<(), StoreError> { todo!() }
    /// Reads the whole log and writes its index anew.
    pub fn rebuild_index(&self) -> Result<(), StoreError> { todo!() }
    /// What was found wrong and mended since the last time.
    pub fn take_notices(&self) -> Vec<Notice> { todo!() }
}
