//! Entries of budgets as sentences.

use super::{Teller, with};
use crate::text;
use crate::ui::plain;
use lifeboat_commons::budgets::{BallotCast, BudgetStatement, RoundOpened};
use lifeboat_commons::{Amount, CategoryId, Common};
use lifeboat_log::EntryId;

impl Teller<'_> {
    pub(super) fn budget(&self, said: &BudgetStatement, who: &str, note: Option<String>) -> String {
        let title = note.clone().unwrap_or_else(|| text!("budget-untitled"));
        let note: Vec<String> = note.into_iter().collect();
        let number = |id: &EntryId| self.number(id);
        let sentence = match said {
            BudgetStatement::Opened(round) => self.opened(round, who, &title),
            BudgetStatement::Withdrawn(said) => {
                text!("said-round-withdrawn", who = who, number = number(&said.round))
            }
            BudgetStatement::Proposed(said) => {
                let (code, of) = (self.code_of_round(&said.round), said.common.category);
                let values = vec![
                    ("who", who.into()),
                    ("title", title.into()),
                    ("cost", said.cost.money().into()),
                    ("code", code.into()),
                    ("category", self.category_name(of).into()),
                    ("number", number(&said.round).into()),
                ];
                text::message("said-proposed", values)
            }
            BudgetStatement::ProposalWithdrawn(said) => {
                text!("said-proposal-withdrawn", who = who, number = number(&said.proposal))
            }
            BudgetStatement::Checked(said) if said.feasible => {
                with(text!("said-feasible", who = who, number = number(&said.proposal)), note)
            }
            BudgetStatement::Checked(said) => {
                with(text!("said-infeasible", who = who, number = number(&said.proposal)), note)
            }
            BudgetStatement::Remarked(said) => {
                text!("said-remark", who = who, number = number(&said.proposal), text = title)
            }
            BudgetStatement::Ballot(ballot) => self.ballot(ballot, who),
            BudgetStatement::Spent(said) => {
                let code = self.code_of_grant(&said.grant);
                let (amount, grant) = (said.amount.money(), number(&said.grant));
                with(text!("said-spent", who = who, amount = amount, code = code, grant = grant), note)
            }
            BudgetStatement::Reviewed(said) if said.fine => {
                with(text!("said-reviewed", who = who, number = number(&said.spent)), note)
            }
            BudgetStatement::Reviewed(said) => {
                with(text!("said-questioned", who = who, number = number(&said.spent)), note)
            }
            BudgetStatement::Granted(said) => {
                let values = vec![
                    ("who", who.into()),
                    ("title", title.into()),
                    ("amount", said.amount.money().into()),
                    ("code", plain(said.currency.as_str()).into()),
                    ("category", self.category_name(said.common.category).into()),
                    ("until", self.day_of(said.until).into()),
                ];
                text::message("said-granted", values)
            }
        };
        let more = self.more(&Common { category: None, ..*said.common() });
        let sentence = with(sentence, more);
        match said.common().corrects {
            Some(id) => text!("said-correction", sentence = sentence, number = self.number(&id)),
            None => sentence,
        }
    }

    fn opened(&self, round: &RoundOpened, who: &str, title: &str) -> String {
        let code = plain(round.currency.as_str());
        let part = |(category, amount): &(u16, Amount)| {
            let name = self.category_name(Some(CategoryId(*category)));
            format!("{name} {} {code}", amount.money())
        };
        let money: Vec<String> = round.money.iter().map(part).collect();
        let values = vec![
            ("who", who.into()),
            ("title", title.into()),
            ("money", money.join(", ").into()),
            ("propose", self.day_of(round.ends.propose).into()),
            ("opens", self.day_of(round.ends.discuss).into()),
            ("closes", self.day_of(round.ends.vote).into()),
        ];
        text::message("said-round", values)
    }

    fn ballot(&self, ballot: &BallotCast, who: &str) -> String {
        let round = self.state.budgets().round(&ballot.round);
        let listed = round.and_then(|round| round.vote.as_ref()).map(|vote| &vote.proposals);
        let mark = |(number, points): &(u16, u32)| {
            let id = listed.and_then(|listed| listed.get(usize::from(*number).checked_sub(1)?));
            let name = id.map_or_else(|| number.to_string(), |id| self.number(id));
            if *points == 1 { name } else { format!("{name} ({points})") }
        };
        let marks: Vec<String> = ballot.marks.iter().map(mark).collect();
        let number = self.number(&ballot.round);
        if marks.is_empty() {
            return text!("said-ballot-empty", who = who, number = number);
        }
        text!("said-ballot", who = who, number = number, marks = marks.join(", "))
    }

    fn category_name(&self, id: Option<CategoryId>) -> String {
        let known = id.and_then(|id| self.state.charter().category(id));
        known.map_or_else(|| id.map_or_else(String::new, |id| id.0.to_string()), plain)
    }

    fn code_of_round(&self, id: &EntryId) -> String {
        self.state.budgets().round(id).map_or_else(String::new, |round| plain(round.currency.as_str()))
    }

    fn code_of_grant(&self, id: &EntryId) -> String {
        self.state.budgets().grant(id).map_or_else(String::new, |grant| plain(grant.currency.as_str()))
    }
}
