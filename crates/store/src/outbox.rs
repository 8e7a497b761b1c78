//! A person's own entries until they are safe elsewhere: one file an entry, with its details and how far
//! it has come. A file can be carried on a USB stick and put into another home's outbox as it is.

use crate::limits::{MAX_OUTBOX, MAX_OUTBOX_FILE, MAX_REASON};
use crate::notice::Notice;
use crate::storage::{Storage, StorageError};
use bincode::{Decode, Encode};
use lifeboat_log::codec::{self, Bytes, List};
use lifeboat_log::limits::{MAX_DETAIL, MAX_DETAILS, MAX_RECORD};
use lifeboat_log::{CellId, Detail, EntryId, KeyCache, Position, SignedEntry};
use std::sync::Arc;

/// How far an entry has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// Not placed yet.
    Waiting,
    /// Not placed yet, and handed to so many homes; what the keeper said, or nothing.
    HandedOn(u64, String),
    /// Placed: in the log, under a signed checkpoint.
    Placed(Position),
    /// Placed, and a replica that is not the keeper's has it.
    Replicated(Position),
    /// The keeper refused it.
    Refused(String),
}

/// An entry in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The entry.
    pub entry: SignedEntry,
    /// Its details, as far as the home has them.
    pub details: Vec<Detail>,
    /// How far it has come.
    pub sent: Sent,
}

#[derive(Encode, Decode)]
struct File {
    entry: Bytes<MAX_RECORD>,
    details: List<Bytes<MAX_DETAIL>, MAX_DETAILS>,
    step: u8,
    position: u64,
    reason: Bytes<MAX_REASON>,
}

/// The outbox of one cell.
#[derive(Clone)]
pub struct Outbox {
    storage: Arc<dyn Storage>,
    cell: CellId,
}

/// Why an outbox could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboxError {
    /// Reading or writing failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The entry is for another cell.
    #[error("an entry for another cell")]
    WrongCell,
    /// The outbox is full.
    #[error("the outbox holds {MAX_OUTBOX} entries already: deliver some first (lifeboat sync)")]
    Full,
    /// No such entry.
    #[error("no such entry in the outbox")]
    NotHere,
    /// The bytes are no outbox file.
    #[error("not a whole outbox file")]
    Damaged,
}

const FORMAT: u8 = 1;
const CONTEXT: &str = "lifeboat/store/outbox/v1";

impl Outbox {
    /// The outbox of a cell.
    pub fn new(storage: Arc<dyn Storage>, cell: CellId) -> Self {
        Self { storage, cell }
    }

    fn folder(&self) -> String {
        format!("outbox/{}", self.cell)
    }

    fn file(&self, id: &EntryId) -> String {
        format!("outbox/{}/{id}", self.cell)
    }

