//! The planned handover: everything that was accepted is placed and signed, then the term key signs the
//! log over, its last signature. It is written down before it leaves, and never made twice.

use super::{Effect, Keeper, Phase, Ticket};
use crate::limits::WITNESSED_PATIENCE_MS;
use crate::refusal::Refusal;
use lifeboat_log::codec::Bytes;
use lifeboat_log::handover::{Footing, Witnesses};
use lifeboat_log::opening::Base;
use lifeboat_log::{Handover, Successor, Term, Time};

/// A handover that was asked for and not signed yet.
pub(super) struct Leaving {
    ticket: Ticket,
    successor: Successor,
    witnesses: Witnesses,
    since: Time,
}

impl Keeper {
    /// Notes that the log is to be handed over. Nothing is placed from here on.
    pub(super) fn hand_over(
        &mut self,
        ticket: Ticket,
        successor: Successor,
        witnesses: Witnesses,
        now: Time,
        effects: &mut Vec<Effect>,
    ) {
        if self.leaving.is_some() || matches!(self.phase, Phase::HandingOver(..) | Phase::Left) {
            return effects.push(refuse(ticket, Refusal::BUSY));
        }
        self.leaving = Some(Leaving { ticket, successor, witnesses, since: now });
    }

    /// Signs the log over, once its last checkpoint is witnessed or has waited long enough for that.
    pub(super) fn leave(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Some(leaving) = &self.leaving else { return };
        let quorum = self.chain.open().map_or(0, |open| usize::from(open.opening.quorum));
        let witnessed = self.signed.as_ref().is_some_and(|signed| signed.witnesses() >= quorum);
        let waited = now < leaving.since || now >= leaving.since.plus_ms(WITNESSED_PATIENCE_MS);
        if !(witnessed || waited) {
            return;
        }
        let Some(leaving) = self.leaving.take() else { return };
        let Some(handover) = self.signed_over(&leaving) else {
            return effects.push(refuse(leaving.ticket, Refusal::NOT_VALID));
        };
        while let Some(waiting) = self.queue.pop() {
            effects.extend(waiting.tickets.into_iter().map(|ticket| refuse(ticket, Refusal::NOT_KEEPER)));
        }
        effects.push(Effect::HandOver(Box::new(handover.clone())));
        self.phase = Phase::HandingOver(Box::new(handover), leaving.ticket);
    }

    /// The handover is durable.
    pub(super) fn handed_over(&mut self, effects: &mut Vec<Effect>) {
        match std::mem::replace(&mut self.phase, Phase::Left) {
            Phase::HandingOver(handover, _) => effects.push(Effect::Left(handover)),
            other => self.phase = other,
        }
    }

    /// The handover from where the log stands, when its form holds: one that nobody could open a term with
    /// must not be the term key's last word.
    fn signed_over(&self, leaving: &Leaving) -> Option<Handover> {
        let open = self.chain.open()?;
        let signed = self.signed.as_ref().filter(|signed| signed.size == open.tree.size())?;
        let term = Term::new(open.term.era(), open.term.turn().checked_add(1)?);
        let base = Base { checkpoint: Bytes::new(signed.to_bytes())?, head: self.chain.head() };
        let footing = Footing { term, base, state: self.state.hash(), rules: self.state.rules() };
        let (cell, witnesses) = (self.chain.cell(), leaving.witnesses.clone());
        let handover = Handover::sign(&cell, footing, &leaving.successor, witnesses, &self.term_key);
        handover.check(cell).ok().map(|()| handover)
    }
}

fn refuse(ticket: Ticket, name: &str) -> Effect {
    Effect::Refuse { ticket, refusal: Refusal::new(name) }
}
