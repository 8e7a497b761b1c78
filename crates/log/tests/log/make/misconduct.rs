//! Vectors of misconduct files: each form, and what looks like one and proves nothing.

use super::terms::{card, cosigned, founding, leaves, proof, whole};
use super::{Growing, VectorFile, flipped, hex, key, patched, with};
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::misconduct::{Note, Placed};
use lifeboat_log::testing::{TestLog, draft};
use lifeboat_log::tree::leaf_hash;
use lifeboat_log::{CellId, Charge, Link, LinkHash, Misconduct, Position, Term, TermProof, Time, TreeHash};
use serde_json::{Value, json};

/// A log and its other branch, which parts from it after `common` records of the term.
fn forked(common: u64, size: u64, other: u64) -> (Growing, Growing) {
    let log = Growing::new(common);
    let (mut one, mut two) = (log.clone(), log);
    (common..size).for_each(|n| one.place(one.entry(100 + n), |_| {}));
    (common..other).for_each(|n| two.place(two.entry(200 + n), |_| {}));
    (one, two)
}

fn note(bytes: Vec<u8>) -> Note {
    Bytes::new(bytes).expect("short")
}

/// The charge of two branches of other sizes.
fn prefix(older: &Growing, newer: &Growing) -> Charge {
    let leaves = leaves(newer);
    let (old, size) = (older.tree.size(), newer.tree.size());
    Charge::Prefix {
        older: note(older.checkpoint(&[])),
        newer: note(newer.checkpoint(&[])),
        root: leaves.root(old),
        proof: List::new(leaves.consistency(old, size)).expect("few"),
    }
}

/// The charge of two branches of one size.
fn same(one: &Growing, other: &Growing, cosigners: &[u8]) -> Charge {
    let (one, other) = if one.tree.root() < other.tree.root() { (one, other) } else { (other, one) };
    Charge::SameSize { one: note(one.checkpoint(cosigners)), other: note(other.checkpoint(cosigners)) }
}

fn placed(log: &Growing, index: u64) -> Placed {
    let proof = proof(log, index, &[]);
    let record = Bytes::new(proof.record).expect("short");
    Placed { index, record, hashes: List::new(proof.hashes).expect("few") }
}

fn record(log: &Growing, index: u64) -> Charge {
    Charge::Record { checkpoint: note(log.checkpoint(&[])), placed: placed(log, index) }
}

fn neighbours(log: &Growing, index: u64) -> Charge {
    let (first, second) = (placed(log, index - 1), placed(log, index));
    Charge::Neighbours { checkpoint: note(log.checkpoint(&[])), first, second }
}

fn file(log: &Growing, terms: Option<TermProof>, charge: Charge) -> Misconduct {
    Misconduct { cell: log.cell, term: log.term, term_key: log.term_key.public(), terms, charge }
}

fn founded(log: &Growing, charge: Charge) -> Misconduct {
    file(log, Some(founding(log)), charge)
}

fn good(name: &str, file: &Misconduct, fault: &str, before: u64, belief: Value) -> Value {
    json!({"name": name, "hex": hex(&file.to_bytes()), "fault": fault, "before": before, "belief": belief, "with": []})
}

pub fn misconduct() -> VectorFile {
    let mut cases = two_logs();
    cases.extend(witnessed());
    cases.extend(bad_records());
    cases.extend(bad_links());
    cases.extend(nothing_proven());
    cases.extend(badly_made());
    VectorFile { name: "misconduct.json", what: "Misconduct files", cases }
}

