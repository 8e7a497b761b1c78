//! The rules of the commons, tested from outside: one module a practice, and what holds for all.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)] // a fixture that fails must stop the test

mod admissible;
mod ballots;
mod bodies;
mod budget_bodies;
mod budgets;
mod charter;
mod deciding;
mod decisions;
mod decisions_order;
mod decisions_page;
mod details;
mod draw;
mod fold;
mod ledger;
mod membership;
mod methods;
mod oracles;
mod pabulib;
mod pabutools;
mod pages;
mod queries;
mod ring_vectors;
mod rotation;
mod rotation_beacon;
mod rotation_bias;
mod rotation_page;
mod rotation_turns;
mod say;
mod tally;
mod terms;
mod witnessing;
