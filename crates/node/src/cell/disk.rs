//! A follower's disk: a thread of its own, so that one batch is verified while the one before it is being
//! written. It writes in order, and says of each batch what came of it.

use super::shelf::Shelf;
use super::{ToCell, writing};
use crate::limits::DISK_QUEUE;
use lifeboat_log::{Record, SignedCheckpoint};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;
use tokio::sync::mpsc;

/// A batch for the disk.
pub struct Task {
    pub records: Vec<Record>,
    pub checkpoint: Option<Box<SignedCheckpoint>>,
}

/// The thread that writes.
pub struct Disk {
    tasks: Option<SyncSender<Task>>,
    thread: Option<JoinHandle<()>>,
}

impl Disk {
    /// Starts it. Each task is answered with [`ToCell::Stored`], in order.
    pub fn start(shelf: Arc<RwLock<Shelf>>, queue: mpsc::WeakSender<ToCell>) -> Self {
        let (tasks, waiting) = sync_channel::<Task>(DISK_QUEUE);
        let run = move || {
            for task in waiting {
                let stored = writing(&shelf).follow(&task.records, task.checkpoint.as_deref());
                let Some(queue) = queue.upgrade() else { return };
                if queue.blocking_send(ToCell::Stored(stored)).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("cell disk".into()).spawn(run);
        if let Err(error) = &thread {
            tracing::error!(%error, "no thread for the disk");
        }
        Self { tasks: Some(tasks), thread: thread.ok() }
    }

    /// Whether there was room for it.
    pub fn write(&self, task: Task) -> bool {
        self.tasks.as_ref().is_some_and(|tasks| tasks.try_send(task).is_ok())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
