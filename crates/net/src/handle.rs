//! The handle by which the node asks things of the network task. Cheap to clone; every call ends within
//! its time, and when all handles are gone the task ends.

use crate::codec::Payload;
use crate::limits::{LISTEN_TIMEOUT, Limits};
use crate::message;
use crate::ranges::{Patience, RangeStream};
use crate::slots::{Slot, Slots};
use crate::streams::Live;
use crate::{NetError, peer};
use libp2p::{Multiaddr, PeerId};
use lifeboat_log::{CellId, PublicKey};
use lifeboat_protocol::{Announcement, RangeAsk, Request, Response};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

pub(crate) type Answer<T> = oneshot::Sender<Result<T, NetError>>;

/// What the task can be asked.
#[derive(Debug)]
pub(crate) enum Command {
    Dial { addr: Multiaddr, answer: Answer<PublicKey> },
    Request { peer: PeerId, key: PublicKey, payload: Payload, slot: Slot, answer: Answer<Payload> },
    Announce { cell: CellId, bytes: Vec<u8>, answer: Answer<()> },
    Follow { cell: CellId, answer: Answer<()> },
    Unfollow { cell: CellId },
    Open { peer: PeerId, key: PublicKey, answer: Answer<Live> },
    OpenBlob { peer: PeerId, key: PublicKey, answer: Answer<Live> },
    Peers { answer: Answer<Vec<PublicKey>> },
    Disconnect { peer: PeerId },
    Refuse { peer: PeerId, how_long: Duration },
    Stop { answer: Answer<()> },
}

/// Where the node listens (how many listeners there are, how many have no address yet, and the addresses),
/// and whom it reaches through relays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listening {
    pub asked: usize,
    pub waiting: usize,
    pub addrs: Vec<String>,
    /// The peers that are connected through a relay alone.
    pub relayed: BTreeSet<PublicKey>,
}

/// Asks things of the network.
#[derive(Debug, Clone)]
pub struct NetHandle {
    pub(crate) key: PublicKey,
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) listening: watch::Receiver<Listening>,
    pub(crate) requests: Slots,
    pub(crate) ranges: Slots,
    pub(crate) blobs: Slots,
    pub(crate) limits: Limits,
}

impl NetHandle {
    /// The key by which peers name this node.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// Connects to a multiaddress, and says who is there. With `/p2p/<peer id>` at its end nobody else
    /// will do. A connection that exists is used; one that ends is the node's to open again.
    ///
    /// # Errors
    /// [`NetError`] when it is no address, or nobody is there.
    pub async fn dial(&self, addr: &str) -> Result<PublicKey, NetError> {
        let parsed = peer::parse_addr(addr)?;
        // The transport has a time of its own; the second one is for a task that is held up.
        let patience = self.limits.dial_timeout * 2;
        self.ask(patience, |answer| Command::Dial { addr: parsed, answer }).await
    }

    /// The full addresses (`…/p2p/<peer id>`) at which this node listens, once each listener has one.
    /// A node that listens nowhere has none.
    pub async fn listen_addrs(&self) -> Vec<String> {
        let mut listening = self.listening.clone();
        let _ = timeout(LISTEN_TIMEOUT, listening.wait_for(|listening| listening.waiting == 0)).await;
        listening.borrow().addrs.clone()
    }

    /// The peers that are connected through a relay alone, as of a second ago.
    pub fn relayed(&self) -> BTreeSet<PublicKey> {
        self.listening.borrow().relayed.clone()
    }

    /// Asks a connected peer something, and waits for the answer.
    ///
    /// # Errors
    /// [`NetError::NotConnected`], [`NetError::TimedOut`], [`NetError::NoAnswer`] and their like; whether
    /// the peer has seen the request is not known then.
    pub async fn request(&self, peer: PublicKey, request: &Request) -> Result<Response, NetError> {
        let payload = Payload::new(message::encode_request(request)?);
        let id = id_of(peer)?;
        let patience = self.limits.request_timeout;
        let slot =
            timeout(patience, self.requests.wait(peer)).await.map_err(|_| NetError::Busy("requests"))?;
        let answer = |answer| Command::Request { peer: id, key: peer, payload, slot, answer };
        // The request has a time of its own; the second one is for a task that is held up.
        message::decode_response(&self.ask(patience * 2, answer).await?.bytes)
    }

