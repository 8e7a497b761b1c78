//! A home: one node with its disk, its log and its machines, driven as the real node drives them. What it
//! does as keeper is in `keeping.rs`, as follower in `following.rs`.

use crate::asking;
use crate::disk::Disk;
use crate::judge::Invariant;
use crate::plant::Plant;
use crate::wire::{Ctx, Out, Purpose, Reply};
use crate::witnessing::Cosigner;
use lifeboat_commons::{History, State};
use lifeboat_log::{
    CellId, Detail, EntryId, Position, PublicKey, Record, SecretKey, SignedCheckpoint, SignedEntry, Term,
    TreeHash,
};
use lifeboat_protocol::accuse::BadStretch;
use lifeboat_protocol::delivery::{self, Delivery, Step};
use lifeboat_protocol::keeper::Ticket;
use lifeboat_protocol::pending::{Lacking, Pool};
use lifeboat_protocol::takeover::{Bids, Board};
use lifeboat_protocol::{
    Announcement, Follower, Inquiry, Keeper, RangeAsk, RangeFrame, Request, Seeker, Serve, Serving, Stretch,
    Watch,
};
use lifeboat_protocol::{follower, watch};
use lifeboat_store::{
    Evidence, FaultyStorage, LogStore, MemoryStorage, Outbox, Promises, Sent, Storage, StoreError, Waiting,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// One home.
pub struct Home {
    pub index: usize,
    pub cell: CellId,
    pub node: SecretKey,
    /// The term keys that were made in this home.
    pub term_keys: Vec<SecretKey>,
    /// Its witness key; the cell's term names those of some homes.
    pub witness: SecretKey,
    pub storage: Arc<FaultyStorage<Disk>>,
    pub plant: Option<Plant>,
    /// How far its clock is off, in milliseconds.
    pub skew: i64,
    /// Counts its starts: what was meant for an earlier one does not reach a later one.
    pub epoch: u64,
    pub run: Option<Run>,
}

/// What is gone when the process ends.
pub struct Run {
    pub store: LogStore,
    pub state: State,
    pub role: Role,
    pub delivery: Delivery,
    pub outbox: Outbox,
    pub evidence: Evidence,
    /// Misconduct files of a term that the log here does not reach yet.
    pub later: Vec<Vec<u8>>,
    /// Records that do not hold, to be proven once all before them is on the disk.
    pub stretch: Option<Box<BadStretch>>,
    /// Entries that wait to be placed, and the delivery of those that are of others.
    pub pool: Pool,
    pub others: Delivery,
    /// What a keeper was told of and lacks details of.
    pub lacking: Lacking,
    /// Beside the keeper: a follower has its own.
    pub seeker: Seeker,
    pub jobs: VecDeque<Job>,
    pub wants: Wants,
    pub tickets: BTreeMap<Ticket, Reply>,
    pub ticket: u64,
    /// So many records have been shown to the judge and to the delivery.
    pub shown: u64,
    pub cosigner: Option<Cosigner>,
    pub board: Board,
    pub bids: Bids,
    pub watch: Watch,
    /// What is asked at the start, before this home signs.
    pub inquiry: Inquiry,
    /// The home is named as the keeper and cannot go on yet.
    pub resigned: bool,
    /// So many records of which term the home has signed, as others showed.
    pub signed: (Term, u64),
    /// The term in which it heard that its members gave the log another keeper.
    pub replaced: Option<Term>,
    pub connected: BTreeSet<PublicKey>,
}

/// What the home does for the cell.
pub enum Role {
    Keeper(Box<Keeper>, Promises),
    Follower(Box<Follower>),
}

/// A job of the disk.
pub enum Job {
    Place(Vec<Record>, Vec<Detail>),
    Promise(Box<SignedCheckpoint>),
    Follow(Vec<Record>, Option<Box<SignedCheckpoint>>),
}

/// What the home waits for before it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wants {
    Nothing,
    Reopen,
    Cut,
    /// To go back to the base of a takeover.
    Back(Box<SignedCheckpoint>),
    /// To go back behind the first record.
    Anew,
}

