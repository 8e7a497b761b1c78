//! What the cell holds: money by currency and category, goods by item, unit and place. A move and its
//! exact reverse leave everything as it was. Money of a currency, and goods at a place, are never less
//! than nothing.

use super::quantity::{Currency, Item, Quantity, Thing, Unit};
use crate::amount::Amount;
use crate::common::{CategoryId, PlaceId};
use crate::effect::Reason;
use bincode::{Decode, Encode};
use std::collections::BTreeMap;

/// What came and went in one pool of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Flow {
    /// What was there when the records began.
    pub opening: Amount,
    /// What was received.
    pub received: Amount,
    /// What was given.
    pub given: Amount,
}

impl Flow {
    /// What is left. It is below zero where more was given for a category than came in for it.
    pub fn balance(&self) -> Amount {
        let sum = self.opening.checked_add(self.received).and_then(|sum| sum.checked_sub(self.given));
        sum.unwrap_or_default() // a flow is only stored once this was computed
    }

    fn column(&mut self, column: Column) -> &mut Amount {
        match column {
            Column::Opening => &mut self.opening,
            Column::Received => &mut self.received,
            Column::Given => &mut self.given,
        }
    }

    fn is_sound(&self) -> bool {
        let sum = self.opening.checked_add(self.received);
        sum.and_then(|sum| sum.checked_sub(self.given)).is_some()
    }
}

/// Which way something moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Opening,
    Received,
    Given,
}

/// Where something is held.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Account {
    Money(Currency, Option<CategoryId>),
    Goods(Item, Unit, Option<PlaceId>),
}

/// One change of what is held.
#[derive(Debug, Clone)]
pub(super) struct Move {
    account: Account,
    column: Column,
    amount: Amount,
}

impl Move {
    pub(super) fn new(
        column: Column,
        quantity: &Quantity,
        place: Option<PlaceId>,
        category: Option<CategoryId>,
    ) -> Self {
        let account = match &quantity.thing {
            Thing::Money { currency } => Account::Money(currency.clone(), category),
            Thing::Goods { item, unit } => Account::Goods(item.clone(), unit.clone(), place),
        };
        Self { account, column, amount: quantity.amount }
    }
}

/// Money and goods.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(super) struct Accounts {
    pub(super) money: BTreeMap<(Currency, Option<CategoryId>), Flow>,
    pub(super) goods: BTreeMap<(Item, Unit, Option<PlaceId>), Amount>,
}

impl Accounts {
    /// Takes `undo` back and makes `make`, or changes nothing.
    pub(super) fn shift(&mut self, undo: Option<&Move>, make: Option<&Move>) -> Result<(), Reason> {
        let mut changed: [Option<(Account, Flow)>; 2] = [None, None];
        for (step, back) in [(undo, true), (make, false)] {
            let Some(step) = step else { continue };
            let known = changed.iter().position(|c| c.as_ref().is_some_and(|(a, _)| *a == step.account));
            let slot = known.unwrap_or(usize::from(changed[0].is_some()));
            let (_, flow) =
                changed[slot].get_or_insert_with(|| (step.account.clone(), self.flow(&step.account)));
            let cell = flow.column(step.column);
            let after = if back { cell.checked_sub(step.amount) } else { cell.checked_add(step.amount) };
            *cell = after.ok_or(Reason::TooLarge)?;
        }
        for (account, flow) in changed.iter().flatten() {
            if !flow.is_sound() {
                return Err(Reason::TooLarge);
            }
            let left = self.left(account, flow, &changed)?;
            if left < Amount::ZERO {
                return Err(shortage(left, account, make));
            }
        }
        changed.into_iter().flatten().for_each(|(account, flow)| self.set(account, flow));
        Ok(())
    }

    /// What would be left of this account: of money over all categories, of goods at the place.
    fn left(
        &self,
        account: &Account,
        flow: &Flow,
        changed: &[Option<(Account, Flow)>; 2],
    ) -> Result<Amount, Reason> {
        let Account::Money(currency, _) = account else { return Ok(flow.balance()) };
        let mut sum = self.balance(currency).ok_or(Reason::TooLarge)?;
        for (other, flow) in changed.iter().flatten() {
            if matches!(other, Account::Money(same, _) if same == currency) {
                let was = self.flow(other).balance();
                sum = sum
                    .checked_sub(was)
                    .and_then(|sum| sum.checked_add(flow.balance()))
                    .ok_or(Reason::TooLarge)?;
            }
        }
        Ok(sum)
    }

    /// The balance of a currency over all categories; nothing when it cannot be written.
    pub(super) fn balance(&self, currency: &Currency) -> Option<Amount> {
        let pools = self.money.range((currency.clone(), None)..).take_while(|((c, _), _)| c == currency);
        pools.map(|(_, flow)| flow.balance()).try_fold(Amount::ZERO, Amount::checked_add)
    }

    fn flow(&self, account: &Account) -> Flow {
        match account {
            Account::Money(currency, category) => {
                self.money.get(&(currency.clone(), *category)).copied().unwrap_or_default()
            }
            Account::Goods(item, unit, place) => {
                let held = self.goods.get(&(item.clone(), unit.clone(), *place)).copied();
                Flow { received: held.unwrap_or_default(), ..Flow::default() }
            }
        }
    }

    fn set(&mut self, account: Account, flow: Flow) {
        match account {
            Account::Money(currency, category) if flow == Flow::default() => {
                self.money.remove(&(currency, category));
            }
            Account::Money(currency, category) => {
                self.money.insert((currency, category), flow);
            }
            Account::Goods(item, unit, place) => match flow.balance() {
                Amount::ZERO => {
                    self.goods.remove(&(item, unit, place));
                }
                held => {
                    self.goods.insert((item, unit, place), held);
                }
            },
        }
    }
}

/// Why less than nothing would be left of an account: `make` takes more than there was, or what a
/// correction takes back was given since.
fn shortage(left: Amount, account: &Account, make: Option<&Move>) -> Reason {
    let same = |step: &&Move| match (&step.account, account) {
        (Account::Money(one, _), Account::Money(other, _)) => one == other,
        (one, other) => one == other,
    };
    let taken = make.filter(same).filter(|step| step.column == Column::Given);
    match taken.and_then(|step| left.checked_add(step.amount)) {
        Some(held) if held >= Amount::ZERO => Reason::NotEnough { held },
        _ => Reason::GivenSince,
    }
}
