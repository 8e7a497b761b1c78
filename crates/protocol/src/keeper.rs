//! The keeper: the machine that orders a cell's entries. Entries wait in a queue; as many as fit go into
//! one batch; the batch is made durable, then its checkpoint is promised on disk, then it is published and
//! every entry in it is answered with its proof. One sync and one signed checkpoint serve the whole batch.
//!
//! What it must never do: sign before the records are durable, publish before the promise is durable, or
//! sign two different records at one position. So after any failure of the disk it signs nothing until
//! the log has been opened anew, and then goes on with what the log holds.
//!
//! ```text
//! Submit ─> queue ─> Persist ─Persisted─> Promise ─Promised─> Publish, Prove (one for each ticket)
//!                       └─ DiskFailed ─> Reopen ─Reopened─> Persist (what is there, once more) ...
//! ```

mod batch;
mod homes;
mod queue;
#[cfg(test)]
mod tests;

use crate::planted::{Bug, Planted};
use crate::refusal::Refusal;
use batch::Flight;
use homes::Homes;
use lifeboat_commons::{History, State};
use lifeboat_log::tree::verify_consistency;
use lifeboat_log::{
    CellId, Chain, Checkpoint, Detail, Position, PublicKey, Record, SecretKey, SignedCheckpoint, SignedEntry,
    Term, Time, TreeHash,
};
use queue::Queue;

/// Names one question, so that its answer finds the way back to who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What happens to a keeper.
#[derive(Debug, Clone)]
pub enum Event {
    /// An entry is to be placed, with all its details in hand.
    Submit {
        /// The question.
        ticket: Ticket,
        /// The entry.
        entry: Box<SignedEntry>,
        /// The details that it names.
        details: Vec<Detail>,
    },
    /// What [`Effect::Persist`] asked is durable.
    Persisted,
    /// What [`Effect::Promise`] asked is durable.
    Promised,
    /// What [`Effect::Persist`] or [`Effect::Promise`] asked failed, in whatever way.
    DiskFailed,
    /// The log was opened anew, as [`Effect::Reopen`] asked; it may hold more or less than before.
    Reopened(Box<Held>),
    /// A node tells how much it holds durably.
    Have {
        /// The node.
        node: PublicKey,
        /// The position of the next record that it lacks.
        next: Position,
    },
    /// Time has passed.
    Tick,
}

/// What a keeper asks of whoever carries it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Append these records (there may be none), keep these details, and sync all of it: also what was
    /// in the log before. Then [`Event::Persisted`] or [`Event::DiskFailed`].
    Persist {
        /// The records.
        records: Vec<Record>,
        /// Their details.
        details: Vec<Detail>,
    },
    /// Write down the promise of this checkpoint, durably; then make it the log's checkpoint. Then
    /// [`Event::Promised`] or [`Event::DiskFailed`]. It must not leave before that.
    Promise(Box<SignedCheckpoint>),
    /// Tell everyone who follows the cell.
    Publish(Box<SignedCheckpoint>),
    /// Answer with the proof of the record at this position.
    Prove {
        /// The question.
        ticket: Ticket,
        /// Where the entry stands.
        position: Position,
    },
    /// Answer with a refusal.
    Refuse {
        /// The question.
        ticket: Ticket,
        /// Why, and what to do.
        refusal: Refusal,
    },
    /// Open the log anew (now, or when the disk works again), then [`Event::Reopened`].
    Reopen,
}

/// What a home holds of a log that it keeps, read when the log is opened.
#[derive(Debug, Clone)]
pub struct Held {
    /// Where the log stands.
    pub chain: Chain,
    /// The state after its last record.
    pub state: State,
    /// The last checkpoint that the term key promised on this disk, if any.
    pub promised: Option<Promised>,
}

/// A checkpoint that was promised before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promised {
    /// The term.
    pub term: Term,
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: TreeHash,
    /// Shows that it is the beginning of the log's open term; only looked at where the log is longer.
    pub consistency: Vec<TreeHash>,
}

