//! Cosignatures (C2SP `tlog-cosignature`): what a witness signs, and the line that it adds to a note. The
//! message does not hold the witness's name: one key is one witness.

use crate::checkpoint::BadCheckpoint;
use crate::hash::TreeHash;
use crate::key::{PublicKey, SecretKey, Signature};
use crate::note::{COSIGNATURE, SignatureLine, key_id};
use bincode::{Decode, Encode};

/// A cosignature that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cosigned {
    /// The witness's key.
    pub witness: PublicKey,
    /// When it cosigned, by its own clock, in seconds since 1970.
    pub seconds: u64,
}

/// The largest checkpoint of a log that a witness has cosigned: what it promises on its disk before the
/// cosignature leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Given {
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: TreeHash,
    /// When it was cosigned, by the witness's clock, in seconds since 1970.
    pub seconds: u64,
}

/// The name under which a Lifeboat witness cosigns: its key in hexadecimal after `lifeboat/witness/`.
pub fn witness_name(key: &PublicKey) -> String {
    format!("lifeboat/witness/{key}")
}

/// The message that a cosignature signs: `cosignature/v1`, the time, and the note's text.
pub fn cosignature_message(text: &str, seconds: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {seconds}\n{text}").into_bytes()
}

/// A witness's line for the checkpoint with this note text, under the key name `name`.
pub fn cosign(text: &str, name: &str, key: &SecretKey, seconds: u64) -> SignatureLine {
    let signature = key.sign(&cosignature_message(text, seconds));
    let bytes = [&seconds.to_be_bytes()[..], &signature.0].concat();
    SignatureLine {
        name: name.to_owned(),
        key_id: key_id(name, COSIGNATURE, &key.public().0),
        signature: bytes,
    }
}

/// Checks one cosignature line under a witness's key.
///
/// # Errors
/// [`BadCheckpoint::BadCheckpointSignature`].
pub fn check_cosignature(
    text: &str,
    line: &SignatureLine,
    witness: PublicKey,
) -> Result<Cosigned, BadCheckpoint> {
    let bad = BadCheckpoint::BadCheckpointSignature;
    let (time, signature) = line.signature.split_first_chunk::<8>().ok_or(bad)?;
    let signature = Signature(signature.try_into().map_err(|_| bad)?);
    let seconds = u64::from_be_bytes(*time);
    if seconds == 0 || seconds > i64::MAX as u64 {
        return Err(bad);
    }
    witness.verify(&cosignature_message(text, seconds), &signature).map_err(|_| bad)?;
    Ok(Cosigned { witness, seconds })
}
