//! What was counted elsewhere than in a decision: secret polls, rounds of the budget; and the grants that
//! were given.

use crate::commands::budget::{grants, show};
use crate::commands::poll::list;
use crate::context::Context;
use crate::error::Outcome;
use crate::session::Session;
use crate::text;
use lifeboat_log::{Position, Time};
use serde_json::Value;

/// One of these: its head, the lines below it, and all of it for programs.
pub struct Told {
    /// The head.
    pub head: String,
    /// The lines below.
    pub lines: Vec<String>,
    /// All of it.
    pub object: Value,
}

/// When the record at this position was placed.
fn placed(context: &mut Context, session: &Session, at: Position) -> Outcome<Time> {
    Ok(session.find(context, &at.to_string())?.1.link().time)
}

/// The secret polls that opened or ended within these days, and the papers that were counted.
///
/// # Errors
/// When the home cannot be asked.
pub fn polls(context: &mut Context, session: &Session, within: impl Fn(Time) -> bool) -> Outcome<Vec<Told>> {
    let mut polls: Vec<_> = session.state.ballots().polls().collect();
    polls.retain(|poll| within(poll.opened) || poll.ends().is_some_and(|ends| within(ends[3])));
    polls.sort_by_key(|poll| poll.position);
    polls.into_iter().map(|poll| list::told(context, session, poll)).collect()
}

/// The rounds that opened, or were counted, within these days.
///
/// # Errors
/// When the home cannot be asked.
pub fn rounds(context: &mut Context, session: &Session, within: impl Fn(Time) -> bool) -> Outcome<Vec<Told>> {
    let mut found = Vec::new();
    for (id, round) in session.state.budgets().rounds() {
        if within(round.ends.vote) || within(placed(context, session, round.position)?) {
            found.push(show::told_whole(context, session, id, round));
        }
    }
    Ok(found)
}

/// The grants that were given within these days: by the count of a round, by a decision, or by who is the
/// cell alone.
///
/// # Errors
/// When the home cannot be asked.
pub fn given(context: &mut Context, session: &Session, within: impl Fn(Time) -> bool) -> Outcome<Vec<Told>> {
    let (budgets, decisions) = (session.state.budgets(), session.state.decisions());
    let mut found = Vec::new();
    for (id, grant) in budgets.grants() {
        let round = grant.round.and_then(|id| budgets.round(&id));
        let outcome = decisions.get(id).and_then(|decision| decision.outcome());
        let time = match (round, outcome) {
            (Some(round), _) => round.ends.vote,
            (None, Some(outcome)) => outcome.time,
            (None, None) => placed(context, session, grant.position)?,
        };
        if within(time) {
            let (head, object) = grants::told(context, session, id, grant);
            found.push(Told { head, lines: Vec::new(), object });
        }
    }
    Ok(found)
}

/// Adds these under a title.
pub fn add(title: String, key: &str, told: Vec<Told>, lines: &mut Vec<String>, object: &mut Value) {
    lines.extend((!told.is_empty()).then_some(title));
    let mut objects = Vec::new();
    for one in told {
        lines.push(text!("minutes-item", item = one.head));
        lines.extend(one.lines.iter().map(|line| text!("minutes-standing", standing = line)));
        objects.push(one.object);
    }
    object[key] = objects.into();
}
