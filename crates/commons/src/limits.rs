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
/// Most members on the list of a circle or of those present: a cell has at most 300, and some leave.
pub const MAX_ELECTORATE: usize = 400;
/// Most options of a question: more than a person can weigh, and few enough to compare each with each.
pub const MAX_OPTIONS: usize = 32;
/// Most points that a ballot gives an option.
pub const MAX_SCORE: u8 = 100;
/// Most decisions that a cell has open at the same time: each is kept with its votes until it is settled.
pub const MAX_OPEN_DECISIONS: usize = 256;
/// Most versions of one proposal.
pub const MAX_VERSIONS: usize = 32;
/// Most tasks that follow from one decision.
pub const MAX_TASKS: usize = 64;
/// Most times that somebody writes how a decision went.
pub const MAX_REVIEWS: usize = 64;
/// Most decisions for which a member has named a proxy of their own, the one for all others among them.
pub const MAX_PROXIES: usize = 32;
/// Milliseconds of an hour.
pub const HOUR_MS: u64 = 3_600_000;
/// Most roles that a cell has had: each is a few hundred bytes of every state.
pub const MAX_ROLES: usize = 256;
/// Most meetings that recur in a cell.
pub const MAX_MEETINGS: usize = 256;
/// Most trainings that members have altogether: a thousand members with sixteen each.
pub const MAX_TRAINED: usize = 16_384;
/// Most members who have a role at the same time.
pub const MAX_SEATS: u16 = 64;
/// Most members in the pool of a draw: so many fit into its entry, and a cell has a few hundred.
pub const MAX_POOL: usize = 1_024;
/// Most lots of about a year, each with its pool.
pub const MAX_LOTS: usize = 1_024;
/// Longest time to commit or to reveal, in seconds: 30 days, in which an entry can travel by USB stick.
pub const MAX_DRAW_SECONDS: u32 = 30 * 86_400;
/// A draw waits for its beacon so many days after that came out. Everyone can know then what is drawn, and
/// nobody gains by holding it back; it is given up for the case that its network has ended.
pub const BEACON_DAYS: u64 = 30;
/// Longest term of a role, or time between meetings, in days.
pub const MAX_EVERY_DAYS: u16 = 366;
/// The same in months.
pub const MAX_EVERY_MONTHS: u16 = 12;
/// The fold remembers a draw for this many days after its turn; the log has it for ever.
pub const TURN_KEPT_DAYS: u64 = 366;
/// Most options of a secret poll.
pub const MAX_CHOICES: usize = 64;
/// Most keys in a ring: checking a ballot costs two multiplications a key, and a cell has a few hundred.
pub const MAX_RING: usize = 512;
/// Most ballots in one entry: small ones of a ring of ten fill it.
pub const MAX_CARRIED: usize = 128;
/// Most entries with ballots of one poll that a member may place: three hundred ballots of a ring of three
/// hundred take sixty.
pub const MAX_CARRIES: u16 = 128;
/// Most secret polls of about a year.
pub const MAX_POLLS: usize = 512;
/// Ended terms whose keys and sizes are remembered: floors of older ones are not looked at.
pub const MAX_ENDED_TERMS: usize = 256;
/// Milliseconds of a day.
pub const DAY_MS: u64 = 86_400_000;
/// Longest part of a stored state, in bytes: a damaged length claims no more memory than this.
pub const MAX_STATE: usize = 1 << 28;
/// Most rounds of a budget that the fold remembers; the oldest that is over makes room for a new one.
pub const MAX_ROUNDS: usize = 16;
/// Most proposals of a round: more than neighbours read.
pub const MAX_PROPOSALS: usize = 256;
/// Most proposals that one ballot names: all of them.
pub const MAX_MARKS: usize = MAX_PROPOSALS;
/// Most points on one ballot for one proposal, or to give away: sums stay small.
pub const MAX_BALLOT_POINTS: u32 = 10_000;
/// Most members who are named to check and review a round.
pub const MAX_REVIEWERS: usize = 16;
/// Longest round, from its opening until its grants end, in days: two years.
pub const MAX_ROUND_DAYS: u64 = 732;
/// Most steps of Add1 in a round, so that a result is there within a second: the money over the step.
pub const MAX_ROUND_STEPS: i64 = 10_000;
/// Most grants by decision that the fold remembers; the oldest that has ended makes room for a new one.
pub const MAX_GRANTS: usize = 256;
/// Most expenditures of one grant.
pub const MAX_EXPENSES: usize = 256;
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
/// Most witness keys that a member may offer at the same time: a few homes, and siblings' nodes.
pub const MAX_OFFERS: usize = 8;
