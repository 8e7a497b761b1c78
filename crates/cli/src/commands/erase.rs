//! `lifeboat erase`: every honest home drops the texts of an entry of one's own, or one's handle. It says
//! what it can promise and what it cannot, before anything is signed.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session};
use crate::ui::Look;
use crate::{fate, reference, say, text, walk};
use lifeboat_commons::decisions::{Amend, DecisionStatement, Propose};
use lifeboat_commons::membership::{HandleChanged, MembershipStatement, Vouch};
use lifeboat_commons::{Body, Common, Erase, MemberId, Statement};
use lifeboat_log::codec::List;
use lifeboat_log::{DetailHash, DetailTag, Kind, Record};
use lifeboat_node::ask::{Entered, Reference};
use std::collections::BTreeSet;

/// Erase the text of an entry of yours, or your handle, on every honest home
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of the entry
    #[arg(value_name = "NUMBER", required_unless_present = "handle")]
    number: Option<String>,
    /// Erase your own handle, and those that you had before: you are shown by two letters from then on, until you choose another
    #[arg(long, conflicts_with = "number")]
    handle: bool,
}

impl Args {
    /// What a decision may carry: the erasure of one entry's texts.
    ///
    /// # Errors
    /// When there is no such entry, nothing to erase in it, or a handle is meant.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let number = self.number.as_ref().ok_or_else(|| Failure::usage(text!("erase-by-number")))?;
        let (entered, record) = session.find(context, number)?;
        let what = nameable(session, &entered, &record)?;
        let number = reference::short(record.link().position);
        for (entered, version) in versions(context, session, &record)? {
            if nameable(session, &entered, &version).is_ok() {
                let at = version.link().position;
                let other = reference::short(at);
                context.ui.warn(text!("erase-version", number = &number, other = other, typed = at.0));
            }
        }
        erasing(&record, what)
    }

    /// What is to be signed: one entry for each that holds something to erase. A correction repeats what it does
    /// not change, so all versions of an entry go together.
    fn drafts(&self, context: &mut Context, session: &Session) -> Outcome<Vec<Draft>> {
        let Some(number) = &self.number else { return own_handles(context, session) };
        let (entered, record) = session.find(context, number)?;
        let asked = nameable(session, &entered, &record);
        let mut drafts = Vec::new();
        for (entered, other) in versions(context, session, &record)? {
            if let Ok(what) = nameable(session, &entered, &other) {
                drafts.push(erasing(&other, what)?);
            }
        }
        match asked {
            Ok(what) => drafts.insert(0, erasing(&record, what)?),
            Err(nothing) if drafts.is_empty() => return Err(nothing),
            Err(_) => {}
        }
        Ok(drafts)
    }
}

