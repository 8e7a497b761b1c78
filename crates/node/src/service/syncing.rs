//! Asks that need the network: bringing it up, catching up, connecting.

use super::Service;
use crate::ask::{Answer, Progress, Refusal, SyncReport};
use crate::card_addresses;
use crate::cell::{CellHandle, ToCell, locked, now};
use crate::home::{CellSetting, MAX_ADDRESSES};
use crate::invites::OwnKnock;
use crate::limits::{DETAILS_PATIENCE, LOOK_EVERY};
use crate::network::Network;
use lifeboat_log::{CellId, PublicKey};
use lifeboat_net::limits::Rate;
use lifeboat_net::{Limits, NetConfig, NetError, ReachConfig, Way, way_of_addr};
use lifeboat_protocol::CellCard;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Where a node listens when nobody said otherwise: any free port, on all interfaces.
const ANYWHERE: [&str; 2] = ["/ip4/0.0.0.0/udp/0/quic-v1", "/ip4/0.0.0.0/tcp/0"];

/// Requests of one peer that are answered: an import of thousands of rows takes seconds, and verifying so
/// many signatures takes a hundredth of this machine.
const REQUESTS: Rate = Rate { burst: 512, per_second: 256.0 };

/// Where one cell stood when a sync began.
struct Start {
    cell: Arc<CellHandle>,
    name: String,
    size: u64,
    waiting: usize,
    received: u64,
    tips: u64,
}

impl Service {
    /// Brings the network up, when it is not, with all cells of the home.
    ///
    /// # Errors
    /// [`Refusal`] when it cannot listen.
    pub async fn go_online(self: &Arc<Self>) -> Result<(), Refusal> {
        let (progress, _) = mpsc::channel(1);
        self.open_all(&progress).await;
        let network = self.network.get_or_try_init(|| async { self.start_network() }).await;
        let network = network.map_err(|e: NetError| Refusal::new("network", e.to_string()))?;
        for cell in self.open_cells() {
            network.attach(&cell);
        }
        Ok(())
    }

    fn start_network(self: &Arc<Self>) -> Result<Arc<Network>, NetError> {
        let settings = locked(&self.settings).clone();
        let asked = if self.options.listen.is_empty() { &settings.listen } else { &self.options.listen };
        let last = locked(&self.book).own.clone();
        let runs = locked(&self.running_since).is_some();
        let config = |listen| NetConfig {
            key: self.node_key.clone(),
            listen,
            mdns: self.options.mdns.or(settings.mdns).unwrap_or(true),
            reach: ReachConfig {
                // A command that is over in seconds needs no door in the router.
                upnp: runs && settings.upnp.or(settings.mdns).unwrap_or(true),
                relay: runs && settings.relay.unwrap_or(true),
                public: settings.public.clone(),
            },
            // A home may bring hundreds of entries at once, and the keeper places them together.
            limits: Limits { request_rate: REQUESTS, ..Limits::default() },
        };
        if !asked.is_empty() {
            return Network::start(self, &config(asked.clone()));
        }
        // Where it listened last others will look first; the port may be taken by now.
        let again = same_ports(&last);
        if !again.is_empty()
            && let Ok(network) = Network::start(self, &config(again))
        {
            return Ok(network);
        }
        Network::start(self, &config(ANYWHERE.map(str::to_owned).to_vec()))
    }

    /// Notes where the node listens, so that it listens there again.
    pub async fn note_own_addresses(&self) {
        let Some(network) = self.network.get() else { return };
        let addresses = network.net.listen_addrs().await;
        let mut book = locked(&self.book);
        if !addresses.is_empty() && book.own != addresses {
            book.own = addresses;
            if let Err(error) = book.save(&self.home) {
                tracing::warn!(%error, "the address book was not written");
            }
        }
    }

    /// Where the node listens.
    pub async fn listening(self: &Arc<Self>) -> Vec<String> {
        self.own_addresses().await
    }

    /// Where the node listens, or listened last. A node that has only just been started is waited for: an
    /// invite without its address would lead nowhere.
    pub(super) async fn own_addresses(self: &Arc<Self>) -> Vec<String> {
        let starting = locked(&self.running_since).is_some() && self.network.get().is_none();
        if starting && let Err(refusal) = self.go_online().await {
            tracing::warn!("{}", refusal.text);
        }
        match self.network.get() {
            Some(network) => network.net.listen_addrs().await,
            None => locked(&self.book).own.clone(),
        }
    }

