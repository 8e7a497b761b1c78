//! The network task: one loop that turns what libp2p reports into events for the node, and what the node
//! asks into what libp2p does. It never waits for anything but its own channels and the network, and when
//! the node is slow it stops listening to the network before anything grows.

use crate::behaviour::{Node, NodeEvent};
use crate::event::{NetEvent, Worth};
use crate::handle::{Answer, Command, Listening};
use crate::inbound::{Arrivals, Arrived};
use crate::limits::{ADDRESS_RATE, CLOSING, Limits, MAX_ADDRS, MAX_DIALS, MAX_FOUND, OUTBOX, REACH_EVERY};
use crate::outbound::{Asked, Heard};
use crate::public::is_public;
use crate::rates::Rates;
use crate::reach::Reach;
use crate::{NetError, gossip, peer};
use futures::StreamExt;
use libp2p::core::ConnectedPoint;
use libp2p::core::transport::ListenerId;
use libp2p::gossipsub;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, identify, mdns, ping};
use lifeboat_log::PublicKey;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// The task's state.
pub struct Task {
    swarm: Swarm<Node>,
    limits: Limits,
    /// Events in their order, until the node takes them.
    outbox: VecDeque<NetEvent>,
    listening: watch::Sender<Listening>,
    dials: HashMap<ConnectionId, (Multiaddr, Answer<PublicKey>)>,
    asked: Asked,
    arrivals: Arrivals,
    /// Listeners that have had an address, or never will.
    listeners: HashSet<ListenerId>,
    tellings: Rates<PeerId>,
    faults: Rates<PeerId>,
    reach: Reach,
}

impl Task {
    /// Nothing has happened yet.
    pub fn new(
        swarm: Swarm<Node>,
        listening: watch::Sender<Listening>,
        limits: Limits,
        reach: Reach,
    ) -> Self {
        let arrivals = Arrivals::new(&limits);
        Self {
            swarm,
            listening,
            outbox: VecDeque::new(),
            dials: HashMap::new(),
            asked: Asked::default(),
            arrivals,
            listeners: HashSet::new(),
            tellings: Rates::new(ADDRESS_RATE),
            faults: Rates::new(limits.fault_rate),
            limits,
            reach,
        }
    }

    /// Runs until the node stops it, or lets go of its handles or its events.
    pub async fn run(mut self, mut commands: mpsc::Receiver<Command>, events: mpsc::Sender<NetEvent>) {
        let mut every = tokio::time::interval(REACH_EVERY);
        let stopped = loop {
            let room = self.outbox.len() < OUTBOX;
            tokio::select! {
                permit = events.reserve(), if !self.outbox.is_empty() => match permit {
                    Ok(permit) => {
                        if let Some(event) = self.outbox.pop_front() {
                            permit.send(event);
                        }
                    }
                    Err(_) => break None,
                },
                () = events.closed(), if self.outbox.is_empty() => break None,
                command = commands.recv() => match command {
                    None => break None,
                    Some(Command::Stop { answer }) => break Some(answer),
                    Some(command) => self.obey(command),
                },
                Some(arrived) = self.arrivals.next(), if room && !self.arrivals.is_empty() => self.arrived(arrived),
                _ = every.tick() => self.look_at_reach(),
                event = self.swarm.select_next_some(), if room => self.happened(event),
            }
        };
        self.close().await;
        if let Some(answer) = stopped {
            let _ = answer.send(Ok(()));
        }
    }

