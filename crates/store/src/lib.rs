//! What a home keeps on disk: the log as folders of tiles, the database, blobs and details.
//!
//! The log (`log/<cell>/<era>.<turn>/`) is the truth, in files that any tool for C2SP `tlog-tiles` reads.
//! The database holds only what can be made again from it. All is written through one trait,
//! [`storage::Storage`], with a backend on a disk, one in memory and one that fails when a test asks.

pub mod audit;
pub mod audit_witnessed;
pub mod blobs;
pub mod cosignings;
pub mod database;
pub mod details;
pub mod disk;
mod error;
pub mod evidence;
pub mod export;
pub mod faulty;
pub mod folder;
pub mod handovers;
pub mod index;
mod keeping;
pub mod limits;
pub mod log_store;
mod lookup;
pub mod memory;
pub mod notice;
pub mod outbox;
pub mod pending;
pub mod promises;
mod reading;
mod recovery;
mod repair;
pub mod snapshot;
pub mod storage;
mod supersede;
mod tail;
pub mod term_files;
mod tiles_audit;
pub mod vows;

pub use audit::{AuditReport, audit_folder};
pub use cosignings::Cosignings;
pub use disk::DiskStorage;
pub use evidence::{BadEvidence, Evidence, Kept};
pub use export::export;
pub use faulty::{Failure, FaultyStorage};
pub use log_store::{LogStore, StoreError};
pub use memory::MemoryStorage;
pub use notice::Notice;
pub use outbox::{Outbox, Sent, Waiting};
pub use pending::Pending;
pub use promises::{Promise, PromiseError, Promises};
pub use storage::{Storage, StorageError};
pub use supersede::TermHeld;
pub use vows::{Closed, Endorsed, VowError, Vows};
