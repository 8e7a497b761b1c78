//! An opening of a higher era than the one that a home stands in, as a peer offers it: whether the home's
//! log leads up to it, or has gone past its base and must be cut back. Only its form and place are judged
//! here; whoever carries this judges its right on the state at the base before anything is cut.

use super::parted;
use super::rival::{self, Look, Rival};
use crate::follower::Fault;
use lifeboat_commons::{History, State, terms};
use lifeboat_log::note::Note;
use lifeboat_log::opening::Right;
use lifeboat_log::{
    BadCheckpoint, Call, CellId, Checkpoint, KeyCache, LinkHash, Opening, Position, Record, SignedCheckpoint,
    Signers, Term,
};
use std::cmp::Ordering;

/// An opening that a peer offers.
#[derive(Debug, Clone)]
pub struct Offer {
    record: Record,
    opening: Opening,
    base: Checkpoint,
}

/// What a home holds of one term.
#[derive(Debug, Clone)]
pub struct TermStand {
    /// Who signs its checkpoints.
    pub signers: Signers,
    /// How many of the witnesses make one witnessed.
    pub quorum: u16,
    /// The position of its first record.
    pub start: Position,
    /// The number of its records that are here.
    pub size: u64,
}

/// The log of a home, as an offer is judged on it.
pub trait HeldLog: History {
    /// What is here of a term.
    fn term(&self, term: Term) -> Option<TermStand>;
    /// The hash of the last of the first `end` links.
    fn head(&self, end: Position) -> Option<LinkHash>;
    /// The state after the first `end` records.
    fn state_at(&self, end: Position) -> Option<State>;
    /// The newest checkpoint over a term; of a term that is over, its last.
    fn checkpoint(&self, term: Term) -> Option<SignedCheckpoint>;
    /// The newest checkpoint over the last term before this one.
    fn before(&self, term: Term) -> Option<SignedCheckpoint>;
}

/// Judges what a peer gave as its opening of a later era than `open`, in which the log here stands, or of an era
/// that has another opening here; `look` is what is known of the peer.
pub fn judge(cell: CellId, open: Term, bytes: &[u8], look: &Look, log: &dyn HeldLog) -> Opened {
    let offer = match Offer::read(cell, bytes) {
        Ok(offer) => offer,
        Err(fault) => return Opened::Fault(fault),
    };
    let era = offer.opening.term.era();
    match era.cmp(&open.era()) {
        Ordering::Less | Ordering::Equal if look.asks_for(era, open) => {
            rival::judge(&offer, bytes, open, look, log)
        }
        // The log here has come so far by itself meanwhile.
        Ordering::Less | Ordering::Equal => Opened::NotHeld,
        Ordering::Greater => offer.judge(open, look, log),
    }
}

/// The signed checkpoint that an opening of a later era goes on from, verbatim. Where it contradicts the log
/// here, the two prove that the key of its term signed both.
pub fn base_note(cell: CellId, bytes: &[u8]) -> Option<Vec<u8>> {
    let offer = Offer::read(cell, bytes).ok()?;
    offer.opening.base.map(|base| base.checkpoint.to_vec())
}

/// Where an offer lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At or past the end of what is here: following brings it.
    Ahead,
    /// Before the end of what is here: the log is to be cut back to this base, once the opening's right is
    /// known to hold on the state there.
    Back(Box<SignedCheckpoint>),
    /// Past the end of a term of which less is here than it goes on from, and other terms after it: they
    /// are to be cut off, once more than half of the electorate is known to stand behind it.
    Aside,
    /// It goes on from a term that another key opened here, or from one of an era that this log has left out:
    /// from a rival of the opening here.
    Across,
    /// It goes on from something else than is here, and the term's key signed both.
    Parted,
    /// It goes on from something that this log contradicts.
    Wrong(Fault),
}

/// What came of asking a peer for its opening of a higher era.
#[derive(Debug, Clone)]
pub enum Opened {
    /// The peer has none, or did not answer.
    NotHeld,
    /// It has one that this log leads up to.
    Ahead(Call),
    /// It has one by right, and this log is to be cut back to its base.
    Back(Call, Box<SignedCheckpoint>),
    /// It has one that goes on from the other of two histories that one key signed, and more than half of the
    /// electorate stand behind it. Where the two part is not known: nothing of this log stays, and it is fetched
    /// anew.
    Anew(Call),
    /// It has the one that stands here.
    Same,
    /// It has another one than stands here, by right, and what is known does not say that it is to be followed.
    Rival(Box<Rival>),
    /// It has one that goes on from a rival of the opening of this era: that one is to be looked into first.
    Across(u16),
    /// It has one that does not hold.
    Fault(Fault),
}

