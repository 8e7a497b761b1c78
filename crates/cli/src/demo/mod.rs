//! The demonstration: two cells as real node processes on this machine, a week of entries, a killed node
//! that catches up, an audit, and a tampered copy that the audit catches. It drives this very program as a
//! person would, and ends with a failure when anything is not as it should be.

mod stage;
mod story;
mod tamper;
mod week;

pub use stage::Stage;
pub use story::{Ending, play};
pub use week::Row;
