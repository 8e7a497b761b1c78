//! What a home does as keeper.

use crate::home::{Before, Home, Job, Role, Run, Wants, fold};
use crate::judge::Invariant;
use crate::plant::Plant;
use crate::wire::{Ctx, Out, Reply};
use lifeboat_commons::compose;
use lifeboat_commons::witnessing::Anchor;
use lifeboat_log::codec::Bytes;
use lifeboat_log::{Detail, Nonce, Position, Proof, SignedCheckpoint, SignedEntry, Term};
use lifeboat_protocol::keeper::{CannotKeep, Effect, Event, Held, Promised, Ticket};
use lifeboat_protocol::{Announcement, Keeper, Refusal, Response, Watch};
use lifeboat_protocol::{delivery, watch};
use lifeboat_store::Promises;

impl Home {
    /// Takes up the role of the keeper where this home is the keeper's and its log is whole.
    pub fn keep_if_possible(&mut self, ctx: &mut Ctx<'_>) {
        let open = self.run.as_ref().and_then(|run| run.store.chain().open().map(|o| o.opening.term_key));
        let Some(term_key) = self.term_keys.iter().find(|key| Some(key.public()) == open).cloned() else {
            return;
        };
        let may = self.may_sign();
        if let Some(run) = self.run.as_mut().filter(|_| !may) {
            run.resigned |= matches!(run.role, Role::Follower(_));
            return;
        }
        let Ok(promises) = Promises::open(self.disk(), self.cell) else { return };
        let own = self.node.public();
        let Some(held) = self.keeper_held(&promises) else { return };
        let Some(run) = &mut self.run else { return };
        let keeps = matches!(run.role, Role::Keeper(..));
        let (term, here) = run.store.chain().open().map_or((Term::FIRST, 0), |o| (o.term, o.tree.size()));
        // What is in memory and not on the disk is nothing to go by.
        let replaced = run.replaced.is_some_and(|replaced| term <= replaced);
        if replaced || run.wants != Wants::Nothing {
            return;
        }
        if run.store.missing().is_some() || !run.jobs.is_empty() || keeps || (term, here) < run.signed {
            return;
        }
        match Keeper::new(own, term_key, held) {
            Ok(mut keeper) => {
                if let Some(bug) = self.plant.and_then(Plant::in_keeper) {
                    keeper.plant(bug);
                }
                let effects = keeper.start();
                if let Role::Follower(follower) = &run.role {
                    ctx.out.extend(follower.stream().map(Out::CloseRange));
                }
                run.role = Role::Keeper(Box::new(keeper), promises);
                run.resigned = false;
                run.inquiry.end(); // from here on this process knows what it signs
                run.watch = Watch::default();
                let connected = run.connected.clone();
                self.keeper_effects(effects, ctx);
                self.show(ctx);
                // The own node is a way to the keeper like any other.
                self.delivery_event(delivery::Event::Connected(own), ctx);
                self.others_event(delivery::Event::Connected(own), ctx);
                for peer in connected {
                    self.watch_event(watch::Event::Connected(peer), ctx);
                }
            }
            // Records that it signed are lost here: as a follower it gets them back.
            Err(CannotKeep::Behind { .. } | CannotKeep::NoTerm) => {}
            Err(error) => ctx.judge.wrong(Invariant::OneOrder, format!("the keeper cannot go on: {error}")),
        }
    }

    /// What the keeper's home holds, as the keeper's machine is told of it.
    fn keeper_held(&self, promises: &Promises) -> Option<Held> {
        let run = self.run.as_ref()?;
        let size = run.store.chain().open().map_or(0, |open| open.tree.size());
        let last = promises.last().filter(|_| self.plant != Some(Plant::ForgetsPromises));
        let promised = last.map(|last| Promised {
            term: last.term,
            size: last.size,
            root: last.root,
            consistency: run.store.consistency(last.term, last.size.min(size), size).unwrap_or_default(),
        });
        let (chain, state) = (run.store.chain().clone(), run.state.clone());
        let checkpoint = run.store.checkpoint().cloned();
        Some(Held { chain, state, promised, checkpoint, handover: None })
    }

    pub fn submitted(&mut self, entry: SignedEntry, details: Vec<Detail>, reply: Reply, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        run.ticket += 1;
        let ticket = Ticket(run.ticket);
        run.tickets.insert(ticket, reply);
        self.keeper_event(Event::Submit { ticket, entry: Box::new(entry), details }, ctx);
    }

    pub fn told_have(&mut self, from: usize, next: Position, ctx: &mut Ctx<'_>) {
        let node = ctx.keys[from];
        self.keeper_event(Event::Have { node, next }, ctx);
        let Some(Run { role: Role::Keeper(keeper, _), .. }) = &self.run else { return };
        let held = keeper.held();
        self.delivery_event(delivery::Event::Held(held), ctx);
    }

    pub fn keeper_event(&mut self, event: Event, ctx: &mut Ctx<'_>) {
        let Some(Run { role: Role::Keeper(keeper, _), store, .. }) = &mut self.run else { return };
        let effects = keeper.handle(event, ctx.now, &Before(store, u64::MAX));
        self.keeper_effects(effects, ctx);
    }

