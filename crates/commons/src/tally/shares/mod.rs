//! The Method of Equal Shares: everyone has an equal share of the money; the project with the least price
//! for what it is worth is bought next, and all who want it pay that price, or all they have left. Each
//! round looks at few candidates: a bound in floating point, below the true price for certain, rules out
//! the others, and exact numbers choose among those that are left.

mod books;
mod price;
mod wanted;

pub(super) use wanted::Wanted;

use super::election::Election;
use super::outcome::{Outcome, Verdict};
use super::ratio::Ratio;
use books::{Books, Sum};
use num_bigint::BigInt;
use price::{Floats, Price};
use std::cmp::Ordering;

/// A project that was bought, for `over / (per * under)` a point.
struct Bought {
    project: usize,
    over: BigInt,
    under: BigInt,
    per: u64,
    /// How many gave all they had.
    short: u64,
}

/// One count by equal shares.
pub(super) struct Shares<'a> {
    election: &'a Election,
    wanted: &'a Wanted,
    books: Books,
    floats: Floats,
    /// The projects that may still be bought.
    alive: Vec<usize>,
    bought: Vec<Bought>,
    spent: u128,
    steps: u64,
}

impl<'a> Shares<'a> {
    /// A count in which Add1 has added to each share so many times.
    pub(super) fn new(election: &'a Election, wanted: &'a Wanted, steps: u64) -> Self {
        let books = Books::new(election, wanted.groups(), steps);
        let floats = Floats::new(wanted, &books);
        let alive = wanted.costly().collect();
        Self { election, wanted, books, floats, alive, bought: Vec::new(), spent: 0, steps }
    }

    /// Buys what can be bought, or until more is bought than there is money.
    pub(super) fn run(mut self) -> Self {
        while self.spent <= self.election.budget() {
            let Some((project, price)) = self.cheapest() else { break };
            self.buy(project, price);
        }
        self
    }

    /// What was spent.
    pub(super) fn spent(&self) -> u128 {
        self.spent
    }

    /// Whether a project that somebody wants and that is not bought would still fit.
    pub(super) fn has_room(&self) -> bool {
        let left = self.election.budget().saturating_sub(self.spent);
        let is_bought = |p: usize| self.bought.iter().any(|b| b.project == p);
        self.wanted.costly().any(|p| self.election.projects()[p].cost <= left && !is_bought(p))
    }

    /// The project with the least price, of equals the one that the tie rule names. Drops those that
    /// can never be bought any more: what people have left only becomes less.
    fn cheapest(&mut self) -> Option<(usize, Price)> {
        let mut fresh = vec![false; self.wanted.len()];
        let mut seen = vec![false; self.wanted.len()];
        let mut best: Option<(usize, Price)> = None;
        loop {
            let open = self.alive.iter().copied().filter(|p| !seen[*p]);
            let next = open.min_by(|a, b| self.floats.least(*a).total_cmp(&self.floats.least(*b)))?;
            if best.as_ref().is_some_and(|(_, price)| self.floats.least(next) > price.most()) {
                return best;
            }
            if !std::mem::replace(&mut fresh[next], true) {
                if !self.floats.refresh(self.wanted, next) {
                    self.alive.retain(|p| *p != next);
                }
            } else {
                seen[next] = true;
                match Price::of(self.wanted, &self.books, &mut self.floats, next) {
                    None => self.alive.retain(|p| *p != next),
                    Some(price) if self.is_better(next, &price, best.as_ref()) => best = Some((next, price)),
                    Some(_) => {}
                }
            }
            if self.alive.iter().all(|p| seen[*p]) {
                return best;
            }
        }
    }

    fn is_better(&self, project: usize, price: &Price, best: Option<&(usize, Price)>) -> bool {
        let Some((other, least)) = best else { return true };
        match price.compare(least) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => self.wanted.rank(project) < self.wanted.rank(*other),
        }
    }

    fn buy(&mut self, project: usize, price: Price) {
        let (over, under) = (price.over().clone(), self.books.under().clone());
        let bought = Bought { project, over, under, per: price.per(), short: price.short() };
        self.bought.push(bought);
        self.spent += self.election.projects()[project].cost;
        self.alive.retain(|p| *p != project);
        let purchase = self.books.pay(price.over(), price.per());
        self.floats.bought(&self.books, purchase);
        for (want, is_short) in self.wanted.supporters(project).iter().zip(price.is_short()) {
            if *is_short {
                self.books.empty(want.group);
                self.floats.empty(want.group);
            } else {
                self.books.charge(want.group, purchase, want.points);
                self.floats.charge(want.group, want.points);
            }
        }
    }

    /// What happened, with reasons.
    pub(super) fn explain(self) -> Outcome {
        let mut outcome = Outcome::nothing(self.election);
        outcome.added = u128::from(self.steps).saturating_mul(self.election.unit());
        for project in self.wanted.free() {
            outcome.fund(self.election, project, Verdict::Free);
        }
        for Bought { project, over, under, per, short } in self.bought {
            let supporters: u64 = self.wanted.supporters(project).iter().map(|want| want.weight).sum();
            let short_paid = BigInt::from(self.wanted.cost(project)) * &under - &over;
            let verdict = Verdict::Bought {
                payers: supporters.saturating_sub(short),
                price: Ratio::new(over, &under * per),
                short,
                short_paid: Ratio::new(short_paid, under),
            };
            outcome.fund(self.election, project, verdict);
        }
        for project in self.wanted.costly() {
            if outcome.verdicts[project] == Verdict::NoSupport {
                let mut all = Sum::default();
                let wants = self.wanted.supporters(project);
                wants.iter().for_each(|want| self.books.add(&mut all, want.group));
                let together = Ratio::new(self.books.left(&all), self.books.under().clone());
                outcome.verdicts[project] = Verdict::SupportersShort { supporters: all.voters, together };
            }
        }
        outcome
    }
}
