//! `lifeboat review`: writes how a decision went.

use crate::commands::propose;
use crate::context::Context;
use crate::error::Outcome;
use crate::say;
use crate::session::Session;
use lifeboat_commons::Common;
use lifeboat_commons::decisions::Review;

/// Write how a decision went
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of the decision
    #[arg(value_name = "NUMBER")]
    number: String,
    /// How it went, public for ever; no names, no addresses
    #[arg(value_name = "TEXT")]
    how: String,
    /// The day on which the cell looks at it once more
    #[arg(long, value_name = "DAY")]
    again: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When the entry cannot be made, signed or handed on.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let decision = propose::decision(context, &session, &args.number)?;
    let again = args.again.as_ref().map(|day| propose::coming_day(&session, day)).transpose()?;
    let draft = say::draft(&Review { common: Common::default(), decision, again }, Some(&args.how))?;
    session.say(context, draft).map(drop)
}
