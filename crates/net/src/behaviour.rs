//! What the node speaks and obeys on each connection, as one libp2p behaviour. The parts that deny
//! connections come first, so that the others hold nothing for one that is denied.

use crate::autonat::{Answering, Asking};
use crate::codec::{self, Codec};
use crate::gate::Gate;
use crate::gossip::{self, Gossip};
use crate::limits::{
    CIRCUIT, CIRCUIT_BYTES, CIRCUITS, CIRCUITS_PER_PEER, Limits, RELAY_INTERVAL, RELAY_REQUESTS, RESERVATION,
    RESERVATIONS,
};
use crate::reach::Neighbours;
use crate::{NetConfig, NetError, blobs, ranges, streams};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::identity::Keypair;
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{
    Multiaddr, PeerId, dcutr, identify, mdns, memory_connection_limits, ping, relay, request_response, upnp,
};
use std::num::NonZeroU32;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// What identify tells of this protocol family.
const FAMILY: &str = "lifeboat/1";
const AGENT: &str = concat!("lifeboat/", env!("CARGO_PKG_VERSION"));

#[derive(NetworkBehaviour)]
pub struct Node {
    pub gate: Gate,
    connections: connection_limits::Behaviour,
    memory: memory_connection_limits::Behaviour,
    pub gossip: Gossip,
    pub messages: request_response::Behaviour<Codec>,
    pub ranges: streams::Behaviour,
    pub blobs: streams::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    mdns: Toggle<mdns::tokio::Behaviour>,
    relay_client: relay::client::Behaviour,
    pub relay: relay::Behaviour,
    dcutr: dcutr::Behaviour,
    asking: Asking,
    answering: Answering,
    upnp: Toggle<upnp::tokio::Behaviour>,
}

/// The behaviour of a node with this key.
///
/// # Errors
/// [`NetError::Setup`] when a part refuses its settings. A machine without multicast has no mDNS, which is
/// only logged.
pub fn behaviour(
    config: &NetConfig,
    key: &Keypair,
    relay_client: relay::client::Behaviour,
    neighbours: &Neighbours,
) -> Result<Node, NetError> {
    let own = key.public().to_peer_id();
    let limits = &config.limits;
    let support = request_response::ProtocolSupport::Full;
    let messages = request_response::Config::default()
        .with_request_timeout(limits.request_timeout)
        .with_max_concurrent_streams(limits.requests_in.per_peer + limits.requests_out.per_peer);
    let identify = identify::Config::new(FAMILY.to_owned(), key.public())
        .with_agent_version(format!("{AGENT} {:x}", this_run()))
        .with_push_listen_addr_updates(true)
        .with_cache_size(0);
    Ok(Node {
        gate: Gate::new(limits.connection_rate),
        connections: connection_limits::Behaviour::new(connections(limits)),
        memory: memory_connection_limits::Behaviour::with_max_bytes(limits.process_memory),
        gossip: gossip::gossip()?,
        messages: request_response::Behaviour::with_codec(
            Codec::new(limits.request_memory),
            [(codec::PROTOCOL, support)],
            messages,
        ),
        ranges: streams::Behaviour::new(ranges::PROTOCOL),
        blobs: streams::Behaviour::new(blobs::PROTOCOL),
        identify: identify::Behaviour::new(identify),
        ping: ping::Behaviour::new(
            ping::Config::new().with_interval(limits.ping_interval).with_timeout(limits.ping_interval),
        ),
        mdns: Toggle::from(if config.mdns { mdns(key) } else { None }),
        relay_client,
        relay: relay::Behaviour::new(own, relaying(neighbours)),
        dcutr: dcutr::Behaviour::new(own),
        asking: Asking::default(),
        answering: Answering::default(),
        upnp: Toggle::from(config.reach.upnp.then(upnp::tokio::Behaviour::default)),
    })
}

/// A number that another run of this node does not have: peers see by it that it has started anew.
fn this_run() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis())
}

/// What this node passes on for others: only for those that follow the same cells, and only so much.
fn relaying(neighbours: &Neighbours) -> relay::Config {
    let known = |neighbours: &Neighbours| {
        let neighbours = neighbours.clone();
        Box::new(move |peer: PeerId, _: &Multiaddr, _: Instant| neighbours.has(&peer))
    };
    let mut config = relay::Config {
        max_reservations: RESERVATIONS,
        max_reservations_per_peer: 1,
        reservation_duration: RESERVATION,
        reservation_rate_limiters: Vec::new(),
        max_circuits: CIRCUITS,
        max_circuits_per_peer: CIRCUITS_PER_PEER,
        max_circuit_duration: CIRCUIT,
        max_circuit_bytes: CIRCUIT_BYTES,
        circuit_src_rate_limiters: Vec::new(),
    };
    config.reservation_rate_limiters.push(known(neighbours));
    config.circuit_src_rate_limiters.push(known(neighbours));
    let often = NonZeroU32::new(RELAY_REQUESTS).unwrap_or(NonZeroU32::MIN);
    config.reservation_rate_per_peer(often, RELAY_INTERVAL).circuit_src_per_peer(often, RELAY_INTERVAL)
}

fn connections(limits: &Limits) -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_established(Some(limits.connections))
        .with_max_established_incoming(Some(limits.connections_in))
        .with_max_established_per_peer(Some(limits.connections_per_peer))
        .with_max_pending_incoming(Some(limits.connections_pending))
        .with_max_pending_outgoing(Some(limits.connections_pending))
}

fn mdns(key: &Keypair) -> Option<mdns::tokio::Behaviour> {
    mdns::tokio::Behaviour::new(mdns::Config::default(), key.public().to_peer_id())
        .inspect_err(|error| tracing::warn!(%error, "no discovery on the local network"))
        .ok()
}
