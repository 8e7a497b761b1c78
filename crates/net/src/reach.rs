//! Reach behind routers: a node that the world can reach passes connections on for those who follow the
//! same cells; a node that it cannot reach asks such nodes to be reached through them, and goes over to a
//! direct connection as soon as there is one. It also notices that a peer has started anew, so that
//! nothing is sent into a connection that died with its process.

use crate::behaviour::Node;
use crate::gossip::Gossip;
use crate::limits::{MAX_AGENT, MAX_RELAYS, RESERVE_AFTER, RESERVE_AGAIN, SETTLED};
use crate::public::{is_public, is_relayed};
use crate::{NetError, peer};
use libp2p::core::ConnectedPoint;
use libp2p::core::transport::ListenerId;
use libp2p::gossipsub::TopicHash;
use libp2p::multiaddr::{Multiaddr, Protocol};
use libp2p::swarm::ConnectionId;
use libp2p::{PeerId, Swarm, identify, relay};
use lifeboat_log::PublicKey;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// How a node is reached from outside its own network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReachConfig {
    /// Ask the router to let others in (UPnP).
    pub upnp: bool,
    /// Pass connections on for nodes that follow the same cells, when this node has a public address.
    pub relay: bool,
    /// Addresses at which this node can be reached, as its person knows: a port that was opened by hand.
    pub public: Vec<String>,
}

/// The connected peers that follow a cell which is followed here: the only ones that are relayed.
#[derive(Debug, Clone, Default)]
pub struct Neighbours(Arc<Mutex<HashSet<PeerId>>>);

impl Neighbours {
    /// Whether the peer is one.
    pub fn has(&self, peer: &PeerId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(peer)
    }

    fn add(&self, peer: PeerId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(peer);
    }

    fn replace(&self, peers: HashSet<PeerId>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = peers;
    }
}

/// A connection, as far as reach is concerned.
#[derive(Debug)]
struct Link {
    peer: PeerId,
    relayed: bool,
    since: Instant,
    /// The address that was dialled.
    dialled: Option<Multiaddr>,
    /// What the peer says it is: another one means that it has started anew.
    agent: Option<String>,
}

/// A connected peer that passes connections on.
#[derive(Debug)]
struct Relay {
    addr: Multiaddr,
    /// By which this node is reached through it.
    listener: Option<ListenerId>,
    /// When it may be asked (again).
    again: Instant,
}

/// What is known about reach.
#[derive(Debug)]
pub struct Reach {
    serves: bool,
    neighbours: Neighbours,
    links: HashMap<ConnectionId, Link>,
    relays: HashMap<PeerId, Relay>,
}

impl Reach {
    /// Nobody is connected. `neighbours` is what the relay looks at.
    pub fn new(config: &ReachConfig, neighbours: Neighbours) -> Self {
        Self { serves: config.relay, neighbours, links: HashMap::new(), relays: HashMap::new() }
    }

    /// Tells the swarm of the addresses that the person knows to be public.
    ///
    /// # Errors
    /// [`NetError::BadAddress`].
    pub fn name_public(config: &ReachConfig, swarm: &mut Swarm<Node>) -> Result<(), NetError> {
        for addr in &config.public {
            swarm.add_external_address(peer::parse_addr(addr)?);
        }
        Ok(())
    }

    /// A connection came about.
    pub fn connected(&mut self, connection: ConnectionId, peer: PeerId, endpoint: &ConnectedPoint) {
        let dialled = match endpoint {
            ConnectedPoint::Dialer { address, .. } => Some(address.clone()),
            ConnectedPoint::Listener { .. } => None,
        };
        let relayed = endpoint.is_relayed();
        self.links.insert(connection, Link { peer, relayed, since: Instant::now(), dialled, agent: None });
    }

    /// A connection ended.
    pub fn closed(&mut self, connection: ConnectionId) {
        let Some(gone) = self.links.remove(&connection) else { return };
        if !self.links.values().any(|link| link.peer == gone.peer) {
            self.relays.remove(&gone.peer);
        }
    }

    /// A peer said what it is.
    pub fn identified(
        &mut self,
        swarm: &mut Swarm<Node>,
        connection: ConnectionId,
        peer: PeerId,
        info: &identify::Info,
    ) {
        let Some(link) = self.links.get_mut(&connection) else { return };
        let agent: String = info.agent_version.chars().take(MAX_AGENT).collect();
        let (since, relayed) = (link.since, link.relayed);
        link.agent = Some(agent.clone());
        // A process that is gone left these behind. Gossip would go on speaking to it: all connections with
        // the peer are closed, and it opens a new one at once.
        let stale = |link: &Link| match &link.agent {
            Some(known) => link.peer == peer && link.since < since && *known != agent,
            None => link.peer == peer && link.since + SETTLED < since,
        };
        if self.links.values().any(stale) {
            tracing::debug!(%peer, "it has started anew");
            let _ = swarm.disconnect_peer_id(peer);
            return;
        }
        if relayed {
            return;
        }
        let addr = relay_addr(self.links.get(&connection).and_then(|link| link.dialled.as_ref()), info);
        match addr.filter(|_| info.protocols.contains(&relay::HOP_PROTOCOL_NAME)) {
            Some(addr) => {
                let new = Relay { addr, listener: None, again: Instant::now() + RESERVE_AFTER };
                self.relays.entry(peer).or_insert(new);
            }
            None => self.relays.retain(|known, relay| *known != peer || relay.listener.is_some()),
        }
    }

