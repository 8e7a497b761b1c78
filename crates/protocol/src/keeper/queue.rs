//! The entries that wait at a keeper, in the order in which they came: bounded in number and in bytes.

use super::Ticket;
use crate::limits::{MAX_ENTRY, MAX_QUEUE, MAX_QUEUE_BYTES, MAX_TICKETS};
use crate::refusal::Refusal;
use lifeboat_log::{CellId, Detail, EntryId, SignedEntry};
use std::collections::{HashMap, VecDeque};

/// An entry that waits, and who waits for it.
pub(super) struct Waiting {
    pub tickets: Vec<Ticket>,
    pub entry: SignedEntry,
    pub details: Vec<Detail>,
}

impl Waiting {
    fn bytes(&self) -> usize {
        self.entry.bytes().len() + self.details.iter().map(|d| d.as_bytes().len()).sum::<usize>()
    }
}

/// The queue.
#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    /// Counts on for ever; less `gone` it is the place of each entry in `waiting`.
    places: HashMap<EntryId, u64>,
    gone: u64,
    bytes: usize,
}

impl Queue {
    /// Adds an entry once its bytes and details are as they must be, or the ticket to one that waits
    /// already.
    pub fn push(
        &mut self,
        cell: CellId,
        ticket: Ticket,
        entry: Box<SignedEntry>,
        details: Vec<Detail>,
    ) -> Result<(), Refusal> {
        if let Some(place) = self.places.get(&entry.id()) {
            let waiting = self.waiting.get_mut((place - self.gone) as usize);
            return waiting.map_or(Ok(()), |waiting| join(&mut waiting.tickets, ticket));
        }
        if entry.cell != cell {
            return Err(Refusal::new(Refusal::WRONG_CELL));
        }
        if entry.bytes().len() > MAX_ENTRY {
            return Err(Refusal::new(Refusal::TOO_LONG));
        }
        let details = chosen(&entry, details).ok_or_else(|| Refusal::new(Refusal::MISSING_DETAILS))?;
        let waiting = Waiting { tickets: vec![ticket], entry: *entry, details };
        let bytes = waiting.bytes();
        if self.waiting.len() >= MAX_QUEUE || self.bytes.saturating_add(bytes) > MAX_QUEUE_BYTES {
            return Err(Refusal::new(Refusal::BUSY));
        }
        self.bytes += bytes;
        self.places.insert(waiting.entry.id(), self.gone + self.waiting.len() as u64);
        self.waiting.push_back(waiting);
        Ok(())
    }

    /// The entry whose turn it is.
    pub fn front(&self) -> Option<&Waiting> {
        self.waiting.front()
    }

    /// Takes the entry whose turn it is.
    pub fn pop(&mut self) -> Option<Waiting> {
        let waiting = self.waiting.pop_front()?;
        self.gone += 1;
        self.bytes -= waiting.bytes();
        self.places.remove(&waiting.entry.id());
        Some(waiting)
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }
}

/// One more who waits for the same entry.
pub(super) fn join(tickets: &mut Vec<Ticket>, ticket: Ticket) -> Result<(), Refusal> {
    if tickets.len() >= MAX_TICKETS {
        return Err(Refusal::new(Refusal::BUSY));
    }
    tickets.push(ticket);
    Ok(())
}

/// The details that the entry names, in its order, or nothing when one of them is missing. Others that
/// came along are left out.
fn chosen(entry: &SignedEntry, mut details: Vec<Detail>) -> Option<Vec<Detail>> {
    let mut take = |reference| {
        let place = details.iter().position(|detail| detail.matches(reference))?;
        Some(details.swap_remove(place))
    };
    entry.details.iter().map(&mut take).collect()
}
