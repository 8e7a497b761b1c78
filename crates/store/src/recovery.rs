//! Opening a log without a scan of it. What is read: each term's opening record, the last bundle and the
//! record before it, the right edge of the hash tiles, the checkpoint. The rule: the log ends after the
//! last whole record that chains; what a signed checkpoint covers is never dropped silently. Hash tiles
//! are made again from the records at the end alone; records that no checkpoint covers are written anew,
//! because an earlier sync of theirs may have failed.

use crate::index::Row;
use crate::limits::{MAX_ASIDE, MAX_TERMS};
use crate::log_store::{CHECKPOINT_PIECES, LogStore, Span, StoreError, checkpoint_key};
use crate::notice::Notice;
use crate::repair;
use crate::storage::{Storage, Table};
use crate::supersede;
use crate::tail::Tail;
use crate::term_files::{LOGS, TermFiles, cell_folder};
use lifeboat_log::limits::{MAX_NOTE, MAX_RECORD, TILE_WIDTH};
use lifeboat_log::tile::split_bundle;
use lifeboat_log::{CellId, Chain, KeyCache, Position, Record, SignedCheckpoint, Signers, Term};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

impl LogStore {
    /// The cells whose logs a home holds.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn cells(storage: &dyn Storage) -> Result<Vec<CellId>, StoreError> {
        let items = storage.list(LOGS)?;
        Ok(items.iter().filter(|item| item.folder).filter_map(|item| CellId::from_hex(&item.name)).collect())
    }

    /// Opens a cell's log, an empty one where there is none, and mends its end. The notices say what was
    /// found wrong.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where only [`LogStore::repair`] helps, and those of the storage.
    pub fn open(storage: Arc<dyn Storage>, cell: CellId) -> Result<(Self, Vec<Notice>), StoreError> {
        let set_aside = supersede::finish(&*storage, cell)?;
        let (terms, unopened) = find_terms(&*storage, cell)?;
        let mut opened = open_terms(&*storage, cell, &terms)?;
        opened.notices.extend(set_aside);
        if let Some(term) = unopened {
            // A term that was being opened when the power went: nothing in it was whole.
            let files = TermFiles::new(&*storage, cell, term, Position(0));
            let bytes = storage.size(&files.bundle(0))?.unwrap_or(0);
            put_aside(&*storage, files.folder())?;
            opened.notices.push(Notice::TailCut { records: opened.chain.next(), bytes });
        }
        let store = Self {
            storage,
            chain: opened.chain,
            spans: opened.spans,
            checkpoint: opened.checkpoint,
            missing: opened.missing,
            rows: opened.rows,
            unsynced: BTreeSet::new(),
            stopped: false,
            lazy: Mutex::default(),
        };
        store.lazy().notices = opened.notices;
        let notices = store.take_notices();
        Ok((store, notices))
    }

    /// As [`LogStore::open`] after a look at everything: hash tiles are made again where they are wrong,
    /// and the log is cut before the first record that is damaged, what follows being put aside, so that
    /// it can be fetched again from the keeper or a replica.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn repair(storage: Arc<dyn Storage>, cell: CellId) -> Result<(Self, Vec<Notice>), StoreError> {
        let mut notices = repair::repair(&*storage, cell)?;
        let (store, more) = Self::open(storage, cell)?;
        notices.extend(more);
        store.rebuild_index()?;
        Ok((store, notices))
    }

    /// Cuts off all records that the checkpoint does not cover: for a follower whose unproven tail turned
    /// out not to be the keeper's. Opens the log again.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn cut_uncovered(self) -> Result<(Self, Vec<Notice>), StoreError> {
        let cell = self.cell();
        if let Some(span) = self.spans.last() {
            let size = self.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
            repair::cut(&*self.storage, &self.files(span), size)?;
        }
        let storage = self.storage.clone();
        drop(self);
        Self::open(storage, cell)
    }
}

/// What opening found.
struct Opened {
    chain: Chain,
    spans: Vec<Span>,
    checkpoint: Option<SignedCheckpoint>,
    missing: Option<SignedCheckpoint>,
    rows: Vec<Row>,
    notices: Vec<Notice>,
}

/// The terms whose opening record is whole, in order with it, and a last one whose is not.
type Terms = (Vec<(Term, Record)>, Option<Term>);

