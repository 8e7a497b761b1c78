//! The judge: sees what every home stores, signs and folds, and what authors were told, and says at once
//! when two things cannot both be true.

use crate::taking::Endorsed;
use lifeboat_log::{
    EntryId, LinkHash, Nonce, Position, PublicKey, Record, SignedCheckpoint, StateHash, Term, TreeHash,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What must hold in every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// Placed means kept: an entry with a receipt stands in the log for good, where the receipt says.
    PlacedMeansKept,
    /// One order: all logs are prefixes of one another.
    OneOrder,
    /// The same state hash everywhere at equal size.
    SameState,
    /// Nothing wedges: once all is well again, everything is placed and everybody catches up.
    NothingWedges,
    /// Nothing is placed twice.
    PlacedOnce,
    /// Nobody honest is put aside, no alarm is raised without cause.
    NobodyBlamed,
    /// Never two inconsistent cosignatures, and what is witnessed is never lost.
    WitnessedMeansKept,
    /// What the rules do not admit is never placed.
    DoorHolds,
    /// Nothing panics.
    NoPanic,
}

/// An invariant that does not hold, and how to see it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The seed.
    pub seed: u64,
    /// Whether it was a run with a takeover.
    pub takeover: bool,
    /// When, in milliseconds of the run.
    pub at_ms: u64,
    /// Which one.
    pub invariant: Invariant,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {:?} at {} ms: {}", self.seed, self.invariant, self.at_ms, self.what)?;
        let takeover = if self.takeover { " --takeover 1" } else { "" };
        write!(f, "again: cargo run -p lifeboat-sim -- --seed {}{takeover}", self.seed)
    }
}

impl std::error::Error for Violation {}

/// What was found to be wrong: the invariant and what was seen.
pub type Wrong = (Invariant, String);

/// The judge's book.
#[derive(Debug, Default)]
pub struct Judge {
    /// What stands where, in each era.
    order: BTreeMap<u16, BTreeMap<u64, (LinkHash, EntryId)>>,
    places: BTreeMap<(u16, EntryId), Position>,
    said: BTreeMap<(u16, PublicKey, Nonce), Position>,
    states: BTreeMap<LinkHash, StateHash>,
    receipts: BTreeMap<EntryId, Position>,
    strangers: Vec<EntryId>,
    /// What each home has cosigned: by home, term and size.
    cosigned: BTreeMap<(usize, Term, u64), TreeHash>,
    /// How many homes have cosigned each checkpoint.
    counts: BTreeMap<(Term, u64), BTreeSet<usize>>,
    /// Times that an author learned that homes keep an entry.
    pub handed: u64,
    endorsed: Vec<(usize, Endorsed)>,
    /// The era for which each home's witness has closed the older ones.
    closed: BTreeMap<usize, u16>,
    went_back: u64,
    /// Whether what a receipt says may be superseded.
    takeover: bool,
    first: Option<Wrong>,
    /// Where somebody cheats on purpose: all that homes said was wrong.
    seen: Option<Vec<String>>,
    /// Misconduct files that homes came to hold.
    proven: Vec<(usize, Vec<u8>)>,
}

impl Judge {
    /// The book of a run, with or without a takeover.
    pub fn new(takeover: bool) -> Self {
        Self { takeover, ..Self::default() }
    }

    /// A judge of a run in which somebody cheats: what is wrong is noted, and ends nothing.
    pub fn lenient() -> Self {
        Self { seen: Some(Vec::new()), ..Self::default() }
    }

    /// What a lenient judge was told.
    pub fn seen(&self) -> &[String] {
        self.seen.as_deref().unwrap_or_default()
    }

    /// A home holds a misconduct file. Where nobody cheats there is none.
    pub fn proven(&mut self, home: usize, file: Vec<u8>) {
        self.wrong(Invariant::OneOrder, format!("home {home} holds a proof of misconduct"));
        self.proven.push((home, file));
    }

    /// The files that homes came to hold since the last time.
    pub fn take_proven(&mut self) -> Vec<(usize, Vec<u8>)> {
        std::mem::take(&mut self.proven)
    }

    /// Notes something wrong; the first counts.
    pub fn wrong(&mut self, invariant: Invariant, what: String) {
        if let Some(seen) = &mut self.seen {
            return seen.push(what);
        }
        self.first.get_or_insert((invariant, what));
    }

    /// The first that was wrong.
    pub fn take(&mut self) -> Option<Wrong> {
        self.first.take()
    }

