//! `lifeboat erase`: every honest home drops the texts of an entry of one's own, or one's handle. It says
//! what it can promise and what it cannot, before anything is signed.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session, read_record};
use crate::ui::Look;
use crate::{expect_answer, reference, say, text};
use lifeboat_commons::{Common, Erase, Statement};
use lifeboat_log::codec::List;
use lifeboat_log::{DetailHash, Record};
use lifeboat_node::ask::{Entered, Reference};
use lifeboat_node::{Answer, Ask};

/// Erase the text of an entry of yours, or your handle, on every honest home
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of the entry
    #[arg(value_name = "NUMBER", required_unless_present = "handle")]
    number: Option<String>,
    /// Erase your own handle: you are shown by two letters from then on, until you choose another
    #[arg(long, conflicts_with = "number")]
    handle: bool,
}

impl Args {
    /// What is to be signed.
    ///
    /// # Errors
    /// When there is no such entry, or nothing to erase in it.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let (record, what) = match &self.number {
            Some(number) => {
                let (entered, record) = session.find(context, number)?;
                let what = nameable(session, &entered, &record)?;
                (record, what)
            }
            None => own_handle(context, session)?,
        };
        let entry = record.entry().id();
        let what = List::new(what).ok_or_else(|| Failure::new(text!("entry-unfit")))?;
        let body = Erase { common: Common::default(), entry, at: record.link().position, what };
        let mut draft = say::draft(&body, None)?;
        draft.after.push(entry);
        Ok(draft)
    }
}

/// The hashes of what the entry names and is not erased yet; of a vouch not the handle, which is its
/// bearer's to erase, unless that is who erases.
fn nameable(session: &Session, entered: &Entered, record: &Record) -> Outcome<Vec<[u8; 32]>> {
    let number = reference::short(record.link().position);
    let statement = Statement::decode(record.entry()).ok();
    let photo = statement.as_ref().and_then(|said| said.common().copied()).and_then(|common| common.paper);
    let photo = photo.and_then(|paper| paper.photo);
    if record.entry().details.is_empty() && photo.is_none() {
        return Err(Failure::new(text!("erase-nothing", number = number)).hint(text!("erase-nothing-hint")));
    }
    let gone = |hash: &DetailHash| entered.gone.iter().any(|gone| gone.hash == *hash);
    let details = record.entry().details.iter().filter(|detail| !gone(&detail.hash));
    let photo = photo.filter(|photo| session.state.details().blob(photo).is_none_or(|b| b.erased.is_none()));
    let what: Vec<[u8; 32]> = details.map(|detail| detail.hash.0).chain(photo.map(|photo| photo.0)).collect();
    if what.is_empty() {
        return Err(Failure::new(text!("erase-done-before", number = number)));
    }
    Ok(what)
}

/// The entry that has the member's handle, and the handle's hash.
fn own_handle(context: &mut Context, session: &Session) -> Outcome<(Record, Vec<[u8; 32]>)> {
    let id = session.member()?;
    let member = session.state.members().get(&id).ok_or_else(|| Failure::new(text!("stranger")))?;
    let reference = Reference::Id(member.handle_entry);
    let ask = Ask::Find { cell: session.cell.cell, reference };
    let mut records = expect_answer!(session.ask(context, ask)?, Answer::Records(records) => records)?;
    let entered = records.pop().ok_or_else(|| Failure::new(text!("entry-not-here")))?;
    Ok((read_record(&entered)?, vec![member.handle.0]))
}

/// Runs the command.
///
/// # Errors
/// When the entry cannot be made, signed or handed on.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(context, &session)?;
    context.ui.aside(Look::Plain, text!("erase-promise"));
    session.say(context, draft).map(drop)
}
