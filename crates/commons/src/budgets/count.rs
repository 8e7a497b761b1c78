//! Counting a round: each category is an election of its own, with its money and the proposals in it; every
//! ballot of the round counts in each, an empty one too. A proposal that nobody supports is never funded.

use super::body::Form;
use super::round::{Round, Vote};
use crate::amount::Amount;
use crate::common::CategoryId;
use crate::tally::pabulib::File;
use crate::tally::{Ballots, Election, Outcome, Project, Unfit, tally};
use lifeboat_log::EntryId;
use std::collections::BTreeMap;

/// The election of one category of a round.
#[derive(Debug, Clone)]
pub struct Counted {
    /// What is counted: money in millionths, projects by their numbers on the paper.
    pub election: Election,
    /// The proposals that its projects are.
    pub proposals: Vec<EntryId>,
}

impl Round {
    /// The election of a category as the ballots are now; nothing before the vote opens. Proposals that no
    /// ballot names are left out.
    pub fn election(&self, category: CategoryId) -> Option<Counted> {
        let vote = self.vote.as_ref()?;
        self.made(vote, category).ok()
    }

    /// The result of a category as the ballots are now, with its election; nothing before the vote opens.
    pub fn count(&self, category: CategoryId) -> Option<(Counted, Outcome)> {
        let counted = self.election(category)?;
        let outcome = tally(&counted.election, &self.method).ok()?;
        Some((counted, outcome))
    }

    /// The whole category as a Pabulib file, unsupported proposals included.
    pub fn file(&self, category: CategoryId, titles: &BTreeMap<EntryId, String>) -> Option<File> {
        let vote = self.vote.as_ref()?;
        let numbers = self.numbers(vote, category, |_| true);
        let digits = self.digits(vote, category, &numbers);
        let counted = self.elect(vote, category, &numbers, 10_u128.pow(6 - digits)).ok()?;
        let title = |id: &EntryId| titles.get(id).cloned().unwrap_or_default();
        Some(File {
            digits,
            meta: Vec::new(),
            titles: counted.proposals.iter().map(title).collect(),
            selected: None,
            point_digits: 0,
            miscounts: Vec::new(),
            election: counted.election,
        })
    }

    /// The proposals that are funded, category by category, in the order of purchase. What cannot be counted
    /// (too many steps of Add1) funds nothing.
    pub(super) fn result(&self) -> Vec<EntryId> {
        let mut funded = Vec::new();
        for category in self.money.keys() {
            if let Some((counted, outcome)) = self.count(*category) {
                funded.extend(outcome.funded.iter().map(|project| counted.proposals[*project]));
            }
        }
        funded
    }

    fn made(&self, vote: &Vote, category: CategoryId) -> Result<Counted, Unfit> {
        let mut named = vec![false; vote.proposals.len()];
        for (number, _) in vote.ballots.values().flat_map(|cast| &cast.marks) {
            named[usize::from(*number) - 1] = true; // noted ballots name numbers of the list
        }
        let numbers = self.numbers(vote, category, |place| named[place]);
        self.elect(vote, category, &numbers, 1)
    }

    /// The places of a category's proposals on the paper.
    fn numbers(&self, vote: &Vote, category: CategoryId, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        let of = |place: &usize| {
            let proposal = self.proposals.get(&vote.proposals[*place]);
            proposal.is_some_and(|proposal| proposal.category == category)
        };
        (0..vote.proposals.len()).filter(of).filter(|place| wanted(*place)).collect()
    }

    /// How many digits after the point a category's sums need, at least two.
    fn digits(&self, vote: &Vote, category: CategoryId, numbers: &[usize]) -> u32 {
        let costs = numbers.iter().filter_map(|place| self.proposals.get(&vote.proposals[*place]));
        let sums = costs.map(|proposal| proposal.cost).chain(self.money.get(&category).copied());
        let sums: Vec<i64> = sums.chain([self.step]).map(Amount::millionths).collect();
        let fits = |digits: &u32| sums.iter().all(|sum| sum % 10_i64.pow(6 - digits) == 0);
        (2..6).find(fits).unwrap_or(6)
    }

    /// The election of these proposals, with money counted in so many millionths.
    fn elect(
        &self,
        vote: &Vote,
        category: CategoryId,
        numbers: &[usize],
        scale: u128,
    ) -> Result<Counted, Unfit> {
        let units = |amount: Amount| u128::try_from(amount.millionths()).unwrap_or(0) / scale;
        let proposals: Vec<EntryId> = numbers.iter().map(|place| vote.proposals[*place]).collect();
        let project = |(place, id): (&usize, &EntryId)| Project {
            name: format!("{:03}", place + 1),
            cost: self.proposals.get(id).map_or(0, |proposal| units(proposal.cost)),
        };
        let projects = numbers.iter().zip(&proposals).map(project).collect();
        let kind = match self.form {
            Form::Approval => Ballots::Approval,
            Form::Score { .. } => Ballots::Scoring,
            Form::Cumulative { .. } => Ballots::Cumulative,
        };
        let money = self.money.get(&category).copied().unwrap_or_default();
        let mut election = Election::new(units(money), units(self.step), kind, projects)?;
        for cast in vote.ballots.values() {
            let mark = |(number, points): &(u16, u32)| {
                let project = numbers.binary_search(&(usize::from(*number) - 1)).ok()?;
                Some((project, i64::from(*points)))
            };
            let choices: Vec<(usize, i64)> = cast.marks.iter().filter_map(mark).collect();
            election.vote(&choices, 1)?;
        }
        Ok(Counted { election, proposals })
    }
}
