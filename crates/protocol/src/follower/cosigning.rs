//! The cosignatures that a follower keeps: those of its own witness, and those that others know. What the
//! keeper lacks of them it is told, again and again until its own copy has them; a witness that does not
//! reach the keeper tells whom it reaches, and they pass it on.

use super::{Effect, Follower};
use crate::limits::COSIGN_AGAIN_MS;
use lifeboat_log::{PublicKey, SignedCheckpoint, Time};

impl Follower {
    /// The follower in a home that has a witness key.
    #[must_use]
    pub fn with_witness(self, witness: PublicKey) -> Self {
        Self { witness: Some(witness), ..self }
    }

    /// Asks the own witness, where the term names it and it has not cosigned what is held.
    pub(super) fn ask_witness(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Some((held, open)) = self.held.as_ref().zip(self.chain.open()) else { return };
        let Some(own) = self.witness.filter(|own| open.opening.witnesses.contains(own)) else { return };
        let durable = held.origin.term == open.term && held.size <= open.tree.size();
        let due = now >= self.cosign_due || self.cosign_due > now.plus_ms(COSIGN_AGAIN_MS);
        let busy = !self.persists.is_empty() || self.reopening;
        if durable && due && !busy && !held.is_cosigned_by(&own) {
            effects.push(Effect::Cosign(Box::new(held.clone())));
            self.cosign_due = now.plus_ms(COSIGN_AGAIN_MS);
        }
    }

    /// Takes in the cosignature of the own witness, and tells the keeper; or, where it is out of reach, all
    /// who may reach it.
    pub(super) fn cosigned(&mut self, cosigned: &SignedCheckpoint, effects: &mut Vec<Effect>) {
        self.keep_joined(cosigned, effects);
        let tell = match self.reachable_keeper() {
            Some(keeper) => vec![keeper],
            None => self.peers.all_connected(),
        };
        let checkpoint = Box::new(cosigned.clone());
        effects.extend(
            tell.into_iter().map(|peer| Effect::TellCosigned { peer, checkpoint: checkpoint.clone() }),
        );
    }

    /// A peer told the checkpoint that is held here: what either has of cosignatures and the other lacks.
    pub(super) fn compare(&mut self, peer: PublicKey, told: &SignedCheckpoint, effects: &mut Vec<Effect>) {
        let Some(held) = self.held.as_ref().filter(|held| held.checkpoint() == told.checkpoint()) else {
            return;
        };
        let joined = held.joined(told);
        let keeper = self.reachable_keeper();
        let keeper_lacks = match keeper == Some(peer) {
            true => joined.witnesses() > told.witnesses(),
            false => joined.witnesses() > held.witnesses(),
        };
        if let Some(peer) = keeper.filter(|_| keeper_lacks) {
            effects.push(Effect::TellCosigned { peer, checkpoint: Box::new(joined) });
        }
        self.keep_joined(told, effects);
    }

    fn reachable_keeper(&self) -> Option<PublicKey> {
        self.keeper().filter(|keeper| self.peers.is_connected(keeper))
    }

    /// Stores what is held with the cosignatures of another copy, where that adds some.
    fn keep_joined(&mut self, other: &SignedCheckpoint, effects: &mut Vec<Effect>) {
        let busy = !self.persists.is_empty() || self.reopening;
        let Some(held) = self.held.as_ref().filter(|_| !busy) else { return };
        let joined = held.joined(other);
        if joined.witnesses() > held.witnesses() {
            self.persists.push_back((self.chain.clone(), Some(joined.clone())));
            effects.push(Effect::Persist { records: Vec::new(), checkpoint: Some(Box::new(joined)) });
        }
    }
}
