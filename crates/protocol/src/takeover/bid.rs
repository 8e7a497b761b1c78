//! The bid: what the proposer of a takeover does next. It waits for more than half of the electorate, then
//! for the closes of enough witnesses, reaches the highest floor among them, and opens the term there.

use super::board::Known;
use crate::limits::REACH_MS;
use lifeboat_commons::{History, MemberId, Reason, State, terms};
use lifeboat_log::codec::{Bytes, List, encode};
use lifeboat_log::limits::{MAX_ENDORSEMENTS, MAX_WITNESSES};
use lifeboat_log::opening::{Base, Right, possession_message};
use lifeboat_log::{
    Call, Close, Endorsement, Entry, Floor, Kind, LinkHash, Nonce, Opening, SecretKey, Seen,
    SignedCheckpoint, SignedEntry, Time,
};
use std::collections::BTreeMap;

/// A call that this home made.
#[derive(Debug, Clone, Copy)]
pub struct Bid {
    /// The call.
    pub call: Call,
    /// Whether its person takes over without the closes of enough witnesses.
    pub force: bool,
    /// Since when more than half have endorsed it.
    since: Option<Time>,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Not enough endorse it yet.
    Endorsements {
        /// How many do.
        given: usize,
        /// The electorate.
        of: usize,
    },
    /// An endorser or witness holds more than this home: fetch it.
    Reach(Floor),
    /// The log here has records that its checkpoint does not cover: cut them off.
    Uncovered,
    /// Not enough witnesses have closed yet.
    Closes {
        /// How many have.
        given: usize,
        /// How many must.
        needed: usize,
    },
    /// Open the term at the end of the log here.
    Open(Box<Right>),
}

impl Bid {
    /// The bid for a call.
    pub fn new(call: Call) -> Self {
        Self { call, force: false, since: None }
    }

    /// What is to be done next, with the state and the newest checkpoint of the log here.
    pub fn next(
        &mut self,
        known: &Known,
        state: &State,
        checkpoint: Option<&SignedCheckpoint>,
        history: &dyn History,
        now: Time,
    ) -> Next {
        let of = terms::electorate(state);
        let given = known.given(state);
        let waits = |given| Next::Endorsements { given, of };
        let (Some(base), Some(keeper)) = (checkpoint, state.keeper()) else { return waits(given) };
        if given * 2 <= of {
            self.since = None;
            return waits(given);
        }
        if state.next().0 != keeper.since.0.saturating_add(base.size) {
            return Next::Uncovered;
        }
        let judge = |floor: &Floor| terms::check_floor(state, base.checkpoint(), floor, history);
        let binds = |floor: &Floor| terms::check_endorsed(state, base.checkpoint(), floor, history);
        let (mut chosen, mut above) = (BTreeMap::<MemberId, Endorsement>::new(), None::<Floor>);
        for endorsement in known.endorsements.values() {
            match (state.endorser(&endorsement.key), binds(&endorsement.floor)) {
                (Some(member), Ok(())) => drop(chosen.entry(member).or_insert(*endorsement)),
                (Some(_), Err(Reason::FloorAboveBase)) => above = further(above, endorsement.floor),
                // Of another log, or not signed: it cannot stand under this takeover.
                _ => {}
            }
        }
        let mut closes = Vec::new();
        for close in known.closes.values() {
            match judge(&close.floor) {
                _ if close.floor == Floor::NONE => closes.push(*close),
                Ok(()) => closes.push(*close),
                Err(Reason::FloorAboveBase) => above = further(above, close.floor),
                Err(_) => {}
            }
        }
        let since = *self.since.get_or_insert(now);
        let patient = now < since.plus_ms(REACH_MS) && since <= now;
        let (enough, needed) = (chosen.len() * 2 > of, keeper.closes_needed());
        let closed = closes.len() >= needed || self.force;
        match above {
            // Who holds more may be gone for good: after a while it goes on without them, if it can.
            Some(floor) if patient || !enough || !closed => Next::Reach(floor),
            _ if !enough => waits(chosen.len()),
            _ if !closed => Next::Closes { given: closes.len(), needed },
            _ => takeover(chosen.into_values().collect(), closes)
                .map_or(waits(given), |right| Next::Open(right.into())),
        }
    }
}

fn further(one: Option<Floor>, other: Floor) -> Option<Floor> {
    Some(one.filter(|one| one.reach() >= other.reach()).unwrap_or(other))
}

fn takeover(mut endorsements: Vec<Endorsement>, mut closes: Vec<Close>) -> Option<Right> {
    endorsements.sort_by_key(|endorsement| endorsement.key);
    closes.sort_by_key(|close| close.key);
    let endorsements: List<Endorsement, MAX_ENDORSEMENTS> = List::new(endorsements)?;
    let closes: List<Close, MAX_WITNESSES> = List::new(closes)?;
    Some(Right::Takeover { endorsements, closes })
}

/// The entry that opens the called term at the end of a log: on its newest checkpoint, its head and its
/// state. The node signs it. Nothing when the base is longer than an opening can carry.
#[allow(clippy::too_many_arguments)] // each is one field of the opening
pub fn compose_opening(
    call: &Call,
    right: Right,
    base: &SignedCheckpoint,
    head: LinkHash,
    state: &State,
    (node, term_key): (&SecretKey, &SecretKey),
    now: Time,
    nonce: Nonce,
) -> Option<SignedEntry> {
    let keeper = state.keeper()?;
    let mut draft = Entry {
        cell: state.cell(),
        author: node.public(),
        author_time: now,
        not_after: now,
        seen: Seen { term: base.origin.term, size: base.size, root: base.root },
        after: List::default(),
        nonce,
        kind: Kind::OPENING,
        version: 1,
        body: Bytes::default(),
        details: List::default(),
    };
    let message = possession_message(&draft, call.term, &call.node, &call.term_key);
    let opening = Opening {
        term: call.term,
        base: Some(Base { checkpoint: Bytes::new(base.to_bytes())?, head }),
        node: call.node,
        term_key: call.term_key,
        possession: term_key.sign(&message),
        witnesses: List::new(keeper.witnesses.clone())?,
        quorum: keeper.quorum,
        state: state.hash(),
        rules: state.rules(),
        right,
    };
    draft.body = Bytes::new(encode(&opening))?;
    draft.sign(node).ok()
}
