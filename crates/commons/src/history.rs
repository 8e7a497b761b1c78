//! What the fold may ask of the log behind it. It asks only for rare things: the entry that one corrects,
//! and those that must stand before one.

use lifeboat_log::{EntryId, Record};

/// The records that stand in the log before the one being folded.
pub trait History {
    /// The record of this entry, if it stands in the log already.
    fn find(&self, id: &EntryId) -> Option<Record>;
}

/// A history that remembers nothing: for logs without corrections.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHistory;

impl History for NoHistory {
    fn find(&self, _id: &EntryId) -> Option<Record> {
        None
    }
}
