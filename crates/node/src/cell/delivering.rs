//! Carrying the delivery of own entries: from the outbox to the keeper, and what came of them back into
//! the outbox. An entry leaves the outbox once another home than the keeper's holds it.

use super::carrier::{Parts, entropy, now};
use super::facts::notice;
use super::{Outcome, Outward, reading};
use lifeboat_log::{Chain, Detail, EntryId, Position, PublicKey, SignedEntry, Term};
use lifeboat_protocol::delivery::{Delivery, Effect, Event, Step};
use lifeboat_protocol::{Refusal, Response};
use lifeboat_store::{Outbox, Sent, Storage, Waiting};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A delivery and who waits for it.
pub struct Outbound {
    delivery: Delivery,
    outbox: Outbox,
    asked: HashMap<EntryId, Vec<oneshot::Sender<Outcome>>>,
    term: Option<Term>,
    /// Entries with sealed details.
    sealed: BTreeSet<EntryId>,
    /// Own entries that wait, of which all homes are being told.
    announced: Vec<SignedEntry>,
}

impl Outbound {
    /// The delivery of what lies in the outbox.
    pub fn open(parts: &Parts) -> Self {
        let (storage, cell): (Arc<dyn Storage>, _) = (parts.config.storage.clone(), parts.config.cell);
        let outbox = Outbox::new(storage, cell);
        let delivery = Delivery::new(cell, parts.config.node);
        let mut outbound = Self {
            delivery,
            outbox,
            asked: HashMap::new(),
            term: None,
            sealed: BTreeSet::new(),
            announced: Vec::new(),
        };
        if let Some(card) = &parts.config.card {
            outbound.term = Some(card.term);
            let (term, node, signers) = (card.term, card.node, card.signers());
            outbound.feed(Event::Term { term, node, signers }, parts);
        }
        let chain = reading(&parts.shelf).store.chain().clone();
        outbound.learn_term(&chain, parts);
        match outbound.outbox.list() {
            Ok((waiting, notices)) => {
                notices.iter().for_each(|word| notice(&parts.facts, word.to_string()));
                for Waiting { entry, details, .. } in waiting {
                    outbound.add(entry, details, parts);
                }
            }
            Err(error) => notice(&parts.facts, format!("The outbox cannot be read: {error}.")),
        }
        outbound
    }

    /// Looks after an entry that is in the outbox.
    pub fn deliver(
        &mut self,
        entry: SignedEntry,
        details: Vec<Detail>,
        outcome: oneshot::Sender<Outcome>,
        parts: &Parts,
    ) {
        let id = entry.id();
        self.asked.retain(|_, asked| asked.iter().any(|asked| !asked.is_closed()));
        self.asked.entry(id).or_default().push(outcome);
        self.add(entry, details, parts);
    }

    pub fn forget(&mut self, id: EntryId, parts: &Parts) {
        self.asked.remove(&id);
        if let Err(error) = self.outbox.remove(&id) {
            notice(&parts.facts, format!("The outbox cannot be written: {error}."));
        }
        self.feed(Event::Remove(id), parts);
    }

    pub fn connected(&mut self, peer: PublicKey, parts: &Parts) {
        self.feed(Event::Connected(peer), parts);
    }

    pub fn disconnected(&mut self, peer: PublicKey, parts: &Parts) {
        self.feed(Event::Disconnected(peer), parts);
    }

    pub fn held(&mut self, held: Vec<Position>, parts: &Parts) {
        self.feed(Event::Held(held), parts);
    }

    pub fn answered(&mut self, id: EntryId, peer: PublicKey, response: Option<Box<Response>>, parts: &Parts) {
        let event = match response {
            Some(response) => Event::Answer { id, peer, response },
            None => Event::Failed { id, peer },
        };
        self.feed(event, parts);
    }

    /// Records came into the own copy of the log.
    pub fn stored(&mut self, entries: &[(EntryId, Position)], chain: &Chain, parts: &Parts) {
        self.learn_term(chain, parts);
        for (id, position) in entries {
            if matches!(self.delivery.step(id), Some(Step::Replicated { .. })) {
                self.forget(*id, parts);
            } else if self.delivery.step(id).is_some() {
                self.feed(Event::InLog { id: *id, position: *position }, parts);
            }
        }
        let shown = Position(reading(&parts.shelf).shown());
        self.feed(Event::Passed(shown), parts);
    }

    pub fn tick(&mut self, parts: &Parts) {
        self.feed(Event::Tick, parts);
    }

    /// Whether this is an entry that is delivered from here.
    pub fn has(&self, id: &EntryId) -> bool {
        self.delivery.step(id).is_some()
    }

    /// Own entries that have waited for a while, since the last look.
    pub fn take_announced(&mut self) -> Vec<SignedEntry> {
        std::mem::take(&mut self.announced)
    }

    /// The log goes on from here under a later era, or another turn: what stood past it waits again.
    pub fn cut_back(&mut self, term: Term, from: Position, parts: &Parts) {
        self.feed(Event::CutBack { term, from }, parts);
    }

