//! `lifeboat takeover`: gives the log another keeper when the old one is gone or refuses the members:
//! says how things stand, proposes this home, endorses a proposal.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Session, not_done};
use crate::ui::Look;
use crate::{expect_answer, paper, reference, say, text, unlock};
use lifeboat_commons::membership::{NoticeGiven, Present};
use lifeboat_commons::{Common, MemberId};
use lifeboat_log::{Call, Floor, PublicKey, SecretKey, Term, codec};
use lifeboat_node::ask::{CallItem, TakeoverView};
use lifeboat_node::{Answer, Ask};
use proposals::Proposal;
use serde_json::json;

mod proposals;

/// Give the log another keeper when the old one is gone
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// See who keeps the log, and what is proposed
    Status,
    /// Propose that this home keeps the log from now on
    Propose {
        /// Go on without the promises of enough witnesses: something that was witnessed may be lost
        #[arg(long)]
        force: bool,
        /// Propose this home although another is proposed already
        #[arg(long)]
        anyway: bool,
    },
    /// Endorse that another home keeps the log from now on
    Endorse {
        /// The member whose home it is, when more than one is proposed; where the log does not name the
        /// home, one who endorsed it
        #[arg(value_name = "HANDLE")]
        handle: Option<String>,
        /// Which try, when there is more than one: 2 for term 2.0; the newest when not given
        #[arg(long, value_name = "NUMBER")]
        era: Option<u16>,
        /// Endorse with the words of your paper key, which are asked for
        #[arg(long)]
        paper: bool,
    },
    /// Give notice that a member seems to be gone, so that they stop counting unless they answer
    Absent {
        /// Who seems to be gone
        #[arg(value_name = "HANDLE")]
        handle: String,
    },
    /// Say that you are here, when others gave notice that you seem to be gone
    Here,
}

/// Runs the command.
///
/// # Errors
/// When nothing is proposed, or the home does not promise it.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    match &args.what {
        None | Some(What::Status) => status(context, &session),
        Some(What::Propose { force: true, .. }) => force(context, &session),
        Some(What::Propose { anyway, .. }) => propose(context, &session, *anyway),
        Some(What::Endorse { handle, era, paper }) => {
            endorse(context, &session, &Wanted { handle: handle.as_deref(), era: *era, on_paper: *paper })
        }
        Some(What::Absent { handle }) => {
            let member = session.names.find(handle)?;
            if session.member()? == member {
                return Err(
                    Failure::usage(text!("takeover-absent-self")).hint(text!("takeover-absent-self-hint"))
                );
            }
            let notice = NoticeGiven { common: Common::default(), member };
            session.say(context, say::draft(&notice, None)?).map(drop)
        }
        Some(What::Here) => {
            session.say(context, say::draft(&Present { common: Common::default() }, None)?).map(drop)
        }
    }
}

fn view(context: &mut Context, session: &Session) -> Outcome<TakeoverView> {
    let answer = session.ask(context, Ask::Takeover { cell: session.cell.cell })?;
    expect_answer!(answer, Answer::Takeover(view) => view)
}

fn status(context: &mut Context, session: &Session) -> Outcome {
    let view = view(context, session)?;
    let keeper = session.state.keeper().map(|keeper| whose(session, &keeper.node)).unwrap_or_default();
    let open = session.state.keeper().map_or(Term::FIRST, |keeper| keeper.term);
    let taken = session.state.terms().takeovers(open);
    context.ui.line(text!("takeover-keeper", who = &keeper, count = taken))?;
    if view.forced {
        context.ui.line(text!("takeover-forced"))?;
    }
    context.ui.line(text!("takeover-electors", count = view.electorate))?;
    if view.calls.is_empty() {
        context.ui.line(text!("takeover-no-calls"))?;
    }
    let all = proposals(session, &view);
    for (call, proposal) in view.calls.iter().zip(&all) {
        let who = who(session, proposal);
        context.ui.styled(Look::Strong, text!("takeover-call", who = &who, term = term(proposal)))?;
        let given = text!(
            "takeover-given",
            given = call.given,
            of = call.of,
            needed = call.of / 2 + 1,
            who = handles(session, &proposal.endorsers)
        );
        context.ui.line(format!("  {given}"))?;
        if call.closes_needed > 0 {
            let (given, needed) = (call.closes, call.closes_needed);
            context.ui.line(format!("  {}", text!("takeover-closes", given = given, needed = needed)))?;
        }
        if call.endorsed {
            context.ui.line(format!("  {}", text!("takeover-yours")))?;
        }
    }
    let calls = view.calls.iter().zip(&all).map(|(call, proposal)| {
        let owner = proposal.owner.map(|owner| session.names.member(&owner));
        let endorsers: Vec<String> = proposal.endorsers.iter().map(|id| session.names.member(id)).collect();
        json!({
            "era": call.era, "node": call.node.to_string(), "endorsed": call.given, "of": call.of,
            "home_of": owner, "endorsers": endorsers,
            "closes": call.closes, "closes_needed": call.closes_needed, "own": call.own, "yours": call.endorsed,
        })
    });
    context.ui.object(json!({
        "term": view.term, "era": view.era, "takeovers": taken, "forced": view.forced, "electorate": view.electorate,
        "keeper": keeper, "calls": calls.collect::<Vec<_>>(),
    }))
}

