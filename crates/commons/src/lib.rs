//! What entries mean: one module a practice, each with its kinds, its rules and its queries.
//!
//! [`State`] is the fold over a cell's log: two replicas with the same log have the same state, byte for
//! byte. This crate is pure: it does no I/O, reads no clock, draws no randomness, and no bytes make it
//! panic. A practice is a module and a line in `practices.rs`.

pub mod amount;
pub mod ballots;
pub mod body;
pub mod budgets;
pub mod charter;
pub mod common;
pub mod decisions;
pub mod details;
pub mod draw;
mod duplicates;
pub mod effect;
pub mod history;
pub mod ledger;
pub mod limits;
pub mod membership;
pub mod payload;
pub mod practices;
pub mod ring;
pub mod rotation;
pub mod snapshot;
pub mod state;
pub mod tally;
pub mod terms;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod voids;
pub mod witnessing;

pub use amount::Amount;
pub use ballots::Ballots;
pub use body::{BadBody, Body, Said, compose};
pub use charter::Charter;
pub use common::{CategoryId, Common, Day, MemberId, Paper, PlaceId};
pub use decisions::Decisions;
pub use details::{Details, Erase};
pub use effect::{Effect, Inadmissible, Reason};
pub use history::{History, NoHistory};
pub use ledger::{Ledger, Quantity, Thing};
pub use membership::{Acceptance, Members, Powers};
pub use payload::Payload;
pub use practices::Statement;
pub use rotation::Rotation;
pub use state::State;
pub use witnessing::Finality;
