//! The tests of the store: one suite over every backend, faults at every step, damage in every file.
#![allow(clippy::unwrap_used)] // helpers of tests

#[path = "store/audits.rs"]
mod audits;
#[path = "store/common.rs"]
mod common;
#[path = "store/conformance.rs"]
mod conformance;
#[path = "store/faults.rs"]
mod faults;
#[path = "store/garbage.rs"]
mod garbage;
#[path = "store/random.rs"]
mod random;
#[path = "store/superseded.rs"]
mod superseded;
#[path = "store/terms.rs"]
mod terms;
#[path = "store/verifier.rs"]
mod verifier;
#[path = "store/vows.rs"]
mod vows;