/// Reads the terms of a cell.
pub(crate) fn find_terms(storage: &dyn Storage, cell: CellId) -> Result<Terms, StoreError> {
    let items = storage.list(&cell_folder(cell))?;
    let mut terms: Vec<Term> = items.iter().filter_map(|item| item.name.parse().ok()).collect();
    terms.sort();
    terms.truncate(MAX_TERMS);
    let mut found: Vec<(Term, Record)> = Vec::new();
    for (i, term) in terms.iter().enumerate() {
        let files = TermFiles::new(storage, cell, *term, Position(0));
        let start = storage.read_at(&files.bundle(0), 0, 2 + MAX_RECORD)?;
        let record =
            split_bundle(&start).0.first().map(|bytes| Record::verify(bytes, &mut KeyCache::default()));
        let position = found.last().map_or(Position(0), |(_, record)| record.link().position);
        let fits = |record: &Record| {
            let founds = CellId::of_founding(record.entry().id()) == cell;
            let rises = record.link().position > position && record.entry().cell == cell;
            let place =
                if found.is_empty() { record.link().position == Position(0) && founds } else { rises };
            place && record.entry().opening().ok().flatten().is_some_and(|opening| opening.term == *term)
        };
        match record {
            Some(Ok(record)) if fits(&record) => found.push((*term, record)),
            _ if i + 1 == terms.len() && is_fresh(storage, &files)? => return Ok((found, Some(*term))),
            _ => {
                let what = "the record that opens the term does not hold";
                return Err(files.damaged(0, files.bundle(0), what));
            }
        }
    }
    Ok((found, None))
}

/// Whether a term was only just begun: it has no checkpoint and no second bundle.
fn is_fresh(storage: &dyn Storage, files: &TermFiles<'_>) -> Result<bool, StoreError> {
    Ok(storage.size(&files.checkpoint())?.is_none() && !files.has_bundle(1)?)
}

fn open_terms(storage: &dyn Storage, cell: CellId, terms: &[(Term, Record)]) -> Result<Opened, StoreError> {
    let mut spans = Vec::new();
    for (term, record) in terms {
        let opening = record.entry().opening().ok().flatten();
        let start = record.link().position;
        spans.extend(opening.map(|opening| Span { term: *term, start, opening }));
    }
    let mut chain = Chain::new(cell);
    let mut notices = Vec::new();
    let (Some(last), Some((_, opening))) = (spans.last(), terms.last()) else {
        let (checkpoint, missing, rows) = (None, None, Vec::new());
        return Ok(Opened { chain, spans, checkpoint, missing, rows, notices });
    };
    let files = TermFiles::new(storage, cell, last.term, last.start);
    let signers = last.opening.signers();
    let checkpoint = read_checkpoint(storage, &files, cell, last.term, &signers, &mut notices)?;
    let hint = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size.saturating_sub(1) / TILE_WIDTH);
    let bundle = files.last_bundle(hint)?.unwrap_or(0);
    if bundle > 0 {
        chain = chain_before(&files, cell, opening, bundle)?;
    } else if let [.., before, _] = spans.as_slice() {
        let earlier = &terms[terms.len() - 2].1;
        chain = chain_at_end(storage, cell, before, earlier, last.start)?;
    }
    let mut tail = Tail::read(storage, &files, chain, bundle)?;
    tail.judge(&files, checkpoint.as_ref(), &mut notices)?;
    tail.mend(storage, &files, checkpoint.as_ref(), &mut notices)?;
    let size = tail.chain.next().0 - last.start.0;
    let (checkpoint, missing) = match checkpoint {
        Some(checkpoint) if checkpoint.size > size => (None, Some(checkpoint)),
        checkpoint => (checkpoint, None),
    };
    let full = tail.records.len() as u64 == TILE_WIDTH;
    let rows = if full { Vec::new() } else { tail.records.iter().filter_map(|r| Row::of(r)).collect() };
    Ok(Opened { chain: tail.chain, spans, checkpoint, missing, rows, notices })
}

