//! skeleton
use lifeboat_log::{Position, CellId};
use crate::StoreError;
use std::path::Path;
/// What an audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Cells audited.
    pub cells: Vec<CellId>,
    /// Records verified.
    pub records: u64,
    /// Signatures verified.
    pub signatures: u64,
    /// Checkpoints verified.
    pub checkpoints: u64,
    /// Terms.
    pub terms: u64,
    /// Details held.
    pub details_held: u64,
    /// Details that records name and the folder does not hold.
    pub details_missing: u64,
    /// What is wrong; the first ones.
    pub findings: Vec<Finding>,
    /// How many findings there are.
    pub count: u64,
}
/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, below the audited folder.
    pub file: String,
    /// The record, where one is at fault.
    pub position: Option<Position>,
    /// What is wrong.
    pub what: String,
}
/// How far an audit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Records verified.
    pub records: u64,
    /// Records expected, as far as checkpoints tell.
    pub of: u64,
}
#[allow(clippy::todo, missing_docs, unused_variables, clippy::missing_errors_doc)]
pub fn audit_folder(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<AuditReport, StoreError> { todo!() }
