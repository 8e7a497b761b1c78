//! Vectors of entries that open a term: foundings, handovers and takeovers.

use super::entries::{CELL, good};
use super::{bad, key, patched, sign_raw};

use lifeboat_log::codec::{self, Bytes, List};
use lifeboat_log::opening::{Base, Close, Endorsement, Floor, Founding, Opening, Right, possession_message};
use lifeboat_log::testing::draft;
use lifeboat_log::{
    Call, CellId, Entry, Kind, LinkHash, PublicKey, SecretKey, Signature, StateHash, Term, TreeHash,
};
use serde_json::Value;

/// The member who signs, the node's key and the term's.
pub const MEMBER: u8 = 1;
pub const NODE: u8 = 20;
pub const TERM_KEY: u8 = 21;

/// An entry draft of this kind.
fn entry(kind: Kind) -> Entry {
    let cell = if kind == Kind::FOUNDING { CellId::ZERO } else { CELL };
    draft(&key(MEMBER), cell, 7, kind)
}

/// A plain opening with its right proof of possession for `draft`.
pub fn opening(draft: &Entry, term: Term, base: Option<Base>, right: Right, term_key: &SecretKey) -> Opening {
    let node = key(NODE).public();
    let message = possession_message(draft, term, &node, &term_key.public());
    let state = if term == Term::FIRST { StateHash::ZERO } else { StateHash([6; 32]) };
    Opening {
        term,
        base,
        node,
        term_key: term_key.public(),
        possession: term_key.sign(&message),
        witnesses: List::default(),
        quorum: 0,
        state,
        rules: 1,
        right,
    }
}

fn base() -> Option<Base> {
    let checkpoint = Bytes::new(b"not looked at here".to_vec()).expect("short");
    Some(Base { checkpoint, head: LinkHash([9; 32]) })
}

fn handover() -> Right {
    Right::Handover(Signature([0; 64]))
}

fn takeover(endorsements: Vec<Endorsement>, closes: Vec<Close>) -> Right {
    let endorsements = List::new(endorsements).expect("few");
    Right::Takeover { endorsements, closes: List::new(closes).expect("few") }
}

fn body(kind: Kind, opening: Opening) -> Vec<u8> {
    let charter = Bytes::new(b"charter".to_vec()).expect("short");
    match kind {
        Kind::FOUNDING => codec::encode(&Founding { opening, charter }),
        _ => codec::encode(&opening),
    }
}

fn signed(kind: Kind, body: Vec<u8>) -> Vec<u8> {
    let mut entry = entry(kind);
    entry.body = Bytes::new(body).expect("short");
    sign_raw(&entry, &key(MEMBER))
}

/// An entry of this kind whose opening is the proper one for it, changed.
fn with_opening(kind: Kind, term: Term, right: Right, change: impl FnOnce(&mut Opening)) -> Vec<u8> {
    let base = if kind == Kind::FOUNDING { None } else { base() };
    let mut opening = opening(&entry(kind), term, base, right, &key(TERM_KEY));
    change(&mut opening);
    signed(kind, body(kind, opening))
}

fn founding(change: impl FnOnce(&mut Opening)) -> Vec<u8> {
    with_opening(Kind::FOUNDING, Term::FIRST, Right::Founding, change)
}

fn handed(term: Term, change: impl FnOnce(&mut Opening)) -> Vec<u8> {
    with_opening(Kind::OPENING, term, handover(), change)
}

fn keys(numbers: &[u8]) -> Vec<PublicKey> {
    let mut keys: Vec<PublicKey> = numbers.iter().map(|n| key(*n).public()).collect();
    keys.sort();
    keys
}

fn witnessed(witnesses: Vec<PublicKey>, quorum: u16) -> Vec<u8> {
    founding(|o| (o.witnesses, o.quorum) = (List::new(witnesses).expect("few"), quorum))
}

pub fn openings() -> Vec<Value> {
    let mut cases = good_ones();
    cases.extend(badly_encoded());
    cases.extend(bad_terms());
    cases.extend(bad_possessions());
    cases.extend(bad_witnesses());
    cases.extend(takeovers());
    cases
}

fn good_ones() -> Vec<Value> {
    vec![
        good("a founding", &founding(|_| {})),
        good("a founding with two of three witnesses", &witnessed(keys(&[30, 31, 32]), 2)),
        good("a founding with one witness", &witnessed(keys(&[30]), 1)),
        good("a handover", &handed(Term::new(0, 1), |_| {})),
        good("a handover late in a later era", &handed(Term::new(3, 65_535), |_| {})),
        good("a takeover that nobody endorsed: its right is for the rules", &takeover_of(&[], &[], |_| {})),
        good("a takeover with endorsements and closes", &takeover_of(&[41, 42, 43], &[51, 52], |_| {})),
    ]
}

