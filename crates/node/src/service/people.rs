//! Asks about people who come: invites, knocks, cards, joining.

use super::{Service, disk};
use crate::ask::{Answer, CardText, Joined, KnockItem, OpenInvite, Progress, Refusal, Spoken};
use crate::card_addresses;
use crate::cell::shelf::Shelf;
use crate::cell::{CellHandle, locked, now};
use crate::invites::{OwnKnock, vouched_for};
use crate::limits::LOOK_EVERY;
use crate::network::Network;
use crate::wire::Blob;
use lifeboat_commons::Acceptance;
use lifeboat_commons::membership::Candidate;
use lifeboat_log::codec::{self, Bytes};
use lifeboat_log::{CellId, DetailHash, Floor, Nonce, PublicKey, Time};
use lifeboat_protocol::card::{Link, Slug};
use lifeboat_protocol::{CellCard, Invite, Refusal as PeerRefusal, Request, Response, commitment_of};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Longest time for which an invite is open, in days.
const MAX_DAYS: u16 = 366;
/// How long a command asks other homes who has knocked there.
const KNOCK_PATIENCE: Duration = Duration::from_secs(3);

/// What a link says.
///
/// # Errors
/// [`Refusal`] when it is no link.
pub(super) fn read_link(link: &str) -> Result<Answer, Refusal> {
    let parsed: Link = link.parse().map_err(bad_link)?;
    let card = parsed.card();
    let (invite, expires) = match &parsed {
        Link::Invite(invite) => (Some(Nonce(invite.nonce)), invite.expiry),
        Link::Card(_) => (None, Time::ZERO),
    };
    Ok(Answer::Card(card_text(link.trim().to_owned(), card, invite, expires)))
}

impl Service {
    /// The card of a cell, as a link.
    pub(super) async fn card_of(
        self: &Arc<Self>,
        cell: CellId,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        let card = self.card(&open).await?;
        Ok(Answer::Card(card_text(card.to_string(), &card, None, Time::ZERO)))
    }

    /// Makes an invite for one person; its secret stays at the door of this home.
    pub(super) async fn invite(
        self: &Arc<Self>,
        cell: CellId,
        days: u16,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        let card = self.card(&open).await?;
        let inviter = self.home.member_key().ok_or_else(|| {
            Refusal::new(
                "no_member",
                "only a member invites: make your key with `lifeboat init --as <handle>`",
            )
        })?;
        let (nonce, secret) = random_pair()?;
        let now = now();
        let expiry = now.plus_ms(u64::from(days.clamp(1, MAX_DAYS)) * DAY_MS);
        let given = self.arrivals(&cell, |here| {
            let commitment = here.door.invite(nonce, secret, expiry, now).map_err(of_peer)?;
            let link = Invite { card, nonce, commitment, expiry, inviter }.to_string();
            here.links.push((Nonce(nonce), link.clone()));
            here.save(&self.home, &cell).map_err(disk)?;
            Ok::<_, Refusal>(OpenInvite { link, invite: Nonce(nonce), expires: expiry, used: false })
        })?;
        Ok(Answer::Invited(given))
    }

    /// A newcomer knocks at this home. The door is written down before the answer leaves.
    pub fn knocked_at(&self, cell: &CellId, invite: [u8; 16], acceptance: &[u8], handle: &[u8]) -> Response {
        self.arrivals(cell, |here| {
            let response = here.knock(cell, invite, acceptance, handle, now());
            match here.save(&self.home, cell) {
                Ok(()) => response,
                Err(error) => {
                    tracing::error!(%error, "a knock could not be written down");
                    Response::refused(PeerRefusal::STORE_FAILED)
                }
            }
        })
    }

    /// Who has knocked here, or for this home's invites elsewhere, and is no member yet.
    pub(super) async fn knocks(
        self: &Arc<Self>,
        cell: CellId,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        if !open.facts().keeper {
            self.ask_for_knocks(&open).await;
        }
        Ok(Answer::Knocks(self.knocking(&cell, &open.read())))
    }

    /// Who has knocked, or was vouched for, and is no member yet.
    pub(super) fn knocking(&self, cell: &CellId, shelf: &Shelf) -> Vec<KnockItem> {
        let now = now();
        let state = &shelf.state().at(now);
        let mut knocks = self.arrivals(cell, |here| here.waiting(state, now));
        // For whom others have vouched, the acceptance in the log is the one that counts.
        knocks.retain(|knock| {
            let mut candidates = state.members().candidates();
            let other = |candidate: &Candidate| codec::encode(&candidate.acceptance) != *knock.acceptance;
            !candidates.any(|(key, candidate)| *key == knock.key && other(candidate))
        });
        let handle = |hash: &DetailHash| shelf.store.detail(hash).ok().flatten();
        for vouched in vouched_for(state, self.home.member_key(), now, handle) {
            if knocks.iter().all(|knock| knock.key != vouched.key) {
                knocks.push(vouched);
            }
        }
        knocks
    }

