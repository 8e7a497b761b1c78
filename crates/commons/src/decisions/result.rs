//! What a vote came to, with the counts that made it: enough to say it in a sentence, and to count again.

use crate::effect::Reason;
use bincode::{Decode, Encode};
use lifeboat_log::{Position, Time};

/// What a vote came to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Verdict {
    /// It is carried.
    Carried,
    /// It is not carried, or no option had any support.
    NotCarried,
    /// Too few cast a ballot.
    NoQuorum,
    /// These options are chosen, counted from 0.
    Chosen(Vec<u8>),
    /// The votes do not tell these options apart, and the tie stays open.
    Tied(Vec<u8>),
}

/// One of several seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Seat {
    /// The option that has it.
    pub option: u8,
    /// Whether its supporters paid for it with their shares; otherwise it came by the most approvals.
    pub paid: bool,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Counts {
    /// How many stand where: for, abstain, aside, against, block.
    Stances([u32; 5]),
    /// The approvals or points of each option.
    Sums(Vec<u32>),
    /// Ranked: how many prefer each option (row) to each other (column), and the order that follows, equal
    /// ones together.
    Pairs {
        /// Row by row.
        prefer: Vec<u32>,
        /// From first to last.
        order: Vec<Vec<u8>>,
    },
    /// Several seats.
    Seats {
        /// The approvals of each option.
        approvals: Vec<u32>,
        /// The seats in the order in which they were filled.
        seats: Vec<Seat>,
    },
}

impl Counts {
    /// The options that the counts put first, ascending; more than one of them are a tie.
    pub fn first(&self) -> Vec<u8> {
        match self {
            Self::Sums(sums) => {
                let most = sums.iter().copied().max().unwrap_or(0);
                (0..).zip(sums).filter(|(_, sum)| **sum == most).map(|(option, _)| option).collect()
            }
            Self::Pairs { order, .. } => order.first().cloned().unwrap_or_default(),
            Self::Stances(_) | Self::Seats { .. } => Vec::new(),
        }
    }
}

/// Who took part.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Tally {
    /// How many may vote.
    pub electorate: u32,
    /// How many ballots count, abstentions and those by proxy among them.
    pub cast: u32,
    /// How many of them were cast by a proxy.
    pub by_proxy: u32,
    /// How many of them abstain.
    pub abstained: u32,
    /// How many hidden ballots were not opened.
    pub unopened: u32,
    /// What was counted.
    pub counts: Counts,
}

/// What the payload of a carried decision did.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Enacted {
    /// It took effect.
    Done,
    /// It changed nothing.
    Void(Reason),
}

/// What a decision came to, and when.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Outcome {
    /// What it came to.
    pub verdict: Verdict,
    /// The counts that made it.
    pub tally: Tally,
    /// When it was settled.
    pub time: Time,
    /// The place of the first record that came after: an anchor over it makes the result final.
    pub before: Position,
    /// What its payload did.
    pub enacted: Option<Enacted>,
}

/// Whether a result can still be lost with a stretch of log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// The cell has no witnesses: it is final at once, and nobody else vouches for it.
    Unwitnessed,
    /// No anchor covers the close yet.
    Provisional,
    /// An anchor covers the close.
    Final,
}
