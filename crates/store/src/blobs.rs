//! Attachments: one file each under `blobs/<cell>/`, named by its hash. One that is on its way grows in a
//! file of its own, group by group, each checked before it is written; so an interruption costs the group
//! that was on its way. Nothing is read back that does not have the hash it is named by.

use crate::log_store::StoreError;
use crate::storage::{Storage, StorageError};
use lifeboat_log::blob::{BlobHasher, Groups};
use lifeboat_log::limits::{BLOB_GROUP, MAX_BLOB};
use lifeboat_log::{BlobHash, CellId};
use std::sync::Arc;

/// The folder that holds the attachments of a home.
pub const BLOBS: &str = "blobs";
/// Ends the name of one that is on its way.
const PART: &str = ".part";

/// The attachments of one cell.
#[derive(Clone)]
pub struct Blobs {
    storage: Arc<dyn Storage>,
    cell: CellId,
}

/// An attachment that lies here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// Its name.
    pub hash: BlobHash,
    /// Its length so far, in bytes.
    pub size: u64,
    /// Whether all of it is here.
    pub whole: bool,
}

impl Blobs {
    /// The attachments of a cell.
    pub fn new(storage: Arc<dyn Storage>, cell: CellId) -> Self {
        Self { storage, cell }
    }

    fn folder(&self) -> String {
        format!("{BLOBS}/{}", self.cell)
    }
    fn file(&self, hash: &BlobHash) -> String {
        format!("{}/{hash}", self.folder())
    }
    fn part(&self, hash: &BlobHash) -> String {
        format!("{}{PART}", self.file(hash))
    }

    /// The name of the file, below the home.
    pub fn name_of(&self, kept: &Kept) -> String {
        if kept.whole { self.file(&kept.hash) } else { self.part(&kept.hash) }
    }

