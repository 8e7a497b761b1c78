//! What a home answers about what lies beside its log or is carried as files: details, bundles, photos.
//! Never what a text says; only how many there are and what became of them.

use crate::wire;
use lifeboat_log::{BlobHash, DetailHash, Position};
use serde::{Deserialize, Serialize};

/// A detail that was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoneText {
    /// What sort of text it was (`DetailTag`).
    pub tag: u16,
    /// Its hash.
    #[serde(with = "wire::one")]
    pub hash: DetailHash,
    /// The entry that erased it; nothing where its time was over.
    #[serde(with = "wire::maybe")]
    pub by: Option<Position>,
}

/// How many details the log of a cell names, each once, and what became of them here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DetailCounts {
    /// Open ones.
    pub open: DetailCount,
    /// Sealed ones.
    pub sealed: DetailCount,
    /// Whether this home may hold sealed ones.
    pub own: bool,
}

/// Details of one sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DetailCount {
    /// Here.
    pub held: u64,
    /// Not here, and not erased.
    pub missing: u64,
    /// Erased, by somebody or by their time.
    pub erased: u64,
}

/// What went into a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleWritten {
    /// The first record.
    #[serde(with = "wire::one")]
    pub from: Position,
    /// Records.
    pub records: u64,
    /// Open texts.
    pub details: u64,
    /// Private texts.
    pub sealed: u64,
    /// Photos.
    pub blobs: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// What came out of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BundleTaken {
    /// The name under which this home knows the cell.
    pub name: String,
    /// New records.
    pub records: u64,
    /// Records that were here already.
    pub known: u64,
    /// New open texts.
    pub details: u64,
    /// New private texts.
    pub sealed: u64,
    /// New photos.
    pub blobs: u64,
    /// Records that were here before.
    pub before: u64,
    /// Records that are here now.
    pub after: u64,
    /// Whether it holds another history of this cell, signed by the same key.
    pub fork: bool,
    /// What does not hold in it. What stood before that is kept.
    pub broken: Option<String>,
    /// The byte of the file where that begins.
    pub broken_at: Option<u64>,
}

/// A photo that an entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobItem {
    /// Its name.
    #[serde(with = "wire::one")]
    pub hash: BlobHash,
    /// The first entry that names it.
    #[serde(with = "wire::one")]
    pub named: Position,
    /// Whether all of it is here.
    pub whole: bool,
    /// Its length in bytes; 0 where it is not here.
    pub size: u64,
}
