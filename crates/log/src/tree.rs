//! The Merkle tree of a term: RFC 6962 section 2.1 with SHA-256. Proofs are made from any source of node
//! hashes (tiles on disk, or a vector in memory) and checked from the bytes alone.

use crate::hash::TreeHash;
use sha2::{Digest, Sha256};

/// Most hashes in an inclusion proof: a tree has at most 2^63 leaves.
pub const MAX_PROOF: usize = 63;

/// The hash of a leaf.
pub fn leaf_hash(data: &[u8]) -> TreeHash {
    TreeHash(Sha256::new().chain_update([0]).chain_update(data).finalize().into())
}

/// The hash of a node above two others.
pub fn node_hash(left: &TreeHash, right: &TreeHash) -> TreeHash {
    let hasher = Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0);
    TreeHash(hasher.finalize().into())
}

/// The root of the tree without leaves.
pub fn empty_root() -> TreeHash {
    TreeHash(Sha256::new().finalize().into())
}

/// The right edge of a tree: what is needed to add leaves and to tell the root. At most 64 hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// The roots of the perfect subtrees, largest first: one for each bit set in `size`.
    peaks: Vec<TreeHash>,
}

impl Frontier {
    /// The frontier of a tree of `size` leaves with these perfect subtrees, largest first, or nothing
    /// when their number does not fit.
    pub fn new(size: u64, peaks: Vec<TreeHash>) -> Option<Self> {
        (peaks.len() as u32 == size.count_ones()).then_some(Self { size, peaks })
    }

