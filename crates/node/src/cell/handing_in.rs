//! What lies in the outbox of a home when it becomes the keeper: handed in at its own door, like anyone
//! else's, and taken out of the outbox once it is placed.

use super::carrier::Parts;
use super::facts::notice;
use super::{Outcome, ToCell};
use lifeboat_log::EntryId;
use lifeboat_store::{Outbox, Sent, Storage};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Own entries that a keeper's home has handed in.
pub struct HandingIn {
    outbox: Outbox,
    waiting: Vec<(EntryId, oneshot::Receiver<Outcome>)>,
}

impl HandingIn {
    /// What lies in the outbox, as messages for the keeper.
    pub fn open(parts: &Parts) -> (Self, Vec<ToCell>) {
        let storage: Arc<dyn Storage> = parts.config.storage.clone();
        let outbox = Outbox::new(storage, parts.config.cell);
        let (mut waiting, mut messages) = (Vec::new(), Vec::new());
        match outbox.list() {
            Ok((entries, _)) => {
                for own in entries {
                    let (outcome, told) = oneshot::channel();
                    waiting.push((own.entry.id(), told));
                    messages.push(ToCell::Place {
                        entry: Box::new(own.entry),
                        details: own.details,
                        outcome,
                    });
                }
            }
            Err(error) => notice(&parts.facts, format!("The outbox cannot be read: {error}.")),
        }
        (Self { outbox, waiting }, messages)
    }

    /// Writes down what came of them by now.
    pub fn look(&mut self, parts: &Parts) {
        let outbox = &self.outbox;
        self.waiting.retain_mut(|(id, told)| {
            let written = match told.try_recv() {
                Ok(Outcome::Placed { .. }) => outbox.remove(id),
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
    }
}
