//! Rivals: two openings of one era, which members make possible who endorse twice with another program. A
//! home takes the one that has enough cosignatures: a witness cosigns one history of a term, so that at most
//! one ever has them. Where neither has, the next takeover decides, on whichever of the two it goes on from.
//!
//! What it must never do: give up anything that is known to be witnessed for an opening of the same era, or
//! leave the opening here for one that was not seen to hold on the log that both have.

use super::offer::{HeldLog, Offer, Opened};
use crate::follower::Fault;
use lifeboat_commons::{State, terms};
use lifeboat_log::note::Note;
use lifeboat_log::opening::Right;
use lifeboat_log::{
    BadCheckpoint, Call, CellId, Checkpoint, Origin, Position, SignedCheckpoint, Signers, Term,
};

/// What is known of a peer that seems to follow a rival of an opening here.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// A checkpoint of this era that the key of the term here did not sign.
    told: Option<(Term, Vec<u8>)>,
    /// The rival that it follows: it opened by right, as far as this log leads up to it.
    rival: Option<Rival>,
    /// The era of the rival that its later openings go on from.
    across: Option<u16>,
    /// Whether what it holds of the open term is not what is here, though one key signed both.
    parted: bool,
}

/// An opening of an era that has another one here.
#[derive(Debug, Clone)]
pub struct Rival {
    record: Vec<u8>,
    term: Term,
    signers: Signers,
    quorum: u16,
}

impl Look {
    /// Takes a checkpoint of a term that has another key here. Whether the peer's opening is to be looked
    /// into on account of it.
    pub fn tell(&mut self, cell: CellId, term: Term, note: &[u8]) -> bool {
        self.told = Some((term, note.to_vec()));
        let known = self.rival.as_ref().filter(|rival| rival.term == term);
        match known.map(|rival| rival.witnessed(cell, note)) {
            Some(Some(witnessed)) => witnessed,
            // Of yet another one.
            Some(None) => {
                self.rival = None;
                true
            }
            None => true,
        }
    }

    /// Takes up the rival that a peer follows, unless an earlier one is known. Whether its later opening is
    /// to be judged now.
    pub fn follows(&mut self, rival: Rival) -> bool {
        self.rival.get_or_insert(rival);
        self.across.is_some()
    }

    /// Notes that the peer's openings go on from a rival of this era, which is to be looked into first.
    /// False when it leads nowhere.
    pub fn leads_across(&mut self, era: u16) -> bool {
        let further = self.across.is_none_or(|known| era < known);
        (self.across, self.rival) = (Some(era), None);
        further && era > 0
    }

    /// Whether a checkpoint of this term is what is looked into.
    pub fn is_about(&self, term: Term) -> bool {
        self.told.as_ref().is_some_and(|(told, _)| *told == term) || self.across.is_some()
    }

    /// How far the peer says to be in the term that is looked into. A hint, as all tips.
    pub fn tip(&self) -> Option<(Term, u64)> {
        let note = Note::parse(&self.told.as_ref()?.1).ok()?;
        Checkpoint::parse_text(&note.text).ok().map(|said| (said.origin.term, said.size))
    }

    /// Notes that the peer holds the other of two histories of the open term, which its key signed both.
    pub fn parts(&mut self) {
        self.parted = true;
    }

    /// Whether it does.
    pub(crate) fn is_parted(&self) -> bool {
        self.parted
    }

    /// Whether there is anything to look into.
    pub fn is_strange(&self) -> bool {
        self.told.is_some() || self.across.is_some()
    }

    /// Whether the peer follows a rival that was seen to hold.
    pub fn knows_rival(&self) -> bool {
        self.rival.is_some()
    }

    /// After which era the peer's next opening is to be asked for, where the log here stands in `own`.
    pub fn asks_after(&self, own: u16, later: bool) -> u16 {
        match self.across.filter(|_| self.rival.is_none()) {
            Some(era) => era.saturating_sub(1),
            None if later => own,
            None => own.saturating_sub(1),
        }
    }

    /// Whether an opening of this era is one that is looked into, and no later one.
    pub(super) fn asks_for(&self, era: u16, open: Term) -> bool {
        era == open.era() || (self.across == Some(era) && self.rival.is_none())
    }
}

impl Rival {
    /// The rival that this opening, which stands in these bytes, is.
    pub(crate) fn of(offer: &Offer, bytes: &[u8]) -> Self {
        let opening = offer.opening();
        let (term, signers, quorum) = (opening.term, opening.signers(), opening.quorum);
        Self { record: bytes.to_vec(), term, signers, quorum }
    }

