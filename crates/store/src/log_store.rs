//! One cell's log on a storage: writing. Records are appended to the bundle that grows and made durable
//! by one sync; a bundle that is full is synced with its hash tiles before the next one begins, so that
//! only the last bundle can ever be unfinished. After a failed writing nothing more is written until the
//! log is opened again. Reading is in `reading.rs`, what opening does in `recovery.rs`.

use crate::details::Details;
use crate::index::{self, Ids, Row};
use crate::limits::MAX_BATCH;
use crate::notice::Notice;
use crate::storage::{Change, Storage, StorageError, Table};
use crate::term_files::{NewNodes, TermFiles};
use lifeboat_log::limits::TILE_WIDTH;
use lifeboat_log::tree::Frontier;
use lifeboat_log::{CellId, Chain, Opening, Position, Record, SignedCheckpoint, Term, TreeHash};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use crate::error::StoreError;

/// One cell's log.
pub struct LogStore {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) chain: Chain,
    /// All terms, the open one last.
    pub(crate) spans: Vec<Span>,
    pub(crate) checkpoint: Option<SignedCheckpoint>,
    pub(crate) missing: Option<SignedCheckpoint>,
    /// What the index will say of the bundle that grows.
    pub(crate) rows: Vec<Row>,
    /// Files with bytes that are not durable.
    pub(crate) unsynced: BTreeSet<String>,
    pub(crate) stopped: bool,
    pub(crate) lazy: Mutex<Lazy>,
}

/// What is made when it is first needed.
#[derive(Default)]
pub(crate) struct Lazy {
    pub ids: Option<Ids>,
    pub details: Option<Details>,
    pub notices: Vec<Notice>,
    /// The bundle that was read last: term, number, bytes.
    pub bundle: Option<(Term, u64, Arc<Vec<u8>>)>,
}

/// Where a term lies in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub term: Term,
    pub start: Position,
    pub opening: Opening,
}

/// Records that go into one bundle together.
struct Piece {
    term: Term,
    start: Position,
    /// The first record's place in its term.
    index: u64,
    framed: Vec<u8>,
    nodes: NewNodes,
    rows: Vec<Row>,
    /// The tree after the piece.
    tree: Frontier,
    opening: Option<Opening>,
}

impl Piece {
    fn new(term: Term, start: Position, index: u64, tree: Frontier, opening: Option<Opening>) -> Self {
        let (framed, nodes, rows) = (Vec::new(), NewNodes::default(), Vec::new());
        Self { term, start, index, framed, nodes, rows, tree, opening }
    }
}

