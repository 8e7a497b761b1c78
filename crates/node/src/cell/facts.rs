//! What anyone may know of a living cell without waiting for its thread.

use lifeboat_log::{Position, PublicKey};

/// What anyone may know of a cell at once.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Whether this home keeps the log.
    pub keeper: bool,
    /// The keeper's node, as far as the log here says.
    pub keeper_node: Option<PublicKey>,
    /// What other homes than the keeper's hold.
    pub held: Vec<Position>,
    /// The next record that this home lacked when the keeper last heard of it.
    pub told: Position,
    /// Entries that wait to be placed here.
    pub pending: usize,
    /// Those of them that have waited longer than the charter gives the keeper.
    pub overdue: usize,
    /// Whether no connected peer says to hold more.
    pub level: bool,
    /// How often a peer has told its newest checkpoint.
    pub tips: u64,
    /// Details that are missing here and are looked for.
    pub wanted: usize,
    /// Records that are here.
    pub records: u64,
    /// Records that a peer says to hold and that are not here.
    pub behind: u64,
    /// Bytes of frames received.
    pub received: u64,
    /// Own entries that are not placed yet.
    pub waiting: usize,
    /// Everything before this position is witnessed: as many witnesses cosigned it as the term asks.
    pub witnessed: Position,
    /// So many homes must answer yet before this home signs anything: its disk may be an old backup.
    pub asks: usize,
    /// Whether members ask that another home keep the log.
    pub called: bool,
    /// What changed last in who keeps the log, as this home saw it: a newer word takes its place.
    pub changed: Option<String>,
    /// What the person should know.
    pub notices: Vec<String>,
}

impl Facts {
    /// All that the person should know, as sentences.
    pub fn words(&self) -> Vec<String> {
        let called = "A member asks that another home keep the log: see `lifeboat takeover status`.";
        let called = self.called.then(|| called.to_owned());
        self.changed.iter().cloned().chain(called).chain(self.notices.iter().cloned()).collect()
    }
}
