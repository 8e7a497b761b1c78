//! The checkpoints that a keeper signed lately, and the cosignatures that came for them. Under load they come
//! for a checkpoint that is not the newest any more, so some are kept.

use super::{Effect, Keeper};
use crate::limits::MAX_RECENT;
use lifeboat_log::SignedCheckpoint;
use std::collections::BTreeMap;

/// Checkpoints of the open term by their size.
#[derive(Debug, Default)]
pub(super) struct Recent {
    notes: BTreeMap<u64, SignedCheckpoint>,
    quorum: usize,
    witnessed: Option<SignedCheckpoint>,
}

impl Recent {
    /// What is known when the keeper begins; the number of witnesses that the term asks.
    pub fn new(held: Option<&SignedCheckpoint>, quorum: u16) -> Self {
        let mut recent = Self { quorum: usize::from(quorum), ..Self::default() };
        if let Some(held) = held {
            recent.note(held);
            recent.is_news(held);
        }
        recent
    }

    /// Notes a checkpoint that was published.
    pub fn note(&mut self, checkpoint: &SignedCheckpoint) {
        self.notes.insert(checkpoint.size, checkpoint.clone());
        while self.notes.len() > MAX_RECENT {
            self.notes.pop_first();
        }
    }

    /// This checkpoint with the cosignatures that came for it.
    pub fn with_cosignatures(&self, checkpoint: SignedCheckpoint) -> SignedCheckpoint {
        self.notes.get(&checkpoint.size).map_or_else(|| checkpoint.clone(), |known| checkpoint.joined(known))
    }

    /// The newest that as many witnesses cosigned as the term asks.
    pub fn witnessed(&self) -> Option<&SignedCheckpoint> {
        self.witnessed.as_ref()
    }

    /// The checkpoint with what `other` adds to it, when it adds something.
    fn join(&mut self, other: &SignedCheckpoint) -> Option<SignedCheckpoint> {
        let known = self.notes.get_mut(&other.size)?;
        let joined = known.joined(other);
        let more = joined.to_bytes() != known.to_bytes();
        known.clone_from(&joined);
        more.then_some(joined)
    }

    /// Notes a checkpoint when it is witnessed and newer than the one that was. Whether it is.
    fn is_news(&mut self, checkpoint: &SignedCheckpoint) -> bool {
        let enough = self.quorum > 0 && checkpoint.witnesses() >= self.quorum;
        let newer = self.witnessed.as_ref().is_none_or(|known| known.size < checkpoint.size);
        if enough && newer {
            self.witnessed = Some(checkpoint.clone());
        }
        enough && newer
    }
}

impl Keeper {
    /// Takes in the cosignatures of a note, once everything in it holds.
    pub(super) fn cosigned(&mut self, note: &[u8], effects: &mut Vec<Effect>) {
        let cell = self.chain.cell();
        let Some(Ok(other)) = self.chain.open().map(|open| open.verify(cell, note)) else { return };
        let Some(joined) = self.recent.join(&other) else { return };
        if self.signed.as_ref().is_some_and(|signed| signed.size == joined.size) {
            self.signed = Some(joined.clone());
            effects.push(Effect::Keep(Box::new(joined.clone())));
        }
        if self.recent.is_news(&joined) {
            effects.push(Effect::Publish(Box::new(joined)));
        }
    }
}
