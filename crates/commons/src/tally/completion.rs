//! Equal shares, and what happens with the money that they leave over. Add1 raises every share by one unit
//! and counts anew from the start, until nothing that anyone wants fits any more, or more was bought than
//! there is: then the outcome before counts.

use super::election::{Election, Unfit};
use super::outcome::Outcome;
use super::shares::{Shares, Wanted};
use super::{Completion, Method, greedy};
use crate::limits::MAX_ADD1_STEPS;

/// Counts by equal shares.
pub(super) fn equal_shares(election: &Election, method: &Method) -> Result<Outcome, Unfit> {
    if election.cast() == 0 {
        return Ok(Outcome::nothing(election));
    }
    let wanted = Wanted::of(election, method);
    match method.completion {
        Completion::None => Ok(Shares::new(election, &wanted, 0).run().explain()),
        Completion::Add1 => add1(election, &wanted),
        Completion::Add1PastExhaustion => past_exhaustion(election, &wanted),
        Completion::Add1Greedy => {
            let outcome = add1(election, &wanted)?;
            let all = 0..election.projects().len();
            let room = outcome.has_room(election, all);
            Ok(if room { greedy::greedy(election, method, outcome) } else { outcome })
        }
    }
}

/// The outcome with so many steps added to each share, where that is not more than there is.
fn step<'a>(election: &'a Election, wanted: &'a Wanted, steps: u64) -> Option<Shares<'a>> {
    let run = Shares::new(election, wanted, steps).run();
    (run.spent() <= election.budget()).then_some(run)
}

fn add1(election: &Election, wanted: &Wanted) -> Result<Outcome, Unfit> {
    let mut before: Option<Shares<'_>> = None;
    for steps in 0..MAX_ADD1_STEPS {
        match step(election, wanted, steps) {
            Some(run) if !run.has_room() => return Ok(run.explain()),
            Some(run) => before = Some(run),
            None => return Ok(before.map_or_else(|| Outcome::nothing(election), Shares::explain)),
        }
    }
    Err(Unfit::TooManySteps(MAX_ADD1_STEPS))
}

/// Shares grow until they come to the whole budget and one share more; that takes `budget / unit` steps.
fn past_exhaustion(election: &Election, wanted: &Wanted) -> Result<Outcome, Unfit> {
    let last = u64::try_from(election.budget() / election.unit()).unwrap_or(u64::MAX);
    if wanted.total_cost() <= election.budget() {
        // Whatever is bought is never too much, so that nothing stops it before its end.
        return Ok(Shares::new(election, wanted, last).run().explain());
    }
    let mut before: Option<Shares<'_>> = None;
    for steps in 0..=last {
        if steps == MAX_ADD1_STEPS {
            return Err(Unfit::TooManySteps(MAX_ADD1_STEPS));
        }
        match step(election, wanted, steps) {
            Some(run) => before = Some(run),
            None => break,
        }
    }
    Ok(before.map_or_else(|| Outcome::nothing(election), Shares::explain))
}
