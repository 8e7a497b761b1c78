//! The database of a home: sled, with what it lacks. Its `flush` is followed by a sync of its file, its
//! panics on damaged files are caught at this door, and a database that fails is put aside and begun
//! anew: all that is in it can be made again. Never keep anything here that cannot.

use crate::limits::{DATABASE_CACHE, DATABASE_RETRY, DATABASE_WAIT, MAX_ASIDE, MAX_NOTICES, MAX_VALUE};
use crate::notice::Notice;
use crate::storage::{Change, Pairs, StorageError, Table};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

/// The folder of the database within a home.
pub const FOLDER: &str = "db";

/// A database that is there or is made anew.
pub struct Database {
    path: PathBuf,
    sled: RwLock<Option<sled::Db>>,
    notices: Mutex<Vec<Notice>>,
}

/// Why a call did not go through.
enum Trouble {
    /// The system refused; the database may be sound.
    System(String),
    /// Another one has it open.
    Locked(String),
    /// It is damaged. `stuck` when it panicked, so that even closing it may.
    Damaged { stuck: bool },
}

impl Database {
    /// Opens the database of a home, or puts a damaged one aside and begins anew.
    ///
    /// # Errors
    /// [`StorageError::Database`] when another program has it open or the system refuses.
    pub fn open(home: &Path) -> Result<Self, StorageError> {
        let path = home.join(FOLDER);
        let (sled, notice) = match open_sled(&path) {
            Ok(sled) => (sled, None),
            Err(Trouble::System(reason) | Trouble::Locked(reason)) => {
                return Err(StorageError::Database(reason));
            }
            Err(Trouble::Damaged { .. }) => {
                let notice = put_aside(&path)?;
                (open_sled(&path).map_err(Trouble::into_error)?, Some(notice))
            }
        };
        let notices = Mutex::new(notice.into_iter().collect());
        Ok(Self { path, sled: RwLock::new(Some(sled)), notices })
    }

    /// A value.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.call(|sled| Ok(sled.get(key_of(table, key))?.map(|value| value.to_vec())))
    }

    /// Keys with a prefix, from a key on.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn scan(&self, table: Table, prefix: &[u8], from: &[u8], max: usize) -> Result<Pairs, StorageError> {
        let (prefix, start) = (key_of(table, prefix), key_of(table, prefix.max(from)));
        self.call(|sled| {
            let mut pairs = Vec::new();
            for pair in sled.range(start.clone()..).take(max) {
                let (key, value) = pair?;
                if !key.starts_with(&prefix) {
                    break;
                }
                pairs.push((key[1..].to_vec(), value.to_vec()));
            }
            Ok(pairs)
        })
    }

    /// Makes changes, all or none.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn write(&self, changes: &[Change]) -> Result<(), StorageError> {
        debug_assert!(changes.iter().all(|c| c.value.as_ref().is_none_or(|v| v.len() <= MAX_VALUE)));
        self.call(|sled| {
            let mut batch = sled::Batch::default();
            for change in changes {
                let key = key_of(change.table, &change.key);
                match &change.value {
                    Some(value) => batch.insert(key, value.as_slice()),
                    None => batch.remove(key),
                }
            }
            sled.apply_batch(batch)
        })
    }

    /// Makes it durable: sled's own flush leaves the bytes with the system, so its file is synced too.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn flush(&self) -> Result<(), StorageError> {
        self.call(|sled| sled.flush().map(drop))?;
        let file = std::fs::OpenOptions::new().write(true).open(self.path.join("db"));
        let synced = file.and_then(|file| file.sync_data());
        synced.map_err(|error| StorageError::Database(error.to_string()))
    }

    /// Puts it aside and begins anew.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub fn reset(&self) -> Result<(), StorageError> {
        self.begin_anew(false)
    }

    /// What the person should be told.
    pub fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.notices())
    }

    fn notices(&self) -> MutexGuard<'_, Vec<Notice>> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls sled; when it turns out to be damaged, once more on a new one.
    fn call<T>(&self, f: impl Fn(&sled::Db) -> sled::Result<T>) -> Result<T, StorageError> {
        match self.try_call(&f) {
            Ok(value) => Ok(value),
            Err(Trouble::System(reason) | Trouble::Locked(reason)) => Err(StorageError::Database(reason)),
            Err(Trouble::Damaged { stuck }) => {
                self.begin_anew(stuck)?;
                self.try_call(&f).map_err(Trouble::into_error)
            }
        }
    }

    fn try_call<T>(&self, f: &impl Fn(&sled::Db) -> sled::Result<T>) -> Result<T, Trouble> {
        let sled = self.sled.read().unwrap_or_else(PoisonError::into_inner);
        let Some(sled) = sled.as_ref() else { return Err(Trouble::System("it is closed".to_owned())) };
        guarded(|| f(sled))
    }

    fn begin_anew(&self, stuck: bool) -> Result<(), StorageError> {
        let mut sled = self.sled.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = sled.take() {
            if stuck {
                // Closing it could panic again or wait for ever; this process keeps its memory instead.
                std::mem::forget(old);
            } else if catch_unwind(AssertUnwindSafe(|| drop(old))).is_err() {
                tracing::warn!("the damaged database panicked while it was closed");
            }
        }
        let notice = put_aside(&self.path)?;
        let mut notices = self.notices();
        if notices.len() < MAX_NOTICES {
            notices.push(notice);
        }
        *sled = Some(open_sled(&self.path).map_err(Trouble::into_error)?);
        Ok(())
    }
}

