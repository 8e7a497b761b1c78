//! `lifeboat confirm`: confirms by the number of a hand-over slip that something was received.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::say;
use crate::session::{Draft, Session};
use crate::text;
use lifeboat_commons::Common;
use lifeboat_commons::ledger::ReceiptConfirmed;

/// Confirm with the number of a slip that you received something
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number on the slip, such as 5-k3
    #[arg(value_name = "NUMBER")]
    slip: String,
    /// How much was received, when not all of it
    #[arg(long, value_name = "QUANTITY", num_args = 1..)]
    amount: Vec<String>,
    /// Somebody else received it, and asked you to confirm it
    #[arg(long)]
    on_behalf: bool,
}

impl Args {
    /// What is to be signed.
    ///
    /// # Errors
    /// When there is no open slip of this number.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let (_, record) = session.find(context, &self.slip)?;
        let slip = session.state.ledger().slip(&record.entry().id()).ok_or_else(|| {
            Failure::new(text!("slip-unknown", number = &self.slip)).hint(text!("slip-unknown-hint"))
        })?;
        let amount = if self.amount.is_empty() {
            slip.quantity.amount
        } else {
            say::amount_of(session, &self.amount, &slip.quantity.thing)?
        };
        let (common, on_behalf) = (Common::default(), self.on_behalf);
        say::draft(&ReceiptConfirmed { common, given: slip.id, amount, on_behalf }, None)
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
