//! Why the log could not do what was asked.

use crate::storage::StorageError;
use lifeboat_log::{Broken, Position};

/// Why the log could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Reading or writing failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Records were given that do not follow on the log.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The log is damaged at a place that opening does not mend.
    #[error("the log is damaged at #{position} ({file}): {what}; run: lifeboat repair")]
    Damaged {
        /// The first record that is damaged.
        position: Position,
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// An audit was asked of a folder that holds no log.
    #[error("{0}: no log lies here; name the folder of a cell's log, or a home")]
    NoLog(String),
    /// An earlier writing failed; nothing more is written until the log is opened again.
    #[error("an earlier writing to this disk failed; open the log again before writing more")]
    Stopped,
    /// A checkpoint or records that do not fit what the log holds or has to fetch.
    #[error("a checkpoint that does not fit the records here")]
    WrongCheckpoint,
    /// A checkpoint older than the one that the log has.
    #[error("a checkpoint older than the one here")]
    OldCheckpoint,
    /// A record, term or proof was asked for that the log does not have.
    #[error("the log has no such record, or no checkpoint over it yet")]
    NotHere,
    /// More was given or asked for than a bound allows.
    #[error("more than {0} at one time")]
    TooMany(usize),
}
