//! Bugs planted on purpose: one for each invariant, to show that the simulator finds it.

use lifeboat_protocol::planted::Bug;

/// A bug that a run is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// The store says that it synced, and did not. Breaks: placed means kept.
    SyncDoesNothing,
    /// The same, and the keeper does not write down what it signs. Breaks: one order.
    ForgetsPromises,
    /// The keeper keeps the state of a log that lost records. Breaks: the same state everywhere.
    StateOutlivesLog,
    /// A follower whose stream breaks off never asks again. Breaks: nothing wedges.
    NeverAsksAgain,
    /// The keeper places again what is offered again. Breaks: nothing is placed twice.
    PlacesAgain,
    /// A home goes on taking what was placed for something that waits. Breaks: nothing wedges.
    WaitsForEver,
    /// A keeper that heeds nothing it hears of other keepers, nor of what it has signed itself: a cheat, for
    /// the stage.
    HeedsNobody,
}

impl Plant {
    /// Whether the disk forgets what it was told to keep.
    pub fn disk_lies(self) -> bool {
        matches!(self, Self::SyncDoesNothing | Self::ForgetsPromises)
    }

    /// The bug of the keeper's machine.
    pub fn in_keeper(self) -> Option<Bug> {
        match self {
            Self::StateOutlivesLog => Some(Bug::StateOutlivesLog),
            Self::PlacesAgain => Some(Bug::PlacesAgain),
            _ => None,
        }
    }

    /// The bug of the followers' machines.
    pub fn in_follower(self) -> Option<Bug> {
        (self == Self::NeverAsksAgain).then_some(Bug::NeverAsksAgain)
    }
}
