//! A home on a disk: files by the standard library alone, and the database. Nothing here is for one
//! system alone, but for the syncing of folders, which others neither need nor allow.

use crate::database::Database;
use crate::limits::{MAX_LIST, OPEN_FILES};
use crate::notice::Notice;
use crate::storage::{Change, Item, Pairs, Storage, StorageError, Table};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Files that are being written lie here before they take the place of another.
const SCRATCH: &str = "tmp";

/// A home on a disk.
pub struct DiskStorage {
    root: PathBuf,
    database: Option<Database>,
    open: Mutex<Open>,
    scratch: AtomicU64,
}

/// What is known of files that were written lately.
#[derive(Default)]
struct Open {
    files: Vec<Handle>,
    /// Folders whose own names are durable.
    settled: BTreeSet<PathBuf>,
}

#[derive(Clone)]
struct Handle {
    name: String,
    file: Arc<File>,
    /// Whether the file's name is durable.
    settled: bool,
}

impl DiskStorage {
    /// Opens a home's files and its database; a folder that is not there is made.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn open(home: &Path) -> Result<Self, StorageError> {
        let mut new = Self::files_only(home);
        fs::create_dir_all(home).map_err(|e| system(SCRATCH, "make the folder", &e))?;
        match fs::remove_dir_all(home.join(SCRATCH)) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(system(SCRATCH, "remove", &e)),
            _ => {}
        }
        new.database = Some(Database::open(home)?);
        Ok(new)
    }

    /// Opens the files of a folder alone, with no database: for an audit.
    pub fn files_only(folder: &Path) -> Self {
        let root = folder.to_path_buf();
        Self { root, database: None, open: Mutex::default(), scratch: AtomicU64::new(0) }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, name: &str) -> Result<PathBuf, StorageError> {
        let proper = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']);
        if name.is_empty() {
            return Ok(self.root.clone());
        }
        if !name.split('/').all(proper) {
            return Err(StorageError::BadName(name.to_owned()));
        }
        Ok(name.split('/').fold(self.root.clone(), |path, part| path.join(part)))
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn database(&self) -> Result<&Database, StorageError> {
        let none = || StorageError::Database("these files were opened without it".to_owned());
        self.database.as_ref().ok_or_else(none)
    }

    /// The file open for appending; made when there is none.
    fn handle(&self, name: &str) -> Result<Handle, StorageError> {
        let mut open = self.lock();
        if let Some(at) = open.files.iter().position(|handle| handle.name == name) {
            let handle = open.files.remove(at);
            open.files.push(handle.clone());
            return Ok(handle);
        }
        let path = self.path(name)?;
        let opened = OpenOptions::new().append(true).create(true).open(&path).or_else(|error| {
            let parent = path.parent().filter(|_| error.kind() == ErrorKind::NotFound).ok_or(error)?;
            fs::create_dir_all(parent)?;
            OpenOptions::new().append(true).create(true).open(&path)
        });
        let file = Arc::new(opened.map_err(|e| system(name, "open", &e))?);
        if open.files.len() >= OPEN_FILES {
            open.files.remove(0);
        }
        let handle = Handle { name: name.to_owned(), file, settled: false };
        open.files.push(handle.clone());
        Ok(handle)
    }

    /// Makes the name of a file durable, and those of the folders it lies in.
    fn settle(&self, name: &str) -> Result<(), StorageError> {
        let path = self.path(name)?;
        for folder in path.ancestors().skip(1) {
            sync_folder(folder).map_err(|e| system(name, "sync the folder of", &e))?;
            let known = !self.lock().settled.insert(folder.to_path_buf());
            if known || folder == self.root {
                break;
            }
        }
        if let Some(handle) = self.lock().files.iter_mut().find(|handle| handle.name == name) {
            handle.settled = true;
        }
        Ok(())
    }

    fn forget(&self, name: &str) {
        self.lock().files.retain(|handle| handle.name != name);
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.forget(name);
        let path = self.path(name)?;
        let folder = self.root.join(SCRATCH);
        let scratch = folder.join(self.scratch.fetch_add(1, Ordering::Relaxed).to_string());
        let write = || {
            fs::create_dir_all(&folder)?;
            let mut file = File::create(&scratch)?;
            file.write_all(bytes)?;
            file.sync_data()?;
            drop(file);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::rename(&scratch, &path)
        };
        write().map_err(|e| system(name, "write", &e))
    }
}

impl Storage for DiskStorage {
    fn read(&self, name: &str, max: usize) -> Result<Option<Vec<u8>>, StorageError> {
        let mut bytes = Vec::new();
        let opened = File::open(self.path(name)?);
        let read = opened.and_then(|file| file.take(max as u64 + 1).read_to_end(&mut bytes));
        match read {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(system(name, "read", &error)),
            Ok(len) if len > max => Err(StorageError::TooLong { name: name.to_owned(), max }),
            Ok(_) => Ok(Some(bytes)),
        }
    }

