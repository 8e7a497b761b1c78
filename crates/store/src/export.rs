//! A static copy of a log, as any web server or tool for C2SP `tlog-tiles` takes it: what the checkpoint
//! covers, growing tiles under their `.p/<width>` names. Hash tiles are computed from the records again,
//! and the checkpoint is written last, after the root was compared with it.

use crate::log_store::{LogStore, Span, StoreError};
use crate::storage::StorageError;
use lifeboat_log::limits::TILE_WIDTH;
use lifeboat_log::tile::{self, push_framed};
use lifeboat_log::tree::{Frontier, leaf_hash};
use lifeboat_log::{CellId, Position, SignedCheckpoint, Term, TreeHash};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Writes a static copy of the log to `folder`, as `<cell>/<term>/...`; tells `progress` the number of
/// records so far. What lies there already and is right is not written again. Returns the number of
/// files written.
///
/// # Errors
/// [`StoreError::NotHere`] when there is no checkpoint yet, [`StoreError::WrongCheckpoint`] when the
/// records are not those it covers, and those of reading and writing.
pub fn export(store: &LogStore, folder: &Path, progress: &mut dyn FnMut(u64)) -> Result<u64, StoreError> {
    let mut written = 0;
    for span in &store.spans {
        let checkpoint = store.checkpoint_of(span)?;
        let root = folder.join(store.cell().to_string()).join(tile::term_folder(span.term));
        let mut copy = Copy {
            root,
            size: checkpoint.size,
            tiles: BTreeMap::new(),
            tree: Frontier::default(),
            written: 0,
        };
        copy.records(store, span, progress)?;
        copy.finish(&checkpoint)?;
        written += copy.written;
    }
    Ok(written)
}

/// The folder of a term in a static copy.
pub fn term_folder(cell: CellId, term: Term) -> String {
    format!("{cell}/{}", tile::term_folder(term))
}

/// The copy of one term.
struct Copy {
    root: PathBuf,
    size: u64,
    /// For each tile level, the tile that grows and its hashes.
    tiles: BTreeMap<u8, (u64, Vec<u8>)>,
    tree: Frontier,
    written: u64,
}

impl Copy {
    fn records(
        &mut self,
        store: &LogStore,
        span: &Span,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), StoreError> {
        let mut at = 0;
        while at < self.size {
            let count = (self.size - at).min(TILE_WIDTH);
            let mut framed = Vec::new();
            for record in store.raw_records(Position(span.start.0 + at), count as usize, usize::MAX)? {
                push_framed(&mut framed, &record);
                self.push(leaf_hash(&record))?;
            }
            self.write(tile::bundle(at / TILE_WIDTH), count, &framed)?;
            at += count;
            progress(span.start.0 + at);
        }
        Ok(())
    }

    fn push(&mut self, leaf: TreeHash) -> Result<(), StoreError> {
        let mut made = Vec::new();
        self.tree.push_with(leaf, |level, index, hash| made.push((level, index, hash)));
        for (level, index, hash) in made {
            let Some((level, number, _)) = tile::place_of_node(level, index) else { continue };
            let (_, hashes) = self.tiles.entry(level).or_insert((number, Vec::new()));
            hashes.extend_from_slice(&hash.0);
            if hashes.len() as u64 == TILE_WIDTH * 32 {
                let full = std::mem::take(hashes);
                self.tiles.remove(&level);
                self.write(tile::hash_tile(level, number), TILE_WIDTH, &full)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), StoreError> {
        if self.tree.size() != checkpoint.size || self.tree.root() != checkpoint.root {
            return Err(StoreError::WrongCheckpoint);
        }
        for (level, (number, hashes)) in std::mem::take(&mut self.tiles) {
            self.write(tile::hash_tile(level, number), hashes.len() as u64 / 32, &hashes)?;
        }
        self.put(tile::CHECKPOINT, &checkpoint.to_bytes())
    }

    fn write(&mut self, name: String, width: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let name = if width == TILE_WIDTH { name } else { tile::partial(&name, width) };
        self.put(&name, bytes)
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = name.split('/').fold(self.root.clone(), |path, part| path.join(part));
        if std::fs::metadata(&path).is_ok_and(|data| data.len() == bytes.len() as u64)
            && std::fs::read(&path).is_ok_and(|old| old == bytes)
        {
            return Ok(());
        }
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, bytes)).map_err(|error| StorageError::System {
            name: path.display().to_string(),
            doing: "write",
            reason: error.to_string(),
        })?;
        self.written += 1;
        Ok(())
    }
}
