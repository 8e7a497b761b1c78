//! What a home keeps about people who come: the invites it gave out, who has knocked, and its own knock
//! at another cell. Small files in the home, written whole; nothing of it is in the log.

use crate::home::{Home, HomeError, read_bounded, write_private};
use crate::limits::{MAX_INVITES, MAX_KNOCKS};
use crate::wire::{self, Blob};
use lifeboat_log::{CellId, Nonce, PublicKey, Time};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::path::PathBuf;

/// Longest of these files, in bytes.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// An invite that this home gave out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The number that tells it from others; it is in the link.
    #[serde(with = "wire::one")]
    pub invite: Nonce,
    /// The secret that is revealed only once a key has knocked with it.
    #[serde(with = "wire::one")]
    pub secret: [u8; 32],
    /// Until when it is open.
    #[serde(with = "wire::one")]
    pub expires: Time,
    /// The link.
    pub link: String,
    /// The key that has knocked with it: an invite is for one person.
    #[serde(with = "wire::maybe")]
    pub key: Option<PublicKey>,
}

/// Somebody who has knocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knocked {
    /// The acceptance, encoded.
    pub acceptance: Blob,
    /// The detail with the handle.
    pub handle: Blob,
    /// The newcomer's key.
    #[serde(with = "wire::one")]
    pub key: PublicKey,
    /// The invite's number.
    #[serde(with = "wire::one")]
    pub invite: Nonce,
    /// What was revealed to the newcomer; nothing where this home did not give out the invite.
    #[serde(with = "wire::maybe")]
    pub reveal: Option<[u8; 32]>,
    /// When.
    #[serde(with = "wire::one")]
    pub at: Time,
}

/// This home's own knock at a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnKnock {
    /// The invite, as it came.
    pub link: String,
    /// The acceptance, encoded.
    pub acceptance: Blob,
    /// The detail with the handle.
    pub handle: Blob,
    /// Whether a home of the cell has it.
    pub delivered: bool,
    /// What was revealed in answer.
    #[serde(with = "wire::maybe")]
    pub reveal: Option<[u8; 32]>,
}

/// What a home keeps about people who come to one cell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Arrivals {
    /// Invites given out.
    pub given: Vec<Given>,
    /// Who has knocked.
    pub knocked: Vec<Knocked>,
    /// The own knock.
    pub own: Option<OwnKnock>,
}

/// Why a knock is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotWelcome {
    /// The invite was used with another key.
    #[error("this invite was used by somebody else: ask for another one")]
    Used,
    /// The invite is over.
    #[error("this invite is over: ask for another one")]
    Expired,
    /// Too many have knocked.
    #[error("too many newcomers wait here: try again in a few days")]
    Full,
}

