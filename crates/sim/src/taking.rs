//! What a home does when its members give the log another keeper, driven as the real node drives it: the
//! board of calls, endorsements that are promised first, the bid, and going back to a takeover's base.

use crate::home::{Before, Home, Role, Run, Wants, fold, held};
use crate::judge::Invariant;
use crate::plant::Plant;
use crate::wire::{Ctx, Out, Purpose};
use lifeboat_commons::{History, State};
use lifeboat_log::codec::List;
use lifeboat_log::opening::Right;
use lifeboat_log::{
    Call, CellId, Endorsement, EntryId, Floor, Link, LinkHash, Nonce, Origin, Position, PublicKey, Record,
    SecretKey, SignedCheckpoint, Term, TreeHash,
};
use lifeboat_protocol::follower::Event;
use lifeboat_protocol::takeover::{
    Board, CallNews, HeldLog, Known, Next, Opened, TermStand, base_note, comes_back, compose_opening,
    floor_of_close, free_era, judge, may_close,
};
use lifeboat_protocol::{Follower, Request, Response, delivery, watch};
use lifeboat_store::{
    Cosignings, LogStore, Outbox, PromiseError, Promises, Sent, Storage, StoreError, TermHeld, Vows, Waiting,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a home endorsed, and what it held under a checkpoint when it did.
#[derive(Debug, Clone, Copy)]
pub struct Endorsed {
    pub call: Call,
    pub floor: Floor,
}

impl Home {
    /// After a start: the bids of which this home's promises tell go on.
    pub fn take_up_bids(&mut self) {
        let (own, disk) = (self.node.public(), self.disk());
        let Some(run) = &mut self.run else { return };
        let Ok(vows) = Vows::open(disk, self.cell) else { return };
        let open = open_term(&run.store);
        for promised in vows.endorsed().iter().filter(|e| e.call.term.era() > open.era()) {
            note(&mut run.board, promised.call, promised.endorsement, &run.state);
            if promised.call.node == own {
                run.bids.add(promised.call);
            }
        }
    }

    /// The member of this home looks at the board, and endorses the lowest call that it may.
    pub fn endorse_what_is_called(&mut self, key: &SecretKey, ctx: &mut Ctx<'_>) {
        let Some(run) = &self.run else { return };
        let Ok(vows) = Vows::open(self.disk(), self.cell) else { return };
        let endorsed = endorsed_eras(run, &vows, key);
        let own = |call: &Call| endorsed.contains(&call.term.era());
        let open = run.board.calls().map(|(call, _)| *call).find(|call| !own(call));
        if let Some(call) = open {
            self.endorse(call, key, ctx);
        }
    }

    /// Makes a call for this home's own node, unless one of its calls may still come to something.
    pub fn propose(&mut self, key: &SecretKey, term_key: SecretKey, ctx: &mut Ctx<'_>) {
        let Some(run) = &self.run else { return };
        let Ok(vows) = Vows::open(self.disk(), self.cell) else { return };
        let endorsed = endorsed_eras(run, &vows, key);
        let Some(era) = free_era(&run.board, &run.state, &endorsed) else { return };
        let call = Call { term: Term::new(era, 0), node: self.node.public(), term_key: term_key.public() };
        self.term_keys.push(term_key);
        if self.endorse(call, key, ctx)
            && let Some(run) = &mut self.run
        {
            run.bids.add(call);
        }
    }

    fn endorse(&mut self, call: Call, key: &SecretKey, ctx: &mut Ctx<'_>) -> bool {
        let disk = self.disk();
        let Some(run) = &mut self.run else { return false };
        let Some((open, held)) = run.store.chain().open().zip(run.store.checkpoint()) else { return false };
        let parted = run.evidence.before(open.term).is_some();
        let floor = if parted { Some(Floor::NONE) } else { Floor::of(held, &open.opening.term_key) };
        let Some(floor) = floor else { return false };
        let endorsement = call.endorse(&self.cell, floor, key);
        let promised = Vows::open(disk, self.cell).and_then(|mut vows| vows.endorse(call, endorsement));
        let Ok(endorsement) = promised else { return false };
        ctx.judge.endorsed(self.index, Endorsed { call, floor: endorsement.floor });
        note(&mut run.board, call, endorsement, &run.state)
    }

    /// Tells peers of calls, hears of theirs, and goes on with the home's own bid.
    pub fn take_over_tick(&mut self, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let open = run.state.keeper().map_or(Term::FIRST, |keeper| keeper.term);
        run.board.forget(open);
        let request = Request::Calls { cell: self.cell, calls: run.board.news(&run.state) };
        for peer in run.connected.clone() {
            ctx.out.push(Out::Ask(ctx.home_of(&peer), Purpose::Calls, request.clone()));
        }
        run.bids.forget(open);
        self.close(ctx);
        self.lay_down(ctx);
        self.go_on_with_bid(ctx);
        // The disk may have failed in the moment when a term of this home's own was to be taken up.
        self.keep_if_possible(ctx);
    }

    /// The witness of this home closes the older eras for what more than half endorse: promised first.
    fn close(&mut self, ctx: &mut Ctx<'_>) {
        let (disk, key, may) = (self.disk(), self.witness.clone(), self.may_sign());
        let Some(run) = self.run.as_mut().filter(|_| may) else { return };
        let state = match &run.role {
            Role::Keeper(keeper, _) => keeper.state(),
            Role::Follower(_) => &run.state,
        };
        let Ok(mut vows) = Vows::open(disk.clone(), self.cell) else { return };
        let (own, closed) = (key.public(), vows.closed_era(&key.public()));
        let may = |(call, known): &(&Call, &Known)| may_close(&own, closed, call, known, state);
        let Some(call) = run.board.calls().find(may).map(|(call, _)| *call) else { return };
        let Some(open) = run.store.chain().open() else { return };
        let origin = Origin { cell: self.cell, term: open.term }.to_string();
        let Ok(given) = Cosignings::open(disk, own, &origin) else { return };
        let (held, history) = (run.store.checkpoint(), Before(&run.store, u64::MAX));
        let Some(floor) = floor_of_close(open, held, given.last(), state, &history) else { return };
        let close = call.close(&self.cell, floor, &key);
        let Ok(close) = vows.close(call, close) else { return };
        ctx.judge.closed(self.index, call.term.era());
        let closes = List::new(vec![close]).unwrap_or_default();
        run.board.take(&CallNews { call, endorsements: List::default(), closes }, state);
    }

    /// A keeper whose own call of a later era has all that it needs lays its term down for it: the highest era
    /// counts, and the witnesses cosign nothing of this one any more.
    fn lay_down(&mut self, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let Role::Keeper(keeper, _) = &run.role else { return };
        let (history, checkpoint) = (Before(&run.store, u64::MAX), run.store.checkpoint());
        let next = run.bids.next(&run.board, keeper.state(), checkpoint, &history, ctx.now);
        if matches!(next, Some((_, Next::Open(_)))) {
            self.step_down(ctx);
        }
    }

    fn go_on_with_bid(&mut self, ctx: &mut Ctx<'_>) {
        let disk = self.disk();
        let Some(run) = &mut self.run else { return };
        if run.wants != Wants::Nothing || !run.jobs.is_empty() || !matches!(run.role, Role::Follower(_)) {
            return;
        }
        let (history, checkpoint) = (Before(&run.store, u64::MAX), run.store.checkpoint());
        match run.bids.next(&run.board, &run.state, checkpoint, &history, ctx.now) {
            Some((call, Next::Open(right))) => match signed(disk, self.cell, call.term) {
                Ok(false) => self.open_term(call, *right, ctx),
                // The log went back behind a term that this home has signed in: it is not opened again.
                Ok(true) => run.bids.forget(call.term),
                Err(_) => {}
            },
            Some((_, Next::Uncovered)) => run.wants = Wants::Cut,
            _ => {}
        }
    }

    fn open_term(&mut self, call: Call, right: Right, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let Some(base) = run.store.checkpoint().cloned() else { return };
        let Some(term_key) = self.term_keys.iter().find(|key| key.public() == call.term_key) else {
            return;
        };
        let (chain, mut nonce) = (run.store.chain(), [0; 16]);
        nonce[..8].copy_from_slice(&ctx.random.any().to_le_bytes());
        let now = ctx.now.max(chain.last_time());
        let keys = (&self.node, term_key);
        let entry = compose_opening(&call, right, &base, chain.head(), &run.state, keys, now, Nonce(nonce));
        let record = entry.and_then(|entry| {
            let link = Link::new(call.term, chain.next(), chain.head(), now, entry.id());
            Record::place(link, entry)
        });
        let Some(record) = record else {
            return ctx.judge.wrong(Invariant::NothingWedges, "an opening could not be made".to_owned());
        };
        let at = record.link().position;
        let done = run.store.append(std::slice::from_ref(&record)).and_then(|()| run.store.sync());
        if let Err(error) = done {
            if !self.storage.has_failed() {
                let what = format!("home {} cannot open its term: {error}", self.index);
                ctx.judge.wrong(Invariant::NothingWedges, what);
            }
            run.wants = Wants::Reopen;
            return;
        }
        let effect = run.state.apply(&record, &Before(&run.store, at.0));
        if !effect.is_applied() {
            let what = format!("home {} opened a term without a right to: {effect:?}", self.index);
            return ctx.judge.wrong(Invariant::DoorHolds, what);
        }
        run.inquiry.end(); // nothing was signed in a term that opens just now
        self.delivery_event(delivery::Event::CutBack { term: call.term, from: at }, ctx);
        self.keep_if_possible(ctx);
    }

    /// What a peer knows of calls.
    pub fn told_calls(&mut self, calls: &[CallNews]) {
        let Some(run) = &mut self.run else { return };
        for news in calls {
            run.board.take(news, &run.state);
        }
    }

    /// The answers to what others ask in takeovers.
    pub fn answer_opening(&self, era: u16) -> Response {
        let record = self.run.as_ref().and_then(|run| run.store.opening_above(era).ok()?);
        let bytes = record.and_then(|record| lifeboat_log::codec::Bytes::new(record.to_bytes()));
        bytes.map_or(Response::refused(lifeboat_protocol::Refusal::NOT_HELD), |record| Response::Opening {
            record,
        })
    }

    /// A peer gave its opening of a later era, or none.
    pub fn told_opening(&mut self, peer: PublicKey, record: Option<&[u8]>, ctx: &mut Ctx<'_>) {
        if let Some(base) = record.and_then(|record| base_note(self.cell, record)) {
            self.compare(&base, ctx);
        }
        let opened = match (record, &self.run) {
            (Some(bytes), Some(run)) => {
                let look = match &run.role {
                    Role::Keeper(..) => run.watch.look(&peer),
                    Role::Follower(follower) => follower.look(&peer),
                };
                judge(self.cell, open_term(&run.store), bytes, &look, &Whole(&run.store))
            }
            _ => Opened::NotHeld,
        };
        match &self.run {
            Some(Run { role: Role::Keeper(..), .. }) => {
                self.watch_event(watch::Event::Opening { peer, opened }, ctx);
            }
            _ => self.follower_event(Event::Opening { peer, opened }, ctx),
        }
    }

    /// Goes back to the base of a takeover, or behind the first record; the entries past it go into the outbox,
    /// to be placed again.
    pub fn cut_back(&mut self, base: Option<&SignedCheckpoint>, ctx: &mut Ctx<'_>) {
        let disk = self.disk();
        let Some(run) = &mut self.run else { return };
        run.jobs.clear();
        let opened = LogStore::open(disk.clone(), self.cell).and_then(|(store, _)| {
            let Some(base) = base else {
                let back = give_back(&store, &Outbox::new(disk, self.cell), Position(0))?;
                let (store, _) = store.supersede_all()?;
                return Ok((fold(&store)?, store, back));
            };
            let Some(term) = store.term(base.origin.term) else { return Ok((fold(&store)?, store, vec![])) };
            let from = Position(term.start.0 + base.size);
            let back = give_back(&store, &Outbox::new(disk, self.cell), from)?;
            let (store, _) = store.supersede(base)?;
            Ok((fold(&store)?, store, back))
        });
        let back = match opened {
            Ok((state, store, back)) => {
                run.shown = run.shown.min(store.len());
                (run.store, run.state, run.wants) = (store, state, Wants::Nothing);
                // An opening above it holds by right: a home that kept the base's term keeps it no more.
                run.replaced = run.replaced.max(base.map(|base| base.origin.term));
                back
            }
            Err(_) if self.storage.has_failed() => return,
            Err(error) => {
                let what = format!("home {} cannot go back: {error}", self.index);
                return ctx.judge.wrong(Invariant::NothingWedges, what);
            }
        };
        ctx.judge.went_back(self.index);
        self.follower_reopened(ctx);
        for Waiting { entry, details, .. } in back {
            self.deliver(entry, details, ctx);
        }
        self.look_for_details(ctx);
    }

    /// A home is connected, or not any more.
    pub fn told_link(&mut self, peer: PublicKey, linked: bool) {
        let Some(run) = &mut self.run else { return };
        if linked {
            run.connected.insert(peer)
        } else {
            run.connected.remove(&peer)
        };
    }

    pub fn watch_event(&mut self, event: watch::Event, ctx: &mut Ctx<'_>) {
        let Some(run) = self.run.as_mut().filter(|_| self.plant != Some(Plant::HeedsNobody)) else { return };
        let (Role::Keeper(..), Some(open)) = (&run.role, run.store.chain().open()) else { return };
        for effect in run.watch.handle(event, self.cell, open, ctx.now) {
            match effect {
                watch::Effect::AskTip(peer) => {
                    let request = Request::Tip { cell: self.cell };
                    ctx.out.push(Out::Ask(ctx.home_of(&peer), Purpose::Tip, request));
                }
                watch::Effect::AskOpening { peer, after } => {
                    let request = Request::Opening { cell: self.cell, era: after };
                    ctx.out.push(Out::Ask(ctx.home_of(&peer), Purpose::Opening, request));
                }
                watch::Effect::StepDown(why) => {
                    match why {
                        watch::Why::Behind(signed) => {
                            (run.resigned, run.signed) = (true, (open.term, signed));
                        }
                        watch::Why::TakenOver => {
                            run.replaced = Some(open.term);
                            run.bids.forget(open.term);
                        }
                    }
                    return self.step_down(ctx);
                }
            }
        }
    }

    /// The keeper signs nothing more, and follows.
    fn step_down(&mut self, ctx: &mut Ctx<'_>) {
        let own = self.node.public();
        let disk = self.disk();
        let Some(run) = &mut self.run else { return };
        run.jobs.clear();
        run.tickets.clear();
        // Records that were placed and not signed yet are nobody's: the log is opened as it lies on disk.
        match LogStore::open(disk, self.cell).and_then(|(store, _)| Ok((fold(&store)?, store))) {
            Ok((state, store)) => (run.state, run.store) = (state, store),
            Err(_) => {
                run.wants = Wants::Reopen;
                return;
            }
        }
        let follower = Follower::new(own, held(&run.store)).with_witness(self.witness.public());
        run.role = Role::Follower(Box::new(follower));
        let connected = run.connected.clone();
        self.delivery_event(delivery::Event::Disconnected(own), ctx);
        self.others_event(delivery::Event::Disconnected(own), ctx);
        for peer in connected {
            self.follower_event(Event::Connected(peer), ctx);
        }
    }
}

/// Puts an endorsement on the home's own board.
fn note(board: &mut Board, call: Call, endorsement: Endorsement, state: &State) -> bool {
    let endorsements = List::new(vec![endorsement]).unwrap_or_default();
    board.take(&CallNews { call, endorsements, closes: List::default() }, state)
}

/// Whether this home has signed in this term or a later one.
fn signed(disk: Arc<dyn Storage>, cell: CellId, term: Term) -> Result<bool, PromiseError> {
    let promises = Promises::open(disk, cell)?;
    Ok(promises.last().is_some_and(|last| last.term >= term))
}

/// The term that is open in a log.
fn open_term(store: &LogStore) -> Term {
    store.chain().open().map_or(Term::FIRST, |open| open.term)
}

/// All of a log on disk, as an opening of a later era is judged on it.
struct Whole<'a>(&'a LogStore);

