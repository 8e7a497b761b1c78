//! Misconduct files that a home keeps: of each term a few, verified against the key that the log here has
//! for that term before they are kept, and again whenever they are read. Nothing that proves nothing is
//! kept, and nothing that proves what is proven already.

use crate::log_store::{LogStore, StoreError};
use crate::storage::{Storage, StorageError};
use lifeboat_log::limits::MAX_MISCONDUCT;
use lifeboat_log::note::Note;
use lifeboat_log::{
    BadMisconduct, Belief, CellId, Charge, Checkpoint, Misconduct, Position, Proven, SignedCheckpoint, Term,
    TreeHash,
};
use std::sync::Arc;

/// The folder of all misconduct files of a home.
pub const MISCONDUCT: &str = "misconduct";
/// Most files kept of one term: more tell nothing new.
pub const MAX_OF_TERM: usize = 4;
/// Most files kept of one cell.
pub const MAX_OF_CELL: usize = 64;

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it proves.
    pub proven: Proven,
    /// Its name below the home.
    pub name: String,
    /// Its bytes.
    pub file: Vec<u8>,
}

/// Why a file is not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEvidence {
    /// It proves nothing.
    #[error(transparent)]
    Misconduct(#[from] BadMisconduct),
    /// It is of another cell.
    #[error("a misconduct file of another cell")]
    WrongCell,
    /// The log here does not have the term.
    #[error("a misconduct file of term {0}, which the log here does not have")]
    UnknownTerm(Term),
    /// It could not be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What a home keeps of one cell.
pub struct Evidence {
    storage: Arc<dyn Storage>,
    cell: CellId,
    kept: Vec<Kept>,
}

impl Evidence {
    /// What is kept of the cell of this log. A file that does not hold any more is let lie.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn open(store: &LogStore) -> Result<Self, StorageError> {
        let (storage, cell) = (store.storage().clone(), store.cell());
        let folder = format!("{MISCONDUCT}/{cell}");
        let mut kept: Vec<Kept> = Vec::new();
        for item in storage.list(&folder)?.into_iter().filter(|item| !item.folder) {
            let name = format!("{folder}/{}", item.name);
            let Ok(Some(file)) = storage.read(&name, MAX_MISCONDUCT) else { continue };
            match prove(store, &file) {
                Ok(proven) if kept.len() < MAX_OF_CELL => kept.push(Kept { proven, name, file }),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "{name} proves nothing"),
            }
        }
        Ok(Self { storage, cell, kept })
    }

    /// What is kept, the newest term first.
    pub fn all(&self) -> Vec<&Kept> {
        let mut all: Vec<&Kept> = self.kept.iter().collect();
        all.sort_by_key(|kept| (std::cmp::Reverse(kept.proven.origin.term), kept.proven.fault));
        all
    }

    /// How many records of a term stand before the earliest misconduct of its key that is known here.
    pub fn before(&self, term: Term) -> Option<u64> {
        let of_term = self.kept.iter().filter(|kept| kept.proven.origin.term == term);
        of_term.map(|kept| kept.proven.fault.before()).min()
    }

    /// Keeps a file, durably, when it proves something that is not known yet; what it proves then.
    ///
    /// # Errors
    /// [`BadEvidence`] when it proves nothing, or cannot be kept.
    pub fn take(&mut self, store: &LogStore, file: &[u8]) -> Result<Option<Proven>, BadEvidence> {
        let proven = prove(store, file)?;
        if !self.is_news(&proven) {
            return Ok(None);
        }
        let term = proven.origin.term;
        if self.is_full(term) {
            self.drop_one(term)?;
        }
        let name = self.free_name(term);
        self.storage.replace(&name, file)?;
        self.kept.push(Kept { proven: proven.clone(), name, file: file.to_vec() });
        Ok(Some(proven))
    }

    /// Whether this is not proven yet, and worth to be kept.
    pub fn is_news(&self, proven: &Proven) -> bool {
        let term = proven.origin.term;
        let mut of_term = self.kept.iter().filter(|kept| kept.proven.origin.term == term);
        let known = of_term.any(|kept| kept.proven.fault == proven.fault);
        let earliest = self.before(term).is_none_or(|before| proven.fault.before() < before);
        !known && (earliest || !self.is_full(term))
    }

    fn is_full(&self, term: Term) -> bool {
        let of_term = self.kept.iter().filter(|kept| kept.proven.origin.term == term).count();
        of_term >= MAX_OF_TERM || self.kept.len() >= MAX_OF_CELL
    }

    /// Makes room for one of this term: the one with the latest misconduct goes.
    fn drop_one(&mut self, term: Term) -> Result<(), BadEvidence> {
        let of_term = |kept: &Kept| kept.proven.origin.term == term;
        let any = !self.kept.iter().any(of_term);
        let least = self.kept.iter().enumerate().filter(|(_, kept)| any || of_term(kept));
        let Some((at, _)) = least.max_by_key(|(_, kept)| kept.proven.fault.before()) else { return Ok(()) };
        let gone = self.kept.remove(at);
        self.storage.remove(&gone.name)?;
        Ok(())
    }

    fn free_name(&self, term: Term) -> String {
        let name = |n: usize| format!("{MISCONDUCT}/{}/{term}-{n}.misconduct", self.cell);
        let free = |name: &String| !self.kept.iter().any(|kept| kept.name == *name);
        (1..).map(name).find(free).unwrap_or_default()
    }
}

