//! A range stream: frames in order, each a length of four bytes (little-endian, never zero) and that many
//! bytes; a length of zero ends the stream. So a stream that was cut is never taken for one that ended.
//! The stream itself is the only queue: who reads slowly makes the sender wait.

use crate::NetError;
use crate::limits::{Limits, MAX_BLOB_FRAME, MAX_FRAME, PIECE};
use crate::slots::Slot;
use crate::streams::{Life, Live};
use futures::prelude::*;
use libp2p::{Stream, StreamProtocol};
use lifeboat_log::PublicKey;
use std::io;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The protocol's name.
pub const PROTOCOL: StreamProtocol = StreamProtocol::new("/lifeboat/range/1");
const HEADER: usize = 4;

/// How long a stream waits.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    silence: Duration,
    frame: Duration,
}

impl Patience {
    pub fn of(limits: &Limits) -> Self {
        Self { silence: limits.silence_timeout, frame: limits.frame_timeout }
    }
}

/// A stream of frames with one peer, in both directions. Dropped before [`RangeStream::finish`], it is cut.
///
/// All methods may be cancelled: what was read or queued stays for the next call.
#[derive(Debug)]
pub struct RangeStream {
    peer: PublicKey,
    /// Boxed, so that the event that brings it stays small.
    frames: Box<Frames<Stream>>,
    _slot: Slot,
}

impl RangeStream {
    pub(crate) fn new(peer: PublicKey, live: Live, patience: Patience, slot: Slot) -> Self {
        Self { peer, frames: Box::new(Frames::new(live.stream, live.life, patience)), _slot: slot }
    }

    /// The node at the other end.
    pub fn peer(&self) -> PublicKey {
        self.peer
    }

    /// Bytes received so far, lengths included.
    pub fn received(&self) -> u64 {
        self.frames.received
    }

    /// The next frame, or nothing when the other side is done.
    ///
    /// # Errors
    /// [`NetError::Cut`] when it ends before it was done, [`NetError::TimedOut`], or [`NetError::TooLarge`].
    pub async fn next_frame(&mut self) -> Result<Option<Vec<u8>>, NetError> {
        self.frames.next(MAX_FRAME).await
    }

    /// The next frame of an attachment, or nothing when the other side is done.
    ///
    /// # Errors
    /// As [`RangeStream::next_frame`].
    pub async fn next_blob_frame(&mut self) -> Result<Option<Vec<u8>>, NetError> {
        self.frames.next(MAX_BLOB_FRAME).await
    }

    pub(crate) async fn next_frame_within(&mut self, max: usize) -> Result<Option<Vec<u8>>, NetError> {
        self.frames.next(max).await
    }

    /// Sends a frame. Small ones are gathered into pieces of 64 KiB: call [`RangeStream::flush`] when the
    /// other side is to see them now.
    ///
    /// # Errors
    /// [`NetError::TooLarge`] for a frame that is empty or over the bound, [`NetError::Cut`],
    /// [`NetError::TimedOut`].
    pub async fn send_frame(&mut self, frame: &[u8]) -> Result<(), NetError> {
        self.frames.send(frame).await
    }

    /// Sends what is gathered.
    ///
    /// # Errors
    /// [`NetError::Cut`], [`NetError::TimedOut`].
    pub async fn flush(&mut self) -> Result<(), NetError> {
        self.frames.flush().await
    }

    /// Says that all was sent, and closes this direction.
    ///
    /// # Errors
    /// [`NetError::Cut`], [`NetError::TimedOut`].
    pub async fn finish(&mut self) -> Result<(), NetError> {
        self.frames.finish().await
    }
}

/// Frames over any pipe.
#[derive(Debug)]
struct Frames<P> {
    pipe: P,
    life: Life,
    patience: Patience,
    /// Read and not handed out yet: from `taken` on.
    inbox: Vec<u8>,
    taken: usize,
    ended: bool,
    received: u64,
    /// To be written: from `sent` on.
    outbox: Vec<u8>,
    sent: usize,
    finished: bool,
}

