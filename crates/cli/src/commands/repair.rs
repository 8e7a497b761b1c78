//! `lifeboat repair`: rebuilds from the log whatever is built from it, and mends the log's end.

use crate::context::Context;
use crate::error::Outcome;
use crate::ui::plain;
use crate::{cells, expect_answer, text};
use lifeboat_node::{Answer, Ask};
use serde_json::json;

/// Mend what can be mended from the log
#[derive(Debug, clap::Args)]
pub struct Args {
    /// All cells that this home knows, rather than one
    #[arg(long)]
    all: bool,
}

/// Runs the command.
///
/// # Errors
/// When something is beyond repair here; it says what to fetch from elsewhere.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut desk = context.desk()?;
    let cells = if args.all {
        cells::overview(context, &mut desk)?.cells
    } else {
        vec![cells::choose(context, &mut desk)?]
    };
    for cell in cells {
        let answer = context.ask(&mut desk, Ask::Repair { cell: cell.cell })?;
        let (words, records) =
            expect_answer!(answer, Answer::Repaired { words, records } => (words, records))?;
        for word in &words {
            context.ui.line(plain(word))?;
        }
        context.ui.line(text!("repair-done", name = plain(&cell.name), count = records))?;
        context.ui.object(json!({"cell": cell.cell.to_string(), "records": records, "mended": words}))?;
    }
    Ok(())
}