/// The log on disk, as far as the fold may see it.
pub struct Before<'a>(pub &'a LogStore, pub u64);

impl History for Before<'_> {
    fn find(&self, id: &EntryId) -> Option<Record> {
        let at = self.0.find(id).ok()??;
        if at.0 < self.1 { self.0.record(at).ok()? } else { None }
    }
    fn root(&self, term: Term, size: u64) -> Option<TreeHash> {
        self.0.root(term, size).ok()
    }
}

impl Home {
    pub fn new(
        index: usize,
        cell: CellId,
        node: SecretKey,
        term_keys: Vec<SecretKey>,
        witness: SecretKey,
        plant: Option<Plant>,
    ) -> Self {
        let lies = plant.is_some_and(Plant::disk_lies);
        let storage = Arc::new(FaultyStorage::new(Disk { memory: MemoryStorage::new(), lies }));
        Self { index, cell, node, term_keys, witness, storage, plant, skew: 0, epoch: 0, run: None }
    }

    pub fn disk(&self) -> Arc<dyn Storage> {
        self.storage.clone()
    }

    /// Starts the process: opens the log, folds it, takes up the role and the outbox.
    pub fn boot(&mut self, ctx: &mut Ctx<'_>) {
        self.epoch += 1;
        let opened = LogStore::open(self.disk(), self.cell).and_then(|(store, _)| {
            let state = fold(&store)?;
            Ok((store, state))
        });
        let (store, state) = match opened {
            Ok(opened) => opened,
            // The disk failed in that very moment: the world tries again.
            Err(_) if self.storage.has_failed() => return,
            Err(error) => {
                let what = format!("home {} cannot open its log: {error}", self.index);
                return ctx.judge.wrong(Invariant::NothingWedges, what);
            }
        };
        let evidence = match Evidence::open(&store) {
            Ok(evidence) => evidence,
            Err(_) => return,
        };
        let own = self.node.public();
        let follower = Follower::new(own, held(&store)).with_witness(self.witness.public());
        let inquiry = asking::begin(&store, ctx);
        self.run = Some(Run {
            store,
            state,
            role: Role::Follower(Box::new(follower)),
            delivery: Delivery::new(self.cell, own),
            outbox: Outbox::new(self.disk(), self.cell),
            evidence,
            later: Vec::new(),
            stretch: None,
            pool: Pool::default(),
            others: Delivery::of_others(self.cell, own),
            lacking: Lacking::default(),
            seeker: Seeker::default(),
            jobs: VecDeque::new(),
            wants: Wants::Nothing,
            tickets: BTreeMap::new(),
            ticket: 0,
            shown: 0,
            cosigner: None,
            board: Board::default(),
            bids: Bids::default(),
            watch: Watch::default(),
            inquiry,
            resigned: false,
            signed: (Term::FIRST, 0),
            replaced: None,
            connected: BTreeSet::new(),
        });
        self.plant_follower();
        self.take_up_bids();
        self.keep_if_possible(ctx);
        self.show(ctx);
        self.look_for_details(ctx);
        let waiting = self.run.as_ref().and_then(|run| run.outbox.list().ok());
        for waiting in waiting.into_iter().flat_map(|(waiting, _)| waiting) {
            self.deliver(waiting.entry, waiting.details, ctx);
        }
        self.wait_again(ctx);
    }

    /// A peer is connected.
    pub fn connected(&mut self, peer: PublicKey, ctx: &mut Ctx<'_>) {
        let ask = Request::Misconduct { cell: self.cell };
        ctx.out.push(Out::Ask(ctx.home_of(&peer), Purpose::Misconduct, ask));
        self.told_link(peer, true);
        if let Some(run) = &mut self.run {
            run.inquiry.connected(peer);
        }
        self.ask(ctx);
        self.watch_event(watch::Event::Connected(peer), ctx);
        self.follower_event(follower::Event::Connected(peer), ctx);
        self.seek(ctx, |seeker| seeker.connected(peer));
        self.delivery_event(delivery::Event::Connected(peer), ctx);
        self.others_event(delivery::Event::Connected(peer), ctx);
    }

