//! skeleton
use crate::storage::{StorageError};
use std::path::Path;
/// A home on a disk.
pub struct DiskStorage { }
#[allow(clippy::todo, missing_docs, unused_variables, clippy::missing_errors_doc)]
impl DiskStorage {
    /// Opens a home's files and its database.
    pub fn open(home: &Path) -> Result<Self, StorageError> { todo!() }
    /// Opens files alone, with no database: for an audit.
    pub fn files_only(folder: &Path) -> Self { todo!() }
}
