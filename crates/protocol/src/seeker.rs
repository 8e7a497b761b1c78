//! The seeker: the machine that looks for the details a home lacks, by asking one peer after another,
//! each less and less often. A follower has one within it; a keeper's home runs one beside the keeper: a
//! record may have survived a power cut that its details did not.

use crate::backoff::Backoff;
use crate::limits::{MAX_DETAILS_ASKED, MAX_PEERS, MAX_WANTED, MAX_WANTED_TRIES, PATIENCE_MS};
use lifeboat_log::{Detail, DetailHash, DetailRef, PublicKey, Time};
use std::collections::BTreeMap;

/// Details that a peer gave and that were looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Those that anyone may hold.
    pub open: Vec<Detail>,
    /// Those for the cell's own homes alone.
    pub sealed: Vec<Detail>,
}

/// The machine.
#[derive(Debug, Clone, Default)]
pub struct Seeker {
    wanted: BTreeMap<DetailHash, (DetailRef, Backoff)>,
    /// The connected peers, and since when each owes an answer.
    peers: BTreeMap<PublicKey, Option<Time>>,
}

impl Seeker {
    /// A peer that serves the cell is connected.
    pub fn connected(&mut self, peer: PublicKey) {
        if self.peers.len() < MAX_PEERS {
            self.peers.entry(peer).or_default();
        }
        for (_, backoff) in self.wanted.values_mut() {
            backoff.hurry();
        }
    }

    /// It is not any more.
    pub fn disconnected(&mut self, peer: &PublicKey) {
        self.peers.remove(peer);
    }

    /// Details that are missing: as many are looked for as there is room for.
    pub fn missing(&mut self, missing: Vec<DetailRef>) {
        for reference in missing {
            if self.wanted.len() >= MAX_WANTED {
                break;
            }
            self.wanted.entry(reference.hash).or_insert((reference, Backoff::default()));
        }
    }

    /// Details that are erased: nobody looks for them any more.
    pub fn forget(&mut self, gone: &[DetailHash]) {
        for hash in gone {
            self.wanted.remove(hash);
        }
    }

    /// A peer's answer: those of the details that were looked for, which are to be kept.
    pub fn arrived(&mut self, peer: &PublicKey, details: Vec<Detail>) -> Found {
        self.failed(peer);
        let mut found = Found::default();
        for detail in details {
            let hash = detail.hash();
            let wanted = self.wanted.get(&hash).filter(|(reference, _)| detail.matches(reference));
            let Some(sealed) = wanted.map(|(reference, _)| reference.tag.is_sealed()) else { continue };
            self.wanted.remove(&hash);
            if sealed { found.sealed.push(detail) } else { found.open.push(detail) }
        }
        found
    }

    /// A peer did not answer; it owes nothing more.
    pub fn failed(&mut self, peer: &PublicKey) {
        self.peers.entry(*peer).and_modify(|asked| *asked = None);
    }

    /// Whom to ask for which details now, if anyone; it is noted as asked. Each asking counts as a failure
    /// until the detail arrives; after many it is taken for erased, until the next start.
    pub fn ask(&mut self, now: Time, entropy: u64) -> Option<(PublicKey, Vec<DetailHash>)> {
        for asked in self.peers.values_mut() {
            *asked = asked.filter(|since| now >= *since && now < since.plus_ms(PATIENCE_MS));
        }
        self.wanted.retain(|_, (_, backoff)| backoff.failures() < MAX_WANTED_TRIES || !backoff.is_due(now));
        let able: Vec<_> = self.peers.iter().filter(|(_, asked)| asked.is_none()).collect();
        let peer = *able.get((entropy % (able.len() as u64).max(1)) as usize)?.0;
        let due = self.wanted.iter_mut().filter(|(_, (_, backoff))| backoff.is_due(now));
        let ask = |(hash, (_, backoff)): (&DetailHash, &mut (DetailRef, Backoff))| {
            backoff.failed(now, entropy);
            *hash
        };
        let hashes: Vec<_> = due.take(MAX_DETAILS_ASKED).map(ask).collect();
        if hashes.is_empty() {
            return None;
        }
        self.peers.insert(peer, Some(now));
        Some((peer, hashes))
    }

    /// How many are looked for.
    pub fn wanted(&self) -> usize {
        self.wanted.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_RETRY_MS;
    use crate::testing::peer;
    use lifeboat_log::DetailTag;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is asked in whatever order: nothing but what was looked for is kept, and what a peer
        /// has comes in the end.
        #[test]
        fn what_a_peer_has_is_found(acts in prop::collection::vec((0u8..5, 0u8..8), 0..40)) {
            let detail = |n: u8| Detail::open([n; 16], "rice").unwrap();
            let mut seeker = Seeker::default();
            let mut now = Time::from_ms(1000);
            let lacking: Vec<_> = (0..4).map(|n| detail(n).reference(DetailTag::NOTE, Time::ZERO)).collect();
            seeker.missing(lacking);
            for (n, (act, which)) in acts.into_iter().enumerate() {
                match act {
                    0 => seeker.connected(peer(which)),
                    1 => seeker.disconnected(&peer(which)),
                    2 => prop_assert_eq!(seeker.arrived(&peer(which), vec![detail(which + 10)]), Found::default()),
                    3 => drop(seeker.ask(now, n as u64)),
                    _ => now = now.plus_ms(u64::from(which) * 1000),
                }
            }
            seeker.connected(peer(9));
            let mut found = 0;
            for n in 0..200 {
                now = now.plus_ms(MAX_RETRY_MS);
                seeker.missing((0..4).map(|n| detail(n).reference(DetailTag::NOTE, Time::ZERO)).collect());
                if let Some((who, hashes)) = seeker.ask(now, n) {
                    let has = if who == peer(9) { (0..4).map(detail).collect() } else { vec![] };
                    found += seeker.arrived(&who, has).open.len();
                    prop_assert!(hashes.len() <= 4);
                }
            }
            prop_assert!(found >= 4);
        }
    }

    #[test]
    fn what_is_erased_is_not_asked_for_and_what_is_sealed_is_told_apart() {
        let detail = |n: u8| Detail::open([n; 16], "rice").unwrap();
        let mut seeker = Seeker::default();
        let named = |n, tag| detail(n).reference(tag, Time::ZERO);
        seeker.missing(vec![named(1, DetailTag::NOTE), named(2, DetailTag::SEALED_NOTE)]);
        seeker.missing(vec![named(3, DetailTag::NOTE)]);
        seeker.forget(&[detail(3).hash()]);
        seeker.connected(peer(1));
        let (_, asked) = seeker.ask(Time::from_ms(1000), 0).unwrap();
        assert_eq!(asked.len(), 2);
        let found = seeker.arrived(&peer(1), (1..=3).map(detail).collect());
        assert_eq!(found, Found { open: vec![detail(1)], sealed: vec![detail(2)] });
    }
}
