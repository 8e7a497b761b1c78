//! What a home remembers for its own person: the words they have not been shown yet, and their largest
//! author time, so that a new entry comes after all earlier ones also when the clock was set back.

use super::{Service, store};
use crate::ask::Refusal;
use crate::cell::locked;
use crate::cell::shelf::Shelf;
use crate::home::{Home, read_bounded, write_private};
use crate::limits::{MAX_NOTICES, SEARCH_WINDOW};
use crate::wire;
use lifeboat_log::{KeyCache, Position, PublicKey, SignedEntry, Time};
use lifeboat_store::Storage;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Longest file, in bytes.
const MAX_FILE: u64 = 4_096;
/// Longest file of words, in bytes.
const MAX_WORDS_FILE: u64 = 1024 * 1024;

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

/// Words that earlier commands had for the person and that no overview has shown.
pub(super) fn load_words(home: &Home) -> Vec<String> {
    let file = read_bounded(&words_path(home), MAX_WORDS_FILE).unwrap_or_default();
    serde_json::from_slice(&file).unwrap_or_default()
}

fn words_path(home: &Home) -> PathBuf {
    home.own_folder().join("words.json")
}

impl Service {
    /// Keeps words for the person until an overview has shown them; they are also said at once.
    pub(super) fn note_words(&self, new: impl IntoIterator<Item = String>) {
        let mut words = locked(&self.words);
        let before = words.len();
        for word in new {
            tracing::warn!("{word}");
            if words.len() < MAX_NOTICES && !words.contains(&word) {
                words.push(word);
            }
        }
        if words.len() > before {
            self.write_words(&words);
        }
    }

    /// The words that were kept, and those that the storage has: shown now.
    pub(super) fn take_words(&self) -> Vec<String> {
        self.note_words(self.storage.take_notices().iter().map(ToString::to_string));
        let words = std::mem::take(&mut *locked(&self.words));
        if !words.is_empty() {
            self.write_words(&[]);
        }
        words
    }

    fn write_words(&self, words: &[String]) {
        let text = serde_json::to_vec(words).unwrap_or_default();
        if let Err(error) = write_private(&words_path(&self.home), &text) {
            tracing::warn!(%error, "these words will not be shown again");
        }
    }

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