/// The chain just before the first record of a bundle that is not a term's first.
fn chain_before(
    files: &TermFiles<'_>,
    cell: CellId,
    opening: &Record,
    bundle: u64,
) -> Result<Chain, StoreError> {
    let last = bundle * TILE_WIDTH - 1;
    let damaged = |what: &str| files.damaged(last, files.bundle(bundle - 1), what);
    let bytes = files.read_bundle(bundle - 1)?;
    let (records, used) = split_bundle(&bytes);
    if records.len() as u64 != TILE_WIDTH || used != bytes.len() {
        return Err(damaged("a bundle that is not the last has not 256 records"));
    }
    let record = Record::verify(records[records.len() - 1], &mut KeyCache::default());
    let record = record.map_err(|error| damaged(&error.to_string()))?;
    if files.node(0, last)? != record.leaf() {
        return Err(damaged("the record does not match its hash"));
    }
    let tree = files.frontier(last + 1)?;
    Chain::resume(cell, opening, &record, tree).ok_or_else(|| damaged("the record stands in the wrong place"))
}

/// The chain at the end of a term that another one follows.
fn chain_at_end(
    storage: &dyn Storage,
    cell: CellId,
    span: &Span,
    opening: &Record,
    end: Position,
) -> Result<Chain, StoreError> {
    let files = TermFiles::new(storage, cell, span.term, span.start);
    let size = end.0 - span.start.0;
    let bundle = (size - 1) / TILE_WIDTH;
    let damaged = |what: &str| files.damaged(size - 1, files.bundle(bundle), what);
    let bytes = files.read_bundle(bundle)?;
    let place = ((size - 1) % TILE_WIDTH) as usize;
    let (records, _) = split_bundle(&bytes);
    let record = records.get(place).ok_or_else(|| damaged("records are missing"))?;
    let record = Record::verify(record, &mut KeyCache::default());
    let record = record.map_err(|error| damaged(&error.to_string()))?;
    let tree = files.frontier(size)?;
    Chain::resume(cell, opening, &record, tree).ok_or_else(|| damaged("the record stands in the wrong place"))
}

/// The checkpoint in a term's folder, or the copy of it in the database when it is damaged.
fn read_checkpoint(
    storage: &dyn Storage,
    files: &TermFiles<'_>,
    cell: CellId,
    term: Term,
    signers: &Signers,
    notices: &mut Vec<Notice>,
) -> Result<Option<SignedCheckpoint>, StoreError> {
    let name = files.checkpoint();
    let origin = lifeboat_log::Origin { cell, term };
    let found = storage.read_at(&name, 0, MAX_NOTE + 1)?;
    if let Ok(checkpoint) = SignedCheckpoint::verify(&found, &origin, signers) {
        return Ok(Some(checkpoint));
    }
    let mut copy = Vec::new();
    for piece in 0..CHECKPOINT_PIECES {
        let value = storage.get(Table::Checkpoint, &checkpoint_key(cell, term, piece))?;
        copy.extend(value.unwrap_or_default());
    }
    if let Ok(checkpoint) = SignedCheckpoint::verify(&copy, &origin, signers) {
        storage.replace(&name, &copy)?;
        notices.push(Notice::CheckpointRestored);
        return Ok(Some(checkpoint));
    }
    if storage.size(&name)?.is_some() {
        put_aside(storage, &name)?;
        notices.push(Notice::CheckpointLost);
    }
    Ok(None)
}

/// Moves a file or folder into the home's `aside` folder. Returns its new name.
pub(crate) fn put_aside(storage: &dyn Storage, name: &str) -> Result<String, StoreError> {
    let aside = free_aside(storage, name)?;
    storage.rename(name, &aside)?;
    Ok(aside)
}

/// A free name in the `aside` folder for a damaged file; the last one is used again when all are taken.
pub(crate) fn free_aside(storage: &dyn Storage, name: &str) -> Result<String, StoreError> {
    let flat = name.replace('/', "-");
    let taken: BTreeSet<String> = storage.list("aside")?.into_iter().map(|item| item.name).collect();
    let free = (1..MAX_ASIDE).map(|n| format!("{flat}-{n}")).find(|name| !taken.contains(name));
    let chosen = format!("aside/{}", free.unwrap_or_else(|| format!("{flat}-{MAX_ASIDE}")));
    storage.remove(&chosen)?;
    Ok(chosen)
}
