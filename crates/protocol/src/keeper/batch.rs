//! Making a batch: the entries whose turn it is, each admitted by the rules as they stand after the one
//! before it, become records at the end of the log.

use super::queue::{Waiting, join};
use super::{Effect, Keeper, Phase, Ticket};
use crate::limits::{MAX_BATCH_BYTES, MAX_BATCH_RECORDS};
use crate::planted::Bug;
use crate::refusal::Refusal;
use lifeboat_commons::{History, Inadmissible, State};
use lifeboat_log::{Chain, Detail, EntryId, Link, Position, Record, Time};

/// What is on its way to the disk, and who waits for it.
#[derive(Default)]
pub(super) struct Flight {
    waiting: Vec<(EntryId, Position, Vec<Ticket>)>,
}

impl Flight {
    /// Lets one more wait for an entry, where it is on its way.
    pub fn join(&mut self, id: &EntryId, ticket: Ticket) -> Option<Result<(), Refusal>> {
        let found = self.waiting.iter_mut().find(|(entry, _, _)| entry == id);
        found.map(|(_, _, tickets)| join(tickets, ticket))
    }

    /// The answers, once all of it is durable and promised.
    pub fn answers(self) -> impl Iterator<Item = Effect> {
        self.waiting.into_iter().flat_map(|(_, position, tickets)| {
            tickets.into_iter().map(move |ticket| Effect::Prove { ticket, position })
        })
    }

    /// The answers when the disk failed.
    pub fn refusals(self) -> impl Iterator<Item = Effect> {
        let tickets = self.waiting.into_iter().flat_map(|(_, _, tickets)| tickets);
        tickets.map(|ticket| Effect::Refuse { ticket, refusal: Refusal::new(Refusal::STORE_FAILED) })
    }
}

/// A batch that is being made.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    details: Vec<Detail>,
    bytes: usize,
    flight: Flight,
}

impl Batch {
    fn has_room(&self, entry: usize) -> bool {
        let fits = self.bytes.saturating_add(entry) <= MAX_BATCH_BYTES;
        self.records.is_empty() || (fits && self.records.len() < MAX_BATCH_RECORDS)
    }
}

/// The log on disk and the records of the batch behind it.
struct WithBatch<'a> {
    below: &'a dyn History,
    batch: &'a [Record],
}

impl History for WithBatch<'_> {
    fn find(&self, id: &EntryId) -> Option<Record> {
        let in_batch = self.batch.iter().find(|record| record.entry().id() == *id);
        in_batch.cloned().or_else(|| self.below.find(id))
    }
}

impl Keeper {
    /// Makes a batch of what waits and hands it to the disk; answers what is not placed by it.
    pub(super) fn place(&mut self, now: Time, history: &dyn History, effects: &mut Vec<Effect>) {
        let time = now.max(self.chain.last_time());
        let mut batch = Batch::default();
        while let Some(next) = self.queue.front() {
            if !batch.has_room(next.entry.bytes().len()) {
                break;
            }
            let Some(waiting) = self.queue.pop() else { break };
            self.place_one(waiting, time, history, &mut batch, effects);
        }
        if batch.records.is_empty() {
            effects.extend(batch.flight.answers());
        } else {
            effects.push(Effect::Persist { records: batch.records, details: batch.details });
            self.phase = Phase::Persisting(batch.flight);
        }
    }

    fn place_one(
        &mut self,
        waiting: Waiting,
        time: Time,
        below: &dyn History,
        batch: &mut Batch,
        effects: &mut Vec<Effect>,
    ) {
        let Waiting { tickets, entry, details } = waiting;
        let id = entry.id();
        let history = WithBatch { below, batch: &batch.records };
        let admitted = match self.state.admissible(&entry, time, &history) {
            Err(Inadmissible::Duplicate) if self.planted.is(Bug::PlacesAgain) => Ok(()),
            admitted => admitted,
        };
        if let Err(reason) = admitted {
            // It may be placed already: then its proof is the answer, whatever the rules say now.
            let placed = history.find(&id).map(|record| record.link().position);
            match placed {
                Some(position) if self.is_signed(position) => {
                    effects.extend(tickets.into_iter().map(|ticket| Effect::Prove { ticket, position }));
                }
                Some(position) => batch.flight.waiting.push((id, position, tickets)),
                None => {
                    let text = reason.to_string();
                    let refusal = Refusal::with_text(Refusal::NOT_ADMISSIBLE, &text);
                    let refuse = |ticket| Effect::Refuse { ticket, refusal: refusal.clone() };
                    effects.extend(tickets.into_iter().map(refuse));
                }
            }
            return;
        }
        let position = self.chain.next();
        match record_of(&mut self.chain, &mut self.state, entry, time, &history) {
            Some(record) => {
                batch.bytes += record.byte_len();
                batch.records.push(record);
                batch.details.extend(details);
                batch.flight.waiting.push((id, position, tickets));
            }
            None => {
                let refuse = |ticket| Effect::Refuse { ticket, refusal: Refusal::new(Refusal::NOT_VALID) };
                effects.extend(tickets.into_iter().map(refuse));
            }
        }
    }

    /// Whether the record at this position stands under a checkpoint that was published.
    fn is_signed(&self, at: Position) -> bool {
        let start = self.chain.open().map(|open| open.start);
        let end = start.zip(self.signed.as_ref()).map(|(start, signed)| start.0.saturating_add(signed.size));
        end.is_some_and(|end| at.0 < end)
    }
}

/// The record of the entry at the end of the chain; both chain and state have taken it in.
fn record_of(
    chain: &mut Chain,
    state: &mut State,
    entry: lifeboat_log::SignedEntry,
    time: Time,
    history: &dyn History,
) -> Option<Record> {
    let term = chain.open()?.term;
    let link = Link::new(term, chain.next(), chain.head(), time, entry.id());
    let record = Record::place(link, entry)?;
    chain.extend(&record).ok()?;
    state.apply(&record, history);
    Some(record)
}
