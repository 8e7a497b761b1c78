//! `lifeboat log`: the newest entries of a cell, each as one sentence.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::sentence::rotation::facts;
use crate::session::{Session, read_record};
use crate::ui::{Look, plain};
use crate::{cells, day, expect_answer, reasons, reference, text};
use lifeboat_log::{DetailTag, Position, PublicKey, Record};
use lifeboat_node::ask::{Entered, Range};
use lifeboat_node::limits::MAX_RECORDS_ANSWERED;
use lifeboat_node::{Answer, Ask};
use serde_json::{Value, json};

/// See the newest entries of the log
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many
    #[arg(long, short = 'n', value_name = "NUMBER", default_value_t = 20)]
    last: u64,
    /// From this entry on, instead of the newest ones
    #[arg(long, value_name = "NUMBER")]
    from: Option<String>,
    /// All entries
    #[arg(long, conflicts_with = "last")]
    all: bool,
    /// Only what this member signed
    #[arg(long, value_name = "HANDLE")]
    by: Option<String>,
    /// Only entries of this sort: in, out, need, offer, meet, stock, vouch, propose, vote
    #[arg(long, value_name = "SORT")]
    kind: Vec<String>,
    /// Only entries without effect
    #[arg(long)]
    void: bool,
}

/// The sorts of entries as they are typed, and their kinds.
const SORTS: [(&str, u16); 27] = [
    ("in", 48),
    ("out", 49),
    ("need", 50),
    ("offer", 51),
    ("meet", 52),
    ("stock", 53),
    ("confirm", 54),
    ("withdraw", 55),
    ("vouch", 32),
    ("leave", 33),
    ("propose", 64),
    ("vote", 67),
    ("role", 96),
    ("meetings", 97),
    ("training", 98),
    ("draw", 99),
    ("commit", 100),
    ("reveal", 101),
    ("hat", 102),
    ("beacon", 106),
    ("refuse", 103),
    ("swap", 104),
    ("agree", 105),
    ("poll", 112),
    ("register", 113),
    ("ballots", 114),
    ("count", 115),
];

/// Runs the command.
///
/// # Errors
/// When there is no cell, or a word cannot be understood.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let session = Session::open(context)?;
    cells::warn_overdue(context, &session.cell);
    let from =
        args.from.as_ref().map(|written| reference::parse(written).map_err(Failure::usage)).transpose()?;
    let mut next = match &from {
        Some(reference) => Some(reference.position),
        None => args.all.then_some(Position(0)),
    };
    let (kinds, authors) = (kinds(args)?, authors(&session, args)?);
    let mut left = if args.all { u64::MAX } else { args.last };
    while left > 0 {
        let count = left.min(MAX_RECORDS_ANSWERED as u64);
        let range = Range {
            from: next,
            count: u32::try_from(count).unwrap_or(u32::MAX),
            newest: next.is_none(),
            kinds: kinds.clone(),
            authors: authors.clone(),
        };
        let newest = range.newest;
        let answer = session.ask(context, Ask::Log { cell: session.cell.cell, range })?;
        let records = expect_answer!(answer, Answer::Records(records) => records)?;
        left -= (records.len() as u64).min(left);
        for entered in &records {
            let record = read_record(entered)?;
            next = Some(record.link().position.next());
            if !args.void || entered.void.is_some() {
                line(context, &session, entered, &record)?;
            }
        }
        if newest || (records.len() as u64) < count {
            break;
        }
    }
    Ok(())
}

fn kinds(args: &Args) -> Outcome<Vec<u16>> {
    let kind = |sort: &String| {
        let found = SORTS.iter().find(|(name, _)| *name == sort.to_lowercase());
        let known = || SORTS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        found.map(|(_, kind)| *kind).ok_or_else(|| {
            Failure::usage(text!("sort-unknown", sort = plain(sort)))
                .hint(text!("sort-unknown-hint", known = known()))
        })
    };
    args.kind.iter().flat_map(|kinds| kinds.split(',')).map(|sort| kind(&sort.trim().to_owned())).collect()
}

fn authors(session: &Session, args: &Args) -> Outcome<Vec<PublicKey>> {
    let Some(handle) = &args.by else { return Ok(Vec::new()) };
    let member = session.names.find(handle)?;
    Ok(session.state.members().keys_of(member).map(|(key, _)| *key).collect())
}

fn line(context: &mut Context, session: &Session, entered: &Entered, record: &Record) -> Outcome {
    let sentence = sentence(session, entered, record);
    let at = record.link().position;
    let number = reference::short(at);
    let date = day::of_moment(record.link().time.ms(), &session.zone);
    let line = format!("{number:<6} {date}  {sentence}");
    let void = reasons::of(&session.state, at, entered.void.as_ref());
    match (&void, session.state.corrected_by(at)) {
        (Some(reason), _) => {
            context.ui.styled(Look::Bad, format!("{line}  {}", text!("log-void", reason = plain(reason))))?;
        }
        (None, Some(by)) => {
            let by = reference::short(by);
            context.ui.styled(Look::Faint, format!("{line}  {}", text!("log-corrected", by = by)))?;
        }
        (None, None) => context.ui.line(line)?,
    }
    context.ui.object(object(session, entered, record, &sentence))
}

/// What a record says, as a sentence.
pub fn sentence(session: &Session, entered: &Entered, record: &Record) -> String {
    let texts = entered.details.iter().map(|detail| (detail.tag, detail.text.clone()));
    let erased = entered.gone.iter().map(|gone| (gone.tag, text!("text-erased")));
    // Its text travels by itself, and may come a moment later.
    let notes = record.entry().details.iter().filter(|detail| detail.tag == DetailTag::NOTE);
    let absent = notes.filter(|detail| entered.absent.contains(&detail.hash));
    let absent = absent.map(|detail| (detail.tag.0, text!("text-not-here")));
    let texts: Vec<(u16, String)> = texts.chain(erased).chain(absent).collect();
    session.teller(&session.lookup()).entry(record.entry(), &texts)
}

/// A record as an object for programs.
pub fn object(session: &Session, entered: &Entered, record: &Record, sentence: &str) -> Value {
    let (link, entry) = (record.link(), record.entry());
    json!({
        "position": link.position.0,
        "reference": reference::precise(link.position, &entry.id()),
        "id": entry.id().to_string(),
        "term": link.term.to_string(),
        "time_ms": link.time.ms(),
        "author": session.names.key(&entry.author),
        "key": entry.author.to_string(),
        "author_time_ms": entry.author_time.ms(),
        "kind": entry.kind.0,
        "text": sentence,
        "facts": facts(&session.state, entry),
        "void": entered.void,
        "corrected_by": session.state.corrected_by(link.position).map(|by| by.0),
        "details": entered.details.iter().map(|detail| json!({
            "tag": detail.tag, "hash": detail.hash.to_string(), "text": detail.text,
        })).collect::<Vec<_>>(),
        "sealed_details": entered.sealed.len(),
        "erased_details": entered.gone.iter().map(|gone| json!({
            "tag": gone.tag, "hash": gone.hash.to_string(), "by": gone.by.map(|by| by.0),
        })).collect::<Vec<_>>(),
        "absent_details": entered.absent.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
