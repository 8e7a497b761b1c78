//! The names of things: each hash has a type of its own and, where BLAKE3 makes it, a context string of
//! its own, so that no hash of one sort can ever stand for another.

use bincode::{Decode, Encode};
use std::fmt;

/// Context of an entry's id.
pub const ENTRY_ID_CONTEXT: &str = "lifeboat/entry-id/v1";
/// Context of a link's hash.
pub const LINK_CONTEXT: &str = "lifeboat/link/v1";
/// Context of a detail's hash.
pub const DETAIL_CONTEXT: &str = "lifeboat/detail/v1";
/// Context of the hash of a cell's state.
pub const STATE_CONTEXT: &str = "lifeboat/state/v1";

macro_rules! hash_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// All zeros: "none", where the format says so.
            pub const ZERO: Self = Self([0; 32]);

            /// Whether this is the all-zero value.
            pub fn is_zero(&self) -> bool {
                self.0 == [0; 32]
            }

            /// The value written as 64 lower-case hexadecimal digits, or nothing when `text` is not that.
            pub fn from_hex(text: &str) -> Option<Self> {
                parse_hex(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

hash_type! {
    /// The id of a cell: the id of its founding entry.
    CellId
}
hash_type! {
    /// The id of an entry: BLAKE3 `derive_key` over the whole signed entry.
    EntryId
}
hash_type! {
    /// The hash of a link: BLAKE3 `derive_key` over its 85 bytes. The newest one is the log's head.
    LinkHash
}
hash_type! {
    /// The hash by which a record names a detail: BLAKE3 `derive_key` over the detail's bytes.
    DetailHash
}
hash_type! {
    /// The hash of a cell's state, as the fold leaves it after some position.
    StateHash
}
hash_type! {
    /// A SHA-256 hash in a term's RFC 6962 Merkle tree: of a leaf, a node, or the root.
    TreeHash
}
hash_type! {
    /// The name of a blob: the plain BLAKE3 hash of its bytes.
    BlobHash
}

impl CellId {
    /// The id of the cell that a founding entry of this id founds.
    pub fn of_founding(id: EntryId) -> Self {
        Self(id.0)
    }
}

/// The BLAKE3 `derive_key` hash of `bytes` under `context`.
pub fn derive(context: &str, bytes: &[u8]) -> [u8; 32] {
    blake3::derive_key(context, bytes)
}

/// The bytes that are written as exactly so many lower-case hexadecimal digits, or nothing.
pub fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_reads_back_and_has_one_form() {
        let id = EntryId(derive(ENTRY_ID_CONTEXT, b"x"));
        assert_eq!(EntryId::from_hex(&id.to_string()), Some(id));
        assert_eq!(EntryId::from_hex(&id.to_string().to_uppercase()), None);
        assert_eq!(EntryId::from_hex("00"), None);
    }
}
