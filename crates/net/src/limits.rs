//! Every bound of the network, with its reason. A peer that reaches one is refused; nothing grows past it.

use std::time::Duration;

/// Longest request, in bytes: an entry with its four details, and room to grow.
pub const MAX_REQUEST: usize = 256 * 1024;
/// Longest response, in bytes.
pub const MAX_RESPONSE: usize = lifeboat_protocol::limits::MAX_MESSAGE;
/// Longest announcement, in bytes.
pub const MAX_GOSSIP: usize = lifeboat_protocol::limits::MAX_ANNOUNCEMENT;
/// What gossipsub puts around an announcement, generously.
pub(crate) const GOSSIP_OVERHEAD: usize = 4 * 1024;
/// Longest frame of a range stream, in bytes.
pub const MAX_FRAME: usize = lifeboat_protocol::limits::MAX_FRAME;
/// Longest frame of an attachment's stream, in bytes.
pub const MAX_BLOB_FRAME: usize = lifeboat_protocol::blobs::MAX_BLOB_FRAME;
/// Longest first frame of a range stream, in bytes: what is asked for.
pub const MAX_ASK: usize = 4 * 1024;
/// Range streams and messages are read and written in pieces of this many bytes.
pub const PIECE: usize = 64 * 1024;

/// Events that wait for the node to take them.
pub(crate) const EVENTS: usize = 64;
/// Events that the task holds while that queue is full; at this many it stops listening to the network.
pub(crate) const OUTBOX: usize = 256;
/// Commands that wait for the task.
pub(crate) const COMMANDS: usize = 64;
/// Cells whose announcements are followed.
pub(crate) const MAX_TOPICS: usize = 256;
/// Topics that one peer may say it follows, and in one message.
pub(crate) const MAX_PEER_TOPICS: usize = 256;
/// Announcements that gossipsub may queue for one slow peer.
pub(crate) const GOSSIP_QUEUE: usize = 64;
/// Addresses of one peer that are passed on to the node.
pub(crate) const MAX_ADDRS: usize = 16;
/// Peers found on the local network that are passed on at once.
pub(crate) const MAX_FOUND: usize = 64;
/// Peers (and sources of connections) whose rates are remembered.
pub(crate) const MAX_REMEMBERED: usize = 4096;
/// Dials that wait for their end.
pub(crate) const MAX_DIALS: usize = 64;
/// Streams of all protocols in one connection: gossip, identify and ping 2 each, relayed connections and
/// the questions about reach a few, the rest for the node.
/// Each may hold 256 KiB that was not read yet.
pub(crate) const CONNECTION_STREAMS: usize = 48;
/// Streams of one connection whose protocol is not agreed on yet.
pub(crate) const NEGOTIATING: usize = 32;
/// Bytes that a QUIC connection may hold unread.
pub(crate) const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;
/// Bytes that one QUIC stream may hold unread.
pub(crate) const STREAM_WINDOW: u32 = 2 * 1024 * 1024;
/// How often one peer may say where it is.
pub(crate) const ADDRESS_RATE: Rate = Rate { burst: 8, per_second: 0.1 };
/// Time that open connections are given to close when the network stops.
pub(crate) const CLOSING: Duration = Duration::from_secs(1);
/// Time that the first addresses may take to be listened on.
pub(crate) const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Relays through which a node lets itself be reached: one, and one for when that goes away.
pub(crate) const MAX_RELAYS: usize = 2;
/// How long a relay is connected before it is asked: it must know first which cells are followed here.
pub(crate) const RESERVE_AFTER: Duration = Duration::from_secs(2);
/// How long a relay that refused is left alone.
pub(crate) const RESERVE_AGAIN: Duration = Duration::from_secs(10);
/// How long a direct connection lives before the relayed one beside it is closed.
pub(crate) const SETTLED: Duration = Duration::from_secs(3);
/// How often reach is looked at again.
pub(crate) const REACH_EVERY: Duration = Duration::from_secs(1);
/// Characters of what a peer calls itself that are kept.
pub(crate) const MAX_AGENT: usize = 64;
/// Nodes that are reached through this one.
pub(crate) const RESERVATIONS: usize = 64;
/// How long one is reached through it before it asks again.
pub(crate) const RESERVATION: Duration = Duration::from_secs(60 * 60);
/// Connections that this node passes on at a time.
pub(crate) const CIRCUITS: usize = 32;
/// As [`CIRCUITS`], of one peer.
pub(crate) const CIRCUITS_PER_PEER: usize = 4;
/// How long one connection is passed on; whoever still needs it opens it again.
pub(crate) const CIRCUIT: Duration = Duration::from_secs(30 * 60);
/// Bytes that are passed on for one connection: a year's log of a large cell. Catching up goes on where
/// it stopped.
pub(crate) const CIRCUIT_BYTES: u64 = 64 * 1024 * 1024;
/// Reservations, and circuits, that one peer asks for within [`RELAY_INTERVAL`].
pub(crate) const RELAY_REQUESTS: u32 = 60;
/// As [`RELAY_REQUESTS`].
pub(crate) const RELAY_INTERVAL: Duration = Duration::from_secs(60);
/// Addresses that others saw this node at, and about which it asks whether it can be reached there.
pub(crate) const MAX_CANDIDATES: usize = 32;
/// Dials that one peer asks for, to learn whether it can be reached.
pub(crate) const DIAL_BACK_RATE: Rate = Rate { burst: 8, per_second: 0.05 };

