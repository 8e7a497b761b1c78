//! Carrying a follower: its questions to peers, its records to the disk.

use super::accusing;
use super::carrier::{Parts, entropy, not_keeper, now};
use super::delivering::Outbound;
use super::disk::{Disk, Task};
use super::facts::{alarm, notice};
use super::missing::MissingDetails;
use super::shelf::{Shelf, Stored};
use super::waiting::Waits;
use super::{CellConfig, Facts, Outward, ToCell, reading, succession, witnessing, writing};
use crate::fold::LogHistory;
use crate::limits::{DETAILS_STRETCHES, HANDOVER_EVERY_MS};
use lifeboat_log::{
    Detail, Handover, Position, Proven, PublicKey, SignedCheckpoint, SignedEntry, Successor, Term, Time,
};
use lifeboat_protocol::Refusal;
use lifeboat_protocol::accuse::BadStretch;
use lifeboat_protocol::follower::{Effect, Event, Follower, Held, StreamId};
use lifeboat_protocol::message::term_of_note;
use lifeboat_protocol::takeover::{Look, Opened, judge};
use lifeboat_store::{Storage, StoreError};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A follower and what it waits for.
pub struct Following {
    follower: Follower,
    outbound: Outbound,
    waits: Waits,
    disk: Disk,
    effects: VecDeque<Effect>,
    /// Who waits for leave to give the next frame.
    next: Option<(StreamId, oneshot::Sender<()>)>,
    reopen: bool,
    /// The peers that are connected.
    connected: BTreeSet<PublicKey>,
    /// Those of them that serve the cell: entries are offered to nobody else.
    serving: BTreeSet<PublicKey>,
    missing: MissingDetails,
    /// What this home would bring to keep the next term, once it was asked.
    ready: Option<(Term, Successor)>,
    /// The handover by which this home is to keep the log.
    taking: Option<Box<Handover>>,
    /// The handover that this home has signed as keeper, until its term opens; and when it was sent.
    leaving: Option<(Box<Handover>, Time)>,
    /// Records that do not hold, to be proven once all before them is on the disk.
    stretch: Option<Box<BadStretch>>,
}

impl Following {
    pub fn new(
        config: &CellConfig,
        held: Held,
        outbound: Outbound,
        waits: Waits,
        disk: Disk,
        missing: MissingDetails,
    ) -> Self {
        let follower = Follower::new(config.node, held).with_witness(config.cosigner.key());
        let (effects, next, reopen) = (VecDeque::new(), None, false);
        let (connected, serving) = (BTreeSet::new(), BTreeSet::new());
        let (ready, taking, leaving) = (None, None, None);
        Self {
            follower,
            outbound,
            waits,
            disk,
            effects,
            next,
            reopen,
            connected,
            serving,
            missing,
            ready,
            taking,
            leaving,
            stretch: None,
        }
    }

    /// Goes on sending the handover that this home has signed.
    #[must_use]
    pub fn leaving(self, handover: Option<Handover>) -> Self {
        Self { leaving: handover.map(|handover| (Box::new(handover), Time::ZERO)), ..self }
    }

    /// The handover by which this home keeps the log from here on, once its log stands there.
    pub fn take_over(&mut self, parts: &Parts) -> Option<Box<Handover>> {
        let handover = self.taking.take()?;
        if self.follower.is_level() && succession::is_mine(parts, &reading(&parts.shelf), &handover) {
            return Some(handover);
        }
        let over = self.follower.chain().open().is_some_and(|open| open.term >= handover.opening.term);
        self.taking = (!over).then_some(handover);
        None
    }

    /// No more records of this term are taken, as long as it is open.
    pub fn stop(&mut self, term: Term, before: u64) {
        self.feed(Event::Stop { term, before });
    }

    /// A peer sent a misconduct file that proves nothing.
    pub fn false_evidence(&mut self, peer: PublicKey, name: &'static str) {
        self.feed(Event::FalseEvidence { peer, name });
    }

