//! Every bound of the rules, with its reason. Those that decide an effect belong to rules version 1 and
//! never change under it.

/// The rules version that this crate knows.
pub const RULES: u16 = 1;
/// Longest name of a thing, in bytes.
pub const MAX_ITEM: usize = 64;
/// Longest unit, in bytes.
pub const MAX_UNIT: usize = 16;
/// Longest currency code, in bytes.
pub const MAX_CURRENCY: usize = 8;
/// Longest name in a charter (cell, place, category, zone), in bytes.
pub const MAX_NAME: usize = 64;
/// Most settings in a charter.
pub const MAX_SETTINGS: usize = 128;
/// Longest value of one setting, in bytes.
pub const MAX_SETTING: usize = 8_192;
/// Most places, categories or currencies in a charter.
pub const MAX_LISTED: usize = 64;
/// Most keys that serve a member at the same time: home, paper, phone and some to spare.
pub const MAX_KEYS: usize = 16;
/// Most nodes that a member may name at the same time.
pub const MAX_NODES: usize = 8;
/// Most newcomers who wait for more vouches and for whom one member has vouched.
pub const MAX_WAITING: usize = 16;
/// Longest life of a need or offer, in days after it is placed: whoever still needs it says so again.
pub const MAX_POST_DAYS: u64 = 366;
/// A need met, or an offer used up, can be corrected for this many days; then the fold forgets it.
pub const MET_KEPT_DAYS: u64 = 30;
/// A hand-over slip can be confirmed for this many days.
pub const SLIP_DAYS: u64 = 90;
/// Longest body that a decision carries, in bytes: any charter fits, and the state may hold some hundreds.
pub const MAX_PAYLOAD: usize = 16_384;
/// Ended terms whose keys and sizes are remembered: floors of older ones are not looked at.
pub const MAX_ENDED_TERMS: usize = 256;
/// Milliseconds of a day.
pub const DAY_MS: u64 = 86_400_000;
/// Longest part of a stored state, in bytes: a damaged length claims no more memory than this.
pub const MAX_STATE: usize = 1 << 28;
/// Most projects in an election that is counted: ten times the largest city's.
pub const MAX_PROJECTS: usize = 10_000;
/// Most ballots in an election that is counted: with the two bounds below, products stay within 127 bits.
pub const MAX_BALLOTS: u64 = 4_000_000;
/// Largest sum of money in an election, in its smallest unit.
pub const MAX_COST_UNITS: u128 = 1_000_000_000_000_000_000;
/// Most points of one ballot for one project, in their smallest unit.
pub const MAX_POINTS: u64 = 1_000_000_000_000;
/// Longest Pabulib file, in bytes: twenty times the largest city's.
pub const MAX_PB_FILE: usize = 1 << 26;
/// Most times that Add1 adds to the shares: a day of computing would help nobody.
pub const MAX_ADD1_STEPS: u64 = 10_000_000;