fn force(context: &mut Context, session: &Session) -> Outcome {
    context.ui.say(text!("takeover-force-means"));
    if !context.ui.ask_yes(&text!("takeover-force-ask"))? {
        return Err(not_done());
    }
    session.ask(context, Ask::TakeoverForce { cell: session.cell.cell })?;
    context.ui.line(text!("takeover-force-done"))
}

fn propose(context: &mut Context, session: &Session, anyway: bool) -> Outcome {
    let cell = session.cell.cell;
    let me = session.member()?;
    let view = view(context, session)?;
    let floor = floor(&view)?;
    if !anyway {
        rather_endorse(context, session, &view)?;
        rather_wait(context, &view)?;
    }
    let own = session.names.member(&me);
    tell(context, &own, &floor, session);
    if !context.ui.ask_yes(&text!("takeover-propose-ask"))? {
        return Err(not_done());
    }
    let answer = session.ask(context, Ask::TakeoverPropose { cell })?;
    let call: Call = called(&expect_answer!(answer, Answer::Called(call) => call)?)?;
    let key = unlock::member_key(context, &session.home)?;
    sign(context, session, &call, floor, &key)?;
    context.ui.line(text!("takeover-proposed", needed = view.electorate / 2 + 1, who = &own))?;
    context.ui.object(json!({"proposed": true, "era": call.term.era(), "needed": view.electorate / 2 + 1}))
}

/// Two proposals divide the members: whoever could endorse one that stands is asked to think of it.
fn rather_endorse(context: &mut Context, session: &Session, view: &TakeoverView) -> Outcome {
    let all = proposals(session, view);
    let open = |(call, _): &(&CallItem, &Proposal)| !call.own && is_open(view, call);
    let standing: Vec<&Proposal> = view.calls.iter().zip(&all).filter(open).map(|(_, one)| one).collect();
    if standing.is_empty() {
        return Ok(());
    }
    for proposal in &standing {
        let who = who(session, proposal);
        context.ui.warn(text!("takeover-stands", who = who, term = term(proposal)));
    }
    context.ui.say(text!("takeover-stands-means"));
    if context.ui.says_yes() {
        return Err(Failure::usage(text!("takeover-stands-refused")).hint(text!("takeover-stands-hint")));
    }
    if context.ui.ask_yes(&text!("takeover-stands-ask"))? { Ok(()) } else { Err(not_done()) }
}

/// Another try divides those who endorse this home: its person is asked to think of that.
fn rather_wait(context: &mut Context, view: &TakeoverView) -> Outcome {
    let Some(own) = view.calls.iter().rev().find(|call| call.own) else { return Ok(()) };
    let term = Term::new(own.era, 0).to_string();
    let stands = text!("takeover-own-stands", term = term, given = own.given, of = own.of);
    if context.ui.says_yes() {
        return Err(Failure::usage(stands).hint(text!("takeover-own-stands-hint")));
    }
    context.ui.warn(stands);
    if context.ui.ask_yes(&text!("takeover-own-stands-ask"))? { Ok(()) } else { Err(not_done()) }
}

/// Whether this home's member can endorse a proposal: it endorses none yet of that era.
fn is_open(view: &TakeoverView, call: &CallItem) -> bool {
    !view.calls.iter().any(|other| other.endorsed && other.era == call.era)
}

/// Which proposal a person endorses, and with what.
struct Wanted<'a> {
    handle: Option<&'a str>,
    era: Option<u16>,
    on_paper: bool,
}

fn endorse(context: &mut Context, session: &Session, wanted: &Wanted<'_>) -> Outcome {
    let view = view(context, session)?;
    let (item, proposal) = choose(session, &view, wanted)?;
    let who = who(session, &proposal);
    let call: Call = called(&item.call)?;
    let floor = floor(&view)?;
    tell(context, &who, &floor, session);
    let key = if wanted.on_paper {
        paper::from_words(&context.ui.ask_line(&text!("paper-ask"))?)?
    } else {
        session.member()?;
        if !context.ui.ask_yes(&text!("takeover-endorse-ask"))? {
            return Err(not_done());
        }
        unlock::member_key(context, &session.home)?
    };
    sign(context, session, &call, floor, &key)?;
    context.ui.line(text!("takeover-endorsed", who = who))?;
    context.ui.object(json!({"endorsed": true, "era": call.term.era(), "node": item.node.to_string()}))
}