    fn keeper_effects(&mut self, effects: Vec<Effect>, ctx: &mut Ctx<'_>) {
        let mut unkept = false;
        for effect in effects {
            let Some(run) = &mut self.run else { return };
            match effect {
                Effect::Persist { records, details } => {
                    run.jobs.push_back(Job::Place(records, details));
                    ctx.out.push(Out::Work);
                }
                Effect::Promise(checkpoint) => {
                    run.jobs.push_back(Job::Promise(checkpoint));
                    ctx.out.push(Out::Work);
                }
                Effect::Publish(checkpoint) => {
                    ctx.out.extend(Announcement::checkpoint(&checkpoint).map(Out::Announce));
                }
                Effect::Prove { ticket, position } => {
                    let proof = run.store.proof(position).ok().map(|proof| Proof::to_bytes(&proof));
                    let response = match proof.and_then(Bytes::new) {
                        Some(proof) => Response::Receipt { proof },
                        None => Response::refused(Refusal::STORE_FAILED),
                    };
                    answer(run, ticket, response, ctx);
                }
                Effect::Refuse { ticket, refusal } => answer(run, ticket, Response::Refused(refusal), ctx),
                Effect::Reopen => run.wants = Wants::Reopen,
                Effect::Keep(checkpoint) => unkept |= run.store.set_checkpoint(&checkpoint).is_err(),
                Effect::Anchor(checkpoint) => self.anchor(&checkpoint, ctx),
                // The keeper of a run hands nothing over.
                Effect::HandOver(_) | Effect::Left(_) => {}
            }
        }
        if unkept {
            self.keeper_event(Event::NotKept, ctx);
        }
    }

    /// Hands in an anchor, signed by the node. Nobody waits for its answer.
    fn anchor(&mut self, checkpoint: &SignedCheckpoint, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let said = Anchor::of(checkpoint).and_then(|anchor| compose(&anchor).ok());
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&ctx.random.any().to_le_bytes());
        let now = ctx.now.max(run.state.time());
        let draft = said
            .map(|said| said.entry(self.cell, self.node.public(), now, now.plus_ms(600_000), Nonce(nonce)));
        let Some(Ok(entry)) = draft.map(|draft| draft.sign(&self.node)) else { return };
        run.ticket += 1;
        let ticket = Ticket(run.ticket);
        self.keeper_event(Event::Submit { ticket, entry: Box::new(entry), details: vec![] }, ctx);
    }

    /// Does the oldest job of the disk.
    pub fn work(&mut self, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let Some(job) = run.jobs.pop_front() else { return };
        match (job, &mut run.role) {
            (Job::Place(records, details), Role::Keeper(..)) => {
                let done = run.store.put_details(&details);
                let done = done.and_then(|()| run.store.append(&records)).and_then(|()| run.store.sync());
                let event = if done.is_ok() { Event::Persisted } else { Event::DiskFailed };
                self.keeper_event(event, ctx);
            }
            (Job::Promise(checkpoint), Role::Keeper(keeper, promises)) => {
                let forgets = self.plant == Some(Plant::ForgetsPromises);
                let promised = forgets || promises.promise(checkpoint.checkpoint()).is_ok();
                if promised && run.store.set_checkpoint(&checkpoint).is_ok() {
                    ctx.judge.folded(self.index, run.store.chain().head(), keeper.state().hash());
                    if ctx.random.chance(100) {
                        let (at, rules) = (keeper.state().next(), keeper.state().rules());
                        let _ = run.store.put_state(at, rules, &keeper.state().encode());
                    }
                    self.show(ctx);
                    self.keeper_event(Event::Promised, ctx);
                } else {
                    self.keeper_event(Event::DiskFailed, ctx);
                }
            }
            (Job::Follow(records, checkpoint), Role::Follower(_)) => self.follow(records, checkpoint, ctx),
            _ => {}
        }
    }

    /// The keeper's part of opening the log anew, which has been done.
    pub fn keeper_reopened(&mut self, ctx: &mut Ctx<'_>) {
        let Ok(promises) = Promises::open(self.disk(), self.cell) else { return };
        let Some(held) = self.keeper_held(&promises) else { return };
        if let Some(Run { role: Role::Keeper(_, old), .. }) = &mut self.run {
            *old = promises;
        }
        self.keeper_event(Event::Reopened(Box::new(held)), ctx);
    }

    /// Opens the log anew without ending the process.
    pub fn reopen(&mut self, ctx: &mut Ctx<'_>) {
        let disk = self.disk();
        let Some(run) = &mut self.run else { return };
        run.jobs.clear();
        match run.wants.clone() {
            Wants::Back(base) => return self.cut_back(Some(&base), ctx),
            Wants::Anew => return self.cut_back(None, ctx),
            _ => {}
        }
        let opened = lifeboat_store::LogStore::open(disk, self.cell).and_then(|(store, _)| match run.wants {
            Wants::Cut => store.cut_uncovered().map(|(store, _)| store),
            _ => Ok(store),
        });
        let opened = opened.and_then(|store| {
            let state = fold(&store)?;
            Ok((store, state))
        });
        match opened {
            Ok((store, state)) => (run.store, run.state, run.wants) = (store, state, Wants::Nothing),
            // The disk failed in that very moment: the world tries again.
            Err(_) if self.storage.has_failed() => return,
            Err(error) => {
                let what = format!("home {} cannot open its log again: {error}", self.index);
                return ctx.judge.wrong(Invariant::NothingWedges, what);
            }
        }
        self.keeper_reopened(ctx);
        self.follower_reopened(ctx);
        self.look_for_details(ctx);
        // The log may hold a term of this home's own that it could not begin to keep.
        self.keep_if_possible(ctx);
    }
}

fn answer(run: &mut Run, ticket: Ticket, response: Response, ctx: &mut Ctx<'_>) {
    if let Some(reply) = run.tickets.remove(&ticket) {
        ctx.out.push(Out::Answer(reply, response));
    }
}
