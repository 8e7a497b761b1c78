//! The board: the calls for a takeover that a node knows of, with their endorsements and closes. Nodes
//! tell each other all of it, now and then. Each elector stands behind a few calls, once each, and that is
//! its only bound: whatever others do, there is room for one more call.

use crate::limits::{MAX_CALLS, MAX_CALLS_EACH};
use bincode::{Decode, Encode};
use lifeboat_commons::{MemberId, State, terms};
use lifeboat_log::codec::List;
use lifeboat_log::limits::{MAX_ENDORSEMENTS, MAX_WITNESSES};
use lifeboat_log::{Call, Close, Endorsement, PublicKey, Term};
use std::collections::{BTreeMap, BTreeSet};

/// What a node knows of one call, as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CallNews {
    /// The call.
    pub call: Call,
    /// Who endorses it, ascending by key.
    pub endorsements: List<Endorsement, MAX_ENDORSEMENTS>,
    /// Which witnesses closed for its era, ascending by key.
    pub closes: List<Close, MAX_WITNESSES>,
}

/// What is known of one call: only signatures that hold, of keys that count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// By the keys of members.
    pub endorsements: BTreeMap<PublicKey, Endorsement>,
    /// By the keys of witnesses.
    pub closes: BTreeMap<PublicKey, Close>,
}

impl Known {
    /// How many members endorse it, on this state.
    pub fn given(&self, state: &State) -> usize {
        terms::endorsers(state, self.endorsements.keys())
    }

    /// Whether more than half of the electorate endorse it, on this state.
    pub fn is_carried(&self, state: &State) -> bool {
        terms::is_majority(state, self.endorsements.keys())
    }

    /// Whether this member is behind it, on this state.
    fn is_of(&self, member: &MemberId, state: &State) -> bool {
        self.endorsements.keys().any(|key| state.endorser(key).as_ref() == Some(member))
    }
}

/// The calls that a node knows of.
#[derive(Debug, Clone, Default)]
pub struct Board {
    calls: BTreeMap<Call, Known>,
}

impl Board {
    /// The calls, the lowest era first.
    pub fn calls(&self) -> impl Iterator<Item = (&Call, &Known)> {
        self.calls.iter()
    }

    /// What is known of a call.
    pub fn get(&self, call: &Call) -> Option<&Known> {
        self.calls.get(call)
    }

    /// The calls that this key endorses, as far as others have told. A home whose disk is an old backup has
    /// forgotten its own promises: what it finds here it endorses no rival of.
    pub fn endorsed_by(&self, key: PublicKey) -> impl Iterator<Item = &Call> {
        let by = move |(_, known): &(&Call, &Known)| known.endorsements.contains_key(&key);
        self.calls.iter().filter(by).map(|(call, _)| call)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Takes in what a peer, or this home's own member or witness, says of a call. Says whether something
    /// was new. What does not hold, or does not count on this state, is left out.
    pub fn take(&mut self, news: &CallNews, state: &State) -> bool {
        let call = news.call;
        let Some(keeper) = state.keeper().filter(|keeper| call.term.era() > keeper.term.era()) else {
            return false;
        };
        if !call.is_proper() {
            return false;
        }
        let (cell, old) = (state.cell(), self.calls.get(&call).cloned());
        let mut known = old.clone().unwrap_or_default();
        known.endorsements.retain(|key, _| state.endorser(key).is_some());
        for endorsement in news.endorsements.iter() {
            let Some(member) = state.endorser(&endorsement.key) else { continue };
            if known.is_of(&member, state) || known.endorsements.len() >= MAX_ENDORSEMENTS {
                continue;
            }
            let Some(left) = self.left_for(&member, &call, state) else { continue };
            if call.check_endorsement(&cell, endorsement).is_ok() {
                known.endorsements.insert(endorsement.key, *endorsement);
                left.iter().for_each(|left| self.leave(left, &member, state));
            }
        }
        // No witness closes before that, and five calls at most come so far.
        let carried = known.is_carried(state);
        for close in news.closes.iter().filter(|close| carried && keeper.witnesses.contains(&close.key)) {
            if !known.closes.contains_key(&close.key) && call.check_close(&cell, close).is_ok() {
                known.closes.insert(close.key, *close);
            }
        }
        // Without an elector behind it a call is nobody's.
        if known.endorsements.is_empty() || old.as_ref() == Some(&known) {
            return false;
        }
        self.calls.insert(call, known);
        true
    }

    /// Drops the calls of eras that are over.
    pub fn forget(&mut self, open: Term) {
        self.calls.retain(|call, _| call.term.era() > open.era());
    }

    /// All of it that counts on this state, for a peer.
    pub fn news(&self, state: &State) -> List<CallNews, MAX_CALLS> {
        let news = |(call, known): (&Call, &Known)| {
            let counts = |endorsement: &&Endorsement| state.endorser(&endorsement.key).is_some();
            let endorsements: Vec<_> = known.endorsements.values().filter(counts).copied().collect();
            let closes = known.closes.values().filter(|_| known.is_carried(state)).copied().collect();
            (!endorsements.is_empty()).then_some(CallNews {
                call: *call,
                endorsements: List::new(endorsements)?,
                closes: List::new(closes)?,
            })
        };
        List::new(self.calls.iter().filter_map(news).take(MAX_CALLS).collect()).unwrap_or_default()
    }

    /// One elector can stand behind a few calls only: those of the highest eras, which are the newest tries.
    /// The call that they would leave for this one; nothing where there is no room.
    fn left_for(&self, member: &MemberId, call: &Call, state: &State) -> Option<Option<Call>> {
        let others =
            || self.calls.iter().filter(|(other, known)| *other != call && known.is_of(member, state));
        if others().count() < MAX_CALLS_EACH {
            return Some(None);
        }
        others().next().map(|(lowest, _)| *lowest).filter(|lowest| lowest < call).map(Some)
    }

    /// Takes an elector's endorsements off a call, and the call where nobody is behind it any more.
    fn leave(&mut self, call: &Call, member: &MemberId, state: &State) {
        let Some(known) = self.calls.get_mut(call) else { return };
        known.endorsements.retain(|key, _| state.endorser(key).as_ref() != Some(member));
        if known.endorsements.is_empty() {
            self.calls.remove(call);
        }
    }
}

/// The lowest era in which a new call can still be endorsed by more than half, where `endorsed` are the
/// eras in which the proposer has endorsed another call already.
pub fn free_era(board: &Board, state: &State, endorsed: &BTreeSet<u16>) -> Option<u16> {
    let open = state.keeper()?.term.era();
    let electorate = terms::electorate(state);
    let bound = |era: u16| {
        let keys = board.calls().filter(|(call, _)| call.term.era() == era);
        terms::endorsers(state, keys.flat_map(|(_, known)| known.endorsements.keys()))
    };
    let free =
        |era: &u16| !endorsed.contains(era) && (electorate.saturating_sub(bound(*era))) * 2 > electorate;
    (open.checked_add(1)?..=u16::MAX).find(free)
}
