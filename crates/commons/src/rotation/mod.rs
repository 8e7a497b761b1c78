//! Rotation: roles that pass from hand to hand by a draw that anyone can redo, meetings that recur, and
//! who is trained for what. Keeper and facilitator are roles like any other. No one has a turn again
//! before everyone in the pool has had one; nothing that a keeper can choose decides who is drawn.

mod body;
mod calendar;
mod draws;
mod ripe;
mod rules;
mod turns;

pub use body::{
    Asked, BeaconBrought, Committed, Conditions, DrawCalled, Duty, HatDrawn, MeetingSet, Name, Purpose,
    Refused, Revealed, RoleSet, Roll, RotationStatement, SwapAgreed, SwapOffered, Trained, Way,
};
pub use calendar::{Every, begin};
pub use draws::{Awaited, Draw, OnRoster, Round, Stage, VoidAttempt};
pub use ripe::Ripe;
pub use rules::tellers;
pub use turns::{Pool, Role};

use crate::common::{Day, MemberId};
use bincode::{Decode, Encode};
use lifeboat_log::{EntryId, Position, Time};
use std::collections::{BTreeMap, BTreeSet};

/// How often it is tried with commitments before a draw is left to a hat: who withholds a reveal can force
/// so many repeats and no more.
pub const ATTEMPTS: u8 = 2;

/// A meeting that recurs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Meeting {
    /// The entry that last set it.
    pub position: Position,
    /// The day of the first one.
    pub first: Day,
    /// How often.
    pub every: Every,
    /// When it begins, in minutes after midnight by the clocks of the cell.
    pub minute: u16,
    /// How long it takes, in minutes.
    pub minutes: u16,
}

/// A turn that somebody offers to another.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Swap {
    /// The entry that offers it.
    pub id: EntryId,
    /// Its place.
    pub position: Position,
    /// Who offers.
    pub from: MemberId,
    /// The draw of the turn that is offered.
    pub mine: EntryId,
    /// Who would take it.
    pub with: MemberId,
    /// The draw of the turn that is asked for.
    pub theirs: Option<EntryId>,
}

/// Roles, meetings, trainings, and the draws of about a year.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Rotation {
    roles: BTreeMap<Name, Role>,
    meetings: BTreeMap<Name, Meeting>,
    trained: BTreeSet<(Name, MemberId)>,
    draws: BTreeMap<EntryId, Draw>,
    /// One offer a turn: the draw and who has it.
    swaps: BTreeMap<(EntryId, MemberId), Swap>,
    /// Lots by what they are about.
    lots: BTreeMap<EntryId, EntryId>,
    /// Draws that are not drawn yet.
    open: BTreeSet<EntryId>,
    /// Draws whose turn is to come or under way.
    sitting: BTreeSet<EntryId>,
    /// When each draw is forgotten.
    forget: BTreeSet<(Time, EntryId)>,
}

/// Somebody who has a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn<'a> {
    /// The role.
    pub role: &'a Name,
    /// Which term of it.
    pub term: u32,
    /// The draw that decided it.
    pub draw: &'a Draw,
    /// Its first moment.
    pub from: Time,
    /// Its end.
    pub until: Time,
}

impl Rotation {
    /// The roles, by name.
    pub fn roles(&self) -> impl Iterator<Item = (&Name, &Role)> {
        self.roles.iter()
    }
    /// The role of this name.
    pub fn role(&self, name: &Name) -> Option<&Role> {
        self.roles.get(name)
    }
    /// The meetings, by name.
    pub fn meetings(&self) -> impl Iterator<Item = (&Name, &Meeting)> {
        self.meetings.iter()
    }
    /// Who has which training.
    pub fn trained(&self) -> impl Iterator<Item = (&Name, MemberId)> {
        self.trained.iter().map(|(training, member)| (training, *member))
    }
    /// Whether a member has this training.
    pub fn is_trained(&self, training: &Name, member: &MemberId) -> bool {
        self.trained.contains(&(training.clone(), *member))
    }
    /// The draw that this entry called, for a year after its turn.
    pub fn draw(&self, id: &EntryId) -> Option<&Draw> {
        self.draws.get(id)
    }
    /// All draws of about a year.
    pub fn draws(&self) -> impl Iterator<Item = &Draw> {
        self.draws.values()
    }
    /// Those that are not drawn yet.
    pub fn open_draws(&self) -> impl Iterator<Item = &Draw> {
        self.open.iter().filter_map(|id| self.draws.get(id))
    }
    /// The lot about this entry.
    pub fn lot(&self, about: &EntryId) -> Option<&Draw> {
        self.draws.get(self.lots.get(about)?)
    }
    /// The swaps that are offered and not agreed to.
    pub fn swaps(&self) -> impl Iterator<Item = &Swap> {
        self.swaps.values()
    }
    /// The swap that this entry offers.
    pub fn swap(&self, id: &EntryId) -> Option<&Swap> {
        self.swaps.values().find(|swap| swap.id == *id)
    }

    /// The turn that a draw decided, when it was drawn for a role.
    pub fn turn<'a>(&'a self, draw: &'a Draw) -> Option<Turn<'a>> {
        let Purpose::Role { role, term } = &draw.purpose else { return None };
        let known = self.roles.get(role)?;
        let (from, until) = (known.begins(*term)?, known.begins(term.saturating_add(1))?);
        Some(Turn { role, term: *term, draw, from, until })
    }

    /// The turns of about a year that were drawn, by when they begin.
    pub fn turns(&self) -> Vec<Turn<'_>> {
        let drawn = self.draws.values().filter(|draw| draw.is_done());
        let mut turns: Vec<Turn<'_>> = drawn.filter_map(|draw| self.turn(draw)).collect();
        turns.sort_by_key(|turn| (turn.from, turn.draw.position));
        turns
    }

    /// The turns that somebody has at this moment.
    pub fn turns_at(&self, now: Time) -> impl Iterator<Item = Turn<'_>> {
        let turns = self.turns().into_iter();
        turns.filter(move |turn| turn.from <= now && now < turn.until && !turn.draw.holders.is_empty())
    }

    /// Who has a role with this duty at this moment.
    pub fn on_duty(&self, duty: Duty, now: Time) -> Vec<MemberId> {
        let of = |turn: &Turn<'_>| self.roles.get(turn.role).is_some_and(|role| role.duty == duty);
        self.turns_at(now).filter(of).flat_map(|turn| turn.draw.holders.clone()).collect()
    }
}
