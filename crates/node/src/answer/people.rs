//! What a home answers about people who come to a cell: invites, cards and knocks.

use crate::wire::{self, Blob};
use lifeboat_log::{CellId, Nonce, PublicKey, Time};
use serde::{Deserialize, Serialize};

/// An invite that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInvite {
    /// The invite, to be passed on: `lifeboat:oak-street/…`.
    pub link: String,
    /// The number that tells it from others.
    #[serde(with = "wire::one")]
    pub invite: Nonce,
    /// Until when it is open.
    #[serde(with = "wire::one")]
    pub expires: Time,
    /// Whether somebody has knocked with it.
    pub used: bool,
}

/// What a card or an invite says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardText {
    /// The link itself.
    pub link: String,
    /// The cell.
    #[serde(with = "wire::one")]
    pub cell: CellId,
    /// The name in the link.
    pub name: String,
    /// The number of the invite, when it is one.
    #[serde(with = "wire::maybe")]
    pub invite: Option<Nonce>,
    /// Until when the invite is open; zero when it is none.
    #[serde(with = "wire::one")]
    pub expires: Time,
    /// Where homes of the cell were when the link was made.
    pub addresses: Vec<String>,
}

/// How a knock went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The cell.
    #[serde(with = "wire::one")]
    pub cell: CellId,
    /// The name under which this home knows it now.
    pub name: String,
    /// Whether a home of the cell was reached and has the knock.
    pub delivered: bool,
    /// What the newcomer reads aloud; only once the knock was delivered.
    pub words: Option<Spoken>,
}

/// What a newcomer reads aloud: numbers into the list of words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    /// To who invited them: three, or seven where the inviter's home was not reached.
    pub words: Vec<u16>,
    /// To other members who vouch too: seven.
    pub others: Vec<u16>,
}

/// Somebody who has knocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnockItem {
    /// The acceptance that the newcomer signed, encoded: what a vouch carries.
    pub acceptance: Blob,
    /// The detail that holds the handle: it goes with the vouch.
    pub handle: Blob,
    /// The handle's text.
    pub text: String,
    /// The newcomer's key.
    #[serde(with = "wire::one")]
    pub key: PublicKey,
    /// The words that the newcomer should read aloud, as numbers into the list of words.
    pub words: Vec<u16>,
    /// Until when members may vouch for it.
    #[serde(with = "wire::one")]
    pub expires: Time,
}
