//! skeleton
use crate::ask::{Answer, Ask, Progress, Refusal};
use crate::desk::DeskError;
use crate::home::Home;
use tokio::sync::mpsc;
/// Everything a home does.
pub struct Service {}
#[allow(clippy::todo, missing_docs, unused_variables, clippy::missing_errors_doc)]
impl Service {
    pub fn open(home: &Home) -> Result<Self, DeskError> {
        todo!()
    }
    pub async fn answer(&self, ask: Ask, progress: mpsc::Sender<Progress>) -> Result<Answer, Refusal> {
        todo!()
    }
    pub async fn close(&self) {}
}
