//! Which entries are void, and why: the only thing that a state remembers of every entry, as ranges.

use crate::effect::Reason;
use bincode::{Decode, Encode};
use lifeboat_log::Position;
use std::collections::BTreeMap;

/// The void entries: first position -> (the position after the last, why).
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Voids {
    ranges: BTreeMap<u64, (u64, Reason)>,
    count: u64,
}

impl Voids {
    /// Notes that the entry at `at`, later than all before, is void.
    pub(crate) fn note(&mut self, at: Position, reason: Reason) {
        self.count = self.count.saturating_add(1);
        let after = at.next().0;
        if let Some((_, (end, known))) = self.ranges.iter_mut().next_back()
            && *end == at.0
            && *known == reason
        {
            *end = after;
            return;
        }
        self.ranges.insert(at.0, (after, reason));
    }

    /// Why the entry at `at` is void, if it is.
    pub(crate) fn get(&self, at: Position) -> Option<&Reason> {
        let (_, (end, reason)) = self.ranges.range(..=at.0).next_back()?;
        (at.0 < *end).then_some(reason)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_with_the_same_reason_share_a_range() {
        let mut voids = Voids::default();
        for at in [3, 4, 5, 9] {
            voids.note(Position(at), Reason::Malformed);
        }
        voids.note(Position(10), Reason::NotOpen);
        assert_eq!((voids.ranges.len(), voids.count()), (3, 5));
        assert_eq!(voids.get(Position(5)), Some(&Reason::Malformed));
        assert_eq!(voids.get(Position(10)), Some(&Reason::NotOpen));
        assert_eq!([2, 6, 8, 11].map(|at| voids.get(Position(at))), [None; 4]);
    }
}
