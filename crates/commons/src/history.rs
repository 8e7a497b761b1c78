//! What the fold may ask of the log behind it. It asks only for rare things: the entry that one corrects,
//! those that must stand before one, and the root that a takeover's floor names.

use lifeboat_log::{EntryId, Record, Term, TreeHash};

/// The records that stand in the log before the one being folded.
pub trait History {
    /// The record of this entry, if it stands in the log already.
    fn find(&self, id: &EntryId) -> Option<Record>;

    /// The root over the first `size` records of a term, if it has so many. Whatever stands behind a log
    /// that may be taken over must answer: without an answer a floor below the base counts as contradicted.
    fn root(&self, _term: Term, _size: u64) -> Option<TreeHash> {
        None
    }
}

/// A history that remembers nothing: for logs without corrections and takeovers.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHistory;

impl History for NoHistory {
    fn find(&self, _id: &EntryId) -> Option<Record> {
        None
    }
}
