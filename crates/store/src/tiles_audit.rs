//! The audit of hash tiles: every hash in every tile file against the one computed from the records.
//! Holds one tile a level in memory, however long the log is.

use crate::audit::{TILE_BOUND, unreadable};
use crate::folder::{TermFolder, TileFile};
use crate::log_store::StoreError;
use lifeboat_log::TreeHash;
use lifeboat_log::limits::TILE_WIDTH;
use lifeboat_log::tile::{self, TILE_HEIGHT};
use lifeboat_log::tree::Frontier;
use std::collections::BTreeMap;

/// A finding: file, name of the error, and what is wrong.
type Wrong = (String, &'static str, String);

/// Compares a term's tiles with its records while they are read.
pub(crate) struct TileCheck<'a> {
    folder: &'a TermFolder,
    /// The size of the checkpoint, whose tiles must all be there.
    covered: Option<u64>,
    tree: Frontier,
    /// For each tile level, the number of the tile that grows and its hashes.
    growing: BTreeMap<u8, (u64, Vec<TreeHash>)>,
    wrong: Vec<Wrong>,
    failed: Option<StoreError>,
}

impl<'a> TileCheck<'a> {
    pub(crate) fn new(folder: &'a TermFolder, covered: Option<u64>) -> Self {
        let (tree, growing) = (Frontier::default(), BTreeMap::new());
        Self { folder, covered, tree, growing, wrong: Vec::new(), failed: None }
    }

    /// Adds a leaf; what is returned gives the root over all leaves so far.
    pub(crate) fn push(&mut self, leaf: TreeHash) -> impl Fn() -> TreeHash + '_ {
        let mut made = Vec::new();
        self.tree.push_with(leaf, |level, index, hash| {
            if let Some((level, number, _)) = tile::place_of_node(level, index) {
                made.push((level, number, hash));
            }
        });
        for (level, number, hash) in made {
            let (_, hashes) = self.growing.entry(level).or_insert((number, Vec::new()));
            hashes.push(hash);
            if hashes.len() as u64 == TILE_WIDTH {
                let full = self.growing.remove(&level).map(|(_, hashes)| hashes).unwrap_or_default();
                self.compare(level, number, &full);
            }
        }
        || self.tree.root()
    }

    /// Compares the last tiles and looks for ones that should not be.
    pub(crate) fn finish(mut self) -> Result<Vec<Wrong>, StoreError> {
        for (level, (number, hashes)) in std::mem::take(&mut self.growing) {
            self.compare(level, number, &hashes);
        }
        let size = self.tree.size();
        for (&level, tiles) in &self.folder.levels {
            let nodes = nodes_at(size, level);
            for (&number, forms) in tiles {
                if number.checked_mul(TILE_WIDTH).is_none_or(|first| first >= nodes) {
                    let names = forms.iter().map(|form| {
                        (form.name.clone(), "BadTile", "more hashes than the records make".to_owned())
                    });
                    self.wrong.extend(names);
                }
            }
        }
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.wrong),
        }
    }

    fn compare(&mut self, level: u8, number: u64, computed: &[TreeHash]) {
        let forms = self.folder.levels.get(&level).and_then(|tiles| tiles.get(&number));
        let mut widest = 0;
        for form in forms.into_iter().flatten() {
            match self.compare_file(form, computed) {
                Ok(width) => widest = widest.max(width),
                Err(error) => self.failed = Some(error),
            }
        }
        let first = number * TILE_WIDTH;
        let nodes = self.covered.map_or(0, |size| nodes_at(size, level));
        let needed = nodes.saturating_sub(first).min(computed.len() as u64);
        if widest < needed {
            let name = if forms.is_some() { "BadTile" } else { "MissingFile" };
            let what = format!("{widest} hashes where the checkpoint calls for {needed}");
            self.wrong.push((tile::hash_tile(level, number), name, what));
        }
    }

    /// The number of hashes in a file of a tile, once they are the computed ones.
    fn compare_file(&mut self, form: &TileFile, computed: &[TreeHash]) -> Result<u64, StoreError> {
        let read = self.folder.read(&form.name, TILE_BOUND);
        let bytes = read.map_err(|e| unreadable(&self.folder.path.join(&form.name), &e))?.unwrap_or_default();
        let width = bytes.len() as u64 / 32;
        let same = bytes.chunks(32).zip(computed).all(|(stored, hash)| stored == hash.0);
        let fits = bytes.len() % 32 == 0 && width <= computed.len() as u64;
        let named = form.width.is_none_or(|said| said == width);
        if !(same && fits && named) {
            let what = "hashes that are not those of the records".to_owned();
            self.wrong.push((form.name.clone(), "BadTile", what));
        }
        Ok(width)
    }
}

/// The number of whole nodes at a tile level of a tree of `size` leaves.
fn nodes_at(size: u64, level: u8) -> u64 {
    let shift = u32::from(level) * u32::from(TILE_HEIGHT);
    size.checked_shr(shift).unwrap_or(0)
}
