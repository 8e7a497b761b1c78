//! `lifeboat join`: accepts an invite and knocks at the cell; prints the words to read aloud.

use crate::context::{Context, clock, random};
use crate::error::{Failure, Outcome};
use crate::ui::plain;
use crate::{expect_answer, reference, text, unlock, words};
use lifeboat_commons::Acceptance;
use lifeboat_log::{Detail, Time, codec};
use lifeboat_node::ask::CardText;
use lifeboat_node::{Answer, Ask, Desk, Home, Keys, Settings};
use lifeboat_protocol::CellCard;
use serde_json::json;

/// Seconds to try to reach somebody when the person does not say otherwise.
const WAIT: u64 = 15;
/// How long members may vouch for an acceptance whose invite names no end.
const LIFETIME_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// Join a cell by an invite
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The invite, as it was given to you: lifeboat:oak-street/...
    #[arg(value_name = "INVITE")]
    invite: String,
    /// The handle under which the members shall know you; that of your home when left out
    #[arg(long = "as", value_name = "HANDLE")]
    handle: Option<String>,
    /// When this makes your home: keep the key without a passphrase
    #[arg(long)]
    no_passphrase: bool,
    /// You are a member whose key was lost or stolen: the key of this home replaces it
    #[arg(long)]
    lost: bool,
}

/// Runs the command.
///
/// # Errors
/// When the invite cannot be read or is over.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    // A link that cannot be read makes no home.
    if let Err(bad) = args.invite.parse::<CellCard>() {
        return Err(Failure::new(bad.to_string()).hint(text!("join-bad-hint")));
    }
    let home = home(context, args.handle.as_deref(), args.no_passphrase)?;
    let handle = match &args.handle {
        Some(handle) => reference::handle(handle).map_err(Failure::usage)?,
        None => home.settings()?.handle,
    };
    let mut desk = Desk::open(&home)?;
    let card = expect_answer!(context.ask(&mut desk, Ask::ReadLink { link: args.invite.clone() })?, Answer::Card(card) => card)?;
    let acceptance = accept(context, &home, &card, &handle)?;
    let (acceptance, detail) = acceptance;
    let ask = Ask::Join {
        link: args.invite.clone(),
        acceptance: codec::encode(&acceptance).into(),
        handle: detail.as_bytes().into(),
        wait_ms: context.wait_ms(WAIT),
    };
    let joined = expect_answer!(context.ask(&mut desk, ask)?, Answer::Joined(joined) => joined)?;
    let name = plain(&joined.name);
    match &joined.words {
        Some(spoken) => {
            words::show(context, spoken)?;
            let next =
                if args.lost { text!("join-lost-next", handle = plain(&handle)) } else { text!("join-next") };
            context.ui.say(next);
        }
        None if joined.delivered => context.ui.line(text!("join-delivered", name = name))?,
        None => {
            context.ui.line(text!("join-waiting", name = name))?;
            context.ui.say(text!("join-waiting-next"));
        }
    }
    context.ui.object(json!({
        "cell": joined.cell.to_string(), "name": joined.name, "delivered": joined.delivered,
        "words": joined.words.as_ref().map(|spoken| words::of_numbers(&spoken.words)),
        "words_for_others": joined.words.as_ref().map(|spoken| words::of_numbers(&spoken.others)),
    }))
}

/// The home; made now when there is none, so that a newcomer needs one command.
///
/// # Errors
/// When it cannot be made, or has no key.
pub fn home(context: &mut Context, handle: Option<&str>, no_passphrase: bool) -> Outcome<Home> {
    let folder = context.home_folder()?;
    if Home::at(&folder).exists() {
        let home = context.home()?;
        if Keys::of(&home).member_encrypted().is_none() {
            return Err(lifeboat_node::KeyError::NoMember.into());
        }
        return Ok(home);
    }
    let Some(handle) = handle else {
        return Err(Failure::usage(text!("join-no-handle")).hint(text!("join-no-handle-hint")));
    };
    let handle = reference::handle(handle).map_err(Failure::usage)?;
    let passphrase = if no_passphrase { None } else { unlock::new_passphrase(context)? };
    let home = Home::create(&folder, &Settings { handle, ..Settings::default() })?;
    let keys = Keys::of(&home);
    let key = keys.create_member(passphrase.as_deref())?;
    if passphrase.is_none() {
        context.ui.warn(text!("init-no-passphrase"));
    } else if context.global.passphrase_file.is_none() {
        // The passphrase was typed a moment ago: it is not asked again.
        unlock::start_agent(&home, &key, lifeboat_node::limits::AGENT_HOURS)?;
    }
    Ok(home)
}

fn accept(
    context: &mut Context,
    home: &Home,
    card: &CardText,
    handle: &str,
) -> Outcome<(Acceptance, Detail)> {
    let Some(invite) = card.invite else {
        return Err(Failure::usage(text!("join-card")).hint(text!("join-card-hint")));
    };
    let now = clock();
    let expiry = if card.expires == Time::ZERO { now.plus_ms(LIFETIME_MS) } else { card.expires };
    if expiry <= now {
        return Err(Failure::new(text!("join-expired")).hint(text!("join-expired-hint")));
    }
    let key = unlock::member_key(context, home)?;
    let detail = Detail::open(random()?, handle).ok_or_else(|| Failure::usage(text!("note-too-long")))?;
    Ok((Acceptance::sign(card.cell, invite.0, detail.hash(), expiry, &key), detail))
}
