//! `lifeboat budget show`: the rounds, or one with its proposals, the phase it is in, and its result with a
//! reason for each proposal.

use super::verdict::{Coin, sentence};
use super::{category, entry_id, title};
use crate::commands::minutes::counted::Told;
use crate::context::Context;
use crate::error::Outcome;
use crate::session::Session;
use crate::ui::{Look, plain};
use crate::{day, reference, text};
use lifeboat_commons::CategoryId;
use lifeboat_commons::budgets::{Phase, Round};
use lifeboat_log::EntryId;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// See the rounds, or one with its proposals and its result
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of the round; all rounds when left out
    #[arg(value_name = "ROUND")]
    round: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When there is no such round.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let session = Session::open(context)?;
    let Some(number) = &args.round else { return list(context, &session) };
    let id = entry_id(context, &session, number)?;
    let round = super::round(&session, &id, number)?;
    one(context, &session, &id, round)
}

/// The rounds that are remembered, newest last.
pub fn list(context: &mut Context, session: &Session) -> Outcome {
    let rounds = session.state.budgets().rounds();
    if rounds.is_empty() {
        context.ui.say(text!("budget-no-rounds"));
    }
    for (id, round) in rounds {
        let title = title(context, session, id);
        context.ui.object(head(session, id, round, &title))?;
        context.ui.line(line(session, round, &title))?;
    }
    Ok(())
}

fn line(session: &Session, round: &Round, title: &str) -> String {
    let phase = phase(session, round);
    text!("budget-round", number = reference::short(round.position), title = title, phase = phase)
}

/// A round with what is to be said of each proposal, for the minutes.
pub fn told_whole(context: &mut Context, session: &Session, id: &EntryId, round: &Round) -> Told {
    let name = title(context, session, id);
    let mut lines = Vec::new();
    for of in round.money.keys() {
        for (proposal, why, _) in told(session, round, *of) {
            let Some(known) = round.proposals.get(&proposal) else { continue };
            let title = title(context, session, &known.newest);
            let (number, cost) = (reference::short(known.position), known.cost.money());
            let line = text!("budget-proposal", number = number, title = title, cost = cost, why = why);
            lines.push(line.trim().to_owned());
        }
    }
    Told { head: line(session, round, &name), lines, object: head(session, id, round, &name) }
}

/// What happens in a round now, and until when.
fn phase(session: &Session, round: &Round) -> String {
    let end = |time: lifeboat_log::Time| day::moment(time.ms(), &session.zone);
    match round.phase(session.now) {
        Phase::Propose => text!("budget-phase-propose", end = end(round.ends.propose)),
        Phase::Check => text!("budget-phase-check", end = end(round.ends.check)),
        Phase::Discuss => text!("budget-phase-discuss", end = end(round.ends.discuss)),
        Phase::Vote => text!("budget-phase-vote", end = end(round.ends.vote)),
        Phase::Spend => text!("budget-phase-spend", end = end(round.ends.spend)),
        Phase::Over => text!("budget-phase-over", end = end(round.ends.spend)),
    }
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Propose => "propose",
        Phase::Check => "check",
        Phase::Discuss => "discuss",
        Phase::Vote => "vote",
        Phase::Spend => "spend",
        Phase::Over => "over",
    }
}

fn head(session: &Session, id: &EntryId, round: &Round, title: &str) -> Value {
    let money: BTreeMap<String, String> =
        round.money.iter().map(|(id, amount)| (category(session, *id), amount.money())).collect();
    json!({
        "round": round.position.0, "id": id.to_string(), "title": title, "currency": round.currency.as_str(),
        "phase": word(round.phase(session.now)), "money": money, "proposals": round.proposals.len(),
        "voters": round.vote.as_ref().map(|vote| vote.voters.len()),
        "ballots": round.vote.as_ref().map(|vote| vote.ballots.len()),
        "propose_until_ms": round.ends.propose.ms(), "check_until_ms": round.ends.check.ms(),
        "discuss_until_ms": round.ends.discuss.ms(), "vote_until_ms": round.ends.vote.ms(),
        "spend_until_ms": round.ends.spend.ms(),
    })
}

fn one(context: &mut Context, session: &Session, id: &EntryId, round: &Round) -> Outcome {
    let name = title(context, session, id);
    context.ui.styled(Look::Strong, line(session, round, &name))?;
    if let Some(vote) = &round.vote {
        let (cast, voters) = (vote.ballots.len(), vote.voters.len());
        context.ui.line(text!("budget-turnout", cast = cast, voters = voters))?;
    }
    let mut object = head(session, id, round, &name);
    let mut proposals = Vec::new();
    for (of, amount) in &round.money {
        let (code, amount) = (plain(round.currency.as_str()), amount.money());
        let name = category(session, *of);
        context
            .ui
            .styled(Look::Strong, text!("budget-money", category = name, amount = amount, code = code))?;
        for (proposal, why, funded) in told(session, round, *of) {
            let Some(known) = round.proposals.get(&proposal) else { continue };
            let name = title(context, session, &known.newest);
            let look = if funded == Some(true) { Look::Good } else { Look::Plain };
            let number = reference::short(known.position);
            let cost = known.cost.money();
            context.ui.styled(
                look,
                text!("budget-proposal", number = number, title = &name, cost = cost, why = &why),
            )?;
            proposals.push(json!({
                "number": known.position.0, "id": proposal.to_string(), "title": name, "category": of.0,
                "by": session.names.member(&known.author), "cost": known.cost.money(), "funded": funded,
                "why": why, "paper": round.number(&proposal),
            }));
        }
    }
    object["proposals"] = proposals.into();
    context.ui.object(object)
}

/// The proposals of a category with what is to be said of each: funded ones first, in the order of purchase.
fn told(session: &Session, round: &Round, of: CategoryId) -> Vec<(EntryId, String, Option<bool>)> {
    let mut ids: Vec<(&EntryId, _)> = round.proposals.iter().filter(|(_, p)| p.category == of).collect();
    ids.sort_by_key(|(_, proposal)| proposal.position);
    let count = if round.is_counted() { round.count(of) } else { None };
    let Some((counted, outcome)) = count else {
        let line = |(id, proposal): (&EntryId, &lifeboat_commons::budgets::Proposal)| {
            let by = session.names.member(&proposal.author);
            let why = if proposal.is_feasible() {
                text!("budget-by", by = by)
            } else {
                text!("budget-infeasible", by = by)
            };
            (*id, why, None)
        };
        return ids.into_iter().map(line).collect();
    };
    let coin = Coin::with(6, 0);
    let why = |at: usize| {
        let cost = counted.election.projects()[at].cost;
        sentence(&outcome.verdicts[at], cost, coin.shown(2), &round.method)
    };
    let rest = (0..counted.proposals.len()).filter(|at| !outcome.verdicts[*at].is_funded());
    let order = outcome.funded.iter().copied().chain(rest);
    let mut told: Vec<_> =
        order.map(|at| (counted.proposals[at], why(at), Some(outcome.verdicts[at].is_funded()))).collect();
    for (id, proposal) in ids {
        if counted.proposals.contains(id) {
            continue;
        }
        let why =
            if proposal.is_feasible() { text!("tally-no-support") } else { text!("budget-not-on-paper") };
        told.push((*id, why, Some(false)));
    }
    told
}
