//! skeleton
use crate::{LogStore, StoreError};
use std::path::Path;
/// Writes a static copy of the log (C2SP tlog-tiles with .p/W partials) under `folder`/<cell>/<term>/. Returns files written.
#[allow(clippy::todo, missing_docs, unused_variables, clippy::missing_errors_doc)]
pub fn export(store: &LogStore, folder: &Path, progress: &mut dyn FnMut(u64)) -> Result<u64, StoreError> { todo!() }
