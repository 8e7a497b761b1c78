//! `lifeboat sync`: brings all followed logs up to date and the outbox out, then says what moved.

use crate::context::Context;
use crate::error::{Code, Failure, Outcome};
use crate::session::Session;
use crate::ui::{Look, plain};
use crate::{cells, expect_answer, sign_again, text, words};
use lifeboat_node::ask::SyncReport;
use lifeboat_node::{Answer, Ask, Desk};
use serde_json::json;

/// Bring all logs up to date and your entries out
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Seconds that are tried when the person does not say otherwise.
const WAIT: u64 = 20;

/// Runs the command.
///
/// # Errors
/// Exit code 3 when some cells could not be reached, 1 when none could.
pub fn run(context: &mut Context, _args: &Args) -> Outcome {
    let mut desk = context.desk()?;
    let only = match context.global.cell.clone() {
        Some(name) => Some(cells::named(&cells::overview(context, &mut desk)?, &name)?.cell),
        None => None,
    };
    let answer = context.ask(&mut desk, Ask::Sync { wait_ms: context.wait_ms(WAIT) })?;
    let mut reports = expect_answer!(answer, Answer::Synced(reports) => reports)?;
    reports.retain(|report| only.is_none_or(|only| report.cell == only));
    if reports.is_empty() {
        context.ui.say(text!("follow-none"));
        return Ok(());
    }
    for report in &reports {
        show(context, report)?;
    }
    drop(hint_at_ended_keys(context, desk)?);
    let reached = reports.iter().filter(|report| report.reached || report.keeper).count();
    if reached == reports.len() {
        return Ok(());
    }
    context.ui.finish()?;
    let code = if reached == 0 { Code::Failed } else { Code::Partly };
    Err(Failure::with(code, text!("sync-unreached", count = reports.len() - reached))
        .hint(text!("sync-hint")))
}

/// Says when entries wait under a key that has ended, which nobody will place.
fn hint_at_ended_keys(context: &mut Context, mut desk: Desk) -> Outcome<Desk> {
    let answer = context.ask(&mut desk, Ask::Outbox)?;
    let entries = expect_answer!(answer, Answer::Outbox(entries) => entries)?;
    if entries.is_empty() {
        return Ok(desk);
    }
    let cells = cells::overview(context, &mut desk)?.cells;
    for cell in cells {
        if !entries.iter().any(|own| own.cell == cell.cell) {
            continue;
        }
        let home = context.home()?;
        let session = Session::at(context, home, desk, cell)?;
        let ended = sign_again::of_ended_keys(&session, &entries).len();
        if ended > 0 {
            context.ui.warn(text!("sign-again-hint", count = ended));
        }
        desk = session.desk.into_inner();
    }
    Ok(desk)
}

fn show(context: &mut Context, report: &SyncReport) -> Outcome {
    let name = plain(&report.name);
    let line = if report.reached {
        let new = report.after.saturating_sub(report.before);
        text!("sync-done", name = name, count = report.after, new = new)
    } else if report.keeper {
        text!("sync-keeper", name = name, count = report.after)
    } else {
        text!("sync-alone", name = name, count = report.after)
    };
    let look = if report.reached || report.keeper { Look::Plain } else { Look::Bad };
    context.ui.styled(look, line)?;
    if report.behind > 0 {
        context.ui.line(text!("status-behind", count = report.behind))?;
    }
    if report.placed > 0 {
        context.ui.line(text!("sync-placed", count = report.placed))?;
    }
    if report.waiting > 0 {
        context.ui.line(text!("outbox-count", count = report.waiting))?;
    }
    if report.admitted {
        context.ui.line(text!("sync-admitted", name = plain(&report.name)))?;
    }
    if let Some(spoken) = &report.words {
        words::show(context, spoken)?;
    }
    context.ui.object(json!({
        "cell": report.cell.to_string(), "name": report.name, "before": report.before, "records": report.after,
        "reached": report.reached, "keeper": report.keeper, "admitted": report.admitted, "behind": report.behind, "placed": report.placed, "waiting": report.waiting,
        "received_bytes": report.received,
        "words": report.words.as_ref().map(|spoken| words::of_numbers(&spoken.words)),
        "words_for_others": report.words.as_ref().map(|spoken| words::of_numbers(&spoken.others)),
    }))
}