    /// Entries that a takeover set aside, which are in the outbox already.
    pub fn give_back(&mut self, back: Vec<Waiting>, parts: &Parts) {
        for Waiting { entry, details, .. } in back {
            self.take_in(entry, details, parts, |entry, details| Event::GivenBack { entry, details });
        }
    }

    /// Own entries that are not placed yet.
    pub fn waiting(&self) -> usize {
        self.delivery.waiting()
    }

    fn add(&mut self, entry: SignedEntry, details: Vec<Detail>, parts: &Parts) {
        self.take_in(entry, details, parts, |entry, details| Event::Add { entry, details });
    }

    fn take_in(
        &mut self,
        entry: SignedEntry,
        details: Vec<Detail>,
        parts: &Parts,
        event: impl FnOnce(Box<SignedEntry>, Vec<Detail>) -> Event,
    ) {
        let id = entry.id();
        if entry.details.iter().any(|detail| detail.tag.is_sealed()) {
            self.sealed.insert(id);
        }
        self.feed(event(Box::new(entry), details), parts);
        if let Some(position) = place_here(&id, parts) {
            self.feed(Event::InLog { id, position }, parts);
        }
    }

    /// Tells the delivery of a term that the own copy of the log has opened.
    fn learn_term(&mut self, chain: &Chain, parts: &Parts) {
        if let Some(open) = chain.open().filter(|open| self.term != Some(open.term)) {
            self.term = Some(open.term);
            let (term, node, signers) = (open.term, open.opening.node, open.signers());
            self.feed(Event::Term { term, node, signers }, parts);
        }
    }

    fn feed(&mut self, event: Event, parts: &Parts) {
        for effect in self.delivery.handle(event, now(), entropy()) {
            match effect {
                Effect::Offer { peer, id, .. }
                    if self.sealed.contains(&id) && !reading(&parts.shelf).is_node_of_cell(&peer) =>
                {
                    // Sealed texts go to the cell's own homes alone.
                    self.feed(Event::Failed { id, peer }, parts);
                }
                Effect::Offer { peer, id, request } => {
                    let _ = parts.outward.try_send(Outward::Offer { peer, id, request });
                }
                Effect::Step { id, step } => self.step(id, step, parts),
                Effect::Announce(entry) => {
                    self.announced.push(SignedEntry::clone(&entry));
                    let _ = parts.outward.try_send(Outward::Pending(entry));
                }
                Effect::PutAside { peer, fault } => {
                    notice(&parts.facts, format!("The node {peer} was put aside: {fault}."));
                }
            }
        }
    }

    /// Writes down how far an entry has come, and tells who waits for it.
    fn step(&mut self, id: EntryId, step: Step, parts: &Parts) {
        let (sent, outcome) = match step {
            Step::Waiting => (Some(Sent::Waiting), None),
            Step::HandedOn { homes, refusal } => {
                let said = refusal.map(|refusal| format!("{}: {}", refusal.name(), refusal.text()));
                let sent = Sent::HandedOn(homes as u64, said.unwrap_or_default());
                (Some(sent), Some(Outcome::HandedOn))
            }
            Step::Refused(refusal) => {
                let sent = Sent::Refused(format!("{}: {}", refusal.name(), refusal.text()));
                (Some(sent), Some(Outcome::Refused(refusal)))
            }
            Step::Expired => {
                let text = "its last placing time has passed: sign it again if it still holds";
                let refusal = Refusal::with_text("Expired", text);
                let sent = Sent::Refused(format!("{}: {}", refusal.name(), refusal.text()));
                (Some(sent), Some(Outcome::Refused(refusal)))
            }
            Step::Placed { position, proof } => {
                let proof = proof.unwrap_or_default();
                (Some(Sent::Placed(position)), Some(Outcome::Placed { position, proof }))
            }
            // Until the own copy has it too, a takeover may go on from before it: it stays in the outbox.
            Step::Replicated { position, .. } => {
                let here = place_here(&id, parts) == Some(position);
                let sent = (!here).then_some(Sent::Replicated(position));
                (sent, Some(Outcome::Placed { position, proof: Vec::new() }))
            }
        };
        let replicated = sent.is_none();
        let written = match sent {
            Some(sent) => self.outbox.set(&id, sent),
            None => self.outbox.remove(&id),
        };
        if let Err(error) = written {
            notice(&parts.facts, format!("The outbox cannot be written: {error}."));
        }
        if let Some(outcome) = outcome {
            for asked in self.asked.remove(&id).unwrap_or_default() {
                let _ = asked.send(outcome.clone());
            }
        }
        if replicated {
            self.feed(Event::Remove(id), parts);
        }
    }
}

/// Where an entry stands in the own copy of the log, under a signed checkpoint.
fn place_here(id: &EntryId, parts: &Parts) -> Option<Position> {
    let shelf = reading(&parts.shelf);
    let found = shelf.store.find(id).ok().flatten();
    found.filter(|position| position.0 < shelf.shown())
}
