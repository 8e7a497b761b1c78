//! A word to the person: something was found wrong on their disk and mended, or needs them.

use lifeboat_log::Position;

/// What was found and done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The database was damaged, was put aside and is built anew.
    DatabaseRebuilt {
        /// Where the damaged one lies, within the home.
        aside: String,
    },
    /// The end of the log was cut, none of it under a signed checkpoint.
    TailCut {
        /// The records that the log holds now.
        records: Position,
        /// The bytes that were cut.
        bytes: u64,
    },
    /// Records that a signed checkpoint covers are damaged and were cut; they must be fetched again.
    RecordsLost {
        /// The first record that is missing.
        from: Position,
        /// The number of records that the checkpoint covers.
        covered: Position,
        /// Where the damaged file lies, within the home.
        aside: String,
    },
    /// The checkpoint was damaged and a copy of it was put back.
    CheckpointRestored,
    /// The checkpoint was damaged and no copy of it was found.
    CheckpointLost,
    /// Hash tiles were missing or wrong and were computed again from the records.
    TilesRebuilt {
        /// The number of tiles written.
        tiles: u64,
    },
    /// The index was missing or wrong and was made again from the records.
    IndexRebuilt {
        /// The number of bundles read for it.
        bundles: u64,
    },
    /// A takeover goes on from before the end of the log: what lay past its base was set aside.
    Superseded {
        /// The records that the log holds now.
        records: Position,
        /// Where the others lie, within the home.
        aside: String,
    },
    /// A file in the outbox was damaged and was put aside.
    OutboxDamaged {
        /// The file.
        file: String,
        /// Where it lies now, within the home.
        aside: String,
    },
    /// Details in a pack were damaged; they must be fetched again.
    DetailsLost {
        /// The pack.
        file: String,
        /// The number of details lost, as far as they can be counted.
        count: u64,
    },
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::DatabaseRebuilt { aside } => write!(
                f,
                "The database was damaged. It was put aside as {aside} and is built anew from the log; nothing in the log is lost."
            ),
            Self::TailCut { records, bytes } => write!(
                f,
                "The last writing was interrupted: {bytes} bytes that nothing had been promised for were cut, and the log holds {records} records."
            ),
            Self::RecordsLost { from, covered, aside } => write!(
                f,
                "The log is damaged at #{from}: it was cut there, and the records up to {covered} must be fetched again (lifeboat sync). The damaged file was put aside as {aside}."
            ),
            Self::CheckpointRestored => {
                write!(f, "The log's checkpoint was damaged; a copy of it was put back.")
            }
            Self::CheckpointLost => write!(
                f,
                "The log's checkpoint was damaged and was put aside; the next one comes from the keeper (lifeboat sync)."
            ),
            Self::TilesRebuilt { tiles } => {
                write!(
                    f,
                    "{tiles} hash tiles were missing or wrong and were computed again from the records."
                )
            }
            Self::IndexRebuilt { bundles } => {
                write!(
                    f,
                    "The index was missing or wrong and was made again from {bundles} bundles of records."
                )
            }
            Self::Superseded { records: Position(0), aside } => write!(
                f,
                "The keeper had shown two histories, and the members go on from the other one: this home's was set aside as {aside}, the other is fetched from its beginning, and what was here alone is placed again."
            ),
            Self::Superseded { records, aside } => write!(
                f,
                "The log was taken over and goes on after {records} records: what stood past them here was set aside as {aside}, and its entries are placed again."
            ),
            Self::OutboxDamaged { file, aside } => write!(
                f,
                "The outbox file {file} is damaged and was put aside as {aside}; what it said must be signed again, unless it was placed."
            ),
            Self::DetailsLost { file, count } => {
                write!(
                    f,
                    "{count} details in {file} are damaged or were not written whole; they must be fetched again (lifeboat sync)."
                )
            }
        }
    }
}
