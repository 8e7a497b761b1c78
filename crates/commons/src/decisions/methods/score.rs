//! Score: everyone gives each option points, and the largest sum is chosen. An abstention gives none.

use crate::decisions::Ballot;

/// The points of each option.
pub(super) fn sums(options: u8, ballots: &[&Ballot]) -> Vec<u32> {
    let mut sums = vec![0; usize::from(options)];
    for ballot in ballots {
        let Ballot::Score(points) = ballot else { continue };
        sums.iter_mut().zip(points.iter()).for_each(|(sum, points)| *sum += u32::from(*points));
    }
    sums
}
