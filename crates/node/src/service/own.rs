//! What a home remembers of its own member's author times, so that a new entry comes after all earlier
//! ones also when the clock was set back. A small file that can be made again from the log.

use super::{Service, store};
use crate::ask::Refusal;
use crate::cell::shelf::Shelf;
use crate::home::{read_bounded, write_private};
use crate::limits::SEARCH_WINDOW;
use crate::wire;
use lifeboat_log::{KeyCache, Position, PublicKey, SignedEntry, Time};
use serde::{Deserialize, Serialize};

/// Longest file, in bytes.
const MAX_FILE: u64 = 4_096;

#[derive(Serialize, Deserialize)]
struct AuthorTime {
    #[serde(with = "wire::one")]
    key: PublicKey,
    /// The log was searched up to here.
    #[serde(with = "wire::one")]
    searched: Position,
    /// The largest time found.
    #[serde(with = "wire::one")]
    time: Time,
}

impl Service {
    /// The largest author time of any entry that the member of this home signed, placed or not.
    pub(super) fn last_author_time(&self, shelf: &Shelf) -> Result<Time, Refusal> {
        let Some(key) = self.home.member_key() else { return Ok(Time::ZERO) };
        let cell = shelf.store.cell();
        let path = self.home.own_folder().join(format!("author-{cell}.json"));
        let kept = read_bounded(&path, MAX_FILE).ok().and_then(|file| serde_json::from_slice(&file).ok());
        let kept = kept.filter(|kept: &AuthorTime| kept.key == key && kept.searched <= shelf.state().next());
        let mut known = kept.unwrap_or(AuthorTime { key, searched: Position(0), time: Time::ZERO });
        let (before, mut at) = (known.searched, known.searched);
        loop {
            let found = shelf.store.by_author(&key, at, SEARCH_WINDOW as usize).map_err(store)?;
            for position in &found {
                let record = shelf.store.record(*position).map_err(store)?;
                known.time = known.time.max(record.map_or(Time::ZERO, |record| record.entry().author_time));
            }
            match found.last().filter(|_| found.len() == SEARCH_WINDOW as usize) {
                Some(last) => at = last.next(),
                None => break,
            }
        }
        known.searched = shelf.state().next();
        if known.searched.0 - before.0 > SEARCH_WINDOW
            && let Ok(text) = serde_json::to_vec(&known)
            && let Err(error) = write_private(&path, &text)
        {
            tracing::warn!(%error, "this file was not written; the next command takes longer");
        }
        let waiting = self.outbox_of(cell)?.into_iter().filter_map(|own| {
            let entry = SignedEntry::verify(own.signed.entry.0, &mut KeyCache::default()).ok()?;
            (entry.author == key).then_some(entry.author_time)
        });
        Ok(waiting.max().unwrap_or_default().max(known.time))
    }
}
