//! One cell's log on a storage: reading. Every record is compared with its hash in the tiles before it
//! is given away, every proof with the checkpoint's root: a damaged file gives an error, never a wrong
//! answer.

use crate::details::Details;
use crate::index::{self, Ids, Row};
use crate::limits::MAX_BATCH;
use crate::log_store::{Lazy, LogStore, Span, StoreError};
use crate::notice::Notice;
use crate::{pending, snapshot};
use lifeboat_log::limits::{TILE_WIDTH};
use lifeboat_log::link::LINK_LEN;
use lifeboat_log::tile::split_bundle;
use lifeboat_log::tree::{consistency_proof, inclusion_proof, leaf_hash, verify_inclusion};
use lifeboat_log::{
    Detail, DetailHash, DetailRef, Entry, EntryId, KeyCache, Kind, LinkHash, Position, Proof, PublicKey, Record,
    SignedCheckpoint, SignedEntry, Signature, Term, TreeHash, codec, record,
};
use rayon::prelude::*;
use std::sync::Arc;

/// Records verified by one core at a stretch.
const STRETCH: usize = 64;
/// Rows of the index looked at before the next bundle is not begun, in one call.
type Hits = Vec<Position>;

impl LogStore {
    fn span_at(&self, at: Position) -> Option<&Span> {
        let after = self.spans.partition_point(|span| span.start <= at);
        if at >= self.chain.next() { None } else { self.spans.get(after.checked_sub(1)?) }
    }

    fn span_of(&self, term: Term) -> Option<&Span> {
        self.spans.iter().find(|span| span.term == term)
    }

    /// The number of records of a term.
    fn size_of(&self, span: &Span) -> u64 {
        let next = self.spans.iter().map(|other| other.start).find(|start| *start > span.start);
        next.unwrap_or(self.chain.next()).0 - span.start.0
    }

    /// The bytes of a bundle; the last one read stays in memory.
    fn bundle(&self, span: &Span, bundle: u64) -> Result<Arc<Vec<u8>>, StoreError> {
        if let Some((term, number, bytes)) = &self.lazy().bundle {
            if (*term, *number) == (span.term, bundle) {
                return Ok(bytes.clone());
            }
        }
        let bytes = Arc::new(self.files(span).read_bundle(bundle)?);
        self.lazy().bundle = Some((span.term, bundle, bytes.clone()));
        Ok(bytes)
    }

    /// Calls `f` with the position and bytes of records from `from` on, each compared with its hash,
    /// until it says no more.
    fn each_raw(
        &self,
        from: Position,
        mut f: impl FnMut(Position, &[u8]) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut at = from;
        while let Some(span) = self.span_at(at) {
            let index = at.0 - span.start.0;
            let (bundle, place) = (index / TILE_WIDTH, index % TILE_WIDTH);
            let whole = (self.size_of(span) - bundle * TILE_WIDTH).min(TILE_WIDTH);
            let (bytes, files) = (self.bundle(span, bundle)?, self.files(span));
            let (records, _) = split_bundle(&bytes);
            let tile = files.read_tile(0, bundle)?;
            let (leaves, _) = tile.as_chunks::<32>();
            for place in place..whole {
                let damaged =
                    |what| files.damaged(bundle * TILE_WIDTH + place, files.bundle(bundle), what);
                let found = records.get(place as usize).zip(leaves.get(place as usize));
                let (record, leaf) = found.ok_or_else(|| damaged("records or their hashes are missing"))?;
                if leaf_hash(record) != TreeHash(*leaf) {
                    return Err(damaged("the record does not match its hash"));
                }
                if !f(at, record)? {
                    return Ok(());
                }
                at = at.next();
            }
        }
        Ok(())
    }

