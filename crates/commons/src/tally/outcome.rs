//! What a tally says: which projects are funded, in which order, and of each why or why not.

use super::election::Election;
use super::ratio::Ratio;

/// Why a project is funded, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Funded by equal shares: so many paid the same, for each point of theirs where points count; others
    /// paid the rest of what they had.
    Bought {
        /// Who paid the full price.
        payers: u64,
        /// What each paid, for each point where points count.
        price: Ratio,
        /// Who had less than that left.
        short: u64,
        /// What they paid together: all they had.
        short_paid: Ratio,
    },
    /// Funded because it costs nothing and somebody wants it.
    Free,
    /// Funded greedily.
    Fits {
        /// How many ballots name it.
        ballots: u64,
        /// What was left before it.
        left: u128,
    },
    /// Not funded: those who want it had too little left.
    SupportersShort {
        /// Who wants it.
        supporters: u64,
        /// What they had left together.
        together: Ratio,
    },
    /// Not funded: it costs more than was left.
    DoesNotFit {
        /// How many ballots name it.
        ballots: u64,
        /// What was left when it was its turn.
        left: u128,
    },
    /// Not funded: nobody wants it, or wanting it counts for nothing by this utility.
    NoSupport,
}

impl Verdict {
    /// Whether it is funded.
    pub fn is_funded(&self) -> bool {
        matches!(self, Self::Bought { .. } | Self::Free | Self::Fits { .. })
    }
}

/// What is funded and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The funded projects, by their number in the election, in the order in which they were bought.
    pub funded: Vec<usize>,
    /// What they cost together.
    pub spent: u128,
    /// Of each project why or why not.
    pub verdicts: Vec<Verdict>,
    /// What was added to every share by Add1.
    pub added: u128,
}

impl Outcome {
    /// Nothing is funded.
    pub(super) fn nothing(election: &Election) -> Self {
        let verdicts = vec![Verdict::NoSupport; election.projects().len()];
        Self { funded: Vec::new(), spent: 0, verdicts, added: 0 }
    }

    /// Funds a project.
    pub(super) fn fund(&mut self, election: &Election, project: usize, verdict: Verdict) {
        self.funded.push(project);
        self.spent += election.projects()[project].cost;
        self.verdicts[project] = verdict;
    }

    /// Whether one of these projects that is not funded still fits.
    pub(super) fn has_room(&self, election: &Election, mut among: impl Iterator<Item = usize>) -> bool {
        let left = election.budget().saturating_sub(self.spent);
        among.any(|p| !self.verdicts[p].is_funded() && election.projects()[p].cost <= left)
    }
}
