//! Files that a person names to be written: never over one that is there, which may be all that somebody has.

use crate::error::{Failure, Outcome};
use crate::text;
use crate::ui::plain;
use std::io::Write;
use std::path::Path;

/// Whether nothing stands at this place yet. What is no file and no folder, such as `/dev/stdout`, can be
/// written to as often as one likes.
///
/// # Errors
/// When a file or a folder is there.
pub fn free(path: &Path) -> Outcome {
    match std::fs::metadata(path) {
        Ok(there) if there.is_file() || there.is_dir() => Err(taken(path)),
        _ => Ok(()),
    }
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// When it exists already, or cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Outcome {
    free(path)?;
    let mut open = std::fs::OpenOptions::new();
    // What is there by now is no file; what is not must not come in between.
    open.write(true).create_new(!path.exists());
    let written = open.open(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => taken(path),
        _ => Failure::file(path, &error),
    })
}

/// It is taken.
fn taken(path: &Path) -> Failure {
    Failure::new(text!("file-exists", path = plain(&path.display().to_string())))
        .hint(text!("file-exists-hint"))
}

/// Whether a folder can be made at this place: nothing is there, or nothing is in it.
///
/// # Errors
/// When something is.
pub fn empty(folder: &Path) -> Outcome {
    if !std::fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some()) {
        return Ok(());
    }
    let path = plain(&folder.display().to_string());
    Err(Failure::new(text!("export-exists", path = path)).hint(text!("export-exists-hint")))
}
