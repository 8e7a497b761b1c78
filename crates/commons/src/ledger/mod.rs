//! The ledger: money and goods that come and go, needs and offers and how they meet. The cell cannot give
//! what it does not hold. A correction takes the effect of the former version back, exactly, and makes
//! its own instead.

mod accounts;
mod body;
mod posts;
mod quantity;
mod rules;
mod slips;

pub use accounts::Flow;
pub use body::{
    Given, LedgerStatement, Meet, Need, Offer, OpeningStock, ReceiptConfirmed, Received, Source, Withdraw,
};
pub use posts::Post;
pub use quantity::{Currency, Item, Quantity, Thing, Unit, is_currency};
pub use slips::Slip;

use crate::amount::Amount;
use crate::common::{CategoryId, PlaceId};
use crate::effect::Reason;
use accounts::{Accounts, Column, Move};
use bincode::{Decode, Encode};
use lifeboat_log::EntryId;
use posts::Posts;
use slips::Slips;
use std::collections::BTreeMap;

/// What the cell holds, needs and is offered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Ledger {
    accounts: Accounts,
    needs: Posts,
    offers: Posts,
    slips: Slips,
}

/// What a need can be met with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit<'a> {
    /// An offer.
    Offer(&'a Post),
    /// What the cell has.
    Stock {
        /// Where goods lie; none for money and for goods without a place.
        place: Option<PlaceId>,
        /// How much.
        held: Amount,
    },
}

impl Ledger {
    /// The pools of money: what came and went, by currency and category.
    pub fn money(&self) -> impl Iterator<Item = (&Currency, Option<CategoryId>, &Flow)> {
        self.accounts.money.iter().map(|((currency, category), flow)| (currency, *category, flow))
    }
    /// What is held of each currency, over all categories.
    pub fn balances(&self) -> BTreeMap<&Currency, Amount> {
        let mut sums: BTreeMap<&Currency, Amount> = BTreeMap::new();
        for (currency, _, flow) in self.money() {
            let sum = sums.entry(currency).or_default();
            *sum = sum.checked_add(flow.balance()).unwrap_or(*sum); // no sum is stored that cannot be written
        }
        sums
    }
    /// What is held of this currency.
    pub fn balance(&self, currency: &Currency) -> Amount {
        self.accounts.balance(currency).unwrap_or_default()
    }
    /// What came and went in one pool of money.
    pub fn flow(&self, currency: &Currency, category: Option<CategoryId>) -> Flow {
        self.accounts.money.get(&(currency.clone(), category)).copied().unwrap_or_default()
    }
    /// Gives money of a category, and takes an earlier giving of it back.
    pub(crate) fn spend(
        &mut self,
        currency: &Currency,
        category: CategoryId,
        undo: Amount,
        make: Amount,
    ) -> Result<(), Reason> {
        let thing = Thing::Money { currency: currency.clone() };
        let of = |amount| Quantity { amount, thing: thing.clone() };
        let given = |amount| Move::new(Column::Given, &of(amount), None, Some(category));
        let undo = undo.is_positive().then(|| given(undo));
        self.accounts.shift(undo.as_ref(), Some(&given(make)))
    }
    /// The goods that the cell holds: item, unit, place, and how much.
    pub fn stock(&self) -> impl Iterator<Item = (&Item, &Unit, Option<PlaceId>, Amount)> {
        self.accounts.goods.iter().map(|((item, unit, place), held)| (item, unit, *place, *held))
    }
    /// What is held of this thing: of goods at each place, of money altogether.
    pub fn held(&self, thing: &Thing) -> Vec<(Option<PlaceId>, Amount)> {
        match thing {
            Thing::Money { currency } => {
                let held = self.balance(currency);
                if held.is_positive() { vec![(None, held)] } else { vec![] }
            }
            Thing::Goods { item, unit } => {
                let all = self.accounts.goods.range((item.clone(), unit.clone(), None)..);
                let here = all.take_while(|((i, u, _), _)| i == item && u == unit);
                here.map(|((_, _, place), held)| (*place, *held)).collect()
            }
        }
    }
    /// The needs that are still open, oldest first.
    pub fn open_needs(&self) -> Vec<&Post> {
        open(&self.needs)
    }
    /// The offers that are still open, oldest first.
    pub fn open_offers(&self) -> Vec<&Post> {
        open(&self.offers)
    }
    /// The need of this entry, while the fold remembers it: until it closes, or some days after it is met.
    pub fn need(&self, id: &EntryId) -> Option<&Post> {
        self.needs.get(id)
    }
    /// The offer of this entry, while the fold remembers it.
    pub fn offer(&self, id: &EntryId) -> Option<&Post> {
        self.offers.get(id)
    }
    /// What an open need can be met with: open offers of the same thing, oldest first, then stock.
    pub fn fits_need(&self, need: &Post) -> Vec<Fit<'_>> {
        let same = |offer: &&Post| offer.quantity.thing == need.quantity.thing;
        let offers = self.open_offers().into_iter().filter(same).map(Fit::Offer);
        let stock = self.held(&need.quantity.thing).into_iter();
        offers.chain(stock.map(|(place, held)| Fit::Stock { place, held })).collect()
    }
    /// The open needs that an offer fits, oldest first.
    pub fn fits_offer(&self, offer: &Post) -> Vec<&Post> {
        let same = |need: &&Post| need.quantity.thing == offer.quantity.thing;
        self.open_needs().into_iter().filter(same).collect()
    }
    /// The hand-over slips that nobody has confirmed yet, oldest first.
    pub fn slips(&self) -> impl Iterator<Item = &Slip> {
        self.slips.iter()
    }
    /// The open hand-over slip of this entry.
    pub fn slip(&self, given: &EntryId) -> Option<&Slip> {
        self.slips.get(given)
    }
}

fn open(posts: &Posts) -> Vec<&Post> {
    let mut open: Vec<&Post> = posts.iter().filter(|post| post.open().is_positive()).collect();
    open.sort_by_key(|post| post.position);
    open
}
