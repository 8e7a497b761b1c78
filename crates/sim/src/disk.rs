//! The disk of a home: the memory backend of the store, which loses what was not synced when the power is
//! cut. With a planted bug its sync does nothing.

use lifeboat_store::notice::Notice;
use lifeboat_store::storage::{Change, Item, Pairs, Table};
use lifeboat_store::{MemoryStorage, Storage, StorageError};

/// A disk that may lie about having synced.
pub struct Disk {
    pub memory: MemoryStorage,
    pub lies: bool,
}

impl Storage for Disk {
    fn sync(&self, names: &[&str]) -> Result<(), StorageError> {
        if self.lies { Ok(()) } else { self.memory.sync(names) }
    }
    fn read(&self, name: &str, max: usize) -> Result<Option<Vec<u8>>, StorageError> {
        self.memory.read(name, max)
    }
    fn read_at(&self, name: &str, offset: u64, len: usize) -> Result<Vec<u8>, StorageError> {
        self.memory.read_at(name, offset, len)
    }
    fn size(&self, name: &str) -> Result<Option<u64>, StorageError> {
        self.memory.size(name)
    }
    fn append(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.memory.append(name, bytes)
    }
    fn truncate(&self, name: &str, size: u64) -> Result<(), StorageError> {
        self.memory.truncate(name, size)
    }
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.memory.replace(name, bytes)
    }
    fn refresh(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.memory.refresh(name, bytes)
    }
    fn rename(&self, from: &str, to: &str) -> Result<(), StorageError> {
        self.memory.rename(from, to)
    }
    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.memory.remove(name)
    }
    fn list(&self, folder: &str) -> Result<Vec<Item>, StorageError> {
        self.memory.list(folder)
    }
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.memory.get(table, key)
    }
    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], max: usize) -> Result<Pairs, StorageError> {
        self.memory.scan(table, prefix, from, max)
    }
    fn write(&self, changes: &[Change]) -> Result<(), StorageError> {
        self.memory.write(changes)
    }
    fn flush(&self) -> Result<(), StorageError> {
        self.memory.flush()
    }
    fn reset(&self) -> Result<(), StorageError> {
        self.memory.reset()
    }
    fn take_notices(&self) -> Vec<Notice> {
        self.memory.take_notices()
    }
}
