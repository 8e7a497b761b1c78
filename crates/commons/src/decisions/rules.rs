//! The rules of decisions: what each statement does, and each reason for which it does nothing.

use super::ballot::Ballot;
use super::body::{DecisionStatement, OpenBallot, Proxy, Review, Task, TaskEnded, Vote};
use super::closing;
use super::flaw::Flaw;
use super::poll::{At, Choice, Poll};
use super::terms::{Method, Terms};
use super::{Decision, Decisions, Stage, Todo};
use crate::body::Unreadable;
use crate::charter::Charter;
use crate::common::Common;
use crate::effect::Reason;
use crate::limits::{
    DAY_MS, HOUR_MS, MAX_OPEN_DECISIONS, MAX_POST_DAYS, MAX_REVIEWS, MAX_TASKS, MAX_VERSIONS,
};
use crate::practices::{Practice, Saying};
use crate::state::State;
use lifeboat_log::{DetailTag, EntryId, Kind, Time};
use std::sync::Arc;

impl Practice for Decisions {
    type Statement = DecisionStatement;
    const KINDS: &'static [Kind] = DecisionStatement::KINDS;

    fn read(kind: Kind, version: u16, body: &[u8]) -> Result<DecisionStatement, Unreadable> {
        DecisionStatement::read(kind, version, body)
    }
    fn common(statement: &DecisionStatement) -> &Common {
        statement.common()
    }
    fn apply(state: &mut State, saying: &Saying<'_>, said: DecisionStatement) -> Result<(), Reason> {
        use DecisionStatement as Said;
        if saying.corrects.is_some() {
            return Err(Reason::NotCorrectable);
        }
        if saying.decided.is_some() {
            return Err(Flaw::NotByTheCell.into());
        }
        match said {
            Said::Propose(new) => propose(state, saying, new.terms),
            Said::Amend(new) => amend(state, saying, &new.decision, new.terms),
            Said::Withdraw(new) => Ok(state.parts.decisions.withdraw(saying, &new.decision)?),
            Said::Vote(vote) => Ok(state.parts.decisions.vote(saying, vote)?),
            Said::Commit(commit) => {
                let choice = Choice::Committed(commit.hash);
                let (poll, _) = state.parts.decisions.polling(saying, &commit.version, true)?;
                Ok(poll.put(saying.author, at(saying), choice)?)
            }
            Said::Open(opening) => Ok(state.parts.decisions.reveal(saying, opening)?),
            Said::Proxy(proxy) => give_proxy(state, saying, &proxy),
            Said::Task(task) => set_task(state, saying, &task),
            Said::TaskEnded(ended) => Ok(state.parts.decisions.end_task(saying, &ended)?),
            Said::Review(review) => Ok(state.parts.decisions.review(saying, &review)?),
            Said::Meeting(meeting) => {
                let known = |id| state.members().get(id).is_some();
                let all = known(&meeting.facilitator) && meeting.present.iter().all(known);
                if all { Ok(()) } else { Err(Reason::UnknownMember) }
            }
        }
    }
    fn advance(state: &mut State, now: Time) {
        closing::advance(state, now);
    }
}

fn at(saying: &Saying<'_>) -> At {
    (saying.author_time, saying.id)
}

fn has_note(saying: &Saying<'_>) -> bool {
    saying.details.iter().any(|detail| detail.tag == DetailTag::NOTE)
}

fn propose(state: &mut State, saying: &Saying<'_>, terms: Terms) -> Result<(), Reason> {
    check_terms(state.charter(), saying, &terms)?;
    let decisions = &state.parts.decisions;
    if decisions.due.len() >= MAX_OPEN_DECISIONS {
        return Err(Flaw::TooManyOpen.into());
    }
    let decision = Decision {
        id: saying.id,
        position: saying.position,
        proposer: saying.author,
        versions: vec![(saying.id, saying.position)],
        carries: terms.payload.as_ref().map(|payload| payload.kind),
        review: terms.review,
        reviews: Vec::new(),
        terms,
        stage: Stage::Waiting,
        key: saying.key,
        details: saying.details.get(1..).unwrap_or_default().to_vec(),
    };
    start(state, saying, decision);
    Ok(())
}

fn amend(state: &mut State, saying: &Saying<'_>, id: &EntryId, terms: Terms) -> Result<(), Reason> {
    check_terms(state.charter(), saying, &terms)?;
    let old = state.parts.decisions.changeable(saying, id)?;
    if old.versions.len() >= MAX_VERSIONS {
        return Err(Flaw::TooManyOpen.into());
    }
    let mut decision = (**old).clone();
    decision.versions.push((saying.id, saying.position));
    decision.carries = terms.payload.as_ref().map(|payload| payload.kind);
    decision.review = terms.review;
    decision.terms = terms;
    decision.stage = Stage::Waiting;
    decision.key = saying.key;
    decision.details = saying.details.get(1..).unwrap_or_default().to_vec();
    start(state, saying, decision);
    Ok(())
}

