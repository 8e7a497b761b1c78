//! Vectors of term proofs and slips.

use super::{Growing, VectorFile, flipped, hex, key, patched, three_terms, with};
use lifeboat_log::checkpoint::{cosign, witness_name};
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::note::Note;
use lifeboat_log::opening::Right;
use lifeboat_log::testing::Leaves;
use lifeboat_log::{KnownTerm, Opened, Origin, Proof, PublicKey, Slip, Term, TermProof};
use serde_json::{Value, json};

/// The witnesses of the second term of [`three_terms`].
const WITNESSES: [u8; 2] = [30, 31];

/// The places at which the terms of a log begin: where the links name another one than before.
fn starts(log: &Growing) -> Vec<usize> {
    let term = |at: usize| &log.records[at][1..5];
    (0..log.records.len()).filter(|at| *at == 0 || term(*at) != term(at - 1)).collect()
}

/// The leaves of a log's last term.
pub fn leaves(log: &Growing) -> Leaves {
    Leaves::of(&log.records[log.records.len() - log.tree.size() as usize..])
}

/// The whole way through the terms of a log, under a checkpoint of its last term by these witnesses.
pub fn whole(log: &Growing, cosigners: &[u8]) -> TermProof {
    let starts = starts(log);
    let ends = starts[1..].iter().copied().chain([log.records.len()]);
    let opened = starts.iter().zip(ends).map(|(start, end)| Opened {
        record: Bytes::new(log.records[*start].clone()).expect("short"),
        hashes: List::new(Leaves::of(&log.records[*start..end]).inclusion(0, (end - start) as u64))
            .expect("few"),
    });
    TermProof {
        cell: log.cell,
        openings: List::new(opened.collect()).expect("few"),
        checkpoint: Bytes::new(log.checkpoint(cosigners)).expect("short"),
    }
}

/// The way to a log's only term.
pub fn founding(log: &Growing) -> TermProof {
    let record = Bytes::new(log.records[0].clone()).expect("short");
    let openings = List::new(vec![Opened { record, hashes: List::default() }]).expect("one");
    TermProof { cell: log.cell, openings, checkpoint: Bytes::default() }
}

/// What a card says of a term.
pub fn card(log: &Growing, term: Term, term_key: PublicKey, witnesses: &[u8], quorum: u16) -> Value {
    let mut keys: Vec<String> = witnesses.iter().map(|n| key(*n).public().to_string()).collect();
    keys.sort();
    let origin = Origin { cell: log.cell, term }.to_string();
    json!({"origin": origin, "term_key": term_key.to_string(), "witnesses": keys, "quorum": quorum})
}

/// A log of three terms whose second has witnesses; the last began by takeover, or by handover.
fn logs() -> (Growing, Growing) {
    let mut handed = Growing::new(3);
    handed.open(Term::new(0, 1), |_| {}, |_| {});
    handed.place(handed.entry(300), |_| {});
    (three_terms(), handed)
}

fn case(name: &str, proof: &TermProof, card: Option<&Value>) -> Value {
    let mut case = json!({"name": name, "hex": hex(&proof.to_bytes())});
    if let Some(card) = card {
        case = with(case, json!({"card": card}));
    }
    case
}

/// The whole way, whose last opening stands under no checkpoint.
fn unbound(log: &Growing) -> TermProof {
    let mut unbound = whole(log, &[]);
    unbound.checkpoint = Bytes::default();
    let mut shortened: Vec<Opened> = unbound.openings.to_vec();
    shortened[2].hashes = List::default();
    unbound.openings = List::new(shortened).expect("few");
    unbound
}

