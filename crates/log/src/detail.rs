//! Details: text that travels beside the record, which holds only its hash, so that it can be erased and
//! the chain still verifies. The fold never reads a detail.

use crate::hash::{DETAIL_CONTEXT, DetailHash, derive};
use crate::limits::MAX_DETAIL;
use crate::time::Time;
use bincode::{Decode, Encode};

/// Bytes of salt before the text of an open detail: without them a hash of a short text gives it away.
pub const SALT_LEN: usize = 16;
/// An open detail is padded with zeros to a multiple of this, so that its length tells little.
const PADDING: usize = 32;

/// What a detail is and who may hold it. The highest bit says sealed; the rest says what the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
pub struct DetailTag(pub u16);

impl DetailTag {
    /// Open: free text of the entry (a purpose, a remark).
    pub const NOTE: Self = Self(1);
    /// Open: the handle under which a person is known.
    pub const HANDLE: Self = Self(2);
    /// Open: the name of a thing or a place that the charter does not list.
    pub const NAME: Self = Self(3);
    /// Sealed: free text for chosen members.
    pub const SEALED_NOTE: Self = Self(0x8001);

    /// Whether only the cell's own replicas may hold the detail.
    pub fn is_sealed(self) -> bool {
        self.0 & 0x8000 != 0
    }
}

/// What a record says of one of its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub struct DetailRef {
    /// What it is and who may hold it.
    pub tag: DetailTag,
    /// The hash of the detail's bytes.
    pub hash: DetailHash,
    /// The number of the detail's bytes, at most [`MAX_DETAIL`].
    pub length: u32,
    /// When replicas shall drop it; [`Time::ZERO`] for never.
    pub expiry: Time,
}

/// The bytes of a detail: for an open one salt, text and zeros up to a multiple of 32; for a sealed one
/// the encrypted file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Detail(Vec<u8>);

impl Detail {
    /// An open detail of this text, or nothing when the text is too long or holds a NUL character.
    pub fn open(salt: [u8; SALT_LEN], text: &str) -> Option<Self> {
        let len = (SALT_LEN + text.len()).next_multiple_of(PADDING);
        if len > MAX_DETAIL || text.contains('\0') {
            return None;
        }
        let mut bytes = Vec::with_capacity(len);
        bytes.extend_from_slice(&salt);
        bytes.extend_from_slice(text.as_bytes());
        bytes.resize(len, 0);
        Some(Self(bytes))
    }

    /// Bytes that came from elsewhere, or nothing when there are too many.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= MAX_DETAIL).then_some(Self(bytes))
    }

    /// The bytes as stored and sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text of an open detail, or nothing when these bytes are not one.
    pub fn text(&self) -> Option<&str> {
        let padded = self.0.get(SALT_LEN..)?;
        let end = padded.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        std::str::from_utf8(&padded[..end]).ok()
    }

    /// The hash by which a record names this detail.
    pub fn hash(&self) -> DetailHash {
        DetailHash(derive(DETAIL_CONTEXT, &self.0))
    }

    /// What a record says of this detail.
    pub fn reference(&self, tag: DetailTag, expiry: Time) -> DetailRef {
        // A detail is at most MAX_DETAIL bytes, far below 2^32.
        DetailRef { tag, hash: self.hash(), length: self.0.len() as u32, expiry }
    }

    /// Whether this is the detail that `reference` names.
    pub fn matches(&self, reference: &DetailRef) -> bool {
        self.0.len() as u64 == u64::from(reference.length) && self.hash() == reference.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_detail_gives_its_text_back_and_hides_its_length() {
        let short = Detail::open([1; 16], "rice").unwrap();
        let longer = Detail::open([1; 16], "street stall").unwrap();
        assert_eq!(short.text(), Some("rice"));
        assert_eq!(short.as_bytes().len(), longer.as_bytes().len());
        let reference = short.reference(DetailTag::NOTE, Time::ZERO);
        assert!(short.matches(&reference));
        assert!(!longer.matches(&reference));
    }

    #[test]
    fn the_salt_changes_the_hash() {
        let one = Detail::open([1; 16], "wren").unwrap();
        let two = Detail::open([2; 16], "wren").unwrap();
        assert_ne!(one.hash(), two.hash());
    }

    #[test]
    fn a_text_that_would_not_read_back_is_refused() {
        assert_eq!(Detail::open([0; 16], "a\0"), None);
        assert_eq!(Detail::open([0; 16], &"x".repeat(MAX_DETAIL)), None);
    }
}