    fn read_at(&self, name: &str, offset: u64, len: usize) -> Result<Vec<u8>, StorageError> {
        let mut bytes = Vec::new();
        let read = File::open(self.path(name)?).and_then(|mut file| {
            file.seek(SeekFrom::Start(offset))?;
            file.take(len as u64).read_to_end(&mut bytes)
        });
        match read {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(system(name, "read", &error)),
            Ok(_) => Ok(bytes),
        }
    }

    fn size(&self, name: &str) -> Result<Option<u64>, StorageError> {
        match fs::metadata(self.path(name)?) {
            Ok(data) => Ok(data.is_file().then_some(data.len())),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(system(name, "look at", &e)),
        }
    }

    fn append(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let handle = self.handle(name)?;
        (&*handle.file).write_all(bytes).map_err(|e| system(name, "write", &e))
    }

    fn truncate(&self, name: &str, size: u64) -> Result<(), StorageError> {
        self.forget(name);
        let opened = OpenOptions::new().write(true).open(self.path(name)?);
        opened.and_then(|file| file.set_len(size)).map_err(|e| system(name, "cut", &e))
    }

    fn sync(&self, names: &[&str]) -> Result<(), StorageError> {
        let sync = |name: &&str| {
            let handle = self.handle(name)?;
            handle.file.sync_data().map_err(|e| system(name, "sync", &e))?;
            if handle.settled { Ok(()) } else { self.settle(name) }
        };
        // Threads of their own: the pool of the cores may be busy with signatures, and must not wait for a
        // disk, nor a disk for it.
        std::thread::scope(|scope| {
            let (first, others) = names.split_first().map_or((None, names), |(f, others)| (Some(f), others));
            let start = |name| std::thread::Builder::new().spawn_scoped(scope, move || sync(name));
            let others: Vec<_> = others.iter().map(|name| start(name).map_err(|_| name)).collect();
            let mut synced = first.map_or(Ok(()), sync);
            for other in others {
                let done = match other {
                    Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                    Err(name) => sync(name),
                };
                synced = synced.and(done);
            }
            synced
        })
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.put(name, bytes)?;
        self.settle(name)
    }

    fn refresh(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.put(name, bytes)
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        let path = self.path(name)?;
        let below = format!("{name}/");
        self.lock().files.retain(|handle| handle.name != name && !handle.name.starts_with(&below));
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match removed {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            Err(e) => Err(system(name, "remove", &e)),
            Ok(()) => match path.parent() {
                Some(folder) => sync_folder(folder).map_err(|e| system(name, "sync the folder of", &e)),
                None => Ok(()),
            },
        }
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), StorageError> {
        let (source, target) = (self.path(from)?, self.path(to)?);
        let below = format!("{from}/");
        self.lock().files.retain(|handle| handle.name != from && !handle.name.starts_with(&below));
        let parent = target.parent().map_or(Ok(()), fs::create_dir_all);
        parent.and_then(|()| fs::rename(&source, &target)).map_err(|e| system(from, "move", &e))?;
        self.settle(to)?;
        let folder = source.parent().map_or(Ok(()), sync_folder);
        folder.map_err(|e| system(from, "sync the folder of", &e))
    }

    fn list(&self, folder: &str) -> Result<Vec<Item>, StorageError> {
        let entries = match fs::read_dir(self.path(folder)?) {
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(e) => return Err(system(folder, "list", &e)),
            Ok(entries) => entries,
        };
        let item = |entry: std::io::Result<fs::DirEntry>| {
            let entry = entry?;
            let folder = entry.file_type()?.is_dir();
            Ok(Item { name: entry.file_name().to_string_lossy().into_owned(), folder })
        };
        let items: std::io::Result<Vec<Item>> = entries.take(MAX_LIST).map(item).collect();
        let mut items = items.map_err(|e| system(folder, "list", &e))?;
        items.sort();
        Ok(items)
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.database()?.get(table, key)
    }

    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], max: usize) -> Result<Pairs, StorageError> {
        self.database()?.scan(table, prefix, from, max)
    }

    fn write(&self, changes: &[Change]) -> Result<(), StorageError> {
        self.database()?.write(changes)
    }

    fn flush(&self) -> Result<(), StorageError> {
        self.database()?.flush()
    }

    fn reset(&self) -> Result<(), StorageError> {
        self.database()?.reset()
    }

    fn take_notices(&self) -> Vec<Notice> {
        self.database.as_ref().map(Database::take_notices).unwrap_or_default()
    }
}

fn system(name: &str, doing: &'static str, error: &std::io::Error) -> StorageError {
    StorageError::System { name: name.to_owned(), doing, reason: error.to_string() }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(()) // The system writes names with the file; folders cannot be opened.
}
