//! The one binary of the tests that drive the whole: it links once and starts fast.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test that cannot go on must stop

mod budget;
mod decisions;
mod demo;
mod details;
mod draw;
mod effects;
mod evidence;
mod first_minutes;
mod garbage;
mod help;
mod import;
mod joining;
mod keys;
mod kill;
mod manners;
mod network;
mod oracles;
mod pending;
mod person;
mod poll;
mod real;
mod same_answers;
mod sticks;
mod takeover;
mod terminal;
mod tidy;
