//! Asking others, at a start, what this home's keys have signed: its disk may be an old backup. Until enough
//! of them have answered, or a person has vouched for the disk, this home keeps nothing and cosigns nothing.

use super::carrier::{Parts, now};
use super::taking::Taking;
use super::{Outward, locked, reading};
use lifeboat_log::codec::Bytes;
use lifeboat_log::{CellId, PublicKey};
use lifeboat_protocol::Inquiry;
use lifeboat_protocol::inquiry::{self, StartNonce};
use lifeboat_protocol::message::Recalled;

/// The inquiry of a cell whose thread begins.
pub fn begin(not_restored: bool) -> Inquiry {
    let Ok(nonce) = crate::keys::random() else {
        tracing::error!("the system gives no random numbers");
        return Inquiry::new(StartNonce::default());
    };
    let mut inquiry = Inquiry::new(nonce);
    if not_restored {
        inquiry.end();
    }
    inquiry
}

/// How many homes must answer yet before this one may sign as keeper or witness of the open term.
pub fn lacks(parts: &Parts) -> usize {
    let shelf = reading(&parts.shelf);
    let (node, own) = (parts.config.node, parts.config.cosigner.key());
    let opening = shelf.store.chain().open().map(|open| &open.opening);
    opening.map_or(0, |opening| locked(&parts.inquiry).lacks(opening, &node, &own))
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
        calls: taking.news(),
        witness: witness.public(),
        signature: inquiry::answer(parts.config.cell, asker, nonce, witness),
    }
}

/// Writes down what a peer's answer shows that this home's witness has promised, and this disk forgot; and
/// that the peer has answered.
pub fn answered(parts: &Parts, peer: &PublicKey, recalled: &Recalled) {
    let cosigner = &parts.config.cosigner;
    if let Err(error) = recall(parts, recalled) {
        // Without it nothing may be signed: the peer is asked again.
        tracing::error!(%error, "what this home's witness has signed before could not be written down");
        return;
    }
    let (cell, node): (CellId, PublicKey) = (parts.config.cell, parts.config.node);
    if !locked(&parts.inquiry).answered(cell, &node, recalled) && recalled.witness != cosigner.key() {
        tracing::info!(%peer, "a node answered for a witness whose key it does not have");
    }
}

fn recall(parts: &Parts, recalled: &Recalled) -> Result<(), crate::cosigner::NotCosigned> {
    let (cell, cosigner) = (parts.config.cell, &parts.config.cosigner);
    let signed = {
        let shelf = reading(&parts.shelf);
        shelf.store.chain().open().and_then(|open| open.verify(cell, &recalled.checkpoint).ok())
    };
    if let Some(signed) = signed {
        cosigner.recall(&signed)?;
    }
    let own = cosigner.key();
    for news in recalled.calls.iter() {
        for close in news.closes.iter().filter(|close| close.key == own) {
            if news.call.check_close(&cell, close).is_ok() {
                cosigner.recall_close(cell, news.call, *close)?;
            }
        }
    }
    Ok(())
}
