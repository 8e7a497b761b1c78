//! The stage: honest homes, with the real machines and the real store, beside nodes that cheat. Nothing
//! goes wrong by itself here: no message is lost and no disk fails, so that what is seen is seen because of
//! the cheating, and how soon is told in simulated time.

mod cast;
mod liar;

use crate::home::Home;
use crate::judge::Judge;
use crate::random::Random;
use crate::scenario::moment;
use crate::wire::{Ctx, Out, Purpose, Reply};
pub use cast::{Backup, Stand, witness};
pub use liar::{Liar, garbled};
use lifeboat_commons::State;
use lifeboat_commons::testing::{TestCell, key_of};
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::{EntryId, PublicKey, SignedEntry};
use lifeboat_protocol::delivery::Step;
use lifeboat_protocol::follower::{self, StreamId};
use lifeboat_protocol::{Announcement, News, RangeAsk, RangeFrame, ReadFrame, Request, Response};
use lifeboat_protocol::{delivery, keeper, watch};
use lifeboat_store::LogStore;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How long a message takes, in milliseconds.
const DELAY: u64 = 200;
/// How long the disk takes for a job.
const DISK: u64 = 20;
/// How often a home is told that time has passed.
const TICK: u64 = 2_000;

/// A misconduct file that a home came to hold.
#[derive(Debug, Clone)]
pub struct Found {
    /// The home.
    pub home: usize,
    /// When, in milliseconds from the beginning.
    pub at_ms: u64,
    /// The file.
    pub file: Vec<u8>,
}

enum What {
    Tick(usize),
    Work(usize),
    Asked { from: usize, to: usize, ask: u64, request: Box<Request> },
    Answered { ask: u64, response: Box<Response> },
    Announced { from: usize, to: usize, announcement: Announcement },
    Open { home: usize, server: usize, id: StreamId, ask: RangeAsk },
    Frames { home: usize, id: StreamId, frames: VecDeque<RangeFrame> },
}

/// Homes and cheats. Homes have the numbers from 0 on, those who cheat the numbers after.
pub struct Stage {
    /// The time, in milliseconds from the beginning.
    pub now: u64,
    homes: Vec<Home>,
    /// Who cheats.
    pub liars: Vec<Liar>,
    /// Whether a peer changes a byte in what it passes on, by its number.
    pub garbles: BTreeSet<usize>,
    /// What homes came to hold.
    pub found: Vec<Found>,
    /// What was answered to those who cheat.
    pub answers: Vec<Response>,
    judge: Judge,
    random: Random,
    links: BTreeSet<(usize, usize)>,
    queue: BTreeMap<(u64, u64), What>,
    asks: BTreeMap<u64, (usize, usize, Purpose)>,
    count: u64,
}

impl Stage {
    /// So many homes that follow a cell and hold nothing yet, and these who cheat; nobody is connected.
    pub fn new(cell: &TestCell, homes: usize, liars: Vec<Liar>) -> Self {
        let node = |index: usize| key_of(1, &format!("#stage {index}"));
        let homes = (0..homes)
            .map(|index| Home::new(index, cell.cell(), node(index), Vec::new(), witness(index), None))
            .collect();
        Self::of(homes, liars)
    }

    /// One home, which keeps the log of this cell honestly, and these who cheat.
    pub fn kept(cell: &TestCell, liars: Vec<Liar>) -> Self {
        let home = Home::new(
            0,
            cell.cell(),
            cell.node.clone(),
            vec![cell.term_key.clone()],
            key_of(1, "#stage witness"),
            None,
        );
        if let Ok((mut store, _)) = LogStore::open(home.disk(), cell.cell()) {
            // A log that is not there is noticed by whoever looks at its size.
            let _ = store.append(cell.records()).and_then(|()| store.put_details(cell.details()));
            let _ = store.sync();
        }
        let mut stage = Self::of(vec![home], liars);
        stage.link(0, 1);
        stage.pass(TICK);
        stage
    }

    fn of(homes: Vec<Home>, liars: Vec<Liar>) -> Self {
        let mut stage = Self {
            now: 0,
            homes,
            liars,
            garbles: BTreeSet::new(),
            found: Vec::new(),
            answers: Vec::new(),
            judge: Judge::lenient(),
            random: Random::new(1),
            links: BTreeSet::new(),
            queue: BTreeMap::new(),
            asks: BTreeMap::new(),
            count: 0,
        };
        for home in 0..stage.homes.len() {
            stage.with(home, Home::boot);
            stage.vouch(home); // it is no old backup yet
            stage.at(TICK, What::Tick(home));
        }
        stage
    }

