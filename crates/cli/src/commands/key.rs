//! `lifeboat key`: the keys that serve the member: list them, add one for another device, end one.

use crate::context::{Context, random};
use crate::day::{self, Toward};
use crate::error::{Failure, Outcome};
use crate::paper;
use crate::say;
use crate::sentence::key_mark;
use crate::session::Session;
use crate::text;
use crate::ui::plain;
use lifeboat_commons::membership::{HandleChanged, KeyAdded, KeyEnded, NodeNamed};
use lifeboat_commons::{Common, Powers};
use lifeboat_log::{DetailTag, PublicKey, SecretKey, Time};
use serde_json::json;
use std::path::PathBuf;

/// See your keys, add one for another device, or end one
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the keys that serve you
    List,
    /// Let a further key serve you: the key file of another home of yours
    Add {
        /// The folder of the other home, on this computer or a stick; its key must have no passphrase
        #[arg(value_name = "FOLDER")]
        home: PathBuf,
        /// The last day of the key
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
        /// It may sign entries and nothing else: no vouching, no adding of keys
        #[arg(long)]
        sign_only: bool,
    },
    /// Make a paper key, which can do nothing but endorse a takeover: 24 words
    Paper,
    /// End a key, such as that of a lost phone
    End {
        /// The first letters of the key, as listed
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Name this home's node as one of yours, so that private texts are kept here too
    Node,
    /// Go by another handle
    Rename {
        /// The new handle
        #[arg(value_name = "HANDLE")]
        handle: String,
    },
}

/// Runs the command.
///
/// # Errors
/// When the key cannot be found, or the rules do not allow it.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    match &args.what {
        None | Some(What::List) => list(context, &session),
        Some(What::Add { home, until, sign_only }) => {
            let added = added(&session, home, until.as_deref(), *sign_only)?;
            session.say(context, say::draft(&added, None)?).map(drop)
        }
        Some(What::Paper) => paper_key(context, &mut session),
        Some(What::End { key }) => {
            let key = own_key(&session, key)?;
            let ended = KeyEnded { common: Common::default(), key };
            session.say(context, say::draft(&ended, None)?).map(drop)
        }
        Some(What::Node) => {
            let node = lifeboat_node::Keys::of(&session.home).node()?;
            let named = NodeNamed::sign(session.cell.cell, session.member()?, &node);
            session.say(context, say::draft(&named, None)?).map(drop)
        }
        Some(What::Rename { handle }) => {
            let handle = crate::reference::handle(handle).map_err(Failure::usage)?;
            let mut draft = say::draft(&HandleChanged { common: Common::default() }, None)?;
            draft.details.push((DetailTag::HANDLE, handle));
            session.say(context, draft).map(drop)
        }
    }
}

fn list(context: &mut Context, session: &Session) -> Outcome {
    let member = session.member()?;
    let here = session.home.member_key();
    let mut rows = Vec::new();
    for (key, known) in session.state.members().keys_of(member) {
        let state = if !known.is_live(session.now) {
            text!("key-over")
        } else if known.until == Time::ZERO {
            text!("key-in-force")
        } else {
            let last = day::of_moment(known.until.ms().saturating_sub(1), &session.zone);
            text!("key-until", day = day::long(last, session.today))
        };
        let here = if Some(*key) == here { text!("key-here") } else { String::new() };
        rows.push(vec![key_mark(key), state, powers(known.powers), here]);
        context.ui.object(json!({
            "key": key.to_string(), "live": known.is_live(session.now), "until_ms": known.until.ms(),
            "powers": known.powers.bits(), "here": Some(*key) == session.home.member_key(),
        }))?;
    }
    context.ui.table(&rows)
}

/// Makes a key that can only endorse, and shows its words once it serves the member.
fn paper_key(context: &mut Context, session: &mut Session) -> Outcome {
    let member = session.member()?;
    let key = SecretKey::from_seed(&random()?);
    let added = KeyAdded::sign(session.cell.cell, member, &key, Powers::ENDORSE, Time::ZERO);
    session.say(context, say::draft(&added, None)?)?;
    context.ui.say(text!("paper-made"));
    context.ui.line(paper::to_words(&key))?;
    context.ui.object(json!({"words": paper::to_words(&key), "key": key.public().to_string()}))
}

fn powers(powers: Powers) -> String {
    match powers {
        Powers::HOME => text!("key-all"),
        Powers::ENDORSE => text!("key-endorses"),
        _ => text!("key-some"),
    }
}

fn added(
    session: &Session,
    home: &std::path::Path,
    until: Option<&str>,
    sign_only: bool,
) -> Outcome<KeyAdded> {
    let member = session.member()?;
    let other = lifeboat_node::Home::open(home)?;
    let key: SecretKey = lifeboat_node::Keys::of(&other).member(None)?;
    let until = match until {
        Some(written) => {
            let date = day::parse(written, session.today, Toward::Future)
                .map_err(|bad| Failure::usage(bad.text()))?;
            say::end_of(session, date)
        }
        None => Time::ZERO,
    };
    let powers = if sign_only { Powers::SIGN } else { Powers::HOME };
    Ok(KeyAdded::sign(session.cell.cell, member, &key, powers, until))
}

fn own_key(session: &Session, written: &str) -> Outcome<PublicKey> {
    let member = session.member()?;
    let wanted = written.trim().to_lowercase();
    let keys = session.state.members().keys_of(member);
    let mut found = keys.filter(|(key, _)| wanted.len() >= 4 && key.to_string().starts_with(&wanted));
    match (found.next(), found.next()) {
        (Some((key, _)), None) => Ok(*key),
        _ => Err(Failure::usage(text!("key-unknown", key = plain(written))).hint(text!("key-unknown-hint"))),
    }
}
