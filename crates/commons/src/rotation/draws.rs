//! One draw, from the call to the order: who commits when, who reveals when, which beacon it waits for, what
//! voids an attempt, and when it is left to a hat. A machine without a clock; it never chooses among reveals: all that were
//! committed count, or none.

use super::ATTEMPTS;
use super::body::{BeaconBrought, DrawCalled, Purpose, Way};
use crate::common::MemberId;
use crate::draw::{BeaconNetwork, BeaconRound, Commitment, Secret, Sheet, Try};
use crate::effect::Reason;
use crate::limits::{BEACON_DAYS, DAY_MS};
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
    /// The round of the beacon that will be drawn from too, where the draw names one.
    pub beacon: Option<BeaconRound>,
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
    /// All revealed, and a beacon is awaited.
    Awaiting(Round),
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
    /// Whether all had revealed, and nobody brought the beacon in time.
    pub no_beacon: bool,
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
    /// How far a clock may be off, in milliseconds: a beacon comes out so long after the last reveal.
    pub(super) skew_ms: u64,
    /// The most turns that anyone in the pool had had.
    pub(super) level: u32,
    /// How many of the order have had their chance.
    pub(super) passed: u32,
}

/// The beacon that a draw waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited<'a> {
    /// Whose round.
    pub network: &'a BeaconNetwork,
    /// In which attempt.
    pub attempt: u8,
    /// Which round.
    pub round: BeaconRound,
    /// When it comes out.
    pub out: Time,
}

impl Draw {
    /// A draw that is called now.
    pub(super) fn new(saying: &Saying<'_>, called: DrawCalled, seats: u16, level: u32, skew_ms: u64) -> Self {
        let first = begin(&called.way, 1, saying.time, skew_ms);
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
            stage: first.map_or(Stage::Hat, Stage::Committing),
            voids: Vec::new(),
            hats: BTreeMap::new(),
            order: Vec::new(),
            drawn: Time::ZERO,
            holders: Vec::new(),
            refused: BTreeSet::new(),
            skew_ms,
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
            Stage::Committing(round) | Stage::Revealing(round) | Stage::Awaiting(round) => Some(round),
            Stage::Hat | Stage::Done => None,
        }
    }

    /// The beacon that it waits for.
    pub fn awaits(&self) -> Option<Awaited<'_>> {
        let Stage::Awaiting(known) = &self.stage else { return None };
        let (network, round) = self.way.network().zip(known.beacon)?;
        Some(Awaited { network, attempt: known.attempt, round, out: network.time_of(round) })
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
        if round.reveals.len() < round.commitments.len() {
            return Ok(());
        }
        match self.way.network().zip(round.beacon) {
            Some((network, beacon)) => {
                let mut round = std::mem::take(round);
                round.until = network.time_of(beacon).max(now).plus_ms(BEACON_DAYS * DAY_MS);
                self.stage = Stage::Awaiting(round);
            }
            None => self.draw_from(self.sheet(cell), now),
        }
        Ok(())
    }

    /// A member brings the beacon that is awaited.
    pub(super) fn beacon(&mut self, cell: CellId, said: &BeaconBrought, now: Time) -> Result<(), Reason> {
        let is_it = |awaited: &Awaited<'_>| (awaited.attempt, awaited.round) == (said.attempt, said.round);
        let awaited = self.awaits().filter(is_it).ok_or(Reason::NotAwaited)?;
        let random = awaited.network.randomness(said.round, &said.signature).ok_or(Reason::BadBeacon)?;
        let sheet = self.sheet(cell).map(|sheet| Sheet { beacon: Some((said.round, random)), ..sheet });
        self.draw_from(sheet, now);
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
            return Err(Reason::NotTheHat);
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
            let Some(asked) = self.way.asks() else { return };
            match &self.stage {
                Stage::Committing(round) if round.commitments.len() >= usize::from(asked.quorum) => {
                    self.open_reveals(until);
                }
                _ => self.fail(until),
            }
        }
    }

    /// Everything that decides the attempt under way, as far as it is known; a beacon never is before it is drawn.
    pub fn sheet(&self, cell: CellId) -> Option<Sheet> {
        let round = self.round()?;
        Some(Sheet {
            of: Try { cell, draw: self.id, attempt: round.attempt },
            first: self.first.clone(),
            then: self.then.clone(),
            revealed: round.reveals.iter().map(|((_, id), secret)| (*id, *secret)).collect(),
            beacon: None,
        })
    }

    fn open_reveals(&mut self, from: Time) {
        let Some(asked) = self.way.asks() else { return };
        if let Stage::Committing(round) = &mut self.stage {
            let mut round = std::mem::take(round);
            round.until = from.plus_ms(asked.reveal_ms);
            self.stage = Stage::Revealing(round);
        }
    }

    fn fail(&mut self, at: Time) {
        let Some(round) = self.round() else { return };
        let missing = match self.stage {
            Stage::Revealing(_) => round.missing().collect(),
            _ => Vec::new(),
        };
        let no_beacon = matches!(self.stage, Stage::Awaiting(_));
        let (next, committed) = (round.attempt + 1, round.commitments.len() as u32); // a pool has few members
        self.voids.push(VoidAttempt { at, committed, missing, no_beacon });
        let next = begin(&self.way, next, at, self.skew_ms).filter(|round| round.attempt <= ATTEMPTS);
        self.stage = next.map_or(Stage::Hat, Stage::Committing);
    }

    fn draw_from(&mut self, sheet: Option<Sheet>, now: Time) {
        self.finish(sheet.map(|sheet| sheet.order()).unwrap_or_default(), now);
    }

    fn finish(&mut self, order: Vec<MemberId>, now: Time) {
        (self.order, self.drawn, self.stage) = (order, now, Stage::Done);
    }
}

/// An attempt that begins at this moment; none for a hat. The round of its beacon is fixed here, and comes out
/// when nobody can reveal any more, by whatever clock.
fn begin(way: &Way, attempt: u8, from: Time, skew_ms: u64) -> Option<Round> {
    let asked = way.asks()?;
    let until = from.plus_ms(asked.commit_ms);
    let beacon = way.network().map(|network| network.round_from(until.plus_ms(asked.reveal_ms + skew_ms)));
    Some(Round { attempt, until, beacon, ..Round::default() })
}
