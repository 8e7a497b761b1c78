//! Carrying a keeper: its records to the disk, its promises to their file, its answers to who asked.

use super::carrier::{Parts, now};
use super::facts::notice;
use super::following::judge_opening;
use super::handing_in::HandingIn;
use super::searching::Searching;
use super::shelf::Shelf;
use super::{CellConfig, Facts, Outcome, Outward, ToCell, reading, witnessing, writing};
use crate::fold::LogHistory;
use lifeboat_log::{Detail, Position, PublicKey, Record, SecretKey, SignedCheckpoint, SignedEntry, Term};
use lifeboat_protocol::keeper::{CannotKeep, Effect, Event, Held, Keeper, Ticket};
use lifeboat_protocol::pending::Lacking;
use lifeboat_protocol::watch::{self, Why};
use lifeboat_protocol::{Refusal, Watch};
use lifeboat_store::{Promises, Storage, handovers};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A keeper and what it waits for.
pub struct Keeping {
    keeper: Keeper,
    promises: Promises,
    searching: Searching,
    effects: VecDeque<Effect>,
    asked: HashMap<Ticket, oneshot::Sender<Outcome>>,
    watch: Watch,
    /// Why this home is to keep no longer.
    stepped_down: Option<Why>,
    tickets: u64,
    /// What this home was told of, and whose details it does not have.
    lacking: Lacking,
    /// The log is to be opened anew at the next tick.
    reopen: bool,
    /// What came of the anchor that was handed in last.
    anchor: Option<oneshot::Receiver<Outcome>>,
    /// Who waits for the handover.
    leaving: Option<(Ticket, oneshot::Sender<Result<(), Refusal>>)>,
    /// The log was handed over: this home keeps it no more.
    left: bool,
    /// Own entries from the time when this home was not the keeper.
    own: Option<HandingIn>,
}

impl Keeping {
    pub fn new(
        config: &CellConfig,
        term_key: SecretKey,
        held: Held,
        promises: Promises,
    ) -> Result<Self, CannotKeep> {
        let mut keeper = Keeper::new(config.node, term_key, held)?;
        let effects = keeper.start().into();
        let searching = Searching::load(config);
        let (asked, anchor, leaving) = (HashMap::new(), None, None);
        let (tickets, reopen, left) = (0, false, false);
        let (own, lacking) = (None, Lacking::default());
        Ok(Self {
            keeper,
            promises,
            searching,
            effects,
            asked,
            tickets,
            lacking,
            reopen,
            anchor,
            leaving,
            left,
            own,
            watch: Watch::default(),
            stepped_down: None,
        })
    }

    /// Hands in what lies in the home's outbox.
    pub fn take_outbox(&mut self, parts: &Parts) {
        let (own, messages) = HandingIn::open(parts);
        self.own = Some(own);
        messages.into_iter().for_each(|message| self.handle(message, parts));
    }

    /// Why this home is to keep no longer, once it is.
    pub fn stepped_down(&self) -> Option<Why> {
        self.stepped_down
    }

    fn watch(&mut self, event: watch::Event, parts: &Parts) {
        let Some(open) = self.keeper.chain().open() else { return };
        for effect in self.watch.handle(event, parts.config.cell, open, now()) {
            let asked = match effect {
                watch::Effect::AskTip(peer) => Outward::AskTip(peer),
                watch::Effect::AskOpening { peer, after } => Outward::AskOpening { peer, era: after },
                watch::Effect::StepDown(why) => {
                    self.stepped_down = Some(why);
                    continue;
                }
            };
            let _ = parts.outward.try_send(asked);
        }
    }

    pub fn handle(&mut self, message: ToCell, parts: &Parts) {
        match message {
            ToCell::Place { entry, details, outcome } | ToCell::Deliver { entry, details, outcome } => {
                self.tickets += 1;
                let ticket = Ticket(self.tickets);
                self.asked.insert(ticket, outcome);
                self.feed(Event::Submit { ticket, entry, details }, parts);
            }
            ToCell::Cosigned { checkpoint, .. } => self.feed(Event::Cosigned(checkpoint), parts),
            ToCell::HandOver { successor, witnesses, outcome } => {
                self.tickets += 1;
                let ticket = Ticket(self.tickets);
                if self.leaving.is_some() {
                    let _ = outcome.send(Err(Refusal::new(Refusal::BUSY)));
                    return;
                }
                self.leaving = Some((ticket, outcome));
                self.feed(Event::HandOver { ticket, successor, witnesses }, parts);
            }
            ToCell::Succeed { answer, .. } => {
                let _ = answer.send(Err(Refusal::new(Refusal::NOT_READY)));
            }
            ToCell::Have { node, next } => {
                self.searching.connected(node);
                self.feed(Event::Have { node, next }, parts);
            }
            ToCell::Connected(peer) => {
                self.searching.connected(peer);
                self.watch(watch::Event::Connected(peer), parts);
            }
            ToCell::Disconnected(peer) => {
                self.searching.disconnected(&peer);
                self.watch(watch::Event::Disconnected(peer), parts);
            }
            ToCell::AskFailed(peer) => {
                self.searching.failed(&peer);
                self.watch(watch::Event::AskFailed(peer), parts);
            }
            ToCell::Tip { peer, checkpoint, .. } => {
                self.watch(watch::Event::Tip { peer, checkpoint }, parts);
            }
            ToCell::Opening { peer, record } => {
                let opened = judge_opening(record.as_deref(), &self.watch.look(&peer), parts);
                self.watch(watch::Event::Opening { peer, opened }, parts);
            }
            ToCell::Details { peer, details } => {
                for (entry, details) in self.lacking.arrived(&details) {
                    self.submit(entry, details, parts);
                }
                self.searching.arrived(&peer, details, parts);
            }
            ToCell::Pending { peer, entry } => self.told_of(peer, *entry, parts),
            ToCell::Tick => self.tick(parts),
            // A keeper asks nobody for records: the rest is for followers.
            _ => {}
        }
    }

