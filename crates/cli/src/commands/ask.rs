//! `lifeboat need` and `lifeboat offer`; each says at once what would fit.

use crate::context::Context;
use crate::error::Outcome;
use crate::say::{self, Circumstances};
use crate::session::{Draft, Session};
use crate::text;
use lifeboat_commons::Quantity;
use lifeboat_commons::ledger::{Fit, Need, Offer};
use lifeboat_log::EntryId;
use lifeboat_node::ask::Fate;

/// Say what the cell needs
#[derive(Debug, clap::Args)]
pub struct NeedArgs {
    #[command(flatten)]
    post: Post,
}

/// Say what you can give
#[derive(Debug, clap::Args)]
pub struct OfferArgs {
    #[command(flatten)]
    post: Post,
}

#[derive(Debug, clap::Args)]
struct Post {
    /// How much of what: 20 kg rice, 3 tents, 4 hours driving
    #[arg(required = true, value_name = "QUANTITY")]
    quantity: Vec<String>,
    /// The last day: friday, tomorrow, in 5 days, 2026-12-07; 30 days from now when left out
    #[arg(long, value_name = "DAY")]
    by: Option<String>,
    /// A remark, public for ever; no names, no addresses
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    circumstances: Circumstances,
}

impl NeedArgs {
    /// What is to be signed.
    ///
    /// # Errors
    /// When something typed cannot be read.
    pub fn draft(&self, session: &Session) -> Outcome<Draft> {
        let (common, quantity) = (self.post.circumstances.common(session)?, self.post.quantity(session)?);
        let until = say::until(session, self.post.by.as_deref())?;
        let draft = say::draft(&Need { common, quantity, until }, self.post.note.as_deref())?;
        self.post.circumstances.texts.add(session, draft)
    }
}

impl OfferArgs {
    /// What is to be signed.
    ///
    /// # Errors
    /// When something typed cannot be read.
    pub fn draft(&self, session: &Session) -> Outcome<Draft> {
        let (common, quantity) = (self.post.circumstances.common(session)?, self.post.quantity(session)?);
        let until = say::until(session, self.post.by.as_deref())?;
        let draft = say::draft(&Offer { common, quantity, until }, self.post.note.as_deref())?;
        self.post.circumstances.texts.add(session, draft)
    }
}

impl Post {
    fn quantity(&self, session: &Session) -> Outcome<Quantity> {
        say::quantity(session, &self.quantity)
    }
}

/// Runs `need`.
///
/// # Errors
/// When the entry cannot be read, signed or handed on.
pub fn run_need(context: &mut Context, args: &NeedArgs) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(&session)?;
    args.post.circumstances.texts.tell(context, &session);
    if let Fate::Placed { id, .. } = session.say(context, draft)? {
        session.refresh(context)?;
        tell_need(context, &session, &id);
    }
    Ok(())
}

/// Runs `offer`.
///
/// # Errors
/// When the entry cannot be read, signed or handed on.
pub fn run_offer(context: &mut Context, args: &OfferArgs) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(&session)?;
    args.post.circumstances.texts.tell(context, &session);
    if let Fate::Placed { id, .. } = session.say(context, draft)? {
        session.refresh(context)?;
        tell_offer(context, &session, &id);
    }
    Ok(())
}

/// Says which needs the new offer would meet.
fn tell_offer(context: &mut Context, session: &Session, id: &EntryId) {
    let ledger = session.state.ledger();
    let Some(offer) = ledger.offer(id) else { return };
    for need in ledger.fits_offer(offer) {
        fit(context, need.position.0, offer.position.0);
    }
}

fn fit(context: &mut Context, need: u64, offer: u64) {
    context.ui.say(text!("fits", need = need.to_string(), offer = offer.to_string()));
}

/// Says what the new need could be met with.
fn tell_need(context: &mut Context, session: &Session, id: &EntryId) {
    let ledger = session.state.ledger();
    let Some(need) = ledger.need(id) else { return };
    for found in ledger.fits_need(need) {
        match found {
            Fit::Offer(offer) => fit(context, need.position.0, offer.position.0),
            Fit::Stock { held, .. } => {
                let held = need.quantity.with(held).to_string();
                context.ui.say(text!("fits-stock", held = held, need = need.position.to_string()));
            }
        }
    }
}
