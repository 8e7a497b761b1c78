//! The cell's thread: takes messages, hands them to the machine, and carries out what the machine asks,
//! in order. While a sync runs, what is handed in waits in the queue, and the next sync serves it all.

use super::facts::{changed, notice};
use super::role::{Role, begin, follow, try_keep};
use super::shelf::Shelf;
use super::taking::Taking;
use super::{CellConfig, Facts, Outcome, Outward, ToCell, locked, reading, succession, writing};
use super::{accusing, asking};
use crate::keys::Keys;
use crate::limits::MESSAGES_AT_ONCE;
use lifeboat_log::opening::Right;
use lifeboat_log::{Call, Position, Proven, PublicKey, Term, Time};
use lifeboat_protocol::limits::MAX_MISCONDUCT_FILES;
use lifeboat_protocol::takeover::{Next, base_note};
use lifeboat_protocol::watch::Why;
use lifeboat_protocol::{Inquiry, Refusal};
use lifeboat_store::evidence::may_prove;
use lifeboat_store::{BadEvidence, Storage};
use std::collections::BTreeSet;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, RwLock};
use tokio::sync::mpsc;

/// What a cell's thread is made of.
pub struct Parts {
    pub config: CellConfig,
    pub shelf: Arc<RwLock<Shelf>>,
    pub facts: Arc<Mutex<Facts>>,
    /// What is asked at the start, before this home signs.
    pub inquiry: Mutex<Inquiry>,
    pub own_queue: mpsc::WeakSender<ToCell>,
    pub outward: mpsc::Sender<Outward>,
}

/// The thread's own things.
pub struct Carrier {
    pub parts: Parts,
    role: Role,
    /// This home is named as the keeper and cannot go on yet: its log lacks what it has signed.
    resigned: bool,
    /// So many records of which term it has signed, as others showed.
    signed: (Term, u64),
    /// What other homes hold, as the keeper told it.
    held: Vec<Position>,
    tips: u64,
    /// The most that the keeper was told of what is held here.
    told: Position,
    received: u64,
    taking: Taking,
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
        if !closed && (carrier.resigned || carrier.has_come_to_keep()) {
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
        let (signed, tips, told, received) = ((Term::FIRST, 0), 0, Position(0), 0);
        let taking = Taking::load(&parts);
        Self { parts, role, resigned, signed, held, tips, told, received, taking, connected, later }
    }

    /// Whether this home has followed up to a term that it keeps itself: its disk was lost, and its keys were
    /// not. Who has kept a term in this process and laid it down does not take it up again.
    fn has_come_to_keep(&mut self) -> bool {
        // Asked at every message: the shelf, which the disk may hold for long, only where it matters.
        let node = self.parts.config.node;
        let named = matches!(&self.role, Role::Follower(following) if following.is_kept_by(&node));
        self.resigned = named && !locked(&self.parts.inquiry).is_over() && {
            let shelf = reading(&self.parts.shelf);
            !shelf.is_stopped() && shelf.is_kept_by(&node, &Keys::of(&self.parts.config.home))
        };
        self.resigned
    }

    /// Takes the keeping up again once the replicas have given back what was lost.
    fn keep_again(&mut self) {
        // What peers say and nobody has signed holds up no keeper: what counts is what they have shown.
        let idle = matches!(&self.role, Role::Follower(following) if following.is_idle());
        if !(self.resigned && idle && asking::may_sign(&self.parts)) {
            return;
        }
        let kept = {
            let keys = Keys::of(&self.parts.config.home);
            let shelf = reading(&self.parts.shelf);
            let open = shelf.store.chain().open();
            let here = open.map_or((Term::FIRST, 0), |open| (open.term, open.tree.size()));
            if shelf.store.missing().is_some() || here < self.signed {
                return;
            }
            try_keep(&self.parts, &shelf, &keys)
        };
        if let Ok(keeping) = kept {
            if self.signed.1 > 0 {
                changed(&self.parts.facts, "This home has its whole log again, and keeps it.".to_owned());
            }
            self.close_stream();
            self.role = Role::Keeper(Box::new(keeping));
            (self.resigned, self.signed) = (false, (Term::FIRST, 0));
            for peer in self.connected.clone() {
                self.handle(ToCell::Connected(peer));
            }
        }
    }