impl History for Whole<'_> {
    fn find(&self, id: &EntryId) -> Option<Record> {
        Before(self.0, u64::MAX).find(id)
    }
    fn root(&self, term: Term, size: u64) -> Option<TreeHash> {
        self.0.root(term, size).ok()
    }
}

impl HeldLog for Whole<'_> {
    fn term(&self, term: Term) -> Option<TermStand> {
        let TermHeld { opening, start, size } = self.0.term(term)?;
        Some(TermStand { signers: opening.signers(), quorum: opening.quorum, start, size })
    }
    fn head(&self, end: Position) -> Option<LinkHash> {
        self.0.head_at(end)
    }
    fn state_at(&self, end: Position) -> Option<State> {
        let mut state = State::new(self.0.cell());
        for record in self.0.records(Position(0), usize::try_from(end.0).ok()?).ok()? {
            state.apply(&record, &Before(self.0, record.link().position.0));
        }
        Some(state)
    }
    fn checkpoint(&self, term: Term) -> Option<SignedCheckpoint> {
        self.0.checkpoint_over(term)
    }
    fn before(&self, term: Term) -> Option<SignedCheckpoint> {
        self.0.checkpoint_before(term)
    }
}

/// The eras in which this key endorses a call: as this home promised, or as others have told.
fn endorsed_eras(run: &Run, vows: &Vows, key: &SecretKey) -> BTreeSet<u16> {
    let promised = vows.endorsed().iter().map(|endorsed| &endorsed.call);
    promised.chain(run.board.endorsed_by(key.public())).map(|call| call.term.era()).collect()
}

/// Puts the entries from a position on into the outbox: those that had a right to stand.
fn give_back(store: &LogStore, outbox: &Outbox, from: Position) -> Result<Vec<Waiting>, StoreError> {
    let mut back = Vec::new();
    let state = fold(store)?;
    for record in store.records(from, 65_536)? {
        if !comes_back(&record, &state) {
            continue;
        }
        let entry = record.entry().clone();
        let held = |d: &lifeboat_log::DetailRef| store.detail(&d.hash).ok().flatten();
        let details = entry.details.iter().filter_map(held).collect();
        let waiting = Waiting { entry, details, sent: Sent::Waiting };
        outbox.put(&waiting).map_err(|_| StoreError::Stopped)?;
        back.push(waiting);
    }
    Ok(back)
}