    pub fn handle(&mut self, message: ToCell, parts: &Parts) {
        match message {
            ToCell::Place { outcome, .. } => drop(outcome.send(not_keeper())),
            ToCell::Deliver { entry, details, outcome } => {
                keep_own(&entry, &details, parts);
                self.outbound.deliver(*entry, details, outcome, parts);
            }
            ToCell::Keep { entry, details, answer } => {
                let _ = answer.send(self.waits.answer(*entry, details, parts));
            }
            ToCell::Pending { entry, .. } => drop(self.waits.take(*entry, Vec::new(), parts)),
            ToCell::Forget(id) => self.outbound.forget(id, parts),
            ToCell::Connected(peer) => {
                self.connected.insert(peer);
                if self.follower.keeper() == Some(peer) {
                    self.serves(peer, parts);
                }
                self.feed(Event::Connected(peer));
            }
            ToCell::Disconnected(peer) => {
                self.connected.remove(&peer);
                self.serving.remove(&peer);
                self.outbound.disconnected(peer, parts);
                self.waits.disconnected(peer, parts);
                self.feed(Event::Disconnected(peer));
            }
            ToCell::Tip { peer, checkpoint, held } => self.told_tip(peer, checkpoint, held, parts),
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
            ToCell::Offered { id, peer, response } if self.outbound.has(&id) => {
                self.outbound.answered(id, peer, response, parts);
            }
            ToCell::Offered { id, peer, response } => self.waits.answered(id, peer, response, parts),
            ToCell::Stored(Ok(stored)) => self.stored(stored, parts),
            ToCell::Stored(Err(error)) => {
                notice(&parts.facts, format!("This home could not write to its disk: {error}."));
                self.feed(Event::DiskFailed);
            }
            ToCell::Succeed { peer, term, answer } => {
                let _ = answer.send(succession::successor(parts, &peer, term, &mut self.ready));
            }
            ToCell::HandedOver(handover) => self.taking = Some(handover),
            ToCell::HandOver { outcome, .. } => {
                let _ = outcome.send(Err(Refusal::new(Refusal::NOT_KEEPER)));
            }
            ToCell::Tick => self.tick(parts),
            ToCell::Cosigned { peer, checkpoint } => self.feed(Event::Tip { peer, checkpoint }),
            ToCell::Opening { peer, record } => {
                let opened = judge_opening(record.as_deref(), &self.follower.look(&peer), parts);
                self.feed(Event::Opening { peer, opened });
            }
            // The rest is for keepers, or for whoever carries both.
            _ => {}
        }
        // Own entries that wait are counted among all that do.
        for entry in self.outbound.take_announced() {
            self.waits.take(entry, Vec::new(), parts);
        }
    }

    fn told_tip(&mut self, peer: PublicKey, checkpoint: Vec<u8>, held: Option<Vec<Position>>, parts: &Parts) {
        // What homes hold of another era than the one that stands here says nothing of receipts.
        let own = self.follower.chain().open().map(|open| open.term.era());
        if let Some(held) = held
            && own.is_none_or(|own| term_of_note(&checkpoint).map(Term::era) == Some(own))
        {
            self.outbound.held(held, parts);
        }
        self.serves(peer, parts);
        self.feed(Event::Tip { peer, checkpoint });
    }

    /// A connected peer serves the cell: it keeps the log, or has told how far its copy is. Others on the same LAN
    /// may have nothing to do with it, and get no entry and no text.
    fn serves(&mut self, peer: PublicKey, parts: &Parts) {
        if self.connected.contains(&peer) && self.serving.insert(peer) {
            self.outbound.connected(peer, parts);
            self.waits.connected(peer, parts);
        }
    }

