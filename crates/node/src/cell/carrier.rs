//! The cell's thread: takes messages, hands them to the machine, and carries out what the machine asks,
//! in order. While a sync runs, what is handed in waits in the queue, and the next sync serves it all.

use super::accusing;
use super::delivering::Outbound;
use super::following::{Disk, Following};
use super::keeping::Keeping;
use super::missing::MissingDetails;
use super::shelf::Shelf;
use super::waiting::Waits;
use super::{CellConfig, Facts, Outcome, Outward, ToCell, locked, reading, succession, writing};
use crate::keys::Keys;
use crate::limits::{MAX_NOTICES, MESSAGES_AT_ONCE};
use lifeboat_log::{Handover, Position, Proven, PublicKey, Time};
use lifeboat_protocol::Refusal;
use lifeboat_protocol::limits::MAX_MISCONDUCT_FILES;
use lifeboat_store::evidence::may_prove;
use lifeboat_store::{BadEvidence, Promises, Storage};
use std::collections::BTreeSet;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, RwLock};
use tokio::sync::mpsc;

/// What a cell's thread is made of.
pub struct Parts {
    pub config: CellConfig,
    pub shelf: Arc<RwLock<Shelf>>,
    pub facts: Arc<Mutex<Facts>>,
    pub own_queue: mpsc::WeakSender<ToCell>,
    pub outward: mpsc::Sender<Outward>,
}

/// What this home is to the cell.
enum Role {
    Keeper(Box<Keeping>),
    Follower(Box<Following>),
}

/// The thread's own things.
pub struct Carrier {
    pub parts: Parts,
    role: Role,
    /// This home is named as the keeper and cannot go on yet: its log lacks what it has signed.
    resigned: bool,
    /// What other homes hold, as the keeper told it.
    held: Vec<Position>,
    tips: u64,
    /// The most that the keeper was told of what is held here.
    told: Position,
    received: u64,
    /// The peers that are connected.
    connected: BTreeSet<PublicKey>,
    /// Misconduct files of a term that the log here does not reach yet.
    later: Vec<Vec<u8>>,
}

/// Runs a cell until it is closed.
pub fn run(parts: Parts, mut messages: mpsc::Receiver<ToCell>, ready: &SyncSender<()>) {
    let mut carrier = Carrier::new(parts);
    carrier.settle(&mut messages);
    carrier.note_facts();
    let _ = ready.send(());
    while let Some(message) = messages.blocking_recv() {
        if matches!(message, ToCell::Close) {
            break;
        }
        carrier.handle(message);
        let mut closed = carrier.settle(&mut messages);
        if !closed && carrier.resigned {
            carrier.keep_again();
            closed = carrier.settle(&mut messages);
        }
        carrier.note_facts();
        if closed {
            break;
        }
    }
    // The disk's thread must not wait for room in a queue that nobody empties.
    drop(messages);
    carrier.close();
}

impl Carrier {
    fn new(parts: Parts) -> Self {
        let (role, resigned) = begin(&parts);
        let (held, connected, later) = (Vec::new(), BTreeSet::new(), Vec::new());
        let (tips, told, received) = (0, Position(0), 0);
        Self { parts, role, resigned, held, tips, told, received, connected, later }
    }

    /// Takes the keeping up again once the replicas have given back what was lost.
    fn keep_again(&mut self) {
        let level = matches!(&self.role, Role::Follower(following) if following.is_level());
        if !(self.resigned && level) {
            return;
        }
        let kept = {
            let keys = Keys::of(&self.parts.config.home);
            let shelf = reading(&self.parts.shelf);
            if shelf.store.missing().is_some() {
                return;
            }
            try_keep(&self.parts, &shelf, &keys)
        };
        if let Ok(keeping) = kept {
            notice(&self.parts.facts, "This home has its whole log again, and keeps it.".to_owned());
            self.role = Role::Keeper(Box::new(keeping));
            self.resigned = false;
            for peer in self.connected.clone() {
                self.handle(ToCell::Connected(peer));
            }
        }
    }

