//! `lifeboat import csv`: a spreadsheet becomes signed entries of the ledger, all of them or none. Shows
//! what it understood, what it leaves out, and the sums, before anything is signed.

use crate::context::{Context, clock};
use crate::error::{Code, Failure, Outcome};
use crate::import::complaint::Complaint;
use crate::import::draft::{Direction, Draft, Thing, quantity};
use crate::import::limits::{MAX_FILE, MAX_MAPPING, MAX_SHOWN};
use crate::import::mapping::Mapping;
use crate::import::nonce::{self, Placed};
use crate::import::refused::listed;
use crate::import::{Options, Reading, date, number};
use crate::session::{self, Session, read_record};
use crate::ui::{Look, plain};
use crate::{day, expect_answer, fate, import, reference, text};
use jiff::tz::TimeZone;
use lifeboat_commons::ledger::{Given, OpeningStock, Received};
use lifeboat_commons::{Common, Day, Quantity, compose};
use lifeboat_log::{KeyCache, Nonce, Position, SignedEntry};
use lifeboat_node::ask::{Fate, Range};
use lifeboat_node::limits::MAX_RECORDS_ANSWERED;
use lifeboat_node::{Answer, Ask};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Turn a spreadsheet into entries
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the file is.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// A table of deliveries, donations or stock, saved as CSV
    Csv(CsvArgs),
}

/// A table of deliveries, donations or stock, saved as CSV
#[derive(Debug, clap::Args)]
struct CsvArgs {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Show the entries and the sums, and sign nothing
    #[arg(long)]
    dry_run: bool,
    /// Whose headings they are, when they are not known by themselves: donations, inventory,
    /// distributions, open-collective, plain
    #[arg(long, value_name = "NAME", conflicts_with = "map")]
    preset: Option<String>,
    /// A file of your own that says which column means what
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// How dates are written: iso 2025-12-31, mdy 12/31/2025, dmy 31/12/2025
    #[arg(long, value_name = "ORDER", hide_possible_values = true)]
    dates: Option<date::Order>,
    /// The decimal sign: point 1280.8, comma 1280,8
    #[arg(long, value_name = "SIGN", hide_possible_values = true)]
    decimal: Option<number::Sign>,
    /// Take the good rows when there are bad ones
    #[arg(long)]
    skip_bad_rows: bool,
    /// Leave all notes out
    #[arg(long)]
    no_notes: bool,
    /// Sign the rows that are not in the log yet, when others are
    #[arg(long)]
    only_new: bool,
    /// Sign rows again that are in the log already: they happened twice
    #[arg(long, conflicts_with = "only_new")]
    again: bool,
}

/// Runs the command.
///
/// # Errors
/// Exit code 2 when the file cannot be understood, 1 when rows are bad or known already (nothing is
/// signed then), 3 when rows were skipped or entries refused.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let What::Csv(args) = &args.what;
    let bytes = read(&args.file, MAX_FILE)?;
    let mut session = match Session::open(context) {
        Ok(session) => Some(session),
        // Without a home the entries can still be shown.
        Err(failure) if args.dry_run && matches!(failure.code, Code::StoreMissing | Code::NoIdentity) => None,
        Err(failure) => return Err(failure),
    };
    let reading = import::read(&bytes, &options(args, session.as_ref())?)?;
    tell(context, &reading);
    let skipped = complaints(context, &reading.plan.complaints, args.skip_bad_rows)?;
    let drafts = reading.plan.drafts.clone();
    let sorted = match &session {
        Some(session) => {
            let placed = placed(context, session)?;
            nonce::sort(drafts, &placed, args.again)
        }
        None => nonce::sort(drafts, &Placed::new(), false),
    };
    known(context, &sorted, args)?;
    show(context, &sorted.new)?;
    if args.dry_run {
        context.ui.say(text!("import-dry", count = sorted.new.len()));
    } else if let (Some(session), false) = (&mut session, sorted.new.is_empty()) {
        sign(context, session, &sorted.new)?;
    }
    if skipped { Err(Failure::said(Code::Partly)) } else { Ok(()) }
}

fn read(path: &Path, most: u64) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| Failure::file(path, &error))?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| Failure::file(path, &error))?;
    if bytes.len() as u64 > most {
        return Err(Failure::usage(text!("import-too-large-file")).hint(text!("import-split-hint")));
    }
    Ok(bytes)
}

fn options(args: &CsvArgs, session: Option<&Session>) -> Outcome<Options> {
    let mapping = match &args.map {
        Some(path) => {
            let text = String::from_utf8_lossy(&read(path, MAX_MAPPING)?).into_owned();
            let bad = |words| {
                Failure::usage(text!("import-bad-mapping", path = path.display().to_string())).because(words)
            };
            Some(Mapping::parse(&text).map_err(bad)?)
        }
        None => None,
    };
    let today =
        session.map_or_else(|| day::of_moment(clock().ms(), &TimeZone::system()), |session| session.today);
    Ok(Options {
        preset: args.preset.clone(),
        mapping,
        dates: args.dates,
        decimal: args.decimal,
        today: u32::try_from(day::number(today)).ok().map(Day),
        no_notes: args.no_notes,
    })
}

