//! What is counted: money, projects, and ballots, of which equal ones are kept once with their number.

use crate::limits::{MAX_BALLOTS, MAX_COST_UNITS, MAX_POINTS, MAX_PROJECTS};
use bincode::{Decode, Encode};
use std::collections::BTreeMap;
use std::fmt;

/// What ballots say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Ballots {
    /// 0: the projects that one wants.
    Approval,
    /// 1: points for projects, each within bounds.
    Scoring,
    /// 2: points out of a number that one may give away.
    Cumulative,
    /// 3: one project.
    ChooseOne,
    /// 4: projects in order.
    Ordinal,
}

impl Ballots {
    /// Whether these ballots give points.
    pub fn have_points(self) -> bool {
        matches!(self, Self::Scoring | Self::Cumulative)
    }
}

impl fmt::Display for Ballots {
    /// The word that Pabulib has for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Approval => "approval",
            Self::Scoring => "scoring",
            Self::Cumulative => "cumulative",
            Self::ChooseOne => "choose-1",
            Self::Ordinal => "ordinal",
        })
    }
}

/// A project that asks for money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// What ties are broken by; no two are alike.
    pub name: String,
    /// What it costs, in the election's smallest unit.
    pub cost: u128,
}

/// Why something cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Utility by points, without points.
    #[error("{ballots} ballots give no points: count by cost or cardinality")]
    NoPoints {
        /// What they are.
        ballots: Ballots,
    },
    /// Completion of a rule that leaves nothing.
    #[error("greedy takes whatever still fits, so there is nothing to complete: use completion none")]
    GreedyLeavesNothing,
    /// A bound of this program.
    #[error("an election here has at most {MAX_PROJECTS} projects and {MAX_BALLOTS} ballots")]
    TooMany,
    /// A sum of money beyond what is computed with.
    #[error("a sum of money is larger than this program computes with")]
    TooDear,
    /// Points beyond what is computed with.
    #[error("points are larger than this program computes with")]
    TooManyPoints,
    /// Two projects of one name.
    #[error("two projects have the same name, {0}")]
    SameName(String),
    /// A ballot for a project that is none.
    #[error("a ballot names a project that is not there")]
    NoSuchProject,
    /// Add1 would go on for too long.
    #[error(
        "adding one unit to every share would take more than {0} steps: the money is in too small a unit"
    )]
    TooManySteps(u64),
}

/// Money, projects and ballots.
#[derive(Debug, Clone)]
pub struct Election {
    budget: u128,
    unit: u128,
    kind: Ballots,
    projects: Vec<Project>,
    cast: u64,
    groups: BTreeMap<Vec<(u32, i64)>, u64>,
}

impl Election {
    /// An election without ballots yet. Money counts in a smallest unit, of which `unit` are what Add1
    /// adds to each share.
    ///
    /// # Errors
    /// [`Unfit`]: too many projects, two of one name, or too much money.
    pub fn new(budget: u128, unit: u128, kind: Ballots, projects: Vec<Project>) -> Result<Self, Unfit> {
        if projects.len() > MAX_PROJECTS {
            return Err(Unfit::TooMany);
        }
        let dear = |sum: u128| sum > MAX_COST_UNITS;
        if dear(budget) || dear(unit) || unit == 0 || projects.iter().any(|p| dear(p.cost)) {
            return Err(Unfit::TooDear);
        }
        let mut names: Vec<&str> = projects.iter().map(|p| p.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Unfit::SameName(twice[0].to_owned()));
        }
        Ok(Self { budget, unit, kind, projects, cast: 0, groups: BTreeMap::new() })
    }

    /// Adds `count` equal ballots: the projects that they name, with points, or with places in an order.
    /// Of a project that is named twice the last points count, and the first place.
    ///
    /// # Errors
    /// [`Unfit`]: a project that is not there, points or ballots beyond the bounds.
    pub fn vote(&mut self, choices: &[(usize, i64)], count: u64) -> Result<(), Unfit> {
        let cast = self.cast.checked_add(count).filter(|cast| *cast <= MAX_BALLOTS).ok_or(Unfit::TooMany)?;
        let mut last: BTreeMap<u32, i64> = BTreeMap::new();
        for (project, points) in choices {
            if *project >= self.projects.len() {
                return Err(Unfit::NoSuchProject);
            }
            if points.unsigned_abs() > MAX_POINTS {
                return Err(Unfit::TooManyPoints);
            }
            let project = *project as u32; // below MAX_PROJECTS
            match self.kind {
                Ballots::Scoring | Ballots::Cumulative => drop(last.insert(project, *points)),
                Ballots::Approval | Ballots::ChooseOne => drop(last.insert(project, 1)),
                Ballots::Ordinal => drop(last.entry(project).or_insert(*points)),
            }
        }
        *self.groups.entry(last.into_iter().collect()).or_default() += count;
        self.cast = cast;
        Ok(())
    }

    /// The money.
    pub fn budget(&self) -> u128 {
        self.budget
    }
    /// What Add1 adds to each share.
    pub fn unit(&self) -> u128 {
        self.unit
    }
    /// What ballots say.
    pub fn ballots(&self) -> Ballots {
        self.kind
    }
    /// The projects.
    pub fn projects(&self) -> &[Project] {
        &self.projects
    }
    /// How many ballots were cast, empty ones included.
    pub fn cast(&self) -> u64 {
        self.cast
    }

    /// The ballots, equal ones together.
    pub(super) fn all_groups(&self) -> impl Iterator<Item = (&[(u32, i64)], u64)> {
        self.groups.iter().map(|(choices, weight)| (choices.as_slice(), *weight))
    }

    /// As [`Election::all_groups`], without the empty ballots.
    pub(super) fn groups(&self) -> impl Iterator<Item = (&[(u32, i64)], u64)> {
        self.all_groups().filter(|(choices, _)| !choices.is_empty())
    }

    /// How many ballots name each project, and the points that they give it together.
    pub fn support(&self) -> Vec<(u64, i128)> {
        let mut support = vec![(0, 0); self.projects.len()];
        for (choices, weight) in self.groups() {
            for (project, points) in choices {
                if let Some((ballots, sum)) = support.get_mut(*project as usize) {
                    *ballots += weight;
                    *sum += i128::from(*points) * i128::from(weight);
                }
            }
        }
        support
    }

    /// The projects' places when all are tied: what goes first has the lowest.
    pub(super) fn tie_ranks(&self, ties: super::Ties) -> Vec<usize> {
        let support = self.support();
        let mut order: Vec<usize> = (0..self.projects.len()).collect();
        order.sort_by(|a, b| {
            let by_votes = match ties {
                super::Ties::Name => std::cmp::Ordering::Equal,
                super::Ties::Votes => support[*b].0.cmp(&support[*a].0),
            };
            by_votes.then_with(|| self.projects[*a].name.cmp(&self.projects[*b].name))
        });
        let mut ranks = vec![0; order.len()];
        order.into_iter().enumerate().for_each(|(rank, project)| ranks[project] = rank);
        ranks
    }
}
