//! What a home does with entries that wait to be placed: it keeps those of others, brings them to the
//! keeper, and as keeper places what it is told of.

use crate::home::{Before, Home, Role, Run};
use crate::plant::Plant;
use crate::scenario::MEMBERS;
use crate::wire::{Ctx, Out, Purpose};
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::{Detail, EntryId, KeyCache, Proof, SignedEntry, Time};
use lifeboat_protocol::delivery::{Effect, Event};
use lifeboat_protocol::keeper::{self, Ticket};
use lifeboat_protocol::message::DetailBytes;
use lifeboat_protocol::pending::{Taken, Waiting};
use lifeboat_protocol::{Refusal, Request, Response};
use lifeboat_store::Pending;

impl Home {
    /// Takes up what waited here before the process ended.
    pub fn wait_again(&mut self, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let own = |id: &EntryId| matches!(run.outbox.get(id), Ok(Some(_)));
        let (mut known, mut whole) = (Vec::new(), Vec::new());
        for Pending { entry, details, since } in run.store.pending().unwrap_or_default() {
            let Some(member) = run.state.members().of_key(&entry.author) else { continue };
            let since = Some(since).filter(|since| *since != Time::ZERO);
            let waiting = Waiting { entry, details, member, since };
            if waiting.is_whole() && !own(&waiting.entry.id()) {
                whole.push((waiting.entry.clone(), waiting.details.clone()));
            }
            known.push(waiting);
        }
        known.into_iter().for_each(|waiting| run.pool.restore(waiting));
        for (entry, details) in whole {
            self.others_event(Event::Add { entry: Box::new(entry), details }, ctx);
        }
    }

    /// A home tells all that an entry waits.
    pub fn told_pending(&mut self, from: usize, bytes: &[u8], ctx: &mut Ctx<'_>) {
        let Ok(entry) = SignedEntry::verify(bytes.to_vec(), &mut KeyCache::default()) else { return };
        let Some(run) = &mut self.run else { return };
        let Role::Keeper(keeper, _) = &run.role else {
            self.keep(entry, Vec::new(), false, ctx);
            return;
        };
        if keeper.state().admissible(&entry, ctx.now, &Before(&run.store, u64::MAX)).is_err() {
            return;
        }
        let held = entry.details.iter().filter_map(|r| run.store.detail(&r.hash).ok().flatten()).collect();
        let hashes = run.lacking.wait(entry, held);
        if hashes.is_empty() {
            return self.told_lacking(&[], ctx);
        }
        let request = Request::Details { cell: self.cell, hashes: List::new(hashes).unwrap_or_default() };
        ctx.out.push(Out::Ask(from, Purpose::Lacking, request));
    }

    /// Details came for entries that the keeper was told of.
    pub fn told_lacking(&mut self, details: &[DetailBytes], ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let details: Vec<_> = details.iter().filter_map(|bytes| Detail::from_bytes(bytes.to_vec())).collect();
        for (entry, details) in run.lacking.arrived(&details) {
            let Some(run) = &mut self.run else { return };
            run.ticket += 1;
            let (ticket, entry) = (Ticket(run.ticket), Box::new(entry));
            self.keeper_event(keeper::Event::Submit { ticket, entry, details }, ctx);
        }
    }

    /// The keeper did not place what another home offered: this one keeps it, when its member belongs to
    /// the cell.
    pub fn keep_for(&mut self, entry: SignedEntry, details: Vec<Detail>, ctx: &mut Ctx<'_>) -> Response {
        if self.index >= MEMBERS {
            return Response::refused(Refusal::NOT_KEEPER);
        }
        let id = entry.id();
        match self.keep(entry, details, false, ctx) {
            Taken::New | Taken::Completed | Taken::Known => {
                let pool = self.run.as_ref().map(|run| &run.pool);
                match pool.and_then(|pool| pool.get(&id)).is_some_and(Waiting::is_whole) {
                    true => Response::Kept,
                    false => Response::refused(Refusal::MISSING_DETAILS),
                }
            }
            Taken::Placed => {
                let run = self.run.as_ref();
                let at = run.and_then(|run| run.store.find(&id).ok().flatten());
                let proof = run.zip(at).and_then(|(run, at)| run.store.proof(at).ok());
                match proof.and_then(|proof| Bytes::new(Proof::to_bytes(&proof))) {
                    Some(proof) => Response::Receipt { proof },
                    None => Response::refused(Refusal::NOT_KEEPER),
                }
            }
            Taken::Refused(refusal) => Response::Refused(refusal),
        }
    }

    /// Keeps an entry that waits.
    pub fn keep(&mut self, entry: SignedEntry, details: Vec<Detail>, own: bool, ctx: &mut Ctx<'_>) -> Taken {
        let Some(run) = self.run.as_mut().filter(|run| matches!(run.role, Role::Follower(_))) else {
            return Taken::Refused(Refusal::new(Refusal::NOT_KEEPER));
        };
        let id = entry.id();
        let taken = run.pool.take(entry, details, ctx.now, &run.state, &Before(&run.store, u64::MAX));
        if let (Taken::New | Taken::Completed, Some(waiting)) = (&taken, run.pool.get(&id)) {
            let since = waiting.since.unwrap_or(Time::ZERO);
            let (entry, details) = (waiting.entry.clone(), waiting.details.clone());
            let whole = waiting.is_whole();
            // What is lost comes again from its author, or from a replica.
            let _ = run.store.put_pending(&Pending { entry: entry.clone(), details: details.clone(), since });
            if whole && !own {
                self.others_event(Event::Add { entry: Box::new(entry), details }, ctx);
            }
        }
        taken
    }

    /// An entry stands in the log.
    pub fn waits_no_more(&mut self, ids: &[EntryId], ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        if self.plant == Some(Plant::WaitsForEver) {
            return;
        }
        let gone: Vec<EntryId> = ids.iter().filter(|id| run.pool.remove(id)).copied().collect();
        let _ = run.store.remove_pending(&gone);
        for id in gone {
            self.others_event(Event::Remove(id), ctx);
        }
    }

    /// Time has passed: what is over is dropped.
    pub fn look_at_waiting(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(Run { role: Role::Follower(_), pool, state, store, .. }) = &mut self.run
            && self.plant != Some(Plant::WaitsForEver)
        {
            let looked = pool.look(ctx.now, state, &Before(store, u64::MAX));
            let _ = store.remove_pending(&looked.over);
            for id in looked.over {
                self.others_event(Event::Remove(id), ctx);
            }
        }
        self.others_event(Event::Tick, ctx);
    }

    /// Something happens to the entries of others that wait here.
    pub fn others_event(&mut self, event: Event, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        for effect in run.others.handle(event, ctx.now, ctx.random.any()) {
            match effect {
                Effect::Offer { peer, id, request } => {
                    ctx.out.push(Out::Ask(ctx.home_of(&peer), Purpose::OfferOther(id), *request));
                }
                Effect::Step { id, step: lifeboat_protocol::delivery::Step::Placed { position, .. } } => {
                    ctx.judge.told(id, position);
                }
                _ => {}
            }
        }
    }
}
