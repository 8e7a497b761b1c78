//! What a home answers to each [`crate::ask::Ask`]. Everything here is for reading and showing; what must
//! hold is verified where it is used.

mod people;

pub use people::{CardText, Joined, KnockItem, OpenInvite, Spoken};

use crate::ask::{LogSetting, Signed};
pub use crate::refusal::Refusal;
pub use crate::standing::{CallItem, TakeoverView};
use crate::turn_notes::TurnNotes;
use crate::vote_notes::ToOpen;
use crate::wire::{self, Blob};
use lifeboat_log::{
    BlobHash, CellId, DetailHash, EntryId, LinkHash, Position, PublicKey, Signature, Term, Time, TreeHash,
};
use serde::{Deserialize, Serialize};

pub use crate::carried::*;

/// What a home answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`crate::Ask::Overview`].
    Overview(Overview),
    /// To [`crate::Ask::View`].
    View(View),
    /// To [`crate::Ask::Log`] and [`crate::Ask::Find`].
    Records(Vec<Entered>),
    /// To [`crate::Ask::Prove`]: a C2SP proof file; to [`crate::Ask::Terms`]: a term proof.
    Proof(Blob),
    /// To [`crate::Ask::NewTermKey`].
    TermKey(NewTermKey),
    /// To [`crate::Ask::Found`].
    Founded {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// To [`crate::Ask::Submit`] and [`crate::Ask::OutboxLoad`].
    Submitted(Vec<Fate>),
    /// To [`crate::Ask::Outbox`].
    Outbox(Vec<OwnEntry>),
    /// To [`crate::Ask::OutboxSave`].
    Bundle {
        /// The bundle, to be written as it is.
        bundle: Blob,
        /// How many entries are in it.
        entries: u32,
    },
    /// To [`crate::Ask::Invite`].
    Invited(OpenInvite),
    /// To [`crate::Ask::Invites`].
    Invites(Vec<OpenInvite>),
    /// To [`crate::Ask::Card`] and [`crate::Ask::ReadLink`].
    Card(CardText),
    /// To [`crate::Ask::Join`].
    Joined(Joined),
    /// To [`crate::Ask::Knocks`].
    Knocks(Vec<KnockItem>),
    /// To [`crate::Ask::Follow`].
    Following {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// The name under which this home knows it now.
        name: String,
    },
    /// To [`crate::Ask::Sync`].
    Synced(Vec<SyncReport>),
    /// To [`crate::Ask::Peers`].
    Peers(Vec<PeerItem>),
    /// To [`crate::Ask::Repair`]: what was mended, in sentences.
    Repaired {
        /// What was mended.
        words: Vec<String>,
        /// How many records stand in the log.
        records: u64,
    },
    /// To [`crate::Ask::Export`].
    Exported {
        /// How many records were written.
        records: u64,
    },
    /// To [`crate::Ask::DetailCounts`].
    DetailCounts(DetailCounts),
    /// To [`crate::Ask::Possession`].
    Possession {
        /// The key.
        #[serde(with = "wire::one")]
        key: PublicKey,
        /// Its signature.
        #[serde(with = "wire::one")]
        signature: Signature,
    },
    /// To [`crate::Ask::HandOver`].
    HandedOver {
        /// The term that is open now.
        #[serde(with = "wire::one")]
        term: Term,
    },
    /// To [`crate::Ask::Logs`].
    Logs(WitnessedLogs),
    /// To [`crate::Ask::BundleExport`].
    BundleWritten(BundleWritten),
    /// To [`crate::Ask::BundleImport`].
    BundleTaken(BundleTaken),
    /// To [`crate::Ask::Blobs`].
    Blobs(Vec<BlobItem>),
    /// To [`crate::Ask::BlobPut`] and [`crate::Ask::BlobGet`].
    Blob {
        /// Its name.
        #[serde(with = "wire::one")]
        hash: BlobHash,
        /// Its length in bytes.
        size: u64,
    },
    /// To [`crate::Ask::Takeover`].
    Takeover(TakeoverView),
    /// To [`crate::Ask::TakeoverPropose`]: the call, encoded.
    Called(Blob),
    /// It is done and there is nothing to say.
    Done,
}

/// How a home and its cells are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// Whether a node is running in this home.
    pub node_running: bool,
    /// Since when.
    #[serde(with = "wire::maybe")]
    pub running_since: Option<Time>,
    /// The node's key.
    #[serde(with = "wire::one")]
    pub node_key: PublicKey,
    /// Where the node listens.
    pub addresses: Vec<String>,
    /// The homes it is connected to.
    pub peers: Vec<PeerItem>,
    /// The cells, in the order in which this home came to know them.
    pub cells: Vec<CellOverview>,
    /// Own entries that are under way.
    pub outbox: Vec<OwnEntry>,
    /// What the person should know, in sentences.
    pub notices: Vec<String>,
}

