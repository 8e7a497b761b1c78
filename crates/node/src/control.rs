//! The control socket: how commands reach the node that runs in a home. Loopback TCP, and a token in a
//! file that only this user may read; one JSON object a line, bounded in length.

use crate::keys::{KeyError, hex, random, unhex};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead};

/// Thirty-two random bytes: who knows them may ask.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token([u8; 32]);

impl Token {
    /// A fresh token.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn new() -> Result<Self, KeyError> {
        Ok(Self(random()?))
    }

    /// Whether both are the same, in a time that does not tell how much of them is.
    pub fn is(&self, other: &Self) -> bool {
        // Comparing hashes leaks nothing of use: whoever does not know the token cannot choose its hash.
        blake3::hash(&self.0) == blake3::hash(&other.0)
    }
}

impl TryFrom<String> for Token {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        unhex(&text).map(Self).ok_or("not a token")
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        hex(&token.0)
    }
}

/// The next line without its end, or nothing when there are no more. Never holds more than `limit` bytes.
///
/// # Errors
/// Those of the stream; `InvalidData` when the line is longer, or cut off before its end.
pub fn read_line(input: &mut impl BufRead, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = io::Read::take(&mut *input, limit as u64 + 1).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line that is too long or was cut off"));
    }
    Ok(Some(line))
}
