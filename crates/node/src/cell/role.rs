//! What a home is to its cell: a keeper where the log names its node and its keys are here, else a follower.
//! It decides by what lies on the disk alone.

use super::carrier::Parts;
use super::delivering::Outbound;
use super::disk::Disk;
use super::facts::notice;
use super::following::Following;
use super::keeping::Keeping;
use super::missing::MissingDetails;
use super::shelf::Shelf;
use super::waiting::Waits;
use super::{asking, locked, reading, succession};
use crate::keys::Keys;
use lifeboat_log::Handover;
use lifeboat_store::{Promises, Storage};
use std::sync::Arc;

/// What this home is to the cell.
pub enum Role {
    Keeper(Box<Keeping>),
    Follower(Box<Following>),
}

/// What this home is to the cell, judged by the log and the keys that are here; and whether it is named as the
/// keeper and can't go on yet.
pub fn begin(parts: &Parts) -> (Role, bool) {
    let keys = Keys::of(&parts.config.home);
    let leaving = go_on_with_handover(parts, &keys);
    let shelf = reading(&parts.shelf);
    let stopped = shelf.is_stopped();
    let kept = shelf.is_kept_by(&parts.config.node, &keys) && !stopped;
    let named = shelf.store.chain().open().is_some_and(|open| open.opening.node == parts.config.node);
    drop(shelf);
    if named && !kept && !stopped && leaving.is_none() {
        let words = "This home is to keep the log, and the key of the term is not in its folder keys: put it back from a backup, or let the members give the log another keeper (lifeboat takeover propose).";
        notice(&parts.facts, words.to_owned());
    }
    if kept && asking::may_sign(parts) {
        let shelf = reading(&parts.shelf);
        match try_keep(parts, &shelf, &keys) {
            Ok(mut keeping) => {
                drop(shelf);
                keeping.take_outbox(parts);
                return (Role::Keeper(Box::new(keeping)), false);
            }
            Err(reason) => notice(&parts.facts, reason),
        }
    }
    (follow(parts, leaving), kept)
}

/// The role of a home that follows the log.
pub fn follow(parts: &Parts, leaving: Option<Handover>) -> Role {
    let held = reading(&parts.shelf).held_by_follower();
    let outbound = Outbound::open(parts);
    let waits = Waits::open(parts);
    let disk = Disk::start(parts.shelf.clone(), parts.own_queue.clone());
    let (missing, stops) = {
        let shelf = reading(&parts.shelf);
        (MissingDetails::load(&parts.config.home, &parts.config.cell, shelf.is_own()), shelf.stops())
    };
    let mut following = Following::new(&parts.config, held, outbound, waits, disk, missing).leaving(leaving);
    stops.into_iter().for_each(|(term, before)| following.stop(term, before));
    Role::Follower(Box::new(following))
}

/// Goes on where a handover was interrupted: the old term key is erased, and the term is opened where this
/// home keeps it. Gives the handover that is still to be sent to another.
fn go_on_with_handover(parts: &Parts, keys: &Keys) -> Option<Handover> {
    let read = succession::signed(parts, &reading(&parts.shelf));
    let handover = match read {
        Ok(handover) => handover?,
        Err(error) => {
            notice(&parts.facts, error);
            return None;
        }
    };
    let old = reading(&parts.shelf).store.chain().open().map(|open| open.opening.term_key);
    if let Some(Err(error)) = old.map(|old| keys.erase_term(&old)) {
        notice(
            &parts.facts,
            format!("The key of the term that was handed over could not be erased: {error}."),
        );
    }
    if handover.opening.node != parts.config.node {
        return Some(handover);
    }
    if !keys.has_term(&handover.opening.term_key) {
        let words = "The key of the next term is not in this home, so nobody can go on with the log: put it back from a backup, or take the log over.";
        notice(&parts.facts, words.to_owned());
        return None;
    }
    if let Err(error) = succession::open_term(parts, &handover) {
        notice(&parts.facts, format!("The next term of the log cannot be opened: {error}."));
    }
    None
}

/// The keeper's role, where all that this home has signed is here.
pub fn try_keep(parts: &Parts, shelf: &Shelf, keys: &Keys) -> Result<Keeping, String> {
    let storage: Arc<dyn Storage> = parts.config.storage.clone();
    let promises = Promises::open(storage, parts.config.cell).map_err(|e| e.to_string())?;
    if let Some(missing) = shelf.store.missing() {
        return Err(format!(
            "This home signed a checkpoint of {} records and has lost some of them: fetch them from a replica (lifeboat sync).",
            missing.size
        ));
    }
    let open = shelf.store.chain().open().ok_or("the log is empty")?;
    let term_key = keys.term(&open.opening.term_key).map_err(|e| e.to_string())?;
    let held = shelf.held_by_keeper(&promises)?;
    let keeping = Keeping::new(&parts.config, term_key, held, promises).map_err(|e| e.to_string())?;
    locked(&parts.inquiry).end(); // from here on this process knows what it signs
    Ok(keeping)
}
