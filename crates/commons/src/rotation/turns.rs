//! Whose turn it can be: the pool of a draw, in two groups, out of turns had, terms held and trainings.
//! Pure queries; whoever calls a draw writes their answer down, and the fold compares.

use super::body::{Conditions, Duty, Name, Purpose};
use super::calendar::{Every, begin};
use super::{Rotation, draws::Draw};
use crate::common::{Day, MemberId};
use crate::membership::Members;
use bincode::{Decode, Encode};
use lifeboat_log::{EntryId, Position, Time};
use std::collections::BTreeMap;

/// A role, and how often each member has had it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Role {
    /// The entry that last set it.
    pub position: Position,
    /// What it does.
    pub duty: Duty,
    /// How many have it at the same time.
    pub seats: u16,
    /// The first day of its first term.
    pub first: Day,
    /// How long a term is.
    pub every: Every,
    /// Who may be drawn.
    pub conditions: Conditions,
    /// Whether it was given up.
    pub ended: bool,
    /// How many turns each member has had or is to have.
    pub turns: BTreeMap<MemberId, u32>,
    /// The draw that is under way.
    pub drawing: Option<EntryId>,
    /// The first term that is not drawn.
    pub(super) next: u32,
    /// The draws of its terms.
    pub(super) terms: BTreeMap<u32, EntryId>,
}

/// Who can be drawn, each group in roster order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pool {
    /// Those who have not had their turn in this cycle.
    pub first: Vec<MemberId>,
    /// Those who have.
    pub then: Vec<MemberId>,
    /// The most turns that anyone of them has had.
    pub(super) level: u32,
}

impl Role {
    /// When a term begins; nothing past the calendar.
    pub fn begins(&self, term: u32) -> Option<Time> {
        self.every.nth(self.first, term).map(begin)
    }
    /// The term that can be drawn: the first that is neither drawn nor over.
    pub fn next_term(&self, now: Time) -> u32 {
        self.every.number_on(self.first, Day::of(now)).unwrap_or_default().max(self.next)
    }
    /// The draw of a term, for a year after it.
    pub fn drawn(&self, term: u32) -> Option<EntryId> {
        self.terms.get(&term).copied()
    }

    /// Counts a turn. Who comes late, or could not be drawn for long, need not make up for all of it: they
    /// stand at most one turn behind.
    pub(super) fn count(&mut self, id: MemberId, level: u32) {
        let had = self.turns.entry(id).or_default();
        *had = (*had).max(level.saturating_sub(1)).saturating_add(1);
    }
    /// Takes a turn back that was refused or given away.
    pub(super) fn uncount(&mut self, id: &MemberId) {
        if let Some(had) = self.turns.get_mut(id) {
            *had = had.saturating_sub(1);
        }
    }
}

impl Rotation {
    /// Who can be drawn for a term of a role now; nobody where there is no such role.
    pub fn pool(&self, members: &Members, name: &Name, term: u32, now: Time) -> Pool {
        let Some(role) = self.roles.get(name) else { return Pool::default() };
        let fit = |id: &MemberId| self.fits(id, name, role, term, &[]);
        let all: Vec<MemberId> = roster(members, now).into_iter().filter(fit).collect();
        let had = |id: &MemberId| role.turns.get(id).copied().unwrap_or_default();
        let level = all.iter().map(had).max().unwrap_or_default();
        let (first, then): (Vec<_>, Vec<_>) = all.into_iter().partition(|id| had(id) < level);
        if first.is_empty() { Pool { first: then, then: first, level } } else { Pool { first, then, level } }
    }

    /// Everyone who may vote, in roster order: the pool of a lot.
    pub fn lot_pool(&self, members: &Members, now: Time) -> Pool {
        Pool { first: roster(members, now), ..Pool::default() }
    }

    /// Whether the conditions of a role let a member have this term, but for what these draws gave them.
    pub(super) fn fits(
        &self,
        id: &MemberId,
        name: &Name,
        role: &Role,
        term: u32,
        besides: &[EntryId],
    ) -> bool {
        let Conditions { again, double, training } = &role.conditions;
        if training.as_ref().is_some_and(|training| !self.is_trained(training, id)) {
            return false;
        }
        let has = |draw: &EntryId| {
            let draw = self.draws.get(draw).filter(|draw| !besides.contains(&draw.id));
            draw.is_some_and(|draw| draw.holders.contains(id))
        };
        let mut beside = [term.checked_sub(1), term.checked_add(1)].into_iter().flatten();
        if !again && beside.any(|term| role.terms.get(&term).is_some_and(has)) {
            return false;
        }
        let (Some(from), Some(until)) = (role.begins(term), role.begins(term.saturating_add(1))) else {
            return false;
        };
        let clashes = |draw: &Draw| {
            let other = matches!(&draw.purpose, Purpose::Role { role, .. } if role != name);
            other && has(&draw.id) && self.turn(draw).is_some_and(|t| t.from < until && from < t.until)
        };
        *double || !self.sitting.iter().filter_map(|id| self.draws.get(id)).any(clashes)
    }
}

/// Everyone who may vote at `now`, in the order in which they joined.
pub(super) fn roster(members: &Members, now: Time) -> Vec<MemberId> {
    let mut all: Vec<(Position, MemberId)> =
        members.electors(now).map(|(id, member)| (member.position, *id)).collect();
    all.sort_unstable();
    all.into_iter().map(|(_, id)| id).collect()
}
