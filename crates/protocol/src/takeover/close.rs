//! When a witness closes the older eras for a call. It must promise the close on disk before it leaves,
//! and cosigns nothing of an older era from then on (`Vows::closed_era` in the store tells which).

use super::board::Known;
use lifeboat_commons::{State, terms};
use lifeboat_log::{Call, PublicKey};

/// Whether the witness with this key closes for this call now: it is a witness of the open term, has not
/// closed for it yet, and sees that more than half of the electorate endorse it.
pub fn may_close(witness: &PublicKey, call: &Call, known: &Known, state: &State) -> bool {
    let of_term = state
        .keeper()
        .is_some_and(|keeper| keeper.witnesses.contains(witness) && call.term.era() > keeper.term.era());
    of_term && !known.closes.contains_key(witness) && known.given(state) * 2 > terms::electorate(state)
}