    /// Connects two nodes, each of which is told.
    pub fn link(&mut self, one: usize, other: usize) {
        for (home, peer) in [(one, other), (other, one)] {
            self.links.insert((home, peer));
            let key = self.key(peer);
            if home < self.homes.len() {
                self.with(home, |home, ctx| home.connected(key, ctx));
            }
        }
    }

    /// Puts an entry into a home's outbox.
    pub fn sign(&mut self, home: usize, entry: SignedEntry) {
        self.with(home, |home, ctx| {
            home.sign(entry, Vec::new(), ctx);
        });
    }

    /// The first of those who cheat hands an entry to a home; what it answers is in [`Stage::answers`].
    pub fn submit(&mut self, home: usize, entry: Vec<u8>) {
        let (cell, from) = (self.homes[home].cell, self.homes.len());
        let entry = Bytes::new(entry).unwrap_or_default();
        let request = Box::new(Request::Submit { cell, entry, details: List::default(), passed_on: false });
        self.count += 1;
        let ask = self.count;
        self.at(DELAY, What::Asked { from, to: home, ask, request });
    }

    /// Lets time pass until something holds, at most so many milliseconds. How long it took.
    pub fn until(&mut self, limit: u64, mut holds: impl FnMut(&Self) -> bool) -> Option<u64> {
        let (start, end) = (self.now, self.now + limit);
        loop {
            if holds(self) {
                return Some(self.now - start);
            }
            let next = self.queue.first_key_value().map(|((at, _), _)| *at).filter(|at| *at <= end)?;
            self.now = next;
            if let Some((_, what)) = self.queue.pop_first() {
                self.step(what);
            }
        }
    }

    /// Lets so many milliseconds pass.
    pub fn pass(&mut self, ms: u64) {
        self.until(ms, |_| false);
        self.now = self.now.max(ms);
    }

    /// The first misconduct file that this home came to hold, and when.
    pub fn found_by(&self, home: usize) -> Option<&Found> {
        self.found.iter().find(|found| found.home == home)
    }

    /// How many records a home holds.
    pub fn size(&self, home: usize) -> u64 {
        self.homes[home].run.as_ref().map_or(0, |run| run.store.len())
    }

    /// The state that a home has folded; nothing when it is not running.
    pub fn state(&self, home: usize) -> Option<&State> {
        self.homes[home].run.as_ref().map(|run| &run.state)
    }

    /// How far the entries of a home's outbox have come.
    pub fn steps(&self, home: usize) -> Vec<(EntryId, Step)> {
        let run = self.homes[home].run.as_ref();
        let steps = run.map(|run| run.delivery.steps().map(|(id, step)| (id, step.clone())).collect());
        steps.unwrap_or_default()
    }

    /// What homes said of their peers and of the log, in words.
    pub fn said(&self) -> &[String] {
        self.judge.seen()
    }

    fn key(&self, node: usize) -> PublicKey {
        match node.checked_sub(self.homes.len()) {
            None => self.homes[node].node.public(),
            Some(liar) => self.liars[liar].node,
        }
    }

    fn at(&mut self, wait: u64, what: What) {
        self.count += 1;
        self.queue.insert((self.now + wait, self.count), what);
    }

