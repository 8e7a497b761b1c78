//! The frames of a bundle, as they stand in its file: each a length of four bytes (little-endian, never
//! zero) and that many bytes; a length of zero ends the file, so that a file that was cut is never taken
//! for a whole one. Every length is bounded before anything is allocated.

use crate::blobs::BlobHead;
use crate::limits::{MAX_DETAILS_ASKED, MAX_FRAME};
use crate::message::{DetailBytes, within};
use crate::range::RangeFrame;
use bincode::{Decode, Encode};
use lifeboat_log::codec::{self, Bytes, List, Malformed};
use lifeboat_log::limits::BLOB_GROUP;
use lifeboat_log::{CellId, Position};

/// What a bundle's file begins with.
pub const MAGIC: &[u8] = b"lifeboat/bundle/v1\n";
/// Longest encoded frame, in bytes: a frame of a range, with its variant before it.
pub const MAX_BUNDLE_FRAME: usize = MAX_FRAME + 16;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum BundleFrame {
    /// 0: of which cell, and from where on. The first frame, and no other.
    Head(Head),
    /// 1: a checkpoint, or records that stand under it, as a follower is sent them.
    Range(RangeFrame),
    /// 2: details that the records of the last range frame name.
    Details(Carried),
    /// 3: an attachment that the log names; its groups follow.
    Blob(BlobHead),
    /// 4: the next group of the attachment.
    Group(Bytes<{ BLOB_GROUP as usize }>),
    /// 5: that is all. The last frame.
    End(Totals),
}

/// What a bundle holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Head {
    /// The cell.
    pub cell: CellId,
    /// The position of the first record.
    pub from: Position,
}

/// Details on their way.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Carried {
    /// Whether they are sealed: for the cell's own homes alone.
    pub sealed: bool,
    /// Their bytes.
    pub details: List<DetailBytes, MAX_DETAILS_ASKED>,
}

/// How much a bundle holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Totals {
    /// Records.
    pub records: u64,
    /// Open details.
    pub details: u64,
    /// Sealed details.
    pub sealed: u64,
    /// Attachments.
    pub blobs: u64,
}

impl BundleFrame {
    /// The frame's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The frame that these bytes are.
    ///
    /// # Errors
    /// [`Malformed`] when they are not exactly one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        within(bytes, MAX_BUNDLE_FRAME)
    }
}
