//! AutoNAT, kept within bounds: a node asks others whether it can be reached at an address that they saw,
//! and answers the same question for them. Only public addresses are asked about and dialled, so that
//! nobody can make a node knock at the doors of its own household.

use crate::limits::{DIAL_BACK_RATE, MAX_CANDIDATES};
use crate::public::is_public;
use crate::rates::Rates;
use libp2p::PeerId;
use libp2p::autonat::v2::{client, server};
use libp2p::core::transport::PortUse;
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm,
};
use std::collections::HashSet;
use std::task::{Context, Poll};
use std::time::Instant;

/// Asks others whether this node can be reached.
#[derive(Default)]
pub struct Asking {
    inner: client::Behaviour,
    candidates: HashSet<Multiaddr>,
}

impl NetworkBehaviour for Asking {
    type ConnectionHandler = <client::Behaviour as NetworkBehaviour>::ConnectionHandler;
    type ToSwarm = client::Event;

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.inner.handle_established_inbound_connection(id, peer, local, remote)
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        addr: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.inner.handle_established_outbound_connection(id, peer, addr, role, port)
    }

    fn on_swarm_event(&mut self, event: FromSwarm) {
        if let FromSwarm::NewExternalAddrCandidate(candidate) = &event {
            let known = self.candidates.contains(candidate.addr);
            if !known && (self.candidates.len() >= MAX_CANDIDATES || !is_public(candidate.addr)) {
                return;
            }
            self.candidates.insert(candidate.addr.clone());
        }
        self.inner.on_swarm_event(event);
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        self.inner.on_connection_handler_event(peer, connection, event);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<client::Event, THandlerInEvent<Self>>> {
        self.inner.poll(cx)
    }
}

/// Tells others whether they can be reached, by dialling them.
pub struct Answering {
    inner: server::Behaviour,
    /// Dials of this behaviour that the swarm has not begun.
    dials: HashSet<ConnectionId>,
    rates: Rates<PeerId>,
}

/// Why an address is not dialled for a peer that asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only public addresses are dialled for others, and not too often")]
struct NotDialled;

impl Default for Answering {
    fn default() -> Self {
        Self { inner: server::Behaviour::default(), dials: HashSet::new(), rates: Rates::new(DIAL_BACK_RATE) }
    }
}

impl Answering {
    /// Whether this address is dialled for this peer now.
    fn allows(&mut self, peer: Option<PeerId>, addresses: &[Multiaddr], now: Instant) -> bool {
        addresses.iter().all(is_public) && peer.is_some_and(|peer| self.rates.allow(peer, now))
    }
}

impl NetworkBehaviour for Answering {
    type ConnectionHandler = <server::Behaviour as NetworkBehaviour>::ConnectionHandler;
    type ToSwarm = server::Event;

    fn handle_pending_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        if self.dials.remove(&id) && !self.allows(peer, addresses, Instant::now()) {
            return Err(ConnectionDenied::new(NotDialled));
        }
        self.inner.handle_pending_outbound_connection(id, peer, addresses, role)
    }

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.inner.handle_established_inbound_connection(id, peer, local, remote)
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        addr: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.inner.handle_established_outbound_connection(id, peer, addr, role, port)
    }

    fn on_swarm_event(&mut self, event: FromSwarm) {
        if let FromSwarm::DialFailure(failure) = &event {
            self.dials.remove(&failure.connection_id);
        }
        self.inner.on_swarm_event(event);
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        self.inner.on_connection_handler_event(peer, connection, event);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<server::Event, THandlerInEvent<Self>>> {
        let polled = self.inner.poll(cx);
        if let Poll::Ready(ToSwarm::Dial { opts }) = &polled {
            self.dials.insert(opts.connection_id());
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::swarm::NewExternalAddrCandidate;

    fn addr(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    #[test]
    fn nobody_makes_a_node_dial_its_own_household() {
        let mut answering = Answering::default();
        let peer = Some(PeerId::random());
        let now = Instant::now();
        for inside in ["/ip4/192.168.1.1/tcp/80", "/ip4/127.0.0.1/tcp/80", "/dns4/printer.local/tcp/80"] {
            assert!(!answering.allows(peer, &[addr(inside)], now), "{inside}");
        }
        let outside = [addr("/ip4/203.0.113.9/udp/4711/quic-v1")];
        let dialled = (0..100).filter(|_| answering.allows(peer, &outside, now)).count();
        assert_eq!(dialled, DIAL_BACK_RATE.burst as usize);
    }

    #[tokio::test]
    async fn only_so_many_public_addresses_are_asked_about() {
        let mut asking = Asking::default();
        for port in 0..=255 {
            for ip in ["10.0.0.1", "203.0.113.9"] {
                let addr = addr(&format!("/ip4/{ip}/tcp/{port}"));
                let candidate = NewExternalAddrCandidate { addr: &addr };
                asking.on_swarm_event(FromSwarm::NewExternalAddrCandidate(candidate));
            }
        }
        assert_eq!(asking.candidates.len(), MAX_CANDIDATES);
        assert!(asking.candidates.iter().all(is_public));
    }
}
