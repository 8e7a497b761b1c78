//! The gate: lets no address open connections faster than its rate, and no refused peer in. It is the
//! first part of the behaviour to see a connection, so that the others hold nothing for one that is denied.

use crate::limits::{MAX_REMEMBERED, Rate};
use crate::rates::Rates;
use libp2p::PeerId;
use libp2p::core::transport::PortUse;
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm, dummy,
};
use std::collections::HashMap;
use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Why a connection was denied at the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Its address opens connections too fast.
    #[error("connections from this address come too fast")]
    TooFast,
    /// The peer broke the limits a short while ago.
    #[error("this node broke the limits and is refused for a while")]
    Refused,
}

/// Decides who may connect.
#[derive(Debug)]
pub struct Gate {
    arrivals: Rates<Source>,
    refused: HashMap<PeerId, Instant>,
}

/// Where connections come from, as far as they share a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    V4([u8; 4]),
    /// The first half: a household has all of the second.
    V6([u8; 8]),
    Elsewhere,
}

impl Gate {
    /// With this rate of connections for one address.
    pub fn new(rate: Rate) -> Self {
        Self { arrivals: Rates::new(rate), refused: HashMap::new() }
    }

    /// Lets this peer in no more for a while. What is connected already is closed by the caller.
    pub fn refuse(&mut self, peer: PeerId, now: Instant, how_long: Duration) {
        self.refused.retain(|_, until| *until > now);
        if self.refused.len() < MAX_REMEMBERED {
            self.refused.insert(peer, now + how_long);
        }
    }

    /// Whether this peer is refused now.
    pub fn refuses(&self, peer: &PeerId, now: Instant) -> bool {
        self.refused.get(peer).is_some_and(|until| *until > now)
    }

    fn check(&self, peer: &PeerId) -> Result<dummy::ConnectionHandler, ConnectionDenied> {
        if self.refuses(peer, Instant::now()) {
            return Err(ConnectionDenied::new(Denied::Refused));
        }
        Ok(dummy::ConnectionHandler)
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: &Multiaddr,
        from: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let allowed = self.arrivals.allow(source(from), Instant::now());
        if allowed { Ok(()) } else { Err(ConnectionDenied::new(Denied::TooFast)) }
    }

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.check(&peer)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.check(&peer)
    }

    fn on_swarm_event(&mut self, _: FromSwarm) {}

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

fn source(from: &Multiaddr) -> Source {
    match from.iter().next() {
        Some(Protocol::Ip4(ip)) => Source::V4(ip.octets()),
        Some(Protocol::Ip6(ip)) => {
            let [a, b, c, d, e, f, g, h, ..] = ip.octets();
            Source::V6([a, b, c, d, e, f, g, h])
        }
        _ => Source::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_peer_stays_out_for_its_time() {
        let mut gate = Gate::new(Rate { burst: 1, per_second: 1.0 });
        let peer = PeerId::random();
        let now = Instant::now();
        gate.refuse(peer, now, Duration::from_secs(60));
        assert!(gate.check(&peer).is_err());
        assert!(gate.check(&PeerId::random()).is_ok());
        assert!(!gate.refuses(&peer, now + Duration::from_secs(61)));
    }

    #[test]
    fn a_household_is_one_source() {
        let of = |text: &str| source(&text.parse().unwrap());
        assert_eq!(of("/ip6/2001:db8::1/tcp/1"), of("/ip6/2001:db8::2/udp/9/quic-v1"));
        assert_ne!(of("/ip6/2001:db8::1/tcp/1"), of("/ip6/2001:db8:0:1::1/tcp/1"));
        assert_eq!(of("/ip4/10.0.0.1/tcp/1"), of("/ip4/10.0.0.1/tcp/2"));
        assert_ne!(of("/ip4/10.0.0.1/tcp/1"), of("/ip4/10.0.0.2/tcp/1"));
    }
}
