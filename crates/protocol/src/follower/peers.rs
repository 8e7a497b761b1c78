//! The peers of a follower: who is connected, how far each says to be, who is put aside, and whom to ask
//! next. What peers say here are hints; only what verifies is believed.

use crate::backoff::Backoff;
use crate::limits::{ASIDE_MS, MAX_PEERS, PATIENCE_MS, TIP_EVERY_MS};
use crate::takeover::{Look, Rival};
use lifeboat_log::{CellId, PublicKey, Term, Time};
use std::collections::BTreeMap;

/// Where a log stands: its term, and the records of it.
type Stand = (Term, u64);

/// What a follower knows of one peer.
#[derive(Debug, Clone, Default)]
struct Peer {
    connected: bool,
    tip: Option<(Term, u64)>,
    /// When to ask for the tip again.
    tip_due: Backoff,
    tip_asked: Option<Time>,
    /// When it may be asked for records again after failures.
    ranges: Backoff,
    /// When it was asked for its opening of a later era, and when it may be asked again.
    opening_asked: Option<Time>,
    openings: Backoff,
    /// The later era whose opening it has and the log here leads up to, from where it stood when that was
    /// judged: once it has gone elsewhere, it is judged anew.
    cleared: Option<(Stand, u16)>,
    /// What it shows of a rival of an opening here.
    look: Look,
    /// Whether it showed such a thing once and then no opening for it.
    doubted: bool,
    /// Whether it has the opening of this era that stands here.
    kin: bool,
    aside: Option<Time>,
}

/// All peers.
#[derive(Debug, Clone, Default)]
pub(super) struct Peers(BTreeMap<PublicKey, Peer>);

impl Peers {
    pub fn connected(&mut self, peer: PublicKey) {
        if self.0.len() >= MAX_PEERS {
            self.0.retain(|_, peer| peer.connected);
        }
        if self.0.len() < MAX_PEERS || self.0.contains_key(&peer) {
            let peer = self.0.entry(peer).or_default();
            peer.connected = true;
            peer.tip_due.hurry();
        }
    }

    /// Forgets all but whether the peer is put aside and how often it failed.
    pub fn disconnected(&mut self, peer: &PublicKey) {
        if let Some(peer) = self.0.get_mut(peer) {
            let (aside, ranges) = (peer.aside, peer.ranges);
            *peer = Peer { aside, ranges, ..Peer::default() };
        }
    }

    pub fn is_connected(&self, peer: &PublicKey) -> bool {
        self.0.get(peer).is_some_and(|peer| peer.connected)
    }

    pub fn all_connected(&self) -> Vec<PublicKey> {
        self.0.iter().filter(|(_, peer)| peer.connected).map(|(key, _)| *key).collect()
    }

    /// Notes how far a peer says to be. A peer that goes forward is worth another try at once.
    pub fn told(&mut self, peer: &PublicKey, tip: Option<(Term, u64)>, now: Time, entropy: u64) {
        let Some(peer) = self.0.get_mut(peer) else { return };
        peer.tip = tip.max(peer.tip);
        peer.tip_asked = None;
        peer.tip_due.succeeded();
        peer.tip_due.wait(TIP_EVERY_MS, now, entropy);
    }

    /// Notes that a peer has no more than this after all. What it said since it was asked (when it had
    /// said `hoped`) stays: the range may have been cut before that.
    pub fn exhausted(&mut self, peer: &PublicKey, hoped: Option<(Term, u64)>, at: Option<(Term, u64)>) {
        if let Some(peer) = self.0.get_mut(peer).filter(|peer| peer.tip <= hoped) {
            peer.tip = peer.tip.min(at);
        }
    }

    /// How far a peer says to be.
    pub fn tip(&self, peer: &PublicKey) -> Option<(Term, u64)> {
        self.0.get(peer).and_then(|peer| peer.tip)
    }

    pub fn ask_failed(&mut self, peer: &PublicKey, now: Time, entropy: u64) {
        if let Some(peer) = self.0.get_mut(peer)
            && peer.tip_asked.take().is_some()
        {
            peer.tip_due.failed(now, entropy);
        }
    }

    /// Notes that a range of this peer broke off.
    pub fn failed(&mut self, peer: &PublicKey, now: Time, entropy: u64) {
        if let Some(peer) = self.0.get_mut(peer) {
            peer.ranges.failed(now, entropy);
        }
    }

    /// Notes that a range of this peer brought records.
    pub fn served(&mut self, peer: &PublicKey) {
        if let Some(peer) = self.0.get_mut(peer) {
            peer.ranges.succeeded();
        }
    }