    /// Where homes may be that this one knows of.
    pub fn known_addresses(&self) -> Vec<String> {
        let settings = locked(&self.settings);
        let mut all = settings.addresses.clone();
        for card in settings.cells.iter().filter_map(|setting| setting.card.as_deref()) {
            if let Ok(card) = card.parse::<CellCard>() {
                all.extend(card_addresses::read(&card));
            }
        }
        drop(settings);
        all.extend(locked(&self.book).peers.iter().flat_map(|known| known.addresses.clone()));
        all
    }

    /// Notes where a peer is.
    pub fn note_peer(&self, peer: PublicKey, addresses: &[String]) {
        let mut book = locked(&self.book);
        if book.note(peer, addresses, now())
            && let Err(error) = book.save(&self.home)
        {
            tracing::warn!(%error, "the address book was not written");
        }
    }

    /// Notes where the homes of a card are: a newer card of a cell that is known has newer addresses.
    pub(super) fn note_card(&self, card: &CellCard) {
        let addresses: Vec<String> = card_addresses::read(card).collect();
        self.note_peer(card.node, &addresses);
    }

    /// Brings all cells up to date and the outbox out, or tries to until the time is over.
    pub(super) async fn sync(
        self: &Arc<Self>,
        wait_ms: u64,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        self.open_all(progress).await;
        let starts: Vec<Start> = self.cell_settings().iter().filter_map(|s| self.start_of(s)).collect();
        self.go_online().await?;
        self.ask_again().await;
        let until = Instant::now() + Duration::from_millis(wait_ms);
        let mut patience = Instant::now() + DETAILS_PATIENCE;
        while Instant::now() < until {
            self.release_held().await;
            if !starts.iter().all(|start| self.is_level(start)) {
                patience = Instant::now() + DETAILS_PATIENCE;
            } else if starts.iter().all(|start| self.is_done(start)) || Instant::now() > patience {
                break;
            }
            // Out of the facts: reading the shelf would wait for the disk, and hold the network up meanwhile.
            let facts = starts.iter().map(|start| start.cell.facts());
            let (done, behind) = facts.fold((0, 0), |(d, b), facts| (d + facts.records, b + facts.behind));
            let _ = progress.try_send(Progress { what: "sync".into(), done, total: done + behind });
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(Answer::Synced(starts.iter().map(|start| self.report(start)).collect()))
    }

    fn start_of(&self, setting: &CellSetting) -> Option<Start> {
        let cell = self.open_cell_of(&setting.cell()?)?;
        let facts = cell.facts();
        let (size, waiting) = (cell.read().shown(), facts.waiting);
        let (name, received, tips) = (setting.name.clone(), facts.received, facts.tips);
        Some(Start { cell, name, size, waiting, received, tips })
    }

    /// Lets all cells ask who is connected once more.
    async fn ask_again(&self) {
        let Some(network) = self.network.get() else { return };
        for peer in network.connected().into_keys() {
            for cell in self.open_cells() {
                cell.tell(ToCell::Connected(peer)).await;
            }
        }
    }

    /// Whether a cell has all records that can be had now, and nothing of its own waits.
    fn is_level(&self, start: &Start) -> bool {
        let facts = start.cell.facts();
        if facts.keeper {
            let alone = self.network.get().is_none_or(|network| network.connected().is_empty());
            if alone && locked(&self.running_since).is_some() {
                return true; // whoever can reach it has been there
            }
            let len = start.cell.read().shown();
            return facts.held.iter().any(|next| next.0 >= len);
        }
        let knocking = |own: &Option<OwnKnock>| own.as_ref().is_some_and(|own| !own.delivered);
        let own = self.home.member_key();
        let is_member = || own.is_some_and(|key| start.cell.read().state().members().of_key(&key).is_some());
        let knocks = self.arrivals(&start.cell.cell(), |here| knocking(&here.own)) && !is_member();
        facts.tips > start.tips && facts.level && facts.waiting == 0 && !knocks
    }

    /// Whether a cell that is level has its details too, and the keeper, where it is reached, has heard what
    /// is held here.
    fn is_done(&self, start: &Start) -> bool {
        let facts = start.cell.facts();
        let reached = facts.keeper_node.filter(|_| !facts.keeper);
        let reached = reached.is_some_and(|node| self.network.get().is_some_and(|n| n.is_connected(&node)));
        facts.wanted == 0 && (!reached || facts.told.0 >= start.cell.read().shown())
    }

    fn report(&self, start: &Start) -> SyncReport {
        let facts = start.cell.facts();
        let shelf = start.cell.read();
        let by_now = shelf.state().at(now());
        let member = self.home.member_key().and_then(|key| by_now.members().of_key(&key));
        let own_words = |own: &Option<OwnKnock>| own.as_ref().and_then(OwnKnock::words);
        let words = self.arrivals(&start.cell.cell(), |here| own_words(&here.own));
        let admitted = member.is_some() && self.tell_of_admission(&start.cell.cell());
        SyncReport {
            cell: start.cell.cell(),
            name: start.name.clone(),
            before: start.size,
            after: shelf.shown(),
            reached: if facts.keeper { !facts.held.is_empty() } else { facts.tips > start.tips },
            keeper: facts.keeper,
            behind: facts.behind,
            placed: start.waiting.saturating_sub(facts.waiting) as u32,
            waiting: facts.waiting as u32,
            received: facts.received - start.received,
            words: words.filter(|_| member.is_none()),
            admitted,
        }
    }

    /// Notes that a newcomer is told that they are a member by now; whether they were not told before.
    fn tell_of_admission(&self, cell: &CellId) -> bool {
        self.arrivals(cell, |here| {
            let Some(own) = here.own.as_mut().filter(|own| !own.told) else { return false };
            own.told = true;
            if let Err(error) = here.save(&self.home, cell) {
                tracing::warn!(%error, "this will be told again");
            }
            true
        })
    }

    /// Connects to an address, and remembers it.
    pub(super) async fn connect(
        self: &Arc<Self>,
        address: String,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        self.open_all(progress).await;
        self.go_online().await?;
        let Some(network) = self.network.get() else { return Ok(Answer::Done) };
        let reached = network.net.dial(&address).await;
        if let Err(error @ (NetError::BadAddress { .. } | NetError::BadKey(_))) = &reached {
            return Err(Refusal::new("bad_address", error.to_string()));
        }
        network.name([address.clone()]);
        let known = locked(&self.settings).addresses.contains(&address);
        if !known {
            self.change_settings(|settings| {
                settings.addresses.push(address.clone());
                let over = settings.addresses.len().saturating_sub(MAX_ADDRESSES);
                settings.addresses.drain(..over);
            })?;
        }
        match reached {
            Ok(peer) => {
                self.note_peer(peer, std::slice::from_ref(&address));
                Ok(Answer::Done)
            }
            Err(error) => {
                let text = format!("{error}; the address is kept and will be tried again");
                Err(Refusal::new("not_reached", text))
            }
        }
    }
}

/// The addresses to listen on so that the ports are the same as last time, on all interfaces.
fn same_ports(last: &[String]) -> Vec<String> {
    let mut listen: Vec<String> = Vec::new();
    let own = |address: &&String| !matches!(way_of_addr(address), Ok(Way::Relayed) | Err(_));
    for address in last.iter().filter(own) {
        let parts: Vec<&str> = address.split('/').collect();
        let again = match parts.as_slice() {
            ["", "ip4", _, "udp", port, "quic-v1", ..] => format!("/ip4/0.0.0.0/udp/{port}/quic-v1"),
            ["", "ip4", _, "tcp", port, "p2p", ..] | ["", "ip4", _, "tcp", port] => {
                format!("/ip4/0.0.0.0/tcp/{port}")
            }
            _ => continue,
        };
        if !listen.contains(&again) && listen.len() < ANYWHERE.len() {
            listen.push(again);
        }
    }
    listen
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: &str = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";

    #[test]
    fn a_node_listens_where_it_listened_before() {
        let last = [
            "/ip4/127.0.0.1/udp/4711/quic-v1/p2p/12D3Koo",
            "/ip4/192.168.1.7/udp/4711/quic-v1/p2p/12D3Koo",
            "/ip4/127.0.0.1/tcp/4712/p2p/12D3Koo",
            "/dns4/example.org/tcp/1",
        ]
        .map(|address| address.replace("12D3Koo", NODE));
        let relayed = format!("/ip4/203.0.113.1/tcp/9/p2p/{NODE}/p2p-circuit/p2p/{NODE}");
        let last = [&[relayed], &last[..]].concat();
        let again = same_ports(&last);
        assert_eq!(again, ["/ip4/0.0.0.0/udp/4711/quic-v1", "/ip4/0.0.0.0/tcp/4712"]);
    }
}
