//! `lifeboat show`: one entry in full, and its proof as a file that anyone can check.

use crate::commands::{decisions, log};
use crate::context::Context;
use crate::error::Outcome;
use crate::sentence::rotation::facts;
use crate::session::Session;
use crate::ui::{Look, plain};
use crate::{day, expect_answer, fresh, reasons, reference, text, unlock};
use lifeboat_commons::Statement;
use lifeboat_log::{Position, Record};
use lifeboat_node::ask::Entered;
use lifeboat_node::{Answer, Ask, sealed};
use std::path::PathBuf;

/// See one entry in full
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of the entry
    #[arg(value_name = "NUMBER")]
    number: String,
    /// Write the proof that it stands in the log to this file, in C2SP tlog-proof form
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When there is no such entry, or the file exists already.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let session = Session::open(context)?;
    let (entered, record) = session.find(context, &args.number)?;
    let sentence = log::sentence(&session, &entered, &record);
    context.ui.styled(Look::Strong, &sentence)?;
    let mut rows = rows(&session, &entered, &record);
    let private = private(context, &session, &entered);
    let closed = || text!("show-private-closed");
    let shown = |text: &Option<String>| text.as_deref().map_or_else(closed, plain);
    rows.extend(private.iter().map(|text| vec![text!("show-private"), shown(text)]));
    let mut object = log::object(&session, &entered, &record, &sentence);
    object["private"] = private.iter().flatten().cloned().collect::<Vec<_>>().into();
    if let Some(decision) = session.state.decisions().get(&record.entry().id()) {
        rows.extend(decisions::rows(context, &session, decision)?);
        let (asked, names) = decisions::asked(context, &session, decision)?;
        object["decision"] = decisions::object(&session, decision, &asked, &names);
        if decision.drawn_from().is_some() {
            object["decision"]["salts"] = decisions::salts(context, &session, decision)?.into();
        }
    }
    context.ui.table(&rows)?;
    context.ui.object(object)?;
    if let Some(path) = &args.proof {
        let ask = Ask::Prove { cell: session.cell.cell, position: record.link().position };
        let proof = expect_answer!(session.ask(context, ask)?, Answer::Proof(proof) => proof)?;
        fresh::write(path, &proof)?;
        context.ui.say(text!("proof-written", path = path.display().to_string()));
    }
    Ok(())
}

/// The private texts, those opened that this home's key can read.
fn private(context: &mut Context, session: &Session, entered: &Entered) -> Vec<Option<String>> {
    if entered.sealed.is_empty() {
        return Vec::new();
    }
    match unlock::member_key(context, &session.home) {
        Ok(key) => entered.sealed.iter().map(|bytes| sealed::open(bytes, &key)).collect(),
        Err(failure) => {
            context.ui.warn(failure.message);
            vec![None; entered.sealed.len()]
        }
    }
}

/// How safe it is: placed, replicated, witnessed, anchored.
fn copies(session: &Session, at: Position) -> String {
    let cell = &session.cell;
    if at.0 < cell.anchored {
        text!("show-copies-anchored")
    } else if at.0 < cell.witnessed {
        text!("show-copies-witnessed", need = cell.quorum, count = cell.witnesses)
    } else if cell.homes > 1 {
        text!("show-copies-replicated", homes = cell.homes)
    } else {
        text!("show-copies-placed")
    }
}

fn rows(session: &Session, entered: &Entered, record: &Record) -> Vec<Vec<String>> {
    let (link, entry) = (record.link(), record.entry());
    let moment = |ms| day::moment(ms, &session.zone);
    let void = reasons::of(&session.state, link.position, entered.void.as_ref());
    let effect = match (&void, session.state.corrected_by(link.position)) {
        (Some(reason), _) => text!("show-void", reason = plain(reason)),
        (None, Some(by)) => text!("show-corrected", by = reference::short(by)),
        (None, None) => text!("show-applied"),
    };
    let mut rows = vec![
        vec![text!("show-number"), reference::precise(link.position, &entry.id())],
        vec![text!("show-effect"), effect],
        vec![text!("show-author"), session.names.key(&entry.author)],
        vec![text!("show-signed"), moment(entry.author_time.ms())],
        vec![
            text!("show-placed"),
            text!("show-term", time = moment(link.time.ms()), term = link.term.to_string()),
        ],
        vec![text!("show-copies"), copies(session, link.position)],
        vec![text!("show-id"), entry.id().to_string()],
        vec![text!("show-key"), entry.author.to_string()],
    ];
    for fact in facts(&session.state, entry) {
        rows.push(vec![text!("show-fact"), fact]);
    }
    for detail in &entered.details {
        rows.push(vec![text!("show-detail"), plain(&detail.text)]);
    }
    for gone in &entered.gone {
        let how = match gone.by {
            Some(by) => text!("show-detail-erased", by = reference::short(by)),
            None => text!("show-detail-over"),
        };
        rows.push(vec![text!("show-detail"), how]);
    }
    let paper = Statement::decode(entry).ok().and_then(|said| said.common().copied()?.paper);
    if paper.is_some_and(|paper| paper.photo.is_some()) {
        rows.push(vec![text!("show-photo"), text!("show-photo-get", typed = link.position.0)]);
    }
    for hash in &entered.absent {
        rows.push(vec![text!("show-detail"), text!("show-detail-absent", hash = hash.to_string())]);
    }
    rows
}
