//! What a home does as follower.

use crate::home::{Before, Home, Job, Role, Run, Wants, held};
use crate::judge::Invariant;
use crate::plant::Plant;
use crate::wire::{Ctx, Out, Purpose};
use lifeboat_log::codec::List;
use lifeboat_log::{Detail, DetailRef, DetailTag, Position, PublicKey, Record, SignedCheckpoint, Time};
use lifeboat_protocol::follower::{Effect, Event};
use lifeboat_protocol::message::DetailBytes;
use lifeboat_protocol::{Request, Seeker, delivery, watch};

impl Home {
    pub fn plant_follower(&mut self) {
        let bug = self.plant.and_then(Plant::in_follower);
        if let (Some(bug), Some(Run { role: Role::Follower(follower), .. })) = (bug, &mut self.run) {
            follower.plant(bug);
        }
    }

    pub fn follower_event(&mut self, event: Event, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let Role::Follower(follower) = &mut run.role else { return };
        let entropy = ctx.random.any();
        let (cell, mut failed) = (self.cell, false);
        let (mut cosign, mut tell) = (None, Vec::new());
        let mut seen = Vec::new();
        for effect in follower.handle(event, ctx.now, entropy) {
            let ask = |peer: &PublicKey, purpose, request| Out::Ask(ctx.home_of(peer), purpose, request);
            let out = match effect {
                Effect::AskTip(peer) => ask(&peer, Purpose::Tip, Request::Tip { cell }),
                Effect::AskDetails { peer, hashes } => {
                    let hashes = List::new(hashes).unwrap_or_default();
                    ask(&peer, Purpose::Details, Request::Details { cell, hashes })
                }
                Effect::Have { peer, next } => ask(&peer, Purpose::Have, Request::Have { cell, next }),
                Effect::OpenRange { stream, peer, ask } => Out::OpenRange(stream, ctx.home_of(&peer), ask),
                Effect::CloseRange(stream) => Out::CloseRange(stream),
                Effect::Persist { records, checkpoint } => {
                    run.jobs.push_back(Job::Follow(records, checkpoint));
                    Out::Work
                }
                Effect::KeepSealed(details) => {
                    failed |= run.store.put_sealed(&details).and_then(|()| run.store.sync()).is_err();
                    continue;
                }
                Effect::KeepDetails(details) => {
                    failed |= run.store.put_details(&details).and_then(|()| run.store.sync()).is_err();
                    continue;
                }
                Effect::Cosign(checkpoint) => {
                    cosign = Some(checkpoint);
                    continue;
                }
                Effect::TellCosigned { peer, checkpoint } => {
                    tell.push((peer, checkpoint));
                    continue;
                }
                Effect::AskOpening { peer, after } => {
                    ask(&peer, Purpose::Opening, Request::Opening { cell, era: after })
                }
                open @ (Effect::Reopen | Effect::CutTail | Effect::CutBack(_) | Effect::CutAll) => {
                    run.wants = wanted(open);
                    continue;
                }
                Effect::PutAside { peer, fault } => {
                    let what = format!("home {} puts {} aside: {fault}", self.index, ctx.home_of(&peer));
                    ctx.judge.wrong(Invariant::NobodyBlamed, what);
                    continue;
                }
                saw @ (Effect::Accuse(_) | Effect::Alarm(_)) => {
                    seen.push(saw);
                    continue;
                }
            };
            ctx.out.push(out);
        }
        for (peer, checkpoint) in tell {
            self.tell_cosigned(&peer, &checkpoint, ctx);
        }
        seen.into_iter().for_each(|effect| self.saw(effect, ctx));
        if failed {
            let Some(run) = &mut self.run else { return };
            run.jobs.clear();
            self.follower_event(Event::DiskFailed, ctx);
        } else if let Some(checkpoint) = cosign {
            self.cosign(&checkpoint, ctx);
        }
    }

