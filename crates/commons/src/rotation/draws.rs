//! One draw, from the call to the order: who commits when, who reveals when, what voids an attempt, and
//! when it is left to a hat. A machine without a clock; it never chooses among reveals: all that were
//! committed count, or none.

use super::ATTEMPTS;
use super::body::{DrawCalled, Purpose, Way};
use crate::common::MemberId;
use crate::draw::{Commitment, Secret, Sheet, Try};
use crate::effect::Reason;
use crate::practices::Saying;
use bincode::{Decode, Encode};
use lifeboat_log::{CellId, EntryId, Position, Time};
use std::collections::{BTreeMap, BTreeSet};

/// A member by their place in the roster: the position of the entry that admitted them comes first.
pub type OnRoster = (Position, MemberId);

/// What was committed to and revealed in one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Round {
    /// Which attempt: 1 or 2.
    pub attempt: u8,
    /// When this stage of it ends.
    pub until: Time,
    /// Who committed to what.
    pub commitments: BTreeMap<OnRoster, Commitment>,
    /// Who revealed what.
    pub reveals: BTreeMap<OnRoster, Secret>,
}

impl Round {
    /// Those who committed and have not revealed.
    pub fn missing(&self) -> impl Iterator<Item = MemberId> + '_ {
        self.commitments.keys().filter(|who| !self.reveals.contains_key(who)).map(|(_, id)| *id)
    }
    /// Whether this member has committed.
    pub fn has_committed(&self, id: &MemberId) -> bool {
        self.commitments.keys().any(|(_, member)| member == id)
    }
    /// Whether this member has revealed.
    pub fn has_revealed(&self, id: &MemberId) -> bool {
        self.reveals.keys().any(|(_, member)| member == id)
    }
}

/// Where a draw stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Stage {
    /// Members commit to secrets.
    Committing(Round),
    /// They reveal them.
    Revealing(Round),
    /// It is drawn from a hat.
    Hat,
    /// It is drawn.
    Done,
}

/// An attempt that came to nothing, for all to see.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct VoidAttempt {
    /// When.
    pub at: Time,
    /// How many had committed.
    pub committed: u32,
    /// Who had committed and did not reveal; nobody where too few had committed.
    pub missing: Vec<MemberId>,
}

/// A draw.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Draw {
    /// The entry that called it.
    pub id: EntryId,
    /// Its place.
    pub position: Position,
    /// When it was called.
    pub called: Time,
    /// By whom.
    pub caller: MemberId,
    /// For what.
    pub purpose: Purpose,
    /// How.
    pub way: Way,
    /// How many are wanted.
    pub seats: u16,
    /// Those who go first, in roster order.
    pub first: Vec<MemberId>,
    /// Those who come after, in roster order.
    pub then: Vec<MemberId>,
    /// Where it stands.
    pub stage: Stage,
    /// The attempts that came to nothing.
    pub voids: Vec<VoidAttempt>,
    /// What each teller recorded of the hat.
    pub hats: BTreeMap<MemberId, Vec<MemberId>>,
    /// The order that was drawn.
    pub order: Vec<MemberId>,
    /// When it was drawn; [`Time::ZERO`] before.
    pub drawn: Time,
    /// Who has the turn now.
    pub holders: Vec<MemberId>,
    /// Who had the turn and gave it up: this draw does not give it to them again.
    pub refused: BTreeSet<MemberId>,
    /// The most turns that anyone in the pool had had.
    pub(super) level: u32,
    /// How many of the order have had their chance.
    pub(super) passed: u32,
}

impl Draw {
    /// A draw that is called now.
    pub(super) fn new(saying: &Saying<'_>, called: DrawCalled, seats: u16, level: u32) -> Self {
        let stage = match called.way {
            Way::Hat => Stage::Hat,
            Way::Reveals { commit, .. } => Stage::Committing(begin(1, saying.time, commit)),
        };
        Self {
            id: saying.id,
            position: saying.position,
            called: saying.time,
            caller: saying.author,
            purpose: called.purpose,
            way: called.way,
            seats,
            first: called.first.into_vec(),
            then: called.then.into_vec(),
            stage,
            voids: Vec::new(),
            hats: BTreeMap::new(),
            order: Vec::new(),
            drawn: Time::ZERO,
            holders: Vec::new(),
            refused: BTreeSet::new(),
            level,
            passed: 0,
        }
    }

