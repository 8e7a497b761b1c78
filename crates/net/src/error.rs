//! What can go wrong on the network, each a sentence a person can act on. None of these is ever a reason
//! to stop a node: peers come and go.

use lifeboat_log::PublicKey;

/// Why the network could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// The task was asked for outside of a tokio runtime.
    #[error("the network needs a tokio runtime to run in")]
    NoRuntime,
    /// A key that libp2p does not take.
    #[error("the node's key does not work for libp2p: {0}")]
    BadKey(String),
    /// An address that is not a multiaddress.
    #[error("{addr} is not an address; one looks like /ip4/192.168.1.20/tcp/4711 ({reason})")]
    BadAddress {
        /// What was given.
        addr: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An address that cannot be listened on.
    #[error("cannot listen on {addr}: {reason}; is the port in use?")]
    CannotListen {
        /// The address.
        addr: String,
        /// Why not.
        reason: String,
    },
    /// A part of libp2p refused its settings.
    #[error("the network could not be set up: {0}")]
    Setup(String),
    /// Nobody answered at the address.
    #[error("no connection to {addr}: {reason}")]
    CannotDial {
        /// The address.
        addr: String,
        /// Why not.
        reason: String,
    },
    /// The peer is not connected now.
    #[error("node {0} is not connected")]
    NotConnected(PublicKey),
    /// The connection was cut before the other side was done.
    #[error("the connection was cut before the other node was done")]
    Cut,
    /// The peer did not answer in time.
    #[error("the other node did not answer in time")]
    TimedOut,
    /// The peer closed without answering: it is busy, or refuses.
    #[error("the other node closed without an answer: it is busy or refuses; try again later")]
    NoAnswer,
    /// The peer does not speak this protocol.
    #[error("the other node does not speak this protocol; one of the two needs a newer version")]
    Unsupported,
    /// A message is larger than its bound.
    #[error("a message of {len} bytes is over the bound of {max}")]
    TooLarge {
        /// Its length.
        len: usize,
        /// The bound.
        max: usize,
    },
    /// The peer's bytes are no message.
    #[error("the other node sent bytes that are no message: {0}")]
    Malformed(String),
    /// As much is under way as the limits allow.
    #[error("too much is under way ({0}); try again in a moment")]
    Busy(&'static str),
    /// The network task has ended.
    #[error("the network has been stopped")]
    Stopped,
}
