//! A link: one place in a cell's hash chain. Keepers do not sign links; they sign checkpoints.

use crate::codec::{self, Malformed};
use crate::hash::{EntryId, LINK_CONTEXT, LinkHash, derive};
use crate::time::{Position, Term, Time};
use bincode::{Decode, Encode};

/// The link format that this version writes and reads.
pub const LINK_FORMAT: u8 = 1;
/// Bytes of a link.
pub const LINK_LEN: usize = 85;

/// One place in the chain. Layout: `docs/format.md`, "Link".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Link {
    format: u8,
    /// The term in which it was placed.
    pub term: Term,
    /// Its place in the cell's log.
    pub position: Position,
    /// The hash of the link before it; zero at position 0.
    pub previous: LinkHash,
    /// When the keeper placed it, by the keeper's clock; never before the link before it.
    pub time: Time,
    /// The entry that stands here.
    pub entry: EntryId,
}

/// Why bytes are not a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// The bytes are no encoding of a link.
    #[error("not a link: {0}")]
    Malformed(#[from] Malformed),
    /// The format byte is of a version that this program does not know.
    #[error("a link of format {0}, which this version does not know: update lifeboat")]
    UnknownFormat(u8),
}

impl Link {
    /// A link of the current format.
    pub fn new(term: Term, position: Position, previous: LinkHash, time: Time, entry: EntryId) -> Self {
        Self { format: LINK_FORMAT, term, position, previous, time, entry }
    }

    /// The link that these bytes are.
    ///
    /// # Errors
    /// [`BadLink`] when they are not exactly one link.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadLink> {
        match bytes.first() {
            Some(&LINK_FORMAT) => Ok(codec::decode(bytes)?),
            Some(&format) => Err(BadLink::UnknownFormat(format)),
            None => Err(Malformed::Truncated.into()),
        }
    }

    /// The 85 bytes of the link.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The hash that the next link names as its previous.
    pub fn hash(&self) -> LinkHash {
        LinkHash(derive(LINK_CONTEXT, &self.encode()))
    }
}