/// Whether a file proves something by itself, of a cell whose log here does not reach its term yet: worth
/// to be looked at again when it does.
pub fn may_prove(cell: CellId, file: &[u8]) -> bool {
    let proven = Misconduct::parse(file).and_then(|misconduct| misconduct.verify(None));
    proven.is_ok_and(|proven| proven.origin.cell == cell && proven.belief.is_some())
}

/// What a file proves against the key that the log here has for its term.
///
/// # Errors
/// [`BadEvidence`].
pub fn prove(store: &LogStore, file: &[u8]) -> Result<Proven, BadEvidence> {
    let misconduct = Misconduct::parse(file)?;
    if misconduct.cell != store.cell() {
        return Err(BadEvidence::WrongCell);
    }
    let known = store.known_term(misconduct.term);
    if let Some(known) = &known {
        return Ok(misconduct.verify(Some(known))?);
    }
    // The cell's id names the first term's key, whether or not the log is here.
    let unknown = BadEvidence::UnknownTerm(misconduct.term);
    if misconduct.term != Term::FIRST {
        return Err(unknown);
    }
    let proven = misconduct.verify(None)?;
    if proven.belief == Some(Belief::Named) { Ok(proven) } else { Err(unknown) }
}

impl LogStore {
    /// The file for a charge against the key of a term of this log, with the openings that lead to that
    /// key as long as they fit.
    ///
    /// # Errors
    /// [`StoreError::NotHere`] when the log does not have the term.
    pub fn accuse(&self, term: Term, charge: Charge) -> Result<Misconduct, StoreError> {
        let known = self.known_term(term).ok_or(StoreError::NotHere)?;
        let terms = self.term_proof_to(term).ok();
        let (cell, term_key) = (self.cell(), known.term_key);
        let whole = Misconduct { cell, term, term_key, terms, charge };
        let fits = whole.to_bytes().len() <= MAX_MISCONDUCT && whole.verify(Some(&known)).is_ok();
        Ok(if fits { whole } else { Misconduct { terms: None, ..whole } })
    }

