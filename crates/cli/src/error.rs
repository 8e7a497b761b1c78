//! What a command that fails tells the person: what was wrong, why, and what to do next; and the exit
//! code for scripts. Never print here: `ui` does.

use crate::text;
use std::fmt::Display;

/// The exit codes, as documented in `docs/commands.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// It failed.
    Failed = 1,
    /// The command line cannot be understood.
    Usage = 2,
    /// A part was done and a part was not.
    Partly = 3,
    /// This home has no member's key or no cell.
    NoIdentity = 4,
    /// There is no home, or no log, where one was asked for.
    StoreMissing = 10,
    /// Another process is using the home.
    StoreInUse = 11,
    /// The person stopped it.
    Interrupted = 130,
}

/// A failure, as the person is told of it.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: Code,
    /// What was wrong, in one sentence.
    pub message: String,
    /// What lies behind it, outermost first.
    pub causes: Vec<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// Nothing shall be printed: the reader of our output has gone, or all has been said.
    pub silent: bool,
    /// The reader of our output has gone, which is no error at all.
    pub pipe_closed: bool,
}

/// What commands return.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A failure with exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self::with(Code::Failed, message)
    }

    /// A failure with this exit code.
    pub fn with(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            causes: Vec::new(),
            hint: None,
            silent: false,
            pipe_closed: false,
        }
    }

    /// What was typed cannot be understood.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::with(Code::Usage, message)
    }

    /// The reader of our output has gone (a pager that was closed): no error, and nothing more to say.
    pub fn closed_pipe() -> Self {
        Self { silent: true, pipe_closed: true, ..Self::with(Code::Failed, String::new()) }
    }

    /// Everything has been said already; only the exit code is left to give.
    pub fn said(code: Code) -> Self {
        Self { silent: true, ..Self::with(code, String::new()) }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what lies behind it.
    #[must_use]
    pub fn because(mut self, cause: impl Display) -> Self {
        let cause = cause.to_string();
        if !cause.is_empty() && cause != self.message {
            self.causes.push(cause);
        }
        self
    }

    /// A file or folder that could not be read or written.
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let path = path.display().to_string();
        let message = match error.kind() {
            std::io::ErrorKind::NotFound => text!("file-missing", path = path),
            std::io::ErrorKind::PermissionDenied => text!("file-forbidden", path = path),
            _ => text!("file-failed", path = path),
        };
        Self::new(message).because(error).hint(text!("file-hint"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::closed_pipe();
        }
        Self::new(text!("io-failed")).because(error).hint(text!("file-hint"))
    }
}
