//! Nodes on this machine's loopback, over real sockets.

mod connections;
mod gossip;
mod hostile;
mod messages;
mod ranges;
mod support;
