//! Vectors of entries: good ones, and each way in which one can be wrong.

use super::values::{malleated, with_small_r};
use super::{VectorFile, bad, flipped, hex, key, openings, patched, sign_bytes, sign_raw};
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::limits::{MAX_DETAIL, MAX_LIFETIME_MS, MAX_TIME_MS};
use lifeboat_log::testing::{START_MS, TEST_KIND, draft};
use lifeboat_log::{
    CellId, Detail, DetailRef, DetailTag, Entry, EntryId, Kind, PublicKey, Seen, Term, Time, TreeHash,
};
use serde_json::{Value, json};

/// Where the fields of an entry begin (docs/format.md, "Entry").
const AUTHOR: usize = 33;
const AUTHOR_TIME: usize = 65;
const NOT_AFTER: usize = 73;
const AFTER: usize = 125;

/// The cell of the entries here.
pub const CELL: CellId = CellId([0xce; 32]);

/// A good entry as a case.
pub fn good(name: &str, bytes: &[u8]) -> Value {
    let kind = {
        let after = u64::from_le_bytes(bytes[AFTER..AFTER + 8].try_into().expect("8 bytes")) as usize;
        let at = AFTER + 8 + 32 * after + 16;
        u16::from_le_bytes([bytes[at], bytes[at + 1]])
    };
    let id = hex(&blake3::derive_key("lifeboat/entry-id/v1", bytes));
    json!({"name": name, "hex": hex(bytes), "id": id, "kind": kind})
}

/// A small entry of the first key.
pub fn small() -> Entry {
    let mut entry = draft(&key(1), CELL, 5, TEST_KIND);
    entry.body = Bytes::new(b"rice".to_vec()).expect("short");
    entry
}

/// An entry with something in every field.
pub fn full() -> Entry {
    let detail = |n: u8, tag: DetailTag, expiry: Time| {
        Detail::open([n; 16], "for the kitchen").expect("short").reference(tag, expiry)
    };
    let details = vec![
        detail(1, DetailTag::NOTE, Time::ZERO),
        detail(2, DetailTag::SEALED_NOTE, Time::from_ms(START_MS + 1000)),
    ];
    Entry {
        seen: Seen { term: Term::new(2, 1), size: 77, root: TreeHash([8; 32]) },
        after: List::new(vec![EntryId([3; 32]), EntryId([4; 32])]).expect("few"),
        details: List::new(details).expect("few"),
        version: 3,
        ..small()
    }
}

fn changed(change: impl FnOnce(&mut Entry)) -> Vec<u8> {
    let mut entry = full();
    change(&mut entry);
    sign_raw(&entry, &key(1))
}

pub fn entries() -> VectorFile {
    let mut cases = good_ones();
    cases.extend(badly_encoded());
    cases.extend(badly_formed());
    cases.extend(badly_signed());
    cases.extend(openings::openings());
    VectorFile { name: "entries.json", what: "Signed entries, those that open a term among them", cases }
}

fn good_ones() -> Vec<Value> {
    let lifetime = |ms: u64| changed(|e| e.not_after = e.author_time.plus_ms(ms));
    vec![
        good("a small entry", &sign_raw(&small(), &key(1))),
        good("an entry with every field in use", &sign_raw(&full(), &key(1))),
        good("no time to be placed but its own", &lifetime(0)),
        good("366 days to be placed", &lifetime(MAX_LIFETIME_MS)),
        good("an unknown kind and version", &changed(|e| (e.kind, e.version) = (Kind(65_535), 65_535))),
        good(
            "four entries before it",
            &changed(|e| {
                e.after = List::new((1..5).map(|n| EntryId([n; 32])).collect()).expect("few");
            }),
        ),
    ]
}

