//! Details as the rules see them: which texts beside the records are to be dropped, because their author
//! erased them, a decision did, or their time is over; and which photos entries name. The fold never
//! reads a detail; it says for each hash whether an honest replica may still hold what it names.
//!
//! An erasure counts from the entry that it erases on: an entry that named the same detail earlier keeps
//! it. So nobody makes another's text vanish by naming it once more and erasing that.

mod body;
mod rules;

pub use body::{DetailsStatement, Erase, MAX_ERASED};

use bincode::{Decode, Encode};
use lifeboat_log::{BlobHash, DetailHash, Position, SignedEntry, Time};
use std::collections::{BTreeMap, BTreeSet};

/// Which details are gone and which will be, and the photos that entries name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Details {
    gone: BTreeMap<DetailHash, Gone>,
    /// What is dropped at a time that is to come: when, what, and where it was named.
    expiring: BTreeSet<(Time, DetailHash, Position)>,
    blobs: BTreeMap<BlobHash, Blob>,
    /// How often something changed here that replicas must act on.
    changes: u64,
}

/// A detail that honest replicas drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Gone {
    /// The earliest entry whose naming of it is gone: with it all later ones.
    pub named: Position,
    /// The entry that erased it; none where its time was over.
    pub by: Option<Position>,
}

/// A photo or another attachment that an entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Blob {
    /// The first entry that names it.
    pub named: Position,
    /// The entry that erased it.
    pub erased: Option<Position>,
}

impl Details {
    /// Whether the detail that the entry at `named` names is gone, and how.
    pub fn gone(&self, hash: &DetailHash, named: Position) -> Option<&Gone> {
        self.gone.get(hash).filter(|gone| gone.named <= named)
    }

    /// All details that are gone for some entry.
    pub fn all_gone(&self) -> impl Iterator<Item = (&DetailHash, &Gone)> {
        self.gone.iter()
    }

    /// Whether a detail is gone for some entry, and so for any that would name it from now on.
    pub fn is_gone(&self, hash: &DetailHash) -> bool {
        self.gone.contains_key(hash)
    }

    /// Grows whenever there is more for replicas to drop.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The attachments that entries name and that were not erased.
    pub fn blobs(&self) -> impl Iterator<Item = (&BlobHash, Position)> {
        self.blobs.iter().filter(|(_, blob)| blob.erased.is_none()).map(|(hash, blob)| (hash, blob.named))
    }

    /// The attachments that were erased.
    pub fn erased_blobs(&self) -> impl Iterator<Item = &BlobHash> {
        self.blobs.iter().filter(|(_, blob)| blob.erased.is_some()).map(|(hash, _)| hash)
    }

    /// What is known of an attachment.
    pub fn blob(&self, hash: &BlobHash) -> Option<&Blob> {
        self.blobs.get(hash)
    }

    /// Notes when the details of a record end.
    pub(crate) fn note(&mut self, entry: &SignedEntry, at: Position, now: Time) {
        for detail in entry.details.iter().filter(|detail| detail.expiry != Time::ZERO) {
            if detail.expiry <= now {
                self.drop_detail(detail.hash, Gone { named: at, by: None });
            } else {
                self.expiring.insert((detail.expiry, detail.hash, at));
            }
        }
    }

    /// Notes that an entry that took effect names an attachment.
    pub(crate) fn note_blob(&mut self, hash: BlobHash, at: Position) {
        self.blobs.entry(hash).or_insert(Blob { named: at, erased: None });
    }

    fn drop_detail(&mut self, hash: DetailHash, gone: Gone) {
        let known = self.gone.entry(hash).or_insert(gone);
        if gone.named < known.named {
            *known = gone;
        }
        self.changes = self.changes.saturating_add(1);
    }

    /// Drops what is due at `now`.
    fn expire(&mut self, now: Time) {
        while let Some(&(due, hash, named)) = self.expiring.first() {
            if due > now {
                break;
            }
            self.expiring.pop_first();
            self.drop_detail(hash, Gone { named, by: None });
        }
    }
}
