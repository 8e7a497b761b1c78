//! How a command comes by the member's secret key: from the agent that holds it, from a key file without
//! passphrase, or by a passphrase that is typed or read from a file. A typed passphrase unlocks the key
//! for some hours, so that it is asked once and not at each command.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::text;
use lifeboat_log::SecretKey;
use lifeboat_node::limits::AGENT_HOURS;
use lifeboat_node::{Home, Keys, agent};
use std::ffi::OsString;
use std::path::Path;

/// Tries at a passphrase before giving up.
const TRIES: usize = 3;
/// The longest passphrase file that is read, in bytes.
const MAX_PASSPHRASE_FILE: u64 = 4096;

/// The member's key of this home; a passphrase that is typed unlocks it for some hours.
///
/// # Errors
/// When there is none, or it cannot be unlocked.
pub fn member_key(context: &mut Context, home: &Home) -> Outcome<SecretKey> {
    if let Some(key) = agent::key(home) {
        return Ok(key);
    }
    let typed = Keys::of(home).member_encrypted() == Some(true) && context.global.passphrase_file.is_none();
    let key = unlocked(context, home)?;
    if typed {
        match start_agent(home, &key, AGENT_HOURS) {
            Ok(()) => context.ui.say(text!("agent-started", hours = AGENT_HOURS)),
            Err(failure) => context.ui.warn(text!("agent-failed", reason = failure.message)),
        }
    }
    Ok(key)
}

/// The member's key from its file, whatever an agent holds.
///
/// # Errors
/// When there is none, or it cannot be unlocked.
pub fn unlocked(context: &mut Context, home: &Home) -> Outcome<SecretKey> {
    let keys = Keys::of(home);
    match (keys.member_encrypted(), context.global.passphrase_file.clone()) {
        (Some(true), Some(file)) => Ok(keys.member(Some(&read_passphrase(&file)?))?),
        (Some(true), None) => ask_for_key(context, &keys),
        _ => Ok(keys.member(None)?),
    }
}

fn ask_for_key(context: &mut Context, keys: &Keys) -> Outcome<SecretKey> {
    for left in (0..TRIES).rev() {
        let passphrase = context.ui.ask_passphrase(&text!("passphrase-prompt"))?;
        match keys.member(Some(&passphrase)) {
            Err(lifeboat_node::KeyError::WrongPassphrase) if left > 0 => {
                context.ui.warn(text!("wrong-passphrase"));
            }
            other => return Ok(other?),
        }
    }
    Err(Failure::new(text!("wrong-passphrase")).hint(text!("wrong-passphrase-hint")))
}

/// Starts the agent of this home with this key.
///
/// # Errors
/// When it cannot be started.
pub fn start_agent(home: &Home, key: &SecretKey, hours: u32) -> Outcome {
    let program = std::env::current_exe()?;
    let mut arguments: Vec<OsString> = vec!["--home".into(), home.root().into()];
    arguments.extend(["agent", "hold", "--hours"].map(OsString::from));
    arguments.push(hours.to_string().into());
    Ok(agent::spawn(home, &program, &arguments, key)?)
}

/// The passphrase in the first line of a file.
///
/// # Errors
/// When the file cannot be read or its first line is empty.
pub fn read_passphrase(file: &Path) -> Outcome<String> {
    use std::io::Read;
    let open = std::fs::File::open(file).map_err(|error| Failure::file(file, &error))?;
    let mut text = String::new();
    open.take(MAX_PASSPHRASE_FILE).read_to_string(&mut text).map_err(|error| Failure::file(file, &error))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        let path = file.display().to_string();
        return Err(Failure::usage(text!("passphrase-file-empty", path = path)));
    }
    Ok(line.to_owned())
}

/// A new passphrase, typed twice; empty for none.
///
/// # Errors
/// When there is nobody to ask.
pub fn new_passphrase(context: &mut Context) -> Outcome<Option<String>> {
    if let Some(file) = context.global.passphrase_file.clone() {
        return read_passphrase(&file).map(Some);
    }
    context.ui.say(text!("passphrase-why"));
    for _ in 0..TRIES {
        let first = context.ui.ask_passphrase(&text!("passphrase-new"))?;
        if first.is_empty() {
            return Ok(None);
        }
        if context.ui.ask_passphrase(&text!("passphrase-again"))? == first {
            return Ok(Some(first));
        }
        context.ui.warn(text!("passphrase-differs"));
    }
    Err(Failure::new(text!("passphrase-differs")))
}
