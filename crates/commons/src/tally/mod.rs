//! Counting: what a budget buys when people say which projects they want. Greedy and the Method of Equal
//! Shares, exact to the last digit: floating point may rule a candidate out by a proven margin, never
//! choose between two. Knows nothing of logs, members or files, so that budgets, seats and the command
//! line count with the same code.
//!
//! ```
//! use lifeboat_commons::tally::{Ballots, Completion, Election, Method, Project, Rule, Ties, Utility, tally};
//! let project = |name: &str, cost| Project { name: name.to_owned(), cost };
//! let mut election = Election::new(100, 1, Ballots::Approval, vec![project("pump", 60), project("bench", 50)])?;
//! election.vote(&[(0, 1), (1, 1)], 3)?;
//! election.vote(&[(1, 1)], 2)?;
//! let method = Method { rule: Rule::EqualShares, utility: Utility::Cost, completion: Completion::None, ties: Ties::Name };
//! let outcome = tally(&election, &method)?;
//! assert_eq!(outcome.funded, [1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod completion;
mod election;
mod greedy;
mod outcome;
pub mod pabulib;
mod ratio;
mod shares;

pub use election::{Ballots, Election, Project, Unfit};
pub use outcome::{Outcome, Verdict};
pub use ratio::Ratio;

use bincode::{Decode, Encode};

/// How the projects are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Rule {
    /// 0: the most wanted for its cost first, as long as it fits.
    Greedy,
    /// 1: everyone has an equal share of the money, and projects are bought by those who want them.
    EqualShares,
}

/// What a funded project is worth to someone who wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Utility {
    /// 0: what it costs.
    Cost,
    /// 1: the same for every project.
    Cardinality,
    /// 2: the points that the ballot gives it.
    Points,
}

/// What happens with money that equal shares leave over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Completion {
    /// 0: it stays.
    None,
    /// 1: every share grows by one unit of money, until nothing more fits or too much is bought; then the
    /// outcome before counts.
    Add1,
    /// 2: as `Add1`, but it goes on past an outcome to which nothing fits, until too much is bought.
    Add1PastExhaustion,
    /// 3: `Add1`, then greedily.
    Add1Greedy,
}

/// Who goes first when two projects are exactly alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Ties {
    /// 0: the name that comes first, letter by letter: "10" before "2".
    Name,
    /// 1: the one that more ballots name, then the name.
    Votes,
}

/// A rule with all that it leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Method {
    /// The rule.
    pub rule: Rule,
    /// What a project is worth.
    pub utility: Utility,
    /// What happens with what is left.
    pub completion: Completion,
    /// Who goes first of equals.
    pub ties: Ties,
}

/// Counts an election.
///
/// # Errors
/// [`Unfit`] when the ballots do not say what the method asks, or counting would take too long.
pub fn tally(election: &Election, method: &Method) -> Result<Outcome, Unfit> {
    if method.utility == Utility::Points && !election.ballots().have_points() {
        return Err(Unfit::NoPoints { ballots: election.ballots() });
    }
    if method.rule == Rule::Greedy {
        return match method.completion {
            Completion::None => Ok(greedy::greedy(election, method, Outcome::nothing(election))),
            _ => Err(Unfit::GreedyLeavesNothing),
        };
    }
    completion::equal_shares(election, method)
}
