//! A storage in memory, for the simulator and for tests: what was not made durable is lost when it
//! crashes, as on a machine whose power is cut.

use crate::limits::MAX_VALUE;
use crate::notice::Notice;
use crate::storage::{Change, Item, Pairs, Storage, StorageError, Table};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Files and a database in memory. A clone is the same storage.
#[derive(Clone, Default)]
pub struct MemoryStorage(Arc<Mutex<Inner>>);

/// A table and a key in it.
type Key = (Table, Vec<u8>);

#[derive(Default)]
struct Inner {
    files: BTreeMap<String, File>,
    database: BTreeMap<Key, Vec<u8>>,
    /// What the database held before each change since the last flush.
    undo: Vec<(Key, Option<Vec<u8>>)>,
    syncs: u64,
}

struct File {
    bytes: Vec<u8>,
    durable: Durable,
}

/// What is left of a file after a power cut.
enum Durable {
    /// No file.
    Nothing,
    /// So many of its first bytes.
    First(usize),
    /// These bytes.
    Other(Vec<u8>),
}

/// What a power cut leaves of bytes that were written but not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Torn {
    /// None of them.
    Lost,
    /// Some of the first ones, as many as this number modulo their count says.
    Cut(u64),
    /// All of them in length, with zeros from a place on that the number says.
    Zeroed(u64),
    /// All of them.
    Kept,
}

impl MemoryStorage {
    /// An empty storage.
    pub fn new() -> Self {
        Self::default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the power: what was not made durable is lost, as `torn` says.
    pub fn crash(&self, torn: Torn) {
        let mut inner = self.inner();
        let inner = &mut *inner;
        inner.files.retain(|_, file| file.crash(torn));
        if torn != Torn::Kept {
            while let Some((key, old)) = inner.undo.pop() {
                match old {
                    Some(value) => inner.database.insert(key, value),
                    None => inner.database.remove(&key),
                };
            }
        }
        inner.undo.clear();
    }

    /// Another storage with the same content, all of it durable.
    pub fn copy(&self) -> Self {
        let inner = self.inner();
        let file = |(name, file): (&String, &File)| {
            let durable = Durable::First(file.bytes.len());
            (name.clone(), File { bytes: file.bytes.clone(), durable })
        };
        let files = inner.files.iter().map(file).collect();
        let database = inner.database.clone();
        Self(Arc::new(Mutex::new(Inner { files, database, ..Inner::default() })))
    }

    /// The names of all files.
    pub fn names(&self) -> Vec<String> {
        self.inner().files.keys().cloned().collect()
    }

    /// Changes the bytes of a file behind everyone's back, durably: for tests of damage.
    pub fn damage(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        if let Some(file) = self.inner().files.get_mut(name) {
            change(&mut file.bytes);
            file.durable = Durable::First(file.bytes.len());
        }
    }

    /// Forgets the database, as if it had been damaged and begun anew.
    pub fn forget_database(&self) {
        let mut inner = self.inner();
        inner.database.clear();
        inner.undo.clear();
    }

    /// How often anything was made durable.
    pub fn syncs(&self) -> u64 {
        self.inner().syncs
    }
}

impl File {
    /// Whether the file is still there after a power cut.
    fn crash(&mut self, torn: Torn) -> bool {
        let safe = match &self.durable {
            Durable::Nothing => 0,
            Durable::First(len) => *len,
            Durable::Other(old) => {
                self.bytes = old.clone();
                self.bytes.len()
            }
        };
        let written = self.bytes.len().saturating_sub(safe);
        let place = |n: u64| safe + (n % (written as u64 + 1)) as usize;
        match torn {
            Torn::Lost => self.bytes.truncate(safe),
            Torn::Cut(n) => self.bytes.truncate(place(n)),
            Torn::Zeroed(n) => self.bytes.iter_mut().skip(place(n)).for_each(|byte| *byte = 0),
            Torn::Kept => {}
        }
        let stays = !matches!((&self.durable, torn), (Durable::Nothing, Torn::Lost));
        self.durable = Durable::First(self.bytes.len());
        stays
    }
}

impl Storage for MemoryStorage {
    fn read(&self, name: &str, max: usize) -> Result<Option<Vec<u8>>, StorageError> {
        match self.inner().files.get(name) {
            Some(file) if file.bytes.len() > max => Err(StorageError::TooLong { name: name.to_owned(), max }),
            file => Ok(file.map(|file| file.bytes.clone())),
        }
    }

