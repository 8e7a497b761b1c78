//! Ranked ballots by the method of Schulze. An option beats another when more prefer it; a chain of wins is
//! as strong as its weakest; a win is as strong as the number who prefer its winner, and of equal ones the
//! one with fewer against it is stronger. An option is first when no other has a stronger chain to it than
//! it has back. Who wins every pair is always chosen.

use super::chosen;
use crate::decisions::{Ballot, Counts, Terms, Verdict};
use std::cmp::Reverse;

/// What ranked ballots come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// How many prefer each option (row) to each other (column), row by row.
    pub prefer: Vec<u32>,
    /// The options from first to last, equal ones together: those that no other beats, then those that no
    /// other of the rest beats, and so on.
    pub order: Vec<Vec<u8>>,
}

/// Counts ranked ballots: for each option its rank, 1 for the first, 0 for those not ranked, which come
/// after all others and are equal among each other.
pub fn schulze(options: u8, ballots: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Ranked {
    let n = usize::from(options);
    let mut prefer = vec![0_u32; n * n];
    for ballot in ballots {
        // Zero becomes the largest: one less, wrapped.
        let ranks: Vec<u8> = ballot.as_ref().iter().map(|rank| rank.wrapping_sub(1)).collect();
        for (i, mine) in ranks.iter().enumerate().take(n) {
            for (j, other) in ranks.iter().enumerate().take(n) {
                prefer[i * n + j] += u32::from(mine < other);
            }
        }
    }
    let strength = strongest(n, &prefer);
    let beats = |i: u8, j: u8| {
        let (i, j) = (usize::from(i), usize::from(j));
        strength[i * n + j] > strength[j * n + i]
    };
    let mut rest: Vec<u8> = (0..options).collect();
    let mut order = Vec::new();
    while !rest.is_empty() {
        let first: Vec<u8> = rest.iter().copied().filter(|j| !rest.iter().any(|i| beats(*i, *j))).collect();
        rest.retain(|option| !first.contains(option));
        debug_assert!(!first.is_empty(), "beating by strongest chains has no circles");
        if first.is_empty() {
            order.push(std::mem::take(&mut rest));
        } else {
            order.push(first);
        }
    }
    Ranked { prefer, order }
}

/// The strength of the strongest chain of wins from each option to each other.
fn strongest(n: usize, prefer: &[u32]) -> Vec<(u32, Reverse<u32>)> {
    let none = (0, Reverse(0));
    let win = |i: usize, j: usize| {
        let (won, lost) = (prefer[i * n + j], prefer[j * n + i]);
        if won > lost { (won, Reverse(lost)) } else { none }
    };
    let mut strength: Vec<_> = (0..n * n).map(|at| win(at / n, at % n)).collect();
    for by in 0..n {
        for i in 0..n {
            for j in 0..n {
                let round = strength[i * n + by].min(strength[by * n + j]);
                if i != j && round > strength[i * n + j] {
                    strength[i * n + j] = round;
                }
            }
        }
    }
    strength
}

/// The first of the order.
pub(super) fn count(terms: &Terms, ballots: &[&Ballot]) -> (Verdict, Counts) {
    let ranks = ballots.iter().filter_map(|ballot| match ballot {
        Ballot::Rank(ranks) => Some(&ranks[..]),
        _ => None,
    });
    let Ranked { prefer, order } = schulze(terms.options, ranks);
    let verdict = if prefer.iter().all(|count| *count == 0) {
        Verdict::NotCarried // nobody told any two options apart
    } else {
        chosen(order.first().cloned().unwrap_or_default(), terms.tie)
    };
    (verdict, Counts::Pairs { prefer, order })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of 45 voters on which the method is usually explained.
    #[test]
    fn the_published_example_comes_out() {
        let groups: [(usize, &str); 8] = [
            (5, "ACBED"),
            (5, "ADECB"),
            (8, "BEDAC"),
            (3, "CABED"),
            (7, "CAEBD"),
            (2, "CBADE"),
            (7, "DCEBA"),
            (8, "EBADC"),
        ];
        let ranks = |order: &str| "ABCDE".chars().map(|c| order.find(c).unwrap() as u8 + 1).collect();
        let ballots: Vec<Vec<u8>> =
            groups.iter().flat_map(|(count, order)| vec![ranks(order); *count]).collect();
        let result = schulze(5, &ballots);
        assert_eq!(result.order, [[4], [0], [2], [1], [3]]);
        assert_eq!(result.prefer[..5], [0, 20, 26, 30, 22]);
    }
}
