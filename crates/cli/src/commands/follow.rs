//! `lifeboat follow`: follows another cell as a sibling, lists what is followed, or stops.

use crate::context::Context;
use crate::error::Outcome;
use crate::ui::plain;
use crate::{cells, expect_answer, text};
use lifeboat_node::{Answer, Ask, Desk};
use serde_json::json;

/// Follow another cell as a sibling: keep and check a copy of its log
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The card of the cell, as `lifeboat card` prints it there; all that is followed when left out
    #[arg(value_name = "CARD")]
    card: Option<String>,
    /// Follow this cell no longer; what is on disk stays
    #[arg(long, value_name = "NAME", conflicts_with = "card")]
    stop: Option<String>,
    /// Connect to this address too, such as /ip4/192.168.1.7/tcp/4001, and remember it
    #[arg(long, value_name = "ADDRESS")]
    connect: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// When the card cannot be read, or the home refuses.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut desk = context.desk()?;
    for address in &args.connect {
        context.ask(&mut desk, Ask::Connect { address: address.clone() })?;
        context.ui.say(text!("connect-done", address = address));
    }
    if let Some(name) = &args.stop {
        return stop(context, &mut desk, name);
    }
    match &args.card {
        Some(card) => follow(context, &mut desk, card),
        None if args.connect.is_empty() => list(context, &mut desk),
        None => Ok(()),
    }
}

fn follow(context: &mut Context, desk: &mut Desk, card: &str) -> Outcome {
    let answer = context.ask(desk, Ask::Follow { link: card.to_owned() })?;
    let (cell, name) = expect_answer!(answer, Answer::Following { cell, name } => (cell, name))?;
    context.ui.line(text!("follow-done", name = plain(&name)))?;
    if !desk.is_remote() {
        context.ui.say(text!("follow-next"));
    }
    context.ui.object(json!({"cell": cell.to_string(), "name": name}))
}

fn stop(context: &mut Context, desk: &mut Desk, name: &str) -> Outcome {
    let overview = cells::overview(context, desk)?;
    let cell = cells::named(&overview, name)?;
    context.ask(desk, Ask::Unfollow { cell: cell.cell })?;
    context.ui.line(text!("follow-stopped", name = plain(&cell.name)))?;
    context.ui.object(json!({"cell": cell.cell.to_string(), "stopped": true}))
}

fn list(context: &mut Context, desk: &mut Desk) -> Outcome {
    let overview = cells::overview(context, desk)?;
    if overview.cells.is_empty() {
        context.ui.say(text!("follow-none"));
    }
    let row = |cell: &lifeboat_node::ask::CellOverview| {
        vec![plain(&cell.name), text!("status-entries", count = cell.size), cells::role(cell)]
    };
    context.ui.table(&overview.cells.iter().map(row).collect::<Vec<_>>())?;
    for cell in &overview.cells {
        context.ui.object(json!({
            "cell": cell.cell.to_string(), "name": cell.name, "records": cell.size, "role": cell.role,
        }))?;
    }
    Ok(())
}