    fn with(&mut self, home: usize, act: impl FnOnce(&mut Home, &mut Ctx<'_>)) {
        let all = self.homes.len() + self.liars.len();
        // A key reaches the node that this home is connected to: two nodes may have the same.
        let reached =
            |node| if self.links.contains(&(home, node)) { self.key(node) } else { PublicKey([0; 32]) };
        let keys: Vec<PublicKey> = (0..all).map(reached).collect();
        let mut out = Vec::new();
        let now = moment(self.now, self.homes[home].skew);
        let mut ctx =
            Ctx { now, random: &mut self.random, judge: &mut self.judge, keys: &keys, out: &mut out };
        act(&mut self.homes[home], &mut ctx);
        for (home, file) in self.judge.take_proven() {
            self.found.push(Found { home, at_ms: self.now, file });
        }
        out.into_iter().for_each(|out| self.carry(home, out));
    }

    fn carry(&mut self, home: usize, out: Out) {
        let all = self.homes.len() + self.liars.len();
        match out {
            Out::Work => self.at(DISK, What::Work(home)),
            Out::Ask(to, purpose, request) if to < all => {
                self.count += 1;
                let ask = self.count;
                self.asks.insert(ask, (home, to, purpose));
                self.at(DELAY, What::Asked { from: home, to, ask, request: Box::new(request) });
            }
            Out::Answer(reply, response) => {
                self.at(DELAY, What::Answered { ask: reply.ask, response: Box::new(response) });
            }
            Out::Announce(announcement) => {
                let told: Vec<usize> =
                    self.links.iter().filter(|(from, _)| *from == home).map(|(_, to)| *to).collect();
                for to in told {
                    let announcement = announcement.clone();
                    self.at(DELAY, What::Announced { from: home, to, announcement });
                }
            }
            Out::OpenRange(id, server, ask) if server < all => self.at(DELAY, What::Open { home, server, id, ask }),
            Out::CloseRange(id) => self.queue.retain(
                |_, what| !matches!(what, What::Frames { home: to, id: stream, .. } if (*to, *stream) == (home, id)),
            ),
            Out::Ask(..) | Out::OpenRange(..) => {}
        }
    }

    fn step(&mut self, what: What) {
        match what {
            What::Tick(home) => {
                self.with(home, |home, ctx| {
                    home.keeper_event(keeper::Event::Tick, ctx);
                    home.follower_event(follower::Event::Tick, ctx);
                    home.ask(ctx);
                    home.watch_event(watch::Event::Tick, ctx);
                    home.delivery_event(delivery::Event::Tick, ctx);
                    home.take_over_tick(ctx);
                    if home.is_stuck() {
                        home.reopen(ctx);
                    }
                });
                self.at(TICK, What::Tick(home));
            }
            What::Work(home) => self.with(home, Home::work),
            What::Asked { from, to, ask, request } => match to.checked_sub(self.homes.len()) {
                None => self.with(to, |home, ctx| home.asked(from, *request, Reply { home: from, ask }, ctx)),
                Some(liar) => {
                    let response = Box::new(self.liars[liar].answer(&request));
                    self.at(DELAY, What::Answered { ask, response });
                }
            },
            What::Answered { ask, response } => match self.asks.remove(&ask) {
                Some((home, from, purpose)) => {
                    self.with(home, |home, ctx| home.answered(from, purpose, Some(*response), ctx));
                }
                None => self.answers.push(*response),
            },
            What::Announced { from, to, announcement } => {
                if to < self.homes.len() {
                    self.announced(from, to, announcement);
                }
            }
            What::Open { home, server, id, ask } => {
                let frames = self.serve(server, &ask);
                self.at(DELAY, What::Frames { home, id, frames });
            }
            What::Frames { home, id, frames } => self.frames(home, id, frames),
        }
    }

    fn announced(&mut self, from: usize, to: usize, announcement: Announcement) {
        let peer = self.key(from);
        self.with(to, |home, ctx| match announcement.news {
            News::Checkpoint(note) => home.told_tip(peer, note.to_vec(), ctx),
            News::Misconduct(file) => home.accused(Some(peer), &file, ctx),
            News::Pending(entry) => home.told_pending(from, &entry, ctx),
        });
    }

    fn serve(&self, server: usize, ask: &RangeAsk) -> VecDeque<RangeFrame> {
        let frames: Vec<RangeFrame> = match server.checked_sub(self.homes.len()) {
            Some(liar) => self.liars[liar].serve(ask),
            None => {
                let home = &self.homes[server];
                let mut serving = home.serve(ask);
                let next = || serving.as_mut().and_then(|serving| home.serve_next(serving));
                std::iter::from_fn(next).collect()
            }
        };
        let garbles = self.garbles.contains(&server);
        frames.into_iter().map(|frame| if garbles { garbled(frame) } else { frame }).collect()
    }

    fn frames(&mut self, home: usize, id: StreamId, mut frames: VecDeque<RangeFrame>) {
        if !self.homes[home].wants_frame() {
            return self.at(DISK, What::Frames { home, id, frames });
        }
        match frames.pop_front() {
            Some(frame) => {
                // What is left is in the queue before the home speaks: it may close the stream.
                self.at(DISK, What::Frames { home, id, frames });
                let event = follower::Event::Frame { stream: id, frame: Box::new(ReadFrame::read(frame)) };
                self.with(home, |home, ctx| home.follower_event(event, ctx));
            }
            None => self.with(home, |home, ctx| home.follower_event(follower::Event::Closed(id), ctx)),
        }
    }
}
