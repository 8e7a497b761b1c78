//! `lifeboat export`: a static copy of a log that any web server can offer and any tool can check.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::{cells, expect_answer, fresh, text};
use lifeboat_node::{Answer, Ask};
use serde_json::json;
use std::path::PathBuf;

/// Write a copy of the log that any web server can offer and any tool can check
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder to make
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// When the folder exists and is not empty, or cannot be written.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let folder = std::path::absolute(&args.folder).map_err(|error| Failure::file(&args.folder, &error))?;
    let path = folder.display().to_string();
    fresh::empty(&folder)?;
    let mut desk = context.desk()?;
    let cell = cells::choose(context, &mut desk)?;
    let answer = context.ask(&mut desk, Ask::Export { cell: cell.cell, to: folder })?;
    let records = expect_answer!(answer, Answer::Exported { records } => records)?;
    context.ui.line(text!("export-done", count = records, path = &path))?;
    context.ui.object(json!({"cell": cell.cell.to_string(), "records": records, "folder": path}))
}
