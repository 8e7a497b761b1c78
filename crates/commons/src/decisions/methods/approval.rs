//! Approval: everyone approves as many options as they like, and the one with the most approvals is chosen.

use crate::decisions::Ballot;

/// The approvals of each option.
pub(super) fn sums(options: u8, ballots: &[&Ballot]) -> Vec<u32> {
    let mut sums = vec![0; usize::from(options)];
    for ballot in ballots {
        let Ballot::Approve(chosen) = ballot else { continue };
        for option in chosen.iter() {
            if let Some(sum) = sums.get_mut(usize::from(*option)) {
                *sum += 1;
            }
        }
    }
    sums
}
