//! Vectors of checkpoints and proof files.

use super::chains::{Growing, three_terms};
use super::{VectorFile, hex, key};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lifeboat_log::checkpoint::{Checkpoint, cosign, witness_name};
use lifeboat_log::note::{COSIGNATURE, ED25519, Note, SignatureLine, key_id};
use lifeboat_log::tree::{inclusion_proof, leaf_hash};
use lifeboat_log::{CellId, Origin, Proof, Term, TreeHash};
use serde_json::{Value, json};
use std::collections::HashMap;

const TERM_KEY: u8 = 60;
const WITNESSES: [u8; 2] = [61, 62];

fn origin() -> Origin {
    Origin { cell: CellId([0xab; 32]), term: Term::new(1, 2) }
}

fn note(size: u64) -> Note {
    Checkpoint { origin: origin(), size, root: TreeHash([0x5a; 32]) }.sign(&key(TERM_KEY)).note().clone()
}

fn cosigned(size: u64, seconds: u64) -> Note {
    let mut note = note(size);
    for n in WITNESSES {
        note.signatures.push(cosign(&note.text, &witness_name(&key(n).public()), &key(n), seconds));
    }
    note
}

/// A note over this text, signed by the term's key.
fn signed(text: String) -> Note {
    let name = origin().to_string();
    let signature = key(TERM_KEY).sign(text.as_bytes()).0.to_vec();
    let key_id = key_id(&name, ED25519, &key(TERM_KEY).public().0);
    Note { text, signatures: vec![SignatureLine { name, key_id, signature }] }
}

fn input(name: &str, note: &[u8], folder: bool) -> Value {
    let text = String::from_utf8(note.to_vec());
    let note = text.map_or_else(|e| json!({"hex": hex(e.as_bytes())}), |text| json!({"note": text}));
    let case = json!({
        "name": name, "origin": origin().to_string(), "term_key": key(TERM_KEY).public().to_string(),
        "witnesses": WITNESSES.map(|n| key(n).public().to_string()), "folder": folder,
    });
    super::with(case, note)
}

fn good(name: &str, note: &Note, folder: bool, size: u64, cosigned: &[u8]) -> Value {
    let witnesses: Vec<String> = cosigned.iter().map(|n| key(*n).public().to_string()).collect();
    let outcome = json!({"size": size, "root": hex(&[0x5a; 32]), "cosigned": witnesses});
    super::with(input(name, &note.to_bytes(), folder), outcome)
}

fn bad(name: &str, error: &str, note: &[u8]) -> Value {
    super::with(input(name, note, true), json!({"error": error}))
}

pub fn checkpoints() -> VectorFile {
    let mut stranger = cosigned(7, 1_800_000_000);
    stranger.signatures.push(cosign(&stranger.text, "stranger.example", &key(63), 1_800_000_000));
    let mut renamed = note(7);
    renamed.signatures.push(cosign(&renamed.text, "other.example/name", &key(61), 1_800_000_000));
    let mut cases = vec![
        good("signed by the keeper", &note(7), true, 7, &[]),
        good("cosigned by both witnesses", &cosigned(7, 1_800_000_000), true, 7, &WITNESSES),
        good("a witness under another name", &renamed, true, 7, &[61]),
        good("the largest size", &note(u64::MAX), true, u64::MAX, &[]),
        good("a line by a stranger, let be outside a folder", &stranger, false, 7, &WITNESSES),
        bad("a line by a stranger in a folder", "UnknownSigner", &stranger.to_bytes()),
    ];
    cases.extend(malformed());
    cases.extend(badly_signed());
    VectorFile { name: "checkpoints.json", what: "Checkpoints of one term, cosigned or not", cases }
}

