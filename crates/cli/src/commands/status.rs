//! `lifeboat status`: how the home and its cells are, in a few lines; what needs doing comes with it.

use crate::commands::outbox;
use crate::context::Context;
use crate::error::Outcome;
use crate::ui::{Look, plain};
use crate::{cells, day, text};
use jiff::tz::TimeZone;
use lifeboat_node::agent;
use lifeboat_node::ask::{CellOverview, Overview};
use lifeboat_node::turn_notes::TurnNotes;
use serde_json::json;

/// With fewer electors than this the loss of one home can leave no majority for a takeover.
const FEW_ELECTORS: u32 = 3;

/// See how your home and your cells are
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// When there is no home.
pub fn run(context: &mut Context, _args: &Args) -> Outcome {
    let home = context.home()?;
    let settings = home.settings()?;
    let mut desk = context.desk()?;
    let mut overview = cells::overview(context, &mut desk)?;
    cells::only_named(context, &mut overview)?;
    let unlocked = agent::key(&home).is_some();
    context.ui.line(text!(
        "status-home",
        handle = plain(&settings.handle),
        path = home.root().display().to_string()
    ))?;
    let connected = overview.peers.iter().filter(|peer| peer.connected).count();
    let node = if overview.node_running {
        text!("node-running", peers = connected)
    } else {
        text!("node-not-running")
    };
    context.ui.line(node)?;
    if unlocked {
        context.ui.line(text!("agent-running"))?;
    }
    for cell in &overview.cells {
        show(context, cell, overview.node_running)?;
    }
    if overview.cells.is_empty() {
        context.ui.say(text!("cell-none"));
        context.ui.say(text!("cell-none-hint"));
    }
    let waiting = overview.outbox.iter().filter(|own| outbox::waits(&own.step)).count();
    if waiting > 0 {
        context.ui.line(text!("outbox-count", count = waiting))?;
    }
    for notice in &overview.notices {
        context.ui.warn(plain(notice));
    }
    object(context, &overview, &settings.handle, waiting, unlocked)
}

fn show(context: &mut Context, cell: &CellOverview, node_running: bool) -> Outcome {
    context.ui.line("")?;
    context.ui.styled(Look::Strong, plain(&cell.name))?;
    let time = day::moment_in_zone(cell.time.ms(), &TimeZone::system());
    context.ui.line(format!("  {}", cells::role(cell)))?;
    context.ui.line(format!("  {}", text!("status-entries", count = cell.size)))?;
    context.ui.line(format!("  {}", text!("status-newest", time = time, head = head(cell))))?;
    context.ui.line(format!("  {}", text!("status-homes", count = cell.homes)))?;
    if cell.quorum > 0 {
        let (need, count) = (cell.quorum, cell.witnesses);
        let (witnessed, all) = (cell.witnessed, cell.size);
        let line = text!("status-witnessed", need = need, count = count, witnessed = witnessed, all = all);
        context.ui.line(format!("  {line}"))?;
    }
    if cell.pending > 0 {
        context.ui.line(format!("  {}", text!("status-pending", count = cell.pending)))?;
    }
    if cell.overdue > 0 {
        context.ui.styled(Look::Bad, format!("  {}", text!("status-overdue", count = cell.overdue)))?;
        context.ui.say(format!("  {}", text!("overdue-hint")));
    }
    if cell.asks > 0 {
        context.ui.styled(Look::Bad, format!("  {}", text!("status-asks", count = cell.asks)))?;
        context.ui.say(format!("  {}", text!("asks-hint")));
    }
    if cell.behind > 0 {
        context.ui.line(format!("  {}", text!("status-behind", count = cell.behind)))?;
    }
    if node_running && !cell.keeper_reached {
        context.ui.line(format!("  {}", text!("status-keeper-away")))?;
    }
    if cell.knocks > 0 {
        context.ui.line(format!("  {}", text!("status-knocks", count = cell.knocks)))?;
    }
    cells::warn_of_misconduct(context, cell);
    if let Some(ms) = cell.out_ms {
        let time = day::moment_in_zone(ms, &TimeZone::system());
        context.ui.styled(Look::Bad, format!("  {}", text!("status-out", time = time)))?;
    }
    if cell.proxy_gone {
        context.ui.styled(Look::Bad, format!("  {}", text!("status-proxy-gone")))?;
        context.ui.say(format!("  {}", text!("status-proxy-gone-hint")));
    }
    turns(context, &cell.rotation)?;
    for vote in &cell.to_open {
        let until = day::moment_in_zone(vote.until_ms, &TimeZone::system());
        let number = vote.decision.to_string();
        context
            .ui
            .styled(Look::Bad, format!("  {}", text!("status-to-open", number = number, until = until)))?;
    }
    if cell.size > 0
        && let Some(count) = cell.electors.filter(|count| *count < FEW_ELECTORS)
    {
        context.ui.line(format!("  {}", text!("status-few-electors", count = count)))?;
    }
    for notice in &cell.notices {
        context.ui.warn(plain(notice));
    }
    Ok(())
}