/// Says what was understood and what is left out.
fn tell(context: &mut Context, reading: &Reading) {
    let plan = &reading.plan;
    let preset = reading.preset.map_or_else(|| text!("import-own-mapping"), str::to_owned);
    context.ui.say(text!("import-read", rows = plan.rows, preset = preset, entries = plan.drafts.len()));
    if !reading.dropped.is_empty() {
        context.ui.aside(Look::Strong, text!("import-dropped", headings = listed(&reading.dropped)));
    }
    if !reading.left_out.is_empty() {
        context.ui.say(text!("import-left-out", headings = listed(&reading.left_out)));
    }
    if !reading.notes.is_empty() {
        context.ui.say(text!("import-notes", headings = listed(&reading.notes)));
    }
    for (count, words) in [
        (plan.notes_left_out, text!("import-notes-named", count = plan.notes_left_out)),
        (plan.silent, text!("import-silent", count = plan.silent)),
        (plan.not_taken, text!("import-not-taken", count = plan.not_taken)),
    ] {
        if count > 0 {
            context.ui.say(words);
        }
    }
}

/// Tells what is wrong; whether rows are skipped.
fn complaints(context: &mut Context, complaints: &[Complaint], skip: bool) -> Outcome<bool> {
    for complaint in complaints.iter().take(MAX_SHOWN) {
        context.ui.aside(Look::Bad, complaint.text());
    }
    let rest = complaints.len().saturating_sub(MAX_SHOWN);
    if rest > 0 {
        context.ui.aside(Look::Bad, text!("import-more", count = rest));
    }
    let rows = complaints.iter().map(|complaint| complaint.line).collect::<BTreeSet<_>>().len();
    match (rows, skip) {
        (0, _) => Ok(false),
        (_, true) => {
            context.ui.warn(text!("import-skipped", count = rows));
            Ok(true)
        }
        (_, false) => {
            Err(Failure::new(text!("import-bad-rows", count = rows)).hint(text!("import-bad-rows-hint")))
        }
    }
}

/// The nonces of all entries that came, went or were there: in the log, and under way in this home.
fn placed(context: &mut Context, session: &Session) -> Outcome<Placed> {
    let mut placed = Placed::new();
    let mut keys = KeyCache::default();
    for signed in &session.view.waiting {
        if let Ok(entry) = SignedEntry::verify(signed.entry.to_vec(), &mut keys) {
            placed.insert(entry.nonce.0, None);
        }
    }
    let mut from = Position(0);
    loop {
        let range = Range { kinds: vec![48, 49, 53], ..Range::from(from, MAX_RECORDS_ANSWERED as u32) };
        let answer = session.ask(context, Ask::Log { cell: session.cell.cell, range })?;
        let records = expect_answer!(answer, Answer::Records(records) => records)?;
        for entered in &records {
            let record = read_record(entered)?;
            let at = record.link().position;
            placed.insert(record.entry().nonce.0, Some(at));
            from = Position(at.0 + 1);
        }
        if records.len() < MAX_RECORDS_ANSWERED {
            return Ok(placed);
        }
    }
}

/// Says which rows are known already, and stops unless the person has said what to do about it.
fn known(context: &mut Context, sorted: &nonce::Sorted, args: &CsvArgs) -> Outcome {
    if sorted.known.is_empty() {
        return Ok(());
    }
    let count = sorted.known.len();
    let at: Vec<Position> = sorted.known.iter().copied().flatten().collect();
    let words = match (at.iter().min(), at.iter().max()) {
        (Some(first), Some(last)) => {
            let (first, last) = (reference::short(*first), reference::short(*last));
            text!("import-known", count = count, first = first, last = last)
        }
        _ => text!("import-known-waiting", count = count),
    };
    if args.only_new {
        context.ui.say(words);
        return Ok(());
    }
    if sorted.new.is_empty() {
        return Err(Failure::new(words).hint(text!("import-known-hint")));
    }
    Err(Failure::new(words).hint(text!("import-known-some-hint", count = sorted.new.len())))
}

fn direction(direction: Direction) -> String {
    match direction {
        Direction::Opening => text!("import-word-opening"),
        Direction::In => text!("import-word-in"),
        Direction::Out => text!("import-word-out"),
    }
}

