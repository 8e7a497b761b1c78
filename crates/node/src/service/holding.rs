//! What the home holds back: taking it in, and handing it in when the fold says that its time has come.

use super::Service;
use crate::ask::{Answer, Progress, Refusal, Signed};
use crate::cell::{CellHandle, Outcome, now};
use crate::held::{Held, MAX_HELD};
use crate::limits::RELEASE_EVERY;
use lifeboat_commons::rotation::Ripe;
use lifeboat_log::{CellId, KeyCache, SignedEntry};
use std::sync::{Arc, Weak};
use tokio::sync::mpsc;

impl Service {
    /// Holds entries of this home's member until their time has come.
    pub(super) async fn hold(
        self: &Arc<Self>,
        cell: CellId,
        entries: Vec<Signed>,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        self.cell(cell, progress).await?;
        let held = Held::of(&self.home, &cell);
        if held.list().len().saturating_add(entries.len()) > MAX_HELD {
            let text = format!("a home holds back at most {MAX_HELD} entries of a cell");
            return Err(Refusal::new("too_many", text));
        }
        for signed in entries {
            let entry = SignedEntry::verify(signed.entry.0, &mut KeyCache::default())
                .map_err(|bad| Refusal::new(bad.name(), bad.to_string()))?;
            let own = self.home.member_key() == Some(entry.author) && entry.cell == cell;
            if !own || !entry.details.is_empty() {
                let text = "a home holds back entries of its own member alone, without details";
                return Err(Refusal::new("not_own", text));
            }
            held.put(&entry).map_err(super::disk)?;
        }
        Ok(Answer::Done)
    }

    /// Hands in what is held back and whose time has come. Returns how many entries that were.
    pub async fn release_held(self: &Arc<Self>) -> usize {
        let mut released = 0;
        for open in self.open_cells() {
            let held = Held::of(&self.home, &open.cell());
            for entry in held.list() {
                let ripe = open.read().state().ripe(&entry, now());
                if ripe == Ripe::NotYet {
                    continue;
                }
                if ripe == Ripe::Now && !self.release(&open, &entry).await {
                    continue;
                }
                held.remove(&entry.id());
                released += usize::from(ripe == Ripe::Now);
            }
        }
        released
    }

    /// Hands one in; false when it has to be tried again.
    async fn release(self: &Arc<Self>, open: &Arc<CellHandle>, entry: &SignedEntry) -> bool {
        let keeper = open.facts().keeper;
        match self.hand_over(open, keeper, entry.clone(), Vec::new()).await {
            // An entry for another keeper is in the outbox by now; one's own log has it when it says so.
            Ok(placed) if keeper => matches!(placed.await, Ok(Outcome::Placed { .. })),
            Ok(_) => true,
            Err(refusal) => {
                tracing::warn!("{}", refusal.text);
                false
            }
        }
    }
}

/// Hands in what is held back, as long as the node runs.
pub async fn release_always(service: Weak<Service>) {
    let mut every = tokio::time::interval(RELEASE_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        every.tick().await;
        let Some(service) = service.upgrade() else { return };
        service.release_held().await;
    }
}
