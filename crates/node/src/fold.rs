//! The fold of one cell over its log on disk: the newest snapshot and what came after it. A snapshot is
//! only a short cut; where it does not fit the log it is left out, and the log is folded anew.

use crate::limits::{FOLD_BATCH, SNAPSHOT_EVERY};
use lifeboat_commons::{Effect, History, State};
use lifeboat_log::{EntryId, LinkHash, Position, Record, SignedCheckpoint, Term, TreeHash};
use lifeboat_protocol::takeover::{HeldLog, TermStand};
use lifeboat_store::{LogStore, StoreError, TermHeld};

/// The state of a cell, in step with its log.
pub struct Fold {
    state: State,
    /// The number of records under the newest snapshot.
    snapshot: Position,
}

/// The log as the history that the fold may look things up in.
pub struct LogHistory<'a>(pub &'a LogStore);

impl History for LogHistory<'_> {
    fn find(&self, id: &EntryId) -> Option<Record> {
        let at = self.0.find(id).ok()??;
        self.0.record(at).ok()?
    }
    fn root(&self, term: Term, size: u64) -> Option<TreeHash> {
        self.0.root(term, size).ok()
    }
}

impl HeldLog for LogHistory<'_> {
    fn term(&self, term: Term) -> Option<TermStand> {
        let TermHeld { opening, start, size } = self.0.term(term)?;
        Some(TermStand { signers: opening.signers(), quorum: opening.quorum, start, size })
    }
    fn head(&self, end: Position) -> Option<LinkHash> {
        self.0.head_at(end)
    }
    fn state_at(&self, end: Position) -> Option<State> {
        let mut state = State::new(self.0.cell());
        while state.next() < end {
            let count = usize::try_from(end.0 - state.next().0).ok()?.min(FOLD_BATCH);
            let records = self.0.records(state.next(), count).ok()?;
            if records.is_empty() {
                return None;
            }
            for record in &records {
                state.apply(record, self);
            }
        }
        Some(state)
    }
    fn checkpoint(&self, term: Term) -> Option<SignedCheckpoint> {
        self.0.checkpoint_over(term)
    }
    fn before(&self, term: Term) -> Option<SignedCheckpoint> {
        self.0.checkpoint_before(term)
    }
}

impl Fold {
    /// The state after all records of the log.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read.
    pub fn open(store: &LogStore, progress: impl FnMut(u64, u64)) -> Result<Self, StoreError> {
        Self::go_on(store, snapshot(store).unwrap_or_else(|| State::new(store.cell())), progress)
    }

    /// The state after all records of the log, folded from the first one.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read.
    pub fn anew(store: &LogStore, progress: impl FnMut(u64, u64)) -> Result<Self, StoreError> {
        Self::go_on(store, State::new(store.cell()), progress)
    }

    fn go_on(store: &LogStore, state: State, mut progress: impl FnMut(u64, u64)) -> Result<Self, StoreError> {
        let snapshot = state.next();
        let mut fold = Self { state, snapshot };
        let total = store.len();
        while fold.state.next().0 < total {
            let records = store.records(fold.state.next(), FOLD_BATCH)?;
            if records.is_empty() {
                break;
            }
            fold.apply(store, &records);
            progress(fold.state.next().0, total);
        }
        Ok(fold)
    }

    /// The state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Folds records that were added to the log, in order, and says what each did.
    pub fn apply(&mut self, store: &LogStore, records: &[Record]) -> Vec<Effect> {
        let history = LogHistory(store);
        records.iter().map(|record| self.state.apply(record, &history)).collect()
    }

    /// Whether so much was folded since the last snapshot that another one is worth it: the cost of
    /// snapshots stays a fixed part of that of folding, however long the log grows.
    pub fn wants_snapshot(&self) -> bool {
        let since = self.state.next().0 - self.snapshot.0;
        since > SNAPSHOT_EVERY.max(self.state.next().0 / 32)
    }

    /// Keeps a snapshot of the state, unless the newest one is of the same place.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep(&mut self, store: &LogStore) -> Result<(), StoreError> {
        if self.snapshot != self.state.next() {
            store.put_state(self.state.next(), self.state.rules(), &self.state.encode())?;
            self.snapshot = self.state.next();
        }
        Ok(())
    }
}

/// The newest snapshot, when it fits the log.
fn snapshot(store: &LogStore) -> Option<State> {
    let (at, _, bytes) = store.latest_state().ok()??;
    let state = State::decode(&bytes).ok()?;
    let last = Position(at.0.checked_sub(1)?);
    let head = match at == store.chain().next() {
        true => store.chain().head(),
        false => store.record(last).ok()??.hash(),
    };
    let fits = state.cell() == store.cell() && state.next() == at && state.head() == head;
    if !fits {
        tracing::warn!("the snapshot of the state does not fit the log and was left out");
    }
    fits.then_some(state)
}
