//! One cell, alive: a thread that owns its machine (keeper or follower, and the delivery of own entries)
//! and carries what the machine asks to the disk and to the network. Everything that happens to a cell
//! goes through one bounded queue, in order. Reading needs no queue: it goes to the shelf.

mod accusing;
mod asking;
mod carrier;
pub use carrier::{entropy, now};
pub use missing::MissingDetails;
mod delivering;
mod disk;
mod facts;
mod following;
mod handing_in;
mod keeping;
pub(crate) mod missing;
mod role;
mod searching;
pub mod shelf;
pub(crate) mod succession;
mod taking;
pub mod texts;
mod waiting;
mod witnessing;
pub use facts::Facts;
pub use taking::{CalledHere, Standing};

use crate::cosigner::Cosigner;
use crate::home::Home;
use crate::limits::{CELL_QUEUE, OUTWARD_QUEUE};
use lifeboat_log::codec::List;
use lifeboat_log::handover::Witnesses;
use lifeboat_log::{
    Call, CellId, Detail, DetailHash, Endorsement, EntryId, Handover, Position, PublicKey, SignedCheckpoint,
    SignedEntry, Successor, Term,
};
use lifeboat_protocol::follower::StreamId;
use lifeboat_protocol::inquiry::StartNonce;
use lifeboat_protocol::message::Recalled;
use lifeboat_protocol::takeover::CallNews;
use lifeboat_protocol::{CellCard, RangeAsk, ReadFrame, Refusal, Request, Response};
use lifeboat_store::{Storage, StoreError};
use shelf::Shelf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// The calls for a takeover that a node knows of.
pub type CallList = List<CallNews, { lifeboat_protocol::limits::MAX_CALLS }>;

/// What came of an entry.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It is placed.
    Placed {
        /// Where.
        position: Position,
        /// The proof file; empty where the own copy of the log shows it.
        proof: Vec<u8>,
    },
    /// It is not, and another home keeps it and brings it to the keeper too.
    HandedOn,
    /// It is not.
    Refused(Refusal),
}

