//! Entries that a member signed beforehand and that their home hands in by itself when their time has
//! come: what was committed to in a draw, to be revealed when nobody can commit any more. The member's key
//! signed them while it was unlocked; nothing is signed here, and no one else can read these files.

use crate::home::{Home, HomeError, create_folder, read_bounded, write_private};
use lifeboat_log::{CellId, EntryId, KeyCache, SignedEntry};
use std::path::PathBuf;

/// Most entries that are held for a cell: some hundreds of draws under way at the same time.
pub const MAX_HELD: usize = 1_024;
/// Longest file, in bytes: an entry of its longest.
const MAX_FILE: u64 = 65_536;

/// What a home holds back for one cell.
#[derive(Debug, Clone)]
pub struct Held {
    folder: PathBuf,
}

impl Held {
    /// What this home holds for this cell.
    pub fn of(home: &Home, cell: &CellId) -> Self {
        Self { folder: home.own_folder().join(format!("held-{cell}")) }
    }

    /// Holds an entry; it is on disk when this returns.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn put(&self, entry: &SignedEntry) -> Result<(), HomeError> {
        create_folder(&self.folder)?;
        write_private(&self.path(&entry.id()), entry.bytes())
    }

    /// All that is held. A file that is no whole entry is left alone and not listed.
    pub fn list(&self) -> Vec<SignedEntry> {
        let Ok(files) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let files = files.filter_map(Result::ok).map(|file| file.path());
        let entries = files.filter(|path| path.extension().is_some_and(|end| end == "entry"));
        let read = |path: PathBuf| {
            SignedEntry::verify(read_bounded(&path, MAX_FILE).ok()?, &mut KeyCache::default()).ok()
        };
        let mut all: Vec<SignedEntry> = entries.filter_map(read).take(MAX_HELD).collect();
        all.sort_by_key(|entry| (entry.author_time, entry.id()));
        all
    }

    /// Lets go of an entry. One that cannot be removed is looked at again later.
    pub fn remove(&self, id: &EntryId) {
        if let Err(error) = std::fs::remove_file(self.path(id)) {
            tracing::warn!(%error, "an entry that was held back could not be removed");
        }
    }

    fn path(&self, id: &EntryId) -> PathBuf {
        self.folder.join(format!("{id}.entry"))
    }
}
