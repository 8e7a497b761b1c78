//! Whom a delivery turns to: which homes are told that an entry waits, and which one is offered it. It
//! decides nothing about what is placed.

use super::item::Item;
use super::{Delivery, Effect};
use crate::limits::{ANNOUNCE_AFTER_MS, ANNOUNCE_EVERY_MS, ASIDE_MS, MAX_ANNOUNCED, MAX_HANDED};
use lifeboat_log::{PublicKey, Time};

impl Delivery {
    /// Tells all homes of entries that have waited for a while, some at a time.
    pub(super) fn announce(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.others || self.peers.is_empty() {
            return;
        }
        let turn = self.turn();
        let due = |item: &Item| {
            let next = match item.announced {
                Some(at) => at.plus_ms(ANNOUNCE_EVERY_MS),
                None => item.added.plus_ms(ANNOUNCE_AFTER_MS),
            };
            // After a clock was set back it is told again.
            item.position().is_none()
                && !item.over
                && !self.is_out_of_turn(item, turn)
                && (now >= next || next > now.plus_ms(2 * ANNOUNCE_EVERY_MS))
        };
        let due = self.items.iter().filter(|(_, item)| due(item)).map(|(place, _)| *place);
        for place in due.take(MAX_ANNOUNCED).collect::<Vec<_>>() {
            let Some(item) = self.items.get_mut(&place) else { continue };
            item.announced = Some(now);
            effects.push(Effect::Announce(Box::new(item.entry.clone())));
        }
    }

    /// The peers that can be asked now.
    pub(super) fn able(&self, now: Time) -> Vec<PublicKey> {
        let usable =
            |aside: &Option<Time>| aside.is_none_or(|until| now >= until || until > now.plus_ms(ASIDE_MS));
        self.peers.iter().filter(|(_, aside)| usable(aside)).map(|(peer, _)| *peer).collect()
    }

    /// Whom to offer an entry: the keeper's node where it is connected, else any peer, which may pass the
    /// offer on or keep it. After the keeper refused, other homes come first, until enough of them have it.
    pub(super) fn peer(&self, place: &u64, able: &[PublicKey], entropy: u64) -> Option<PublicKey> {
        let item = self.items.get(place)?;
        let keeper = self.keeper.map(|(_, node)| node).filter(|keeper| able.contains(keeper));
        if self.others || (keeper.is_some() && item.refused_by_keeper.is_none()) {
            return keeper;
        }
        let others: Vec<&PublicKey> = able.iter().filter(|peer| item.is_open_to(peer, keeper)).collect();
        let others = if item.handed.len() < MAX_HANDED { others } else { Vec::new() };
        let any = |peers: &[&PublicKey]| Some(**peers.get((entropy % peers.len().max(1) as u64) as usize)?);
        any(&others).or(keeper).or_else(|| any(&able.iter().collect::<Vec<_>>()))
    }
}