/// Begins the vote on a version, now or at its time.
fn start(state: &mut State, saying: &Saying<'_>, decision: Decision) {
    let id = decision.id;
    let decisions = &mut state.parts.decisions;
    decisions.versions.insert(saying.id, id);
    let opens = decision.terms.opens;
    let decision = Arc::new(decision);
    decisions.all.insert(id, Arc::clone(&decision));
    decisions.set(id, Stage::Waiting, Some(opens));
    if opens <= saying.time {
        closing::open(state, &decision, saying.time);
    }
}

fn check_terms(charter: &Charter, saying: &Saying<'_>, terms: &Terms) -> Result<(), Reason> {
    if saying.details.first().is_none_or(|detail| detail.tag != DetailTag::NOTE) {
        return Err(Flaw::NoQuestion.into());
    }
    if terms.closes <= saying.time {
        return Err(Reason::PastItsDay);
    }
    if terms.ends() > saying.time.plus_ms(MAX_POST_DAYS * DAY_MS) {
        return Err(Reason::TooFarAhead);
    }
    if matches!(terms.method, Method::Consensus { k } if u16::from(k) > charter.k) {
        return Err(Flaw::BelowCharter.into());
    }
    if terms.payload.is_none() {
        return Ok(());
    }
    let small = match terms.method {
        Method::Majority { percent } => percent < charter.majority,
        // Two thirds are more than 66 in a hundred, and less than 67.
        Method::TwoThirds => charter.majority > 66,
        _ => false,
    };
    if small || terms.quorum < charter.decision_quorum {
        return Err(Flaw::BelowCharter.into());
    }
    let opens = terms.opens.max(saying.time);
    if terms.closes < opens.plus_ms(u64::from(charter.voting_hours) * HOUR_MS) {
        return Err(Flaw::TooShort.into());
    }
    Ok(())
}

fn give_proxy(state: &mut State, saying: &Saying<'_>, proxy: &Proxy) -> Result<(), Reason> {
    if proxy.to == Some(saying.author) {
        return Err(Flaw::OwnProxy.into());
    }
    if proxy.to.is_some_and(|to| !state.members().get(&to).is_some_and(|member| member.is_active())) {
        return Err(Reason::UnknownMember);
    }
    let decisions = &mut state.parts.decisions;
    if let Some(id) = proxy.decision {
        decisions.running(&id)?;
    }
    Ok(decisions.proxies.give(saying.author, proxy.decision, proxy.to, at(saying))?)
}

fn set_task(state: &mut State, saying: &Saying<'_>, task: &Task) -> Result<(), Reason> {
    if !state.members().get(&task.owner).is_some_and(|member| member.is_active()) {
        return Err(Reason::UnknownMember);
    }
    if !has_note(saying) {
        return Err(Flaw::NoWords.into());
    }
    let decisions = &mut state.parts.decisions;
    if !decisions.all.contains_key(&task.decision) {
        return Err(Flaw::UnknownDecision.into());
    }
    if decisions.tasks_of(&task.decision).count() >= MAX_TASKS {
        return Err(Flaw::TooMany.into());
    }
    let todo = Todo {
        decision: task.decision,
        position: saying.position,
        by: saying.author,
        owner: task.owner,
        due: task.due,
        ended: None,
    };
    decisions.tasks.insert(saying.id, todo);
    Ok(())
}

impl Decisions {
    /// A decision that is not settled.
    fn running(&self, id: &EntryId) -> Result<&Arc<Decision>, Flaw> {
        let decision = self.all.get(id).ok_or(Flaw::UnknownDecision)?;
        match decision.stage {
            Stage::Withdrawn(_) => Err(Flaw::Withdrawn),
            Stage::Settled(_) => Err(Flaw::Settled),
            Stage::Waiting | Stage::Open(_) | Stage::Opening(_) => Ok(decision),
        }
    }

    /// A decision that its proposer may still change.
    fn changeable(&self, saying: &Saying<'_>, id: &EntryId) -> Result<&Arc<Decision>, Reason> {
        let decision = self.running(id)?;
        if decision.proposer != saying.author {
            return Err(Reason::NotTheAuthor);
        }
        if matches!(decision.stage, Stage::Opening(_)) {
            return Err(Flaw::Closed.into());
        }
        Ok(decision)
    }