    /// Takes what waits in the queue and carries out what is asked, until there is nothing to do. True
    /// when the cell is to be closed.
    fn settle(&mut self, messages: &mut mpsc::Receiver<ToCell>) -> bool {
        let mut closing = false;
        loop {
            for _ in 0..MESSAGES_AT_ONCE {
                match messages.try_recv() {
                    Ok(ToCell::Close) => closing = true,
                    Ok(message) => self.handle(message),
                    Err(_) => break,
                }
            }
            let parts = &self.parts;
            let more = match &mut self.role {
                Role::Keeper(keeping) => keeping.carry_one(parts),
                Role::Follower(following) => following.carry_one(parts),
            };
            if !more && !self.change_role() {
                return closing;
            }
        }
    }

    /// Takes up what a handover makes of this home: a keeper that has left follows, and the next one keeps.
    /// Whether anything changed.
    fn change_role(&mut self) -> bool {
        let parts = &self.parts;
        let changed = match &mut self.role {
            Role::Keeper(keeping) => keeping.has_left(),
            Role::Follower(following) => match following.take_over(parts) {
                Some(handover) => {
                    let opened = succession::open_term(parts, &handover);
                    if let Err(error) = &opened {
                        notice(
                            &parts.facts,
                            format!("The log that was handed over cannot be kept: {error}."),
                        );
                    }
                    opened.is_ok()
                }
                None => false,
            },
        };
        if changed {
            (self.role, self.resigned) = begin(parts);
            // The new role has not heard who is there.
            for peer in self.connected.clone() {
                self.handle(ToCell::Connected(peer));
            }
        }
        changed
    }

    fn handle(&mut self, message: ToCell) {
        match &message {
            ToCell::Tip { held, checkpoint, .. } => {
                if let Some(held) = held {
                    self.held.clone_from(held);
                }
                self.tips += 1;
                if let Some(proven) = accusing::told(&self.parts, checkpoint) {
                    self.stop(&proven);
                }
            }
            ToCell::Connected(peer) => {
                self.connected.insert(*peer);
                let _ = self.parts.outward.try_send(Outward::AskMisconduct(*peer));
            }
            ToCell::Misconduct { peer, files } => self.accused(*peer, files),
            ToCell::Told(next) => self.told = self.told.max(*next),
            ToCell::Frame { bytes, .. } => self.received += bytes,
            ToCell::Disconnected(peer) => drop(self.connected.remove(peer)),
            _ => {}
        }
        let stored = matches!(&message, ToCell::Stored(Ok(_)));
        match &mut self.role {
            Role::Keeper(keeping) => keeping.handle(message, &self.parts),
            Role::Follower(following) => following.handle(message, &self.parts),
        }
        if stored && !self.later.is_empty() {
            let files = std::mem::take(&mut self.later);
            self.accused(None, &files);
        }
    }

    /// Takes misconduct files that others hold.
    fn accused(&mut self, peer: Option<PublicKey>, files: &[Vec<u8>]) {
        for file in files {
            match accusing::take(&self.parts, file) {
                Ok(Some(proven)) => self.stop(&proven),
                Ok(None) => {}
                Err(BadEvidence::Misconduct(bad)) => {
                    if let (Some(peer), Role::Follower(following)) = (peer, &mut self.role) {
                        following.false_evidence(peer, bad.name());
                    }
                }
                Err(BadEvidence::UnknownTerm(_)) if may_prove(self.parts.config.cell, file) => {
                    if self.later.len() < MAX_MISCONDUCT_FILES && !self.later.contains(file) {
                        self.later.push(file.clone());
                    }
                }
                Err(error) => tracing::debug!(%error, "a misconduct file was not kept"),
            }
        }
    }

    /// What follows from a proof: no more of that term is taken, and who kept it does so no more.
    fn stop(&mut self, proven: &Proven) {
        let (term, before) = (proven.origin.term, proven.fault.before());
        match &mut self.role {
            Role::Follower(following) => following.stop(term, before),
            Role::Keeper(_) => {
                (self.role, self.resigned) = begin(&self.parts);
                // The new role has not heard who is there.
                for peer in self.connected.clone() {
                    self.handle(ToCell::Connected(peer));
                }
            }
        }
    }

    fn note_facts(&mut self) {
        let mut facts = locked(&self.parts.facts);
        facts.tips = self.tips;
        facts.told = self.told;
        facts.received = self.received;
        match &mut self.role {
            Role::Keeper(keeping) => keeping.note(&mut facts),
            Role::Follower(following) => {
                facts.held.clone_from(&self.held);
                following.note(&mut facts, &self.parts);
            }
        }
    }

