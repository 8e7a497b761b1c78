//! One cell's log on a storage: looking up by the index. What the index says is checked against the
//! record before it is given away; a summary that is missing or wrong is made again from the records.

use crate::index::{self, Ids, Row};
use crate::log_store::{LogStore, Span, StoreError};
use crate::notice::Notice;
use lifeboat_log::limits::TILE_WIDTH;
use lifeboat_log::{EntryId, Kind, Position, PublicKey};

impl LogStore {
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
    pub fn by_kind(&self, kind: Kind, from: Position, max: usize) -> Result<Vec<Position>, StoreError> {
        self.matching(from, max, |row| row.kind == kind, |bytes| index::kind_of(bytes) == Some(kind))
    }

    /// At most `max` positions, from `from` on, of entries that this key signed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_author(
        &self,
        author: &PublicKey,
        from: Position,
        max: usize,
    ) -> Result<Vec<Position>, StoreError> {
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
    ) -> Result<Vec<Position>, StoreError> {
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
}
