//! Vectors of single values, keys, hashes, details and Merkle trees.

use super::{VectorFile, bad, hex, key, with};
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use lifeboat_log::hash::{DETAIL_CONTEXT, ENTRY_ID_CONTEXT, LINK_CONTEXT, STATE_CONTEXT};
use lifeboat_log::tree::{Frontier, consistency_proof, inclusion_proof, leaf_hash};
use lifeboat_log::{Detail, TreeHash};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};
use std::collections::HashMap;

fn value(kind: &str, name: &str, bytes: &[u8], value: Value) -> Value {
    json!({"name": name, "type": kind, "hex": hex(bytes), "value": value})
}

pub fn values() -> VectorFile {
    let wrong = |kind: &str, name: &str, error: &str, bytes: &[u8]| {
        with(bad(name, error, bytes), json!({"type": kind}))
    };
    let le = u64::to_le_bytes;
    let sized = |n: u64, rest: &[u8]| [&le(n)[..], rest].concat();
    let cases = vec![
        value("bool", "no", &[0], json!(false)),
        value("bool", "yes", &[1], json!(true)),
        wrong("bool", "a yes of another number", "BadBool", &[2]),
        wrong("bool", "no byte", "Truncated", &[]),
        wrong("bool", "a byte too many", "TrailingBytes", &[1, 0]),
        value("time", "the last moment", &le(253_402_300_799_999), json!(253_402_300_799_999u64)),
        wrong("time", "after the last moment", "NotCanonical", &le(253_402_300_800_000)),
        value("text8", "text", &sized(5, "café".as_bytes()), json!("café")),
        value("text8", "empty text", &sized(0, b""), json!("")),
        wrong("text8", "text too long", "TooLong", &sized(9, b"ricebeans")),
        wrong("text8", "text of a huge length", "TooLong", &le(u64::MAX)),
        wrong("text8", "text cut", "Truncated", &sized(4, b"ric")),
        wrong("text8", "text not in UTF-8", "BadText", &sized(2, &[0xc3, 0x28])),
        wrong("text8", "text with an overlong encoding", "BadText", &sized(2, &[0xc0, 0xaf])),
        wrong("text8", "text with a surrogate", "BadText", &sized(3, &[0xed, 0xa0, 0x80])),
        wrong("text8", "text with a newline", "NotCanonical", &sized(2, b"a\n")),
        wrong("text8", "text with a C1 control", "NotCanonical", &sized(2, "\u{85}".as_bytes())),
        value("bytes8", "bytes", &sized(2, &[7, 8]), json!("0708")),
        wrong("bytes8", "bytes too long", "TooLong", &sized(9, &[0; 9])),
        value("list4", "a list", &sized(2, &[le(1), le(2)].concat()), json!([1, 2])),
        wrong("list4", "a list too long", "TooLong", &sized(5, &[0; 40])),
        wrong("list4", "a list of a huge count", "TooLong", &le(u64::MAX)),
        wrong("list4", "a list cut", "Truncated", &sized(2, &[0; 15])),
        value("option", "nothing", &[0], Value::Null),
        value("option", "something", &[&[1][..], &le(9)].concat(), json!(9)),
        wrong("option", "an option of another number", "BadVariant", &[&[2][..], &le(9)].concat()),
        wrong("option", "an option with bytes after nothing", "TrailingBytes", &[0, 0]),
    ];
    VectorFile { name: "values.json", what: "Encodings of single values", cases }
}

/// The eight points of small order, as proper encodings: docs/format.md lists them.
const SMALL_ORDER: [&str; 8] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

/// The order of the base point, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The signature with the order added to its s: the same for a lax check, improper for a strict one.
pub fn malleated(signature: &[u8; 64]) -> [u8; 64] {
    let (mut out, mut carry) = (*signature, 0u16);
    for (byte, add) in out[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry as u8;
        carry >>= 8;
    }
    out
}

