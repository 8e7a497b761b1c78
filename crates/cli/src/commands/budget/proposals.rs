//! What is said about proposals: making one, taking it back, checking it, a remark on it.

use super::entry_id;
use super::open::amount;
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::say;
use crate::session::{Draft, Session};
use crate::text;
use lifeboat_commons::budgets::{Checked, ProposalWithdrawn, Proposed, Remarked, RoundWithdrawn};
use lifeboat_commons::{CategoryId, Common};

/// Propose what a round's money is for
#[derive(Debug, clap::Args)]
pub struct ProposeArgs {
    /// The number of the round
    #[arg(value_name = "ROUND")]
    round: String,
    /// What it is, public for ever; no names, no addresses
    #[arg(value_name = "TITLE")]
    title: String,
    /// What it costs
    #[arg(long, value_name = "AMOUNT")]
    cost: String,
    /// From which money, when the round has several
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
    /// The number of your proposal that this replaces
    #[arg(long, value_name = "NUMBER")]
    instead_of: Option<String>,
}

impl ProposeArgs {
    /// What is to be signed.
    ///
    /// # Errors
    /// When a word cannot be understood, or names nothing.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let id = entry_id(context, session, &self.round)?;
        let round = super::round(session, &id, &self.round)?;
        let category = match &self.category {
            Some(name) => say::category(session, name)?,
            None => only(&round.money.keys().copied().collect::<Vec<_>>())?,
        };
        let corrects = match &self.instead_of {
            Some(written) => {
                let first = entry_id(context, session, written)?;
                Some(round.proposals.get(&first).map_or(first, |proposal| proposal.newest))
            }
            None => None,
        };
        let common = Common { category: Some(category), corrects, ..Common::default() };
        let body = Proposed { common, round: id, cost: amount(&self.cost)? };
        say::draft(&body, Some(say::title(&self.title)?))
    }
}

/// Makes a proposal.
///
/// # Errors
/// When the round takes none, or a word cannot be understood.
pub fn propose(context: &mut Context, args: &ProposeArgs) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(context, &session)?;
    session.say(context, draft).map(drop)
}

fn only(categories: &[CategoryId]) -> Outcome<CategoryId> {
    match categories {
        [one] => Ok(*one),
        _ => Err(Failure::usage(text!("budget-which-category")).hint(text!("budget-which-category-hint"))),
    }
}

/// Take a proposal or a round of yours back
#[derive(Debug, clap::Args)]
pub struct WithdrawArgs {
    /// The number of the proposal or round
    #[arg(value_name = "NUMBER")]
    number: String,
}

impl WithdrawArgs {
    /// What is to be signed.
    ///
    /// # Errors
    /// When a word cannot be understood, or names nothing.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let id = entry_id(context, session, &self.number)?;
        let common = Common::default();
        let draft = if session.state.budgets().round(&id).is_some() {
            say::draft(&RoundWithdrawn { common, round: id }, None)?
        } else {
            say::draft(&ProposalWithdrawn { common, proposal: id }, None)?
        };
        Ok(draft)
    }
}

/// Takes a proposal or round back.
///
/// # Errors
/// When it is not one's own, or too late.
pub fn withdraw(context: &mut Context, args: &WithdrawArgs) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(context, &session)?;
    session.say(context, draft).map(drop)
}

/// Say whether a proposal can be done for its cost
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The number of the proposal
    #[arg(value_name = "PROPOSAL")]
    proposal: String,
    /// Whether it can be done
    #[arg(value_enum, value_name = "YES|NO")]
    feasible: YesNo,
    /// Why, public for ever; no names, no addresses
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum YesNo {
    /// It can be done
    Yes,
    /// It cannot be done
    No,
}

impl CheckArgs {
    /// What is to be signed.
    ///
    /// # Errors
    /// When a word cannot be understood, or names nothing.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let proposal = entry_id(context, session, &self.proposal)?;
        let feasible = self.feasible == YesNo::Yes;
        let body = Checked { common: Common::default(), proposal, feasible };
        say::draft(&body, self.note.as_deref())
    }
}

/// Checks a proposal.
///
/// # Errors
/// When it is one's own, or the time is over.
pub fn check(context: &mut Context, args: &CheckArgs) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(context, &session)?;
    session.say(context, draft).map(drop)
}

/// Say something about a proposal
#[derive(Debug, clap::Args)]
pub struct RemarkArgs {
    /// The number of the proposal
    #[arg(value_name = "PROPOSAL")]
    proposal: String,
    /// What, public for ever; no names, no addresses
    #[arg(value_name = "TEXT")]
    text: String,
}

impl RemarkArgs {
    /// What is to be signed.
    ///
    /// # Errors
    /// When a word cannot be understood, or names nothing.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let proposal = entry_id(context, session, &self.proposal)?;
        let body = Remarked { common: Common::default(), proposal };
        say::draft(&body, Some(say::title(&self.text)?))
    }
}

/// Says something about a proposal.
///
/// # Errors
/// When there is no such proposal.
pub fn remark(context: &mut Context, args: &RemarkArgs) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(context, &session)?;
    session.say(context, draft).map(drop)
}