    /// Tells the peers that this node goes, so that they need not find out by waiting.
    async fn close(&mut self) {
        let peers: Vec<PeerId> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let closing = async {
            while self.swarm.connected_peers().next().is_some() {
                self.swarm.select_next_some().await;
            }
        };
        let _ = tokio::time::timeout(CLOSING, closing).await;
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Dial { addr, answer } => self.dial(addr, answer),
            Command::Request { peer, key, payload, slot, answer } => {
                if self.swarm.is_connected(&peer) {
                    let id = self.swarm.behaviour_mut().messages.send_request(&peer, payload);
                    self.asked.wait_for(id, slot, answer);
                } else {
                    let _ = answer.send(Err(NetError::NotConnected(key)));
                }
            }
            Command::Open { peer, key, answer } => {
                if self.swarm.is_connected(&peer) {
                    self.swarm.behaviour_mut().ranges.open(peer, answer);
                } else {
                    let _ = answer.send(Err(NetError::NotConnected(key)));
                }
            }
            Command::OpenBlob { peer, key, answer } => {
                if self.swarm.is_connected(&peer) {
                    self.swarm.behaviour_mut().blobs.open(peer, answer);
                } else {
                    let _ = answer.send(Err(NetError::NotConnected(key)));
                }
            }
            Command::Announce { cell, bytes, answer } => {
                let _ = answer.send(gossip::announce(&mut self.swarm.behaviour_mut().gossip, cell, bytes));
            }
            Command::Follow { cell, answer } => {
                let _ = answer.send(gossip::follow(&mut self.swarm.behaviour_mut().gossip, cell));
            }
            Command::Unfollow { cell } => gossip::unfollow(&mut self.swarm.behaviour_mut().gossip, cell),
            Command::Peers { answer } => {
                let _ = answer.send(Ok(self.swarm.connected_peers().filter_map(peer::key_of).collect()));
            }
            Command::Disconnect { peer } => {
                let _ = self.swarm.disconnect_peer_id(peer);
            }
            Command::Refuse { peer, how_long } => self.refuse(peer, how_long),
            Command::Stop { answer } => {
                let _ = answer.send(Ok(())); // taken by the loop before it comes here
            }
        }
    }

    fn dial(&mut self, addr: Multiaddr, answer: Answer<PublicKey>) {
        let expected = peer::last_peer(&addr);
        if let Some(key) =
            expected.filter(|peer| self.swarm.is_connected(peer)).as_ref().and_then(peer::key_of)
        {
            let _ = answer.send(Ok(key));
            return;
        }
        if self.dials.len() >= MAX_DIALS {
            let _ = answer.send(Err(NetError::Busy("connections being opened")));
            return;
        }
        let options = match expected {
            Some(peer) => {
                DialOpts::peer_id(peer).addresses(vec![addr.clone()]).condition(PeerCondition::Always).build()
            }
            None => DialOpts::unknown_peer_id().address(addr.clone()).build(),
        };
        let connection = options.connection_id();
        match self.swarm.dial(options) {
            Ok(()) => {
                self.dials.insert(connection, (addr, answer));
            }
            Err(error) => {
                let _ = answer.send(Err(cannot_dial(&addr, &error)));
            }
        }
    }

    fn happened(&mut self, event: SwarmEvent<NodeEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.heard(event),
            SwarmEvent::ConnectionEstablished {
                peer_id, connection_id, endpoint, num_established, ..
            } => {
                self.connected(peer_id, connection_id, &endpoint, num_established.get());
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, num_established, .. } => {
                self.reach.closed(connection_id);
                self.tell_relayed();
                if let Some(peer) = peer::key_of(&peer_id).filter(|_| num_established == 0) {
                    self.outbox.push_back(NetEvent::Disconnected { peer });
                }
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                if let Some((addr, answer)) = self.dials.remove(&connection_id) {
                    let _ = answer.send(Err(cannot_dial(&addr, &error)));
                }
            }
            SwarmEvent::IncomingConnectionError { error, .. } => tracing::debug!(%error, "no connection"),
            SwarmEvent::NewListenAddr { listener_id, address } => {
                if is_public(&address) {
                    self.swarm.add_external_address(address);
                }
                self.listens(Some(listener_id));
            }
            SwarmEvent::ExpiredListenAddr { listener_id, address } => {
                self.swarm.remove_external_address(&address);
                self.listens(Some(listener_id));
            }
            SwarmEvent::ListenerClosed { listener_id, .. } => {
                let relayed = self.reach.listener_closed(listener_id);
                self.listens(Some(listener_id).filter(|_| !relayed));
            }
            SwarmEvent::ExternalAddrConfirmed { .. } | SwarmEvent::ExternalAddrExpired { .. } => {
                self.listens(None);
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "trouble while listening"),
            _ => {}
        }
    }

    fn connected(&mut self, id: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint, count: u32) {
        let dialled = self.dials.remove(&connection);
        self.reach.connected(connection, id, endpoint);
        // Before anybody hears of the connection: nobody is to take it for a direct one.
        self.tell_relayed();
        let Some(peer) = peer::key_of(&id) else {
            let _ = self.swarm.disconnect_peer_id(id); // no key of ours: nothing that a node would have
            return;
        };
        if let Some((_, answer)) = dialled {
            let _ = answer.send(Ok(peer));
        }
        if count == 1 {
            let addrs = match endpoint {
                ConnectedPoint::Dialer { address, .. } => {
                    vec![peer::full_addr(address.clone(), id).to_string()]
                }
                ConnectedPoint::Listener { .. } => Vec::new(),
            };
            self.outbox.push_back(NetEvent::Connected { peer, addrs });
        }
    }

    fn look_at_reach(&mut self) {
        self.reach.tick(&mut self.swarm);
        self.tell_relayed();
    }

    /// Tells the handle who is connected through a relay alone.
    fn tell_relayed(&mut self) {
        let relayed = self.reach.relayed();
        self.listening.send_if_modified(|listening| {
            let changed = listening.relayed != relayed;
            listening.relayed = relayed;
            changed
        });
    }

    /// Tells the handle where the node listens now, and where else it is reached.
    fn listens(&mut self, heard_of: Option<ListenerId>) {
        self.listeners.extend(heard_of.filter(|listener| !self.reach.is_relay(*listener)));
        let heard_of = self.listeners.len();
        let own = *self.swarm.local_peer_id();
        let mut addrs: Vec<String> = Vec::new();
        for addr in self.swarm.listeners().chain(self.swarm.external_addresses()) {
            let addr = peer::full_addr(addr.clone(), own).to_string();
            if !addrs.contains(&addr) {
                addrs.push(addr);
            }
        }
        self.listening.send_modify(|listening| {
            listening.addrs = addrs;
            listening.waiting = listening.asked.saturating_sub(heard_of);
        });
    }

    fn heard(&mut self, event: NodeEvent) {
        match event {
            NodeEvent::Gossip(gossipsub::Event::Message { propagation_source, message_id, message }) => {
                self.arrivals.announcement(propagation_source, message_id, &message);
            }
            NodeEvent::Gossip(gossipsub::Event::SlowPeer { peer_id, .. }) => {
                tracing::debug!(%peer_id, "too slow for announcements");
            }
            NodeEvent::Messages(event) => match self.asked.heard(event) {
                Heard::Request { peer, id, payload, channel } => {
                    self.arrivals.request(peer, id, payload, channel)
                }
                Heard::Served(id) => self.arrivals.served(id),
                Heard::Unreadable { peer, served } => {
                    served.into_iter().for_each(|id| self.arrivals.served(id));
                    self.fault(peer);
                }
                Heard::Nothing => {}
            },
            NodeEvent::Ranges(inbound) => self.arrivals.range(inbound),
            NodeEvent::Blobs(inbound) => self.arrivals.blob(inbound),
            NodeEvent::Gossip(gossipsub::Event::Subscribed { peer_id, topic }) => {
                self.reach.subscribed(&self.swarm.behaviour().gossip, peer_id, &topic);
            }
            NodeEvent::Identify(identify::Event::Received { peer_id, connection_id, info }) => {
                self.reach.identified(&mut self.swarm, connection_id, peer_id, &info);
                self.found(info.listen_addrs.into_iter().map(|addr| (peer_id, addr)));
            }
            NodeEvent::Ping(ping::Event { result: Err(error), connection, peer })
                if !matches!(error, ping::Failure::Unsupported) =>
            {
                tracing::debug!(%peer, %error, "no answer to a ping");
                self.swarm.close_connection(connection);
            }
            NodeEvent::Mdns(mdns::Event::Discovered(found)) => self.found(found.into_iter()),
            NodeEvent::RelayClient(event) => tracing::debug!(?event, "relay"),
            NodeEvent::Dcutr(event) => tracing::debug!(?event, "direct connection"),
            NodeEvent::Upnp(event) => tracing::debug!(?event, "router"),
            _ => {}
        }
    }

    /// Passes on where peers are said to be, a bounded number of times and places.
    fn found(&mut self, found: impl Iterator<Item = (PeerId, Multiaddr)>) {
        let mut by_peer: BTreeMap<PeerId, Vec<String>> = BTreeMap::new();
        for (id, addr) in found.take(MAX_FOUND * MAX_ADDRS) {
            if by_peer.len() < MAX_FOUND || by_peer.contains_key(&id) {
                let addrs = by_peer.entry(id).or_default();
                if addrs.len() < MAX_ADDRS {
                    addrs.push(peer::full_addr(addr, id).to_string());
                }
            }
        }
        for (id, addrs) in by_peer {
            let Some(peer) = peer::key_of(&id) else { continue };
            if id != *self.swarm.local_peer_id() && self.tellings.allow(id, Instant::now()) {
                self.outbox.push_back(NetEvent::Discovered { peer, addrs });
            }
        }
    }

    fn arrived(&mut self, arrived: Arrived) {
        match arrived {
            Arrived::Event(event) => self.outbox.push_back(event),
            Arrived::Answered { channel, payload: Some(payload) } => {
                // The peer may be gone meanwhile; then there is nobody to tell.
                let _ = self.swarm.behaviour_mut().messages.send_response(channel, payload);
            }
            Arrived::Answered { payload: None, .. } => {}
            Arrived::Judged { from, id, worth } => {
                let acceptance = gossip::acceptance(worth);
                self.swarm.behaviour_mut().gossip.report_message_validation_result(&id, &from, acceptance);
                if worth == Worth::Harmful {
                    self.fault(from);
                }
            }
            Arrived::Fault(peer) => self.fault(peer),
            Arrived::Nothing => {}
        }
    }

    /// Counts something that no honest node does.
    fn fault(&mut self, peer: PeerId) {
        if !self.faults.allow(peer, Instant::now()) {
            tracing::debug!(%peer, "refused for a while");
            self.refuse(peer, self.limits.refuse_for);
        }
    }

    fn refuse(&mut self, peer: PeerId, how_long: Duration) {
        self.swarm.behaviour_mut().gate.refuse(peer, Instant::now(), how_long);
        let _ = self.swarm.disconnect_peer_id(peer);
    }
}

fn cannot_dial(addr: &Multiaddr, error: &DialError) -> NetError {
    let reason = match error {
        DialError::Transport(tries) => {
            let reasons: Vec<_> = tries.iter().map(|(_, error)| innermost(error)).collect();
            reasons.join("; ")
        }
        DialError::WrongPeerId { obtained, .. } => format!("another node is there: {obtained}"),
        DialError::LocalPeerId { .. } => "this is the address of this node itself".to_owned(),
        DialError::Denied { cause } => innermost(cause),
        other => other.to_string(),
    };
    NetError::CannotDial { addr: addr.to_string(), reason }
}

/// What lies at the bottom of an error, which is what a person can act on.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
