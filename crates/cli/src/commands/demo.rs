//! `lifeboat demo`: the whole of it at work on this machine, in under a minute.

use crate::context::{Context, random};
use crate::demo;
use crate::error::{Failure, Outcome};
use crate::ui::Look;
use crate::{fresh, text};
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

/// The week that is played when no other is given: the one in `examples/`.
const WEEK: &str = include_str!("../../../../examples/week.csv");

/// See the whole of it at work: two cells, two nodes, a week of entries, an audit
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to play it; a new folder among the temporary ones when left out
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Another week, with the columns of examples/week.csv
    #[arg(long, value_name = "FILE")]
    week: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When anything is not as it should be.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let week = match &args.week {
        Some(file) => std::fs::read_to_string(file).map_err(|error| Failure::file(file, &error))?,
        None => WEEK.to_owned(),
    };
    let folder = match &args.folder {
        Some(folder) => std::path::absolute(folder).map_err(|error| Failure::file(folder, &error))?,
        None => {
            let mark: [u8; 4] = random()?;
            let mark: String = mark.iter().map(|byte| format!("{byte:02x}")).collect();
            std::env::temp_dir().join(format!("lifeboat-demo-{mark}"))
        }
    };
    fresh::empty(&folder)?;
    let start = Instant::now();
    let ending = demo::play(context, &folder, &week)?;
    let (seconds, log) = (start.elapsed().as_secs(), ending.log.display().to_string());
    context.ui.line("")?;
    context.ui.styled(Look::Good, text!("demo-done", seconds = seconds, count = ending.records))?;
    context.ui.line(text!("demo-log", path = &log))?;
    context.ui.line(text!("demo-verify", path = &log))?;
    context.ui.object(json!({
        "log": log, "records": ending.records, "head": ending.head, "tampered": ending.tampered,
        "missed": ending.missed, "seconds": seconds,
    }))
}
