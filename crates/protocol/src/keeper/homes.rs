//! What a keeper knows of other homes: how much of the log each has said to hold durably.

use crate::limits::{MAX_HELD, MAX_HOMES};
use lifeboat_log::{Position, PublicKey};
use std::collections::BTreeMap;

/// How much each home holds.
pub(super) struct Homes {
    own: PublicKey,
    next: BTreeMap<PublicKey, Position>,
}

impl Homes {
    /// Nothing known yet; the keeper's own node does not count.
    pub fn new(own: PublicKey) -> Self {
        Self { own, next: BTreeMap::new() }
    }

    /// Notes what a node says that it holds. More than there is cannot be, and is not believed.
    pub fn note(&mut self, node: PublicKey, next: Position, end: Position) {
        let known = self.next.contains_key(&node) || self.next.len() < MAX_HOMES;
        if node != self.own && next <= end && known {
            self.next.insert(node, next);
        }
    }

    /// The sizes, largest first.
    pub fn held(&self) -> Vec<Position> {
        let mut held: Vec<Position> = self.next.values().copied().collect();
        held.sort_unstable_by(|a, b| b.cmp(a));
        held.truncate(MAX_HELD);
        held
    }

    /// How many hold the record at this position.
    pub fn with(&self, at: Position) -> usize {
        self.next.values().filter(|next| **next > at).count()
    }
}
