//! Carrying a follower: its questions to peers, its records to the disk. The disk has a thread of its
//! own, so that one batch is verified while the one before it is being written.

use super::carrier::{Parts, entropy, not_keeper, notice, now};
use super::delivering::Outbound;
use super::missing::MissingDetails;
use super::shelf::{Shelf, Stored};
use super::{CellConfig, Facts, Outward, ToCell, reading, writing};
use crate::fold::LogHistory;
use crate::limits::{DETAILS_STRETCHES, DISK_QUEUE};
use lifeboat_log::{PublicKey, Record, SignedCheckpoint, Term};
use lifeboat_protocol::follower::{Effect, Event, Follower, Held, StreamId};
use lifeboat_protocol::message::term_of_note;
use lifeboat_protocol::takeover::{Opened, judge};
use lifeboat_store::{Storage, StoreError};
use std::collections::{BTreeSet, VecDeque};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// A follower and what it waits for.
pub struct Following {
    follower: Follower,
    outbound: Outbound,
    disk: Disk,
    effects: VecDeque<Effect>,
    /// Who waits for leave to give the next frame.
    next: Option<(StreamId, oneshot::Sender<()>)>,
    reopen: bool,
    /// The peers that are connected.
    connected: BTreeSet<PublicKey>,
    missing: MissingDetails,
}

/// A batch for the disk.
struct Task {
    records: Vec<Record>,
    checkpoint: Option<Box<SignedCheckpoint>>,
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

