//! `lifeboat prove`: the proof that an entry stands in the log, as a small file or as a slip to print,
//! which anyone can check without asking and without a home.

use crate::commands::log;
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::{expect_answer, fresh, picture, reference, text};
use lifeboat_log::{Proof, Record, Slip, TermProof};
use lifeboat_node::{Answer, Ask};
use serde_json::json;
use std::path::PathBuf;

/// How many characters of a slip stand in one line.
const LINE: usize = 60;

/// Write the proof that an entry stands in the log, as a file or a slip to print
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of the entry
    #[arg(value_name = "NUMBER")]
    number: String,
    /// The file to write, in C2SP tlog-proof form
    #[arg(long, value_name = "FILE", conflicts_with = "slip")]
    to: Option<PathBuf>,
    /// Also write how the cell's terms follow on each other, for somebody without a card of this term
    #[arg(long)]
    terms: bool,
    /// Show a slip to print instead: a picture that a phone can read, and its text
    #[arg(long)]
    slip: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is no such entry, it stands under no checkpoint yet, or the file exists already or cannot be written.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let session = Session::open(context)?;
    let (entered, record) = session.find(context, &args.number)?;
    let sentence = log::sentence(&session, &entered, &record);
    let cell = session.cell.cell;
    let ask = Ask::Prove { cell, position: record.link().position };
    let proof = expect_answer!(session.ask(context, ask)?, Answer::Proof(proof) => proof)?;
    let terms = expect_answer!(session.ask(context, Ask::Terms { cell })?, Answer::Proof(terms) => terms)?;
    if args.slip {
        slip(context, &record, &sentence, &proof, &terms)?;
        return beside(context, &session, &record, args, &terms).map(drop);
    }
    let path = path(&session, &record, args);
    if needs_terms(&session, &record, args) {
        fresh::free(&path.with_extension("terms"))?;
    }
    fresh::write(&path, &proof)?;
    context.ui.line(&sentence)?;
    context.ui.line(text!("prove-written", path = path.display().to_string(), bytes = proof.len()))?;
    let beside = beside(context, &session, &record, args, &terms)?;
    context.ui.say(text!("prove-how", path = path.display().to_string()));
    context.ui.object(json!({
        "reference": reference::precise(record.link().position, &record.entry().id()),
        "position": record.link().position.0, "term": record.link().term.to_string(), "text": sentence,
        "file": path.display().to_string(), "bytes": proof.len(), "terms": beside,
    }))
}

/// The file of the proof.
fn path(session: &Session, record: &Record, args: &Args) -> PathBuf {
    let name = format!("{}-{}.tlog-proof", session.cell.name, record.link().position);
    args.to.clone().unwrap_or_else(|| PathBuf::from(name))
}

/// Whether it is asked for or needed how the terms follow on each other: a card that is made today is of
/// the newest term, and who has it needs the openings in between.
fn needs_terms(session: &Session, record: &Record, args: &Args) -> bool {
    args.terms || session.cell.checkpoint.map(|checkpoint| checkpoint.term) != Some(record.link().term)
}

/// Writes how the terms follow on each other, where that is needed.
fn beside(
    context: &mut Context,
    session: &Session,
    record: &Record,
    args: &Args,
    terms: &[u8],
) -> Outcome<Option<String>> {
    if !needs_terms(session, record, args) {
        return Ok(None);
    }
    let beside = path(session, record, args).with_extension("terms");
    fresh::write(&beside, terms)?;
    let beside = beside.display().to_string();
    if args.slip {
        context.ui.line(text!("slip-terms-written", path = &beside))?;
    } else {
        context.ui.line(text!("prove-terms-written", path = &beside))?;
    }
    Ok(Some(beside))
}

/// The slip of an entry: what it is, the picture, the text, and what it leaves out.
fn slip(context: &mut Context, record: &Record, sentence: &str, proof: &[u8], terms: &[u8]) -> Outcome {
    let unreadable = || Failure::new(text!("prove-unreadable")).hint(text!("unexpected-answer-hint"));
    let proof = Proof::parse(proof).map_err(|_| unreadable())?;
    let terms = TermProof::parse(terms).and_then(|terms| terms.verify(None)).map_err(|_| unreadable())?;
    let term = terms.iter().find(|term| term.term() == record.link().term).ok_or_else(unreadable)?;
    let slip = Slip::of(&proof, &term.known.term_key);
    let text =
        slip.ok_or_else(|| Failure::new(text!("prove-too-long")).hint(text!("prove-too-long-hint")))?;
    let text = text.to_text();
    let number = reference::precise(record.link().position, &record.entry().id());
    context.ui.line(text!("slip-head", number = &number, text = sentence))?;
    picture::show(context, &text)?;
    for line in text.as_bytes().chunks(LINE) {
        context.ui.line(String::from_utf8_lossy(line))?;
    }
    context.ui.line(text!("slip-leaves-out"))?;
    context.ui.object(json!({
        "reference": number, "position": record.link().position.0, "text": sentence, "slip": text,
    }))
}