/// Why this home cannot keep the log as it lies here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotKeep {
    /// The log has no open term.
    #[error("this home holds no log of the cell yet: fetch it first (lifeboat sync)")]
    NoTerm,
    /// Another key opened the term.
    #[error("another node keeps this cell's log now")]
    OtherKeeper,
    /// The state is not the one after the log's last record.
    #[error("the state does not fit the log: run lifeboat repair")]
    OtherState,
    /// The log ends before what was signed.
    #[error(
        "this home signed a checkpoint of {promised} records and holds {held}: fetch the rest from a replica (lifeboat sync), and do not restore old copies of a keeper's disk"
    )]
    Behind {
        /// The records that the signed checkpoint covers.
        promised: u64,
        /// The records of the term that are here.
        held: u64,
    },
    /// The log holds other records than those that were signed.
    #[error("the log holds other records than those that this home signed: run lifeboat audit")]
    OtherRecords,
}

/// The machine.
pub struct Keeper {
    term_key: SecretKey,
    chain: Chain,
    state: State,
    signed: Option<SignedCheckpoint>,
    queue: Queue,
    phase: Phase,
    homes: Homes,
    planted: Planted,
}

/// What the keeper waits for.
enum Phase {
    /// Nothing: the next entry begins a batch.
    Idle,
    /// The disk, for records.
    Persisting(Flight),
    /// The disk, for a promise.
    Promising(Flight, Box<SignedCheckpoint>),
    /// The log to be opened anew.
    Reopening,
}

impl Keeper {
    /// The keeper of a log that lies on this disk. It does nothing before [`Keeper::start`].
    ///
    /// # Errors
    /// [`CannotKeep`].
    pub fn new(node: PublicKey, term_key: SecretKey, held: Held) -> Result<Self, CannotKeep> {
        let open = held.chain.open().ok_or(CannotKeep::NoTerm)?;
        if open.opening.term_key != term_key.public() || open.opening.node != node {
            return Err(CannotKeep::OtherKeeper);
        }
        check_held(&held)?;
        Ok(Self {
            term_key,
            chain: held.chain,
            state: held.state,
            signed: None,
            queue: Queue::default(),
            phase: Phase::Reopening,
            homes: Homes::new(node),
            planted: Planted::default(),
        })
    }

    /// Begins: what the log holds is made durable once more and signed, whatever came of it before.
    pub fn start(&mut self) -> Vec<Effect> {
        self.phase = Phase::Persisting(Flight::default());
        vec![Effect::Persist { records: Vec::new(), details: Vec::new() }]
    }

