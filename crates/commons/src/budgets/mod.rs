//! Participatory budgets: the cell's money by category are its pools. A round takes money of pools, collects
//! proposals, has a vote, and makes grants by a rule that was named beforehand; what is spent is written
//! against a grant, reviewed by others, and what is left returns. What a pool has promised it keeps: nothing
//! else can spend it.

mod body;
mod count;
mod flaw;
mod grant;
mod pools;
mod round;
mod rules;
mod spending;
mod trace;

pub use body::{
    BallotCast, BudgetStatement, Checked, Ends, Form, Granted, ProposalWithdrawn, Proposed, Remarked,
    Reviewed, RoundOpened, RoundWithdrawn, Spent,
};
pub use count::Counted;
pub use flaw::Flaw;
pub use grant::{Expense, Grant};
pub use pools::Pool;
pub use round::{Cast, Phase, Proposal, Round, Vote};
pub use trace::{Moved, Paid, trace};

use bincode::{Decode, Encode};
use lifeboat_log::EntryId;
use std::collections::BTreeMap;

/// The cell's rounds and grants.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Budgets {
    rounds: BTreeMap<EntryId, Round>,
    grants: BTreeMap<EntryId, Grant>,
}

impl Budgets {
    /// The round of this entry.
    pub fn round(&self, id: &EntryId) -> Option<&Round> {
        self.rounds.get(id)
    }
    /// The rounds that are remembered, oldest first.
    pub fn rounds(&self) -> Vec<(&EntryId, &Round)> {
        let mut rounds: Vec<_> = self.rounds.iter().collect();
        rounds.sort_by_key(|(_, round)| round.position);
        rounds
    }
    /// The round that has this proposal.
    pub fn round_of(&self, proposal: &EntryId) -> Option<(&EntryId, &Round)> {
        self.rounds.iter().find(|(_, round)| round.proposals.contains_key(proposal))
    }
    /// The grant of this proposal, or of the entry that granted it.
    pub fn grant(&self, id: &EntryId) -> Option<&Grant> {
        self.grants.get(id)
    }
    /// The grants that are remembered, oldest first.
    pub fn grants(&self) -> Vec<(&EntryId, &Grant)> {
        let mut grants: Vec<_> = self.grants.iter().collect();
        grants.sort_by_key(|(_, grant)| grant.position);
        grants
    }
    /// The grant that this expenditure was made of.
    pub fn grant_of(&self, expense: &EntryId) -> Option<(&EntryId, &Grant)> {
        self.grants.iter().find(|(_, grant)| grant.expenses.contains_key(expense))
    }
    /// The expenditures that fewer have reviewed than the charter asks, oldest first.
    pub fn unreviewed(&self, asked: u16) -> Vec<(&EntryId, &Expense)> {
        let all = self.grants.values().flat_map(|grant| &grant.expenses);
        let mut open: Vec<_> = all.filter(|(_, expense)| !expense.is_reviewed(asked)).collect();
        open.sort_by_key(|(_, expense)| expense.position);
        open
    }
}
