//! Reading a cell's log for a command: records chosen by place, kind and author, with the texts that
//! belong to them. It changes nothing.

use crate::ask::{DetailText, Entered, GoneText, Range, Reference};
use crate::limits::{MAX_RECORDS_ANSWERED, SEARCH_WINDOW};
use crate::wire::Blob;
use lifeboat_commons::{Effect, State};
use lifeboat_log::{Kind, Position, Record};
use lifeboat_store::{LogStore, StoreError};
use std::collections::BTreeSet;

/// The records of a range, in order.
///
/// # Errors
/// [`StoreError`].
pub fn range(store: &LogStore, state: &State, range: &Range) -> Result<Vec<Entered>, StoreError> {
    let count = (range.count as usize).min(MAX_RECORDS_ANSWERED);
    let positions = if range.kinds.is_empty() && range.authors.is_empty() {
        let (from, to) = plain(state.next().0, range, count as u64);
        (from..to).map(Position).collect()
    } else {
        search(store, state.next().0, range, count)?
    };
    let mut entered = Vec::with_capacity(positions.len());
    for at in positions {
        if let Some(record) = store.record(at)? {
            entered.push(enter(store, state, &record)?);
        }
    }
    Ok(entered)
}

/// The record that this names, when there is one.
///
/// # Errors
/// [`StoreError`].
pub fn find(store: &LogStore, state: &State, reference: &Reference) -> Result<Option<Entered>, StoreError> {
    let record = match reference {
        Reference::At(position) if *position >= state.next() => None,
        Reference::At(position) => store.record(*position)?,
        Reference::Id(id) => match store.find(id)? {
            Some(at) => store.record(at)?,
            None => None,
        },
    };
    record.map(|record| enter(store, state, &record)).transpose()
}

/// What is known here of a record.
///
/// # Errors
/// [`StoreError`].
pub fn enter(store: &LogStore, state: &State, record: &Record) -> Result<Entered, StoreError> {
    let (mut details, mut absent, mut sealed, mut gone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for reference in record.entry().details.iter() {
        let (tag, hash) = (reference.tag.0, reference.hash);
        if let Some(erased) = state.details().gone(&hash, record.link().position) {
            gone.push(GoneText { tag, hash, by: erased.by });
            continue;
        }
        match store.detail(&hash)? {
            Some(detail) if reference.tag.is_sealed() => sealed.push(Blob(detail.as_bytes().to_vec())),
            detail => match detail.as_ref().and_then(|detail| detail.text()) {
                Some(text) => details.push(DetailText { tag, hash, text: text.to_owned() }),
                None => absent.push(hash),
            },
        }
    }
    let void = match state.effect(record.link().position) {
        Some(Effect::Void(reason)) => Some(reason.to_string()),
        _ => None,
    };
    Ok(Entered { record: Blob(record.to_bytes()), void, details, absent, sealed, gone })
}

/// The positions of a range without conditions.
fn plain(len: u64, range: &Range, count: u64) -> (u64, u64) {
    if range.newest {
        let to = range.from.map_or(len, |from| from.0.min(len));
        (to.saturating_sub(count), to)
    } else {
        let from = range.from.map_or(0, |from| from.0).min(len);
        (from, from.saturating_add(count).min(len))
    }
}

/// The positions of a range with conditions: the index is searched in windows that grow, from the end
/// that is asked for.
fn search(store: &LogStore, len: u64, range: &Range, count: usize) -> Result<Vec<Position>, StoreError> {
    let mut found = BTreeSet::new();
    let mut window = SEARCH_WINDOW;
    let (mut low, mut high) = plain(len, range, u64::MAX);
    while low < high && found.len() < count {
        let (from, to) = if range.newest {
            (low.max(high.saturating_sub(window)), high)
        } else {
            (low, high.min(low.saturating_add(window)))
        };
        found.extend(matches(store, range, from, to)?);
        if range.newest {
            high = from;
        } else {
            low = to;
        }
        window = window.saturating_mul(4);
    }
    let skip = if range.newest { found.len().saturating_sub(count) } else { 0 };
    Ok(found.into_iter().skip(skip).take(count).collect())
}

/// The positions in `from..to` that meet the conditions.
fn matches(store: &LogStore, range: &Range, from: u64, to: u64) -> Result<BTreeSet<Position>, StoreError> {
    let mut by_kind = BTreeSet::new();
    for kind in &range.kinds {
        by_kind.extend(pages(from, to, |at, max| store.by_kind(Kind(*kind), at, max))?);
    }
    let mut by_author = BTreeSet::new();
    for author in &range.authors {
        by_author.extend(pages(from, to, |at, max| store.by_author(author, at, max))?);
    }
    Ok(match (range.kinds.is_empty(), range.authors.is_empty()) {
        (false, false) => by_kind.intersection(&by_author).copied().collect(),
        (false, true) => by_kind,
        _ => by_author,
    })
}

/// All positions in `from..to` that a search gives page by page.
fn pages(
    from: u64,
    to: u64,
    mut page: impl FnMut(Position, usize) -> Result<Vec<Position>, StoreError>,
) -> Result<Vec<Position>, StoreError> {
    let mut all = Vec::new();
    let mut at = from;
    while at < to {
        let max = usize::try_from(to - at).unwrap_or(usize::MAX).min(SEARCH_WINDOW as usize);
        let found = page(Position(at), max)?;
        let whole = found.len() < max;
        at = found.last().map_or(to, |last| last.0 + 1);
        all.extend(found.into_iter().filter(|position| position.0 < to));
        if whole {
            break;
        }
    }
    Ok(all)
}
