//! `lifeboat minutes`: a whole assembly on one page, made from the log alone: who facilitated, what was
//! decided how and with which counts and objections, what follows from it and how it went, what was polled in
//! secret, what money was for, who was drawn for what and who had a role.
//! Nothing in it was written for it.

pub mod counted;
mod words;

use crate::commands::decisions as told;
use crate::commands::draw::list::Told;
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::ui::plain;
use crate::{day, deciding, reference, text, walk};
use jiff::civil::Date;
use lifeboat_commons::Statement;
use lifeboat_commons::decisions::{Decision, DecisionStatement, Meeting, Todo};
use lifeboat_commons::rotation::{Draw, Turn};
use lifeboat_log::{Record, Time};
use lifeboat_node::ask::Entered;
use serde_json::{Value, json};

/// The kind of meetings.
const MEETING: u16 = 75;

/// Print the minutes of a day, made from the log
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The day: today, yesterday, friday, 2026-11-20
    #[arg(value_name = "DAY", default_value = "today")]
    day: String,
    /// The last day, when it is more than one
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
}

/// Whatever belongs into the minutes.
struct Minutes<'a> {
    meetings: Vec<(Entered, Record, Meeting)>,
    decided: Vec<&'a Decision>,
    open: Vec<&'a Decision>,
    tasks: Vec<&'a Todo>,
    drawn: Vec<&'a Draw>,
    turns: Vec<Turn<'a>>,
    objections: words::Objections,
    reviews: Vec<(u64, String)>,
    counted: [(String, &'static str, Vec<counted::Told>); 3],
}

/// Runs the command.
///
/// # Errors
/// When there is no cell, or the day cannot be read.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let session = Session::open(context)?;
    let read = |written: &str| {
        day::parse(written, session.today, day::Toward::Past).map_err(|bad| Failure::usage(bad.text()))
    };
    let first = read(&args.day)?;
    let last = args.to.as_ref().map_or(Ok(first), |to| read(to))?;
    if last < first {
        return Err(Failure::usage(text!("days-turned")));
    }
    let within = |time: Time| (first..=last).contains(&day::of_moment(time.ms(), &session.zone));
    let all = session.state.decisions().list();
    let settled = |decision: &&Decision| decision.outcome().is_some_and(|outcome| within(outcome.time));
    let decided: Vec<&Decision> = all.iter().copied().filter(settled).collect();
    let open = all.iter().copied().filter(|decision| decision.poll().is_some_and(|poll| within(poll.opened)));
    let open: Vec<&Decision> = open.collect();
    let follows = |task: &&Todo| decided.iter().any(|decision| decision.id == task.decision);
    let tasks: Vec<&Todo> = session.state.decisions().tasks().into_iter().filter(follows).collect();
    let meetings = meetings(context, &session, within)?;
    let objections = words::Objections::read(context, &session)?;
    let reviews = words::reviews(context, &session, within)?;
    let counted = [
        (text!("minutes-polls"), "polls", counted::polls(context, &session, within)?),
        (text!("minutes-rounds"), "rounds", counted::rounds(context, &session, within)?),
        (text!("minutes-grants"), "grants", counted::given(context, &session, within)?),
    ];
    let rotation = session.state.rotation();
    let mut drawn: Vec<&Draw> =
        rotation.draws().filter(|draw| draw.is_done() && within(draw.drawn)).collect();
    drawn.sort_by_key(|draw| draw.position);
    // With its end the next term begins: the last day is the one before.
    let days = |turn: &Turn<'_>| {
        [turn.from.ms(), turn.until.ms().saturating_sub(1)].map(|ms| day::of_moment(ms, &session.zone))
    };
    let mut turns = rotation.turns();
    turns.retain(|turn| !turn.draw.holders.is_empty() && days(turn)[0] <= last && days(turn)[1] >= first);
    let minutes = Minutes { meetings, decided, open, tasks, drawn, turns, objections, reviews, counted };
    print(context, &session, minutes, first, last)
}

fn meetings(
    context: &mut Context,
    session: &Session,
    within: impl Fn(Time) -> bool,
) -> Outcome<Vec<(Entered, Record, Meeting)>> {
    let meeting = |(entered, record): (Entered, Record)| match Statement::decode(record.entry()) {
        Ok(Statement::Decisions(DecisionStatement::Meeting(meeting))) if within(meeting.begins) => {
            Some((entered, record, meeting))
        }
        _ => None,
    };
    Ok(walk::of_kinds(context, session, &[MEETING])?.into_iter().filter_map(meeting).collect())
}

