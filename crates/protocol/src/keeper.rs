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
//! Cosigned ─> Keep; once witnessed: Publish, Anchor
//! HandOver ─> (all placed, witnessed) HandOver ─HandedOver─> Left: the term key signs nothing more
//! ```

mod batch;
mod cosigned;
mod event;
mod homes;
mod leaving;
mod queue;
#[cfg(test)]
mod tests;

use crate::limits::ANCHOR_EVERY_MS;
use crate::planted::{Bug, Planted};
use crate::refusal::Refusal;
use batch::Flight;
use cosigned::Recent;
pub use event::{CannotKeep, Effect, Event, Held, Promised, Ticket};
use homes::Homes;
use leaving::Leaving;
use lifeboat_commons::{History, State};
use lifeboat_log::tree::verify_consistency;
use lifeboat_log::{
    CellId, Chain, Checkpoint, Detail, Handover, Position, PublicKey, SecretKey, SignedCheckpoint,
    SignedEntry, Time,
};
use queue::Queue;

/// The machine.
pub struct Keeper {
    term_key: SecretKey,
    chain: Chain,
    state: State,
    signed: Option<SignedCheckpoint>,
    recent: Recent,
    queue: Queue,
    phase: Phase,
    leaving: Option<Leaving>,
    /// When the next anchor may be placed.
    anchor_due: Time,
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
    /// The disk, for a handover.
    HandingOver(Box<Handover>, Ticket),
    /// Nothing any more: the log is handed over, and the term key has signed its last.
    Left,
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
        let recent = Recent::new(held.checkpoint.as_ref(), open.opening.quorum);
        check_held(&held)?;
        Ok(Self {
            term_key,
            chain: held.chain,
            state: held.state,
            signed: None,
            recent,
            leaving: None,
            anchor_due: Time::ZERO,
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
            Event::Cosigned(note) => self.cosigned(&note, &mut effects),
            Event::HandOver { ticket, successor, witnesses } => {
                self.hand_over(ticket, *successor, witnesses, now, &mut effects);
            }
            Event::HandedOver => self.handed_over(&mut effects),
            Event::NotKept => self.not_kept(&mut effects),
            Event::Tick => {}
        }
        if matches!(self.phase, Phase::Idle) {
            self.go_on(now, history, &mut effects);
        }
        effects
    }

    /// What the keeper does when the disk is free.
    fn go_on(&mut self, now: Time, history: &dyn History, effects: &mut Vec<Effect>) {
        if self.leaving.is_some() {
            return self.leave(now, effects);
        }
        self.anchor(now, effects);
        if !self.queue.is_empty() {
            self.place(now, history, effects);
        }
    }

    /// Brings the newest witnessed checkpoint into the log, where that says something new; not too often.
    fn anchor(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Some((open, witnessed)) = self.chain.open().zip(self.recent.witnessed()) else { return };
        let covered = Position(open.start.0.saturating_add(witnessed.size));
        // A clock that was set back makes no wait longer than it is meant to be.
        let due = now >= self.anchor_due || self.anchor_due > now.plus_ms(ANCHOR_EVERY_MS);
        if due && self.state.wants_anchor(covered) {
            self.anchor_due = now.plus_ms(ANCHOR_EVERY_MS);
            effects.push(Effect::Anchor(Box::new(witnessed.clone())));
        }
    }

    fn submit(
        &mut self,
        ticket: Ticket,
        entry: Box<SignedEntry>,
        details: Vec<Detail>,
        effects: &mut Vec<Effect>,
    ) {
        if matches!(self.phase, Phase::HandingOver(..) | Phase::Left) {
            let refusal = Refusal::new(Refusal::NOT_KEEPER);
            return effects.push(Effect::Refuse { ticket, refusal });
        }
        let joined = match &mut self.phase {
            Phase::Persisting(flight) | Phase::Promising(flight, _) => flight.join(&entry.id(), ticket),
            _ => None,
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
                // Cosignatures may have come while the disk was at work.
                let signed = self.recent.with_cosignatures(*checkpoint.clone());
                if self.signed.as_ref().is_none_or(|before| before.size < signed.size) {
                    effects.push(Effect::Publish(Box::new(signed.clone())));
                }
                self.recent.note(&signed);
                self.signed = Some(signed);
                effects.extend(flight.answers());
            }
            other => self.phase = other,
        }
    }

    /// After a failed writing the log must be opened anew before anything is written to it. Where more was
    /// asked of the disk meanwhile, that fails too and does it.
    fn not_kept(&mut self, effects: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Idle) {
            self.phase = Phase::Reopening;
            effects.push(Effect::Reopen);
        }
    }

    fn disk_failed(&mut self, effects: &mut Vec<Effect>) {
        match std::mem::replace(&mut self.phase, Phase::Reopening) {
            Phase::Persisting(flight) | Phase::Promising(flight, _) => {
                effects.extend(flight.refusals());
                effects.push(Effect::Reopen);
            }
            Phase::HandingOver(_, ticket) => {
                let refusal = Refusal::new(Refusal::STORE_FAILED);
                effects.extend([Effect::Refuse { ticket, refusal }, Effect::Reopen]);
            }
            Phase::Left => self.phase = Phase::Left,
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
        if let Some(handover) = held.handover.clone().filter(|handover| is_over(&held.chain, handover)) {
            self.phase = Phase::HandingOver(Box::new(handover), Ticket(0));
            return self.handed_over(effects);
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
        let signed =
            Checkpoint { origin, size: open.tree.size(), root: open.tree.root() }.sign(&self.term_key);
        Some(self.recent.with_cosignatures(signed))
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

    /// The newest checkpoint of the term that as many witnesses cosigned as it asks.
    pub fn witnessed(&self) -> Option<&SignedCheckpoint> {
        self.recent.witnessed()
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

/// Whether the open term of this chain was handed over.
fn is_over(chain: &Chain, handover: &Handover) -> bool {
    chain.open().is_some_and(|open| open.term < handover.opening.term)
}

/// Whether what lies on this disk is in keeping with what was promised here.
fn check_held(held: &Held) -> Result<(), CannotKeep> {
    let open = held.chain.open().ok_or(CannotKeep::NoTerm)?;
    if held.state.next() != held.chain.next() || held.state.head() != held.chain.head() {
        return Err(CannotKeep::OtherState);
    }
    if held.handover.as_ref().is_some_and(|handover| is_over(&held.chain, handover)) {
        return Err(CannotKeep::HandedOver);
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
