//! The details that a follower looks for: asked of one peer after another, each less and less often.

use crate::backoff::Backoff;
use crate::limits::{MAX_WANTED, MAX_WANTED_TRIES};
use lifeboat_log::{Detail, DetailHash, DetailRef, Time};
use std::collections::BTreeMap;

/// The details that are missing.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted(BTreeMap<DetailHash, (DetailRef, Backoff)>);

impl Wanted {
    /// Notes missing details, as many as there is room for.
    pub fn add(&mut self, missing: Vec<DetailRef>) {
        for reference in missing {
            if self.0.len() >= MAX_WANTED {
                break;
            }
            self.0.entry(reference.hash).or_insert((reference, Backoff::default()));
        }
    }

    /// The next ones to ask for, or nothing when none is due. Each asking counts as a failure until the
    /// detail arrives; after many it is taken for erased.
    pub fn to_ask(&mut self, now: Time, entropy: u64, max: usize) -> Option<Vec<DetailHash>> {
        self.0.retain(|_, (_, backoff)| backoff.failures() < MAX_WANTED_TRIES || !backoff.is_due(now));
        let due = self.0.iter_mut().filter(|(_, (_, backoff))| backoff.is_due(now)).take(max);
        let hashes: Vec<_> = due
            .map(|(hash, (_, backoff))| {
                backoff.failed(now, entropy);
                *hash
            })
            .collect();
        (!hashes.is_empty()).then_some(hashes)
    }

    /// Those of the details that were looked for; they are not any more.
    pub fn arrived(&mut self, details: Vec<Detail>) -> Vec<Detail> {
        let wanted = |detail: &Detail| {
            let hash = detail.hash();
            let fits = self.0.get(&hash).is_some_and(|(reference, _)| detail.matches(reference));
            fits && self.0.remove(&hash).is_some()
        };
        details.into_iter().filter(wanted).collect()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}
