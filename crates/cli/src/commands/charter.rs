//! `lifeboat charter`: the cell's settings; a founder who is still alone changes them here, everybody else
//! by a decision.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session};
use crate::{charter, say, text};
use serde_json::{Map, Value};

/// See the cell's settings; while you are alone in it, change them
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to change, while you are the only member: waiting-days=3
    #[arg(value_name = "NAME=VALUE")]
    changes: Vec<String>,
}

impl Args {
    /// What is to be signed; nothing where the settings are to be shown.
    ///
    /// # Errors
    /// When a change cannot be read.
    pub fn draft(&self, session: &Session) -> Outcome<Option<Draft>> {
        if self.changes.is_empty() {
            return Ok(None);
        }
        say::draft(&charter::change(session.state.charter(), &self.changes)?, None).map(Some)
    }
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
    match args.draft(&session)? {
        Some(draft) => session.say(context, draft).map(drop),
        None => Ok(()),
    }
}
