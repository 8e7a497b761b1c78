//! Plain streams of one protocol, opened and accepted on connections that exist already. It never dials,
//! holds nothing for a peer that is gone, and queues no more inbound streams than a connection may have.
//!
//! Yamux leaves those who wait on a stream waiting when this side closes the connection. So each stream
//! comes with a [`Life`], which ends when its connection does.

use crate::NetError;
use libp2p::PeerId;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::swarm::handler::{
    ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
    NotifyHandler, Stream, StreamProtocol, StreamUpgradeError, SubstreamProtocol, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm,
};
use std::collections::VecDeque;
use std::task::{Context, Poll};
use tokio::sync::{oneshot, watch};

/// Inbound streams of one connection that wait to be handed on. They are handed on at every poll.
const INBOUND: usize = 16;

/// A stream, and the life of its connection.
#[derive(Debug)]
pub struct Live {
    pub stream: Stream,
    pub life: Life,
}

/// Ends with a connection.
#[derive(Debug, Clone)]
pub struct Life(watch::Receiver<()>);

impl Life {
    /// Waits for the end.
    pub async fn end(&mut self) {
        while self.0.changed().await.is_ok() {}
    }

    /// A life that lasts as long as the test.
    #[cfg(test)]
    pub fn endless() -> Self {
        let (sender, life) = watch::channel(());
        std::mem::forget(sender);
        Self(life)
    }
}

/// A stream that a peer opened.
#[derive(Debug)]
pub struct Inbound {
    pub peer: PeerId,
    pub live: Live,
}

/// Opens and accepts streams of one protocol.
#[derive(Debug)]
pub struct Behaviour {
    protocol: StreamProtocol,
    pending: VecDeque<ToSwarm<Inbound, Opening>>,
}

/// Who waits for a stream to open. When the connection goes, this is dropped, and they know.
pub type Opening = oneshot::Sender<Result<Live, NetError>>;

impl Behaviour {
    /// Of this protocol.
    pub fn new(protocol: StreamProtocol) -> Self {
        Self { protocol, pending: VecDeque::new() }
    }

    /// Opens a stream on any connection with this peer, which must be connected.
    pub fn open(&mut self, peer: PeerId, opening: Opening) {
        let handler = NotifyHandler::Any;
        self.pending.push_back(ToSwarm::NotifyHandler { peer_id: peer, handler, event: opening });
    }

    fn handler(&self) -> Handler {
        Handler {
            protocol: self.protocol.clone(),
            opening: VecDeque::new(),
            inbound: VecDeque::new(),
            life: watch::channel(()).0,
        }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Inbound;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn on_swarm_event(&mut self, _: FromSwarm) {}

    fn on_connection_handler_event(&mut self, peer: PeerId, _: ConnectionId, live: THandlerOutEvent<Self>) {
        self.pending.push_back(ToSwarm::GenerateEvent(Inbound { peer, live }));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Inbound, THandlerInEvent<Self>>> {
        self.pending.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// The streams of one connection.
#[derive(Debug)]
pub struct Handler {
    protocol: StreamProtocol,
    opening: VecDeque<Opening>,
    inbound: VecDeque<Live>,
    /// Dropped with the connection, which ends the life of its streams.
    life: watch::Sender<()>,
}

impl Handler {
    fn live(&self, stream: Stream) -> Live {
        Live { stream, life: Life(self.life.subscribe()) }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Opening;
    type ToBehaviour = Live;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Opening;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(self.protocol.clone()), ())
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Opening, Live>> {
        if let Some(live) = self.inbound.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(live));
        }
        while let Some(opening) = self.opening.pop_front() {
            if !opening.is_closed() {
                let protocol = SubstreamProtocol::new(ReadyUpgrade::new(self.protocol.clone()), opening);
                return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
            }
        }
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, opening: Opening) {
        self.opening.push_back(opening);
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<Self::InboundProtocol, Self::OutboundProtocol, (), Opening>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, .. })
                if self.inbound.len() < INBOUND =>
            {
                self.inbound.push_back(self.live(protocol));
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info }) => {
                let _ = info.send(Ok(self.live(protocol)));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) => {
                let _ = info.send(Err(match error {
                    StreamUpgradeError::Timeout => NetError::TimedOut,
                    StreamUpgradeError::NegotiationFailed => NetError::Unsupported,
                    StreamUpgradeError::Apply(never) => match never {},
                    StreamUpgradeError::Io(_) => NetError::Cut,
                }));
            }
            _ => {}
        }
    }
}
