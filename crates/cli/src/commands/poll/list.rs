//! The secret polls, where each stands, and the results with the counts that made them.

use crate::commands::minutes::counted::Told;
use crate::context::Context;
use crate::error::Outcome;
use crate::session::Session;
use crate::{carried, day, reference, text};
use lifeboat_commons::ballots::{Means, Poll, Stage};
use serde_json::json;

/// Runs the command.
///
/// # Errors
/// When the home does not answer.
pub fn run(context: &mut Context, session: &Session) -> Outcome {
    let mut polls: Vec<&Poll> = session.state.ballots().polls().collect();
    polls.sort_by_key(|poll| poll.position);
    if polls.is_empty() {
        context.ui.say(text!("polls-none"));
    }
    polls.into_iter().try_for_each(|poll| one(context, session, poll))
}

fn one(context: &mut Context, session: &Session, poll: &Poll) -> Outcome {
    let told = told(context, session, poll)?;
    context.ui.line(&told.head)?;
    for line in &told.lines {
        context.ui.line(format!("       {line}"))?;
    }
    context.ui.object(told.object)
}

/// A poll as a person and a program read it.
///
/// # Errors
/// When the home does not answer.
pub fn told(context: &mut Context, session: &Session, poll: &Poll) -> Outcome<Told> {
    let number = reference::short(poll.position);
    let (entered, _) = session.find(context, &number)?;
    let question = carried::note(&entered).unwrap_or_else(|| text!("poll-no-question"));
    let (stage, word) = stage(session, poll);
    let mut lines = Vec::new();
    if let Some(tally) = &poll.tally {
        let counts: Vec<String> =
            (1..).zip(&tally.counts).map(|(at, count)| format!("{at}: {count}")).collect();
        let (counts, blank, all) = (counts.join(", "), tally.blank.to_string(), tally.ballots.to_string());
        lines.push(text!("poll-result", counts = counts, blank = blank, all = all));
    }
    for (teller, count) in poll.counts.iter().filter(|_| poll.tally.is_none()) {
        let counts: Vec<String> = count.counts.iter().map(ToString::to_string).collect();
        let (teller, counts) = (session.names.member(teller), counts.join(", "));
        let (blank, all) = (count.blank.to_string(), count.papers.to_string());
        lines.push(text!("poll-counted", teller = teller, counts = counts, blank = blank, all = all));
    }
    let twice: u32 = poll.ballots.values().map(|counted| counted.others).sum();
    if twice > 0 {
        lines.push(text!("poll-twice", count = twice));
    }
    let counted = poll.counts.iter().map(|(teller, count)| {
        let teller = session.names.member(teller);
        json!({"teller": teller, "counts": count.counts, "blank": count.blank, "papers": count.papers})
    });
    // Of papers nothing is known before the tellers agree.
    let ballots = match poll.means {
        Means::Paper => poll.tally.as_ref().map(|tally| tally.ballots as usize),
        Means::Ring { .. } => Some(poll.ballots.len()),
    };
    let object = json!({
        "position": poll.position.0, "id": poll.id.to_string(), "question": question, "stage": word,
        "registered": poll.keys.len(), "ballots": ballots,
        "counted": counted.collect::<Vec<_>>(),
        "ends_ms": poll.ends().map(|ends| ends.map(lifeboat_log::Time::ms)),
        "counts": poll.tally.as_ref().map(|tally| tally.counts.clone()),
        "blank": poll.tally.as_ref().map(|tally| tally.blank),
        "hashes": poll.ballots.values().map(|b| super::box_of::hex(&b.hash)).collect::<Vec<_>>(),
    });
    Ok(Told { head: format!("{number:<6} {question}: {stage}"), lines, object })
}

fn stage(session: &Session, poll: &Poll) -> (String, &'static str) {
    let until = |at: usize| {
        let end = poll.ends().and_then(|ends| ends.get(at).copied()).unwrap_or_default();
        day::moment(end.ms(), &session.zone)
    };
    match poll.stage(session.now) {
        Stage::Registering => {
            (text!("poll-registering", count = poll.keys.len(), until = until(0)), "registering")
        }
        Stage::Casting => (text!("poll-casting", until = until(1)), "casting"),
        Stage::Carrying => (text!("poll-carrying", count = poll.ballots.len(), until = until(2)), "carrying"),
        Stage::Late => (text!("poll-late", count = poll.ballots.len(), until = until(3)), "late"),
        Stage::Counting => (text!("poll-counting"), "counting"),
        Stage::Closed => (text!("poll-closed"), "closed"),
        Stage::TooFew => (text!("poll-too-few"), "too_few"),
    }
}
