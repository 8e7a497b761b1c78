//! `lifeboat vouch`: shows who has knocked, and vouches for one after the words were compared.

use crate::context::Context;
use crate::error::{Code, Failure, Outcome};
use crate::session::{Draft, Session};
use crate::ui::plain;
use crate::{day, expect_answer, text, words};
use lifeboat_commons::membership::Vouch;
use lifeboat_commons::{Acceptance, Common, compose};
use lifeboat_log::{Detail, DetailTag, codec};
use lifeboat_node::ask::{Fate, KnockItem};
use lifeboat_node::{Answer, Ask};
use serde_json::json;

/// Vouch for a newcomer, once you have heard their words
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The newcomer's handle; all who have knocked when left out
    #[arg(value_name = "HANDLE")]
    handle: Option<String>,
    /// The words that the newcomer has read to you, instead of being asked
    #[arg(long, value_name = "WORDS", num_args = 1..=7)]
    words: Vec<String>,
    /// The member whose lost key the newcomer's key replaces
    #[arg(long, value_name = "HANDLE")]
    replaces: Option<String>,
    /// It is somebody else than the member who goes by the same handle
    #[arg(long, conflicts_with = "replaces")]
    somebody_else: bool,
}

/// Runs the command.
///
/// # Errors
/// When nobody of this handle has knocked, or the words differ.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let answer = session.ask(context, Ask::Knocks { cell: session.cell.cell })?;
    let knocks = expect_answer!(answer, Answer::Knocks(knocks) => knocks)?;
    let Some(handle) = &args.handle else { return list(context, &knocks) };
    let knock = choose(&session, &knocks, handle, &args.words)?;
    tell_apart(&session, args, knock)?;
    let draft = draft(&session, args, knock)?;
    let fate = session.say_if(context, draft, |context| hear(context, args, knock))?;
    if let Fate::Placed { .. } = fate {
        session.refresh(context)?;
        tell(context, &session, knock)?;
    }
    Ok(())
}

fn list(context: &mut Context, knocks: &[KnockItem]) -> Outcome {
    if knocks.is_empty() {
        context.ui.say(text!("knocks-none"));
    }
    for knock in knocks {
        let spoken = words::of_numbers(&knock.words);
        context.ui.line(text!("knock", handle = plain(&knock.text), words = &spoken))?;
        context.ui.object(json!({
            "handle": knock.text, "words": spoken, "key": knock.key.to_string(), "expires_ms": knock.expires.ms(),
        }))?;
    }
    Ok(())
}

/// The one who has knocked under this handle; of several the one who reads these words.
///
/// # Errors
/// When nobody has, or two whom no words tell apart, or they are a member already.
pub fn choose<'a>(
    session: &Session,
    knocks: &'a [KnockItem],
    handle: &str,
    said: &[String],
) -> Outcome<&'a KnockItem> {
    let wanted = handle.trim().trim_start_matches('@').to_lowercase();
    let mut found: Vec<&KnockItem> =
        knocks.iter().filter(|knock| knock.text.to_lowercase() == wanted).collect();
    if found.len() > 1 && !said.is_empty() {
        let said = said.join(" ").to_lowercase();
        found.retain(|knock| reads(knock, &said));
        if found.is_empty() {
            return Err(differ());
        }
    }
    match (found.first().copied(), found.get(1)) {
        (Some(knock), None) => Ok(knock),
        (Some(_), Some(_)) => {
            let handle = plain(handle);
            Err(Failure::new(text!("knock-twice", handle = &handle))
                .hint(text!("knock-twice-hint", handle = handle)))
        }
        (None, _) if is_member(session, handle) => {
            Err(Failure::new(text!("vouch-member-already", handle = plain(handle))))
        }
        (None, _) => {
            Err(Failure::new(text!("knock-missing", handle = plain(handle)))
                .hint(text!("knock-missing-hint")))
        }
    }
}