    fn tick(&mut self, parts: &Parts) {
        if std::mem::take(&mut self.reopen) {
            self.effects.push_back(Effect::Reopen);
        }
        self.searching.tick(parts);
        let messages = self.own.as_mut().map(|own| own.look(parts)).unwrap_or_default();
        messages.into_iter().for_each(|message| self.handle(message, parts));
        if let Some(Ok(outcome)) = self.anchor.as_mut().map(oneshot::Receiver::try_recv) {
            witnessing::anchored(&outcome);
            self.anchor = None;
        }
        self.watch(watch::Event::Tick, parts);
        self.feed(Event::Tick, parts);
    }

    /// Carries out the oldest thing that the keeper asks. False when there is none.
    pub fn carry_one(&mut self, parts: &Parts) -> bool {
        let Some(effect) = self.effects.pop_front() else { return false };
        match effect {
            Effect::Persist { records, details } => {
                let placed = records.first().zip(records.last());
                let placed = placed.map(|(a, b)| (a.link().position, b.link().position.next()));
                let persisted = persist(&mut writing(&parts.shelf), records, &details);
                let event = match persisted {
                    Ok(()) => Event::Persisted,
                    Err(error) => self.failed(&error, parts),
                };
                if let (Event::Persisted, Some((first, next))) = (&event, placed) {
                    self.searching.placed(first, next);
                }
                self.feed(event, parts);
            }
            Effect::Promise(checkpoint) => {
                let event = match self.promise(&checkpoint, parts) {
                    Ok(()) => Event::Promised,
                    Err(error) => self.failed(&error, parts),
                };
                self.feed(event, parts);
            }
            Effect::Publish(checkpoint) => {
                let _ = parts.outward.try_send(Outward::Publish(checkpoint));
            }
            Effect::Prove { ticket, position } => {
                let outcome = prove(&reading(&parts.shelf), position);
                self.answer(ticket, outcome);
            }
            Effect::Refuse { ticket, refusal } => self.refuse(ticket, refusal),
            Effect::Reopen => self.open_anew(parts),
            Effect::Keep(checkpoint) => {
                let kept = writing(&parts.shelf).store.set_checkpoint(&checkpoint);
                if let Err(error) = kept {
                    tracing::warn!(%error, "cosignatures were not stored; the log is opened anew");
                    self.feed(Event::NotKept, parts);
                }
            }
            Effect::Anchor(checkpoint) => self.hand_in_anchor(&checkpoint, parts),
            Effect::HandOver(handover) => {
                let written = handovers::write(&*parts.config.storage, parts.config.cell, &handover);
                let event = match written {
                    Ok(()) => Event::HandedOver,
                    Err(error) => self.failed(&error.to_string(), parts),
                };
                self.feed(event, parts);
            }
            Effect::Left(_) => {
                self.left = true;
                if let Some((_, outcome)) = self.leaving.take() {
                    let _ = outcome.send(Ok(()));
                }
            }
        }
        true
    }

    /// Whether the log was handed over: then the handover on disk says what this home is from now on.
    pub fn has_left(&self) -> bool {
        self.left
    }

    /// Hands in an anchor as an entry like any other.
    fn hand_in_anchor(&mut self, checkpoint: &SignedCheckpoint, parts: &Parts) {
        let Some(entry) = witnessing::anchor(parts, checkpoint) else {
            return tracing::warn!("an anchor could not be made");
        };
        let (outcome, told) = oneshot::channel();
        self.anchor = Some(told);
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.asked.insert(ticket, outcome);
        self.feed(Event::Submit { ticket, entry: Box::new(entry), details: Vec::new() }, parts);
    }

    pub fn note(&mut self, facts: &mut Facts) {
        facts.keeper = true;
        facts.keeper_node = self.keeper.chain().open().map(|open| open.opening.node);
        facts.level = true;
        facts.held = self.keeper.held();
        facts.records = self.keeper.chain().next().0;
        facts.pending = self.keeper.waiting();
        let open = self.keeper.chain().open().map(|open| (open.term, open.start.0));
        let (term, start) = open.unwrap_or((Term::FIRST, 0));
        facts.open = term;
        let witnessed = self.keeper.witnessed().map_or(0, |signed| start.saturating_add(signed.size));
        facts.witnessed = Position(witnessed).max(self.keeper.state().anchored());
        // What it was behind of, and waited for, while it followed.
        (facts.overdue, facts.behind, facts.waiting) = (0, 0, 0);
        facts.wanted = self.searching.wanted(self.keeper.chain().next());
    }

