//! The decision of a witness: whether it may cosign a checkpoint, from what it cosigned last, what shows
//! that the new one extends it, and the clock. It signs nothing and remembers nothing.

use crate::limits::{MAX_CONSISTENCY, RENEW_SECONDS};
use lifeboat_log::tree::{empty_root, verify_consistency};
use lifeboat_log::{Given, Time, TreeHash};

/// A checkpoint to be cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The size from which the proof leads: that of the checkpoint cosigned last, 0 for none.
    pub old: u64,
    /// Shows that the checkpoint extends the one of that size.
    pub proof: Vec<TreeHash>,
    /// The checkpoint's size.
    pub size: u64,
    /// The checkpoint's root.
    pub root: TreeHash,
}

/// The time at the witness, and for a cell those of its links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The witness's clock.
    pub now: Time,
    /// How far two clocks may be apart, in milliseconds: the charter's skew.
    pub skew_ms: u64,
    /// The links under the checkpoint, where they are known.
    pub links: Option<Links>,
}

/// What the links of a cell say of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Links {
    /// When the last one under the checkpoint was placed.
    pub last: Time,
    /// When the first one that the checkpoint cosigned last does not cover was placed.
    pub first_after: Option<Time>,
}

/// Why a checkpoint is not cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The proof is said to lead from a larger size.
    #[error("the proof is said to lead from more records than the checkpoint has")]
    OldBeyond,
    /// The proof does not lead from the checkpoint that was cosigned last.
    #[error("the checkpoint cosigned last has {last} records: the proof must lead from there")]
    NotLast {
        /// Its size; 0 when none was cosigned.
        last: u64,
    },
    /// The checkpoint does not extend the one that was cosigned last.
    #[error("the checkpoint is not shown to extend the one that was cosigned last")]
    Inconsistent,
    /// A link's time is ahead of this clock: it waits until the clock has come there.
    #[error("the keeper's clock is ahead of this one by more than the charter allows")]
    KeeperAhead,
    /// A link's time lies before a cosignature that does not cover it.
    #[error("the keeper placed an entry earlier than a cosignature that was given before it was placed")]
    Backdated,
    /// This clock was set back since the last cosignature.
    #[error("the clock here runs behind the last cosignature: set it right")]
    ClockBack,
    /// The disk is at work, or failed: ask again.
    #[error("the promise could not be written down yet: ask again in a moment")]
    Busy,
}

/// What to promise before the checkpoint is cosigned. For the checkpoint that was cosigned last it is the
/// same promise: the same cosignature may leave again.
///
/// # Errors
/// [`Refused`].
pub fn decide(given: Option<&Given>, step: &Step, clock: &Clock) -> Result<Given, Refused> {
    if step.old > step.size {
        return Err(Refused::OldBeyond);
    }
    let (last, root) = given.map_or_else(|| (0, empty_root()), |given| (given.size, given.root));
    if step.old != last {
        return Err(Refused::NotLast { last });
    }
    let proven = step.proof.len() <= MAX_CONSISTENCY
        && verify_consistency(step.old, step.size, &step.proof, &root, &step.root);
    if !proven {
        return Err(Refused::Inconsistent);
    }
    let now = clock.now.ms() / 1000;
    let before = given.map_or(0, |given| given.seconds);
    if let Some(given) = given.filter(|given| given.size == step.size) {
        // A log of others that stands still is cosigned anew now and then, to show that it was looked at.
        let old = now >= before.saturating_add(RENEW_SECONDS);
        let seconds = if clock.links.is_none() && old { now } else { before };
        return Ok(Given { seconds, ..*given });
    }
    check_clock(before, clock)?;
    Ok(Given { size: step.size, root: step.root, seconds: now.max(before) })
}

fn check_clock(before: u64, clock: &Clock) -> Result<(), Refused> {
    let cosigned = Time::from_ms(before.saturating_mul(1000));
    if clock.now.ms() < 1000 || clock.now.plus_ms(clock.skew_ms) < cosigned {
        return Err(Refused::ClockBack);
    }
    let Some(links) = clock.links else { return Ok(()) };
    if links.last > clock.now.plus_ms(clock.skew_ms) {
        return Err(Refused::KeeperAhead);
    }
    if links.first_after.is_some_and(|first| first.plus_ms(clock.skew_ms) < cosigned) {
        return Err(Refused::Backdated);
    }
    Ok(())
}
