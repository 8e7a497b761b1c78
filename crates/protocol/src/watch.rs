//! The keeper's watch over others: whether another keeper has taken its place, and whether this home has
//! signed more than it knows (its disk may be an old backup). A keeper asks nobody for records; this is how
//! it hears of such things all the same, and steps down to follow.

#[cfg(test)]
mod tests;

use crate::limits::{ASIDE_MS, MAX_PEERS, PATIENCE_MS, WATCH_EVERY_MS};
use crate::message::term_of_note;
use crate::takeover::Opened;
use lifeboat_log::{CellId, OpenTerm, PublicKey, Time};
use std::collections::BTreeMap;

/// What happens to the watch.
#[derive(Debug, Clone)]
pub enum Event {
    /// A peer that serves the cell is connected.
    Connected(PublicKey),
    /// It is not any more.
    Disconnected(PublicKey),
    /// A peer told its newest checkpoint; empty when it holds none.
    Tip {
        /// The peer.
        peer: PublicKey,
        /// The signed note.
        checkpoint: Vec<u8>,
    },
    /// What came of [`Effect::AskOpening`].
    Opening {
        /// The peer.
        peer: PublicKey,
        /// What it has, judged by whoever carries the machine.
        opened: Opened,
    },
    /// A question was not answered.
    AskFailed(PublicKey),
    /// Time has passed.
    Tick,
}

/// What the watch asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask a peer for its newest checkpoint.
    AskTip(PublicKey),
    /// Ask a peer for the opening of a later era than the one that is kept here.
    AskOpening(PublicKey),
    /// Sign nothing more, and follow instead.
    StepDown(Why),
}

/// Why a keeper steps down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The members have given the log another keeper.
    TakenOver,
    /// Others hold so many records of the term under this home's own signature, more than it knows of.
    Behind(u64),
}

#[derive(Debug, Clone, Copy, Default)]
struct Peer {
    asked: Option<Time>,
    answered: bool,
    next: Option<Time>,
    aside: Option<Time>,
}

/// The machine.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    peers: BTreeMap<PublicKey, Peer>,
}

impl Watch {
    /// What follows from an event at `now`, for the keeper of this term whose log holds `size` records of it.
    pub fn handle(&mut self, event: Event, cell: CellId, open: &OpenTerm, now: Time) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Connected(peer) => {
                if self.peers.len() < MAX_PEERS {
                    self.peers.insert(peer, Peer::default());
                }
            }
            Event::Disconnected(peer) => drop(self.peers.remove(&peer)),
            Event::Tip { peer, checkpoint } => {
                self.answered(&peer, now);
                effects.extend(self.tip(peer, &checkpoint, cell, open, now));
            }
            Event::Opening { peer, opened } => match opened {
                Opened::Ahead(_) | Opened::Back(..) => effects.push(Effect::StepDown(Why::TakenOver)),
                Opened::NotHeld => {}
                Opened::Fault(_) => {
                    if let Some(peer) = self.peers.get_mut(&peer) {
                        peer.aside = Some(now.plus_ms(ASIDE_MS));
                    }
                }
            },
            Event::AskFailed(peer) => {
                if let Some(peer) = self.peers.get_mut(&peer) {
                    (peer.asked, peer.next) = (None, Some(now.plus_ms(WATCH_EVERY_MS)));
                }
            }
            Event::Tick => {}
        }
        for (key, peer) in &mut self.peers {
            let waits = peer.asked.is_some_and(|at| at <= now && now < at.plus_ms(PATIENCE_MS));
            let due = peer.next.is_none_or(|at| now >= at || at > now.plus_ms(WATCH_EVERY_MS));
            if !waits && due {
                peer.asked = Some(now);
                effects.push(Effect::AskTip(*key));
            }
        }
        effects
    }

    fn answered(&mut self, peer: &PublicKey, now: Time) {
        if let Some(peer) = self.peers.get_mut(peer) {
            *peer = Peer { asked: None, answered: true, next: Some(now.plus_ms(WATCH_EVERY_MS)), ..*peer };
        }
    }

    fn tip(&self, peer: PublicKey, note: &[u8], cell: CellId, open: &OpenTerm, now: Time) -> Option<Effect> {
        let term = term_of_note(note)?;
        let aside = self.peers.get(&peer).and_then(|peer| peer.aside);
        if term.era() > open.term.era() {
            let aside = aside.is_some_and(|until| now < until && until <= now.plus_ms(ASIDE_MS));
            return (!aside).then_some(Effect::AskOpening(peer));
        }
        let signed = open.verify(cell, note).ok()?;
        (signed.size > open.tree.size()).then_some(Effect::StepDown(Why::Behind(signed.size)))
    }

    /// How many of these nodes have told their newest checkpoint since they were connected.
    pub fn heard<'a>(&self, nodes: impl Iterator<Item = &'a PublicKey>) -> usize {
        nodes.filter(|node| self.peers.get(node).is_some_and(|peer| peer.answered)).count()
    }
}
