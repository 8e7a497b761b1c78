//! The one storage trait: the files of a home by name, and its database. Everything else in this crate is
//! written against it, so that the log, the promises and the outbox behave the same on a disk, in memory
//! and on a disk that fails at any step.
//!
//! Names are parts joined by `/`, whatever the system. Nothing is durable until the method that says so
//! has returned.

use crate::notice::Notice;

/// What a home keeps its things in.
pub trait Storage: Send + Sync {
    /// The whole of a file; nothing when there is none. Refused when it is longer than `max` bytes.
    ///
    /// # Errors
    /// [`StorageError`].
    fn read(&self, name: &str, max: usize) -> Result<Option<Vec<u8>>, StorageError>;

    /// At most `len` bytes of a file from `offset` on: fewer at its end, none when there is no file.
    ///
    /// # Errors
    /// [`StorageError`].
    fn read_at(&self, name: &str, offset: u64, len: usize) -> Result<Vec<u8>, StorageError>;

    /// The number of bytes of a file; nothing when there is none.
    ///
    /// # Errors
    /// [`StorageError`].
    fn size(&self, name: &str) -> Result<Option<u64>, StorageError>;

    /// Writes bytes at the end of a file, which is made when there is none. Not durable before
    /// [`Storage::sync`].
    ///
    /// # Errors
    /// [`StorageError`]; any part of the bytes may then be in the file.
    fn append(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError>;

    /// Cuts a file to `size` bytes. Not durable before [`Storage::sync`].
    ///
    /// # Errors
    /// [`StorageError`].
    fn truncate(&self, name: &str, size: u64) -> Result<(), StorageError>;

    /// Makes the bytes of these files durable, and the names of those that are new.
    ///
    /// # Errors
    /// [`StorageError`]; nothing may then be taken as durable, now or after another try, that was not
    /// before: write the bytes anew.
    fn sync(&self, names: &[&str]) -> Result<(), StorageError>;

    /// Puts a file with these bytes in the place of the one of that name, whole or not at all, and makes
    /// it durable.
    ///
    /// # Errors
    /// [`StorageError`]; the old or the new one is then there.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError>;

    /// As [`Storage::replace`], but after a power cut it may be the old one again.
    ///
    /// # Errors
    /// [`StorageError`].
    fn refresh(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError>;

    /// Removes a file, or a folder with all that is in it, durably. It is no error when there is none.
    ///
    /// # Errors
    /// [`StorageError`].
    fn remove(&self, name: &str) -> Result<(), StorageError>;

    /// Gives a file or folder another name, durably.
    ///
    /// # Errors
    /// [`StorageError`].
    fn rename(&self, from: &str, to: &str) -> Result<(), StorageError>;

    /// What is in a folder, by name; empty when there is none.
    ///
    /// # Errors
    /// [`StorageError`].
    fn list(&self, folder: &str) -> Result<Vec<Item>, StorageError>;

    /// A value of the database.
    ///
    /// # Errors
    /// [`StorageError`].
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError>;

    /// At most `max` keys and values of a table whose keys begin with `prefix` and are not before `from`,
    /// in order.
    ///
    /// # Errors
    /// [`StorageError`].
    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], max: usize) -> Result<Pairs, StorageError>;

    /// Makes changes to the database, all or none. Not durable before [`Storage::flush`].
    ///
    /// # Errors
    /// [`StorageError`].
    fn write(&self, changes: &[Change]) -> Result<(), StorageError>;

    /// Makes the database durable.
    ///
    /// # Errors
    /// [`StorageError`].
    fn flush(&self) -> Result<(), StorageError>;

    /// Puts the database aside and begins an empty one.
    ///
    /// # Errors
    /// [`StorageError`].
    fn reset(&self) -> Result<(), StorageError>;

    /// What the person should be told, each once.
    fn take_notices(&self) -> Vec<Notice>;
}

/// Keys and values, in order of their keys.
pub type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// What is in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// Its name, without the folder's.
    pub name: String,
    /// Whether it is a folder itself.
    pub folder: bool,
}

/// The tables of the database. Everything in them can be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Summaries of bundles: the index of the log.
    Index = 1,
    /// Snapshots of states.
    State = 2,
    /// Copies of checkpoints.
    Checkpoint = 4,
    /// Where details lie in their packs.
    Detail = 5,
    /// Peers and their addresses, as the node likes.
    Peer = 6,
}

/// One change of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The table.
    pub table: Table,
    /// The key.
    pub key: Vec<u8>,
    /// The new value, at most [`crate::limits::MAX_VALUE`] bytes; nothing to remove it.
    pub value: Option<Vec<u8>>,
}

impl Change {
    /// Sets a value.
    pub fn put(table: Table, key: Vec<u8>, value: Vec<u8>) -> Self {
        Self { table, key, value: Some(value) }
    }
    /// Removes a value.
    pub fn remove(table: Table, key: Vec<u8>) -> Self {
        Self { table, key, value: None }
    }
}

/// What went wrong in reading or writing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The system refused.
    #[error("{name}: cannot {doing}: {reason}")]
    System {
        /// The file.
        name: String,
        /// What was tried.
        doing: &'static str,
        /// What the system says.
        reason: String,
    },
    /// A file is longer than it can properly be.
    #[error("{name}: longer than the {max} bytes that it can properly have")]
    TooLong {
        /// The file.
        name: String,
        /// The bound.
        max: usize,
    },
    /// A name that would lead out of the home.
    #[error("{0}: not a proper name")]
    BadName(String),
    /// The database does not work, and a new one could not be begun either.
    #[error("the database in this home does not work: {0}")]
    Database(String),
    /// The disk fails because a test asked for it.
    #[error("{name}: the disk failed, as the test asked")]
    Planned {
        /// The file.
        name: String,
    },
}