impl<P: AsyncRead + AsyncWrite + Unpin> Frames<P> {
    fn new(pipe: P, life: Life, patience: Patience) -> Self {
        Self {
            pipe,
            life,
            patience,
            inbox: Vec::new(),
            taken: 0,
            ended: false,
            received: 0,
            outbox: Vec::new(),
            sent: 0,
            finished: false,
        }
    }

    async fn next(&mut self, max: usize) -> Result<Option<Vec<u8>>, NetError> {
        if self.ended {
            return Ok(None);
        }
        let mut deadline = None;
        loop {
            let unread = self.inbox.get(self.taken..).unwrap_or_default();
            if let Some((header, rest)) = unread.split_first_chunk::<HEADER>() {
                let len = u32::from_le_bytes(*header) as usize;
                if len == 0 {
                    self.ended = true;
                    return Ok(None);
                }
                if len > max {
                    return Err(NetError::TooLarge { len, max });
                }
                if let Some(frame) = rest.get(..len) {
                    let frame = frame.to_vec();
                    self.taken += HEADER + len;
                    return Ok(Some(frame));
                }
            }
            let by = *deadline.get_or_insert_with(|| Instant::now() + self.patience.frame);
            self.read_more(by).await?;
        }
    }

    /// Reads one more piece: the inbox never holds more than a frame and a piece.
    async fn read_more(&mut self, by: Instant) -> Result<(), NetError> {
        self.inbox.drain(..self.taken);
        self.taken = 0;
        let have = self.inbox.len();
        let by = by.min(Instant::now() + self.patience.silence);
        self.inbox.resize(have + PIECE, 0);
        let fill = Fill { pipe: &mut self.pipe, inbox: &mut self.inbox, have };
        let read = moved(&mut self.life, by, fill).await?;
        self.received += read as u64;
        Ok(())
    }

    async fn send(&mut self, frame: &[u8]) -> Result<(), NetError> {
        if frame.is_empty() || frame.len() > MAX_FRAME {
            return Err(NetError::TooLarge { len: frame.len(), max: MAX_FRAME });
        }
        if self.finished {
            return Err(NetError::Cut);
        }
        if self.outbox.len() - self.sent >= PIECE {
            self.write_out().await?; // what a cancelled call left behind
        }
        let len = u32::try_from(frame.len())
            .map_err(|_| NetError::TooLarge { len: frame.len(), max: MAX_FRAME })?;
        self.outbox.extend_from_slice(&len.to_le_bytes());
        self.outbox.extend_from_slice(frame);
        if self.outbox.len() - self.sent >= PIECE { self.write_out().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), NetError> {
        self.write_out().await?;
        let by = Instant::now() + self.patience.silence;
        within(&mut self.life, by, self.pipe.flush()).await
    }

    async fn finish(&mut self) -> Result<(), NetError> {
        if !self.finished {
            self.outbox.extend_from_slice(&[0; HEADER]);
            self.finished = true;
        }
        self.flush().await?;
        let by = Instant::now() + self.patience.silence;
        within(&mut self.life, by, self.pipe.close()).await
    }

    async fn write_out(&mut self) -> Result<(), NetError> {
        let by = Instant::now() + self.patience.frame;
        while self.sent < self.outbox.len() {
            let end = self.outbox.len().min(self.sent + PIECE);
            let by = by.min(Instant::now() + self.patience.silence);
            let piece = self.outbox.get(self.sent..end).unwrap_or_default();
            self.sent += moved(&mut self.life, by, self.pipe.write(piece)).await?;
        }
        self.outbox.clear();
        self.sent = 0;
        Ok(())
    }
}

/// Reads into the room after `have`, and gives back what it did not use, also when it is cancelled.
struct Fill<'a, P> {
    pipe: &'a mut P,
    inbox: &'a mut Vec<u8>,
    have: usize,
}

