//! A running node: owns a home, answers commands, and speaks with other homes until it is told to stop.

use crate::control::ControlServer;
use crate::desk::DeskError;
use crate::home::{Home, HomeError};
use crate::limits::WORKERS;
use crate::service::{Service, release_always};
use crate::witness_http;
use std::sync::Arc;
use tokio::sync::mpsc;

/// How a node shall run, where this differs from the settings of its home.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeOptions {
    /// Where to listen: multiaddresses. Empty for those of the settings.
    pub listen: Vec<String>,
    /// Whether to find homes on the same network; nothing for what the settings say.
    pub mdns: Option<bool>,
    /// A person vouches that the home was not restored from a backup: nobody is asked what it has signed.
    pub not_restored: bool,
}

/// Runs a node in this home until it is stopped (`Ask::Stop`, an interrupt or a termination signal).
/// `ready` is told the addresses once it listens.
///
/// # Errors
/// [`HomeError::InUse`] when another process has the home.
pub fn run(home: &Home, options: &NodeOptions, ready: impl FnOnce(&[String])) -> Result<(), DeskError> {
    if !home.exists() {
        return Err(HomeError::Missing(home.root().to_owned()).into());
    }
    let lock = home.lock()?;
    let runtime = runtime(home)?;
    let ended = runtime.block_on(live(home, options.clone(), ready));
    drop(runtime);
    drop(lock);
    ended
}

async fn live(home: &Home, options: NodeOptions, ready: impl FnOnce(&[String])) -> Result<(), DeskError> {
    let service = Arc::new(Service::open(home, options)?);
    service.runs();
    let control = ControlServer::bind(home).await?;
    let serving = tokio::spawn(control.run(service.clone()));
    let releasing = tokio::spawn(release_always(Arc::downgrade(&service)));
    let (progress, _) = mpsc::channel(1);
    for (cell, refusal) in service.open_all(&progress).await {
        tracing::error!(%cell, "{}", refusal.text);
    }
    let online = service.go_online().await;
    let witness = witness_http::start(&service).await?;
    if online.is_ok() {
        service.note_own_addresses().await;
        ready(&service.listening().await);
        tokio::select! {
            () = service.stopped() => tracing::info!("stopped by a command"),
            () = interrupted() => tracing::info!("stopped by a signal"),
        }
    }
    if let Some(witness) = witness {
        witness.abort();
        let _ = witness.await;
    }
    // No command is answered any more before the home is closed.
    serving.abort();
    let _ = serving.await;
    releasing.abort();
    let _ = releasing.await;
    service.close().await;
    Ok(online?)
}

/// Waits for an interrupt or a termination signal.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// The runtime in which a home lives.
pub(crate) fn runtime(home: &Home) -> Result<tokio::runtime::Runtime, HomeError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(|error| HomeError::Io { path: home.root().to_owned(), error })
}