pub fn terms() -> VectorFile {
    let (log, handed) = logs();
    let good = |name: &str, proof: &TermProof, card: Option<&Value>, terms: Value| {
        with(case(name, proof, card), json!({"terms": terms}))
    };
    let first = Growing::new(3);
    let mut from_second = whole(&log, &WITNESSES);
    from_second.openings = List::new(from_second.openings[1..].to_vec()).expect("few");
    let mut last = from_second.clone();
    last.openings = List::new(last.openings[1..].to_vec()).expect("few");
    let founder = card(&log, Term::FIRST, Growing::new(1).term_key.public(), &[], 0);
    let third = card(&log, Term::new(2, 0), log.term_key.public(), &[], 0);
    let second = card(&log, Term::new(0, 1), log.term_key.public(), &WITNESSES, 2);
    let unbound = unbound(&log);
    let (by_id, by_hand) = (json!(["0.0", "Named", null]), json!(["0.1", "HandedOver", 5]));
    let mut cases = vec![
        good("a founding alone", &founding(&first), None, json!([["0.0", "Named", null]])),
        good(
            "a handover in a cell without witnesses",
            &whole(&handed, &[]),
            None,
            json!([["0.0", "Named", null], ["0.1", "HandedOver", 3]]),
        ),
        good(
            "a takeover that both witnesses cosigned",
            &whole(&log, &WITNESSES),
            None,
            json!([by_id, by_hand, ["2.0", "HandedOver", 4]]),
        ),
        good(
            "a takeover that one of two witnesses cosigned",
            &whole(&log, &[30]),
            None,
            json!([by_id, by_hand, ["2.0", "NeedsLog", 4]]),
        ),
        good(
            "from the card of the first term on",
            &from_second,
            Some(&founder),
            json!([by_hand, ["2.0", "HandedOver", 4]]),
        ),
        good(
            "on from the card of a term with witnesses",
            &last,
            Some(&second),
            json!([["2.0", "Witnessed", 4]]),
        ),
        good(
            "back from the card of the last term",
            &whole(&log, &[]),
            Some(&third),
            json!([by_id, ["0.1", "Named", 5], ["2.0", "Named", 4]]),
        ),
        good(
            "back from the card, without the founding",
            &from_second,
            Some(&third),
            json!([["0.1", "Named", 5], ["2.0", "Named", 4]]),
        ),
        good(
            "a card whose key has signed no checkpoint there",
            &unbound,
            Some(&third),
            json!([by_id, by_hand, ["2.0", "Named", null]]),
        ),
        good("the card's own term", &last, Some(&third), json!([["2.0", "Named", 4]])),
    ];
    cases.extend(bad_terms(&log, &from_second, &founder, &third));
    VectorFile { name: "terms.json", what: "Term proofs", cases }
}

fn bad_terms(log: &Growing, from_second: &TermProof, founder: &Value, third: &Value) -> Vec<Value> {
    let bad = |name: &str, error: &str, proof: &TermProof, card: Option<&Value>| {
        with(case(name, proof, card), json!({"error": error}))
    };
    let changed = |name: &str, error: &str, change: &dyn Fn(&mut TermProof, &mut Vec<Opened>)| {
        let mut proof = whole(log, &WITNESSES);
        let mut openings = proof.openings.to_vec();
        change(&mut proof, &mut openings);
        proof.openings = List::new(openings).expect("few");
        bad(name, error, &proof, None)
    };
    let raw = |name: &str, error: &str, file: &[u8]| super::bad(name, error, file);
    let bytes = whole(log, &WITNESSES).to_bytes();
    let (mut stranger, other) = (third.clone(), Growing::new(3));
    stranger["term_key"] = json!(key(99).public().to_string());
    let mut elsewhere = founder.clone();
    elsewhere["origin"] = json!(format!("lifeboat/{}/0.0", hex(&[7; 32])));
    let mut unsigned = Growing::new(4);
    unsigned.open(Term::new(0, 1), |_| {}, |o| o.right = Right::Handover(lifeboat_log::Signature([0; 64])));
    let mut based = Growing::new(4);
    based.open(
        Term::new(0, 1),
        |o| {
            if let Some(base) = &mut o.base {
                base.checkpoint = Bytes::new(flipped(&base.checkpoint, 100)).expect("short");
            }
        },
        |_| {},
    );
    let bad_note = |note: &[u8]| Bytes::new(flipped(note, note.len() - 10)).expect("short");
    vec![
        raw("no bytes", "NotATermProof", &[]),
        raw("another version", "NotATermProof", &patched(&bytes, 16, b"2")),
        raw("cut", "Truncated", &bytes[..bytes.len() - 1]),
        raw("a byte more", "TrailingBytes", &[&bytes[..], &[0]].concat()),
        raw("257 openings", "TooLong", &patched(&bytes, 18 + 32, &257u64.to_le_bytes())),
        changed("no openings", "NoStart", &|_, openings| openings.clear()),
        changed("a takeover's base cannot stand for the term before", "WrongTerm", &|_, o| o.swap(1, 2)),
        changed("the same opening twice", "WrongTerm", &|_, o| o.insert(1, o[0].clone())),
        changed("a record that opens no term", "WrongTerm", &|_, o| {
            o[0].record = Bytes::new(log.records[1].clone()).expect("short");
        }),
        changed("a bit of a record changed", "WrongEntry", &|_, o| {
            o[1].record = Bytes::new(flipped(&o[1].record, 300)).expect("short");
        }),
        changed("of another cell", "WrongCell", &|proof, _| proof.cell = lifeboat_log::CellId([7; 32])),
        changed("the path of an opening is cut", "NotIncluded", &|_, o| o[1].hashes = List::default()),
        changed("a path without a checkpoint", "NotIncluded", &|proof, _| {
            proof.checkpoint = Bytes::default()
        }),
        changed("the checkpoint of another term", "WrongOrigin", &|proof, _| {
            proof.checkpoint = Bytes::new(other.checkpoint(&[])).expect("short");
        }),
        changed("a witness's signature changed", "BadCheckpointSignature", &|proof, _| {
            proof.checkpoint = bad_note(&proof.checkpoint);
        }),
        bad("a handover that was not signed", "BadBase", &whole(&unsigned, &[]), None),
        bad("a base that its keeper did not sign", "MissingSignature", &whole(&resigned(), &[]), None),
        bad("a base that was altered", "BadCheckpointSignature", &whole(&based, &[]), None),
        bad("without the founding and without a card", "NoStart", from_second, None),
        bad("a card of another cell", "WrongCell", &whole(log, &[]), Some(&elsewhere)),
        bad("a card with another key for the same term", "WrongKey", &whole(log, &[]), Some(&stranger)),
    ]
}

