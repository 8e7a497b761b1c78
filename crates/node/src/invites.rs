//! What a home keeps about people who come: the door with the invites it gave out and who has knocked,
//! and its own knock at another cell. One small file a cell, written whole before any answer leaves;
//! nothing of it is in the log.

use crate::ask::{KnockItem, OpenInvite, Spoken};
use crate::home::{Home, HomeError, read_bounded, write_private};
use crate::limits::{KNOCK_LIFETIME_MS, MAX_HANDLE_DETAIL};
use crate::wire::{self, Blob};
use lifeboat_commons::membership::Candidate;
use lifeboat_commons::{Acceptance, State};
use lifeboat_log::codec::{self, Bytes};
use lifeboat_log::{CellId, Detail, DetailHash, Nonce, PublicKey, Time};
use lifeboat_protocol::door::{Door, Knock};
use lifeboat_protocol::limits::MAX_INVITES;
use lifeboat_protocol::{Refusal, Response, check_words, check_words_alone};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Longest of these files, in bytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;

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
    /// The secret that was revealed in answer.
    #[serde(with = "wire::maybe")]
    pub secret: Option<[u8; 32]>,
    /// Whether the person was told that they are a member by it.
    #[serde(default)]
    pub told: bool,
}

impl OwnKnock {
    /// What the newcomer reads aloud; only once the knock was delivered.
    pub fn words(&self) -> Option<Spoken> {
        let others = check_words_alone(&self.acceptance).to_vec();
        self.delivered.then(|| Spoken { words: words(self.secret, &self.acceptance), others })
    }

    /// Whether a home of the cell has it as this key's answer to this invite: whoever joins again with the same
    /// invite keeps it, since an invite takes one answer.
    pub fn stands_for(&self, link: &str, key: &PublicKey) -> bool {
        let signed = codec::decode::<Acceptance>(&self.acceptance);
        self.delivered && self.link == link && signed.is_ok_and(|signed| signed.key == *key)
    }
}