impl<P: AsyncRead + Unpin> Future for Fill<'_, P> {
    type Output = io::Result<usize>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<usize>> {
        let fill = &mut *self;
        let room = fill.inbox.get_mut(fill.have..).unwrap_or_default();
        let read = std::task::ready!(std::pin::Pin::new(&mut *fill.pipe).poll_read(context, room))?;
        fill.have += read;
        std::task::Poll::Ready(Ok(read))
    }
}

impl<P> Drop for Fill<'_, P> {
    fn drop(&mut self) {
        self.inbox.truncate(self.have);
    }
}

/// Bytes moved in time; none means that the stream has ended.
async fn moved(
    life: &mut Life,
    by: Instant,
    moving: impl Future<Output = io::Result<usize>>,
) -> Result<usize, NetError> {
    match within(life, by, moving).await? {
        0 => Err(NetError::Cut),
        bytes => Ok(bytes),
    }
}

/// What is done in time and while the connection lives. What is there already counts even if it does not.
async fn within<T>(
    life: &mut Life,
    by: Instant,
    done: impl Future<Output = io::Result<T>>,
) -> Result<T, NetError> {
    tokio::select! {
        biased;
        done = done => done.map_err(|_| NetError::Cut),
        () = life.end() => Err(NetError::Cut),
        () = sleep_until(by) => Err(NetError::TimedOut),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::io::Cursor;

    const PATIENCE: Patience = Patience { silence: Duration::from_secs(5), frame: Duration::from_secs(20) };

    fn reading(bytes: &[u8]) -> Frames<Cursor<Vec<u8>>> {
        Frames::new(Cursor::new(bytes.to_vec()), Life::endless(), PATIENCE)
    }

    async fn written(frames: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Frames::new(Cursor::new(Vec::new()), Life::endless(), PATIENCE);
        for frame in frames {
            out.send(frame).await.unwrap();
        }
        out.finish().await.unwrap();
        assert_eq!(out.send(b"late").await, Err(NetError::Cut));
        out.pipe.into_inner()
    }

    #[tokio::test]
    async fn frames_of_all_lengths_arrive_whole_and_in_order() {
        let lens = [1, 2, PIECE - 5, PIECE - 4, PIECE, PIECE + 1, 3 * PIECE, MAX_FRAME, 7];
        let frames: Vec<Vec<u8>> =
            lens.iter().map(|&len| (0..len).map(|i| (i * 7 + len) as u8).collect()).collect();
        let mut pipe = reading(&written(&frames).await);
        for frame in &frames {
            assert_eq!(pipe.next(MAX_FRAME).await.unwrap().as_ref(), Some(frame));
        }
        assert_eq!(pipe.next(MAX_FRAME).await, Ok(None));
        assert_eq!(pipe.next(MAX_FRAME).await, Ok(None));
    }

    #[tokio::test]
    async fn a_cut_at_every_byte_is_told_from_an_end() {
        let wire = written(&[b"rice".to_vec(), b"beans".to_vec()]).await;
        for len in 0..wire.len() {
            let mut pipe = reading(&wire[..len]);
            let end = loop {
                match pipe.next(MAX_FRAME).await {
                    Ok(Some(_)) => {}
                    other => break other,
                }
            };
            assert_eq!(end, Err(NetError::Cut), "cut after {len} bytes");
        }
    }

    #[tokio::test]
    async fn no_memory_is_taken_for_a_length_that_is_only_claimed() {
        let mut pipe = reading(&u32::MAX.to_le_bytes());
        let max = MAX_FRAME;
        assert_eq!(pipe.next(max).await, Err(NetError::TooLarge { len: u32::MAX as usize, max }));
        let mut pipe = reading(&(MAX_FRAME as u32).to_le_bytes());
        assert_eq!(pipe.next(max).await, Err(NetError::Cut));
        assert!(pipe.inbox.capacity() <= 4 * PIECE);
    }

    #[tokio::test]
    async fn frames_that_nobody_may_send_are_refused_here() {
        let mut out = Frames::new(Cursor::new(Vec::new()), Life::endless(), PATIENCE);
        assert!(out.send(&[]).await.is_err());
        assert!(out.send(&vec![0; MAX_FRAME + 1]).await.is_err());
    }
}
