//! `lifeboat handover`: the keeper hands the log over to another member's node, or to its own under a fresh
//! key; and a member lets their node keep it when its turn comes.

use crate::commands::witness::possession;
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::say;
use crate::session::{Session, not_done};
use crate::ui::Look;
use crate::{expect_answer, text};
use lifeboat_commons::membership::NodeNamed;
use lifeboat_commons::{Common, MemberId};
use lifeboat_log::PublicKey;
use lifeboat_node::ask::OwnKey;
use lifeboat_node::{Answer, Ask};
use serde_json::json;

/// Hand the log of your cell over to another member's node
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    /// Who keeps the log from now on; your own node, under a fresh key, when left out
    #[arg(value_name = "HANDLE")]
    to: Option<String>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Clone, Copy, clap::Subcommand)]
enum What {
    /// Let the node of this home keep the log when its turn comes
    Offer,
}

/// Runs the command.
///
/// # Errors
/// When this home does not keep the log, or the next keeper cannot.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    if let Some(What::Offer) = args.what {
        let ask = Ask::Possession {
            cell: session.cell.cell,
            member: session.member()?.entry(),
            what: OwnKey::Node,
        };
        let (node, possession) = possession(&session, context, ask)?;
        let named = NodeNamed { common: Common::default(), node, serves: true, possession };
        return session.say(context, say::draft(&named, None)?).map(drop);
    }
    let to = match &args.to {
        Some(handle) => Some(session.names.find(handle)?),
        None => None,
    };
    // Who watched until now goes on, but for the next keeper's own home.
    let offers = session.state.witnessing().offers();
    let own: Vec<PublicKey> = offers.filter(|(_, member)| Some(*member) == to).map(|(key, _)| *key).collect();
    let keeper = session.state.keeper();
    let (mut witnesses, need) =
        keeper.map_or((Vec::new(), 0), |keeper| (keeper.witnesses.clone(), keeper.quorum));
    witnesses.retain(|key| !own.contains(key));
    let fits = usize::from(need) * 2 > witnesses.len() && usize::from(need) <= witnesses.len();
    run_for(context, &session, to, witnesses, fits.then_some(need))
}

/// Hands over to the node of this member, or to the own one, with these witnesses.
///
/// # Errors
/// When the person says no, or the home refuses.
pub fn run_for(
    context: &mut Context,
    session: &Session,
    to: Option<MemberId>,
    witnesses: Vec<PublicKey>,
    need: Option<u16>,
) -> Outcome {
    let node = match to {
        Some(member) => Some(node_of(session, &member)?),
        None => None,
    };
    let quorum = quorum(session, witnesses.len(), need)?;
    let who = to.map_or_else(|| text!("handover-own"), |member| session.names.member(&member));
    let sentence = match witnesses.len() {
        0 => text!("handover-unwitnessed", who = who),
        count => text!("handover-witnessed", who = who, count = count, need = usize::from(quorum)),
    };
    context.ui.aside(Look::Strong, text!("public-for-ever", sentence = sentence));
    if to.is_some() {
        context.ui.warn(text!("handover-final"));
    }
    if !context.ui.ask_yes(&text!("handover-ask"))? {
        return Err(not_done());
    }
    let ask = Ask::HandOver { cell: session.cell.cell, to: node, witnesses, quorum };
    let term = expect_answer!(session.ask(context, ask)?, Answer::HandedOver { term } => term)?;
    context.ui.line(text!("handover-done", term = term.to_string()))?;
    context.ui.object(json!({"term": term.to_string(), "need": quorum}))
}

/// The node by which a member can keep the log.
fn node_of(session: &Session, member: &MemberId) -> Outcome<PublicKey> {
    let mut nodes = session.state.members().nodes().filter(|(_, of)| of == member);
    let node = nodes.next().map(|(node, _)| *node);
    node.ok_or_else(|| {
        Failure::new(text!("handover-no-node", handle = session.names.member(member)))
            .hint(text!("handover-no-node-hint"))
    })
}

/// How many of so many witnesses must cosign: what was asked, else what the charter asks, else more than half.
fn quorum(session: &Session, witnesses: usize, need: Option<u16>) -> Outcome<u16> {
    if witnesses == 0 {
        return Ok(0);
    }
    let fits = |need: &u16| usize::from(*need) * 2 > witnesses && usize::from(*need) <= witnesses;
    match need {
        Some(need) if fits(&need) => Ok(need),
        Some(_) => {
            Err(Failure::usage(text!("witness-bad-need", count = witnesses, least = witnesses / 2 + 1)))
        }
        None => {
            Ok(Some(session.state.charter().witnesses).filter(fits).unwrap_or((witnesses / 2 + 1) as u16))
        }
    }
}
