//! Repair: a look at every record of a log, as an audit does, that makes hash tiles again where they are
//! wrong and cuts the log before the first record that is damaged. Records that are cut are put aside,
//! not deleted.

use crate::error::StoreError;
use crate::limits::{MAX_BUNDLE, MAX_TILE};
use crate::notice::Notice;
use crate::recovery::{free_aside, put_aside};
use crate::storage::Storage;
use crate::term_files::{NewNodes, TermFiles, cell_folder};
use lifeboat_log::limits::{MAX_NOTE, TILE_WIDTH};
use lifeboat_log::tile::{push_framed, split_bundle};
use lifeboat_log::tree::{Frontier, leaf_hash};
use lifeboat_log::{CellId, Chain, Position, SignedCheckpoint, Term};

/// Bundles verified together, so that all cores have work.
const TOGETHER: u64 = 8;
/// Where so many files in a row are missing, there are no more.
const GAP: u64 = 1_024;

/// Mends all of a cell's log that opening does not.
///
/// # Errors
/// Those of the storage.
pub fn repair(storage: &dyn Storage, cell: CellId) -> Result<Vec<Notice>, StoreError> {
    let mut notices = Vec::new();
    let items = storage.list(&cell_folder(cell))?;
    let mut terms: Vec<Term> = items.iter().filter_map(|item| item.name.parse().ok()).collect();
    terms.sort();
    let mut chain = Chain::new(cell);
    let mut cut = false;
    for term in terms {
        let files = TermFiles::new(storage, cell, term, chain.next());
        if cut {
            put_aside(storage, files.folder())?;
        } else {
            let mut look = Look { storage, files, term, tree: Frontier::default(), wrong: None, tiles: 0 };
            cut = look.mend(&mut chain, &mut notices)?;
        }
    }
    Ok(notices)
}

/// A look through one term.
struct Look<'a> {
    storage: &'a dyn Storage,
    files: TermFiles<'a>,
    term: Term,
    /// The tree of the records that hold.
    tree: Frontier,
    /// The first record whose stored hash is another.
    wrong: Option<u64>,
    /// Hash tiles written anew.
    tiles: u64,
}

impl Look<'_> {
    /// Returns whether the log was cut in this term.
    fn mend(&mut self, chain: &mut Chain, notices: &mut Vec<Notice>) -> Result<bool, StoreError> {
        let start = chain.next().0;
        let mut ends = false;
        let mut bundle = 0;
        while !ends {
            ends = self.verify(chain, bundle)?;
            bundle += TOGETHER;
        }
        let signed = self.checkpoint(chain)?;
        let covered = signed.as_ref().map_or(0, |signed| signed.size);
        let keep = self.holding(signed, notices)?;
        if keep == 0 {
            let aside = put_aside(self.storage, self.files.folder())?;
            let (from, covered) = (Position(start), Position(start + covered.max(1)));
            notices.push(Notice::RecordsLost { from, covered, aside });
            return Ok(true);
        }
        if self.tiles > 0 {
            notices.push(Notice::TilesRebuilt { tiles: self.tiles });
        }
        let covered = self.checkpoint(chain)?.map_or(0, |signed| signed.size);
        if keep == self.tree.size() && covered <= keep && !self.has_more(keep)? {
            return Ok(false);
        }
        let aside = cut(self.storage, &self.files, keep)?;
        let (from, covered) = (Position(start + keep), Position(start + covered.max(keep)));
        notices.push(Notice::RecordsLost { from, covered, aside });
        Ok(true)
    }

    /// How many of the records that chain are those that were stored.
    fn holding(
        &self,
        signed: Option<SignedCheckpoint>,
        notices: &mut Vec<Notice>,
    ) -> Result<u64, StoreError> {
        let size = self.tree.size();
        if size == 0 {
            return Ok(0);
        }
        match signed {
            Some(signed) if signed.size <= size => {
                if self.files.frontier(signed.size)?.root() == signed.root {
                    return Ok(size);
                }
                if self.wrong.is_none() && signed.size < size {
                    put_aside(self.storage, &self.files.checkpoint())?;
                    notices.push(Notice::CheckpointLost);
                    return Ok(size);
                }
                // Every other record is held in place by the one after it.
                Ok(self.wrong.unwrap_or(size - 1))
            }
            // The chain breaks here. The last record before the break is held by none after it, and no
            // signature covers its link: only its stored hash tells whether it is the one.
            signed if signed.is_some() || self.has_more(size)? => Ok(self.wrong.unwrap_or(size)),
            _ => Ok(size),
        }
    }

    /// The checkpoint in the term's folder, when its keeper signed it.
    fn checkpoint(&self, chain: &Chain) -> Result<Option<SignedCheckpoint>, StoreError> {
        let note = self.storage.read_at(&self.files.checkpoint(), 0, MAX_NOTE)?;
        let open = chain.open().filter(|open| open.term == self.term);
        Ok(open.and_then(|open| open.verify(chain.cell(), &note).ok()))
    }

    /// Whether files hold more than the first `size` records.
    fn has_more(&self, size: u64) -> Result<bool, StoreError> {
        let (bundle, place) = (size / TILE_WIDTH, size % TILE_WIDTH);
        let bytes = self.storage.read_at(&self.files.bundle(bundle), 0, MAX_BUNDLE)?;
        let (records, used) = split_bundle(&bytes);
        let more = records.len() as u64 > place || used != bytes.len();
        Ok(more || later(self.storage, bundle + 1, |n| self.files.bundle(n))?.next().is_some())
    }

    /// Verifies some bundles and mends their hash tiles. Returns whether the good records end there.
    fn verify(&mut self, chain: &mut Chain, bundle: u64) -> Result<bool, StoreError> {
        let read = |n| self.storage.read_at(&self.files.bundle(n), 0, MAX_BUNDLE);
        let bundles = (bundle..bundle + TOGETHER).map(read).collect::<Result<Vec<_>, _>>()?;
        let (mut raw, mut ends): (Vec<&[u8]>, bool) = (Vec::new(), false);
        for (n, bytes) in (bundle..).zip(&bundles) {
            let (mut records, _) = split_bundle(bytes);
            records.truncate(TILE_WIDTH as usize);
            ends = records.len() as u64 != TILE_WIDTH;
            let used: u64 = records.iter().map(|record| 2 + record.len() as u64).sum();
            if !ends && used < self.storage.size(&self.files.bundle(n))?.unwrap_or(0) {
                self.storage.truncate(&self.files.bundle(n), used)?;
                self.storage.sync(&[&self.files.bundle(n)])?;
            }
            raw.extend(records);
            if ends {
                break;
            }
        }
        let before = chain.clone();
        let (good, result) = chain.extend_with_bytes(&raw);
        let count = good.iter().take_while(|record| record.link().term == self.term).count();
        if count < good.len() {
            *chain = before;
            let _ = chain.extend_with_bytes(&raw[..count]);
        }
        let mut nodes = NewNodes::default();
        raw[..count].iter().for_each(|record| nodes.push(&mut self.tree, leaf_hash(record)));
        for (level, tile, place, hashes) in nodes.by_tile() {
            self.mend_tile(level, tile, place, &hashes)?;
        }
        Ok(ends || result.is_err() || count < good.len())
    }

    fn mend_tile(&mut self, level: u8, tile: u64, place: u64, hashes: &[u8]) -> Result<(), StoreError> {
        let name = self.files.tile(level, tile);
        let old = self.storage.read_at(&name, 0, MAX_TILE)?;
        let (from, to) = (place as usize * 32, place as usize * 32 + hashes.len());
        let longer = self.storage.size(&name)?.is_some_and(|size| size > MAX_TILE as u64);
        if old.get(from..to) == Some(hashes) && !longer {
            return Ok(());
        }
        if level == 0 {
            let stored = old.get(from..).unwrap_or_default().chunks(32).zip(hashes.chunks(32));
            let differs = stored.map(|(old, new)| old != new && old != [0; 32]).position(|differs| differs);
            let differs = differs.map(|at| tile * TILE_WIDTH + place + at as u64);
            self.wrong = self.wrong.or(differs);
        }
        let kept = old.get(..from).unwrap_or(&old);
        let rest = old.get(to..).unwrap_or_default();
        self.storage.replace(&name, &[kept, hashes, rest].concat())?;
        self.tiles += 1;
        Ok(())
    }
}