    /// Puts an entry in, durably, or in the place of the same entry.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn put(&self, waiting: &Waiting) -> Result<(), OutboxError> {
        if waiting.entry.cell != self.cell && CellId::of_founding(waiting.entry.id()) != self.cell {
            return Err(OutboxError::WrongCell);
        }
        let name = self.file(&waiting.entry.id());
        let new = self.storage.size(&name)?.is_none();
        if new && self.storage.list(&self.folder())?.len() >= MAX_OUTBOX {
            return Err(OutboxError::Full);
        }
        let bytes = waiting.to_bytes().ok_or(OutboxError::Damaged)?;
        Ok(self.storage.replace(&name, &bytes)?)
    }

    /// All entries, the oldest first, and what was found damaged and put aside.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn list(&self) -> Result<(Vec<Waiting>, Vec<Notice>), OutboxError> {
        let (mut all, mut notices) = (Vec::new(), Vec::new());
        for item in self.storage.list(&self.folder())?.into_iter().take(MAX_OUTBOX) {
            let name = format!("{}/{}", self.folder(), item.name);
            if item.folder {
                continue;
            }
            match self.read(&name, &item.name)? {
                Some(waiting) => all.push(waiting),
                None => {
                    let aside = format!("aside/outbox-{}", item.name);
                    if let Some(bytes) =
                        self.storage.read_at(&name, 0, MAX_OUTBOX_FILE).ok().filter(|b| !b.is_empty())
                    {
                        self.storage.replace(&aside, &bytes)?;
                    }
                    self.storage.remove(&name)?;
                    notices.push(Notice::OutboxDamaged { file: name, aside });
                }
            }
        }
        all.sort_by_key(|waiting| (waiting.entry.author_time, waiting.entry.id()));
        Ok((all, notices))
    }

    /// One entry.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn get(&self, id: &EntryId) -> Result<Option<Waiting>, OutboxError> {
        self.read(&self.file(id), &id.to_string())
    }

    /// Notes how far an entry has come.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn set(&self, id: &EntryId, sent: Sent) -> Result<(), OutboxError> {
        let mut waiting = self.get(id)?.ok_or(OutboxError::NotHere)?;
        waiting.sent = sent;
        let bytes = waiting.to_bytes().ok_or(OutboxError::Damaged)?;
        Ok(self.storage.replace(&self.file(id), &bytes)?)
    }

    /// Takes an entry out; no error when it is not there.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn remove(&self, id: &EntryId) -> Result<(), OutboxError> {
        Ok(self.storage.remove(&self.file(id))?)
    }

    fn read(&self, name: &str, id: &str) -> Result<Option<Waiting>, OutboxError> {
        let bytes = match self.storage.read(name, MAX_OUTBOX_FILE) {
            Ok(Some(bytes)) => bytes,
            Ok(None) | Err(StorageError::TooLong { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let waiting = Waiting::from_bytes(&bytes);
        Ok(waiting.filter(|waiting| waiting.entry.id().to_string() == id))
    }
}

impl Waiting {
    /// The bytes of the outbox file, or nothing when the details are too many.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let (step, position, reason) = match &self.sent {
            Sent::Waiting => (0, 0, ""),
            Sent::Placed(at) => (1, at.0, ""),
            Sent::Replicated(at) => (2, at.0, ""),
            Sent::Refused(reason) => (3, 0, reason.as_str()),
            Sent::HandedOn(homes, reason) => (4, *homes, reason.as_str()),
        };
        let end = (0..=reason.len().min(MAX_REASON)).rev().find(|&end| reason.is_char_boundary(end))?;
        let details = self.details.iter().map(|detail| Bytes::new(detail.as_bytes().to_vec()));
        let file = File {
            entry: Bytes::new(self.entry.bytes().to_vec())?,
            details: List::new(details.collect::<Option<Vec<_>>>()?)?,
            step,
            position,
            reason: Bytes::new(reason.as_bytes()[..end].to_vec())?,
        };
        let mut bytes = vec![FORMAT];
        bytes.extend(codec::encode(&file));
        let sum = blake3::derive_key(CONTEXT, &bytes);
        bytes.extend_from_slice(&sum);
        Some(bytes)
    }

    /// The entry that this outbox file holds, its signature checked; nothing when it is damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (body, sum) = bytes.split_last_chunk::<32>()?;
        let (&format, fields) = body.split_first()?;
        if blake3::derive_key(CONTEXT, body) != *sum || format != FORMAT {
            return None;
        }
        let file: File = codec::decode(fields).ok()?;
        let entry = SignedEntry::verify(file.entry.to_vec(), &mut KeyCache::default()).ok()?;
        let details = file.details.iter().map(|bytes| Detail::from_bytes(bytes.to_vec()));
        let details: Vec<Detail> = details.collect::<Option<_>>()?;
        let named = |detail: &Detail| entry.details.iter().any(|reference| detail.matches(reference));
        let reason = String::from_utf8(file.reason.to_vec()).ok()?;
        let sent = match file.step {
            0 => Sent::Waiting,
            1 => Sent::Placed(Position(file.position)),
            2 => Sent::Replicated(Position(file.position)),
            3 => Sent::Refused(reason),
            4 => Sent::HandedOn(file.position, reason),
            _ => return None,
        };
        details.iter().all(named).then_some(Self { entry, details, sent })
    }
}
