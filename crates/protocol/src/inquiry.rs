//! The inquiry: what a home asks at every start, before it signs anything as keeper or as witness. Its disk
//! may be an old backup, which forgot what was signed after it; others did not. As long as too few of them
//! have answered, the home follows the log and signs nothing.
//!
//! ```text
//! start ─> ask who is connected ─Recalled─> enough have answered, or a person vouches ─> over
//! ```
//!
//! **How many.** What `w` of `W` witnesses have cosigned was seen by one of any `W - w + 1`: so many of the
//! others must answer a keeper. A witness may be connected to nobody but the keeper, so one answer of any
//! home is enough for it. A term without witnesses asks nobody.

use crate::limits::{ASK_AGAIN_MS, MAX_PEERS};
use crate::message::Recalled;
use lifeboat_log::{CellId, Opening, PublicKey, SecretKey, Signature, Time};
use std::collections::{BTreeMap, BTreeSet};

/// A fresh random number: an answer holds for the start that asked for it, and no other.
pub type StartNonce = [u8; 16];

/// What a witness key signs in an answer, before the rest.
const PREFIX: &[u8] = b"lifeboat/recalled/v1\0";

/// The machine. It lives as long as the process does, whatever the home's role is meanwhile.
#[derive(Debug, Clone)]
pub struct Inquiry {
    nonce: StartNonce,
    /// The peers that are connected, and when each was asked last.
    peers: BTreeMap<PublicKey, Option<Time>>,
    /// The witness keys that have answered.
    heard: BTreeSet<PublicKey>,
    over: bool,
}

impl Inquiry {
    /// The inquiry of a home that has just started.
    pub fn new(nonce: StartNonce) -> Self {
        Self { nonce, peers: BTreeMap::new(), heard: BTreeSet::new(), over: false }
    }

    /// The nonce of this start.
    pub fn nonce(&self) -> StartNonce {
        self.nonce
    }

    /// Asks nothing any more: a person vouches for the disk, or the home has begun to sign.
    pub fn end(&mut self) {
        self.over = true;
    }

    /// A peer that serves the cell is connected.
    pub fn connected(&mut self, peer: PublicKey) {
        if self.peers.len() < MAX_PEERS {
            self.peers.insert(peer, None);
        }
    }

    /// It is not any more.
    pub fn disconnected(&mut self, peer: &PublicKey) {
        self.peers.remove(peer);
    }

    /// Whom to ask now. Who has not answered, or was no witness, is asked again after a while.
    pub fn due(&mut self, now: Time) -> Vec<PublicKey> {
        if self.over {
            return Vec::new();
        }
        let waits = |at: Time| at <= now && now < at.plus_ms(ASK_AGAIN_MS);
        let due = self.peers.iter_mut().filter(|(_, asked)| !asked.is_some_and(waits));
        due.map(|(peer, asked)| {
            *asked = Some(now);
            *peer
        })
        .collect()
    }

    /// A peer answered the node `own`: whether its witness's signature holds. What the answer tells is to be
    /// taken in before this.
    pub fn answered(&mut self, cell: CellId, own: &PublicKey, recalled: &Recalled) -> bool {
        let message = message(cell, own, &self.nonce);
        let holds = recalled.witness.verify(&message, &recalled.signature).is_ok();
        if holds && self.heard.len() < MAX_PEERS {
            self.heard.insert(recalled.witness);
        }
        holds
    }

    /// How many homes must answer yet before the node `node`, whose home's witness key is `own`, signs
    /// anything in this term. Once none must, the inquiry is over for good.
    pub fn lacks(&mut self, opening: &Opening, node: &PublicKey, own: &PublicKey) -> usize {
        let (all, quorum) = (opening.witnesses.len(), usize::from(opening.quorum));
        let (keeps, witnesses) = (opening.node == *node, opening.witnesses.contains(own));
        if self.over || quorum == 0 || !(keeps || witnesses) {
            return 0;
        }
        let others = opening.witnesses.iter().filter(|witness| *witness != own);
        let lacks = if keeps {
            let heard = others.clone().filter(|witness| self.heard.contains(witness)).count();
            (all + 1).saturating_sub(quorum).min(others.count()).saturating_sub(heard)
        } else {
            usize::from(self.heard.iter().all(|witness| witness == own))
        };
        self.over = lacks == 0;
        lacks
    }
}

/// A witness's word that it is the one who answers: its signature for the node that asked.
pub fn answer(cell: CellId, asker: &PublicKey, nonce: &StartNonce, witness: &SecretKey) -> Signature {
    witness.sign(&message(cell, asker, nonce))
}

