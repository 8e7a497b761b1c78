//! Entries that wait in a home to be placed. They are in the database, in pieces that it takes, and each
//! is verified again when it is read; a lost one comes back from its author's outbox or a replica.

use crate::limits::{MAX_PENDING, MAX_VALUE};
use crate::log_store::StoreError;
use crate::storage::{Change, Storage, Table};
use lifeboat_log::{CellId, EntryId, KeyCache, SignedEntry};
use std::collections::BTreeMap;

/// Pieces of the longest entry.
const PIECES: usize = crate::limits::MAX_PENDING_LEN / MAX_VALUE + 1;

fn key(cell: CellId, id: &EntryId, piece: u8) -> Vec<u8> {
    [&cell.0[..], &id.0, &[piece]].concat()
}

/// Keeps an entry.
///
/// # Errors
/// Those of the storage.
pub fn put(storage: &dyn Storage, cell: CellId, entry: &SignedEntry) -> Result<(), StoreError> {
    let pieces = entry.bytes().chunks(MAX_VALUE).enumerate();
    let change = |(i, piece): (usize, &[u8])| {
        Change::put(Table::Pending, key(cell, &entry.id(), i as u8), piece.to_vec())
    };
    Ok(storage.write(&pieces.map(change).collect::<Vec<_>>())?)
}

/// All entries that wait, in order of their ids; damaged ones are left out and dropped.
///
/// # Errors
/// Those of the storage.
pub fn all(storage: &dyn Storage, cell: CellId) -> Result<Vec<SignedEntry>, StoreError> {
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
        match SignedEntry::verify(bytes, &mut keys) {
            Ok(entry) if entry.id() == id => entries.push(entry),
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
