//! Making a charge of what a node has seen: a stretch of records under a signed checkpoint, of which one
//! does not hold. What the node holds itself, what came, and the proof that came with it are together the
//! whole way from that record to the checkpoint's root. Reads nothing itself, and accuses nobody of what
//! the file format does not prove.

use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::misconduct::Placed;
use lifeboat_log::tree::{consistency_ranges, inclusion_ranges, leaf_hash, node_hash, split};
use lifeboat_log::{Charge, KnownTerm, Misconduct, SignedCheckpoint, TreeHash};
use std::collections::BTreeMap;

/// Records that came under a signed checkpoint, of which one does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadStretch {
    /// The checkpoint.
    pub signed: SignedCheckpoint,
    /// How many records of the term are held before them.
    pub known: u64,
    /// The records.
    pub records: Vec<Vec<u8>>,
    /// Shows that the term up to the last of them is the beginning of what the checkpoint covers.
    pub proof: Vec<TreeHash>,
    /// The place in the term of the first that does not hold.
    pub at: u64,
}

impl BadStretch {
    /// The charge that it amounts to; nothing when it proves no misconduct by itself. `node` gives whole
    /// nodes over records that are held, `last` the newest of those.
    ///
    /// # Errors
    /// Those of `node` and `last`.
    pub fn charge<E>(
        &self,
        known: &KnownTerm,
        node: impl FnMut(u8, u64) -> Result<TreeHash, E>,
        last: impl FnOnce() -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<Charge>, E> {
        let mut hashes = Hashes::new(self, node);
        let Some(checkpoint) = Bytes::new(self.signed.to_bytes()) else { return Ok(None) };
        let Some(second) = self.placed(self.at, &mut hashes, None)? else { return Ok(None) };
        let charge = Charge::Record { checkpoint: checkpoint.clone(), placed: second.clone() };
        if proves(known, &charge) {
            return Ok(Some(charge));
        }
        let Some(before) = self.at.checked_sub(1) else { return Ok(None) };
        let held = if before < self.known { last()? } else { None };
        let Some(first) = self.placed(before, &mut hashes, held)? else { return Ok(None) };
        let charge = Charge::Neighbours { checkpoint, first, second };
        Ok(Some(charge).filter(|charge| proves(known, charge)))
    }

    /// A record of the stretch, or the one before it, with its way to the root.
    fn placed<E, N: FnMut(u8, u64) -> Result<TreeHash, E>>(
        &self,
        index: u64,
        hashes: &mut Hashes<'_, N>,
        held: Option<Vec<u8>>,
    ) -> Result<Option<Placed>, E> {
        let came = index.checked_sub(self.known).and_then(|at| self.records.get(usize::try_from(at).ok()?));
        let Some(record) = held.or_else(|| came.cloned()).and_then(Bytes::new) else { return Ok(None) };
        if index >= self.signed.size {
            return Ok(None);
        }
        let mut way = Vec::new();
        for (low, high) in inclusion_ranges(index, self.signed.size) {
            match hashes.over(low, high)? {
                Some(hash) => way.push(hash),
                None => return Ok(None),
            }
        }
        Ok(List::new(way).map(|hashes| Placed { index, record, hashes }))
    }
}

/// Whether a charge is proven against this key.
fn proves(known: &KnownTerm, charge: &Charge) -> bool {
    let (cell, term, term_key) = (known.origin.cell, known.origin.term, known.term_key);
    Misconduct { cell, term, term_key, terms: None, charge: charge.clone() }.verify(Some(known)).is_ok()
}

/// The hashes of the tree that the checkpoint signs, as far as they are known.
struct Hashes<'a, N> {
    stretch: &'a BadStretch,
    node: N,
    /// Those of the proof.
    given: BTreeMap<(u64, u64), TreeHash>,
}

impl<'a, E, N: FnMut(u8, u64) -> Result<TreeHash, E>> Hashes<'a, N> {
    fn new(stretch: &'a BadStretch, node: N) -> Self {
        let end = stretch.known + stretch.records.len() as u64;
        let mut given = BTreeMap::new();
        if end <= stretch.signed.size {
            let ranges = consistency_ranges(end, stretch.signed.size);
            given.extend(ranges.into_iter().zip(stretch.proof.iter().copied()));
        }
        Self { stretch, node, given }
    }

    /// The hash over the leaves from `low` to before `high`; nothing when it is not known.
    fn over(&mut self, low: u64, high: u64) -> Result<Option<TreeHash>, E> {
        let (known, n) = (self.stretch.known, high - low);
        if high <= known && n.is_power_of_two() {
            let level = n.trailing_zeros() as u8;
            return (self.node)(level, low >> level).map(Some);
        }
        if let Some(hash) = self.given.get(&(low, high)) {
            return Ok(Some(*hash));
        }
        if n == 1 {
            let at = low.checked_sub(known).and_then(|at| usize::try_from(at).ok());
            return Ok(at.and_then(|at| self.stretch.records.get(at)).map(|record| leaf_hash(record)));
        }
        let middle = low + split(n);
        let (left, right) = (self.over(low, middle)?, self.over(middle, high)?);
        Ok(left.zip(right).map(|(left, right)| node_hash(&left, &right)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_log::testing::{Leaves, TestLog};
    use lifeboat_log::{Checkpoint, Origin, Record, Term};
    use proptest::prelude::*;
    use std::convert::Infallible;

    /// A log of 40 records whose record `at` was altered, or changed places with the next one.
    fn altered(at: usize, swapped: bool) -> (TestLog, Vec<Vec<u8>>) {
        let (mut log, founding) = TestLog::found(4);
        let mut records = vec![founding.to_bytes()];
        records.extend(log.grow(39).iter().map(Record::to_bytes));
        if swapped {
            records.swap(at, at + 1)
        } else {
            records[at][250] ^= 1
        }
        (log, records)
    }

    proptest! {
        /// Wherever the bad record stands in the stretch, and whatever follows it, the charge is proven.
        #[test]
        fn a_stretch_becomes_a_charge(
            at in 1usize..38, before in 0usize..10, count in 1usize..30, size in 2u64..=40, swapped in any::<bool>()
        ) {
            let known = at.saturating_sub(before);
            let end = (known + count.max(before + 1)).min(size as usize);
            prop_assume!(known > 0 && at < end && end as u64 <= size);
            let (log, records) = altered(at, swapped);
            let leaves = Leaves::of(&records);
            let origin = Origin { cell: log.cell(), term: Term::FIRST };
            let signed = Checkpoint { origin, size, root: leaves.root(size) }.sign(&log.term_key);
            let stretch = BadStretch {
                signed,
                known: known as u64,
                records: records[known..end].to_vec(),
                proof: leaves.consistency(end as u64, size),
                at: at as u64,
            };
            let term = KnownTerm { origin, term_key: log.term_key.public(), witnesses: vec![], quorum: 0 };
            let node = |level, index| Ok::<_, Infallible>(leaves.node(level, index));
            let last = || Ok(Some(records[known - 1].clone()));
            let Ok(charge) = stretch.charge(&term, node, last);
            prop_assert!(charge.is_some(), "{known} {at} {end} {size}");
        }
    }
}
