//! `lifeboat propose`: puts a question to the cell, or something that takes effect by itself when carried.

use crate::carried::{self, Carried};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session};
use crate::ui::plain;
use crate::{charter, day, expect_answer, say, span, text};
use lifeboat_commons::decisions::{Amend, Hidden, Method, Propose, Terms, Tie, Unopened, Who};
use lifeboat_commons::limits::{MAX_OPTIONS, MAX_SCORE};
use lifeboat_commons::membership::{Removal, Vouch};
use lifeboat_commons::{Common, Day, MemberId, Payload};
use lifeboat_log::codec::{self, List};
use lifeboat_log::{Detail, DetailTag, EntryId, Time};
use lifeboat_node::ask::Role;
use lifeboat_node::{Answer, Ask};

/// How long a vote is open when the person does not say.
const OPEN_MS: u64 = 3 * 86_400_000;

/// Put a question or a proposal to the vote
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The question, public for ever; no names, no addresses
    #[arg(value_name = "TEXT")]
    question: String,
    /// An option to choose; without any, people say yes or no
    #[arg(long = "option", value_name = "TEXT")]
    options: Vec<String>,
    /// How votes count: consent, consensus, consensus-minus-1, majority, two-thirds, three-quarters, 60%;
    /// among options approval, score, ranked, seats-3 (several, in proportion)
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// How long the vote is open: 3 days, 2h
    #[arg(long = "for", value_name = "SPAN", conflicts_with = "until")]
    span: Option<String>,
    /// The day at whose end the vote closes
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// How long it takes until the vote opens, when not at once: 2 days
    #[arg(long, value_name = "SPAN")]
    opens_in: Option<String>,
    /// How many in a hundred must cast a vote
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(0..=100))]
    quorum: Option<u8>,
    /// Only these members decide, as a circle: wren,finch
    #[arg(long, value_name = "HANDLES", value_delimiter = ',', conflicts_with = "present")]
    circle: Vec<String>,
    /// Only these members decide, those present at a meeting: wren,finch
    #[arg(long, value_name = "HANDLES", value_delimiter = ',')]
    present: Vec<String>,
    /// Votes stay hidden until the close, and are opened within this span after it: 1 day
    #[arg(long, value_name = "SPAN")]
    hidden: Option<String>,
    /// A hidden vote that nobody opens counts as an abstention, not as not cast
    #[arg(long, requires = "hidden")]
    unopened_abstain: bool,
    /// What happens in a tie: open (it is shown), first (the option listed first), draw (in hidden votes)
    #[arg(long, value_name = "RULE", default_value = "open", value_parser = ["open", "first", "draw"])]
    ties: String,
    /// The day on which the cell looks again at how it went
    #[arg(long, value_name = "DAY")]
    review: Option<String>,
    /// When carried, this setting of the charter changes by itself: waiting-days=14
    #[arg(long, value_name = "NAME=VALUE", group = "payload")]
    charter: Vec<String>,
    /// When carried, this newcomer who has knocked is a member by itself
    #[arg(long, value_name = "HANDLE", group = "payload")]
    admit: Option<String>,
    /// When carried, this member belongs to the cell no longer
    #[arg(long, value_name = "HANDLE", group = "payload")]
    remove: Option<String>,
    /// When carried, this takes effect by itself: what this command would say, as you would type it
    #[arg(last = true, value_name = "COMMAND", group = "payload")]
    command: Vec<String>,
    /// It is a new version of your proposal of this number: the vote starts afresh
    #[arg(long, value_name = "NUMBER")]
    amends: Option<String>,
}