/// So many at once, and so many a second after that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// A second.
    pub per_second: f64,
}

/// So many for one peer, and so many for all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// For one peer.
    pub per_peer: usize,
    /// For all.
    pub total: usize,
}

/// The bounds that a node can set; the defaults are for a laptop that keeps a cell of 300 neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Connections, in and out.
    pub connections: u32,
    /// Connections that others opened, so that some always remain for this node to open.
    pub connections_in: u32,
    /// Connections with one peer: QUIC and TCP, one through a relay, one that asks whether the peer can be
    /// reached, and one that is dying.
    pub connections_per_peer: u32,
    /// Connections that are being opened, each way.
    pub connections_pending: u32,
    /// New connections from one address (IPv6: one /64).
    pub connection_rate: Rate,
    /// Memory of the whole process, in bytes, above which no new connection is taken.
    pub process_memory: usize,
    /// Bytes of requests that are being read or answered, for all peers together.
    pub request_memory: usize,
    /// Requests of one peer. What comes faster waits, as many as `requests_in` lets wait.
    pub request_rate: Rate,
    /// Announcements of one peer. What comes faster is forgotten.
    pub gossip_rate: Rate,
    /// Range streams that one peer opens. What comes faster is closed.
    pub range_rate: Rate,
    /// Streams of attachments that one peer opens. What comes faster is closed.
    pub blob_rate: Rate,
    /// What a peer may do wrong (bytes that are no message, more requests than may wait) before it is
    /// refused.
    pub fault_rate: Rate,
    /// How long it is refused then.
    pub refuse_for: Duration,
    /// Requests of others that are not answered yet. Any more are answered with a refusal.
    pub requests_in: Share,
    /// Own requests that are not answered yet. Any more wait for a place.
    pub requests_out: Share,
    /// Announcements that the node has not judged yet.
    pub announcements: Share,
    /// Range streams that others opened.
    pub ranges_in: Share,
    /// Range streams that this node opened. Any more wait for a place.
    pub ranges_out: Share,
    /// Streams of attachments that others opened.
    pub blobs_in: Share,
    /// Streams of attachments that this node opened. Any more wait for a place.
    pub blobs_out: Share,
    /// For a connection to come about.
    pub dial_timeout: Duration,
    /// For a request to be read and answered.
    pub request_timeout: Duration,
    /// For any bytes at all to move on a range stream.
    pub silence_timeout: Duration,
    /// For one whole frame of a range stream.
    pub frame_timeout: Duration,
    /// Between two pings of one connection; one that is not answered within this time ends it.
    pub ping_interval: Duration,
    /// After which a connection that serves nothing is closed.
    pub idle_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 96,
            connections_in: 64,
            connections_per_peer: 5,
            connections_pending: 16,
            connection_rate: Rate { burst: 64, per_second: 4.0 },
            process_memory: 1024 * 1024 * 1024,
            request_memory: 16 * 1024 * 1024,
            request_rate: Rate { burst: 1024, per_second: 512.0 },
            gossip_rate: Rate { burst: 256, per_second: 64.0 },
            range_rate: Rate { burst: 64, per_second: 4.0 },
            blob_rate: Rate { burst: 16, per_second: 0.5 },
            fault_rate: Rate { burst: 32, per_second: 0.5 },
            refuse_for: Duration::from_secs(60),
            requests_in: Share { per_peer: 32, total: 128 },
            requests_out: Share { per_peer: 16, total: 128 },
            announcements: Share { per_peer: 32, total: 128 },
            ranges_in: Share { per_peer: 4, total: 32 },
            ranges_out: Share { per_peer: 4, total: 32 },
            blobs_in: Share { per_peer: 2, total: 8 },
            blobs_out: Share { per_peer: 2, total: 4 },
            dial_timeout: Duration::from_secs(20),
            request_timeout: Duration::from_secs(20),
            silence_timeout: Duration::from_secs(30),
            frame_timeout: Duration::from_secs(120),
            ping_interval: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(300),
        }
    }
}
