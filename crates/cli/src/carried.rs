//! What a decision carries, made by the words of another command: its payload, and the texts that belong to
//! it. So whatever a command can sign, a decision can carry, and nobody need learn it twice.

use crate::args::Cli;
use crate::context::{Context, random};
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session, read_record};
use crate::ui::plain;
use crate::{drafts, reasons, text};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use lifeboat_commons::decisions::DecisionStatement;
use lifeboat_commons::{BadBody, Payload, Reason, Statement};
use lifeboat_log::detail::SALT_LEN;
use lifeboat_log::{Detail, DetailTag, EntryId, Time};
use lifeboat_node::ask::{Entered, Reference};
use lifeboat_node::{Answer, Ask, Keys, sealed};

/// Options for every command that have a value and choose the home or the cell.
const WHERE: [&str; 2] = ["--home", "--cell"];
/// Other options for every command that have a value.
const HOW: [&str; 2] = ["--wait", "--passphrase-file"];
/// Options for every command that have none.
const FLAGS: [&str; 3] = ["--yes", "-y", "--json"];

/// What a decision carries.
#[derive(Debug, Clone)]
pub struct Carried {
    /// What it says.
    pub payload: Payload,
    /// The details that belong to it, each with its end.
    pub details: Vec<(DetailTag, Detail, Time)>,
    /// Entries that must stand before the proposal.
    pub after: Vec<EntryId>,
}

impl Carried {
    /// What a decision carries that shall say the same as this draft.
    ///
    /// # Errors
    /// When a decision cannot carry it.
    pub fn of(draft: Draft) -> Outcome<Self> {
        let details = details(&draft)?;
        let unfit = |bad: BadBody| Failure::usage(reasons::text(&Reason::Body(bad)));
        let payload = Payload::new(draft.said).map_err(unfit)?;
        let paper = payload.statement().ok().and_then(|said| said.common().and_then(|common| common.paper));
        if paper.is_some_and(|paper| paper.photo.is_some()) {
            return Err(Failure::usage(text!("carries-no-photo")));
        }
        Ok(Self { payload, details, after: draft.after })
    }

    /// Tries it as if it were decided at this time.
    ///
    /// # Errors
    /// The reason for which it would change nothing.
    pub fn try_out(&self, session: &Session, time: Time) -> Outcome {
        let proposer = (session.member()?, Keys::of(&session.home).member_public()?);
        let named: Vec<_> = self.details.iter().map(|(tag, text, end)| text.reference(*tag, *end)).collect();
        session.trial().state().would_enact(&self.payload, &named, proposer, time).map_err(|reason| {
            Failure::new(text!("would-not-be-in-force"))
                .because(reasons::text(&reason))
                .hint(text!("would-be-void-hint"))
        })
    }
}

/// The details of a draft in the order in which its entry names them, each with its end.
///
/// # Errors
/// When a text is too long.
pub fn details(draft: &Draft) -> Outcome<Vec<(DetailTag, Detail, Time)>> {
    let mut details = Vec::new();
    for (tag, text) in &draft.details {
        let salt: [u8; SALT_LEN] = random()?;
        let detail = Detail::open(salt, text).ok_or_else(|| Failure::usage(text!("note-too-long")))?;
        details.push((*tag, detail, draft.until));
    }
    for (text, readers) in &draft.sealed {
        let detail = sealed::seal(text, readers).map_err(|bad| Failure::usage(bad.to_string()))?;
        details.push((DetailTag::SEALED_NOTE, detail, draft.until));
    }
    details.extend(draft.carried.iter().map(|(tag, detail)| (*tag, detail.clone(), Time::ZERO)));
    details.extend(draft.of_payload.iter().cloned());
    Ok(details)
}

/// The command that is typed with these words.
///
/// # Errors
/// When they are none.
pub fn parse(words: &[String]) -> Outcome<Cli> {
    let lead = words.first().is_none_or(|word| word != "lifeboat").then(|| "lifeboat".to_owned());
    Cli::try_parse_from(lead.into_iter().chain(words.iter().cloned())).map_err(|error| {
        let text = error.render().to_string();
        // What is missing stands in lines of its own.
        let mut lines = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
        let first = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let more: Vec<&str> = lines.collect();
        let failure = Failure::usage(format!("{first} {}", more.join(", ")).trim().to_owned());
        if is_of_the_proposal(&error) { failure.hint(text!("carries-own-option-hint")) } else { failure }
    })
}

/// Whether an option that the command does not know is one of the proposal, or of the poll, that carries it.
fn is_of_the_proposal(error: &clap::Error) -> bool {
    let Some(ContextValue::String(named)) = error.get(ContextKind::InvalidArg) else { return false };
    let cli = Cli::command();
    let poll = cli.find_subcommand("poll").and_then(|poll| poll.find_subcommand("open"));
    let known =
        [cli.find_subcommand("propose"), poll].into_iter().flatten().flat_map(|it| it.get_arguments());
    let mut long = known.filter_map(|known| known.get_long());
    error.kind() == ErrorKind::UnknownArgument && long.any(|long| named.strip_prefix("--") == Some(long))
}

