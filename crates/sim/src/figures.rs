//! What runs did: without it, seeds in which nothing goes wrong would say nothing.

/// What runs did, added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Runs.
    pub runs: u64,
    /// Events.
    pub events: u64,
    /// Records placed.
    pub records: u64,
    /// Entries that had a receipt.
    pub receipts: u64,
    /// Power cuts and restarts.
    pub restarts: u64,
    /// Starts at which a home had to ask others before it signs.
    pub asked: u64,
    /// How many of them a person cut short.
    pub vouched: u64,
    /// Disk failures.
    pub disk_failures: u64,
    /// Cosignatures given.
    pub cosignatures: u64,
    /// Messages lost.
    pub lost: u64,
    /// Times that an author learned that homes keep an entry which the keeper has not placed.
    pub handed: u64,
    /// Streams that broke off.
    pub broken_streams: u64,
    /// Milliseconds from the end of the trouble until all was well, the longest.
    pub longest_healing: u64,
    /// Terms opened by takeover.
    pub takeovers: u64,
    /// How often a home went back to the base of one.
    pub went_back: u64,
}

impl Figures {
    /// Adds another run's figures.
    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.events += other.events;
        self.records += other.records;
        self.receipts += other.receipts;
        self.restarts += other.restarts;
        self.asked += other.asked;
        self.vouched += other.vouched;
        self.disk_failures += other.disk_failures;
        self.cosignatures += other.cosignatures;
        self.lost += other.lost;
        self.handed += other.handed;
        self.broken_streams += other.broken_streams;
        self.longest_healing = self.longest_healing.max(other.longest_healing);
        self.takeovers += other.takeovers;
        self.went_back += other.went_back;
    }
}