    pub fn put_aside(&mut self, peer: &PublicKey, until: Time) {
        if let Some(peer) = self.0.get_mut(peer) {
            peer.aside = Some(until);
            (peer.tip, peer.look) = (None, Look::default());
        }
    }

    pub fn is_aside(&self, peer: &PublicKey, now: Time) -> bool {
        self.0.get(peer).is_some_and(|peer| peer.is_aside(now))
    }

    /// The peers to ask for their tips now; they are noted as asked.
    pub fn due_for_tip(&mut self, now: Time, entropy: u64) -> Vec<PublicKey> {
        let mut asked = Vec::new();
        for (key, peer) in &mut self.0 {
            if peer.tip_asked.is_some_and(|since| is_over(since, now)) {
                peer.tip_asked = None;
                peer.tip_due.failed(now, entropy ^ u64::from(key.0[0]));
            }
            if peer.is_usable(now) && peer.tip_asked.is_none() && peer.tip_due.is_due(now) {
                peer.tip_asked = Some(now);
                asked.push(*key);
            }
        }
        asked
    }

    /// A peer to ask for records: one that says to hold more than is here, which is `past`, in the era of the
    /// log or in a later one whose opening the log leads up to, and in none before `bound`.
    pub fn able_to_serve(
        &self,
        stand: Option<Stand>,
        past: Option<Stand>,
        bound: u16,
        now: Time,
        entropy: u64,
    ) -> Option<PublicKey> {
        let era = stand.map_or(0, |(term, _)| term.era());
        let leads = |peer: &Peer| {
            let later = peer.leads_from(stand).is_some_and(|to| to > era) || stand.is_none();
            peer.era() >= bound && (peer.era() <= era || later)
        };
        let fits =
            |peer: &&Peer| peer.is_usable(now) && peer.tip > past && leads(peer) && peer.ranges.is_due(now);
        let able: Vec<_> = self.0.iter().filter(|(_, peer)| fits(peer)).collect();
        // Who leads on to a later era has all that stands of this one.
        let further = able.iter().any(|(_, peer)| peer.era() > era);
        let able: Vec<_> =
            able.iter().filter(|(_, p)| !further || p.era() > era).map(|(key, _)| **key).collect();
        choose(&able, entropy)
    }

    /// A peer that says to stand in a later era than this log's (which has begun), or shows a rival of an
    /// opening here, to be asked for its opening; it is noted as asked. And after which era.
    pub fn due_for_opening(&mut self, era: u16, stand: Option<Stand>, now: Time) -> Option<(PublicKey, u16)> {
        let later = |peer: &Peer| peer.era() > era && peer.leads_from(stand).is_none_or(|to| to <= era);
        let due = |peer: &Peer| {
            let waits = peer.opening_asked.is_some_and(|since| !is_over(since, now));
            peer.is_usable(now)
                && stand.is_some()
                && (later(peer) || (era > 0 && peer.look.is_strange()))
                && !waits
                && peer.openings.is_due(now)
        };
        let (key, peer) = self.0.iter_mut().find(|(_, peer)| due(peer))?;
        peer.opening_asked = Some(now);
        Some((*key, peer.look.asks_after(era, later(peer))))
    }

    /// Notes that it has none to go by, or none any more.
    pub fn no_opening(&mut self, peer: &PublicKey, now: Time, entropy: u64) {
        if let Some(peer) = self.0.get_mut(peer) {
            peer.opening_asked = None;
            peer.openings.failed(now, entropy);
        }
    }

    /// Notes that this log leads up to its opening of a later era.
    pub fn cleared(&mut self, peer: &PublicKey, stand: Option<Stand>, era: u16) {
        if let Some(peer) = self.0.get_mut(peer) {
            peer.opening_asked = None;
            peer.openings.succeeded();
            peer.cleared = stand.map(|stand| (stand, era));
        }
    }

    /// What a peer shows of a rival of an opening here.
    pub fn look(&self, peer: &PublicKey) -> Option<&Look> {
        self.0.get(peer).map(|peer| &peer.look)
    }

    /// Notes a checkpoint of this term of the cell by another key than here: the peer's opening is asked for.
    /// How far it says to be says nothing then.
    pub fn shows_rival(&mut self, peer: &PublicKey, of: (CellId, Term), note: &[u8]) {
        let Some(peer) = self.0.get_mut(peer) else { return };
        peer.tip = None;
        if peer.look.tell(of.0, of.1, note) {
            peer.openings.hurry();
        }
    }

