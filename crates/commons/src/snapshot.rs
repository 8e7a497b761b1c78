//! How a state is written down: the encoding of the log crate, with room for a large cell. Never for
//! anything signed; a state is the fold's own and can always be made anew from the log.

use crate::limits::MAX_STATE;
use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use bincode::error::DecodeError;
use bincode::{Decode, Encode};
use lifeboat_log::codec::Malformed;

const CONFIG: Configuration<LittleEndian, Fixint, Limit<MAX_STATE>> =
    bincode::config::standard().with_little_endian().with_fixed_int_encoding().with_limit::<MAX_STATE>();

/// The encoding of a value.
///
/// # Panics
/// Never: the parts of a state are owned and writing to a vector does not fail.
#[allow(clippy::expect_used)] // encoding an owned value into a vector has no way to fail
pub fn encode<T: Encode>(value: &T) -> Vec<u8> {
    bincode::encode_to_vec(value, CONFIG).expect("an owned value encodes into a vector")
}

/// The value that `bytes` begins with, and the bytes after it.
///
/// # Errors
/// [`Malformed`] when they begin with no such value.
pub fn decode<T: Decode<()>>(bytes: &[u8]) -> Result<(T, &[u8]), Malformed> {
    match bincode::decode_from_slice(bytes, CONFIG) {
        Ok((value, used)) => Ok((value, bytes.get(used..).unwrap_or_default())),
        Err(DecodeError::UnexpectedEnd { .. }) => Err(Malformed::Truncated),
        Err(_) => Err(Malformed::NotCanonical),
    }
}
