//! Delivery: the machine that brings the entries of one's own outbox to the cell's keeper and looks after
//! them until another home holds them. An entry counts as placed only by a proof that verifies: of exactly
//! this entry, under a checkpoint of a term key that the home knows, or by standing in the home's own
//! verified copy of the log.
//!
//! What it must never do: drop an entry by itself. What is refused or has run out is marked, and stays
//! until the person, or whoever carries the machine for them, removes it.

mod choosing;
mod item;
mod standing;
#[cfg(test)]
mod tests;
mod turn;

use crate::limits::{ASIDE_MS, MAX_OFFERS, MAX_OUTBOX, MAX_PEERS, REFUSED_RETRY_MS};
use crate::message::{Request, Response};
use crate::refusal::{Again, Refusal};
use item::Item;
use lifeboat_log::{
    BadCheckpoint, BadProof, CellId, Detail, EntryId, Origin, Position, Proof, PublicKey, SignedEntry,
    Signers, Term, Time,
};
use std::collections::{BTreeMap, HashMap};

/// What happens to a delivery.
#[derive(Debug, Clone)]
pub enum Event {
    /// An entry is in the outbox, with its details.
    Add {
        /// The entry.
        entry: Box<SignedEntry>,
        /// Its details.
        details: Vec<Detail>,
    },
    /// An entry that a takeover set aside is in the outbox again: it waits for its turn, also before the new
    /// term is known.
    GivenBack {
        /// The entry.
        entry: Box<SignedEntry>,
        /// Its details.
        details: Vec<Detail>,
    },
    /// An entry is in the outbox no longer.
    Remove(EntryId),
    /// A peer that serves the cell is connected.
    Connected(PublicKey),
    /// It is not any more.
    Disconnected(PublicKey),
    /// A term is known: from the cell card or from the home's own log.
    Term {
        /// The term.
        term: Term,
        /// The node that keeps it.
        node: PublicKey,
        /// Who signs its checkpoints.
        signers: Signers,
    },
    /// A peer answered an offer.
    Answer {
        /// The entry.
        id: EntryId,
        /// The peer.
        peer: PublicKey,
        /// What it said.
        response: Box<Response>,
    },
    /// An offer was not answered.
    Failed {
        /// The entry.
        id: EntryId,
        /// The peer.
        peer: PublicKey,
    },
    /// The entry stands in the home's own log, durable and under a signed checkpoint.
    InLog {
        /// The entry.
        id: EntryId,
        /// Where.
        position: Position,
    },
    /// The home's own log holds all records before this position, and [`Event::InLog`] was told of each: a
    /// receipt for an entry before it that was not among them is worth nothing any more.
    Passed(Position),
    /// The log was taken over and goes on from here: what stood at or past this position, under an older
    /// era, stands there no more.
    CutBack {
        /// The term that opens there.
        term: Term,
        /// The position of its opening.
        from: Position,
    },
    /// How much the homes that are not the keeper's hold: the position of the next record that each lacks.
    Held(Vec<Position>),
    /// Time has passed.
    Tick,
}

/// What a delivery asks of whoever carries it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send this request (a submission) to a peer, which may be the home's own node.
    Offer {
        /// The peer.
        peer: PublicKey,
        /// The entry.
        id: EntryId,
        /// The request.
        request: Box<Request>,
    },
    /// Tell all homes that this entry waits.
    Announce(Box<SignedEntry>),
    /// An entry has come to this step: write it down.
    Step {
        /// The entry.
        id: EntryId,
        /// How far it has come.
        step: Step,
    },
    /// A peer sent a receipt that does not hold; it is not asked for a while. A word to the person's log.
    PutAside {
        /// The peer.
        peer: PublicKey,
        /// What is wrong with the receipt.
        fault: BadReceipt,
    },
}

/// How far an entry has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Not placed yet, as far as this home knows.
    Waiting,
    /// Not placed yet, and handed to so many homes, which offer it to the keeper too.
    HandedOn {
        /// How many homes.
        homes: usize,
        /// What the keeper said to it last, where that is known.
        refusal: Option<Refusal>,
    },
    /// Refused, the last time it was offered. Unless that is for ever, it is offered again.
    Refused(Refusal),
    /// Its last placing time has passed, and it was not placed as far as this home knows.
    Expired,
    /// Placed: it stands under a signed checkpoint.
    Placed {
        /// Where.
        position: Position,
        /// The proof file, where the keeper gave one.
        proof: Option<Vec<u8>>,
    },
    /// Placed, and so many homes that are not the keeper's hold it.
    Replicated {
        /// Where.
        position: Position,
        /// How many homes.
        homes: usize,
    },
}

