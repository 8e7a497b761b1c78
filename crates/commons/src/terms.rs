//! Who keeps the log: what the openings of terms say to the fold, and whether they had the right. A
//! takeover is judged on the state at its base: by more than half of the electorate, on a base that none
//! of the floors under it goes past or contradicts.

use crate::effect::{Inadmissible, Reason};
use crate::history::History;
use crate::limits::{MAX_ENDED_TERMS, RULES};
use crate::state::State;
use bincode::{Decode, Encode};
use lifeboat_log::note::Note;
use lifeboat_log::opening::{Close, Endorsement, Right};
use lifeboat_log::{
    Checkpoint, Floor, Opening, Position, PublicKey, SignedEntry, StateHash, Term, Time, TreeHash,
};
use std::collections::{BTreeMap, BTreeSet};

/// Who keeps the log now.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Keeper {
    /// The term.
    pub term: Term,
    /// The node.
    pub node: PublicKey,
    /// The key that signs the term's checkpoints.
    pub term_key: PublicKey,
    /// Where the term began.
    pub since: Position,
    /// The witnesses' keys.
    pub witnesses: Vec<PublicKey>,
    /// How many cosignatures make a checkpoint witnessed.
    pub quorum: u16,
    /// Whether the term was taken over without the promises of enough old witnesses: then something that
    /// was witnessed may be lost. It reads so for ever.
    pub forced: bool,
}

impl Keeper {
    /// The keeper whom this opening names.
    pub(crate) fn of(opening: &Opening, since: Position, forced: bool) -> Self {
        Self {
            term: opening.term,
            node: opening.node,
            term_key: opening.term_key,
            since,
            witnesses: opening.witnesses.to_vec(),
            quorum: opening.quorum,
            forced,
        }
    }

    /// How many of the witnesses must close the era, so that nothing witnessed can be lost: with fewer
    /// left over, no checkpoint gets its number of cosignatures.
    pub fn closes_needed(&self) -> usize {
        match self.witnesses.len() {
            0 => 0,
            all => all.saturating_sub(usize::from(self.quorum)) + 1,
        }
    }
}

/// A term that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Ended {
    /// The key that signed its checkpoints.
    pub term_key: PublicKey,
    /// The number of its records that stand.
    pub size: u64,
    /// Their root.
    pub root: TreeHash,
}

/// The time after a takeover in which what was superseded is placed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Grace {
    /// The time of the base: what ran out after it has not run out yet.
    pub from: Time,
    /// When the term opened: only what was said before it has the grace.
    pub opened: Time,
    /// The last moment of the grace.
    pub until: Time,
}

/// The terms before the one that is open, and the grace after a takeover.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Terms {
    ended: BTreeMap<Term, Ended>,
    grace: Option<Grace>,
}

impl Terms {
    /// A term that is over, unless it is one of long ago.
    pub fn ended(&self, term: Term) -> Option<&Ended> {
        self.ended.get(&term)
    }

    /// How many takeovers led to this term, as far as terms are remembered. A try that failed leaves its era out.
    pub fn takeovers(&self, open: Term) -> usize {
        let eras: BTreeSet<u16> = self.ended.keys().map(|term| term.era()).chain([open.era()]).collect();
        eras.iter().filter(|era| **era > 0).count()
    }

    /// The grace that is in force at `now`.
    pub fn grace(&self, now: Time) -> Option<&Grace> {
        self.grace.as_ref().filter(|grace| now <= grace.until)
    }

    /// Whether an entry that is placed at `now` was said before a takeover, and has its grace.
    pub(crate) fn spares(&self, entry: &SignedEntry, now: Time) -> bool {
        let spares = |grace: &Grace| entry.author_time <= grace.opened && entry.not_after >= grace.from;
        self.grace(now).is_some_and(spares)
    }

    /// The moment up to which things close at `now`: closing times that fall into the grace move to its end.
    pub(crate) fn closing(&self, now: Time) -> Time {
        self.grace(now).map_or(now, |grace| grace.from.min(now))
    }

    /// Notes that a term is over.
    pub(crate) fn end(&mut self, keeper: &Keeper, base: &Checkpoint) {
        let ended = Ended { term_key: keeper.term_key, size: base.size, root: base.root };
        self.ended.insert(keeper.term, ended);
        while self.ended.len() > MAX_ENDED_TERMS {
            self.ended.pop_first();
        }
    }

    /// Begins the grace after a takeover on a base of the time `from`.
    pub(crate) fn begin_grace(&mut self, from: Time, opened: Time, ms: u64) {
        let from = self.grace(from).map_or(from, |earlier| earlier.from);
        self.grace = Some(Grace { from, opened, until: opened.plus_ms(ms) });
    }
}

/// The checkpoint that an opening goes on from.
pub(crate) fn base_of(opening: &Opening) -> Option<Checkpoint> {
    let note = Note::parse(&opening.base.as_ref()?.checkpoint).ok()?;
    Checkpoint::parse_text(&note.text).ok()
}

