//! The index: one summary a bundle of 256 records (the first bytes of ids and authors, kinds and times),
//! in two values of the database. Each says which bundle it was made of by the root of that bundle's hash
//! tile, so that a wrong or old one is noticed and made again. Whoever finds something here looks at the
//! record before believing it.

use crate::storage::{Change, Storage, Table};
use lifeboat_log::limits::TILE_WIDTH;
use lifeboat_log::link::LINK_LEN;
use lifeboat_log::{CellId, EntryId, Kind, PublicKey, Term, Time, TreeHash, record};
use std::collections::BTreeSet;

/// What is remembered of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The first bytes of the entry's id.
    pub id: u64,
    /// The entry's kind.
    pub kind: Kind,
    /// The first bytes of the author's key.
    pub author: u64,
    /// The keeper's time.
    pub time: Time,
}

const ROW_LEN: usize = 26;
const HEAD_LEN: usize = 16;
/// Rows in one value of the database: half a bundle, so that the value stays small.
const HALF: usize = TILE_WIDTH as usize / 2;
/// Where an entry's author and kind lie in the bytes of a record: see `docs/format.md`.
const AUTHOR_AT: usize = LINK_LEN + 1 + 32;
const KIND_AT: usize = AUTHOR_AT + 32 + 8 + 8 + 44;

/// The first eight bytes of an id or key, as a number.
pub fn first_bytes(hash: &[u8; 32]) -> u64 {
    hash.first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first))
}

/// The entry id in a record's link.
pub fn id_of(record: &[u8]) -> Option<EntryId> {
    record::split(record).ok().map(|(link, _)| link.entry)
}

/// The author in the bytes of a record.
pub fn author_of(record: &[u8]) -> Option<PublicKey> {
    record.get(AUTHOR_AT..)?.first_chunk().map(|key| PublicKey(*key))
}

/// The kind in the bytes of a record; the number of ids in its `after` list shifts it.
pub fn kind_of(record: &[u8]) -> Option<Kind> {
    let after = record.get(KIND_AT..)?.first_chunk().map(|count| u64::from_le_bytes(*count))?;
    let at = usize::try_from(after).ok()?.checked_mul(32)?.checked_add(KIND_AT + 8 + 16)?;
    record.get(at..)?.first_chunk().map(|kind| Kind(u16::from_le_bytes(*kind)))
}

impl Row {
    /// What is remembered of the record with these bytes, which were verified before.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let (link, _) = record::split(bytes).ok()?;
        let author = first_bytes(&author_of(bytes)?.0);
        Some(Self { id: first_bytes(&link.entry.0), kind: kind_of(bytes)?, author, time: link.time })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_be_bytes());
        out.extend_from_slice(&self.kind.0.to_be_bytes());
        out.extend_from_slice(&self.author.to_be_bytes());
        out.extend_from_slice(&self.time.ms().to_be_bytes());
    }

    fn read(bytes: &[u8; ROW_LEN]) -> Self {
        let number = |at: usize, len: usize| {
            bytes[at..at + len].iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte))
        };
        let kind = Kind(u16::from_be_bytes([bytes[8], bytes[9]]));
        Self { id: number(0, 8), kind, author: number(10, 8), time: Time::from_ms(number(18, 8)) }
    }
}

fn key(cell: CellId, term: Term, bundle: u64, half: u8) -> Vec<u8> {
    [&cell.0[..], &term.0.to_be_bytes(), &bundle.to_be_bytes(), &[half]].concat()
}

/// Writes the summary of a full bundle whose hash tile has this root.
///
/// # Errors
/// Those of the storage.
pub fn put(
    storage: &dyn Storage,
    cell: CellId,
    term: Term,
    bundle: u64,
    root: TreeHash,
    rows: &[Row],
) -> Result<(), crate::StorageError> {
    let mut changes = Vec::new();
    for (half, rows) in rows.chunks(HALF).enumerate() {
        let mut value = vec![0; HEAD_LEN];
        rows.iter().for_each(|row| row.write(&mut value));
        value[..8].copy_from_slice(&root.0[..8]);
        let sum = blake3::hash(&value[HEAD_LEN..]);
        value[8..HEAD_LEN].copy_from_slice(&sum.as_bytes()[..8]);
        changes.push(Change::put(Table::Index, key(cell, term, bundle, half as u8), value));
    }
    storage.write(&changes)
}

