//! What entries of membership say. Each body begins with [`Common`]; handles are open details.

use super::Powers;
use crate::body::{BadBody, Body, statements};
use crate::common::{Common, MemberId};
use bincode::{Decode, Encode};
use lifeboat_log::codec;
use lifeboat_log::{CellId, DetailHash, Kind, PublicKey, SecretKey, Signature, Time};

/// What a newcomer signs to accept an invite begins with this.
pub const ACCEPTANCE_PREFIX: &[u8] = b"lifeboat/acceptance/v1\0";
/// What a new key signs to serve a member begins with this.
pub const KEY_PREFIX: &[u8] = b"lifeboat/key/v1\0";
/// What a node signs to serve a member begins with this.
pub const NODE_PREFIX: &[u8] = b"lifeboat/node/v1\0";

/// A newcomer's signed acceptance of an invite. Layout: cell 32, invite 16, key 32, handle 32, expiry
/// u64, signature 64 over [`ACCEPTANCE_PREFIX`] and all that precedes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Acceptance {
    /// The cell.
    pub cell: CellId,
    /// The number of the invite.
    pub invite: [u8; 16],
    /// The newcomer's key.
    pub key: PublicKey,
    /// The detail that holds the handle.
    pub handle: DetailHash,
    /// Until when members may vouch for it.
    pub expiry: Time,
    /// The newcomer's signature.
    pub signature: Signature,
}

impl Acceptance {
    /// The acceptance of an invite by the holder of `key`.
    pub fn sign(cell: CellId, invite: [u8; 16], handle: DetailHash, expiry: Time, key: &SecretKey) -> Self {
        let signature = key.sign(&Self::message(cell, invite, key.public(), handle, expiry));
        Self { cell, invite, key: key.public(), handle, expiry, signature }
    }

    /// Whether the newcomer's signature holds.
    pub fn holds(&self) -> bool {
        let message = Self::message(self.cell, self.invite, self.key, self.handle, self.expiry);
        self.key.verify(&message, &self.signature).is_ok()
    }

    fn message(cell: CellId, invite: [u8; 16], key: PublicKey, handle: DetailHash, expiry: Time) -> Vec<u8> {
        [ACCEPTANCE_PREFIX, &codec::encode(&(cell, invite, key, handle, expiry))].concat()
    }
}

/// What a key signs to say that it serves this member: prefix, cell, member, key.
pub(super) fn possession_message(prefix: &[u8], cell: CellId, member: MemberId, key: PublicKey) -> Vec<u8> {
    [prefix, &codec::encode(&(cell, member, key))].concat()
}

/// Kind 32: a member vouches for a newcomer. Layout: common, acceptance, `replaces`. The entry names the
/// detail that holds the newcomer's handle.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Vouch {
    /// What every body begins with.
    pub common: Common,
    /// The newcomer's acceptance.
    pub acceptance: Acceptance,
    /// The member who lost their key, when the acceptance is by a new key of theirs.
    pub replaces: Option<MemberId>,
}

/// Kind 33: the member leaves the cell. Layout: common.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Leave {
    /// What every body begins with.
    pub common: Common,
}

/// Kind 34: a further key serves the member. Layout: common, key 32, powers u16, until u64 (0 for no end),
/// possession 64.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct KeyAdded {
    /// What every body begins with.
    pub common: Common,
    /// The new key.
    pub key: PublicKey,
    /// What it may do.
    pub powers: Powers,
    /// Its last moment; [`Time::ZERO`] for none.
    pub until: Time,
    /// The new key's signature over [`KEY_PREFIX`], cell, member and key.
    pub possession: Signature,
}

impl KeyAdded {
    /// The statement that `key` serves `member`, signed by that key.
    pub fn sign(cell: CellId, member: MemberId, key: &SecretKey, powers: Powers, until: Time) -> Self {
        let possession = key.sign(&possession_message(KEY_PREFIX, cell, member, key.public()));
        Self { common: Common::default(), key: key.public(), powers, until, possession }
    }
}

/// Kind 35: a key of the member ends. Layout: common, key 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct KeyEnded {
    /// What every body begins with.
    pub common: Common,
    /// The key that ends.
    pub key: PublicKey,
}

/// Kind 36: a node serves the member from now on, or no longer. Layout: common, node 32, serves u8,
/// possession 64.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct NodeNamed {
    /// What every body begins with.
    pub common: Common,
    /// The node's key: its name in the network.
    pub node: PublicKey,
    /// Whether it serves the member from now on.
    pub serves: bool,
    /// The node's signature over [`NODE_PREFIX`], cell, member and node; not looked at when it ends.
    pub possession: Signature,
}

impl NodeNamed {
    /// The statement that the node of this key serves `member`, signed by the node.
    pub fn sign(cell: CellId, member: MemberId, node: &SecretKey) -> Self {
        let possession = node.sign(&possession_message(NODE_PREFIX, cell, member, node.public()));
        Self { common: Common::default(), node: node.public(), serves: true, possession }
    }

    /// The statement that this node serves no longer.
    pub fn ends(node: PublicKey) -> Self {
        Self { common: Common::default(), node, serves: false, possession: Signature([0; 64]) }
    }
}

/// Kind 37: the member goes by another handle, the detail with the handle tag that the entry names.
/// Layout: common.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct HandleChanged {
    /// What every body begins with.
    pub common: Common,
}

/// Kind 38: a member belongs to the cell no longer. Only a decision says it. Layout: common, member 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Removal {
    /// What every body begins with.
    pub common: Common,
    /// Who it is.
    pub member: MemberId,
}

/// Kind 30: a member seems to be gone. Layout: common, member 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct NoticeGiven {
    /// What every body begins with.
    pub common: Common,
    /// Who seems to be gone.
    pub member: MemberId,
}

/// Kind 31: the member is here, and answers whatever notice was given. Layout: common.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Present {
    /// What every body begins with.
    pub common: Common,
}

macro_rules! body {
    ($Type:ty, $kind:literal, $self:ident => $check:expr) => {
        impl Body for $Type {
            const KIND: Kind = Kind($kind);
            fn common(&self) -> &Common {
                &self.common
            }
            fn check(&$self) -> Result<(), BadBody> {
                $check
            }
        }
    };
}

body!(Vouch, 32, self => Ok(()));
body!(Leave, 33, self => Ok(()));
body!(KeyAdded, 34, self => if self.powers.is_proper() { Ok(()) } else { Err(BadBody::BadPowers) });
body!(KeyEnded, 35, self => Ok(()));
body!(NodeNamed, 36, self => Ok(()));
body!(HandleChanged, 37, self => Ok(()));
body!(Removal, 38, self => Ok(()));
body!(NoticeGiven, 30, self => Ok(()));
body!(Present, 31, self => Ok(()));

statements! {
    /// What an entry of membership says.
    pub enum MembershipStatement {
        /// A member vouches for a newcomer.
        Vouch(Vouch),
        /// The member leaves.
        Leave(Leave),
        /// A further key serves the member.
        KeyAdded(KeyAdded),
        /// A key of the member ends.
        KeyEnded(KeyEnded),
        /// A node serves the member.
        NodeNamed(NodeNamed),
        /// The member goes by another handle.
        HandleChanged(HandleChanged),
        /// A member belongs to the cell no longer.
        Removal(Removal),
        /// A member seems to be gone.
        NoticeGiven(NoticeGiven),
        /// The member is here.
        Present(Present),
    }
}
