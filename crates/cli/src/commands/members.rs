//! `lifeboat members`: who belongs to the cell, and who waits for more vouches.

use crate::context::Context;
use crate::error::Outcome;
use crate::session::Session;
use crate::{day, text};
use lifeboat_commons::membership::Member;
use serde_json::json;

/// See the members
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Those who have left too
    #[arg(long)]
    all: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is no cell.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let session = Session::open(context)?;
    let members = session.state.members();
    let mut people: Vec<_> = members.all().filter(|(_, member)| args.all || member.is_active()).collect();
    people.sort_by_key(|(_, member)| member.position);
    let mut rows = Vec::new();
    for (id, member) in &people {
        let (name, number) = (session.names.member(id), crate::reference::short(member.position));
        rows.push(vec![number, name.clone(), standing(&session, member)]);
        context.ui.object(json!({
            "member": id.to_string(), "handle": name, "position": member.position.0, "active": member.is_active(),
            "since_ms": member.since.ms(), "votes_from_ms": member.vote_from.ms(),
            "keys": members.keys_of(**id).filter(|(_, key)| key.is_live(session.now)).count(),
        }))?;
    }
    context.ui.table(&rows)?;
    let needed = session.state.charter().vouching.needed(members.active().count());
    for (key, candidate) in members.candidates() {
        let missing = needed.saturating_sub(members.counted(candidate));
        let mark = crate::sentence::key_mark(key);
        context.ui.line(text!("members-waiting", mark = &mark, missing = missing))?;
        context.ui.object(json!({"candidate": key.to_string(), "missing_vouches": missing}))?;
    }
    Ok(())
}

fn standing(session: &Session, member: &Member) -> String {
    let on = |time: lifeboat_log::Time| day::long(day::of_moment(time.ms(), &session.zone), session.today);
    match member.left {
        Some(left) => text!("members-left", day = on(left)),
        None if member.vote_from > session.now => text!("members-new", from = on(member.vote_from)),
        None => text!("members-since", day = on(member.since)),
    }
}