    /// Whether it is drawn.
    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }
    /// The most tellers who recorded the same of the hat.
    pub fn agreeing(&self) -> usize {
        let alike = |order| self.hats.values().filter(|said| *said == order).count();
        self.hats.values().map(alike).max().unwrap_or(0)
    }
    /// Whether a member may be drawn.
    pub fn has_in_pool(&self, id: &MemberId) -> bool {
        self.first.contains(id) || self.then.contains(id)
    }
    /// The attempt under way.
    pub fn round(&self) -> Option<&Round> {
        match &self.stage {
            Stage::Committing(round) | Stage::Revealing(round) => Some(round),
            Stage::Hat | Stage::Done => None,
        }
    }

    /// A member commits. `all` says whether everyone will have committed then, so that nobody waits.
    pub(super) fn commit(
        &mut self,
        who: OnRoster,
        attempt: u8,
        commitment: Commitment,
        now: Time,
        all: impl FnOnce(&Round) -> bool,
    ) -> Result<(), Reason> {
        let Stage::Committing(round) = &mut self.stage else { return Err(Reason::NotCommitting) };
        if round.attempt != attempt {
            return Err(Reason::NotCommitting);
        }
        if round.commitments.contains_key(&who) {
            return Err(Reason::AlreadyCommitted);
        }
        round.commitments.insert(who, commitment);
        if all(round) {
            self.open_reveals(now);
        }
        Ok(())
    }

    /// A member reveals.
    pub(super) fn reveal(
        &mut self,
        cell: CellId,
        who: OnRoster,
        attempt: u8,
        secret: Secret,
        now: Time,
    ) -> Result<(), Reason> {
        let draw = self.id;
        let round = match &mut self.stage {
            Stage::Committing(round) if round.attempt <= attempt => return Err(Reason::RevealEarly),
            Stage::Revealing(round) if round.attempt == attempt => round,
            _ => return Err(Reason::RevealLate),
        };
        let Some(commitment) = round.commitments.get(&who) else { return Err(Reason::NotCommitted) };
        if (Try { cell, draw, attempt }).commitment(who.1, secret) != *commitment {
            return Err(Reason::RevealMismatch);
        }
        if round.reveals.contains_key(&who) {
            return Err(Reason::AlreadyRevealed);
        }
        round.reveals.insert(who, secret);
        if round.reveals.len() == round.commitments.len() {
            let sheet = self.sheet(cell);
            self.finish(sheet.map(|sheet| sheet.order()).unwrap_or_default(), now);
        }
        Ok(())
    }

    /// A teller records what came out of the hat; when so many say the same, it is drawn.
    pub(super) fn hat(
        &mut self,
        teller: MemberId,
        order: Vec<MemberId>,
        tellers: usize,
        now: Time,
    ) -> Result<(), Reason> {
        if self.stage != Stage::Hat {
            return Err(Reason::NoHat);
        }
        let firsts = order.iter().take_while(|id| self.first.contains(id)).count();
        let wanted = usize::from(self.seats).min(self.first.len() + self.then.len());
        let proper = order.iter().all(|id| self.has_in_pool(id))
            && order[firsts..].iter().all(|id| self.then.contains(id))
            && (firsts == self.first.len() || firsts == order.len())
            && order.len() >= wanted;
        if !proper {
            return Err(Reason::NotThePool);
        }
        self.hats.insert(teller, order.clone());
        if self.hats.values().filter(|said| **said == order).count() >= tellers {
            self.finish(order, now);
        }
        Ok(())
    }

    /// Ends what is due at or before `now`: attempts that lack commitments or reveals are void.
    pub(super) fn advance(&mut self, now: Time) {
        while let Some(until) = self.round().map(|round| round.until).filter(|until| *until <= now) {
            let Way::Reveals { quorum, .. } = self.way else { return };
            match &self.stage {
                Stage::Committing(round) if round.commitments.len() >= usize::from(quorum) => {
                    self.open_reveals(until);
                }
                _ => self.fail(until),
            }
        }
    }

    /// Everything that decides the attempt under way, as far as it is known.
    pub fn sheet(&self, cell: CellId) -> Option<Sheet> {
        let round = self.round()?;
        Some(Sheet {
            of: Try { cell, draw: self.id, attempt: round.attempt },
            first: self.first.clone(),
            then: self.then.clone(),
            revealed: round.reveals.iter().map(|((_, id), secret)| (*id, *secret)).collect(),
        })
    }

    fn open_reveals(&mut self, from: Time) {
        let Way::Reveals { reveal, .. } = self.way else { return };
        if let Stage::Committing(round) = &mut self.stage {
            let mut round = std::mem::take(round);
            round.until = from.plus_ms(u64::from(reveal) * 1000);
            self.stage = Stage::Revealing(round);
        }
    }

    fn fail(&mut self, at: Time) {
        let Way::Reveals { commit, .. } = self.way else { return };
        let Some(round) = self.round() else { return };
        let revealing = matches!(self.stage, Stage::Revealing(_));
        let missing = if revealing { round.missing().collect() } else { Vec::new() };
        let (next, committed) = (round.attempt + 1, round.commitments.len() as u32); // a pool has few members
        self.voids.push(VoidAttempt { at, committed, missing });
        self.stage = if next > ATTEMPTS { Stage::Hat } else { Stage::Committing(begin(next, at, commit)) };
    }

    fn finish(&mut self, order: Vec<MemberId>, now: Time) {
        (self.order, self.drawn, self.stage) = (order, now, Stage::Done);
    }
}

fn begin(attempt: u8, from: Time, seconds: u32) -> Round {
    Round { attempt, until: from.plus_ms(u64::from(seconds) * 1000), ..Round::default() }
}
