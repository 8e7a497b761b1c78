//! Consensus, and consensus minus k: most of those who cast agree, and no more than k block. With k of zero
//! one block stops it. Who stands aside is counted apart: not in the way, and not for it.

use super::number;
use crate::decisions::Stance;

/// Whether it is carried.
pub(super) fn carried(counts: &[u32; 5], k: u8) -> bool {
    let cast: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    number(counts, Stance::For) * 2 > cast && number(counts, Stance::Block) <= u64::from(k)
}
