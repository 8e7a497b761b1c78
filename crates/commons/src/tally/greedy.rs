//! Greedy: projects in the order of what they are worth for their cost, each one that still fits. One pass.
//! A project that nobody names comes last, and is funded where it fits: the rule leaves no money over.

use super::election::Election;
use super::outcome::{Outcome, Verdict};
use super::{Method, Utility};
use std::cmp::Ordering;

/// What a project is worth for its cost. Costs and worths are below 2^71 and 2^63, so products fit.
#[derive(Debug, Clone, Copy)]
enum Worth {
    Infinite,
    Finite { worth: i128, cost: i128 },
}

impl Worth {
    fn of(ballots: u64, points: i128, cost: u128, utility: Utility) -> Self {
        let nothing = Self::Finite { worth: 0, cost: 1 };
        let worth = match utility {
            Utility::Cost if cost == 0 => return nothing,
            Utility::Cost => return Self::Finite { worth: i128::from(ballots), cost: 1 },
            Utility::Cardinality => i128::from(ballots),
            Utility::Points => points,
        };
        match (worth > 0, i128::try_from(cost).unwrap_or(i128::MAX)) {
            (false, _) => nothing,
            (true, 0) => Self::Infinite,
            (true, cost) => Self::Finite { worth, cost },
        }
    }
}

fn compare(one: Worth, other: Worth) -> Ordering {
    match (one, other) {
        (Worth::Infinite, Worth::Infinite) => Ordering::Equal,
        (Worth::Infinite, _) => Ordering::Greater,
        (_, Worth::Infinite) => Ordering::Less,
        (Worth::Finite { worth: a, cost: b }, Worth::Finite { worth: c, cost: d }) => {
            a.saturating_mul(d).cmp(&c.saturating_mul(b))
        }
    }
}

/// Adds to an outcome whatever fits, the most worth for its cost first.
pub(super) fn greedy(election: &Election, method: &Method, mut outcome: Outcome) -> Outcome {
    let (support, ranks) = (election.support(), election.tie_ranks(method.ties));
    let worth: Vec<Worth> = (support.iter().zip(election.projects()))
        .map(|((ballots, points), project)| Worth::of(*ballots, *points, project.cost, method.utility))
        .collect();
    let mut order: Vec<usize> = (0..worth.len()).filter(|p| !outcome.verdicts[*p].is_funded()).collect();
    order.sort_by(|a, b| compare(worth[*b], worth[*a]).then(ranks[*a].cmp(&ranks[*b])));
    for project in order {
        let left = election.budget().saturating_sub(outcome.spent);
        let ballots = support[project].0;
        if election.projects()[project].cost <= left {
            outcome.fund(election, project, Verdict::Fits { ballots, left });
        } else {
            outcome.verdicts[project] = Verdict::DoesNotFit { ballots, left };
        }
    }
    outcome
}
