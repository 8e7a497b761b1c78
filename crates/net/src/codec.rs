//! Requests and responses on a stream: a length of four bytes, little-endian, and that many bytes. Memory
//! is taken as the bytes arrive and never for a length that is only claimed; what all peers' requests may
//! hold together is bounded too.

use crate::limits::{MAX_REQUEST, MAX_RESPONSE, PIECE};
use futures::prelude::*;
use libp2p::StreamProtocol;
use std::io;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The protocol's name.
pub const PROTOCOL: StreamProtocol = StreamProtocol::new("/lifeboat/message/1");
/// Memory is counted in units of this many bytes.
const UNIT: usize = 1024;

/// The bytes of a message, and the memory that they were allowed.
#[derive(Debug)]
pub struct Payload {
    pub bytes: Vec<u8>,
    pub memory: Option<OwnedSemaphorePermit>,
}

impl Payload {
    /// Bytes of this node's own.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, memory: None }
    }
}

/// Reads and writes messages.
#[derive(Debug, Clone)]
pub struct Codec {
    memory: Arc<Semaphore>,
}

impl Codec {
    /// Requests may hold this many bytes together.
    pub fn new(request_memory: usize) -> Self {
        let units = (request_memory / UNIT).clamp(PIECE / UNIT, Semaphore::MAX_PERMITS);
        Self { memory: Arc::new(Semaphore::new(units)) }
    }
}

impl libp2p::request_response::Codec for Codec {
    type Protocol = StreamProtocol;
    type Request = Payload;
    type Response = Payload;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Payload>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, MAX_REQUEST, Some(&self.memory)).await
    }

    // Responses are not counted: there are no more of them than this node asks for.
    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Payload>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, MAX_RESPONSE, None).await
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, payload: Payload) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, &payload.bytes, MAX_REQUEST).await
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, payload: Payload) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, &payload.bytes, MAX_RESPONSE).await
    }
}

async fn read<T: AsyncRead + Unpin>(
    io: &mut T,
    max: usize,
    memory: Option<&Arc<Semaphore>>,
) -> io::Result<Payload> {
    let mut len = [0; 4];
    io.read_exact(&mut len).await?;
    let len = u32::from_le_bytes(len) as usize;
    if len > max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{len} bytes; at most {max}")));
    }
    let mut payload = Payload::new(Vec::new());
    while payload.bytes.len() < len {
        let have = payload.bytes.len();
        let piece = PIECE.min(len - have);
        if let Some(memory) = memory {
            allow(&mut payload.memory, memory, piece)?;
        }
        payload.bytes.reserve_exact(piece);
        payload.bytes.resize(have + piece, 0);
        io.read_exact(&mut payload.bytes[have..]).await?;
    }
    Ok(payload)
}

fn allow(held: &mut Option<OwnedSemaphorePermit>, memory: &Arc<Semaphore>, bytes: usize) -> io::Result<()> {
    let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
    let more = memory.clone().try_acquire_many_owned(units);
    let more =
        more.map_err(|_| io::Error::new(io::ErrorKind::OutOfMemory, "too much is being read already"))?;
    match held {
        Some(held) => held.merge(more),
        None => *held = Some(more),
    }
    Ok(())
}

async fn write<T: AsyncWrite + Unpin>(io: &mut T, bytes: &[u8], max: usize) -> io::Result<()> {
    let too_long =
        || io::Error::new(io::ErrorKind::InvalidInput, format!("{} bytes; at most {max}", bytes.len()));
    let len = u32::try_from(bytes.len()).map_err(|_| too_long())?;
    if bytes.len() > max {
        return Err(too_long());
    }
    io.write_all(&len.to_le_bytes()).await?;
    io.write_all(bytes).await?;
    io.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::request_response::Codec as _;

    fn framed(len: u32, bytes: &[u8]) -> Vec<u8> {
        [&len.to_le_bytes()[..], bytes].concat()
    }

    async fn request(codec: &mut Codec, bytes: &[u8]) -> io::Result<Payload> {
        codec.read_request(&PROTOCOL, &mut &*bytes).await
    }

    #[tokio::test]
    async fn what_is_written_is_read() {
        let mut codec = Codec::new(1 << 20);
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, MAX_REQUEST] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let mut wire = Vec::new();
            codec.write_request(&PROTOCOL, &mut wire, Payload::new(bytes.clone())).await.unwrap();
            assert_eq!(request(&mut codec, &wire).await.unwrap().bytes, bytes);
        }
    }

    #[tokio::test]
    async fn what_is_over_the_bound_is_neither_read_nor_written() {
        let mut codec = Codec::new(1 << 20);
        let long = framed(MAX_REQUEST as u32 + 1, &[]);
        assert_eq!(request(&mut codec, &long).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        let huge = framed(u32::MAX, &[1, 2, 3]);
        assert_eq!(request(&mut codec, &huge).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        let own = Payload::new(vec![0; MAX_REQUEST + 1]);
        assert!(codec.write_request(&PROTOCOL, &mut Vec::new(), own).await.is_err());
    }

    #[tokio::test]
    async fn a_cut_request_is_an_error_at_every_length() {
        let mut codec = Codec::new(1 << 20);
        let wire = framed(10, b"0123456789");
        for len in 0..wire.len() {
            let error = request(&mut codec, &wire[..len]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
    }

    #[tokio::test]
    async fn all_requests_share_one_bounded_memory_and_give_it_back() {
        let mut codec = Codec::new(2 * PIECE);
        let wire = framed(PIECE as u32, &vec![0; PIECE]);
        let one = request(&mut codec, &wire).await.unwrap();
        let _two = request(&mut codec.clone(), &wire).await.unwrap();
        assert_eq!(request(&mut codec, &wire).await.unwrap_err().kind(), io::ErrorKind::OutOfMemory);
        drop(one);
        assert!(request(&mut codec, &wire).await.is_ok());
    }
}
