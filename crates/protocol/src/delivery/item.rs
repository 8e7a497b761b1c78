//! One entry that is being delivered.

use super::{Effect, Step};
use crate::backoff::Backoff;
use crate::limits::PATIENCE_MS;
use lifeboat_log::{Detail, Position, PublicKey, SignedEntry, Time};

/// An entry and how far it has come.
pub(super) struct Item {
    pub entry: SignedEntry,
    pub details: Vec<Detail>,
    pub step: Step,
    /// To whom it was offered, and when.
    pub offered: Option<(PublicKey, Time)>,
    pub backoff: Backoff,
    /// Whether offering it again is of no use.
    pub over: bool,
}

impl Item {
    pub fn new(entry: SignedEntry, details: Vec<Detail>) -> Self {
        let (step, backoff) = (Step::Waiting, Backoff::default());
        Self { entry, details, step, offered: None, backoff, over: false }
    }

    /// Goes to a step, and says so when it is another one.
    pub fn to(&mut self, step: Step, effects: &mut Vec<Effect>) {
        if self.step != step {
            self.step = step.clone();
            effects.push(Effect::Step { id: self.entry.id(), step });
        }
    }

    /// Where it stands, once it is placed.
    pub fn position(&self) -> Option<Position> {
        match &self.step {
            Step::Placed { position, .. } | Step::Replicated { position, .. } => Some(*position),
            _ => None,
        }
    }

    /// How many homes are known to hold it that are not the keeper's.
    pub fn homes(&self) -> usize {
        if let Step::Replicated { homes, .. } = &self.step { *homes } else { 0 }
    }

    pub fn is_expired(&self, now: Time) -> bool {
        now > self.entry.not_after
    }

    pub fn is_due(&self, now: Time) -> bool {
        self.offered.is_none() && !self.over && self.position().is_none() && self.backoff.is_due(now)
    }
}

/// Whether an answer is overdue: a keeper may need a while for a full queue. After a clock was set back,
/// it is.
pub(super) fn is_over(since: Time, now: Time) -> bool {
    now < since || now >= since.plus_ms(2 * PATIENCE_MS)
}
