//! `lifeboat budget`: participatory budgets. One file for each thing that can be done with one.

mod export;
mod grant;
pub mod grants;
mod open;
mod pools;
mod proposals;
pub mod show;
mod spend;
mod tally;
mod verdict;
mod vote;

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session};
use crate::ui::plain;
use crate::{carried, text};
use lifeboat_commons::budgets::Round;
use lifeboat_commons::ledger::Currency;
use lifeboat_log::EntryId;

/// Decide together what money is spent on, and count any election that is a Pabulib file
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// See where the money of each pool is
    Pools(pools::Args),
    /// Open a round with money of the pools
    Open(open::Args),
    /// Propose what a round's money is for
    Propose(proposals::ProposeArgs),
    /// Take a proposal or a round of yours back
    Withdraw(proposals::WithdrawArgs),
    /// Say whether a proposal can be done for its cost
    Check(proposals::CheckArgs),
    /// Say something about a proposal
    Remark(proposals::RemarkArgs),
    /// Vote in a round
    Vote(vote::Args),
    /// See the rounds, or one with its proposals and its result
    Show(show::Args),
    /// Grant money without a round
    Grant(grant::Args),
    /// See the grants, and what is left of each
    Grants(grants::Args),
    /// Write down what was spent of a grant
    Spend(spend::SpendArgs),
    /// Say that you looked at what somebody spent of a grant
    Review(spend::ReviewArgs),
    /// Write a round's votes to a Pabulib file
    Export(export::Args),
    /// Count a Pabulib file by a named rule; needs no home
    Tally(tally::Args),
}

impl Args {
    /// What is to be signed; nothing where something is shown or counted.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Option<Draft>> {
        Ok(match &self.what {
            Some(What::Open(args)) => Some(args.draft(session)?),
            Some(What::Grant(args)) => Some(args.draft(session)?),
            Some(What::Propose(args)) => Some(args.draft(context, session)?),
            Some(What::Withdraw(args)) => Some(args.draft(context, session)?),
            Some(What::Check(args)) => Some(args.draft(context, session)?),
            Some(What::Remark(args)) => Some(args.draft(context, session)?),
            Some(What::Spend(args)) => Some(args.draft(context, session)?.0),
            Some(What::Review(args)) => args.draft(context, session)?,
            _ => None,
        })
    }
}

/// Runs the command.
///
/// # Errors
/// What the subcommand says.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    match &args.what {
        None => overview(context),
        Some(What::Pools(args)) => pools::run(context, args),
        Some(What::Open(args)) => open::run(context, args),
        Some(What::Propose(args)) => proposals::propose(context, args),
        Some(What::Withdraw(args)) => proposals::withdraw(context, args),
        Some(What::Check(args)) => proposals::check(context, args),
        Some(What::Remark(args)) => proposals::remark(context, args),
        Some(What::Vote(args)) => vote::run(context, args),
        Some(What::Show(args)) => show::run(context, args),
        Some(What::Grant(args)) => grant::run(context, args),
        Some(What::Grants(args)) => grants::run(context, args),
        Some(What::Spend(args)) => spend::spend(context, args),
        Some(What::Review(args)) => spend::review(context, args),
        Some(What::Export(args)) => export::run(context, args),
        Some(What::Tally(args)) => tally::run(context, args),
    }
}

/// The pools, the rounds, and what waits for review.
fn overview(context: &mut Context) -> Outcome {
    let session = Session::open(context)?;
    pools::table(context, &session)?;
    show::list(context, &session)?;
    let asked = session.state.charter().reviews;
    let waiting = session.state.budgets().unreviewed(asked).len();
    if waiting > 0 {
        context.ui.warn(text!("budget-unreviewed", count = waiting));
    }
    Ok(())
}

/// The id of what a person names by its number: of a proposal or expenditure that was said anew, the first.
fn entry_id(context: &mut Context, session: &Session, written: &str) -> Outcome<EntryId> {
    let (_, record) = session.find(context, written)?;
    Ok(first_version(session, record.entry().id()))
}

/// The first version of the proposal or expenditure whose newest version this entry is; else itself.
fn first_version(session: &Session, id: EntryId) -> EntryId {
    let budgets = session.state.budgets();
    let proposals = budgets.rounds().into_iter().flat_map(|(_, round)| &round.proposals);
    let proposal = proposals.filter(|(_, proposal)| proposal.newest == id).map(|(first, _)| *first).next();
    let expenses = budgets.grants().into_iter().flat_map(|(_, grant)| &grant.expenses);
    let expense = expenses.filter(|(_, expense)| expense.newest == id).map(|(first, _)| *first).next();
    proposal.or(expense).unwrap_or(id)
}

/// The round of this id.
fn round<'a>(session: &'a Session, id: &EntryId, written: &str) -> Outcome<&'a Round> {
    session.state.budgets().round(id).ok_or_else(|| {
        Failure::new(text!("budget-no-round", number = plain(written))).hint(text!("budget-no-round-hint"))
    })
}

/// The currency of this code, or the only one of the charter.
fn currency(session: &Session, written: Option<&str>) -> Outcome<Currency> {
    let known = &session.state.charter().currencies;
    match (written, known.as_slice()) {
        (None, [one]) => Ok(one.clone()),
        (None, _) => Err(Failure::usage(text!("budget-which-currency"))),
        (Some(code), _) => {
            let unclear = || Failure::usage(text!("budget-which-currency"));
            Currency::new(code.to_uppercase()).ok_or_else(unclear)
        }
    }
}

/// What the note of an entry says: the title of a round or proposal, or what was bought.
fn title(context: &mut Context, session: &Session, id: &EntryId) -> String {
    session.entered(context, id).as_ref().and_then(carried::note).unwrap_or_default()
}

/// The name of a category in the charter.
fn category(session: &Session, id: lifeboat_commons::CategoryId) -> String {
    session.state.charter().category(id).map_or_else(|| id.0.to_string(), plain)
}
