//! What a home does with misconduct: what it has seen becomes a file, files of others are verified, and
//! both are kept and passed on, as the real node does it.

use crate::home::Home;
use crate::judge::Invariant;
use crate::wire::{Ctx, Out};
use lifeboat_log::{Charge, PublicKey, Term};
use lifeboat_protocol::Announcement;
use lifeboat_protocol::accuse::BadStretch;
use lifeboat_protocol::follower::{Alarm, Effect, Event};
use lifeboat_protocol::limits::MAX_MISCONDUCT_FILES;
use lifeboat_protocol::message::term_of_note;
use lifeboat_store::BadEvidence;
use lifeboat_store::evidence::may_prove;

impl Home {
    /// Takes a misconduct file, from a peer or of its own making.
    pub fn accused(&mut self, peer: Option<PublicKey>, file: &[u8], ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        match run.evidence.take(&run.store, file) {
            Ok(Some(proven)) => {
                ctx.judge.proven(self.index, file.to_vec());
                ctx.out.extend(Announcement::misconduct(self.cell, file).map(Out::Announce));
                let (term, before) = (proven.origin.term, proven.fault.before());
                self.follower_event(Event::Stop { term, before }, ctx);
            }
            Ok(None) => {}
            Err(BadEvidence::Misconduct(bad)) => {
                if let Some(peer) = peer {
                    self.follower_event(Event::FalseEvidence { peer, name: bad.name() }, ctx);
                }
            }
            Err(BadEvidence::UnknownTerm(_)) if may_prove(self.cell, file) => {
                if run.later.len() < MAX_MISCONDUCT_FILES {
                    run.later.push(file.to_vec());
                }
            }
            Err(_) => {}
        }
    }

    /// Looks again at what could not be judged before more of the log was here.
    pub fn look_again(&mut self, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let (later, stretch) = (std::mem::take(&mut run.later), run.stretch.take());
        later.iter().for_each(|file| self.accused(None, file, ctx));
        if let Some(stretch) = stretch {
            self.accuse(stretch, ctx);
        }
    }

    /// A checkpoint that was told, or the base of an opening, when it contradicts what is held here.
    pub fn compare(&mut self, note: &[u8], ctx: &mut Ctx<'_>) {
        let Some(run) = &self.run else { return };
        if let (Ok(Some(charge)), Some(term)) = (run.store.contradicted_by(note), term_of_note(note)) {
            self.charged(term, charge, ctx);
        }
    }

    /// What a follower's machine has seen of its keeper.
    pub fn saw(&mut self, effect: Effect, ctx: &mut Ctx<'_>) {
        let index = self.index;
        match effect {
            Effect::Accuse(stretch) => {
                let what = format!("home {index} accuses the keeper of record {}", stretch.at);
                ctx.judge.wrong(Invariant::OneOrder, what);
                self.accuse(stretch, ctx);
            }
            Effect::Alarm(alarm) => {
                let what = format!("home {index} raises the alarm over size {}", alarm.size);
                ctx.judge.wrong(Invariant::OneOrder, what);
                self.alarmed(&alarm, ctx);
            }
            _ => {}
        }
    }

    /// What the follower's alarm amounts to.
    pub fn alarmed(&mut self, alarm: &Alarm, ctx: &mut Ctx<'_>) {
        if let Some(charge) = alarm.charge() {
            self.charged(alarm.other.origin.term, charge, ctx);
        }
    }

    /// What records amount to that do not hold under a signed checkpoint.
    pub fn accuse(&mut self, stretch: Box<BadStretch>, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let (store, term) = (&run.store, stretch.signed.origin.term);
        let Some(known) = store.known_term(term) else {
            run.stretch = Some(stretch); // its opening is on its way to the disk
            return;
        };
        let last = || match stretch.known.checked_sub(1) {
            Some(before) => store.raw_in_term(term, before),
            None => Ok(None),
        };
        let charge = stretch.charge(&known, |level, index| store.tree_node(term, level, index), last);
        if let Ok(Some(charge)) = charge {
            self.charged(term, charge, ctx);
        }
    }

    fn charged(&mut self, term: Term, charge: Charge, ctx: &mut Ctx<'_>) {
        let Some(run) = &self.run else { return };
        if let Ok(file) = run.store.accuse(term, charge) {
            self.accused(None, &file.to_bytes(), ctx);
        }
    }
}
