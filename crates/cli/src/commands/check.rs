//! `lifeboat check`: whether something that a person holds (a proof, a slip, a misconduct file) is true.
//! Offline; it needs no home, only a cell card or what the file itself carries.

use crate::context::Context;
use crate::error::{Code, Failure, Outcome};
use crate::evidence::{self, Held, MAX_FILE, Placed, Survival, Trust, Unsound, Verdict};
use crate::names::Names;
use crate::sentence::Teller;
use crate::ui::{Look, plain};
use crate::{cells, day, expect_answer, reference, text};
use jiff::tz::TimeZone;
use lifeboat_commons::{State, history::NoHistory};
use lifeboat_log::misconduct::Fault;
use lifeboat_log::{Belief, CellId, Origin, Proven, ProvenTerm, TermProof, slip};
use lifeboat_node::home::read_bounded;
use lifeboat_node::{Answer, Ask};
use lifeboat_protocol::{CellCard, card::SCHEME};
use serde_json::{Value, json};
use std::path::Path;

/// Check a proof or a misconduct file that somebody gave you, offline
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The files, or the text of a slip; a .terms file helps to check the others
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// The card of the cell: its link, or a file that holds it
    #[arg(long, value_name = "CARD")]
    card: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// Exit code 1 when a file does not hold, 3 when it holds as far as it goes and more is needed.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let card = args.card.as_deref().map(card).transpose()?;
    let mut trust = Trust { card: card.as_ref().map(evidence::of_card), ..Trust::default() };
    let (mut held, mut bad) = (Vec::new(), 0);
    for file in &args.files {
        match open(file)? {
            Ok(Held::Terms(terms)) if args.files.len() > 1 => trust.terms.push(*terms),
            Ok(one) => held.push((file, one)),
            Err(unsound) => {
                bad += 1;
                refuse(context, file, &unsound)?;
            }
        }
        trust.terms.extend(beside(file));
    }
    let mut open = 0;
    for (file, one) in &held {
        if card.is_none()
            && let Some(origin) = one.origin()
        {
            trust.own = own_terms(context, &origin.cell);
        }
        match one.judge(&trust) {
            Ok(verdict) => {
                open += usize::from(!verdict.is_certain());
                show(context, file, &verdict)?;
            }
            Err(unsound) => {
                bad += 1;
                refuse(context, file, &unsound)?;
            }
        }
    }
    match (bad, open) {
        (0, 0) => Ok(()),
        (0, _) => Err(Failure::said(Code::Partly)),
        _ => Err(Failure::said(Code::Failed)),
    }
}

/// The card that is meant: a link, or a file with one.
fn card(written: &str) -> Outcome<CellCard> {
    let text = if written.trim_start().starts_with(SCHEME) {
        written.to_owned()
    } else {
        let path = Path::new(written);
        let bytes = read_bounded(path, MAX_FILE).map_err(|error| Failure::file(path, &error))?;
        String::from_utf8_lossy(&bytes).into_owned()
    };
    text.trim()
        .parse()
        .map_err(|error| Failure::usage(text!("check-card")).because(error).hint(text!("check-card-hint")))
}

/// What this names: a slip as it was typed or scanned, or a file.
fn open(written: &str) -> Outcome<Result<Held, Unsound>> {
    if written.trim_start().starts_with(slip::PREFIX) {
        return Ok(evidence::read(written.as_bytes()));
    }
    let path = Path::new(written);
    let bytes = read_bounded(path, MAX_FILE).map_err(|error| Failure::file(path, &error))?;
    Ok(evidence::read(&bytes))
}

/// The term proof that `lifeboat prove` wrote beside a proof.
fn beside(file: &str) -> Option<TermProof> {
    let path = Path::new(file).with_extension("terms");
    let other = path.as_path() != Path::new(file);
    let bytes = other.then(|| read_bounded(&path, MAX_FILE).ok())??;
    TermProof::parse(&bytes).ok()
}

/// The terms of the cell's log in the own home; none where there is no home, or it does not know the cell.
fn own_terms(context: &mut Context, cell: &CellId) -> Vec<ProvenTerm> {
    let mut look = || -> Outcome<Vec<ProvenTerm>> {
        let known = context.home()?.settings()?.cells.iter().any(|setting| setting.cell() == Some(*cell));
        if !known {
            return Ok(Vec::new());
        }
        let mut desk = context.desk()?;
        let answer = context.ask(&mut desk, Ask::Terms { cell: *cell })?;
        let terms = expect_answer!(answer, Answer::Proof(terms) => terms)?;
        let terms = TermProof::parse(&terms).and_then(|terms| terms.verify(None)).unwrap_or_default();
        // The own home has folded the log: it knows the right of every term in it.
        Ok(terms.into_iter().map(|term| ProvenTerm { belief: Belief::Named, ..term }).collect())
    };
    look().unwrap_or_default()
}

fn refuse(context: &mut Context, file: &str, unsound: &Unsound) -> Outcome {
    let file = plain(file);
    context
        .ui
        .object(json!({"file": file, "holds": false, "error": unsound.name, "words": unsound.words}))?;
    if unsound.name.is_empty() {
        context.ui.styled(Look::Bad, text!("check-unknown-file", file = file))?;
    } else {
        context.ui.styled(
            Look::Bad,
            text!("check-unsound", file = file, words = plain(&unsound.words), name = unsound.name),
        )?;
    }
    Ok(())
}

fn show(context: &mut Context, file: &str, verdict: &Verdict) -> Outcome {
    let (what, more) = match verdict {
        Verdict::Placed(placed) => ("placed", show_placed(context, placed)?),
        Verdict::KeyUnknown(origin) => ("key-unknown", show_unknown(context, origin)?),
        Verdict::Misconduct(proven) => ("misconduct", show_misconduct(context, proven)?),
        Verdict::Terms(terms) => ("terms", show_terms(context, terms)?),
    };
    let mut object =
        json!({"file": plain(file), "holds": true, "certain": verdict.is_certain(), "what": what});
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    context.ui.object(object)
}

