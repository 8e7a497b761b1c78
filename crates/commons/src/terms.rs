//! Who keeps the log: what the openings of terms say to the fold, and whether they had the right.

use crate::effect::Reason;
use crate::state::State;
use bincode::{Decode, Encode};
use lifeboat_log::opening::Right;
use lifeboat_log::{Opening, Position, PublicKey, StateHash, Term};
use std::collections::BTreeSet;

/// Who keeps the log now.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Keeper {
    /// The term.
    pub term: Term,
    /// The node.
    pub node: PublicKey,
    /// The key that signs the term's checkpoints.
    pub term_key: PublicKey,
    /// Where the term began.
    pub since: Position,
    /// The witnesses' keys.
    pub witnesses: Vec<PublicKey>,
    /// How many cosignatures make a checkpoint witnessed.
    pub quorum: u16,
}

impl Keeper {
    /// The keeper whom this opening names.
    pub(crate) fn of(opening: &Opening, since: Position) -> Self {
        Self {
            term: opening.term,
            node: opening.node,
            term_key: opening.term_key,
            since,
            witnesses: opening.witnesses.to_vec(),
            quorum: opening.quorum,
        }
    }
}

/// Judges whether a later term opens by right on a state of this hash. The chain has checked the old
/// keeper's signature under a handover and the members' under a takeover; who they are is judged here.
pub(crate) fn judge(state: &State, opening: &Opening, hash: StateHash) -> Result<(), Reason> {
    let by_right = match &opening.right {
        Right::Founding => false,
        Right::Handover(_) => true,
        Right::Takeover { endorsements, .. } => {
            let endorser = |key: &PublicKey| state.members().endorser(key, state.time());
            let endorsers: BTreeSet<_> = endorsements.iter().filter_map(|e| endorser(&e.key)).collect();
            endorsers.len() * 2 > state.members().electors(state.time()).count()
        }
    };
    if by_right && opening.state == hash { Ok(()) } else { Err(Reason::NoRight) }
}
