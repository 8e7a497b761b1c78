//! One secret poll: its times, its ring, its ballots, its count. What counts never depends on the order in
//! which a keeper placed anything: of two ballots by one member the one with the smaller hash counts.

use super::body::{Carries, Form, Marks, Means, PaperCounted, PollOpened, SecretBallot, ring_of};
use crate::common::MemberId;
use crate::effect::Reason;
use crate::limits::MAX_CARRIES;
use crate::practices::Saying;
use crate::ring::{BadRing, Image, Ring, RingKey};
use bincode::{Decode, Encode};
use lifeboat_log::{CellId, DetailRef, EntryId, Position, PublicKey, Time};
use std::collections::BTreeMap;

/// Where a poll stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Members register keys.
    Registering,
    /// They sign ballots and bring them to tellers; none is in the log yet.
    Casting,
    /// The tellers put them into the log; anyone does, when there are no tellers.
    Carrying,
    /// Anyone puts in what was left out.
    Late,
    /// Papers are counted.
    Counting,
    /// It is over and counted.
    Closed,
    /// Too few registered: the ring would tell who voted what. Vote on paper.
    TooFew,
}

/// A ballot that counts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Counted {
    /// Its hash.
    pub hash: [u8; 32],
    /// What it marks.
    pub marks: Marks,
    /// How many other ballots of the same member were left aside for it.
    pub others: u32,
}

/// What a teller counted on paper.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PaperCount {
    /// How often each option was marked.
    pub counts: Vec<u32>,
    /// Papers that marked nothing.
    pub blank: u32,
    /// All papers.
    pub papers: u32,
}

/// The result of a poll.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Tally {
    /// How often each option was marked.
    pub counts: Vec<u32>,
    /// Ballots that marked nothing.
    pub blank: u32,
    /// All ballots.
    pub ballots: u32,
}

/// A secret poll.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Poll {
    /// The entry that opened it.
    pub id: EntryId,
    /// Its place.
    pub position: Position,
    /// Who opened it, with which key: what is carried is said in their name.
    pub author: (MemberId, PublicKey),
    /// When.
    pub opened: Time,
    /// What it is about.
    pub about: Option<EntryId>,
    /// How many options there are.
    pub choices: u16,
    /// What a ballot may mark.
    pub form: Form,
    /// How it is voted.
    pub means: Means,
    /// What takes effect when it is carried.
    pub carries: Option<Carries>,
    /// The details of the entry that opened it.
    pub details: Vec<DetailRef>,
    /// The registered keys.
    pub keys: BTreeMap<RingKey, MemberId>,
    /// The ballots that count.
    pub ballots: BTreeMap<Image, Counted>,
    /// What each teller counted on paper.
    pub counts: BTreeMap<MemberId, PaperCount>,
    /// The result, once it is over.
    pub tally: Option<Tally>,
    /// What became of what it carried.
    pub enacted: Option<Result<(), Reason>>,
    pub(super) carried: BTreeMap<MemberId, u16>,
}

impl Poll {
    pub(super) fn new(saying: &Saying<'_>, said: PollOpened) -> Self {
        Self {
            id: saying.id,
            position: saying.position,
            author: (saying.author, saying.key),
            opened: saying.time,
            about: said.about,
            choices: said.choices,
            form: said.form,
            means: said.means,
            carries: said.carries,
            details: saying.details.to_vec(),
            keys: BTreeMap::new(),
            ballots: BTreeMap::new(),
            counts: BTreeMap::new(),
            tally: None,
            enacted: None,
            carried: BTreeMap::new(),
        }
    }

    /// The ends of registering, casting, carrying, and of all, of a poll by ring.
    pub fn ends(&self) -> Option<[Time; 4]> {
        let Means::Ring { register, cast, carry, late, .. } = self.means else { return None };
        let mut end = self.opened;
        Some([register, cast, carry, late].map(|seconds| {
            end = end.plus_ms(u64::from(seconds) * 1000);
            end
        }))
    }

    /// Where it stands at `now`.
    pub fn stage(&self, now: Time) -> Stage {
        let (Means::Ring { least, .. }, Some(ends)) = (self.means, self.ends()) else {
            return if self.tally.is_some() { Stage::Closed } else { Stage::Counting };
        };
        let few = self.keys.len() < usize::from(least);
        match ends.iter().position(|end| now < *end) {
            Some(0) => Stage::Registering,
            _ if few => Stage::TooFew,
            Some(1) => Stage::Casting,
            Some(2) => Stage::Carrying,
            Some(_) => Stage::Late,
            None => Stage::Closed,
        }
    }

    /// The ring, once nobody can register any more.
    ///
    /// # Errors
    /// [`BadRing`] when fewer than two registered.
    pub fn ring(&self, cell: CellId) -> Result<Ring, BadRing> {
        let keys: Vec<RingKey> = self.keys.keys().copied().collect();
        ring_of(cell, self.id, &keys)
    }

