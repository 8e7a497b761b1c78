//! `lifeboat outbox`: the person's own entries that are under way; saved to and taken from a USB stick.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::fate::{self, refusal_text};
use crate::session::{Session, not_done};
use crate::{cells, expect_answer, fresh, sign_again, text};
use lifeboat_log::EntryId;
use lifeboat_node::ask::{Fate, OwnEntry, Step};
use lifeboat_node::{Answer, Ask, Desk};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The name of the file in a folder that is given to `save` or `load`.
const FILE_NAME: &str = "lifeboat-outbox.bundle";
/// Longest bundle that is taken in, in bytes.
const MAX_BUNDLE: u64 = 32 * 1024 * 1024;

/// See the entries of yours that are under way, or carry them on a USB stick
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List them
    List,
    /// Save them to a folder or file, such as a USB stick
    Save {
        /// The folder or file
        path: PathBuf,
    },
    /// Take in what another home saved
    Load {
        /// The folder or file
        path: PathBuf,
    },
    /// Sign again, with the key of this home, what waits under a key of yours that has ended
    SignAgain,
    /// Take one out that was refused, or that is not to be sent after all
    Drop {
        /// Which one, counted from 1 as listed
        number: usize,
    },
}

/// Runs the command.
///
/// # Errors
/// When the stick or the bundle cannot be read or written.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut desk = context.desk()?;
    match &args.what {
        None | Some(What::List) => list(context, desk),
        Some(What::Save { path }) => save(context, &mut desk, path),
        Some(What::Load { path }) => load(context, &mut desk, path),
        Some(What::SignAgain) => {
            let entries = entries(context, &mut desk)?;
            let cell = cells::choose(context, &mut desk)?;
            let session = Session::at(context, context.home()?, desk, cell)?;
            sign_again::run(context, &session, &entries)
        }
        Some(What::Drop { number }) => drop_one(context, desk, *number),
    }
}

fn entries(context: &mut Context, desk: &mut Desk) -> Outcome<Vec<OwnEntry>> {
    expect_answer!(context.ask(desk, Ask::Outbox)?, Answer::Outbox(entries) => entries)
}

/// What each of these entries says; each is told with the state of its own cell.
fn sentences(context: &mut Context, mut desk: Desk, entries: &[OwnEntry]) -> Outcome<(Desk, Vec<String>)> {
    let overview = cells::overview(context, &mut desk)?;
    let mut sentences = vec![String::new(); entries.len()];
    for cell in overview.cells {
        let own = |own: &OwnEntry| own.cell == cell.cell;
        if !entries.iter().any(own) {
            continue;
        }
        let id = cell.cell;
        let session = Session::at(context, context.home()?, desk, cell)?;
        for (sentence, own) in sentences.iter_mut().zip(entries).filter(|(_, own)| own.cell == id) {
            *sentence = session.own_sentence(&own.signed).unwrap_or_default();
        }
        desk = session.desk.into_inner();
    }
    Ok((desk, sentences))
}

fn list(context: &mut Context, mut desk: Desk) -> Outcome {
    let entries = entries(context, &mut desk)?;
    let (_desk, sentences) = sentences(context, desk, &entries)?;
    let mut rows = Vec::new();
    for (number, (own, sentence)) in entries.iter().zip(sentences).enumerate() {
        let (step, position) = step(&own.step);
        context.ui.object(json!({
            "number": number + 1, "id": own.id.to_string(), "cell": own.cell.to_string(), "text": sentence,
            "step": step_name(&own.step), "position": position,
        }))?;
        rows.push(vec![format!("{}.", number + 1), sentence, step]);
    }
    context.ui.table(&rows)?;
    let waiting = entries.iter().filter(|own| waits(&own.step)).count();
    match (entries.is_empty(), waiting) {
        (true, _) => context.ui.line(text!("outbox-empty")),
        (_, 0) => Ok(()),
        (_, count) => {
            context.ui.say(text!("outbox-waiting", count = count));
            Ok(())
        }
    }
}

/// Whether an entry is not placed yet and may be.
pub fn waits(step: &Step) -> bool {
    matches!(step, Step::Waiting | Step::HandedOn { .. })
}

