//! `lifeboat key`: the keys that serve the member: list them, bring in another device with a key of its
//! own, end one, and what to do when one is lost.

use crate::context::{Context, random};
use crate::day::{self, Toward};
use crate::device::{DeviceInvite, DeviceReply};
use crate::error::{Failure, Outcome};
use crate::paper;
use crate::say;
use crate::sentence::key_mark;
use crate::session::Session;
use crate::ui::plain;
use crate::{expect_answer, picture, text, unlock};
use lifeboat_commons::membership::{HandleChanged, KeyAdded, KeyEnded, NodeNamed};
use lifeboat_commons::{Common, Powers};
use lifeboat_log::{DetailTag, PublicKey, SecretKey, Time};
use lifeboat_node::{Answer, Ask, Desk};
use serde_json::json;

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
    /// Print a code with which another device of yours makes a key of its own
    Invite,
    /// On the other device: make a key there and print the answer for the first one
    Join {
        /// The code that the first device printed: lifeboat-device:...
        #[arg(value_name = "CODE")]
        code: String,
        /// When this makes your home: the handle under which your neighbours know you
        #[arg(long = "as", value_name = "HANDLE")]
        handle: Option<String>,
        /// When this makes your home: keep the key without a passphrase
        #[arg(long)]
        no_passphrase: bool,
    },
    /// Let the key of another device serve you, by the answer that it printed
    Add {
        /// The answer of the other device: lifeboat-key:...
        #[arg(value_name = "ANSWER")]
        answer: String,
        /// The last day of the key
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
        /// It may sign entries and nothing else: no vouching, no adding of keys
        #[arg(long)]
        sign_only: bool,
    },
    /// Make a new key here in the place of one that is lost, stolen or locked for ever
    Lost {
        /// Keep the new key without a passphrase
        #[arg(long)]
        no_passphrase: bool,
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
    Node {
        /// Make the node a new key first, where keys/node.key is lost: to the others this is another home then
        #[arg(long)]
        new: bool,
    },
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
    match &args.what {
        Some(What::Join { code, handle, no_passphrase }) => {
            return join(context, code, handle.as_deref(), *no_passphrase);
        }
        Some(What::Lost { no_passphrase }) => return lost(context, *no_passphrase),
        Some(What::Node { new: true }) => {
            lifeboat_node::Keys::of(&context.home()?).new_node()?;
            context.ui.say(text!("key-node-new"));
        }
        _ => {}
    }
    let mut session = Session::open(context)?;
    match &args.what {
        None | Some(What::List | What::Join { .. } | What::Lost { .. }) => list(context, &session),
        Some(What::Invite) => invite(context, &session),
        Some(What::Add { answer, until, sign_only }) => {
            let added = added(&session, answer, until.as_deref(), *sign_only)?;
            session.say(context, say::draft(&added, None)?).map(drop)
        }
        Some(What::Paper) => paper_key(context, &mut session),
        Some(What::End { key }) => {
            let key = own_key(&session, key)?;
            let ended = KeyEnded { common: Common::default(), key };
            session.say(context, say::draft(&ended, None)?).map(drop)
        }
        Some(What::Node { .. }) => {
            let node = lifeboat_node::Keys::of(&session.home).node()?;
            let named = NodeNamed::sign(session.cell.cell, session.member()?, &node);
            session.say(context, say::draft(&named, None)?).map(drop)
        }
        Some(What::Rename { handle }) => {
            let handle = crate::reference::handle(handle).map_err(Failure::usage)?;
            if session.names.is_of_other(&handle, &session.member()?) {
                return Err(Failure::new(text!("vouch-same-handle", handle = &handle))
                    .hint(text!("rename-same-handle-hint")));
            }
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

/// Prints the code for another device.
fn invite(context: &mut Context, session: &Session) -> Outcome {
    let member = session.member()?;
    let answer = session.ask(context, Ask::Card { cell: session.cell.cell })?;
    let card = expect_answer!(answer, Answer::Card(card) => card)?;
    let code = DeviceInvite { member, card: card.link }.write();
    context.ui.line(&code)?;
    context.ui.say(text!("device-invite-next"));
    picture::show(context, &code)?;
    context.ui.object(json!({"device": code}))
}

/// On the other device: follows the cell, and answers with a key of its own.
fn join(context: &mut Context, code: &str, handle: Option<&str>, no_passphrase: bool) -> Outcome {
    let unreadable = || Failure::usage(text!("device-code-bad")).hint(text!("device-code-bad-hint"));
    let invite = DeviceInvite::read(code).ok_or_else(unreadable)?;
    let home = crate::commands::join::home(context, handle, no_passphrase)?;
    let key = unlock::member_key(context, &home)?;
    let mut desk = Desk::open(&home)?;
    let answer = context.ask(&mut desk, Ask::Follow { link: invite.card.clone() })?;
    let cell = expect_answer!(answer, Answer::Following { cell, .. } => cell)?;
    let signed = KeyAdded::sign(cell, invite.member, &key, Powers::HOME, Time::ZERO);
    let reply = DeviceReply { cell, member: invite.member, key: key.public(), possession: signed.possession };
    let code = reply.write();
    context.ui.line(&code)?;
    context.ui.say(text!("device-reply-next", key = key_mark(&key.public())));
    picture::show(context, &code)?;
    context.ui.object(json!({"reply": code, "key": key.public().to_string(), "cell": cell.to_string()}))
}

/// Makes a new key in this home, and says how it comes to speak for its member.
fn lost(context: &mut Context, no_passphrase: bool) -> Outcome {
    let home = context.home()?;
    let keys = lifeboat_node::Keys::of(&home);
    if !context.ui.ask_yes(&text!("key-lost-ask"))? {
        return Err(crate::session::not_done());
    }
    let passphrase = if no_passphrase { None } else { unlock::new_passphrase(context)? };
    lifeboat_node::agent::forget(&home);
    let kept = if keys.member_encrypted().is_some() { 1 } else { 0 };
    let key = keys.replace_member(passphrase.as_deref())?;
    context.ui.line(text!("key-lost-done", key = key_mark(&key.public()), kept = kept))?;
    context.ui.line(text!("key-lost-next"))?;
    context.ui.object(json!({"key": key.public().to_string(), "encrypted": passphrase.is_some()}))
}

fn added(session: &Session, answer: &str, until: Option<&str>, sign_only: bool) -> Outcome<KeyAdded> {
    let member = session.member()?;
    let unreadable = || Failure::usage(text!("device-answer-bad")).hint(text!("device-answer-bad-hint"));
    let reply = DeviceReply::read(answer).ok_or_else(unreadable)?;
    if (reply.cell, reply.member) != (session.cell.cell, member) {
        return Err(Failure::usage(text!("device-answer-other")).hint(text!("device-answer-bad-hint")));
    }
    let until = match until {
        Some(written) => {
            let date = day::parse(written, session.today, Toward::Future)
                .map_err(|bad| Failure::usage(bad.text()))?;
            say::end_of(session, date)
        }
        None => Time::ZERO,
    };
    let powers = if sign_only { Powers::SIGN } else { Powers::HOME };
    let DeviceReply { key, possession, .. } = reply;
    Ok(KeyAdded { common: Common::default(), key, powers, until, possession })
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
