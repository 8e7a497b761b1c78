//! `lifeboat correct`: says an entry of one's own anew. The old one stays readable; the new one counts.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::reference;
use crate::say::{self, Circumstances};
use crate::session::{Draft, Session};
use crate::text;
use lifeboat_commons::ledger::{Given, LedgerStatement, Meet, Need, Offer, OpeningStock, Received};
use lifeboat_commons::{Amount, Common, Quantity, Statement};
use lifeboat_log::{DetailTag, EntryId, Time};

/// Correct an entry of yours; the old one stays readable
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of the entry
    #[arg(value_name = "NUMBER")]
    number: String,
    /// How much of what it should have said; the rest stays as it was
    #[arg(value_name = "QUANTITY")]
    quantity: Vec<String>,
    /// It never happened: strike it out
    #[arg(long, conflicts_with = "quantity")]
    strike: bool,
    /// The text that it should have said
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The last day of a need or an offer
    #[arg(long, value_name = "DAY")]
    by: Option<String>,
    #[command(flatten)]
    circumstances: Circumstances,
}

impl Args {
    /// What is to be signed.
    ///
    /// # Errors
    /// When there is no such entry, or it is not one that can be corrected.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let (entered, record) = session.find(context, &self.number)?;
        let author = session.state.members().of_key(&record.entry().author);
        if author != Some(session.member()?) {
            let who = author.map_or_else(|| text!("stranger"), |id| session.names.member(&id));
            let number = reference::short(record.link().position);
            return Err(Failure::new(text!("correct-not-yours", number = number, who = who))
                .hint(text!("correct-not-yours-hint")));
        }
        if self.says_nothing() {
            return Err(Failure::usage(text!("correct-nothing")).hint(text!("correct-nothing-hint")));
        }
        if let Some(by) = session.state.corrected_by(record.link().position) {
            let by = reference::short(by);
            return Err(Failure::new(text!("corrected-already", by = &by))
                .hint(text!("corrected-already-hint", by = reference::typed(&by))));
        }
        let fixed = || Failure::new(text!("not-correctable")).hint(text!("not-correctable-hint"));
        let Ok(Statement::Ledger(old)) = Statement::decode(record.entry()) else { return Err(fixed()) };
        if self.strike && matches!(old, LedgerStatement::Need(_) | LedgerStatement::Offer(_)) {
            let typed = record.link().position.0;
            return Err(Failure::usage(text!("correct-strike-post"))
                .hint(text!("correct-strike-post-hint", typed = typed)));
        }
        let common = self.common(session, old.common(), record.entry().id())?;
        let before = entered.details.iter().find(|detail| detail.tag == DetailTag::NOTE.0);
        let note = self.note.clone().or_else(|| before.map(|detail| detail.text.clone()));
        if note.is_none() && !entered.absent.is_empty() {
            // The new version would silently lose what the old one said.
            return Err(Failure::new(text!("correct-text-absent")).hint(text!("correct-text-absent-hint")));
        }
        let note = note.as_deref();
        let until = |old| self.by.as_deref().map_or(Ok(old), |by| say::until(session, Some(by)));
        let draft = match old {
            LedgerStatement::Received(old) => {
                say::draft(&Received { common, quantity: self.quantity(session, &old.quantity)? }, note)
            }
            LedgerStatement::OpeningStock(old) => {
                say::draft(&OpeningStock { common, quantity: self.quantity(session, &old.quantity)? }, note)
            }
            LedgerStatement::Given(old) => {
                let quantity = self.quantity(session, &old.quantity)?;
                say::draft(&Given { common, quantity, slip: old.slip }, note)
            }
            LedgerStatement::Need(old) => {
                let quantity = self.quantity(session, &old.quantity)?;
                say::draft(&Need { common, quantity, until: until(old.until)? }, note)
            }
            LedgerStatement::Offer(old) => {
                let quantity = self.quantity(session, &old.quantity)?;
                say::draft(&Offer { common, quantity, until: until(old.until)? }, note)
            }
            LedgerStatement::Meet(old) => {
                let amount = self.amount_of_meeting(session, &old)?;
                say::draft(&Meet { common, amount, ..old }, note)
            }
            LedgerStatement::ReceiptConfirmed(_) | LedgerStatement::Withdraw(_) => Err(fixed()),
        }?;
        let mut draft = self.circumstances.texts.add(session, draft)?;
        let named = record.entry().details.iter();
        if named.clone().any(|detail| detail.tag.is_sealed()) && draft.sealed.is_empty() {
            context.ui.warn(text!("correct-private-left"));
        }
        if draft.until == Time::ZERO {
            // What is said anew has the last day that it had.
            let last = named.filter(|detail| detail.tag == DetailTag::NOTE).map(|detail| detail.expiry).max();
            draft.until = last.unwrap_or(Time::ZERO);
        }
        Ok(draft)
    }

    /// Whether it would change nothing.
    fn says_nothing(&self) -> bool {
        let Circumstances { place, category, on, photo, texts } = &self.circumstances;
        let said = [&self.note, &self.by, place, category, on, &texts.private, &texts.until];
        said.iter().all(|said| said.is_none()) && photo.is_none() && self.quantity.is_empty() && !self.strike
    }

    /// What the new version begins with: what the old one said, where nothing else is said now.
    fn common(&self, session: &Session, old: &Common, id: EntryId) -> Outcome<Common> {
        let new = self.circumstances.common(session)?;
        let day = if self.circumstances.on.is_some() { new.day } else { old.day };
        let (place, category) = (new.place.or(old.place), new.category.or(old.category));
        Ok(Common { day, place, category, corrects: Some(id), paper: new.paper.or(old.paper) })
    }

    fn quantity(&self, session: &Session, old: &Quantity) -> Outcome<Quantity> {
        if self.strike {
            return Ok(old.with(Amount::ZERO));
        }
        match self.quantity.as_slice() {
            [] => Ok(old.clone()),
            // A number alone keeps the thing.
            [_] => say::amount_of(session, &self.quantity, &old.thing).map(|amount| old.with(amount)),
            words => say::quantity(session, words),
        }
    }

    fn amount_of_meeting(&self, session: &Session, old: &Meet) -> Outcome<Amount> {
        if self.strike {
            return Ok(Amount::ZERO);
        }
        let need = session.state.ledger().need(&old.need);
        match (self.quantity.as_slice(), need) {
            ([], _) => Ok(old.amount),
            (words, Some(need)) => say::amount_of(session, words, &need.quantity.thing),
            _ => {
                Err(Failure::new(text!("need-unknown", number = &self.number))
                    .hint(text!("need-unknown-hint")))
            }
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When the entry cannot be made, signed or handed on.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(context, &session)?;
    args.circumstances.texts.tell(context, &session);
    session.say(context, draft).map(drop)
}
