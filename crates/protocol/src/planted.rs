//! Bugs planted on purpose, to show that the simulator finds them. Without the feature `planted-bugs`,
//! which nothing in the product turns on, there is no way to give a machine one.

/// A bug that a machine can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "planted-bugs"), allow(dead_code))]
pub enum Bug {
    /// The keeper goes on with the state it had when its log is opened again, though the log lost records.
    StateOutlivesLog,
    /// The keeper places an entry that stands in the log already.
    PlacesAgain,
    /// A follower whose range breaks off never asks again.
    NeverAsksAgain,
}

/// The bug that a machine has, if any.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Planted(#[cfg(feature = "planted-bugs")] Option<Bug>);

impl Planted {
    /// Whether the machine has this bug.
    #[cfg(feature = "planted-bugs")]
    pub fn is(self, bug: Bug) -> bool {
        self.0 == Some(bug)
    }

    /// Whether the machine has this bug: never, in the product.
    #[cfg(not(feature = "planted-bugs"))]
    pub fn is(self, _bug: Bug) -> bool {
        false
    }

    /// Gives the machine a bug.
    #[cfg(feature = "planted-bugs")]
    pub fn plant(&mut self, bug: Bug) {
        self.0 = Some(bug);
    }
}
