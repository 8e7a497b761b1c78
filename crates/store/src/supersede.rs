//! Cutting a log back to the base of a takeover, over as many terms as lie past it. What is cut is not
//! deleted: it goes to `superseded/<cell>/<n>/`, in the form that it had. What is to be done is written
//! down first, so that a cut that the power interrupts is finished when the log is next opened.

use crate::error::StoreError;
use crate::limits::{MAX_BUNDLE, MAX_SUPERSEDED};
use crate::log_store::{LogStore, copy_checkpoint};
use crate::notice::Notice;
use crate::repair::later;
use crate::snapshot;
use crate::storage::Storage;
use crate::term_files::{TermFiles, cell_folder};
use bincode::{Decode, Encode};
use lifeboat_log::codec::{self, Bytes};
use lifeboat_log::limits::{MAX_NOTE, TILE_WIDTH};
use lifeboat_log::tile::{push_framed, split_bundle};
use lifeboat_log::{CellId, LinkHash, Opening, Position, Record, SignedCheckpoint, Term, tile};
use std::collections::BTreeSet;

/// What is to be cut.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Cut {
    term: Term,
    /// The position of the term's first record.
    start: Position,
    /// So many of its records stand; none: the term goes as a whole, as those after it do.
    size: u64,
    /// Its checkpoint from now on.
    checkpoint: Bytes<MAX_NOTE>,
    /// The number of the folder that takes the rest.
    number: u16,
}

const CONTEXT: &str = "lifeboat/store/superseded/v1";
/// Longest file that says what is to be cut.
const MAX_FILE: usize = MAX_NOTE + 256;

/// A term as a log holds it.
#[derive(Debug, Clone, Copy)]
pub struct TermHeld<'a> {
    /// What its opening says.
    pub opening: &'a Opening,
    /// The position of its first record.
    pub start: Position,
    /// The number of its records.
    pub size: u64,
}

impl LogStore {
    /// A term of this log; nothing when it has no such term.
    pub fn term(&self, term: Term) -> Option<TermHeld<'_>> {
        let span = self.spans.iter().find(|span| span.term == term)?;
        Some(TermHeld { opening: &span.opening, start: span.start, size: self.size_of(span) })
    }

    /// The newest checkpoint over a term; of a term that is over, its last.
    pub fn checkpoint_over(&self, term: Term) -> Option<SignedCheckpoint> {
        let span = self.spans.iter().find(|span| span.term == term)?;
        self.checkpoint_of(span).ok()
    }

    /// The newest checkpoint over the last term before this one that has any.
    pub fn checkpoint_before(&self, term: Term) -> Option<SignedCheckpoint> {
        let earlier = self.spans.iter().rev().filter(|span| span.term < term);
        earlier.filter_map(|span| self.checkpoint_of(span).ok()).next()
    }

    /// The hash of the last of the first `end` links.
    pub fn head_at(&self, end: Position) -> Option<LinkHash> {
        Some(self.record(Position(end.0.checked_sub(1)?)).ok()??.link().hash())
    }

    /// The record that opens the first term of a later era than this, if the log has one under a checkpoint.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn opening_above(&self, era: u16) -> Result<Option<Record>, StoreError> {
        let above = self.spans.iter().find(|span| span.term.era() > era);
        match above.filter(|span| self.checkpoint_of(span).is_ok()) {
            Some(span) => self.record(span.start),
            None => Ok(None),
        }
    }

    /// Cuts the log back: of the term of `base` stand as many records as it covers, of later terms none.
    /// The rest is kept as evidence. Opens the log again.
    ///
    /// # Errors
    /// [`StoreError::WrongCheckpoint`] when the log does not hold what the base covers, and those of the
    /// storage.
    pub fn supersede(self, base: &SignedCheckpoint) -> Result<(Self, Vec<Notice>), StoreError> {
        let term = base.origin.term;
        let held = self.term(term).ok_or(StoreError::WrongCheckpoint)?;
        if base.size > held.size || self.root(term, base.size)? != base.root {
            return Err(StoreError::WrongCheckpoint);
        }
        let start = held.start;
        let checkpoint = Bytes::new(base.to_bytes()).ok_or(StoreError::WrongCheckpoint)?;
        self.cut(term, start, base.size, checkpoint)
    }

    /// Cuts off all of the log, as [`LogStore::supersede`] does: nothing stands. Opens the empty log.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn supersede_all(self) -> Result<(Self, Vec<Notice>), StoreError> {
        self.cut(Term::FIRST, Position(0), 0, Bytes::default())
    }

    fn cut(
        self,
        term: Term,
        start: Position,
        size: u64,
        checkpoint: Bytes<MAX_NOTE>,
    ) -> Result<(Self, Vec<Notice>), StoreError> {
        let (cell, storage) = (self.cell(), self.storage.clone());
        let number = free_number(&*storage, cell)?;
        let cut = Cut { term, start, size, checkpoint, number };
        storage.replace(&file_of(cell), &cut.to_bytes())?;
        drop(self);
        Self::open(storage, cell)
    }
}

