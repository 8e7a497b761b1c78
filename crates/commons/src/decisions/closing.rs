//! What happens by itself at its time: a vote opens and its list is frozen, a vote closes and is counted,
//! what it carries takes effect. All in the order of these times, before the first link at or after them.

use super::poll::Poll;
use super::result::{Enacted, Outcome, Verdict};
use super::terms::Who;
use super::{Decision, Stage};
use crate::practices::Saying;
use crate::state::State;
use lifeboat_log::codec::List;
use lifeboat_log::{EntryId, Time};
use std::sync::Arc;

/// Opens, closes and settles what is due at or before `now`.
pub(super) fn advance(state: &mut State, now: Time) {
    while let Some(&(at, id)) = state.parts.decisions.due.first()
        && at <= now
    {
        state.parts.decisions.due.pop_first();
        let Some(decision) = state.parts.decisions.all.get(&id).cloned() else { continue };
        match &decision.stage {
            Stage::Waiting => open(state, &decision, at),
            Stage::Open(poll) if decision.terms.hidden.is_some() => {
                let opening = Stage::Opening(poll.clone());
                state.parts.decisions.set(id, opening, Some(decision.terms.ends()));
            }
            Stage::Open(poll) | Stage::Opening(poll) => settle(state, &decision, poll, at),
            Stage::Settled(_) | Stage::Withdrawn(_) => {}
        }
    }
}

/// Freezes the list of those who may vote, and opens the vote.
pub(super) fn open(state: &mut State, decision: &Decision, at: Time) {
    let members = state.members();
    let electorate = match decision.terms.who.named() {
        None => members.electors(at).map(|(id, _)| *id).collect(),
        Some(list) => list.iter().filter(|id| members.is_elector(id, at)).copied().collect(),
    };
    let closes = decision.terms.closes;
    state.parts.decisions.set(decision.id, Stage::Open(Poll::open(at, electorate)), Some(closes));
}

fn settle(state: &mut State, decision: &Decision, poll: &Poll, at: Time) {
    let most = state.charter().proxies;
    let (verdict, tally) = poll.count(&decision.id, &decision.terms, &state.parts.decisions.proxies, most);
    let payload = decision.terms.payload.as_ref().filter(|_| verdict == Verdict::Carried);
    let enacted = payload.map(|payload| {
        let (entry, position) = decision.current();
        let saying = Saying {
            id: entry,
            position,
            time: at,
            author_time: at,
            author: decision.proposer,
            key: decision.key,
            details: &decision.details,
            corrects: None,
            decided: Some(decision.id),
        };
        match state.enact(&saying, payload) {
            Ok(()) => Enacted::Done,
            Err(reason) => Enacted::Void(reason),
        }
    });
    let outcome = Outcome { verdict, tally, time: at, before: state.next(), enacted };
    let decisions = &mut state.parts.decisions;
    decisions.proxies.forget(&decision.id);
    decisions.set(decision.id, Stage::Settled(outcome), None);
    if let Some(known) = decisions.all.get_mut(&decision.id) {
        slim(Arc::make_mut(known));
    }
}

/// Forgets what only a running vote needs: the log still has it.
pub(super) fn slim(decision: &mut Decision) {
    decision.terms.payload = None;
    decision.details = Vec::new();
    match &mut decision.terms.who {
        Who::All => {}
        Who::Circle(list) | Who::Present(list) => *list = List::default(),
    }
}

/// When the next step of a decision of this id is due.
pub(super) type Due = (Time, EntryId);
