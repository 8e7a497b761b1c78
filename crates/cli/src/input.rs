//! A file that a person names to be read, where `-` is what comes on standard input. How much of it is read
//! is for whoever reads: never without a bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What is to be read.
///
/// # Errors
/// When there is no such file, or it cannot be opened.
pub fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    match path == Path::new("-") {
        true => Ok(Box::new(io::stdin().lock())),
        false => Ok(Box::new(File::open(path)?)),
    }
}