fn two_logs() -> Vec<Value> {
    let named = |name: &str, log: &Growing, charge: Charge, fault: &str, before: u64| {
        good(name, &founded(log, charge), fault, before, json!("Named"))
    };
    let mut cases = Vec::new();
    let (one, two) = forked(5, 9, 9);
    cases.push(named("two logs of one size", &one, same(&one, &two, &[]), "TwoLogs 9", 8));
    let alone = file(&one, None, same(&one, &two, &[]));
    cases.push(good("and nothing that names the key", &alone, "TwoLogs 9", 8, json!(null)));
    let known = card(&one, Term::FIRST, one.term_key.public(), &[], 0);
    let carded = good("and a card that names the key", &alone, "TwoLogs 9", 8, json!("Named"));
    cases.push(with(carded, json!({"card": known})));
    for (common, old, new) in [(2, 4, 9), (5, 8, 9), (5, 7, 13), (1, 2, 3), (5, 6, 8), (3, 5, 16)] {
        let (older, newer) = forked(common, old, new);
        let name = format!("a log of {old} rewritten into one of {new}");
        cases.push(named(&name, &older, prefix(&older, &newer), &format!("Rewrote {old} {new}"), old - 1));
    }
    let (mut empty, newer) = forked(3, 3, 6);
    empty.tree = Default::default();
    let Charge::Prefix { newer: note_of_newer, .. } = prefix(&empty, &newer) else { return cases };
    let lie = lifeboat_log::Checkpoint {
        origin: lifeboat_log::Origin { cell: newer.cell, term: newer.term },
        size: 0,
        root: TreeHash([9; 32]),
    };
    let charge = Charge::Prefix {
        older: note(lie.sign(&newer.term_key).to_bytes()),
        newer: note_of_newer,
        root: lifeboat_log::tree::empty_root(),
        proof: List::default(),
    };
    cases.push(named("a log without records that has some root", &newer, charge, "Rewrote 0 6", 0));
    cases
}

/// In a term with witnesses: who cosigned both logs is named.
fn witnessed() -> Vec<Value> {
    let mut log = Growing::new(4);
    let mut keys = vec![key(30).public(), key(31).public()];
    keys.sort();
    let keys = List::new(keys).expect("few");
    log.open(Term::new(0, 1), |o| (o.witnesses, o.quorum) = (keys, 2), |_| {});
    let (mut one, mut two) = (log.clone(), log);
    one.place(one.entry(100), |_| {});
    two.place(two.entry(200), |_| {});
    let Charge::SameSize { one: first, other } = same(&one, &two, &[30]) else { return Vec::new() };
    let charge = Charge::SameSize { one: note(cosigned(&first, 31)), other };
    let whole = file(&one, Some(whole(&one, &[])), charge.clone());
    let with_it = json!({"with": [key(30).public().to_string()]});
    let handed = good(
        "two logs of a later term, which one witness cosigned",
        &whole,
        "TwoLogs 2",
        1,
        json!("HandedOver"),
    );
    let alone = file(&one, None, charge);
    vec![
        with(handed, with_it),
        good("and nothing that names key or witnesses", &alone, "TwoLogs 2", 1, json!(null)),
    ]
}

fn bad_records() -> Vec<Value> {
    let of = |name: &str, error: &str, log: &Growing, index: u64| {
        let fault = format!("BadRecord {index} {error}");
        good(name, &founded(log, record(log, index)), &fault, index, json!("Named"))
    };
    let forged = |name: &str, error: &str, at: usize| {
        // The entry is changed, and the link names it as it is now.
        let mut log = Growing::new(5);
        let mut bytes = flipped(&log.records[4], at);
        let id = lifeboat_log::entry::id_of(&bytes[85..]);
        bytes[53..85].copy_from_slice(&id.0);
        log.tree = Growing::new(4).tree;
        log.tree.push(leaf_hash(&bytes));
        log.records[4] = bytes;
        log.place(log.entry(60), |_| {});
        of(name, error, &log, 4)
    };
    let linked = |name: &str, error: &str, change: fn(&mut Link)| {
        let mut log = Growing::new(3);
        log.place(log.entry(50), change);
        log.place(log.entry(51), |_| {});
        of(name, error, &log, 3)
    };
    let mut cut = Growing::new(3);
    let bytes = cut.records[2][..60].to_vec();
    cut.tree.push(leaf_hash(&bytes));
    cut.records.push(bytes);
    let mut foreign = Growing::new(2);
    let entry = draft(&key(1), CellId([1; 32]), 60, lifeboat_log::testing::TEST_KIND);
    foreign.place(entry.sign(&key(1)).expect("valid"), |_| {});
    let mut refounded = Growing::new(3);
    refounded.place(TestLog::found(10).1.entry().clone(), |_| {});
    let mut opened = Growing::new(3);
    opened.open(Term::new(0, 1), |_| {}, |_| {});
    let opening = opened.records.pop().expect("the opening");
    let entry = lifeboat_log::SignedEntry::verify(opening[85..].to_vec(), &mut Default::default());
    let mut nested = Growing::new(3);
    nested.place(entry.expect("valid"), |_| {});
    vec![
        forged("an entry of a member altered", "BadSignature", 85 + 200),
        linked("a place left out", "WrongPosition", |link| link.position = Position(4)),
        linked("a record of another term", "WrongTerm", |link| link.term = Term::new(1, 0)),
        of("a record that is cut", "Truncated", &cut, 3),
        of("an entry for another cell", "WrongCell", &foreign, 2),
        of("a second founding", "WrongCell", &refounded, 3),
        of("a term that opens in the middle of another", "BadBase", &nested, 3),
    ]
}

