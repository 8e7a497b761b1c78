//! Whole nodes, on loopback, with real disks and the real network.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a fixture that cannot be made must stop the test

mod alone;
mod behind;
mod blobs;
mod bundles;
mod control;
mod details;
mod homes;
mod order;
mod together;
mod witness_http;
mod witnesses;
