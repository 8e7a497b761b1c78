//! `lifeboat charter`: the cell's settings; a founder who is still alone changes them here, everybody else
//! by a decision.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::{charter, say, text};
use serde_json::{Map, Value};

/// See the cell's settings; while you are alone in it, change them
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to change, while you are the only member: waiting-days=3
    #[arg(value_name = "NAME=VALUE")]
    changes: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// When there is no cell, or a change cannot be made so.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    if args.changes.is_empty() {
        let rows = charter::rows(session.state.charter());
        let lines: Vec<Vec<String>> =
            rows.iter().map(|(name, value)| vec![(*name).to_owned(), value.clone()]).collect();
        context.ui.table(&lines)?;
        let object: Map<String, Value> =
            rows.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        return context.ui.object(Value::Object(object));
    }
    if session.state.members().active().count() > 1 {
        return Err(Failure::new(text!("charter-by-decision"))
            .hint(text!("charter-by-decision-hint", changes = args.changes.join(" --charter "))));
    }
    let draft = say::draft(&charter::change(session.state.charter(), &args.changes)?, None)?;
    session.say(context, draft).map(drop)
}
