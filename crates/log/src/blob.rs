//! Attachments: files named by their BLAKE3 hash. BLAKE3 is a tree, so a file can be checked while it
//! arrives: first the hashes of its groups of 64 KiB, which together lead to its name, then each group by
//! its own hash. A flipped bit is found in the group where it is, and what was checked before stays.

use crate::hash::BlobHash;
use crate::limits::{BLOB_GROUP, MAX_BLOB};
use blake3::Hasher;
use blake3::hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};

/// Most groups of an attachment.
pub const MAX_GROUPS: usize = (MAX_BLOB / BLOB_GROUP) as usize;

/// Hashes a file while it is read, group by group, in order.
#[derive(Debug, Clone, Default)]
pub struct BlobHasher {
    groups: Vec<ChainingValue>,
    size: u64,
    /// Of the one group of a small file: what it is named by.
    whole: Option<BlobHash>,
}

/// The groups of a file, known to lead to its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    hash: BlobHash,
    size: u64,
    groups: Vec<ChainingValue>,
}

/// The number of groups of a file of this size; at least one.
pub fn group_count(size: u64) -> u64 {
    size.div_ceil(BLOB_GROUP).max(1)
}

impl BlobHasher {
    /// Takes the next group: 64 KiB, or less at the end of the file. False when there is more than an
    /// attachment may have, or the group before this one was not full.
    pub fn push(&mut self, group: &[u8]) -> bool {
        let full = self.size.is_multiple_of(BLOB_GROUP);
        let len = group.len() as u64;
        if !full || len > BLOB_GROUP || self.size.saturating_add(len) > MAX_BLOB {
            return false;
        }
        self.whole = (self.size == 0).then(|| BlobHash(*blake3::hash(group).as_bytes()));
        self.groups.push(value_of(self.size, group));
        self.size += len;
        true
    }

    /// The groups and with them the file's name.
    pub fn finish(mut self) -> Groups {
        if self.groups.is_empty() {
            self.push(&[]);
        }
        let root = self.whole.unwrap_or_else(|| BlobHash(root(&self.groups)));
        Groups { hash: root, size: self.size, groups: self.groups }
    }
}

impl Groups {
    /// Groups that a peer says this file has, when they lead to its name. Of a file of one group nothing
    /// is said: its name is the group's hash.
    pub fn verify(hash: BlobHash, size: u64, groups: Vec<[u8; 32]>) -> Option<Self> {
        let fits = size <= MAX_BLOB && groups.len() as u64 == group_count(size);
        let leads = groups.len() == 1 || (fits && root(&groups) == hash.0);
        (fits && leads).then_some(Self { hash, size, groups })
    }

    /// The file's name.
    pub fn hash(&self) -> BlobHash {
        self.hash
    }
    /// The file's length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
    /// The chaining values, in order.
    pub fn values(&self) -> &[[u8; 32]] {
        &self.groups
    }
    /// The number of groups.
    pub fn count(&self) -> u64 {
        self.groups.len() as u64
    }
    /// The length of a group, in bytes.
    pub fn len_of(&self, index: u64) -> u64 {
        self.size.saturating_sub(index.saturating_mul(BLOB_GROUP)).min(BLOB_GROUP)
    }

    /// Whether these are the bytes of the group at this place.
    pub fn holds(&self, index: u64, group: &[u8]) -> bool {
        let Some(value) = usize::try_from(index).ok().and_then(|index| self.groups.get(index)) else {
            return false;
        };
        if group.len() as u64 != self.len_of(index) {
            return false;
        }
        match self.groups.len() {
            1 => *blake3::hash(group).as_bytes() == self.hash.0,
            _ => value_of(index * BLOB_GROUP, group) == *value,
        }
    }
}

/// The chaining value of a group that begins at this offset; zeros for an empty one, which only an empty
/// file has.
fn value_of(offset: u64, group: &[u8]) -> ChainingValue {
    if group.is_empty() {
        return [0; 32];
    }
    Hasher::new().set_input_offset(offset).update(group).finalize_non_root()
}

/// The root over two or more groups.
fn root(groups: &[ChainingValue]) -> [u8; 32] {
    match groups {
        [] => [0; 32],
        [one] => *one,
        groups => {
            let (left, right) = groups.split_at(left_len(groups.len()));
            *merge_subtrees_root(&below(left), &below(right), Mode::Hash).as_bytes()
        }
    }
}

fn below(groups: &[ChainingValue]) -> ChainingValue {
    match groups {
        [] => [0; 32],
        [one] => *one,
        groups => {
            let (left, right) = groups.split_at(left_len(groups.len()));
            merge_subtrees_non_root(&below(left), &below(right), Mode::Hash)
        }
    }
}

/// The largest power of two below `n`, for `n` above 1: the left side is whole.
fn left_len(n: usize) -> usize {
    1 << (usize::BITS - 1 - (n - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn groups_of(bytes: &[u8]) -> Groups {
        let mut hasher = BlobHasher::default();
        bytes.chunks(BLOB_GROUP as usize).for_each(|group| assert!(hasher.push(group)));
        hasher.finish()
    }

    #[test]
    fn the_name_is_the_plain_blake3_hash_of_the_file_at_every_edge() {
        let all: Vec<u8> = (0..5 * BLOB_GROUP + 7).map(|n| (n % 251) as u8).collect();
        for groups in 0..=5 {
            for more in [0, 1, 1023, 1024, 1025] {
                let len = (groups * BLOB_GROUP + more).min(all.len() as u64) as usize;
                let made = groups_of(&all[..len]);
                assert_eq!(made.hash().0, *blake3::hash(&all[..len]).as_bytes(), "{len}");
                assert_eq!(made.count(), group_count(len as u64));
                let read = Groups::verify(made.hash(), made.size(), made.values().to_vec()).unwrap();
                for (index, group) in (0..).zip(all[..len].chunks(BLOB_GROUP as usize)) {
                    assert!(read.holds(index, group), "{len}: {index}");
                }
            }
        }
    }

    #[test]
    fn more_than_an_attachment_may_have_is_refused() {
        let mut hasher = BlobHasher::default();
        let group = vec![0; BLOB_GROUP as usize];
        assert!((0..MAX_GROUPS).all(|_| hasher.push(&group)));
        assert!(!hasher.push(&[1]));
        let full = hasher.finish();
        assert_eq!(full.size(), MAX_BLOB);
        assert!(Groups::verify(full.hash(), MAX_BLOB + 1, full.values().to_vec()).is_none());
        let mut uneven = BlobHasher::default();
        assert!(uneven.push(&[1; 10]) && !uneven.push(&[1; 10]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn one_flipped_bit_is_found_in_its_group_and_in_the_hashes(
            len in 1usize..300_000, at in any::<usize>(), bit in 0u8..8, value in any::<usize>(),
        ) {
            let mut bytes: Vec<u8> = (0..len).map(|n| (n * 7 % 253) as u8).collect();
            let made = groups_of(&bytes);
            let at = at % len;
            bytes[at] ^= 1 << bit;
            for (index, group) in (0..).zip(bytes.chunks(BLOB_GROUP as usize)) {
                prop_assert_eq!(made.holds(index, group), index != at as u64 / BLOB_GROUP);
            }
            let mut values = made.values().to_vec();
            if values.len() > 1 {
                let place = value % values.len();
                values[place][at % 32] ^= 1 << bit;
                prop_assert!(Groups::verify(made.hash(), made.size(), values).is_none());
            }
            prop_assert!(Groups::verify(made.hash(), made.size() + BLOB_GROUP, made.values().to_vec()).is_none());
        }
    }
}
