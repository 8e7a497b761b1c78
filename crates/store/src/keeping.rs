//! One cell's log on a storage: what is kept beside the log: details, snapshots of the state, and entries
//! that wait to be placed.

use crate::details::Details;
use crate::log_store::{Lazy, LogStore, StoreError};
use crate::pending::Pending;
use crate::{pending, snapshot};
use lifeboat_log::link::LINK_LEN;
use lifeboat_log::{
    Detail, DetailHash, DetailRef, Entry, EntryId, LinkHash, Position, Signature, codec, record,
};
use std::collections::{BTreeMap, BTreeSet};

/// The folder of what was found damaged.
const ASIDE: &str = "aside";

impl LogStore {
    fn with_details<T>(
        &self,
        f: impl FnOnce(&mut Details) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut lazy = self.lazy();
        let Lazy { details, notices, .. } = &mut *lazy;
        if details.is_none() {
            let (opened, notice) = Details::open(&*self.storage, self.cell())?;
            *details = Some(opened);
            notices.extend(notice);
        }
        let done = details.as_mut().map_or(Err(StoreError::NotHere), f);
        if done.is_err() {
            // A part of what was to be written may be there: the pack is looked at again.
            *details = None;
        }
        done
    }

    /// Keeps open details. They are durable after [`LogStore::sync`].
    ///
    /// # Errors
    /// Those of the storage.
    pub fn put_details(&self, details: &[Detail]) -> Result<(), StoreError> {
        self.keep_details(details, false)
    }

    /// Keeps sealed details, marked as such. They are durable after [`LogStore::sync`].
    ///
    /// # Errors
    /// Those of the storage.
    pub fn put_sealed(&self, details: &[Detail]) -> Result<(), StoreError> {
        self.keep_details(details, true)
    }

    fn keep_details(&self, details: &[Detail], sealed: bool) -> Result<(), StoreError> {
        if details.is_empty() {
            return Ok(());
        }
        let put = |held: &mut Details, detail| held.put(&*self.storage, detail, sealed);
        self.with_details(|held| details.iter().try_for_each(|detail| put(held, detail)))
    }

    /// Keeps one open detail. It is durable after [`LogStore::sync`].
    ///
    /// # Errors
    /// Those of the storage.
    pub fn put_detail(&self, detail: &Detail) -> Result<(), StoreError> {
        self.put_details(std::slice::from_ref(detail))
    }