    /// It is not any more.
    pub fn disconnected(&mut self, peer: PublicKey, ctx: &mut Ctx<'_>) {
        self.told_link(peer, false);
        if let Some(run) = &mut self.run {
            run.inquiry.disconnected(&peer);
        }
        self.watch_event(watch::Event::Disconnected(peer), ctx);
        self.follower_event(follower::Event::Disconnected(peer), ctx);
        self.seek(ctx, |seeker| seeker.disconnected(&peer));
        self.delivery_event(delivery::Event::Disconnected(peer), ctx);
        self.others_event(delivery::Event::Disconnected(peer), ctx);
    }

    /// Puts an entry into the outbox. Whether that was durable.
    pub fn sign(&mut self, entry: SignedEntry, details: Vec<Detail>, ctx: &mut Ctx<'_>) -> bool {
        let Some(run) = &self.run else { return false };
        let waiting = Waiting { entry: entry.clone(), details: details.clone(), sent: Sent::Waiting };
        let kept = run.outbox.put(&waiting).is_ok() && run.store.put_details(&details).is_ok();
        if kept {
            self.deliver(entry, details, ctx);
        }
        kept
    }

    pub fn deliver(&mut self, entry: SignedEntry, details: Vec<Detail>, ctx: &mut Ctx<'_>) {
        let id = entry.id();
        self.delivery_event(delivery::Event::Add { entry: Box::new(entry), details }, ctx);
        let Some(run) = &self.run else { return };
        if let Ok(Some(position)) = run.store.find(&id)
            && position.0 < run.shown
        {
            self.delivery_event(delivery::Event::InLog { id, position }, ctx);
        }
    }

    pub fn delivery_event(&mut self, event: delivery::Event, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let entropy = ctx.random.any();
        let mut waits = Vec::new();
        for effect in run.delivery.handle(event, ctx.now, entropy) {
            match effect {
                delivery::Effect::Announce(entry) => {
                    ctx.out.extend(Announcement::pending(self.cell, &entry).map(Out::Announce));
                    waits.push(*entry);
                }
                delivery::Effect::Offer { peer, id, request } => {
                    ctx.out.push(Out::Ask(ctx.home_of(&peer), Purpose::Offer(id), *request));
                }
                delivery::Effect::Step { id, step } => {
                    // A disk that fails here is noticed at its next use; the step is found anew.
                    let _ = match step {
                        Step::Placed { position, .. } => {
                            ctx.judge.told(id, position);
                            run.outbox.set(&id, Sent::Placed(position))
                        }
                        Step::Replicated { position, .. } => {
                            ctx.judge.told(id, position);
                            run.outbox.set(&id, Sent::Replicated(position))
                        }
                        Step::Refused(refusal) => {
                            run.outbox.set(&id, Sent::Refused(refusal.text().to_owned()))
                        }
                        Step::Expired => run.outbox.set(&id, Sent::Refused("expired".to_owned())),
                        Step::HandedOn { homes, refusal } => {
                            ctx.judge.handed += 1;
                            let said = refusal.map(|refusal| refusal.text().to_owned()).unwrap_or_default();
                            run.outbox.set(&id, Sent::HandedOn(homes as u64, said))
                        }
                        Step::Waiting => Ok(()),
                    };
                }
                delivery::Effect::PutAside { peer, fault } => {
                    let what = format!("home {} puts {} aside: {fault}", self.index, ctx.home_of(&peer));
                    ctx.judge.wrong(Invariant::NobodyBlamed, what);
                }
            }
        }
        for entry in waits {
            self.keep(entry, Vec::new(), true, ctx);
        }
    }

