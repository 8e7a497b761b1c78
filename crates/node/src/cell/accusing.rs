//! Misconduct in a living cell: what this home has seen becomes a file, a file from others is verified, and
//! either is kept and passed on. What follows for the home's own part (a follower stops, a keeper steps
//! down) is the carrier's business.

use super::carrier::Parts;
use super::{Outward, reading, writing};
use lifeboat_log::{Charge, Proven, Term};
use lifeboat_protocol::accuse::BadStretch;
use lifeboat_protocol::follower::Alarm;
use lifeboat_protocol::message::term_of_note;
use lifeboat_store::{BadEvidence, StoreError};

/// Keeps a file and passes it on, when it proves something new; what it proves then.
///
/// # Errors
/// [`BadEvidence`] when it proves nothing, or cannot be kept.
pub fn take(parts: &Parts, file: &[u8]) -> Result<Option<Proven>, BadEvidence> {
    let proven = writing(&parts.shelf).take_evidence(file)?;
    if let Some(proven) = &proven {
        tracing::warn!(origin = %proven.origin, fault = ?proven.fault, "misconduct is proven");
        let _ = parts.outward.try_send(Outward::Accuse(file.to_vec()));
    }
    Ok(proven)
}

/// A checkpoint that a peer told, or the base of an opening that it has, when that is signed by the key of a
/// term of the log here and is not the beginning of what stands of it: then that key has signed two logs.
pub fn told(parts: &Parts, note: &[u8]) -> Option<Proven> {
    let charge = reading(&parts.shelf).store.contradicted_by(note).ok()??;
    charged(parts, term_of_note(note)?, charge)
}

/// What a follower's alarm amounts to.
pub fn alarm(parts: &Parts, alarm: &Alarm) -> Option<Proven> {
    charged(parts, alarm.other.origin.term, alarm.charge()?)
}

/// What records amount to that came under a signed checkpoint and do not hold.
///
/// # Errors
/// [`StoreError`] when what is held here cannot be read; it may be on its way to the disk.
pub fn stretch(parts: &Parts, stretch: &BadStretch) -> Result<Option<Proven>, StoreError> {
    let term = stretch.signed.origin.term;
    let charge = {
        let shelf = reading(&parts.shelf);
        let store = &shelf.store;
        let known = store.known_term(term).ok_or(StoreError::NotHere)?;
        let last = || match stretch.known.checked_sub(1) {
            Some(before) => store.raw_in_term(term, before),
            None => Ok(None),
        };
        stretch.charge(&known, |level, index| store.tree_node(term, level, index), last)?
    };
    Ok(charge.and_then(|charge| charged(parts, term, charge)))
}

fn charged(parts: &Parts, term: Term, charge: Charge) -> Option<Proven> {
    let file = reading(&parts.shelf).store.accuse(term, charge).ok()?;
    match take(parts, &file.to_bytes()) {
        Ok(proven) => proven,
        Err(error) => {
            tracing::warn!(%error, "what was seen could not be kept as proof of misconduct");
            None
        }
    }
}
