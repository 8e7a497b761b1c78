//! What lies in the outbox of a home that keeps the log: handed in at its own door, like anyone else's, and taken
//! out of the outbox once it is placed. It was there before the home became the keeper, or the disk failed while
//! it was handed in.

use super::carrier::{Parts, now};
use super::facts::notice;
use super::{Outcome, ToCell};
use crate::limits::OUTBOX_EVERY_MS;
use lifeboat_log::{EntryId, Time};
use lifeboat_protocol::Again;
use lifeboat_store::{Outbox, Sent, Storage};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Own entries that a keeper's home has handed in.
pub struct HandingIn {
    outbox: Outbox,
    waiting: Vec<(EntryId, oneshot::Receiver<Outcome>)>,
    /// When the outbox is looked through again.
    next: Time,
}

impl HandingIn {
    /// What lies in the outbox, as messages for the keeper.
    pub fn open(parts: &Parts) -> (Self, Vec<ToCell>) {
        let storage: Arc<dyn Storage> = parts.config.storage.clone();
        let outbox = Outbox::new(storage, parts.config.cell);
        let mut this = Self { outbox, waiting: Vec::new(), next: now().plus_ms(OUTBOX_EVERY_MS) };
        let messages = this.hand_in(parts, |_| true);
        (this, messages)
    }

    /// Hands in those of which nothing is awaited yet.
    fn hand_in(&mut self, parts: &Parts, is_due: impl Fn(&Sent) -> bool) -> Vec<ToCell> {
        let entries = match self.outbox.list() {
            Ok((entries, _)) => entries,
            Err(error) => {
                notice(&parts.facts, format!("The outbox cannot be read: {error}."));
                return Vec::new();
            }
        };
        let mut messages = Vec::new();
        for own in entries.into_iter().filter(|own| is_due(&own.sent)) {
            let id = own.entry.id();
            if self.waiting.iter().any(|(waiting, _)| *waiting == id) {
                continue;
            }
            let (outcome, told) = oneshot::channel();
            self.waiting.push((id, told));
            messages.push(ToCell::Place { entry: Box::new(own.entry), details: own.details, outcome });
        }
        messages
    }

    /// Writes down what came of them by now, and hands in what has come into the outbox since.
    pub fn look(&mut self, parts: &Parts) -> Vec<ToCell> {
        let outbox = &self.outbox;
        self.waiting.retain_mut(|(id, told)| {
            let written = match told.try_recv() {
                Ok(Outcome::Placed { .. }) => outbox.remove(id),
                // It is not known whether it was placed: it is handed in again.
                Ok(Outcome::Refused(refusal)) if refusal.again() == Again::Soon => Ok(()),
                Ok(Outcome::Refused(refusal)) => {
                    outbox.set(id, Sent::Refused(format!("{}: {}", refusal.name(), refusal.text())))
                }
                Ok(Outcome::HandedOn) | Err(oneshot::error::TryRecvError::Empty) => return true,
                // It waits in the outbox for the next start, or the next keeper.
                Err(oneshot::error::TryRecvError::Closed) => Ok(()),
            };
            if let Err(error) = written {
                notice(&parts.facts, format!("The outbox cannot be written: {error}."));
            }
            false
        });
        let (now, every) = (now(), OUTBOX_EVERY_MS);
        if now < self.next && self.next <= now.plus_ms(every) {
            return Vec::new();
        }
        self.next = now.plus_ms(every);
        self.hand_in(parts, |sent| *sent == Sent::Waiting)
    }
}