/// Finishes the cut that was begun, if any.
///
/// # Errors
/// Those of the storage.
pub(crate) fn finish(storage: &dyn Storage, cell: CellId) -> Result<Option<Notice>, StoreError> {
    let name = file_of(cell);
    let bytes = storage.read_at(&name, 0, MAX_FILE)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let Some(cut) = Cut::from_bytes(&bytes) else {
        // Damaged: then nothing was cut yet, or the takeover asks for it again.
        storage.remove(&name)?;
        return Ok(None);
    };
    let aside = format!("{}/{}", folder_of(cell), cut.number);
    cut.whole_terms(storage, cell, &aside)?;
    if cut.size > 0 {
        cut.records(storage, cell, &aside)?;
    }
    let records = Position(cut.start.0.saturating_add(cut.size));
    snapshot::drop_past(storage, cell, records)?;
    storage.remove(&name)?;
    Ok(Some(Notice::Superseded { records, aside }))
}

impl Cut {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = codec::encode(self);
        let sum = blake3::derive_key(CONTEXT, &bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (body, sum) = bytes.split_last_chunk::<32>()?;
        let cut = codec::decode(body).ok()?;
        (blake3::derive_key(CONTEXT, body) == *sum).then_some(cut)
    }

    /// Moves whole terms away, the newest first, so that what is left is a log at every moment.
    fn whole_terms(&self, storage: &dyn Storage, cell: CellId, aside: &str) -> Result<(), StoreError> {
        let items = storage.list(&cell_folder(cell))?;
        let mut terms: Vec<Term> = items.iter().filter_map(|item| item.name.parse().ok()).collect();
        terms.sort();
        let whole = |term: &Term| *term > self.term || (*term == self.term && self.size == 0);
        for term in terms.into_iter().rev().filter(whole) {
            let files = TermFiles::new(storage, cell, term, Position(0));
            copy_checkpoint(storage, cell, term, &[])?;
            storage.rename(files.folder(), &format!("{aside}/{}", tile::term_folder(term)))?;
        }
        Ok(())
    }

    /// Cuts the term itself. Done again after an interruption it comes to the same.
    fn records(&self, storage: &dyn Storage, cell: CellId, aside: &str) -> Result<(), StoreError> {
        let files = TermFiles::new(storage, cell, self.term, self.start);
        let aside = format!("{aside}/{}", tile::term_folder(self.term));
        let keep = |name: &str, bytes: &[u8]| match storage.size(name)? {
            None if !bytes.is_empty() => storage.replace(name, bytes),
            _ => Ok(()),
        };
        let old = storage.read_at(&files.checkpoint(), 0, MAX_NOTE)?;
        keep(&format!("{aside}/{}", tile::CHECKPOINT), &old)?;
        let (bundle, place) = (self.size / TILE_WIDTH, (self.size % TILE_WIDTH) as usize);
        let bytes = storage.read_at(&files.bundle(bundle), 0, MAX_BUNDLE)?;
        keep(&format!("{aside}/{}", tile::bundle(bundle)), &bytes)?;
        storage.replace(&files.checkpoint(), &self.checkpoint)?;
        copy_checkpoint(storage, cell, self.term, &self.checkpoint)?;
        for n in later(storage, bundle + 1, |n| files.bundle(n))?.rev() {
            storage.rename(&files.bundle(n), &format!("{aside}/{}", tile::bundle(n)))?;
        }
        let (records, _) = split_bundle(&bytes);
        let mut kept = Vec::new();
        records.iter().take(place).for_each(|record| push_framed(&mut kept, record));
        if kept.is_empty() {
            storage.remove(&files.bundle(bundle))?;
        } else if kept.len() < bytes.len() {
            storage.replace(&files.bundle(bundle), &kept)?;
        }
        self.tiles(storage, &files)
    }

    fn tiles(&self, storage: &dyn Storage, files: &TermFiles<'_>) -> Result<(), StoreError> {
        let mut count = self.size;
        for level in 0..8 {
            let (tile, width) = (count / TILE_WIDTH, count % TILE_WIDTH);
            for n in later(storage, tile + 1, |n| files.tile(level, n))?.rev() {
                storage.remove(&files.tile(level, n))?;
            }
            let old = files.read_tile(level, tile)?;
            match old.get(..width as usize * 32) {
                Some([]) => storage.remove(&files.tile(level, tile))?,
                Some(kept) if kept.len() < old.len() => storage.replace(&files.tile(level, tile), kept)?,
                _ => {}
            }
            count /= TILE_WIDTH;
        }
        Ok(())
    }
}

/// Where a cell's superseded records lie.
fn folder_of(cell: CellId) -> String {
    format!("superseded/{cell}")
}

/// The file that says what is to be cut.
fn file_of(cell: CellId) -> String {
    format!("superseded/{cell}/cut")
}

/// A free number for the evidence; the last one is used again when all are taken.
fn free_number(storage: &dyn Storage, cell: CellId) -> Result<u16, StoreError> {
    let taken: BTreeSet<String> = storage.list(&folder_of(cell))?.into_iter().map(|item| item.name).collect();
    let free = (1..=MAX_SUPERSEDED as u16).find(|number| !taken.contains(&number.to_string()));
    let number = free.unwrap_or(MAX_SUPERSEDED as u16);
    storage.remove(&format!("{}/{number}", folder_of(cell)))?;
    Ok(number)
}