    /// A home holds this record under a signed checkpoint.
    pub fn stands(&mut self, home: usize, record: &Record) {
        let (at, entry) = (record.link().position, record.entry());
        let (hash, id, era) = (record.hash(), entry.id(), record.link().term.era());
        let order = self.order.entry(era).or_default();
        match order.get(&at.0) {
            Some((known, _)) if *known == hash => return,
            Some((_, other)) => {
                let what = format!("home {home} holds {id} at #{at} of era {era}, another holds {other}");
                return self.wrong(Invariant::OneOrder, what);
            }
            None if order.last_key_value().is_some_and(|(last, _)| at.0 > last + 1) => {
                let what = format!("home {home} holds #{at} under a checkpoint and not what is before it");
                return self.wrong(Invariant::OneOrder, what);
            }
            None => drop(order.insert(at.0, (hash, id))),
        }
        if let Some(earlier) = self.places.insert((era, id), at) {
            self.wrong(Invariant::PlacedOnce, format!("{id} at #{earlier} and at #{at}"));
        }
        if let Some(earlier) = self.said.insert((era, entry.author, entry.nonce), at) {
            self.wrong(Invariant::PlacedOnce, format!("one nonce of one key at #{earlier} and at #{at}"));
        }
        if self.strangers.contains(&id) {
            self.wrong(Invariant::DoorHolds, format!("a stranger's entry was placed at #{at}"));
        }
    }

    /// A home has folded the log up to this link.
    pub fn folded(&mut self, home: usize, head: LinkHash, state: StateHash) {
        let known = *self.states.entry(head).or_insert(state);
        if known != state {
            let what = format!("home {home} has state {state} after the link {head}, another {known}");
            self.wrong(Invariant::SameState, what);
        }
    }

    /// An author was told that an entry is placed.
    pub fn told(&mut self, id: EntryId, at: Position) {
        let known = *self.receipts.entry(id).or_insert(at);
        if known != at && !self.takeover {
            self.wrong(Invariant::PlacedOnce, format!("receipts for {id} at #{known} and at #{at}"));
        }
    }

    /// A home has cosigned this, and the line leaves.
    pub fn cosigned(&mut self, home: usize, checkpoint: &SignedCheckpoint) {
        let (term, size, root) = (checkpoint.origin.term, checkpoint.size, checkpoint.root);
        let known = *self.cosigned.entry((home, term, size)).or_insert(root);
        if known != root {
            let what = format!("home {home} cosigned two roots of size {size}");
            self.wrong(Invariant::WitnessedMeansKept, what);
        }
        if self.closed.get(&home).is_some_and(|closed| term.era() < *closed) {
            let what = format!("home {home} cosigned {size} records of {term} after it had closed that era");
            self.wrong(Invariant::WitnessedMeansKept, what);
        }
        self.counts.entry((term, size)).or_default().insert(home);
    }

    /// The largest size of this term that so many homes have cosigned.
    pub fn witnessed(&self, term: Term, quorum: usize) -> u64 {
        let enough = self.counts.iter().filter(|((t, _), homes)| *t == term && homes.len() >= quorum);
        enough.map(|((_, size), _)| *size).max().unwrap_or(0)
    }

    /// The checkpoints that so many homes have cosigned.
    pub fn all_witnessed(&self, quorum: usize) -> impl Iterator<Item = (Term, u64, TreeHash)> {
        let enough = self.counts.iter().filter(move |(_, homes)| homes.len() >= quorum);
        enough.filter_map(|((term, size), homes)| {
            let root = self.cosigned.get(&(*homes.first()?, *term, *size))?;
            Some((*term, *size, *root))
        })
    }

    /// What a home has cosigned of a term, by size.
    pub fn cosigned_by(&self, home: usize, term: Term) -> Vec<(u64, TreeHash)> {
        let of_home = self.cosigned.iter().filter(|((by, of, _), _)| (*by, *of) == (home, term));
        of_home.map(|((_, _, size), root)| (*size, *root)).collect()
    }

    /// How many cosignatures were given.
    pub fn cosignatures(&self) -> usize {
        self.cosigned.len()
    }

    /// An entry that must never be placed.
    pub fn stranger(&mut self, id: EntryId) {
        self.strangers.push(id);
    }

    /// Whether an entry stands under a signed checkpoint somewhere.
    pub fn is_placed(&self, id: &EntryId) -> bool {
        self.places.keys().any(|(_, placed)| placed == id)
    }

    /// A home has endorsed a call.
    pub fn endorsed(&mut self, home: usize, endorsed: Endorsed) {
        self.endorsed.push((home, endorsed));
    }

    /// All endorsements, and the home of each.
    pub fn endorsements(&self) -> impl Iterator<Item = (usize, &Endorsed)> {
        self.endorsed.iter().map(|(home, endorsed)| (*home, endorsed))
    }

    /// A home's witness has promised to cosign nothing of an older era than this.
    pub fn closed(&mut self, home: usize, era: u16) {
        let known = self.closed.entry(home).or_default();
        *known = era.max(*known);
    }

    /// A home went back to the base of a takeover.
    pub fn went_back(&mut self, _home: usize) {
        self.went_back += 1;
    }

    /// How many terms were opened by takeover, and how often a home went back.
    pub fn takeovers(&self) -> (u64, u64) {
        (self.order.keys().filter(|era| **era > 0).count() as u64, self.went_back)
    }

    /// All receipts.
    pub fn receipts(&self) -> impl Iterator<Item = (&EntryId, &Position)> {
        self.receipts.iter()
    }

    /// The number of records that stand under a signed checkpoint.
    pub fn records(&self) -> usize {
        let last = self.order.last_key_value().and_then(|(_, order)| order.last_key_value());
        last.map_or(0, |(at, _)| *at as usize + 1)
    }
}