/// A signature by the key of `seed` whose R is a point of small order: it satisfies the equation (for the
/// neutral element), and is refused for its R.
pub fn with_small_r(seed: &[u8; 32], public: &[u8; 32], message: &[u8]) -> [u8; 64] {
    let mut r = [0; 32];
    r[0] = 1;
    let half: [u8; 32] = Sha512::digest(seed)[..32].try_into().expect("32 bytes");
    let secret = Scalar::from_bytes_mod_order(clamp_integer(half));
    let digest = Sha512::new().chain_update(r).chain_update(public).chain_update(message).finalize();
    let k = Scalar::from_bytes_mod_order_wide(&digest.into());
    [r, (k * secret).to_bytes()].concat().try_into().expect("64 bytes")
}

pub fn keys() -> VectorFile {
    let message = b"rice for the kitchen";
    let (one, two) = (key(1), key(2));
    let good = one.sign(message).0;
    let public = one.public().0;
    let signed = |name: &str, key: &[u8; 32], message: &[u8], signature: &[u8; 64]| json!({"name": name, "key": hex(key), "message": hex(message), "signature": hex(signature)});
    let refused = |name: &str, key: &[u8; 32], message: &[u8], signature: &[u8; 64], error: &str| {
        with(signed(name, key, message, signature), json!({"error": error}))
    };
    let key_alone = |name: &str, key: &str, error: &str| json!({"name": name, "key": key, "error": error});
    let mut other_r = good;
    other_r[0] ^= 1;
    let mut other_s = good;
    other_s[32] ^= 1;
    let mut cases = vec![
        json!({"name": "a key", "key": hex(&public)}),
        signed("a signature", &public, message, &good),
        refused("another message", &public, b"beans", &good, "BadSignature"),
        refused("another key", &two.public().0, message, &good, "BadSignature"),
        refused("another R", &public, message, &other_r, "BadSignature"),
        refused("another s", &public, message, &other_s, "BadSignature"),
        refused("s with the order added", &public, message, &malleated(&good), "BadSignature"),
        refused(
            "R of small order that satisfies the equation",
            &public,
            message,
            &with_small_r(&[1; 32], &public, message),
            "BadSignature",
        ),
        refused("a signature of zeros", &public, message, &[0; 64], "BadSignature"),
        key_alone("no point of the curve", &format!("02{}", "00".repeat(31)), "NotAKey"),
        key_alone("y = p", &format!("ed{}7f", "ff".repeat(30)), "NotAKey"),
        key_alone("y = p, sign bit set", &format!("ed{}ff", "ff".repeat(30)), "NotAKey"),
        key_alone("y = p + 1", &format!("ee{}7f", "ff".repeat(30)), "NotAKey"),
        key_alone("y = p + 3", &format!("f0{}7f", "ff".repeat(30)), "NotAKey"),
        key_alone("y = p + 18", &format!("ff{}7f", "ff".repeat(30)), "NotAKey"),
        key_alone("x = 0 with the sign bit set", &format!("01{}80", "00".repeat(30)), "SmallOrderKey"),
        key_alone(
            "x = 0, y = -1 with the sign bit set",
            &format!("ec{}ff", "ff".repeat(30)),
            "SmallOrderKey",
        ),
    ];
    for (i, point) in SMALL_ORDER.iter().enumerate() {
        cases.push(key_alone(&format!("point of small order {}", i + 1), point, "SmallOrderKey"));
    }
    let mut neutral = [0; 32];
    neutral[0] = 1;
    // Under the neutral element as key, R = sB holds for every message; s = 0 and R of small order too.
    let forged = [neutral, [0; 32]].concat().try_into().expect("64 bytes");
    cases.push(refused("a forgery under a key of small order", &neutral, message, &forged, "SmallOrderKey"));
    VectorFile { name: "keys.json", what: "Ed25519 public keys and signatures, checked strictly", cases }
}