/// What happens to a cell.
pub enum ToCell {
    /// An entry to be placed here, from this home or another: for a keeper.
    Place {
        /// The entry, verified.
        entry: Box<SignedEntry>,
        /// Its details.
        details: Vec<Detail>,
        /// Where the outcome goes.
        outcome: oneshot::Sender<Outcome>,
    },
    /// An own entry that was put into the outbox: for a follower to deliver.
    Deliver {
        /// The entry, verified.
        entry: Box<SignedEntry>,
        /// Its details.
        details: Vec<Detail>,
        /// Where the outcome goes.
        outcome: oneshot::Sender<Outcome>,
    },
    /// An entry of another home, which the keeper did not place: for a follower to keep.
    Keep {
        /// The entry, verified.
        entry: Box<SignedEntry>,
        /// Its details.
        details: Vec<Detail>,
        /// Where the answer goes.
        answer: oneshot::Sender<Response>,
    },
    /// A peer passed on that an entry waits to be placed.
    Pending {
        /// The peer.
        peer: PublicKey,
        /// The entry, verified.
        entry: Box<SignedEntry>,
    },
    /// An own entry is not to be delivered any more.
    Forget(EntryId),
    /// A peer is connected.
    Connected(PublicKey),
    /// It is gone.
    Disconnected(PublicKey),
    /// A peer told its newest checkpoint, and what other homes hold.
    Tip {
        /// The peer.
        peer: PublicKey,
        /// The note; empty for none.
        checkpoint: Vec<u8>,
        /// What other homes than the keeper's hold; nothing when the peer did not say.
        held: Option<Vec<Position>>,
    },
    /// A peer did not answer, or refused.
    AskFailed(PublicKey),
    /// A frame of a stream. `next` is told when another one may come.
    Frame {
        /// The stream.
        stream: StreamId,
        /// The frame.
        frame: Box<ReadFrame>,
        /// Its length in bytes.
        bytes: u64,
        /// Told when the next one may come.
        next: oneshot::Sender<()>,
    },
    /// A stream ended.
    Closed(StreamId),
    /// Details from a peer.
    Details {
        /// The peer.
        peer: PublicKey,
        /// What it had.
        details: Vec<Detail>,
    },
    /// A node holds so much.
    Have {
        /// The node.
        node: PublicKey,
        /// The next record that it lacks.
        next: Position,
    },
    /// A checkpoint with cosignatures: for a keeper, or for a follower that passes it on.
    Cosigned {
        /// Who sent it.
        peer: PublicKey,
        /// The signed note.
        checkpoint: Vec<u8>,
    },
    /// The log is to be handed over: for a keeper.
    HandOver {
        /// What the next keeper brings.
        successor: Box<Successor>,
        /// Who witnesses the next term.
        witnesses: Witnesses,
        /// Where the outcome goes.
        outcome: oneshot::Sender<Result<(), Refusal>>,
    },
    /// A peer asks whether this home can keep that term.
    Succeed {
        /// The peer.
        peer: PublicKey,
        /// The term.
        term: Term,
        /// Where the answer goes.
        answer: oneshot::Sender<Result<Successor, Refusal>>,
    },
    /// A peer hands the log over to this home.
    HandedOver(Box<Handover>),
    /// The keeper was told that so much is held here.
    Told(Position),
    /// A peer answered an offer of an own entry; nothing when it did not.
    Offered {
        /// The entry.
        id: EntryId,
        /// The peer.
        peer: PublicKey,
        /// What it said.
        response: Option<Box<Response>>,
    },
    /// A peer gave its opening of a later era; nothing when it has none.
    Opening {
        /// The peer.
        peer: PublicKey,
        /// The record's bytes.
        record: Option<Vec<u8>>,
    },
    /// What a peer knows of calls for a takeover, and where to put what is known here.
    Calls {
        /// The calls.
        calls: Vec<CallNews>,
        /// Where the answer goes, when the peer asked.
        answer: Option<oneshot::Sender<CallList>>,
    },
    /// A home that has just started asks what is known of its keys.
    Recall {
        /// Its node.
        asker: PublicKey,
        /// Of its start.
        nonce: StartNonce,
        /// Where the answer goes.
        answer: oneshot::Sender<Recalled>,
    },
    /// A peer told what it knows of this home's keys.
    Recalled {
        /// The peer.
        peer: PublicKey,
        /// What it told.
        recalled: Box<Recalled>,
    },
    /// How the cell stands to being taken over.
    Standing(oneshot::Sender<Standing>),
    /// An endorsement of this home's member, to be promised and told.
    Endorse {
        /// What it endorses.
        call: Call,
        /// The endorsement, signed.
        endorsement: Box<Endorsement>,
        /// What came of it.
        done: oneshot::Sender<Result<(), String>>,
    },
    /// To take over without the closes of enough witnesses. Told whether there is an own call.
    Force(oneshot::Sender<bool>),
    /// The disk thread is done with the oldest of its tasks.
    Stored(Result<shelf::Stored, StoreError>),
    /// Misconduct files, asked for or heard of.
    Misconduct {
        /// The peer that sent them in answer; nothing when they came by gossip, which is judged at its door.
        peer: Option<PublicKey>,
        /// The files.
        files: Vec<Vec<u8>>,
    },
    /// Time has passed.
    Tick,
    /// Ends the cell's thread.
    Close,
}

/// What a cell asks of the network.
#[derive(Debug)]
pub enum Outward {
    /// Ask a peer for its newest checkpoint.
    AskTip(PublicKey),
    /// Ask a peer for records.
    OpenRange {
        /// The stream's name.
        stream: StreamId,
        /// The peer.
        peer: PublicKey,
        /// The question.
        ask: RangeAsk,
    },
    /// Close a stream.
    CloseRange(StreamId),
    /// Ask a peer for details.
    AskDetails {
        /// The peer.
        peer: PublicKey,
        /// Which.
        hashes: Vec<DetailHash>,
    },
    /// Tell a peer how much is held here.
    Have {
        /// The peer.
        peer: PublicKey,
        /// The next record that is lacking.
        next: Position,
    },
    /// Tell the keeper of a checkpoint's cosignatures.
    TellCosigned {
        /// The keeper's node.
        peer: PublicKey,
        /// The checkpoint.
        checkpoint: Box<SignedCheckpoint>,
    },
    /// Hand the log over to the next keeper.
    HandOver {
        /// Its node.
        peer: PublicKey,
        /// The handover.
        handover: Box<Handover>,
    },
    /// Ask a peer for its opening of the first era after this one.
    AskOpening {
        /// The peer.
        peer: PublicKey,
        /// The era.
        era: u16,
    },
    /// Tell a peer of the calls for a takeover, and hear of its.
    TellCalls {
        /// The peer.
        peer: PublicKey,
        /// The calls.
        calls: CallList,
    },
    /// Ask a peer what it knows of this home's keys.
    AskRecall {
        /// The peer.
        peer: PublicKey,
        /// This home's node.
        asker: PublicKey,
        /// Of this start.
        nonce: StartNonce,
    },
    /// Tell all followers of a new checkpoint.
    Publish(Box<SignedCheckpoint>),
    /// Ask a peer for the misconduct files that it holds.
    AskMisconduct(PublicKey),
    /// Tell all followers of a misconduct file.
    Accuse(Vec<u8>),
    /// Tell all followers of an entry that waits.
    Pending(Box<SignedEntry>),
    /// Offer an own entry to a peer.
    Offer {
        /// The peer.
        peer: PublicKey,
        /// The entry.
        id: EntryId,
        /// The request.
        request: Box<Request>,
    },
}

