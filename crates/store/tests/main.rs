//! The tests of the store: one suite over every backend, faults at every step, damage in every file.

#[path = "store/common.rs"]
mod common;
#[path = "store/conformance.rs"]
mod conformance;
#[path = "store/faults.rs"]
mod faults;
#[path = "store/garbage.rs"]
mod garbage;
