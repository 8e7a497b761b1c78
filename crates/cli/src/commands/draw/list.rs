//! The draws that are under way, and the last ones, each in a line or two.

use crate::context::{Context, clock};
use crate::error::Outcome;
use crate::session::Session;
use crate::{day, reference, text};
use lifeboat_commons::MemberId;
use lifeboat_commons::rotation::{Draw, Stage, VoidAttempt};
use lifeboat_log::Time;
use serde_json::{Value, json};

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
    let told = Told::of(session, draw);
    context.ui.line(format!("{:<6} {}: {}", told.number, told.what, told.stage))?;
    for line in &told.voids {
        context.ui.line(format!("       {line}"))?;
    }
    context.ui.object(told.object)
}

/// A draw as a person and a program read it.
pub struct Told {
    /// Its number.
    pub number: String,
    /// What is drawn.
    pub what: String,
    /// Where it stands; who was drawn.
    pub stage: String,
    /// The attempts that came to nothing, and what tellers recorded who differ, each in a line.
    pub voids: Vec<String>,
    /// All of it.
    pub object: Value,
}

impl Told {
    /// Tells of a draw.
    pub fn of(session: &Session, draw: &Draw) -> Self {
        let lookup = session.lookup();
        let what = session.teller(&lookup).purpose(&draw.purpose);
        let (stage, word) = stage(session, draw);
        let record = |(teller, order): (&MemberId, &Vec<MemberId>)| json!({"teller": session.names.member(teller), "people": names(session, order)});
        let hats: Vec<Value> = draw.hats.iter().map(record).collect();
        let object = json!({
            "position": draw.position.0, "id": draw.id.to_string(), "for": what, "stage": word,
            "attempt": draw.round().map(|round| round.attempt),
            "until_ms": draw.round().map(|round| round.until.ms()),
            "committed": draw.round().map(|round| round.commitments.len()),
            "revealed": draw.round().map(|round| round.reveals.len()),
            "beacon": draw.round().and_then(|round| round.beacon),
            "void_attempts": draw.voids.len(), "pool": draw.first.len() + draw.then.len(),
            "hats": hats, "first": names(session, &draw.first), "then": names(session, &draw.then),
            "order": names(session, &draw.order), "holders": names(session, &draw.holders),
        });
        let voids = draw.voids.iter().enumerate().map(|(at, void)| voided(session, at + 1, void));
        let voids = voids.chain(self::hats(session, draw)).collect();
        Self { number: reference::short(draw.position), what, stage, voids, object }
    }
}

fn stage(session: &Session, draw: &Draw) -> (String, &'static str) {
    let until = |time: Time| day::moment(time.ms(), &session.zone);
    match &draw.stage {
        Stage::Committing(round) => {
            let (until, count) = (until(round.until), round.commitments.len());
            (text!("stage-committing", until = until, count = count, attempt = round.attempt), "committing")
        }
        Stage::Revealing(round) => {
            let (until, missing) = (until(round.until), round.missing().count());
            (text!("stage-revealing", until = until, count = missing, attempt = round.attempt), "revealing")
        }
        Stage::Awaiting(_) => (awaiting(session, draw), "awaiting"),
        Stage::Hat => {
            let names = pool(session, &draw.first, &draw.then);
            (text!("stage-hat", names = names, count = draw.hats.len()), "hat")
        }
        Stage::Done => {
            let people = names(session, &draw.holders);
            let people = if people.is_empty() { text!("nobody") } else { people.join(", ") };
            (text!("stage-done", people = people), "done")
        }
    }
}

fn awaiting(session: &Session, draw: &Draw) -> String {
    let Some(awaited) = draw.awaits() else { return String::new() };
    let round = awaited.round.to_string();
    if awaited.out <= clock() {
        return text!("stage-beacon-out", round = round, number = draw.position.to_string());
    }
    text!("stage-beacon", round = round, time = day::moment(awaited.out.ms(), &session.zone))
}

/// Says what became of a draw.
pub fn say(context: &mut Context, session: &Session, draw: &Draw) {
    let told = Told::of(session, draw);
    context.ui.say(format!("{}: {}", told.what, told.stage));
}

/// Who can be drawn, and in which order: those who go first, and who comes after all of them.
pub fn pool(session: &Session, first: &[MemberId], then: &[MemberId]) -> String {
    let [first, then] = [first, then].map(|ids| names(session, ids).join(", "));
    if then.is_empty() { first } else { text!("hat-pool", first = first, then = then) }
}

/// What each teller recorded of a hat that is not drawn yet, where they differ.
pub fn hats(session: &Session, draw: &Draw) -> Vec<String> {
    if draw.is_done() || draw.agreeing() == draw.hats.len() {
        return Vec::new();
    }
    let record = |(teller, order): (&MemberId, &Vec<MemberId>)| {
        text!("hat-record", teller = session.names.member(teller), people = names(session, order).join(", "))
    };
    std::iter::once(text!("hat-differ")).chain(draw.hats.iter().map(record)).collect()
}

fn voided(session: &Session, attempt: usize, void: &VoidAttempt) -> String {
    if void.no_beacon {
        text!("attempt-no-beacon", attempt = attempt)
    } else if void.missing.is_empty() {
        text!("attempt-few", attempt = attempt, count = void.committed)
    } else {
        text!("attempt-void", attempt = attempt, people = names(session, &void.missing).join(", "))
    }
}

fn names(session: &Session, ids: &[MemberId]) -> Vec<String> {
    ids.iter().map(|id| session.names.member(id)).collect()
}
