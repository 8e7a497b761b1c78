//! Absence: how members who are gone without having left stop counting when the log is taken over. Others
//! give notice; whoever is named and says anything at all is back. Silence alone removes nobody.

use super::{Member, Members};
use crate::common::MemberId;
use crate::effect::Reason;
use bincode::{Decode, Encode};
use lifeboat_log::Time;
use std::collections::BTreeSet;

/// Notice that a member seems to be gone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Absence {
    /// Who gave notice.
    pub by: BTreeSet<MemberId>,
    /// When enough had; none before.
    pub since: Option<Time>,
}

impl Members {
    /// The notice that stands against a member.
    pub fn absence(&self, id: &MemberId) -> Option<&Absence> {
        self.absences.get(id)
    }

    /// Whether a member was declared dormant: notice was given, and `notice_ms` went by without an answer.
    pub fn is_dormant(&self, id: &MemberId, now: Time, notice_ms: u64) -> bool {
        let since = self.absences.get(id).and_then(|absence| absence.since);
        since.is_some_and(|since| since.plus_ms(notice_ms) <= now)
    }

    /// Those who decide on a takeover at `now`: who may vote, less the dormant.
    pub fn electorate(&self, now: Time, notice_ms: u64) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.electors(now).filter(move |(id, _)| !self.is_dormant(id, now, notice_ms))
    }

    /// The member has said something: no notice stands against them.
    pub(crate) fn heard(&mut self, id: &MemberId) {
        self.absences.remove(id);
    }

    /// Notes that `by` gives notice of `member`. With as many as `needed` (or all others who may vote) the
    /// time begins to run.
    pub(super) fn give_notice(
        &mut self,
        by: MemberId,
        member: MemberId,
        now: Time,
        needed: usize,
    ) -> Result<(), Reason> {
        if !self.is_elector(&by, now) {
            return Err(Reason::NotAnElector);
        }
        if by == member || !self.get(&member).is_some_and(Member::is_active) {
            return Err(Reason::UnknownMember);
        }
        let others = self.electors(now).filter(|(id, _)| **id != member).count();
        let absence = self.absences.entry(member).or_default();
        if !absence.by.insert(by) {
            return Err(Reason::AlreadyNoticed);
        }
        if absence.since.is_none() && absence.by.len() >= needed.min(others) {
            absence.since = Some(now);
        }
        Ok(())
    }
}