    /// Stores records that the follower's machine verified, and folds them.
    pub fn follow(
        &mut self,
        records: Vec<Record>,
        checkpoint: Option<Box<SignedCheckpoint>>,
        ctx: &mut Ctx<'_>,
    ) {
        let Some(run) = &mut self.run else { return };
        let opening = records.first().and_then(|record| record.entry().opening().ok().flatten());
        if let Some(opening) = opening.filter(|opening| opening.base.is_some()) {
            let from = records[0].link().position;
            if let Err(reason) = run.state.judge_opening(&opening, &Before(&run.store, from.0)) {
                run.jobs.clear();
                return self.follower_event(Event::Unjust(reason), ctx);
            }
            let term = opening.term;
            self.delivery_event(delivery::Event::CutBack { term, from }, ctx);
        }
        let Some(run) = &mut self.run else { return };
        let done = run.store.append(&records).and_then(|()| run.store.sync());
        let done = done.and_then(|()| checkpoint.map_or(Ok(()), |c| run.store.set_checkpoint(&c)));
        if done.is_err() {
            run.jobs.clear();
            return self.follower_event(Event::DiskFailed, ctx);
        }
        for record in &records {
            run.state.apply(record, &Before(&run.store, record.link().position.0));
        }
        ctx.judge.folded(self.index, run.store.chain().head(), run.state.hash());
        if ctx.random.chance(100) {
            let _ = run.store.put_state(run.state.next(), run.state.rules(), &run.state.encode());
        }
        let lacks = |reference: &DetailRef| !run.store.has_detail(&reference.hash).unwrap_or(false);
        let named = records.iter().flat_map(|record| record.entry().details.iter().copied());
        let missing = named.filter(lacks).collect();
        self.show(ctx);
        self.follower_event(Event::Persisted { missing }, ctx);
        self.look_again(ctx);
        self.keep_if_possible(ctx);
    }

    /// Tells the follower's machine which details are missing.
    pub fn look_for_details(&mut self, ctx: &mut Ctx<'_>) {
        let Some(run) = &self.run else { return };
        let Ok((missing, _)) = run.store.missing_details(Position(0), 1000) else { return };
        let missing: Vec<_> = missing.into_iter().map(|(_, reference)| reference).collect();
        self.follower_event(Event::Missing(missing.clone()), ctx);
        self.seek(ctx, |seeker| seeker.missing(missing));
    }

    /// The part of a follower's work that a keeper's home has: to look for details that were lost.
    pub fn seek(&mut self, ctx: &mut Ctx<'_>, act: impl FnOnce(&mut Seeker)) {
        let Some(run) = self.run.as_mut().filter(|run| matches!(run.role, Role::Keeper(..))) else { return };
        act(&mut run.seeker);
        if let Some((peer, hashes)) = run.seeker.ask(ctx.now, ctx.random.any()) {
            let hashes = List::new(hashes).unwrap_or_default();
            let request = Request::Details { cell: self.cell, hashes };
            ctx.out.push(Out::Ask(ctx.home_of(&peer), Purpose::Details, request));
        }
    }

    pub fn told_tip(&mut self, peer: PublicKey, checkpoint: Vec<u8>, ctx: &mut Ctx<'_>) {
        self.compare(&checkpoint, ctx);
        if let Some(run) = self.run.as_mut().filter(|run| run.resigned)
            && let Some(signed) = run.store.chain().open().and_then(|o| o.verify(self.cell, &checkpoint).ok())
        {
            run.signed = run.signed.max((signed.origin.term, signed.size));
        }
        self.watch_event(watch::Event::Tip { peer, checkpoint: checkpoint.clone() }, ctx);
        self.follower_event(Event::Tip { peer, checkpoint }, ctx);
    }

    pub fn told_details(&mut self, peer: PublicKey, details: &[DetailBytes], ctx: &mut Ctx<'_>) {
        let details: Vec<_> = details.iter().filter_map(|bytes| Detail::from_bytes(bytes.to_vec())).collect();
        if let Some(run) = self.run.as_mut().filter(|run| matches!(run.role, Role::Keeper(..))) {
            let kept = run.seeker.arrived(&peer, details).open;
            if run.store.put_details(&kept).and_then(|()| run.store.sync()).is_err() {
                let again = kept.iter().map(|detail| detail.reference(DetailTag::NOTE, Time::ZERO));
                run.seeker.missing(again.collect());
            }
            return;
        }
        self.follower_event(Event::Details { peer, details }, ctx);
    }

    pub fn ask_failed(&mut self, peer: PublicKey, ctx: &mut Ctx<'_>) {
        self.seek(ctx, |seeker| seeker.failed(&peer));
        self.watch_event(watch::Event::AskFailed(peer), ctx);
        self.follower_event(Event::AskFailed(peer), ctx);
    }

    pub fn follower_reopened(&mut self, ctx: &mut Ctx<'_>) {
        let Some(Run { role: Role::Follower(_), store, .. }) = &self.run else { return };
        let held = held(store);
        self.follower_event(Event::Reopened(Box::new(held)), ctx);
    }
}

/// How the machine wants the log to be opened anew.
fn wanted(open: Effect) -> Wants {
    match open {
        Effect::CutBack(base) => Wants::Back(base),
        Effect::CutAll => Wants::Anew,
        Effect::CutTail => Wants::Cut,
        _ => Wants::Reopen,
    }
}

impl Home {
    /// Whether the follower's machine takes the next frame of its stream now.
    pub fn wants_frame(&self) -> bool {
        match &self.run {
            Some(Run { role: Role::Follower(follower), .. }) => follower.wants_frame(),
            _ => false,
        }
    }
}
