//! The cell's thread: takes messages, hands them to the machine, and carries out what the machine asks,
//! in order. While a sync runs, what is handed in waits in the queue, and the next sync serves it all.

use super::delivering::Outbound;
use super::following::{Disk, Following};
use super::keeping::Keeping;
use super::missing::MissingDetails;
use super::shelf::Shelf;
use super::taking::Taking;
use super::{CellConfig, Facts, Outcome, Outward, ToCell, locked, reading, writing};
use crate::keys::Keys;
use crate::limits::{MAX_NOTICES, MESSAGES_AT_ONCE};
use lifeboat_log::opening::Right;
use lifeboat_log::{Position, PublicKey, Time};
use lifeboat_protocol::Refusal;
use lifeboat_protocol::takeover::Next;
use lifeboat_protocol::watch::Why;
use lifeboat_store::{Promises, Storage};
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
    /// So many records of the term it has signed, as others showed.
    signed: u64,
    /// What other homes hold, as the keeper told it.
    held: Vec<Position>,
    tips: u64,
    received: u64,
    taking: Taking,
    /// The peers that are connected.
    connected: BTreeSet<PublicKey>,
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
        if !closed && carrier.change_role() {
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
        let signed = 0;
        let taking = Taking::load(&parts);
        let connected = BTreeSet::new();
        Self { parts, role, resigned, signed, held: Vec::new(), tips: 0, received: 0, taking, connected }
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
            let here = shelf.store.chain().open().map_or(0, |open| open.tree.size());
            if shelf.store.missing().is_some() || here < self.signed {
                return;
            }
            try_keep(&self.parts, &shelf, &keys)
        };
        if let Ok(keeping) = kept {
            notice(&self.parts.facts, "This home has its whole log again, and keeps it.".to_owned());
            self.role = Role::Keeper(Box::new(keeping));
            self.resigned = false;
        }
    }

    /// Goes on with a takeover that this home proposed, or steps down after one. Says whether something is
    /// to be carried out.
    fn change_role(&mut self) -> bool {
        match &mut self.role {
            Role::Keeper(keeping) => {
                let Some(why) = keeping.stepped_down() else { return false };
                self.step_down(why);
                true
            }
            Role::Follower(following) if following.is_idle() => {
                match self.taking.next(&self.parts) {
                    Some(Next::Uncovered) => following.cut_uncovered(&self.parts),
                    Some(Next::Open(right)) => self.take_over(*right),
                    _ => return false,
                }
                true
            }
            Role::Follower(_) => false,
        }
    }

    fn take_over(&mut self, right: Right) {
        match self.taking.open(right, &self.parts) {
            Ok(call) => {
                let word = format!("This home keeps the log from now on, by a takeover: term {}.", call.term);
                notice(&self.parts.facts, word);
                self.begin_again();
            }
            Err(error) => {
                notice(&self.parts.facts, format!("The log could not be taken over: {error}."));
                self.taking.failed();
                // Whatever of it was written is found by opening the log again.
                if let Role::Follower(following) = &mut self.role {
                    following.open_again(&self.parts);
                }
                let keys = Keys::of(&self.parts.config.home);
                let kept = reading(&self.parts.shelf).is_kept_by(&self.parts.config.node, &keys);
                if kept {
                    self.begin_again();
                }
            }
        }
    }

    /// Signs nothing more, and follows.
    fn step_down(&mut self, why: Why) {
        let word = match why {
            Why::TakenOver => "The members gave the log another keeper: this home follows it from now on.",
            Why::Behind(_) => {
                "Other homes hold more than this home knows that it has signed: its disk may be an old copy. It signs nothing before it has all of that again."
            }
        };
        notice(&self.parts.facts, word.to_owned());
        let storage: Arc<dyn Storage> = self.parts.config.storage.clone();
        // Records that were placed and not signed yet are nobody's: the log is opened as it lies on disk.
        match Shelf::open_again(storage, self.parts.config.cell, self.parts.config.node, false) {
            Ok((shelf, words)) => {
                words.into_iter().for_each(|word| notice(&self.parts.facts, word));
                *writing(&self.parts.shelf) = shelf;
            }
            Err(error) => notice(&self.parts.facts, format!("The log cannot be opened: {error}.")),
        }
        self.role = follow(&self.parts);
        (self.resigned, self.signed) = match why {
            Why::TakenOver => (false, 0),
            Why::Behind(signed) => (true, signed),
        };
        self.tell_connected();
    }

    /// Takes up the role that the log gives this home now.
    fn begin_again(&mut self) {
        (self.role, self.resigned) = begin(&self.parts);
        self.tell_connected();
    }

    fn tell_connected(&mut self) {
        for peer in self.connected.clone() {
            match &mut self.role {
                Role::Keeper(keeping) => keeping.handle(ToCell::Connected(peer), &self.parts),
                Role::Follower(following) => following.handle(ToCell::Connected(peer), &self.parts),
            }
        }
    }

    /// What concerns takeovers, whatever the role. Gives back what does not.
    fn take(&mut self, message: ToCell) -> Option<ToCell> {
        match message {
            ToCell::Calls { calls, answer } => {
                self.taking.heard(&calls, &self.parts);
                if let Some(answer) = answer {
                    let _ = answer.send(self.taking.news());
                }
            }
            ToCell::Standing(asked) => drop(asked.send(self.taking.standing(&self.parts))),
            ToCell::Endorse { call, endorsement, done } => {
                let _ = done.send(self.taking.endorse(call, *endorsement, &self.parts));
            }
            ToCell::Force(done) => drop(done.send(self.taking.force())),
            other => {
                match &other {
                    ToCell::Connected(peer) => drop(self.connected.insert(*peer)),
                    ToCell::Disconnected(peer) => drop(self.connected.remove(peer)),
                    ToCell::Tick => self.taking.tick(&self.connected, &self.parts),
                    _ => {}
                }
                return Some(other);
            }
        }
        None
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
            if !more {
                return closing;
            }
        }
    }

    fn handle(&mut self, message: ToCell) {
        let Some(message) = self.take(message) else { return };
        match &message {
            ToCell::Tip { held: Some(held), .. } => {
                self.held.clone_from(held);
                self.tips += 1;
            }
            ToCell::Tip { .. } => self.tips += 1,
            ToCell::Frame { bytes, .. } => self.received += bytes,
            _ => {}
        }
        match &mut self.role {
            Role::Keeper(keeping) => keeping.handle(message, &self.parts),
            Role::Follower(following) => following.handle(message, &self.parts),
        }
    }

    fn note_facts(&mut self) {
        let mut facts = locked(&self.parts.facts);
        facts.tips = self.tips;
        facts.received = self.received;
        match &mut self.role {
            Role::Keeper(keeping) => keeping.note(&mut facts),
            Role::Follower(following) => {
                facts.held.clone_from(&self.held);
                following.note(&mut facts);
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
    let shelf = reading(&parts.shelf);
    let kept = shelf.is_kept_by(&parts.config.node, &keys);
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
    drop(shelf);
    (follow(parts), kept)
}

/// The role of a home that follows the log.
fn follow(parts: &Parts) -> Role {
    let held = reading(&parts.shelf).held_by_follower();
    let outbound = Outbound::open(parts);
    let disk = Disk::start(parts.shelf.clone(), parts.own_queue.clone());
    let missing = {
        let shelf = reading(&parts.shelf);
        MissingDetails::load(&parts.config.home, &parts.config.cell, shelf.is_own())
    };
    Role::Follower(Box::new(Following::new(&parts.config, held, outbound, disk, missing)))
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
    let held = shelf.held_by_keeper(&promises);
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
