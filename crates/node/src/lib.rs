//! The living cell: carries events and effects between protocol, store and net.
//!
//! Every command is built on one interface: [`desk::Desk::answer`] with an [`ask::Ask`]. In a home whose
//! node runs, the node answers; else the home is opened in the process of the command.

pub mod agent;
pub mod answer;
pub mod ask;
pub mod background;
pub mod blobs;
mod bundle;
mod card_addresses;
pub mod carried;
mod catchup;
pub mod cell;
pub mod control;
pub mod cosigner;
pub mod desk;
pub mod fold;
mod held;
pub mod home;
pub mod invites;
pub mod keys;
pub mod limits;
mod network;
pub mod node;
mod peers;
pub mod reading;
mod refusal;
mod requests;
pub mod sealed;
mod serve;
pub mod service;
pub mod standing;
pub mod turn_notes;
pub mod vote_notes;
pub mod wire;
mod witness_http;

pub use ask::{Answer, Ask};
pub use desk::{Desk, DeskError};
pub use home::{Home, HomeError, Settings};
pub use keys::{KeyError, Keys};
pub use lifeboat_net::check_addr;
pub use node::NodeOptions;