/// What a cell's thread begins with.
pub struct CellConfig {
    /// The home.
    pub home: Home,
    /// Its storage.
    pub storage: Arc<dyn Storage>,
    /// The cell.
    pub cell: CellId,
    /// The key of the home's node.
    pub node: PublicKey,
    /// The card from which this home began to follow the cell.
    pub card: Option<CellCard>,
    /// The home's witness.
    pub cosigner: Arc<Cosigner>,
    /// A person vouches that the disk was not restored from a backup.
    pub not_restored: bool,
}

/// A cell whose thread is running.
pub struct CellHandle {
    cell: CellId,
    root: std::path::PathBuf,
    queue: mpsc::Sender<ToCell>,
    outward: Mutex<Option<mpsc::Receiver<Outward>>>,
    shelf: Arc<RwLock<Shelf>>,
    facts: Arc<Mutex<Facts>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl CellHandle {
    /// Starts the cell's thread on a shelf that is open.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(config: CellConfig, shelf: Shelf) -> std::io::Result<Self> {
        let (queue, messages) = mpsc::channel(CELL_QUEUE);
        let (sender, outward) = mpsc::channel(OUTWARD_QUEUE);
        let inquiry = asking::begin(&config, &shelf);
        let shelf = Arc::new(RwLock::new(shelf));
        let facts = Arc::new(Mutex::new(Facts::default()));
        let (cell, root) = (config.cell, config.home.root().to_owned());
        let carrier = carrier::Parts {
            config,
            shelf: shelf.clone(),
            facts: facts.clone(),
            inquiry: Mutex::new(inquiry),
            own_queue: queue.downgrade(),
            outward: sender,
        };
        let (ready, begun) = std::sync::mpsc::sync_channel(1);
        let run = move || carrier::run(carrier, messages, &ready);
        let thread = std::thread::Builder::new().name(format!("cell {:.8}", cell.to_string())).spawn(run)?;
        // The machine has begun once this returns: what is asked next finds the facts in place.
        let _ = begun.recv();
        Ok(Self {
            cell,
            root,
            queue,
            outward: Mutex::new(Some(outward)),
            shelf,
            facts,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// The cell.
    pub fn cell(&self) -> CellId {
        self.cell
    }

    /// The folder of the home.
    pub fn root(&self) -> &std::path::Path {
        &self.root
    }

    /// What anyone may know of the cell at once.
    pub fn facts(&self) -> Facts {
        locked(&self.facts).clone()
    }

    /// The log and the state, to be read. Never hold this over an await.
    pub fn read(&self) -> RwLockReadGuard<'_, Shelf> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shelf, for tasks that read it elsewhere.
    pub fn shelf(&self) -> Arc<RwLock<Shelf>> {
        self.shelf.clone()
    }

    /// Tells the cell something, waiting for room. Nothing happens when it has ended.
    pub async fn tell(&self, message: ToCell) {
        let _ = self.queue.send(message).await;
    }

    /// Tells the cell something when there is room at once.
    pub fn try_tell(&self, message: ToCell) -> bool {
        self.queue.try_send(message).is_ok()
    }

    /// The queue.
    pub fn queue(&self) -> mpsc::Sender<ToCell> {
        self.queue.clone()
    }

    /// What the cell asks of the network; given once.
    pub fn take_outward(&self) -> Option<mpsc::Receiver<Outward>> {
        locked(&self.outward).take()
    }

    /// Whether the thread has ended.
    pub fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Ends the thread and waits for it; the state is kept for the next opening. It blocks.
    pub fn close(&self) {
        let Some(thread) = locked(&self.thread).take() else { return };
        let _ = self.queue.blocking_send(ToCell::Close);
        if thread.join().is_err() {
            tracing::error!(cell = %self.cell, "the cell's thread ended in a fault");
        }
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn writing(shelf: &RwLock<Shelf>) -> RwLockWriteGuard<'_, Shelf> {
    shelf.write().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn reading(shelf: &RwLock<Shelf>) -> RwLockReadGuard<'_, Shelf> {
    shelf.read().unwrap_or_else(PoisonError::into_inner)
}
