//! The draws that are under way, and the last ones, each in a line or two.

use crate::context::Context;
use crate::error::Outcome;
use crate::session::Session;
use crate::{day, reference, text};
use lifeboat_commons::rotation::{Draw, Stage};
use serde_json::json;

/// So many draws that are done are listed.
const LAST: usize = 10;

/// Runs the command.
///
/// # Errors
/// When stdout is closed.
pub fn run(context: &mut Context, session: &Session) -> Outcome {
    let mut draws: Vec<&Draw> = session.state.rotation().draws().collect();
    draws.sort_by_key(|draw| draw.position);
    let done = draws.iter().filter(|draw| draw.is_done()).count();
    let mut skip = done.saturating_sub(LAST);
    if draws.is_empty() {
        context.ui.say(text!("draws-none"));
    }
    for draw in draws {
        if draw.is_done() && skip > 0 {
            skip -= 1;
            continue;
        }
        one(context, session, draw)?;
    }
    Ok(())
}

fn one(context: &mut Context, session: &Session, draw: &Draw) -> Outcome {
    let number = reference::short(draw.position);
    let lookup = session.lookup();
    let what = session.teller(&lookup).purpose(&draw.purpose);
    let names = |ids: &[lifeboat_commons::MemberId]| {
        ids.iter().map(|id| session.names.member(id)).collect::<Vec<_>>()
    };
    let until = |time: lifeboat_log::Time| day::moment(time.ms(), &session.zone);
    let (stage, word) = match &draw.stage {
        Stage::Committing(round) => {
            let (until, count) = (until(round.until), round.commitments.len());
            (text!("stage-committing", until = until, count = count, attempt = round.attempt), "committing")
        }
        Stage::Revealing(round) => {
            let (until, missing) = (until(round.until), round.missing().count());
            (text!("stage-revealing", until = until, count = missing, attempt = round.attempt), "revealing")
        }
        Stage::Hat => (text!("stage-hat", count = draw.hats.len()), "hat"),
        Stage::Done => {
            let people = names(&draw.holders);
            let people = if people.is_empty() { text!("nobody") } else { people.join(", ") };
            (text!("stage-done", people = people), "done")
        }
    };
    context.ui.line(format!("{number:<6} {what}: {stage}"))?;
    for (at, void) in draw.voids.iter().enumerate() {
        let attempt = at + 1;
        let line = if void.missing.is_empty() {
            text!("attempt-few", attempt = attempt, count = void.committed)
        } else {
            text!("attempt-void", attempt = attempt, people = names(&void.missing).join(", "))
        };
        context.ui.line(format!("       {line}"))?;
    }
    context.ui.object(json!({
        "position": draw.position.0, "id": draw.id.to_string(), "for": what, "stage": word,
        "attempt": draw.round().map(|round| round.attempt),
        "until_ms": draw.round().map(|round| round.until.ms()),
        "committed": draw.round().map(|round| round.commitments.len()),
        "revealed": draw.round().map(|round| round.reveals.len()),
        "void_attempts": draw.voids.len(), "pool": draw.first.len() + draw.then.len(),
        "order": names(&draw.order), "holders": names(&draw.holders),
    }))
}
