//! The shelf: one cell's log on disk, its state, and the promises of this home, always in step. Whoever
//! reads sees only what is durable and under a signed checkpoint, or was verified against one.

use super::texts::Texts;
use crate::fold::{Fold, LogHistory};
use crate::keys::Keys;
use crate::limits::{FOLD_BATCH, MAX_GIVEN_BACK};
use lifeboat_commons::{Reason, State};
use lifeboat_log::{
    CellId, DetailHash, DetailRef, EntryId, Opening, Position, Proven, PublicKey, Record, SignedCheckpoint,
    Term,
};
use lifeboat_protocol::range::Stretch;
use lifeboat_protocol::takeover::comes_back;
use lifeboat_protocol::{follower, keeper};
use lifeboat_store::{
    BadEvidence, Evidence, Kept, LogStore, Outbox, Promises, Sent, Storage, StoreError, Waiting, handovers,
};
use std::sync::Arc;

/// One cell's log and what follows from it.
pub struct Shelf {
    /// The log.
    pub store: LogStore,
    fold: Fold,
    evidence: Evidence,
    /// Records that are durable and not yet under a promised checkpoint.
    unsigned: Vec<Record>,
    /// The home's own node.
    pub(super) node: PublicKey,
    pub(super) texts: Texts,
}

/// What was stored, and what it lacks.
#[derive(Default)]
pub struct Stored {
    /// The entries and where they stand.
    pub entries: Vec<(EntryId, Position)>,
    /// Details that they name and that are not here.
    pub missing: Vec<DetailRef>,
    /// Details that were erased, which nobody need look for.
    pub gone: Vec<DetailHash>,
    /// Whether this home is one of the cell's own after them.
    pub own: bool,
    /// The term that their first one opens, and where.
    pub opened: Option<(Term, Position)>,
    /// Why nothing was stored: the first one opens a term without a right to.
    pub unjust: Option<Reason>,
}

impl Shelf {
    /// Opens a cell's log and folds what is not folded yet. The words are for the person.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(
        storage: Arc<dyn Storage>,
        cell: CellId,
        node: PublicKey,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(Self, Vec<String>), StoreError> {
        let (store, notices) = LogStore::open(storage, cell)?;
        let words = notices.iter().map(ToString::to_string).collect();
        Ok((Self::of(store, node, progress)?, words))
    }

