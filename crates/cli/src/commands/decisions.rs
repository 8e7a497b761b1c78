//! `lifeboat decisions`: what the cell decides and has decided, with the counts that made each result.

use crate::context::Context;
use crate::deciding;
use crate::error::Outcome;
use crate::session::Session;
use crate::{day, reference, text, walk};
use lifeboat_commons::decisions::{
    Certainty, Counts, Decision, DecisionStatement, Enacted, OpenBallot, Outcome as Result, Stage, Tally,
    Todo, Verdict,
};
use lifeboat_commons::{Body, Day, MemberId, Statement};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// See what the cell decides and has decided
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only votes that are open
    #[arg(long)]
    open: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is no cell.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let session = Session::open(context)?;
    let decisions = session.state.decisions().list();
    let shown: Vec<&Decision> =
        decisions.into_iter().filter(|decision| !args.open || decision.poll().is_some()).collect();
    if shown.is_empty() {
        context.ui.say(text!("decisions-none"));
    }
    let today = Day(u32::try_from(day::number(session.today)).unwrap_or_default());
    for decision in shown {
        let (asked, names) = asked(context, &session, decision)?;
        let lookup = session.lookup();
        let standing = session.teller(&lookup).standing(decision, &names);
        let number = reference::short(decision.position);
        context.ui.line(text!("decision-line", number = &number, question = &asked, standing = standing))?;
        if decision.outcome().is_some() && decision.review.is_some_and(|day| day <= today) {
            context.ui.line(text!("decision-review", number = reference::typed(&number)))?;
        }
        context.ui.object(object(&session, decision, &asked, &names))?;
    }
    Ok(())
}

/// The question of a decision's newest version, and the names of its options.
///
/// # Errors
/// When the home cannot be asked.
pub fn asked(
    context: &mut Context,
    session: &Session,
    decision: &Decision,
) -> Outcome<(String, Vec<String>)> {
    let (entered, _) = session.find(context, &decision.current().1.to_string())?;
    let text = entered.details.first().map_or_else(|| text!("question-absent"), |detail| detail.text.clone());
    Ok(deciding::question(&text, decision.terms.options))
}

/// What `show` adds for a decision: where it stands, who took part, its versions and tasks.
///
/// # Errors
/// When the home cannot be asked.
pub fn rows(context: &mut Context, session: &Session, decision: &Decision) -> Outcome<Vec<Vec<String>>> {
    let (_, names) = asked(context, session, decision)?;
    let lookup = session.lookup();
    let teller = session.teller(&lookup);
    let mut rows = vec![vec![text!("show-standing"), teller.standing(decision, &names)]];
    if let Some(outcome) = decision.outcome() {
        rows.push(vec![text!("show-turnout"), deciding::turnout(&outcome.tally)]);
    } else if let Some((verdict, tally)) = session.state.standing(decision) {
        rows.push(vec![text!("show-so-far"), deciding::outcome(&verdict, &tally, &names)]);
        rows.push(vec![text!("show-turnout"), deciding::turnout(&tally)]);
    }
    if decision.versions.len() > 1 {
        let numbers: Vec<String> = decision.versions.iter().map(|(_, at)| reference::short(*at)).collect();
        rows.push(vec![text!("show-versions"), numbers.join(", ")]);
    }
    for task in session.state.decisions().tasks_of(&decision.id) {
        rows.push(vec![text!("show-task"), task_line(session, task)]);
    }
    for at in &decision.reviews {
        rows.push(vec![text!("show-reviewed"), reference::short(*at)]);
    }
    Ok(rows)
}

/// The salts of the ballots that were opened in a hidden vote, ascending by member: a tie is drawn by them.
///
/// # Errors
/// When the home cannot be asked.
pub fn salts(context: &mut Context, session: &Session, decision: &Decision) -> Outcome<Vec<Value>> {
    let mut salts = BTreeMap::new();
    for (_, record) in walk::of_kinds(context, session, &[OpenBallot::KIND.0])? {
        if let Ok(Statement::Decisions(DecisionStatement::Open(opening))) = Statement::decode(record.entry())
            && opening.version == decision.current().0
            && let Some(member) = session.state.members().of_key(&record.entry().author)
        {
            salts.insert(member, opening.salt);
        }
    }
    let hex = |salt: [u8; 16]| salt.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let line = |(member, salt): (MemberId, [u8; 16])| json!({"who": session.names.member(&member), "member": member.to_string(), "salt": hex(salt)});
    Ok(salts.into_iter().map(line).collect())
}

