//! `lifeboat leave`: the member leaves the cell; what they signed stays.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session};
use crate::text;
use lifeboat_commons::membership::Leave;
use lifeboat_commons::{Common, compose};

/// Leave the cell
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A parting word, public for ever
    #[arg(long)]
    note: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When the last member would leave.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let said =
        compose(&Leave { common: Common::default() }).map_err(|error| Failure::usage(error.to_string()))?;
    context.ui.warn(text!("leave-warning"));
    session.say(context, Draft::plain(said).note(args.note.as_deref())).map(drop)
}