    /// Whether a ballot with this hash counts.
    pub fn counts_ballot(&self, hash: &[u8; 32]) -> bool {
        self.ballots.values().any(|counted| counted.hash == *hash)
    }

    /// Registers a key of a member.
    pub(super) fn register(&mut self, member: MemberId, key: RingKey, now: Time) -> Result<(), Reason> {
        if self.stage(now) != Stage::Registering {
            return Err(Reason::NotRegistering);
        }
        if self.keys.contains_key(&key) || self.keys.values().any(|known| *known == member) {
            return Err(Reason::AlreadyRegistered);
        }
        self.keys.insert(key, member);
        Ok(())
    }

    /// Takes ballots in, all or none. `tellers` may do so first; nobody in it lets anyone.
    pub(super) fn carry(
        &mut self,
        cell: CellId,
        by: MemberId,
        ballots: &[SecretBallot],
        tellers: &[MemberId],
        now: Time,
    ) -> Result<(), Reason> {
        match self.stage(now) {
            Stage::Carrying if tellers.is_empty() || tellers.contains(&by) => {}
            Stage::Late => {}
            Stage::Carrying => return Err(Reason::TellersFirst),
            Stage::TooFew => return Err(Reason::RingTooSmall),
            _ => return Err(Reason::NotCarrying),
        }
        let before = self.carried.get(&by).copied().unwrap_or_default();
        if before >= MAX_CARRIES {
            return Err(Reason::TooMany);
        }
        let ring = self.ring(cell).map_err(Reason::BadRing)?;
        for ballot in ballots {
            if !self.form.allows(&ballot.marks, self.choices) {
                return Err(Reason::BallotUnfit);
            }
            // One that is in already was checked when it came.
            if !self.counts_ballot(&ballot.hash()) {
                ballot.verify(&ring).map_err(Reason::BadRing)?;
            }
        }
        self.carried.insert(by, before + 1);
        ballots.iter().for_each(|ballot| self.count(ballot));
        Ok(())
    }

    fn count(&mut self, ballot: &SecretBallot) {
        let hash = ballot.hash();
        let Some(known) = self.ballots.get_mut(&ballot.image) else {
            let counted = Counted { hash, marks: ballot.marks.clone(), others: 0 };
            self.ballots.insert(ballot.image, counted);
            return;
        };
        if hash == known.hash {
            return;
        }
        known.others = known.others.saturating_add(1);
        if hash < known.hash {
            (known.hash, known.marks) = (hash, ballot.marks.clone());
        }
    }

    /// Takes a teller's count in, of no more papers than there were voters; when all tellers counted the
    /// same, it is the result.
    pub(super) fn count_paper(
        &mut self,
        teller: MemberId,
        said: PaperCounted,
        tellers: &[MemberId],
        voters: usize,
    ) -> Result<(), Reason> {
        if self.means != Means::Paper || self.tally.is_some() {
            return Err(Reason::NotCounting);
        }
        if !tellers.contains(&teller) {
            return Err(Reason::NotATeller);
        }
        let marked: u64 = said.counts.iter().map(|count| u64::from(*count)).sum();
        let one = self.form == Form::Several || marked + u64::from(said.blank) == u64::from(said.papers);
        if said.counts.len() != usize::from(self.choices) || !one {
            return Err(Reason::BallotUnfit);
        }
        if said.papers as usize > voters {
            return Err(Reason::MorePapers { most: voters as u64 });
        }
        let count = PaperCount { counts: said.counts.into_vec(), blank: said.blank, papers: said.papers };
        self.counts.insert(teller, count.clone());
        if tellers.iter().all(|teller| self.counts.get(teller) == Some(&count)) {
            self.tally = Some(Tally { counts: count.counts, blank: count.blank, ballots: count.papers });
        }
        Ok(())
    }

    /// Counts the ballots of a poll by ring that is over.
    pub(super) fn close(&mut self) {
        let mut tally = Tally { counts: vec![0; usize::from(self.choices)], blank: 0, ballots: 0 };
        for counted in self.ballots.values() {
            tally.ballots += 1; // one a member at most
            tally.blank += u32::from(counted.marks.is_empty());
            for mark in counted.marks.iter() {
                if let Some(count) = tally.counts.get_mut(usize::from(*mark)) {
                    *count += 1;
                }
            }
        }
        self.tally = Some(tally);
    }

    /// Whether what it asks for is carried: option 0 has more than the share that it says.
    pub fn is_carried(&self) -> bool {
        let (Some(tally), Some(carries)) = (&self.tally, &self.carries) else { return false };
        let yes = tally.counts.first().copied().unwrap_or_default();
        u64::from(yes) * 100 > u64::from(tally.ballots) * u64::from(carries.over)
    }
}
