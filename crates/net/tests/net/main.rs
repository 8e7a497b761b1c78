//! Nodes on this machine's loopback, over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests stop the test

mod connections;
mod gossip;
mod hostile;
mod messages;
mod ranges;
mod support;
