//! Proxies: who casts the vote of a member who does not cast one. Given and recalled at any moment until the
//! close, whichever was signed last; who recalls without naming a decision recalls all. One step only, never on to
//! the proxy's own proxy; nobody carries more than the charter's number.

use super::ballot::Ballot;
use super::flaw::Flaw;
use super::poll::At;
use crate::common::MemberId;
use crate::limits::MAX_PROXIES;
use bincode::{Decode, Encode};
use lifeboat_log::EntryId;
use std::collections::BTreeMap;

/// What a member said last of who votes for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Given {
    to: Option<MemberId>,
    at: At,
    /// When all that was given before was taken back, for single decisions too.
    recalled: Option<At>,
}

/// Who votes for whom: by member, and by decision where it is for one alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Proxies {
    given: BTreeMap<(MemberId, Option<EntryId>), Given>,
}

impl Proxies {
    /// Who votes for this member on this decision when the member does not.
    pub fn of(&self, member: &MemberId, decision: &EntryId) -> Option<MemberId> {
        self.find(member, decision).and_then(|given| given.to)
    }

    /// All that are in force: who gave it, for which decision alone, and to whom.
    pub fn all(&self) -> impl Iterator<Item = (MemberId, Option<EntryId>, MemberId)> + '_ {
        let line = |((from, what), given): (&(MemberId, Option<EntryId>), &Given)| {
            given.to.map(|to| (*from, *what, to))
        };
        self.given.iter().filter_map(line)
    }

    pub(super) fn give(
        &mut self,
        from: MemberId,
        decision: Option<EntryId>,
        to: Option<MemberId>,
        at: At,
    ) -> Result<(), Flaw> {
        let mut recalled = self.given.get(&(from, None)).and_then(|given| given.recalled);
        if recalled >= Some(at) {
            return Err(Flaw::LaterCounts);
        }
        let takes_all_back = decision.is_none() && to.is_none();
        if takes_all_back {
            // Whichever was placed first: what was signed before counts no more.
            recalled = Some(at);
            self.given.retain(|key, given| key.0 != from || key.1.is_none() || given.at > at);
        }
        let stands = self.given.get(&(from, decision)).copied().filter(|given| given.at >= at);
        let given = match stands {
            // A recall that is placed late leaves what was signed after it.
            Some(given) if takes_all_back => Given { recalled, ..given },
            Some(_) => return Err(Flaw::LaterCounts),
            None => Given { to, at, recalled },
        };
        let all = self.given.range((from, None)..).take_while(|(key, _)| key.0 == from).count();
        if all >= MAX_PROXIES && !self.given.contains_key(&(from, decision)) {
            return Err(Flaw::TooMany);
        }
        self.given.insert((from, decision), given);
        Ok(())
    }

    /// The ballots cast by proxy on a decision: `cast` finds the ballot of a member's own, `open` are those
    /// on the list without one. Who carries too many carries those first given, never by position.
    pub(super) fn carried<'a>(
        &self,
        decision: &EntryId,
        open: &[MemberId],
        most: u16,
        cast: impl Fn(&MemberId) -> Option<&'a Ballot>,
    ) -> Vec<(MemberId, &'a Ballot)> {
        let mut wanted: Vec<(At, MemberId, MemberId)> = open
            .iter()
            .filter_map(|from| self.find(from, decision).and_then(|g| Some((g.at, *from, g.to?))))
            .collect();
        wanted.sort_unstable();
        let mut carried: BTreeMap<MemberId, u16> = BTreeMap::new();
        let mut ballots = Vec::new();
        for (_, from, to) in wanted {
            let Some(ballot) = cast(&to) else { continue };
            let count = carried.entry(to).or_default();
            if *count < most {
                *count += 1;
                ballots.push((from, ballot));
            }
        }
        ballots
    }

    /// Forgets what was for a decision that is settled.
    pub(super) fn forget(&mut self, decision: &EntryId) {
        self.given.retain(|(_, what), _| what.as_ref() != Some(decision));
    }

    fn find(&self, member: &MemberId, decision: &EntryId) -> Option<&Given> {
        self.given.get(&(*member, Some(*decision))).or_else(|| self.given.get(&(*member, None)))
    }
}
