//! Slots: how much is under way at once, for one peer and for all. A slot is given back when it is
//! dropped, wherever that happens.

use crate::limits::Share;
use lifeboat_log::PublicKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

#[derive(Debug, Default)]
struct Taken {
    total: usize,
    by_peer: HashMap<PublicKey, usize>,
}

/// The slots of one sort of work.
#[derive(Debug, Clone)]
pub struct Slots {
    share: Share,
    taken: Arc<Mutex<Taken>>,
    freed: Arc<Notify>,
}

/// One of them, taken.
#[derive(Debug)]
pub struct Slot {
    peer: PublicKey,
    taken: Arc<Mutex<Taken>>,
    freed: Arc<Notify>,
}

impl Slots {
    /// All free.
    pub fn new(share: Share) -> Self {
        Self { share, taken: Arc::default(), freed: Arc::default() }
    }

    /// A slot for this peer, or nothing when its share, or everyone's, is used up.
    pub fn take(&self, peer: PublicKey) -> Option<Slot> {
        let mut taken = lock(&self.taken);
        if taken.total >= self.share.total {
            return None;
        }
        let count = taken.by_peer.entry(peer).or_default();
        if *count >= self.share.per_peer {
            return None;
        }
        *count += 1;
        taken.total += 1;
        Some(Slot { peer, taken: self.taken.clone(), freed: self.freed.clone() })
    }

    /// A slot for this peer, as soon as there is one.
    pub async fn wait(&self, peer: PublicKey) -> Slot {
        loop {
            // Made before the look, so that no slot is freed unseen between the two.
            let freed = self.freed.notified();
            if let Some(slot) = self.take(peer) {
                return slot;
            }
            freed.await;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.total = taken.total.saturating_sub(1);
        if let Some(count) = taken.by_peer.get_mut(&self.peer) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.by_peer.remove(&self.peer);
            }
        }
        drop(taken);
        self.freed.notify_waiters();
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_bounded_for_one_and_for_all_and_come_back() {
        let slots = Slots::new(Share { per_peer: 2, total: 3 });
        let (one, two) = (PublicKey([1; 32]), PublicKey([2; 32]));
        let held = [slots.take(one), slots.take(one)];
        assert!(held.iter().all(Option::is_some));
        assert!(slots.take(one).is_none(), "its share is used up");
        let last = slots.take(two).unwrap();
        assert!(slots.take(two).is_none(), "everyone's share is used up");
        drop(held);
        assert!(slots.take(two).is_some());
        drop(last);
        assert!(lock(&slots.taken).by_peer.is_empty());
        assert_eq!(lock(&slots.taken).total, 0);
    }

    #[tokio::test]
    async fn who_waits_gets_the_next_free_slot() {
        let slots = Slots::new(Share { per_peer: 1, total: 1 });
        let peer = PublicKey([1; 32]);
        let first = slots.wait(peer).await;
        let waiting = tokio::spawn({
            let slots = slots.clone();
            async move { drop(slots.wait(peer).await) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        waiting.await.unwrap();
        assert_eq!(lock(&slots.taken).total, 0);
    }
}
