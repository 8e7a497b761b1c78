//! The follower: the machine that keeps a verified copy of a cell's log. It learns of checkpoints, asks a
//! peer for the records it lacks from where it stands, verifies every batch to its last signature and to
//! the signed checkpoint, and only then hands it to the disk. What is durable is never asked for again;
//! an interruption costs the batch that was on its way.
//!
//! What it must never do: keep a record that is not proven under a checkpoint that the term's key signed,
//! or believe one peer more than another. For a log of which it holds nothing, the founding record is
//! checked against the cell's id, and names the key.
//!
//! ```text
//! Connected ─> AskTip ─Tip─> OpenRange ─Frame*─> Persist ─Persisted─> Have
//!                                  └─ what does not verify: PutAside; a broken stream: another peer, later
//! ```

mod cosigning;
mod event;
mod peers;
mod rivals;
mod session;
#[cfg(test)]
mod tests;

use crate::limits::{ASIDE_MS, DECEIVED_MS, MAX_EVIDENCE, MAX_PERSISTS, MAX_STOPS};
use crate::planted::{Bug, Planted};
use crate::range::RangeAsk;
use crate::seeker::Seeker;
pub use event::{Alarm, Effect, Event, Fault, Held, StreamId};
use lifeboat_log::note::Note;
use lifeboat_log::{
    BadCheckpoint, Call, CellId, Chain, Checkpoint, DetailRef, Position, PublicKey, SignedCheckpoint, Term,
    Time,
};
use peers::Peers;
use session::Session;
use std::collections::{BTreeMap, VecDeque};

/// The machine.
pub struct Follower {
    own: PublicKey,
    /// What is durable.
    chain: Chain,
    held: Option<SignedCheckpoint>,
    /// What is on its way to the disk, oldest first: where the log stands after it.
    persists: VecDeque<(Chain, Option<SignedCheckpoint>)>,
    reopening: bool,
    peers: Peers,
    session: Option<Session>,
    streams: u64,
    seeker: Seeker,
    evidence: Vec<Alarm>,
    /// How many records of a term stand before the misconduct of its key.
    stops: BTreeMap<Term, u64>,
    /// Who sent what is on its way to the disk.
    server: Option<PublicKey>,
    /// The highest era that is known to have opened by right.
    bound: u16,
    /// Of two openings of one era the one that was seen to be witnessed: the other is not followed any more.
    chosen: Option<Call>,
    planted: Planted,
    gave_up: bool,
    /// This home's witness key.
    witness: Option<PublicKey>,
    /// When the own witness may be asked again.
    cosign_due: Time,
}

impl Follower {
    /// The follower of a log of which this home holds so much. `own` is the home's own node.
    pub fn new(own: PublicKey, held: Held) -> Self {
        Self {
            own,
            chain: held.chain,
            held: held.checkpoint,
            persists: VecDeque::new(),
            reopening: false,
            peers: Peers::default(),
            session: None,
            streams: 0,
            seeker: Seeker::default(),
            evidence: Vec::new(),
            stops: BTreeMap::new(),
            server: None,
            bound: 0,
            chosen: None,
            planted: Planted::default(),
            gave_up: false,
            witness: None,
            cosign_due: Time::ZERO,
        }
    }

