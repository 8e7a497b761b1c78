//! Pools: the cell's money of one currency for one category. What came in is promised to rounds and grants,
//! spent, or free; these are all of it, to the last unit.

use super::{Budgets, Flaw};
use crate::amount::Amount;
use crate::common::CategoryId;
use crate::effect::Reason;
use crate::ledger::{Currency, Ledger};

/// Where the money of a pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// What was there when the records began, and what came in.
    pub came: Amount,
    /// What went out.
    pub went: Amount,
    /// Of that, what was spent of grants.
    pub of_grants: Amount,
    /// What rounds hold whose result is not counted yet.
    pub in_rounds: Amount,
    /// What is granted and not spent.
    pub granted: Amount,
    /// What is left and promised to nobody.
    pub free: Amount,
}

impl Budgets {
    /// Where the money of a pool is; nothing when a sum cannot be written.
    pub fn pool(&self, ledger: &Ledger, currency: &Currency, category: CategoryId) -> Option<Pool> {
        let flow = ledger.flow(currency, Some(category));
        let rounds = self.rounds.values().filter(|r| !r.is_counted() && r.currency == *currency);
        let in_rounds = sum(rounds.filter_map(|round| round.money.get(&category).copied()))?;
        let of_pool = |g: &&super::Grant| g.category == category && g.currency == *currency;
        let grants = || self.grants.values().filter(of_pool);
        let granted = sum(grants().map(super::Grant::promised))?;
        let of_grants = sum(grants().map(super::Grant::spent))?;
        let came = flow.opening.checked_add(flow.received)?;
        let promised = in_rounds.checked_add(granted)?;
        let free = flow.balance().checked_sub(promised)?;
        Some(Pool { came, went: flow.given, of_grants, in_rounds, granted, free })
    }

    /// Whether the pools can promise so much more.
    pub(super) fn can_give(
        &self,
        ledger: &Ledger,
        currency: &Currency,
        money: &[(u16, Amount)],
    ) -> Result<(), Flaw> {
        // Where a pool is below zero, others have paid for it: not all that these hold is there.
        let mut all = self.uncovered(ledger, currency);
        for (category, amount) in money {
            let pool = self.pool(ledger, currency, CategoryId(*category));
            let free = pool.map_or(Amount::ZERO, |pool| pool.free).min(all).max(Amount::ZERO);
            if *amount > free {
                return Err(Flaw::BeyondPool { free });
            }
            all = all.checked_sub(*amount).unwrap_or_default();
        }
        Ok(())
    }

    /// What is held of a currency over all pools and not promised.
    fn uncovered(&self, ledger: &Ledger, currency: &Currency) -> Amount {
        let held = ledger.balance(currency);
        held.checked_sub(self.promised(currency)).unwrap_or_default()
    }

    /// What all pools of a currency have promised.
    fn promised(&self, currency: &Currency) -> Amount {
        let rounds = self.rounds.values().filter(|r| !r.is_counted() && r.currency == *currency);
        let rounds = rounds.flat_map(|round| round.money.values().copied());
        let grants = self.grants.values().filter(|g| g.currency == *currency);
        let all = rounds.chain(grants.map(super::Grant::promised));
        all.fold(Amount::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(Amount::MAX))
    }

    /// Refuses what takes money from a pool that was promised: `change` is what a statement of the ledger
    /// would add to the pool, below zero for what it takes.
    ///
    /// # Errors
    /// [`Flaw::Promised`].
    pub(crate) fn guard(
        &self,
        ledger: &Ledger,
        currency: &Currency,
        category: Option<CategoryId>,
        change: Amount,
    ) -> Result<(), Reason> {
        if change >= Amount::ZERO || self.promised(currency).is_zero() {
            return Ok(());
        }
        let all = self.uncovered(ledger, currency);
        let pool = category.and_then(|category| self.pool(ledger, currency, category));
        let has_promised = |pool: &Pool| !pool.in_rounds.is_zero() || !pool.granted.is_zero();
        let free = pool.filter(has_promised).map_or(all, |pool| pool.free.min(all));
        let enough = free.checked_add(change).is_some_and(|left| left >= Amount::ZERO);
        let free = free.max(Amount::ZERO);
        if enough { Ok(()) } else { Err(Flaw::Promised { free }.into()) }
    }
}

/// The sum, or nothing when it cannot be written.
fn sum(mut amounts: impl Iterator<Item = Amount>) -> Option<Amount> {
    amounts.try_fold(Amount::ZERO, Amount::checked_add)
}
