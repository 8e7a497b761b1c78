//! `lifeboat task`: what is to be done after a decision, by whom and by when.

use crate::commands::{decisions, propose};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::ui::{Look, plain};
use crate::{day, reference, say, text};
use lifeboat_commons::decisions::{Task, TaskEnded};
use lifeboat_commons::{Common, Day};
use serde_json::json;

/// See the tasks that follow from decisions, add one, or say that one is done
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Add a task to a decision
    Add {
        /// The number of the decision
        #[arg(value_name = "NUMBER")]
        number: String,
        /// Who does it
        #[arg(value_name = "HANDLE")]
        owner: String,
        /// What is to be done, public for ever; no names, no addresses
        #[arg(value_name = "TEXT")]
        what: String,
        /// By when: friday, in 10 days, 2026-12-07
        #[arg(long, value_name = "DAY")]
        by: String,
    },
    /// Say that a task is done
    Done {
        /// The number of the task
        #[arg(value_name = "NUMBER")]
        number: String,
        /// A remark, public for ever
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Say that a task will not be done
    Drop {
        /// The number of the task
        #[arg(value_name = "NUMBER")]
        number: String,
        /// Why, in words that may stay public for ever
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
}

/// Runs the command.
///
/// # Errors
/// When the entry cannot be made, signed or handed on.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let (number, done, note) = match &args.what {
        None => return list(context, &session),
        Some(What::Add { number, owner, what, by }) => {
            let decision = propose::decision(context, &session, number)?;
            let (owner, due) = (session.names.find(owner)?, propose::coming_day(&session, by)?);
            if i64::from(due.0) < day::number(session.today) {
                return Err(Failure::usage(text!("day-passed", written = plain(by))));
            }
            let task = Task { common: Common::default(), decision, owner, due };
            let draft = say::draft(&task, Some(say::title(what)?))?;
            return session.say(context, draft).map(drop);
        }
        Some(What::Done { number, note }) => (number, true, note),
        Some(What::Drop { number, note }) => (number, false, note),
    };
    let (_, record) = session.find(context, number)?;
    let task = record.entry().id();
    if session.state.decisions().task(&task).is_none() {
        return Err(
            Failure::new(text!("task-unknown", number = plain(number))).hint(text!("task-unknown-hint"))
        );
    }
    let draft = say::draft(&TaskEnded { common: Common::default(), task, done }, note.as_deref())?;
    session.say(context, draft).map(drop)
}

fn list(context: &mut Context, session: &Session) -> Outcome {
    let today = Day::of(session.now);
    let mut shown = false;
    for task in session.state.decisions().tasks() {
        let (entered, _) = session.find(context, &task.position.to_string())?;
        let what = entered.details.first().map(|detail| plain(&detail.text)).unwrap_or_default();
        context.ui.object(json!({
            "position": task.position.0, "owner": session.names.member(&task.owner), "due": task.due.to_string(),
            "what": what, "done": task.ended.map(|(done, _)| done),
            "decision": session.state.decisions().get(&task.decision).map(|decision| decision.position.0),
        }))?;
        if task.ended.is_none() {
            shown = true;
            let late = if task.due < today { Look::Bad } else { Look::Plain };
            let decision = session.state.decisions().get(&task.decision);
            let from = decision.map(|decision| reference::short(decision.position)).unwrap_or_default();
            let line = decisions::task_line(session, task);
            context.ui.styled(late, text!("task-line", task = line, what = what, decision = from))?;
        }
    }
    if !shown {
        context.ui.say(text!("tasks-none"));
    }
    Ok(())
}
