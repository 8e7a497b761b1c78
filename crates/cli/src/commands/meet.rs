//! `lifeboat meet`: an offer, or what the cell has, meets a need, wholly or in part.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::reference;
use crate::say::{self, Circumstances};
use crate::session::{Draft, Session};
use crate::text;
use lifeboat_commons::Amount;
use lifeboat_commons::ledger::{Meet, Post, Source};
use lifeboat_log::EntryId;
use lifeboat_node::ask::Fate;

/// Say that an offer, or the stock, meets a need
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of the need
    #[arg(value_name = "NEED")]
    need: String,
    /// The number of the offer that meets it
    #[arg(long = "with", value_name = "OFFER", required_unless_present = "stock")]
    offer: Option<String>,
    /// It is met out of what the cell has
    #[arg(long, conflicts_with = "offer")]
    stock: bool,
    /// How much of it, when not as much as fits: 12
    #[arg(long, value_name = "QUANTITY", num_args = 1..)]
    amount: Vec<String>,
    /// A remark, public for ever; no names, no addresses
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    circumstances: Circumstances,
}

impl Args {
    /// What is to be signed.
    ///
    /// # Errors
    /// When need or offer are unknown or closed.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let need = need(context, session, &self.need)?;
        let common = self.circumstances.common(session)?;
        let (source, there) = match &self.offer {
            Some(offer) => {
                let offer = offer_of(context, session, offer)?;
                (Source::Offer(offer.id), offer.open())
            }
            None => {
                let held = session.state.ledger().held(&need.quantity.thing);
                let wanted = |(place, _): &&(_, Amount)| common.place.is_none() || *place == common.place;
                let best = held.iter().filter(wanted).max_by_key(|(_, amount)| *amount);
                let (place, amount) = best.copied().unwrap_or((common.place, Amount::ZERO));
                (Source::Stock(place), amount)
            }
        };
        let amount = if self.amount.is_empty() {
            need.open().min(there)
        } else {
            say::amount_of(session, &self.amount, &need.quantity.thing)?
        };
        if !amount.is_positive() {
            return Err(Failure::new(text!("meet-nothing")).hint(text!("meet-nothing-hint")));
        }
        let draft = say::draft(&Meet { common, need: need.id, source, amount }, self.note.as_deref())?;
        self.circumstances.texts.add(session, draft)
    }
}

/// The open need of this number.
fn need<'a>(context: &mut Context, session: &'a Session, written: &str) -> Outcome<&'a Post> {
    let id = entry_id(context, session, written)?;
    session
        .state
        .ledger()
        .need(&id)
        .ok_or_else(|| Failure::new(text!("need-unknown", number = written)).hint(text!("need-unknown-hint")))
}

fn offer_of<'a>(context: &mut Context, session: &'a Session, written: &str) -> Outcome<&'a Post> {
    let id = entry_id(context, session, written)?;
    session.state.ledger().offer(&id).ok_or_else(|| {
        Failure::new(text!("offer-unknown", number = written)).hint(text!("offer-unknown-hint"))
    })
}

/// The entry of a number; of a post that was corrected, the first version, by which others name it.
fn entry_id(context: &mut Context, session: &Session, written: &str) -> Outcome<EntryId> {
    let (_, record) = session.find(context, written)?;
    Ok(session.first_version(&record))
}

/// Runs the command.
///
/// # Errors
/// When the entry cannot be made, signed or handed on.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let need = entry_id(context, &session, &args.need)?;
    let draft = args.draft(context, &session)?;
    args.circumstances.texts.tell(context, &session);
    if let Fate::Placed { .. } = session.say(context, draft)? {
        session.refresh(context)?;
        tell(context, &session, &need)?;
    }
    Ok(())
}

/// Says how much of the need is still open.
fn tell(context: &mut Context, session: &Session, id: &EntryId) -> Outcome {
    let Some(need) = session.state.ledger().need(id) else { return Ok(()) };
    let all = need.quantity.to_string();
    let met = need.quantity.with(need.met).to_string();
    let open = need.quantity.with(need.open()).to_string();
    let number = reference::short(need.position);
    if need.open().is_positive() {
        context.ui.line(text!("met-part", number = number, met = met, all = all, open = open))
    } else {
        context.ui.line(text!("met-all", number = number, all = all))
    }
}
