//! The desk: where commands ask. In a home whose node runs it speaks with that node over the control
//! socket; else it opens the home itself, and answers the same.

use crate::ask::{Answer, Ask, Progress, Refusal};
use crate::control::Control;
use crate::home::{Home, HomeError, HomeLock};
use crate::limits::{LOCK_PATIENCE, LOCK_RETRY, PROGRESS_QUEUE};
use crate::service::Service;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

/// Where commands ask.
pub struct Desk {
    home: Home,
    place: Place,
}

enum Place {
    Remote(Box<Control>),
    Local(Box<Local>),
}

/// A home opened in this process, until it is dropped.
struct Local {
    service: Arc<Service>,
    runtime: tokio::runtime::Runtime,
    _lock: HomeLock,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The home cannot be used. [`HomeError::InUse`] is exit code 11, [`HomeError::Missing`] 10.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// A key cannot be had.
    #[error(transparent)]
    Key(#[from] crate::keys::KeyError),
    /// The home understood and refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The node went away in the middle.
    #[error("the node of this home stopped answering ({0}): look at `lifeboat status`, and try again")]
    Lost(String),
}

impl Desk {
    /// The desk of this home: the running node's, or one in this process, which then holds the home's
    /// lock until it is dropped. When another command has the home, waits for it a little.
    ///
    /// # Errors
    /// [`HomeError::InUse`] when another process holds the home and does not answer.
    pub fn open(home: &Home) -> Result<Self, DeskError> {
        if !home.exists() {
            return Err(HomeError::Missing(home.root().to_owned()).into());
        }
        let patience = Instant::now() + LOCK_PATIENCE;
        loop {
            if let Some(control) = Control::connect(home) {
                return Ok(Self { home: home.clone(), place: Place::Remote(Box::new(control)) });
            }
            match home.lock() {
                Ok(lock) => return Self::open_here(home, lock),
                Err(HomeError::InUse(_)) if Instant::now() < patience => std::thread::sleep(LOCK_RETRY),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn open_here(home: &Home, lock: HomeLock) -> Result<Self, DeskError> {
        let runtime = crate::node::runtime(home)?;
        let service = Arc::new(Service::open(home, crate::NodeOptions::default())?);
        let local = Local { service, runtime, _lock: lock };
        Ok(Self { home: home.clone(), place: Place::Local(Box::new(local)) })
    }

    /// Whether a running node answers (rather than this process).
    pub fn is_remote(&self) -> bool {
        matches!(self.place, Place::Remote(_))
    }

    /// Asks.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn answer(&mut self, ask: Ask) -> Result<Answer, DeskError> {
        self.answer_with(ask, &mut |_| {})
    }

    /// Asks, and tells how far a long task has come.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn answer_with(&mut self, ask: Ask, progress: &mut dyn FnMut(Progress)) -> Result<Answer, DeskError> {
        // Signed entries can be handed in again, and are placed once: whoever loses the node in the middle need not
        // find out what became of them.
        let again = (self.is_remote() && matches!(ask, Ask::Submit { .. })).then(|| ask.clone());
        match (self.ask(ask, progress), again) {
            (Err(DeskError::Lost(_)), Some(again)) => {
                let home = self.home.clone();
                *self = Self::open(&home)?;
                self.ask(again, progress)
            }
            (answer, _) => answer,
        }
    }

    fn ask(&mut self, ask: Ask, progress: &mut dyn FnMut(Progress)) -> Result<Answer, DeskError> {
        match &mut self.place {
            Place::Remote(control) => match control.ask(&ask, progress) {
                Ok(answer) => Ok(answer?),
                Err(error) => Err(DeskError::Lost(error.to_string())),
            },
            Place::Local(local) => {
                let (sender, mut steps) = mpsc::channel(PROGRESS_QUEUE);
                let service = local.service.clone();
                local.runtime.block_on(async {
                    let work = service.answer(ask, sender);
                    tokio::pin!(work);
                    loop {
                        tokio::select! {
                            result = &mut work => return Ok(result?),
                            Some(step) = steps.recv() => progress(step),
                        }
                    }
                })
            }
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.runtime.block_on(self.service.close());
    }
}
