//! Takeover: how the members of a cell give its log another keeper when the old one is gone or refuses
//! them. Functions without I/O: what every node knows of calls ([`board`]), what the proposer does next
//! ([`bid`], [`bids`]), when a witness closes ([`close`]), and what a replica does about an opening of a higher era
//! ([`offer`]), one that goes on from the other of two histories (`parted`), or another one of its own era
//! ([`rival`]). The right of an opening is judged by the rules of `lifeboat_commons::terms`, on the state at its
//! base, by everyone alike.
//!
//! What it must never do: count an endorsement or close that its key did not sign, or go on from a base
//! that a floor under it goes past.
//!
//! ```text
//! a member proposes: a fresh term key, a Call, the first Endorsement ─ Calls ─> every node's Board
//! others endorse (each promised on disk first) ─> more than half ─> witnesses close
//! the proposer reaches the highest floor, opens the term there ─> replicas: Opening ─> Ahead or Back
//! ```

pub mod bid;
pub mod bids;
pub mod board;
pub mod close;
pub mod offer;
mod parted;
pub mod rival;
#[cfg(test)]
mod tests;

pub use bid::{Bid, Next, compose_opening};
pub use bids::Bids;
pub use board::{Board, CallNews, Known, free_era};
pub use close::{floor_of_close, may_close};
pub use offer::{HeldLog, Offer, Opened, Place, TermStand, base_note, judge};
pub use rival::{Look, Rival};

use lifeboat_commons::{Effect, Reason, State};
use lifeboat_log::{Kind, Record};

/// Whether the entry of a record that a takeover superseded is to be placed again: what members said, and
/// what the keeper should have placed. `state` is one after the record.
pub fn comes_back(record: &Record, state: &State) -> bool {
    let made_by_keepers = matches!(record.entry().kind, Kind::FOUNDING | Kind::OPENING | Kind::ANCHOR);
    let effect = state.effect(record.link().position);
    !made_by_keepers && !matches!(effect, Some(Effect::Void(Reason::Inadmissible(_))))
}
