//! The one interface of all commands: what can be asked of a home, and what it answers. The same words
//! go over the control socket of a running node and inside one process. An ask never carries a member's
//! secret key: entries arrive signed.

use crate::wire::{self, Blob};
use lifeboat_log::{
    CellId, DetailHash, EntryId, LinkHash, Nonce, Position, PublicKey, Signature, Term, Time, TreeHash,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What can be asked of a home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// How the home and its cells are. Answer: [`Answer::Overview`].
    Overview,
    /// The state of a cell, to compute with. Answer: [`Answer::View`].
    View {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// Records of a cell, in order. Answer: [`Answer::Records`].
    Log {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// Which of them.
        range: Range,
    },
    /// One record by its position or its id. Answer: [`Answer::Records`] with one or none.
    Find {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// Which one.
        reference: Reference,
    },
    /// The proof that a record stands in the log, as a C2SP proof file. Answer: [`Answer::Proof`].
    Prove {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// The record.
        #[serde(with = "wire::one")]
        position: Position,
    },
    /// A new term key, made and kept in this home, for a founding entry that `author` will sign.
    /// Answer: [`Answer::TermKey`].
    NewTermKey {
        /// Who will sign the founding entry.
        #[serde(with = "wire::one")]
        author: PublicKey,
        /// The founding entry's nonce.
        #[serde(with = "wire::one")]
        nonce: Nonce,
    },
    /// Founds a cell whose log this home keeps. Answer: [`Answer::Founded`].
    Found {
        /// The founding entry and its details.
        signed: Signed,
        /// The short name under which this home knows the cell (`oak-street`).
        name: String,
    },
    /// Entries of this home's member. Each is kept in the outbox until it is replicated. Answer:
    /// [`Answer::Submitted`], one fate an entry, in the order given.
    Submit {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// The entries, at most [`crate::limits::MAX_SUBMIT`].
        entries: Vec<Signed>,
        /// How long to wait for them to be placed, in milliseconds; 0 only queues them (a home that
        /// keeps the log places them at once all the same).
        wait_ms: u64,
    },
    /// The entries of this home that are under way. Answer: [`Answer::Outbox`].
    Outbox,
    /// The outbox as one bundle, to carry on a USB stick. Answer: [`Answer::Bundle`].
    OutboxSave,
    /// Takes in a bundle that another home saved: places the entries when this home keeps the log, else
    /// sends them on with its own. Answer: [`Answer::Submitted`].
    OutboxLoad {
        /// The bundle.
        bundle: Blob,
    },
    /// Takes an entry that was refused, or is not to be sent after all, out of the outbox; one that was
    /// already sent may still be placed. Answer: [`Answer::Done`].
    OutboxDrop {
        /// The entry.
        #[serde(with = "wire::one")]
        id: EntryId,
    },
    /// An invite for one person. Answer: [`Answer::Invited`].
    Invite {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// For how many days.
        days: u16,
    },
    /// The invites that are open. Answer: [`Answer::Invites`].
    Invites {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// What an invite (or the card of a cell) says; nothing is done. Answer: [`Answer::Card`].
    ReadLink {
        /// The link: `lifeboat:oak-street/…`.
        link: String,
    },
    /// Follows the cell of an invite and knocks there. Asking again knocks again. Answer:
    /// [`Answer::Joined`].
    Join {
        /// The invite.
        link: String,
        /// The newcomer's signed acceptance, encoded (`lifeboat_commons`).
        acceptance: Blob,
        /// The detail that holds the newcomer's handle.
        handle: Blob,
        /// How long to try to reach somebody, in milliseconds.
        wait_ms: u64,
    },
    /// Who has knocked and is no member yet. Answer: [`Answer::Knocks`].
    Knocks {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// Follows the cell of a card: a sibling. Answer: [`Answer::Following`].
    Follow {
        /// The card: `lifeboat:oak-street/…`.
        link: String,
    },
    /// Stops following a cell; what is on disk stays. Answer: [`Answer::Done`].
    Unfollow {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// Brings all followed cells up to date and the outbox out. Answer: [`Answer::Synced`].
    Sync {
        /// How long to try, in milliseconds.
        wait_ms: u64,
    },
    /// The homes that this one is connected to. Answer: [`Answer::Peers`].
    Peers,
    /// Connects to an address (`/ip4/192.168.1.7/tcp/4001`), and remembers it. Answer: [`Answer::Done`].
    Connect {
        /// The address.
        address: String,
    },
    /// The card of a cell, by which others can follow it. Answer: [`Answer::Card`].
    Card {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// Rebuilds from the log whatever is built from it, and repairs the log's end. Answer:
    /// [`Answer::Repaired`].
    Repair {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// Writes a static copy of a cell's log into a new folder. Answer: [`Answer::Exported`].
    Export {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// The folder, an absolute path.
        to: PathBuf,
    },
    /// Ends the node that runs in this home. Answer: [`Answer::Done`].
    Stop,
}

/// What a home answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Ask::Overview`].
    Overview(Overview),
    /// To [`Ask::View`].
    View(View),
    /// To [`Ask::Log`] and [`Ask::Find`].
    Records(Vec<Entered>),
    /// To [`Ask::Prove`]: a C2SP proof file.
    Proof(Blob),
    /// To [`Ask::NewTermKey`].
    TermKey(NewTermKey),
    /// To [`Ask::Found`].
    Founded {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// To [`Ask::Submit`] and [`Ask::OutboxLoad`].
    Submitted(Vec<Fate>),
    /// To [`Ask::Outbox`].
    Outbox(Vec<OwnEntry>),
    /// To [`Ask::OutboxSave`].
    Bundle {
        /// The bundle, to be written as it is.
        bundle: Blob,
        /// How many entries are in it.
        entries: u32,
    },
    /// To [`Ask::Invite`].
    Invited(OpenInvite),
    /// To [`Ask::Invites`].
    Invites(Vec<OpenInvite>),
    /// To [`Ask::Card`] and [`Ask::ReadLink`].
    Card(CardText),
    /// To [`Ask::Join`].
    Joined(Joined),
    /// To [`Ask::Knocks`].
    Knocks(Vec<KnockItem>),
    /// To [`Ask::Follow`].
    Following {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// The name under which this home knows it now.
        name: String,
    },
    /// To [`Ask::Sync`].
    Synced(Vec<SyncReport>),
    /// To [`Ask::Peers`].
    Peers(Vec<PeerItem>),
    /// To [`Ask::Repair`]: what was mended, in sentences.
    Repaired {
        /// What was mended.
        words: Vec<String>,
        /// How many records stand in the log.
        records: u64,
    },
    /// To [`Ask::Export`].
    Exported {
        /// How many records were written.
        records: u64,
    },
    /// It is done and there is nothing to say.
    Done,
}

/// Which records of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The first position that may be in it; with `newest`, the last one plus one (or none).
    #[serde(with = "wire::maybe")]
    pub from: Option<Position>,
    /// At most so many, and never more than [`crate::limits::MAX_RECORDS_ANSWERED`].
    pub count: u32,
    /// Takes the last ones before `from` rather than the first ones from it; they come in order of
    /// position all the same.
    pub newest: bool,
    /// Only entries of these kinds; empty for all.
    pub kinds: Vec<u16>,
    /// Only entries that these keys signed; empty for all.
    #[serde(with = "wire::many")]
    pub authors: Vec<PublicKey>,
}

impl Range {
    /// The last `count` records.
    pub fn last(count: u32) -> Self {
        Self { from: None, count, newest: true, kinds: Vec::new(), authors: Vec::new() }
    }

    /// `count` records from `from` on.
    pub fn from(from: Position, count: u32) -> Self {
        Self { from: Some(from), count, newest: false, kinds: Vec::new(), authors: Vec::new() }
    }
}

/// How a person or a program names a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// By its position.
    At(#[serde(with = "wire::one")] Position),
    /// By its id.
    Id(#[serde(with = "wire::one")] EntryId),
}

/// A signed entry with its details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// The entry's bytes, as signed.
    pub entry: Blob,
    /// The bytes of its details, in any order.
    pub details: Vec<Blob>,
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
    /// Entries waiting to be placed here.
    pub pending: u32,
    /// Whether the keeper's node is connected (always, where this home is the keeper).
    pub keeper_reached: bool,
    /// Newest records that are known to exist and are not here yet.
    pub behind: u64,
    /// Newcomers who have knocked and wait for a vouch.
    pub knocks: u32,
    /// What the person should know about this cell, in sentences.
    pub notices: Vec<String>,
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
    /// Details that the entry names and that are not here (erased, sealed, or still to come).
    #[serde(with = "wire::many")]
    pub absent: Vec<DetailHash>,
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

/// An invite that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInvite {
    /// The invite, to be passed on: `lifeboat:oak-street/…`.
    pub link: String,
    /// The number that tells it from others.
    #[serde(with = "wire::one")]
    pub invite: Nonce,
    /// Until when it is open.
    #[serde(with = "wire::one")]
    pub expires: Time,
    /// Whether somebody has knocked with it.
    pub used: bool,
}

/// What a card or an invite says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardText {
    /// The link itself.
    pub link: String,
    /// The cell.
    #[serde(with = "wire::one")]
    pub cell: CellId,
    /// The name in the link.
    pub name: String,
    /// The number of the invite, when it is one.
    #[serde(with = "wire::maybe")]
    pub invite: Option<Nonce>,
    /// Until when the invite is open; zero when it is none.
    #[serde(with = "wire::one")]
    pub expires: Time,
    /// Where homes of the cell were when the link was made.
    pub addresses: Vec<String>,
}

/// How a knock went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The cell.
    #[serde(with = "wire::one")]
    pub cell: CellId,
    /// The name under which this home knows it now.
    pub name: String,
    /// Whether a home of the cell was reached and has the knock.
    pub delivered: bool,
    /// What both sides read aloud, as numbers into the list of words; only once the knock was delivered.
    /// Three, or seven where the inviter's secret was not revealed.
    pub words: Option<Vec<u16>>,
}

/// Somebody who has knocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnockItem {
    /// The acceptance that the newcomer signed, encoded: what a vouch carries.
    pub acceptance: Blob,
    /// The detail that holds the handle: it goes with the vouch.
    pub handle: Blob,
    /// The handle's text.
    pub text: String,
    /// The newcomer's key.
    #[serde(with = "wire::one")]
    pub key: PublicKey,
    /// The words that the newcomer should read aloud, as numbers into the list of words.
    pub words: Vec<u16>,
    /// Until when members may vouch for it.
    #[serde(with = "wire::one")]
    pub expires: Time,
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
    /// Records that are known to exist and are not here yet.
    pub behind: u64,
    /// Own entries that were placed during this sync.
    pub placed: u32,
    /// Own entries that still wait.
    pub waiting: u32,
    /// Bytes of records received.
    pub received: u64,
    /// What this home's newcomer reads aloud (numbers into the list of words), once the knock was
    /// delivered and until they are a member.
    pub words: Option<Vec<u16>>,
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

/// Why a home gives no answer: a name for programs, and sentences for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// The name of the reason: `unknown_cell`, `not_keeper`, `damaged`, …
    pub name: String,
    /// What is wrong and what to do next.
    pub text: String,
}

impl Refusal {
    /// A refusal with this name and text.
    pub fn new(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into() }
    }
}
