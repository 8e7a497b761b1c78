//! What the home's own copy of the log, takeovers and other homes show of where an entry stands. It offers
//! nothing.

use super::{Delivery, Effect, Step};
use lifeboat_log::{EntryId, Position, Term};

impl Delivery {
    pub(super) fn in_log(&mut self, id: &EntryId, position: Position, effects: &mut Vec<Effect>) {
        let keeps = self.keeper.is_some_and(|(_, node)| node == self.own);
        let Some(item) = self.places.get(id).and_then(|place| self.items.get_mut(place)) else { return };
        item.in_log = true;
        match (&item.step, keeps) {
            (Step::Replicated { .. }, _) | (Step::Placed { .. }, true) => {}
            (_, true) => item.to(Step::Placed { position, proof: None }, effects),
            // The home's own copy is one that is not the keeper's.
            (_, false) => item.to(Step::Replicated { position, homes: 1 }, effects),
        }
    }

    /// Entries whose receipts came to nothing wait again: the keeper's disk was lost, or another keeper,
    /// perhaps this home, began below them. How many homes hold the log there says nothing of them.
    pub(super) fn passed(&mut self, next: Position, effects: &mut Vec<Effect>) {
        let keeps = self.keeper.is_some_and(|(_, node)| node == self.own);
        for item in self.items.values_mut() {
            match (item.position(), &item.step) {
                (Some(position), _) if position < next && !item.in_log => {
                    item.backoff.succeeded();
                    item.to(Step::Waiting, effects);
                }
                // This home was the keeper when it stood in the log, and is not any more.
                (Some(position), Step::Placed { .. }) if position < next && !keeps => {
                    item.to(Step::Replicated { position, homes: 1 }, effects);
                }
                _ => {}
            }
        }
    }

    /// What was placed past the base of a takeover waits again.
    pub(super) fn cut_back(&mut self, term: Term, from: Position, effects: &mut Vec<Effect>) {
        if self.taken.is_some_and(|(known, _)| known.era() > term.era()) {
            return;
        }
        self.taken = Some((term, from));
        // The keepers of a rival of this opening, if that was followed, place nothing here.
        self.terms.retain(|known, _| *known < term);
        self.keeper = self.keeper.filter(|(known, _)| *known < term);
        for item in self.items.values_mut().filter(|item| item.position().is_some_and(|at| at >= from)) {
            item.in_log = false;
            item.backoff.succeeded();
            item.to(Step::Waiting, effects);
        }
        // What had run out may have its grace under the new keeper.
        for item in self.items.values_mut().filter(|item| matches!(item.step, Step::Expired)) {
            (item.over, item.step) = (false, Step::Waiting);
        }
    }

    pub(super) fn held(&mut self, held: &[Position], effects: &mut Vec<Effect>) {
        for item in self.items.values_mut() {
            let Some(position) = item.position() else { continue };
            let homes = held.iter().filter(|next| **next > position).count();
            if homes > item.homes() {
                item.to(Step::Replicated { position, homes }, effects);
            }
        }
    }
}
