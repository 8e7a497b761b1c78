//! Majority: of those for or against, more than half (50), at least so many in a hundred (51 to 100), or
//! at least two thirds, exactly. Abstentions count for the quorum alone. A tie is not carried.

use super::number;
use crate::decisions::Stance;

/// Whether it is carried.
pub(super) fn carried(counts: &[u32; 5], percent: u8) -> bool {
    let (agree, against) = (number(counts, Stance::For), number(counts, Stance::Against));
    if percent <= 50 {
        agree > against
    } else {
        agree > 0 && agree * 100 >= u64::from(percent) * (agree + against)
    }
}

/// Whether two thirds or more carry it: two of three do, which 67 in a hundred would not let them.
pub(super) fn two_thirds(counts: &[u32; 5]) -> bool {
    let (agree, against) = (number(counts, Stance::For), number(counts, Stance::Against));
    agree > 0 && agree * 3 >= 2 * (agree + against)
}
