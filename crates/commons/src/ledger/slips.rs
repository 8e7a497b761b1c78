//! Hand-over slips: a number and no name. Who received confirms the slip, or a member does on their behalf.

use super::quantity::Quantity;
use crate::common::MemberId;
use crate::limits::{DAY_MS, SLIP_DAYS};
use bincode::{Decode, Encode};
use lifeboat_log::{EntryId, Position, Time};
use std::collections::{BTreeMap, BTreeSet};

/// A hand-over slip that nobody has confirmed yet. Its number is the position of its entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Slip {
    /// The entry that gave it.
    pub id: EntryId,
    /// Its number.
    pub position: Position,
    /// Who gave.
    pub giver: MemberId,
    /// How much of what.
    pub quantity: Quantity,
    /// When it was given.
    pub given: Time,
}

/// The slips that can still be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(super) struct Slips {
    live: BTreeMap<EntryId, Slip>,
    by_age: BTreeSet<(Time, EntryId)>,
}

impl Slips {
    pub(super) fn get(&self, id: &EntryId) -> Option<&Slip> {
        self.live.get(id)
    }
    pub(super) fn iter(&self) -> impl Iterator<Item = &Slip> {
        self.by_age.iter().filter_map(|(_, id)| self.live.get(id))
    }
    pub(super) fn put(&mut self, slip: Slip) {
        self.by_age.insert((slip.given, slip.id));
        self.live.insert(slip.id, slip);
    }
    pub(super) fn remove(&mut self, id: &EntryId) {
        if let Some(slip) = self.live.remove(id) {
            self.by_age.remove(&(slip.given, slip.id));
        }
    }
    /// Forgets the slips that are too old to be confirmed at `now`.
    pub(super) fn advance(&mut self, now: Time) {
        while let Some(&(given, id)) = self.by_age.first()
            && given.plus_ms(SLIP_DAYS * DAY_MS) <= now
        {
            self.by_age.pop_first();
            self.live.remove(&id);
        }
    }
}