impl Trouble {
    fn into_error(self) -> StorageError {
        match self {
            Self::System(reason) | Self::Locked(reason) => StorageError::Database(reason),
            Self::Damaged { .. } => StorageError::Database("a new one is damaged as well".to_owned()),
        }
    }
}

fn key_of(table: Table, key: &[u8]) -> Vec<u8> {
    [&[table as u8], key].concat()
}

/// Opens it, waiting a moment for one who has it open to be done: whoever just closed it may still hold
/// its lock, and so may a program that was started in that instant and has yet to let go of it.
fn open_sled(path: &Path) -> Result<sled::Db, Trouble> {
    let begun = Instant::now();
    loop {
        let opened = guarded(|| sled::Config::default().path(path).cache_capacity(DATABASE_CACHE).open());
        match opened {
            Err(Trouble::Locked(_)) if begun.elapsed() < DATABASE_WAIT => std::thread::sleep(DATABASE_RETRY),
            opened => return opened,
        }
    }
}

/// Runs a call into sled, which panics on some damaged files.
fn guarded<T>(f: impl FnOnce() -> sled::Result<T>) -> Result<T, Trouble> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(error))) if is_locked(&error) => Err(Trouble::Locked(error.to_string())),
        Ok(Err(sled::Error::Io(error))) if is_of_the_system(&error) => {
            Err(Trouble::System(error.to_string()))
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database is damaged");
            Err(Trouble::Damaged { stuck: false })
        }
        Err(_) => Err(Trouble::Damaged { stuck: true }),
    }
}

/// Whether another one holds its lock, which sled words in two ways.
fn is_locked(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::WouldBlock || error.to_string().contains("acquire lock")
}

/// Whether the system refused, rather than the bytes being wrong.
fn is_of_the_system(error: &std::io::Error) -> bool {
    use ErrorKind::{OutOfMemory, PermissionDenied, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), OutOfMemory | PermissionDenied | ReadOnlyFilesystem | StorageFull)
}

/// Renames the damaged database; of those put aside before, only the newest few stay.
fn put_aside(path: &Path) -> Result<Notice, StorageError> {
    let name = |n: usize| format!("{FOLDER}.damaged-{n}");
    let free = (1..=MAX_ASIDE).find(|n| !path.with_file_name(name(*n)).exists());
    let aside = name(free.unwrap_or(MAX_ASIDE));
    let target = path.with_file_name(&aside);
    let removed = if free.is_none() { std::fs::remove_dir_all(&target) } else { Ok(()) };
    let moved = removed.and_then(|()| if path.exists() { std::fs::rename(path, &target) } else { Ok(()) });
    moved
        .map_err(|error| StorageError::Database(format!("it is damaged and cannot be put aside: {error}")))?;
    Ok(Notice::DatabaseRebuilt { aside })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_just_being_closed_is_waited_for() {
        let home = tempfile::tempdir().unwrap();
        let first = Database::open(home.path()).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| Database::open(home.path()).map(drop));
            std::thread::sleep(DATABASE_RETRY * 5);
            drop(first);
            second.join().unwrap().unwrap();
        });
    }

    #[test]
    fn one_that_stays_open_elsewhere_is_refused_and_left_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let first = Database::open(home.path()).unwrap();
        let refused = Database::open(home.path()).map(drop).unwrap_err();
        assert!(matches!(&refused, StorageError::Database(reason) if reason.contains("lock")), "{refused}");
        first.flush().unwrap();
        assert!(first.take_notices().is_empty() && !home.path().join("db.damaged-1").exists());
    }
}
