//! A planned handover on this home's disk: what the leaving keeper has written down, and how the next keeper
//! opens its term. Every step can be taken again after a crash: the handover on disk says where to go on.

use super::carrier::{Parts, now};
use super::facts::notice;
use super::shelf::Shelf;
use super::{reading, writing};
use crate::keys::{Keys, random};
use lifeboat_log::entry::Nonce;
use lifeboat_log::{Handover, Link, PublicKey, Record, Successor, Term};
use lifeboat_protocol::Refusal;
use lifeboat_store::{Storage, handovers};
use std::sync::Arc;

/// What this home brings to keep `term`, when `peer`, who asks, keeps the log now and the member of this home
/// has named its node.
pub fn successor(
    parts: &Parts,
    peer: &PublicKey,
    term: Term,
    ready: &mut Option<(Term, Successor)>,
) -> Result<Successor, Refusal> {
    let own = parts.config.node;
    let shelf = reading(&parts.shelf);
    let open = shelf.store.chain().open().ok_or_else(|| Refusal::new(Refusal::NO_TERM))?;
    let asked = open.opening.node == *peer && open.term.may_become(term) && term.era() == open.term.era();
    let named = shelf.state().members().nodes().any(|(node, _)| *node == own);
    if !asked || !named {
        return Err(Refusal::new(Refusal::NOT_READY));
    }
    if let Some((_, ready)) = ready.as_ref().filter(|(known, _)| *known == term) {
        return Ok(ready.clone());
    }
    let made = make(&Keys::of(&parts.config.home), own, term).map_err(|error| {
        tracing::error!(%error, "no term key could be made");
        Refusal::new(Refusal::STORE_FAILED)
    })?;
    *ready = Some((term, made.clone()));
    Ok(made)
}

/// What the node of this home brings to keep `term`: its fresh key is kept before anybody hears of it.
pub fn make(keys: &Keys, node: PublicKey, term: Term) -> Result<Successor, crate::keys::KeyError> {
    let nonce = Nonce(random()?);
    Ok(Successor::new(term, node, nonce, &keys.create_term()?))
}

/// The handover that this home has signed and whose term is not open here yet.
pub fn signed(parts: &Parts, shelf: &Shelf) -> Result<Option<Handover>, String> {
    let storage: &dyn Storage = &*parts.config.storage;
    let handover = handovers::read(storage, parts.config.cell).map_err(|e| e.to_string())?;
    let open = shelf.store.chain().open().map(|open| open.term);
    Ok(handover.filter(|handover| open.is_some_and(|open| open < handover.opening.term)))
}

/// Whether this home is the next keeper of this handover, and its log stands where it goes on.
pub fn is_mine(parts: &Parts, shelf: &Shelf, handover: &Handover) -> bool {
    let chain = shelf.store.chain();
    let goes_on = chain.open().is_some_and(|open| open.term.may_become(handover.opening.term));
    let stands = handover.opening.base.as_ref().is_some_and(|base| base.head == chain.head());
    let own = handover.opening.node == parts.config.node;
    own && goes_on && stands && Keys::of(&parts.config.home).has_term(&handover.opening.term_key)
}

/// Opens the term: its first record is durable, and the log is read anew. Nothing is signed here; that is for
/// the keeper, which begins from what lies on the disk.
pub fn open_term(parts: &Parts, handover: &Handover) -> Result<(), String> {
    let node = Keys::of(&parts.config.home).node().map_err(|e| e.to_string())?;
    let mut shelf = writing(&parts.shelf);
    let chain = shelf.store.chain();
    let at = now().max(chain.last_time());
    let entry = handover.entry(parts.config.cell, &node, at).map_err(|e| e.to_string())?;
    let link = Link::new(handover.opening.term, chain.next(), chain.head(), at, entry.id());
    let record = Record::place(link, entry).ok_or("the opening is too long")?;
    let store = &mut shelf.store;
    store.append(&[record]).and_then(|()| store.sync()).map_err(|e| e.to_string())?;
    let storage: Arc<dyn Storage> = parts.config.storage.clone();
    let (anew, words) =
        Shelf::open_again(storage, parts.config.cell, parts.config.node, false).map_err(|e| e.to_string())?;
    *shelf = anew;
    drop(shelf);
    words.into_iter().for_each(|word| notice(&parts.facts, word));
    Ok(())
}