fn badly_encoded() -> Vec<Value> {
    let bytes = sign_raw(&full(), &key(1));
    let small = sign_raw(&small(), &key(1));
    // In the small entry nothing stands in `after`, so the body's length lies here:
    let body = AFTER + 8 + 16 + 2 + 2;
    let details = body + 8 + 4;
    let le = u64::to_le_bytes;
    let mut cases = vec![
        bad("no bytes", "Truncated", &[]),
        bad("format 0", "UnknownFormat", &patched(&bytes, 0, &[0])),
        bad("format 2", "UnknownFormat", &patched(&bytes, 0, &[2])),
        bad("format 2 and nothing more", "UnknownFormat", &[2]),
        bad("a byte more", "TrailingBytes", &[&bytes[..], &[0]].concat()),
        bad("itself twice", "TrailingBytes", &bytes.repeat(2)),
        bad(
            "author time after the year 9999",
            "NotCanonical",
            &patched(&bytes, AUTHOR_TIME, &le(MAX_TIME_MS + 1)),
        ),
        bad("not after after the year 9999", "NotCanonical", &patched(&bytes, NOT_AFTER, &le(u64::MAX))),
        bad("five entries before it", "TooLong", &patched(&bytes, AFTER, &le(5))),
        bad("2^64 - 1 entries before it", "TooLong", &patched(&bytes, AFTER, &le(u64::MAX))),
        bad("a body of 60,001 bytes", "TooLong", &patched(&small, body, &le(60_001))),
        bad("a body of 2^63 bytes", "TooLong", &patched(&small, body, &le(1 << 63))),
        bad("a body of 60,000 bytes that is not there", "Truncated", &patched(&small, body, &le(60_000))),
        bad("five details", "TooLong", &patched(&small, details, &le(5))),
    ];
    for cut in [1, 20, 70, 128, 150, 200, bytes.len() - 64, bytes.len() - 1] {
        cases.push(bad(&format!("cut after {cut} bytes"), "Truncated", &bytes[..cut]));
    }
    let far = changed(|e| {
        let mut details = e.details.to_vec();
        details[1].expiry = Time::ZERO;
        e.details = List::new(details).expect("few");
    });
    let expiry = far.len() - 64 - 8;
    let unsigned = patched(&far[..far.len() - 64], expiry, &le(MAX_TIME_MS + 1));
    cases.push(bad(
        "a detail that expires after the year 9999",
        "NotCanonical",
        &sign_bytes(unsigned, &key(1)),
    ));
    cases
}

fn badly_formed() -> Vec<Value> {
    let kind = |kind: Kind, version: u16| changed(|e| (e.kind, e.version) = (kind, version));
    let after = |ids: &[u8]| {
        changed(|e| e.after = List::new(ids.iter().map(|n| EntryId([*n; 32])).collect()).expect("few"))
    };
    let details = |change: fn(&mut Vec<DetailRef>)| {
        changed(|e| {
            let mut details = e.details.to_vec();
            change(&mut details);
            e.details = List::new(details).expect("few");
        })
    };
    let founding = |change: fn(&mut Entry)| {
        let mut entry = draft(&key(1), CellId::ZERO, 0, Kind::FOUNDING);
        change(&mut entry);
        sign_raw(&entry, &key(1))
    };
    vec![
        bad("kind 0", "BadKind", &kind(Kind(0), 1)),
        bad("an opening of version 2", "BadKind", &kind(Kind::OPENING, 2)),
        bad("an opening of version 0", "BadKind", &kind(Kind::OPENING, 0)),
        bad("a founding of version 2", "BadKind", &founding(|e| e.version = 2)),
        bad("no cell", "WrongCell", &changed(|e| e.cell = CellId::ZERO)),
        bad("an opening of a later term without a cell", "WrongCell", &founding(|e| e.kind = Kind::OPENING)),
        bad("a founding for a cell that is there", "WrongCell", &founding(|e| e.cell = CELL)),
        bad("a founding that has seen a term", "WrongCell", &founding(|e| e.seen.term = Term(1))),
        bad("a founding that has seen a size", "WrongCell", &founding(|e| e.seen.size = 1)),
        bad("a founding that has seen a root", "WrongCell", &founding(|e| e.seen.root = TreeHash([1; 32]))),
        bad("over before it was signed", "BadLifetime", &changed(|e| e.not_after = Time::from_ms(START_MS))),
        bad(
            "366 days and a millisecond",
            "BadLifetime",
            &changed(|e| {
                e.not_after = e.author_time.plus_ms(MAX_LIFETIME_MS + 1);
            }),
        ),
        bad("entries before it out of order", "UnorderedAfter", &after(&[4, 3])),
        bad("an entry before it named twice", "UnorderedAfter", &after(&[3, 3])),
        bad("the last of four out of order", "UnorderedAfter", &after(&[1, 2, 4, 3])),
        bad("a detail named twice", "BadDetails", &details(|d| d[1].hash = d[0].hash)),
        bad("a detail named first and last", "BadDetails", &details(|d| d.extend([d[0]]))),
        bad("a detail too long", "BadDetails", &details(|d| d[0].length = MAX_DETAIL as u32 + 1)),
        bad("a detail of 2^32 - 1 bytes", "BadDetails", &details(|d| d[1].length = u32::MAX)),
        bad(
            "two faults: the earlier one is told",
            "WrongCell",
            &changed(|e| {
                e.cell = CellId::ZERO;
                e.not_after = Time::ZERO;
            }),
        ),
    ]
}