/// A log whose second term goes on from a checkpoint that another key signed.
fn resigned() -> Growing {
    let mut log = Growing::new(4);
    log.term_key = key(98);
    log.open(Term::new(0, 1), |_| {}, |_| {});
    log
}

/// The proof of a record of a log's last term.
pub fn proof(log: &Growing, index: u64, cosigners: &[u8]) -> Proof {
    let start = log.records.len() - log.tree.size() as usize;
    let record = log.records[start + index as usize].clone();
    let hashes = leaves(log).inclusion(index, log.tree.size());
    Proof { record, index, hashes, checkpoint: log.checkpoint(cosigners) }
}

pub fn slips() -> VectorFile {
    let log = Growing::new(7);
    let later = three_terms();
    let slip =
        |log: &Growing, index| Slip::of(&proof(log, index, &[]), &log.term_key.public()).expect("signed");
    let input = |name: &str, text: &str, log: &Growing| json!({"name": name, "text": text, "term_key": log.term_key.public().to_string()});
    let good = |name: &str, log: &Growing, index: u64| {
        let slip = slip(log, index);
        let position = log.records.len() as u64 - log.tree.size() + index;
        let entry = hex(&blake3::derive_key("lifeboat/entry-id/v1", &slip.record[85..]));
        let root = log.tree.root().to_string();
        with(input(name, &slip.to_text(), log), json!({"entry": entry, "position": position, "root": root}))
    };
    let bad = |name: &str, error: &str, text: &str| with(input(name, text, &log), json!({"error": error}));
    let changed = |name: &str, error: &str, change: fn(&mut Slip)| {
        let mut slip = slip(&log, 3);
        change(&mut slip);
        bad(name, error, &slip.to_text())
    };
    let text = slip(&log, 3).to_text();
    let other = if text.as_bytes()[100] == b'Q' { "R" } else { "Q" };
    let misread = format!("{}{other}{}", &text[..100], &text[101..]);
    let broken: String =
        text.as_bytes().chunks(60).map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect();
    let mut whole = with(good("broken over lines, as a printer does", &log, 3), json!({"text": broken}));
    whole["name"] = json!("broken over lines, as a printer does");
    let cases = vec![
        good("a record in the middle", &log, 3),
        good("the founding", &log, 0),
        good("the only record of its log", &Growing::new(1), 0),
        good("a record of a later term", &later, 1),
        whole,
        bad("no text", "NotASlip", ""),
        bad("small letters", "NotASlip", &text.to_lowercase()),
        bad("a letter misread", "NotWhole", &misread),
        bad("cut", "NotWhole", &text[..text.len() - 3]),
        bad("a digit that is no letter of it", "NotWhole", &format!("{text}1")),
        bad("too long", "TooLong", &format!("{text}{}", "A".repeat(4296))),
        changed("another signature", "BadCheckpointSignature", |s| s.signature.0[7] ^= 1),
        changed("another size", "BadCheckpointSignature", |s| s.size = 8),
        changed("a hash changed", "BadCheckpointSignature", |s| {
            s.hashes = List::new(vec![lifeboat_log::TreeHash::ZERO; 3]).expect("few")
        }),
        changed("a hash less", "NotIncluded", |s| s.hashes = List::new(s.hashes[1..].to_vec()).expect("few")),
        changed("an index outside the tree", "NotIncluded", |s| s.index = 7),
        changed("a record that is cut", "Truncated", |s| {
            s.record = Bytes::new(s.record[..100].to_vec()).expect("short")
        }),
    ];
    VectorFile { name: "slips.json", what: "Slips: proofs for a QR code", cases }
}

/// What a case's card says.
pub fn read_card(case: &Value) -> Option<KnownTerm> {
    let card = case.get("card")?;
    let (origin, signers) = crate::vectors::signers(card);
    let quorum = card["quorum"].as_u64()? as u16;
    Some(KnownTerm { origin, term_key: signers.term_key, witnesses: signers.witnesses, quorum })
}

/// The note of a checkpoint with one more line, by a witness.
pub fn cosigned(note: &[u8], n: u8) -> Vec<u8> {
    let mut note = Note::parse(note).expect("a note");
    let line = cosign(&note.text, &witness_name(&key(n).public()), &key(n), 1_800_000_000);
    note.signatures.push(line);
    note.to_bytes()
}
