//! `lifeboat witness`: who watches that the keeper tells everyone the same: offer your home, see who does,
//! change who does, and cosign the logs of others.

use crate::commands::handover;
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::say;
use crate::session::Session;
use crate::ui::{Look, plain};
use crate::{expect_answer, text};
use lifeboat_commons::Common;
use lifeboat_commons::witnessing::WitnessOffered;
use lifeboat_log::{PublicKey, Signature};
use lifeboat_node::ask::{LogSetting, OwnKey, WitnessedLogs};
use lifeboat_node::wire::Plain;
use lifeboat_node::{Answer, Ask};
use serde_json::json;

/// See, offer or change who watches that the keeper tells everyone the same
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// See who witnesses the cell, who offers to, and how far its log is witnessed
    List,
    /// Offer that your home witnesses the cell
    Offer {
        /// End the offer
        #[arg(long)]
        end: bool,
        /// Make a new witness key first: the old one was lost, damaged, or its clock was wrong
        #[arg(long, conflicts_with = "end")]
        new_key: bool,
    },
    /// Change who witnesses the cell, as its keeper: the log goes on under a new key
    Change {
        /// The members whose homes witness from now on; all who offer when left out
        #[arg(value_name = "HANDLE", conflicts_with = "none")]
        handles: Vec<String>,
        /// How many of them must cosign; more than half
        #[arg(long, value_name = "NUMBER", conflicts_with = "none")]
        need: Option<u16>,
        /// The witness key of a sibling's home too, as `lifeboat witness logs` prints it there
        #[arg(long, value_name = "KEY", conflicts_with = "none")]
        key: Vec<String>,
        /// Nobody witnesses from now on
        #[arg(long)]
        none: bool,
    },
    /// See which logs of others your home cosigns over HTTP, and your home's witness key
    Logs,
    /// Cosign a log of others from now on
    Trust {
        /// The log's key, as its operator tells it: name, id and key joined by +
        #[arg(value_name = "KEY")]
        key: String,
        /// The first line of its checkpoints, where that is not the key's name
        #[arg(long, value_name = "TEXT")]
        origin: Option<String>,
    },
    /// Cosign that log no more
    Distrust {
        /// Its origin
        #[arg(value_name = "ORIGIN")]
        origin: String,
    },
    /// Say where your node answers those logs over HTTP, from its next start on
    Serve {
        /// An address and a port, such as 127.0.0.1:8080, or off
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
}

/// Runs the command.
///
/// # Errors
/// When the rules or the home do not allow it.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    match &args.what {
        None | Some(What::List) => list(context),
        Some(What::Offer { end, new_key }) => offer(context, *end, *new_key),
        Some(What::Change { handles, need, key, none }) => {
            let session = Session::open(context)?;
            let keys = if *none { Vec::new() } else { chosen(&session, handles, key)? };
            handover::run_for(context, &session, None, keys, *need)
        }
        Some(What::Logs) => logs(context),
        Some(What::Trust { key, origin }) => {
            let named = key.split('+').next().unwrap_or_default();
            let origin = origin.clone().unwrap_or_else(|| named.to_owned());
            let mut desk = context.desk()?;
            let log = LogSetting { origin: origin.clone(), key: key.clone() };
            context.ask(&mut desk, Ask::Trust { log })?;
            context.ui.line(text!("witness-trusted", origin = plain(&origin)))
        }
        Some(What::Distrust { origin }) => {
            let mut desk = context.desk()?;
            context.ask(&mut desk, Ask::Distrust { origin: origin.clone() })?;
            context.ui.line(text!("witness-distrusted", origin = plain(origin)))
        }
        Some(What::Serve { address }) => {
            let mut desk = context.desk()?;
            let listen = if address == "off" { String::new() } else { address.clone() };
            context.ask(&mut desk, Ask::ServeWitness { listen: listen.clone() })?;
            let served = if listen.is_empty() {
                text!("witness-served-off")
            } else {
                text!("witness-served", address = plain(&listen))
            };
            context.ui.line(served)
        }
    }
}

