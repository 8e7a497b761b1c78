//! What the node speaks and obeys on each connection, as one libp2p behaviour. The parts that deny
//! connections come first, so that the others hold nothing for one that is denied.
//!
//! Reach behind routers (relay client, AutoNAT, hole punching, UPnP) belongs here, below `ping`.

use crate::codec::{self, Codec};
use crate::gate::Gate;
use crate::gossip::{self, Gossip};
use crate::limits::Limits;
use crate::{NetConfig, NetError, ranges, streams};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::identity::Keypair;
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{identify, mdns, memory_connection_limits, ping, request_response};

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
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    mdns: Toggle<mdns::tokio::Behaviour>,
}

/// The behaviour of a node with this key.
///
/// # Errors
/// [`NetError::Setup`] when a part refuses its settings. A machine without multicast has no mDNS, which is
/// only logged.
pub fn behaviour(config: &NetConfig, key: &Keypair) -> Result<Node, NetError> {
    let limits = &config.limits;
    let support = request_response::ProtocolSupport::Full;
    let messages = request_response::Config::default()
        .with_request_timeout(limits.request_timeout)
        .with_max_concurrent_streams(limits.requests_in.per_peer + limits.requests_out.per_peer);
    let identify = identify::Config::new(FAMILY.to_owned(), key.public())
        .with_agent_version(AGENT.to_owned())
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
        identify: identify::Behaviour::new(identify),
        ping: ping::Behaviour::new(
            ping::Config::new().with_interval(limits.ping_interval).with_timeout(limits.ping_interval),
        ),
        mdns: Toggle::from(if config.mdns { mdns(key) } else { None }),
    })
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