    fn write(&self, task: Task) -> bool {
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

impl Following {
    pub fn new(
        config: &CellConfig,
        held: Held,
        outbound: Outbound,
        disk: Disk,
        missing: MissingDetails,
    ) -> Self {
        let follower = Follower::new(config.node, held);
        let (effects, next, reopen, connected) = (VecDeque::new(), None, false, BTreeSet::new());
        Self { follower, outbound, disk, effects, next, reopen, connected, missing }
    }

    /// Whether no connected peer says to hold more, and one is connected.
    pub fn is_level(&self) -> bool {
        !self.connected.is_empty() && self.follower.is_level() && self.follower.furthest().is_some()
    }

    pub fn handle(&mut self, message: ToCell, parts: &Parts) {
        match message {
            ToCell::Place { outcome, .. } => drop(outcome.send(not_keeper())),
            ToCell::Deliver { entry, details, outcome } => {
                // Who wrote a text can read it at once, and needs nobody to send it back.
                if let Err(error) = writing(&parts.shelf).keep_named(&details, &entry.details) {
                    tracing::warn!(%error, "own details could not be kept; they are asked for later");
                }
                self.outbound.deliver(*entry, details, outcome, parts);
            }
            ToCell::Forget(id) => self.outbound.forget(id, parts),
            ToCell::Connected(peer) => {
                self.connected.insert(peer);
                self.outbound.connected(peer, parts);
                self.feed(Event::Connected(peer));
            }
            ToCell::Disconnected(peer) => {
                self.connected.remove(&peer);
                self.outbound.disconnected(peer, parts);
                self.feed(Event::Disconnected(peer));
            }
            ToCell::Tip { peer, checkpoint, held } => {
                // What homes hold of an era that is over here says nothing.
                let own = self.follower.chain().open().map(|open| open.term.era());
                if let Some(held) = held
                    && term_of_note(&checkpoint).map(Term::era) >= own
                {
                    self.outbound.held(held, parts);
                }
                self.feed(Event::Tip { peer, checkpoint });
            }
            ToCell::AskFailed(peer) => self.feed(Event::AskFailed(peer)),
            ToCell::Frame { stream, frame, next, .. } => {
                self.feed(Event::Frame { stream, frame });
                self.next = Some((stream, next));
            }
            ToCell::Closed(stream) => {
                self.next = self.next.take().filter(|(waiting, _)| *waiting != stream);
                self.feed(Event::Closed(stream));
            }
            ToCell::Details { peer, details } => self.feed(Event::Details { peer, details }),
            ToCell::Offered { id, peer, response } => self.outbound.answered(id, peer, response, parts),
            ToCell::Stored(Ok(Stored { unjust: Some(reason), .. })) => self.feed(Event::Unjust(reason)),
            ToCell::Stored(Ok(stored)) => {
                self.missing.stored(&stored);
                self.missing.is_own(reading(&parts.shelf).is_own());
                if let Some((term, from)) = stored.opened {
                    self.outbound.cut_back(term, from, parts);
                }
                self.feed(Event::Persisted { missing: stored.missing });
                if !stored.gone.is_empty() {
                    self.feed(Event::Gone(stored.gone));
                }
                self.outbound.stored(&stored.entries, self.follower.chain(), parts);
            }
            ToCell::Stored(Err(error)) => {
                notice(&parts.facts, format!("This home could not write to its disk: {error}."));
                self.feed(Event::DiskFailed);
            }
            ToCell::Tick => self.tick(parts),
            ToCell::Opening { peer, record } => {
                let opened = judge_opening(record.as_deref(), parts);
                self.feed(Event::Opening { peer, opened });
            }
            // The rest is for keepers, or for whoever carries both.
            _ => {}
        }
    }

    /// Carries out the oldest thing that the follower asks. False when there is none.
    pub fn carry_one(&mut self, parts: &Parts) -> bool {
        let Some(effect) = self.effects.pop_front() else {
            self.let_next_come();
            return false;
        };
        match effect {
            Effect::AskTip(peer) => self.out(parts, Outward::AskTip(peer)),
            Effect::OpenRange { stream, peer, ask } => {
                self.out(parts, Outward::OpenRange { stream, peer, ask });
            }
            Effect::CloseRange(stream) => {
                self.next = self.next.take().filter(|(waiting, _)| *waiting != stream);
                self.out(parts, Outward::CloseRange(stream));
            }
            Effect::AskDetails { peer, hashes } => self.out(parts, Outward::AskDetails { peer, hashes }),
            Effect::Have { peer, next } => self.out(parts, Outward::Have { peer, next }),
            Effect::Persist { records, checkpoint } => {
                if !self.disk.write(Task { records, checkpoint }) {
                    self.feed(Event::DiskFailed);
                }
            }
            Effect::Reopen => self.open_anew(parts, false),
            Effect::CutTail => self.open_anew(parts, true),
            Effect::AskOpening(peer) => {
                let era = self.follower.chain().open().map_or(0, |open| open.term.era());
                self.out(parts, Outward::AskOpening { peer, era });
            }
            Effect::CutBack(base) => self.go_back(&base, parts),
            Effect::KeepDetails(details) => {
                let kept = writing(&parts.shelf).keep_open(&details);
                note_kept(kept);
            }
            Effect::KeepSealed(details) => {
                let kept = writing(&parts.shelf).keep_sealed(&details);
                note_kept(kept);
            }
            Effect::PutAside { peer, fault } => {
                notice(&parts.facts, format!("The node {peer} was put aside: {fault}."));
            }
            Effect::Alarm(alarm) => notice(&parts.facts, alarm_words(&alarm)),
        }
        true
    }

    pub fn note(&mut self, facts: &mut Facts) {
        facts.keeper = false;
        facts.keeper_node = self.follower.keeper();
        facts.level = self.follower.is_level();
        facts.pending = 0;
        let unsearched = !self.missing.is_done(self.follower.chain().next());
        facts.wanted = self.follower.wanted() + usize::from(unsearched);
        facts.waiting = self.outbound.waiting();
        let open = self.follower.chain().open().map(|open| (open.term, open.tree.size()));
        facts.behind = match (self.follower.furthest(), open) {
            (Some((term, size)), Some((own, held))) if term == own => size.saturating_sub(held),
            (Some((_, size)), _) => size,
            _ => 0,
        };
    }

    /// Waits until the disk is done.
    pub fn close(self, parts: &Parts) {
        drop(self.disk);
        self.missing.save(&parts.config.home, &parts.config.cell);
    }

    fn feed(&mut self, event: Event) {
        self.effects.extend(self.follower.handle(event, now(), entropy()));
    }

    fn out(&mut self, parts: &Parts, outward: Outward) {
        if let Err(full) = parts.outward.try_send(outward) {
            tracing::debug!("the network is busy: {full}");
        }
    }

    /// Lets the next frame come when there is room for it.
    fn let_next_come(&mut self) {
        if self.follower.wants_frame()
            && let Some((_, next)) = self.next.take()
        {
            let _ = next.send(());
        }
    }

    fn tick(&mut self, parts: &Parts) {
        if std::mem::take(&mut self.reopen) {
            self.effects.push_back(Effect::Reopen);
        }
        self.look_for_details(parts);
        self.outbound.tick(parts);
        self.feed(Event::Tick);
    }

    /// Tells the follower of details that the log names and that are not here, a stretch at a time, while
    /// there is somebody to ask.
    fn look_for_details(&mut self, parts: &Parts) {
        if self.connected.is_empty() || self.follower.wanted() > 0 {
            return;
        }
        for _ in 0..DETAILS_STRETCHES {
            match self.missing.look(&reading(&parts.shelf)) {
                Ok(missing) if missing.is_empty() => {}
                Ok(missing) => return self.feed(Event::Missing(missing)),
                Err(error) => return tracing::warn!(%error, "missing details could not be looked for"),
            }
            if self.missing.is_done(self.follower.chain().next()) {
                return;
            }
        }
    }

    /// Whether nothing is being asked of the disk.
    pub fn is_idle(&self) -> bool {
        self.effects.is_empty() && self.follower.is_idle() && !self.reopen
    }

    /// Opens the log again after a failed writing.
    pub fn open_again(&mut self, parts: &Parts) {
        self.open_anew(parts, false);
    }

    /// Cuts off what the log's checkpoint does not cover.
    pub fn cut_uncovered(&mut self, parts: &Parts) {
        self.open_anew(parts, true);
    }

    /// Goes back to the base of a takeover; what stood past it is delivered again.
    fn go_back(&mut self, base: &SignedCheckpoint, parts: &Parts) {
        let storage: Arc<dyn Storage> = parts.config.storage.clone();
        match Shelf::go_back(storage, parts.config.cell, parts.config.node, base) {
            Ok((shelf, words, back)) => {
                words.into_iter().for_each(|word| notice(&parts.facts, word));
                self.missing.cut_back(shelf.store.chain().next());
                let held = shelf.held_by_follower();
                *writing(&parts.shelf) = shelf;
                self.feed(Event::Reopened(Box::new(held)));
                self.outbound.give_back(back, parts);
            }
            Err(error) => {
                notice(&parts.facts, format!("The log cannot be cut back: {error}."));
                self.reopen = true;
            }
        }
    }

    /// Opens the log anew, with its uncovered end cut off where that is asked.
    fn open_anew(&mut self, parts: &Parts, cut: bool) {
        let storage: Arc<dyn Storage> = parts.config.storage.clone();
        match Shelf::open_again(storage, parts.config.cell, parts.config.node, cut) {
            Ok((shelf, words)) => {
                words.into_iter().for_each(|word| notice(&parts.facts, word));
                let held = shelf.held_by_follower();
                *writing(&parts.shelf) = shelf;
                self.feed(Event::Reopened(Box::new(held)));
            }
            Err(error) => {
                notice(&parts.facts, format!("The log cannot be opened: {error}."));
                self.reopen = true;
            }
        }
    }
}

/// A word to the machine room where details could not be kept.
pub fn note_kept(kept: Result<(), StoreError>) {
    if let Err(error) = kept {
        tracing::warn!(%error, "details could not be kept; they are asked for again later");
    }
}

/// Judges a peer's opening of a later era on the log here.
pub fn judge_opening(record: Option<&[u8]>, parts: &Parts) -> Opened {
    let Some(bytes) = record else { return Opened::NotHeld };
    let shelf = reading(&parts.shelf);
    let open = shelf.store.chain().open().map_or(Term::FIRST, |open| open.term);
    judge(parts.config.cell, open, bytes, &LogHistory(&shelf.store))
}

fn alarm_words(alarm: &lifeboat_protocol::follower::Alarm) -> String {
    let proven = if alarm.is_misconduct() {
        "this proves that the keeper signed two different logs"
    } else {
        "one of the two logs is not the cell's"
    };
    format!(
        "ALARM: the node {} holds a signed checkpoint of {} records that contradicts the log here; {proven}. Compare with other homes of the cell before you trust either.",
        alarm.peer, alarm.other.size
    )
}