/// What is endorsed, in plain words: who keeps the log, from where on, what may be lost.
fn tell(context: &mut Context, who: &str, floor: &Floor, session: &Session) {
    let old = session.state.keeper().map(|keeper| whose(session, &keeper.node)).unwrap_or_default();
    if *floor == Floor::NONE {
        return context.ui.say(text!("takeover-means-parted", who = who, old = old));
    }
    let since = session.state.keeper().map_or(0, |keeper| keeper.since.0);
    let last = lifeboat_log::Position((since + floor.size).saturating_sub(1));
    context.ui.say(text!("takeover-means", who = who, old = old, last = reference::short(last)));
}

fn choose<'a>(
    session: &Session,
    view: &'a TakeoverView,
    wanted: &Wanted<'_>,
) -> Outcome<(&'a CallItem, Proposal)> {
    let member = wanted.handle.map(|handle| session.names.find(handle)).transpose()?;
    let mut open: Vec<(&CallItem, Proposal)> = view.calls.iter().zip(proposals(session, view)).collect();
    open.retain(|(call, _)| wanted.on_paper || is_open(view, call));
    let all: Vec<Proposal> = open.iter().map(|(_, proposal)| proposal.clone()).collect();
    match proposals::meant(&all, member, wanted.era).as_slice() {
        [one] => Ok(open.swap_remove(*one)),
        [] => Err(none_is_meant(session, view, wanted, member)),
        several => {
            let named =
                |at: &usize| text!("takeover-one-of", who = who(session, &all[*at]), term = term(&all[*at]));
            let named: Vec<String> = several.iter().map(named).collect();
            Err(Failure::usage(text!("takeover-which", proposals = named.join("; ")))
                .hint(text!("takeover-which-hint")))
        }
    }
}

/// Why no proposal can be endorsed: nothing is proposed, or not what was named, or another one was endorsed.
fn none_is_meant(
    session: &Session,
    view: &TakeoverView,
    wanted: &Wanted<'_>,
    member: Option<MemberId>,
) -> Failure {
    let all = proposals(session, view);
    let Some(at) = proposals::meant(&all, member, wanted.era).first().copied() else {
        let named: Vec<String> = all
            .iter()
            .map(|one| text!("takeover-one-of", who = who(session, one), term = term(one)))
            .collect();
        return match named.is_empty() {
            true => Failure::new(text!("takeover-none")).hint(text!("takeover-none-hint")),
            false => Failure::new(text!("takeover-not-that"))
                .hint(text!("takeover-not-that-hint", proposals = named.join("; "))),
        };
    };
    let (call, other) = (&view.calls[at], &all[at]);
    let (who, term) = (who(session, other), term(other));
    match call.endorsed {
        true => Failure::new(text!("takeover-endorsed-before", who = who, term = term))
            .hint(text!("takeover-none-hint")),
        false => Failure::new(text!("takeover-other-endorsed", term = term))
            .hint(text!("takeover-other-endorsed-hint")),
    }
}

/// The proposals, in the order of the view.
fn proposals(session: &Session, view: &TakeoverView) -> Vec<Proposal> {
    let own = session.member().ok();
    view.calls.iter().map(|call| Proposal::of(call, own, |key| session.names.of_key(key))).collect()
}

/// The term that a proposal would open.
fn term(proposal: &Proposal) -> String {
    lifeboat_log::Term::new(proposal.era, 0).to_string()
}

/// Whose home a proposal is of; where that is not known, who may have proposed it.
fn who(session: &Session, proposal: &Proposal) -> String {
    match (proposal.owner, proposal.endorsers.as_slice()) {
        (Some(owner), _) => session.names.member(&owner),
        (None, []) => text!("takeover-unnamed"),
        (None, endorsers) => {
            text!("takeover-one-of-them", handles = handles(session, endorsers))
        }
    }
}

fn handles(session: &Session, members: &[MemberId]) -> String {
    let names: Vec<String> = members.iter().map(|member| session.names.member(member)).collect();
    names.join(", ")
}

/// Whose home a node is, as far as the log names it.
fn whose(session: &Session, node: &PublicKey) -> String {
    let known = session.names.of_key(node);
    known.map_or_else(|| text!("takeover-unnamed"), |member| session.names.member(&member))
}

fn floor(view: &TakeoverView) -> Outcome<Floor> {
    let floor = view.floor.as_ref().ok_or_else(|| Failure::new(text!("takeover-no-floor")))?;
    codec::decode(floor).map_err(|error| crate::context::unexpected().because(error))
}

fn called(bytes: &[u8]) -> Outcome<Call> {
    codec::decode(bytes).map_err(|error| crate::context::unexpected().because(error))
}

fn sign(context: &mut Context, session: &Session, call: &Call, floor: Floor, key: &SecretKey) -> Outcome {
    let public: PublicKey = key.public();
    if session.state.endorser(&public).is_none() {
        return Err(Failure::new(text!("takeover-not-you")).hint(text!("takeover-not-you-hint")));
    }
    let endorsement = call.endorse(&session.cell.cell, floor, key);
    let signed = codec::encode(&(*call, endorsement)).as_slice().into();
    session.ask(context, Ask::TakeoverEndorse { cell: session.cell.cell, signed })?;
    Ok(())
}