    /// Writes down how far all details are here.
    pub fn close(&self, parts: &Parts) {
        self.searching.save(&parts.config);
    }

    /// An entry waits somewhere: it is placed once its details are here.
    fn told_of(&mut self, peer: PublicKey, entry: SignedEntry, parts: &Parts) {
        let shelf = reading(&parts.shelf);
        if self.keeper.state().admissible(&entry, now(), &LogHistory(&shelf.store)).is_err() {
            return;
        }
        let here = entry.details.iter().filter_map(|r| shelf.store.detail(&r.hash).ok().flatten()).collect();
        drop(shelf);
        let hashes = self.lacking.wait(entry, here);
        if !hashes.is_empty() {
            let _ = parts.outward.try_send(Outward::AskDetails { peer, hashes });
        }
        for (entry, details) in self.lacking.arrived(&[]) {
            self.submit(entry, details, parts);
        }
    }

    fn submit(&mut self, entry: SignedEntry, details: Vec<Detail>, parts: &Parts) {
        self.tickets += 1;
        let (ticket, entry) = (Ticket(self.tickets), Box::new(entry));
        self.feed(Event::Submit { ticket, entry, details }, parts);
    }

    fn feed(&mut self, event: Event, parts: &Parts) {
        let shelf = reading(&parts.shelf);
        self.effects.extend(self.keeper.handle(event, now(), &LogHistory(&shelf.store)));
    }

    fn promise(&mut self, checkpoint: &SignedCheckpoint, parts: &Parts) -> Result<(), String> {
        self.promises.promise(checkpoint).map_err(|e| e.to_string())?;
        let gone = writing(&parts.shelf).settle(checkpoint).map_err(|e| e.to_string())?;
        self.searching.gone(&gone);
        Ok(())
    }

    fn refuse(&mut self, ticket: Ticket, refusal: Refusal) {
        match self.leaving.take_if(|(leaving, _)| *leaving == ticket) {
            Some((_, outcome)) => drop(outcome.send(Err(refusal))),
            None => self.answer(ticket, Outcome::Refused(refusal)),
        }
    }

    fn answer(&mut self, ticket: Ticket, outcome: Outcome) {
        if let Some(asked) = self.asked.remove(&ticket) {
            let _ = asked.send(outcome);
        }
    }

    fn failed(&mut self, error: &str, parts: &Parts) -> Event {
        notice(&parts.facts, format!("This home could not write to its disk: {error}."));
        Event::DiskFailed
    }

    /// Opens log and promises anew after a failure; when that fails too, again at the next tick.
    fn open_anew(&mut self, parts: &Parts) {
        let storage: Arc<dyn Storage> = parts.config.storage.clone();
        let opened = Promises::open(storage.clone(), parts.config.cell).map_err(|e| e.to_string());
        let opened = opened.and_then(|promises| {
            let shelf = Shelf::open(storage, parts.config.cell, parts.config.node, &mut |_, _| {})
                .map_err(|e| e.to_string());
            shelf.map(|(shelf, words)| (promises, shelf, words))
        });
        match opened {
            Ok((promises, shelf, words)) => {
                words.into_iter().for_each(|word| notice(&parts.facts, word));
                let held = match shelf.held_by_keeper(&promises) {
                    Ok(held) => held,
                    Err(error) => {
                        notice(&parts.facts, error);
                        self.reopen = true;
                        return;
                    }
                };
                *writing(&parts.shelf) = shelf;
                self.promises = promises;
                self.feed(Event::Reopened(Box::new(held)), parts);
                // A machine that cannot go on asks for the same again: not before the next tick.
                let again = |effect: &Effect| matches!(effect, Effect::Reopen);
                self.reopen = self.effects.iter().any(again);
                self.effects.retain(|effect| !again(effect));
            }
            Err(error) => {
                notice(&parts.facts, format!("The log cannot be opened: {error}."));
                self.reopen = true;
            }
        }
    }
}

fn persist(shelf: &mut Shelf, records: Vec<Record>, details: &[Detail]) -> Result<(), String> {
    let named = records.iter().flat_map(|record| record.entry().details.iter().copied());
    shelf.keep_named(details, &named.collect::<Vec<_>>()).map_err(|e| e.to_string())?;
    shelf.place(records).map_err(|e| e.to_string())
}

fn prove(shelf: &Shelf, position: Position) -> Outcome {
    match shelf.store.proof(position) {
        Ok(proof) => Outcome::Placed { position, proof: proof.to_bytes() },
        Err(error) => {
            tracing::error!(%error, %position, "a placed entry cannot be proven");
            Outcome::Refused(Refusal::new(Refusal::STORE_FAILED))
        }
    }
}
