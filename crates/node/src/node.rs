//! A running node: owns a home, answers commands, and speaks with other homes until it is told to stop.

use crate::desk::DeskError;
use crate::home::{Home, HomeError};

/// How a node shall run, where this differs from the settings of its home.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeOptions {
    /// Where to listen: multiaddresses. Empty for those of the settings.
    pub listen: Vec<String>,
    /// Whether to find homes on the same network; nothing for what the settings say.
    pub mdns: Option<bool>,
}

/// Runs a node in this home until it is stopped (`Ask::Stop`, an interrupt or a termination signal).
/// `ready` is told the addresses once it listens.
///
/// # Errors
/// [`HomeError::InUse`] when another process has the home.
#[allow(clippy::todo)]
pub fn run(home: &Home, options: &NodeOptions, ready: impl FnOnce(&[String])) -> Result<(), DeskError> {
    let _ = (home, options, ready);
    todo!()
}

/// The runtime in which a home lives.
pub(crate) fn runtime(home: &Home) -> Result<tokio::runtime::Runtime, HomeError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| HomeError::Io { path: home.root().to_owned(), error })
}
