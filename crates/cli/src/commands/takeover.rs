//! `lifeboat takeover`: gives the log another keeper when the old one is gone or refuses the members:
//! says how things stand, proposes this home, endorses a proposal.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Session, not_done};
use crate::ui::Look;
use crate::{expect_answer, paper, reference, say, text, unlock};
use lifeboat_commons::Common;
use lifeboat_commons::membership::{NoticeGiven, Present};
use lifeboat_log::{Call, Floor, PublicKey, SecretKey, codec};
use lifeboat_node::ask::{CallItem, TakeoverView};
use lifeboat_node::{Answer, Ask};
use serde_json::json;

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
    },
    /// Endorse that another home keeps the log from now on
    Endorse {
        /// The member whose home it is, when more than one is proposed
        #[arg(value_name = "HANDLE")]
        handle: Option<String>,
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
        Some(What::Propose { force }) => propose(context, &session, *force),
        Some(What::Endorse { handle, paper }) => endorse(context, &session, handle.as_deref(), *paper),
        Some(What::Absent { handle }) => {
            let member = session.names.find(handle)?;
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
    context.ui.line(text!("takeover-keeper", who = &keeper, count = view.era))?;
    if view.forced {
        context.ui.line(text!("takeover-forced"))?;
    }
    context.ui.line(text!("takeover-electors", count = view.electorate))?;
    if view.calls.is_empty() {
        context.ui.line(text!("takeover-no-calls"))?;
    }
    for call in &view.calls {
        let who = whose(session, &call.node);
        context.ui.styled(Look::Strong, text!("takeover-call", who = &who))?;
        let by: Vec<String> = call.endorsers.iter().map(|key| session.names.key(key)).collect();
        context.ui.line(format!(
            "  {}",
            text!(
                "takeover-given",
                given = call.given,
                of = call.of,
                needed = call.of / 2 + 1,
                who = by.join(", ")
            )
        ))?;
        if call.closes_needed > 0 {
            let (given, needed) = (call.closes, call.closes_needed);
            context.ui.line(format!("  {}", text!("takeover-closes", given = given, needed = needed)))?;
        }
        if call.endorsed {
            context.ui.line(format!("  {}", text!("takeover-yours")))?;
        }
    }
    let calls = view.calls.iter().map(|call| {
        json!({
            "era": call.era, "node": call.node.to_string(), "endorsed": call.given, "of": call.of,
            "closes": call.closes, "closes_needed": call.closes_needed, "own": call.own, "yours": call.endorsed,
        })
    });
    context.ui.object(json!({
        "term": view.term, "era": view.era, "forced": view.forced, "electorate": view.electorate,
        "keeper": keeper, "calls": calls.collect::<Vec<_>>(),
    }))
}

fn propose(context: &mut Context, session: &Session, force: bool) -> Outcome {
    let cell = session.cell.cell;
    if force {
        context.ui.say(text!("takeover-force-means"));
        if !context.ui.ask_yes(&text!("takeover-force-ask"))? {
            return Err(not_done());
        }
        session.ask(context, Ask::TakeoverForce { cell })?;
        return context.ui.line(text!("takeover-force-done"));
    }
    let me = session.member()?;
    let view = view(context, session)?;
    let floor = floor(&view)?;
    tell(context, &session.names.member(&me), &floor, session);
    if !context.ui.ask_yes(&text!("takeover-propose-ask"))? {
        return Err(not_done());
    }
    let answer = session.ask(context, Ask::TakeoverPropose { cell })?;
    let call: Call = called(&expect_answer!(answer, Answer::Called(call) => call)?)?;
    let key = unlock::member_key(context, &session.home)?;
    sign(context, session, &call, floor, &key)?;
    context.ui.line(text!("takeover-proposed", needed = view.electorate / 2 + 1))?;
    context.ui.object(json!({"proposed": true, "era": call.term.era(), "needed": view.electorate / 2 + 1}))
}

fn endorse(context: &mut Context, session: &Session, handle: Option<&str>, on_paper: bool) -> Outcome {
    let view = view(context, session)?;
    let item = choose(session, &view, handle, on_paper)?;
    let call: Call = called(&item.call)?;
    let floor = floor(&view)?;
    tell(context, &whose(session, &item.node), &floor, session);
    let key = if on_paper {
        paper::from_words(&context.ui.ask_line(&text!("paper-ask"))?)?
    } else {
        session.member()?;
        if !context.ui.ask_yes(&text!("takeover-endorse-ask"))? {
            return Err(not_done());
        }
        unlock::member_key(context, &session.home)?
    };
    sign(context, session, &call, floor, &key)?;
    context.ui.line(text!("takeover-endorsed", who = whose(session, &item.node)))?;
    context.ui.object(json!({"endorsed": true, "era": call.term.era(), "node": item.node.to_string()}))
}

/// What is endorsed, in plain words: who keeps the log, from where on, what may be lost.
fn tell(context: &mut Context, who: &str, floor: &Floor, session: &Session) {
    let since = session.state.keeper().map_or(0, |keeper| keeper.since.0);
    let last = lifeboat_log::Position((since + floor.size).saturating_sub(1));
    let old = session.state.keeper().map(|keeper| whose(session, &keeper.node)).unwrap_or_default();
    context.ui.say(text!("takeover-means", who = who, old = old, last = reference::short(last)));
}

fn choose<'a>(
    session: &Session,
    view: &'a TakeoverView,
    handle: Option<&str>,
    on_paper: bool,
) -> Outcome<&'a CallItem> {
    let wanted = handle.map(|handle| session.names.find(handle)).transpose()?;
    let fits = |call: &&CallItem| {
        wanted.is_none_or(|member| session.names.of_key(&call.node) == Some(member))
            && (on_paper || !call.endorsed)
    };
    let mut found = view.calls.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(call), None) => Ok(call),
        (Some(call), Some(_)) if wanted.is_some() => Ok(call),
        (Some(_), Some(_)) => {
            let who = |call: &CallItem| whose(session, &call.node);
            let all: Vec<String> = view.calls.iter().map(who).collect();
            Err(Failure::usage(text!("takeover-which", handles = all.join(", "))))
        }
        (None, _) => Err(Failure::new(text!("takeover-none")).hint(text!("takeover-none-hint"))),
    }
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
