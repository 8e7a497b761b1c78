//! `lifeboat in` and `lifeboat out`: goods and money that came or went.

use crate::context::Context;
use crate::error::Outcome;
use crate::reference;
use crate::say::{self, Circumstances};
use crate::session::{Draft, Session};
use crate::text;
use lifeboat_commons::PlaceId;
use lifeboat_commons::ledger::{Given, OpeningStock, Received, Thing};
use lifeboat_node::ask::Fate;

/// Write down goods or money that came in
#[derive(Debug, clap::Args)]
pub struct InArgs {
    /// How much of what: 40 EUR, 20 kg rice, 3 tents
    #[arg(required = true, value_name = "QUANTITY")]
    quantity: Vec<String>,
    /// Where it came from, in words that may stay public for ever
    #[arg(long, value_name = "TEXT")]
    from: Option<String>,
    /// It was there before the records began: opening stock, not something new
    #[arg(long)]
    stock: bool,
    #[command(flatten)]
    circumstances: Circumstances,
}

/// Write down goods or money that went out
#[derive(Debug, clap::Args)]
pub struct OutArgs {
    /// How much of what: 5 EUR, 10 kg rice
    #[arg(required = true, value_name = "QUANTITY")]
    quantity: Vec<String>,
    /// What it was for, in words that may stay public for ever; no names, no addresses
    #[arg(long = "for", value_name = "TEXT")]
    purpose: Option<String>,
    /// Make a hand-over slip: a number, and no name, by which who received can confirm it
    #[arg(long)]
    slip: bool,
    #[command(flatten)]
    circumstances: Circumstances,
}

impl InArgs {
    /// What is to be signed.
    ///
    /// # Errors
    /// When something typed cannot be read.
    pub fn draft(&self, session: &Session) -> Outcome<Draft> {
        let common = self.circumstances.common(session)?;
        let quantity = say::quantity(session, &self.quantity)?;
        let draft = if self.stock {
            say::draft(&OpeningStock { common, quantity }, self.from.as_deref())?
        } else {
            say::draft(&Received { common, quantity }, self.from.as_deref())?
        };
        self.circumstances.texts.add(session, draft)
    }
}

impl OutArgs {
    /// What is to be signed.
    ///
    /// # Errors
    /// When something typed cannot be read.
    pub fn draft(&self, session: &Session) -> Outcome<Draft> {
        let mut common = self.circumstances.common(session)?;
        let quantity = say::quantity(session, &self.quantity)?;
        if common.place.is_none() {
            common.place = only_place(session, &quantity.thing);
        }
        let draft = say::draft(&Given { common, quantity, slip: self.slip }, self.purpose.as_deref())?;
        self.circumstances.texts.add(session, draft)
    }
}

/// The place where the goods lie, when they lie at one place only.
fn only_place(session: &Session, thing: &Thing) -> Option<PlaceId> {
    if matches!(thing, Thing::Money { .. }) {
        return None;
    }
    match session.state.ledger().held(thing).as_slice() {
        [(place, _)] => *place,
        _ => None,
    }
}

/// Runs `in`.
///
/// # Errors
/// When the entry cannot be read, signed or handed on.
pub fn run_in(context: &mut Context, args: &InArgs) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(&session)?;
    args.circumstances.texts.tell(context, &session);
    session.say(context, draft).map(drop)
}

/// Runs `out`.
///
/// # Errors
/// When the entry cannot be read, signed or handed on, or gives what the cell does not hold.
pub fn run_out(context: &mut Context, args: &OutArgs) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(&session)?;
    args.circumstances.texts.tell(context, &session);
    let fate = session.say(context, draft)?;
    if let (true, Fate::Placed { position, id, .. }) = (args.slip, &fate) {
        let number = reference::precise(*position, id);
        context.ui.line(text!("slip", number = &number, typed = reference::typed(&number)))?;
    }
    Ok(())
}