    /// What follows from an event at `now`. `entropy` is a fresh random number: it spreads the choice of
    /// peers and the waits.
    pub fn handle(&mut self, event: Event, now: Time, entropy: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Connected(peer) if peer != self.own => {
                self.peers.connected(peer);
                self.seeker.connected(peer);
            }
            Event::Connected(_) | Event::Tick => {}
            Event::Disconnected(peer) => {
                self.peers.disconnected(&peer);
                self.seeker.disconnected(&peer);
                self.end_session(|session| session.peer == peer, &mut effects);
            }
            Event::Tip { peer, checkpoint } => self.tip(peer, &checkpoint, now, entropy, &mut effects),
            Event::AskFailed(peer) => {
                self.peers.ask_failed(&peer, now, entropy);
                self.seeker.failed(&peer);
            }
            Event::Frame { stream, frame } => self.frame(stream, *frame, now, entropy, &mut effects),
            Event::Closed(stream) => self.closed(stream, now, entropy),
            Event::Persisted { missing } => self.persisted(missing, now, &mut effects),
            Event::DiskFailed => self.disk_failed(&mut effects),
            Event::Unjust(reason) => {
                self.disk_failed(&mut effects);
                (self.bound, self.chosen) = (0, None);
                if let Some(peer) = self.server.take() {
                    self.put_aside(peer, Fault::Unjust(reason), now, &mut effects);
                }
            }
            Event::Opening { peer, opened } => self.opened(peer, opened, now, entropy, &mut effects),
            Event::Reopened(held) => self.reopened(*held, &mut effects),
            Event::Cosigned(cosigned) => self.cosigned(&cosigned, &mut effects),
            Event::Stop { term, before } => self.stop(term, before),
            Event::FalseEvidence { peer, name } => {
                self.put_aside(peer, Fault::FalseEvidence(name), now, &mut effects);
            }
            Event::Missing(missing) => self.seeker.missing(missing),
            Event::Details { peer, details } => {
                let found = self.seeker.arrived(&peer, details);
                if !found.open.is_empty() {
                    effects.push(Effect::KeepDetails(found.open));
                }
                if !found.sealed.is_empty() {
                    effects.push(Effect::KeepSealed(found.sealed));
                }
            }
            Event::Gone(gone) => self.seeker.forget(&gone),
        }
        self.go_on(now, entropy, &mut effects);
        effects
    }

    /// Looks for what can be asked now: checkpoints, records, details.
    fn go_on(&mut self, now: Time, entropy: u64, effects: &mut Vec<Effect>) {
        if let Some(session) = self.end_session(|session| session.is_stalled(now), effects) {
            self.peers.failed(&session.peer, now, entropy);
            self.gave_up = self.planted.is(Bug::NeverAsksAgain);
        }
        let keeper = self.keeper();
        for peer in self.peers.due_for_tip(now, entropy) {
            effects.push(Effect::AskTip(peer));
            if Some(peer) == keeper && self.chain.next() > Position(0) {
                effects.push(Effect::Have { peer, next: self.chain.next() });
            }
        }
        // Until the log is open again it is not known where it stands.
        let stand = self.stand().filter(|_| !self.reopening);
        if let Some((peer, after)) = self.peers.due_for_opening(self.era(), stand, now) {
            effects.push(Effect::AskOpening { peer, after });
        }
        if self.session.is_none() && self.persists.is_empty() && !self.reopening && !self.gave_up {
            self.open_range(now, entropy, effects);
        }
        if let Some((peer, hashes)) = self.seeker.ask(now, entropy) {
            effects.push(Effect::AskDetails { peer, hashes });
        }
        self.ask_witness(now, effects);
    }

    fn open_range(&mut self, now: Time, entropy: u64, effects: &mut Vec<Effect>) {
        let (stand, past) = (self.stand(), self.wants_past());
        let Some(peer) = self.peers.able_to_serve(stand, past, self.bound, now, entropy) else { return };
        self.streams += 1;
        let stream = StreamId(self.streams);
        let term = self.chain.open().map_or(Term::FIRST, |open| open.term);
        let ask = RangeAsk { cell: self.chain.cell(), term, from: self.chain.next() };
        let hoped = self.peers.tip(&peer);
        self.session = Some(Session::new(stream, peer, hoped, self.chain.clone(), now));
        effects.push(Effect::OpenRange { stream, peer, ask });
    }

    fn tip(&mut self, peer: PublicKey, bytes: &[u8], now: Time, entropy: u64, effects: &mut Vec<Effect>) {
        if bytes.is_empty() {
            self.peers.told(&peer, None, now, entropy);
            return;
        }
        let cell = self.chain.cell();
        let said = match Note::parse(bytes) {
            Ok(note) => Checkpoint::parse_text(&note.text),
            Err(bad) => Err(bad.into()),
        };
        let said = match said {
            Ok(said) if said.origin.cell == cell => said,
            Ok(_) => {
                return self.put_aside(peer, BadCheckpoint::WrongOrigin.into(), now, effects);
            }
            Err(bad) => return self.put_aside(peer, bad.into(), now, effects),
        };
        // Of another term than the open one the signature cannot be checked yet; the range will show.
        if let Some(open) = self.chain.open().filter(|open| open.term == said.origin.term) {
            match open.verify(cell, bytes) {
                Err(BadCheckpoint::MissingSignature) if open.term.era() > 0 => {
                    return self.shows_rival(peer, said.origin.term, bytes, now, entropy, effects);
                }
                Err(bad) => return self.put_aside(peer, bad.into(), now, effects),
                Ok(signed) => {
                    self.peers.is_of_here(&peer);
                    if let Some(held) = self.held.clone().filter(|held| contradict(held, &signed)) {
                        return self.alarm(peer, &held, signed, (now, entropy), effects);
                    }
                    self.compare(peer, &signed, effects);
                    self.cover(peer, signed, (now, entropy), effects);
                }
            }
        }
        let tip = (said.origin.term, said.size);
        self.told_other_term(peer, tip, bytes, now, entropy);
    }

    /// Where all records of a checkpoint are here already and only it is lacking (it came last, and was
    /// lost when the process ended), it is stored.
    fn cover(
        &mut self,
        peer: PublicKey,
        signed: SignedCheckpoint,
        now: (Time, u64),
        effects: &mut Vec<Effect>,
    ) {
        let Some(open) = self.chain.open() else { return };
        let covered = self.held.as_ref().filter(|held| held.origin == signed.origin);
        let lacks = covered.is_none_or(|held| held.size < signed.size);
        let busy = !self.persists.is_empty() || self.reopening || self.is_stopped();
        if busy || !lacks || signed.size != open.tree.size() {
            return;
        }
        let (size, root) = (open.tree.size(), open.tree.root());
        if root == signed.root {
            self.persists.push_back((self.chain.clone(), Some(signed.clone())));
            effects.push(Effect::Persist { records: Vec::new(), checkpoint: Some(Box::new(signed)) });
        } else {
            let (held, other_root, proof) = (self.held.clone(), signed.root, Vec::new());
            let alarm = Alarm { peer, held, other: signed, size, root, other_root, proof };
            self.contradiction(alarm, now, effects);
        }
    }

    /// What is held stands not under a signed checkpoint. Where it is more than the own checkpoint covers,
    /// that part is given up; else the keeper signed two different logs.
    fn contradiction(&mut self, alarm: Alarm, now: (Time, u64), effects: &mut Vec<Effect>) {
        let covered = self.held.as_ref().filter(|held| held.origin == alarm.other.origin);
        if alarm.size <= covered.map_or(0, |held| held.size) {
            return self.raise(alarm, now, effects);
        }
        self.end_session(|_| true, effects);
        self.reopening = true;
        effects.push(Effect::CutTail);
    }

    /// Two signed checkpoints of one size and another root.
    fn alarm(
        &mut self,
        peer: PublicKey,
        held: &SignedCheckpoint,
        other: SignedCheckpoint,
        now: (Time, u64),
        effects: &mut Vec<Effect>,
    ) {
        let alarm = Alarm {
            peer,
            held: Some(held.clone()),
            size: held.size,
            root: held.root,
            other_root: other.root,
            other,
            proof: Vec::new(),
        };
        self.raise(alarm, now, effects);
    }

    fn raise(&mut self, alarm: Alarm, (now, entropy): (Time, u64), effects: &mut Vec<Effect>) {
        let known = self.evidence.iter().any(|earlier| earlier.other == alarm.other);
        if !known && self.evidence.len() < MAX_EVIDENCE {
            self.evidence.push(alarm.clone());
            effects.push(Effect::Alarm(Box::new(alarm.clone())));
        }
        // The members may have gone on from what the peer holds: that is for its opening to show.
        if self.peers.tip(&alarm.peer).is_some_and(|(term, _)| term.era() > self.era()) {
            self.end_session(|session| session.peer == alarm.peer, effects);
            return self.peers.parts(&alarm.peer, now, entropy);
        }
        self.put_aside(alarm.peer, Fault::Contradicts, now, effects);
    }

    fn put_aside(&mut self, peer: PublicKey, fault: Fault, now: Time, effects: &mut Vec<Effect>) {
        let for_ms = if fault == Fault::Contradicts { DECEIVED_MS } else { ASIDE_MS };
        self.peers.put_aside(&peer, now.plus_ms(for_ms));
        self.seeker.disconnected(&peer);
        self.end_session(|session| session.peer == peer, effects);
        effects.push(Effect::PutAside { peer, fault });
    }

    fn closed(&mut self, stream: StreamId, now: Time, entropy: u64) {
        if let Some(session) = self.session.take_if(|session| session.stream == stream) {
            self.peers.failed(&session.peer, now, entropy);
            self.gave_up = self.planted.is(Bug::NeverAsksAgain);
        }
    }

    fn persisted(&mut self, missing: Vec<DetailRef>, now: Time, effects: &mut Vec<Effect>) {
        let Some((chain, checkpoint)) = self.persists.pop_front() else { return };
        let before = self.era();
        self.chain = chain;
        if self.era() != before {
            self.peers.look_anew();
        }
        if let Some(new) = checkpoint {
            self.held = Some(self.held.as_ref().map_or_else(|| new.clone(), |held| new.joined(held)));
            self.cosign_due = Time::ZERO;
        }
        self.seeker.missing(missing);
        if let Some(session) = &mut self.session {
            session.touch(now);
        }
        if let Some(peer) = self.keeper().filter(|peer| self.peers.is_connected(peer)) {
            effects.push(Effect::Have { peer, next: self.chain.next() });
        }
    }

    /// Ends the stream that is open, where it is such a one. It is always closed too: whatever still came of it
    /// would be taken for a later one's.
    fn end_session(
        &mut self,
        is_such: impl FnOnce(&Session) -> bool,
        effects: &mut Vec<Effect>,
    ) -> Option<Session> {
        let ended = self.session.take_if(|session| is_such(session))?;
        effects.push(Effect::CloseRange(ended.stream));
        Some(ended)
    }

    fn disk_failed(&mut self, effects: &mut Vec<Effect>) {
        self.persists.clear();
        self.reopening = true;
        self.end_session(|_| true, effects);
        effects.push(Effect::Reopen);
    }

    fn reopened(&mut self, held: Held, effects: &mut Vec<Effect>) {
        // Whoever carries the machine may open the log anew by itself while nothing is on its way.
        if self.reopening || self.persists.is_empty() {
            let asked = self.reopening;
            self.end_session(|_| !asked, effects);
            self.reopening = false;
            self.chain = held.chain;
            self.held = held.checkpoint;
        }
    }

    /// Whether the next frame of the open stream may be given: not more is taken in than can be stored.
    pub fn wants_frame(&self) -> bool {
        self.session.is_some() && self.persists.len() < MAX_PERSISTS
    }

    /// The cell.
    pub fn cell(&self) -> CellId {
        self.chain.cell()
    }

    /// Where the durable log stands.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The newest checkpoint held.
    pub fn checkpoint(&self) -> Option<&SignedCheckpoint> {
        self.held.as_ref()
    }

    /// The node that keeps the open term, unless it is this one.
    pub fn keeper(&self) -> Option<PublicKey> {
        self.chain.open().map(|open| open.opening.node).filter(|node| *node != self.own)
    }

    /// Checkpoints that contradict what is held.
    pub fn evidence(&self) -> &[Alarm] {
        &self.evidence
    }

    /// The furthest that any connected peer said to hold: term and size. A hint, nothing that is proven.
    pub fn furthest(&self) -> Option<(Term, u64)> {
        self.peers.furthest()
    }

    /// Whether no connected peer says to hold more than this home would take.
    pub fn is_level(&self) -> bool {
        self.session.is_none() && self.persists.is_empty() && self.peers.furthest() <= self.wants_past()
    }

    /// Whether nothing more is taken of the open term, because its key is proven to have signed what cannot
    /// be true. A later term goes on.
    pub fn is_stopped(&self) -> bool {
        self.stand().is_some_and(|(term, size)| self.stops.get(&term).is_some_and(|before| size >= *before))
    }

    /// The stream that is open. Whoever ends the machine closes it: the next one counts anew.
    pub fn stream(&self) -> Option<StreamId> {
        self.session.as_ref().map(|session| session.stream)
    }

    /// Whether nothing is on its way to the disk.
    pub fn is_idle(&self) -> bool {
        self.persists.is_empty() && !self.reopening
    }

    /// Whether a peer is put aside now.
    pub fn is_aside(&self, peer: &PublicKey, now: Time) -> bool {
        self.peers.is_aside(peer, now)
    }

    /// How many missing details are being looked for.
    pub fn wanted(&self) -> usize {
        self.seeker.wanted()
    }

    fn stop(&mut self, term: Term, before: u64) {
        if self.stops.len() < MAX_STOPS || self.stops.contains_key(&term) {
            let least = self.stops.entry(term).or_insert(before);
            *least = before.min(*least);
        }
    }

    /// What a peer must be past to be worth asking.
    fn wants_past(&self) -> Option<(Term, u64)> {
        let stand = self.stand();
        if self.is_stopped() { stand.map(|(term, _)| (term, u64::MAX)) } else { stand }
    }

    /// The era in which the durable log stands.
    fn era(&self) -> u16 {
        self.chain.open().map_or(0, |open| open.term.era())
    }

    /// Where the durable log stands, to be compared with what peers say.
    fn stand(&self) -> Option<(Term, u64)> {
        self.chain.open().map(|open| (open.term, open.tree.size()))
    }
}

#[cfg(feature = "planted-bugs")]
impl Follower {
    /// Gives the follower a bug, for the simulator to find.
    pub fn plant(&mut self, bug: Bug) {
        self.planted.plant(bug);
    }
}

/// Whether two signed checkpoints of one term cannot both be true.
fn contradict(one: &SignedCheckpoint, other: &SignedCheckpoint) -> bool {
    one.origin == other.origin && one.size == other.size && one.root != other.root
}
