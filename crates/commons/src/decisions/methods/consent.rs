//! Consent: carried unless somebody objects. An objection gives its reason and stops the proposal, whoever
//! counts; those who stand aside or abstain are not in its way.

use super::number;
use crate::decisions::Stance;

/// Whether it is carried.
pub(super) fn carried(counts: &[u32; 5]) -> bool {
    number(counts, Stance::Block) == 0
}