/// Where the fields of a founding's body begin (docs/format.md, "Opening a term").
const OPTION: usize = 4;
const WITNESSES: usize = 5 + 32 + 32 + 64;
const RIGHT: usize = WITNESSES + 8 + 2 + 32 + 2;
const CHARTER: usize = RIGHT + 4;

fn badly_encoded() -> Vec<Value> {
    let draft = entry(Kind::FOUNDING);
    let whole = body(Kind::FOUNDING, opening(&draft, Term::FIRST, None, Right::Founding, &key(TERM_KEY)));
    let le = u64::to_le_bytes;
    let case = |name: &str, error: &str, body: Vec<u8>| bad(name, error, &signed(Kind::FOUNDING, body));
    vec![
        case("a founding without a body", "Truncated", vec![]),
        case("a founding without a charter", "Truncated", whole[..CHARTER].to_vec()),
        case("a founding cut in its opening", "Truncated", whole[..100].to_vec()),
        case("a founding with a byte more", "TrailingBytes", [&whole[..], &[0]].concat()),
        case("a base that is neither there nor not", "BadVariant", patched(&whole, OPTION, &[2])),
        case("33 witnesses", "TooLong", patched(&whole, WITNESSES, &le(33))),
        case("2^64 - 1 witnesses", "TooLong", patched(&whole, WITNESSES, &le(u64::MAX))),
        case("a right that the format does not have", "BadVariant", patched(&whole, RIGHT, &[3])),
        case("a right of a huge number", "BadVariant", patched(&whole, RIGHT, &[0, 0, 0, 1])),
        case("a charter too long", "TooLong", patched(&whole, CHARTER, &le(16_385))),
        bad("an opening with a byte more", "TrailingBytes", &{
            let draft = entry(Kind::OPENING);
            let opening = opening(&draft, Term::new(0, 1), base(), handover(), &key(TERM_KEY));
            signed(Kind::OPENING, [codec::encode(&opening), vec![0]].concat())
        }),
        bad("a base checkpoint too long", "TooLong", &{
            let draft = entry(Kind::OPENING);
            let opening = opening(&draft, Term::new(0, 1), base(), handover(), &key(TERM_KEY));
            signed(Kind::OPENING, patched(&codec::encode(&opening), 5, &le(8_193)))
        }),
        bad("401 endorsements", "TooLong", &{
            let draft = entry(Kind::OPENING);
            let opening = opening(&draft, Term::new(1, 0), base(), takeover(vec![], vec![]), &key(TERM_KEY));
            let bytes = codec::encode(&opening);
            signed(Kind::OPENING, patched(&bytes, bytes.len() - 16, &le(401)))
        }),
    ]
}

fn bad_terms() -> Vec<Value> {
    let later =
        |term: Term, right: Right, change: fn(&mut Opening)| with_opening(Kind::OPENING, term, right, change);
    let empty = || takeover(vec![], vec![]);
    let case = |name: &str, bytes: Vec<u8>| bad(name, "BadTerm", &bytes);
    vec![
        case("a founding of term 0.1", with_opening(Kind::FOUNDING, Term(1), Right::Founding, |_| {})),
        case("a founding with a base", founding(|o| o.base = base())),
        case("a founding with a state", founding(|o| o.state = StateHash([1; 32]))),
        case("a founding by handover", with_opening(Kind::FOUNDING, Term::FIRST, handover(), |_| {})),
        case("a founding of a later term by handover", {
            with_opening(Kind::FOUNDING, Term::new(0, 1), handover(), |o| o.base = base())
        }),
        case(
            "an opening of term 0.0",
            later(Term::FIRST, Right::Founding, |o| {
                (o.base, o.state) = (None, StateHash::ZERO);
            }),
        ),
        case("an opening of a later term by the first one's right", later(Term(1), Right::Founding, |_| {})),
        case("a handover without a base", later(Term::new(0, 1), handover(), |o| o.base = None)),
        case("a handover to turn 0", later(Term::new(1, 0), handover(), |_| {})),
        case("a takeover without a base", later(Term::new(1, 0), empty(), |o| o.base = None)),
        case("a takeover in era 0", later(Term::new(0, 1), empty(), |_| {})),
        case("a takeover to turn 1", later(Term::new(1, 1), empty(), |_| {})),
    ]
}

