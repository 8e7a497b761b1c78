//! How nodes behave, as state machines without I/O: `(state, event, now) -> effects`.
//!
//! [`keeper`] orders a cell's entries, [`follower`] keeps a verified copy, [`delivery`] brings a member's
//! own entries to the keeper and looks after them, [`witness`] cosigns checkpoints, [`takeover`] gives the
//! log another keeper, [`watch`] tells an old one so, [`inquiry`] asks at a start what was
//! signed, [`range`] answers who asks for records, [`door`]
//! answers newcomers, [`pending`] keeps what waits to be placed. [`message`] and [`card`] are the bytes they speak. The crate is pure: time and
//! entropy are arguments, and whoever carries a machine does what its effects say, in their order, and
//! tells it what came of them. No message makes it panic.

pub mod accuse;
pub mod backoff;
pub mod blobs;
pub mod bundle;
pub mod card;
pub mod delivery;
pub mod door;
pub mod follower;
pub mod inquiry;
pub mod keeper;
pub mod limits;
pub mod message;
pub mod pending;
pub mod range;
pub mod refusal;
pub mod seeker;
pub mod takeover;
#[cfg(test)]
mod testing;
pub mod watch;
pub mod witness;
pub mod words;

#[cfg(feature = "planted-bugs")]
pub mod planted;
#[cfg(not(feature = "planted-bugs"))]
mod planted;

pub use card::{BadLink, CellCard, Invite};
pub use delivery::Delivery;
pub use door::Door;
pub use follower::Follower;
pub use inquiry::Inquiry;
pub use keeper::Keeper;
pub use message::{Announcement, News, Request, Response};
pub use range::{RangeAsk, RangeFrame, ReadFrame, Serve, Serving, Stretch};
pub use refusal::{Again, Refusal};
pub use seeker::{Found, Seeker};
pub use watch::Watch;
pub use witness::Witness;
pub use words::{check_words, check_words_alone, commitment_of};
