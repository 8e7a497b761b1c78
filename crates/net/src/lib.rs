//! The network of a node: libp2p over QUIC and TCP, run as one task.
//!
//! [`start`] takes a [`NetConfig`] and gives a [`NetHandle`], by which the node asks for things, and a
//! bounded receiver of [`NetEvent`]s, by which it learns of them. Peers are named by the Ed25519 key of
//! their node. This crate carries messages and bounds what peers can make it hold; what a message means,
//! and whether its cell is followed, is for the node. It never touches the disk.
//!
//! Every peer is taken to be hostile until shown otherwise: sizes, rates, counts and memory are bounded in
//! [`limits`], and no bytes from outside can make it panic.

mod autonat;
mod behaviour;
mod blobs;
mod codec;
mod error;
mod event;
mod gate;
mod gossip;
mod handle;
mod inbound;
pub mod limits;
mod message;
mod outbound;
mod peer;
mod public;
mod ranges;
mod rates;
mod reach;
mod slots;
mod streams;
mod swarm;
mod task;
mod transport;

pub use error::NetError;
pub use event::{NetEvent, Reply, Verdict};
pub use handle::NetHandle;
pub use limits::Limits;
pub use peer::{addr_with_peer, check_addr, key_of, peer_id, peer_of_addr, way_of_addr};
pub use public::Way;
pub use ranges::RangeStream;
pub use reach::ReachConfig;
pub use swarm::{NetConfig, start};
