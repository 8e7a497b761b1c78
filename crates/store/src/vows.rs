//! What this home has promised in takeovers: the endorsements of its member's keys, one an era, and the
//! closes of its witness. Written and synced before one leaves, never taken back, sent again unchanged.
//! A lost or damaged file is for a person to confirm: this home then makes no such promise by itself.

use crate::storage::{Storage, StorageError};
use bincode::{Decode, Encode};
use lifeboat_log::codec::{self, List};
use lifeboat_log::{Call, CellId, Close, Endorsement, PublicKey};
use std::sync::Arc;

/// Most promises of one sort that are kept of a cell: the latest eras.
pub const MAX_VOWS: usize = 256;

/// An endorsement that was promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Endorsed {
    /// What it endorses.
    pub call: Call,
    /// The endorsement.
    pub endorsement: Endorsement,
}

/// A close that was promised: nothing of an older era than the call's is cosigned after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Closed {
    /// The call for which it was given.
    pub call: Call,
    /// The close.
    pub close: Close,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
struct File {
    endorsed: List<Endorsed, MAX_VOWS>,
    closed: List<Closed, MAX_VOWS>,
}

/// Why a promise cannot be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VowError {
    /// Reading or writing failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The file is damaged.
    #[error(
        "{0} is damaged: it says which takeovers this home has endorsed. Take it out of the way only if you are sure that you endorsed none in the era to come"
    )]
    Damaged(String),
    /// The key has endorsed another call of the same era.
    #[error("this key has endorsed another takeover of era {0} already: the next try takes the next era")]
    OtherEndorsed(u16),
    /// Too many were made.
    #[error("this home has made as many promises in takeovers as it can keep")]
    TooMany,
    /// An earlier writing failed.
    #[error("an earlier promise could not be written; try again once the disk works")]
    Stopped,
}

const FORMAT: u8 = 1;
const CONTEXT: &str = "lifeboat/store/vows/v1";
const MAX_FILE: usize = 1 << 19;

/// The promises of one cell.
pub struct Vows {
    storage: Arc<dyn Storage>,
    cell: CellId,
    file: File,
    stopped: bool,
}

impl Vows {
    /// The promises of a cell, none where there is no file.
    ///
    /// # Errors
    /// [`VowError`].
    pub fn open(storage: Arc<dyn Storage>, cell: CellId) -> Result<Self, VowError> {
        let name = file_of(cell);
        let file = match storage.read(&name, MAX_FILE) {
            Ok(None) => File::default(),
            Ok(Some(bytes)) => decode(&cell, &bytes).ok_or(VowError::Damaged(name))?,
            Err(StorageError::TooLong { .. }) => return Err(VowError::Damaged(name)),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { storage, cell, file, stopped: false })
    }

    /// The endorsements promised.
    pub fn endorsed(&self) -> &[Endorsed] {
        &self.file.endorsed
    }

    /// The closes promised.
    pub fn closed(&self) -> &[Closed] {
        &self.file.closed
    }

    /// The highest era for which this key has closed: it cosigns nothing of an older one.
    pub fn closed_era(&self, witness: &PublicKey) -> u16 {
        let of_witness = self.file.closed.iter().filter(|closed| closed.close.key == *witness);
        of_witness.map(|closed| closed.call.term.era()).max().unwrap_or(0)
    }

    /// Promises an endorsement. What this returns may leave, and nothing else: the one that the key gave
    /// for the same call before, where it did.
    ///
    /// # Errors
    /// [`VowError`].
    pub fn endorse(&mut self, call: Call, endorsement: Endorsement) -> Result<Endorsement, VowError> {
        let era = call.term.era();
        let same = |e: &&Endorsed| e.endorsement.key == endorsement.key && e.call.term.era() == era;
        if let Some(known) = self.file.endorsed.iter().find(same) {
            let stands = known.call == call;
            return if stands { Ok(known.endorsement) } else { Err(VowError::OtherEndorsed(era)) };
        }
        let mut file = self.file.clone();
        file.endorsed = push(&file.endorsed, Endorsed { call, endorsement }, |e| e.call)?;
        self.write(file)?;
        Ok(endorsement)
    }

    /// Promises a close. What this returns may leave: the one that the key gave for the same era before,
    /// where it did.
    ///
    /// # Errors
    /// [`VowError`].
    pub fn close(&mut self, call: Call, close: Close) -> Result<Close, VowError> {
        let same = |c: &&Closed| c.close.key == close.key && c.call.term.era() == call.term.era();
        if let Some(known) = self.file.closed.iter().find(same) {
            return Ok(known.close);
        }
        let mut file = self.file.clone();
        file.closed = push(&file.closed, Closed { call, close }, |c| c.call)?;
        self.write(file)?;
        Ok(close)
    }

    fn write(&mut self, file: File) -> Result<(), VowError> {
        if self.stopped {
            return Err(VowError::Stopped);
        }
        let written = self.storage.replace(&file_of(self.cell), &encode(&self.cell, &file));
        self.stopped = written.is_err();
        written?;
        self.file = file;
        Ok(())
    }
}

/// The list with one more; where it is full, the one of the oldest era goes, unless the new one is older.
fn push<T: Clone>(
    list: &List<T, MAX_VOWS>,
    new: T,
    call: impl Fn(&T) -> Call,
) -> Result<List<T, MAX_VOWS>, VowError> {
    let mut all = list.to_vec();
    if all.len() >= MAX_VOWS {
        let oldest = (0..all.len()).min_by_key(|i| call(&all[*i]).term);
        let oldest = oldest.filter(|i| call(&all[*i]).term < call(&new).term).ok_or(VowError::TooMany)?;
        all.remove(oldest);
    }
    all.push(new);
    List::new(all).ok_or(VowError::TooMany)
}

/// The file of a cell's promises in takeovers.
fn file_of(cell: CellId) -> String {
    format!("promises/{cell}.takeovers")
}

fn encode(cell: &CellId, file: &File) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    bytes.extend(codec::encode(&(*cell, file.clone())));
    let sum = blake3::derive_key(CONTEXT, &bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

fn decode(cell: &CellId, bytes: &[u8]) -> Option<File> {
    let (body, sum) = bytes.split_last_chunk::<32>()?;
    let (&format, fields) = body.split_first()?;
    let (named, file) = codec::decode::<(CellId, File)>(fields).ok()?;
    let holds = blake3::derive_key(CONTEXT, body) == *sum && format == FORMAT && named == *cell;
    holds.then_some(file)
}
