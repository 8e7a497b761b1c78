//! The call for a takeover: what members endorse and witnesses close for, and the floors under it. Its
//! signatures are made and checked here; who may give them is for the rules.

use crate::checkpoint::{Checkpoint, Origin, SignedCheckpoint};
use crate::codec;
use crate::hash::{CellId, TreeHash};
use crate::key::{BadKey, PublicKey, SecretKey, Signature};
use crate::note::{ED25519, key_id};
use crate::opening::{CLOSE_PREFIX, Close, ENDORSEMENT_PREFIX, Endorsement, Floor, Opening};
use crate::time::Term;
use bincode::{Decode, Encode};

/// Who would keep the log, from which term on. Layout: term, node, term key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Call {
    /// The term that would open: turn 0 of a new era.
    pub term: Term,
    /// The node that would keep it.
    pub node: PublicKey,
    /// The key that would sign its checkpoints.
    pub term_key: PublicKey,
}

impl Call {
    /// The call that this opening answers.
    pub fn of(opening: &Opening) -> Self {
        Self { term: opening.term, node: opening.node, term_key: opening.term_key }
    }

    /// Whether a takeover can open such a term.
    pub fn is_proper(&self) -> bool {
        let keys = [self.node, self.term_key];
        self.term.era() > 0 && self.term.turn() == 0 && keys.iter().all(|key| key.parse().is_ok())
    }

    /// What a member signs to endorse it.
    pub fn endorsement_message(&self, cell: &CellId, floor: &Floor) -> Vec<u8> {
        [ENDORSEMENT_PREFIX, &codec::encode(&(*cell, *self, *floor))].concat()
    }

    /// What a witness signs to promise that it cosigns nothing in an era older than the call's.
    pub fn close_message(&self, cell: &CellId, floor: &Floor) -> Vec<u8> {
        [CLOSE_PREFIX, &codec::encode(&(*cell, self.term, *floor))].concat()
    }

    /// The endorsement by this key. It must not leave before it is promised.
    pub fn endorse(&self, cell: &CellId, floor: Floor, key: &SecretKey) -> Endorsement {
        let signature = key.sign(&self.endorsement_message(cell, &floor));
        Endorsement { key: key.public(), floor, signature }
    }

    /// The close by this witness's key. It must not leave before it is promised.
    pub fn close(&self, cell: &CellId, floor: Floor, key: &SecretKey) -> Close {
        let signature = key.sign(&self.close_message(cell, &floor));
        Close { key: key.public(), floor, signature }
    }

    /// Whether this endorsement is one of this call.
    ///
    /// # Errors
    /// [`BadKey`].
    pub fn check_endorsement(&self, cell: &CellId, endorsement: &Endorsement) -> Result<(), BadKey> {
        let message = self.endorsement_message(cell, &endorsement.floor);
        endorsement.key.verify(&message, &endorsement.signature)
    }

    /// Whether this close is one for this call's era.
    ///
    /// # Errors
    /// [`BadKey`].
    pub fn check_close(&self, cell: &CellId, close: &Close) -> Result<(), BadKey> {
        close.key.verify(&self.close_message(cell, &close.floor), &close.signature)
    }
}

impl Floor {
    /// What a witness says that has cosigned nothing: all zeros.
    pub const NONE: Self =
        Self { term: Term::FIRST, size: 0, root: TreeHash::ZERO, signature: Signature([0; 64]) };

    /// The floor that is this checkpoint, with the signature of the term's key alone.
    pub fn of(signed: &SignedCheckpoint, term_key: &PublicKey) -> Option<Self> {
        let name = signed.origin.to_string();
        let id = key_id(&name, ED25519, &term_key.0);
        let line = signed.note().signatures.iter().find(|line| line.name == name && line.key_id == id)?;
        let signature = Signature(line.signature.as_slice().try_into().ok()?);
        Some(Self { term: signed.origin.term, size: signed.size, root: signed.root, signature })
    }

    /// What it says.
    pub fn checkpoint(&self, cell: CellId) -> Checkpoint {
        let origin = Origin { cell, term: self.term };
        Checkpoint { origin, size: self.size, root: self.root }
    }

    /// Whether the key of its term signed it.
    pub fn is_signed_by(&self, cell: CellId, term_key: &PublicKey) -> bool {
        term_key.verify(self.checkpoint(cell).text().as_bytes(), &self.signature).is_ok()
    }

    /// Where it stands among others: a later term is further, then a larger size.
    pub fn reach(&self) -> (Term, u64) {
        (self.term, self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestLog;

    #[test]
    fn a_floor_is_the_keepers_signature_and_nothing_else() {
        let (mut log, _) = TestLog::found(1);
        log.grow(3);
        let floor = Floor::of(&log.checkpoint(), &log.term_key.public()).unwrap();
        assert!(floor.is_signed_by(log.cell(), &log.term_key.public()));
        assert!(!floor.is_signed_by(log.cell(), &log.node.public()));
        assert!(!Floor { size: 3, ..floor }.is_signed_by(log.cell(), &log.term_key.public()));
        assert_eq!(Floor::of(&log.checkpoint(), &log.node.public()), None);
    }

    #[test]
    fn an_endorsement_is_for_one_call_alone() {
        let (log, _) = TestLog::found(1);
        let (node, term_key) = (log.node.public(), log.member.public());
        let call = Call { term: Term::new(1, 0), node, term_key };
        let endorsement = call.endorse(&log.cell(), Floor::NONE, &log.member);
        assert_eq!(call.check_endorsement(&log.cell(), &endorsement), Ok(()));
        for other in [
            Call { term: Term::new(2, 0), ..call },
            Call { node: term_key, ..call },
            Call { term_key: node, ..call },
        ] {
            assert!(other.check_endorsement(&log.cell(), &endorsement).is_err());
        }
        assert!(call.is_proper());
        assert!(!Call { term: Term::new(1, 1), ..call }.is_proper());
        assert!(!Call { term: Term::new(0, 0), ..call }.is_proper());
    }
}
