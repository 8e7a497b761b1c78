//! `lifeboat budget grant`: money for one thing, without a round. While one member is the cell that member
//! grants it; from then on a decision does.

use super::open::amount;
use crate::context::Context;
use crate::error::Outcome;
use crate::say;
use crate::session::{Draft, Session};
use lifeboat_commons::Common;
use lifeboat_commons::budgets::Granted;

/// Grant money without a round
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What it is for, public for ever; no names, no addresses
    #[arg(value_name = "TITLE")]
    title: String,
    /// How much
    #[arg(value_name = "AMOUNT")]
    amount: String,
    /// From which money
    #[arg(long, value_name = "NAME")]
    category: String,
    /// The last day to spend it; then what is left returns to the pool
    #[arg(long, value_name = "DAY")]
    until: String,
    /// The currency, when the charter has more than one
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
}

impl Args {
    /// What is to be signed.
    ///
    /// # Errors
    /// When there is no such category, or a word cannot be read.
    pub fn draft(&self, session: &Session) -> Outcome<Draft> {
        let category = Some(say::category(session, &self.category)?);
        let body = Granted {
            common: Common { category, ..Common::default() },
            currency: super::currency(session, self.currency.as_deref())?,
            amount: amount(&self.amount)?,
            until: say::until(session, Some(&self.until))?,
        };
        say::draft(&body, Some(&self.title))
    }
}

/// Runs the command.
///
/// # Errors
/// When the pool has not as much, or only a decision can grant it.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(&session)?;
    session.say(context, draft).map(drop)
}
