//! The one binary of the tests that drive the whole: it links once and starts fast.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test that cannot go on must stop

mod import;
mod kill;
mod real;
mod tidy;