/// The other versions of an entry: what it corrects, and what corrects it.
fn versions(context: &mut Context, session: &Session, record: &Record) -> Outcome<Vec<(Entered, Record)>> {
    let mut all = Vec::new();
    let before = |record: &Record| {
        Statement::decode(record.entry()).ok().and_then(|said| said.common().copied()?.corrects)
    };
    let mut earlier = before(record);
    while let Some(id) = earlier {
        let Some(found) = session.known(context, Reference::Id(id))? else { break };
        earlier = before(&found.1);
        all.push(found);
    }
    let mut later = session.state.corrected_by(record.link().position);
    while let Some(at) = later {
        let Some(found) = session.known(context, Reference::At(at))? else { break };
        later = session.state.corrected_by(at);
        all.push(found);
    }
    Ok(all)
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

/// One draft for each entry of one's own that holds a handle which one bears or bore. A handle that came in
/// with a decision was written by who proposed it, and is told: that member alone can erase it.
fn own_handles(context: &mut Context, session: &Session) -> Outcome<Vec<Draft>> {
    let me = session.member()?;
    let (mut drafts, mut seen) = (Vec::new(), BTreeSet::new());
    for (entered, record) in with_handles(context, session)? {
        let (entry, at) = (record.entry(), record.link().position);
        let Some(held) = Held::of(session, &record) else { continue };
        if held.bearer != me {
            continue;
        }
        let gone = |hash: &DetailHash| entered.gone.iter().any(|gone| gone.hash == *hash);
        let handles = entry.details.iter().filter(|detail| detail.tag == DetailTag::HANDLE);
        let what: Vec<DetailHash> =
            handles.map(|detail| detail.hash).filter(|hash| !gone(hash) && seen.insert(*hash)).collect();
        if what.is_empty() {
            continue;
        }
        if held.eraser != Some(me) {
            let who = held.eraser.map_or_else(|| text!("stranger"), |id| session.names.member(&id));
            context.ui.warn(text!(
                "erase-handle-of-other",
                number = reference::short(at),
                who = who,
                typed = at.0
            ));
            continue;
        }
        drafts.push(erasing(&record, what.iter().map(|hash| hash.0).collect())?);
    }
    if drafts.is_empty() {
        return Err(Failure::new(text!("erase-no-handle")));
    }
    Ok(drafts)
}

/// Whose handle an entry holds, and who may erase it there.
struct Held {
    bearer: MemberId,
    eraser: Option<MemberId>,
}

impl Held {
    fn of(session: &Session, record: &Record) -> Option<Self> {
        let members = session.state.members();
        let author = members.of_key(&record.entry().author);
        let newcomer = |vouch: &Vouch| members.of_key(&vouch.acceptance.key);
        match Statement::decode(record.entry()).ok()? {
            Statement::Membership(MembershipStatement::Vouch(vouch)) => {
                newcomer(&vouch).map(|bearer| Self { bearer, eraser: Some(bearer) })
            }
            Statement::Decisions(DecisionStatement::Propose(Propose { terms, .. }))
            | Statement::Decisions(DecisionStatement::Amend(Amend { terms, .. })) => {
                match terms.payload?.statement().ok()? {
                    Statement::Membership(MembershipStatement::Vouch(vouch)) => {
                        newcomer(&vouch).map(|bearer| Self { bearer, eraser: author })
                    }
                    _ => None,
                }
            }
            _ => author.map(|bearer| Self { bearer, eraser: Some(bearer) }),
        }
    }
}

/// The entries of the kinds that hold handles, in the log's order.
fn with_handles(context: &mut Context, session: &Session) -> Outcome<Vec<(Entered, Record)>> {
    let kinds = [Kind::FOUNDING, Vouch::KIND, HandleChanged::KIND, Propose::KIND, Amend::KIND];
    let handle = |_: &Entered, record: &Record| {
        record.entry().details.iter().any(|detail| detail.tag == DetailTag::HANDLE)
    };
    walk::find(context, session, &kinds.map(|kind| kind.0), handle)
}

/// The draft that erases this of that entry.
fn erasing(record: &Record, what: Vec<[u8; 32]>) -> Outcome<Draft> {
    let entry = record.entry().id();
    let what = List::new(what).ok_or_else(|| Failure::new(text!("entry-unfit")))?;
    let body = Erase { common: Common::default(), entry, at: record.link().position, what };
    let mut draft = say::draft(&body, None)?;
    draft.after.push(entry);
    Ok(draft)
}

/// Runs the command.
///
/// # Errors
/// When the entry cannot be made, signed or handed on.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let drafts = args.drafts(context, &session)?;
    context.ui.aside(Look::Plain, text!("erase-promise"));
    let ready = session.prepare(context, drafts)?;
    session.confirm(context, &ready)?;
    let fates = session.submit(context, &ready)?;
    for (fate, ready) in fates.iter().zip(&ready) {
        fate::show(context, fate, &ready.sentence)?;
        let mut object = fate::object(fate);
        object["text"] = ready.sentence.clone().into();
        context.ui.object(object)?;
    }
    fate::exit(&fates)
}