    /// The charge that a note amounts to which somebody told: when it is signed by the key of a term of this
    /// log, the open one or one that is over, and is not the beginning of what stands of that term here. What
    /// a key signed past the base of the next term is none: it was superseded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn contradicted_by(&self, note: &[u8]) -> Result<Option<Charge>, StoreError> {
        let said = Note::parse(note).ok().and_then(|note| Checkpoint::parse_text(&note.text).ok());
        let Some(said) = said.filter(|said| said.origin.cell == self.cell()) else { return Ok(None) };
        let term = said.origin.term;
        let Some((held, signers)) = self.term_of(term) else { return Ok(None) };
        // What is the same is the rule, and needs no signature checked.
        if said.size > held || self.root(term, said.size)? == said.root {
            return Ok(None);
        }
        match SignedCheckpoint::verify(note, &said.origin, &signers) {
            Ok(signed) => self.contradiction(&signed),
            Err(_) => Ok(None),
        }
    }

    /// The charge against a term's key when this checkpoint, which is signed by it and no larger than what
    /// stands of the term under a checkpoint here, is not the beginning of that.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn contradiction(&self, other: &SignedCheckpoint) -> Result<Option<Charge>, StoreError> {
        let (term, size) = (other.origin.term, other.size);
        let span = self.spans.iter().find(|span| span.term == term && other.origin.cell == self.cell());
        let held = span.and_then(|span| self.checkpoint_of(span).ok()).filter(|held| held.size >= size);
        let Some(held) = held else { return Ok(None) };
        let root = self.root(term, size)?;
        if root == other.root {
            return Ok(None);
        }
        if held.size == size {
            return Ok(Charge::same_size(&held, other));
        }
        let proof = self.consistency(term, size, held.size)?;
        Ok(Charge::prefix(other, &held, root, proof))
    }

    /// The whole node of a term's tree at this level and index.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tree_node(&self, term: Term, level: u8, index: u64) -> Result<TreeHash, StoreError> {
        let span = self.spans.iter().find(|span| span.term == term).ok_or(StoreError::NotHere)?;
        self.files(span).node(level, index)
    }

    /// The bytes of the record at this place of a term.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn raw_in_term(&self, term: Term, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let span = self.spans.iter().find(|span| span.term == term).ok_or(StoreError::NotHere)?;
        let at = Position(span.start.0.saturating_add(index));
        Ok(self.raw_records(at, 1, usize::MAX)?.pop())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryStorage;
    use lifeboat_log::testing::{Leaves, TestLog};
    use lifeboat_log::{Checkpoint, Record};

    /// A log of `size` records under a checkpoint, on a disk of its own.
    fn stored(size: u64) -> (LogStore, TestLog, Leaves) {
        let (mut log, founding) = TestLog::found(5);
        let mut records = vec![founding];
        records.extend(log.grow(size - 1));
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
        let (mut store, _) = LogStore::open(storage, log.cell()).unwrap();
        store.append(&records).unwrap();
        store.set_checkpoint(&log.checkpoint()).unwrap();
        let leaves = Leaves(records.iter().map(Record::leaf).collect());
        (store, log, leaves)
    }

    /// Another log of so many records, signed by the same key.
    fn rival(log: &TestLog, leaves: &Leaves, size: u64) -> SignedCheckpoint {
        let mut other = leaves.clone();
        other.0[2].0[0] ^= 1;
        let origin = log.chain.open().unwrap().origin(log.cell());
        Checkpoint { origin, size, root: other.root(size) }.sign(&log.term_key)
    }

    #[test]
    fn a_rival_checkpoint_becomes_a_file_that_is_kept_and_found_again() {
        let (store, log, leaves) = stored(12);
        let mut evidence = Evidence::open(&store).unwrap();
        for (kept, size) in [(1, 12), (2, 7), (3, 8)] {
            let charge = store.contradiction(&rival(&log, &leaves, size)).unwrap().unwrap();
            let file = store.accuse(Term::FIRST, charge).unwrap();
            assert_eq!(file.verify(None).unwrap().belief, Some(lifeboat_log::Belief::Named));
            assert!(evidence.take(&store, &file.to_bytes()).unwrap().is_some());
            assert_eq!(evidence.take(&store, &file.to_bytes()).unwrap(), None, "twice");
            assert_eq!(evidence.all().len(), kept);
        }
        assert_eq!(evidence.before(Term::FIRST), Some(6));
        let again = Evidence::open(&store).unwrap();
        assert_eq!(again.all(), evidence.all());
    }

    #[test]
    fn a_term_has_a_few_files_and_the_earliest_misconduct_among_them() {
        let (store, log, leaves) = stored(12);
        let mut evidence = Evidence::open(&store).unwrap();
        for size in [12, 11, 10, 9, 8, 7, 6] {
            let charge = store.contradiction(&rival(&log, &leaves, size)).unwrap().unwrap();
            let file = store.accuse(Term::FIRST, charge).unwrap().to_bytes();
            evidence.take(&store, &file).unwrap();
            assert_eq!(evidence.before(Term::FIRST), Some(size - 1));
        }
        assert_eq!(evidence.all().len(), MAX_OF_TERM);
        assert_eq!(Evidence::open(&store).unwrap().all(), evidence.all());
    }

    #[test]
    fn what_proves_nothing_is_refused() {
        let (store, log, leaves) = stored(12);
        let mut evidence = Evidence::open(&store).unwrap();
        assert_eq!(store.contradiction(&log.checkpoint()).unwrap(), None);
        let charge = store.contradiction(&rival(&log, &leaves, 9)).unwrap().unwrap();
        let whole = store.accuse(Term::FIRST, charge).unwrap();
        let mut stranger = whole.clone();
        (stranger.term_key, stranger.terms) = (log.member.public(), None);
        let bad = evidence.take(&store, &stranger.to_bytes());
        assert_eq!(bad, Err(BadEvidence::Misconduct(BadMisconduct::WrongKey)));
        let mut later = whole.clone();
        later.term = Term::new(0, 1);
        assert_eq!(evidence.take(&store, &later.to_bytes()), Err(BadEvidence::UnknownTerm(Term::new(0, 1))));
        let mut cut = whole.to_bytes();
        cut.pop();
        assert!(evidence.take(&store, &cut).is_err());
        assert!(evidence.all().is_empty());
    }
}