    fn read_at(&self, name: &str, offset: u64, len: usize) -> Result<Vec<u8>, StorageError> {
        let inner = self.inner();
        let bytes = inner.files.get(name).map_or(&[][..], |file| &file.bytes);
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let end = start.saturating_add(len).min(bytes.len());
        Ok(bytes[start..end].to_vec())
    }

    fn size(&self, name: &str) -> Result<Option<u64>, StorageError> {
        Ok(self.inner().files.get(name).map(|file| file.bytes.len() as u64))
    }

    fn append(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let mut inner = self.inner();
        let new = || File { bytes: Vec::new(), durable: Durable::Nothing };
        inner.files.entry(name.to_owned()).or_insert_with(new).bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn truncate(&self, name: &str, size: u64) -> Result<(), StorageError> {
        if let Some(file) = self.inner().files.get_mut(name) {
            if matches!(file.durable, Durable::First(len) if len as u64 > size) {
                file.durable = Durable::Other(file.bytes.clone());
            }
            file.bytes.truncate(size as usize);
        }
        Ok(())
    }

    fn sync(&self, names: &[&str]) -> Result<(), StorageError> {
        let mut inner = self.inner();
        for name in names {
            if let Some(file) = inner.files.get_mut(*name) {
                file.durable = Durable::First(file.bytes.len());
            }
        }
        inner.syncs += 1;
        Ok(())
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let mut inner = self.inner();
        let file = File { bytes: bytes.to_vec(), durable: Durable::First(bytes.len()) };
        inner.files.insert(name.to_owned(), file);
        inner.syncs += 1;
        Ok(())
    }

    fn refresh(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let mut inner = self.inner();
        let durable = match inner.files.remove(name) {
            None => Durable::Other(bytes.to_vec()),
            Some(File { durable: Durable::Nothing, .. }) => Durable::Other(bytes.to_vec()),
            Some(File { durable: Durable::First(len), mut bytes }) => {
                bytes.truncate(len);
                Durable::Other(bytes)
            }
            Some(File { durable, .. }) => durable,
        };
        inner.files.insert(name.to_owned(), File { bytes: bytes.to_vec(), durable });
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        let mut inner = self.inner();
        let below = format!("{name}/");
        inner.files.retain(|file, _| file != name && !file.starts_with(&below));
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), StorageError> {
        let mut inner = self.inner();
        let below = format!("{from}/");
        let moved: Vec<String> =
            inner.files.keys().filter(|name| *name == from || name.starts_with(&below)).cloned().collect();
        for name in moved {
            if let Some(file) = inner.files.remove(&name) {
                inner.files.insert(format!("{to}{}", &name[from.len()..]), file);
            }
        }
        Ok(())
    }

    fn list(&self, folder: &str) -> Result<Vec<Item>, StorageError> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut items = BTreeSet::new();
        for name in self.inner().files.range(prefix.clone()..).map(|(name, _)| name) {
            let Some(rest) = name.strip_prefix(&prefix) else { break };
            let (name, folder) = rest.split_once('/').map_or((rest, false), |(first, _)| (first, true));
            items.insert(Item { name: name.to_owned(), folder });
        }
        Ok(items.into_iter().collect())
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.inner().database.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], max: usize) -> Result<Pairs, StorageError> {
        let inner = self.inner();
        let start = (table, prefix.max(from).to_vec());
        let here = |(key, _): &(&Key, &Vec<u8>)| key.0 == table && key.1.starts_with(prefix);
        let pairs = inner.database.range(start..).take_while(here).take(max);
        Ok(pairs.map(|((_, key), value)| (key.clone(), value.clone())).collect())
    }

    fn write(&self, changes: &[Change]) -> Result<(), StorageError> {
        let mut inner = self.inner();
        for change in changes {
            debug_assert!(change.value.as_ref().is_none_or(|value| value.len() <= MAX_VALUE));
            let key = (change.table, change.key.clone());
            let old = match &change.value {
                Some(value) => inner.database.insert(key.clone(), value.clone()),
                None => inner.database.remove(&key),
            };
            inner.undo.push((key, old));
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), StorageError> {
        let mut inner = self.inner();
        inner.undo.clear();
        inner.syncs += 1;
        Ok(())
    }

    fn reset(&self) -> Result<(), StorageError> {
        self.forget_database();
        Ok(())
    }

    fn take_notices(&self) -> Vec<Notice> {
        Vec::new()
    }
}
