//! Every bound of the byte format, with its reason. A length is compared with its bound before anything
//! is allocated for it. A bound may never be lowered: entries that were valid once are valid for ever.

/// Longest body of an entry, in bytes: room for a takeover signed by 300 neighbours.
pub const MAX_BODY: usize = 60_000;
/// Longest record, in bytes: C2SP `tlog-tiles` puts a 16-bit length before each record.
pub const MAX_RECORD: usize = 65_535;
/// Most entry ids that an entry may say must stand before it.
pub const MAX_AFTER: usize = 4;
/// Most details that an entry may name.
pub const MAX_DETAILS: usize = 4;
/// Longest detail, in bytes, its salt and padding (or encryption) included.
pub const MAX_DETAIL: usize = 16_384;
/// Longest time from an entry's author time to its not-after, in milliseconds: 366 days.
pub const MAX_LIFETIME_MS: u64 = 366 * 24 * 60 * 60 * 1000;
/// Largest time, in milliseconds since 1970 UTC: the last one of the year 9999.
pub const MAX_TIME_MS: u64 = 253_402_300_799_999;
/// Most witnesses that a term may name.
pub const MAX_WITNESSES: usize = 32;
/// Most endorsements in a takeover: a cell has at most 300 members, a few may leave meanwhile.
pub const MAX_ENDORSEMENTS: usize = 400;
/// Longest encoded charter in a founding entry, in bytes.
pub const MAX_CHARTER: usize = 16_384;
/// Longest signed note (checkpoint), in bytes.
pub const MAX_NOTE: usize = 65_536;
/// Longest origin of a log of others, in bytes: a web address with a long path.
pub const MAX_ORIGIN: usize = 512;
/// Most signature lines of a signed note; C2SP asks that at least 16 be accepted.
pub const MAX_NOTE_SIGNATURES: usize = 64;
/// Longest note that a term opening may carry as its base, in bytes: 32 cosignatures fit.
pub const MAX_BASE_NOTE: usize = 8_192;
/// Longest attachment, in bytes: 64 MiB, a few minutes of film or any photo.
pub const MAX_BLOB: u64 = 64 << 20;
/// Bytes of an attachment that are checked together: the hashes of all groups of the longest one take
/// 32 KiB, and a flipped bit costs one group.
pub const BLOB_GROUP: u64 = 64 << 10;
/// Hashes in a full tile and records in a full bundle (C2SP `tlog-tiles`).
pub const TILE_WIDTH: u64 = 256;
/// Most openings in a term proof: a keeper a month for ten years, and some.
pub const MAX_OPENINGS: usize = 256;
/// Longest term proof, in bytes: what a decoder here claims at most.
pub const MAX_TERM_PROOF: usize = 512 * 1024;
/// Longest misconduct file, in bytes: two of the longest records and a founding fit.
pub const MAX_MISCONDUCT: usize = 160 * 1024;
/// Most hashes in a consistency proof: twice the height of the tallest tree, less two, would do; a
/// verifier here takes no more than this.
pub const MAX_CONSISTENCY: usize = 64;
/// Longest text of a slip, in characters: the most that a QR code holds of letters and digits.
pub const MAX_SLIP: usize = 4_296;
