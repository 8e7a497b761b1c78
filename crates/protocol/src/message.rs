//! What nodes say to each other: requests, responses and announcements, as bytes. Every length is
//! bounded before anything is allocated. Variant numbers are never reused: a new message goes to the end.
//! A message is only read here; what to do about it is for the machines.

#[cfg(test)]
mod tests;

use crate::inquiry::StartNonce;
use crate::limits::{
    MAX_ACCEPTANCE, MAX_ANNOUNCEMENT, MAX_CALLS, MAX_DETAILS_ASKED, MAX_ENTRY, MAX_HELD, MAX_MESSAGE,
    MAX_MISCONDUCT_FILES, MAX_RECALLED,
};
use crate::refusal::Refusal;
use crate::takeover::CallNews;
use bincode::{Decode, Encode};
use lifeboat_log::codec::{self, Bytes, List, Malformed};
use lifeboat_log::limits::{MAX_DETAIL, MAX_DETAILS, MAX_MISCONDUCT, MAX_NOTE, MAX_RECORD};
use lifeboat_log::note::Note;
use lifeboat_log::proof::MAX_PROOF_FILE;
use lifeboat_log::{
    CellId, Checkpoint, Detail, DetailHash, Handover, Position, PublicKey, Signature, SignedCheckpoint,
    SignedEntry, Successor, Term,
};

/// The bytes of one detail.
pub type DetailBytes = Bytes<MAX_DETAIL>;
/// The bytes of one checkpoint, a signed note.
pub type NoteBytes = Bytes<MAX_NOTE>;
/// The bytes of one entry.
pub type EntryBytes = Bytes<MAX_ENTRY>;

/// What one node asks of another.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Request {
    /// 0: place this entry. Answered by [`Response::Receipt`] or [`Response::Refused`].
    Submit {
        /// The cell.
        cell: CellId,
        /// The signed entry.
        entry: EntryBytes,
        /// All details that it names, in any order.
        details: List<DetailBytes, MAX_DETAILS>,
        /// Whether it was passed on already; such a one is not passed on again.
        passed_on: bool,
    },
    /// 1: your newest checkpoint of this cell, please. Answered by [`Response::Tip`].
    Tip {
        /// The cell.
        cell: CellId,
    },
    /// 2: these details, please. Answered by [`Response::Details`] with those that are held.
    Details {
        /// The cell.
        cell: CellId,
        /// Their hashes.
        hashes: List<DetailHash, MAX_DETAILS_ASKED>,
    },
    /// 3: a newcomer answers an invite. Answered by [`Response::Welcome`] where the invite's secret is
    /// held, else by [`Response::Noted`]: it is kept for the inviter.
    Knock {
        /// The cell.
        cell: CellId,
        /// The invite.
        invite: [u8; 16],
        /// The newcomer's signed acceptance.
        acceptance: Bytes<MAX_ACCEPTANCE>,
        /// The detail that holds the handle.
        handle: DetailBytes,
    },
    /// 4: did anyone answer this invite? Answered by [`Response::Knocked`] or refused.
    Knocked {
        /// The cell.
        cell: CellId,
        /// The invite.
        invite: [u8; 16],
    },
    /// 5: this node holds so many records durably. Answered by [`Response::Noted`].
    Have {
        /// The cell.
        cell: CellId,
        /// The position of the next record that it lacks.
        next: Position,
    },
    /// 6: a checkpoint with cosignatures that the keeper, or who passes it on to the keeper, may lack.
    /// Answered by [`Response::Noted`].
    Cosigned {
        /// The cell.
        cell: CellId,
        /// The signed note.
        checkpoint: NoteBytes,
    },
    /// 7: the keeper asks whether this node can keep the term after the open one. Answered by
    /// [`Response::Successor`] or refused.
    Succeed {
        /// The cell.
        cell: CellId,
        /// The term that would open.
        term: Term,
    },
    /// 8: the keeper hands the log over to this node. Answered by [`Response::Noted`].
    HandOver {
        /// The cell.
        cell: CellId,
        /// The handover, signed by the term key.
        handover: Box<Handover>,
    },
    /// 9: the misconduct files that you hold of this cell, please. Answered by [`Response::Misconduct`].
    Misconduct {
        /// The cell.
        cell: CellId,
    },
    /// 10: the record that opens the first term of a later era than this, please. Answered by
    /// [`Response::Opening`], or refused where none is held.
    Opening {
        /// The cell.
        cell: CellId,
        /// The era in which the asker's log stands.
        era: u16,
    },
    /// 11: these calls for a takeover are known here. Answered by [`Response::Calls`].
    Calls {
        /// The cell.
        cell: CellId,
        /// The calls.
        calls: List<CallNews, MAX_CALLS>,
    },
    /// 12: a node has just started, and its disk may be an old backup: what did its keys sign? Who is asked by
    /// that node itself asks others too, since not all homes are connected to each other. Answered by
    /// [`Response::Recalled`].
    Recall {
        /// The cell.
        cell: CellId,
        /// The node that has started.
        asker: PublicKey,
        /// Of this start alone.
        nonce: StartNonce,
    },
}

