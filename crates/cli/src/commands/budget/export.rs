//! `lifeboat budget export`: a round's votes as a Pabulib file, that this and other programs count again.

use super::{category, entry_id, title};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::ui::plain;
use crate::{day, fresh, reasons, say, text};
use lifeboat_commons::budgets::{Flaw, Form, Round};
use lifeboat_commons::tally::{Completion, Rule, Utility};
use lifeboat_log::EntryId;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Write a round's votes to a Pabulib file
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of the round
    #[arg(value_name = "ROUND")]
    round: String,
    /// The file; - for the standard output
    #[arg(value_name = "FILE.pb")]
    file: PathBuf,
    /// Which money, when the round has several: each is an election of its own
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When the vote has not opened, the round has no money of the category, or the file exists already or cannot be written.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let session = Session::open(context)?;
    let id = entry_id(context, &session, &args.round)?;
    let round = super::round(&session, &id, &args.round)?;
    let of = match (&args.category, round.money.keys().next(), round.money.len()) {
        (Some(name), ..) => say::category(&session, name)?,
        (None, Some(one), 1) => *one,
        _ => {
            let hint = text!("budget-which-category-hint");
            return Err(Failure::usage(text!("budget-which-category")).hint(hint));
        }
    };
    if !round.money.contains_key(&of) {
        return Err(Failure::new(reasons::text(&Flaw::NoMoney.into())));
    }
    let titles: BTreeMap<EntryId, String> =
        round.proposals.iter().map(|(id, it)| (*id, title(context, &session, &it.newest))).collect();
    let mut file = round.file(of, &titles).ok_or_else(|| {
        let opens = day::moment(round.ends.discuss.ms(), &session.zone);
        Failure::new(text!("budget-vote-not-open", opens = opens))
    })?;
    let name = title(context, &session, &id);
    file.meta = meta(&session, round, &name, &category(&session, of));
    let text = file.to_string();
    if args.file == std::path::Path::new("-") {
        return context.ui.raw(text.as_bytes());
    }
    fresh::write(&args.file, text.as_bytes())?;
    let path = args.file.display().to_string();
    context.ui.say(text!("budget-exported", path = path, count = file.election.cast()));
    Ok(())
}

/// What the part META says of the round.
fn meta(session: &Session, round: &Round, title: &str, category: &str) -> Vec<(String, String)> {
    let date =
        |time: lifeboat_log::Time| day::of_moment(time.ms(), &session.zone).strftime("%d.%m.%Y").to_string();
    let rule = match (round.method.rule, round.method.completion) {
        (Rule::Greedy, _) => "greedy",
        (Rule::EqualShares, Completion::None) => "equalshares",
        (Rule::EqualShares, Completion::Add1Greedy) => "equalshares/add1u",
        (Rule::EqualShares, _) => "equalshares/add1",
    };
    let utility = match round.method.utility {
        Utility::Cost => "cost",
        Utility::Cardinality => "cardinality",
        Utility::Points => "points",
    };
    let mut meta = vec![
        ("description".to_owned(), title.to_owned()),
        ("unit".to_owned(), plain(&session.cell.name)),
        ("subunit".to_owned(), category.to_owned()),
        ("instance".to_owned(), round.position.to_string()),
        ("rule".to_owned(), rule.to_owned()),
        ("comment".to_owned(), format!("utility: {utility}; add1 adds {} at a time", round.step)),
        ("date_begin".to_owned(), date(round.ends.discuss)),
        ("date_end".to_owned(), date(round.ends.vote)),
        ("currency".to_owned(), round.currency.as_str().to_owned()),
    ];
    match round.form {
        Form::Approval => {}
        Form::Score { most } => meta.push(("max_points".to_owned(), most.to_string())),
        Form::Cumulative { points } => meta.push(("max_sum_points".to_owned(), points.to_string())),
    }
    meta
}
