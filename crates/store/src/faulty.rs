//! A storage that fails at a chosen step, for tests: every writing step is counted, and at the chosen one
//! the bytes are either not written, or written and the failure is reported all the same, or half of
//! them are. After that every step fails until it is healed, as if the process had been stopped.

use crate::notice::Notice;
use crate::storage::{Change, Item, Pairs, Storage, StorageError, Table};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nothing of it happens.
    NotWritten,
    /// All of it happens, and is reported as failed.
    Written,
    /// Of bytes that are appended, half are written; other steps do not happen.
    Half,
}

/// A storage over another one that fails as it is told.
pub struct FaultyStorage<S> {
    below: S,
    steps: AtomicU64,
    plan: Mutex<Option<(u64, Failure)>>,
    failed: AtomicBool,
}

impl<S: Storage> FaultyStorage<S> {
    /// A storage that does not fail yet.
    pub fn new(below: S) -> Self {
        Self { below, steps: AtomicU64::new(0), plan: Mutex::new(None), failed: AtomicBool::new(false) }
    }

    /// Plans a failure at the step `n` from now, counted from 0.
    pub fn fail_at(&self, n: u64, failure: Failure) {
        self.steps.store(0, Ordering::SeqCst);
        self.failed.store(false, Ordering::SeqCst);
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Some((n, failure));
    }

    /// Lets everything work again.
    pub fn heal(&self) {
        self.failed.store(false, Ordering::SeqCst);
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The writing steps taken since the last plan.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::SeqCst)
    }

    /// Whether the planned failure has come.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// The storage below.
    pub fn below(&self) -> &S {
        &self.below
    }

    fn step<T>(
        &self,
        name: &str,
        half: impl FnOnce() -> Result<(), StorageError>,
        whole: impl FnOnce() -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let planned = StorageError::Planned { name: name.to_owned() };
        if self.has_failed() {
            return Err(planned);
        }
        let step = self.steps.fetch_add(1, Ordering::SeqCst);
        let plan = *self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        match plan {
            Some((n, failure)) if n == step => {
                self.failed.store(true, Ordering::SeqCst);
                match failure {
                    Failure::NotWritten => {}
                    Failure::Written => drop(whole()?),
                    Failure::Half => half()?,
                }
                Err(planned)
            }
            _ => whole(),
        }
    }
}

impl<S: Storage> Storage for FaultyStorage<S> {
    fn read(&self, name: &str, max: usize) -> Result<Option<Vec<u8>>, StorageError> {
        self.below.read(name, max)
    }
    fn read_at(&self, name: &str, offset: u64, len: usize) -> Result<Vec<u8>, StorageError> {
        self.below.read_at(name, offset, len)
    }
    fn size(&self, name: &str) -> Result<Option<u64>, StorageError> {
        self.below.size(name)
    }
    fn append(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let half = || self.below.append(name, &bytes[..bytes.len() / 2]);
        self.step(name, half, || self.below.append(name, bytes))
    }
    fn truncate(&self, name: &str, size: u64) -> Result<(), StorageError> {
        self.step(name, || Ok(()), || self.below.truncate(name, size))
    }
    fn sync(&self, names: &[&str]) -> Result<(), StorageError> {
        self.step(names.first().unwrap_or(&""), || Ok(()), || self.below.sync(names))
    }
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.step(name, || Ok(()), || self.below.replace(name, bytes))
    }
    fn refresh(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.step(name, || Ok(()), || self.below.refresh(name, bytes))
    }
    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.step(name, || Ok(()), || self.below.remove(name))
    }
    fn rename(&self, from: &str, to: &str) -> Result<(), StorageError> {
        self.step(from, || Ok(()), || self.below.rename(from, to))
    }
    fn list(&self, folder: &str) -> Result<Vec<Item>, StorageError> {
        self.below.list(folder)
    }
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.below.get(table, key)
    }
    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], max: usize) -> Result<Pairs, StorageError> {
        self.below.scan(table, prefix, from, max)
    }
    fn write(&self, changes: &[Change]) -> Result<(), StorageError> {
        self.step("database", || Ok(()), || self.below.write(changes))
    }
    fn flush(&self) -> Result<(), StorageError> {
        self.step("database", || Ok(()), || self.below.flush())
    }
    fn reset(&self) -> Result<(), StorageError> {
        self.step("database", || Ok(()), || self.below.reset())
    }
    fn take_notices(&self) -> Vec<Notice> {
        self.below.take_notices()
    }
}