/// What a node answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Response {
    /// 0: not done, and why.
    Refused(Refusal),
    /// 1: placed; the proof file (C2SP `tlog-proof`) with the record in it.
    Receipt {
        /// The proof file.
        proof: Bytes<MAX_PROOF_FILE>,
    },
    /// 2: the newest checkpoint held.
    Tip {
        /// The checkpoint; empty where nothing is held yet.
        checkpoint: NoteBytes,
        /// How much the homes that told it hold, not the keeper's: the position of the next record that
        /// each lacks, largest first.
        held: List<Position, MAX_HELD>,
    },
    /// 3: those of the details that are held.
    Details {
        /// Their bytes, in any order.
        details: List<DetailBytes, MAX_DETAILS_ASKED>,
    },
    /// 4: the invite's secret, revealed now that the newcomer's key is fixed.
    Welcome {
        /// The secret that the invite's commitment is the hash of.
        secret: [u8; 32],
    },
    /// 5: the newcomer who answered the invite.
    Knocked {
        /// The newcomer's signed acceptance.
        acceptance: Bytes<MAX_ACCEPTANCE>,
        /// The detail that holds the handle.
        handle: DetailBytes,
    },
    /// 6: noted; there is nothing to say.
    Noted,
    /// 7: this node can keep the term that was asked for.
    Successor(Successor),
    /// 8: the misconduct files that are held, those of the newest term first.
    Misconduct {
        /// The files.
        files: List<Bytes<MAX_MISCONDUCT>, MAX_MISCONDUCT_FILES>,
    },
    /// 9: the keeper did not place the entry now: this home keeps it, with its details, and hands it to
    /// the keeper again.
    Kept,
    /// 10: the record that opens the first term of a later era.
    Opening {
        /// Its bytes, as they lie on disk.
        record: Bytes<MAX_RECORD>,
    },
    /// 11: the calls for a takeover that are known here, those of the question included.
    Calls {
        /// The calls.
        calls: List<CallNews, MAX_CALLS>,
    },
    /// 12: what is known here of what others have signed, and then what other homes know.
    Recalled {
        /// The answers.
        answers: List<Recalled, MAX_RECALLED>,
    },
}

/// All that a home knows of what others have signed as keeper, as witness and in calls, and its witness's
/// word that it is the one who says so.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Recalled {
    /// The newest checkpoint held, with its cosignatures; empty where nothing is held.
    pub checkpoint: NoteBytes,
    /// The calls for a takeover that are known; none in an answer that was passed on.
    pub calls: List<CallNews, MAX_CALLS>,
    /// The key of the home's witness.
    pub witness: PublicKey,
    /// Its signature over `"lifeboat/recalled/v1\0"`, the cell, the node that asked, and its nonce.
    pub signature: Signature,
}

/// What is told to all who follow a cell, by gossip.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Announcement {
    /// The cell.
    pub cell: CellId,
    /// What is new.
    pub news: News,
}

/// What is new in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum News {
    /// 0: a newer checkpoint.
    Checkpoint(NoteBytes),
    /// 1: a misconduct file, when it is not too long to be told so.
    Misconduct(NoteBytes),
    /// 2: an entry that waits to be placed; its details are asked for by who needs them.
    Pending(EntryBytes),
}

impl Request {
    /// The request to place this entry, or nothing when there are more details than an entry may have.
    pub fn submit(entry: &SignedEntry, cell: CellId, details: &[Detail]) -> Option<Self> {
        let entry = Bytes::new(entry.bytes().to_vec())?;
        let details = List::new(details.iter().filter_map(|d| Bytes::new(d.as_bytes().to_vec())).collect())?;
        Some(Self::Submit { cell, entry, details, passed_on: false })
    }

