//! Files of a secret poll: the seed and the ballot that stay in this home, and the ballot that leaves it.
//! A ballot's file holds nothing of who wrote it; its name and its time are the person's to mind.

use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::{fresh, text};
use lifeboat_commons::ballots::SecretBallot;
use lifeboat_commons::ring::RingSecret;
use lifeboat_log::EntryId;
use lifeboat_log::codec::{decode, encode};
use lifeboat_node::home::{read_bounded, write_private};
use std::path::{Path, PathBuf};

/// What a ballot's file begins with; the poll's id and the ballot follow, in hexadecimal digits.
const HEADER: &str = "lifeboat secret ballot v1";
/// Longest file, in bytes: a ballot of the largest ring in hexadecimal digits.
const MAX_FILE: u64 = 64 * 1024;

/// What this home keeps of a poll.
pub struct Kept {
    seed: PathBuf,
    ballot: PathBuf,
}

impl Kept {
    /// What it keeps of this poll.
    pub fn of(session: &Session, poll: EntryId) -> Self {
        let base = session.home.own_folder().join(format!("poll-{poll}"));
        Self { seed: base.with_extension("key"), ballot: base.with_extension("ballot") }
    }

    /// The secret that was made for the poll.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn secret(&self) -> Outcome<Option<RingSecret>> {
        if !self.seed.exists() {
            return Ok(None);
        }
        let file = read_bounded(&self.seed, MAX_FILE).map_err(|error| Failure::file(&self.seed, &error))?;
        let seed = EntryId::from_hex(String::from_utf8_lossy(&file).trim());
        let seed = seed.ok_or_else(|| damaged(&self.seed))?;
        Ok(Some(RingSecret::from_seed(&seed.0)))
    }

    /// Makes a secret of random bytes, on disk before it is used.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn make(&self, seed: &[u8; 32]) -> Outcome<RingSecret> {
        write_private(&self.seed, hex(seed).as_bytes())?;
        Ok(RingSecret::from_seed(seed))
    }

    /// Keeps the ballot, to see later whether it is in.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn keep_ballot(&self, ballot: &SecretBallot) -> Outcome {
        Ok(write_private(&self.ballot, hex(&encode(ballot)).as_bytes())?)
    }

    /// The ballot that was cast here last.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn ballot(&self) -> Outcome<Option<SecretBallot>> {
        if !self.ballot.exists() {
            return Ok(None);
        }
        let file = read_bounded(&self.ballot, MAX_FILE).map_err(|e| Failure::file(&self.ballot, &e))?;
        let bytes = unhex(&String::from_utf8_lossy(&file));
        let ballot = bytes.and_then(|bytes| decode(&bytes).ok());
        ballot.ok_or_else(|| damaged(&self.ballot)).map(Some)
    }
}

/// Writes a ballot into a new file: another's must not be lost.
///
/// # Errors
/// When the file exists already, or cannot be written.
pub fn write(path: &Path, poll: EntryId, ballot: &SecretBallot) -> Outcome {
    let text = format!("{HEADER}\n{poll}\n{}\n", hex(&encode(ballot)));
    fresh::write(path, text.as_bytes())
}

/// Reads a ballot of this poll.
///
/// # Errors
/// When the file is none, or of another poll.
pub fn read(path: &Path, poll: EntryId) -> Outcome<SecretBallot> {
    let file = read_bounded(path, MAX_FILE).map_err(|error| Failure::file(path, &error))?;
    let text = String::from_utf8_lossy(&file);
    let mut lines = text.lines();
    if lines.next() != Some(HEADER) {
        return Err(damaged(path));
    }
    let of = lines.next().and_then(EntryId::from_hex).ok_or_else(|| damaged(path))?;
    if of != poll {
        return Err(Failure::new(text!("poll-other-ballot", file = path.display().to_string())));
    }
    let ballot = lines.next().and_then(unhex).and_then(|bytes| decode(&bytes).ok());
    ballot.ok_or_else(|| damaged(path))
}

fn damaged(path: &Path) -> Failure {
    Failure::new(text!("poll-file-damaged", file = path.display().to_string()))
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