fn badly_signed() -> Vec<Value> {
    let bytes = sign_raw(&full(), &key(1));
    let at = bytes.len() - 64;
    let (unsigned, signature) = bytes.split_at(at);
    let signature: [u8; 64] = signature.try_into().expect("64 bytes");
    let message = [b"lifeboat/entry/v1\0", unsigned].concat();
    let authored = |author: [u8; 32]| {
        let mut entry = full();
        entry.author = PublicKey(author);
        sign_raw(&entry, &key(1))
    };
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut improper = [0xff; 32];
    (improper[0], improper[31]) = (0xee, 0x7f);
    let mut negative_zero = neutral;
    negative_zero[31] = 0x80;
    let mut no_point = [0; 32];
    no_point[0] = 2;
    let without_prefix = [unsigned, &key(1).sign(unsigned).0].concat();
    let small_r = with_small_r(&[1; 32], &key(1).public().0, &message);
    let cases = vec![
        bad("another author's key", "BadSignature", &patched(&bytes, AUTHOR, &key(2).public().0)),
        bad("another key's signature", "BadSignature", &sign_raw(&full(), &key(2))),
        bad("a bit of R changed", "BadSignature", &flipped(&bytes, at)),
        bad("a bit of s changed", "BadSignature", &flipped(&bytes, at + 32)),
        bad("a bit of the cell changed", "BadSignature", &flipped(&bytes, 5)),
        bad("a bit of the author time changed", "BadSignature", &flipped(&bytes, AUTHOR_TIME)),
        bad("a bit of the body changed", "BadSignature", &flipped(&bytes, at - 2 * 46 - 8 - 2)),
        bad("signed without the prefix", "BadSignature", &without_prefix),
        bad("s with the order added", "BadSignature", &[unsigned, &malleated(&signature)].concat()),
        bad("R of small order that satisfies the equation", "BadSignature", &[unsigned, &small_r].concat()),
        bad("a signature of zeros", "BadSignature", &[unsigned, &[0; 64]].concat()),
        bad("an author that is no key", "NotAKey", &authored(no_point)),
        bad("an author's key not in its proper encoding", "NotAKey", &authored(improper)),
        bad("an author's key of small order", "SmallOrderKey", &authored(neutral)),
        bad(
            "an author's key of small order, x = 0 with the sign bit set",
            "SmallOrderKey",
            &authored(negative_zero),
        ),
        bad("an author of zeros", "SmallOrderKey", &authored([0; 32])),
    ];
    // R neutral and s zero: whoever takes keys of small order takes this as signed.
    let mut forged = authored(neutral);
    let at = forged.len() - 64;
    forged[at..].copy_from_slice(&[neutral, [0; 32]].concat());
    let forgery = bad("a forgery under a key of small order", "SmallOrderKey", &forged);
    cases.into_iter().chain([forgery]).collect()
}
