//! A takeover that goes on from the other of two histories which the old keeper's key signed. No key tells
//! which of the two is to stand, so the members do: a home goes over where more than half of the electorate
//! that it knows itself stand behind the opening. All of it is judged once the other history has come.
//!
//! What it must never do: give up what is known here to be witnessed, unless enough witnesses have closed for
//! the takeover and so brought it along.

use super::offer::{HeldLog, Offer, Opened};
use super::rival::holds_witnessed;
use lifeboat_commons::terms;
use lifeboat_log::opening::Right;
use lifeboat_log::{Call, Position, PublicKey, Term};
use std::collections::BTreeSet;

/// Judges an opening whose base the log here contradicts, while the key of the base's term signed both.
pub(super) fn judge(offer: &Offer, open: Term, log: &dyn HeldLog) -> Opened {
    judged(offer, open, log).unwrap_or(Opened::NotHeld)
}

fn judged(offer: &Offer, open: Term, log: &dyn HeldLog) -> Option<Opened> {
    let (call, base) = (Call::of(offer.opening()), offer.base());
    let Right::Takeover { endorsements, .. } = &offer.opening().right else { return None };
    let last = log.term(open)?;
    let state = log.state_at(Position(last.start.0.saturating_add(last.size)))?;
    if !terms::is_majority(&state, endorsements.iter().map(|e| &e.key)) {
        return None;
    }
    let start = log.term(base.origin.term)?.start;
    // Whoever cosigned what both have closes over it; past the base nobody can have done both.
    let kept = if is_closed(offer, log)? { Position(start.0.saturating_add(base.size)) } else { start };
    if holds_witnessed(open, kept, log) {
        return None;
    }
    Some(match log.before(base.origin.term) {
        Some(before) => Opened::Back(call, Box::new(before)),
        None => Opened::Anew(call),
    })
}

/// Whether so many witnesses of the base's term have closed that none of its checkpoints gets its number of
/// cosignatures any more.
fn is_closed(offer: &Offer, log: &dyn HeldLog) -> Option<bool> {
    let (call, base) = (Call::of(offer.opening()), offer.base());
    let Right::Takeover { closes, .. } = &offer.opening().right else { return None };
    let term = log.term(base.origin.term)?;
    let (all, quorum) = (&term.signers.witnesses, usize::from(term.quorum));
    let holds = closes.iter().filter(|close| all.contains(&close.key));
    let holds = holds.filter(|close| call.check_close(&base.origin.cell, close).is_ok());
    let closed: BTreeSet<PublicKey> = holds.map(|close| close.key).collect();
    Some(closed.len() + quorum > all.len())
}