    fn take_over(&mut self, call: Call, right: Right) {
        match self.taking.open(call, right, &self.parts) {
            Ok(()) => {
                locked(&self.parts.inquiry).end(); // nothing was signed in a term that opens just now
                let word = format!("This home keeps the log from now on, by a takeover: term {}.", call.term);
                self.begin_again();
                changed(&self.parts.facts, word);
            }
            Err(error) => {
                notice(&self.parts.facts, format!("The log could not be taken over: {error}."));
                self.taking.failed();
                // Whatever of it was written is found by opening the log again, now or later.
                let Role::Follower(following) = &mut self.role else { return };
                let opened = following.open_again(&self.parts);
                let keys = Keys::of(&self.parts.config.home);
                let kept = reading(&self.parts.shelf).is_kept_by(&self.parts.config.node, &keys);
                if opened && kept {
                    self.begin_again();
                }
                self.resigned |= !opened;
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
        changed(&self.parts.facts, word.to_owned());
        if why == Why::TakenOver {
            self.taking.replaced(self.open_term());
        }
        (self.resigned, self.signed) = match why {
            Why::TakenOver => (false, (Term::FIRST, 0)),
            Why::Behind(signed) => (true, (self.open_term(), signed)),
        };
        self.lay_down();
    }

    /// Follows from now on, from what is on the disk.
    fn lay_down(&mut self) {
        let storage: Arc<dyn Storage> = self.parts.config.storage.clone();
        // Records that were placed and not signed yet are nobody's: the log is opened as it lies on disk.
        match Shelf::open_again(storage, self.parts.config.cell, self.parts.config.node, false) {
            Ok((shelf, words)) => {
                words.into_iter().for_each(|word| notice(&self.parts.facts, word));
                *writing(&self.parts.shelf) = shelf;
            }
            Err(error) => notice(&self.parts.facts, format!("The log cannot be opened: {error}.")),
        }
        self.role = follow(&self.parts, None);
        self.tell_connected();
    }

    /// Takes up the role that the log gives this home now.
    fn begin_again(&mut self) {
        locked(&self.parts.facts).changed = None;
        self.close_stream();
        (self.role, self.resigned) = begin(&self.parts);
        self.tell_connected();
    }

    fn close_stream(&self) {
        if let Role::Follower(following) = &self.role
            && let Some(stream) = following.stream()
        {
            let _ = self.parts.outward.try_send(Outward::CloseRange(stream));
        }
    }

    fn open_term(&self) -> Term {
        reading(&self.parts.shelf).store.chain().open().map_or(Term::FIRST, |open| open.term)
    }

    /// What a peer shows under this home's own signature is not to be signed again otherwise, though it hold
    /// more than this home has, or be gone before the rest is fetched.
    fn note_signed(&mut self, checkpoint: &[u8]) {
        if !self.resigned {
            return;
        }
        let shelf = reading(&self.parts.shelf);
        let open = shelf.store.chain().open();
        let signed = open.and_then(|open| open.verify(self.parts.config.cell, checkpoint).ok());
        if let Some(signed) = signed {
            self.signed = self.signed.max((signed.origin.term, signed.size));
        }
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
                    let _ = answer.send(self.taking.news(&self.parts));
                }
            }
            ToCell::Standing(asked) => drop(asked.send(self.taking.standing(&self.parts))),
            ToCell::Endorse { call, endorsement, done } => {
                let _ = done.send(self.taking.endorse(call, *endorsement, &self.parts));
            }
            ToCell::Force(done) => drop(done.send(self.taking.force())),
            ToCell::Recall { asker, nonce, answer } => {
                let _ = answer.send(asking::answer(&self.parts, &self.taking, &asker, &nonce));
            }
            ToCell::Recalled { peer, recalled } => {
                self.taking.heard(&recalled.calls, &self.parts);
                let recalled_all = asking::recall(&self.parts, &recalled);
                let checkpoint = recalled.checkpoint.to_vec();
                self.handle(ToCell::Tip { peer, checkpoint, held: None });
                if recalled_all {
                    asking::answered(&self.parts, &peer, &recalled);
                }
            }
            other => {
                if matches!(other, ToCell::Tick) {
                    asking::ask(&self.parts);
                    self.taking.tick(&self.connected, &self.parts);
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
            if !more && !self.change_role() {
                return closing;
            }
        }
    }

    /// Takes up what a handover or takeover makes of this home: a keeper that has left follows, and the next
    /// one keeps.
    /// Whether anything changed.
    fn change_role(&mut self) -> bool {
        let parts = &self.parts;
        let changed = match &mut self.role {
            Role::Keeper(keeping) => {
                let Some(why) = keeping.stepped_down() else { return self.has_left() || self.makes_way() };
                self.step_down(why);
                return true;
            }
            Role::Follower(following) => match following.take_over(parts) {
                Some(handover) => {
                    let opened = succession::open_term(parts, &handover);
                    if let Err(error) = &opened {
                        notice(
                            &parts.facts,
                            format!("The log that was handed over cannot be kept: {error}."),
                        );
                    }
                    locked(&parts.inquiry).end(); // nothing was signed in a term that opens just now
                    opened.is_ok()
                }
                None => return self.go_on_with_call(),
            },
        };
        if changed {
            self.begin_again();
        }
        changed
    }

    /// A keeper that has handed the log over follows.
    fn has_left(&mut self) -> bool {
        let left = matches!(&mut self.role, Role::Keeper(keeping) if keeping.has_left());
        if left {
            self.begin_again();
        }
        left
    }

    /// A keeper whose own call of a later era has all that it needs lays its term down for it: the highest era
    /// counts, and the witnesses cosign nothing of this one any more.
    fn makes_way(&mut self) -> bool {
        let opens = matches!(self.taking.next(&self.parts), Some((_, Next::Open(_))));
        if opens {
            self.resigned = true; // until the later era is open
            self.lay_down();
        }
        opens
    }

    /// Goes on with a takeover that this home proposed.
    fn go_on_with_call(&mut self) -> bool {
        let Role::Follower(following) = &mut self.role else { return false };
        if !following.is_idle() {
            return false;
        }
        match self.taking.next(&self.parts) {
            Some((_, Next::Uncovered)) => following.cut_uncovered(&self.parts),
            Some((call, Next::Open(right))) => self.take_over(call, *right),
            _ => return false,
        }
        true
    }

    fn handle(&mut self, message: ToCell) {
        let Some(message) = self.take(message) else { return };
        match &message {
            ToCell::Tip { held, checkpoint, .. } => {
                if let Some(held) = held {
                    self.held.clone_from(held);
                }
                self.tips += 1;
                self.note_signed(checkpoint);
                if let Some(proven) = accusing::told(&self.parts, checkpoint) {
                    self.stop(&proven);
                }
            }
            ToCell::Connected(peer) => {
                self.connected.insert(*peer);
                locked(&self.parts.inquiry).connected(*peer);
                asking::ask(&self.parts);
                let _ = self.parts.outward.try_send(Outward::AskMisconduct(*peer));
            }
            ToCell::Opening { record: Some(record), .. } => {
                let base = base_note(self.parts.config.cell, record);
                if let Some(proven) = base.and_then(|base| accusing::told(&self.parts, &base)) {
                    self.stop(&proven);
                }
            }
            ToCell::Misconduct { peer, files } => self.accused(*peer, files),
            ToCell::Told(next) => self.told = self.told.max(*next),
            ToCell::Frame { bytes, .. } => self.received += bytes,
            ToCell::Disconnected(peer) => {
                self.connected.remove(peer);
                locked(&self.parts.inquiry).disconnected(peer);
            }
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
            Role::Keeper(_) => self.begin_again(),
        }
    }

    fn note_facts(&mut self) {
        // Nobody may wait for the shelf while holding the facts: who reads the shelf looks at the facts.
        let asks = asking::lacks_now(&self.parts);
        let mut facts = locked(&self.parts.facts);
        facts.tips = self.tips;
        facts.told = self.told;
        facts.received = self.received;
        facts.asks = asks.unwrap_or(facts.asks);
        facts.called = self.taking.is_called();
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
