//! What a cell's thread does about witnesses: it lets this home's witness cosign what is durable here, and it
//! hands in anchors as keeper.

use super::carrier::{Parts, now};
use super::facts::notice;
use super::shelf::Shelf;
use super::{Outcome, asking, reading};
use crate::keys::{Keys, random};
use lifeboat_commons::compose;
use lifeboat_commons::witnessing::Anchor;
use lifeboat_log::entry::Nonce;
use lifeboat_log::{Given, Position, SignedCheckpoint, SignedEntry, Time};
use lifeboat_protocol::Refusal;
use lifeboat_protocol::witness::{Clock, Links, Refused, Step};

use crate::cosigner::NotCosigned;

/// How long an anchor may wait to be placed, in milliseconds: the next one says more.
const ANCHOR_LIFETIME_MS: u64 = 10 * 60 * 1000;

/// The checkpoint with this home's own cosignature; nothing when its witness refuses.
pub fn cosign(parts: &Parts, checkpoint: &SignedCheckpoint) -> Option<SignedCheckpoint> {
    if !asking::may_sign(parts) {
        return None; // it is asked again
    }
    let shelf = reading(&parts.shelf);
    let question = |given: Option<&Given>| question(&shelf, checkpoint, given);
    let line = parts.config.cosigner.cosign(&checkpoint.origin.to_string(), checkpoint.text(), question);
    let cosigned = line.map(|line| checkpoint.with_cosignature(line, parts.config.cosigner.key()));
    match cosigned {
        Ok(Ok(cosigned)) => Some(cosigned),
        Ok(Err(bad)) => {
            tracing::error!(%bad, "the own cosignature does not hold");
            None
        }
        Err(NotCosigned::Refused(why @ (Refused::KeeperAhead | Refused::Busy))) => {
            tracing::info!(%why, "not cosigned yet");
            None
        }
        Err(error @ NotCosigned::Closed(_)) => {
            tracing::info!(%error, "not cosigned");
            None
        }
        Err(error) => {
            notice(&parts.facts, format!("This home does not witness the newest entries: {error}."));
            None
        }
    }
}

/// What the witness is asked about a checkpoint whose records are all durable here.
fn question(
    shelf: &Shelf,
    checkpoint: &SignedCheckpoint,
    given: Option<&Given>,
) -> Result<(Step, Clock), String> {
    let open = shelf.store.chain().open().filter(|open| open.term == checkpoint.origin.term);
    let open = open.ok_or("its term is not open here")?;
    let (old, size) = (given.map_or(0, |given| given.size), checkpoint.size);
    if size > open.tree.size() {
        return Err("not all that it covers is here".to_owned());
    }
    if old > size {
        return Err(format!(
            "it has cosigned {old} records of this term before and holds {size}: fetch the rest (lifeboat sync)"
        ));
    }
    let proof = match old {
        0 => Vec::new(),
        _ => shelf.store.consistency(open.term, old, size).map_err(|e| e.to_string())?,
    };
    let at = |index: u64| -> Result<Option<Time>, String> {
        let record = shelf.store.record(Position(open.start.0 + index)).map_err(|e| e.to_string())?;
        Ok(record.map(|record| record.link().time))
    };
    let last = at(size.saturating_sub(1))?.ok_or("its last record is not here")?;
    let first_after = if given.is_some() && old < size { at(old)? } else { None };
    let skew_ms = shelf.state().charter().skew_ms();
    let clock = Clock { now: now(), skew_ms, links: Some(Links { last, first_after }) };
    Ok((Step { old, proof, size, root: checkpoint.root }, clock))
}

/// Everything before this position stands under a checkpoint that as many witnesses cosigned as the term
/// asks, as far as this home knows.
pub fn witnessed(shelf: &Shelf, checkpoint: Option<&SignedCheckpoint>) -> Position {
    let anchored = shelf.state().anchored();
    let open = shelf.store.chain().open();
    let Some((open, checkpoint)) = open.zip(checkpoint) else { return anchored };
    let quorum = usize::from(open.opening.quorum);
    let enough = quorum > 0 && checkpoint.witnesses() >= quorum && checkpoint.origin.term == open.term;
    let covered = if enough { Position(open.start.0.saturating_add(checkpoint.size)) } else { anchored };
    anchored.max(covered)
}

/// The anchor of this checkpoint, signed by this home's node.
pub fn anchor(parts: &Parts, checkpoint: &SignedCheckpoint) -> Option<SignedEntry> {
    let node = Keys::of(&parts.config.home).node().ok()?;
    let said = compose(&Anchor::of(checkpoint)?).ok()?;
    let now = now().max(reading(&parts.shelf).state().time());
    let nonce = Nonce(random().ok()?);
    let until = now.plus_ms(ANCHOR_LIFETIME_MS);
    said.entry(parts.config.cell, node.public(), now, until, nonce).sign(&node).ok()
}

/// Notes what came of an anchor.
pub fn anchored(outcome: &Outcome) {
    match outcome {
        Outcome::Placed { position, .. } => tracing::debug!(%position, "an anchor was placed"),
        Outcome::Refused(refusal) if refusal.name() == Refusal::NOT_ADMISSIBLE => {
            tracing::info!(%refusal, "an anchor was not placed");
        }
        Outcome::Refused(refusal) => tracing::debug!(%refusal, "an anchor was not placed"),
        Outcome::HandedOn => {}
    }
}
