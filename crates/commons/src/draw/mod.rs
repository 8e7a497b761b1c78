//! A verifiable draw: what members committed to and then revealed becomes a seed, and the seed an order of
//! persons; a public beacon can be one more input. Everything is hashed as lines of text with SHA-256, so that a
//! person can redo a draw with the hash tool of any laptop. Nothing that a keeper chooses (order, time, roots)
//! ever goes in.

macro_rules! digest_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

mod beacon;
mod select;

pub use beacon::{BeaconNetwork, BeaconRound, BeaconSignature, Randomness};
pub use select::{Number, Step, order, select};

use crate::common::MemberId;
use bincode::{Decode, Encode};
use lifeboat_log::{CellId, EntryId};
use sha2::{Digest, Sha256};
use std::fmt;

digest_type! {
    /// What a member commits to and later reveals: 32 random bytes.
    Secret
}
digest_type! {
    /// The SHA-256 of a member's promise to a draw, as `Try::commitment` makes it of a secret.
    Commitment
}
digest_type! {
    /// The SHA-256 of a [`Sheet`]'s lines: all randomness of a draw.
    Seed
}

/// How many digits of a step's hash make its number: 48 bits, so that a pocket calculator holds it.
pub const DIGITS: usize = 12;
const LAST: u128 = (1 << 48) - 1;

/// Which draw, and which try of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Try {
    /// The cell.
    pub cell: CellId,
    /// The entry that called the draw, which fixes its pool.
    pub draw: EntryId,
    /// Which attempt: 1 or 2.
    pub attempt: u8,
}

impl Try {
    /// What a member hashes to commit to a secret.
    pub fn promise(&self, member: MemberId, secret: Secret) -> String {
        let Self { cell, draw, attempt } = self;
        format!(
            "lifeboat draw commitment v1\ncell {cell}\ndraw {draw}\nattempt {attempt}\nmember {member}\nsecret {secret}\n"
        )
    }

    /// The commitment of a member to a secret.
    pub fn commitment(&self, member: MemberId, secret: Secret) -> Commitment {
        Commitment(sha256(&self.promise(member, secret)))
    }
}

/// Everything that decides a draw. Its text is hashed as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Which draw.
    pub of: Try,
    /// Those who go first, in roster order.
    pub first: Vec<MemberId>,
    /// Those who come after all of them, in roster order.
    pub then: Vec<MemberId>,
    /// What was revealed, in roster order.
    pub revealed: Vec<(MemberId, Secret)>,
    /// The beacon that the draw had named, where it had, and what it made random.
    pub beacon: Option<(BeaconRound, Randomness)>,
}

impl Sheet {
    /// The lines that are hashed.
    pub fn text(&self) -> String {
        let Try { cell, draw, attempt } = &self.of;
        let mut text = format!("lifeboat draw v1\ncell {cell}\ndraw {draw}\nattempt {attempt}\n");
        for (word, members) in [("first", &self.first), ("then", &self.then)] {
            members.iter().for_each(|member| text.push_str(&format!("{word} {member}\n")));
        }
        for (member, secret) in &self.revealed {
            text.push_str(&format!("reveal {member} {secret}\n"));
        }
        if let Some((round, randomness)) = &self.beacon {
            text.push_str(&format!("beacon {round} {randomness}\n"));
        }
        text
    }

    /// The hash of the lines.
    pub fn seed(&self) -> Seed {
        Seed(sha256(&self.text()))
    }

    /// Every step of the draw.
    pub fn steps(&self) -> Vec<Step<MemberId>> {
        let seed = self.seed();
        select(&[&self.first, &self.then], |step| seed.number(step))
    }

    /// The order in which the pool was drawn.
    pub fn order(&self) -> Vec<MemberId> {
        order(&self.steps())
    }
}

impl Seed {
    /// The line that is hashed for a step, counted from 1.
    pub fn line(&self, step: u32) -> String {
        format!("lifeboat draw step v1 {self} {step}\n")
    }

    /// The hash of a step's line.
    pub fn digest(&self, step: u32) -> [u8; 32] {
        sha256(&self.line(step))
    }

    /// The number of a step: the first [`DIGITS`] digits of its hash.
    pub fn number(&self, step: u32) -> Number {
        let value = self.digest(step)[..DIGITS / 2].iter().fold(0, |n, byte| n << 8 | u128::from(*byte));
        Number { value, last: LAST }
    }
}

fn sha256(text: &str) -> [u8; 32] {
    sha256_of(text.as_bytes())
}

fn sha256_of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