fn print(context: &mut Context, session: &Session, minutes: Minutes<'_>, first: Date, last: Date) -> Outcome {
    let name = plain(session.state.charter().name.as_str());
    let days = if first == last { first.to_string() } else { format!("{first} – {last}") };
    let mut lines = vec![text!("minutes-title", cell = &name, days = &days)];
    let mut object = json!({"cell": name, "from": first.to_string(), "to": last.to_string()});
    object["meetings"] = Value::Array(vec![]);
    for (entered, record, meeting) in &minutes.meetings {
        let names: Vec<String> = meeting.present.iter().map(|id| session.names.member(id)).collect();
        let facilitator = session.names.member(&meeting.facilitator);
        let note = entered.details.first().map(|detail| plain(&detail.text)).unwrap_or_default();
        let (begins, ends) =
            (day::moment(meeting.begins.ms(), &session.zone), day::moment(meeting.ends.ms(), &session.zone));
        let number = reference::short(record.link().position);
        lines.push(text!("minutes-meeting", number = number, begins = begins, ends = ends));
        lines.push(text!("minutes-facilitated", who = &facilitator));
        lines.push(text!("minutes-present", count = names.len(), names = names.join(", ")));
        lines.extend((!note.is_empty()).then(|| text!("minutes-note", note = &note)));
        push(
            &mut object["meetings"],
            json!({
                "position": record.link().position.0, "facilitator": facilitator, "present": names, "note": note,
                "begins_ms": meeting.begins.ms(), "ends_ms": meeting.ends.ms(),
            }),
        );
    }
    decisions(context, session, &minutes, &mut lines, &mut object)?;
    rotation(session, &minutes, &mut lines, &mut object);
    for (title, key, told) in minutes.counted {
        counted::add(title, key, told, &mut lines, &mut object);
    }
    if lines.len() == 1 {
        lines.push(text!("minutes-none"));
    }
    for line in &lines {
        context.ui.line(line)?;
    }
    context.ui.object(object)
}

/// What was decided and how, what is being voted on, and the tasks that follow.
fn decisions(
    context: &mut Context,
    session: &Session,
    minutes: &Minutes<'_>,
    lines: &mut Vec<String>,
    object: &mut Value,
) -> Outcome {
    let lookup = session.lookup();
    let teller = session.teller(&lookup);
    for (title, key, list) in [
        (text!("minutes-decided"), "decided", &minutes.decided),
        (text!("minutes-open"), "open", &minutes.open),
    ] {
        object[key] = Value::Array(vec![]);
        if !list.is_empty() {
            lines.push(title);
        }
        for decision in list {
            let (asked, names) = told::asked(context, session, decision)?;
            let standing = teller.standing(decision, &names);
            let number = reference::short(decision.position);
            let method = deciding::method(decision.terms.method);
            lines.push(text!("minutes-decision", number = number, question = &asked, method = method));
            lines.push(text!("minutes-standing", standing = standing));
            if let Some(outcome) = decision.outcome() {
                lines.push(text!("minutes-standing", standing = deciding::turnout(&outcome.tally)));
            }
            let objections = minutes.objections.to(&decision.current().0);
            lines.extend(objections.iter().map(|why| text!("minutes-standing", standing = why)));
            let mut told = told::object(session, decision, &asked, &names);
            told["objections"] = objections.into();
            push(&mut object[key], told);
        }
    }
    if !minutes.tasks.is_empty() {
        lines.push(text!("minutes-tasks"));
    }
    for task in &minutes.tasks {
        let (entered, _) = session.find(context, &task.position.to_string())?;
        let what = entered.details.first().map(|detail| plain(&detail.text)).unwrap_or_default();
        lines.push(text!("minutes-task", task = told::task_line(session, task), what = what));
    }
    object["reviews"] = Value::Array(vec![]);
    lines.extend((!minutes.reviews.is_empty()).then(|| text!("minutes-reviews")));
    for (number, review) in &minutes.reviews {
        lines.push(text!("minutes-item", item = review));
        push(&mut object["reviews"], json!({"position": number, "text": review}));
    }
    Ok(())
}

/// Who was drawn for what, and who had a role.
fn rotation(session: &Session, minutes: &Minutes<'_>, lines: &mut Vec<String>, object: &mut Value) {
    object["drawn"] = Value::Array(vec![]);
    lines.extend((!minutes.drawn.is_empty()).then(|| text!("minutes-drawn")));
    for draw in &minutes.drawn {
        let told = Told::of(session, draw);
        // Who was drawn stays so, whoever has it by now.
        let drawn: Vec<String> = draw.order.iter().map(|id| session.names.member(id)).collect();
        let people = drawn[..drawn.len().min(usize::from(draw.seats))].join(", ");
        lines.push(text!("minutes-draw", number = told.number, what = told.what, people = people));
        if draw.holders != draw.order[..draw.order.len().min(usize::from(draw.seats))] {
            lines.push(text!("minutes-standing", standing = text!("minutes-now", people = told.stage)));
        }
        lines.extend(told.voids.iter().map(|line| text!("minutes-standing", standing = line)));
        push(&mut object["drawn"], told.object);
    }
    object["roles"] = Value::Array(vec![]);
    lines.extend((!minutes.turns.is_empty()).then(|| text!("minutes-roles")));
    for turn in &minutes.turns {
        let people: Vec<String> = turn.draw.holders.iter().map(|id| session.names.member(id)).collect();
        let number = reference::short(turn.draw.position);
        let role = plain(turn.role.as_str());
        lines.push(text!("minutes-role", role = &role, people = people.join(", "), number = number));
        push(
            &mut object["roles"],
            json!({
                "role": role, "members": people, "draw": turn.draw.position.0,
                "from_ms": turn.from.ms(), "until_ms": turn.until.ms(),
            }),
        );
    }
}

fn push(list: &mut Value, value: Value) {
    if let Value::Array(values) = list {
        values.push(value);
    }
}
