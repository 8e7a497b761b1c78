//! Receiving a range of records: frame after frame to the cell, which proves and stores them. The next
//! frame is read from the network and its signatures are verified meanwhile; it is given when the cell has room
//! for it.

use crate::cell::ToCell;
use lifeboat_log::PublicKey;
use lifeboat_net::{NetError, NetHandle, RangeStream};
use lifeboat_protocol::follower::StreamId;
use lifeboat_protocol::{RangeAsk, RangeFrame, ReadFrame};
use tokio::sync::{mpsc, oneshot};

/// Opens a stream and feeds the cell until either is done; the cell is told how it ended.
pub async fn receive(
    net: NetHandle,
    peer: PublicKey,
    ask: RangeAsk,
    stream: StreamId,
    cell: mpsc::Sender<ToCell>,
) {
    match feed(&net, peer, &ask, stream, &cell).await {
        Ok(()) => {}
        Err(error) => tracing::debug!(%peer, %error, "a range broke off"),
    }
    let _ = cell.send(ToCell::Closed(stream)).await;
}

async fn feed(
    net: &NetHandle,
    peer: PublicKey,
    ask: &RangeAsk,
    stream: StreamId,
    cell: &mpsc::Sender<ToCell>,
) -> Result<(), NetError> {
    let mut range = net.open_range(peer, ask).await?;
    let mut received = 0;
    let mut frame = next_frame(&mut range).await?;
    while let Some(verified) = frame {
        let (next, leave) = oneshot::channel();
        let new = range.received() - received;
        received += new;
        let message = ToCell::Frame { stream, frame: Box::new(verified), bytes: new, next };
        if cell.send(message).await.is_err() {
            return Ok(());
        }
        let (read, left) = tokio::join!(next_frame(&mut range), leave);
        if left.is_err() {
            return Ok(()); // the cell wants no more of this stream
        }
        frame = read?;
    }
    Ok(())
}

/// The next frame, its records verified while the cell is busy with the one before it.
async fn next_frame(range: &mut RangeStream) -> Result<Option<ReadFrame>, NetError> {
    let Some(bytes) = range.next_frame().await? else { return Ok(None) };
    let read = tokio::task::spawn_blocking(move || RangeFrame::decode(&bytes).map(ReadFrame::read)).await;
    let read = read.map_err(|error| NetError::Malformed(error.to_string()))?;
    read.map(Some).map_err(|error| NetError::Malformed(error.to_string()))
}
