//! What a home does as witness: it cosigns what is durable on its own disk, through the real machine and its
//! file of promises.

use crate::home::{Home, Run};
use crate::wire::{Ctx, Out, Purpose};
use lifeboat_log::codec::Bytes;
use lifeboat_log::note::SignatureLine;
use lifeboat_log::{Position, PublicKey, SignedCheckpoint};
use lifeboat_protocol::witness::{Clock, Effect, Event, Links, Step, Ticket, Witness};
use lifeboat_protocol::{Request, follower};
use lifeboat_store::{Cosignings, LogStore, Vows};

/// A witness and its file.
pub struct Cosigner {
    origin: String,
    witness: Witness,
    file: Cosignings,
}

impl Home {
    /// Cosigns a checkpoint whose records are all durable here, and tells the follower's machine.
    pub fn cosign(&mut self, checkpoint: &SignedCheckpoint, ctx: &mut Ctx<'_>) {
        let Some(cosigned) = self.cosigned(checkpoint, ctx) else { return };
        ctx.judge.cosigned(self.index, &cosigned);
        self.follower_event(follower::Event::Cosigned(Box::new(cosigned)), ctx);
    }

    fn cosigned(&mut self, checkpoint: &SignedCheckpoint, ctx: &mut Ctx<'_>) -> Option<SignedCheckpoint> {
        if !self.may_sign() {
            return None; // it is asked again
        }
        let (disk, key, origin) = (self.disk(), self.witness.clone(), checkpoint.origin.to_string());
        // After it has closed an era it cosigns nothing of it any more.
        let closed = Vows::open(disk.clone(), self.cell).ok()?.closed_era(&key.public());
        if checkpoint.origin.term.era() < closed {
            return None;
        }
        let open = || Cosignings::open(disk.clone(), key.public(), &origin).ok();
        let run = self.run.as_mut()?;
        // Each term is a log of its own, with its own promises.
        run.cosigner.take_if(|machine| machine.origin != origin);
        if run.cosigner.is_none() {
            let file = open()?;
            let witness = Witness::new(key.clone(), file.last().copied());
            run.cosigner = Some(Cosigner { origin: origin.clone(), witness, file });
        }
        let Run { cosigner, store, state, .. } = run;
        let machine = cosigner.as_mut()?;
        let (step, links) = question(store, checkpoint, machine.witness.given().map(|given| given.size))?;
        let clock = Clock { now: ctx.now, skew_ms: state.charter().skew_ms(), links: Some(links) };
        let asked = Event::Asked { ticket: Ticket(0), step, text: checkpoint.text(), clock };
        let (line, whole) = ask(machine, asked, &open);
        if !whole {
            *cosigner = None;
        }
        let line = line?;
        checkpoint.with_cosignature(line, key.public()).ok()
    }

    pub fn tell_cosigned(&self, peer: &PublicKey, checkpoint: &SignedCheckpoint, ctx: &mut Ctx<'_>) {
        let Some(checkpoint) = Bytes::new(checkpoint.to_bytes()) else { return };
        let request = Request::Cosigned { cell: self.cell, checkpoint };
        ctx.out.push(Out::Ask(ctx.home_of(peer), Purpose::Have, request));
    }
}

/// What the witness is asked, from the records on the own disk.
fn question(store: &LogStore, checkpoint: &SignedCheckpoint, given: Option<u64>) -> Option<(Step, Links)> {
    let open = store.chain().open().filter(|open| open.term == checkpoint.origin.term)?;
    let (old, size) = (given.unwrap_or(0), checkpoint.size);
    if size > open.tree.size() || old > size {
        return None;
    }
    let proof = if old == 0 { Vec::new() } else { store.consistency(open.term, old, size).ok()? };
    let at = |index: u64| Some(store.record(Position(open.start.0 + index)).ok()??.link().time);
    let first_after = if given.is_some() && old < size { at(old) } else { None };
    let links = Links { last: at(size.checked_sub(1)?)?, first_after };
    Some((Step { old, proof, size, root: checkpoint.root }, links))
}

/// Asks the machine and carries out what it wants; the disk may fail at any step. False when its promise could
/// not be read again: the next question opens it anew.
fn ask(
    machine: &mut Cosigner,
    asked: Event,
    open: &impl Fn() -> Option<Cosignings>,
) -> (Option<SignatureLine>, bool) {
    let (mut line, mut whole, mut effects) = (None, true, machine.witness.handle(asked));
    while let Some(effect) = effects.pop() {
        match effect {
            Effect::Promise(given) => {
                let promised = machine.file.promise(&given).is_ok();
                let event = if promised { Event::Promised } else { Event::DiskFailed };
                effects.extend(machine.witness.handle(event));
            }
            Effect::Cosign { line: cosigned, .. } => line = Some(cosigned),
            Effect::Refuse { .. } => {}
            Effect::Reread => match open() {
                Some(file) => {
                    let given = file.last().copied();
                    machine.file = file;
                    effects.extend(machine.witness.handle(Event::Reread(given)));
                }
                None => whole = false,
            },
        }
    }
    (line, whole)
}
