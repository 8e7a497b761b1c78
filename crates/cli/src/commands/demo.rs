//! `lifeboat demo`.
use crate::context::Context;
use crate::error::Outcome;
/// See the whole of it at work: two cells, two nodes, a week of entries, an audit
#[derive(Debug, clap::Args)]
pub struct Args {}
/// Runs the command.
///
/// # Errors
/// When anything is not as it should be.
pub fn run(_context: &mut Context, _args: &Args) -> Outcome {
    Ok(())
}
