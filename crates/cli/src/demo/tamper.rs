//! Tampers with a copy of a log: one bit of one record, as somebody would who has the disk.

use crate::error::{Failure, Outcome};
use crate::text;
use lifeboat_log::tile;
use std::path::{Path, PathBuf};

/// Copies a folder and all in it.
///
/// # Errors
/// When a file cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> Outcome {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| Failure::file(&path, &error)
    };
    std::fs::create_dir_all(to).map_err(failed(to))?;
    for entry in std::fs::read_dir(from).map_err(failed(from))? {
        let path = entry?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            std::fs::copy(&path, to.join(name)).map_err(failed(&path))?;
        }
    }
    Ok(())
}

/// Flips one bit in the middle of the record at this position of a term's folder. Returns the file.
///
/// # Errors
/// When the record is not there.
pub fn flip(term: &Path, position: u64) -> Outcome<PathBuf> {
    let (bundle, before) = tile::bundle_of(position);
    let file = tile::bundle(bundle).split('/').fold(term.to_owned(), |path, name| path.join(name));
    let mut bytes = std::fs::read(&file).map_err(|error| Failure::file(&file, &error))?;
    let missing = || Failure::new(text!("entry-missing", number = format!("#{position}")));
    let mut at = 0;
    for _ in 0..before {
        at += 2 + length(&bytes, at).ok_or_else(missing)?;
    }
    let middle = at + 2 + length(&bytes, at).ok_or_else(missing)? / 2;
    let byte = bytes.get_mut(middle).ok_or_else(missing)?;
    *byte ^= 1;
    std::fs::write(&file, bytes).map_err(|error| Failure::file(&file, &error))?;
    Ok(file)
}

/// The length that stands before a record in a bundle: 16 bits, the high byte first.
fn length(bytes: &[u8], at: usize) -> Option<usize> {
    let high = bytes.get(at)?;
    let low = bytes.get(at + 1)?;
    Some(usize::from(*high) << 8 | usize::from(*low))
}