impl Arrivals {
    /// What the home keeps; empty when the file is missing or damaged (invites can be given again).
    pub fn load(home: &Home, cell: &CellId) -> Self {
        load(path(home, cell)).unwrap_or_default()
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn save(&self, home: &Home, cell: &CellId) -> Result<(), HomeError> {
        let path = path(home, cell);
        let text = serde_json::to_vec(self);
        let text = text.map_err(|e| HomeError::Io { path: path.clone(), error: e.into() })?;
        write_private(&path, &text)
    }

    /// Forgets what is over.
    pub fn prune(&mut self, now: Time) {
        self.given.retain(|given| given.expires >= now);
        let kept = |knock: &Knocked| now.ms().saturating_sub(knock.at.ms()) < KNOCK_LIFETIME_MS;
        self.knocked.retain(kept);
    }

    /// Adds an invite; false when there are too many.
    pub fn give(&mut self, given: Given) -> bool {
        let room = self.given.len() < MAX_INVITES;
        if room {
            self.given.push(given);
        }
        room
    }

    /// Takes a knock in, and says what to reveal. The same key may knock again and is told the same.
    ///
    /// # Errors
    /// [`NotWelcome`].
    pub fn knock(&mut self, mut knock: Knocked) -> Result<Option<[u8; 32]>, NotWelcome> {
        self.prune_expired_knock(&knock)?;
        let given = self.given.iter_mut().find(|given| given.invite == knock.invite);
        if let Some(given) = given {
            if given.key.is_some_and(|key| key != knock.key) {
                return Err(NotWelcome::Used);
            }
            given.key = Some(knock.key);
            knock.reveal = Some(given.secret);
        }
        let reveal = knock.reveal;
        match self.knocked.iter().find(|k| k.key == knock.key && k.invite == knock.invite) {
            // The first acceptance stays: what was revealed answers that one.
            Some(known) => return Ok(known.reveal),
            None if self.knocked.len() >= MAX_KNOCKS => return Err(NotWelcome::Full),
            None => self.knocked.push(knock),
        }
        Ok(reveal)
    }

    fn prune_expired_knock(&mut self, knock: &Knocked) -> Result<(), NotWelcome> {
        let over = self.given.iter().any(|given| given.invite == knock.invite && given.expires < knock.at);
        self.prune(knock.at);
        if over { Err(NotWelcome::Expired) } else { Ok(()) }
    }
}

/// How long a knock is kept when nobody vouches: a month.
const KNOCK_LIFETIME_MS: u64 = 31 * 24 * 60 * 60 * 1000;

fn path(home: &Home, cell: &CellId) -> PathBuf {
    home.own_folder().join(format!("arrivals-{cell}.json"))
}

fn load<T: DeserializeOwned>(path: PathBuf) -> Option<T> {
    let bytes = read_bounded(&path, MAX_FILE).ok()?;
    let value = serde_json::from_slice(&bytes);
    if value.is_err() {
        tracing::warn!(path = %path.display(), "this file is damaged and was left out; open invites are forgotten");
    }
    value.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knock(key: u8, invite: u8, at: u64) -> Knocked {
        Knocked {
            acceptance: Blob(vec![key]),
            handle: Blob(vec![]),
            key: PublicKey([key; 32]),
            invite: Nonce([invite; 16]),
            reveal: None,
            at: Time::from_ms(at),
        }
    }

    fn given(invite: u8, expires: u64) -> Given {
        Given {
            invite: Nonce([invite; 16]),
            secret: [invite + 100; 32],
            expires: Time::from_ms(expires),
            link: "lifeboat:oak-street/x".into(),
            key: None,
        }
    }

    #[test]
    fn an_invite_serves_one_key_and_reveals_its_nonce_to_it_alone() {
        let mut arrivals = Arrivals::default();
        assert!(arrivals.give(given(1, 1000)));
        assert_eq!(arrivals.knock(knock(7, 1, 10)), Ok(Some([101; 32])));
        assert_eq!(arrivals.knock(knock(7, 1, 20)), Ok(Some([101; 32])));
        assert_eq!(arrivals.knock(knock(8, 1, 20)), Err(NotWelcome::Used));
        assert_eq!(arrivals.knock(knock(9, 2, 20)), Ok(None), "an invite of another home");
        assert_eq!(arrivals.knocked.len(), 2);
        assert!(arrivals.give(given(3, 30)));
        assert_eq!(arrivals.knock(knock(5, 3, 40)), Err(NotWelcome::Expired));
    }

    #[test]
    fn arrivals_are_kept_and_damage_is_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::create(folder.path().join("home"), &crate::Settings::default()).unwrap();
        let cell = CellId([4; 32]);
        let mut arrivals = Arrivals::default();
        assert!(arrivals.give(given(1, 1000)));
        arrivals.knock(knock(7, 1, 10)).unwrap();
        arrivals.save(&home, &cell).unwrap();
        assert_eq!(Arrivals::load(&home, &cell), arrivals);
        std::fs::write(path(&home, &cell), b"{\"given\":7").unwrap();
        assert_eq!(Arrivals::load(&home, &cell), Arrivals::default());
    }

    #[test]
    fn newcomers_cannot_fill_the_disk() {
        let mut arrivals = Arrivals::default();
        for i in 0..MAX_KNOCKS {
            let mut one = knock(1, 2, 10);
            one.key.0[..8].copy_from_slice(&(i as u64).to_le_bytes());
            arrivals.knock(one).unwrap();
        }
        assert_eq!(arrivals.knock(knock(250, 2, 10)), Err(NotWelcome::Full));
    }
}
