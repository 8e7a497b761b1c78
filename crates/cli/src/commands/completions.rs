//! `lifeboat completions`: a script that completes the commands in a shell.

use crate::context::Context;
use crate::error::Outcome;
use clap_complete::Shell;

/// Print a script that completes these commands in your shell
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Your shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the command.
///
/// # Errors
/// When stdout is closed.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::help::command(), "lifeboat", &mut script);
    context.ui.raw(&script)
}