fn message(cell: CellId, asker: &PublicKey, nonce: &StartNonce) -> Vec<u8> {
    [PREFIX, &cell.0[..], &asker.0, nonce].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::peer;
    use lifeboat_log::codec::List;
    use lifeboat_log::testing::TestLog;

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed(&[seed; 32])
    }

    fn opening(log: &TestLog, witnesses: &[u8], quorum: u16) -> Opening {
        let mut keys: Vec<PublicKey> = witnesses.iter().map(|seed| key(*seed).public()).collect();
        keys.sort_unstable();
        let opening = log.chain.open().unwrap().opening.clone();
        Opening { witnesses: List::new(keys).unwrap(), quorum, ..opening }
    }

    fn recalled(log: &TestLog, asker: u8, nonce: StartNonce, witness: u8) -> Recalled {
        let signature = answer(log.cell(), &peer(asker), &nonce, &key(witness));
        Recalled {
            checkpoint: Default::default(),
            calls: List::default(),
            witness: key(witness).public(),
            signature,
        }
    }

    #[test]
    fn so_many_witnesses_answer_a_keeper_that_one_of_them_has_seen_what_was_witnessed() {
        let (log, _) = TestLog::found(1);
        let keeper = log.chain.open().unwrap().opening.node;
        for (witnesses, quorum, asks, asks_as_both) in [
            (&[][..], 0, 0, 0),
            (&[1], 1, 1, 0), // nobody else could know
            (&[1, 2], 2, 1, 1),
            (&[1, 2, 3], 2, 2, 2),
            (&[1, 2, 3], 3, 1, 1),
            (&[1, 2, 3, 4, 5], 3, 3, 3),
        ] {
            let opening = opening(&log, witnesses, quorum);
            let lacks = |node, own| Inquiry::new([7; 16]).lacks(&opening, &node, &key(own).public());
            assert_eq!((lacks(keeper, 9), lacks(keeper, 1)), (asks, asks_as_both), "{witnesses:?} {quorum}");
            let named = usize::from(!witnesses.is_empty());
            assert_eq!((lacks(peer(4), 1), lacks(peer(4), 9)), (named, 0), "{witnesses:?} {quorum}");
        }
    }

    #[test]
    fn a_witness_is_content_with_one_answer_of_another_home() {
        let (log, _) = TestLog::found(1);
        let (opening, own) = (opening(&log, &[1, 2, 3], 2), key(1).public());
        let mut inquiry = Inquiry::new([7; 16]);
        for (witness, left) in [(1, 1), (8, 0)] {
            assert!(inquiry.answered(log.cell(), &peer(4), &recalled(&log, 4, [7; 16], witness)));
            assert_eq!(inquiry.lacks(&opening, &peer(4), &own), left);
        }
    }

    #[test]
    fn it_is_over_when_enough_have_answered_and_only_for_this_start_and_node() {
        let (log, _) = TestLog::found(1);
        let (opening, own) = (opening(&log, &[1, 2, 3], 2), key(9).public());
        let keeper = opening.node;
        let mut inquiry = Inquiry::new([7; 16]);
        for foreign in [recalled(&log, 5, [7; 16], 1), recalled(&log, 4, [8; 16], 1)] {
            assert!(!inquiry.answered(log.cell(), &peer(4), &foreign), "asked by another, or before");
        }
        assert!(inquiry.answered(log.cell(), &peer(4), &recalled(&log, 4, [7; 16], 8)));
        assert_eq!(inquiry.lacks(&opening, &keeper, &own), 2, "8 is no witness");
        for (witness, left) in [(1, 1), (1, 1), (3, 0)] {
            assert!(inquiry.answered(log.cell(), &peer(4), &recalled(&log, 4, [7; 16], witness)));
            assert_eq!(inquiry.lacks(&opening, &keeper, &own), left);
        }
        let mut vouched = Inquiry::new([7; 16]);
        vouched.end();
        assert_eq!(vouched.lacks(&opening, &keeper, &own), 0);
    }

    #[test]
    fn who_is_connected_is_asked_until_it_is_over() {
        let (mut inquiry, at) = (Inquiry::new([7; 16]), Time::from_ms(1_000));
        inquiry.connected(peer(1));
        inquiry.connected(peer(2));
        assert_eq!(inquiry.due(at).len(), 2);
        inquiry.disconnected(&peer(2));
        assert!(inquiry.due(at.plus_ms(1)).is_empty());
        assert_eq!(inquiry.due(at.plus_ms(ASK_AGAIN_MS)), [peer(1)]);
        assert_eq!(inquiry.due(at), [peer(1)], "also after the clock was set back");
        inquiry.connected(peer(2));
        inquiry.end();
        assert!(inquiry.due(at.plus_ms(9 * ASK_AGAIN_MS)).is_empty());
    }
}
