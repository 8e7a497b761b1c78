//! Carrying a keeper: its records to the disk, its promises to their file, its answers to who asked.

use super::carrier::{Parts, notice, now};
use super::following::judge_opening;
use super::searching::Searching;
use super::shelf::Shelf;
use super::{CellConfig, Facts, Outcome, Outward, ToCell, reading, writing};
use crate::fold::LogHistory;
use lifeboat_log::{Detail, EntryId, Position, Record, SecretKey, SignedCheckpoint};
use lifeboat_protocol::keeper::{CannotKeep, Effect, Event, Held, Keeper, Ticket};
use lifeboat_protocol::watch::{self, Why};
use lifeboat_protocol::{Again, Refusal, Watch};
use lifeboat_store::{Outbox, Promises, Sent, Storage, Waiting};
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
    /// Entries of this home's outbox that wait to be placed here.
    outbox: Outbox,
    own: HashMap<Ticket, EntryId>,
    watch: Watch,
    /// Why this home is to keep no longer.
    stepped_down: Option<Why>,
    tickets: u64,
    /// The log is to be opened anew at the next tick.
    reopen: bool,
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
        let storage: Arc<dyn Storage> = config.storage.clone();
        Ok(Self {
            keeper,
            promises,
            searching: Searching::load(config),
            effects,
            asked: HashMap::new(),
            outbox: Outbox::new(storage, config.cell),
            own: HashMap::new(),
            watch: Watch::default(),
            stepped_down: None,
            tickets: 0,
            reopen: false,
        })
    }

    /// Places what lies in this home's outbox: what it wanted placed when another kept the log.
    pub fn take_outbox(&mut self, parts: &Parts) {
        let waiting = match self.outbox.list() {
            Ok((waiting, _)) => waiting,
            Err(error) => return notice(&parts.facts, format!("The outbox cannot be read: {error}.")),
        };
        for Waiting { entry, details, .. } in waiting {
            self.tickets += 1;
            let ticket = Ticket(self.tickets);
            self.own.insert(ticket, entry.id());
            self.feed(Event::Submit { ticket, entry: Box::new(entry), details }, parts);
        }
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
                watch::Effect::AskOpening(peer) => Outward::AskOpening { peer, era: open.term.era() },
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
                let opened = judge_opening(record.as_deref(), parts);
                self.watch(watch::Event::Opening { peer, opened }, parts);
            }
            ToCell::Details { peer, details } => self.searching.arrived(&peer, details, parts),
            ToCell::Tick => {
                if std::mem::take(&mut self.reopen) {
                    self.effects.push_back(Effect::Reopen);
                }
                self.searching.tick(parts);
                self.watch(watch::Event::Tick, parts);
                self.feed(Event::Tick, parts);
            }
            // A keeper asks nobody for records: the rest is for followers.
            _ => {}
        }
    }

    /// Carries out the oldest thing that the keeper asks. False when there is none.
    pub fn carry_one(&mut self, parts: &Parts) -> bool {
        let Some(effect) = self.effects.pop_front() else { return false };
        match effect {
            Effect::Persist { records, details } => {
                let placed = records.first().zip(records.last());
                let placed = placed.map(|(a, b)| (a.link().position, b.link().position.next()));
                let event = match persist(&mut writing(&parts.shelf), records, &details) {
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
            Effect::Refuse { ticket, refusal } => self.answer(ticket, Outcome::Refused(refusal)),
            Effect::Reopen => self.open_anew(parts),
        }
        true
    }

    pub fn note(&mut self, facts: &mut Facts) {
        facts.keeper = true;
        facts.keeper_node = self.keeper.chain().open().map(|open| open.opening.node);
        facts.level = true;
        facts.held = self.keeper.held();
        facts.records = self.keeper.chain().next().0;
        facts.pending = self.keeper.waiting();
        facts.wanted = self.searching.wanted(self.keeper.chain().next());
    }

    /// Writes down how far all details are here.
    pub fn close(&self, parts: &Parts) {
        self.searching.save(&parts.config);
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

    fn answer(&mut self, ticket: Ticket, outcome: Outcome) {
        if let Some(id) = self.own.remove(&ticket) {
            let written = match &outcome {
                Outcome::Placed { .. } => self.outbox.remove(&id),
                Outcome::Refused(refusal) if refusal.again() == Again::Soon => Ok(()),
                Outcome::Refused(refusal) => {
                    let why = format!("{}: {}", refusal.name(), refusal.text());
                    self.outbox.set(&id, Sent::Refused(why))
                }
            };
            if let Err(error) = written {
                tracing::warn!(%error, "the outbox was not written; the entry is offered again at the next start");
            }
        }
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
                let held = shelf.held_by_keeper(&promises);
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
