//! Entries that wait to be placed, kept by homes that follow the cell: what its author handed over or told
//! all, so that a keeper that leaves one out is seen by everybody, and one that is away finds it when it
//! comes back. A pool is bounded for each member and in all. It decides nothing about the log, and what
//! the rules do not admit is not kept.

#[cfg(test)]
mod tests;

use crate::limits::{MAX_LACKING, MAX_POOL, MAX_POOL_BYTES, MAX_POOL_MEMBER, MAX_POOL_MEMBER_BYTES};
use crate::refusal::Refusal;
use lifeboat_commons::{History, Inadmissible, MemberId, State};
use lifeboat_log::{Detail, DetailHash, EntryId, SignedEntry, Time};
use std::collections::{BTreeMap, BTreeSet};

/// An entry that waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The entry.
    pub entry: SignedEntry,
    /// Its details, as far as they are here.
    pub details: Vec<Detail>,
    /// Who signed it.
    pub member: MemberId,
    /// Since when the fold of this home admits it; not yet, when something has to come first.
    pub since: Option<Time>,
}

impl Waiting {
    /// Whether all its details are here, so that a keeper could place it.
    pub fn is_whole(&self) -> bool {
        has_all(&self.entry, &self.details)
    }

    /// Whether it has waited longer than the charter gives a keeper.
    pub fn is_overdue(&self, now: Time, placing_hours: u16) -> bool {
        self.since.is_some_and(|since| now > since.plus_ms(u64::from(placing_hours) * 3_600_000))
    }

    fn bytes(&self) -> usize {
        self.entry.bytes().len() + self.details.iter().map(|detail| detail.as_bytes().len()).sum::<usize>()
    }
}

/// What became of an entry that was to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is kept, and was not before: to be written down, and worth telling others.
    New,
    /// It was here, and its details are now too: to be written down.
    Completed,
    /// It was here already.
    Known,
    /// It stands in the log of this home.
    Placed,
    /// It is not kept.
    Refused(Refusal),
}

/// The entries of a cell that wait, as one home knows them.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    items: BTreeMap<EntryId, Waiting>,
    /// Entries and bytes of each member.
    members: BTreeMap<MemberId, (usize, usize)>,
    bytes: usize,
}

impl Pool {
    /// Keeps an entry, when it is one of a member, within the bounds, and not placed yet.
    pub fn take(
        &mut self,
        entry: SignedEntry,
        details: Vec<Detail>,
        now: Time,
        state: &State,
        history: &dyn History,
    ) -> Taken {
        let id = entry.id();
        let details: Vec<Detail> =
            details.into_iter().filter(|detail| entry.details.iter().any(|r| detail.matches(r))).collect();
        if let Some(known) = self.items.get(&id) {
            if known.is_whole() || !has_all(&entry, &details) {
                return Taken::Known;
            }
            let known = Waiting { details, ..known.clone() };
            self.remove(&id);
            return if self.put(known) { Taken::Completed } else { too_many() };
        }
        let since = match judge(&entry, now, state, history) {
            Ok(since) => since,
            Err(Inadmissible::Duplicate) if history.find(&id).is_some() => return Taken::Placed,
            Err(reason) => return Taken::Refused(refusal(&reason)),
        };
        let Some(member) = state.members().of_key(&entry.author) else {
            return Taken::Refused(refusal(&Inadmissible::NotAMember));
        };
        if self.put(Waiting { entry, details, member, since }) { Taken::New } else { too_many() }
    }

    /// Puts back what was kept before the home was started anew.
    pub fn restore(&mut self, waiting: Waiting) {
        let _ = self.put(waiting);
    }

    /// An entry stands in the log, or is not to be kept any more. True when it was here.
    pub fn remove(&mut self, id: &EntryId) -> bool {
        let Some(gone) = self.items.remove(id) else { return false };
        let bytes = gone.bytes();
        self.bytes -= bytes;
        if let Some((count, held)) = self.members.get_mut(&gone.member) {
            (*count, *held) = (*count - 1, *held - bytes);
            if *count == 0 {
                self.members.remove(&gone.member);
            }
        }
        true
    }

