//! `lifeboat batch`: many entries from a file of commands, signed with one unlocking: all of them or none.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session};
use crate::ui::{Look, plain};
use crate::{carried, drafts, fate, input, text};
use lifeboat_node::ask::Fate;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most bytes of a batch file.
const MAX_FILE: u64 = 4 * 1024 * 1024;
/// Most entries of one batch.
const MAX_ENTRIES: usize = 5_000;
/// Most faults that are shown before the rest is only counted.
const MAX_FAULTS: usize = 20;

/// Sign many entries from a file of commands
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file with one command a line, as you would type it, each of those that sign one entry (in, out, need,
    /// offer, meet, confirm, correct, withdraw, propose, vote, ...); - for the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Show the entries and sign nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
///
/// # Errors
/// When a line cannot be read (then nothing is signed); exit code 3 when a part was refused.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let text = read(&args.file)?;
    context.typed.clear(); // what is refused is a line of the file, not what was typed
    let mut session = Session::open(context)?;
    let drafts = drafts(context, &session, &text)?;
    if drafts.is_empty() {
        context.ui.say(text!("batch-empty"));
        return Ok(());
    }
    let ready = session.prepare(context, drafts)?;
    if args.dry_run {
        for entry in &ready {
            context.ui.line(&entry.sentence)?;
            context.ui.object(serde_json::json!({"text": entry.sentence, "step": "not signed"}))?;
        }
        context.ui.say(text!("batch-dry", count = ready.len()));
        return Ok(());
    }
    session.confirm(context, &ready)?;
    let fates = session.submit(context, &ready)?;
    for (fate, entry) in fates.iter().zip(&ready) {
        fate::show(context, fate, &entry.sentence)?;
        let mut object = fate::object(fate);
        object["text"] = entry.sentence.clone().into();
        context.ui.object(object)?;
    }
    let placed = fates.iter().filter(|fate| matches!(fate, Fate::Placed { .. })).count();
    context.ui.say(text!("batch-done", placed = placed, count = fates.len()));
    fate::exit(&fates)
}

fn read(file: &Path) -> Outcome<String> {
    let mut text = String::new();
    let read = input::open(file).and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text));
    read.map_err(|error| Failure::file(file, &error))?;
    if text.len() as u64 > MAX_FILE {
        return Err(Failure::usage(text!("batch-too-long")).hint(text!("batch-too-long-hint")));
    }
    Ok(text)
}

/// The drafts of all lines; when any line cannot be read, every fault is told and nothing is returned.
fn drafts(context: &mut Context, session: &Session, text: &str) -> Outcome<Vec<Draft>> {
    let (mut drafts, mut faults) = (Vec::new(), 0_usize);
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match draft(context, session, line) {
            Ok(draft) => drafts.push(draft),
            Err(failure) => {
                faults += 1;
                if faults <= MAX_FAULTS {
                    let message = plain(&failure.message);
                    context.ui.aside(Look::Bad, text!("batch-fault", line = number + 1, message = message));
                }
            }
        }
        if drafts.len() > MAX_ENTRIES {
            return Err(Failure::usage(text!("batch-too-long")).hint(text!("batch-too-long-hint")));
        }
    }
    match faults {
        0 => Ok(drafts),
        count => Err(Failure::usage(text!("batch-faults", count = count)).hint(text!("batch-faults-hint"))),
    }
}

fn draft(context: &mut Context, session: &Session, line: &str) -> Outcome<Draft> {
    let words = split(line).ok_or_else(|| Failure::usage(text!("batch-quote")))?;
    let cli = carried::parse(&words)?;
    let draft = drafts::of(context, session, &cli.command)?;
    draft.ok_or_else(|| Failure::usage(text!("batch-other-command")))
}

/// The words of a line: split at spaces, quotes hold together. Nothing when a quote is not closed.
fn split(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote, mut open) = (Vec::new(), String::new(), None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), c) => word.push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                open = true;
            }
            (None, c) if c.is_whitespace() => {
                if open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            (None, c) => word.push(c),
        }
    }
    if open || !word.is_empty() {
        words.push(word);
    }
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_as_a_shell_would() {
        let words = |line: &str| split(line).map(|words| words.join("|"));
        assert_eq!(
            words("in 40 EUR --from \"street collection\"").as_deref(),
            Some("in|40|EUR|--from|street collection")
        );
        assert_eq!(words("out 5 EUR --for 'bus fares'  ").as_deref(), Some("out|5|EUR|--for|bus fares"));
        assert_eq!(words("in 1 \"\"").as_deref(), Some("in|1|"));
        assert_eq!(words("in \"40"), None);
    }
}