    /// Shows the judge, and the delivery, what has come under a signed checkpoint.
    pub fn show(&mut self, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let end = covered(&run.store);
        let mut new = Vec::new();
        while run.shown < end {
            let Ok(records) = run.store.records(Position(run.shown), (end - run.shown) as usize) else {
                break;
            };
            for record in &records {
                ctx.judge.stands(self.index, record);
                new.push((record.entry().id(), record.link().position));
            }
            run.shown += records.len().max(1) as u64;
        }
        if let Some(open) = run.store.chain().open() {
            let (term, node, signers) = (open.term, open.opening.node, open.signers());
            let told = delivery::Event::Term { term, node, signers };
            self.delivery_event(told.clone(), ctx);
            self.others_event(told, ctx);
        }
        for (id, position) in &new {
            self.delivery_event(delivery::Event::InLog { id: *id, position: *position }, ctx);
        }
        let shown = self.run.as_ref().map_or(0, |run| run.shown);
        self.delivery_event(delivery::Event::Passed(Position(shown)), ctx);
        let ids: Vec<EntryId> = new.into_iter().map(|(id, _)| id).collect();
        self.waits_no_more(&ids, ctx);
    }

    /// The machine that answers a question for a range.
    pub fn serve(&self, ask: &RangeAsk) -> Option<Serving> {
        let run = self.run.as_ref()?;
        let stretch = |(start, checkpoint)| Stretch { start, checkpoint };
        Some(Serving::new(ask, run.store.terms().into_iter().map(stretch).collect()))
    }

    /// Its next frame; nothing when the answer is over.
    pub fn serve_next(&self, serving: &mut Serving) -> Option<RangeFrame> {
        let store = &self.run.as_ref()?.store;
        match serving.step() {
            Serve::Done => None,
            Serve::Send(frame) => Some(frame),
            Serve::ReadTree { term, known, size } => {
                let read = store
                    .root(term, known)
                    .and_then(|root| Ok((root, store.consistency(term, known, size)?)));
                Some(match read {
                    Ok((root, proof)) => serving.under(root, proof),
                    Err(_) => serving.give_up(),
                })
            }
            Serve::ReadRecords { term, from, first, max_records, max_bytes, size } => {
                // Small batches, so that streams break in their middle.
                let records = store.raw_records(from, max_records.min(5), max_bytes);
                let read = records.and_then(|records| {
                    let end = first + records.len() as u64;
                    Ok((records, store.consistency(term, end, size)?))
                });
                Some(match read {
                    Ok((records, proof)) => serving.batch(records, proof),
                    Err(_) => serving.give_up(),
                })
            }
        }
    }

    /// Whether the disk failed, or a machine asks for the log to be opened anew.
    pub fn is_stuck(&self) -> bool {
        self.storage.has_failed() || self.run.as_ref().is_some_and(|run| run.wants != Wants::Nothing)
    }
}

/// What a follower is told of a log when it is opened.
pub fn held(store: &LogStore) -> lifeboat_protocol::follower::Held {
    let checkpoint = store.missing().or(store.checkpoint()).cloned();
    lifeboat_protocol::follower::Held { chain: store.chain().clone(), checkpoint }
}

/// The number of records that stand under a signed checkpoint.
pub fn covered(store: &LogStore) -> u64 {
    store.terms().last().map_or(0, |(start, checkpoint)| start.0 + checkpoint.size).min(store.len())
}

/// The state after all records, from the newest snapshot on.
pub fn fold(store: &LogStore) -> Result<State, StoreError> {
    let snapshot = store.latest_state()?.and_then(|(_, _, bytes)| State::decode(&bytes).ok());
    let mut state = snapshot.unwrap_or_else(|| State::new(store.cell()));
    while state.next() < store.chain().next() {
        let before = state.next();
        for record in store.records(before, 1024)? {
            state.apply(&record, &Before(store, record.link().position.0));
        }
        if state.next() == before {
            break;
        }
    }
    Ok(state)
}
