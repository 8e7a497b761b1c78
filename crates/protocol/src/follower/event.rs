//! What happens to a follower and what it asks for; its faults and alarms.

use crate::accuse::BadStretch;
use crate::range::{RangeAsk, ReadFrame};
use crate::takeover::Opened;
use lifeboat_commons::Reason;
use lifeboat_log::{
    BadCheckpoint, Broken, Chain, Charge, Detail, DetailHash, DetailRef, Position, PublicKey, Record,
    SignedCheckpoint, Term, TreeHash,
};

/// Names one stream of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// What happens to a follower.
#[derive(Debug, Clone)]
pub enum Event {
    /// A peer that serves the cell is connected.
    Connected(PublicKey),
    /// It is not any more. Its streams and questions are over.
    Disconnected(PublicKey),
    /// A peer told its newest checkpoint, asked or by itself, or one with a new cosignature; empty when it
    /// holds none.
    Tip {
        /// The peer.
        peer: PublicKey,
        /// The signed note.
        checkpoint: Vec<u8>,
    },
    /// A question to a peer was not answered, or was refused.
    AskFailed(PublicKey),
    /// The next frame of a stream. Only while [`super::Follower::wants_frame`] says so.
    Frame {
        /// The stream.
        stream: StreamId,
        /// The frame.
        frame: Box<ReadFrame>,
    },
    /// A stream ended or could not be opened.
    Closed(StreamId),
    /// The oldest [`Effect::Persist`] that was not answered yet is durable.
    Persisted {
        /// The details that its records name and this home lacks.
        missing: Vec<DetailRef>,
    },
    /// It failed, in whatever way.
    DiskFailed,
    /// It was not stored: its first record opens a term without a right to, on the state before it.
    Unjust(Reason),
    /// What came of [`Effect::AskOpening`].
    Opening {
        /// The peer.
        peer: PublicKey,
        /// What it has, judged by whoever carries the machine.
        opened: Opened,
    },
    /// The log was opened anew, as [`Effect::Reopen`] or [`Effect::CutTail`] asked; it may hold more or
    /// less than before.
    Reopened(Box<Held>),
    /// This home's witness cosigned the checkpoint that [`Effect::Cosign`] named.
    Cosigned(Box<SignedCheckpoint>),
    /// Details that this home lacks: told at the start, and whenever there is room for more.
    Missing(Vec<DetailRef>),
    /// Details that are erased: nobody looks for them any more.
    Gone(Vec<DetailHash>),
    /// A peer's answer to [`Effect::AskDetails`].
    Details {
        /// The peer.
        peer: PublicKey,
        /// What it had of them.
        details: Vec<Detail>,
    },
    /// A misconduct file of this cell is held here: of that term no more records than this are taken, as
    /// long as it is open.
    Stop {
        /// The term.
        term: Term,
        /// How many records of it stand before the misconduct.
        before: u64,
    },
    /// A peer sent a misconduct file that proves nothing; its error's name.
    FalseEvidence {
        /// The peer.
        peer: PublicKey,
        /// The name.
        name: &'static str,
    },
    /// Time has passed.
    Tick,
}

