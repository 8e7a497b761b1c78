//! When a witness closes the older eras for a call. It must promise the close on disk before it leaves,
//! and cosigns nothing of an older era from then on (`Vows::closed_era` in the store tells which).

use super::board::Known;
use lifeboat_commons::{History, State};
use lifeboat_log::{Call, Floor, Given, OpenTerm, PublicKey, SignedCheckpoint};

/// Whether the witness with this key closes for this call now: it is a witness of the open term, has not
/// closed for it yet, nor for a later era than its own (`closed` is the highest), in which it could cosign
/// nothing; and sees that more than half of the electorate endorse it.
pub fn may_close(witness: &PublicKey, closed: u16, call: &Call, known: &Known, state: &State) -> bool {
    if call.term.era() < closed {
        return false;
    }
    let of_term = state
        .keeper()
        .is_some_and(|keeper| keeper.witnesses.contains(witness) && call.term.era() > keeper.term.era());
    of_term && !known.closes.contains_key(witness) && known.is_carried(state)
}

/// What a witness says to hold when it closes: the largest signed checkpoint here. Nothing where it has
/// cosigned more of the open term than that (its disk may be an old copy): first it fetches the rest, or
/// what it had cosigned could be lost. Nor where it has cosigned a rival of this term, unless the one here is
/// known to be witnessed: then the other never is.
pub fn floor_of_close(
    open: &OpenTerm,
    held: Option<&SignedCheckpoint>,
    given: Option<&Given>,
    state: &State,
    history: &dyn History,
) -> Option<Floor> {
    let held = held.filter(|held| held.origin.term == open.term)?;
    let covers = given.is_none_or(|given| {
        let root =
            if given.size == held.size { Some(held.root) } else { history.root(open.term, given.size) };
        given.size <= held.size && root == Some(given.root)
    });
    let quorum = usize::from(open.opening.quorum);
    let witnessed = state.anchored() > open.start || (quorum > 0 && held.witnesses() >= quorum);
    let rival = given.is_some_and(|given| given.size <= held.size);
    Floor::of(held, &open.opening.term_key).filter(|_| covers || (rival && witnessed))
}