/// Cuts a term to its first `size` records. What is cut of the records is put aside. Returns where.
///
/// # Errors
/// Those of the storage.
pub fn cut(storage: &dyn Storage, files: &TermFiles<'_>, size: u64) -> Result<String, StoreError> {
    let (bundle, place) = (size / TILE_WIDTH, (size % TILE_WIDTH) as usize);
    let name = files.bundle(bundle);
    let aside = free_aside(storage, &name)?;
    let bytes = storage.read_at(&name, 0, MAX_BUNDLE)?;
    storage.replace(&format!("{aside}/{bundle}"), &bytes)?;
    for n in later(storage, bundle + 1, |n| files.bundle(n))? {
        storage.rename(&files.bundle(n), &format!("{aside}/{n}"))?;
    }
    let (records, _) = split_bundle(&bytes);
    let mut kept = Vec::new();
    records.iter().take(place).for_each(|record| push_framed(&mut kept, record));
    if kept.is_empty() {
        storage.remove(&name)?;
    } else {
        storage.replace(&name, &kept)?;
    }
    let mut count = size;
    for level in 0..8 {
        for n in later(storage, count / TILE_WIDTH + 1, |n| files.tile(level, n))? {
            storage.remove(&files.tile(level, n))?;
        }
        let (tile, width) = (count / TILE_WIDTH, count % TILE_WIDTH);
        let old = files.read_tile(level, tile)?;
        match old.get(..width as usize * 32) {
            Some([]) => storage.remove(&files.tile(level, tile))?,
            Some(kept) if kept.len() < old.len() => storage.replace(&files.tile(level, tile), kept)?,
            _ => {}
        }
        count /= TILE_WIDTH;
    }
    Ok(aside)
}

/// The numbers, from one on, of files that are there, small gaps among them passed over.
pub(crate) fn later(
    storage: &dyn Storage,
    from: u64,
    name: impl Fn(u64) -> String,
) -> Result<std::vec::IntoIter<u64>, StoreError> {
    let (mut found, mut n) = (Vec::new(), from);
    while n - found.last().map_or(from, |last| last + 1) < GAP {
        if storage.size(&name(n))?.is_some() {
            found.push(n);
        }
        n += 1;
    }
    Ok(found.into_iter())
}