    /// Bytes of one that is on its way.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn begun_bytes(&self, hash: &BlobHash) -> Result<u64, StoreError> {
        Ok(self.storage.size(&self.part(hash))?.unwrap_or(0))
    }

    /// Groups of one that is on its way, as far as its length tells.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn begun(&self, hash: &BlobHash) -> Result<u64, StoreError> {
        Ok(self.begun_bytes(hash)? / BLOB_GROUP)
    }

    /// What lies here, in the order of the names.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn list(&self) -> Result<Vec<Kept>, StoreError> {
        let mut all = Vec::new();
        for item in self.storage.list(&self.folder())?.into_iter().filter(|item| !item.folder) {
            let (name, whole) = match item.name.strip_suffix(PART) {
                Some(name) => (name, false),
                None => (item.name.as_str(), true),
            };
            let Some(hash) = BlobHash::from_hex(name) else { continue };
            let size = self.storage.size(&format!("{}/{}", self.folder(), item.name))?.unwrap_or(0);
            all.push(Kept { hash, size, whole });
        }
        Ok(all)
    }

    /// Bytes that lie here, of whole ones and of those on their way.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn used(&self) -> Result<u64, StoreError> {
        Ok(self.list()?.iter().fold(0, |sum, kept| sum.saturating_add(kept.size)))
    }

    /// Whether all of it is here.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn has(&self, hash: &BlobHash) -> Result<bool, StoreError> {
        Ok(self.storage.size(&self.file(hash))?.is_some())
    }

    /// The groups of an attachment that is here, read and hashed anew; nothing when it is not, or was
    /// damaged: then it is removed, to be fetched again.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn groups(&self, hash: &BlobHash) -> Result<Option<Groups>, StoreError> {
        let name = self.file(hash);
        let Some(size) = self.storage.size(&name)?.filter(|size| *size <= MAX_BLOB) else { return Ok(None) };
        let groups = self.hashed(&name, size)?;
        if groups.as_ref().is_some_and(|groups| groups.hash() == *hash) {
            return Ok(groups);
        }
        self.storage.remove(&name)?;
        Ok(None)
    }

    fn hashed(&self, name: &str, size: u64) -> Result<Option<Groups>, StoreError> {
        let (mut hasher, mut at) = (BlobHasher::default(), 0);
        while at < size {
            let group = self.storage.read_at(name, at, BLOB_GROUP as usize)?;
            if group.is_empty() || !hasher.push(&group) {
                return Ok(None);
            }
            at += group.len() as u64;
        }
        Ok(Some(hasher.finish()))
    }

    /// One group of an attachment that is here; nothing when its bytes are not those that the groups say.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn group(&self, groups: &Groups, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let (at, len) = (index.saturating_mul(BLOB_GROUP), groups.len_of(index));
        let bytes = self.storage.read_at(&self.file(&groups.hash()), at, len as usize)?;
        Ok(groups.holds(index, &bytes).then_some(bytes))
    }

    /// Begins, or goes on with, an attachment that is on its way. The answer is the group to ask for next:
    /// those before it are here and hold.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn begin(&self, groups: &Groups) -> Result<u64, StoreError> {
        let name = self.part(&groups.hash());
        let size = self.storage.size(&name)?.unwrap_or(0);
        let mut whole = 0;
        while whole < groups.count() && whole * BLOB_GROUP < size {
            let len = groups.len_of(whole) as usize;
            let bytes = self.storage.read_at(&name, whole * BLOB_GROUP, len)?;
            if !groups.holds(whole, &bytes) {
                break;
            }
            whole += 1;
        }
        let good = (whole * BLOB_GROUP).min(groups.size());
        if size > good {
            self.storage.truncate(&name, good)?;
        }
        Ok(whole)
    }

    /// Writes the next group of one that is on its way. False, and nothing written, when the bytes are not
    /// those of that group.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn push(&self, groups: &Groups, index: u64, bytes: &[u8]) -> Result<bool, StoreError> {
        if !groups.holds(index, bytes) {
            return Ok(false);
        }
        self.storage.append(&self.part(&groups.hash()), bytes)?;
        Ok(true)
    }

    /// Ends one that is on its way: synced, hashed once more as it lies on the disk, and given its name.
    /// False when it is not whole: what is wrong is thrown away.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn finish(&self, groups: &Groups) -> Result<bool, StoreError> {
        let part = self.part(&groups.hash());
        if groups.size() == 0 {
            self.storage.append(&part, &[])?;
        }
        self.storage.sync(&[&part])?;
        let size = self.storage.size(&part)?.unwrap_or(0);
        if size != groups.size() || self.hashed(&part, size)?.is_none_or(|made| made != *groups) {
            self.storage.remove(&part)?;
            return Ok(false);
        }
        self.storage.rename(&part, &self.file(&groups.hash()))?;
        Ok(true)
    }

    /// Keeps a file of one's own, read from somewhere else. Nothing when it is longer than an attachment
    /// may be.
    ///
    /// # Errors
    /// Those of the storage, and of `read`, which fills the buffer with the next bytes of the file.
    pub fn put(
        &self,
        mut read: impl FnMut(u64, &mut [u8]) -> Result<usize, StorageError>,
    ) -> Result<Option<BlobHash>, StoreError> {
        let groups = {
            let (mut hasher, mut at, mut buffer) = (BlobHasher::default(), 0, vec![0; BLOB_GROUP as usize]);
            loop {
                let len = read(at, &mut buffer)?;
                if len == 0 {
                    break hasher.finish();
                }
                if !hasher.push(&buffer[..len]) {
                    return Ok(None);
                }
                at += len as u64;
            }
        };
        if self.has(&groups.hash())? {
            return Ok(Some(groups.hash()));
        }
        let mut buffer = vec![0; BLOB_GROUP as usize];
        for index in self.begin(&groups)?..groups.count() {
            let len = read(index * BLOB_GROUP, &mut buffer)?;
            if groups.size() > 0 && !self.push(&groups, index, &buffer[..len])? {
                return Ok(None);
            }
        }
        Ok(self.finish(&groups)?.then_some(groups.hash()))
    }

    /// Removes an attachment, whole or on its way.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn remove(&self, hash: &BlobHash) -> Result<(), StoreError> {
        self.storage.remove(&self.file(hash))?;
        Ok(self.storage.remove(&self.part(hash))?)
    }
}