/// Judges whether a later term opens by right on a state of this hash, and whether it is forced. The
/// chain has checked the base, the old keeper's signature under a handover and the members' under a
/// takeover; who they are is judged here.
pub(crate) fn judge(
    state: &State,
    opening: &Opening,
    hash: StateHash,
    history: &dyn History,
) -> Result<bool, Reason> {
    if state.rules() != RULES || opening.rules != RULES {
        return Err(Inadmissible::NewerRules.into());
    }
    if opening.state != hash {
        return Err(Reason::NoRight);
    }
    match &opening.right {
        Right::Founding => Err(Reason::NoRight),
        Right::Handover(_) => Ok(false),
        Right::Takeover { endorsements, closes } => {
            judge_takeover(state, opening, endorsements, closes, history)
        }
    }
}

fn judge_takeover(
    state: &State,
    opening: &Opening,
    endorsements: &[Endorsement],
    closes: &[Close],
    history: &dyn History,
) -> Result<bool, Reason> {
    let (keeper, base) = state.keeper().zip(base_of(opening)).ok_or(Reason::NoRight)?;
    let (given, of) = (endorsers(state, endorsements.iter().map(|e| &e.key)), electorate(state));
    if given * 2 <= of {
        return Err(Reason::TooFewEndorse { given: given as u64, of: of as u64 });
    }
    if opening.witnesses[..] != keeper.witnesses[..] || opening.quorum != keeper.quorum {
        return Err(Reason::WitnessesChanged);
    }
    if closes.iter().any(|close| !keeper.witnesses.contains(&close.key)) {
        return Err(Reason::CloseOfStranger);
    }
    for endorsement in endorsements {
        check_endorsed(state, &base, &endorsement.floor, history)?;
    }
    for close in closes.iter().filter(|close| close.floor != Floor::NONE) {
        check_floor(state, &base, &close.floor, history)?;
    }
    Ok(closes.len() < keeper.closes_needed())
}

/// How many members these keys endorse for: each member once, however many keys.
pub fn endorsers<'a>(state: &State, keys: impl Iterator<Item = &'a PublicKey>) -> usize {
    keys.filter_map(|key| state.endorser(key)).collect::<BTreeSet<_>>().len()
}

/// Whether these keys endorse for more than half of the electorate.
pub fn is_majority<'a>(state: &State, keys: impl Iterator<Item = &'a PublicKey>) -> bool {
    endorsers(state, keys) * 2 > electorate(state)
}

/// The size of the electorate: more than half of it takes the log over.
pub fn electorate(state: &State) -> usize {
    state.members().electorate(state.time(), state.charter().notice_ms()).count()
}

/// Whether a base of the open term may stand over this floor: it is signed, the base is not smaller, and
/// the floor is the beginning of it.
///
/// # Errors
/// The [`Reason`] for which a takeover on this base would be void.
pub fn check_floor(
    state: &State,
    base: &Checkpoint,
    floor: &Floor,
    history: &dyn History,
) -> Result<(), Reason> {
    let keeper = state.keeper().ok_or(Reason::NoRight)?;
    if floor.term > keeper.term {
        return Err(Reason::FloorAboveBase);
    }
    let open = floor.term == keeper.term;
    let known = match open {
        true => Some((keeper.term_key, base.size, base.root)),
        false => state.terms().ended(floor.term).map(|ended| (ended.term_key, ended.size, ended.root)),
    };
    let (key, size, root) = known.ok_or(Reason::FloorNotSigned)?;
    if floor.size == 0 || !floor.is_signed_by(state.cell(), &key) {
        return Err(Reason::FloorNotSigned);
    }
    if floor.size > size {
        // What lay past the base of an earlier takeover was superseded then, by right.
        return if open { Err(Reason::FloorAboveBase) } else { Ok(()) };
    }
    let there = if floor.size == size { Some(root) } else { history.root(floor.term, floor.size) };
    if there == Some(floor.root) { Ok(()) } else { Err(Reason::FloorContradicts) }
}

/// As [`check_floor`], for the floor of an endorsement. None at all binds nothing: so endorses who has proof that
/// the keeper's key signed two histories, of which one can stand. And one that another key signed in an era that
/// was taken over binds nothing: it is of a rival of an opening here, and of two rivals only one can stand. Who
/// endorses says so, and whatever is witnessed of the other is kept by the closes, whose floors all bind.
///
/// # Errors
/// As there.
pub fn check_endorsed(
    state: &State,
    base: &Checkpoint,
    floor: &Floor,
    history: &dyn History,
) -> Result<(), Reason> {
    if *floor == Floor::NONE {
        return Ok(());
    }
    match check_floor(state, base, floor, history) {
        Err(Reason::FloorNotSigned) if floor.term.era() > 0 && floor.size > 0 => Ok(()),
        checked => checked,
    }
}
