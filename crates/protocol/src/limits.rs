//! Every bound of the protocol, with its reason. Peers are hostile until shown otherwise: whatever they
//! send is measured against one of these before it is kept.

use lifeboat_log::limits::{MAX_DETAIL, MAX_ENDORSEMENTS, MAX_NOTE, MAX_RECORD};
use lifeboat_log::link::LINK_LEN;

/// Longest entry, in bytes: what a record has room for beside its link.
pub const MAX_ENTRY: usize = MAX_RECORD - LINK_LEN;
/// Most records in one batch: one sync and one signed checkpoint serve them all.
pub const MAX_BATCH_RECORDS: usize = 1024;
/// Most bytes of records in one batch. A single record always fits.
pub const MAX_BATCH_BYTES: usize = 1 << 20;
/// Most hashes in a consistency proof: twice the height of the tallest tree, less two.
pub const MAX_CONSISTENCY: usize = 64;
/// Longest encoded frame of a range, in bytes: a full batch with the lengths of its records and a proof.
pub const MAX_FRAME: usize = MAX_BATCH_BYTES + MAX_BATCH_RECORDS * 8 + MAX_CONSISTENCY * 32 + MAX_NOTE + 1024;
/// Most details asked for or answered at once; their longest answer fits in a message.
pub const MAX_DETAILS_ASKED: usize = 32;
/// Longest encoded request or response, in bytes: 32 of the longest details.
pub const MAX_MESSAGE: usize = MAX_DETAILS_ASKED * (MAX_DETAIL + 8) + 4096;
/// Longest encoded announcement, in bytes: a cell, and an entry that waits or a note with many cosignatures.
pub const MAX_ANNOUNCEMENT: usize = if MAX_NOTE > MAX_ENTRY { MAX_NOTE + 64 } else { MAX_ENTRY + 64 };
/// Most misconduct files in one answer; more of one term's prove nothing new. They fit in a message.
pub const MAX_MISCONDUCT_FILES: usize = 3;
/// Most terms of which a follower remembers where to stop.
pub const MAX_STOPS: usize = 64;
/// Longest acceptance of a newcomer, in bytes: 250 or so, with room to grow.
pub const MAX_ACCEPTANCE: usize = 1024;
/// Longest name of a refusal.
pub const MAX_REFUSAL_NAME: usize = 48;
/// Longest sentence of a refusal.
pub const MAX_REFUSAL_TEXT: usize = 512;

/// Most entries that wait at a keeper: four batches. A keeper that is so far behind says "busy".
pub const MAX_QUEUE: usize = 4 * MAX_BATCH_RECORDS;
/// Most bytes of entries and details that wait at a keeper.
pub const MAX_QUEUE_BYTES: usize = 16 << 20;
/// Most tickets that wait for one entry: a member's home and a few peers that pass it on.
pub const MAX_TICKETS: usize = 16;
/// Most nodes of which a keeper remembers how much they hold: 300 members, two homes each.
pub const MAX_HOMES: usize = 600;
/// Most sizes told in one answer; more homes than that are not worth telling apart.
pub const MAX_HELD: usize = 64;

/// Most peers that a follower or a delivery remembers.
pub const MAX_PEERS: usize = 256;
/// Most batches that a follower has handed over to be stored and that are not durable yet.
pub const MAX_PERSISTS: usize = 2;
/// Most missing details that a follower remembers at once; the store tells the rest later.
pub const MAX_WANTED: usize = 4096;
/// How often a missing detail is asked for before it is taken for erased (until the next start).
pub const MAX_WANTED_TRIES: u32 = 16;
/// Most checkpoints that contradict what is held that are kept as evidence.
pub const MAX_EVIDENCE: usize = 16;
/// Most calls for a takeover behind which one elector can stand on a node's board: a few tries.
pub const MAX_CALLS_EACH: usize = 3;
/// Most calls that are told at once: one elector behind each. They fit in a message, with their endorsements
/// and with the closes of those that more than half endorse, which are five at most.
pub const MAX_CALLS: usize = MAX_CALLS_EACH * MAX_ENDORSEMENTS;
/// How long a proposer tries to reach what an endorser holds beyond its own log, in milliseconds, before it
/// goes on without that endorser, where more than half are left.
pub const REACH_MS: u64 = 60_000;
/// How often a keeper asks a peer for its newest checkpoint, in milliseconds: it may have been replaced.
pub const WATCH_EVERY_MS: u64 = 30_000;
/// How often a home that has started asks a peer again what its keys have signed, in milliseconds.
pub const ASK_AGAIN_MS: u64 = 10_000;
/// Most answers to it that come at once: a home's own, and those of others that it asks.
pub const MAX_RECALLED: usize = 33;
/// Most entries in an outbox that are delivered at the same time.
pub const MAX_OFFERS: usize = 64;
/// Most entries of one's own that a delivery looks after.
pub const MAX_OUTBOX: usize = 100_000;