/// What this home is to a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Its node orders the cell's entries.
    Keeper,
    /// It follows the cell's log.
    Follower,
}

/// How a cell is, seen from this home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellOverview {
    /// The cell.
    #[serde(with = "wire::one")]
    pub cell: CellId,
    /// The name under which this home knows it.
    pub name: String,
    /// What this home is to it.
    pub role: Role,
    /// The number of records here.
    pub size: u64,
    /// The hash of the newest link.
    #[serde(with = "wire::one")]
    pub head: LinkHash,
    /// When the newest record was placed.
    #[serde(with = "wire::one")]
    pub time: Time,
    /// The newest checkpoint held here.
    pub checkpoint: Option<SeenCheckpoint>,
    /// The homes (this one counted) known to hold the whole log up to the checkpoint.
    pub homes: u32,
    /// Entries that wait to be placed, as far as this home knows.
    pub pending: u32,
    /// Those of them that have waited longer than the charter gives the keeper.
    pub overdue: u32,
    /// So many homes must answer yet before this home signs anything as keeper or witness: its disk may
    /// be an old backup.
    pub asks: u32,
    /// Whether the keeper's node is connected (always, where this home is the keeper).
    pub keeper_reached: bool,
    /// Newest records that are known to exist and are not here yet.
    pub behind: u64,
    /// How many witnesses the open term names.
    pub witnesses: u16,
    /// How many of them a checkpoint needs.
    pub quorum: u16,
    /// How many cosigned the newest checkpoint held here.
    pub cosigned: u16,
    /// Everything before this number is witnessed, as far as this home knows.
    pub witnessed: u64,
    /// Everything before this number is anchored in the log.
    pub anchored: u64,
    /// Newcomers who have knocked and wait for a vouch.
    pub knocks: u32,
    /// Proofs of misconduct that this home holds, of the newest term first.
    pub misconduct: Vec<MisconductItem>,
    /// How many members decide on a takeover; nothing for a sibling's cell.
    pub electors: Option<u32>,
    /// What the person should know about this cell, in sentences.
    pub notices: Vec<String>,
    /// What rotation asks of this home's member.
    pub rotation: TurnNotes,
    /// Hidden votes that this home's member has to open now.
    #[serde(default)]
    pub to_open: Vec<ToOpen>,
    /// When this home's member left or was removed, in milliseconds since 1970.
    #[serde(default)]
    pub out_ms: Option<u64>,
    /// Who was to vote for this home's member is no member any more.
    #[serde(default)]
    pub proxy_gone: bool,
}

/// What this home witnesses for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessedLogs {
    /// The text by which others are told of this home's witness key.
    pub key: String,
    /// Where it listens for HTTP; nowhere when empty.
    pub listen: String,
    /// The logs.
    pub logs: Vec<LogSetting>,
}

/// A proof of misconduct. The home has verified it against the key that its log has for the term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MisconductItem {
    /// Where the file lies, below the home.
    pub path: String,
    /// Whether its term is the open one: then no more of it is taken until a takeover.
    pub open: bool,
    /// The file.
    pub file: Blob,
}

/// A checkpoint, without its signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenCheckpoint {
    /// The term.
    #[serde(with = "wire::one")]
    pub term: Term,
    /// The size of the term's tree.
    pub size: u64,
    /// Its root.
    #[serde(with = "wire::one")]
    pub root: TreeHash,
}

/// The state of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The cell.
    #[serde(with = "wire::one")]
    pub cell: CellId,
    /// The encoded state (`lifeboat_commons::State`).
    pub state: Blob,
    /// The number of records folded.
    #[serde(with = "wire::one")]
    pub next: Position,
    /// The hash of the newest link.
    #[serde(with = "wire::one")]
    pub head: LinkHash,
    /// When the newest record was placed.
    #[serde(with = "wire::one")]
    pub time: Time,
    /// The newest checkpoint held here: what a new entry has seen.
    pub seen: Option<SeenCheckpoint>,
    /// The largest author time of any entry that this home's member key signed, placed or not; a new
    /// entry's author time must be larger.
    #[serde(with = "wire::one")]
    pub last_author_time: Time,
    /// Handles whose details are here.
    pub handles: Vec<HandleText>,
    /// Own entries that are signed and not yet placed: they will follow what the state says.
    pub waiting: Vec<Signed>,
}

/// The text of a handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandleText {
    /// The member: the id of the entry that admitted them (the founder's: the cell's).
    #[serde(with = "wire::one")]
    pub member: EntryId,
    /// The detail's hash.
    #[serde(with = "wire::one")]
    pub hash: DetailHash,
    /// The text.
    pub handle: String,
}