fn step(step: &Step) -> (String, Option<u64>) {
    match step {
        Step::Waiting => (text!("step-waiting"), None),
        Step::Placed(at) => (text!("step-placed", number = at.to_string()), Some(at.0)),
        Step::Replicated(at) => (text!("step-replicated", number = at.to_string()), Some(at.0)),
        Step::HandedOn { homes, name, .. } if name.is_empty() => (text!("step-handed", homes = *homes), None),
        Step::HandedOn { homes, name, text } => {
            (text!("step-handed-refused", homes = *homes, reason = refusal_text(name, text)), None)
        }
        Step::Refused { name, text } => (refusal_text(name, text), None),
    }
}

fn step_name(step: &Step) -> &'static str {
    match step {
        Step::Waiting => "waiting",
        Step::Placed(_) => "placed",
        Step::Replicated(_) => "replicated",
        Step::HandedOn { .. } => "handed_on",
        Step::Refused { .. } => "refused",
    }
}

fn file_in(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(FILE_NAME) } else { path.to_owned() }
}

fn save(context: &mut Context, desk: &mut Desk, path: &Path) -> Outcome {
    let answer = context.ask(desk, Ask::OutboxSave)?;
    let (bundle, count) = expect_answer!(answer, Answer::Bundle { bundle, entries } => (bundle, entries))?;
    if count == 0 {
        context.ui.say(text!("outbox-empty"));
        return context.ui.object(json!({"entries": 0}));
    }
    let path = file_in(path);
    fresh::free(&path)?;
    write_whole(&path, &bundle).map_err(|error| Failure::file(&path, &error))?;
    let shown = path.display().to_string();
    context.ui.line(text!("outbox-saved", count = count, path = &shown))?;
    context.ui.say(text!("outbox-saved-next"));
    context.ui.object(json!({"entries": count, "file": shown}))
}

/// Writes beside the file first, so that a stick pulled out too early leaves the old one or the new one.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let beside = path.with_extension("new");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&beside, path)
}

fn load(context: &mut Context, desk: &mut Desk, path: &Path) -> Outcome {
    let path = file_in(path);
    let bundle =
        lifeboat_node::home::read_bounded(&path, MAX_BUNDLE).map_err(|e| Failure::file(&path, &e))?;
    let answer = context.ask(desk, Ask::OutboxLoad { bundle: bundle.into() })?;
    let fates = expect_answer!(answer, Answer::Submitted(fates) => fates)?;
    let count = |wanted: fn(&Fate) -> bool| fates.iter().filter(|fate| wanted(fate)).count();
    let placed = count(|fate| matches!(fate, Fate::Placed { .. }));
    let queued = count(|fate| matches!(fate, Fate::Queued { .. } | Fate::HandedOn { .. }));
    for fate in &fates {
        context.ui.object(fate::object(fate))?;
        if let Fate::Refused { name, text, .. } = fate {
            context.ui.warn(refusal_text(name, text));
        }
    }
    context.ui.line(text!(
        "outbox-loaded",
        placed = placed,
        queued = queued,
        refused = fates.len() - placed - queued
    ))?;
    fate::exit(&fates)
}

fn drop_one(context: &mut Context, mut desk: Desk, number: usize) -> Outcome {
    let entries = entries(context, &mut desk)?;
    let own = number.checked_sub(1).and_then(|at| entries.get(at));
    let Some(own) = own else {
        return Err(
            Failure::usage(text!("outbox-no-such", number = number)).hint(text!("outbox-no-such-hint"))
        );
    };
    if let Step::HandedOn { homes, .. } = &own.step {
        return Err(
            Failure::new(text!("outbox-drop-kept", count = *homes)).hint(text!("outbox-drop-kept-hint"))
        );
    }
    let (mut desk, sentences) = sentences(context, desk, std::slice::from_ref(own))?;
    let sentence = sentences.concat();
    if !context.ui.ask_yes(&text!("outbox-drop-ask", sentence = &sentence))? {
        return Err(not_done());
    }
    let id: EntryId = own.id;
    context.ask(&mut desk, Ask::OutboxDrop { id })?;
    context.ui.line(text!("outbox-dropped", sentence = sentence))?;
    context.ui.object(json!({"dropped": id.to_string()}))
}
