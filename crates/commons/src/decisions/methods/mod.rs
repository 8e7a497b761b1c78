//! The methods: how ballots make a result, one file each. All are exact; none looks at who
//! cast a ballot or in which order they came.

mod approval;
mod consensus;
mod consent;
mod majority;
mod ranked;
mod score;
mod seats;

pub use ranked::{Ranked, schulze};
pub use seats::equal_shares;

use super::ballot::{Ballot, Stance};
use super::result::{Counts, Verdict};
use super::terms::{Method, Terms, Tie};

/// What these ballots come to, quorum apart.
pub fn count(terms: &Terms, ballots: &[&Ballot]) -> (Verdict, Counts) {
    match terms.method {
        Method::Consent => stances(ballots, consent::carried),
        Method::Consensus { k } => stances(ballots, |counts| consensus::carried(counts, k)),
        Method::Majority { percent } => stances(ballots, |counts| majority::carried(counts, percent)),
        Method::TwoThirds => stances(ballots, majority::two_thirds),
        Method::Approval => highest(approval::sums(terms.options, ballots), terms.tie),
        Method::Score { .. } => highest(score::sums(terms.options, ballots), terms.tie),
        Method::Ranked => ranked::count(terms, ballots),
        Method::Seats { seats } => seats::count(terms, seats, ballots),
    }
}

/// Counts who stands where: for, abstain, aside, against, block.
fn stances(ballots: &[&Ballot], carried: impl Fn(&[u32; 5]) -> bool) -> (Verdict, Counts) {
    let mut counts = [0; 5];
    for ballot in ballots {
        if let Ballot::Stance(stance) = ballot {
            counts[*stance as usize] += 1;
        }
    }
    let verdict = if carried(&counts) { Verdict::Carried } else { Verdict::NotCarried };
    (verdict, Counts::Stances(counts))
}

/// How many stand there.
fn number(counts: &[u32; 5], stance: Stance) -> u64 {
    u64::from(counts[stance as usize])
}

/// The option with the largest sum, which must be above zero.
fn highest(sums: Vec<u32>, tie: Tie) -> (Verdict, Counts) {
    let most = sums.iter().copied().max().unwrap_or(0);
    let best = (0..).zip(&sums).filter(|(_, sum)| **sum == most).map(|(option, _)| option).collect();
    let verdict = if most == 0 { Verdict::NotCarried } else { chosen(best, tie) };
    (verdict, Counts::Sums(sums))
}

/// What is chosen of equal options, ascending.
fn chosen(mut equal: Vec<u8>, tie: Tie) -> Verdict {
    match (equal.len(), tie) {
        (0, _) => Verdict::NotCarried,
        (1, _) => Verdict::Chosen(equal),
        (_, Tie::Open | Tie::Drawn) => Verdict::Tied(equal),
        (_, Tie::Listed) => {
            equal.truncate(1);
            Verdict::Chosen(equal)
        }
    }
}
