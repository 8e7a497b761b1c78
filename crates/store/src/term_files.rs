//! The files of one term: its bundles and hash tiles, by their names, and the nodes of its tree. Knows
//! nothing of checkpoints, chains or the database.

use crate::limits::{MAX_BUNDLE, MAX_TILE};
use crate::log_store::StoreError;
use crate::storage::{Storage, StorageError};
use lifeboat_log::limits::TILE_WIDTH;
use lifeboat_log::tile::{self, TILE_HEIGHT};
use lifeboat_log::tree::{Frontier, node_hash};
use lifeboat_log::{CellId, Position, Term, TreeHash};

/// The folder that holds the logs of a home.
pub const LOGS: &str = "log";

/// The folder of a cell's log.
pub fn cell_folder(cell: CellId) -> String {
    format!("{LOGS}/{cell}")
}

/// The files of one term.
pub struct TermFiles<'a> {
    storage: &'a dyn Storage,
    folder: String,
    start: Position,
}

impl<'a> TermFiles<'a> {
    /// The files of a term whose first record stands at `start`.
    pub fn new(storage: &'a dyn Storage, cell: CellId, term: Term, start: Position) -> Self {
        let folder = format!("{}/{}", cell_folder(cell), tile::term_folder(term));
        Self { storage, folder, start }
    }

    /// The term's folder.
    pub fn folder(&self) -> &str {
        &self.folder
    }
    /// The name of the checkpoint.
    pub fn checkpoint(&self) -> String {
        format!("{}/{}", self.folder, tile::CHECKPOINT)
    }
    /// The name of a bundle.
    pub fn bundle(&self, index: u64) -> String {
        format!("{}/{}", self.folder, tile::bundle(index))
    }
    /// The name of a hash tile.
    pub fn tile(&self, level: u8, index: u64) -> String {
        format!("{}/{}", self.folder, tile::hash_tile(level, index))
    }

    /// That a file of this term is damaged at one of its records.
    pub fn damaged(&self, index: u64, file: String, what: impl Into<String>) -> StoreError {
        let position = Position(self.start.0.saturating_add(index));
        StoreError::Damaged { position, file, what: what.into() }
    }

    /// The bytes of a bundle, none when there is no such file.
    pub fn read_bundle(&self, index: u64) -> Result<Vec<u8>, StoreError> {
        let name = self.bundle(index);
        match self.storage.read(&name, MAX_BUNDLE) {
            Ok(bytes) => Ok(bytes.unwrap_or_default()),
            Err(StorageError::TooLong { .. }) => {
                Err(self.damaged(index * TILE_WIDTH, name, "longer than a bundle can be"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes of a hash tile, none when there is no such file, and only as many as a tile has.
    pub fn read_tile(&self, level: u8, index: u64) -> Result<Vec<u8>, StoreError> {
        Ok(self.storage.read_at(&self.tile(level, index), 0, MAX_TILE)?)
    }

    /// The files that hold the end of `size` records: the unfinished bundle and the unfinished hash tiles.
    pub fn edge(&self, size: u64) -> Result<Vec<String>, StoreError> {
        let mut names = vec![self.bundle(size / TILE_WIDTH)];
        let mut count = size;
        for level in 0..8 {
            names.push(self.tile(level, count / TILE_WIDTH));
            count /= TILE_WIDTH;
        }
        let mut there = Vec::new();
        for name in names {
            if self.storage.size(&name)?.is_some() {
                there.push(name);
            }
        }
        Ok(there)
    }

    /// Whether there is a bundle with anything in it.
    pub fn has_bundle(&self, index: u64) -> Result<bool, StoreError> {
        Ok(self.storage.size(&self.bundle(index))?.is_some_and(|size| size > 0))
    }

    /// The hash of a whole node of the tree, out of the tiles.
    pub fn node(&self, level: u8, index: u64) -> Result<TreeHash, StoreError> {
        let (tile_level, inner) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let first = index << inner;
        let count = 1usize << inner;
        let name = self.tile(tile_level, first / TILE_WIDTH);
        let bytes = self.storage.read_at(&name, first % TILE_WIDTH * 32, count * 32)?;
        let mut hashes: Vec<TreeHash> =
            bytes.as_chunks::<32>().0.iter().map(|hash| TreeHash(*hash)).collect();
        if hashes.len() != count {
            let at = first.saturating_mul(1 << (u32::from(tile_level) * 8).min(56));
            return Err(self.damaged(at, name, "a hash tile that is too short"));
        }
        while hashes.len() > 1 {
            hashes = hashes.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        }
        Ok(hashes[0])
    }

    /// The right edge of the tree of `size` records, out of the tiles.
    pub fn frontier(&self, size: u64) -> Result<Frontier, StoreError> {
        Frontier::load(size, |level, index| self.node(level, index))
    }

    /// The number of the last bundle with anything in it; found by looking at a few dozen names. Holes in
    /// the row are for an audit to find.
    pub fn last_bundle(&self, hint: u64) -> Result<Option<u64>, StoreError> {
        if !self.has_bundle(0)? && !self.has_bundle(hint)? {
            return Ok(None);
        }
        let mut low = if self.has_bundle(hint)? { hint } else { 0 };
        let mut step = 1;
        while self.has_bundle(low + step)? {
            low += step;
            step *= 2;
        }
        // There is a bundle `low`, and none `low + step`.
        while step > 1 {
            step /= 2;
            if self.has_bundle(low + step)? {
                low += step;
            }
        }
        Ok(Some(low))
    }
}

/// Hash tiles that are being written: the nodes that became whole, to be put at the ends of their tiles.
#[derive(Default)]
pub struct NewNodes(Vec<(u8, u64, TreeHash)>);

impl NewNodes {
    /// Adds a leaf to the tree and keeps the nodes that tiles hold.
    pub fn push(&mut self, tree: &mut Frontier, leaf: TreeHash) {
        tree.push_with(leaf, |level, index, hash| {
            if level % TILE_HEIGHT == 0 {
                self.0.push((level / TILE_HEIGHT, index, hash));
            }
        });
    }

    /// The node at this place of a tile level, when it became whole.
    pub fn get(&self, tile_level: u8, index: u64) -> Option<TreeHash> {
        let found = self.0.iter().find(|(level, at, _)| (*level, *at) == (tile_level, index));
        found.map(|(_, _, hash)| *hash)
    }

    /// The bytes to append, tile by tile: level, tile, place of the first hash, hashes.
    pub fn by_tile(mut self) -> Vec<(u8, u64, u64, Vec<u8>)> {
        self.0.sort_by_key(|(level, index, _)| (*level, *index));
        let mut tiles: Vec<(u8, u64, u64, Vec<u8>)> = Vec::new();
        for (level, index, hash) in self.0 {
            let (tile, place) = (index / TILE_WIDTH, index % TILE_WIDTH);
            match tiles.last_mut() {
                Some(last) if (last.0, last.1) == (level, tile) => last.3.extend_from_slice(&hash.0),
                _ => tiles.push((level, tile, place, hash.0.to_vec())),
            }
        }
        tiles
    }
}
