//! The protocol's messages, as bytes on the wire. What is too long is refused before it is sent; what is
//! not exactly one message is refused when it comes.

use crate::NetError;
use crate::limits::{MAX_ASK, MAX_GOSSIP, MAX_REQUEST, MAX_RESPONSE};
use lifeboat_log::codec::Malformed;
use lifeboat_protocol::blobs::BlobAsk;
use lifeboat_protocol::{Announcement, RangeAsk, Request, Response};

pub fn encode_request(request: &Request) -> Result<Vec<u8>, NetError> {
    bounded(request.encode(), MAX_REQUEST)
}

pub fn decode_request(bytes: &[u8]) -> Result<Request, NetError> {
    Request::decode(bytes).map_err(malformed)
}

pub fn encode_response(response: &Response) -> Result<Vec<u8>, NetError> {
    bounded(response.encode(), MAX_RESPONSE)
}

pub fn decode_response(bytes: &[u8]) -> Result<Response, NetError> {
    Response::decode(bytes).map_err(malformed)
}

pub fn encode_ask(ask: &RangeAsk) -> Result<Vec<u8>, NetError> {
    bounded(ask.encode(), MAX_ASK)
}

pub fn decode_ask(bytes: &[u8]) -> Result<RangeAsk, NetError> {
    RangeAsk::decode(bytes).map_err(malformed)
}

pub fn encode_blob_ask(ask: &BlobAsk) -> Result<Vec<u8>, NetError> {
    bounded(ask.encode(), MAX_ASK)
}

pub fn decode_blob_ask(bytes: &[u8]) -> Result<BlobAsk, NetError> {
    BlobAsk::decode(bytes).map_err(malformed)
}

pub fn encode_announcement(announcement: &Announcement) -> Result<Vec<u8>, NetError> {
    bounded(announcement.encode(), MAX_GOSSIP)
}

pub fn decode_announcement(bytes: &[u8]) -> Result<Announcement, NetError> {
    Announcement::decode(bytes).map_err(malformed)
}

fn bounded(bytes: Vec<u8>, max: usize) -> Result<Vec<u8>, NetError> {
    if bytes.len() > max { Err(NetError::TooLarge { len: bytes.len(), max }) } else { Ok(bytes) }
}

fn malformed(reason: Malformed) -> NetError {
    NetError::Malformed(reason.to_string())
}