/// Why a receipt does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadReceipt {
    /// The proof does not hold.
    #[error("its receipt does not hold: {0}")]
    Proof(#[from] BadProof),
    /// It is a proof of another entry.
    #[error("its receipt is for another entry")]
    OtherEntry,
    /// It is under a term that this home does not know.
    #[error("its receipt is under a term that is not known here")]
    UnknownTerm,
    /// It answered an offer with something else.
    #[error("it answered an offer with something that is no answer to it")]
    NoAnswer,
}

/// The machine.
pub struct Delivery {
    cell: CellId,
    own: PublicKey,
    /// All entries that are looked after, in the order in which they came.
    items: BTreeMap<u64, Item>,
    places: HashMap<EntryId, u64>,
    count: u64,
    offered: usize,
    peers: BTreeMap<PublicKey, Option<Time>>,
    terms: BTreeMap<Term, Signers>,
    keeper: Option<(Term, PublicKey)>,
    /// Whether these are entries of others, which go to the keeper alone.
    others: bool,
    /// The last takeover: its term, and where it opens.
    taken: Option<(Term, Position)>,
}

impl Delivery {
    /// The delivery for one cell, from the home whose own node is `own`.
    pub fn new(cell: CellId, own: PublicKey) -> Self {
        Self {
            cell,
            own,
            items: BTreeMap::new(),
            places: HashMap::new(),
            count: 0,
            offered: 0,
            peers: BTreeMap::new(),
            terms: BTreeMap::new(),
            keeper: None,
            others: false,
            taken: None,
        }
    }

    /// The same for entries of others, which wait in this home: they are offered to the keeper and to
    /// nobody else, and nobody is told of them.
    pub fn of_others(cell: CellId, own: PublicKey) -> Self {
        Self { others: true, ..Self::new(cell, own) }
    }