    /// Opens a cell's log after a failure, or to cut off what its checkpoint does not cover.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_again(
        storage: Arc<dyn Storage>,
        cell: CellId,
        node: PublicKey,
        cut: bool,
    ) -> Result<(Self, Vec<String>), StoreError> {
        let (mut store, mut notices) = LogStore::open(storage, cell)?;
        if cut {
            let (shorter, more) = store.cut_uncovered()?;
            store = shorter;
            notices.extend(more);
        }
        let words = notices.iter().map(ToString::to_string).collect();
        Ok((Self::of(store, node, &mut |_, _| {})?, words))
    }

    /// The shelf of a log that is open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of(
        store: LogStore,
        node: PublicKey,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, StoreError> {
        let fold = Fold::open(&store, progress)?;
        let evidence = Evidence::open(&store)?;
        Ok(Self::with(store, fold, evidence, node))
    }

    fn with(store: LogStore, fold: Fold, evidence: Evidence, node: PublicKey) -> Self {
        let mut shelf = Self { store, fold, evidence, unsigned: Vec::new(), node, texts: Texts::default() };
        shelf.sweep();
        shelf
    }

    /// The shelf of a log whose every record is folded anew, whatever snapshots say; and whether the
    /// newest snapshot was wrong.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn anew(
        store: LogStore,
        node: PublicKey,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(Self, bool), StoreError> {
        let fold = Fold::anew(&store, progress)?;
        let kept = Fold::open(&store, |_, _| {})?;
        let wrong = kept.state().hash() != fold.state().hash();
        let evidence = Evidence::open(&store)?;
        Ok((Self::with(store, fold, evidence, node), wrong))
    }

    /// The state.
    pub fn state(&self) -> &State {
        self.fold.state()
    }

    /// The misconduct files of this cell.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Keeps a misconduct file when it proves something new.
    ///
    /// # Errors
    /// [`BadEvidence`].
    pub fn take_evidence(&mut self, file: &[u8]) -> Result<Option<Proven>, BadEvidence> {
        self.evidence.take(&self.store, file)
    }

    /// Whether the open term's key is proven to have signed what cannot be true.
    pub fn is_stopped(&self) -> bool {
        self.store.chain().open().is_some_and(|open| self.evidence.before(open.term).is_some())
    }

    /// The terms of which a follower stops, and before which record of each.
    pub fn stops(&self) -> Vec<(Term, u64)> {
        let of = |kept: &&Kept| (kept.proven.origin.term, kept.proven.fault.before());
        self.evidence.all().iter().map(of).collect()
    }

    /// The number of records that may be shown.
    pub fn shown(&self) -> u64 {
        self.state().next().0
    }

    /// What a keeper begins with.
    ///
    /// # Errors
    /// When what this home has handed over cannot be read.
    pub fn held_by_keeper(&self, promises: &Promises) -> Result<keeper::Held, String> {
        let chain = self.store.chain().clone();
        let open = chain.open().map(|open| (open.term, open.tree.size()));
        let promised = promises.last().map(|last| {
            let shorter = open.is_some_and(|(term, size)| term == last.term && last.size <= size);
            let proof = open
                .filter(|_| shorter)
                .and_then(|(term, size)| self.store.consistency(term, last.size, size).ok());
            let (term, size, root) = (last.term, last.size, last.root);
            keeper::Promised { term, size, root, consistency: proof.unwrap_or_default() }
        });
        let (state, checkpoint) = (self.state().clone(), self.store.checkpoint().cloned());
        let handover =
            handovers::read(&**self.store.storage(), self.store.cell()).map_err(|e| e.to_string())?;
        Ok(keeper::Held { chain, state, promised, checkpoint, handover })
    }

    /// What a follower begins with.
    pub fn held_by_follower(&self) -> follower::Held {
        let checkpoint = self.store.missing().or_else(|| self.store.checkpoint()).cloned();
        follower::Held { chain: self.store.chain().clone(), checkpoint }
    }

    /// Whether this home's keys keep the open term.
    pub fn is_kept_by(&self, node: &PublicKey, keys: &Keys) -> bool {
        let opening = self.store.chain().open().map(|open| &open.opening);
        opening.is_some_and(|opening| opening.node == *node && keys.has_term(&opening.term_key))
    }

    /// Makes records durable that a keeper places. They are shown once [`Shelf::settle`] has been called.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn place(&mut self, records: Vec<Record>) -> Result<(), StoreError> {
        self.store.append(&records)?;
        self.store.sync()?;
        self.unsigned.extend(records);
        Ok(())
    }

    /// The promise for all that was placed is durable: shows it. Returns the details that it erased.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn settle(&mut self, checkpoint: &SignedCheckpoint) -> Result<Vec<DetailHash>, StoreError> {
        self.store.set_checkpoint(checkpoint)?;
        let records = std::mem::take(&mut self.unsigned);
        self.fold.apply(&self.store, &records);
        self.keep_now_and_then();
        Ok(self.sweep())
    }

    /// Makes records durable that a follower has verified, and shows them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn follow(
        &mut self,
        records: &[Record],
        checkpoint: Option<&SignedCheckpoint>,
    ) -> Result<Stored, StoreError> {
        let mut stored = Stored::default();
        if let Some((opening, at)) = records.first().and_then(later_opening) {
            stored.unjust = self.state().judge_opening(&opening, &LogHistory(&self.store)).err();
            stored.opened = Some((opening.term, at));
        }
        if stored.unjust.is_some() {
            return Ok(stored);
        }
        self.store.append(records)?;
        self.store.sync()?;
        if let Some(checkpoint) = checkpoint {
            self.store.set_checkpoint(checkpoint)?;
        }
        self.fold.apply(&self.store, records);
        self.keep_now_and_then();
        stored.gone = self.sweep();
        stored.own = self.is_own();
        for record in records {
            stored.entries.push((record.entry().id(), record.link().position));
            for reference in record.entry().details.iter() {
                if self.wants(record.link().position, reference)? {
                    stored.missing.push(*reference);
                }
            }
        }
        Ok(stored)
    }

    /// Opens a term at the end of the log, durably: by a takeover that this home's node proposed.
    ///
    /// # Errors
    /// Why it is not opened, in words; nothing is written where it has no right to.
    pub fn open_term(&mut self, record: &Record) -> Result<(), String> {
        let (opening, _) = later_opening(record).ok_or("this record opens no later term")?;
        let judged = self.state().judge_opening(&opening, &LogHistory(&self.store));
        judged.map_err(|reason| reason.to_string())?;
        let records = std::slice::from_ref(record);
        self.store.append(records).and_then(|()| self.store.sync()).map_err(|e| e.to_string())?;
        self.fold.apply(&self.store, records);
        Ok(())
    }

    /// Goes back to the base of a takeover, or behind the first record. What stood past it and had a right to
    /// goes into the outbox first, to be placed again: of a whole log the newest [`MAX_GIVEN_BACK`], since where
    /// it parts from what comes instead is not known. Gives the shelf, words for the person, and what was put there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn go_back(
        storage: Arc<dyn Storage>,
        cell: CellId,
        node: PublicKey,
        base: Option<&SignedCheckpoint>,
    ) -> Result<(Self, Vec<String>, Vec<Waiting>), StoreError> {
        let (store, mut notices) = LogStore::open(storage.clone(), cell)?;
        let mut back = Vec::new();
        let end = |base: &SignedCheckpoint| {
            let from = store.term(base.origin.term)?.start.0.saturating_add(base.size);
            (from < store.len() || base.origin.term < open_term(&store)).then_some(from)
        };
        let from = base.map_or(Some(store.len().saturating_sub(MAX_GIVEN_BACK)), end);
        let store = match from {
            Some(from) if !store.is_empty() => {
                let fold = Fold::open(&store, |_, _| {})?;
                back = give_back(&store, &fold, &Outbox::new(storage, cell), Position(from))?;
                let (store, more) = match base {
                    Some(base) => store.supersede(base)?,
                    None => store.supersede_all()?,
                };
                notices.extend(more);
                store
            }
            _ => store,
        };
        let words = notices.iter().map(ToString::to_string).collect();
        Ok((Self::of(store, node, &mut |_, _| {})?, words, back))
    }

    /// Keeps a snapshot of the state, so that the next opening is quick.
    pub fn close(&mut self) {
        if let Err(error) = self.fold.keep(&self.store) {
            tracing::warn!(%error, "no snapshot of the state was kept; the next start takes longer");
        }
    }

    fn keep_now_and_then(&mut self) {
        if self.fold.wants_snapshot() {
            self.close();
        }
    }

    /// The terms that can be served, oldest first.
    pub fn stretches(&self) -> Vec<Stretch> {
        let terms = self.store.terms().into_iter();
        terms.map(|(start, checkpoint)| Stretch { start, checkpoint }).collect()
    }
}

