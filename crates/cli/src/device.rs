//! The two codes by which a second device of one person comes to sign for them, each with a key of its own:
//! the first device says which cell and member, the second answers with its key and the proof that it has
//! it. No secret is in either.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lifeboat_commons::MemberId;
use lifeboat_log::{CellId, PublicKey, Signature};

const INVITE: &str = "lifeboat-device:";
const REPLY: &str = "lifeboat-key:";
/// Longest code, in characters: a card, and a member.
const MAX_CODE: usize = 8_400;

/// What the first device says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInvite {
    /// The member whom the second device is to sign for.
    pub member: MemberId,
    /// The card of the cell.
    pub card: String,
}

/// What the second device answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceReply {
    /// The cell.
    pub cell: CellId,
    /// The member.
    pub member: MemberId,
    /// The device's own key.
    pub key: PublicKey,
    /// That key's word that it serves the member.
    pub possession: Signature,
}

impl DeviceInvite {
    /// The code.
    pub fn write(&self) -> String {
        format!("{INVITE}{}/{}", URL_SAFE_NO_PAD.encode(self.member.0), self.card)
    }

    /// What this code says; nothing when it is none.
    pub fn read(code: &str) -> Option<Self> {
        let rest = code.trim().strip_prefix(INVITE).filter(|rest| rest.len() <= MAX_CODE)?;
        let (member, card) = rest.split_once('/')?;
        let member = URL_SAFE_NO_PAD.decode(member).ok()?.try_into().ok()?;
        Some(Self { member: MemberId(member), card: card.to_owned() })
    }
}

impl DeviceReply {
    /// The code.
    pub fn write(&self) -> String {
        let parts = [&self.cell.0[..], &self.member.0, &self.key.0, &self.possession.0].concat();
        format!("{REPLY}{}", URL_SAFE_NO_PAD.encode(parts))
    }

    /// What this code says; nothing when it is none.
    pub fn read(code: &str) -> Option<Self> {
        let rest = code.trim().strip_prefix(REPLY).filter(|rest| rest.len() <= MAX_CODE)?;
        let bytes: [u8; 160] = URL_SAFE_NO_PAD.decode(rest).ok()?.try_into().ok()?;
        let part = |at: usize| bytes[at..].first_chunk::<32>().copied();
        let possession = bytes[96..].first_chunk::<64>().copied()?;
        Some(Self {
            cell: CellId(part(0)?),
            member: MemberId(part(32)?),
            key: PublicKey(part(64)?),
            possession: Signature(possession),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_and_cut_ones_are_none() {
        let invite = DeviceInvite { member: MemberId([7; 32]), card: "lifeboat:oak-street/abc".to_owned() };
        assert_eq!(DeviceInvite::read(&format!(" {}\n", invite.write())), Some(invite));
        let reply = DeviceReply {
            cell: CellId([1; 32]),
            member: MemberId([2; 32]),
            key: PublicKey([3; 32]),
            possession: Signature([4; 64]),
        };
        let code = reply.write();
        assert_eq!(DeviceReply::read(&code), Some(reply));
        for end in 0..code.len() {
            assert_eq!(DeviceReply::read(&code[..end]), None, "{end}");
        }
        assert_eq!(DeviceInvite::read(&code), None);
        assert_eq!(DeviceInvite::read("lifeboat-device:x/y"), None);
    }
}
