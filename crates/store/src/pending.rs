//! Entries that wait in a home to be placed, with their details. They are in the database, in pieces that it
//! takes, and each is verified again when it is read; a lost one comes back from its author's outbox or a
//! replica.

use crate::limits::{MAX_PENDING, MAX_VALUE};
use crate::log_store::StoreError;
use crate::storage::{Change, Storage, Table};
use bincode::{Decode, Encode};
use lifeboat_log::codec::{self, Bytes, List};
use lifeboat_log::limits::{MAX_DETAIL, MAX_DETAILS, MAX_RECORD};
use lifeboat_log::{CellId, Detail, EntryId, KeyCache, SignedEntry, Time};
use std::collections::BTreeMap;

/// Pieces of the longest value.
const PIECES: usize = crate::limits::MAX_PENDING_LEN / MAX_VALUE + 1;

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

fn key(cell: CellId, id: &EntryId, piece: u8) -> Vec<u8> {
    [&cell.0[..], &id.0, &[piece]].concat()
}

/// Keeps an entry, or what was added to it.
///
/// # Errors
/// Those of the storage.
pub fn put(storage: &dyn Storage, cell: CellId, pending: &Pending) -> Result<(), StoreError> {
    let Some(bytes) = pending.to_bytes() else { return Ok(()) };
    let id = pending.entry.id();
    let change =
        |(i, piece): (usize, &[u8])| Change::put(Table::Pending, key(cell, &id, i as u8), piece.to_vec());
    let pieces = bytes.chunks(MAX_VALUE).enumerate().map(change);
    let rest = bytes.len().div_ceil(MAX_VALUE)..PIECES;
    let rest = rest.map(|piece| Change::remove(Table::Pending, key(cell, &id, piece as u8)));
    Ok(storage.write(&pieces.chain(rest).collect::<Vec<_>>())?)
}

/// All entries that wait, in order of their ids; damaged ones are left out and dropped.
///
/// # Errors
/// Those of the storage.
pub fn all(storage: &dyn Storage, cell: CellId) -> Result<Vec<Pending>, StoreError> {
    let mut found: BTreeMap<EntryId, Vec<u8>> = BTreeMap::new();
    let mut from = cell.0.to_vec();
    loop {
        let page = storage.scan(Table::Pending, &cell.0, &from, 256)?;
        let Some((last, _)) = page.last() else { break };
        from = [&last[..], &[0]].concat();
        for (key, value) in &page {
            let id = key.get(32..).and_then(|rest| rest.first_chunk()).map(|id| EntryId(*id));
            let Some(id) = id else { continue };
            found.entry(id).or_default().extend_from_slice(value);
        }
        if found.len() >= MAX_PENDING {
            break;
        }
    }
    let mut keys = KeyCache::default();
    let (mut entries, mut damaged) = (Vec::new(), Vec::new());
    for (id, bytes) in found {
        match Pending::from_bytes(&bytes, &mut keys) {
            Some(pending) if pending.entry.id() == id => entries.push(pending),
            _ => damaged.push(id),
        }
    }
    remove(storage, cell, &damaged)?;
    Ok(entries)
}

/// Drops entries.
///
/// # Errors
/// Those of the storage.
pub fn remove(storage: &dyn Storage, cell: CellId, ids: &[EntryId]) -> Result<(), StoreError> {
    let keys = ids.iter().flat_map(|id| (0..PIECES).map(move |piece| key(cell, id, piece as u8)));
    let removals: Vec<Change> = keys.map(|key| Change::remove(Table::Pending, key)).collect();
    removals.chunks(4 * PIECES).try_for_each(|some| Ok(storage.write(some)?))
}
