//! Asking others, at a start, what this home's keys have signed: its disk may be an old backup. Until enough
//! of them have answered, or a person has vouched for the disk, this home keeps nothing and cosigns nothing.

use super::carrier::{Parts, now};
use super::shelf::Shelf;
use super::taking::Taking;
use super::{CellConfig, Outward, locked, reading};
use crate::cosigner::NotCosigned;
use lifeboat_log::PublicKey;
use lifeboat_log::codec::Bytes;
use lifeboat_protocol::Inquiry;
use lifeboat_protocol::inquiry::{self, StartNonce, Worth};
use lifeboat_protocol::message::Recalled;
use lifeboat_store::Promises;

/// The inquiry of a cell whose thread begins.
pub fn begin(config: &CellConfig, shelf: &Shelf) -> Inquiry {
    let Ok(nonce) = crate::keys::random() else {
        tracing::error!("the system gives no random numbers");
        return Inquiry::new(StartNonce::default());
    };
    let mut inquiry = Inquiry::new(nonce);
    // What is not readable is told where the home would keep the log, and it does not.
    let promises = Promises::open(config.storage.clone(), config.cell).ok();
    let promised = promises.as_ref().and_then(Promises::last).map(|last| (last.term, last.size));
    let held = shelf.store.checkpoint().map(|held| (held.origin.term, held.size));
    inquiry.found(shelf.store.len(), held, promised);
    if config.not_restored {
        inquiry.end();
    }
    inquiry
}

/// How many homes must answer yet before this one may sign as keeper or witness of the open term.
pub fn lacks(parts: &Parts) -> usize {
    lacking(parts, &reading(&parts.shelf))
}

/// The same, where the shelf can be read at once.
pub fn lacks_now(parts: &Parts) -> Option<usize> {
    parts.shelf.try_read().ok().map(|shelf| lacking(parts, &shelf))
}

fn lacking(parts: &Parts, shelf: &Shelf) -> usize {
    let (node, own) = (parts.config.node, parts.config.cosigner.key());
    let opening = shelf.store.chain().open().map(|open| &open.opening);
    opening.map_or(0, |opening| locked(&parts.inquiry).lacks(opening, &node, &own))
}

/// Whether it may: enough have answered, and this home's log holds what they showed.
pub fn may_sign(parts: &Parts) -> bool {
    let shelf = reading(&parts.shelf);
    let (node, own) = (parts.config.node, parts.config.cosigner.key());
    let Some(open) = shelf.store.chain().open() else { return false };
    let root = |size| shelf.store.root(open.term, size).ok();
    locked(&parts.inquiry).may_sign(open, &node, &own, root)
}

/// Asks whom it is time to ask.
pub fn ask(parts: &Parts) {
    if lacks(parts) == 0 {
        return;
    }
    let mut inquiry = locked(&parts.inquiry);
    let (asker, nonce) = (parts.config.node, inquiry.nonce());
    for peer in inquiry.due(now()) {
        let _ = parts.outward.try_send(Outward::AskRecall { peer, asker, nonce });
    }
}

/// What is known here, for a node that has started.
pub fn answer(parts: &Parts, taking: &Taking, asker: &PublicKey, nonce: &StartNonce) -> Recalled {
    let checkpoint = reading(&parts.shelf).store.checkpoint().and_then(|held| Bytes::new(held.to_bytes()));
    let witness = parts.config.cosigner.secret();
    Recalled {
        checkpoint: checkpoint.unwrap_or_default(),
        calls: taking.news(parts),
        witness: witness.public(),
        signature: inquiry::answer(parts.config.cell, asker, nonce, witness),
    }
}

/// Writes down what a peer's answer shows that this home's witness has promised, and this disk forgot.
/// Whether that is durable: without it the answer must not count, and the peer is asked again.
pub fn recall(parts: &Parts, recalled: &Recalled) -> bool {
    let (cell, cosigner) = (parts.config.cell, &parts.config.cosigner);
    let own = cosigner.key();
    let all = || -> Result<(), NotCosigned> {
        if let Some((origin, shown)) = inquiry::cosigned(cell, recalled, &own) {
            cosigner.recall(&origin, shown)?;
        }
        inquiry::closes(cell, recalled, &own)
            .try_for_each(|(call, close)| cosigner.recall_close(cell, call, close))
    };
    let done = all();
    if let Err(error) = &done {
        tracing::error!(%error, "what this home's witness has signed before could not be written down");
    }
    done.is_ok()
}

/// A peer has answered, and all that its answer shows is taken in.
pub fn answered(parts: &Parts, peer: &PublicKey, recalled: &Recalled) {
    let shelf = reading(&parts.shelf);
    let (cell, node, open) = (parts.config.cell, parts.config.node, shelf.store.chain().open());
    let worth = locked(&parts.inquiry).answered(cell, &node, recalled, open);
    match worth {
        Worth::Counts => {}
        Worth::Later => tracing::debug!(%peer, "a node answered out of a term that is not here yet"),
        Worth::Forged => {
            tracing::info!(%peer, "a node answered for a witness whose key it does not have");
        }
    }
}
