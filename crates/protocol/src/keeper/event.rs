//! What happens to a keeper and what it asks for; what it begins with, and why it may not begin.

use crate::refusal::Refusal;
use lifeboat_commons::State;
use lifeboat_log::handover::Witnesses;
use lifeboat_log::{
    Chain, Detail, Handover, Position, PublicKey, Record, SignedCheckpoint, SignedEntry, Successor, Term,
    TreeHash,
};

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
    /// A signed note of the term with cosignatures, from whoever sent it.
    Cosigned(Vec<u8>),
    /// What [`Effect::Keep`] asked failed.
    NotKept,
    /// The log is to be handed over.
    HandOver {
        /// The question: answered by [`Effect::Left`], or refused.
        ticket: Ticket,
        /// What the next keeper brings; its own node may be this one.
        successor: Box<Successor>,
        /// Who witnesses the next term.
        witnesses: Witnesses,
    },
    /// What [`Effect::HandOver`] asked is durable.
    HandedOver,
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
    /// Store the log's checkpoint with more cosignatures. Nothing waits for it; where it fails,
    /// [`Event::NotKept`].
    Keep(Box<SignedCheckpoint>),
    /// Hand in an anchor of this checkpoint, signed by the node, as an entry like any other.
    Anchor(Box<SignedCheckpoint>),
    /// Write down this handover, durably: the term key signs nothing after it. Then [`Event::HandedOver`]
    /// or [`Event::DiskFailed`]. It must not leave before that.
    HandOver(Box<Handover>),
    /// The log is handed over: erase the term key, and send this to the next keeper until its term opens.
    Left(Box<Handover>),
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
    /// The log's checkpoint, with the cosignatures that are known.
    pub checkpoint: Option<SignedCheckpoint>,
    /// The last handover that was written down on this disk, if any.
    pub handover: Option<Handover>,
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
    /// The log was handed over.
    #[error("this home has handed the log over: the next keeper goes on")]
    HandedOver,
    /// The log holds other records than those that were signed.
    #[error("the log holds other records than those that this home signed: run lifeboat audit")]
    OtherRecords,
}
