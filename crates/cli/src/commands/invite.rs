//! `lifeboat invite`: an invite for one person, to be passed on by any way that the two of them trust.

use crate::context::Context;
use crate::error::Outcome;
use crate::session::Session;
use crate::{cells, day, expect_answer, picture, text};
use lifeboat_node::ask::{CellOverview, OpenInvite};
use lifeboat_node::{Answer, Ask, Desk};
use serde_json::json;

/// Invite one person into your cell
#[derive(Debug, clap::Args)]
pub struct Args {
    /// For how many days the invite is open
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=90))]
    days: u16,
    /// Show the invites that are open instead of making one
    #[arg(long)]
    list: bool,
    /// Leave out the picture
    #[arg(long)]
    no_qr: bool,
}

/// Runs the command.
///
/// # Errors
/// When this home belongs to no cell.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut desk = context.desk()?;
    let cell = cells::choose(context, &mut desk)?;
    if args.list {
        return list(context, desk, cell);
    }
    let answer = context.ask(&mut desk, Ask::Invite { cell: cell.cell, days: args.days })?;
    let invite = expect_answer!(answer, Answer::Invited(invite) => invite)?;
    context.ui.line(&invite.link)?;
    context.ui.say(text!("invite-terms", days = args.days));
    if !args.no_qr && !context.ui.is_json() {
        picture::show(context, &invite.link)?;
    }
    if !desk.is_remote() {
        context.ui.warn(text!("invite-no-node"));
    }
    context.ui.object(object(&invite))
}

fn list(context: &mut Context, desk: Desk, cell: CellOverview) -> Outcome {
    let home = context.home()?;
    let session = Session::at(context, home, desk, cell)?;
    let answer = session.ask(context, Ask::Invites { cell: session.cell.cell })?;
    let invites = expect_answer!(answer, Answer::Invites(invites) => invites)?;
    if invites.is_empty() {
        context.ui.say(text!("invite-none"));
    }
    for invite in &invites {
        let until = day::moment_in_zone(invite.expires.ms(), &session.zone);
        let state = if invite.used { text!("invite-used") } else { text!("invite-open", until = until) };
        context.ui.line(&invite.link)?;
        context.ui.line(format!("  {state}"))?;
        context.ui.object(object(invite))?;
    }
    Ok(())
}

fn object(invite: &OpenInvite) -> serde_json::Value {
    json!({"invite": invite.link, "expires_ms": invite.expires.ms(), "used": invite.used})
}
