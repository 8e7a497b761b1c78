//! Every bound of what is kept on disk, with its reason.

use std::time::Duration;

/// Longest value in the database, in bytes: sled puts larger pages into files of their own that it does
/// not sync.
pub const MAX_VALUE: usize = 3_800;
/// Most bytes of memory that the database may use as its cache.
pub const DATABASE_CACHE: u64 = 32 << 20;
/// Longest wait for a database that somebody is just closing.
pub const DATABASE_WAIT: Duration = Duration::from_secs(2);
/// How often it is tried meanwhile.
pub const DATABASE_RETRY: Duration = Duration::from_millis(20);
/// Longest bundle, in bytes: 256 records of 65,535 bytes, each with its length.
pub const MAX_BUNDLE: usize = 256 * (65_535 + 2);
/// Longest hash tile, in bytes: 256 hashes.
pub const MAX_TILE: usize = 256 * 32;
/// Most terms of one cell; one more a week for seventy years.
pub const MAX_TERMS: usize = 4_096;
/// Longest encoded state that is kept as a snapshot, in bytes.
pub const MAX_STATE: usize = 64 << 20;
/// Snapshots kept of a cell: the newest, and one before it in case the newest is damaged.
pub const SNAPSHOTS: usize = 2;
/// Most entries that wait in a home to be placed, of one cell.
pub const MAX_PENDING: usize = 10_000;
/// Longest value that waits in the database, in bytes: an entry and its details.
pub const MAX_PENDING_LEN: usize = MAX_OUTBOX_FILE;
/// A pack of details is full at this many bytes.
pub const PACK_SIZE: u64 = 4 << 20;
/// Most entries in an outbox: a person who signs a hundred a day is away for a quarter of a year.
pub const MAX_OUTBOX: usize = 10_000;
/// Longest file in an outbox, in bytes: an entry and its details.
pub const MAX_OUTBOX_FILE: usize = 65_535 + 4 * 16_384 + 4_096;
/// Longest reason in an outbox, in bytes.
pub const MAX_REASON: usize = 1_024;
/// Most names read of one folder.
pub const MAX_LIST: usize = 200_000;
/// Most records given or read at one time.
pub const MAX_BATCH: usize = 65_536;
/// Most notices that wait to be read.
pub const MAX_NOTICES: usize = 64;
/// Most findings that an audit lists; more are counted.
pub const MAX_FINDINGS: usize = 100;
/// Files held open for appending.
pub const OPEN_FILES: usize = 16;
/// Superseded ends of a log that are kept as evidence; more overwrite the last.
pub const MAX_SUPERSEDED: usize = 16;
/// Damaged files kept aside; older ones are overwritten.
pub const MAX_ASIDE: usize = 8;
/// Most checkpoints with cosignatures that an audit lists: a month of one anchor every few minutes.
pub const MAX_COSIGNED: usize = 10_000;
