//! The frozen vectors of ring signatures, `docs/vectors/rings.json`: made anew when the environment holds
//! `LIFEBOAT_WRITE_VECTORS`, and read and asserted otherwise. `examples/verify/verify.py` reads them too.

use lifeboat_commons::ballots::{SecretBallot, ring_of};
use lifeboat_commons::ring::{BadRing, Image, Response, RingKey, RingSecret};
use lifeboat_log::codec::{List, encode};
use lifeboat_log::{CellId, EntryId};
use serde_json::{Value, json};
use std::path::PathBuf;

const CELL: CellId = CellId([0xce; 32]);
const POLL: EntryId = EntryId([0xb0; 32]);
/// The order of the group: the smallest number that is no scalar in its proper form.
const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors/rings.json")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(value: &Value) -> [u8; N] {
    let text = value.as_str().unwrap();
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect::<Vec<_>>().try_into().unwrap()
}

fn secrets(size: u8) -> (Vec<RingSecret>, Vec<RingKey>) {
    let secrets: Vec<RingSecret> = (1..=size).map(|n| RingSecret::from_seed(&[n; 32])).collect();
    let mut keys: Vec<RingKey> = secrets.iter().map(RingSecret::public).collect();
    keys.sort_unstable();
    (secrets, keys)
}

fn case(name: &str, size: u8, who: usize, marks: &[u16]) -> Value {
    let (secrets, keys) = secrets(size);
    let ring = ring_of(CELL, POLL, &keys).unwrap();
    let marks = List::new(marks.to_vec()).unwrap();
    let ballot = SecretBallot::sign(&ring, &secrets[who], marks, &[who as u8; 32]).unwrap();
    json!({
        "name": name, "cell": CELL.to_string(), "poll": POLL.to_string(),
        "keys": keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "marks": hex(&encode(&ballot.marks)), "image": ballot.image.to_string(),
        "challenge": ballot.challenge.to_string(),
        "responses": ballot.responses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "ring": hex(&ring.hash()),
    })
}

/// A good case, changed, and the name of its error.
fn bad(name: &str, error: BadRing, change: impl FnOnce(&mut Value)) -> Value {
    let mut case = case(name, 3, 0, &[1]);
    change(&mut case);
    let fields = case.as_object_mut().unwrap();
    fields.remove("ring");
    fields.insert("error".into(), error.name().into());
    case
}

fn cases() -> Vec<Value> {
    let identity = hex(&[0; 32]);
    let no_point = hex(&[0xff; 32]);
    vec![
        case("two, the first votes", 2, 0, &[0]),
        case("two, the second votes the same", 2, 1, &[0]),
        case("seven, nothing marked", 7, 3, &[]),
        case("three, several marked", 3, 2, &[0, 4]),
        bad("another poll", BadRing::BadSignature, |case| case["poll"] = hex(&[0xb1; 32]).into()),
        bad("another cell", BadRing::BadSignature, |case| case["cell"] = hex(&[0xcf; 32]).into()),
        bad("other marks", BadRing::BadSignature, |case| {
            case["marks"] = hex(&encode(&List::<u16, 4>::new(vec![2]).unwrap())).into();
        }),
        bad("another ring of the same size", BadRing::BadSignature, |case| {
            let mut keys = secrets(4).1;
            keys.remove(0);
            case["keys"] = keys.iter().map(ToString::to_string).collect::<Vec<_>>().into();
        }),
        bad("a larger ring", BadRing::BadForm, |case| {
            case["keys"] = secrets(4).1.iter().map(ToString::to_string).collect::<Vec<_>>().into();
        }),
        bad("a key twice", BadRing::BadKeys, |case| case["keys"][1] = case["keys"][0].clone()),
        bad("one key", BadRing::BadKeys, |case| case["keys"] = vec![case["keys"][0].clone()].into()),
        bad("a key that is nothing", BadRing::NotAKey, |case| case["keys"][0] = identity.clone().into()),
        bad("a key that is no point", BadRing::NotAKey, |case| case["keys"][2] = no_point.clone().into()),
        bad("an image that is nothing", BadRing::BadImage, |case| case["image"] = identity.clone().into()),
        bad("an image that is no point", BadRing::BadImage, |case| case["image"] = no_point.clone().into()),
        bad("the image of another", BadRing::BadSignature, |case| case["image"] = case["keys"][0].clone()),
        bad("a challenge not in its proper form", BadRing::BadForm, |case| case["challenge"] = ORDER.into()),
        bad("a response not in its proper form", BadRing::BadForm, |case| {
            case["responses"][1] = ORDER.into()
        }),
    ]
}

fn check(case: &Value) -> Result<String, BadRing> {
    let list = |name: &str| case[name].as_array().unwrap().iter().map(unhex::<32>).collect::<Vec<_>>();
    let keys: Vec<RingKey> = list("keys").into_iter().map(RingKey).collect();
    let marks = case["marks"].as_str().unwrap();
    let bytes: Vec<u8> =
        (0..marks.len() / 2).map(|i| unhex::<1>(&marks[2 * i..2 * i + 2].into())[0]).collect();
    let ring = ring_of(CellId(unhex(&case["cell"])), EntryId(unhex(&case["poll"])), &keys)?;
    let ballot = SecretBallot {
        marks: lifeboat_log::codec::decode(&bytes).unwrap(),
        image: Image(unhex(&case["image"])),
        challenge: Response(unhex(&case["challenge"])),
        responses: List::new(list("responses").into_iter().map(Response).collect()).unwrap(),
    };
    ballot.verify(&ring)?;
    Ok(hex(&ring.hash()))
}

#[test]
fn the_vectors_of_ring_signatures_are_frozen_and_hold() {
    let whole = json!({"what": "ballots signed by one of a ring", "cases": cases()});
    let text = format!("{}\n", serde_json::to_string_pretty(&whole).unwrap());
    if std::env::var_os("LIFEBOAT_WRITE_VECTORS").is_some() {
        std::fs::write(path(), &text).unwrap();
    }
    let frozen = std::fs::read_to_string(path()).unwrap();
    assert!(frozen == text, "rings.json differs from what would be made: vectors are frozen");
    let frozen: Value = serde_json::from_str(&frozen).unwrap();
    for case in frozen["cases"].as_array().unwrap() {
        match (check(case), case.get("error")) {
            (Ok(ring), None) => assert_eq!(case["ring"], json!(ring), "{case}"),
            (Err(bad), Some(error)) => assert_eq!(&json!(bad.name()), error, "{case}"),
            (found, said) => panic!("{}: found {found:?}, said {said:?}", case["name"]),
        }
    }
}
