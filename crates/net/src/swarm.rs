//! Starts the network: puts transport, behaviour and limits together and hands them to the task.

use crate::behaviour::behaviour;
use crate::event::NetEvent;
use crate::handle::{Listening, NetHandle};
use crate::limits::{COMMANDS, EVENTS, Limits, NEGOTIATING};
use crate::reach::{Neighbours, Reach, ReachConfig};
use crate::slots::Slots;
use crate::task::Task;
use crate::transport::{taken, transport};
use crate::{NetError, peer};
use libp2p::{Swarm, relay};
use lifeboat_log::SecretKey;
use tokio::sync::{mpsc, watch};

/// What a node's network begins with.
#[derive(Debug, Clone)]
pub struct NetConfig {
    /// The node's key: its name among peers.
    pub key: SecretKey,
    /// Multiaddresses to listen on, such as `/ip4/0.0.0.0/tcp/4711` and `/ip4/0.0.0.0/udp/4711/quic-v1`;
    /// port 0 takes any. None: this node only opens connections.
    pub listen: Vec<String>,
    /// Whether to look for nodes on the local network, and be found there.
    pub mdns: bool,
    /// How the node is reached from outside its own network.
    pub reach: ReachConfig,
    /// The bounds.
    pub limits: Limits,
}

/// Starts the network as a task of the tokio runtime that this is called in. The events are to be taken
/// promptly, and by another task than one that waits for a call of the handle: while nobody takes them, the
/// network stands still.
///
/// # Errors
/// [`NetError`] when there is no runtime, the key does not work, or an address cannot be listened on.
pub fn start(config: &NetConfig) -> Result<(NetHandle, mpsc::Receiver<NetEvent>), NetError> {
    let runtime = tokio::runtime::Handle::try_current().map_err(|_| NetError::NoRuntime)?;
    let key = peer::keypair(&config.key)?;
    let settings = libp2p::swarm::Config::with_tokio_executor()
        .with_idle_connection_timeout(config.limits.idle_timeout)
        .with_max_negotiating_inbound_streams(NEGOTIATING);
    let own = key.public().to_peer_id();
    let (relayed, relay_client) = relay::client::new(own);
    let neighbours = Neighbours::default();
    let mut swarm = Swarm::new(
        transport(&key, &config.limits, relayed)?,
        behaviour(config, &key, relay_client, &neighbours)?,
        own,
        settings,
    );
    Reach::name_public(&config.reach, &mut swarm)?;
    for addr in &config.listen {
        let refused = |reason: String| NetError::CannotListen { addr: addr.clone(), reason };
        let parsed = peer::parse_addr(addr)?;
        if let Some(error) = taken(&parsed) {
            return Err(refused(error.to_string()));
        }
        swarm.listen_on(parsed).map_err(|e| refused(e.to_string()))?;
    }
    let (events, received) = mpsc::channel(EVENTS);
    let (commands, asked) = mpsc::channel(COMMANDS);
    let listening =
        Listening { asked: config.listen.len(), waiting: config.listen.len(), ..Listening::default() };
    let (told, listening) = watch::channel(listening);
    let limits = config.limits.clone();
    let handle = NetHandle {
        key: config.key.public(),
        commands,
        listening,
        requests: Slots::new(limits.requests_out),
        ranges: Slots::new(limits.ranges_out),
        blobs: Slots::new(limits.blobs_out),
        limits: limits.clone(),
    };
    let reach = Reach::new(&config.reach, neighbours);
    runtime.spawn(Task::new(swarm, told, limits, reach).run(asked, events));
    Ok((handle, received))
}
