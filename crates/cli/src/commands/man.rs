//! `lifeboat man`: the manual pages, made from the help texts.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::text;
use serde_json::json;
use std::path::PathBuf;

/// Write the manual pages into a folder
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder; it is made when there is none
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// When the folder cannot be written.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let failed = |error: std::io::Error| Failure::file(&args.folder, &error);
    std::fs::create_dir_all(&args.folder).map_err(failed)?;
    clap_mangen::generate_to(crate::help::command(), &args.folder).map_err(failed)?;
    let pages = std::fs::read_dir(&args.folder).map_err(failed)?.count();
    let folder = args.folder.display().to_string();
    context.ui.line(text!("man-done", pages = pages, folder = &folder))?;
    context.ui.object(json!({"folder": folder, "pages": pages}))
}