    fn close(self) {
        match self.role {
            Role::Keeper(keeping) => keeping.close(&self.parts),
            Role::Follower(following) => following.close(&self.parts),
        }
        writing(&self.parts.shelf).close();
    }
}

/// What this home is to the cell, judged by the log and the keys that are here.
fn begin(parts: &Parts) -> (Role, bool) {
    let keys = Keys::of(&parts.config.home);
    let leaving = go_on_with_handover(parts, &keys);
    let shelf = reading(&parts.shelf);
    let stopped = shelf.is_stopped();
    let kept = shelf.is_kept_by(&parts.config.node, &keys) && !stopped;
    if kept {
        match try_keep(parts, &shelf, &keys) {
            Ok(mut keeping) => {
                drop(shelf);
                keeping.take_outbox(parts);
                return (Role::Keeper(Box::new(keeping)), false);
            }
            Err(reason) => notice(&parts.facts, reason),
        }
    }
    let (held, stops) = (shelf.held_by_follower(), shelf.stops());
    let missing = MissingDetails::load(&parts.config.home, &parts.config.cell, shelf.is_own());
    drop(shelf);
    let outbound = Outbound::open(parts);
    let waits = Waits::open(parts);
    let disk = Disk::start(parts.shelf.clone(), parts.own_queue.clone());
    let mut following = Following::new(&parts.config, held, outbound, waits, disk, missing).leaving(leaving);
    stops.into_iter().for_each(|(term, before)| following.stop(term, before));
    (Role::Follower(Box::new(following)), kept)
}

/// Goes on where a handover was interrupted: the old term key is erased, and the term is opened where this
/// home keeps it. Gives the handover that is still to be sent to another.
fn go_on_with_handover(parts: &Parts, keys: &Keys) -> Option<Handover> {
    let read = succession::signed(parts, &reading(&parts.shelf));
    let handover = match read {
        Ok(handover) => handover?,
        Err(error) => {
            notice(&parts.facts, error);
            return None;
        }
    };
    let old = reading(&parts.shelf).store.chain().open().map(|open| open.opening.term_key);
    if let Some(Err(error)) = old.map(|old| keys.erase_term(&old)) {
        notice(
            &parts.facts,
            format!("The key of the term that was handed over could not be erased: {error}."),
        );
    }
    if handover.opening.node != parts.config.node {
        return Some(handover);
    }
    if !keys.has_term(&handover.opening.term_key) {
        let words = "The key of the next term is not in this home, so nobody can go on with the log: put it back from a backup, or take the log over.";
        notice(&parts.facts, words.to_owned());
        return None;
    }
    if let Err(error) = succession::open_term(parts, &handover) {
        notice(&parts.facts, format!("The next term of the log cannot be opened: {error}."));
    }
    None
}

fn try_keep(parts: &Parts, shelf: &Shelf, keys: &Keys) -> Result<Keeping, String> {
    let storage: Arc<dyn Storage> = parts.config.storage.clone();
    let promises = Promises::open(storage, parts.config.cell).map_err(|e| e.to_string())?;
    if let Some(missing) = shelf.store.missing() {
        return Err(format!(
            "This home signed a checkpoint of {} records and has lost some of them: fetch them from a replica (lifeboat sync).",
            missing.size
        ));
    }
    let open = shelf.store.chain().open().ok_or("the log is empty")?;
    let term_key = keys.term(&open.opening.term_key).map_err(|e| e.to_string())?;
    let held = shelf.held_by_keeper(&promises)?;
    Keeping::new(&parts.config, term_key, held, promises).map_err(|e| e.to_string())
}

/// A word to the person, each once.
pub fn notice(facts: &Mutex<Facts>, words: String) {
    tracing::warn!("{words}");
    let mut facts = locked(facts);
    if facts.notices.len() < MAX_NOTICES && !facts.notices.contains(&words) {
        facts.notices.push(words);
    }
}

/// The outcome for an entry that was handed to a home of the wrong role.
pub fn not_keeper() -> Outcome {
    Outcome::Refused(Refusal::new(Refusal::NOT_KEEPER))
}

/// The moment, by this machine's clock.
pub fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Time::from_ms(since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}

/// A fresh random number to spread waits and choices; the time where the system gives none.
pub fn entropy() -> u64 {
    getrandom::u64().unwrap_or_else(|_| now().ms())
}