fn malformed() -> Vec<Value> {
    let (origin, root) = (origin().to_string(), STANDARD.encode([0x5a; 32]));
    let text = |name: &str, error: &str, text: String| bad(name, error, &signed(text).to_bytes());
    let whole = String::from_utf8(note(7).to_bytes()).expect("text");
    let raw = |name: &str, bytes: &str| bad(name, "MalformedCheckpoint", bytes.as_bytes());
    let loose = {
        // The last digit of a root's base64 holds two bits that are no part of it.
        let mut loose = root.clone().into_bytes();
        let last = loose.len() - 2;
        loose[last] += 1;
        String::from_utf8(loose).expect("text")
    };
    let many = |count: usize| {
        let mut note = note(7);
        while note.signatures.len() < count {
            note.signatures.push(cosign(
                &note.text,
                &witness_name(&key(61).public()),
                &key(61),
                1_800_000_000,
            ));
        }
        note
    };
    vec![
        text("a size with a leading zero", "MalformedCheckpoint", format!("{origin}\n07\n{root}\n")),
        text("a size with a sign", "MalformedCheckpoint", format!("{origin}\n+7\n{root}\n")),
        text("a size over 2^64", "MalformedCheckpoint", format!("{origin}\n18446744073709551616\n{root}\n")),
        text("no size", "MalformedCheckpoint", format!("{origin}\n\n{root}\n")),
        text("a fourth line", "MalformedCheckpoint", format!("{origin}\n7\n{root}\nmore\n")),
        text("two lines", "MalformedCheckpoint", format!("{origin}\n7\n")),
        text("a short root", "MalformedCheckpoint", format!("{origin}\n7\n{}\n", STANDARD.encode([1; 31]))),
        text("a root with unused bits set", "MalformedCheckpoint", format!("{origin}\n7\n{loose}\n")),
        text("a root without padding", "MalformedCheckpoint", format!("{origin}\n7\n{}\n", &root[..43])),
        raw("no bytes", ""),
        raw("no signatures", &format!("{origin}\n7\n{root}\n")),
        raw("no signatures after the empty line", &format!("{origin}\n7\n{root}\n\n")),
        raw("no newline at the end", whole.trim_end()),
        raw("an empty line at the end", &format!("{whole}\n")),
        raw("a hyphen for the dash", &whole.replace('—', "-")),
        raw("two spaces", &whole.replace("— ", "—  ")),
        raw("a carriage return", &whole.replace("\n7\n", "\r\n7\n")),
        raw("a signature line without a name", &whole.replace(&format!("— {origin}"), "— ")),
        raw("a name with a plus", &whole.replace(&format!("— {origin}"), "— a+b")),
        bad("not UTF-8", "MalformedCheckpoint", &[b"\xff", whole.as_bytes()].concat()),
        bad("65 signature lines", "MalformedCheckpoint", &many(65).to_bytes()),
        text("another log", "WrongOrigin", format!("example.com/log\n7\n{root}\n")),
        text("another term", "WrongOrigin", format!("lifeboat/{}/1.3\n7\n{root}\n", CellId([0xab; 32]))),
        text("another cell", "WrongOrigin", format!("lifeboat/{}/1.2\n7\n{root}\n", CellId([0xac; 32]))),
        text(
            "a term with a leading zero",
            "WrongOrigin",
            format!("lifeboat/{}/1.02\n7\n{root}\n", CellId([0xab; 32])),
        ),
        text("a cell in capitals", "WrongOrigin", format!("{}\n7\n{root}\n", origin.replace("ab", "AB"))),
    ]
}

fn badly_signed() -> Vec<Value> {
    let error = "BadCheckpointSignature";
    let case = |name: &str, error: &str, note: &Note| bad(name, error, &note.to_bytes());
    let with_line = |mut note: Note, line: SignatureLine| {
        note.signatures.push(line);
        note
    };
    let mut changed = note(7);
    changed.signatures[0].signature[5] ^= 1;
    let mut short = note(7);
    short.signatures[0].signature.pop();
    let mut other_text = note(7);
    other_text.text = note(8).text;
    let mut cosigner_changed = cosigned(7, 1_800_000_000);
    cosigner_changed.signatures[2].signature[30] ^= 1;
    let mut other_time = cosigned(7, 1_800_000_000);
    other_time.signatures[1].signature[7] ^= 1;
    let mut unsigned = cosigned(7, 1_800_000_000);
    unsigned.signatures.remove(0);
    let name = origin().to_string();
    let stranger = SignatureLine {
        key_id: key_id(&name, ED25519, &key(64).public().0),
        signature: key(64).sign(note(7).text.as_bytes()).0.to_vec(),
        name: name.clone(),
    };
    let mut only_stranger = note(7);
    only_stranger.signatures = vec![stranger.clone()];
    let mut cut = cosign(&note(7).text, "w", &key(61), 1_800_000_000);
    cut.signature.truncate(7);
    let mut plain = cut.clone();
    plain.signature = key(61).sign(note(7).text.as_bytes()).0.to_vec();
    let as_keeper = SignatureLine {
        key_id: key_id(&name, COSIGNATURE, &key(TERM_KEY).public().0),
        ..cosign(&note(7).text, &name, &key(TERM_KEY), 1_800_000_000)
    };
    vec![
        case("the keeper's signature changed", error, &changed),
        case("the keeper's signature cut", error, &short),
        case("the keeper's signature of another size", error, &other_text),
        case("a witness's signature changed", error, &cosigner_changed),
        case("a witness's time changed", error, &other_time),
        case("a witness's time of zero", error, &cosigned(7, 0)),
        case("a witness's time over 2^63", error, &cosigned(7, 1 << 63)),
        case("a witness's signature cut", error, &with_line(note(7), cut)),
        case("a witness's plain signature as a cosignature", error, &with_line(note(7), plain)),
        case("cosigned and not signed", "MissingSignature", &unsigned),
        case("signed by another key alone, in a folder", "UnknownSigner", &only_stranger),
        case("the keeper's own cosignature, in a folder", "UnknownSigner", &with_line(note(7), as_keeper)),
        super::with(
            input("signed by another key alone", &only_stranger.to_bytes(), false),
            json!({"error": "MissingSignature"}),
        ),
    ]
}