    /// What follows from an event at `now`. `history` is the log on disk.
    pub fn handle(&mut self, event: Event, now: Time, history: &dyn History) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Submit { ticket, entry, details } => {
                self.submit(ticket, entry, details, &mut effects);
            }
            Event::Persisted => self.persisted(&mut effects),
            Event::Promised => self.promised(&mut effects),
            Event::DiskFailed => self.disk_failed(&mut effects),
            Event::Reopened(held) => self.reopened(*held, &mut effects),
            Event::Have { node, next } => self.homes.note(node, next, self.chain.next()),
            Event::Tick => {}
        }
        if matches!(self.phase, Phase::Idle) && !self.queue.is_empty() {
            self.place(now, history, &mut effects);
        }
        effects
    }

    fn submit(
        &mut self,
        ticket: Ticket,
        entry: Box<SignedEntry>,
        details: Vec<Detail>,
        effects: &mut Vec<Effect>,
    ) {
        let joined = match &mut self.phase {
            Phase::Persisting(flight) | Phase::Promising(flight, _) => flight.join(&entry.id(), ticket),
            Phase::Idle | Phase::Reopening => None,
        };
        let taken = joined.unwrap_or_else(|| self.queue.push(self.chain.cell(), ticket, entry, details));
        if let Err(refusal) = taken {
            effects.push(Effect::Refuse { ticket, refusal });
        }
    }

    fn persisted(&mut self, effects: &mut Vec<Effect>) {
        match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Persisting(flight) => {
                let Some(checkpoint) = self.checkpoint() else { return };
                effects.push(Effect::Promise(Box::new(checkpoint.clone())));
                self.phase = Phase::Promising(flight, Box::new(checkpoint));
            }
            other => self.phase = other,
        }
    }

    fn promised(&mut self, effects: &mut Vec<Effect>) {
        match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Promising(flight, checkpoint) => {
                if self.signed.as_ref().is_none_or(|signed| signed.size < checkpoint.size) {
                    effects.push(Effect::Publish(checkpoint.clone()));
                }
                self.signed = Some(*checkpoint);
                effects.extend(flight.answers());
            }
            other => self.phase = other,
        }
    }

    fn disk_failed(&mut self, effects: &mut Vec<Effect>) {
        match std::mem::replace(&mut self.phase, Phase::Reopening) {
            Phase::Persisting(flight) | Phase::Promising(flight, _) => {
                effects.extend(flight.refusals());
                effects.push(Effect::Reopen);
            }
            // Nothing was asked of the disk: whatever failed was not for the keeper.
            Phase::Idle => self.phase = Phase::Idle,
            Phase::Reopening => effects.push(Effect::Reopen),
        }
    }

    /// Goes on with what the log holds now, where that is in keeping with what was signed.
    fn reopened(&mut self, held: Held, effects: &mut Vec<Effect>) {
        if !matches!(self.phase, Phase::Reopening) {
            return;
        }
        let same_term = held.chain.open().is_some_and(|o| o.opening.term_key == self.term_key.public());
        if !same_term || check_held(&held).is_err() {
            effects.push(Effect::Reopen);
            return;
        }
        self.chain = held.chain;
        if !self.planted.is(Bug::StateOutlivesLog) {
            self.state = held.state;
        }
        effects.extend(self.start());
    }

    /// The checkpoint over the whole log, signed. It must not leave before it is promised.
    fn checkpoint(&self) -> Option<SignedCheckpoint> {
        let open = self.chain.open()?;
        let origin = open.origin(self.chain.cell());
        Some(Checkpoint { origin, size: open.tree.size(), root: open.tree.root() }.sign(&self.term_key))
    }

    /// The cell.
    pub fn cell(&self) -> CellId {
        self.chain.cell()
    }

    /// The state after all records, those included that are being made durable.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Where the log stands, what is being made durable included.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The newest checkpoint that was promised and published.
    pub fn signed(&self) -> Option<&SignedCheckpoint> {
        self.signed.as_ref()
    }

    /// Entries that wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Whether nothing waits and nothing is being written.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle) && self.queue.is_empty()
    }

    /// How much other homes hold: the position of the next record that each lacks, largest first.
    pub fn held(&self) -> Vec<Position> {
        self.homes.held()
    }

    /// The number of other homes that hold the record at this position.
    pub fn homes_with(&self, at: Position) -> usize {
        self.homes.with(at)
    }
}

/// Whether what lies on this disk is in keeping with what was promised here.
fn check_held(held: &Held) -> Result<(), CannotKeep> {
    let open = held.chain.open().ok_or(CannotKeep::NoTerm)?;
    if held.state.next() != held.chain.next() || held.state.head() != held.chain.head() {
        return Err(CannotKeep::OtherState);
    }
    let Some(promised) = &held.promised else { return Ok(()) };
    if promised.term > open.term {
        return Err(CannotKeep::OtherKeeper);
    }
    if promised.term < open.term {
        return Ok(());
    }
    let (size, root) = (open.tree.size(), open.tree.root());
    if promised.size > size {
        return Err(CannotKeep::Behind { promised: promised.size, held: size });
    }
    let consistent = match promised.size == size {
        true => promised.root == root,
        false => verify_consistency(promised.size, size, &promised.consistency, &promised.root, &root),
    };
    if consistent { Ok(()) } else { Err(CannotKeep::OtherRecords) }
}

#[cfg(feature = "planted-bugs")]
impl Keeper {
    /// Gives the keeper a bug, for the simulator to find.
    pub fn plant(&mut self, bug: Bug) {
        self.planted.plant(bug);
    }
}
