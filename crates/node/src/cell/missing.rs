//! Details that the log names and this home lacks: looked for once over the whole log, a stretch at a
//! time, and never again where all were found. How far that is, is written down when the cell is closed.

use super::shelf::{Shelf, Stored};
use crate::home::{Home, read_bounded, write_private};
use crate::limits::{DETAILS_BYTES_AT_ONCE, DETAILS_RECORDS_AT_ONCE};
use crate::wire::Plain;
use lifeboat_log::{CellId, DetailRef, Entry, Position, Signature, codec, record};
use lifeboat_store::StoreError;
use std::path::PathBuf;

/// Longest file, in bytes.
const MAX_FILE: u64 = 64;
/// Stands in the file where sealed details were looked for too.
const OWN: &str = "own";

/// How far the log was looked through.
pub struct MissingDetails {
    /// Where to look on.
    next: Position,
    /// All details of the records before this one are here.
    whole: Position,
    /// What was written down.
    written: Position,
    /// Whether sealed details were looked for too: only in a home of the cell.
    own: bool,
}

impl MissingDetails {
    /// From where it was written down; from the beginning where nothing was, or where this home has become
    /// one of the cell's own since: then there are sealed details to look for.
    pub fn load(home: &Home, cell: &CellId, own: bool) -> Self {
        let file = read_bounded(&path(home, cell), MAX_FILE).ok();
        let text = file.and_then(|file| String::from_utf8(file).ok()).unwrap_or_default();
        let mut words = text.split_whitespace();
        let next = words.next().and_then(Position::read);
        let next = next.filter(|_| !own || words.next() == Some(OWN)).unwrap_or_default();
        Self { next, whole: next, written: next, own }
    }

    /// Looks from the beginning again once this home has become one of the cell's own.
    pub fn is_own(&mut self, own: bool) {
        if own && !self.own {
            (self.next, self.whole) = Default::default();
        }
        self.own = own;
    }

    /// Forgets how far the log was looked through: damage may have taken details since.
    pub fn forget(home: &Home, cell: &CellId) {
        if let Err(error) = std::fs::remove_file(path(home, cell))
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "details that were lost may not be looked for again");
        }
    }

    /// Writes down how far all details are here.
    pub fn save(&self, home: &Home, cell: &CellId) {
        let mark = if self.own { OWN } else { "" };
        let text = format!("{} {mark}", self.whole.write());
        if self.whole != self.written
            && let Err(error) = write_private(&path(home, cell), text.as_bytes())
        {
            tracing::debug!(%error, "missing details will be looked for again");
        }
    }

    /// Records were stored: what they lack is known already.
    pub fn stored(&mut self, stored: &Stored) {
        let (Some((_, first)), Some((_, last))) = (stored.entries.first(), stored.entries.last()) else {
            return;
        };
        if stored.missing.is_empty() {
            self.kept(*first, last.next());
        } else if self.next == *first {
            self.next = last.next();
        }
    }

    /// Records from `first` up to `next` were stored with all their details.
    pub fn kept(&mut self, first: Position, next: Position) {
        if self.next == first {
            if self.whole == first {
                self.whole = next;
            }
            self.next = next;
        }
    }

    /// The log was cut back to so many records.
    pub fn cut_back(&mut self, records: Position) {
        self.next = self.next.min(records);
        self.whole = self.whole.min(records);
    }

    /// Whether all of a log of this length was looked through.
    pub fn is_done(&self, end: Position) -> bool {
        self.next >= end
    }

    /// What the next stretch of the log lacks.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub fn look(&mut self, shelf: &Shelf) -> Result<Vec<DetailRef>, StoreError> {
        if self.next.0 >= shelf.shown() {
            self.next = self.next.min(Position(shelf.shown()));
            self.whole = self.whole.min(self.next);
            return Ok(Vec::new());
        }
        let raw = shelf.store.raw_records(self.next, DETAILS_RECORDS_AT_ONCE, DETAILS_BYTES_AT_ONCE)?;
        let end = Position(self.next.0 + raw.len() as u64);
        let mut missing = Vec::new();
        for (at, bytes) in (self.next.0..).zip(&raw) {
            for reference in details_of(bytes) {
                if shelf.wants(Position(at), &reference)? {
                    missing.push(reference);
                }
            }
        }
        if missing.is_empty() && self.whole == self.next {
            self.whole = end;
        }
        self.next = end;
        Ok(missing)
    }
}

/// The details that a stored record names. Its signature was checked before it was stored.
pub(crate) fn details_of(bytes: &[u8]) -> Vec<DetailRef> {
    let entry = record::split(bytes).ok().and_then(|(_, entry)| entry.get(1..));
    let decoded = entry.and_then(|entry| codec::decode::<(Entry, Signature)>(entry).ok());
    decoded.map(|(entry, _)| entry.details.into_vec()).unwrap_or_default()
}

fn path(home: &Home, cell: &CellId) -> PathBuf {
    home.own_folder().join(format!("details-{cell}"))
}
