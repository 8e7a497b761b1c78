//! What entries of witnessing say.

use crate::body::{BadBody, Body, statements};
use crate::common::{Common, MemberId};
use bincode::{Decode, Encode};
use lifeboat_log::codec::{self, Bytes};
use lifeboat_log::limits::MAX_BASE_NOTE;
use lifeboat_log::{CellId, Kind, PublicKey, SecretKey, Signature, SignedCheckpoint};

/// What a witness key signs to be offered by a member begins with this.
pub const WITNESS_PREFIX: &[u8] = b"lifeboat/witness/v1\0";

/// Kind 3: a cosigned checkpoint of the open term, brought into the log by a node. Layout: common,
/// which says nothing (five zero bytes), checkpoint (length u64, the signed note).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Anchor {
    /// What every body begins with.
    pub common: Common,
    /// The checkpoint with its cosignatures, verbatim.
    pub checkpoint: Bytes<MAX_BASE_NOTE>,
}

impl Anchor {
    /// The anchor that brings in this checkpoint; nothing when its note is too long.
    pub fn of(checkpoint: &SignedCheckpoint) -> Option<Self> {
        Some(Self { common: Common::default(), checkpoint: Bytes::new(checkpoint.to_bytes())? })
    }
}

/// Kind 4: a home of the member offers to witness the cell's checkpoints with this key, or no longer.
/// Layout: common, key 32, offered u8, possession 64.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct WitnessOffered {
    /// What every body begins with.
    pub common: Common,
    /// The witness key.
    pub key: PublicKey,
    /// Whether it is offered from now on.
    pub offered: bool,
    /// The witness key's signature over [`WITNESS_PREFIX`], cell, member and key; not looked at when the
    /// offer ends.
    pub possession: Signature,
}

impl WitnessOffered {
    /// The offer of `member` to witness with this key.
    pub fn sign(cell: CellId, member: MemberId, key: &SecretKey) -> Self {
        let possession = key.sign(&message(cell, member, key.public()));
        Self { common: Common::default(), key: key.public(), offered: true, possession }
    }

    /// That the offer of this key ends.
    pub fn ends(key: PublicKey) -> Self {
        Self { common: Common::default(), key, offered: false, possession: Signature([0; 64]) }
    }
}

/// What a witness key signs to be offered: prefix, cell, member, key.
pub(super) fn message(cell: CellId, member: MemberId, key: PublicKey) -> Vec<u8> {
    [WITNESS_PREFIX, &codec::encode(&(cell, member, key))].concat()
}

impl Body for Anchor {
    const KIND: Kind = Kind::ANCHOR;
    fn common(&self) -> &Common {
        &self.common
    }
    // So a program that knows no practice finds the checkpoint too.
    fn check(&self) -> Result<(), BadBody> {
        if self.common == Common::default() { Ok(()) } else { Err(BadBody::NotAlone) }
    }
}

impl Body for WitnessOffered {
    const KIND: Kind = Kind(4);
    fn common(&self) -> &Common {
        &self.common
    }
    fn check(&self) -> Result<(), BadBody> {
        Ok(())
    }
}

statements! {
    /// What an entry of witnessing says.
    pub enum WitnessingStatement {
        /// A cosigned checkpoint.
        Anchor(Anchor),
        /// A home offers to witness.
        Offered(WitnessOffered),
    }
}