    /// Whether enough of its witnesses cosigned this checkpoint; nothing when its key did not sign it.
    fn witnessed(&self, cell: CellId, note: &[u8]) -> Option<bool> {
        let origin = Origin { cell, term: self.term };
        let signed = SignedCheckpoint::verify(note, &origin, &self.signers).ok()?;
        Some(is_witnessed(&signed, self.quorum))
    }
}

/// Whether a checkpoint has as many cosignatures as its term asks for; never where it asks for none.
fn is_witnessed(signed: &SignedCheckpoint, quorum: u16) -> bool {
    quorum > 0 && signed.witnesses() >= usize::from(quorum)
}

/// Judges a peer's opening of an era that has begun here.
pub(super) fn judge(offer: &Offer, bytes: &[u8], open: Term, look: &Look, log: &dyn HeldLog) -> Opened {
    let opening = offer.opening();
    match log.term(opening.term) {
        Some(own) if own.signers.term_key == opening.term_key => return Opened::Same,
        None if opening.term.era() >= open.era() => return Opened::NotHeld,
        // Another key opened that term here; or this log has left its era out.
        _ => {}
    }
    let (call, base) = match offer.judge(open, look, log) {
        Opened::Back(call, base) => (call, base),
        // An opening of an era that has begun here lies before the end of this log, or is none of it.
        Opened::Ahead(_) | Opened::Anew(_) => return Opened::Fault(Fault::OtherBranch),
        other => return other,
    };
    let rival = Rival::of(offer, bytes);
    let told = look.told.as_ref().filter(|(term, _)| *term == opening.term);
    let witnessed = match told.map(|(_, note)| rival.witnessed(offer.base().origin.cell, note)) {
        Some(None) => return Opened::Fault(BadCheckpoint::MissingSignature.into()),
        Some(Some(witnessed)) => witnessed,
        None => false,
    };
    let from = log.term(base.origin.term).map_or(0, |term| term.start.0.saturating_add(base.size));
    let own_era = opening.term.era() == open.era();
    if witnessed && own_era && !holds_witnessed(open, Position(from), log) {
        return Opened::Back(call, base);
    }
    Opened::Rival(Box::new(rival))
}

/// Judges an opening of a later era that goes on from a rival of an opening here: by who endorses it, on the
/// last state that both logs have. All of it is judged once the records between have come.
pub(super) fn across(offer: &Offer, open: Term, look: &Look, log: &dyn HeldLog) -> Opened {
    let based = *offer.base();
    let Some(rival) = &look.rival else { return Opened::Across(based.origin.term.era().min(open.era())) };
    let cell = based.origin.cell;
    if based.origin.term == rival.term && rival.witnessed(cell, &offer.base_note()).is_none() {
        return Opened::Fault(Fault::OtherBranch);
    }
    let same = log.term(rival.term).is_some_and(|own| own.signers.term_key == rival.signers.term_key);
    let judged = match Offer::read(cell, &rival.record) {
        Ok(read) if !same => read.judge(open, &Look::default(), log),
        // The log here has gone over to it meanwhile.
        _ => return Opened::Same,
    };
    let Opened::Back(_, base) = judged else { return Opened::Same };
    let Right::Takeover { endorsements, .. } = &offer.opening().right else { return Opened::NotHeld };
    let at = |checkpoint: &SignedCheckpoint| -> Option<State> {
        let start = log.term(checkpoint.origin.term)?.start.0;
        log.state_at(Position(start.saturating_add(checkpoint.size)))
    };
    let majority = |state: State| terms::is_majority(&state, endorsements.iter().map(|e| &e.key));
    // Whoever was admitted since the rivals parted counts where they were.
    if at(&base).is_some_and(majority) || log.checkpoint(open).and_then(|end| at(&end)).is_some_and(majority)
    {
        return Opened::Back(Call::of(offer.opening()), base);
    }
    Opened::NotHeld
}

/// Whether anything from this position on is known here to be witnessed.
pub(super) fn holds_witnessed(open: Term, from: Position, log: &dyn HeldLog) -> bool {
    let mut checkpoint = log.checkpoint(open).or_else(|| log.before(open));
    let end = log.term(open).map_or(0, |term| term.start.0.saturating_add(term.size));
    while let Some(signed) = checkpoint {
        let Some(term) = log.term(signed.origin.term) else { return false };
        if term.start.0.saturating_add(signed.size) <= from.0 {
            break;
        }
        if is_witnessed(&signed, term.quorum) {
            return true;
        }
        checkpoint = log.before(signed.origin.term);
    }
    log.state_at(Position(end)).is_some_and(|state| state.anchored() > from)
}
