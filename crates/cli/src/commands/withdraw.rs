//! `lifeboat withdraw`: takes back a need, an offer or a proposal of one's own.

use crate::context::Context;
use crate::error::Outcome;
use crate::say;
use crate::session::{Draft, Session};
use lifeboat_commons::Common;
use lifeboat_commons::decisions::WithdrawProposal;
use lifeboat_commons::ledger::Withdraw;

/// Withdraw a need, an offer or a proposal of yours
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its number
    #[arg(value_name = "NUMBER")]
    number: String,
    /// Why, in words that may stay public for ever
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl Args {
    /// What is to be signed.
    ///
    /// # Errors
    /// When there is no such entry.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let (_, record) = session.find(context, &self.number)?;
        if let Some(decision) = session.state.decisions().get(&record.entry().id()) {
            let withdraw = WithdrawProposal { common: Common::default(), decision: decision.id };
            return say::draft(&withdraw, self.note.as_deref());
        }
        let what = session.first_version(&record);
        say::draft(&Withdraw { common: Common::default(), what }, self.note.as_deref())
    }
}

/// Runs the command.
///
/// # Errors
/// When the entry cannot be made, signed or handed on.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(context, &session)?;
    session.say(context, draft).map(drop)
}