    /// Looks at all of them again: gives those that are over (placed, expired, or not admitted any more),
    /// which are gone from here, and those that changed otherwise.
    pub fn look(&mut self, now: Time, state: &State, history: &dyn History) -> Looked {
        let mut looked = Looked::default();
        for (id, item) in &mut self.items {
            match judge(&item.entry, now, state, history) {
                // What was placed is a duplicate now.
                Err(_) => looked.over.push(*id),
                Ok(None) => {}
                // The wait began when it was first admitted, as far as the clock says so.
                Ok(Some(_)) if item.since.is_some_and(|since| since <= now) => {}
                Ok(since) => {
                    item.since = since;
                    looked.changed.push(*id);
                }
            }
        }
        for id in &looked.over {
            self.remove(id);
        }
        looked
    }

    /// An entry.
    pub fn get(&self, id: &EntryId) -> Option<&Waiting> {
        self.items.get(id)
    }

    /// All of them, in order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.items.values()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn put(&mut self, waiting: Waiting) -> bool {
        let bytes = waiting.bytes();
        let (count, held) = self.members.get(&waiting.member).copied().unwrap_or_default();
        let own = count < MAX_POOL_MEMBER && held + bytes <= MAX_POOL_MEMBER_BYTES;
        if !own || self.items.len() >= MAX_POOL || self.bytes + bytes > MAX_POOL_BYTES {
            return false;
        }
        self.bytes += bytes;
        self.members.insert(waiting.member, (count + 1, held + bytes));
        self.items.insert(waiting.entry.id(), waiting);
        true
    }
}

/// What a look at all entries found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// Those that are not kept any more.
    pub over: Vec<EntryId>,
    /// Those whose wait has begun.
    pub changed: Vec<EntryId>,
}

/// Entries that a keeper was told of, and whose details it does not have yet.
#[derive(Debug, Default)]
pub struct Lacking {
    items: Vec<(SignedEntry, Vec<Detail>)>,
}

impl Lacking {
    /// Waits for the details of an entry, with those that are here. Gives the hashes to ask for; nothing
    /// when it waits already. The one that waits longest makes room.
    pub fn wait(&mut self, entry: SignedEntry, held: Vec<Detail>) -> Vec<DetailHash> {
        if self.items.iter().any(|(known, _)| known.id() == entry.id()) {
            return Vec::new();
        }
        let here: BTreeSet<DetailHash> =
            entry.details.iter().filter(|r| held.iter().any(|d| d.matches(r))).map(|r| r.hash).collect();
        let hashes = entry.details.iter().map(|r| r.hash).filter(|hash| !here.contains(hash)).collect();
        if self.items.len() >= MAX_LACKING {
            self.items.remove(0);
        }
        self.items.push((entry, held));
        hashes
    }

    /// Details came: gives the entries that are whole now.
    pub fn arrived(&mut self, details: &[Detail]) -> Vec<(SignedEntry, Vec<Detail>)> {
        for (entry, held) in &mut self.items {
            let lacks = |d: &&Detail, held: &[Detail]| {
                entry.details.iter().any(|r| d.matches(r)) && !held.contains(d)
            };
            let new: Vec<Detail> = details.iter().filter(|detail| lacks(detail, held)).cloned().collect();
            held.extend(new);
        }
        let (whole, rest) = std::mem::take(&mut self.items).into_iter().partition(|(e, d)| has_all(e, d));
        self.items = rest;
        whole
    }
}

/// Since when it is admitted: now, or not yet.
fn judge(
    entry: &SignedEntry,
    now: Time,
    state: &State,
    history: &dyn History,
) -> Result<Option<Time>, Inadmissible> {
    match state.admissible(entry, now.max(state.time()), history) {
        Ok(()) => Ok(Some(now)),
        // These pass by themselves.
        Err(Inadmissible::AfterMissing | Inadmissible::OverQuota | Inadmissible::ClockAhead) => Ok(None),
        Err(reason) => Err(reason),
    }
}

fn has_all(entry: &SignedEntry, details: &[Detail]) -> bool {
    entry.details.iter().all(|reference| details.iter().any(|detail| detail.matches(reference)))
}

fn refusal(reason: &Inadmissible) -> Refusal {
    Refusal::with_text(Refusal::NOT_ADMISSIBLE, &reason.to_string())
}

fn too_many() -> Taken {
    Taken::Refused(Refusal::new(Refusal::BUSY))
}