/// A record of the log and what is known of it here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// The record's bytes: link, then entry. They were verified before they were stored.
    pub record: Blob,
    /// Why the entry has no effect; nothing when it was applied.
    pub void: Option<String>,
    /// Its open details that are here.
    pub details: Vec<DetailText>,
    /// Details that the entry names and that are not here (for other homes only, or still to come).
    #[serde(with = "wire::many")]
    pub absent: Vec<DetailHash>,
    /// Its sealed details that are here, as they are encrypted.
    pub sealed: Vec<Blob>,
    /// Its details that were erased.
    pub gone: Vec<GoneText>,
}

/// The text of an open detail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailText {
    /// What sort of text (`DetailTag`).
    pub tag: u16,
    /// Its hash.
    #[serde(with = "wire::one")]
    pub hash: DetailHash,
    /// The text.
    pub text: String,
}

/// A term key that was made in this home and is kept there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTermKey {
    /// The key of this home's node.
    #[serde(with = "wire::one")]
    pub node: PublicKey,
    /// The term key.
    #[serde(with = "wire::one")]
    pub term_key: PublicKey,
    /// The term key's proof of possession.
    #[serde(with = "wire::one")]
    pub possession: Signature,
}

/// The name of a [`Fate::Refused`] that tells only that nothing is known of the entry.
pub const NOT_KNOWN: &str = "unknown";

/// How far an entry has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// In the log, under a signed checkpoint.
    Placed {
        /// The entry.
        #[serde(with = "wire::one")]
        id: EntryId,
        /// Where.
        #[serde(with = "wire::one")]
        position: Position,
        /// The receipt: a C2SP proof file.
        receipt: Blob,
        /// The homes known to hold it, the keeper's counted.
        homes: u32,
        /// Why it has no effect, when that is known already.
        void: Option<String>,
    },
    /// In the outbox: it goes as soon as a home of the cell is reached.
    Queued {
        /// The entry.
        #[serde(with = "wire::one")]
        id: EntryId,
    },
    /// In the outbox, and in so many other homes, which bring it to the keeper too.
    HandedOn {
        /// The entry.
        #[serde(with = "wire::one")]
        id: EntryId,
        /// How many homes.
        homes: u32,
    },
    /// The keeper (or this home) does not place it.
    Refused {
        /// The entry; zero when the bytes are none.
        #[serde(with = "wire::one")]
        id: EntryId,
        /// The name of the reason, for programs.
        name: String,
        /// The reason, as a sentence.
        text: String,
    },
}

/// An entry of this home that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnEntry {
    /// The cell.
    #[serde(with = "wire::one")]
    pub cell: CellId,
    /// The entry.
    #[serde(with = "wire::one")]
    pub id: EntryId,
    /// The entry and its details.
    pub signed: Signed,
    /// How far it has come.
    pub step: Step,
}

/// The steps of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Signed, not yet placed.
    Waiting,
    /// Not yet placed, and kept by other homes, which bring it to the keeper too.
    HandedOn {
        /// How many homes.
        homes: u32,
        /// The name of the reason for which the keeper refused it last; empty when it did not.
        name: String,
        /// That reason, as a sentence.
        text: String,
    },
    /// In the log.
    Placed(#[serde(with = "wire::one")] Position),
    /// Another home than the keeper's holds it too.
    Replicated(#[serde(with = "wire::one")] Position),
    /// The keeper does not place it.
    Refused {
        /// The name of the reason.
        name: String,
        /// The reason, as a sentence.
        text: String,
    },
}

/// What a sync did for one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReport {
    /// The cell.
    #[serde(with = "wire::one")]
    pub cell: CellId,
    /// The name under which this home knows it.
    pub name: String,
    /// Records before and after.
    pub before: u64,
    /// Records now.
    pub after: u64,
    /// Whether a home that has the log was reached.
    pub reached: bool,
    /// Whether this home keeps the log.
    pub keeper: bool,
    /// Records that are known to exist and are not here yet.
    pub behind: u64,
    /// Own entries that were placed during this sync.
    pub placed: u32,
    /// Own entries that still wait.
    pub waiting: u32,
    /// Bytes of records received.
    pub received: u64,
    /// What this home's newcomer reads aloud, once the knock was delivered and until they are a member.
    pub words: Option<Spoken>,
    /// Whether its newcomer is a member now, and is told so for the first time.
    pub admitted: bool,
}

/// A home that this one is connected to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerItem {
    /// Its node's key.
    #[serde(with = "wire::one")]
    pub key: PublicKey,
    /// Its addresses.
    pub addresses: Vec<String>,
    /// Whether it is connected now.
    pub connected: bool,
    /// Whether it is connected through a relay alone.
    pub relayed: bool,
    /// The cells for which it keeps the log.
    #[serde(with = "wire::many")]
    pub keeps: Vec<CellId>,
}

/// How far a long task has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done: `fold`, `sync`, `export`, `repair`.
    pub what: String,
    /// How much is done.
    pub done: u64,
    /// Of how much; 0 when nobody knows.
    pub total: u64,
}
