//! A refusal of a home: what it says to a command that it gives no answer. It never says more than the
//! person may know of their own home.

use serde::{Deserialize, Serialize};

/// Why a home gives no answer: a name for programs, and sentences for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// The name of the reason: `unknown_cell`, `not_keeper`, `damaged`, …
    pub name: String,
    /// What is wrong and what to do next.
    pub text: String,
}

impl Refusal {
    /// A refusal with this name and text.
    pub fn new(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into() }
    }
}
