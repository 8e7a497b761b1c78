//! `lifeboat photo`: the photos that entries name: which there are, and one as a file.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::{expect_answer, fresh, reference, text};
use lifeboat_commons::Statement;
use lifeboat_node::{Answer, Ask};
use serde_json::json;
use std::path::PathBuf;

/// See the photos that entries name, or take one out as a file
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List them
    List,
    /// Write the photo of an entry to a file, fetched from other homes where it is not here
    Get {
        /// The number of the entry
        #[arg(value_name = "NUMBER")]
        number: String,
        /// The file to write
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// When there is no such photo, nobody who is reached has it, or the file exists already.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let session = Session::open(context)?;
    match &args.what {
        None | Some(What::List) => list(context, &session),
        Some(What::Get { number, file }) => get(context, &session, number, file),
    }
}

fn list(context: &mut Context, session: &Session) -> Outcome {
    let answer = session.ask(context, Ask::Blobs { cell: session.cell.cell })?;
    let blobs = expect_answer!(answer, Answer::Blobs(blobs) => blobs)?;
    let mut rows = Vec::new();
    for blob in &blobs {
        let state =
            if blob.whole { text!("photo-here", bytes = blob.size) } else { text!("photo-elsewhere") };
        rows.push(vec![reference::short(blob.named), state]);
        context.ui.object(json!({
            "position": blob.named.0, "hash": blob.hash.to_string(), "here": blob.whole, "bytes": blob.size,
        }))?;
    }
    context.ui.table(&rows)?;
    if blobs.is_empty() { context.ui.line(text!("photo-none")) } else { Ok(()) }
}

fn get(context: &mut Context, session: &Session, number: &str, file: &std::path::Path) -> Outcome {
    let (_, record) = session.find(context, number)?;
    let said = Statement::decode(record.entry()).ok().and_then(|said| said.common().copied());
    let photo = said.and_then(|common| common.paper).and_then(|paper| paper.photo);
    let number = reference::short(record.link().position);
    let photo = photo.ok_or_else(|| Failure::new(text!("photo-none-there", number = &number)))?;
    let to = std::path::absolute(file).map_err(|error| Failure::file(file, &error))?;
    fresh::free(&to)?;
    let ask = Ask::BlobGet { cell: session.cell.cell, hash: photo, to, wait_ms: context.wait_ms(20) };
    let size = expect_answer!(session.ask(context, ask)?, Answer::Blob { size, .. } => size)?;
    let path = file.display().to_string();
    context.ui.line(text!("photo-written", number = number, path = &path, bytes = size))?;
    context.ui.object(json!({"hash": photo.to_string(), "file": path, "bytes": size}))
}