/// Most entries of a cell that wait in a home to be placed: what 300 members say in some days.
pub const MAX_POOL: usize = 4_096;
/// Most bytes of them, details included.
pub const MAX_POOL_BYTES: usize = 64 << 20;
/// Most of them of one member.
pub const MAX_POOL_MEMBER: usize = 256;
/// Most bytes of one member's.
pub const MAX_POOL_MEMBER_BYTES: usize = 4 << 20;
/// Most entries whose details a keeper waits for.
pub const MAX_LACKING: usize = 256;
/// Most homes to which one entry is handed, so that it does not depend on its author's laptop.
pub const MAX_HANDED: usize = 3;
/// How long an entry waits before all homes are told of it, in milliseconds: most are placed by then.
pub const ANNOUNCE_AFTER_MS: u64 = 3_000;
/// How often they are told again, in milliseconds: homes come and go.
pub const ANNOUNCE_EVERY_MS: u64 = 10 * 60_000;
/// Most entries that all homes are told of at a time: gossip has a rate.
pub const MAX_ANNOUNCED: usize = 8;

/// First wait after a failure, in milliseconds; it doubles with each failure that follows.
pub const RETRY_MS: u64 = 1_000;
/// Longest wait after failures, in milliseconds.
pub const MAX_RETRY_MS: u64 = 5 * 60_000;
/// Wait before an entry that was refused for what it says is offered again, in milliseconds: its author
/// may be vouched for meanwhile.
pub const REFUSED_RETRY_MS: u64 = 60_000;
/// How long a peer that sent what does not verify is put aside, in milliseconds.
pub const ASIDE_MS: u64 = 10 * 60_000;
/// For how long who shows another history of a term is put aside, in milliseconds: it may have been deceived
/// itself, and have the members' takeover a moment later.
pub const DECEIVED_MS: u64 = 30_000;
/// How long an answer or the next frame of a range may take, in milliseconds.
pub const PATIENCE_MS: u64 = 30_000;
/// How often a follower that hears nothing asks a peer for its newest checkpoint, in milliseconds. Gossip to
/// a node that was killed and came back goes into its dead connection for as long as that takes to be
/// noticed; this is how it hears of news all the same.
pub const TIP_EVERY_MS: u64 = 10_000;

/// Most addresses on a cell card.
pub const MAX_ADDRESSES: usize = 8;
/// Longest address on a cell card, in bytes.
pub const MAX_ADDRESS: usize = 256;
/// Longest slug (the cell's name as it stands in a link), in bytes.
pub const MAX_SLUG: usize = 40;
/// Longest link, in characters.
pub const MAX_LINK: usize = 8192;
/// Most invites that are open at one home.
pub const MAX_INVITES: usize = 256;
/// Most answers to other homes' invites that one home keeps: strangers can send those.
pub const MAX_KNOCKS: usize = 64;

/// Longest request to cosign a checkpoint of a log of others, in bytes: the proof's 63 hashes and a note.
pub const MAX_ADD_CHECKPOINT: usize = MAX_NOTE + 64 * 48 + 32;
/// After how many seconds a checkpoint of a log of others that did not grow is cosigned with a new time.
pub const RENEW_SECONDS: u64 = 600;
/// Most checkpoints that a keeper remembers to take cosignatures for: those of the last seconds, under load.
pub const MAX_RECENT: usize = 64;
/// How often a keeper places an anchor at most, in milliseconds: entries come in bursts, and one serves all.
pub const ANCHOR_EVERY_MS: u64 = 60_000;
/// How long a keeper that hands over waits for the witnesses of its last checkpoint, in milliseconds.
pub const WITNESSED_PATIENCE_MS: u64 = 30_000;
/// How long a witness waits before it tries again to cosign a checkpoint that it refused, in milliseconds.
pub const COSIGN_AGAIN_MS: u64 = 2_000;
