//! Carrying what waits to be placed: entries that others handed to this home or told all of, kept with
//! their details and brought to the keeper. Own entries are here too once they have waited for a while, so
//! that they are counted; they are delivered from the outbox.

use super::carrier::{Parts, entropy, now};
use super::facts::notice;
use super::{Facts, Outward, reading};
use crate::fold::LogHistory;
use crate::limits::LOOK_AT_PENDING;
use lifeboat_log::codec::Bytes;
use lifeboat_log::{Chain, Detail, EntryId, Position, PublicKey, SignedEntry, Term, Time};
use lifeboat_protocol::delivery::{Delivery, Effect, Event};
use lifeboat_protocol::pending::{Pool, Taken, Waiting};
use lifeboat_protocol::{Refusal, Response};
use lifeboat_store::{Outbox, Pending, Storage};
use std::sync::Arc;

/// What waits, and its delivery.
pub struct Waits {
    pool: Pool,
    others: Delivery,
    outbox: Outbox,
    term: Option<Term>,
    looked: Option<Time>,
}

impl Waits {
    /// What waited here when the home was closed.
    pub fn open(parts: &Parts) -> Self {
        let (storage, cell): (Arc<dyn Storage>, _) = (parts.config.storage.clone(), parts.config.cell);
        let outbox = Outbox::new(storage, cell);
        let others = Delivery::of_others(cell, parts.config.node);
        let mut waits = Self { pool: Pool::default(), others, outbox, term: None, looked: None };
        let (chain, kept) = {
            let shelf = reading(&parts.shelf);
            (shelf.store.chain().clone(), shelf.store.pending())
        };
        waits.learn_term(&chain, parts);
        match kept {
            Ok(kept) => kept.into_iter().for_each(|pending| waits.restore(pending, parts)),
            Err(error) => notice(&parts.facts, format!("What waits to be placed cannot be read: {error}.")),
        }
        waits
    }

    fn restore(&mut self, pending: Pending, parts: &Parts) {
        let Pending { entry, details, since } = pending;
        let Some(member) = reading(&parts.shelf).state().members().of_key(&entry.author) else { return };
        let since = Some(since).filter(|since| *since != Time::ZERO);
        let waiting = Waiting { entry: entry.clone(), details: details.clone(), member, since };
        let whole = waiting.is_whole();
        self.pool.restore(waiting);
        if whole && !self.is_own(&entry.id()) {
            self.feed(Event::Add { entry: Box::new(entry), details }, parts);
        }
    }

    /// Keeps an entry that waits.
    pub fn take(&mut self, entry: SignedEntry, details: Vec<Detail>, parts: &Parts) -> Taken {
        let id = entry.id();
        let taken = {
            let shelf = reading(&parts.shelf);
            let history = LogHistory(&shelf.store);
            self.pool.take(entry, details, now(), shelf.state(), &history)
        };
        if let (Taken::New | Taken::Completed, Some(waiting)) = (&taken, self.pool.get(&id)) {
            let waiting = waiting.clone();
            self.write(&waiting, parts);
            if waiting.is_whole() && !self.is_own(&id) {
                let Waiting { entry, details, .. } = waiting;
                self.feed(Event::Add { entry: Box::new(entry), details }, parts);
            }
        }
        taken
    }

    /// The answer to a home that handed an entry over: what is kept here is kept with all its details.
    pub fn answer(&mut self, entry: SignedEntry, details: Vec<Detail>, parts: &Parts) -> Response {
        let id = entry.id();
        let shelf = reading(&parts.shelf);
        let member = parts.config.home.member_key().and_then(|key| shelf.state().members().of_key(&key));
        drop(shelf);
        // A sibling hears of what waits, and is no place to leave it.
        if member.is_none() {
            return Response::refused(Refusal::NOT_KEEPER);
        }
        match self.take(entry, details, parts) {
            Taken::New | Taken::Completed | Taken::Known => {
                match self.pool.get(&id).is_some_and(Waiting::is_whole) {
                    true => Response::Kept,
                    false => Response::refused(Refusal::MISSING_DETAILS),
                }
            }
            Taken::Placed => {
                let shelf = reading(&parts.shelf);
                let at = shelf.store.find(&id).ok().flatten();
                let proof = at.and_then(|at| shelf.store.proof(at).ok());
                match proof.and_then(|proof| Bytes::new(proof.to_bytes())) {
                    Some(proof) => Response::Receipt { proof },
                    None => Response::refused(Refusal::NOT_KEEPER),
                }
            }
            Taken::Refused(refusal) => Response::Refused(refusal),
        }
    }