/// What rotation asks of the person.
fn turns(context: &mut Context, notes: &TurnNotes) -> Outcome {
    let day = |ms| day::of_moment(ms, &TimeZone::UTC).to_string();
    let mut lines = Vec::new();
    if !notes.commit.is_empty() {
        lines.push(text!("status-draw-commit"));
    }
    lines.extend(notes.hat.iter().map(|draw| text!("status-draw-hat", number = draw.to_string())));
    lines.extend(notes.beacon.iter().map(|draw| text!("status-draw-beacon", number = draw.to_string())));
    lines.extend(notes.swaps.iter().map(|offer| text!("status-swap", number = offer.to_string())));
    for turn in &notes.turns {
        let (role, number) = (plain(&turn.role), turn.draw.to_string());
        // The last day of it; with its end the next term begins.
        let (from, until) = (day(turn.from_ms), day(turn.until_ms.saturating_sub(1)));
        lines.push(text!("status-turn", role = role, from = from, until = until, number = &number));
        if turn.take_over {
            lines.push(text!("status-take-over", number = number));
        }
    }
    lines.extend(notes.hand_over.map(|draw| text!("status-hand-over", number = draw.to_string())));
    lines.iter().try_for_each(|line| context.ui.line(format!("  {line}")))
}

/// The first letters of the head: enough for two people to compare.
fn head(cell: &CellOverview) -> String {
    cell.head.to_string().chars().take(12).collect()
}

fn object(
    context: &mut Context,
    overview: &Overview,
    handle: &str,
    waiting: usize,
    unlocked: bool,
) -> Outcome {
    let cells = overview.cells.iter().map(|cell| {
        json!({
            "cell": cell.cell.to_string(), "name": cell.name, "role": cell.role, "records": cell.size,
            "head": cell.head.to_string(), "time_ms": cell.time.ms(), "homes": cell.homes,
            "pending": cell.pending, "overdue": cell.overdue, "asks": cell.asks, "behind": cell.behind, "keeper_reached": cell.keeper_reached,
            "witnesses": cell.witnesses, "need": cell.quorum, "cosigned": cell.cosigned,
            "witnessed": cell.witnessed, "anchored": cell.anchored,
            "knocks": cell.knocks, "misconduct": cell.misconduct.iter().map(|item| &item.path).collect::<Vec<_>>(),
            "electors": cell.electors, "notices": cell.notices,
            "rotation": cell.rotation, "to_open": cell.to_open, "out_ms": cell.out_ms, "proxy_gone": cell.proxy_gone,
            "checkpoint": cell.checkpoint.map(|checkpoint| json!({
                "term": checkpoint.term.to_string(), "size": checkpoint.size, "root": checkpoint.root.to_string(),
            })),
        })
    });
    context.ui.object(json!({
        "handle": handle, "node_running": overview.node_running, "node": overview.node_key.to_string(),
        "addresses": overview.addresses, "unlocked": unlocked, "outbox": waiting,
        "peers": overview.peers.iter().filter(|peer| peer.connected).count(),
        "notices": overview.notices, "cells": cells.collect::<Vec<_>>(),
    }))
}
