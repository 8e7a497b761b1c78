//! Grants and what is spent of them: no more than was granted, by entries that move the cell's money and
//! name the grant at once; each is looked at by somebody else.

use super::body::{Granted, Reviewed, Spent};
use super::grant::{Expense, Grant};
use super::{Budgets, Flaw};
use crate::amount::Amount;
use crate::common::CategoryId;
use crate::effect::Reason;
use crate::limits::{DAY_MS, MAX_EXPENSES, MAX_GRANTS, MAX_ROUND_DAYS};
use crate::practices::Saying;
use crate::state::State;
use lifeboat_log::EntryId;

/// Grants money outside of a round.
pub(super) fn grant(state: &mut State, saying: &Saying<'_>, new: &Granted) -> Result<(), Reason> {
    if state.parts.members.active().count() != 1 {
        saying.by_the_cell()?;
    }
    if !state.parts.charter.uses(&new.currency) {
        return Err(Reason::UnknownCurrency);
    }
    if new.until <= saying.time || new.until > saying.time.plus_ms(MAX_ROUND_DAYS * DAY_MS) {
        return Err(Flaw::BadEnds.into());
    }
    let category = new.common.category.unwrap_or(CategoryId(0)); // the body was checked
    let (ledger, budgets) = (&state.parts.ledger, &mut state.parts.budgets);
    budgets.can_give(ledger, &new.currency, &[(category.0, new.amount)])?;
    budgets.make_room_for_grant()?;
    let grant = Grant {
        position: saying.position,
        round: None,
        currency: new.currency.clone(),
        category,
        amount: new.amount,
        until: new.until,
        ended: false,
        expenses: Default::default(),
    };
    budgets.grants.insert(saying.id, grant);
    Ok(())
}

/// Spends money of a grant.
pub(super) fn spend(state: &mut State, saying: &Saying<'_>, new: &Spent) -> Result<(), Reason> {
    let (ledger, budgets) = (&mut state.parts.ledger, &mut state.parts.budgets);
    let grant = budgets.grants.get_mut(&new.grant).ok_or(Flaw::UnknownGrant)?;
    if grant.ended {
        return Err(Flaw::GrantOver.into());
    }
    if new.amount > grant.left() {
        return Err(Flaw::BeyondGrant { left: grant.left() }.into());
    }
    if grant.expenses.len() >= MAX_EXPENSES {
        return Err(Flaw::TooMany.into());
    }
    ledger.spend(&grant.currency, grant.category, Amount::ZERO, new.amount)?;
    let expense = Expense {
        position: saying.position,
        newest: saying.id,
        by: saying.author,
        time: saying.time,
        amount: new.amount,
        reviews: Default::default(),
    };
    grant.expenses.insert(saying.id, expense);
    Ok(())
}

/// Says an expense anew. Once the grant has ended, only less can have been spent.
pub(super) fn correct(
    state: &mut State,
    saying: &Saying<'_>,
    new: &Spent,
    old: EntryId,
) -> Result<(), Reason> {
    let (ledger, budgets) = (&mut state.parts.ledger, &mut state.parts.budgets);
    let found = budgets.grants.iter().find_map(|(id, grant)| Some((*id, newest(grant, &old)?)));
    let (of, first) = found.ok_or(Flaw::UnknownExpense)?;
    if of != new.grant {
        return Err(Flaw::OtherGrant.into());
    }
    let grant = budgets.grants.get_mut(&of).ok_or(Flaw::UnknownGrant)?;
    let left = grant.left();
    let expense = grant.expenses.get_mut(&first).ok_or(Flaw::UnknownExpense)?;
    if grant.ended && new.amount > expense.amount {
        return Err(Flaw::GrantOver.into());
    }
    let most = left.checked_add(expense.amount).ok_or(Reason::TooLarge)?;
    if new.amount > most {
        return Err(Flaw::BeyondGrant { left: most }.into());
    }
    ledger.spend(&grant.currency, grant.category, expense.amount, new.amount)?;
    (expense.newest, expense.amount) = (saying.id, new.amount);
    // What was reviewed was another version.
    expense.reviews.clear();
    Ok(())
}

/// The first version of the expense whose newest version this entry is.
fn newest(grant: &Grant, entry: &EntryId) -> Option<EntryId> {
    grant.expenses.iter().find(|(_, expense)| expense.newest == *entry).map(|(id, _)| *id)
}

impl Budgets {
    /// Forgets the oldest grant by decision that has ended, when there are as many as are remembered.
    fn make_room_for_grant(&mut self) -> Result<(), Flaw> {
        let lone = || self.grants.iter().filter(|(_, grant)| grant.round.is_none());
        if lone().count() < MAX_GRANTS {
            return Ok(());
        }
        let ended = lone().filter(|(_, grant)| grant.ended);
        let oldest = ended.min_by_key(|(_, grant)| grant.position).map(|(id, _)| *id).ok_or(Flaw::TooMany)?;
        self.grants.remove(&oldest);
        Ok(())
    }

    /// Reviews an expense: the version that was looked at, and no other.
    pub(super) fn review(&mut self, saying: &Saying<'_>, new: &Reviewed) -> Result<(), Reason> {
        let (rounds, grants) = (&self.rounds, &mut self.grants);
        let was_corrected = grants.values().any(|grant| grant.expenses.contains_key(&new.spent));
        let found = grants.values_mut().find_map(|grant| Some((newest(grant, &new.spent)?, grant)));
        let missing = if was_corrected { Flaw::ExpenseCorrected } else { Flaw::UnknownExpense };
        let (first, grant) = found.ok_or(missing)?;
        let round = grant.round.and_then(|id| rounds.get(&id));
        if round.is_some_and(|round| !round.is_reviewer(&saying.author)) {
            return Err(Flaw::NotAReviewer.into());
        }
        let expense = grant.expenses.get_mut(&first).ok_or(Flaw::UnknownExpense)?;
        if expense.by == saying.author {
            return Err(Flaw::OwnExpense.into());
        }
        let said = (saying.author_time, saying.id, new.fine);
        let known = expense.reviews.entry(saying.author).or_insert(said);
        *known = (*known).max(said);
        Ok(())
    }
}
