//! The chain: where a verified log stands, and whether a record is the next one. It holds a few hundred
//! bytes however long the log is. Never extend it with a record whose own bytes were not verified.

use crate::checkpoint::{BadCheckpoint, Origin, SignedCheckpoint, Signers};
use crate::hash::{CellId, LinkHash};
use crate::key::KeyCache;
use crate::opening::{Opening, Right};
use crate::record::{BadRecord, Record};
use crate::time::{Position, Term, Time};
use crate::tree::Frontier;
use rayon::prelude::*;

/// Fewest records verified by one core with the same key cache: enough to make the cache worth its while, and so
/// few that no core waits long for another at the end of a batch.
const STRETCH: usize = 16;

/// Where a verified log stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    cell: CellId,
    next: Position,
    head: LinkHash,
    last_time: Time,
    open: Option<OpenTerm>,
}

/// The term that is open at the end of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTerm {
    /// The term.
    pub term: Term,
    /// The position of its first record.
    pub start: Position,
    /// What its opening says.
    pub opening: Opening,
    /// Its tree so far.
    pub tree: Frontier,
}

/// Why a record does not follow on the chain. The names are part of `docs/format.md`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The record itself does not hold.
    #[error("record {position}: {error}")]
    Record {
        /// Where it should stand.
        position: Position,
        /// What is wrong with it.
        error: BadRecord,
    },
    /// The record's link says another position.
    #[error("record {0}: its link says another position")]
    WrongPosition(Position),
    /// The record's link does not name the one before it.
    #[error("record {0}: its link does not name the one before it")]
    WrongPrevious(Position),
    /// The keeper's time runs backwards.
    #[error("record {0}: placed earlier than the record before it")]
    TimeRunsBack(Position),
    /// The record is of a term that is not open.
    #[error("record {0}: of a term that is not open here")]
    WrongTerm(Position),
    /// The record's entry is for another cell.
    #[error("record {0}: an entry for another cell")]
    WrongCell(Position),
    /// A term opens on a base that is not where the chain stands, or without its right.
    #[error("record {0}: a term that does not go on from where the log stands")]
    BadBase(Position),
}

impl Broken {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Record { error, .. } => error.name(),
            Self::WrongPosition(_) => "WrongPosition",
            Self::WrongPrevious(_) => "WrongPrevious",
            Self::TimeRunsBack(_) => "TimeRunsBack",
            Self::WrongTerm(_) => "WrongTerm",
            Self::WrongCell(_) => "WrongCell",
            Self::BadBase(_) => "BadBase",
        }
    }

    /// The position at which the log breaks.
    pub fn position(&self) -> Position {
        match self {
            Self::Record { position, .. } => *position,
            Self::WrongPosition(p)
            | Self::WrongPrevious(p)
            | Self::TimeRunsBack(p)
            | Self::WrongTerm(p)
            | Self::WrongCell(p)
            | Self::BadBase(p) => *p,
        }
    }
}

impl Chain {
    /// The empty chain of a cell.
    pub fn new(cell: CellId) -> Self {
        Self { cell, next: Position(0), head: LinkHash::ZERO, last_time: Time::ZERO, open: None }
    }

    /// A chain that goes on where a store says that it verified it before: the last record of the open
    /// term, the term's opening record and its tree. Nothing when they do not fit together.
    pub fn resume(cell: CellId, opening: &Record, last: &Record, tree: Frontier) -> Option<Self> {
        let link = last.link();
        let start = opening.link().position;
        let fits =
            opening.link().term == link.term && start.0.checked_add(tree.size()) == Some(link.position.0 + 1);
        let opening = opening.entry().opening().ok()??;
        let open = OpenTerm { term: link.term, start, opening, tree };
        let chain = Self {
            cell,
            next: link.position.next(),
            head: last.hash(),
            last_time: link.time,
            open: Some(open),
        };
        fits.then_some(chain)
    }

    /// The cell.
    pub fn cell(&self) -> CellId {
        self.cell
    }
    /// The position of the next record: the number of records so far.
    pub fn next(&self) -> Position {
        self.next
    }
    /// The hash of the newest link; zero when there is none.
    pub fn head(&self) -> LinkHash {
        self.head
    }
    /// The keeper's time of the newest link.
    pub fn last_time(&self) -> Time {
        self.last_time
    }
    /// The term that is open; none before the founding record.
    pub fn open(&self) -> Option<&OpenTerm> {
        self.open.as_ref()
    }

    /// Adds a record that is valid in itself.
    ///
    /// # Errors
    /// [`Broken`] when it does not follow; the chain is then as it was.
    pub fn extend(&mut self, record: &Record) -> Result<(), Broken> {
        let at = self.next;
        let (link, entry) = (record.link(), record.entry());
        if link.position != at {
            return Err(Broken::WrongPosition(at));
        }
        if link.previous != self.head {
            return Err(Broken::WrongPrevious(at));
        }
        if link.time < self.last_time {
            return Err(Broken::TimeRunsBack(at));
        }
        let cell = if at == Position(0) { CellId::of_founding(entry.id()) } else { entry.cell };
        if cell != self.cell {
            return Err(Broken::WrongCell(at));
        }
        match self.opening_of(record)? {
            Some(opening) => {
                let mut tree = Frontier::default();
                tree.push(record.leaf());
                self.open = Some(OpenTerm { term: link.term, start: at, opening, tree });
            }
            None => match &mut self.open {
                Some(open) if open.term == link.term => open.tree.push(record.leaf()),
                _ => return Err(Broken::WrongTerm(at)),
            },
        }
        self.next = at.next();
        self.head = record.hash();
        self.last_time = link.time;
        Ok(())
    }