fn bad_links() -> Vec<Value> {
    let of = |name: &str, error: &str, change: fn(&mut Link)| {
        let mut log = Growing::new(4);
        log.place(log.entry(50), change);
        log.place(log.entry(51), |_| {});
        let fault = format!("BadLink 4 {error}");
        good(name, &founded(&log, neighbours(&log, 4)), &fault, 4, json!("Named"))
    };
    let mut dropped = Growing::new(6);
    dropped.records.remove(3);
    dropped.tree = Default::default();
    dropped.records.iter().for_each(|record| dropped.tree.push(leaf_hash(record)));
    let mut swapped = Growing::new(6);
    swapped.records.swap(3, 4);
    swapped.tree = Default::default();
    swapped.records.iter().for_each(|record| swapped.tree.push(leaf_hash(record)));
    vec![
        of("time that runs back", "TimeRunsBack", |link| {
            link.time = Time::from_ms(lifeboat_log::testing::START_MS);
        }),
        of("another previous", "WrongPrevious", |link| link.previous = LinkHash([1; 32])),
        of("a place twice", "WrongPosition", |link| link.position = Position(3)),
        good(
            "an entry dropped",
            &founded(&dropped, neighbours(&dropped, 3)),
            "BadLink 3 WrongPosition",
            3,
            json!("Named"),
        ),
        good(
            "two records in the other order",
            &founded(&swapped, neighbours(&swapped, 3)),
            "BadLink 3 WrongPosition",
            3,
            json!("Named"),
        ),
    ]
}

/// What looks like misconduct and is none.
fn nothing_proven() -> Vec<Value> {
    let bad = |name: &str, log: &Growing, charge: Charge| {
        super::bad(name, "NoContradiction", &founded(log, charge).to_bytes())
    };
    let log = Growing::new(9);
    let (older, newer) = (Growing::new(5), Growing::new(9));
    let twice = note(log.checkpoint(&[]));
    let mut unknown = Growing::new(3);
    let mut bytes = unknown.records[2].clone();
    bytes[0] = 2;
    unknown.tree.push(leaf_hash(&bytes));
    unknown.records.push(bytes);
    let mut newer_entry = Growing::new(3);
    let mut bytes = newer_entry.records[2].clone();
    bytes[85] = 2;
    let id = lifeboat_log::entry::id_of(&bytes[85..]);
    bytes[53..85].copy_from_slice(&id.0);
    newer_entry.tree.push(leaf_hash(&bytes));
    newer_entry.records.push(bytes);
    let (first, last) = (placed(&log, 2), placed(&log, 4));
    let apart = Charge::Neighbours { checkpoint: twice.clone(), first, second: last };
    let (one, _) = forked(5, 9, 9);
    let Charge::Prefix { older: smaller, root, proof, .. } = prefix(&older, &newer) else {
        return Vec::new();
    };
    let turned = Charge::Prefix { older: twice.clone(), newer: smaller, root, proof };
    let one_of_two =
        Charge::SameSize { one: note(one.checkpoint(&[])), other: note(forked(5, 9, 8).1.checkpoint(&[])) };
    vec![
        bad("one checkpoint twice", &log, Charge::SameSize { one: twice.clone(), other: twice }),
        bad("two checkpoints of other sizes side by side", &one, one_of_two),
        bad("a log and its continuation", &log, prefix(&older, &newer)),
        bad("a continuation before its beginning", &log, turned),
        bad("a record that holds", &log, record(&log, 4)),
        bad("the founding", &log, record(&log, 0)),
        bad("a link of a newer format", &unknown, record(&unknown, 3)),
        bad("an entry of a newer format", &newer_entry, record(&newer_entry, 3)),
        bad("neighbours that chain", &log, neighbours(&log, 4)),
        bad("records that are no neighbours", &log, apart),
    ]
}

