//! Requests on their way: those of this node, until their answer is there, and what libp2p says of those
//! of others, sorted.

use crate::NetError;
use crate::codec::Payload;
use crate::handle::Answer;
use crate::slots::Slot;
use libp2p::PeerId;
use libp2p::request_response::{
    Event, InboundFailure, InboundRequestId, Message, OutboundFailure, OutboundRequestId, ResponseChannel,
};
use std::collections::HashMap;
use std::io;

/// This node's requests that are not answered yet. Their number is bounded by the slots that they hold.
#[derive(Debug, Default)]
pub struct Asked {
    waiting: HashMap<OutboundRequestId, (Answer<Payload>, Slot)>,
}

/// What is left to do about something that libp2p said.
#[derive(Debug)]
pub enum Heard {
    /// A peer asks.
    Request { peer: PeerId, id: InboundRequestId, payload: Payload, channel: ResponseChannel<Payload> },
    /// A peer's request is over, answered or not.
    Served(InboundRequestId),
    /// A peer sent bytes that are no message.
    Unreadable { peer: PeerId, served: Option<InboundRequestId> },
    /// Nothing.
    Nothing,
}

impl Asked {
    /// Remembers who waits for the answer to a request.
    pub fn wait_for(&mut self, id: OutboundRequestId, slot: Slot, answer: Answer<Payload>) {
        self.waiting.insert(id, (answer, slot));
    }

    /// Sorts what libp2p says, and hands answers to whom they are for.
    pub fn heard(&mut self, event: Event<Payload, Payload>) -> Heard {
        match event {
            Event::Message { peer, message: Message::Request { request_id, request, channel }, .. } => {
                Heard::Request { peer, id: request_id, payload: request, channel }
            }
            Event::Message { message: Message::Response { request_id, response }, .. } => {
                self.answer(request_id, Ok(response));
                Heard::Nothing
            }
            Event::OutboundFailure { peer, request_id, error, .. } => {
                let error = failed(&error);
                let unreadable = matches!(error, NetError::Malformed(_));
                self.answer(request_id, Err(error));
                if unreadable { Heard::Unreadable { peer, served: None } } else { Heard::Nothing }
            }
            Event::InboundFailure { peer, request_id, error, .. } => {
                if is_unreadable(&error) {
                    Heard::Unreadable { peer, served: Some(request_id) }
                } else {
                    Heard::Served(request_id)
                }
            }
            Event::ResponseSent { request_id, .. } => Heard::Served(request_id),
        }
    }

    fn answer(&mut self, id: OutboundRequestId, answer: Result<Payload, NetError>) {
        if let Some((waiting, _slot)) = self.waiting.remove(&id) {
            let _ = waiting.send(answer);
        }
    }
}

fn is_unreadable(error: &InboundFailure) -> bool {
    matches!(error, InboundFailure::Io(error) if error.kind() == io::ErrorKind::InvalidData)
}

fn failed(error: &OutboundFailure) -> NetError {
    match error {
        OutboundFailure::Timeout => NetError::TimedOut,
        OutboundFailure::DialFailure | OutboundFailure::ConnectionClosed => NetError::Cut,
        OutboundFailure::UnsupportedProtocols => NetError::Unsupported,
        OutboundFailure::Io(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof => NetError::NoAnswer,
            io::ErrorKind::InvalidData => NetError::Malformed(error.to_string()),
            _ => NetError::Cut,
        },
    }
}