impl Offer {
    /// The offer that these bytes of a record are.
    ///
    /// # Errors
    /// [`Fault`] when they are no opening by takeover of this cell.
    pub fn read(cell: CellId, bytes: &[u8]) -> Result<Self, Fault> {
        let record = Record::verify(bytes, &mut KeyCache::default()).map_err(|_| Fault::NoOpening)?;
        let opening = record.entry().opening().ok().flatten().ok_or(Fault::NoOpening)?;
        let base = opening.base.as_ref().and_then(|base| Note::parse(&base.checkpoint).ok());
        let base = base.and_then(|note| Checkpoint::parse_text(&note.text).ok()).ok_or(Fault::NoOpening)?;
        let later = base.origin.term.may_become(opening.term);
        let of_cell = record.entry().cell == cell && base.origin.cell == cell;
        let fits = record.link().term == opening.term && base.size > 0;
        let takes = matches!(opening.right, Right::Takeover { .. });
        if later && of_cell && fits && takes {
            Ok(Self { record, opening, base })
        } else {
            Err(Fault::NoOpening)
        }
    }

    /// The opening.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// The checkpoint that it goes on from; its signature is checked by [`Offer::place`].
    pub fn base(&self) -> &Checkpoint {
        &self.base
    }

    /// That checkpoint with its signatures.
    pub(super) fn base_note(&self) -> Vec<u8> {
        self.opening.base.as_ref().map(|base| base.checkpoint.to_vec()).unwrap_or_default()
    }

    /// Judges it for a home whose log stands in `open`.
    pub(super) fn judge(&self, open: Term, look: &Look, log: &dyn HeldLog) -> Opened {
        let call = Call::of(&self.opening);
        match self.place(open, log).unwrap_or_else(Place::Wrong) {
            Place::Wrong(fault) => Opened::Fault(fault),
            // What leads up to its base was not of this log.
            Place::Ahead if look.knows_rival() && self.base.origin.term > open => {
                rival::across(self, open, look, log)
            }
            Place::Ahead if look.is_parted() && self.base.origin.term == open => {
                parted::judge(self, open, log)
            }
            Place::Ahead => Opened::Ahead(call),
            Place::Back(base) => {
                let start = log.term(base.origin.term).map_or(0, |term| term.start.0);
                let Some(state) = log.state_at(Position(start.saturating_add(base.size))) else {
                    return Opened::NotHeld;
                };
                match state.judge_opening(&self.opening, log) {
                    Ok(_) => Opened::Back(call, base),
                    Err(reason) => Opened::Fault(Fault::Unjust(reason)),
                }
            }
            Place::Aside => self.judge_aside(log).unwrap_or(Opened::NotHeld),
            Place::Across => rival::across(self, open, look, log),
            Place::Parted => parted::judge(self, open, log),
        }
    }

    /// Where it lies for a home whose log stands in `open`.
    ///
    /// # Errors
    /// [`Fault`] when it goes on from something that this log contradicts.
    pub fn place(&self, open: Term, log: &dyn HeldLog) -> Result<Place, Fault> {
        let based = self.base.origin.term;
        let Some(held) = log.term(based) else {
            // A term that is still to come here; or one that this log has gone past without it, by an opening
            // of another try.
            return match based > open || log.term(open).is_none() {
                true => Ok(Place::Ahead),
                false if based.era() > 0 => Ok(Place::Across),
                false => Err(Fault::OtherBranch),
            };
        };
        let base = self.opening.base.as_ref().ok_or(Fault::NoOpening)?;
        let signed = match SignedCheckpoint::verify(&base.checkpoint, &self.base.origin, &held.signers) {
            Err(BadCheckpoint::MissingSignature) if based.era() > 0 => return Ok(Place::Across),
            verified => verified?,
        };
        let link = self.record.link();
        if Some(link.position.0) != held.start.0.checked_add(signed.size) || link.previous != base.head {
            return Err(Fault::NoOpening);
        }
        if held.size < signed.size {
            return Ok(if based == open { Place::Ahead } else { Place::Aside });
        }
        if log.root(based, signed.size) != Some(signed.root) {
            return Ok(Place::Parted);
        }
        if log.head(link.position) != Some(base.head) {
            return Err(Fault::NoOpening);
        }
        let at_end = based == open && held.size == signed.size;
        Ok(if at_end { Place::Ahead } else { Place::Back(Box::new(signed)) })
    }

    /// Judges the opening where less of its base's term is here than it goes on from, by who endorses it on
    /// the state at the end of what is here: all of it is judged once the rest has come.
    fn judge_aside(&self, log: &dyn HeldLog) -> Option<Opened> {
        let Right::Takeover { endorsements, .. } = &self.opening.right else { return None };
        let end = log.checkpoint(self.base.origin.term)?;
        let start = log.term(end.origin.term)?.start.0;
        let state = log.state_at(Position(start.saturating_add(end.size)))?;
        let back = || Opened::Back(Call::of(&self.opening), Box::new(end));
        terms::is_majority(&state, endorsements.iter().map(|e| &e.key)).then(back)
    }
}