/// The summary of a full bundle whose hash tile has this root; nothing when it is missing or wrong.
pub fn get(storage: &dyn Storage, cell: CellId, term: Term, bundle: u64, root: TreeHash) -> Option<Vec<Row>> {
    let mut rows = Vec::with_capacity(TILE_WIDTH as usize);
    for half in 0..2 {
        let value = storage.get(Table::Index, &key(cell, term, bundle, half)).ok()??;
        let (head, body) = value.split_first_chunk::<HEAD_LEN>()?;
        let fits = head[..8] == root.0[..8] && head[8..] == blake3::hash(body).as_bytes()[..8];
        let (whole, rest) = body.as_chunks::<ROW_LEN>();
        if !fits || whole.len() != HALF || !rest.is_empty() {
            return None;
        }
        rows.extend(whole.iter().map(Row::read));
    }
    Some(rows)
}

/// The first bytes of all ids and where their records stand, in memory: 16 bytes a record.
#[derive(Default)]
pub struct Ids {
    sorted: Vec<(u64, u64)>,
    recent: BTreeSet<(u64, u64)>,
}

impl Ids {
    /// Recent ids are sorted in among the others when there are so many.
    const MERGE: usize = 16_384;

    /// Of all these.
    pub fn new(mut all: Vec<(u64, u64)>) -> Self {
        all.sort_unstable();
        Self { sorted: all, recent: BTreeSet::new() }
    }

    /// Adds one.
    pub fn add(&mut self, id: u64, position: u64) {
        self.recent.insert((id, position));
        if self.recent.len() >= Self::MERGE {
            self.sorted.extend(std::mem::take(&mut self.recent));
            self.sorted.sort_unstable();
        }
    }

    /// Where records whose id begins so stand.
    pub fn find(&self, id: u64) -> Vec<u64> {
        let from = self.sorted.partition_point(|(other, _)| *other < id);
        let sorted = self.sorted[from..].iter().take_while(|(other, _)| *other == id);
        sorted.chain(self.recent.range((id, 0)..=(id, u64::MAX))).map(|(_, position)| *position).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_log::testing::TestLog;

    #[test]
    fn a_row_tells_what_the_record_says() {
        let (mut log, founding) = TestLog::found(1);
        let record = log.grow(3).pop().unwrap();
        for record in [founding, record] {
            let bytes = record.to_bytes();
            let row = Row::of(&bytes).unwrap();
            assert_eq!(row.id, first_bytes(&record.entry().id().0));
            assert_eq!((row.kind, row.time), (record.entry().kind, record.link().time));
            assert_eq!(author_of(&bytes), Some(record.entry().author));
        }
    }

    #[test]
    fn a_kind_is_found_behind_the_list_of_earlier_entries() {
        let (log, _) = TestLog::found(1);
        let mut entry = lifeboat_log::testing::draft(&log.member, log.cell(), 9, Kind(77));
        entry.after = lifeboat_log::codec::List::new(vec![EntryId([1; 32]), EntryId([2; 32])]).unwrap();
        let entry = entry.sign(&log.member).unwrap();
        let bytes = [&[0; LINK_LEN][..], entry.bytes()].concat();
        assert_eq!(kind_of(&bytes), Some(Kind(77)));
        assert_eq!(kind_of(&bytes[..250]), None);
    }

    #[test]
    fn ids_are_found_among_old_and_recent_ones() {
        let mut ids = Ids::new((0..1000).map(|i| (i * 7 % 1000, i)).collect());
        for i in 1000..40_000u64 {
            ids.add(i % 1500, i);
        }
        assert_eq!(
            ids.find(1),
            [143, 1501, 3001].iter().copied().chain((3..27).map(|i| i * 1500 + 1)).collect::<Vec<_>>()
        );
        assert!(ids.find(5000).is_empty());
    }
}