    /// Asks other homes of the cell who answered the invites that this home gave out.
    async fn ask_for_knocks(self: &Arc<Self>, open: &Arc<CellHandle>) {
        let cell = open.cell();
        let unanswered = self.arrivals(&cell, |here| {
            let given = here.given(now()).into_iter().filter(|given| !given.used);
            given.map(|given| given.invite.0).collect::<Vec<_>>()
        });
        if unanswered.is_empty() || self.go_online().await.is_err() {
            return;
        }
        let Some(network) = self.network.get() else { return };
        let until = Instant::now() + KNOCK_PATIENCE;
        while network.connected().is_empty() && Instant::now() < until {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        for peer in network.connected().into_keys() {
            for invite in &unanswered {
                let request = Request::Knocked { cell, invite: *invite };
                if let Ok(Response::Knocked { acceptance, handle }) =
                    network.net.request(peer, &request).await
                {
                    self.arrivals(&cell, |here| {
                        here.knocked_elsewhere(&cell, *invite, &acceptance, &handle, now());
                    });
                }
            }
        }
    }

    /// Follows the cell of an invite and knocks there.
    pub(super) async fn join(
        self: &Arc<Self>,
        link: String,
        acceptance: Blob,
        handle: Blob,
        wait_ms: u64,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let invite: Invite = link.parse().map_err(bad_link)?;
        let signed: Acceptance = codec::decode(&acceptance)
            .map_err(|_| Refusal::new("bad_acceptance", "this acceptance cannot be read: sign it again"))?;
        let cell = invite.card.cell;
        if signed.cell != cell || signed.invite != invite.nonce || !signed.holds() {
            let text = "this acceptance is for another invite: sign it again";
            return Err(Refusal::new("bad_acceptance", text));
        }
        if invite.expiry <= now() {
            return Err(Refusal::new("invite_over", "this invite is over: ask for another one"));
        }
        if self.cell_settings().iter().any(|setting| setting.cell() == Some(cell)) {
            let open = self.cell(cell, progress).await?;
            if open.read().state().members().of_key(&signed.key).is_some() {
                let text = "this home's key serves a member of this cell already: the invite is for somebody else, and was not used";
                return Err(Refusal::new("member_already", text));
            }
        }
        let name = self.add_cell(cell, invite.card.slug.as_str(), true, Some(invite.card.to_string()))?;
        self.note_card(&invite.card);
        let earlier = self.arrivals(&cell, |here| here.own.clone());
        let stands = earlier.as_ref().is_some_and(|own| own.stands_for(&link, &signed.key));
        if !stands {
            let own = OwnKnock { link, acceptance, handle, delivered: false, secret: None, told: false };
            self.keep_knock(&cell, Some(own))?;
        }
        self.cell(cell, progress).await?;
        self.go_online().await?;
        let knocked = self.knock_until(cell, Instant::now() + Duration::from_millis(wait_ms)).await;
        if knocked.is_err() && !stands {
            // Refused: an earlier knock is as good as before.
            self.keep_knock(&cell, earlier)?;
        }
        let words = knocked?;
        Ok(Answer::Joined(Joined { cell, name, delivered: words.is_some(), words }))
    }

    fn keep_knock(&self, cell: &CellId, own: Option<OwnKnock>) -> Result<(), Refusal> {
        self.arrivals(cell, |here| {
            here.own = own;
            here.save(&self.home, cell)
        })
        .map_err(disk)
    }

    /// Knocks at whoever is connected until somebody has the knock.
    async fn knock_until(self: &Arc<Self>, cell: CellId, until: Instant) -> Result<Option<Spoken>, Refusal> {
        loop {
            if let Some(network) = self.network.get() {
                for peer in network.connected().into_keys() {
                    self.knock_at(network, peer, cell).await?;
                }
            }
            let Some(own) = self.arrivals(&cell, |here| here.own.clone()) else {
                // It was brought and refused as soon as a peer was connected.
                return Err(of_peer(PeerRefusal::new(PeerRefusal::NO_INVITE)));
            };
            let words = own.words();
            if words.is_some() || Instant::now() >= until {
                return Ok(words);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Knocks at a peer that has just been connected, in all cells where a knock waits.
    pub async fn knock_everywhere(&self, network: &Network, peer: PublicKey) {
        for cell in self.open_cells() {
            if let Err(refusal) = self.knock_at(network, peer, cell.cell()).await {
                self.note_words([format!("Your answer to an invite was not taken: {}.", refusal.text)]);
            }
        }
    }

    /// Brings this home's own knock to a peer, unless it was answered already.
    async fn knock_at(&self, network: &Network, peer: PublicKey, cell: CellId) -> Result<(), Refusal> {
        let own = self.arrivals(&cell, |here| here.own.clone().filter(|own| own.secret.is_none()));
        let Some((own, invite)) = own.and_then(|own| own.link.parse::<Invite>().ok().map(|i| (own, i)))
        else {
            return Ok(());
        };
        let bytes = Bytes::new(own.acceptance.0.clone()).zip(Bytes::new(own.handle.0.clone()));
        let Some((acceptance, handle)) = bytes else { return Ok(()) };
        let request = Request::Knock { cell, invite: invite.nonce, acceptance, handle };
        let secret = match network.net.request(peer, &request).await {
            // A secret that is not the one of the invite reveals nothing.
            Ok(Response::Welcome { secret }) if commitment_of(&secret) == invite.commitment => Some(secret),
            Ok(Response::Welcome { .. }) | Err(_) => return Ok(()),
            Ok(Response::Noted) => None,
            Ok(Response::Refused(refusal)) if refusal.name() == PeerRefusal::NO_INVITE => {
                // It never will be taken: it is not tried again at every sync.
                self.arrivals(&cell, |here| {
                    here.own.take_if(|now| now.acceptance == own.acceptance && !now.delivered);
                    here.save(&self.home, &cell).map_err(disk)
                })?;
                return Err(of_peer(refusal));
            }
            Ok(_) => return Ok(()),
        };
        self.arrivals(&cell, |here| {
            if let Some(now) = here.own.as_mut().filter(|now| now.acceptance == own.acceptance) {
                now.delivered = true;
                now.secret = now.secret.or(secret);
            }
            here.save(&self.home, &cell).map_err(disk)
        })
    }

    /// The card of a cell as it is now.
    async fn card(self: &Arc<Self>, open: &CellHandle) -> Result<CellCard, Refusal> {
        let own = self.own_addresses().await;
        let keeper = open.facts().keeper_node;
        let known = keeper.map(|node| locked(&self.book).addresses_of(&node).to_vec()).unwrap_or_default();
        let setting = self.cell_settings().into_iter().find(|setting| setting.cell() == Some(open.cell()));
        let setting =
            setting.ok_or_else(|| Refusal::new("unknown_cell", "this home does not follow that cell"))?;
        let old = setting.card.as_deref().and_then(|card| card.parse::<CellCard>().ok());
        let shelf = open.read();
        let Some(term) = shelf.store.chain().open() else {
            let text = "nothing of this cell's log is here yet: `lifeboat sync` first";
            return old.ok_or_else(|| Refusal::new("empty", text));
        };
        let old = old.iter().flat_map(card_addresses::read);
        let addresses = own.into_iter().chain(known).chain(old);
        Ok(CellCard {
            cell: open.cell(),
            slug: Slug::of_name(&setting.name),
            term: term.term,
            term_key: term.opening.term_key,
            node: term.opening.node,
            addresses: card_addresses::write(addresses, &term.opening.node),
            witnesses: term.opening.witnesses.clone(),
            quorum: term.opening.quorum,
            checkpoint: shelf.store.checkpoint().and_then(|held| Floor::of(held, &term.opening.term_key)),
        })
    }
}

fn card_text(link: String, card: &CellCard, invite: Option<Nonce>, expires: Time) -> CardText {
    CardText {
        link,
        cell: card.cell,
        name: card.slug.as_str().to_owned(),
        invite,
        expires,
        addresses: card_addresses::read(card).collect(),
    }
}

fn random_pair() -> Result<([u8; 16], [u8; 32]), Refusal> {
    let key = |e: crate::keys::KeyError| Refusal::new("key", e.to_string());
    Ok((crate::keys::random().map_err(key)?, crate::keys::random().map_err(key)?))
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn bad_link(error: lifeboat_protocol::BadLink) -> Refusal {
    Refusal::new("bad_link", error.to_string())
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn of_peer(refusal: PeerRefusal) -> Refusal {
    Refusal::new(refusal.name(), refusal.text())
}