    /// A peer follows a cell.
    pub fn subscribed(&self, gossip: &Gossip, peer: PeerId, topic: &TopicHash) {
        if gossip.topics().any(|own| own == topic) {
            self.neighbours.add(peer);
        }
    }

    /// A listener ended. True when it was one through a relay.
    pub fn listener_closed(&mut self, listener: ListenerId) -> bool {
        let relay = self.relays.values_mut().find(|relay| relay.listener == Some(listener));
        let Some(relay) = relay else { return false };
        relay.listener = None;
        relay.again = Instant::now() + RESERVE_AGAIN;
        true
    }

    /// Whether a listener is one through a relay.
    pub fn is_relay(&self, listener: ListenerId) -> bool {
        self.relays.values().any(|relay| relay.listener == Some(listener))
    }

    /// Looks at everything again: who is a neighbour, whether this node is to serve as a relay or needs
    /// one, and which relayed connections have been replaced by direct ones.
    pub fn tick(&mut self, swarm: &mut Swarm<Node>) {
        let now = Instant::now();
        self.neighbours.replace(neighbours(&swarm.behaviour().gossip));
        let public = swarm.external_addresses().any(|addr| !is_relayed(addr));
        let status = if self.serves && public { relay::Status::Enable } else { relay::Status::Disable };
        swarm.behaviour_mut().relay.set_status(Some(status));
        if !public {
            self.reserve(swarm, now);
        }
        for connection in self.replaced(now) {
            swarm.close_connection(connection);
        }
    }

    /// The peers that are connected through a relay alone.
    pub fn relayed(&self) -> BTreeSet<PublicKey> {
        let of =
            |relayed| self.links.values().filter(move |link| link.relayed == relayed).map(|link| link.peer);
        let direct: HashSet<PeerId> = of(false).collect();
        of(true).filter(|peer| !direct.contains(peer)).filter_map(|peer| peer::key_of(&peer)).collect()
    }

    /// Asks relays that this node be reached through them, as many as it needs.
    fn reserve(&mut self, swarm: &mut Swarm<Node>, now: Instant) {
        let mut held = self.relays.values().filter(|relay| relay.listener.is_some()).count();
        for (peer, relay) in &mut self.relays {
            let due = relay.listener.is_none() && now >= relay.again && self.neighbours.has(peer);
            if held >= MAX_RELAYS || !due {
                continue;
            }
            let through = relay.addr.clone().with(Protocol::P2p(*peer)).with(Protocol::P2pCircuit);
            match swarm.listen_on(through) {
                Ok(listener) => {
                    relay.listener = Some(listener);
                    held += 1;
                }
                Err(error) => {
                    tracing::debug!(%peer, %error, "not to be reached through this relay");
                    relay.again = now + RESERVE_AGAIN;
                }
            }
        }
    }

    /// Relayed connections with peers that are connected directly, and have been for a while.
    fn replaced(&self, now: Instant) -> Vec<ConnectionId> {
        let settled = |link: &&Link| !link.relayed && now.saturating_duration_since(link.since) > SETTLED;
        let direct: HashSet<PeerId> = self.links.values().filter(settled).map(|link| link.peer).collect();
        let replaced = self.links.iter().filter(|(_, link)| link.relayed && direct.contains(&link.peer));
        replaced.map(|(connection, _)| *connection).collect()
    }
}

/// The connected peers that follow a cell which is followed here.
fn neighbours(gossip: &Gossip) -> HashSet<PeerId> {
    let own: HashSet<&TopicHash> = gossip.topics().collect();
    let shares = |topics: &[&TopicHash]| topics.iter().any(|topic| own.contains(topic));
    gossip.all_peers().filter(|(_, topics)| shares(topics)).map(|(peer, _)| *peer).collect()
}

/// Where others reach a relay: the address that was dialled, when it is public, else a public one of those
/// that it tells.
fn relay_addr(dialled: Option<&Multiaddr>, info: &identify::Info) -> Option<Multiaddr> {
    let mut addr = dialled.into_iter().chain(&info.listen_addrs).find(|addr| is_public(addr))?.clone();
    if peer::last_peer(&addr).is_some() {
        addr.pop();
    }
    Some(addr)
}
