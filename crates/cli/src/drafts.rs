//! What the commands that sign one entry would sign: for a batch, and for what a decision carries.

use crate::args::Command;
use crate::context::Context;
use crate::error::Outcome;
use crate::session::{Draft, Session};

/// What this command would sign; nothing for one that signs no entry, or more than one.
///
/// # Errors
/// When it cannot be made.
pub fn of(context: &mut Context, session: &Session, command: &Command) -> Outcome<Option<Draft>> {
    Ok(match command {
        Command::In(args) => Some(args.draft(session)?),
        Command::Out(args) => Some(args.draft(session)?),
        Command::Need(args) => Some(args.draft(session)?),
        Command::Offer(args) => Some(args.draft(session)?),
        Command::Meet(args) => Some(args.draft(context, session)?),
        Command::Confirm(args) => Some(args.draft(context, session)?),
        Command::Correct(args) => Some(args.draft(context, session)?),
        Command::Withdraw(args) => Some(args.draft(context, session)?),
        Command::Erase(args) => Some(args.draft(context, session)?),
        Command::Propose(args) => Some(args.draft(context, session)?),
        Command::Vote(args) => Some(args.draft(context, session)?),
        Command::Charter(args) => args.draft(session)?,
        Command::Role(args) => args.draft(context, session)?,
        Command::Meetings(args) => args.draft(session)?,
        Command::Poll(args) => args.draft(context, session)?,
        Command::Budget(args) => args.draft(context, session)?,
        _ => None,
    })
}
