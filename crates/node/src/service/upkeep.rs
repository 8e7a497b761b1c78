//! Asks about the cells that a home follows, and the care of their logs.

use super::{Service, fault, store, with_progress};
use crate::ask::{Answer, DetailCount, DetailCounts, Progress, Refusal};
use crate::cell::MissingDetails;
use crate::cell::shelf::Shelf;
use crate::cell::texts::Count;
use lifeboat_log::CellId;
use lifeboat_protocol::CellCard;
use lifeboat_store::{LogStore, Storage};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;

impl Service {
    /// Follows the cell of a card.
    pub(super) async fn follow(
        self: &Arc<Self>,
        link: String,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let card: CellCard =
            link.parse().map_err(|e: lifeboat_protocol::BadLink| Refusal::new("bad_link", e.to_string()))?;
        let name = self.add_cell(card.cell, card.slug.as_str(), false, Some(card.to_string()))?;
        self.note_card(&card);
        self.cell(card.cell, progress).await?;
        Ok(Answer::Following { cell: card.cell, name })
    }

    /// Stops following a cell.
    pub(super) async fn unfollow(self: &Arc<Self>, cell: CellId) -> Result<Answer, Refusal> {
        let known = self.cell_settings().iter().any(|setting| setting.cell() == Some(cell));
        if !known {
            return Err(Refusal::new("unknown_cell", "this home does not follow that cell"));
        }
        if self.open_cell_of(&cell).is_some_and(|open| open.facts().keeper) {
            let text = "this home keeps that cell's log: as long as it does, it cannot leave it";
            return Err(Refusal::new("keeper", text));
        }
        self.change_settings(|settings| settings.cells.retain(|setting| setting.cell() != Some(cell)))?;
        if let Some(network) = self.network.get() {
            let _ = network.net.unfollow(cell).await;
        }
        self.shut(&cell).await;
        Ok(Answer::Done)
    }

    /// Looks at everything on disk of one cell, mends what can be mended, and folds the log anew.
    pub(super) async fn repair(
        self: &Arc<Self>,
        cell: CellId,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let setting = self.cell_settings().into_iter().find(|setting| setting.cell() == Some(cell));
        let setting =
            setting.ok_or_else(|| Refusal::new("unknown_cell", "this home does not follow that cell"))?;
        self.shut(&cell).await;
        MissingDetails::forget(&self.home, &cell);
        let storage: Arc<dyn Storage> = self.storage.clone();
        let node = self.node();
        let mend = move |told: &mut dyn FnMut(u64, u64)| {
            let (log, notices) = LogStore::repair(storage, cell)?;
            let (shelf, changed) = Shelf::anew(log, node, told)?;
            let mut words: Vec<String> = notices.iter().map(ToString::to_string).collect();
            if changed {
                words.push("The kept state did not fit the log and was made again from it.".to_owned());
            }
            Ok((shelf, words))
        };
        let _one = self.opening.lock().await;
        let (shelf, words) = with_progress("repair", progress, mend).await?.map_err(store)?;
        let records = shelf.shown();
        self.begin(cell, setting.card.as_deref(), shelf).await?;
        Ok(Answer::Repaired { words, records })
    }

    /// How many details there are.
    pub(super) async fn detail_counts(
        self: &Arc<Self>,
        cell: CellId,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        let count = move || {
            let shelf = open.read();
            shelf.count_details().map(|counts| (counts, shelf.is_own()))
        };
        let ((open, sealed), own) =
            tokio::task::spawn_blocking(count).await.map_err(fault)?.map_err(store)?;
        let count = |c: Count| DetailCount { held: c.held, missing: c.missing, erased: c.erased };
        Ok(Answer::DetailCounts(DetailCounts { open: count(open), sealed: count(sealed), own }))
    }

    /// Writes a static copy of a cell's log.
    pub(super) async fn export(
        self: &Arc<Self>,
        cell: CellId,
        to: PathBuf,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        if !to.is_absolute() {
            return Err(Refusal::new("bad_path", "a copy is written to an absolute path"));
        }
        let open = self.cell(cell, progress).await?;
        let records = open.read().shown();
        if records == 0 {
            return Err(Refusal::new(
                "empty",
                "nothing of this cell's log is here yet: `lifeboat sync` first",
            ));
        }
        let copy = move |told: &mut dyn FnMut(u64, u64)| {
            let shelf = open.read();
            let total = shelf.shown();
            lifeboat_store::export::export(&shelf.store, &to, &mut |done| told(done, total))
        };
        with_progress("export", progress, copy).await?.map_err(store)?;
        Ok(Answer::Exported { records })
    }
}
