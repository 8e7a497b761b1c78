//! What the network tells the node. A request and an announcement each come with the one handle by which
//! the node answers it; a handle that is dropped is an answer too.

use crate::NetError;
use crate::codec::Payload;
use crate::message;
use crate::ranges::RangeStream;
use crate::slots::Slot;
use lifeboat_log::PublicKey;
use lifeboat_protocol::blobs::BlobAsk;
use lifeboat_protocol::{Announcement, RangeAsk, Request, Response};
use tokio::sync::oneshot;

/// Something happened on the network.
#[derive(Debug)]
pub enum NetEvent {
    /// A peer is connected (told once, however many connections it has).
    Connected {
        /// The peer.
        peer: PublicKey,
        /// Full addresses at which this node reached it; none when the peer came by itself.
        addrs: Vec<String>,
    },
    /// The last connection with a peer is gone.
    Disconnected {
        /// The peer.
        peer: PublicKey,
    },
    /// A peer is said to be at these full addresses (by itself, or on the local network). Nobody has
    /// checked them.
    Discovered {
        /// The peer.
        peer: PublicKey,
        /// Where it is said to be.
        addrs: Vec<String>,
    },
    /// A peer asks for something.
    Request {
        /// The peer.
        peer: PublicKey,
        /// What it asks.
        request: Request,
        /// To answer it.
        reply: Reply,
    },
    /// A peer passed on an announcement of a cell that is followed. It goes no further before the verdict.
    Announced {
        /// Who passed it on, which may not be who made it.
        peer: PublicKey,
        /// The announcement.
        announcement: Announcement,
        /// To say what it is worth.
        verdict: Verdict,
    },
    /// A peer asks for an attachment, to be sent on this stream.
    BlobAsked {
        /// The peer.
        peer: PublicKey,
        /// What it asks.
        ask: BlobAsk,
        /// Where the answer goes.
        stream: RangeStream,
    },
    /// A peer asks for a range of records, to be sent on this stream.
    RangeAsked {
        /// The peer.
        peer: PublicKey,
        /// What it asks.
        ask: RangeAsk,
        /// Where the answer goes.
        stream: RangeStream,
    },
}

/// Answers one request. Dropped, it closes without an answer, and the peer learns that this node is busy.
#[derive(Debug)]
pub struct Reply {
    pub(crate) sender: oneshot::Sender<Payload>,
    /// What the request's bytes were allowed, until it is answered.
    pub(crate) _memory: Option<tokio::sync::OwnedSemaphorePermit>,
}

impl Reply {
    /// Sends the answer. Nobody may be waiting for it any more, which is no error.
    ///
    /// # Errors
    /// [`NetError::TooLarge`] when the answer is longer than any may be.
    pub fn send(self, response: &Response) -> Result<(), NetError> {
        let bytes = message::encode_response(response)?;
        let _ = self.sender.send(Payload::new(bytes));
        Ok(())
    }

    /// Whether the peer still waits.
    pub fn is_wanted(&self) -> bool {
        !self.sender.is_closed()
    }
}

/// What an announcement is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    PassOn,
    Forget,
    Harmful,
}

/// Judges one announcement. Dropped, the announcement is forgotten, and nobody is blamed.
#[derive(Debug)]
pub struct Verdict {
    pub(crate) sender: oneshot::Sender<Worth>,
    pub(crate) _slot: Slot,
}

impl Verdict {
    /// It is valid and new: pass it on.
    pub fn accept(self) {
        let _ = self.sender.send(Worth::PassOn);
    }
    /// It is of no use, and nobody is to blame: do not pass it on.
    pub fn ignore(self) {
        let _ = self.sender.send(Worth::Forget);
    }
    /// No honest node would have passed it on: count it against the peer.
    pub fn reject(self) {
        let _ = self.sender.send(Worth::Harmful);
    }
}