/// The proof of record `index` of the newest term of a log.
fn proof(log: &Growing, index: u64) -> Proof {
    let size = log.tree.size();
    let start = log.records.len() - size as usize;
    let mut tree = lifeboat_log::tree::Frontier::default();
    let mut nodes = HashMap::new();
    for record in &log.records[start..] {
        tree.push_with(leaf_hash(record), |level, index, hash| {
            nodes.insert((level, index), hash);
        });
    }
    let node = |level, index| Ok::<TreeHash, std::convert::Infallible>(nodes[&(level, index)]);
    let Ok(hashes) = inclusion_proof(index, size, node);
    let record = log.records[start + index as usize].clone();
    Proof { record, index, hashes, checkpoint: log.checkpoint(&[]) }
}

pub fn proofs() -> VectorFile {
    let log = Growing::new(7);
    let later = three_terms();
    let input = |name: &str, log: &Growing, file: &[u8]| {
        let file = std::str::from_utf8(file).expect("text");
        let origin = Origin { cell: log.cell, term: log.term }.to_string();
        let term_key = log.term_key.public().to_string();
        json!({"name": name, "origin": origin, "term_key": term_key, "witnesses": [], "file": file})
    };
    let good = |name: &str, log: &Growing, index: u64| {
        let proof = proof(log, index);
        let position = log.records.len() as u64 - log.tree.size() + index;
        let entry = hex(&blake3::derive_key("lifeboat/entry-id/v1", &proof.record[85..]));
        super::with(input(name, log, &proof.to_bytes()), json!({"entry": entry, "position": position}))
    };
    let bad = |name: &str, error: &str, log: &Growing, file: &[u8]| {
        super::with(input(name, log, file), json!({"error": error}))
    };
    let changed = |name: &str, error: &str, change: fn(&mut Proof)| {
        let mut proof = proof(&log, 3);
        change(&mut proof);
        bad(name, error, &log, &proof.to_bytes())
    };
    let whole = String::from_utf8(proof(&log, 3).to_bytes()).expect("text");
    let raw = |name: &str, file: String| bad(name, "MalformedProof", &log, file.as_bytes());
    let mut invalid = Growing::new(2);
    let mut record = invalid.records[1].clone();
    record.push(0);
    invalid.tree.push(leaf_hash(&record));
    invalid.records.push(record);
    let mut foreign = Growing::new(2);
    let entry = lifeboat_log::testing::draft(&key(1), CellId([1; 32]), 60, lifeboat_log::testing::TEST_KIND);
    foreign.place(entry.sign(&key(1)).expect("valid"), |_| {});
    let mut misplaced = Growing::new(2);
    misplaced.place(misplaced.entry(60), |link| link.term = Term::new(0, 1));
    let mut cases = vec![
        good("a record in the middle", &log, 3),
        good("the founding", &log, 0),
        good("the only record of its log", &Growing::new(1), 0),
        good("a record of a later term", &later, 1),
        changed("a hash changed", "NotIncluded", |p| p.hashes[0].0[0] ^= 1),
        changed("a hash less", "NotIncluded", |p| p.hashes.truncate(p.hashes.len() - 1)),
        changed("a hash more", "NotIncluded", |p| p.hashes.push(TreeHash::ZERO)),
        changed("another index", "NotIncluded", |p| p.index = 2),
        changed("an index outside the tree", "NotIncluded", |p| p.index = 7),
        changed("another record", "NotIncluded", |p| p.record[200] ^= 1),
        changed("a checkpoint cut", "MalformedCheckpoint", |p| p.checkpoint.truncate(p.checkpoint.len() - 1)),
        changed("64 hashes", "MalformedProof", |p| p.hashes = vec![TreeHash::ZERO; 64]),
        bad("the checkpoint of another term", "WrongOrigin", &log, &proof(&later, 1).to_bytes()),
        bad(
            "an invalid record that the keeper placed",
            "WrongEntry",
            &invalid,
            &proof(&invalid, 2).to_bytes(),
        ),
        bad(
            "a record of another cell that the keeper placed",
            "WrongCell",
            &foreign,
            &proof(&foreign, 2).to_bytes(),
        ),
        bad(
            "a record of another term that the keeper placed",
            "WrongTerm",
            &misplaced,
            &proof(&misplaced, 2).to_bytes(),
        ),
    ];
    cases.extend([
        raw("no bytes", String::new()),
        raw("another version", whole.replace("@v1", "@v2")),
        raw("no record", whole.replacen("extra ", "", 1)),
        raw("an index with a leading zero", whole.replace("index 3", "index 03")),
        raw("an index with a sign", whole.replace("index 3", "index +3")),
        raw("no index", whole.replace("index 3\n", "")),
        raw("a carriage return", whole.replace("index 3\n", "index 3\r\n")),
        raw("no empty line", whole.replace("\n\n", "\n")),
    ]);
    VectorFile { name: "proofs.json", what: "Proof files (receipts)", cases }
}
