//! The last bundle of a log: the only one that can be unfinished. It is read whole, verified, compared
//! with the checkpoint, and written anew where it was not as it should be, with the hash tiles above it.

use crate::limits::MAX_BUNDLE;
use crate::log_store::StoreError;
use crate::notice::Notice;
use crate::recovery::free_aside;
use crate::storage::Storage;
use crate::term_files::{NewNodes, TermFiles};
use lifeboat_log::limits::TILE_WIDTH;
use lifeboat_log::tile::{push_framed, split_bundle};
use lifeboat_log::tree::{Frontier, leaf_hash};
use lifeboat_log::{Chain, Position, SignedCheckpoint, TreeHash};

/// The last bundle of a log, as far as it chains.
pub(crate) struct Tail {
    bundle: u64,
    /// The chain before the bundle, and after its good records.
    before: Chain,
    pub chain: Chain,
    /// The bytes of the bundle's good records.
    pub records: Vec<Vec<u8>>,
    /// The length of the file, and the bytes of it that good records take.
    len: u64,
    used: u64,
}

impl Tail {
    pub fn read(
        storage: &dyn Storage,
        files: &TermFiles<'_>,
        chain: Chain,
        bundle: u64,
    ) -> Result<Self, StoreError> {
        let bytes = storage.read_at(&files.bundle(bundle), 0, MAX_BUNDLE)?;
        let len = storage.size(&files.bundle(bundle))?.unwrap_or(0);
        let (mut raw, _) = split_bundle(&bytes);
        raw.truncate(TILE_WIDTH as usize);
        let before = chain.clone();
        let mut chain = chain;
        let term = |chain: &Chain| chain.open().map(|open| open.term);
        let (good, _) = chain.extend_with_bytes(&raw[..raw.len().min(1)]);
        let mut count = good.len();
        if count == 1 {
            let first = term(&chain);
            count += chain.extend_with_bytes(&raw[1..]).0.len();
            if term(&chain) != first {
                return Err(files.damaged(
                    bundle * TILE_WIDTH,
                    files.bundle(bundle),
                    "two terms in one bundle",
                ));
            }
        }
        let records: Vec<Vec<u8>> = raw[..count].iter().map(|record| record.to_vec()).collect();
        let used = records.iter().map(|record| 2 + record.len() as u64).sum();
        Ok(Self { bundle, before, chain, records, len, used })
    }

    /// The number of the term's records before the bundle.
    fn first(&self) -> u64 {
        self.bundle * TILE_WIDTH
    }

    fn size(&self) -> u64 {
        self.first() + self.records.len() as u64
    }

    /// The tree before the bundle.
    fn tree(&self) -> Frontier {
        let open = self.before.open().filter(|_| self.bundle > 0);
        open.map(|open| open.tree.clone()).unwrap_or_default()
    }

    /// Keeps only the first `count` records.
    fn keep(&mut self, count: usize) {
        self.records.truncate(count);
        self.used = self.records.iter().map(|record| 2 + record.len() as u64).sum();
        self.chain = self.before.clone();
        let raw: Vec<&[u8]> = self.records.iter().map(Vec::as_slice).collect();
        let (good, _) = self.chain.extend_with_bytes(&raw);
        debug_assert_eq!(good.len(), count);
    }

    /// Compares the records with the checkpoint. Where they are not those that it covers, the first whose
    /// hash says so is dropped with all after it. Records that no checkpoint covers are kept: their
    /// hashes may not have been synced when they were.
    pub fn judge(
        &mut self,
        files: &TermFiles<'_>,
        checkpoint: Option<&SignedCheckpoint>,
        notices: &mut Vec<Notice>,
    ) -> Result<(), StoreError> {
        let Some(checkpoint) = checkpoint else {
            self.note_cut(notices);
            return Ok(());
        };
        if checkpoint.size <= self.first() {
            if files.frontier(checkpoint.size)?.root() != checkpoint.root {
                let what = "the hash tiles do not lead to the checkpoint's root";
                return Err(files.damaged(0, files.folder().to_owned(), what));
            }
        } else if checkpoint.size > self.size() || self.root_at(checkpoint.size) != checkpoint.root {
            let tile = files.read_tile(0, self.bundle)?;
            let (stored, _) = tile.as_chunks::<32>();
            let differs = |(record, stored): (&Vec<u8>, &[u8; 32])| leaf_hash(record) != TreeHash(*stored);
            let wrong = self.records.iter().zip(stored).position(differs);
            if checkpoint.size <= self.size() && wrong.is_none() {
                let what = "the records do not lead to the checkpoint's root";
                return Err(files.damaged(self.first(), files.bundle(self.bundle), what));
            }
            self.keep(wrong.unwrap_or(self.records.len()));
        }
        if checkpoint.size <= self.size() {
            self.note_cut(notices);
        }
        Ok(())
    }

