//! The address book: where homes were reached before, so that they are found again after a restart. One
//! small bounded file; what is in it is a hint and never a reason to trust anyone.

use crate::home::{Home, HomeError, read_bounded, write_private};
use crate::limits::{MAX_BOOK, MAX_BOOK_ADDRESSES};
use crate::wire;
use lifeboat_log::{PublicKey, Time};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Longest file, in bytes.
const MAX_FILE: u64 = 1024 * 1024;
/// Longest address, in bytes.
const MAX_ADDRESS: usize = 256;

/// A home that was reached, or reached this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPeer {
    /// Its node's key.
    #[serde(with = "wire::one")]
    pub key: PublicKey,
    /// Where it was.
    pub addresses: Vec<String>,
    /// When it was last connected.
    #[serde(with = "wire::one")]
    pub at: Time,
}

/// The address book of a home.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PeerBook {
    /// Where this home's node listened last.
    pub own: Vec<String>,
    /// Other homes.
    pub peers: Vec<KnownPeer>,
}

impl PeerBook {
    /// The book of a home; empty when there is none or it is damaged.
    pub fn load(home: &Home) -> Self {
        let bytes = read_bounded(&path(home), MAX_FILE).unwrap_or_default();
        let mut book: Self = serde_json::from_slice(&bytes).unwrap_or_default();
        book.peers.truncate(MAX_BOOK);
        book
    }

    /// Writes it.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn save(&self, home: &Home) -> Result<(), HomeError> {
        let path = path(home);
        let text = serde_json::to_vec(self);
        let text = text.map_err(|e| HomeError::Io { path: path.clone(), error: e.into() })?;
        write_private(&path, &text)
    }

    /// Notes where a home is. The home that was seen longest ago makes room. True when something changed
    /// that is worth keeping.
    pub fn note(&mut self, key: PublicKey, addresses: &[String], now: Time) -> bool {
        let proper = |address: &&String| address.len() <= MAX_ADDRESS;
        let new: Vec<String> = addresses.iter().filter(proper).take(MAX_BOOK_ADDRESSES).cloned().collect();
        if let Some(known) = self.peers.iter_mut().find(|known| known.key == key) {
            known.at = now;
            let unknown: Vec<_> = new.into_iter().filter(|a| !known.addresses.contains(a)).collect();
            let changed = !unknown.is_empty();
            // The newest first: an address that changed is found before those that are gone.
            known.addresses.splice(0..0, unknown);
            known.addresses.truncate(MAX_BOOK_ADDRESSES);
            return changed;
        }
        if new.is_empty() {
            return false;
        }
        if self.peers.len() >= MAX_BOOK {
            let oldest = self.peers.iter().enumerate().min_by_key(|(_, known)| known.at);
            if let Some(oldest) = oldest.map(|(at, _)| at) {
                self.peers.remove(oldest);
            }
        }
        self.peers.push(KnownPeer { key, addresses: new, at: now });
        true
    }

    /// Where a home was.
    pub fn addresses_of(&self, key: &PublicKey) -> &[String] {
        self.peers.iter().find(|known| known.key == *key).map_or(&[], |known| &known.addresses)
    }
}

fn path(home: &Home) -> PathBuf {
    home.own_folder().join("peers.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_is_bounded_and_keeps_the_newest() {
        let mut book = PeerBook::default();
        for n in 0..MAX_BOOK + 10 {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&(n as u64).to_le_bytes());
            book.note(PublicKey(key), &[format!("/ip4/10.0.0.1/tcp/{n}")], Time::from_ms(n as u64));
        }
        assert_eq!(book.peers.len(), MAX_BOOK);
        assert!(book.peers.iter().all(|known| known.at >= Time::from_ms(10)));
        let key = book.peers[5].key;
        for n in 0..50 {
            assert!(book.note(key, &[format!("/ip4/10.0.0.2/tcp/{n}")], Time::from_ms(9999)));
        }
        assert_eq!(book.addresses_of(&key).len(), MAX_BOOK_ADDRESSES);
        assert_eq!(book.addresses_of(&key)[0], "/ip4/10.0.0.2/tcp/49");
        assert!(!book.note(key, &["/ip4/10.0.0.2/tcp/49".into()], Time::from_ms(9999)));
    }

    #[test]
    fn the_book_reads_back_and_damage_is_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::create(folder.path().join("home"), &crate::Settings::default()).unwrap();
        let mut book = PeerBook::default();
        book.note(PublicKey([3; 32]), &["/ip4/10.0.0.1/tcp/1".into()], Time::from_ms(5));
        book.save(&home).unwrap();
        assert_eq!(PeerBook::load(&home), book);
        std::fs::write(path(&home), "[]garbage").unwrap();
        assert_eq!(PeerBook::load(&home), PeerBook::default());
    }
}
