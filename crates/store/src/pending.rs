//! Entries that wait in a home to be placed, with their details: one file each, which is gone when the entry
//! is. (What a database drops it keeps on the disk for long, and a text may be erased soon after it was placed.)
//! Each is verified again when it is read; a lost one comes back from its author's outbox or a replica.

use crate::limits::{MAX_PENDING, MAX_PENDING_LEN};
use crate::log_store::StoreError;
use crate::storage::{Storage, StorageError};
use bincode::{Decode, Encode};
use lifeboat_log::codec::{self, Bytes, List};
use lifeboat_log::limits::{MAX_DETAIL, MAX_DETAILS, MAX_RECORD};
use lifeboat_log::{CellId, Detail, EntryId, KeyCache, SignedEntry, Time};

/// An entry that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The entry.
    pub entry: SignedEntry,
    /// Its details, as far as the home has them.
    pub details: Vec<Detail>,
    /// Since when this home admits it; zero when it does not yet.
    pub since: Time,
}

#[derive(Encode, Decode)]
struct Value {
    entry: Bytes<MAX_RECORD>,
    details: List<Bytes<MAX_DETAIL>, MAX_DETAILS>,
    since: Time,
}

impl Pending {
    fn to_bytes(&self) -> Option<Vec<u8>> {
        let details = self.details.iter().map(|detail| Bytes::new(detail.as_bytes().to_vec()));
        let value = Value {
            entry: Bytes::new(self.entry.bytes().to_vec())?,
            details: List::new(details.collect::<Option<Vec<_>>>()?)?,
            since: self.since,
        };
        Some(codec::encode(&value))
    }

    fn from_bytes(bytes: &[u8], keys: &mut KeyCache) -> Option<Self> {
        let value: Value = codec::decode(bytes).ok()?;
        let entry = SignedEntry::verify(value.entry.to_vec(), keys).ok()?;
        let details = value.details.iter().map(|bytes| Detail::from_bytes(bytes.to_vec()));
        let details: Vec<Detail> = details.collect::<Option<_>>()?;
        let named = |detail: &Detail| entry.details.iter().any(|reference| detail.matches(reference));
        details.iter().all(named).then_some(Self { entry, details, since: value.since })
    }
}

fn folder(cell: CellId) -> String {
    format!("pending/{cell}")
}

fn file(cell: CellId, id: &EntryId) -> String {
    format!("pending/{cell}/{id}")
}

/// Keeps an entry, or what was added to it.
///
/// # Errors
/// Those of the storage.
pub fn put(storage: &dyn Storage, cell: CellId, pending: &Pending) -> Result<(), StoreError> {
    let Some(bytes) = pending.to_bytes() else { return Ok(()) };
    Ok(storage.replace(&file(cell, &pending.entry.id()), &bytes)?)
}

/// All entries that wait, in order of their ids; damaged ones are left out and dropped.
///
/// # Errors
/// Those of the storage.
pub fn all(storage: &dyn Storage, cell: CellId) -> Result<Vec<Pending>, StoreError> {
    let mut keys = KeyCache::default();
    let mut entries = Vec::new();
    for item in storage.list(&folder(cell))?.into_iter().filter(|item| !item.folder).take(MAX_PENDING) {
        let name = format!("{}/{}", folder(cell), item.name);
        let bytes = match storage.read(&name, MAX_PENDING_LEN) {
            Err(StorageError::TooLong { .. }) => None,
            read => read?,
        };
        match bytes.and_then(|bytes| Pending::from_bytes(&bytes, &mut keys)) {
            Some(pending) if pending.entry.id().to_string() == item.name => entries.push(pending),
            _ => storage.remove(&name)?,
        }
    }
    entries.sort_by_key(|pending| pending.entry.id());
    Ok(entries)
}

/// Drops entries.
///
/// # Errors
/// Those of the storage.
pub fn remove(storage: &dyn Storage, cell: CellId, ids: &[EntryId]) -> Result<(), StoreError> {
    ids.iter().try_for_each(|id| Ok(storage.remove(&file(cell, id))?))
}