    /// Tells all who follow the announcement's cell. Nobody may be there to hear it.
    ///
    /// # Errors
    /// [`NetError::TooLarge`], [`NetError::Busy`], [`NetError::Stopped`].
    pub async fn announce(&self, announcement: &Announcement) -> Result<(), NetError> {
        let bytes = message::encode_announcement(announcement)?;
        let cell = announcement.cell;
        self.ask(self.limits.request_timeout, |answer| Command::Announce { cell, bytes, answer }).await
    }

    /// Listens to announcements of this cell from now on.
    ///
    /// # Errors
    /// [`NetError::Busy`] when too many cells are followed.
    pub async fn follow(&self, cell: CellId) -> Result<(), NetError> {
        self.ask(self.limits.request_timeout, |answer| Command::Follow { cell, answer }).await
    }

    /// Listens to announcements of this cell no more.
    ///
    /// # Errors
    /// [`NetError::Stopped`].
    pub async fn unfollow(&self, cell: CellId) -> Result<(), NetError> {
        self.tell(Command::Unfollow { cell }).await
    }

    /// Opens a range stream with a connected peer, and asks.
    ///
    /// # Errors
    /// [`NetError::NotConnected`], [`NetError::Unsupported`], [`NetError::Busy`] and their like.
    pub async fn open_range(&self, peer: PublicKey, ask: &RangeAsk) -> Result<RangeStream, NetError> {
        let bytes = message::encode_ask(ask)?;
        let id = id_of(peer)?;
        let patience = self.limits.request_timeout;
        let slot =
            timeout(patience, self.ranges.wait(peer)).await.map_err(|_| NetError::Busy("range streams"))?;
        let live = self.ask(patience, |answer| Command::Open { peer: id, key: peer, answer }).await?;
        let mut stream = RangeStream::new(peer, live, Patience::of(&self.limits), slot);
        stream.send_frame(&bytes).await?;
        stream.flush().await?;
        Ok(stream)
    }

    /// The peers that are connected now.
    ///
    /// # Errors
    /// [`NetError::Stopped`].
    pub async fn peers(&self) -> Result<Vec<PublicKey>, NetError> {
        self.ask(self.limits.request_timeout, |answer| Command::Peers { answer }).await
    }

    /// Closes all connections with a peer.
    ///
    /// # Errors
    /// [`NetError::Stopped`].
    pub async fn disconnect(&self, peer: PublicKey) -> Result<(), NetError> {
        self.tell(Command::Disconnect { peer: id_of(peer)? }).await
    }

    /// Closes all connections with a peer and takes no new ones for a while: it lied.
    ///
    /// # Errors
    /// [`NetError::Stopped`].
    pub async fn refuse(&self, peer: PublicKey, how_long: Duration) -> Result<(), NetError> {
        self.tell(Command::Refuse { peer: id_of(peer)?, how_long }).await
    }

    /// Ends the network: all connections are closed when this returns.
    pub async fn stop(&self) {
        let _ = self.ask(self.limits.request_timeout, |answer| Command::Stop { answer }).await;
        self.commands.closed().await;
    }

    pub(crate) async fn ask<T>(
        &self,
        patience: Duration,
        command: impl FnOnce(Answer<T>) -> Command,
    ) -> Result<T, NetError> {
        let (answer, answered) = oneshot::channel();
        let asking = async {
            self.tell(command(answer)).await?;
            answered
                .await
                .map_err(|_| if self.commands.is_closed() { NetError::Stopped } else { NetError::Cut })?
        };
        timeout(patience, asking).await.map_err(|_| NetError::TimedOut)?
    }

    async fn tell(&self, command: Command) -> Result<(), NetError> {
        self.commands.send(command).await.map_err(|_| NetError::Stopped)
    }
}

pub(crate) fn id_of(key: PublicKey) -> Result<PeerId, NetError> {
    peer::peer_id(&key).ok_or_else(|| NetError::BadKey("it is no Ed25519 key".to_owned()))
}
