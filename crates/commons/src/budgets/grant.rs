//! Grants: money that a round or a decision gave for something, what of it was spent, and who looked at it.

use crate::amount::Amount;
use crate::common::{CategoryId, MemberId};
use crate::ledger::Currency;
use bincode::{Decode, Encode};
use lifeboat_log::{EntryId, Position, Time};
use std::collections::BTreeMap;

/// Money that was spent of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Expense {
    /// The place of the entry that said it first.
    pub position: Position,
    /// Its newest version.
    pub newest: EntryId,
    /// Who spent it.
    pub by: MemberId,
    /// When it was written down.
    pub time: Time,
    /// How much.
    pub amount: Amount,
    /// Who reviewed it, and whether they found it in order, with when that was signed and by which entry.
    pub reviews: BTreeMap<MemberId, (Time, EntryId, bool)>,
}

impl Expense {
    /// Whether as many reviewed it as the charter asks.
    pub fn is_reviewed(&self, asked: u16) -> bool {
        self.reviews.len() >= usize::from(asked) || self.amount.is_zero()
    }
    /// Whether somebody found it not in order.
    pub fn is_questioned(&self) -> bool {
        self.reviews.values().any(|(_, _, fine)| !fine)
    }
}

/// Money for something.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Grant {
    /// The place of the proposal, or of the entry that granted it.
    pub position: Position,
    /// The round that it comes from; none for one by decision.
    pub round: Option<EntryId>,
    /// The currency.
    pub currency: Currency,
    /// The pool that it comes from.
    pub category: CategoryId,
    /// How much.
    pub amount: Amount,
    /// Until when it is spent.
    pub until: Time,
    /// Whether it has ended, so that what was left has returned to its pool.
    pub ended: bool,
    /// What was spent, by the entry that said it first.
    pub expenses: BTreeMap<EntryId, Expense>,
}

impl Grant {
    /// What was spent.
    pub fn spent(&self) -> Amount {
        let amounts = self.expenses.values().map(|expense| expense.amount);
        // No expense is noted that makes the sum larger than the grant.
        amounts.fold(Amount::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(sum))
    }
    /// What is left of it; it has returned to the pool once the grant has ended.
    pub fn left(&self) -> Amount {
        self.amount.checked_sub(self.spent()).unwrap_or_default()
    }
    /// What the pool still owes it.
    pub(super) fn promised(&self) -> Amount {
        if self.ended { Amount::ZERO } else { self.left() }
    }
}
