//! Makes the vectors of `docs/vectors/`. What each bad one is called is written here by hand: nothing is
//! asked of the code that the vectors test.

mod chains;
pub use chains::{Growing, three_terms};
mod checkpoints;
mod entries;
mod misconduct;
mod openings;
mod records;
mod terms;
pub use terms::read_card;
mod values;

use lifeboat_log::codec;
use lifeboat_log::entry::{ENTRY_FORMAT, ENTRY_SIGNATURE_PREFIX};
use lifeboat_log::{Entry, SecretKey};
use serde_json::{Value, json};

/// One file of vectors.
pub struct VectorFile {
    pub name: &'static str,
    pub what: &'static str,
    pub cases: Vec<Value>,
}

/// All files of vectors.
pub fn all() -> Vec<VectorFile> {
    vec![
        values::values(),
        values::keys(),
        values::hashes(),
        values::details(),
        entries::entries(),
        records::links(),
        records::records(),
        chains::chains(),
        checkpoints::checkpoints(),
        checkpoints::proofs(),
        values::trees(),
        terms::terms(),
        terms::slips(),
        misconduct::misconduct(),
    ]
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A bad case: its bytes and the name of the first error.
pub fn bad(name: &str, error: &str, bytes: &[u8]) -> Value {
    json!({"name": name, "hex": hex(bytes), "error": error})
}

/// The case without its name, input or outcome, to which `more` adds.
pub fn with(mut case: Value, more: Value) -> Value {
    if let (Value::Object(case), Value::Object(more)) = (&mut case, more) {
        case.extend(more);
    }
    case
}

/// The bytes of an entry, signed, however wrong it is.
pub fn sign_raw(entry: &Entry, key: &SecretKey) -> Vec<u8> {
    let mut bytes = vec![ENTRY_FORMAT];
    bytes.extend(codec::encode(entry));
    sign_bytes(bytes, key)
}

/// Bytes that should be an entry, with the signature that would belong to them.
pub fn sign_bytes(mut bytes: Vec<u8>, key: &SecretKey) -> Vec<u8> {
    let signature = key.sign(&[ENTRY_SIGNATURE_PREFIX, &bytes].concat());
    bytes.extend_from_slice(&signature.0);
    bytes
}

/// A copy with these bytes written over it from `at` on.
pub fn patched(bytes: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out[at..at + new.len()].copy_from_slice(new);
    out
}

/// A copy with one bit changed.
pub fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    patched(bytes, at, &[bytes[at] ^ 1])
}

/// The key of this number.
pub fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}