fn is_member(session: &Session, handle: &str) -> bool {
    let id = session.names.find(handle).ok();
    id.and_then(|id| session.state.members().get(&id)).is_some_and(|member| member.is_active())
}

/// A member who comes with a new key is not to become a second person by mistake.
fn tell_apart(session: &Session, args: &Args, knock: &KnockItem) -> Outcome {
    let members = session.state.members();
    let known = session.names.find(&knock.text).ok().and_then(|id| members.get(&id));
    if args.replaces.is_some() || args.somebody_else || known.is_none_or(|member| member.left.is_some()) {
        return Ok(());
    }
    let handle = plain(&knock.text);
    Err(Failure::new(text!("vouch-same-handle", handle = &handle))
        .hint(text!("vouch-same-handle-hint", handle = &handle)))
}

/// The words must be what the newcomer reads. A vouch without them would vouch for anybody's key, so
/// `--yes` does not answer this question: scripts give the words themselves.
fn hear(context: &mut Context, args: &Args, knock: &KnockItem) -> Outcome {
    let spoken = words::of_numbers(&knock.words);
    if !args.words.is_empty() {
        let given = args.words.join(" ").to_lowercase();
        let (count, needed) = (given.split_whitespace().count(), spoken.split_whitespace().count());
        if count != needed {
            return Err(Failure::usage(text!("words-count", given = count, needed = needed))
                .hint(text!("words-count-hint")));
        }
        return if reads(knock, &given) { Ok(()) } else { Err(differ()) };
    }
    if context.ui.says_yes() {
        return Err(Failure::with(Code::Usage, text!("words-needed")).hint(text!("words-needed-hint")));
    }
    let question = text!("words-ask", handle = plain(&knock.text), words = &spoken);
    let answer = context.ui.ask_line(&question)?.to_lowercase();
    // No is the answer of who just presses Enter.
    if text!("word-yes").split(' ').any(|word| word == answer) { Ok(()) } else { Err(differ()) }
}

/// Whether these, in lower case, are the words that somebody who knocks reads aloud.
fn reads(knock: &KnockItem, said: &str) -> bool {
    said.split_whitespace().eq(words::of_numbers(&knock.words).split_whitespace())
}

fn differ() -> Failure {
    Failure::new(text!("words-differ")).hint(text!("words-differ-hint"))
}

fn draft(session: &Session, args: &Args, knock: &KnockItem) -> Outcome<Draft> {
    let unreadable = || Failure::new(text!("knock-unreadable")).hint(text!("knock-unreadable-hint"));
    let acceptance: Acceptance =
        codec::decode(&knock.acceptance).map_err(|error| unreadable().because(error))?;
    let detail = Detail::from_bytes(knock.handle.to_vec()).ok_or_else(unreadable)?;
    let replaces = args.replaces.as_ref().map(|handle| session.names.find(handle)).transpose()?;
    let vouch = Vouch { common: Common::default(), acceptance, replaces };
    let said = compose(&vouch).map_err(|error| unreadable().because(error))?;
    Ok(Draft { carried: vec![(DetailTag::HANDLE, detail)], ..Draft::plain(said) })
}

/// Says whether the newcomer is a member now, or how many vouches are still missing.
fn tell(context: &mut Context, session: &Session, knock: &KnockItem) -> Outcome {
    let members = session.state.members();
    let handle = plain(&knock.text);
    if let Some(id) = members.of_key(&knock.key) {
        let from = members.get(&id).map_or(session.now, |member| member.vote_from);
        let from = day::long(day::of_moment(from.ms(), &session.zone), session.today);
        return context.ui.line(text!("vouch-member", handle = handle, from = from));
    }
    let needed = session.state.charter().vouching.needed(members.active().count());
    let candidate = members.candidates().find(|(key, _)| **key == knock.key);
    let counted = candidate.map_or(0, |(_, candidate)| members.counted(candidate));
    context.ui.line(text!("vouch-more", handle = handle, missing = needed.saturating_sub(counted)))
}
