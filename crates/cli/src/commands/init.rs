//! `lifeboat init`: makes the home of a person, with their key.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::{reference, text, unlock};
use lifeboat_node::{Home, Keys, Settings};
use serde_json::json;

/// Make your home: your key and your settings
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The handle under which your neighbours shall know you
    #[arg(long = "as", value_name = "HANDLE")]
    handle: String,
    /// Keep the key without a passphrase: who can read your files can then sign for you
    #[arg(long)]
    no_passphrase: bool,
    /// Where your node shall listen, such as /ip4/0.0.0.0/tcp/4001; any free port when left out
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// Do not look for homes on the local network
    #[arg(long)]
    no_mdns: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is a home already, or it cannot be written.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let handle = reference::handle(&args.handle).map_err(Failure::usage)?;
    let folder = context.home_folder()?;
    if Home::at(&folder).exists() {
        return Err(lifeboat_node::HomeError::Exists(folder).into());
    }
    super::node::check_addresses(&args.listen)?;
    let passphrase = if args.no_passphrase { None } else { unlock::new_passphrase(context)? };
    let settings = Settings {
        handle: handle.clone(),
        listen: args.listen.clone(),
        mdns: args.no_mdns.then_some(false),
        ..Settings::default()
    };
    let home = Home::create(&folder, &settings)?;
    let keys = Keys::of(&home);
    let key = keys.create_member(passphrase.as_deref())?;
    keys.node()?;
    let path = home.root().display().to_string();
    context.ui.line(text!("init-done", handle = &handle, path = &path))?;
    if passphrase.is_none() {
        context.ui.warn(text!("init-no-passphrase"));
    }
    context.ui.say(text!("init-next"));
    context.ui.object(json!({
        "handle": handle, "home": path, "key": key.public().to_string(), "encrypted": passphrase.is_some(),
    }))
}
