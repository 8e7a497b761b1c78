//! `lifeboat agent`: keeps the member's key unlocked for some hours, or locks it now.

use crate::context::Context;
use crate::error::Outcome;
use crate::{text, unlock};
use lifeboat_node::{agent, limits::AGENT_HOURS};
use serde_json::json;
use std::time::Duration;

/// Keep your key unlocked for some hours, or lock it now
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Ask for the passphrase now and keep the key unlocked
    Start(Hours),
    /// Lock the key now
    Stop,
    /// Say whether the key is unlocked
    Status,
    /// Hold a key that is read from the standard input (this is how `start` works)
    #[command(hide = true)]
    Hold(Hours),
}

#[derive(Debug, clap::Args)]
struct Hours {
    /// For how many hours
    #[arg(long, default_value_t = AGENT_HOURS, value_parser = clap::value_parser!(u32).range(1..=24))]
    hours: u32,
}

/// Runs the command.
///
/// # Errors
/// When the key cannot be unlocked, or no process can be started.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let home = context.home()?;
    match &args.what {
        Some(What::Start(hours)) => {
            agent::forget(&home);
            let key = unlock::unlocked(context, &home)?;
            unlock::start_agent(&home, &key, hours.hours)?;
            context.ui.line(text!("agent-started", hours = hours.hours))?;
            context.ui.object(json!({"unlocked": true, "hours": hours.hours}))
        }
        Some(What::Stop) => {
            let was = agent::forget(&home);
            context.ui.line(if was { text!("agent-stopped") } else { text!("agent-none") })?;
            context.ui.object(json!({"unlocked": false, "was_unlocked": was}))
        }
        Some(What::Hold(hours)) => {
            let key = agent::read_seed(std::io::stdin().lock())?;
            Ok(agent::run(&home, key, Duration::from_secs(u64::from(hours.hours) * 3600))?)
        }
        Some(What::Status) | None => {
            let unlocked = agent::key(&home).is_some();
            context.ui.line(if unlocked { text!("agent-running") } else { text!("agent-none") })?;
            context.ui.object(json!({"unlocked": unlocked}))
        }
    }
}
