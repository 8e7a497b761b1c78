//! What peers send, from the wire to the node: each request, announcement and range stream takes a slot,
//! is read and judged within its time, and waits here for what the node makes of it. Nothing is queued
//! that holds no slot.

use crate::codec::Payload;
use crate::event::{NetEvent, Reply, Verdict, Worth};
use crate::limits::{Limits, MAX_ASK};
use crate::ranges::{Patience, RangeStream};
use crate::rates::Rates;
use crate::slots::{Slot, Slots};
use crate::{gossip, message, peer, streams};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, Next, StreamExt};
use libp2p::PeerId;
use libp2p::gossipsub::{Message, MessageId};
use libp2p::request_response::{InboundRequestId, ResponseChannel};
use lifeboat_log::PublicKey;
use lifeboat_protocol::{Refusal, Response};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

/// What came of something that a peer sent.
#[derive(Debug)]
pub enum Arrived {
    /// The node is to know.
    Event(NetEvent),
    /// The node has answered, or let the request go.
    Answered { channel: ResponseChannel<Payload>, payload: Option<Payload> },
    /// The node has judged an announcement.
    Judged { from: PeerId, id: MessageId, worth: Worth },
    /// The peer did what no honest node does.
    Fault(PeerId),
    /// Nothing is left to do.
    Nothing,
}

/// What has arrived and waits.
pub struct Arrivals {
    waiting: FuturesUnordered<BoxFuture<'static, Arrived>>,
    /// Requests that are not answered to the last byte.
    serving: HashMap<InboundRequestId, Slot>,
    requests: Slots,
    announcements: Slots,
    ranges: Slots,
    blobs: Slots,
    request_rates: Rates<PeerId>,
    gossip_rates: Rates<PeerId>,
    range_rates: Rates<PeerId>,
    blob_rates: Rates<PeerId>,
    patience: Patience,
    ask_timeout: Duration,
}