/// The opening in a record that opens another term than the first, and its place.
fn later_opening(record: &Record) -> Option<(Opening, Position)> {
    let opening = record.entry().opening().ok()??;
    opening.base.is_some().then_some((opening, record.link().position))
}

fn open_term(store: &LogStore) -> Term {
    store.chain().open().map_or(Term::FIRST, |open| open.term)
}

/// Puts the entries from a position on into the outbox, as far as there is room: what had a right to stand.
fn give_back(
    store: &LogStore,
    fold: &Fold,
    outbox: &Outbox,
    from: Position,
) -> Result<Vec<Waiting>, StoreError> {
    let (mut back, mut at) = (Vec::new(), from);
    loop {
        let records = store.records(at, FOLD_BATCH)?;
        let Some(last) = records.last() else { return Ok(back) };
        at = last.link().position.next();
        for record in records.iter().filter(|record| comes_back(record, fold.state())) {
            let entry = record.entry().clone();
            let held = |d: &DetailRef| store.detail(&d.hash).ok().flatten();
            let details = entry.details.iter().filter_map(held).collect();
            let waiting = Waiting { entry, details, sent: Sent::Waiting };
            if let Err(error) = outbox.put(&waiting) {
                tracing::warn!(%error, "an entry that was set aside is not placed again from here");
                continue;
            }
            back.push(waiting);
        }
    }
}
