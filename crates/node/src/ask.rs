//! The one interface of all commands: what can be asked of a home, and what it answers. The same words
//! go over the control socket of a running node and inside one process. An ask never carries a member's
//! secret key: entries arrive signed.

pub use crate::home::LogSetting;
use crate::wire::{self, Blob};
use lifeboat_log::{BlobHash, CellId, EntryId, Nonce, Position, PublicKey, Time};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

pub use crate::answer::*;

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
    /// The openings of all terms of a cell. Answer: [`Answer::Proof`], a term proof.
    Terms {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
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
    /// How many details there are, and what became of them here; never what they say. Answer:
    /// [`Answer::DetailCounts`].
    DetailCounts {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// That this home's node or witness key signs that it serves a member. Answer: [`Answer::Possession`].
    Possession {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// The member's id.
        #[serde(with = "wire::one")]
        member: EntryId,
        /// Which key.
        what: OwnKey,
    },
    /// Hands the log of a cell that this home keeps over: to another node, or to itself under a fresh key.
    /// Answer: [`Answer::HandedOver`].
    HandOver {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// The next keeper's node; this home's own when nobody is named.
        #[serde(with = "wire::maybe")]
        to: Option<PublicKey>,
        /// The keys that witness the next term.
        #[serde(with = "wire::many")]
        witnesses: Vec<PublicKey>,
        /// How many cosignatures a checkpoint needs.
        quorum: u16,
    },
    /// The logs of others that this home cosigns over HTTP. Answer: [`Answer::Logs`].
    Logs,
    /// Cosigns a log of others from now on. Answer: [`Answer::Done`].
    Trust {
        /// The log.
        log: LogSetting,
    },
    /// Where the witness listens for HTTP from the node's next start; nowhere when empty. Answer:
    /// [`Answer::Done`].
    ServeWitness {
        /// The address: `127.0.0.1:8080`.
        listen: String,
    },
    /// Cosigns that log no more. Answer: [`Answer::Done`].
    Distrust {
        /// Its origin.
        origin: String,
    },
    /// Writes a cell's log, or its newest part, to a file for a USB stick. Answer:
    /// [`Answer::BundleWritten`].
    BundleExport {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// The file, an absolute path.
        to: PathBuf,
        /// From this record on.
        #[serde(with = "wire::maybe")]
        from: Option<Position>,
        /// From the first record placed at or after this time on.
        #[serde(with = "wire::maybe")]
        since: Option<Time>,
        /// With the open texts.
        details: bool,
        /// With the private texts, as they are encrypted.
        sealed: bool,
        /// With photos.
        blobs: bool,
    },
    /// Takes such a file in. Answer: [`Answer::BundleTaken`].
    BundleImport {
        /// The file, an absolute path.
        from: PathBuf,
    },
    /// Keeps a file as a photo, for an entry that will name it. Answer: [`Answer::Blob`].
    BlobPut {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// The file, an absolute path.
        from: PathBuf,
    },
    /// The photos that entries name. Answer: [`Answer::Blobs`].
    Blobs {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// Writes a photo to a file, fetched from other homes where it is not here. Answer:
    /// [`Answer::Blob`].
    BlobGet {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// The photo.
        #[serde(with = "wire::one")]
        hash: BlobHash,
        /// The file, an absolute path.
        to: PathBuf,
        /// How long to try to reach somebody who has it, in milliseconds.
        wait_ms: u64,
    },
    /// How a cell stands to being taken over. Answer: [`Answer::Takeover`].
    Takeover {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// A call for this home's node to keep the log, with a fresh term key; nothing is told of it before it
    /// is endorsed. Answer: [`Answer::Called`].
    TakeoverPropose {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// An endorsement by a key of this home's member: promised on disk, then told to all. Answer:
    /// [`Answer::Done`].
    TakeoverEndorse {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// The call and the endorsement, encoded (`lifeboat_log`).
        signed: Blob,
    },
    /// Lets the call of this home go on without the closes of enough witnesses. Answer: [`Answer::Done`].
    TakeoverForce {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
    },
    /// Ends the node that runs in this home. Answer: [`Answer::Done`].
    Stop,
    /// Holds entries of this home's member back until their time has come: reveals of draws. Answer:
    /// [`Answer::Done`].
    Hold {
        /// The cell.
        #[serde(with = "wire::one")]
        cell: CellId,
        /// The entries, without details.
        entries: Vec<Signed>,
    },
}

/// A key of this home that can serve a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnKey {
    /// The node's.
    Node,
    /// The witness's.
    Witness,
    /// The witness's, made anew now.
    NewWitness,
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
