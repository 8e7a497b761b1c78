//! What rotation asks of the member of a home: draws that wait for them, turns that they have, and a log
//! that their node should hand over or take over. Read from the folded state, for the overview.

use lifeboat_commons::MemberId;
use lifeboat_commons::rotation::{Duty, Stage, Turn};
use lifeboat_commons::{Rotation, State};
use lifeboat_log::{EntryId, Time};
use serde::{Deserialize, Serialize};

/// What rotation asks of a member, by the positions of draws.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TurnNotes {
    /// Draws to which they could commit.
    pub commit: Vec<u64>,
    /// Draws that are left to a hat.
    pub hat: Vec<u64>,
    /// Draws that wait for a beacon that is out.
    pub beacon: Vec<u64>,
    /// Swaps that others offer them, by the positions of the offers.
    pub swaps: Vec<u64>,
    /// Turns that they have or are to have.
    pub turns: Vec<OwnTurn>,
    /// Their node keeps the log, and somebody else was drawn to keep it now: the draw.
    pub hand_over: Option<u64>,
}

/// A turn of the member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnTurn {
    /// The role.
    pub role: String,
    /// The draw that gave it.
    pub draw: u64,
    /// Its first moment, in milliseconds since 1970.
    pub from_ms: u64,
    /// Its end.
    pub until_ms: u64,
    /// Their node should keep the log in it, and does not.
    pub take_over: bool,
}

impl TurnNotes {
    /// What is asked of this member now, at a home whose node keeps the log or not.
    pub fn of(state: &State, member: &MemberId, keeps: bool, now: Time) -> Self {
        let rotation = state.rotation();
        let mut notes = Self::default();
        for draw in rotation.open_draws() {
            match &draw.stage {
                Stage::Committing(round)
                    if now < round.until
                        && !round.has_committed(member)
                        && state.members().is_elector(member, now) =>
                {
                    notes.commit.push(draw.position.0);
                }
                Stage::Hat if !draw.hats.contains_key(member) || draw.agreeing() < draw.hats.len() => {
                    notes.hat.push(draw.position.0);
                }
                Stage::Awaiting(_) if draw.awaits().is_some_and(|awaited| awaited.out <= now) => {
                    notes.beacon.push(draw.position.0);
                }
                _ => {}
            }
        }
        let offered = rotation.swaps().filter(|swap| swap.with == *member);
        notes.swaps = offered.map(|swap| swap.position.0).collect();
        for turn in rotation.turns().into_iter().filter(|turn| now < turn.until) {
            let (own, begun) = (turn.draw.holders.contains(member), turn.from <= now);
            let keeping = duty(rotation, &turn) == Some(Duty::Keeper) && begun;
            if keeping && keeps && !own && !turn.draw.holders.is_empty() {
                notes.hand_over = Some(turn.draw.position.0);
            }
            if own {
                notes.turns.push(OwnTurn {
                    role: turn.role.to_string(),
                    draw: turn.draw.position.0,
                    from_ms: turn.from.ms(),
                    until_ms: turn.until.ms(),
                    take_over: keeping && !keeps,
                });
            }
        }
        notes
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn duty(rotation: &Rotation, turn: &Turn<'_>) -> Option<Duty> {
    rotation.role(turn.role).map(|role| role.duty)
}

/// The ids of draws to which a member could commit, oldest first.
pub fn to_commit(state: &State, member: &MemberId, now: Time) -> Vec<EntryId> {
    let notes = TurnNotes::of(state, member, false, now);
    let mut draws: Vec<_> =
        state.rotation().open_draws().filter(|draw| notes.commit.contains(&draw.position.0)).collect();
    draws.sort_by_key(|draw| draw.position);
    draws.into_iter().map(|draw| draw.id).collect()
}
