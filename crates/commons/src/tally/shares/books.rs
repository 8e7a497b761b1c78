//! What everyone has left, exactly: whole numbers over one denominator that grows with each purchase. A
//! voter's money is the first share less what was paid, so that the money of many is a sum over
//! purchases, and not over voters.

use super::super::Election;
use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};
use std::collections::BTreeMap;

/// A purchase that a ballot's group took part in, with what it paid for at price one.
type Paid = (u32, u64);

/// The number of the state "nothing is left".
const EMPTY: u32 = 0;
/// The number of the state "nothing was paid".
const UNTOUCHED: u32 = 1;

/// The money of some voters together: so many first shares, less what they paid.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    /// How many voters, those who have nothing left included.
    pub voters: u64,
    shares: u64,
    paid: Vec<u64>,
}

/// Everyone's money.
#[derive(Debug)]
pub(super) struct Books {
    under: BigInt,
    share: BigInt,
    /// The price of each purchase, per point.
    prices: Vec<BigInt>,
    /// What a voter can have paid, each kind of history once.
    states: Vec<Vec<Paid>>,
    known: BTreeMap<(u32, u32, u64), u32>,
    /// The state of each group of ballots, and how many ballots it has.
    groups: Vec<(u32, u64)>,
}

impl Books {
    /// Everyone has an equal share of the budget, and `steps` units more.
    pub(super) fn new(election: &Election, groups: usize, steps: u64) -> Self {
        let voters = BigInt::from(election.cast());
        let more = BigInt::from(election.unit()) * steps * &voters;
        let mut kept = vec![(UNTOUCHED, 0); groups];
        kept.iter_mut().zip(election.groups()).for_each(|(slot, (_, weight))| slot.1 = weight);
        Self {
            share: BigInt::from(election.budget()) + more,
            under: voters,
            prices: Vec::new(),
            states: vec![Vec::new(), Vec::new()],
            known: BTreeMap::new(),
            groups: kept,
        }
    }

    /// The denominator of all money here.
    pub(super) fn under(&self) -> &BigInt {
        &self.under
    }
    /// The first share, over that denominator.
    pub(super) fn share(&self) -> &BigInt {
        &self.share
    }
    /// The price of a purchase per point, over that denominator.
    pub(super) fn price(&self, purchase: u32) -> &BigInt {
        &self.prices[purchase as usize]
    }
    /// How many purchases there were.
    pub(super) fn purchases(&self) -> usize {
        self.prices.len()
    }
    /// Adds a group's money to a sum.
    pub(super) fn add(&self, sum: &mut Sum, group: u32) {
        let (state, weight) = self.groups[group as usize];
        sum.voters += weight;
        if state == EMPTY {
            return;
        }
        sum.shares += weight;
        sum.paid.resize(self.prices.len(), 0);
        for (purchase, points) in &self.states[state as usize] {
            sum.paid[*purchase as usize] += points * weight;
        }
    }

    /// What these have left together, over the denominator.
    pub(super) fn left(&self, sum: &Sum) -> BigInt {
        let mut left = &self.share * sum.shares;
        for (price, paid) in self.prices.iter().zip(&sum.paid) {
            if *paid > 0 {
                left -= price * *paid;
            }
        }
        left
    }

    /// What one voter of this state has left, over the denominator.
    pub(super) fn left_in(&self, state: u32) -> BigInt {
        if state == EMPTY {
            return BigInt::zero();
        }
        let mut left = self.share.clone();
        for (purchase, points) in &self.states[state as usize] {
            left -= &self.prices[*purchase as usize] * *points;
        }
        left
    }

    /// What a group has paid, as a number: equal for those who have the same history.
    pub(super) fn state(&self, group: u32) -> u32 {
        self.groups[group as usize].0
    }

    /// Notes a purchase at the price `over / (per * denominator)` for each point, and gives its number. All
    /// that is noted moves to a denominator under which that price is whole.
    pub(super) fn pay(&mut self, over: &BigInt, per: u64) -> u32 {
        let rest = (over % per).to_u64().unwrap_or(0); // less than `per`
        let common = num_integer::gcd(per, rest).max(1);
        let factor = per / common;
        if factor > 1 {
            self.under *= factor;
            self.share *= factor;
            self.prices.iter_mut().for_each(|price| *price *= factor);
        }
        self.prices.push(over / common);
        (self.prices.len() - 1) as u32 // no more purchases than projects
    }

    /// A group pays a purchase at its full price.
    pub(super) fn charge(&mut self, group: u32, purchase: u32, points: u64) {
        let before = self.groups[group as usize].0;
        let key = (before, purchase, points);
        let after = match self.known.get(&key) {
            Some(after) => *after,
            None => {
                let mut paid = self.states[before as usize].clone();
                paid.push((purchase, points));
                self.states.push(paid);
                let after = (self.states.len() - 1) as u32; // no more states than groups times purchases
                self.known.insert(key, after);
                after
            }
        };
        self.groups[group as usize].0 = after;
    }

    /// A group pays all it has left.
    pub(super) fn empty(&mut self, group: u32) {
        self.groups[group as usize].0 = EMPTY;
    }
}
