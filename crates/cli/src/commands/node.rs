//! `lifeboat node`: runs the node of a home, here or in the background, ends it, or says how it is.

use crate::context::Context;
use crate::error::{Code, Failure, Outcome};
use crate::ui::plain;
use crate::{cells, text};
use lifeboat_node::control::Control;
use lifeboat_node::{Ask, Desk, Home, NodeOptions, background};
use serde_json::json;
use std::ffi::OsString;

/// Run the node, which takes in entries and brings them to other homes
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    /// Run it in the background and come back at once
    #[arg(long)]
    background: bool,
    /// Where to listen from now on, such as /ip4/0.0.0.0/tcp/4001
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// Where the whole internet reaches it: a port that you opened in your router, or a server's address
    #[arg(long, value_name = "ADDRESS")]
    public: Vec<String>,
    /// Connect to this address, and remember it
    #[arg(long, value_name = "ADDRESS")]
    connect: Vec<String>,
    /// Vouch that this home was not restored from a backup: it signs at once, and asks no witness first
    #[arg(long)]
    disk_not_restored: bool,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Clone, Copy, clap::Subcommand)]
enum What {
    /// End the node of this home
    Stop,
    /// Say how the node of this home is
    Status,
}

/// Runs the command.
///
/// # Errors
/// Exit code 11 when another process holds the home.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let home = context.home()?;
    match args.what {
        Some(What::Stop) => stop(context, &home),
        Some(What::Status) => status(context, &home),
        None => {
            check_addresses(args.listen.iter().chain(&args.public).chain(&args.connect))?;
            if !args.connect.is_empty() && Control::connect(&home).is_some() {
                return connect(context, &home, args);
            }
            settle(&home, args)?;
            let vouched = args.disk_not_restored;
            if args.background { start(context, &home, vouched) } else { stay(context, &home, vouched) }
        }
    }
}

/// Refuses what is no address, before anything remembers it.
///
/// # Errors
/// When one of them is none: an example.
pub fn check_addresses<'a>(addresses: impl IntoIterator<Item = &'a String>) -> Outcome {
    for address in addresses {
        lifeboat_node::check_addr(address).map_err(|bad| {
            Failure::usage(text!("address-unfit", address = plain(address)))
                .because(bad)
                .hint(text!("address-unfit-hint"))
        })?;
    }
    Ok(())
}

/// Writes new addresses into the settings before the node reads them.
fn settle(home: &Home, args: &Args) -> Outcome {
    if args.listen.is_empty() && args.public.is_empty() && args.connect.is_empty() {
        return Ok(());
    }
    if Control::connect(home).is_some() {
        return Err(settled());
    }
    let mut settings = home.settings()?;
    if !args.listen.is_empty() {
        settings.listen.clone_from(&args.listen);
    }
    if !args.public.is_empty() {
        settings.public.clone_from(&args.public);
    }
    for address in &args.connect {
        if !settings.addresses.contains(address) {
            settings.addresses.push(address.clone());
        }
    }
    Ok(home.save_settings(&settings)?)
}

/// A running node has read where to listen: it would count at its next start, and nobody would know why.
fn settled() -> Failure {
    Failure::with(Code::StoreInUse, text!("node-settled")).hint(text!("node-settled-hint"))
}

/// Lets the node that runs here connect to these addresses, which it remembers.
fn connect(context: &mut Context, home: &Home, args: &Args) -> Outcome {
    if !args.listen.is_empty() || !args.public.is_empty() {
        return Err(settled());
    }
    let mut desk = Desk::open(home)?;
    for address in &args.connect {
        context.ask(&mut desk, Ask::Connect { address: address.clone() })?;
        context.ui.line(text!("node-connected", address = plain(address)))?;
        context.ui.object(json!({"running": true, "started": false, "connected": address}))?;
    }
    Ok(())
}

fn start(context: &mut Context, home: &Home, vouched: bool) -> Outcome {
    if Control::connect(home).is_some() {
        if vouched {
            return Err(Failure::with(Code::StoreInUse, text!("node-vouched-too-late")));
        }
        context.ui.line(text!("node-running-already"))?;
        return context.ui.object(json!({"running": true, "started": false}));
    }
    let program = std::env::current_exe()?;
    let mut arguments: Vec<OsString> = vec!["--home".into(), home.root().into(), "node".into()];
    arguments.extend(vouched.then(|| "--disk-not-restored".into()));
    let process = background::start_node(home, &program, &arguments)?;
    context.ui.line(text!("node-started"))?;
    context.ui.object(json!({"running": true, "started": true, "process": process}))
}

/// Runs the node in this process until it is told to stop.
fn stay(context: &mut Context, home: &Home, vouched: bool) -> Outcome {
    let (ui, json) = (&mut context.ui, context.global.json);
    let mut told = Ok(());
    let options = NodeOptions { not_restored: vouched, ..NodeOptions::default() };
    lifeboat_node::node::run(home, &options, |addresses| {
        told = (|| {
            if json {
                ui.object(json!({"running": true, "addresses": addresses}))?;
            } else {
                ui.say(text!("node-here"));
                for address in addresses {
                    ui.say(format!("  {}", plain(address)));
                }
            }
            ui.finish()
        })();
    })?;
    told
}

fn stop(context: &mut Context, home: &Home) -> Outcome {
    let stopped = background::stop_node(home)?;
    context.ui.line(if stopped { text!("node-stopped") } else { text!("node-not-running") })?;
    context.ui.object(json!({"running": false, "stopped": stopped}))
}

fn status(context: &mut Context, home: &Home) -> Outcome {
    if Control::connect(home).is_none() {
        context.ui.line(text!("node-not-running"))?;
        return context.ui.object(json!({"running": false}));
    }
    let mut desk = Desk::open(home)?;
    let overview = cells::overview(context, &mut desk)?;
    let connected = overview.peers.iter().filter(|peer| peer.connected).count();
    context.ui.line(text!("node-running", peers = connected))?;
    let relayed = overview.peers.iter().filter(|peer| peer.relayed).count();
    if relayed > 0 {
        context.ui.line(format!("  {}", text!("node-relayed", count = relayed)))?;
    }
    for address in &overview.addresses {
        context.ui.line(format!("  {}", plain(address)))?;
    }
    let peers = overview.peers.iter().map(|peer| {
        json!({
            "key": peer.key.to_string(), "addresses": peer.addresses, "connected": peer.connected,
            "relayed": peer.relayed,
        })
    });
    context.ui.object(json!({
        "running": overview.node_running, "node": overview.node_key.to_string(),
        "addresses": overview.addresses, "peers": peers.collect::<Vec<_>>(),
        "since_ms": overview.running_since.map(|time| time.ms()),
    }))
}
