//! A record: a link and its entry together, the one frame everywhere: on disk, in the sync stream, in a
//! bundle, in a proof, and as leaf data of the Merkle tree.

use crate::codec::Malformed;
use crate::entry::{BadEntry, Kind, SignedEntry, id_of};
use crate::hash::{CellId, LinkHash, TreeHash};
use crate::key::KeyCache;
use crate::limits::MAX_RECORD;
use crate::link::{BadLink, LINK_LEN, Link};
use crate::tree::leaf_hash;

/// A record that is valid in itself: link and entry are, and the link names the entry. Whether it chains
/// to its neighbours is for [`crate::chain::Chain`]. Only made by [`Record::verify`] and [`Record::place`].
/// Its hashes are taken then, once: by verification on all cores, and whoever takes it needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    link: Link,
    entry: SignedEntry,
    hash: LinkHash,
    leaf: TreeHash,
}

/// Why bytes are not a valid record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// Longer than [`MAX_RECORD`].
    #[error("a record longer than 65,535 bytes")]
    TooLong,
    /// The link does not hold.
    #[error(transparent)]
    Link(#[from] BadLink),
    /// The entry does not hold.
    #[error(transparent)]
    Entry(#[from] BadEntry),
    /// The link names another entry than the one beside it.
    #[error("a link that names another entry than the one beside it")]
    WrongEntry,
}

impl BadRecord {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLong => "TooLong",
            Self::Link(BadLink::Malformed(e)) => e.name(),
            Self::Link(BadLink::UnknownFormat(_)) => "UnknownFormat",
            Self::Entry(e) => e.name(),
            Self::WrongEntry => "WrongEntry",
        }
    }
}

impl Record {
    /// The record that these bytes are, its signature checked.
    ///
    /// # Errors
    /// [`BadRecord`], the first in the order of `docs/format.md`.
    pub fn verify(bytes: &[u8], keys: &mut KeyCache) -> Result<Self, BadRecord> {
        let (link, entry) = split(bytes)?;
        if id_of(entry) != link.entry {
            return Err(BadRecord::WrongEntry);
        }
        let entry = SignedEntry::verify(entry.to_vec(), keys)?;
        Ok(Self { hash: link.hash(), leaf: leaf_hash(bytes), link, entry })
    }

    /// The record of an entry that is being placed here, or nothing when the link names another entry.
    pub fn place(link: Link, entry: SignedEntry) -> Option<Self> {
        let bytes = [&link.encode(), entry.bytes()].concat();
        let fits = link.entry == entry.id();
        fits.then(|| Self { hash: link.hash(), leaf: leaf_hash(&bytes), link, entry })
    }

    /// The place.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The hash of the link, which the next one names as its previous.
    pub fn hash(&self) -> LinkHash {
        self.hash
    }

    /// What stands there.
    pub fn entry(&self) -> &SignedEntry {
        &self.entry
    }

    /// The record's bytes: link, then entry.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.link.encode();
        bytes.extend_from_slice(self.entry.bytes());
        bytes
    }

    /// The cell that it belongs to: of a founding, the one that it founds.
    pub fn cell(&self) -> CellId {
        let founding = self.entry.kind == Kind::FOUNDING;
        if founding { CellId::of_founding(self.entry.id()) } else { self.entry.cell }
    }

    /// The number of the record's bytes.
    pub fn byte_len(&self) -> usize {
        LINK_LEN + self.entry.bytes().len()
    }

    /// The record's leaf in the Merkle tree of its term.
    pub fn leaf(&self) -> TreeHash {
        self.leaf
    }
}

/// The link of a record and the bytes of its entry. No signature is checked.
///
/// # Errors
/// [`BadRecord`] when the length or the link does not hold.
pub fn split(bytes: &[u8]) -> Result<(Link, &[u8]), BadRecord> {
    if bytes.len() > MAX_RECORD {
        return Err(BadRecord::TooLong);
    }
    let (link, entry) = bytes.split_at_checked(LINK_LEN).ok_or(BadLink::Malformed(Malformed::Truncated))?;
    Ok((Link::decode(link)?, entry))
}