    /// Notes that a peer's later openings go on from a rival of this era. False when that leads nowhere.
    pub fn leads_across(&mut self, peer: &PublicKey, era: u16) -> bool {
        let Some(peer) = self.0.get_mut(peer) else { return true };
        (peer.opening_asked, peer.cleared) = (None, None);
        peer.openings.succeeded();
        peer.look.leads_across(era)
    }

    /// Notes that a peer that stands in a later era holds another history of the open term: its opening is judged
    /// anew, at once where that is news.
    pub fn parts(&mut self, peer: &PublicKey, now: Time, entropy: u64) {
        let Some(peer) = self.0.get_mut(peer) else { return };
        (peer.opening_asked, peer.cleared) = (None, None);
        if peer.look.is_parted() {
            peer.openings.failed(now, entropy)
        } else {
            peer.openings.hurry()
        }
        peer.look.parts();
    }

    /// Notes the rival that a peer follows. It is looked at again by and by, or now where it leads on.
    pub fn follows_rival(&mut self, peer: &PublicKey, rival: Rival, now: Time, entropy: u64) {
        let Some(peer) = self.0.get_mut(peer) else { return };
        (peer.opening_asked, peer.doubted) = (None, false);
        if peer.look.follows(rival) { peer.openings.succeeded() } else { peer.openings.failed(now, entropy) }
    }

    /// Notes that a peer that seemed to follow a rival has the opening that stands here, or shows none; `open`
    /// is the term here. False when it is not the first time that it told a checkpoint of that term for nothing.
    pub fn shows_none(&mut self, peer: &PublicKey, open: Term, same: bool, now: Time, entropy: u64) -> bool {
        let Some(peer) = self.0.get_mut(peer) else { return true };
        let claimed = peer.look.is_about(open);
        let again = claimed && peer.doubted;
        peer.doubted |= claimed;
        peer.kin |= same && !claimed;
        (peer.look, peer.opening_asked) = (Look::default(), None);
        peer.openings.failed(now, entropy);
        peer.tip_due.hurry();
        !again
    }

    /// Notes that a peer follows the opening here: it told a checkpoint by the key of the open term.
    pub fn is_of_here(&mut self, peer: &PublicKey) {
        if let Some(peer) = self.0.get_mut(peer) {
            (peer.look, peer.doubted) = (Look::default(), false);
        }
    }

    /// Whether a peer is known to have the opening of this era that stands here.
    pub fn is_kin(&self, peer: &PublicKey) -> bool {
        self.0.get(peer).is_some_and(|peer| peer.kin)
    }

    /// Notes how far a peer said to be in the opening that is followed from now on.
    pub fn says(&mut self, peer: &PublicKey, tip: Option<Stand>) {
        if let Some(peer) = self.0.get_mut(peer) {
            peer.tip = peer.tip.max(tip);
        }
    }

    /// Forgets what all peers show of rivals: the log here stands in another era.
    pub fn look_anew(&mut self) {
        for peer in self.0.values_mut() {
            (peer.look, peer.doubted, peer.kin) = (Look::default(), false, false);
        }
    }

    /// The furthest that any connected peer says to be.
    pub fn furthest(&self) -> Option<(Term, u64)> {
        self.0.values().filter(|peer| peer.connected).filter_map(|peer| peer.tip).max()
    }
}

impl Peer {
    fn is_usable(&self, now: Time) -> bool {
        self.connected && !self.is_aside(now)
    }

    /// To which later era it leads a log that stands here, as far as is known.
    fn leads_from(&self, stand: Option<Stand>) -> Option<u16> {
        self.cleared.filter(|(from, _)| Some(*from) == stand).map(|(_, to)| to)
    }

    /// The era in which it says to stand.
    fn era(&self) -> u16 {
        self.tip.map_or(0, |(term, _)| term.era())
    }

    /// A clock that was set back does not make it longer than it is meant to be.
    fn is_aside(&self, now: Time) -> bool {
        self.aside.is_some_and(|until| now < until && until <= now.plus_ms(ASIDE_MS))
    }
}

/// Whether an answer is overdue. After a clock was set back, it is.
pub(super) fn is_over(since: Time, now: Time) -> bool {
    now < since || now >= since.plus_ms(PATIENCE_MS)
}

fn choose(peers: &[PublicKey], entropy: u64) -> Option<PublicKey> {
    let count = peers.len() as u64;
    (count > 0).then(|| peers[(entropy % count) as usize])
}