fn bad_possessions() -> Vec<Value> {
    let case = |name: &str, bytes: Vec<u8>| bad(name, "BadPossession", &bytes);
    let mut neutral = [0; 32];
    neutral[0] = 1;
    vec![
        case("another term key", founding(|o| o.term_key = key(22).public())),
        case("another node", founding(|o| o.node = key(22).public())),
        case("no proof of possession", founding(|o| o.possession = Signature([0; 64]))),
        case(
            "a proof of possession for another entry",
            founding(|o| {
                let mut other = entry(Kind::FOUNDING);
                other.nonce.0[0] ^= 1;
                let message = possession_message(&other, o.term, &o.node, &o.term_key);
                o.possession = key(TERM_KEY).sign(&message);
            }),
        ),
        case(
            "a proof of possession for another author",
            founding(|o| {
                let mut other = entry(Kind::FOUNDING);
                other.author = key(2).public();
                let message = possession_message(&other, o.term, &o.node, &o.term_key);
                o.possession = key(TERM_KEY).sign(&message);
            }),
        ),
        case("a term key of small order", founding(|o| o.term_key = PublicKey(neutral))),
        case("a term key that is no key", founding(|o| o.term_key = PublicKey([0xff; 32]))),
    ]
}

fn bad_witnesses() -> Vec<Value> {
    let case = |name: &str, witnesses: Vec<PublicKey>, quorum: u16| {
        bad(name, "BadWitnesses", &witnessed(witnesses, quorum))
    };
    let mut unordered = keys(&[30, 31, 32]);
    unordered.swap(0, 2);
    let twice = [keys(&[30]), keys(&[30])].concat();
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut no_point = [0; 32];
    no_point[0] = 2;
    vec![
        case("witnesses out of order", unordered, 2),
        case("a witness named twice", twice, 2),
        case("half of the witnesses", keys(&[30, 31]), 1),
        case("more than all witnesses", keys(&[30, 31]), 3),
        case("65,535 of two witnesses", keys(&[30, 31]), 65_535),
        case("none of the witnesses", keys(&[30]), 0),
        case("a witness asked and none there", vec![], 1),
        bad("a witness of small order", "SmallOrderKey", &witnessed(vec![PublicKey(neutral)], 1)),
        bad("a witness that is no key", "NotAKey", &witnessed(vec![PublicKey(no_point)], 1)),
    ]
}

/// A takeover endorsed and closed by the keys of these numbers, in order, then changed.
fn takeover_of(endorsers: &[u8], closers: &[u8], change: fn(&mut (Vec<Endorsement>, Vec<Close>))) -> Vec<u8> {
    let floor = Floor { term: Term(4), size: 9, root: TreeHash([7; 32]), signature: Signature([5; 64]) };
    with_opening(Kind::OPENING, Term::new(2, 0), takeover(vec![], vec![]), |opening| {
        let mut endorsements: Vec<Endorsement> = endorsers
            .iter()
            .map(|n| {
                let signature = key(*n).sign(&Call::of(opening).endorsement_message(&CELL, &floor));
                Endorsement { key: key(*n).public(), floor, signature }
            })
            .collect();
        let mut closes: Vec<Close> = closers
            .iter()
            .map(|n| {
                let signature = key(*n).sign(&Call::of(opening).close_message(&CELL, &floor));
                Close { key: key(*n).public(), floor, signature }
            })
            .collect();
        endorsements.sort_by_key(|endorsement| endorsement.key);
        closes.sort_by_key(|close| close.key);
        let mut both = (endorsements, closes);
        change(&mut both);
        opening.right = takeover(both.0, both.1);
    })
}

fn takeovers() -> Vec<Value> {
    let case = |name: &str, error: &str, change: fn(&mut (Vec<Endorsement>, Vec<Close>))| {
        bad(name, error, &takeover_of(&[41, 42, 43], &[51, 52], change))
    };
    vec![
        case("endorsements out of order", "BadEndorsements", |t| t.0.swap(0, 1)),
        case("an endorsement twice", "BadEndorsements", |t| t.0[1] = t.0[0]),
        case("closes out of order", "BadEndorsements", |t| t.1.swap(0, 1)),
        case("an endorsement of another floor", "BadSignature", |t| t.0[2].floor.size += 1),
        case("an endorsement with a changed signature", "BadSignature", |t| t.0[0].signature.0[3] ^= 1),
        case("a close of another floor", "BadSignature", |t| t.1[1].floor.root.0[0] ^= 1),
        case("a close that was signed as an endorsement", "BadSignature", |t| {
            t.1[0].signature = t.0[0].signature
        }),
        case("an endorser of small order", "SmallOrderKey", |t| t.0[0].key = PublicKey([0; 32])),
        case("a close by what is no key", "NotAKey", |t| t.1[1].key = PublicKey([0xff; 32])),
    ]
}
