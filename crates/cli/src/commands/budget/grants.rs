//! `lifeboat budget grants`: the grants, what is left of each, and which expenditures nobody has reviewed.

use super::{category, title};
use crate::context::Context;
use crate::error::Outcome;
use crate::session::Session;
use crate::ui::{Look, plain};
use crate::{day, reference, text};
use lifeboat_commons::History;
use lifeboat_commons::budgets::{Expense, Grant};
use lifeboat_log::EntryId;
use serde_json::{Value, json};

/// See the grants, and what is left of each
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Those that have ended, too
    #[arg(long)]
    all: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is no cell.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let session = Session::open(context)?;
    let budgets = session.state.budgets();
    let grants: Vec<_> = budgets.grants().into_iter().filter(|(_, g)| args.all || !g.ended).collect();
    if grants.is_empty() {
        context.ui.say(text!("budget-no-grants"));
    }
    for (id, grant) in grants {
        let (head, object) = told(context, &session, id, grant);
        context.ui.styled(Look::Strong, head)?;
        context.ui.object(object)?;
        let mut expenses: Vec<_> = grant.expenses.iter().collect();
        expenses.sort_by_key(|(_, expense)| expense.position);
        for (id, expense) in expenses {
            line(context, &session, id, expense, grant.currency.as_str())?;
        }
    }
    Ok(())
}

/// A grant as a person and a program read it.
pub fn told(context: &mut Context, session: &Session, id: &EntryId, grant: &Grant) -> (String, Value) {
    // Of a proposal that was said anew, the newest words.
    let proposal = session.state.budgets().round_of(id).and_then(|(_, round)| round.proposals.get(id));
    let newest = proposal.map_or(*id, |proposal| proposal.newest);
    let title = title(context, session, &newest);
    let until = day::moment(grant.until.ms(), &session.zone);
    let values = vec![
        ("number", reference::short(grant.position).into()),
        ("title", title.as_str().into()),
        ("amount", grant.amount.money().into()),
        ("left", grant.left().money().into()),
        ("code", plain(grant.currency.as_str()).into()),
        ("until", until.into()),
    ];
    let key = if grant.ended { "budget-grant-ended" } else { "budget-grant" };
    let object = json!({
        "grant": grant.position.0, "id": id.to_string(), "title": title,
        "category": category(session, grant.category), "currency": grant.currency.as_str(),
        "amount": grant.amount.money(), "spent": grant.spent().money(), "left": grant.left().money(),
        "until_ms": grant.until.ms(), "ended": grant.ended, "expenses": grant.expenses.len(),
    });
    (text::message(key, values), object)
}

/// The expenditures that wait for somebody to look at them.
pub fn unreviewed(context: &mut Context, session: &Session) -> Outcome {
    let budgets = session.state.budgets();
    let waiting = budgets.unreviewed(session.state.charter().reviews);
    if waiting.is_empty() {
        context.ui.say(text!("budget-all-reviewed"));
    }
    for (id, expense) in waiting {
        let code = budgets.grant_of(id).map_or("", |(_, grant)| grant.currency.as_str());
        line(context, session, id, expense, code)?;
    }
    Ok(())
}

/// An expenditure as it was said last: the amount and the words of one entry, under that one's number.
fn line(context: &mut Context, session: &Session, id: &EntryId, expense: &Expense, code: &str) -> Outcome {
    let is_reviewed = expense.is_reviewed(session.state.charter().reviews);
    let (look, state) = match (expense.is_questioned(), is_reviewed) {
        (true, _) => (Look::Bad, text!("budget-questioned")),
        (false, true) => (Look::Plain, text!("budget-reviewed")),
        (false, false) => (Look::Bad, text!("budget-not-reviewed")),
    };
    let what = title(context, session, &expense.newest);
    let newest = session.lookup().find(&expense.newest).map(|record| record.link().position);
    let newest = newest.unwrap_or(expense.position);
    context.ui.object(json!({
        "expense": expense.position.0, "newest": newest.0, "id": id.to_string(), "what": what, "amount": expense.amount.money(),
        "by": session.names.member(&expense.by), "reviewed": is_reviewed,
        "questioned": expense.is_questioned(), "reviews": expense.reviews.len(),
    }))?;
    let values = vec![
        ("number", reference::short(newest).into()),
        ("amount", expense.amount.money().into()),
        ("code", plain(code).into()),
        ("what", what.into()),
        ("by", session.names.member(&expense.by).into()),
        ("state", state.into()),
    ];
    context.ui.styled(look, text::message("budget-expense", values))
}
