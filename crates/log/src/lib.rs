//! The log of a cell: entries, links, records, the Merkle tree, checkpoints, proofs and validity.
//!
//! This crate answers one question, *is it valid?*, from bytes alone. It is pure: it does no I/O, reads
//! no clock, draws no randomness and knows nothing of the other crates. What an entry means is for
//! `lifeboat-commons`. Every byte is specified in `docs/format.md`.

pub mod blob;
pub mod call;
pub mod chain;
pub mod checkpoint;
pub mod codec;
pub mod cosignature;
pub mod detail;
pub mod entry;
pub mod foreign;
pub mod handover;
pub mod hash;
pub mod key;
pub mod limits;
pub mod link;
pub mod misconduct;
pub mod note;
pub mod opening;
pub mod proof;
pub mod record;
pub mod slip;
pub mod term_proof;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tile;
pub mod time;
pub mod tree;

pub use call::Call;
pub use chain::{Broken, Chain, OpenTerm, verify_each};
pub use checkpoint::{BadCheckpoint, Checkpoint, Origin, SignedCheckpoint, Signers};
pub use cosignature::{Cosigned, Given};
pub use detail::{Detail, DetailRef, DetailTag};
pub use entry::{BadEntry, Entry, Kind, Nonce, Seen, SignedEntry};
pub use foreign::{BadLogKey, ForeignCheckpoint, ForeignLog};
pub use handover::{Handover, Successor};
pub use hash::{BlobHash, CellId, DetailHash, EntryId, LinkHash, StateHash, TreeHash};
pub use key::{BadKey, KeyCache, PublicKey, SecretKey, Signature};
pub use link::Link;
pub use misconduct::{BadMisconduct, Charge, Misconduct, Proven};
pub use opening::{Close, Endorsement, Floor, Founding, Opening};
pub use proof::{BadProof, Proof};
pub use record::{BadRecord, Record};
pub use slip::{BadSlip, Slip};
pub use term_proof::{BadTermProof, Belief, KnownTerm, Opened, ProvenTerm, TermProof};
pub use time::{Position, Term, Time};