fn badly_made() -> Vec<Value> {
    let (one, two) = forked(5, 9, 9);
    let (older, newer) = forked(5, 8, 13);
    let bad = |name: &str, error: &str, file: &Misconduct| super::bad(name, error, &file.to_bytes());
    let whole = founded(&one, same(&one, &two, &[]));
    let bytes = whole.to_bytes();
    let changed = |name: &str, error: &str, change: &dyn Fn(&mut Misconduct)| {
        let mut file = whole.clone();
        change(&mut file);
        bad(name, error, &file)
    };
    let Charge::SameSize { one: first, other } = whole.charge.clone() else { return Vec::new() };
    let Charge::Prefix { older: small, newer: large, root, proof } = prefix(&older, &newer) else {
        return Vec::new();
    };
    let rewritten = |name: &str, error: &str, root: TreeHash, proof: Vec<TreeHash>| {
        let (older_note, newer_note) = (small.clone(), large.clone());
        let proof = List::new(proof).expect("few");
        bad(
            name,
            error,
            &founded(&older, Charge::Prefix { older: older_note, newer: newer_note, root, proof }),
        )
    };
    let mut stranger = card(&one, Term::FIRST, key(99).public(), &[], 0);
    stranger["quorum"] = json!(0);
    let mut moved = placed(&one, 3);
    moved.index = 4;
    let elsewhere = Charge::Record { checkpoint: note(one.checkpoint(&[])), placed: moved };
    let mut by_stranger = two.clone();
    by_stranger.term_key = key(99);
    vec![
        super::bad("no bytes", "NotMisconduct", &[]),
        super::bad("another version", "NotMisconduct", &patched(&bytes, 21, b"2")),
        super::bad("cut", "Truncated", &bytes[..bytes.len() - 1]),
        super::bad("a byte more", "TrailingBytes", &[&bytes[..], &[0]].concat()),
        with(super::bad("too long a file", "TooLong", &bytes), json!({"zeros": 163_840})),
        changed("the checkpoints in the other order", "NotCanonical", &|file| {
            file.charge = Charge::SameSize { one: other.clone(), other: first.clone() };
        }),
        changed("a checkpoint that another key signed", "MissingSignature", &|file| {
            file.charge = same(&one, &by_stranger, &[]);
        }),
        changed("a signature changed", "BadCheckpointSignature", &|file| {
            let forged = note(flipped(&first, first.len() - 20));
            file.charge = Charge::SameSize { one: forged, other: other.clone() };
        }),
        changed("openings that lead to another term", "WrongTerm", &|file| file.term = Term::new(0, 1)),
        changed("a checkpoint of another term", "WrongOrigin", &|file| {
            (file.term, file.terms) = (Term::new(0, 1), None);
        }),
        changed("another key than the founding's", "WrongKey", &|file| file.term_key = key(99).public()),
        changed("openings of another cell", "WrongCell", &|file| file.cell = CellId([7; 32])),
        with(
            changed("another key than the card's", "WrongKey", &|file| file.terms = None),
            json!({"card": stranger}),
        ),
        rewritten("a root that the hashes do not give", "NotIncluded", TreeHash([1; 32]), proof.to_vec()),
        rewritten("hashes that do not lead to the root", "NotIncluded", root, proof[1..].to_vec()),
        bad("a record at another place", "NotIncluded", &founded(&one, elsewhere)),
    ]
}