pub fn hashes() -> VectorFile {
    let contexts = [ENTRY_ID_CONTEXT, LINK_CONTEXT, DETAIL_CONTEXT, STATE_CONTEXT];
    let input = b"rice for the kitchen";
    let case = |context: &str| {
        let hash = hex(&blake3::derive_key(context, input));
        json!({"name": context, "context": context, "hex": hex(input), "hash": hash})
    };
    VectorFile {
        name: "hashes.json",
        what: "BLAKE3 derive_key under each context",
        cases: contexts.into_iter().map(case).collect(),
    }
}

pub fn details() -> VectorFile {
    let long = "Left by the door of the old bakery; ask for the key.";
    let case = |name: &str, text: &str| {
        let detail = Detail::open([5; 16], text).expect("short");
        json!({"name": name, "hex": hex(detail.as_bytes()), "text": text, "hash": detail.hash().to_string()})
    };
    let cases = vec![
        case("empty", ""),
        case("a handle", "wren"),
        case("a text that fills its padding", "sixteen letters."),
        case("a longer text", long),
        case("a text that is not English", "рис — 20 кг"),
    ];
    VectorFile { name: "details.json", what: "Open details", cases }
}

pub fn trees() -> VectorFile {
    let size = 13u64;
    let (mut frontier, mut nodes, mut roots) = (Frontier::default(), HashMap::new(), Vec::new());
    roots.push(frontier.root());
    for i in 0..size {
        frontier.push_with(leaf_hash(format!("leaf {i}").as_bytes()), |level, index, hash| {
            nodes.insert((level, index), hash);
        });
        roots.push(frontier.root());
    }
    let node = |level, index| Ok::<TreeHash, std::convert::Infallible>(nodes[&(level, index)]);
    let strings = |hashes: &[TreeHash]| hashes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let inclusion = |name: &str, index: u64, size: u64, proof: &[TreeHash], holds: bool| {
        json!({"name": name, "leaf": hex(format!("leaf {index}").as_bytes()), "index": index, "size": size,
            "root": roots[size as usize].to_string(), "proof": strings(proof), "holds": holds})
    };
    let consistency = |name: &str, old: u64, size: u64, proof: &[TreeHash], holds: bool| {
        json!({"name": name, "old": old, "old_root": roots[old as usize].to_string(), "size": size,
            "root": roots[size as usize].to_string(), "proof": strings(proof), "holds": holds})
    };
    let mut cases = Vec::new();
    for (index, size) in [(0, 1), (0, 13), (5, 13), (12, 13), (7, 8), (3, 7)] {
        let Ok(proof) = inclusion_proof(index, size, node);
        cases.push(inclusion(&format!("leaf {index} of {size}"), index, size, &proof, true));
        let longer = [&proof[..], &[TreeHash::ZERO]].concat();
        cases.push(inclusion(&format!("leaf {index} of {size}, a hash more"), index, size, &longer, false));
        if let Some((_, fewer)) = proof.split_last() {
            cases.push(inclusion(&format!("leaf {index} of {size}, a hash less"), index, size, fewer, false));
            let mut other = proof.clone();
            other[0].0[31] ^= 1;
            cases.push(inclusion(&format!("leaf {index} of {size}, a bit off"), index, size, &other, false));
        }
    }
    for (old, size) in [(0, 13), (1, 13), (3, 7), (4, 7), (6, 13), (8, 13), (12, 13), (13, 13)] {
        let Ok(proof) = consistency_proof(old, size, node);
        cases.push(consistency(&format!("{old} to {size}"), old, size, &proof, true));
        let longer = [&proof[..], &[TreeHash::ZERO]].concat();
        cases.push(consistency(&format!("{old} to {size}, a hash more"), old, size, &longer, false));
        if let Some((_, fewer)) = proof.split_last() {
            cases.push(consistency(&format!("{old} to {size}, a hash less"), old, size, fewer, false));
        }
    }
    cases.push(consistency("7 to 3: a tree does not shrink", 7, 3, &[], false));
    VectorFile { name: "trees.json", what: "Inclusion and consistency proofs of RFC 6962 trees", cases }
}