impl Arrivals {
    /// Nothing has arrived.
    pub fn new(limits: &Limits) -> Self {
        Self {
            waiting: FuturesUnordered::new(),
            serving: HashMap::new(),
            requests: Slots::new(limits.requests_in),
            announcements: Slots::new(limits.announcements),
            ranges: Slots::new(limits.ranges_in),
            blobs: Slots::new(limits.blobs_in),
            request_rates: Rates::new(limits.request_rate),
            gossip_rates: Rates::new(limits.gossip_rate),
            range_rates: Rates::new(limits.range_rate),
            blob_rates: Rates::new(limits.blob_rate),
            patience: Patience::of(limits),
            ask_timeout: limits.request_timeout,
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What comes of the next that is done.
    pub fn next(&mut self) -> Next<'_, FuturesUnordered<BoxFuture<'static, Arrived>>> {
        self.waiting.next()
    }

    /// A peer's request was read.
    pub fn request(
        &mut self,
        from: PeerId,
        id: InboundRequestId,
        payload: Payload,
        channel: ResponseChannel<Payload>,
    ) {
        let Some(peer) = peer::key_of(&from) else { return };
        let Some(slot) = self.requests.take(peer) else {
            let refusal = Response::Refused(Refusal::new(Refusal::TOO_MANY));
            let payload = message::encode_response(&refusal).ok().map(Payload::new);
            self.done(Arrived::Answered { channel, payload });
            return self.done(Arrived::Fault(from));
        };
        let Ok(request) = message::decode_request(&payload.bytes) else {
            return self.done(Arrived::Fault(from));
        };
        self.serving.insert(id, slot);
        let (sender, answer) = oneshot::channel();
        let event = NetEvent::Request { peer, request, reply: Reply { sender, _memory: payload.memory } };
        let delay = self.request_rates.delay(from, Instant::now());
        self.waiting.push(Box::pin(async move {
            sleep(delay).await;
            Arrived::Event(event)
        }));
        self.waiting.push(Box::pin(async move { Arrived::Answered { channel, payload: answer.await.ok() } }));
    }

    /// A peer's request is over.
    pub fn served(&mut self, id: InboundRequestId) {
        self.serving.remove(&id);
    }

    /// A peer passed on an announcement.
    pub fn announcement(&mut self, from: PeerId, id: MessageId, message: &Message) {
        let judged = |worth| Arrived::Judged { from, id: id.clone(), worth };
        let Some(peer) = peer::key_of(&from) else { return self.done(judged(Worth::Forget)) };
        if !self.gossip_rates.allow(from, Instant::now()) {
            return self.done(judged(Worth::Forget));
        }
        let Ok(announcement) = message::decode_announcement(&message.data) else {
            return self.done(judged(Worth::Harmful));
        };
        if gossip::cell_of_topic(&message.topic) != Some(announcement.cell) {
            return self.done(judged(Worth::Harmful));
        }
        let Some(slot) = self.announcements.take(peer) else { return self.done(judged(Worth::Forget)) };
        let (sender, verdict) = oneshot::channel();
        let verdict_of = Verdict { sender, _slot: slot };
        self.done(Arrived::Event(NetEvent::Announced { peer, announcement, verdict: verdict_of }));
        self.waiting.push(Box::pin(async move {
            Arrived::Judged { from, id, worth: verdict.await.unwrap_or(Worth::Forget) }
        }));
    }

    /// A peer opened a range stream. One over its rate or share is closed, which the peer sees as a cut.
    pub fn range(&mut self, inbound: streams::Inbound) {
        let from = inbound.peer;
        let Some(peer) = peer::key_of(&from) else { return };
        if !self.range_rates.allow(from, Instant::now()) {
            return;
        }
        let Some(slot) = self.ranges.take(peer) else { return };
        let stream = RangeStream::new(peer, inbound.live, self.patience, slot);
        let patience = self.ask_timeout;
        self.waiting.push(Box::pin(async move {
            timeout(patience, asked(from, peer, stream)).await.unwrap_or(Arrived::Nothing)
        }));
    }

    /// A peer opened a stream for an attachment. One over its rate or share is closed.
    pub fn blob(&mut self, inbound: streams::Inbound) {
        let from = inbound.peer;
        let Some(peer) = peer::key_of(&from) else { return };
        if !self.blob_rates.allow(from, Instant::now()) {
            return;
        }
        let Some(slot) = self.blobs.take(peer) else { return };
        let stream = RangeStream::new(peer, inbound.live, self.patience, slot);
        let patience = self.ask_timeout;
        self.waiting.push(Box::pin(async move {
            timeout(patience, blob_asked(from, peer, stream)).await.unwrap_or(Arrived::Nothing)
        }));
    }

    fn done(&mut self, arrived: Arrived) {
        self.waiting.push(Box::pin(std::future::ready(arrived)));
    }
}

/// Reads what a range stream asks for.
async fn asked(from: PeerId, peer: PublicKey, mut stream: RangeStream) -> Arrived {
    match stream.next_frame_within(MAX_ASK).await {
        Ok(Some(bytes)) => match message::decode_ask(&bytes) {
            Ok(ask) => Arrived::Event(NetEvent::RangeAsked { peer, ask, stream }),
            Err(_) => Arrived::Fault(from),
        },
        Err(crate::NetError::TooLarge { .. }) => Arrived::Fault(from),
        _ => Arrived::Nothing,
    }
}

/// Reads what the stream of an attachment asks for.
async fn blob_asked(from: PeerId, peer: PublicKey, mut stream: RangeStream) -> Arrived {
    match stream.next_frame_within(MAX_ASK).await {
        Ok(Some(bytes)) => match message::decode_blob_ask(&bytes) {
            Ok(ask) => Arrived::Event(NetEvent::BlobAsked { peer, ask, stream }),
            Err(_) => Arrived::Fault(from),
        },
        Err(crate::NetError::TooLarge { .. }) => Arrived::Fault(from),
        _ => Arrived::Nothing,
    }
}
