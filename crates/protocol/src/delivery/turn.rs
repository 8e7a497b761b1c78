//! Which entries may be offered now. What a takeover set aside was once in an order, and may have no effect
//! in another one; but nothing may wait for ever because of it.

use super::item::Item;
use super::{Delivery, Step};
use crate::limits::MAX_OFFERS;
use lifeboat_log::{EntryId, Time};

impl Delivery {
    /// The entries that can be offered now, as many as may be on their way at once: those that say they
    /// come after another one in this outbox wait for it, and those of an era that is over, which a takeover
    /// set aside, go one after the other in the order in which they were signed.
    pub(super) fn due(&self, now: Time) -> Vec<u64> {
        let turn = self.turn();
        let due = |item: &Item| {
            item.is_due(now) && !self.waits_for_another(item) && !self.is_out_of_turn(item, turn)
        };
        let room = MAX_OFFERS.saturating_sub(self.offered);
        self.items.iter().filter(|(_, item)| due(item)).map(|(place, _)| *place).take(room).collect()
    }

    /// Whether it says that it comes after another one here that is not placed yet.
    fn waits_for_another(&self, item: &Item) -> bool {
        let earlier = |id: &EntryId| self.places.get(id).and_then(|place| self.items.get(place));
        let waits = |earlier: &Item| earlier.position().is_none() && !earlier.over;
        item.entry.after.iter().filter_map(earlier).any(waits)
    }

    /// Whose turn it is among the entries of eras that are over: one that waits for another has none.
    pub(super) fn turn(&self) -> Option<(Time, EntryId)> {
        let waits = |item: &&Item| item.step == Step::Waiting && !item.over && self.is_of_old_era(item);
        let able = |item: &&Item| waits(item) && !self.waits_for_another(item);
        self.items.values().filter(able).map(Item::order).min()
    }

    /// Whether another entry of an era that is over comes before it.
    pub(super) fn is_out_of_turn(&self, item: &Item, turn: Option<(Time, EntryId)>) -> bool {
        let waits = item.step == Step::Waiting && self.is_of_old_era(item);
        waits && turn.is_some_and(|turn| turn != item.order())
    }

    /// Whether a takeover set it aside, or its author knew of no term of the open era yet.
    fn is_of_old_era(&self, item: &Item) -> bool {
        item.given_back || self.known_term().is_some_and(|known| item.entry.seen.term.era() < known.era())
    }
}