    /// The opening in this record, once it is known to go on from where the chain stands. What the bytes
    /// of a takeover cannot tell (who may endorse) is for the fold.
    fn opening_of(&self, record: &Record) -> Result<Option<Opening>, Broken> {
        let at = self.next;
        let opening = record.entry().opening();
        let opening = opening.map_err(|e| {
            let error = BadRecord::Entry(e.into());
            Broken::Record { position: at, error }
        })?;
        let Some(opening) = opening else { return Ok(None) };
        if opening.term != record.link().term {
            return Err(Broken::WrongTerm(at));
        }
        let goes_on = match (&self.open, &opening.base) {
            (None, None) => true,
            (Some(open), Some(base)) => {
                let signed = open.verify(self.cell, &base.checkpoint);
                let stands = signed.is_ok_and(|c| c.size == open.tree.size() && c.root == open.tree.root());
                let right = match &opening.right {
                    Right::Handover(signature) => {
                        let message = opening.handover_message(&self.cell);
                        open.opening.term_key.verify(&message, signature).is_ok()
                    }
                    Right::Takeover { .. } => true,
                    Right::Founding => false,
                };
                stands && right && base.head == self.head && open.term.may_become(opening.term)
            }
            _ => false,
        };
        if goes_on { Ok(Some(opening)) } else { Err(Broken::BadBase(at)) }
    }

    /// Verifies records that should follow, their signatures on all cores, and adds those that do.
    /// Returns them all, or those before the first that breaks together with why it does.
    pub fn extend_with_bytes(&mut self, records: &[&[u8]]) -> (Vec<Record>, Result<(), Broken>) {
        self.extend_with_verified(verify_each(records))
    }

    /// Adds records that [`verify_each`] has looked at, as [`Chain::extend_with_bytes`] does.
    pub fn extend_with_verified(
        &mut self,
        verified: Vec<Result<Record, BadRecord>>,
    ) -> (Vec<Record>, Result<(), Broken>) {
        let mut good = Vec::with_capacity(verified.len());
        for result in verified {
            let position = self.next;
            let added = result
                .map_err(|error| Broken::Record { position, error })
                .and_then(|record| self.extend(&record).map(|()| record));
            match added {
                Ok(record) => good.push(record),
                Err(broken) => return (good, Err(broken)),
            }
        }
        (good, Ok(()))
    }
}

/// Verifies records one by one, their signatures on all cores: what each is by itself. Whether they follow
/// on each other is for [`Chain::extend_with_verified`].
pub fn verify_each(records: &[&[u8]]) -> Vec<Result<Record, BadRecord>> {
    let each = records.par_iter().with_min_len(STRETCH);
    each.map_init(KeyCache::default, |keys, bytes| Record::verify(bytes, keys)).collect()
}

impl OpenTerm {
    /// Who may sign checkpoints of this term.
    pub fn signers(&self) -> Signers {
        self.opening.signers()
    }

    /// The name of the term as a transparency log.
    pub fn origin(&self, cell: CellId) -> Origin {
        Origin { cell, term: self.term }
    }

    /// The checkpoint of this term that these bytes are.
    ///
    /// # Errors
    /// [`BadCheckpoint`].
    pub fn verify(&self, cell: CellId, checkpoint: &[u8]) -> Result<SignedCheckpoint, BadCheckpoint> {
        SignedCheckpoint::verify(checkpoint, &self.origin(cell), &self.signers())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::TreeHash;
    use crate::testing::TestLog;

    #[test]
    fn a_log_verifies_and_breaks_at_the_record_that_was_changed() {
        let (mut log, founding) = TestLog::found(1);
        let mut records = vec![founding];
        records.extend(log.grow(300));
        let mut bytes: Vec<Vec<u8>> = records.iter().map(Record::to_bytes).collect();
        let verify = |bytes: &[Vec<u8>]| {
            let mut chain = Chain::new(log.cell());
            let slices: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
            let (good, result) = chain.extend_with_bytes(&slices);
            (chain, good.len(), result)
        };
        assert_eq!(verify(&bytes), (log.chain.clone(), 301, Ok(())));
        bytes[200][150] ^= 1;
        let (_, good, result) = verify(&bytes);
        assert_eq!((good, result.unwrap_err().position()), (200, Position(200)));
        bytes.swap(10, 11);
        let (_, good, result) = verify(&bytes);
        assert_eq!((good, result), (10, Err(Broken::WrongPosition(Position(10)))));
    }

    #[test]
    fn a_chain_resumes_from_what_a_store_holds() {
        let (mut log, founding) = TestLog::found(1);
        let records = log.grow(5);
        let tree = log.chain.open().unwrap().tree.clone();
        let resumed = Chain::resume(log.cell(), &founding, &records[4], tree);
        assert_eq!(resumed.as_ref(), Some(&log.chain));
        let stale = Frontier::new(4, vec![TreeHash::ZERO]).unwrap();
        assert_eq!(Chain::resume(log.cell(), &founding, &records[4], stale), None);
    }
}