impl LogStore {
    /// The storage.
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }
    /// Where the log stands.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }
    /// The cell.
    pub fn cell(&self) -> CellId {
        self.chain.cell()
    }
    /// The number of records.
    pub fn len(&self) -> u64 {
        self.chain.next().0
    }
    /// Whether there is no record yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The newest checkpoint of the open term whose records are all here.
    pub fn checkpoint(&self) -> Option<&SignedCheckpoint> {
        self.checkpoint.as_ref()
    }
    /// A checkpoint that covers records which were lost here and must be fetched again. A keeper places
    /// nothing while there is one.
    pub fn missing(&self) -> Option<&SignedCheckpoint> {
        self.missing.as_ref()
    }

    pub(crate) fn lazy(&self) -> MutexGuard<'_, Lazy> {
        self.lazy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn files(&self, span: &Span) -> TermFiles<'_> {
        TermFiles::new(&*self.storage, self.cell(), span.term, span.start)
    }

    /// Writes records that follow the log. They are durable after [`LogStore::sync`].
    ///
    /// # Errors
    /// [`StoreError::Broken`] when one does not follow, [`StoreError::WrongCheckpoint`] when they are not
    /// those that were lost here: nothing is written then. Others stop the log.
    pub fn append(&mut self, records: &[Record]) -> Result<(), StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped);
        }
        if records.len() > MAX_BATCH {
            return Err(StoreError::TooMany(MAX_BATCH));
        }
        let (chain, pieces, found) = self.plan(records)?;
        for piece in pieces {
            let written = self.write_piece(piece);
            self.stopped = written.is_err();
            written?;
        }
        self.chain = chain;
        let term = self.chain.open().map(|open| open.term);
        if let Some(found) = found.then(|| self.missing.take()).flatten()
            && Some(found.origin.term) == term
        {
            self.checkpoint = Some(found);
        }
        Ok(())
    }

    /// The chain after these records, the pieces in which they are written, and whether all that was lost
    /// is among them.
    fn plan(&self, records: &[Record]) -> Result<(Chain, Vec<Piece>, bool), StoreError> {
        let (mut chain, mut lost) = (self.chain.clone(), self.missing.as_ref());
        let mut pieces: Vec<Piece> = Vec::new();
        for record in records {
            let (position, before) = (chain.next(), chain.open().map(|open| open.term));
            chain.extend(record)?;
            let Some(open) = chain.open() else { continue };
            let index = open.tree.size() - 1;
            let opens = before != Some(open.term);
            let reached = lost.filter(|lost| opens || lost.size == index + 1);
            if let Some(checkpoint) = reached {
                if opens || checkpoint.root != open.tree.root() {
                    return Err(StoreError::WrongCheckpoint);
                }
                lost = None;
            }
            if opens || pieces.is_empty() || index.is_multiple_of(TILE_WIDTH) {
                let tree = match pieces.last() {
                    _ if opens => Frontier::default(),
                    Some(piece) => piece.tree.clone(),
                    None => self.chain.open().map(|open| open.tree.clone()).unwrap_or_default(),
                };
                let opening = opens.then(|| open.opening.clone());
                pieces.push(Piece::new(open.term, open.start, index, tree, opening));
            }
            let bytes = record.to_bytes();
            if let Some(piece) = pieces.last_mut() {
                debug_assert_eq!(piece.start.0 + piece.index + piece.rows.len() as u64, position.0);
                lifeboat_log::tile::push_framed(&mut piece.framed, &bytes);
                piece.nodes.push(&mut piece.tree, record.leaf());
                piece.rows.extend(Row::of(&bytes));
            }
        }
        Ok((chain, pieces, lost.is_none()))
    }

    fn write_piece(&mut self, piece: Piece) -> Result<(), StoreError> {
        if let Some(opening) = &piece.opening {
            self.open_term(piece.term, piece.start, opening)?;
        }
        let storage = self.storage.clone();
        let files = TermFiles::new(&*storage, self.cell(), piece.term, piece.start);
        let bundle = piece.index / TILE_WIDTH;
        let name = files.bundle(bundle);
        storage.append(&name, &piece.framed)?;
        let mut touched = vec![name.clone()];
        let root = piece.nodes.get(1, bundle);
        for (level, tile, _, hashes) in piece.nodes.by_tile() {
            let tile = files.tile(level, tile);
            storage.append(&tile, &hashes)?;
            touched.push(tile);
        }
        self.note(&piece.rows, Position(piece.start.0 + piece.index));
        self.lazy().bundle = None;
        if piece.tree.size().is_multiple_of(TILE_WIDTH) {
            let names: Vec<&str> = touched.iter().map(String::as_str).collect();
            storage.sync(&names)?;
            self.unsynced.remove(&name);
            self.close_bundle(piece.term, bundle, root);
        } else {
            self.unsynced.insert(name);
        }
        Ok(())
    }

    /// Ends the term that was open: its last checkpoint is the base of the new one. Opening mends the end of
    /// the newest term alone, so the unfinished bundle of this one and its hashes are made durable first.
    fn open_term(&mut self, term: Term, start: Position, opening: &Opening) -> Result<(), StoreError> {
        if let Some(old) = self.spans.last() {
            let (files, size) = (self.files(old), start.0.saturating_sub(old.start.0));
            let (bundle, tile) = (files.bundle(size / TILE_WIDTH), files.tile(0, size / TILE_WIDTH));
            if !size.is_multiple_of(TILE_WIDTH) {
                self.storage.sync(&[&bundle, &tile])?;
                self.unsynced.remove(&bundle);
            }
        }
        if let (Some(old), Some(base)) = (self.spans.last(), &opening.base) {
            self.storage.replace(&self.files(old).checkpoint(), &base.checkpoint)?;
        }
        self.spans.push(Span { term, start, opening: opening.clone() });
        self.rows.clear();
        self.checkpoint = None;
        Ok(())
    }

    fn note(&mut self, rows: &[Row], from: Position) {
        self.rows.extend_from_slice(rows);
        if let Some(ids) = &mut self.lazy().ids {
            rows.iter().zip(from.0..).for_each(|(row, position)| ids.add(row.id, position));
        }
    }

    /// Writes the summary of a full bundle into the index, which can be made again if this fails.
    fn close_bundle(&mut self, term: Term, bundle: u64, root: Option<TreeHash>) {
        let rows = std::mem::take(&mut self.rows);
        let put = root.map(|root| index::put(&*self.storage, self.cell(), term, bundle, root, &rows));
        if let Some(Err(error)) = put {
            tracing::warn!(%error, "the index could not be written; it is made again when it is read");
        }
    }

    /// Makes all that was appended durable, details too: one sync for any number of records.
    ///
    /// # Errors
    /// Those of the storage: the log is then stopped.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped);
        }
        let pack = self.lazy().details.as_ref().and_then(Details::unsynced);
        let names: Vec<&str> = self.unsynced.iter().chain(&pack).map(String::as_str).collect();
        if names.is_empty() {
            return Ok(());
        }
        let synced = self.storage.sync(&names);
        self.stopped = synced.is_err();
        synced?;
        self.unsynced.clear();
        if let Some(details) = &mut self.lazy().details {
            details.synced();
        }
        Ok(())
    }

    /// Stores a checkpoint of the open term, or the same one with more cosignatures: they are joined. What it covers is
    /// made durable first.
    ///
    /// # Errors
    /// [`StoreError::OldCheckpoint`], [`StoreError::WrongCheckpoint`], and those of the storage.
    pub fn set_checkpoint(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), StoreError> {
        self.sync()?;
        let open = self.chain.open().ok_or(StoreError::WrongCheckpoint)?;
        let bytes = checkpoint.to_bytes();
        let verified = open.verify(self.cell(), &bytes).map_err(|_| StoreError::WrongCheckpoint)?;
        let floor = self.missing.as_ref().or(self.checkpoint.as_ref()).map_or(0, |c| c.size);
        if verified.size < floor {
            return Err(StoreError::OldCheckpoint);
        }
        if verified.size > open.tree.size() || self.root(open.term, verified.size)? != verified.root {
            return Err(StoreError::WrongCheckpoint);
        }
        let Some(span) = self.spans.last() else { return Err(StoreError::WrongCheckpoint) };
        // What was known of cosignatures is never lost, and lines by keys that nothing names never kept.
        let held = self.checkpoint.as_ref().filter(|held| held.checkpoint() == verified.checkpoint());
        let verified = verified.joined(held.unwrap_or(&verified));
        let bytes = verified.to_bytes();
        let written = self.storage.refresh(&self.files(span).checkpoint(), &bytes);
        self.stopped = written.is_err();
        written?;
        let copied = copy_checkpoint(&*self.storage, self.cell(), span.term, &bytes);
        if let Err(error) = copied {
            tracing::warn!(%error, "the copy of the checkpoint could not be written");
        }
        self.checkpoint = Some(verified);
        Ok(())
    }

    /// What was found wrong and mended since the last time.
    pub fn take_notices(&self) -> Vec<Notice> {
        let mut notices = std::mem::take(&mut self.lazy().notices);
        notices.extend(self.storage.take_notices());
        notices
    }
}

/// The key under which the database holds a copy of a term's checkpoint.
pub(crate) fn checkpoint_key(cell: CellId, term: Term, piece: u8) -> Vec<u8> {
    [&cell.0[..], &term.0.to_be_bytes(), &[piece]].concat()
}

/// Most pieces of a copied checkpoint; a longer one (64 KiB at most) has no copy.
pub(crate) const CHECKPOINT_PIECES: u8 = 4;

pub(crate) fn copy_checkpoint(
    storage: &dyn Storage,
    cell: CellId,
    term: Term,
    bytes: &[u8],
) -> Result<(), StorageError> {
    let mut pieces = bytes.chunks(crate::limits::MAX_VALUE);
    let change = |piece| {
        let key = checkpoint_key(cell, term, piece);
        Change { table: Table::Checkpoint, key, value: pieces.next().map(<[u8]>::to_vec) }
    };
    let changes: Vec<Change> = (0..CHECKPOINT_PIECES).map(change).collect();
    storage.write(&changes)
}