/// What a home keeps about people who come to one cell.
#[derive(Debug, Clone, Default)]
pub struct Arrivals {
    /// Invites and who answered them.
    pub door: Door,
    /// The links of the invites that this home gave out.
    pub links: Vec<(Nonce, String)>,
    /// Answers to this home's invites that other homes took in: their newcomers saw no secret.
    pub elsewhere: Vec<Knock>,
    /// The own knock.
    pub own: Option<OwnKnock>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct File {
    door: Blob,
    links: Vec<LinkLine>,
    own: Option<OwnKnock>,
}

#[derive(Serialize, Deserialize)]
struct LinkLine {
    #[serde(with = "wire::one")]
    invite: Nonce,
    link: String,
}

impl Arrivals {
    /// What the home keeps; empty when there is no file, or it is damaged (invites can be given again).
    pub fn load(home: &Home, cell: &CellId) -> Self {
        let path = path(home, cell);
        let Ok(bytes) = read_bounded(&path, MAX_FILE) else { return Self::default() };
        let file = serde_json::from_slice::<File>(&bytes).ok();
        let read = file.and_then(|file| {
            let door = if file.door.is_empty() { Door::default() } else { Door::decode(&file.door).ok()? };
            let links = file.links.into_iter().map(|line| (line.invite, line.link)).collect();
            Some(Self { door, links, elsewhere: Vec::new(), own: file.own })
        });
        read.unwrap_or_else(|| {
            tracing::warn!(path = %path.display(), "this file is damaged: open invites are forgotten, give new ones");
            Self::default()
        })
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn save(&self, home: &Home, cell: &CellId) -> Result<(), HomeError> {
        let path = path(home, cell);
        let links = self.links.iter().filter(|(invite, _)| self.door.find(&invite.0).is_some());
        let links = links.map(|(invite, link)| LinkLine { invite: *invite, link: link.clone() }).collect();
        let file = File { door: Blob(self.door.encode()), links, own: self.own.clone() };
        let text = serde_json::to_vec(&file);
        let text = text.map_err(|e| HomeError::Io { path: path.clone(), error: e.into() })?;
        write_private(&path, &text)
    }

    /// A newcomer's answer to an invite. It is to be written down before the answer leaves.
    pub fn knock(
        &mut self,
        cell: &CellId,
        invite: [u8; 16],
        acceptance: &[u8],
        handle: &[u8],
        now: Time,
    ) -> Response {
        let knock = checked(cell, invite, acceptance, handle);
        let Some((signed, knock)) = knock.filter(|(signed, _)| signed.expiry > now) else {
            let text = "the acceptance does not hold: join again with the invite";
            return Response::Refused(Refusal::with_text(Refusal::NOT_VALID, text));
        };
        let until = signed.expiry.min(now.plus_ms(KNOCK_LIFETIME_MS));
        self.door.knock(invite, knock, until, now)
    }

    /// An answer to an invite of this home that another home took in. It is asked for again at each
    /// start, so nothing of it is written down.
    pub fn knocked_elsewhere(
        &mut self,
        cell: &CellId,
        invite: [u8; 16],
        acceptance: &[u8],
        handle: &[u8],
        now: Time,
    ) {
        let knock = checked(cell, invite, acceptance, handle).filter(|(signed, _)| signed.expiry > now);
        if let Some((_, knock)) = knock
            && !self.elsewhere.contains(&knock)
            && self.elsewhere.len() < MAX_INVITES
        {
            self.elsewhere.push(knock);
        }
    }

    /// Who has knocked and is no member yet.
    pub fn waiting(&self, state: &State, now: Time) -> Vec<KnockItem> {
        let open = self.door.invites().iter().filter(|opened| opened.expiry > now);
        let here = open.filter_map(|opened| {
            let secret = (opened.secret != [0; 32]).then_some(opened.secret);
            item(opened.knock.as_ref()?, secret, state)
        });
        // Who answered two invites is one person, and reads the words of the later one.
        let mut all: Vec<KnockItem> = Vec::new();
        for knock in here {
            all.retain(|known| known.key != knock.key);
            all.push(knock);
        }
        for knock in self.elsewhere.iter().filter_map(|knock| item(knock, None, state)) {
            if knock.expires > now && all.iter().all(|known| known.key != knock.key) {
                all.push(knock);
            }
        }
        all
    }

    /// The invites that this home gave out and that are open.
    pub fn given(&self, now: Time) -> Vec<OpenInvite> {
        let find = |(invite, link): &(Nonce, String)| {
            let opened = self.door.find(&invite.0).filter(|opened| opened.expiry > now)?;
            let (expires, used) = (opened.expiry, opened.knock.is_some());
            Some(OpenInvite { link: link.clone(), invite: *invite, expires, used })
        };
        self.links.iter().filter_map(find).collect()
    }
}

/// Those for whom others have vouched, and not yet enough: their acceptance stands in the log, so that every
/// member can vouch for them too, by the seven words. `handle` finds the text of a detail.
pub fn vouched_for(
    state: &State,
    own: Option<PublicKey>,
    now: Time,
    handle: impl Fn(&DetailHash) -> Option<Detail>,
) -> Vec<KnockItem> {
    let member = own.and_then(|key| state.members().of_key(&key));
    let open = |candidate: &&Candidate| {
        let vouched = member.is_some_and(|own| candidate.vouches.contains_key(&own));
        candidate.acceptance.expiry > now && !vouched
    };
    let knock = |candidate: &Candidate| {
        let handle = handle(&candidate.acceptance.handle)?;
        Some(Knock {
            acceptance: Bytes::new(codec::encode(&candidate.acceptance))?,
            handle: Bytes::new(handle.as_bytes().to_vec())?,
        })
    };
    let candidates = state.members().candidates().map(|(_, candidate)| candidate).filter(open);
    candidates.filter_map(|candidate| item(&knock(candidate)?, None, state)).collect()
}

/// The words that inviter and newcomer compare: three once the secret is revealed, else seven.
fn words(secret: Option<[u8; 32]>, acceptance: &[u8]) -> Vec<u16> {
    match secret {
        Some(secret) => check_words(&secret, acceptance).to_vec(),
        None => check_words_alone(acceptance).to_vec(),
    }
}

/// The acceptance and the knock that carries it, when they hold and fit each other.
fn checked(cell: &CellId, invite: [u8; 16], acceptance: &[u8], handle: &[u8]) -> Option<(Acceptance, Knock)> {
    let signed: Acceptance = codec::decode(acceptance).ok()?;
    let detail = Detail::from_bytes(handle.to_vec()).filter(|_| handle.len() <= MAX_HANDLE_DETAIL)?;
    let fits = signed.cell == *cell && signed.invite == invite && signed.handle == detail.hash();
    let named = detail.text().is_some_and(|text| !text.is_empty() && !text.chars().any(char::is_control));
    if !(fits && named && signed.holds()) {
        return None;
    }
    let knock = Knock { acceptance: Bytes::new(acceptance.to_vec())?, handle: Bytes::new(handle.to_vec())? };
    Some((signed, knock))
}

fn item(knock: &Knock, secret: Option<[u8; 32]>, state: &State) -> Option<KnockItem> {
    let signed: Acceptance = codec::decode(&knock.acceptance).ok()?;
    if state.members().of_key(&signed.key).is_some() {
        return None;
    }
    Some(KnockItem {
        acceptance: Blob(knock.acceptance.to_vec()),
        handle: Blob(knock.handle.to_vec()),
        text: Detail::from_bytes(knock.handle.to_vec())?.text()?.to_owned(),
        key: signed.key,
        words: words(secret, &knock.acceptance),
        expires: signed.expiry,
    })
}

fn path(home: &Home, cell: &CellId) -> PathBuf {
    home.own_folder().join(format!("arrivals-{cell}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_log::SecretKey;

    const CELL: CellId = CellId([4; 32]);
    const NOW: Time = Time::ZERO;

    fn knock(arrivals: &mut Arrivals, key: u8, invite: u8, cell: CellId) -> Response {
        let detail = Detail::open([key; 16], "wren").unwrap();
        let key = SecretKey::from_seed(&[key; 32]);
        let signed = Acceptance::sign(cell, [invite; 16], detail.hash(), Time::from_ms(1000), &key);
        arrivals.knock(&CELL, [invite; 16], &codec::encode(&signed), detail.as_bytes(), NOW)
    }

    #[test]
    fn both_sides_of_a_knock_have_the_same_words() {
        let mut arrivals = Arrivals::default();
        arrivals.door.invite([1; 16], [7; 32], Time::from_ms(1000), NOW).unwrap();
        let answer = knock(&mut arrivals, 5, 1, CELL);
        assert_eq!(answer, Response::Welcome { secret: [7; 32] });
        let waiting = arrivals.waiting(&State::new(CELL), NOW);
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].text, "wren");
        let own = OwnKnock {
            link: String::new(),
            acceptance: waiting[0].acceptance.clone(),
            handle: waiting[0].handle.clone(),
            delivered: true,
            secret: Some([7; 32]),
            told: false,
        };
        assert_eq!(own.words().unwrap().words, waiting[0].words);
        assert_eq!(own.words().unwrap().others.len(), 7);
        assert_eq!(waiting[0].words.len(), 3);
        assert_eq!(knock(&mut arrivals, 6, 2, CELL), Response::Noted, "an invite of another home");
        assert_eq!(arrivals.waiting(&State::new(CELL), NOW)[1].words.len(), 7);
    }

    #[test]
    fn who_answers_two_invites_knocks_once() {
        let mut arrivals = Arrivals::default();
        for invite in [1, 2] {
            arrivals.door.invite([invite; 16], [invite; 32], Time::from_ms(1000), NOW).unwrap();
            assert!(matches!(knock(&mut arrivals, 5, invite, CELL), Response::Welcome { .. }));
        }
        let waiting = arrivals.waiting(&State::new(CELL), NOW);
        let invites =
            waiting.iter().map(|item| codec::decode::<Acceptance>(&item.acceptance).unwrap().invite);
        assert_eq!(invites.collect::<Vec<_>>(), [[2; 16]]);
    }

    #[test]
    fn a_knock_stands_for_its_invite_and_key_once_it_was_delivered() {
        let key = SecretKey::from_seed(&[5; 32]);
        let signed = Acceptance::sign(CELL, [1; 16], DetailHash([0; 32]), Time::from_ms(1000), &key);
        let mut own = OwnKnock {
            link: "a link".to_owned(),
            acceptance: codec::encode(&signed).into(),
            handle: Blob(Vec::new()),
            delivered: false,
            secret: None,
            told: false,
        };
        assert!(!own.stands_for("a link", &key.public()));
        own.delivered = true;
        assert!(own.stands_for("a link", &key.public()));
        assert!(!own.stands_for("another link", &key.public()));
        assert!(!own.stands_for("a link", &SecretKey::from_seed(&[6; 32]).public()));
    }

    #[test]
    fn a_knock_that_does_not_hold_is_not_kept() {
        let mut arrivals = Arrivals::default();
        assert!(matches!(knock(&mut arrivals, 5, 1, CellId([9; 32])), Response::Refused(_)));
        let garbage = arrivals.knock(&CELL, [1; 16], b"garbage", b"garbage", NOW);
        assert!(matches!(garbage, Response::Refused(_)));
        assert!(arrivals.door.invites().is_empty());
    }

    #[test]
    fn arrivals_are_kept_and_damage_is_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::create(folder.path().join("home"), &crate::Settings::default()).unwrap();
        let mut arrivals = Arrivals::default();
        arrivals.door.invite([1; 16], [7; 32], Time::from_ms(1000), NOW).unwrap();
        arrivals.links.push((Nonce([1; 16]), "lifeboat:oak-street/x".into()));
        knock(&mut arrivals, 5, 1, CELL);
        arrivals.save(&home, &CELL).unwrap();
        let loaded = Arrivals::load(&home, &CELL);
        assert_eq!(loaded.door, arrivals.door);
        assert_eq!(loaded.given(NOW), arrivals.given(NOW));
        assert!(loaded.given(NOW)[0].used);
        let whole = std::fs::read(path(&home, &CELL)).unwrap();
        for at in 0..whole.len() {
            std::fs::write(path(&home, &CELL), &whole[..at]).unwrap();
            assert!(Arrivals::load(&home, &CELL).links.is_empty());
        }
    }
}
