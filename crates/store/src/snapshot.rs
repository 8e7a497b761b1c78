//! Snapshots of a cell's state, in pieces that the database takes. A snapshot names the link that it
//! stands on: one made of another log, or damaged, is never given back.

use crate::limits::{MAX_STATE, MAX_VALUE, SNAPSHOTS};
use crate::log_store::StoreError;
use crate::storage::{Change, Storage, Table};
use bincode::{Decode, Encode};
use lifeboat_log::{CellId, LinkHash, Position, codec};

/// What is kept beside the pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Head {
    rules: u16,
    link: LinkHash,
    length: u64,
    sum: [u8; 32],
}

const CONTEXT: &str = "lifeboat/store/snapshot/v1";
/// Pieces written at one time, so that no change of the database is large.
const PIECES: usize = 64;
/// The number of the head among a snapshot's values: after all pieces, so that it is written last.
const HEAD: u32 = u32::MAX;

fn key(cell: CellId, at: Position, piece: u32) -> Vec<u8> {
    [&cell.0[..], &at.0.to_be_bytes(), &piece.to_be_bytes()].concat()
}

fn sum(at: Position, bytes: &[u8]) -> [u8; 32] {
    blake3::Hasher::new_derive_key(CONTEXT).update(&at.0.to_be_bytes()).update(bytes).finalize().into()
}

/// Keeps a snapshot of the state after `at` records, the last of which has this link, and drops all but
/// the newest.
///
/// # Errors
/// [`StoreError::TooMany`] when it is too long, and those of the storage.
pub fn put(
    storage: &dyn Storage,
    cell: CellId,
    at: Position,
    link: LinkHash,
    rules: u16,
    bytes: &[u8],
) -> Result<(), StoreError> {
    if bytes.len() > MAX_STATE {
        return Err(StoreError::TooMany(MAX_STATE));
    }
    drop_one(storage, cell, at)?;
    let pieces: Vec<&[u8]> = bytes.chunks(MAX_VALUE).collect();
    for (batch, pieces) in pieces.chunks(PIECES).enumerate() {
        let change = |(i, piece): (usize, &&[u8])| {
            Change::put(Table::State, key(cell, at, (batch * PIECES + i) as u32), piece.to_vec())
        };
        storage.write(&pieces.iter().enumerate().map(change).collect::<Vec<_>>())?;
    }
    let head = Head { rules, link, length: bytes.len() as u64, sum: sum(at, bytes) };
    storage.write(&[Change::put(Table::State, key(cell, at, HEAD), codec::encode(&head))])?;
    let all = positions(storage, cell)?;
    let old = all.len().saturating_sub(SNAPSHOTS);
    all.iter().filter(|other| **other != at).take(old).try_for_each(|at| drop_one(storage, cell, *at))
}

/// The positions of all snapshots, ascending.
///
/// # Errors
/// Those of the storage.
pub fn positions(storage: &dyn Storage, cell: CellId) -> Result<Vec<Position>, StoreError> {
    let (mut all, mut from) = (Vec::new(), key(cell, Position(0), 0));
    while let Some((found, _)) = storage.scan(Table::State, &cell.0, &from, 1)?.first() {
        let Some(at) = found.get(32..).and_then(|rest| rest.first_chunk()) else { break };
        let at = Position(u64::from_be_bytes(*at));
        all.push(at);
        if all.len() > 64 || at.0 == u64::MAX {
            break;
        }
        from = key(cell, at.next(), 0);
    }
    Ok(all)
}

fn drop_one(storage: &dyn Storage, cell: CellId, at: Position) -> Result<(), StoreError> {
    let prefix = &key(cell, at, 0)[..40];
    loop {
        let values = storage.scan(Table::State, prefix, prefix, PIECES)?;
        if values.is_empty() {
            return Ok(());
        }
        let removals = values.into_iter().map(|(key, _)| Change::remove(Table::State, key));
        storage.write(&removals.collect::<Vec<_>>())?;
    }
}

/// Drops the snapshots of states after more than `at` records.
///
/// # Errors
/// Those of the storage.
pub fn drop_past(storage: &dyn Storage, cell: CellId, at: Position) -> Result<(), StoreError> {
    let past = positions(storage, cell)?.into_iter().filter(|other| *other > at);
    past.into_iter().try_for_each(|other| drop_one(storage, cell, other))
}

/// The snapshot at a position, when it is whole and `link` is what it stands on.
///
/// # Errors
/// Those of the storage.
pub fn get(
    storage: &dyn Storage,
    cell: CellId,
    at: Position,
    link: LinkHash,
) -> Result<Option<(u16, Vec<u8>)>, StoreError> {
    let Some(head) = storage.get(Table::State, &key(cell, at, HEAD))? else { return Ok(None) };
    let Ok(head) = codec::decode::<Head>(&head) else { return Ok(None) };
    if head.link != link || head.length > MAX_STATE as u64 {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let mut piece = 0;
    while (bytes.len() as u64) < head.length {
        match storage.get(Table::State, &key(cell, at, piece))? {
            Some(value) if !value.is_empty() => bytes.extend_from_slice(&value),
            _ => return Ok(None),
        }
        piece += 1;
    }
    let whole = bytes.len() as u64 == head.length && sum(at, &bytes) == head.sum;
    Ok(whole.then_some((head.rules, bytes)))
}
