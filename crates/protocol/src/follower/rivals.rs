//! Openings that peers offer: of a later era than the one here, and others of the same era. What a peer
//! shows of a rival is looked into, never believed; who shows none after all is put aside.

use super::{Effect, Fault, Follower};
use crate::takeover::{Look, Opened};
use lifeboat_log::limits::MAX_BASE_NOTE;
use lifeboat_log::{BadCheckpoint, Call, PublicKey, SignedCheckpoint, Term, Time};

impl Follower {
    /// What is known of a peer that may follow a rival of the opening here, for whoever judges its openings.
    pub fn look(&self, peer: &PublicKey) -> Look {
        self.peers.look(peer).cloned().unwrap_or_default()
    }

    /// A peer told a checkpoint of the open term that the key here did not sign: it may follow a rival.
    pub(super) fn shows_rival(
        &mut self,
        peer: PublicKey,
        term: Term,
        note: &[u8],
        now: Time,
        entropy: u64,
        effects: &mut Vec<Effect>,
    ) {
        if note.len() > MAX_BASE_NOTE {
            return self.put_aside(peer, BadCheckpoint::MissingSignature.into(), now, effects);
        }
        self.peers.shows_rival(&peer, (self.chain.cell(), term), note);
        self.peers.told(&peer, None, now, entropy);
    }

    /// A peer told how far it is, in the open term or in another one, whose key is not known here.
    pub(super) fn told_other_term(
        &mut self,
        peer: PublicKey,
        tip: (Term, u64),
        note: &[u8],
        now: Time,
        entropy: u64,
    ) {
        let (open, term) = (self.chain.open().map_or(Term::FIRST, |open| open.term), tip.0);
        let of_era = term.era() == open.era() && open.era() > 0;
        // The key of a term before the open one is not at hand: who is behind is looked at once.
        if of_era
            && term < open
            && term.turn() == 0
            && !self.peers.is_kin(&peer)
            && note.len() <= MAX_BASE_NOTE
        {
            self.peers.shows_rival(&peer, (self.chain.cell(), term), note);
        }
        let of_rival = of_era && self.peers.look(&peer).is_some_and(Look::knows_rival);
        self.peers.told(&peer, (!of_rival).then_some(tip), now, entropy);
    }

    /// A peer serves a log whose open term has another key than here.
    pub(super) fn serves_rival(
        &mut self,
        peer: PublicKey,
        note: &[u8],
        now: Time,
        entropy: u64,
        effects: &mut Vec<Effect>,
    ) {
        self.end_session(|_| true, effects);
        let Some(open) = self.chain.open().map(|open| open.term) else { return };
        let later = self.peers.tip(&peer).is_some_and(|(term, _)| term.era() > open.era());
        if !later {
            return self.shows_rival(peer, open, note, now, entropy, effects);
        }
        if !self.peers.leads_across(&peer, open.era()) {
            self.put_aside(peer, BadCheckpoint::MissingSignature.into(), now, effects);
        }
    }

    /// What came of asking a peer for its opening.
    pub(super) fn opened(
        &mut self,
        peer: PublicKey,
        opened: Opened,
        now: Time,
        entropy: u64,
        effects: &mut Vec<Effect>,
    ) {
        match opened {
            Opened::Ahead(call) | Opened::Back(call, _) | Opened::Anew(call) if self.is_left(&call) => {
                self.peers.no_opening(&peer, now, entropy);
            }
            Opened::NotHeld | Opened::Same if self.peers.look(&peer).is_some_and(Look::is_strange) => {
                let open = self.chain.open().map_or(Term::FIRST, |open| open.term);
                let same = matches!(opened, Opened::Same);
                if !self.peers.shows_none(&peer, open, same, now, entropy) {
                    self.put_aside(peer, BadCheckpoint::MissingSignature.into(), now, effects);
                }
            }
            Opened::NotHeld | Opened::Same => self.peers.no_opening(&peer, now, entropy),
            Opened::Ahead(call) => self.peers.cleared(&peer, self.stand(), call.term.era()),
            Opened::Fault(fault) => self.put_aside(peer, fault, now, effects),
            Opened::Rival(rival) => self.peers.follows_rival(&peer, *rival, now, entropy),
            Opened::Across(era) => {
                if !self.peers.leads_across(&peer, era) {
                    self.put_aside(peer, Fault::OtherBranch, now, effects);
                }
            }
            Opened::Back(..) | Opened::Anew(_) if self.reopening => {
                self.peers.no_opening(&peer, now, entropy)
            }
            Opened::Back(call, base) => self.go_back(peer, call, Some(base), effects),
            Opened::Anew(call) => self.go_back(peer, call, None, effects),
        }
    }

    /// Whether another opening of the same era was seen to be witnessed.
    fn is_left(&self, call: &Call) -> bool {
        self.chosen.is_some_and(|chosen| chosen.term == call.term && chosen != *call)
    }

    /// Goes back to this checkpoint, or behind the first record.
    fn go_back(
        &mut self,
        peer: PublicKey,
        call: Call,
        base: Option<Box<SignedCheckpoint>>,
        effects: &mut Vec<Effect>,
    ) {
        if call.term.era() == self.era() {
            self.chosen = Some(call);
        }
        let tip = self.peers.look(&peer).and_then(Look::tip);
        self.peers.look_anew();
        self.peers.says(&peer, tip);
        let stand = base.as_ref().map(|base| (base.origin.term, base.size));
        self.peers.cleared(&peer, stand, call.term.era());
        // Nothing more of an older era is taken in, or who still holds it would give it back.
        self.bound = self.bound.max(call.term.era());
        self.end_session(|_| true, effects);
        self.persists.clear();
        self.reopening = true;
        effects.push(base.map_or(Effect::CutAll, Effect::CutBack));
    }
}
