//! `lifeboat bundle`: a cell's log, or the newest part of it, in one file for a USB stick; and taking one
//! in. It seeds a home that knows nothing but the cell's card.

use crate::context::Context;
use crate::day::{self, Toward};
use crate::error::{Code, Failure, Outcome};
use crate::ui::{Look, plain};
use crate::{cells, expect_answer, fresh, reference, text};
use jiff::tz::TimeZone;
use lifeboat_log::Time;
use lifeboat_node::ask::BundleTaken;
use lifeboat_node::{Answer, Ask};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Carry a cell's log on a USB stick
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Write the log, or its newest part, to a file
    Export(ExportArgs),
    /// Take in a file that another home wrote; what holds is kept, and twice is no harm
    Import {
        /// The file, or - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct ExportArgs {
    /// The file to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// From this entry on, for a home that has all before it
    #[arg(long, value_name = "NUMBER", conflicts_with = "since")]
    from: Option<String>,
    /// From this day on: yesterday, monday, 2026-11-20
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// The texts beside the records too, but for erased ones
    #[arg(long)]
    with_details: bool,
    /// Private texts too, as they are encrypted: only for homes of the cell
    #[arg(long)]
    with_private: bool,
    /// Photos too
    #[arg(long)]
    with_blobs: bool,
}

/// Runs the command.
///
/// # Errors
/// When the file to write exists already, cannot be written or read, or does not hold.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    match &args.what {
        What::Export(args) => export(context, args),
        What::Import { file } if file == Path::new("-") => import_stdin(context),
        What::Import { file } => import(context, file),
    }
}

fn export(context: &mut Context, args: &ExportArgs) -> Outcome {
    let to = std::path::absolute(&args.file).map_err(|error| Failure::file(&args.file, &error))?;
    fresh::free(&to)?;
    let from =
        args.from.as_ref().map(|written| reference::parse(written).map_err(Failure::usage)).transpose()?;
    let since = args.since.as_deref().map(|written| since(context, written)).transpose()?;
    let mut desk = context.desk()?;
    let cell = cells::choose(context, &mut desk)?;
    if args.with_private {
        let question = text!("bundle-private-ask");
        if !context.ui.ask_yes(&question)? {
            return Err(crate::session::not_done());
        }
    }
    let ask = Ask::BundleExport {
        cell: cell.cell,
        to: to.clone(),
        from: from.map(|from| from.position),
        since,
        details: args.with_details,
        sealed: args.with_private,
        blobs: args.with_blobs,
    };
    let done = expect_answer!(context.ask(&mut desk, ask)?, Answer::BundleWritten(done) => done)?;
    let path = to.display().to_string();
    context.ui.line(text!(
        "bundle-written",
        count = done.records,
        from = reference::short(done.from),
        path = &path,
        bytes = done.bytes
    ))?;
    if args.with_details || args.with_private || args.with_blobs {
        let (details, sealed, blobs) = (done.details, done.sealed, done.blobs);
        context.ui.line(text!("bundle-with", details = details, sealed = sealed, blobs = blobs))?;
    }
    if !args.with_private {
        context.ui.say(text!("bundle-no-private"));
    }
    context.ui.object(json!({
        "cell": cell.cell.to_string(), "file": path, "from": done.from.0, "records": done.records,
        "details": done.details, "private": done.sealed, "blobs": done.blobs, "bytes": done.bytes,
    }))
}

/// The beginning of a day, by this computer's clock and UTC.
fn since(context: &mut Context, written: &str) -> Outcome<Time> {
    let _ = &context;
    let today = day::of_moment(crate::context::clock().ms(), &TimeZone::UTC);
    let date = day::parse(written, today, Toward::Past).map_err(|bad| Failure::usage(bad.text()))?;
    let begins = date.to_zoned_datetime(TimeZone::UTC).map(|moment| moment.timestamp().as_millisecond());
    let ms = begins.ok().and_then(|ms| u64::try_from(ms).ok()).unwrap_or_default();
    Ok(Time::from_ms(ms))
}

/// What comes on standard input is put into a file of the home first: a node reads it from there.
fn import_stdin(context: &mut Context) -> Outcome {
    let path = context.home()?.own_folder().join("bundle.incoming");
    let copied = std::fs::File::create(&path).and_then(|mut file| {
        std::io::copy(&mut std::io::stdin().lock(), &mut file)?;
        file.sync_all()
    });
    let done = copied.map_err(|error| Failure::file(&path, &error)).and_then(|()| import(context, &path));
    let _ = std::fs::remove_file(&path);
    done
}

fn import(context: &mut Context, file: &Path) -> Outcome {
    let from = std::path::absolute(file).map_err(|error| Failure::file(file, &error))?;
    if !from.is_file() {
        return Err(Failure::file(file, &std::io::ErrorKind::NotFound.into()));
    }
    let mut desk = context.desk()?;
    let answer = context.ask(&mut desk, Ask::BundleImport { from })?;
    let done = expect_answer!(answer, Answer::BundleTaken(done) => done)?;
    let name = plain(&done.name);
    context.ui.line(text!(
        "bundle-taken",
        name = name,
        new = done.records,
        known = done.known,
        count = done.after
    ))?;
    let (details, sealed, blobs) = (done.details, done.sealed, done.blobs);
    if details + sealed + blobs > 0 {
        context.ui.line(text!("bundle-taken-with", details = details, sealed = sealed, blobs = blobs))?;
    }
    context.ui.object(json!({
        "cell": done.name, "records": done.records, "known": done.known, "before": done.before,
        "after": done.after, "details": details, "private": sealed, "blobs": blobs, "fork": done.fork,
        "broken": done.broken, "broken_at": done.broken_at,
    }))?;
    broken(context, &done)
}

/// What was wrong with it, if anything: what had been proven before is kept.
fn broken(context: &mut Context, done: &BundleTaken) -> Outcome {
    let Some(what) = &done.broken else { return Ok(()) };
    context.ui.finish()?;
    let at = done.broken_at.unwrap_or_default().to_string();
    if done.fork {
        context.ui.aside(Look::Bad, text!("bundle-fork"));
        return Err(
            Failure::new(text!("bundle-broken", at = at, what = plain(what))).hint(text!("bundle-fork-hint"))
        );
    }
    let (code, hint) = match done.records + done.known {
        0 => (Code::Failed, text!("bundle-nothing-hint")),
        _ => (Code::Partly, text!("bundle-broken-hint")),
    };
    Err(Failure::with(code, text!("bundle-broken", at = at, what = plain(what))).hint(hint))
}
