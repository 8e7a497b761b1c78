//! Spending a grant, and looking at what others spent.

use super::open::amount;
use super::{entry_id, first_version};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session};
use crate::text;
use crate::ui::plain;
use crate::{reference, say};
use lifeboat_commons::Common;
use lifeboat_commons::budgets::{Expense, Reviewed, Spent};
use lifeboat_log::EntryId;
use lifeboat_node::ask::Fate;

/// Write down what was spent of a grant
#[derive(Debug, clap::Args)]
pub struct SpendArgs {
    /// The number of the proposal whose grant it is
    #[arg(value_name = "GRANT")]
    grant: String,
    /// How much
    #[arg(value_name = "AMOUNT")]
    amount: String,
    /// What for, public for ever; no names, no addresses
    #[arg(long = "for", value_name = "TEXT")]
    note: Option<String>,
    /// The number of your expenditure that this replaces; amount 0 strikes it out
    #[arg(long, value_name = "NUMBER")]
    instead_of: Option<String>,
}

impl SpendArgs {
    /// What is to be signed, and the grant that it is spent of.
    ///
    /// # Errors
    /// When a word cannot be understood, or names nothing.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<(Draft, EntryId)> {
        let grant = entry_id(context, session, &self.grant)?;
        let corrects = match &self.instead_of {
            Some(written) => {
                let first = entry_id(context, session, written)?;
                Some(expense(session, &first).map_or(first, |expense| expense.newest))
            }
            None => None,
        };
        let common = Common { corrects, ..Common::default() };
        let body = Spent { common, grant, amount: amount(&self.amount)? };
        Ok((say::draft(&body, self.note.as_deref())?, grant))
    }
}

/// Spends money of a grant.
///
/// # Errors
/// When it is more than is left, or the grant has ended.
pub fn spend(context: &mut Context, args: &SpendArgs) -> Outcome {
    let mut session = Session::open(context)?;
    let (draft, grant) = args.draft(context, &session)?;
    if let Fate::Placed { .. } = session.say(context, draft)? {
        session.refresh(context)?;
        if let Some(grant) = session.state.budgets().grant(&grant) {
            let number = reference::short(grant.position);
            let (left, code) = (grant.left().money(), plain(grant.currency.as_str()));
            context.ui.line(text!("budget-left", number = number, left = left, code = code))?;
        }
    }
    Ok(())
}

fn expense<'a>(session: &'a Session, id: &EntryId) -> Option<&'a Expense> {
    session.state.budgets().grant_of(id).and_then(|(_, grant)| grant.expenses.get(id))
}

/// Say that you looked at what somebody spent of a grant
#[derive(Debug, clap::Args)]
pub struct ReviewArgs {
    /// The number of the expenditure; those that wait for it when left out
    #[arg(value_name = "NUMBER")]
    number: Option<String>,
    /// It is not in order
    #[arg(long)]
    questioned: bool,
    /// What you saw, public for ever; no names, no addresses
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl ReviewArgs {
    /// What is to be signed; nothing where those that wait for it are to be listed.
    ///
    /// # Errors
    /// When there is no such expenditure.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Option<Draft>> {
        let Some(number) = &self.number else { return Ok(None) };
        let (_, record) = session.find(context, number)?;
        let spent = record.entry().id();
        let Some(known) = expense(session, &first_version(session, spent)) else {
            return Err(Failure::new(text!("budget-no-expense", number = plain(number)))
                .hint(text!("budget-no-expense-hint")));
        };
        if known.newest != spent {
            return Err(Failure::new(text!("budget-corrected-since", number = plain(number)))
                .hint(text!("budget-no-expense-hint")));
        }
        let body = Reviewed { common: Common::default(), spent, fine: !self.questioned };
        say::draft(&body, self.note.as_deref()).map(Some)
    }
}

/// Reviews an expenditure, or lists those that wait for it.
///
/// # Errors
/// When it is one's own, or others are named to do it.
pub fn review(context: &mut Context, args: &ReviewArgs) -> Outcome {
    let mut session = Session::open(context)?;
    match args.draft(context, &session)? {
        Some(draft) => session.say(context, draft).map(drop),
        None => super::grants::unreviewed(context, &session),
    }
}