impl Args {
    /// What is to be signed.
    ///
    /// # Errors
    /// When the terms do not fit together, somebody named is unknown, or what it carries would change nothing.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let proposal = self.proposal(context, session)?;
        proposal.try_out(session)?;
        Ok(proposal.draft)
    }

    fn proposal(&self, context: &mut Context, session: &Session) -> Outcome<Proposal> {
        let carried = self.carried(context, session)?;
        let terms = self.terms(session, carried.as_ref().map(|carried| carried.payload.clone()))?;
        flaw(&terms).map_or(Ok(()), |flaw| Err(Failure::usage(flaw)))?;
        let (common, decided) = (Common::default(), terms.ends());
        let mut draft = match &self.amends {
            Some(number) => {
                let decision = decision(context, session, number)?;
                say::draft(&Amend { common, decision, terms }, None)?
            }
            None => say::draft(&Propose { common, terms }, None)?,
        };
        let (question, options) = (say::title(&self.question)?, say::options(&self.options)?);
        let lines: Vec<String> = std::iter::once(question).chain(options).map(plain).collect();
        draft.details.push((DetailTag::NOTE, lines.join("\n")));
        if let Some(carried) = &carried {
            draft.of_payload = carried.details.clone();
            draft.after = carried.after.clone();
        }
        Ok(Proposal { draft, carried, decided })
    }

    fn terms(&self, session: &Session, payload: Option<Payload>) -> Outcome<Terms> {
        let now = session.now;
        let opens = match &self.opens_in {
            Some(written) => now.plus_ms(span::parse(written)?),
            None => Time::ZERO,
        };
        let closes = match (&self.until, &self.span) {
            (Some(day), _) => say::until(session, Some(day))?,
            (None, Some(written)) => opens.max(now).plus_ms(span::parse(written)?),
            (None, None) => opens.max(now).plus_ms(OPEN_MS),
        };
        let hidden = match &self.hidden {
            Some(written) => Some(Hidden {
                until: closes.plus_ms(span::parse(written)?),
                unopened: if self.unopened_abstain { Unopened::Abstains } else { Unopened::NotCast },
            }),
            None => None,
        };
        let review = self.review.as_ref().map(|written| coming_day(session, written)).transpose()?;
        let least = if payload.is_some() { session.state.charter().decision_quorum } else { 0 };
        let options = u8::try_from(self.options.len()).unwrap_or(u8::MAX);
        let carries = payload.is_some();
        let method = method(self.method.as_deref(), options > 0, session.state.charter().majority, carries)?;
        let seats = matches!(method, Method::Seats { .. });
        Ok(Terms {
            method,
            options,
            who: self.who(session)?,
            opens,
            closes,
            quorum: self.quorum.unwrap_or(least),
            tie: match self.ties.as_str() {
                // Seats are filled one after another, and need a rule that always settles.
                "open" if seats => Tie::Listed,
                "first" => Tie::Listed,
                "draw" => Tie::Drawn,
                _ => Tie::Open,
            },
            hidden,
            review,
            payload,
        })
    }

    fn who(&self, session: &Session) -> Outcome<Who> {
        let list = |handles: &[String]| {
            let mut ids = handles
                .iter()
                .map(|handle| session.names.find(handle))
                .collect::<Outcome<Vec<MemberId>>>()?;
            ids.sort_unstable();
            ids.dedup();
            List::new(ids).ok_or_else(|| Failure::usage(text!("list-too-long")))
        };
        Ok(match (self.circle.is_empty(), self.present.is_empty()) {
            (false, _) => Who::Circle(list(&self.circle)?),
            (true, false) => Who::Present(list(&self.present)?),
            (true, true) => Who::All,
        })
    }

    /// What takes effect by itself, and what belongs to it.
    fn carried(&self, context: &mut Context, session: &Session) -> Outcome<Option<Carried>> {
        let common = Common::default();
        let draft = if !self.command.is_empty() {
            return carried::by_words(context, session, &self.command).map(Some);
        } else if !self.charter.is_empty() {
            say::draft(&charter::change(session.state.charter(), &self.charter)?, None)?
        } else if let Some(handle) = &self.remove {
            say::draft(&Removal { common, member: session.names.find(handle)? }, None)?
        } else if let Some(handle) = &self.admit {
            let answer = session.ask(context, Ask::Knocks { cell: session.cell.cell })?;
            let knocks = expect_answer!(answer, Answer::Knocks(knocks) => knocks)?;
            let knock = super::vouch::choose(session, &knocks, handle, &[])?;
            let unreadable = || Failure::new(text!("knock-unreadable")).hint(text!("knock-unreadable-hint"));
            let acceptance = codec::decode(&knock.acceptance).map_err(|error| unreadable().because(error))?;
            let handle = Detail::from_bytes(knock.handle.to_vec()).ok_or_else(unreadable)?;
            let mut draft = say::draft(&Vouch { common, acceptance, replaces: None }, None)?;
            draft.carried.push((DetailTag::HANDLE, handle));
            draft
        } else {
            return Ok(None);
        };
        Carried::of(draft).map(Some)
    }
}

/// A proposal that is not signed yet.
struct Proposal {
    draft: Draft,
    carried: Option<Carried>,
    /// When its result is known.
    decided: Time,
}

impl Proposal {
    /// Tries what it carries as if it were carried.
    fn try_out(&self, session: &Session) -> Outcome {
        self.carried.as_ref().map_or(Ok(()), |carried| carried.try_out(session, self.decided))
    }
}

