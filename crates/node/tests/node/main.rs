//! Whole nodes, on loopback, with real disks and the real network.

mod alone;
mod control;
mod homes;
mod together;
