//! What a home does with details, by what the rules say of them: which it looks for, which it may keep and
//! show to whom, and that it drops what was erased: from its packs, from copies in its outbox and from
//! what it put aside. It never takes an erased one again.

use super::locked;
use super::shelf::Shelf;
use lifeboat_log::{Detail, DetailHash, DetailRef, Position, PublicKey};
use lifeboat_store::blobs::Blobs;
use lifeboat_store::{Outbox, StoreError, Waiting};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// What a shelf remembers of details while it is open.
#[derive(Default)]
pub struct Texts {
    /// The changes that were acted on.
    swept: u64,
    /// Erased, and not here: they are refused, so they need not be looked for again.
    dropped: BTreeSet<DetailHash>,
    /// Erased by an entry, but an earlier one names them too and keeps them.
    kept: Mutex<BTreeSet<DetailHash>>,
}

/// How many details there are of one sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Here.
    pub held: u64,
    /// Not here, and not erased.
    pub missing: u64,
    /// Erased, by somebody or by their time.
    pub erased: u64,
}

impl Shelf {
    /// Whether this home is one of the cell's own: its node is named in the log, and its member has not
    /// left.
    pub fn is_own(&self) -> bool {
        self.is_node_of_cell(&self.node)
    }

    /// Whether a node is one of the cell's own.
    pub fn is_node_of_cell(&self, node: &PublicKey) -> bool {
        let members = self.state().members();
        let member = members.nodes().find(|(known, _)| *known == node).map(|(_, member)| member);
        member.and_then(|member| members.get(&member)).is_some_and(|member| member.is_active())
    }