/// What in the terms does not fit together, in a sentence.
fn flaw(terms: &Terms) -> Option<String> {
    let (options, chooses) = (usize::from(terms.options), terms.method.chooses());
    let named = !matches!(terms.who, Who::All);
    Some(match terms.method {
        _ if terms.payload.is_some() && options > 0 => text!("terms-carries-options"),
        _ if terms.payload.is_some() && named => text!("terms-carries-circle"),
        _ if chooses && options == 0 => text!("terms-no-options"),
        _ if !chooses && options > 0 => text!("terms-yes-or-no"),
        _ if chooses && !(2..=MAX_OPTIONS).contains(&options) => {
            text!("terms-options-count", most = MAX_OPTIONS)
        }
        Method::Seats { seats: 0 } => text!("terms-no-seats"),
        Method::Seats { seats } if !(1..=options).contains(&usize::from(seats)) => text!("terms-seats"),
        _ if terms.closes <= terms.opens => text!("terms-closes-first"),
        _ if terms.hidden.is_some_and(|hidden| hidden.until <= terms.closes) => text!("terms-no-opening"),
        _ if terms.tie == Tie::Drawn && terms.hidden.is_none() => text!("terms-draw-open"),
        _ if terms.tie == Tie::Drawn && matches!(terms.method, Method::Seats { .. }) => {
            text!("terms-draw-seats")
        }
        _ => return None,
    })
}

/// A day to come.
///
/// # Errors
/// When it cannot be read.
pub fn coming_day(session: &Session, written: &str) -> Outcome<Day> {
    let date =
        day::parse(written, session.today, day::Toward::Future).map_err(|bad| Failure::usage(bad.text()))?;
    u32::try_from(day::number(date))
        .map(Day)
        .map_err(|_| Failure::usage(text!("day-unknown", written = plain(written))))
}

/// The decision that a person names, by its first version.
///
/// # Errors
/// When the number is of no decision.
pub fn decision(context: &mut Context, session: &Session, written: &str) -> Outcome<EntryId> {
    let (_, record) = session.find(context, written)?;
    session.state.decisions().get(&record.entry().id()).map(|decision| decision.id).ok_or_else(|| {
        Failure::new(text!("decision-unknown", number = plain(written))).hint(text!("decision-unknown-hint"))
    })
}

/// The method of this name; the usual one when there is no name.
fn method(name: Option<&str>, chooses: bool, majority: u8, carries: bool) -> Outcome<Method> {
    let unknown = |name: &str| {
        Failure::usage(text!("method-unknown", name = plain(name))).hint(text!("method-unknown-hint"))
    };
    let Some(name) = name else {
        let percent = if carries { majority } else { 50 };
        return Ok(if chooses { Method::Approval } else { Method::Majority { percent } });
    };
    let lower = name.trim().to_lowercase();
    Ok(match lower.as_str() {
        "consent" => Method::Consent,
        "consensus" => Method::Consensus { k: 0 },
        "majority" => Method::Majority { percent: 50 },
        "two-thirds" => Method::TwoThirds,
        "three-quarters" => Method::Majority { percent: 75 },
        "approval" => Method::Approval,
        "score" => Method::Score { most: 5 },
        "ranked" | "ranking" | "schulze" => Method::Ranked,
        other => {
            let number = |text: Option<&str>| text.and_then(|text| text.parse::<u8>().ok());
            let k = number(other.strip_prefix("consensus-minus-"));
            let percent = number(other.strip_suffix('%')).filter(|percent| (51..=100).contains(percent));
            let most = number(other.strip_prefix("score-")).filter(|most| (1..=MAX_SCORE).contains(most));
            let seats = number(other.strip_prefix("seats-")).map(|seats| Method::Seats { seats });
            let k = k.map(|k| Method::Consensus { k });
            k.or(percent.map(|percent| Method::Majority { percent }))
                .or(most.map(|most| Method::Score { most }))
                .or(seats)
                .ok_or_else(|| unknown(name))?
        }
    })
}

/// Runs the command.
///
/// # Errors
/// When the entry cannot be made, signed or handed on.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    if !args.command.is_empty() {
        context.heed(carried::parse(&args.command)?.global, &args.command);
    }
    let mut session = Session::open(context)?;
    let mut proposal = args.proposal(context, &session)?;
    let mut tried = proposal.try_out(&session);
    // A home that only follows may know less than the keeper.
    if tried.is_err() && session.cell.role == Role::Follower && session.look_for_news(context)? {
        proposal = args.proposal(context, &session)?;
        tried = proposal.try_out(&session);
    }
    tried?;
    session.say(context, proposal.draft).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_names() {
        let named = |name: &str| method(Some(name), false, 50, false).ok();
        assert_eq!(named("two-thirds"), Some(Method::TwoThirds));
        assert_eq!(named("consensus-minus-2"), Some(Method::Consensus { k: 2 }));
        assert_eq!(named("60%"), Some(Method::Majority { percent: 60 }));
        assert_eq!(named("score-10"), Some(Method::Score { most: 10 }));
        assert_eq!([named("30%"), named("loud"), named("consensus-minus-x")], [None, None, None]);
        assert_eq!(method(None, true, 67, false).ok(), Some(Method::Approval));
        assert_eq!(method(None, false, 67, true).ok(), Some(Method::Majority { percent: 67 }));
    }
}
