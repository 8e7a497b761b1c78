//! Which cell a command means: the only one the home belongs to, or the one named with `--cell`.

use crate::context::Context;
use crate::error::{Code, Failure, Outcome};
use crate::expect_answer;
use crate::text;
use crate::ui::plain;
use lifeboat_log::Misconduct;
use lifeboat_log::misconduct::Fault;
use lifeboat_node::ask::{CellOverview, Overview, Role};
use lifeboat_node::{Answer, Ask, Desk};

/// How the home and its cells are.
///
/// # Errors
/// What the desk says.
pub fn overview(context: &mut Context, desk: &mut Desk) -> Outcome<Overview> {
    expect_answer!(context.ask(desk, Ask::Overview)?, Answer::Overview(overview) => overview)
}

/// The cell of this name or of the first letters of its id.
///
/// # Errors
/// Exit code 4 when there is none, or several.
pub fn named<'a>(overview: &'a Overview, name: &str) -> Outcome<&'a CellOverview> {
    let wanted = name.trim().to_lowercase();
    if let Some(cell) = overview.cells.iter().find(|cell| cell.name.to_lowercase() == wanted) {
        return Ok(cell);
    }
    let by_id = |cell: &&CellOverview| wanted.len() >= 4 && cell.cell.to_string().starts_with(&wanted);
    let mut found = overview.cells.iter().filter(by_id);
    match (found.next(), found.next()) {
        (Some(cell), None) => Ok(cell),
        _ => {
            let names: Vec<String> = overview.cells.iter().map(|cell| plain(&cell.name)).collect();
            Err(Failure::with(Code::NoIdentity, text!("cell-unknown", name = plain(name)))
                .hint(text!("cell-unknown-hint", names = names.join(", "))))
        }
    }
}

/// Leaves the cell of `--cell` alone, where one is named.
///
/// # Errors
/// Exit code 4 when there is none of this name.
pub fn only_named(context: &Context, overview: &mut Overview) -> Outcome {
    if let Some(name) = &context.global.cell {
        overview.cells = vec![named(overview, name)?.clone()];
    }
    Ok(())
}

/// The cell that the command means: that of `--cell`, else the only one this home belongs to, else the
/// only one it knows.
///
/// # Errors
/// Exit code 4 when there is none; 2 when it is not clear which.
pub fn choose(context: &mut Context, desk: &mut Desk) -> Outcome<CellOverview> {
    let overview = overview(context, desk)?;
    if let Some(name) = context.global.cell.clone() {
        return named(&overview, &name).cloned();
    }
    let own = context.home()?.settings()?.cells;
    let is_own = |cell: &&CellOverview| own.iter().any(|s| s.own && s.cell() == Some(cell.cell));
    let mine: Vec<&CellOverview> = overview.cells.iter().filter(is_own).collect();
    match (mine.as_slice(), overview.cells.as_slice()) {
        ([cell], _) => Ok((*cell).clone()),
        ([], [cell]) => Ok(cell.clone()),
        ([], []) => Err(Failure::with(Code::NoIdentity, text!("cell-none")).hint(text!("cell-none-hint"))),
        _ => {
            let names: Vec<String> = overview.cells.iter().map(|cell| plain(&cell.name)).collect();
            Err(Failure::usage(text!("cell-which", names = names.join(", "))).hint(text!("cell-which-hint")))
        }
    }
}

/// What the home is to a cell, in words.
pub fn role(cell: &CellOverview) -> String {
    match cell.role {
        Role::Keeper => text!("role-keeper"),
        Role::Follower => text!("role-follower"),
    }
}

/// Says what misconduct is proven in a cell, and where the proof lies; on stderr, whatever the command.
pub fn warn_of_misconduct(context: &mut Context, cell: &CellOverview) {
    for item in &cell.misconduct {
        let Some(words) = misconduct(&item.file) else { continue };
        // It lies below the home: told from where the person is.
        let path = context.home_folder().unwrap_or_default().join(&item.path).display().to_string();
        context.ui.warn(text!(
            "misconduct-proven",
            fault = words,
            path = &path,
            typed = crate::ui::word(&path)
        ));
        if item.open {
            context.ui.say(text!("misconduct-stops"));
        }
    }
}

/// What a misconduct file proves, in words; nothing when it proves nothing.
pub fn misconduct(file: &[u8]) -> Option<String> {
    let file = Misconduct::parse(file).ok()?;
    let proven = file.verify(None).ok()?;
    Some(fault(&proven.fault, &file.term.to_string()))
}

/// What a term's key did, in words.
pub fn fault(fault: &Fault, term: &str) -> String {
    match fault {
        Fault::TwoLogs { size } => text!("fault-two-logs", term = term, size = *size),
        Fault::Rewrote { old, new } => text!("fault-rewrote", term = term, old = *old, new = *new),
        Fault::BadRecord { index, name } => {
            text!("fault-bad-record", term = term, index = *index, name = *name)
        }
        Fault::BadLink { index, name } => text!("fault-bad-link", term = term, index = *index, name = *name),
    }
}

/// Says when entries have waited longer than the charter gives the keeper: on everything that shows the
/// cell.
pub fn warn_overdue(context: &mut Context, cell: &CellOverview) {
    if cell.overdue > 0 {
        context.ui.warn(text!("status-overdue", count = cell.overdue));
    }
}
