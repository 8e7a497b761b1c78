//! The desk: where commands ask. In a home whose node runs it speaks with that node over the control
//! socket; else it opens the home itself, and answers the same.

use crate::ask::{Answer, Ask, Progress, Refusal};
use crate::home::{Home, HomeError};

/// Where commands ask.
pub struct Desk {
    _private: (),
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
    /// lock until it is dropped. Nothing is opened before the first ask needs it.
    ///
    /// # Errors
    /// [`HomeError::InUse`] when another process holds the home and does not answer.
    pub fn open(home: &Home) -> Result<Self, DeskError> {
        let _ = home;
        todo!()
    }

    /// Whether a running node answers (rather than this process).
    pub fn is_remote(&self) -> bool {
        todo!()
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
    pub fn answer_with(
        &mut self,
        ask: Ask,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Answer, DeskError> {
        let _ = (ask, progress);
        todo!()
    }
}
