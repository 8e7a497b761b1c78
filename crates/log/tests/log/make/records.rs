//! Vectors of links and records.

use super::entries::{full, small};
use super::{VectorFile, bad, flipped, hex, key, patched, sign_raw, with};
use lifeboat_log::limits::MAX_TIME_MS;
use lifeboat_log::testing::START_MS;
use lifeboat_log::{EntryId, Link, LinkHash, Position, Term, Time};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Where a link's time begins.
const TIME: usize = 45;

fn link_to(entry: &[u8]) -> Vec<u8> {
    let id = EntryId(blake3::derive_key("lifeboat/entry-id/v1", entry));
    let time = Time::from_ms(START_MS + 9000);
    Link::new(Term::new(1, 2), Position(77), LinkHash([4; 32]), time, id).encode()
}

pub fn links() -> VectorFile {
    let link = link_to(b"an entry");
    let hash = hex(&blake3::derive_key("lifeboat/link/v1", &link));
    let late = (MAX_TIME_MS + 1).to_le_bytes();
    let cases = vec![
        json!({"name": "a link", "hex": hex(&link), "hash": hash, "position": 77}),
        bad("no bytes", "Truncated", &[]),
        bad("84 bytes", "Truncated", &link[..84]),
        bad("86 bytes", "TrailingBytes", &[&link[..], &[0]].concat()),
        bad("format 0", "UnknownFormat", &patched(&link, 0, &[0])),
        bad("format 2 and nothing more", "UnknownFormat", &[2]),
        bad("a time after the year 9999", "NotCanonical", &patched(&link, TIME, &late)),
    ];
    VectorFile { name: "links.json", what: "Links", cases }
}

pub fn records() -> VectorFile {
    let entry = sign_raw(&full(), &key(1));
    let record = [&link_to(&entry)[..], &entry].concat();
    let other = sign_raw(&small(), &key(1));
    let good = |name: &str, bytes: &[u8]| {
        let leaf = Sha256::new().chain_update([0]).chain_update(bytes).finalize();
        json!({"name": name, "hex": hex(bytes), "leaf": hex(&leaf), "position": 77})
    };
    let named =
        |name: &str, error: &str, entry: &[u8]| bad(name, error, &[&link_to(entry)[..], entry].concat());
    let zeros = |name: &str, error: &str, bytes: &[u8], zeros: usize| -> Value {
        with(bad(name, error, bytes), json!({"zeros": zeros}))
    };
    let late = (MAX_TIME_MS + 1).to_le_bytes();
    let bad_signature = flipped(&entry, entry.len() - 1);
    let cases = vec![
        good("a record", &record),
        bad("no bytes", "Truncated", &[]),
        bad("84 bytes", "Truncated", &record[..84]),
        bad("84 bytes of another format: too few are told first", "Truncated", &[2; 84]),
        zeros("65,536 bytes", "TooLong", &record, 65_536 - record.len()),
        zeros("65,535 bytes of an entry and zeros", "WrongEntry", &record, 65_535 - record.len()),
        bad("a link of format 2", "UnknownFormat", &patched(&record, 0, &[2])),
        bad("a link after the year 9999", "NotCanonical", &patched(&record, TIME, &late)),
        bad("a link alone", "WrongEntry", &record[..85]),
        bad("a link that names another entry", "WrongEntry", &[&link_to(&other)[..], &entry].concat()),
        bad("a bit of the link's entry id changed", "WrongEntry", &flipped(&record, 60)),
        bad("a bit of the entry changed", "WrongEntry", &flipped(&record, 200)),
        bad("an entry cut", "WrongEntry", &record[..record.len() - 1]),
        named("a link to no entry", "Truncated", &[]),
        named("a link to an entry of format 9", "UnknownFormat", &patched(&entry, 0, &[9])),
        named("a link to an entry that is cut", "Truncated", &entry[..entry.len() - 1]),
        named("a link to an entry with a byte more", "TrailingBytes", &[&entry[..], &[0]].concat()),
        named("a link to an entry whose signature does not hold", "BadSignature", &bad_signature),
    ];
    VectorFile { name: "records.json", what: "Records: a link, then its entry", cases }
}
