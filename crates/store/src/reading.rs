//! One cell's log on a storage: reading. Every record is compared with its hash in the tiles before it
//! is given away, every proof with the checkpoint's root: a damaged file gives an error, never a wrong
//! answer.

use crate::limits::MAX_BATCH;
use crate::log_store::{LogStore, Span, StoreError};
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::limits::TILE_WIDTH;
use lifeboat_log::tile::split_bundle;
use lifeboat_log::tree::{consistency_proof, inclusion_proof, leaf_hash, verify_inclusion};
use lifeboat_log::{
    KeyCache, KnownTerm, Opened, Position, Proof, Record, SignedCheckpoint, Term, TermProof, TreeHash,
};
use rayon::prelude::*;
use std::sync::Arc;

/// Records verified by one core at a stretch.
const STRETCH: usize = 64;

impl LogStore {
    pub(crate) fn span_at(&self, at: Position) -> Option<&Span> {
        let after = self.spans.partition_point(|span| span.start <= at);
        if at >= self.chain.next() { None } else { self.spans.get(after.checked_sub(1)?) }
    }

    fn span_of(&self, term: Term) -> Option<&Span> {
        self.spans.iter().find(|span| span.term == term)
    }

    /// The number of records of a term.
    pub(crate) fn size_of(&self, span: &Span) -> u64 {
        let next = self.spans.iter().map(|other| other.start).find(|start| *start > span.start);
        next.unwrap_or(self.chain.next()).0 - span.start.0
    }

    /// The bytes of a bundle; the last one read stays in memory.
    fn bundle(&self, span: &Span, bundle: u64) -> Result<Arc<Vec<u8>>, StoreError> {
        if let Some((term, number, bytes)) = &self.lazy().bundle
            && (*term, *number) == (span.term, bundle)
        {
            return Ok(bytes.clone());
        }
        let bytes = Arc::new(self.files(span).read_bundle(bundle)?);
        self.lazy().bundle = Some((span.term, bundle, bytes.clone()));
        Ok(bytes)
    }

    /// Calls `f` with the position and bytes of records from `from` on, each compared with its hash,
    /// until it says no more.
    pub(crate) fn each_raw(
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
                let damaged = |what| files.damaged(bundle * TILE_WIDTH + place, files.bundle(bundle), what);
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

    /// The checkpoint that stands over a term.
    pub(crate) fn checkpoint_of(&self, span: &Span) -> Result<SignedCheckpoint, StoreError> {
        if self.spans.last().is_some_and(|last| last.term == span.term) {
            return self.checkpoint.clone().ok_or(StoreError::NotHere);
        }
        let after = self.spans.iter().find(|other| other.start > span.start);
        let base = after.and_then(|next| next.opening.base.as_ref()).ok_or(StoreError::NotHere)?;
        let origin = lifeboat_log::Origin { cell: self.cell(), term: span.term };
        SignedCheckpoint::verify(&base.checkpoint, &origin, &span.opening.signers())
            .map_err(|_| StoreError::WrongCheckpoint)
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
            return Err(files.damaged(
                index,
                files.folder().to_owned(),
                "its hash tiles do not lead to the root",
            ));
        }
        Ok(Proof { record, index, hashes, checkpoint: checkpoint.to_bytes() })
    }

    /// The openings of all terms, each with the way from it to the checkpoint that stands over its term:
    /// what leads somebody without a log from one term's key to another's.
    ///
    /// # Errors
    /// [`StoreError::NotHere`] for a log without records, or with more terms than such a proof may have.
    pub fn term_proof(&self) -> Result<TermProof, StoreError> {
        self.term_proof_to(Term(u32::MAX))
    }

    /// As [`LogStore::term_proof`], up to this term.
    ///
    /// # Errors
    /// As there.
    pub fn term_proof_to(&self, last: Term) -> Result<TermProof, StoreError> {
        let (mut openings, mut checkpoint) = (Vec::new(), Bytes::default());
        for span in self.spans.iter().filter(|span| span.term <= last) {
            let record = self.raw_records(span.start, 1, usize::MAX)?.pop().and_then(Bytes::new);
            let record = record.ok_or(StoreError::NotHere)?;
            let mut hashes = Vec::new();
            match self.checkpoint_of(span) {
                Ok(signed) => {
                    let files = self.files(span);
                    hashes = inclusion_proof(0, signed.size, |level, index| files.node(level, index))?;
                    checkpoint = Bytes::new(signed.to_bytes()).unwrap_or_default();
                }
                Err(StoreError::NotHere) => checkpoint = Bytes::default(),
                Err(error) => return Err(error),
            }
            let hashes = List::new(hashes).ok_or(StoreError::NotHere)?;
            openings.push(Opened { record, hashes });
        }
        if openings.is_empty() {
            return Err(StoreError::NotHere);
        }
        let openings = List::new(openings).ok_or(StoreError::NotHere)?;
        Ok(TermProof { cell: self.cell(), openings, checkpoint })
    }

    /// What the log here says of a term.
    pub fn known_term(&self, term: Term) -> Option<KnownTerm> {
        self.span_of(term).map(|span| KnownTerm::of(self.cell(), &span.opening))
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

    /// How many records of a term are here, and who signs for it; nothing of a term that is not here.
    pub fn term_of(&self, term: Term) -> Option<(u64, lifeboat_log::Signers)> {
        let span = self.span_of(term)?;
        Some((self.size_of(span), span.opening.signers()))
    }

    /// The right edge of the tree over the first `size` records of a term.
    ///
    /// # Errors
    /// [`StoreError::NotHere`] when the term has fewer records.
    pub fn frontier(&self, term: Term, size: u64) -> Result<lifeboat_log::tree::Frontier, StoreError> {
        let span = self.span_of(term).ok_or(StoreError::NotHere)?;
        match self.chain.open() {
            Some(open) if open.term == term && open.tree.size() == size => Ok(open.tree.clone()),
            _ if size > self.size_of(span) => Err(StoreError::NotHere),
            _ => self.files(span).frontier(size),
        }
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
}