    /// What follows from an event at `now`. `entropy` is a fresh random number.
    pub fn handle(&mut self, event: Event, now: Time, entropy: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Add { entry, details } => self.add(*entry, details, now),
            Event::GivenBack { entry, details } => {
                let id = entry.id();
                self.add(*entry, details, now);
                let item = self.places.get(&id).and_then(|place| self.items.get_mut(place));
                item.into_iter().for_each(|item| item.given_back = true);
            }
            Event::Remove(id) => self.remove(&id),
            Event::Connected(peer) => self.connected(peer),
            Event::Disconnected(peer) => self.disconnected(&peer, now, entropy),
            Event::Term { term, node, signers } => {
                self.terms.insert(term, signers);
                self.keeper = self.keeper.max(Some((term, node)));
            }
            Event::Answer { id, peer, response } => {
                self.answer(&id, peer, *response, now, entropy, &mut effects);
            }
            Event::Failed { id, peer } => {
                if let Some(item) = self.take_offer(&id, &peer) {
                    item.backoff.failed(now, entropy);
                }
            }
            Event::InLog { id, position } => self.in_log(&id, position, &mut effects),
            Event::Passed(next) => self.passed(next, &mut effects),
            Event::CutBack { term, from } => self.cut_back(term, from, &mut effects),
            Event::Held(held) => self.held(&held, &mut effects),
            Event::Tick => {}
        }
        self.go_on(now, entropy, &mut effects);
        effects
    }

    fn add(&mut self, entry: SignedEntry, details: Vec<Detail>, now: Time) {
        let id = entry.id();
        if self.places.contains_key(&id) || self.items.len() >= MAX_OUTBOX {
            return;
        }
        self.places.insert(id, self.count);
        self.items.insert(self.count, Item::new(entry, details, now));
        self.count += 1;
    }

    fn remove(&mut self, id: &EntryId) {
        let item = self.places.remove(id).and_then(|place| self.items.remove(&place));
        self.offered -= usize::from(item.is_some_and(|item| item.offered.is_some()));
    }

    fn connected(&mut self, peer: PublicKey) {
        if self.peers.len() < MAX_PEERS {
            self.peers.entry(peer).or_default();
        }
        // A way to the keeper may have opened: what waits for one need not wait longer.
        let waits = |item: &&mut Item| matches!(item.step, Step::Waiting | Step::HandedOn { .. });
        for item in self.items.values_mut().filter(waits) {
            item.backoff.hurry();
        }
    }

    fn disconnected(&mut self, peer: &PublicKey, now: Time, entropy: u64) {
        self.peers.remove(peer);
        for item in self.items.values_mut() {
            if item.offered.take_if(|(to, _)| to == peer).is_some() {
                self.offered -= 1;
                item.backoff.failed(now, entropy);
            }
        }
    }

    /// The item, if it was offered to this peer; it is not any more.
    fn take_offer(&mut self, id: &EntryId, peer: &PublicKey) -> Option<&mut Item> {
        let item = self.items.get_mut(self.places.get(id)?)?;
        item.offered.take_if(|(to, _)| to == peer)?;
        self.offered -= 1;
        Some(item)
    }

    fn answer(
        &mut self,
        id: &EntryId,
        peer: PublicKey,
        response: Response,
        now: Time,
        entropy: u64,
        effects: &mut Vec<Effect>,
    ) {
        if self.take_offer(id, &peer).is_none() {
            return;
        }
        let outcome = match response {
            Response::Receipt { proof } => self.check(id, &proof).map(|position| (position, proof.to_vec())),
            Response::Refused(refusal) => return self.refused(id, peer, refusal, now, entropy, effects),
            Response::Kept => return self.kept(id, peer, now, entropy, effects),
            _ => Err(BadReceipt::NoAnswer),
        };
        let Some(item) = self.places.get(id).and_then(|place| self.items.get_mut(place)) else { return };
        match outcome {
            Ok((position, proof)) => {
                item.backoff.succeeded();
                if item.position().is_none() {
                    item.to(Step::Placed { position, proof: Some(proof) }, effects);
                }
            }
            // The home does not know the term yet: no fault of the peer's.
            Err(BadReceipt::UnknownTerm) => item.backoff.wait(REFUSED_RETRY_MS, now, entropy),
            Err(fault) => {
                item.backoff.failed(now, entropy);
                self.peers.entry(peer).and_modify(|aside| *aside = Some(now.plus_ms(ASIDE_MS)));
                effects.push(Effect::PutAside { peer, fault });
            }
        }
    }

    /// Where a receipt shows this entry to stand.
    fn check(&self, id: &EntryId, file: &[u8]) -> Result<Position, BadReceipt> {
        let proof = Proof::parse(file)?;
        let (link, _) = lifeboat_log::record::split(&proof.record).map_err(BadProof::from)?;
        // What stands of an era that is over, the home's own log shows; the rest was placed for nothing.
        if self.known_term().is_some_and(|known| link.term.era() < known.era()) {
            return Err(BadReceipt::UnknownTerm);
        }
        let signers = self.terms.get(&link.term).ok_or(BadReceipt::UnknownTerm)?;
        let origin = Origin { cell: self.cell, term: link.term };
        let (record, _) = match proof.verify(&origin, signers) {
            // Of two openings of that era this home follows another one than its sender: nobody's fault.
            Err(BadProof::Checkpoint(BadCheckpoint::MissingSignature)) if link.term.era() > 0 => {
                return Err(BadReceipt::UnknownTerm);
            }
            verified => verified?,
        };
        let same = record.entry().id() == *id;
        if same { Ok(record.link().position) } else { Err(BadReceipt::OtherEntry) }
    }

    /// A home keeps the entry, and offers it to the keeper too.
    fn kept(&mut self, id: &EntryId, peer: PublicKey, now: Time, entropy: u64, effects: &mut Vec<Effect>) {
        let (keeper, able) = (self.keeper.map(|(_, node)| node), self.able(now));
        let Some(item) = self.places.get(id).and_then(|place| self.items.get_mut(place)) else { return };
        let new = item.handed.insert(peer);
        if keeper == Some(peer) {
            // Its node does not keep the log now: other homes come first.
            item.refused_by_keeper = Some(Refusal::new(Refusal::NOT_KEEPER));
        }
        // Another home is asked at once; when there are enough, the keeper is asked again later.
        match new && !self.others && item.elsewhere(&able, keeper) {
            true => item.backoff.succeeded(),
            false => item.backoff.wait(REFUSED_RETRY_MS, now, entropy),
        }
        if item.position().is_none() && !item.over {
            item.show_handed(effects);
        }
    }

    fn refused(
        &mut self,
        id: &EntryId,
        peer: PublicKey,
        refusal: Refusal,
        now: Time,
        entropy: u64,
        effects: &mut Vec<Effect>,
    ) {
        let serves = refusal.name() != Refusal::NOT_FOLLOWED;
        if !serves {
            self.peers.remove(&peer);
        }
        let (keeper, able) = (self.keeper.map(|(_, node)| node), self.able(now));
        let Some(item) = self.places.get(id).and_then(|place| self.items.get_mut(place)) else { return };
        if item.position().is_some() {
            return;
        }
        if !serves {
            // It has nothing to do with the cell, and says nothing of the entry.
            return item.backoff.failed(now, entropy);
        }
        let expired = item.is_expired(now);
        if keeper == Some(peer) {
            item.asked.clear();
            item.refused_by_keeper = (refusal.again() == Again::Later).then(|| refusal.clone());
        }
        let hands_on = !self.others && item.refused_by_keeper.is_some();
        let elsewhere = hands_on && item.elsewhere(&able, keeper);
        match refusal.again() {
            // Whoever keeps the log does not place it: other homes are to know of it.
            Again::Later if elsewhere => item.backoff.succeeded(),
            Again::Soon => item.backoff.failed(now, entropy),
            Again::Later => item.backoff.wait(REFUSED_RETRY_MS, now, entropy),
            Again::Never => item.over = true,
        }
        // What is refused after its last placing time was not placed, and will not be.
        if expired && refusal.again() != Again::Soon {
            item.over = true;
            item.to(Step::Expired, effects);
        } else if refusal.again() != Again::Soon && (item.over || item.handed.is_empty()) {
            item.to(Step::Refused(refusal), effects);
        } else if !item.handed.is_empty() {
            item.show_handed(effects);
        }
    }

    /// Offers what can be offered now, oldest first.
    fn go_on(&mut self, now: Time, entropy: u64, effects: &mut Vec<Effect>) {
        for item in self.items.values_mut() {
            if item.offered.take_if(|(_, since)| item::is_over(*since, now)).is_some() {
                self.offered -= 1;
                item.backoff.failed(now, entropy);
            }
            let waits = matches!(item.step, Step::Waiting | Step::HandedOn { .. } | Step::Refused(_));
            if item.is_expired(now) && waits {
                item.to(Step::Expired, effects);
            }
        }
        self.announce(now, effects);
        let able = self.able(now);
        // Before a term is known no receipt could be checked.
        if able.is_empty() || self.terms.is_empty() {
            return;
        }
        for place in self.due(now) {
            if self.offered >= MAX_OFFERS {
                return;
            }
            let Some(peer) = self.peer(&place, &able, entropy) else { continue };
            let Some(item) = self.items.get_mut(&place) else { continue };
            let Some(request) = Request::submit(&item.entry, self.cell, &item.details) else { continue };
            let request = if self.others { request.passed_on() } else { request };
            if item.refused_by_keeper.is_some() && self.keeper.is_none_or(|(_, keeper)| keeper != peer) {
                item.asked.insert(peer);
            }
            item.offered = Some((peer, now));
            self.offered += 1;
            effects.push(Effect::Offer { peer, id: item.entry.id(), request: Box::new(request) });
        }
    }

    /// The newest term of which it knows.
    fn known_term(&self) -> Option<Term> {
        self.keeper.map(|(term, _)| term).max(self.taken.map(|(term, _)| term))
    }

    /// The entries looked after and how far each has come, in the order in which they came.
    pub fn steps(&self) -> impl Iterator<Item = (EntryId, &Step)> {
        self.items.values().map(|item| (item.entry.id(), &item.step))
    }

    /// How far an entry has come.
    pub fn step(&self, id: &EntryId) -> Option<&Step> {
        self.places.get(id).and_then(|place| self.items.get(place)).map(|item| &item.step)
    }

    /// The entries that are not placed yet and may still be.
    pub fn waiting(&self) -> usize {
        self.items.values().filter(|item| item.position().is_none() && !item.over).count()
    }
}
