//! `lifeboat budget`: participatory budgets. One file for each thing that can be done with one.

mod tally;
mod verdict;

use crate::context::Context;
use crate::error::Outcome;

/// Decide together what money is spent on, and count any election that is a Pabulib file
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Count a Pabulib file by a named rule; needs no home
    Tally(tally::Args),
}

/// Runs the command.
///
/// # Errors
/// What the subcommand says.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    match &args.what {
        What::Tally(args) => tally::run(context, args),
    }
}