/// Shows the entries and their sums.
fn show(context: &mut Context, drafts: &[(Draft, Nonce)]) -> Outcome {
    let row = |draft: &Draft| {
        let mut about: Vec<String> = Vec::new();
        about.extend(draft.day.map(|day| day.to_string()));
        let texts = [&draft.place, &draft.category, &draft.note];
        about.extend(texts.into_iter().flatten().map(|text| plain(text)));
        let line = text!("import-line", line = draft.line);
        vec![line, direction(draft.direction), plain(&draft.quantity()), about.join("; ")]
    };
    let rows: Vec<Vec<String>> = drafts.iter().map(|(draft, _)| row(draft)).collect();
    context.ui.table(&rows)?;
    for (draft, _) in drafts {
        context.ui.object(object(draft))?;
    }
    let drafts: Vec<Draft> = drafts.iter().map(|(draft, _)| draft.clone()).collect();
    let mut rows = Vec::new();
    for ((way, thing), sum) in import::draft::totals(&drafts) {
        let too_large = || Failure::usage(text!("import-sum-too-large", thing = name(&thing)));
        let sum = quantity(sum.ok_or_else(too_large)?, &thing);
        rows.push(vec![text!("import-sum"), direction(way), plain(&sum)]);
        context.ui.object(json!({"sum": sum, "direction": json_direction(way)}))?;
    }
    context.ui.table(&rows)
}

fn name(thing: &Thing) -> String {
    match thing {
        Thing::Goods { item, .. } => plain(item),
        Thing::Money { currency } => plain(currency),
    }
}

fn json_direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Opening => "opening",
        Direction::In => "in",
        Direction::Out => "out",
    }
}

fn object(draft: &Draft) -> serde_json::Value {
    json!({
        "line": draft.line, "direction": json_direction(draft.direction), "quantity": draft.quantity(),
        "day": draft.day.map(|day| day.to_string()), "place": draft.place, "category": draft.category,
        "note": draft.note,
    })
}

/// Signs all, after one question, and hands them on.
fn sign(context: &mut Context, session: &mut Session, new: &[(Draft, Nonce)]) -> Outcome {
    places(context, session, new);
    let drafts =
        new.iter().map(|(draft, nonce)| entry(session, draft, *nonce)).collect::<Outcome<Vec<_>>>()?;
    let ready = session.prepare(context, drafts)?;
    if !context.ui.ask_yes(&text!("import-sign", count = ready.len()))? {
        return Err(session::not_done());
    }
    let fates = session.submit(context, &ready)?;
    let mut placed = Vec::new();
    for (fate, entry) in fates.iter().zip(&ready) {
        match fate {
            Fate::Placed { position, void: None, .. } => placed.push(*position),
            Fate::Queued { .. } => {}
            _ => fate::show(context, fate, &entry.sentence)?,
        }
        let mut object = fate::object(fate);
        object["text"] = entry.sentence.clone().into();
        context.ui.object(object)?;
    }
    if let (Some(first), Some(last)) = (placed.iter().min(), placed.iter().max()) {
        let (first, last) = (reference::short(*first), reference::short(*last));
        context
            .ui
            .styled(Look::Good, text!("import-placed", count = placed.len(), first = first, last = last))?;
    }
    let waiting = fates.iter().filter(|fate| matches!(fate, Fate::Queued { .. })).count();
    if waiting > 0 {
        context.ui.line(text!("outbox-count", count = waiting))?;
        context.ui.say(text!("fate-queued-next"));
    }
    fate::exit(&fates)
}

/// Says which places and categories the charter does not list: they are kept in the note.
fn places(context: &mut Context, session: &Session, new: &[(Draft, Nonce)]) {
    let charter = session.state.charter();
    let mut unknown = BTreeSet::new();
    for (draft, _) in new {
        unknown.extend(draft.place.iter().filter(|name| charter.place_named(name).is_none()).cloned());
        unknown.extend(draft.category.iter().filter(|name| charter.category_named(name).is_none()).cloned());
    }
    if !unknown.is_empty() {
        let names: Vec<String> = unknown.into_iter().collect();
        context.ui.say(text!("import-places", names = listed(&names)));
    }
}

/// The entry of a draft.
fn entry(session: &Session, draft: &Draft, nonce: Nonce) -> Outcome<session::Draft> {
    let charter = session.state.charter();
    let place = draft.place.as_deref().and_then(|name| charter.place_named(name));
    let category = draft.category.as_deref().and_then(|name| charter.category_named(name));
    let common = Common { day: draft.day, place, category, ..Common::default() };
    let quantity = match &draft.thing {
        Thing::Goods { item, unit } => Quantity::goods(draft.amount, unit, item),
        Thing::Money { currency } => Quantity::money(draft.amount, currency),
    };
    let quantity = quantity.ok_or_else(|| Failure::usage(text!("thing-too-long")))?;
    let said = match draft.direction {
        Direction::Opening => compose(&OpeningStock { common, quantity }),
        Direction::In => compose(&Received { common, quantity }),
        Direction::Out => compose(&Given { common, quantity, slip: false }),
    };
    let said = said.map_err(|bad| Failure::usage(text!("import-unfit", line = draft.line)).because(bad))?;
    let unlisted = [(&draft.place, place.is_none()), (&draft.category, category.is_none())];
    let unlisted = unlisted.into_iter().filter(|(_, missing)| *missing).filter_map(|(name, _)| name.clone());
    let note: Vec<String> = draft.note.iter().cloned().chain(unlisted).collect();
    let made = session::Draft { nonce: Some(nonce), ..session::Draft::plain(said) };
    Ok(made.note(Some(&note.join("; "))))
}