fn list(context: &mut Context) -> Outcome {
    let session = Session::open(context)?;
    let (cell, state) = (&session.cell, &session.state);
    let offers: Vec<_> = state.witnessing().offers().collect();
    let named = state.keeper().map(|keeper| keeper.witnesses.clone()).unwrap_or_default();
    if named.is_empty() {
        context.ui.line(text!("witness-none"))?;
    } else {
        let need = usize::from(cell.quorum);
        context.ui.styled(Look::Strong, text!("witness-named", count = named.len(), need = need))?;
        let whose = |key: &PublicKey| {
            let offer = offers.iter().find(|(offered, _)| *offered == key);
            offer.map_or_else(|| text!("witness-sibling"), |(_, member)| session.names.member(member))
        };
        for key in &named {
            context.ui.line(format!("  {}", whose(key)))?;
        }
        context.ui.line(text!("witness-far", witnessed = cell.witnessed, all = cell.size))?;
        context.ui.line(text!("witness-anchored", anchored = cell.anchored))?;
    }
    let others: Vec<_> = offers.iter().filter(|(key, _)| !named.contains(key)).collect();
    if !others.is_empty() {
        context.ui.styled(Look::Strong, text!("witness-offered"))?;
        for (_, member) in &others {
            context.ui.line(format!("  {}", session.names.member(member)))?;
        }
    }
    context.ui.object(json!({
        "witnesses": named.iter().map(ToString::to_string).collect::<Vec<_>>(), "need": cell.quorum,
        "cosigned": cell.cosigned, "witnessed": cell.witnessed, "anchored": cell.anchored, "records": cell.size,
        "offers": offers.iter().map(|(key, member)| json!({
            "key": key.to_string(), "member": session.names.member(member),
        })).collect::<Vec<_>>(),
    }))
}

fn offer(context: &mut Context, end: bool, new_key: bool) -> Outcome {
    let mut session = Session::open(context)?;
    let member = session.member()?;
    let what = if new_key { OwnKey::NewWitness } else { OwnKey::Witness };
    let ask = Ask::Possession { cell: session.cell.cell, member: member.entry(), what };
    let (key, possession) = possession(&session, context, ask)?;
    let offered = match end {
        true => WitnessOffered::ends(key),
        false => WitnessOffered { common: Common::default(), key, offered: true, possession },
    };
    session.say(context, say::draft(&offered, None)?).map(drop)
}

/// What a key of this home signed.
pub fn possession(session: &Session, context: &mut Context, ask: Ask) -> Outcome<(PublicKey, Signature)> {
    expect_answer!(session.ask(context, ask)?, Answer::Possession { key, signature } => (key, signature))
}

/// The witness keys of these members, or of all who offer, and of siblings.
fn chosen(session: &Session, handles: &[String], keys: &[String]) -> Outcome<Vec<PublicKey>> {
    let offers: Vec<_> = session.state.witnessing().offers().collect();
    let keeper = session.member().ok();
    let mut chosen = Vec::new();
    for handle in handles {
        let member = session.names.find(handle)?;
        let of = offers.iter().filter(|(_, offering)| *offering == member).map(|(key, _)| **key);
        let before = chosen.len();
        chosen.extend(of);
        if chosen.len() == before {
            return Err(Failure::new(text!("witness-not-offered", handle = session.names.member(&member)))
                .hint(text!("witness-not-offered-hint")));
        }
    }
    if handles.is_empty() && keys.is_empty() {
        // The keeper's own home would watch itself.
        chosen.extend(offers.iter().filter(|(_, member)| Some(*member) != keeper).map(|(key, _)| **key));
        if chosen.is_empty() {
            return Err(Failure::new(text!("witness-nobody")).hint(text!("witness-not-offered-hint")));
        }
    }
    for key in keys {
        let read = key.split('+').next().and_then(|name| name.strip_prefix("lifeboat/witness/"));
        let read = read.unwrap_or(key.as_str());
        let bad = || Failure::usage(text!("witness-bad-key", key = plain(key)));
        chosen.push(PublicKey::read(read).ok_or_else(bad)?);
    }
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

fn logs(context: &mut Context) -> Outcome {
    let mut desk = context.desk()?;
    let logs: WitnessedLogs = expect_answer!(context.ask(&mut desk, Ask::Logs)?, Answer::Logs(logs) => logs)?;
    context.ui.line(text!("witness-key", key = &logs.key))?;
    let served = match logs.listen.as_str() {
        "" => text!("witness-served-off"),
        listen => text!("witness-served", address = plain(listen)),
    };
    context.ui.line(served)?;
    context.ui.table(&logs.logs.iter().map(|log| vec![plain(&log.origin)]).collect::<Vec<_>>())?;
    context.ui.object(json!({
        "key": logs.key, "listen": logs.listen,
        "logs": logs.logs.iter().map(|log| json!({"origin": log.origin, "key": log.key})).collect::<Vec<_>>(),
    }))
}
