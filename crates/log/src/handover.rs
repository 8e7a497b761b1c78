//! A planned handover, as bytes: what the next keeper brings, and the opening of the next turn under the
//! old term key's signature, its last. Whoever holds a handover and the next keeper's node key can make the
//! one entry that opens the term; nobody can make another.

use crate::codec::{self, Bytes, List, Malformed};
use crate::entry::{BadEntry, Entry, Kind, Nonce, Seen, SignedEntry};
use crate::hash::{CellId, StateHash};
use crate::key::{PublicKey, SecretKey, Signature};
use crate::limits::{MAX_BODY, MAX_WITNESSES};
use crate::opening::{BadOpening, Base, Opening, Right, possession};
use crate::time::{Term, Time};
use bincode::{Decode, Encode};

/// How long the entry that opens a term may be placed after it was signed, in milliseconds: a day.
const LIFETIME_MS: u64 = 24 * 60 * 60 * 1000;

/// What the next keeper brings: its node, a fresh term key, and the proof that it holds it. Layout: node
/// 32, nonce 16, term key 32, possession 64.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Successor {
    /// The next keeper's node; it signs the entry that opens the term.
    pub node: PublicKey,
    /// The nonce of that entry.
    pub nonce: Nonce,
    /// The fresh term key.
    pub term_key: PublicKey,
    /// The term key's proof of possession.
    pub possession: Signature,
}

/// Where the next term goes on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footing {
    /// The next term.
    pub term: Term,
    /// The old term's last checkpoint, and the head under it.
    pub base: Base,
    /// The hash of the state there.
    pub state: StateHash,
    /// The version of the rules in force there.
    pub rules: u16,
}

/// A handover. Layout: nonce 16, opening.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Handover {
    /// The nonce of the entry that opens the term.
    pub nonce: Nonce,
    /// The opening, with the old term key's signature as its right.
    pub opening: Opening,
}

/// Who witnesses the next term, and how many a checkpoint needs.
pub type Witnesses = (List<PublicKey, MAX_WITNESSES>, u16);

impl Successor {
    /// What the node of this key brings to keep `term` with this fresh term key.
    pub fn new(term: Term, node: PublicKey, nonce: Nonce, term_key: &SecretKey) -> Self {
        let message = possession(&node, &nonce, term, &node, &term_key.public());
        Self { node, nonce, term_key: term_key.public(), possession: term_key.sign(&message) }
    }
}

impl Handover {
    /// Signs the log over. This is the last that the old term key may sign.
    pub fn sign(
        cell: &CellId,
        footing: Footing,
        successor: &Successor,
        (witnesses, quorum): Witnesses,
        old_key: &SecretKey,
    ) -> Self {
        let Footing { term, base, state, rules } = footing;
        let mut opening = Opening {
            term,
            base: Some(base),
            node: successor.node,
            term_key: successor.term_key,
            possession: successor.possession,
            witnesses,
            quorum,
            state,
            rules,
            right: Right::Founding,
        };
        opening.right = Right::Handover(old_key.sign(&opening.handover_message(cell)));
        Self { nonce: successor.nonce, opening }
    }

    /// Checks the form of the opening: with one that does not hold no term can be opened.
    ///
    /// # Errors
    /// [`BadOpening`].
    pub fn check(&self, cell: CellId) -> Result<(), BadOpening> {
        self.opening.check_form(&self.unsigned(cell, self.opening.node, Time::ZERO, Bytes::default()))
    }

    /// The entry that opens the term, signed by the next keeper's node at `now`.
    ///
    /// # Errors
    /// [`BadEntry`] when the handover does not hold.
    pub fn entry(&self, cell: CellId, node: &SecretKey, now: Time) -> Result<SignedEntry, BadEntry> {
        let body = Bytes::new(codec::encode(&self.opening)).ok_or(BadEntry::Malformed(Malformed::TooLong))?;
        self.unsigned(cell, node.public(), now, body).sign(node)
    }

    fn unsigned(&self, cell: CellId, author: PublicKey, now: Time, body: Bytes<MAX_BODY>) -> Entry {
        Entry {
            cell,
            author,
            author_time: now,
            not_after: now.plus_ms(LIFETIME_MS),
            seen: Seen::default(),
            after: List::default(),
            nonce: self.nonce,
            kind: Kind::OPENING,
            version: 1,
            body,
            details: List::default(),
        }
    }

    /// The handover's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The handover that these bytes are.
    ///
    /// # Errors
    /// [`Malformed`] when they are not exactly one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        codec::decode(bytes)
    }
}
