//! Streams of attachments: a protocol of its own, so that a large photo never holds up records, with the
//! frames of a range stream. How many there are at once, and how often a peer may open one, is bounded
//! apart; what comes is for the node to check, group by group.

use crate::handle::{Command, id_of};
use crate::message;
use crate::ranges::{Patience, RangeStream};
use crate::{NetError, NetHandle};
use libp2p::StreamProtocol;
use lifeboat_log::PublicKey;
use lifeboat_protocol::blobs::BlobAsk;
use tokio::time::timeout;

/// The protocol's name.
pub const PROTOCOL: StreamProtocol = StreamProtocol::new("/lifeboat/blob/1");

impl NetHandle {
    /// Opens a stream for an attachment with a connected peer, and asks.
    ///
    /// # Errors
    /// [`NetError::NotConnected`], [`NetError::Unsupported`], [`NetError::Busy`] and their like.
    pub async fn open_blob(&self, peer: PublicKey, ask: &BlobAsk) -> Result<RangeStream, NetError> {
        let bytes = message::encode_blob_ask(ask)?;
        let id = id_of(peer)?;
        let patience = self.limits.request_timeout;
        let slot =
            timeout(patience, self.blobs.wait(peer)).await.map_err(|_| NetError::Busy("attachments"))?;
        let live = self.ask(patience, |answer| Command::OpenBlob { peer: id, key: peer, answer }).await?;
        let mut stream = RangeStream::new(peer, live, Patience::of(&self.limits), slot);
        stream.send_frame(&bytes).await?;
        stream.flush().await?;
        Ok(stream)
    }
}