/// What a follower asks of whoever carries it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask a peer for its newest checkpoint.
    AskTip(PublicKey),
    /// Ask a peer for records.
    OpenRange {
        /// The name of the stream to be opened.
        stream: StreamId,
        /// The peer.
        peer: PublicKey,
        /// The question.
        ask: RangeAsk,
    },
    /// Close a stream; what still comes of it is not looked at.
    CloseRange(StreamId),
    /// Append these records (there may be none) and sync them; then, where there is a checkpoint, make it
    /// the log's. Then [`Event::Persisted`] or [`Event::DiskFailed`]. Where the first record opens a term,
    /// its right is judged on the state before it, and without one nothing is stored: [`Event::Unjust`].
    Persist {
        /// The records.
        records: Vec<Record>,
        /// The checkpoint that covers exactly the log up to the last of them.
        checkpoint: Option<Box<SignedCheckpoint>>,
    },
    /// Open the log anew (now, or when the disk works again), then [`Event::Reopened`].
    Reopen,
    /// Cut off the records that the log's checkpoint does not cover: they turned out not to be the
    /// keeper's. Then [`Event::Reopened`].
    CutTail,
    /// Ask this home's witness to cosign this checkpoint: all it covers is durable here. Then
    /// [`Event::Cosigned`], or nothing: it is asked again in a while.
    Cosign(Box<SignedCheckpoint>),
    /// Tell a peer of a checkpoint's cosignatures: the keeper, or who may reach it.
    TellCosigned {
        /// The peer.
        peer: PublicKey,
        /// The checkpoint with them.
        checkpoint: Box<SignedCheckpoint>,
    },
    /// Ask a peer for its opening of the first era after this one, and judge it with what
    /// [`super::Follower::look`] knows of the peer: [`Event::Opening`].
    AskOpening {
        /// The peer.
        peer: PublicKey,
        /// The era.
        after: u16,
    },
    /// Cut the log back to the base of an opening; what lay past it is kept as evidence, and its entries
    /// wait to be placed again. Then [`Event::Reopened`].
    CutBack(Box<SignedCheckpoint>),
    /// As [`Effect::CutBack`], and nothing stays: the other of two histories is to be fetched from its beginning.
    CutAll,
    /// Ask a peer for details.
    AskDetails {
        /// The peer.
        peer: PublicKey,
        /// Their hashes, at most [`crate::limits::MAX_DETAILS_ASKED`].
        hashes: Vec<DetailHash>,
    },
    /// Keep these details, durably; each is one that a record names. Where that fails:
    /// [`Event::DiskFailed`], and what is missing is told anew once the log is open again.
    KeepDetails(Vec<Detail>),
    /// As [`Effect::KeepDetails`], for sealed ones: never to be shown to other homes than the cell's own.
    KeepSealed(Vec<Detail>),
    /// Tell a peer how much this home holds durably.
    Have {
        /// The peer.
        peer: PublicKey,
        /// The position of the next record that is lacking.
        next: Position,
    },
    /// A peer sent what does not hold; it is not asked for a while. A word to the person's log.
    PutAside {
        /// The peer.
        peer: PublicKey,
        /// What was wrong.
        fault: Fault,
    },
    /// A signed checkpoint contradicts what is held: to be kept, and shown to the person.
    Alarm(Box<Alarm>),
    /// The term's key signed records that do not hold: to be proven with what the disk holds.
    Accuse(Box<BadStretch>),
}

/// What a home holds of a log, read when the log is opened.
#[derive(Debug, Clone)]
pub struct Held {
    /// Where the log stands.
    pub chain: Chain,
    /// The newest checkpoint held; it may cover more than the chain where records were lost.
    pub checkpoint: Option<SignedCheckpoint>,
}

/// What a peer did wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A record does not hold or does not follow.
    #[error("it sent a record that does not hold: {0}")]
    Broken(#[from] Broken),
    /// A checkpoint is not signed as it must be.
    #[error("it sent {0}")]
    Checkpoint(#[from] BadCheckpoint),
    /// A proof does not lead to the checkpoint's root.
    #[error("it sent records that its checkpoint does not cover")]
    NotProven,
    /// The frames come in an order that makes no sense.
    #[error("it sent frames that make no sense in their order")]
    OutOfOrder,
    /// What it sent contradicts what is held.
    #[error("it sent a checkpoint that contradicts what is held here")]
    Contradicts,
    /// A misconduct file proves nothing.
    #[error("it sent a misconduct file that proves nothing ({0})")]
    FalseEvidence(&'static str),
    /// A term that was taken over, which this version does not judge.
    #[error("it sent a takeover of the log, which this version cannot judge: update lifeboat")]
    Takeover,
    /// A term that opens without a right to.
    #[error("it follows a term that opened without a right to: {0}")]
    Unjust(Reason),
    /// What it gave as the opening of a later era is none.
    #[error("it sent something else than the opening of a later era")]
    NoOpening,
    /// It goes on from what contradicts the log here.
    #[error("it follows a takeover that goes on from another log than the one here")]
    OtherBranch,
}

/// A signed checkpoint under which the log held here cannot stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Who sent it.
    pub peer: PublicKey,
    /// The newest checkpoint held here.
    pub held: Option<SignedCheckpoint>,
    /// The checkpoint that contradicts it.
    pub other: SignedCheckpoint,
    /// The number of records of the term that are compared.
    pub size: u64,
    /// Their root here.
    pub root: TreeHash,
    /// Their root in the tree that the other checkpoint signs.
    pub other_root: TreeHash,
    /// Shows that that root is the beginning of what the other checkpoint covers.
    pub proof: Vec<TreeHash>,
}

impl Alarm {
    /// Whether this proves to anyone that the keeper signed two different logs.
    pub fn is_misconduct(&self) -> bool {
        let covers = |held: &SignedCheckpoint| held.origin == self.other.origin && held.size == self.size;
        self.held.as_ref().is_some_and(covers)
    }

    /// The charge that it amounts to, when it is one.
    pub fn charge(&self) -> Option<Charge> {
        let held = self.held.as_ref().filter(|_| self.is_misconduct())?;
        if self.other.size == held.size {
            return Charge::same_size(held, &self.other);
        }
        Charge::prefix(held, &self.other, self.other_root, self.proof.clone())
    }
}
