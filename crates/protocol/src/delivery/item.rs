//! One entry that is being delivered.

use super::{Effect, Step};
use crate::backoff::Backoff;
use crate::limits::{MAX_HANDED, PATIENCE_MS};
use crate::refusal::Refusal;
use lifeboat_log::{Detail, EntryId, Position, PublicKey, SignedEntry, Time};
use std::collections::BTreeSet;

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
    /// Whether the home's own copy of the log has it where its step says.
    pub in_log: bool,
    /// Whether a takeover set it aside.
    pub given_back: bool,
    /// When it came.
    pub added: Time,
    /// When all homes were last told of it.
    pub announced: Option<Time>,
    /// The homes that keep it.
    pub handed: BTreeSet<PublicKey>,
    /// The homes that were asked since the keeper refused it.
    pub asked: BTreeSet<PublicKey>,
    /// What the keeper said to it last.
    pub refused_by_keeper: Option<Refusal>,
}

impl Item {
    pub fn new(entry: SignedEntry, details: Vec<Detail>, added: Time) -> Self {
        Self {
            entry,
            details,
            step: Step::Waiting,
            offered: None,
            backoff: Backoff::default(),
            over: false,
            in_log: false,
            given_back: false,
            added,
            announced: None,
            handed: BTreeSet::new(),
            asked: BTreeSet::new(),
            refused_by_keeper: None,
        }
    }

    /// Whether this peer is another home than the keeper's that was not asked yet.
    pub fn is_open_to(&self, peer: &PublicKey, keeper: Option<PublicKey>) -> bool {
        Some(*peer) != keeper && !self.handed.contains(peer) && !self.asked.contains(peer)
    }

    /// Whether one of these, which can be asked now, may keep it too, where not enough do.
    pub fn elsewhere(&self, able: &[PublicKey], keeper: Option<PublicKey>) -> bool {
        self.handed.len() < MAX_HANDED && able.iter().any(|peer| self.is_open_to(peer, keeper))
    }

    /// Says how many homes keep it, and what the keeper said.
    pub fn show_handed(&mut self, effects: &mut Vec<Effect>) {
        let (homes, refusal) = (self.handed.len(), self.refused_by_keeper.clone());
        self.to(Step::HandedOn { homes, refusal }, effects);
    }

    /// Goes to a step, and says so when it is another one.
    pub fn to(&mut self, step: Step, effects: &mut Vec<Effect>) {
        if self.step != step {
            self.step = step.clone();
            effects.push(Effect::Step { id: self.entry.id(), step });
        }
    }

    /// Its place among a member's own entries: by when they were signed.
    pub fn order(&self) -> (Time, EntryId) {
        (self.entry.author_time, self.entry.id())
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
