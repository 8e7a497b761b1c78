//! Who wants what, from the side of the projects. Computed once for all the counts of an Add1.

use super::super::{Election, Method, Utility};

/// A group of equal ballots that want a project.
#[derive(Debug, Clone, Copy)]
pub(super) struct Want {
    /// The group, by its number.
    pub group: u32,
    /// How many ballots it has.
    pub weight: u64,
    /// What each pays for when the price is one: the points of the ballot, or 1.
    pub points: u64,
}

/// Who wants what.
#[derive(Debug)]
pub(in crate::tally) struct Wanted {
    supporters: Vec<Vec<Want>>,
    costs: Vec<u128>,
    /// What a price is compared by: divided by the cost where a project is worth what it costs.
    worths: Vec<u128>,
    ranks: Vec<usize>,
    groups: usize,
}

impl Wanted {
    /// Who wants what in this election, by this utility.
    pub(in crate::tally) fn of(election: &Election, method: &Method) -> Self {
        let projects = election.projects();
        let mut supporters: Vec<Vec<Want>> = vec![Vec::new(); projects.len()];
        let mut groups = 0;
        for (group, (choices, weight)) in (0_u32..).zip(election.groups()) {
            groups += 1;
            for (project, points) in choices {
                let points = if method.utility == Utility::Points { (*points).max(0) as u64 } else { 1 };
                let worthless = method.utility == Utility::Cost && projects[*project as usize].cost == 0;
                if points > 0 && !worthless {
                    supporters[*project as usize].push(Want { group, weight, points });
                }
            }
        }
        let costs: Vec<u128> = projects.iter().map(|p| p.cost).collect();
        let by_cost = method.utility == Utility::Cost;
        let worths = costs.iter().map(|cost| if by_cost { *cost } else { 1 }).collect();
        Self { supporters, costs, worths, ranks: election.tie_ranks(method.ties), groups }
    }

    pub(super) fn len(&self) -> usize {
        self.costs.len()
    }
    pub(super) fn groups(&self) -> usize {
        self.groups
    }
    pub(super) fn supporters(&self, project: usize) -> &[Want] {
        &self.supporters[project]
    }
    pub(super) fn cost(&self, project: usize) -> u128 {
        self.costs[project]
    }
    pub(super) fn worth(&self, project: usize) -> u128 {
        self.worths[project]
    }
    pub(super) fn rank(&self, project: usize) -> usize {
        self.ranks[project]
    }

    /// The projects that somebody wants and that cost something.
    pub(super) fn costly(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(|p| self.costs[*p] > 0 && !self.supporters[*p].is_empty())
    }

    /// The projects that somebody wants and that cost nothing, by name.
    pub(super) fn free(&self) -> Vec<usize> {
        let mut free: Vec<usize> =
            (0..self.len()).filter(|p| self.costs[*p] == 0 && !self.supporters[*p].is_empty()).collect();
        free.sort_by_key(|p| self.ranks[*p]);
        free
    }

    /// What all the projects that somebody wants cost together.
    pub(in crate::tally) fn total_cost(&self) -> u128 {
        self.costly().map(|p| self.costs[p]).sum()
    }
}
