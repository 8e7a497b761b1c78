//! What an erasure says.

use crate::body::{BadBody, Body, statements};
use crate::common::Common;
use bincode::{Decode, Encode};
use lifeboat_log::codec::List;
use lifeboat_log::limits::MAX_DETAILS;
use lifeboat_log::{EntryId, Kind, Position};

/// Most hashes that an erasure names: all details of an entry, and its photo.
pub const MAX_ERASED: usize = MAX_DETAILS + 1;

/// Kind 24: what an entry names beside itself is erased. Layout: common, entry 32, its position u64, the
/// hashes of the details, or of the photo, that are erased (count u64, 32 bytes each, at least one). All
/// that the fold needs stands in the body, so that a decision can carry it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Erase {
    /// What every body begins with.
    pub common: Common,
    /// The entry.
    pub entry: EntryId,
    /// Its place.
    pub at: Position,
    /// The hashes that it names and that are erased.
    pub what: List<[u8; 32], MAX_ERASED>,
}

impl Body for Erase {
    const KIND: Kind = Kind(24);
    fn common(&self) -> &Common {
        &self.common
    }
    fn check(&self) -> Result<(), BadBody> {
        if self.what.is_empty() { Err(BadBody::ErasesNothing) } else { Ok(()) }
    }
}

statements! {
    /// What an entry about details says.
    pub enum DetailsStatement {
        /// It erases.
        Erase(Erase),
    }
}