    /// The frontier of a stored tree. `node(level, index)` gives the hash over the leaves from
    /// `index * 2^level` on, 2^level of them; it is only asked for whole ones.
    ///
    /// # Errors
    /// Those of `node`.
    pub fn load<E>(size: u64, mut node: impl FnMut(u8, u64) -> Result<TreeHash, E>) -> Result<Self, E> {
        let mut peaks = Vec::new();
        let mut start = 0;
        for level in (0..64u8).rev().filter(|level| size >> level & 1 == 1) {
            peaks.push(node(level, start >> level)?);
            start += 1 << level;
        }
        Ok(Self { size, peaks })
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf, and calls `made(level, index, hash)` for each node that became whole by it, the leaf
    /// (level 0) first.
    pub fn push_with(&mut self, leaf: TreeHash, mut made: impl FnMut(u8, u64, TreeHash)) {
        let mut index = self.size;
        let mut hash = leaf;
        made(0, index, hash);
        for level in 1..=self.size.trailing_ones() as u8 {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
                index >>= 1;
                made(level, index, hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: TreeHash) {
        self.push_with(leaf, |_, _, _| {});
    }

    /// The root over all leaves.
    pub fn root(&self) -> TreeHash {
        let joined = self.peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
        joined.unwrap_or_else(empty_root)
    }
}

/// The hashes that show leaf `index` in the tree of `size` leaves, the leaf's sibling first.
///
/// # Errors
/// Those of `node`, which is as in [`Frontier::load`].
///
/// # Panics
/// When `index` is not below `size`; check that first.
pub fn inclusion_proof<E>(
    index: u64,
    size: u64,
    mut node: impl FnMut(u8, u64) -> Result<TreeHash, E>,
) -> Result<Vec<TreeHash>, E> {
    inclusion_ranges(index, size).into_iter().map(|(low, high)| range_root(low, high, &mut node)).collect()
}

/// The leaves that each hash of an inclusion proof is over, from the first to the one after the last.
///
/// # Panics
/// When `index` is not below `size`; check that first.
pub fn inclusion_ranges(index: u64, size: u64) -> Vec<(u64, u64)> {
    assert!(index < size, "leaf {index} is not in a tree of {size}");
    let mut ranges = Vec::new();
    let (mut low, mut high) = (0, size);
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            ranges.push((middle, high));
            high = middle;
        } else {
            ranges.push((low, middle));
            low = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The hashes that show the tree of `old` leaves to be the beginning of the one of `size` leaves
/// (RFC 6962 section 2.1.2); empty when the sizes are equal or `old` is 0.
///
/// # Errors
/// Those of `node`, which is as in [`Frontier::load`].
///
/// # Panics
/// When `old` is larger than `size`; check that first.
pub fn consistency_proof<E>(
    old: u64,
    size: u64,
    mut node: impl FnMut(u8, u64) -> Result<TreeHash, E>,
) -> Result<Vec<TreeHash>, E> {
    consistency_ranges(old, size).into_iter().map(|(low, high)| range_root(low, high, &mut node)).collect()
}

/// The leaves that each hash of a consistency proof is over, from the first to the one after the last.
///
/// # Panics
/// When `old` is larger than `size`; check that first.
pub fn consistency_ranges(old: u64, size: u64) -> Vec<(u64, u64)> {
    assert!(old <= size, "a tree of {old} leaves is no beginning of one of {size}");
    if old == 0 || old == size {
        return Vec::new();
    }
    let mut ranges = Vec::new();
    let (mut low, mut high) = (0, size);
    while high != old {
        let middle = low + split(high - low);
        if old <= middle {
            ranges.push((middle, high));
            high = middle;
        } else {
            ranges.push((low, middle));
            low = middle;
        }
    }
    if low > 0 {
        ranges.push((low, high));
    }
    ranges.reverse();
    ranges
}

/// Whether `proof` shows that the leaf with this hash stands at `index` in the tree of `size` leaves
/// with this root (RFC 9162 section 2.1.3.2).
pub fn verify_inclusion(index: u64, size: u64, leaf: &TreeHash, proof: &[TreeHash], root: &TreeHash) -> bool {
    root_of_inclusion(index, size, leaf, proof) == Some(*root)
}

/// The root to which `proof` leads from the leaf with this hash at `index` in a tree of `size` leaves;
/// nothing when it has not the length for that place.
pub fn root_of_inclusion(index: u64, size: u64, leaf: &TreeHash, proof: &[TreeHash]) -> Option<TreeHash> {
    if index >= size || proof.len() > MAX_PROOF {
        return None;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// Whether `proof` shows that the tree of `old` leaves with root `old_root` is the beginning of the tree
/// of `size` leaves with root `root` (RFC 9162 section 2.1.4.2).
pub fn verify_consistency(
    old: u64,
    size: u64,
    proof: &[TreeHash],
    old_root: &TreeHash,
    root: &TreeHash,
) -> bool {
    if old > size || proof.len() > MAX_PROOF {
        return false;
    }
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == empty_root();
    }
    let (first, rest) = match (old.is_power_of_two(), proof.split_first()) {
        (true, _) => (*old_root, proof),
        (false, Some((first, rest))) => (*first, rest),
        (false, None) => return false,
    };
    let (mut place, mut last) = (old - 1, size - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut hash) = (first, first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(sibling, &old_hash);
            hash = node_hash(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && hash == *root
}

/// The largest power of two below `n`, for `n` above 1: where a tree of n leaves splits.
pub fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

/// The root over the leaves `low..high`, where `low` is a multiple of the least power of two that is not
/// below their number.
fn range_root<E>(
    low: u64,
    high: u64,
    node: &mut impl FnMut(u8, u64) -> Result<TreeHash, E>,
) -> Result<TreeHash, E> {
    let n = high - low;
    if n.is_power_of_two() {
        let level = n.trailing_zeros() as u8;
        return node(level, low >> level);
    }
    let middle = low + split(n);
    let left = range_root(low, middle, node)?;
    Ok(node_hash(&left, &range_root(middle, high, node)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;
    use std::convert::Infallible;

    /// A whole tree in memory, by (level, index), and its root at every size.
    fn grow(leaves: u64) -> (HashMap<(u8, u64), TreeHash>, Vec<TreeHash>) {
        let mut frontier = Frontier::default();
        let mut nodes = HashMap::new();
        let mut roots = vec![frontier.root()];
        for i in 0..leaves {
            let leaf = leaf_hash(&i.to_le_bytes());
            frontier.push_with(leaf, |level, index, hash| {
                nodes.insert((level, index), hash);
            });
            roots.push(frontier.root());
        }
        (nodes, roots)
    }

    fn lookup(nodes: &HashMap<(u8, u64), TreeHash>) -> impl FnMut(u8, u64) -> Result<TreeHash, Infallible> {
        |level, index| Ok(nodes[&(level, index)])
    }

    #[test]
    fn every_proof_of_every_tree_up_to_40_leaves_holds_and_no_other() {
        let (nodes, roots) = grow(40);
        for size in 1..=40 {
            let root = &roots[size as usize];
            assert_eq!(Frontier::load(size, lookup(&nodes)).unwrap().root(), *root);
            for index in 0..size {
                let proof = inclusion_proof(index, size, lookup(&nodes)).unwrap();
                let leaf = &nodes[&(0, index)];
                assert!(verify_inclusion(index, size, leaf, &proof, root));
                assert!(!verify_inclusion((index + 1) % size, size, leaf, &proof, root) || size == 1);
                assert!(!verify_inclusion(index, size, leaf, &proof, &roots[size as usize - 1]));
            }
            for old in 0..=size {
                let proof = consistency_proof(old, size, lookup(&nodes)).unwrap();
                assert!(verify_consistency(old, size, &proof, &roots[old as usize], root));
                if old != size {
                    assert!(!verify_consistency(old, size, &proof, root, root));
                }
            }
        }
    }

    #[test]
    fn an_independent_implementation_agrees() {
        let mut tree = ct_merkle::mem_backed_tree::MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let (nodes, roots) = grow(70);
        for i in 0..70u64 {
            tree.push(i.to_le_bytes().to_vec());
            assert_eq!(tree.root().as_bytes()[..], roots[i as usize + 1].0);
        }
        for i in 0..70 {
            let ours: Vec<u8> =
                inclusion_proof(i, 70, lookup(&nodes)).unwrap().iter().flat_map(|h| h.0).collect();
            assert_eq!(tree.prove_inclusion(i as usize).as_bytes(), ours);
        }
    }

    proptest! {
        #[test]
        fn a_proof_with_one_bit_changed_does_not_hold(size in 2u64..200, seed in any::<u64>(), bit in 0usize..256) {
            let (nodes, roots) = grow(size);
            let index = seed % size;
            let mut proof = inclusion_proof(index, size, lookup(&nodes)).unwrap();
            let at = seed as usize % proof.len();
            proof[at].0[bit / 8] ^= 1 << (bit % 8);
            let holds = verify_inclusion(index, size, &nodes[&(0, index)], &proof, &roots[size as usize]);
            prop_assert!(!holds);
        }
    }
}
