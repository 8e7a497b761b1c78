//! The rules of secret ballots: what each statement does, and what happens when a poll is over.

use super::Ballots;
use super::body::{BallotStatement, Means, PollOpened};
use super::poll::Poll;
use crate::body::Unreadable;
use crate::common::{Common, MemberId};
use crate::effect::Reason;
use crate::limits::{DAY_MS, MAX_POLLS, MAX_RING, TURN_KEPT_DAYS};
use crate::practices::{Practice, Saying};
use crate::state::State;
use lifeboat_log::{EntryId, Kind, Time};

impl Practice for Ballots {
    type Statement = BallotStatement;
    const KINDS: &'static [Kind] = BallotStatement::KINDS;

    fn read(kind: Kind, version: u16, body: &[u8]) -> Result<BallotStatement, Unreadable> {
        BallotStatement::read(kind, version, body)
    }
    fn common(statement: &BallotStatement) -> &Common {
        statement.common()
    }
    fn apply(state: &mut State, saying: &Saying<'_>, said: BallotStatement) -> Result<(), Reason> {
        if saying.corrects.is_some() {
            return Err(Reason::NotCorrectable);
        }
        let (now, cell, by) = (saying.time, state.cell(), saying.author);
        match said {
            BallotStatement::Opened(said) => open(state, saying, said),
            BallotStatement::Registered(said) => {
                // Who may vote is fixed when the poll opens: nobody packs it afterwards.
                let poll = state.ballots().poll(&said.poll).ok_or(Reason::UnknownPoll)?;
                if !state.members().is_elector(&by, poll.opened) {
                    return Err(Reason::NotOnRoster);
                }
                if poll.keys.len() >= MAX_RING {
                    return Err(Reason::TooMany);
                }
                find(state, &said.poll)?.register(by, said.key, now)
            }
            BallotStatement::Carried(said) => {
                let tellers = tellers(state, &said.poll);
                find(state, &said.poll)?.carry(cell, by, &said.ballots, &tellers, now)
            }
            BallotStatement::Counted(said) => {
                let id = said.poll;
                let tellers = tellers(state, &id);
                let opened = state.ballots().poll(&id).ok_or(Reason::UnknownPoll)?.opened;
                let voters = state.members().electors_then(opened);
                find(state, &id)?.count_paper(by, said, &tellers, voters)?;
                enact(state, &id, now);
                Ok(())
            }
        }
    }
    fn advance(state: &mut State, now: Time) {
        while let Some(&(at, id)) = state.parts.ballots.due.first()
            && at <= now
        {
            state.parts.ballots.due.pop_first();
            if let Some(poll) = state.parts.ballots.polls.get_mut(&id) {
                poll.close();
            }
            enact(state, &id, at);
        }
        while let Some(&(at, id)) = state.parts.ballots.forget.first()
            && at <= now
        {
            state.parts.ballots.forget.pop_first();
            state.parts.ballots.polls.remove(&id);
        }
    }
}

/// Opens a poll. One that carries something is opened by a decision, or by who is the cell alone.
fn open(state: &mut State, saying: &Saying<'_>, said: PollOpened) -> Result<(), Reason> {
    if said.carries.is_some() && state.members().active().count() != 1 {
        saying.by_the_cell()?;
    }
    if let Means::Ring { least, .. } = said.means
        && least < state.charter().ring
    {
        return Err(Reason::RingTooSmall);
    }
    let ballots = &mut state.parts.ballots;
    if ballots.polls.len() >= MAX_POLLS || ballots.polls.contains_key(&saying.id) {
        return Err(Reason::TooMany);
    }
    let poll = Poll::new(saying, said);
    let ends = poll.ends().map(|ends| ends[3]);
    ballots.due.extend(ends.map(|end| (end, poll.id)));
    let forget = ends.unwrap_or(saying.time).plus_ms(TURN_KEPT_DAYS * DAY_MS);
    ballots.forget.insert((forget, poll.id));
    ballots.polls.insert(poll.id, poll);
    Ok(())
}

fn find<'a>(state: &'a mut State, id: &EntryId) -> Result<&'a mut Poll, Reason> {
    state.parts.ballots.polls.get_mut(id).ok_or(Reason::UnknownPoll)
}

/// Those who were drawn to count a poll: the lot about it.
fn tellers(state: &State, poll: &EntryId) -> Vec<MemberId> {
    state.rotation().lot(poll).map(|lot| lot.holders.clone()).unwrap_or_default()
}

/// Lets what a poll carried take effect, once.
fn enact(state: &mut State, id: &EntryId, at: Time) {
    let Some(poll) = state.parts.ballots.polls.get(id) else { return };
    if !poll.is_carried() || poll.enacted.is_some() {
        return;
    }
    let (Some(carries), details) = (poll.carries.clone(), poll.details.clone()) else { return };
    let saying = Saying {
        id: poll.id,
        position: poll.position,
        time: at,
        author_time: at,
        author: poll.author.0,
        key: poll.author.1,
        details: &details,
        corrects: None,
        decided: Some(poll.id),
    };
    let enacted = state.enact(&saying, &carries.payload);
    if let Some(poll) = state.parts.ballots.polls.get_mut(id) {
        poll.enacted = Some(enacted);
    }
}