    /// The same submission, not to be passed on any further.
    #[must_use]
    pub fn passed_on(self) -> Self {
        match self {
            Self::Submit { cell, entry, details, .. } => {
                Self::Submit { cell, entry, details, passed_on: true }
            }
            other => other,
        }
    }

    /// The cell that the request is about.
    pub fn cell(&self) -> CellId {
        match self {
            Self::Submit { cell, .. }
            | Self::Tip { cell }
            | Self::Details { cell, .. }
            | Self::Knock { cell, .. }
            | Self::Knocked { cell, .. }
            | Self::Misconduct { cell }
            | Self::Have { cell, .. }
            | Self::Cosigned { cell, .. }
            | Self::Succeed { cell, .. }
            | Self::HandOver { cell, .. }
            | Self::Opening { cell, .. }
            | Self::Calls { cell, .. }
            | Self::Recall { cell, .. } => *cell,
        }
    }

    /// The request's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The request that these bytes are.
    ///
    /// # Errors
    /// [`Malformed`] when they are not exactly one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        within(bytes, MAX_MESSAGE)
    }
}

impl Response {
    /// The answer that gives the newest checkpoint and what other homes hold of the log.
    pub fn tip(checkpoint: Option<&SignedCheckpoint>, mut held: Vec<Position>) -> Self {
        held.truncate(MAX_HELD);
        let checkpoint = checkpoint.map(SignedCheckpoint::to_bytes).and_then(Bytes::new);
        Self::Tip { checkpoint: checkpoint.unwrap_or_default(), held: List::new(held).unwrap_or_default() }
    }

    /// The answer that gives these details, as many as fit.
    pub fn details(mut details: Vec<Detail>) -> Self {
        details.truncate(MAX_DETAILS_ASKED);
        let bytes = details.iter().filter_map(|d| Bytes::new(d.as_bytes().to_vec())).collect();
        Self::Details { details: List::new(bytes).unwrap_or_default() }
    }

    /// The answer that gives these misconduct files, as many as fit.
    pub fn misconduct(files: Vec<Vec<u8>>) -> Self {
        let mut files: Vec<_> = files.into_iter().filter_map(Bytes::new).collect();
        files.truncate(MAX_MISCONDUCT_FILES);
        Self::Misconduct { files: List::new(files).unwrap_or_default() }
    }

    /// What one home alone knows of a node's keys that has started.
    pub fn recalled(own: Recalled) -> Self {
        Self::Recalled { answers: List::new(vec![own]).unwrap_or_default() }
    }

    /// The answer that something is refused.
    pub fn refused(name: &str) -> Self {
        Self::Refused(Refusal::new(name))
    }

    /// The response's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The response that these bytes are.
    ///
    /// # Errors
    /// [`Malformed`] when they are not exactly one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        within(bytes, MAX_MESSAGE)
    }
}

impl Announcement {
    /// The announcement of a newer checkpoint, or nothing when its note is too long.
    pub fn checkpoint(checkpoint: &SignedCheckpoint) -> Option<Self> {
        let news = News::Checkpoint(Bytes::new(checkpoint.to_bytes())?);
        Some(Self { cell: checkpoint.origin.cell, news })
    }

    /// The announcement of a misconduct file, or nothing when it is too long: peers then ask for it.
    pub fn misconduct(cell: CellId, file: &[u8]) -> Option<Self> {
        Some(Self { cell, news: News::Misconduct(Bytes::new(file.to_vec())?) })
    }

    /// The announcement of an entry that waits, or nothing when it is too long.
    pub fn pending(cell: CellId, entry: &SignedEntry) -> Option<Self> {
        Some(Self { cell, news: News::Pending(Bytes::new(entry.bytes().to_vec())?) })
    }

    /// The announcement's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The announcement that these bytes are.
    ///
    /// # Errors
    /// [`Malformed`] when they are not exactly one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        within(bytes, MAX_ANNOUNCEMENT)
    }
}

/// The term of which a note says to be a checkpoint. A hint: nothing of it is verified.
pub fn term_of_note(bytes: &[u8]) -> Option<Term> {
    let note = Note::parse(bytes).ok()?;
    Checkpoint::parse_text(&note.text).ok().map(|checkpoint| checkpoint.origin.term)
}

/// The value that these bytes are, when there are not too many of them.
pub(crate) fn within<T: Decode<()>>(bytes: &[u8], max: usize) -> Result<T, Malformed> {
    if bytes.len() > max { Err(Malformed::TooLong) } else { codec::decode(bytes) }
}