    /// Whether this home lacks a detail that the record at this position names, and may have it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn wants(&self, at: Position, reference: &DetailRef) -> Result<bool, StoreError> {
        let details = self.state().details();
        if details.gone(&reference.hash, at).is_some() || (reference.tag.is_sealed() && !self.is_own()) {
            return Ok(false);
        }
        if details.is_gone(&reference.hash) {
            locked(&self.texts.kept).insert(reference.hash);
        }
        Ok(!self.store.has_detail(&reference.hash)?)
    }

    /// Whether a detail was erased, so that it is neither kept nor shown.
    pub fn refuses(&self, hash: &DetailHash) -> bool {
        self.state().details().is_gone(hash) && !locked(&self.texts.kept).contains(hash)
    }

    /// Keeps open details, but for those that were erased.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_open(&self, details: &[Detail]) -> Result<(), StoreError> {
        self.store.put_details(&self.allowed(details))
    }

    /// Keeps sealed details, but for those that were erased, and only in a home of the cell.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_sealed(&self, details: &[Detail]) -> Result<(), StoreError> {
        if self.is_own() { self.store.put_sealed(&self.allowed(details)) } else { Ok(()) }
    }

    /// Keeps the details of an entry that is one's own or was handed in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_named(&self, details: &[Detail], named: &[DetailRef]) -> Result<(), StoreError> {
        let sealed = |detail: &&Detail| named.iter().any(|r| r.tag.is_sealed() && detail.matches(r));
        let (sealed, open): (Vec<_>, Vec<_>) = details.iter().partition(sealed);
        self.store.put_details(&self.allowed(&cloned(&open)))?;
        self.store.put_sealed(&self.allowed(&cloned(&sealed)))
    }

    /// A detail as this peer may have it: sealed ones are for the cell's own homes alone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn detail_for(&self, peer: &PublicKey, hash: &DetailHash) -> Result<Option<Detail>, StoreError> {
        if self.refuses(hash) {
            return Ok(None);
        }
        let held = self.store.marked_detail(hash)?;
        // What is named as open and is no text may be a sealed one under another name.
        let allowed = |detail: &Detail, sealed: bool| !sealed && detail.text().is_some();
        Ok(held.filter(|(d, sealed)| allowed(d, *sealed) || self.is_node_of_cell(peer)).map(|(d, _)| d))
    }

    /// Drops what was erased since the last time. Returns what nobody need look for any more.
    pub fn sweep(&mut self) -> Vec<DetailHash> {
        let changes = self.state().details().changes();
        if changes == self.texts.swept {
            return Vec::new();
        }
        match self.drop_gone() {
            Ok(gone) => {
                self.texts.swept = changes;
                gone
            }
            Err(error) => {
                tracing::error!(%error, "erased details could not be dropped; it is tried again");
                Vec::new()
            }
        }
    }

    fn drop_gone(&mut self) -> Result<Vec<DetailHash>, StoreError> {
        let (mut held, mut absent) = (BTreeMap::new(), Vec::new());
        let fresh = self.state().details().all_gone().filter(|(hash, _)| !self.texts.dropped.contains(*hash));
        for (hash, gone) in fresh {
            if self.store.has_detail(hash)? {
                held.insert(*hash, gone.named);
            } else {
                absent.push(*hash);
            }
        }
        let kept = self.store.named_before(&held)?;
        let drop: Vec<DetailHash> = held.into_keys().filter(|hash| !kept.contains(hash)).collect();
        self.store.erase_details(&drop)?;
        self.drop_blobs()?;
        locked(&self.texts.kept).extend(kept);
        self.strip_outbox()?;
        let gone: Vec<DetailHash> = drop.into_iter().chain(absent).collect();
        let gone: Vec<DetailHash> = gone.into_iter().filter(|hash| self.refuses(hash)).collect();
        self.texts.dropped.extend(gone.iter().copied());
        Ok(gone)
    }

    /// Removes erased attachments.
    fn drop_blobs(&self) -> Result<(), StoreError> {
        let blobs = Blobs::new(self.store.storage().clone(), self.store.cell());
        self.state().details().erased_blobs().try_for_each(|hash| blobs.remove(hash))
    }

    /// Takes erased details out of the outbox, and what of it was put aside as damaged.
    fn strip_outbox(&self) -> Result<(), StoreError> {
        let storage = self.store.storage();
        let outbox = Outbox::new(storage.clone(), self.store.cell());
        let (waiting, _) = outbox.list().map_err(of_outbox)?;
        for mut waiting in waiting {
            let before = waiting.details.len();
            waiting.details.retain(|detail| !self.refuses(&detail.hash()));
            if waiting.details.len() < before {
                outbox.put(&Waiting { ..waiting }).map_err(of_outbox)?;
            }
        }
        for item in storage.list("aside")?.iter().filter(|item| item.name.starts_with("outbox-")) {
            storage.remove(&format!("aside/{}", item.name))?;
        }
        Ok(())
    }

    fn allowed(&self, details: &[Detail]) -> Vec<Detail> {
        details.iter().filter(|detail| !self.refuses(&detail.hash())).cloned().collect()
    }

    /// How many open and sealed details the log names, each once: held, missing, erased.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_details(&self) -> Result<(Count, Count), StoreError> {
        let (mut open, mut sealed, mut seen) = (Count::default(), Count::default(), BTreeSet::new());
        self.store.each_detail(|at, reference| {
            if at >= self.state().next() || !seen.insert(reference.hash) {
                return Ok(());
            }
            let count = if reference.tag.is_sealed() { &mut sealed } else { &mut open };
            if self.state().details().gone(&reference.hash, at).is_some() {
                count.erased += 1;
            } else if self.store.has_detail(&reference.hash)? {
                count.held += 1;
            } else {
                count.missing += 1;
            }
            Ok(())
        })?;
        Ok((open, sealed))
    }
}

fn cloned(details: &[&Detail]) -> Vec<Detail> {
    details.iter().map(|detail| (*detail).clone()).collect()
}

fn of_outbox(error: lifeboat_store::outbox::OutboxError) -> StoreError {
    match error {
        lifeboat_store::outbox::OutboxError::Storage(error) => error.into(),
        _ => StoreError::NotHere,
    }
}