    /// Records are on disk: whoever waits for any of them is told.
    fn stored(&mut self, stored: Stored, parts: &Parts) {
        if let Some(reason) = stored.unjust {
            return self.feed(Event::Unjust(reason));
        }
        self.missing.stored(&stored);
        self.missing.is_own(stored.own);
        if let Some((term, from)) = stored.opened {
            self.outbound.cut_back(term, from, parts);
            self.waits.cut_back(term, from, parts);
        }
        self.feed(Event::Persisted { missing: stored.missing });
        if !stored.gone.is_empty() {
            self.feed(Event::Gone(stored.gone));
        }
        self.outbound.stored(&stored.entries, self.follower.chain(), parts);
        self.waits.stored(&stored.entries, self.follower.chain(), parts);
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
            Effect::Cosign(checkpoint) => {
                if let Some(cosigned) = witnessing::cosign(parts, &checkpoint) {
                    self.feed(Event::Cosigned(Box::new(cosigned)));
                }
            }
            Effect::TellCosigned { peer, checkpoint } => {
                self.out(parts, Outward::TellCosigned { peer, checkpoint });
            }
            Effect::Persist { records, checkpoint } => {
                if !self.disk.write(Task { records, checkpoint }) {
                    self.feed(Event::DiskFailed);
                }
            }
            Effect::Reopen => self.open_anew(parts, false),
            Effect::CutTail => self.open_anew(parts, true),
            Effect::AskOpening { peer, after } => {
                self.out(parts, Outward::AskOpening { peer, era: after });
            }
            Effect::CutBack(base) => self.go_back(Some(&base), parts),
            Effect::CutAll => self.go_back(None, parts),
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
            Effect::Alarm(raised) => {
                alarm(&parts.facts, raised.other.origin.term, alarm_words(&raised));
                let proven = accusing::alarm(parts, &raised);
                self.proven(proven);
            }
            Effect::Accuse(stretch) => self.accuse(stretch, parts),
        }
        true
    }

    pub fn note(&mut self, facts: &mut Facts, parts: &Parts) {
        facts.keeper = false;
        facts.keeper_node = self.follower.keeper();
        facts.level = self.follower.is_level();
        facts.records = self.follower.chain().next().0;
        self.waits.note(facts, parts);
        let unsearched = !self.missing.is_done(self.follower.chain().next());
        facts.wanted = self.follower.wanted() + usize::from(unsearched);
        facts.waiting = self.outbound.waiting();
        // While a sync holds the shelf, what was known before will do.
        if let Ok(shelf) = parts.shelf.try_read() {
            let witnessed = witnessing::witnessed(&shelf, self.follower.checkpoint());
            facts.witnessed = facts.witnessed.max(witnessed);
        }
        let open = self.follower.chain().open().map(|open| (open.term, open.tree.size()));
        facts.open = open.map_or(Term::FIRST, |(term, _)| term);
        facts.behind = match (self.follower.furthest(), open) {
            (Some((term, size)), Some((own, held))) if term == own => size.saturating_sub(held),
            // Who stands in an earlier term holds nothing that is lacking here.
            (Some((term, _)), Some((own, _))) if term < own => 0,
            (Some((_, size)), _) => size,
            (None, _) => 0,
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

    fn proven(&mut self, proven: Option<Proven>) {
        if let Some(proven) = proven {
            self.stop(proven.origin.term, proven.fault.before());
        }
    }

    /// Proves that records do not hold which a checkpoint covers; later, where those before them are still
    /// on their way to the disk.
    fn accuse(&mut self, stretch: Box<BadStretch>, parts: &Parts) {
        match accusing::stretch(parts, &stretch) {
            Ok(proven) => self.proven(proven),
            Err(error) => {
                tracing::debug!(%error, "what proves misconduct is not on the disk yet");
                self.stretch = Some(stretch);
            }
        }
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
        if let Some(stretch) = self.stretch.take() {
            self.accuse(stretch, parts);
        }
        self.look_for_details(parts);
        self.outbound.tick(parts);
        self.hand_over(parts);
        self.waits.tick(parts);
        self.feed(Event::Tick);
    }

    /// Sends the handover that this home has signed, unchanged, until the next term is open here.
    fn hand_over(&mut self, parts: &Parts) {
        let open = self.follower.chain().open().map(|open| open.term);
        self.leaving = self.leaving.take().filter(|(handover, _)| open < Some(handover.opening.term));
        let Some((handover, sent)) = &mut self.leaving else { return };
        let (peer, now) = (handover.opening.node, now());
        let due = now >= sent.plus_ms(HANDOVER_EVERY_MS) || now < *sent;
        if due && self.connected.contains(&peer) {
            *sent = now;
            let handover = handover.clone();
            self.out(parts, Outward::HandOver { peer, handover });
        }
    }

    /// Tells the follower of details that the log names and that are not here, a stretch at a time, while
    /// there is somebody to ask.
    fn look_for_details(&mut self, parts: &Parts) {
        if self.connected.is_empty() || self.follower.wanted() > 0 {
            return;
        }
        for _ in 0..DETAILS_STRETCHES {
            let missing = self.missing.look(&reading(&parts.shelf));
            match missing {
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

    /// Opens the log again after a failed writing. Whether that could be done at once.
    pub fn open_again(&mut self, parts: &Parts) -> bool {
        self.open_anew(parts, false);
        !self.reopen
    }

    /// The stream that is open, to be closed with this role.
    pub fn stream(&self) -> Option<StreamId> {
        self.follower.stream()
    }

    /// Whether the open term, as far as it is durable, names this node as its keeper.
    pub fn is_kept_by(&self, node: &PublicKey) -> bool {
        self.follower.chain().open().is_some_and(|open| open.opening.node == *node)
    }

    /// Cuts off what the log's checkpoint does not cover.
    pub fn cut_uncovered(&mut self, parts: &Parts) {
        self.open_anew(parts, true);
    }

    /// Goes back to the base of a takeover, or behind the first record; what stood past it is delivered again.
    fn go_back(&mut self, base: Option<&SignedCheckpoint>, parts: &Parts) {
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

/// Who wrote a text can read it at once, and needs nobody to send it back.
fn keep_own(entry: &SignedEntry, details: &[Detail], parts: &Parts) {
    let kept = writing(&parts.shelf).keep_named(details, &entry.details);
    if let Err(error) = kept {
        tracing::warn!(%error, "own details could not be kept; they are asked for later");
    }
}

/// A word to the machine room where details could not be kept.
pub fn note_kept(kept: Result<(), StoreError>) {
    if let Err(error) = kept {
        tracing::warn!(%error, "details could not be kept; they are asked for again later");
    }
}

/// Judges a peer's opening of a later era, or another one of this era, on the log here.
pub fn judge_opening(record: Option<&[u8]>, look: &Look, parts: &Parts) -> Opened {
    let Some(bytes) = record else { return Opened::NotHeld };
    let shelf = reading(&parts.shelf);
    let open = shelf.store.chain().open().map_or(Term::FIRST, |open| open.term);
    judge(parts.config.cell, open, bytes, look, &LogHistory(&shelf.store))
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