    /// A detail; nothing when it is not here.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn detail(&self, hash: &DetailHash) -> Result<Option<Detail>, StoreError> {
        Ok(self.marked_detail(hash)?.map(|(detail, _)| detail))
    }

    /// A detail and whether it is sealed; nothing when it is not here.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn marked_detail(&self, hash: &DetailHash) -> Result<Option<(Detail, bool)>, StoreError> {
        self.with_details(|held| held.get(&*self.storage, hash))
    }

    /// Whether a detail is here.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn has_detail(&self, hash: &DetailHash) -> Result<bool, StoreError> {
        Ok(self.detail(hash)?.is_some())
    }

    /// Overwrites a detail, durably. Returns whether it was here.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn erase_detail(&self, hash: &DetailHash) -> Result<bool, StoreError> {
        Ok(self.erase_details(std::slice::from_ref(hash))? > 0)
    }

    /// Overwrites details, durably, and what damaged packs left aside. Returns how many were here.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn erase_details(&self, hashes: &[DetailHash]) -> Result<usize, StoreError> {
        if hashes.is_empty() {
            return Ok(0);
        }
        let count = self.with_details(|held| held.erase_all(&*self.storage, hashes))?;
        let aside = format!("details-{}-", self.cell());
        for item in self.storage.list(ASIDE)? {
            // Nobody can tell what a damaged pack still holds.
            if item.name.starts_with(&aside) {
                self.storage.remove(&format!("{ASIDE}/{}", item.name))?;
            }
        }
        Ok(count)
    }

    /// Calls `f` with every detail that a record names, and the record's position.
    ///
    /// # Errors
    /// Those of the storage, and those of `f`.
    pub fn each_detail(
        &self,
        mut f: impl FnMut(Position, &DetailRef) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.each_raw(Position(0), |at, bytes| {
            details_of(bytes).iter().try_for_each(|reference| f(at, reference))?;
            Ok(true)
        })
    }

    /// Those of these details that a record before the given position names already.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn named_before(
        &self,
        wanted: &BTreeMap<DetailHash, Position>,
    ) -> Result<BTreeSet<DetailHash>, StoreError> {
        let (mut found, last) = (BTreeSet::new(), wanted.values().max().copied().unwrap_or_default());
        if last == Position(0) {
            return Ok(found);
        }
        self.each_raw(Position(0), |at, bytes| {
            let earlier = |hash: &DetailHash| wanted.get(hash).is_some_and(|named| at < *named);
            found.extend(details_of(bytes).into_iter().map(|named| named.hash).filter(earlier));
            Ok(at.next() < last)
        })?;
        Ok(found)
    }

    /// Details that records from `from` on name and that are not here, at most `max`, and the position to
    /// look on from.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn missing_details(
        &self,
        from: Position,
        max: usize,
    ) -> Result<(Vec<(Position, DetailRef)>, Position), StoreError> {
        let (mut missing, mut next) = (Vec::new(), from);
        self.each_raw(from, |at, bytes| {
            for reference in details_of(bytes) {
                if !self.has_detail(&reference.hash)? {
                    missing.push((at, reference));
                }
            }
            next = at.next();
            Ok(missing.len() < max)
        })?;
        Ok((missing, next))
    }

    /// The hash of the link before a position.
    fn link_before(&self, at: Position) -> Result<Option<LinkHash>, StoreError> {
        let Some(last) = at.0.checked_sub(1) else { return Ok(Some(LinkHash::ZERO)) };
        if at == self.chain.next() {
            return Ok(Some(self.chain.head()));
        }
        let raw = self.raw_records(Position(last), 1, usize::MAX)?;
        Ok(raw.first().and_then(|bytes| record::split(bytes).ok()).map(|(link, _)| link.hash()))
    }

    /// Keeps a snapshot of the state after the first `at` records.
    ///
    /// # Errors
    /// [`StoreError::NotHere`] when the log is shorter, and those of the storage.
    pub fn put_state(&self, at: Position, rules: u16, bytes: &[u8]) -> Result<(), StoreError> {
        let link = self.link_before(at)?.ok_or(StoreError::NotHere)?;
        snapshot::put(&*self.storage, self.cell(), at, link, rules, bytes)
    }

    /// The newest whole snapshot of a state of this log: the number of records it follows, the rules
    /// version, and its bytes.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn latest_state(&self) -> Result<Option<(Position, u16, Vec<u8>)>, StoreError> {
        let all = snapshot::positions(&*self.storage, self.cell())?;
        for at in all.into_iter().rev().filter(|at| *at <= self.chain.next()) {
            let Some(link) = self.link_before(at)? else { continue };
            if let Some((rules, bytes)) = snapshot::get(&*self.storage, self.cell(), at, link)? {
                return Ok(Some((at, rules, bytes)));
            }
        }
        Ok(None)
    }

    /// Keeps an entry that waits to be placed.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn put_pending(&self, entry: &Pending) -> Result<(), StoreError> {
        pending::put(&*self.storage, self.cell(), entry)
    }

    /// The entries that wait to be placed.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn pending(&self) -> Result<Vec<Pending>, StoreError> {
        pending::all(&*self.storage, self.cell())
    }

    /// Drops entries that wait no more.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn remove_pending(&self, ids: &[EntryId]) -> Result<(), StoreError> {
        pending::remove(&*self.storage, self.cell(), ids)
    }
}

/// The details that a record names, out of its bytes, which were compared with their hash before.
pub(crate) fn details_of(record: &[u8]) -> Vec<DetailRef> {
    let entry = record.get(LINK_LEN + 1..).unwrap_or_default();
    let entry = codec::decode::<(Entry, Signature)>(entry);
    entry.map(|(entry, _)| entry.details.to_vec()).unwrap_or_default()
}
