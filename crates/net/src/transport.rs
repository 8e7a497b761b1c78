//! How bytes travel: TCP with Noise and Yamux, and QUIC, to addresses and to names (DNS). Windows are
//! bounded, so that a peer can make this node hold only so much that it has not read. Connections that a
//! relay passes on are secured in the same way, end to end: the relay sees bytes that it cannot read.

use crate::NetError;
use crate::limits::{CONNECTION_STREAMS, CONNECTION_WINDOW, Limits, STREAM_WINDOW};
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::multiaddr::{Multiaddr, Protocol};
use libp2p::{PeerId, Transport, dns, noise, quic, relay, tcp, yamux};
use std::net::IpAddr;

/// A transport whose connections are authenticated and carry many streams.
pub type Wire = Boxed<(PeerId, StreamMuxerBox)>;

/// TCP and QUIC, with names resolved as this machine does. Where it has no settings for that, addresses
/// still work.
///
/// # Errors
/// [`NetError::Setup`] when a part refuses its settings.
pub fn transport(
    key: &Keypair,
    limits: &Limits,
    relayed: relay::client::Transport,
) -> Result<Wire, NetError> {
    let named = match dns::tokio::Transport::system(plain(key, limits)?) {
        Ok(named) => named.boxed(),
        Err(error) => {
            tracing::warn!(%error, "names cannot be resolved on this machine; addresses work");
            plain(key, limits)?
        }
    };
    let noise = noise::Config::new(key).map_err(|e| NetError::Setup(e.to_string()))?;
    let relayed = relayed
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(muxer())
        .timeout(limits.dial_timeout)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    Ok(relayed.or_transport(named).map(|either, _| either.into_inner()).boxed())
}

fn muxer() -> yamux::Config {
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(CONNECTION_STREAMS);
    yamux
}

/// Whether another process listens at this TCP address already. libp2p shares ports, so that two nodes
/// would each get half of the connections and neither would say a word.
pub fn taken(addr: &Multiaddr) -> Option<std::io::Error> {
    let mut parts = addr.iter();
    let ip: IpAddr = match parts.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) if port != 0 => std::net::TcpListener::bind((ip, port)).err(),
        _ => None,
    }
}

fn plain(key: &Keypair, limits: &Limits) -> Result<Wire, NetError> {
    let noise = noise::Config::new(key).map_err(|e| NetError::Setup(e.to_string()))?;
    let tcp = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(muxer())
        .timeout(limits.dial_timeout)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));

    let mut settings = quic::Config::new(key);
    settings.handshake_timeout = limits.dial_timeout;
    settings.max_concurrent_stream_limit = CONNECTION_STREAMS as u32;
    settings.max_connection_data = CONNECTION_WINDOW;
    settings.max_stream_data = STREAM_WINDOW;
    let quic =
        quic::tokio::Transport::new(settings).map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));

    Ok(quic.or_transport(tcp).map(|either, _| either.into_inner()).boxed())
}
