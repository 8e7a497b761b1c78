//! What a home answers about takeovers. For reading and showing: what must hold is verified where it is
//! used.

use crate::wire::{self, Blob};
use lifeboat_log::PublicKey;
use serde::{Deserialize, Serialize};

/// How a cell stands to being taken over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TakeoverView {
    /// The open term, such as `1.0`.
    pub term: String,
    /// Its era: how often the log was taken over.
    pub era: u16,
    /// Whether it was taken over without enough of the witnesses.
    pub forced: bool,
    /// How many members decide.
    pub electorate: u32,
    /// What an endorsement of this home says to hold, encoded.
    pub floor: Option<Blob>,
    /// The calls that are open, the lowest era first.
    pub calls: Vec<CallItem>,
}

/// A call for a takeover.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallItem {
    /// The call, encoded.
    pub call: Blob,
    /// Its era.
    pub era: u16,
    /// The node that would keep the log.
    #[serde(with = "wire::one")]
    pub node: PublicKey,
    /// The keys that endorse it.
    #[serde(with = "wire::many")]
    pub endorsers: Vec<PublicKey>,
    /// How many members endorse it.
    pub given: u32,
    /// Out of how many.
    pub of: u32,
    /// How many witnesses have closed for it.
    pub closes: u32,
    /// How many must, so that nothing witnessed can be lost.
    pub closes_needed: u32,
    /// Whether it is this home's own.
    pub own: bool,
    /// Whether a key of this home has endorsed it.
    pub endorsed: bool,
    /// The records of the open term that some endorser holds.
    pub reach: Option<u64>,
}
