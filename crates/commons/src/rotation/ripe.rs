//! When an entry that a member signed beforehand is to be handed in: a reveal as soon as nobody can commit
//! any more, the commitment to a second attempt once the first was void. A home asks this for the entries
//! that it holds back, so that a person commits once and need not be there again.

use super::body::{Committed, Revealed, RotationStatement};
use super::draws::{Draw, Stage};
use crate::practices::Statement;
use crate::state::State;
use lifeboat_log::{SignedEntry, Time};

/// What to do with an entry that a home holds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ripe {
    /// Wait.
    NotYet,
    /// Hand it in.
    Now,
    /// Nothing will come of it any more.
    Never,
}

impl State {
    /// What to do at `now` with an entry that a home holds back.
    pub fn ripe(&self, entry: &SignedEntry, now: Time) -> Ripe {
        let Some(member) = self.members().of_key(&entry.author) else { return Ripe::Never };
        let (id, attempt, reveals) = match Statement::decode(entry) {
            Ok(Statement::Rotation(RotationStatement::Committed(Committed { draw, attempt, .. }))) => {
                (draw, attempt, false)
            }
            Ok(Statement::Rotation(RotationStatement::Revealed(Revealed { draw, attempt, .. }))) => {
                (draw, attempt, true)
            }
            _ => return Ripe::Never,
        };
        let Some(draw) = self.rotation().draw(&id) else { return Ripe::Never };
        let draw = self.expected(draw, now);
        match &draw.stage {
            Stage::Committing(round) | Stage::Revealing(round) | Stage::Awaiting(round)
                if round.attempt < attempt =>
            {
                Ripe::NotYet
            }
            Stage::Committing(round) if round.attempt == attempt => match reveals {
                true => Ripe::NotYet,
                false if round.has_committed(&member) => Ripe::Never,
                false => Ripe::Now,
            },
            Stage::Revealing(round) if round.attempt == attempt && reveals => {
                let counts = round.has_committed(&member) && !round.has_revealed(&member);
                if counts { Ripe::Now } else { Ripe::Never }
            }
            _ => Ripe::Never,
        }
    }

    /// The draw as the keeper will see it: a clock here that is a little ahead of the keeper's must not
    /// make a secret known while others can still commit.
    fn expected(&self, draw: &Draw, now: Time) -> Draw {
        let Some(asked) = draw.way.asks() else { return draw.clone() };
        let margin = self.charter().skew_ms().min(asked.reveal_ms / 4);
        let mut draw = draw.clone();
        draw.advance(Time::from_ms(now.ms().saturating_sub(margin)));
        draw
    }
}
