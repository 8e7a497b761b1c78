//! The witness: the machine that cosigns checkpoints of one log with one key. It is the same for a cell
//! that this home follows and for a log of others over HTTP; both doors ask [`decide`].
//!
//! What it must never do: let a cosignature leave before the promise of it is durable, cosign what does not
//! extend what it cosigned before, or answer out of memory after a failed writing: then it asks for its
//! promise to be read again first. One machine an origin and key, ever: two would not know of each other.
//!
//! ```text
//! Asked ─> Promise ─Promised─> Cosign        the same checkpoint again: Cosign, the same line
//!              └─ DiskFailed ─> Reread ─Reread─> ready
//! ```

pub mod add_checkpoint;
mod decision;
#[cfg(test)]
mod tests;

pub use crate::keeper::Ticket;
pub use decision::{Clock, Links, Refused, Step, decide};

use lifeboat_log::checkpoint::{cosign, witness_name};
use lifeboat_log::note::SignatureLine;
use lifeboat_log::{Given, PublicKey, SecretKey};

/// What happens to a witness.
#[derive(Debug, Clone)]
pub enum Event {
    /// A checkpoint is to be cosigned. Its log's signature was checked, and for a cell all its records are
    /// durable on this home's own disk.
    Asked {
        /// The question.
        ticket: Ticket,
        /// The checkpoint and what shows that it extends the last one.
        step: Step,
        /// The checkpoint's note text.
        text: String,
        /// The time here, and those of the links.
        clock: Clock,
    },
    /// What [`Effect::Promise`] asked is durable.
    Promised,
    /// It failed, in whatever way.
    DiskFailed,
    /// The promise as it lies on disk, read anew as [`Effect::Reread`] asked.
    Reread(Option<Given>),
}

/// What a witness asks of whoever carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Write down this promise, durably. Then [`Event::Promised`] or [`Event::DiskFailed`].
    Promise(Given),
    /// Answer with this line.
    Cosign {
        /// The question.
        ticket: Ticket,
        /// The witness's line for the checkpoint's note.
        line: SignatureLine,
    },
    /// Answer that it is not cosigned.
    Refuse {
        /// The question.
        ticket: Ticket,
        /// Why.
        why: Refused,
    },
    /// Read the promise from the disk again (now, or when the disk works again), then [`Event::Reread`].
    Reread,
}

/// The machine.
pub struct Witness {
    key: SecretKey,
    name: String,
    given: Option<Given>,
    phase: Phase,
}

/// What the witness waits for.
enum Phase {
    /// Nothing.
    Idle,
    /// The disk, for a promise.
    Promising(Ticket, Given, String),
    /// The promise to be read again.
    Rereading,
}

impl Witness {
    /// The witness of one log with this key, and what it has promised before, as it lies on disk.
    pub fn new(key: SecretKey, given: Option<Given>) -> Self {
        let name = witness_name(&key.public());
        Self { key, name, given, phase: Phase::Idle }
    }

    /// The witness's key.
    pub fn key(&self) -> PublicKey {
        self.key.public()
    }

    /// The largest checkpoint that it has cosigned.
    pub fn given(&self) -> Option<&Given> {
        self.given.as_ref()
    }

    /// What follows from an event.
    pub fn handle(&mut self, event: Event) -> Vec<Effect> {
        match (event, std::mem::replace(&mut self.phase, Phase::Idle)) {
            (Event::Asked { ticket, step, text, clock }, Phase::Idle) => {
                self.asked(ticket, &step, text, &clock)
            }
            (Event::Asked { ticket, .. }, busy) => {
                self.phase = busy;
                vec![Effect::Refuse { ticket, why: Refused::Busy }]
            }
            (Event::Promised, Phase::Promising(ticket, given, text)) => {
                self.given = Some(given);
                vec![self.cosigned(ticket, &given, &text)]
            }
            (Event::DiskFailed, Phase::Promising(ticket, _, _)) => {
                self.phase = Phase::Rereading;
                vec![Effect::Refuse { ticket, why: Refused::Busy }, Effect::Reread]
            }
            (Event::DiskFailed, Phase::Rereading) => {
                self.phase = Phase::Rereading;
                vec![Effect::Reread]
            }
            (Event::Reread(given), Phase::Rereading) => {
                self.given = given;
                vec![]
            }
            // An answer to a question that was not asked.
            (_, phase) => {
                self.phase = phase;
                vec![]
            }
        }
    }

    fn asked(&mut self, ticket: Ticket, step: &Step, text: String, clock: &Clock) -> Vec<Effect> {
        match decide(self.given.as_ref(), step, clock) {
            Err(why) => vec![Effect::Refuse { ticket, why }],
            Ok(given) if Some(given) == self.given => vec![self.cosigned(ticket, &given, &text)],
            Ok(given) => {
                self.phase = Phase::Promising(ticket, given, text);
                vec![Effect::Promise(given)]
            }
        }
    }

    fn cosigned(&self, ticket: Ticket, given: &Given, text: &str) -> Effect {
        Effect::Cosign { ticket, line: cosign(text, &self.name, &self.key, given.seconds) }
    }
}