/// What the entry of the command in these words would be, for a decision to carry.
///
/// # Errors
/// When they are no command, or one whose entry cannot be made.
pub fn by_words(context: &mut Context, session: &Session, words: &[String]) -> Outcome<Carried> {
    let cli = parse(words)?;
    let draft = drafts::of(context, session, &cli.command)?;
    let other = || Failure::usage(text!("carries-other-command")).hint(text!("carries-other-command-hint"));
    Carried::of(draft.ok_or_else(other)?)
}

/// Where only the cell may say what somebody wanted to say alone, names the command that proposes it.
pub fn point_to_decision(
    context: &Context,
    session: &Session,
    failure: Failure,
    reason: &Reason,
    drafts: &[Draft],
) -> Failure {
    let [draft] = drafts else { return failure };
    let would = || Carried::of(draft.clone()).is_ok_and(|it| it.try_out(session, session.now).is_ok());
    let by_decision = match reason {
        Reason::NeedsDecision => true,
        Reason::NotTheAuthor => would(), // some of it the cell may, as erasing; some nobody
        _ => false,
    };
    if !by_decision || context.typed.is_empty() {
        return failure;
    }
    failure.hint(text!("by-decision-hint", command = as_proposal(&context.typed)))
}

impl Session {
    /// The command that does this: alone while one member is the cell, by a decision from then on.
    pub fn command_of_the_cell(&self, question: &str, words: &str) -> String {
        match self.state.members().active().count() {
            0 | 1 => format!("lifeboat {words}"),
            _ => format!("lifeboat propose \"{question}\" -- {words}"),
        }
    }

    /// The record of this entry as this home has it.
    pub fn entered(&self, context: &mut Context, id: &EntryId) -> Option<Entered> {
        let ask = Ask::Find { cell: self.cell.cell, reference: Reference::Id(*id) };
        match self.ask(context, ask) {
            Ok(Answer::Records(mut records)) => records.pop(),
            _ => None,
        }
    }
}

/// The note of what an entry says; of a proposal, that of what it carries.
pub fn note(entered: &Entered) -> Option<String> {
    let record = read_record(entered).ok()?;
    let skip = match Statement::decode(record.entry()) {
        Ok(Statement::Decisions(said)) => usize::from(carries(&said)),
        _ => 0,
    };
    let mut named = record.entry().details.iter().skip(skip);
    let hash = named.find(|detail| detail.tag == DetailTag::NOTE)?.hash;
    let text = entered.details.iter().find(|detail| detail.hash == hash)?;
    Some(plain(&text.text))
}

fn carries(said: &DecisionStatement) -> bool {
    match said {
        DecisionStatement::Propose(new) => new.terms.payload.is_some(),
        DecisionStatement::Amend(new) => new.terms.payload.is_some(),
        _ => false,
    }
}

/// The command that proposes what these words would say alone.
fn as_proposal(typed: &[String]) -> String {
    let (mut place, mut rest) = (vec!["lifeboat".to_owned()], Vec::new());
    let mut words = typed.iter();
    while let Some(word) = words.next() {
        let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
        let value = WHERE.contains(&name) || HOW.contains(&name);
        let taken: Vec<&String> =
            std::iter::once(word).chain(words.by_ref().take(usize::from(value && name == word))).collect();
        if WHERE.contains(&name) {
            place.extend(taken.into_iter().map(|word| quoted(word)));
        } else if !value && !FLAGS.contains(&name) {
            rest.push(quoted(word));
        }
    }
    format!("{} propose \"{}\" -- {}", place.join(" "), text!("by-decision-question"), rest.join(" "))
}

/// A word as it is typed at a shell.
fn quoted(word: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+%@".contains(c);
    if !word.is_empty() && word.chars().all(bare) {
        word.to_owned()
    } else if word.contains(['"', '$', '`', '\\', '!']) {
        plain(&format!("'{}'", word.replace('\'', "'\\''")))
    } else {
        plain(&format!("\"{word}\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_proposes_it_can_be_typed_as_it_stands() {
        let proposal = |typed: &[&str]| {
            let typed: Vec<String> = typed.iter().map(|word| (*word).to_owned()).collect();
            let command = as_proposal(&typed);
            command.strip_prefix("lifeboat ").map(|rest| rest.replace(&text!("by-decision-question"), "?"))
        };
        let words = ["--yes", "--home", "h", "role", "train", "first aid", "wren", "--json", "--wait", "2"];
        assert_eq!(
            proposal(&words).as_deref(),
            Some("--home h propose \"?\" -- role train \"first aid\" wren")
        );
        assert_eq!(proposal(&["erase", "#5"]).as_deref(), Some("propose \"?\" -- erase \"#5\""));
        let typed = ["--cell=Oak Street", "--wait=2", "in", "it's $5"];
        let wanted = "\"--cell=Oak Street\" propose \"?\" -- in 'it'\\''s $5'";
        assert_eq!(proposal(&typed).as_deref(), Some(wanted));
    }
}