    fn note_cut(&self, notices: &mut Vec<Notice>) {
        if self.len > self.used {
            notices.push(Notice::TailCut { records: self.chain.next(), bytes: self.len - self.used });
        }
    }

    /// The root over the first `size` records of the term, which end in this bundle.
    fn root_at(&self, size: u64) -> TreeHash {
        let mut tree = self.tree();
        let count = (size - self.first()) as usize;
        self.records[..count].iter().for_each(|record| tree.push(leaf_hash(record)));
        tree.root()
    }

    /// Writes the end of the log as it should be.
    pub fn mend(
        &self,
        storage: &dyn Storage,
        files: &TermFiles<'_>,
        checkpoint: Option<&SignedCheckpoint>,
        notices: &mut Vec<Notice>,
    ) -> Result<(), StoreError> {
        let name = files.bundle(self.bundle);
        let covered = checkpoint.map_or(0, |checkpoint| checkpoint.size);
        let start = self.chain.next().0.saturating_sub(self.size());
        if covered > self.size() {
            let aside = free_aside(storage, &name)?;
            let bytes = storage.read_at(&name, 0, MAX_BUNDLE)?;
            storage.replace(&aside, &bytes)?;
            let (from, covered) = (self.chain.next(), Position(start + covered));
            notices.push(Notice::RecordsLost { from, covered, aside });
        }
        if self.records.is_empty() {
            storage.remove(&name)?;
        } else if self.len != self.used || covered < self.size() {
            let mut bytes = Vec::new();
            self.records.iter().for_each(|record| push_framed(&mut bytes, record));
            storage.replace(&name, &bytes)?;
        }
        let tiles = self.mend_tiles(storage, files)?;
        if tiles > 0 && covered == self.size() {
            notices.push(Notice::TilesRebuilt { tiles });
        }
        Ok(())
    }

    /// Makes the right edge of the hash tiles fit the records. Returns the number of tiles written.
    fn mend_tiles(&self, storage: &dyn Storage, files: &TermFiles<'_>) -> Result<u64, StoreError> {
        let mut tree = self.tree();
        let mut nodes = NewNodes::default();
        self.records.iter().for_each(|record| nodes.push(&mut tree, leaf_hash(record)));
        let nodes = nodes.by_tile();
        let (mut written, mut level, mut count) = (0, 0u8, self.size());
        while level < 8 {
            let (tile, width) = (count / TILE_WIDTH, count % TILE_WIDTH);
            // The last tile of the level when it is full, and the one after it, which must not be there
            // unless it has hashes.
            for (tile, width) in
                [(tile.checked_sub(1), TILE_WIDTH), (Some(tile), width), (tile.checked_add(1), 0)]
            {
                let Some(tile) = tile else { continue };
                let new = nodes.iter().find(|(l, t, _, _)| (*l, *t) == (level, tile));
                if new.is_none() && tile < count / TILE_WIDTH {
                    continue;
                }
                written +=
                    u64::from(mend_tile(storage, files, (level, tile, width), new.map(|n| (n.2, &n.3)))?);
            }
            count /= TILE_WIDTH;
            level += 1;
            if count == 0 && storage.size(&files.tile(level, 0))?.is_none() {
                break;
            }
        }
        Ok(written)
    }
}

/// Makes one tile `width` hashes wide, with these hashes from a place on. Returns whether it was not so.
fn mend_tile(
    storage: &dyn Storage,
    files: &TermFiles<'_>,
    (level, tile, width): (u8, u64, u64),
    new: Option<(u64, &Vec<u8>)>,
) -> Result<bool, StoreError> {
    let name = files.tile(level, tile);
    let len = storage.size(&name)?;
    if width == 0 {
        if len.is_some() {
            storage.remove(&name)?;
        }
        return Ok(false);
    }
    let old = files.read_tile(level, tile)?;
    let (place, hashes) = new.map_or((width, &[][..]), |(place, hashes)| (place, hashes.as_slice()));
    let Some(kept) = old.get(..place as usize * 32) else {
        return Err(files.damaged(tile * TILE_WIDTH, name, "a hash tile that is too short"));
    };
    let proper = [kept, hashes].concat();
    if proper == old && len == Some(proper.len() as u64) {
        return Ok(false);
    }
    storage.replace(&name, &proper)?;
    Ok(true)
}
