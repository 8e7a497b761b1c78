//! The door: the machine that answers newcomers. It holds the secrets of the invites that are open at this
//! home and reveals each for one acceptance alone: whoever could see the secret and then choose another
//! key could search for one that gives the same words. So the door is written down before it answers.

use crate::limits::{MAX_ACCEPTANCE, MAX_INVITES, MAX_KNOCKS};
use crate::message::{DetailBytes, Response};
use crate::refusal::Refusal;
use crate::words::commitment_of;
use bincode::{Decode, Encode};
use lifeboat_log::Time;
use lifeboat_log::codec::{self, Bytes, List, Malformed};

/// One invite that is open at this home, or that somebody answered here.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OpenInvite {
    /// The invite's number.
    pub nonce: [u8; 16],
    /// Its secret; zero where another home made the invite and this one only keeps the answer.
    pub secret: [u8; 32],
    /// When it ends.
    pub expiry: Time,
    /// The newcomer who answered, if one has.
    pub knock: Option<Knock>,
}

/// A newcomer's answer to an invite.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Knock {
    /// The signed acceptance.
    pub acceptance: Bytes<MAX_ACCEPTANCE>,
    /// The detail that holds the handle.
    pub handle: DetailBytes,
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Door {
    invites: Vec<OpenInvite>,
}

impl Door {
    /// The door as it was written down.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let invites = codec::decode::<List<OpenInvite, MAX_INVITES>>(bytes)?;
        Ok(Self { invites: invites.into_vec() })
    }

    /// The bytes to write down.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&List::<_, MAX_INVITES>::new(self.invites.clone()).unwrap_or_default())
    }

    /// Opens an invite with this secret and gives its commitment. Invites that are over make room.
    ///
    /// # Errors
    /// [`Refusal::TOO_MANY`] when as many are open as a home may have.
    pub fn invite(
        &mut self,
        nonce: [u8; 16],
        secret: [u8; 32],
        expiry: Time,
        now: Time,
    ) -> Result<[u8; 32], Refusal> {
        self.sweep(now);
        if self.invites.len() >= MAX_INVITES || self.find(&nonce).is_some() {
            return Err(Refusal::with_text(
                Refusal::TOO_MANY,
                "too many invites are open: close one, or wait until one is over",
            ));
        }
        self.invites.push(OpenInvite { nonce, secret, expiry, knock: None });
        Ok(commitment_of(&secret))
    }

    /// A newcomer's answer. Whether the acceptance itself holds, names this cell and this invite, and fits
    /// the handle must have been checked. The door must be written down before the answer is sent.
    /// `until` bounds how long the answer to an invite of another home is kept.
    pub fn knock(&mut self, nonce: [u8; 16], knock: Knock, until: Time, now: Time) -> Response {
        self.sweep(now);
        let kept = self.invites.iter().filter(|invite| invite.secret == [0; 32]).count();
        let full = kept >= MAX_KNOCKS || self.invites.len() >= MAX_INVITES;
        match self.invites.iter_mut().find(|invite| invite.nonce == nonce) {
            Some(invite) => match &invite.knock {
                Some(earlier) if *earlier != knock => Response::refused(Refusal::NO_INVITE),
                _ => {
                    invite.knock = Some(knock);
                    answer(invite)
                }
            },
            None if full || until <= now => Response::refused(Refusal::TOO_MANY),
            None => {
                let secret = [0; 32];
                self.invites.push(OpenInvite { nonce, secret, expiry: until, knock: Some(knock) });
                Response::Noted
            }
        }
    }

    /// Who answered an invite, for whoever knows its number.
    pub fn knocked(&self, nonce: &[u8; 16]) -> Response {
        match self.find(nonce).and_then(|invite| invite.knock.clone()) {
            Some(knock) => Response::Knocked { acceptance: knock.acceptance, handle: knock.handle },
            None => Response::refused(Refusal::NO_INVITE),
        }
    }

    /// The invite with this number.
    pub fn find(&self, nonce: &[u8; 16]) -> Option<&OpenInvite> {
        self.invites.iter().find(|invite| invite.nonce == *nonce)
    }

    /// All invites that are open here or were answered here.
    pub fn invites(&self) -> &[OpenInvite] {
        &self.invites
    }

    /// Closes an invite: it was used, or its inviter thought better of it.
    pub fn close(&mut self, nonce: &[u8; 16]) {
        self.invites.retain(|invite| invite.nonce != *nonce);
    }

    fn sweep(&mut self, now: Time) {
        self.invites.retain(|invite| invite.expiry > now);
    }
}

fn answer(invite: &OpenInvite) -> Response {
    if invite.secret == [0; 32] {
        return Response::Noted;
    }
    Response::Welcome { secret: invite.secret }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn knock(n: u8) -> Knock {
        Knock { acceptance: Bytes::new(vec![n; 8]).unwrap(), handle: Bytes::default() }
    }
    fn at(ms: u64) -> Time {
        Time::from_ms(ms)
    }

    #[test]
    fn the_secret_is_for_the_first_acceptance_alone() {
        let mut door = Door::default();
        let commitment = door.invite([1; 16], [7; 32], at(100), at(0)).unwrap();
        assert_eq!(commitment, commitment_of(&[7; 32]));
        let welcome = Response::Welcome { secret: [7; 32] };
        assert_eq!(door.knock([1; 16], knock(1), at(100), at(1)), welcome);
        assert_eq!(door.knock([1; 16], knock(1), at(100), at(2)), welcome);
        let refused = door.knock([1; 16], knock(2), at(100), at(3));
        assert_eq!(refused, Response::refused(Refusal::NO_INVITE));
    }

    #[test]
    fn an_answer_to_an_invite_of_another_home_is_kept_for_it() {
        let mut door = Door::default();
        assert_eq!(door.knock([2; 16], knock(1), at(100), at(1)), Response::Noted);
        assert!(matches!(door.knocked(&[2; 16]), Response::Knocked { .. }));
        assert!(matches!(door.knocked(&[3; 16]), Response::Refused(_)));
        assert_eq!(door.knock([2; 16], knock(2), at(100), at(1)), Response::refused(Refusal::NO_INVITE));
    }

    #[test]
    fn invites_end_and_are_bounded() {
        let mut door = Door::default();
        for n in 0..MAX_INVITES {
            let nonce = (n as u128).to_le_bytes();
            door.invite(nonce, [7; 32], at(100), at(0)).unwrap();
        }
        assert!(door.invite([9; 16], [7; 32], at(100), at(0)).is_err());
        assert!(door.invite([9; 16], [7; 32], at(200), at(100)).is_ok());
        assert_eq!(door.invites().len(), 1);
        door.close(&[9; 16]);
        assert_eq!(door, Door::default());
    }

    proptest! {
        #[test]
        fn a_door_reads_back(knocks in prop::collection::vec((any::<[u8; 16]>(), any::<u8>()), 0..20)) {
            let mut door = Door::default();
            for (nonce, n) in knocks {
                door.knock(nonce, knock(n), at(10), at(1));
            }
            prop_assert_eq!(Door::decode(&door.encode()), Ok(door));
        }

        #[test]
        fn any_bytes_are_refused_or_read_back(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(door) = Door::decode(&bytes) {
                prop_assert_eq!(door.encode(), bytes);
            }
        }
    }
}