    pub fn connected(&mut self, peer: PublicKey, parts: &Parts) {
        self.feed(Event::Connected(peer), parts);
    }

    pub fn disconnected(&mut self, peer: PublicKey, parts: &Parts) {
        self.feed(Event::Disconnected(peer), parts);
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
        let placed = entries.iter().map(|(id, _)| *id).filter(|id| self.pool.remove(id)).collect();
        self.drop_all(placed, parts);
        self.looked = None; // what came may be what others waited for
    }

    /// The log goes on from here under a later era, or another turn: what stood past it waits again.
    pub fn cut_back(&mut self, term: Term, from: Position, parts: &Parts) {
        self.feed(Event::CutBack { term, from }, parts);
    }

    pub fn tick(&mut self, parts: &Parts) {
        let at = now();
        let due = |looked: Time| at < looked || at >= looked.plus_ms(LOOK_AT_PENDING.as_millis() as u64);
        if !self.pool.is_empty() && self.looked.is_none_or(due) {
            self.looked = Some(at);
            let looked = {
                let shelf = reading(&parts.shelf);
                self.pool.look(at, shelf.state(), &LogHistory(&shelf.store))
            };
            let changed: Vec<_> = looked.changed.iter().filter_map(|id| self.pool.get(id).cloned()).collect();
            changed.iter().for_each(|waiting| self.write(waiting, parts));
            self.drop_all(looked.over, parts);
        }
        self.feed(Event::Tick, parts);
    }

    /// How many entries wait, and how many of them longer than the charter says.
    pub fn note(&self, facts: &mut Facts, parts: &Parts) {
        let hours = reading(&parts.shelf).state().charter().placing_hours;
        let at = now();
        facts.pending = self.pool.len();
        facts.overdue = self.pool.iter().filter(|waiting| waiting.is_overdue(at, hours)).count();
    }

    /// Sealed texts go to the cell's own homes alone.
    fn may_go(&self, id: &EntryId, peer: &PublicKey, parts: &Parts) -> bool {
        let sealed = |waiting: &Waiting| waiting.entry.details.iter().any(|detail| detail.tag.is_sealed());
        !self.pool.get(id).is_some_and(sealed) || reading(&parts.shelf).is_node_of_cell(peer)
    }

    fn is_own(&self, id: &EntryId) -> bool {
        matches!(self.outbox.get(id), Ok(Some(_)))
    }

    fn write(&self, waiting: &Waiting, parts: &Parts) {
        let Waiting { entry, details, since, .. } = waiting.clone();
        let pending = Pending { entry, details, since: since.unwrap_or(Time::ZERO) };
        let put = reading(&parts.shelf).store.put_pending(&pending);
        if let Err(error) = put {
            tracing::warn!(%error, "an entry that waits was not written down; its author has it");
        }
    }

    fn drop_all(&mut self, ids: Vec<EntryId>, parts: &Parts) {
        if ids.is_empty() {
            return;
        }
        let removed = reading(&parts.shelf).store.remove_pending(&ids);
        if let Err(error) = removed {
            tracing::warn!(%error, "what waits no more was not taken out; it will be later");
        }
        for id in ids {
            self.feed(Event::Remove(id), parts);
        }
    }

    fn learn_term(&mut self, chain: &Chain, parts: &Parts) {
        if let Some(open) = chain.open().filter(|open| self.term != Some(open.term)) {
            self.term = Some(open.term);
            let (term, node, signers) = (open.term, open.opening.node, open.signers());
            self.feed(Event::Term { term, node, signers }, parts);
        }
    }

    fn feed(&mut self, event: Event, parts: &Parts) {
        for effect in self.others.handle(event, now(), entropy()) {
            match effect {
                Effect::Offer { peer, id, .. } if !self.may_go(&id, &peer, parts) => {
                    self.feed(Event::Failed { id, peer }, parts);
                }
                Effect::Offer { peer, id, request } => {
                    let _ = parts.outward.try_send(Outward::Offer { peer, id, request });
                }
                Effect::PutAside { peer, fault } => {
                    notice(&parts.facts, format!("The node {peer} was put aside: {fault}."));
                }
                // What was placed goes when the own copy of the log has it.
                Effect::Step { .. } | Effect::Announce(_) => {}
            }
        }
    }
}
