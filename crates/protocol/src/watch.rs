//! The keeper's watch over others: whether another keeper has taken its place, and whether this home has
//! signed more than it knows (its disk may be an old backup). A keeper asks nobody for records; this is how
//! it hears of such things all the same, and steps down to follow.

#[cfg(test)]
mod tests;

use crate::limits::{ASIDE_MS, MAX_PEERS, PATIENCE_MS, WATCH_EVERY_MS};
use crate::message::term_of_note;
use crate::takeover::{Look, Opened};
use lifeboat_log::limits::MAX_BASE_NOTE;
use lifeboat_log::{BadCheckpoint, CellId, OpenTerm, PublicKey, Time};
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
    /// Ask a peer for its opening of the first era after this one, and judge it with what [`Watch::look`] knows
    /// of the peer.
    AskOpening {
        /// The peer.
        peer: PublicKey,
        /// The era.
        after: u16,
    },
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

#[derive(Debug, Clone, Default)]
struct Peer {
    asked: Option<Time>,
    answered: bool,
    next: Option<Time>,
    aside: Option<Time>,
    /// What it shows of a rival of the opening of this era.
    look: Look,
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
            Event::Opening { peer, opened } => effects.extend(self.opened(peer, opened, open, now)),
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

    /// What is known of a peer that may follow a rival of the opening of this era.
    pub fn look(&self, peer: &PublicKey) -> Look {
        self.peers.get(peer).map(|peer| peer.look.clone()).unwrap_or_default()
    }

    fn answered(&mut self, peer: &PublicKey, now: Time) {
        if let Some(peer) = self.peers.get_mut(peer) {
            (peer.asked, peer.answered, peer.next) = (None, true, Some(now.plus_ms(WATCH_EVERY_MS)));
        }
    }

    fn tip(
        &mut self,
        key: PublicKey,
        note: &[u8],
        cell: CellId,
        open: &OpenTerm,
        now: Time,
    ) -> Option<Effect> {
        let (term, own) = (term_of_note(note)?, open.term.era());
        let peer = self.peers.get_mut(&key);
        let aside = peer.as_ref().and_then(|peer| peer.aside);
        let aside = aside.is_some_and(|until| now < until && until <= now.plus_ms(ASIDE_MS));
        if term.era() > own {
            let after = peer.map_or(own, |peer| peer.look.asks_after(own, true));
            return (!aside).then_some(Effect::AskOpening { peer: key, after });
        }
        match (open.verify(cell, note), peer) {
            (Ok(signed), peer) => {
                peer.into_iter().for_each(|peer| peer.look = Look::default());
                (signed.size > open.tree.size()).then_some(Effect::StepDown(Why::Behind(signed.size)))
            }
            // Another opening of this era: the members may be with that one.
            (Err(BadCheckpoint::MissingSignature), Some(peer)) if own > 0 && note.len() <= MAX_BASE_NOTE => {
                let looks = !aside && peer.look.tell(cell, term, note);
                let after = peer.look.asks_after(own, false);
                looks.then_some(Effect::AskOpening { peer: key, after })
            }
            _ => None,
        }
    }

    /// What came of asking a peer for its opening.
    fn opened(&mut self, key: PublicKey, opened: Opened, open: &OpenTerm, now: Time) -> Option<Effect> {
        let own = open.term.era();
        if let Opened::Ahead(_) | Opened::Back(..) | Opened::Anew(_) = opened {
            return Some(Effect::StepDown(Why::TakenOver));
        }
        let peer = self.peers.get_mut(&key)?;
        let leads_on = match opened {
            Opened::Rival(rival) => peer.look.follows(*rival),
            Opened::Across(era) if peer.look.leads_across(era) => true,
            Opened::Across(_) | Opened::Fault(_) => {
                (peer.aside, peer.look) = (Some(now.plus_ms(ASIDE_MS)), Look::default());
                false
            }
            _ => {
                peer.look = Look::default();
                false
            }
        };
        let after = peer.look.asks_after(own, true);
        leads_on.then_some(Effect::AskOpening { peer: key, after })
    }

    /// How many of these nodes have told their newest checkpoint since they were connected.
    pub fn heard<'a>(&self, nodes: impl Iterator<Item = &'a PublicKey>) -> usize {
        nodes.filter(|node| self.peers.get(node).is_some_and(|peer| peer.answered)).count()
    }
}