    fn withdraw(&mut self, saying: &Saying<'_>, id: &EntryId) -> Result<(), Reason> {
        self.changeable(saying, id)?;
        self.proxies.forget(id);
        self.set(*id, Stage::Withdrawn(saying.position), None);
        if let Some(decision) = self.all.get_mut(id) {
            closing::slim(Arc::make_mut(decision));
        }
        Ok(())
    }

    /// The running poll on this version, for its author, and its terms.
    fn polling(
        &mut self,
        saying: &Saying<'_>,
        version: &EntryId,
        hidden: bool,
    ) -> Result<(&mut Poll, &Terms), Flaw> {
        let id = self.versions.get(version).ok_or(Flaw::UnknownDecision)?;
        let decision = Arc::make_mut(self.all.get_mut(id).ok_or(Flaw::UnknownDecision)?);
        let newest = decision.current().0 == *version;
        match &mut decision.stage {
            Stage::Withdrawn(_) => Err(Flaw::Withdrawn),
            _ if !newest => Err(Flaw::OldVersion),
            Stage::Waiting => Err(Flaw::NotOpenYet),
            Stage::Opening(_) | Stage::Settled(_) => Err(Flaw::Closed),
            Stage::Open(_) if decision.terms.hidden.is_some() && !hidden => Err(Flaw::IsHidden),
            Stage::Open(_) if decision.terms.hidden.is_none() && hidden => Err(Flaw::NotHidden),
            Stage::Open(poll) => {
                poll.admits(&saying.author)?;
                Ok((poll, &decision.terms))
            }
        }
    }

    fn vote(&mut self, saying: &Saying<'_>, vote: Vote) -> Result<(), Flaw> {
        let (poll, terms) = self.polling(saying, &vote.version, false)?;
        fits(saying, &vote.ballot, terms)?;
        poll.put(saying.author, at(saying), Choice::Open(vote.ballot))
    }

    fn reveal(&mut self, saying: &Saying<'_>, opening: OpenBallot) -> Result<(), Flaw> {
        let id = self.versions.get(&opening.version).ok_or(Flaw::UnknownDecision)?;
        let decision = Arc::make_mut(self.all.get_mut(id).ok_or(Flaw::UnknownDecision)?);
        if decision.current().0 != opening.version {
            return Err(Flaw::OldVersion);
        }
        match &mut decision.stage {
            Stage::Withdrawn(_) => Err(Flaw::Withdrawn),
            Stage::Waiting | Stage::Open(_) => Err(Flaw::NotOpenYet),
            Stage::Settled(_) => Err(Flaw::Closed),
            Stage::Opening(poll) => {
                fits(saying, &opening.ballot, &decision.terms)?;
                let hash = opening.ballot.commitment(&opening.version, &saying.author, &opening.salt);
                poll.reveal(saying.author, hash, opening.ballot, opening.salt)
            }
        }
    }

    fn end_task(&mut self, saying: &Saying<'_>, ended: &TaskEnded) -> Result<(), Flaw> {
        let task = self.tasks.get_mut(&ended.task).filter(|task| task.ended.is_none());
        let task = task.ok_or(Flaw::NoTask)?;
        if task.owner != saying.author && task.by != saying.author {
            return Err(Flaw::NotYourTask);
        }
        task.ended = Some((ended.done, saying.position));
        Ok(())
    }

    fn review(&mut self, saying: &Saying<'_>, review: &Review) -> Result<(), Flaw> {
        let decision = self.all.get_mut(&review.decision).ok_or(Flaw::UnknownDecision)?;
        match decision.stage {
            Stage::Settled(_) => {}
            Stage::Withdrawn(_) => return Err(Flaw::Withdrawn),
            Stage::Waiting | Stage::Open(_) | Stage::Opening(_) => return Err(Flaw::NotSettled),
        }
        if !has_note(saying) {
            return Err(Flaw::NoWords);
        }
        if decision.reviews.len() >= MAX_REVIEWS {
            return Err(Flaw::TooMany);
        }
        let decision = Arc::make_mut(decision);
        decision.reviews.push(saying.position);
        decision.review = review.again;
        Ok(())
    }
}

fn fits(saying: &Saying<'_>, ballot: &Ballot, terms: &Terms) -> Result<(), Flaw> {
    if !ballot.fits(terms) {
        return Err(Flaw::BallotDoesNotFit);
    }
    if ballot.needs_reason() && !has_note(saying) {
        return Err(Flaw::ReasonMissing);
    }
    Ok(())
}
