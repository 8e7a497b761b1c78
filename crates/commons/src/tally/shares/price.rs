//! The price of a project: the least at which those who want it can pay for it, who cannot pay it giving
//! all they have. For any guess of who these are, what the others would have to pay is at most the true
//! price; so each guess is a bound, and in floating point still one, once its error is taken off.

use super::super::ratio::approximate;
use super::books::{Books, Sum};
use super::wanted::{Want, Wanted};
use num_bigint::BigInt;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The largest relative error of one rounding.
const ROUNDING: f64 = f64::EPSILON / 2.0;
/// Room for the roundings of the few operations between two exact numbers.
const SLACK: f64 = 16.0 * ROUNDING;
/// Below this, roundings are no longer relative: such a bound is not used.
const TINY: f64 = 1e-280;

/// What everyone has left and what projects cost at least, in floating point.
#[derive(Debug)]
pub(super) struct Floats {
    money: Vec<f64>,
    /// No money is further than this from the truth.
    error: f64,
    share: f64,
    price: f64,
    /// Below the true price for certain. Prices only rise, as people only have less.
    bounds: Vec<f64>,
    /// The same, for what the project is worth.
    least: Vec<f64>,
}

impl Floats {
    pub(super) fn new(wanted: &Wanted, books: &Books) -> Self {
        let share = approximate(books.share(), books.under());
        let zeros = vec![0.0; wanted.len()];
        let money = vec![share; wanted.groups()];
        Self { money, error: share * SLACK, share, price: 0.0, bounds: zeros.clone(), least: zeros }
    }

    /// A bound below what the project costs for what it is worth.
    pub(super) fn least(&self, project: usize) -> f64 {
        self.least[project]
    }

    fn raise(&mut self, wanted: &Wanted, project: usize, bound: f64) {
        if bound > self.bounds[project].max(TINY) {
            self.bounds[project] = bound;
            self.least[project] = bound / wanted.worth(project) as f64 * (1.0 - SLACK);
        }
    }

    /// Raises the bound of a project by guessing who cannot pay. Gives `false` when all together have
    /// less than it costs, for certain.
    pub(super) fn refresh(&mut self, wanted: &Wanted, project: usize) -> bool {
        let wants = wanted.supporters(project);
        let cost = wanted.cost(project) as f64;
        let mut known_short = u64::MAX;
        loop {
            let bound = self.bounds[project];
            let (mut short, mut short_money, mut points) = (0_u64, 0.0, 0_u64);
            for Want { group, weight, points: each } in wants {
                let money = self.money[*group as usize];
                if money < bound * *each as f64 {
                    short += weight;
                    short_money += money * *weight as f64;
                } else {
                    points += each * weight;
                }
            }
            let sums = (2.0 * wants.len() as f64 + 8.0) * ROUNDING * short_money.abs();
            let error = short as f64 * self.error + sums + SLACK * cost;
            if points == 0 {
                return short_money + error >= cost;
            }
            self.raise(wanted, project, (cost - short_money - error) / points as f64 * (1.0 - SLACK));
            if short == known_short || self.bounds[project] <= bound {
                return true;
            }
            known_short = short;
        }
    }

    /// A project was bought: its price in floating point, and what rounding may add up to by now.
    pub(super) fn bought(&mut self, books: &Books, purchase: u32) {
        self.price = approximate(books.price(purchase), books.under());
        self.error = self.share * SLACK * (1.0 + books.purchases() as f64);
    }

    pub(super) fn charge(&mut self, group: u32, points: u64) {
        self.money[group as usize] -= self.price * points as f64;
    }

    pub(super) fn empty(&mut self, group: u32) {
        self.money[group as usize] = 0.0;
    }
}

/// What a project costs those who want it, exactly: `over / (per * denominator)` for each point.
#[derive(Debug)]
pub(super) struct Price {
    over: BigInt,
    per: u64,
    worth: u128,
    /// The price for what it is worth is not above this.
    most: f64,
    short: Sum,
    is_short: Vec<bool>,
}

impl Price {
    /// The price of a project; nothing when those who want it have too little together.
    pub(super) fn of(wanted: &Wanted, books: &Books, floats: &mut Floats, project: usize) -> Option<Self> {
        let wants = wanted.supporters(project);
        let cost = BigInt::from(wanted.cost(project)) * books.under();
        let mut is_short = vec![false; wants.len()];
        let mut short = Sum::default();
        let mut per: u64 = wants.iter().map(|want| want.weight * want.points).sum();
        let bound = floats.bounds[project];
        for (want, is_short) in wants.iter().zip(&mut is_short) {
            let money = floats.money[want.group as usize] + floats.error;
            if money < bound * want.points as f64 * (1.0 - SLACK) {
                *is_short = true;
                books.add(&mut short, want.group);
                per -= want.weight * want.points;
            }
        }
        loop {
            if per == 0 {
                return None;
            }
            let over = &cost - books.left(&short);
            let guess = approximate(&over, &(books.under() * per));
            let mut judged: BTreeMap<(u32, u64), bool> = BTreeMap::new();
            let mut moved = false;
            for (want, is_short) in wants.iter().zip(&mut is_short) {
                if *is_short {
                    continue;
                }
                let (money, due) = (floats.money[want.group as usize], guess * want.points as f64);
                *is_short = if money - floats.error > due * (1.0 + SLACK) {
                    false
                } else if money + floats.error < due * (1.0 - SLACK) {
                    true
                } else {
                    let key = (books.state(want.group), want.points);
                    let exactly = || books.left_in(key.0) * per < &over * key.1;
                    *judged.entry(key).or_insert_with(exactly)
                };
                if *is_short {
                    books.add(&mut short, want.group);
                    moved = true;
                }
            }
            if !moved {
                floats.raise(wanted, project, guess * (1.0 - SLACK));
                let worth = wanted.worth(project);
                let most = (guess / worth as f64 * (1.0 + SLACK)).max(TINY);
                return Some(Self { over, per, worth, most, short, is_short });
            }
            let still = wants.iter().zip(&is_short).filter(|(_, is_short)| !**is_short);
            per = still.map(|(want, _)| want.weight * want.points).sum();
        }
    }

    pub(super) fn over(&self) -> &BigInt {
        &self.over
    }
    pub(super) fn per(&self) -> u64 {
        self.per
    }
    pub(super) fn most(&self) -> f64 {
        self.most
    }
    /// How many give all they have.
    pub(super) fn short(&self) -> u64 {
        self.short.voters
    }
    /// Of each who wants it, whether they give all they have.
    pub(super) fn is_short(&self) -> &[bool] {
        &self.is_short
    }
    /// Compares two prices for what each project is worth, exactly.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let (one, two) = (u128::from(other.per) * other.worth, u128::from(self.per) * self.worth);
        (&self.over * one).cmp(&(&other.over * two))
    }
}
