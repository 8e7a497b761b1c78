//! What a cell's term keys have signed on this home: the largest checkpoint. It is written and synced
//! before the checkpoint leaves, and never goes back or contradicts itself. It is not in the database and
//! not made from the log: a lost promise is for a person to confirm.

use crate::storage::{Storage, StorageError};
use bincode::{Decode, Encode};
use lifeboat_log::{CellId, Checkpoint, Term, TreeHash, codec};
use std::sync::Arc;

/// The largest checkpoint that a term key on this home has signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Promise {
    /// The term.
    pub term: Term,
    /// The number of records under it.
    pub size: u64,
    /// Their root.
    pub root: TreeHash,
}

/// Why a promise cannot be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromiseError {
    /// Reading or writing failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The file that holds the promise is damaged.
    #[error(
        "{0} is damaged: it says what this keeper has signed. Once the log is in step with its replicas, run: lifeboat repair"
    )]
    Damaged(String),
    /// The file that holds what a witness key has cosigned is damaged.
    #[error(
        "{0} is damaged: it says what this home has cosigned as a witness, so its key cosigns that log no more. Put no old copy back; offer a new key (lifeboat witness offer --new-key)"
    )]
    DamagedCosigning(String),
    /// The file that holds a handover is damaged.
    #[error(
        "{0} is damaged: it says to whom this home has handed the log over, so it cannot keep it. Once the log is in step with its replicas, run: lifeboat repair"
    )]
    DamagedHandover(String),
    /// This term, or a later one, was handed over before.
    #[error("this home has handed the log over before: a term is handed over once")]
    HandedOver,
    /// The name of the log is longer than it can properly be.
    #[error("not the name of a log")]
    WrongOrigin,
    /// The checkpoint would be smaller than one that was signed before, or of an older term.
    #[error("a checkpoint of {size} records after one of {signed} was signed")]
    GoesBack {
        /// The size that was asked for.
        size: u64,
        /// The size that was signed.
        signed: u64,
    },
    /// Another checkpoint of the same size was signed before.
    #[error("another checkpoint of {0} records was signed before: this would be misconduct")]
    Contradicts(u64),
    /// The checkpoint is for another cell.
    #[error("a checkpoint of another cell")]
    WrongCell,
    /// An earlier writing failed: open the promises again.
    #[error("an earlier promise could not be written; open the log again")]
    Stopped,
}

/// The promises of one cell.
pub struct Promises {
    storage: Arc<dyn Storage>,
    cell: CellId,
    last: Option<Promise>,
    stopped: bool,
}

const FORMAT: u8 = 1;
const CONTEXT: &str = "lifeboat/store/promise/v1";
const MAX_FILE: usize = 256;

impl Promises {
    /// The promises of a cell, none where there is no file.
    ///
    /// # Errors
    /// [`PromiseError::Damaged`]: then see [`Promises::renew`].
    pub fn open(storage: Arc<dyn Storage>, cell: CellId) -> Result<Self, PromiseError> {
        let name = file_of(cell);
        let last = match storage.read(&name, MAX_FILE) {
            Ok(None) => None,
            Ok(Some(bytes)) => Some(decode(&cell, &bytes).ok_or(PromiseError::Damaged(name))?),
            Err(StorageError::TooLong { .. }) => return Err(PromiseError::Damaged(name)),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { storage, cell, last, stopped: false })
    }

    /// Puts a damaged file aside and begins again at `floor`, the largest checkpoint that this home's own
    /// log and its replicas hold. Only after a person, or enough replicas, said that there is none larger.
    ///
    /// # Errors
    /// [`PromiseError`].
    pub fn renew(
        storage: Arc<dyn Storage>,
        cell: CellId,
        floor: Option<&Checkpoint>,
    ) -> Result<Self, PromiseError> {
        let name = file_of(cell);
        if let Ok(Some(bytes)) = storage.read(&name, MAX_FILE) {
            storage.replace(&format!("aside/promise-{cell}"), &bytes)?;
        }
        storage.remove(&name)?;
        let mut new = Self { storage, cell, last: None, stopped: false };
        if let Some(floor) = floor {
            new.promise(floor)?;
        }
        Ok(new)
    }

    /// The last promise.
    pub fn last(&self) -> Option<&Promise> {
        self.last.as_ref()
    }

    /// Promises a checkpoint: after this has returned, and never before, it may be signed and sent. The
    /// same one may be promised again.
    ///
    /// # Errors
    /// [`PromiseError`] when it goes back, contradicts, or cannot be made durable.
    pub fn promise(&mut self, checkpoint: &Checkpoint) -> Result<(), PromiseError> {
        let new = Promise { term: checkpoint.origin.term, size: checkpoint.size, root: checkpoint.root };
        if self.stopped {
            return Err(PromiseError::Stopped);
        }
        if checkpoint.origin.cell != self.cell {
            return Err(PromiseError::WrongCell);
        }
        if let Some(last) = &self.last {
            if *last == new {
                return Ok(());
            }
            if new.term < last.term || (new.term == last.term && new.size < last.size) {
                return Err(PromiseError::GoesBack { size: new.size, signed: last.size });
            }
            if new.term == last.term && new.size == last.size {
                return Err(PromiseError::Contradicts(new.size));
            }
        }
        let written = self.storage.replace(&file_of(self.cell), &encode(&self.cell, &new));
        self.stopped = written.is_err();
        written?;
        self.last = Some(new);
        Ok(())
    }
}

/// The file of a cell's promise.
pub fn file_of(cell: CellId) -> String {
    format!("promises/{cell}")
}

/// Whether these bytes are a whole promise of this cell.
pub fn is_whole(cell: &CellId, bytes: &[u8]) -> bool {
    decode(cell, bytes).is_some()
}

fn encode(cell: &CellId, promise: &Promise) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    bytes.extend(codec::encode(&(*cell, *promise)));
    let sum = blake3::derive_key(CONTEXT, &bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

fn decode(cell: &CellId, bytes: &[u8]) -> Option<Promise> {
    let (body, sum) = bytes.split_last_chunk::<32>()?;
    let (&format, fields) = body.split_first()?;
    let (named, promise) = codec::decode::<(CellId, Promise)>(fields).ok()?;
    let holds = blake3::derive_key(CONTEXT, body) == *sum && format == FORMAT && named == *cell;
    holds.then_some(promise)
}