    /// A record; nothing past the end of the log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn record(&self, at: Position) -> Result<Option<Record>, StoreError> {
        Ok(self.records(at, 1)?.pop())
    }

    /// At most `max` records from a position on, their signatures checked on all cores.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn records(&self, from: Position, max: usize) -> Result<Vec<Record>, StoreError> {
        let raw = self.raw_records(from, max.min(MAX_BATCH), usize::MAX)?;
        let verify = |(i, bytes): (usize, &Vec<u8>), keys: &mut KeyCache| {
            let position = Position(from.0 + i as u64);
            let record = Record::verify(bytes, keys).ok().filter(|record| record.link().position == position);
            record.ok_or_else(|| StoreError::Damaged {
                position,
                file: "tile/entries".to_owned(),
                what: "the record does not hold".to_owned(),
            })
        };
        if let [one] = raw.as_slice() {
            return Ok(vec![verify((0, one), &mut KeyCache::default())?]);
        }
        let stretches = raw.par_chunks(STRETCH).enumerate().flat_map_iter(|(stretch, raw)| {
            let mut keys = KeyCache::default();
            raw.iter().enumerate().map(move |(i, bytes)| verify((stretch * STRETCH + i, bytes), &mut keys))
        });
        stretches.collect()
    }

    /// The bytes of records from a position on: at most so many records, and so many bytes unless the
    /// first alone has more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn raw_records(
        &self,
        from: Position,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let (mut all, mut bytes) = (Vec::new(), 0usize);
        if max_records == 0 {
            return Ok(all);
        }
        self.each_raw(from, |_, record| {
            bytes = bytes.saturating_add(record.len());
            if bytes > max_bytes && !all.is_empty() {
                return Ok(false);
            }
            all.push(record.to_vec());
            Ok(all.len() < max_records)
        })?;
        Ok(all)
    }

    /// What the index says of a bundle; made again from the records when it is missing or wrong.
    fn rows(&self, span: &Span, bundle: u64, made: &mut u64) -> Result<Vec<Row>, StoreError> {
        let open = self.spans.last().is_some_and(|last| last.term == span.term);
        let size = self.size_of(span);
        let full = (bundle + 1) * TILE_WIDTH <= size;
        if open && !full {
            return Ok(self.rows.clone());
        }
        let root = if full { Some(self.files(span).node(8, bundle)?) } else { None };
        let found = root.and_then(|root| index::get(&*self.storage, self.cell(), span.term, bundle, root));
        if let Some(rows) = found {
            return Ok(rows);
        }
        let mut rows = Vec::new();
        let count = (size - bundle * TILE_WIDTH).min(TILE_WIDTH);
        self.each_raw(Position(span.start.0 + bundle * TILE_WIDTH), |_, bytes| {
            rows.extend(Row::of(bytes));
            Ok((rows.len() as u64) < count)
        })?;
        if let Some(root) = root {
            *made += 1;
            index::put(&*self.storage, self.cell(), span.term, bundle, root, &rows)?;
        }
        Ok(rows)
    }

    /// Calls `f` with the rows of the index from a position on, until it says no more.
    fn each_row(
        &self,
        from: Position,
        mut f: impl FnMut(Position, &Row) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let (mut at, mut made) = (from, 0);
        'all: while let Some(span) = self.span_at(at) {
            let index = at.0 - span.start.0;
            let rows = self.rows(span, index / TILE_WIDTH, &mut made)?;
            let rest = rows.get((index % TILE_WIDTH) as usize..).unwrap_or_default();
            if rest.is_empty() {
                return Err(self.files(span).damaged(index, "the index".to_owned(), "it ends too early"));
            }
            for row in rest {
                if !f(at, row)? {
                    break 'all;
                }
                at = at.next();
            }
        }
        if made > 0 {
            self.lazy().notices.push(Notice::IndexRebuilt { bundles: made });
        }
        Ok(())
    }

    /// Where an entry stands; nothing when it is not in the log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn find(&self, id: &EntryId) -> Result<Option<Position>, StoreError> {
        let first = index::first_bytes(&id.0);
        let known = self.lazy().ids.as_ref().map(|ids| ids.find(first));
        let candidates = match known {
            Some(candidates) => candidates,
            None => {
                let mut all = Vec::with_capacity(usize::try_from(self.len()).unwrap_or(0));
                self.each_row(Position(0), |at, row| {
                    all.push((row.id, at.0));
                    Ok(true)
                })?;
                let ids = Ids::new(all);
                let found = ids.find(first);
                self.lazy().ids = Some(ids);
                found
            }
        };
        for at in candidates {
            let raw = self.raw_records(Position(at), 1, usize::MAX)?;
            if raw.first().and_then(|bytes| index::id_of(bytes)) == Some(*id) {
                return Ok(Some(Position(at)));
            }
        }
        Ok(None)
    }

    /// At most `max` positions, from `from` on, of entries of this kind.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_kind(&self, kind: Kind, from: Position, max: usize) -> Result<Hits, StoreError> {
        self.matching(from, max, |row| row.kind == kind, |bytes| index::kind_of(bytes) == Some(kind))
    }

    /// At most `max` positions, from `from` on, of entries that this key signed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_author(&self, author: &PublicKey, from: Position, max: usize) -> Result<Hits, StoreError> {
        let first = index::first_bytes(&author.0);
        let is_theirs = |bytes: &[u8]| index::author_of(bytes) == Some(*author);
        self.matching(from, max, |row| row.author == first, is_theirs)
    }

    fn matching(
        &self,
        from: Position,
        max: usize,
        row_fits: impl Fn(&Row) -> bool,
        record_fits: impl Fn(&[u8]) -> bool,
    ) -> Result<Hits, StoreError> {
        let mut hits = Vec::new();
        if max == 0 {
            return Ok(hits);
        }
        self.each_row(from, |at, row| {
            if row_fits(row) {
                let raw = self.raw_records(at, 1, usize::MAX)?;
                hits.extend(raw.first().filter(|bytes| record_fits(bytes)).map(|_| at));
            }
            Ok(hits.len() < max)
        })?;
        Ok(hits)
    }

    /// Makes the whole index again from the records.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rebuild_index(&self) -> Result<(), StoreError> {
        self.lazy().ids = None;
        self.each_row(Position(0), |_, _| Ok(true))
    }

    /// The checkpoint that stands over a term.
    fn checkpoint_of(&self, span: &Span) -> Result<SignedCheckpoint, StoreError> {
        if self.spans.last().is_some_and(|last| last.term == span.term) {
            return self.checkpoint.clone().ok_or(StoreError::NotHere);
        }
        let after = self.spans.iter().find(|other| other.start > span.start);
        let base = after.and_then(|next| next.opening.base.as_ref()).ok_or(StoreError::NotHere)?;
        let origin = lifeboat_log::Origin { cell: self.cell(), term: span.term };
        let signers = lifeboat_log::Signers {
            term_key: span.opening.term_key,
            witnesses: span.opening.witnesses.to_vec(),
        };
        SignedCheckpoint::verify(&base.checkpoint, &origin, &signers).map_err(|_| StoreError::WrongCheckpoint)
    }

    /// The terms of the log, oldest first: where each begins, and the newest checkpoint over it. An open
    /// term without a checkpoint is left out.
    pub fn terms(&self) -> Vec<(Position, SignedCheckpoint)> {
        let checkpoint = |span: &Span| self.checkpoint_of(span).ok().map(|signed| (span.start, signed));
        self.spans.iter().filter_map(checkpoint).collect()
    }

    /// The proof that a record stands in the log, under the stored checkpoint of its term.
    ///
    /// # Errors
    /// [`StoreError::NotHere`] when there is no such record or no checkpoint over it yet.
    pub fn proof(&self, at: Position) -> Result<Proof, StoreError> {
        let span = self.span_at(at).ok_or(StoreError::NotHere)?;
        let checkpoint = self.checkpoint_of(span)?;
        let index = at.0 - span.start.0;
        if index >= checkpoint.size {
            return Err(StoreError::NotHere);
        }
        let record = self.raw_records(at, 1, usize::MAX)?.pop().ok_or(StoreError::NotHere)?;
        let files = self.files(span);
        let hashes = inclusion_proof(index, checkpoint.size, |level, index| files.node(level, index))?;
        let leaf = leaf_hash(&record);
        if !verify_inclusion(index, checkpoint.size, &leaf, &hashes, &checkpoint.root) {
            return Err(files.damaged(index, files.folder().to_owned(), "its hash tiles do not lead to the root"));
        }
        Ok(Proof { record, index, hashes, checkpoint: checkpoint.to_bytes() })
    }

    /// The hashes that show a term's first `old` records to be the beginning of its first `new` ones.
    ///
    /// # Errors
    /// [`StoreError::NotHere`] when the term has fewer records.
    pub fn consistency(&self, term: Term, old: u64, new: u64) -> Result<Vec<TreeHash>, StoreError> {
        let span = self.span_of(term).ok_or(StoreError::NotHere)?;
        if old > new || new > self.size_of(span) {
            return Err(StoreError::NotHere);
        }
        let files = self.files(span);
        consistency_proof(old, new, |level, index| files.node(level, index))
    }

    /// The root over the first `size` records of a term.
    ///
    /// # Errors
    /// [`StoreError::NotHere`] when the term has fewer records.
    pub fn root(&self, term: Term, size: u64) -> Result<TreeHash, StoreError> {
        let span = self.span_of(term).ok_or(StoreError::NotHere)?;
        match self.chain.open() {
            Some(open) if open.term == term && open.tree.size() == size => Ok(open.tree.root()),
            _ if size > self.size_of(span) => Err(StoreError::NotHere),
            _ => Ok(self.files(span).frontier(size)?.root()),
        }
    }

    fn with_details<T>(
        &self,
        f: impl FnOnce(&mut Details) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut lazy = self.lazy();
        let Lazy { details, notices, .. } = &mut *lazy;
        if details.is_none() {
            let (opened, notice) = Details::open(&*self.storage, self.cell())?;
            *details = Some(opened);
            notices.extend(notice);
        }
        details.as_mut().map_or(Err(StoreError::NotHere), f)
    }

    /// Keeps details. They are durable after [`LogStore::sync`].
    ///
    /// # Errors
    /// Those of the storage.
    pub fn put_details(&self, details: &[Detail]) -> Result<(), StoreError> {
        if details.is_empty() {
            return Ok(());
        }
        self.with_details(|held| details.iter().try_for_each(|detail| held.put(&*self.storage, detail)))
    }

    /// Keeps one detail. It is durable after [`LogStore::sync`].
    ///
    /// # Errors
    /// Those of the storage.
    pub fn put_detail(&self, detail: &Detail) -> Result<(), StoreError> {
        self.put_details(std::slice::from_ref(detail))
    }

    /// A detail; nothing when it is not here.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn detail(&self, hash: &DetailHash) -> Result<Option<Detail>, StoreError> {
        self.with_details(|held| held.get(&*self.storage, hash))
    }

    /// Whether a detail is here.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn has_detail(&self, hash: &DetailHash) -> Result<bool, StoreError> {
        Ok(self.detail(hash)?.is_some())
    }

    /// Overwrites a detail, durably. Returns whether it was here.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn erase_detail(&self, hash: &DetailHash) -> Result<bool, StoreError> {
        self.with_details(|held| held.erase(&*self.storage, hash))
    }

    /// Details that records from `from` on name and that are not here, at most `max`, and the position to
    /// look on from.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn missing_details(
        &self,
        from: Position,
        max: usize,
    ) -> Result<(Vec<(Position, DetailRef)>, Position), StoreError> {
        let (mut missing, mut next) = (Vec::new(), from);
        self.each_raw(from, |at, bytes| {
            for reference in details_of(bytes) {
                if !self.has_detail(&reference.hash)? {
                    missing.push((at, reference));
                }
            }
            next = at.next();
            Ok(missing.len() < max)
        })?;
        Ok((missing, next))
    }

    /// The hash of the link before a position.
    fn link_before(&self, at: Position) -> Result<Option<LinkHash>, StoreError> {
        let Some(last) = at.0.checked_sub(1) else { return Ok(Some(LinkHash::ZERO)) };
        if at == self.chain.next() {
            return Ok(Some(self.chain.head()));
        }
        let raw = self.raw_records(Position(last), 1, usize::MAX)?;
        Ok(raw.first().and_then(|bytes| record::split(bytes).ok()).map(|(link, _)| link.hash()))
    }

    /// Keeps a snapshot of the state after the first `at` records.
    ///
    /// # Errors
    /// [`StoreError::NotHere`] when the log is shorter, and those of the storage.
    pub fn put_state(&self, at: Position, rules: u16, bytes: &[u8]) -> Result<(), StoreError> {
        let link = self.link_before(at)?.ok_or(StoreError::NotHere)?;
        snapshot::put(&*self.storage, self.cell(), at, link, rules, bytes)
    }

    /// The newest whole snapshot of a state of this log: the number of records it follows, the rules
    /// version, and its bytes.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn latest_state(&self) -> Result<Option<(Position, u16, Vec<u8>)>, StoreError> {
        let all = snapshot::positions(&*self.storage, self.cell())?;
        for at in all.into_iter().rev().filter(|at| *at <= self.chain.next()) {
            let Some(link) = self.link_before(at)? else { continue };
            if let Some((rules, bytes)) = snapshot::get(&*self.storage, self.cell(), at, link)? {
                return Ok(Some((at, rules, bytes)));
            }
        }
        Ok(None)
    }

    /// Keeps an entry that waits to be placed.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn put_pending(&self, entry: &SignedEntry) -> Result<(), StoreError> {
        pending::put(&*self.storage, self.cell(), entry)
    }

    /// The entries that wait to be placed.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn pending(&self) -> Result<Vec<SignedEntry>, StoreError> {
        pending::all(&*self.storage, self.cell())
    }

    /// Drops entries that wait no more.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn remove_pending(&self, ids: &[EntryId]) -> Result<(), StoreError> {
        pending::remove(&*self.storage, self.cell(), ids)
    }
}

/// The details that a record names, out of its bytes, which were compared with their hash before.
pub(crate) fn details_of(record: &[u8]) -> Vec<DetailRef> {
    let entry = record.get(LINK_LEN + 1..).unwrap_or_default();
    let entry = codec::decode::<(Entry, Signature)>(entry);
    entry.map(|(entry, _)| entry.details.to_vec()).unwrap_or_default()
}