fn show_placed(context: &mut Context, placed: &Placed) -> Outcome<Value> {
    let (link, entry) = (placed.record.link(), placed.record.entry());
    let origin = placed.checkpoint.origin;
    let (state, names) = (State::new(origin.cell), Names::default());
    let today = day::of_moment(link.time.ms(), &TimeZone::UTC);
    let teller = Teller { state: &state, names: &names, today, zone: &TimeZone::UTC, history: &NoHistory };
    let sentence = teller.entry(entry, &[]);
    let number = reference::precise(link.position, &entry.id());
    let (witnesses, asked) = (placed.cosigned.len(), placed.quorum.unwrap_or(0));
    let certain = placed.belief < Belief::NeedsLog && placed.survival != Survival::Superseded;
    let look = if certain { Look::Good } else { Look::Strong };
    context.ui.styled(look, text!("check-placed", number = &number))?;
    let time = day::moment(link.time.ms(), &TimeZone::UTC);
    let mut rows = vec![
        vec![text!("check-row-says"), sentence.clone()],
        vec![text!("check-row-key"), entry.author.to_string()],
        vec![text!("check-row-time"), time],
        vec![text!("check-row-cell"), origin.cell.to_string()],
        vec![
            text!("check-row-term"),
            text!(
                "check-term",
                term = origin.term.to_string(),
                size = placed.checkpoint.size,
                why = why(placed.belief)
            ),
        ],
    ];
    if placed.quorum.is_some() {
        rows.push(vec![
            text!("check-row-witnesses"),
            text!("check-witnesses", count = witnesses, asked = asked),
        ]);
    }
    rows.push(vec![text!("check-row-survival"), survival(placed.survival)]);
    context.ui.table(&rows)?;
    Ok(json!({
        "reference": number, "position": link.position.0, "id": entry.id().to_string(), "text": sentence,
        "key": entry.author.to_string(), "time_ms": link.time.ms(), "cell": origin.cell.to_string(),
        "term": origin.term.to_string(), "size": placed.checkpoint.size, "belief": format!("{:?}", placed.belief),
        "cosigned": witnesses, "quorum": placed.quorum, "survival": format!("{:?}", placed.survival),
    }))
}

fn show_unknown(context: &mut Context, origin: &Origin) -> Outcome<Value> {
    let (cell, term) = (origin.cell.to_string(), origin.term.to_string());
    context.ui.styled(Look::Strong, text!("check-key-unknown", cell = &cell, term = &term))?;
    context.ui.say(text!("check-key-unknown-hint"));
    Ok(json!({"cell": cell, "term": term}))
}

fn show_misconduct(context: &mut Context, proven: &Proven) -> Outcome<Value> {
    let (cell, term) = (proven.origin.cell.to_string(), proven.origin.term.to_string());
    let (look, words) = (Look::Bad, cells::fault(&proven.fault, &term));
    context.ui.styled(look, text!("check-misconduct", fault = words))?;
    let belief = proven.belief.map_or_else(|| text!("check-why-nothing"), why);
    let mut rows = vec![
        vec![text!("check-row-cell"), cell.clone()],
        vec![text!("check-row-key"), proven.term_key.to_string()],
        vec![text!("check-row-why"), belief],
    ];
    for witness in &proven.with {
        rows.push(vec![text!("check-row-with"), witness.to_string()]);
    }
    context.ui.table(&rows)?;
    if proven.belief.is_none() {
        context.ui.say(text!("check-key-unknown-hint"));
    }
    let (fault, at) = match proven.fault {
        Fault::TwoLogs { size } => ("TwoLogs", size),
        Fault::Rewrote { old, .. } => ("Rewrote", old),
        Fault::BadRecord { index, .. } => ("BadRecord", index),
        Fault::BadLink { index, .. } => ("BadLink", index),
    };
    let with: Vec<String> = proven.with.iter().map(ToString::to_string).collect();
    Ok(json!({
        "cell": cell, "term": term, "key": proven.term_key.to_string(), "fault": fault, "at": at,
        "before": proven.fault.before(), "belief": proven.belief.map(|belief| format!("{belief:?}")), "with": with,
    }))
}

fn show_terms(context: &mut Context, terms: &[ProvenTerm]) -> Outcome<Value> {
    let mut rows = Vec::new();
    for term in terms {
        let base =
            term.base.map_or_else(|| text!("check-base-none"), |base| text!("check-base", size = base.size));
        rows.push(vec![text!("check-term-row", term = term.term().to_string()), base, why(term.belief)]);
    }
    context.ui.table(&rows)?;
    let object = |term: &ProvenTerm| {
        json!({
            "term": term.term().to_string(), "key": term.known.term_key.to_string(),
            "belief": format!("{:?}", term.belief), "base": term.base.map(|base| base.size),
        })
    };
    Ok(json!({"terms": terms.iter().map(object).collect::<Vec<_>>()}))
}

fn why(belief: Belief) -> String {
    match belief {
        Belief::Named => text!("check-why-named"),
        Belief::Witnessed => text!("check-why-witnessed"),
        Belief::HandedOver => text!("check-why-handed"),
        Belief::NeedsLog => text!("check-why-log"),
    }
}

fn survival(survival: Survival) -> String {
    match survival {
        Survival::Open => text!("check-open"),
        Survival::Survived => text!("check-survived"),
        Survival::Superseded => text!("check-superseded"),
        Survival::Unknown => text!("check-survival-unknown"),
    }
}