/// A task in one line; what is to be done stands in its entry.
pub fn task_line(session: &Session, task: &Todo) -> String {
    let lookup = session.lookup();
    let due = session.teller(&lookup).date(task.due);
    let (number, owner) = (reference::short(task.position), session.names.member(&task.owner));
    match task.ended {
        None => text!("task-open", number = number, owner = owner, due = due),
        Some((true, at)) => text!("task-done", number = number, owner = owner, by = reference::short(at)),
        Some((false, at)) => text!("task-dropped", number = number, owner = owner, by = reference::short(at)),
    }
}

/// A decision as an object for programs.
pub fn object(session: &Session, decision: &Decision, asked: &str, names: &[String]) -> Value {
    let terms = &decision.terms;
    let (stage, settled) = match &decision.stage {
        Stage::Waiting => ("waiting", None),
        Stage::Open(_) => ("open", None),
        Stage::Opening(_) => ("opening", None),
        Stage::Settled(outcome) => ("settled", Some(result(session, outcome))),
        Stage::Withdrawn(_) => ("withdrawn", None),
    };
    let standing = session.state.standing(decision);
    json!({
        "position": decision.position.0,
        "id": decision.id.to_string(),
        "versions": decision.versions.iter().map(|(_, at)| at.0).collect::<Vec<_>>(),
        "question": asked,
        "options": names,
        "by": session.names.member(&decision.proposer),
        "method": deciding::method(terms.method),
        "opens_ms": terms.opens.ms(),
        "closes_ms": terms.closes.ms(),
        "hidden_until_ms": terms.hidden.map(|hidden| hidden.until.ms()),
        "quorum": terms.quorum,
        "carries_kind": decision.carries.map(|kind| kind.0),
        "review_day": decision.review.map(|day| day.to_string()),
        "reviews": decision.reviews.iter().map(|at| at.0).collect::<Vec<_>>(),
        "stage": stage,
        "cast": decision.poll().map(|poll| poll.cast().count()),
        "so_far": standing.map(|(verdict, tally)| counted(&verdict, &tally)),
        "result": settled,
        "tasks": session.state.decisions().tasks_of(&decision.id).map(|task| json!({
            "position": task.position.0, "owner": session.names.member(&task.owner), "due": task.due.to_string(),
            "done": task.ended.map(|(done, _)| done),
        })).collect::<Vec<_>>(),
    })
}

fn result(session: &Session, outcome: &Result) -> Value {
    let mut object = counted(&outcome.verdict, &outcome.tally);
    object["settled_ms"] = outcome.time.ms().into();
    object["certainty"] = match session.state.certainty(outcome) {
        Certainty::Unwitnessed => "unwitnessed",
        Certainty::Provisional => "provisional",
        Certainty::Final => "final",
    }
    .into();
    object["in_force"] = match &outcome.enacted {
        None => Value::Null,
        Some(Enacted::Done) => true.into(),
        Some(Enacted::Void(_)) => false.into(),
    };
    if let Some(Enacted::Void(reason)) = &outcome.enacted {
        object["void"] = reason.to_string().into();
    }
    object
}

fn counted(verdict: &Verdict, tally: &Tally) -> Value {
    let one_up = |options: &[u8]| options.iter().map(|option| u64::from(*option) + 1).collect::<Vec<_>>();
    let (word, options) = match verdict {
        Verdict::Carried => ("carried", vec![]),
        Verdict::NotCarried => ("not carried", vec![]),
        Verdict::NoQuorum => ("no quorum", vec![]),
        Verdict::Chosen(options) => ("chosen", one_up(options)),
        Verdict::Tied(options) => ("tied", one_up(options)),
    };
    let counts = match &tally.counts {
        Counts::Stances([agree, abstain, aside, against, block]) => {
            json!({"for": agree, "abstain": abstain, "aside": aside, "against": against, "object": block})
        }
        Counts::Sums(sums) => json!({"sums": sums}),
        Counts::Seats { approvals, seats } => json!({
            "sums": approvals,
            "paid": seats.iter().filter(|seat| seat.paid).map(|seat| u64::from(seat.option) + 1).collect::<Vec<_>>(),
        }),
        Counts::Pairs { prefer, order } => {
            let order: Vec<Vec<u64>> = order.iter().map(|equal| one_up(equal)).collect();
            json!({"prefer": prefer, "order": order})
        }
    };
    json!({
        "verdict": word, "chosen": options, "electorate": tally.electorate, "cast": tally.cast,
        "by_proxy": tally.by_proxy, "abstained": tally.abstained, "unopened": tally.unopened, "counts": counts,
    })
}
