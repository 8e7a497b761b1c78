//! The world of a run: time, the wires between the homes, and what happens next. One event after another,
//! in the order of their times; nothing else moves.

use crate::faults::{self, Net};
use crate::figures::Figures;
use crate::home::Home;
use crate::judge::{Invariant, Judge, Violation};
use crate::plant::Plant;
use crate::random::Random;
use crate::scenario::{HOMES, Happening, Scenario, cell, moment, witness_key};
use crate::succession;
use crate::wire::{Ctx, Out, Purpose, Reply};
use lifeboat_commons::testing::{TestCell, key_of};
use lifeboat_log::{EntryId, PublicKey};
use lifeboat_protocol::follower::{self, StreamId};
use lifeboat_protocol::{
    Announcement, News, RangeAsk, RangeFrame, ReadFrame, Request, Response, Serving, keeper,
};
use std::collections::BTreeMap;

/// How often a home's machines are told that time has passed, in milliseconds.
const TICK: u64 = 2_000;
/// How long a home waits for an answer, in milliseconds.
const TIMEOUT: u64 = 20_000;
/// How long a disk takes for a job, at most, in milliseconds.
const DISK: u64 = 60;
/// How long it may take, once all is well, until everything is placed and everybody has it, in
/// milliseconds: the longest waits of the machines, a few times over.
const PATIENCE: u64 = 3 * 3_600_000;

/// More events than any run needs: one with so many goes round in circles.
const MAX_EVENTS: u64 = 2_000_000;

/// What happens at a time.
pub(crate) enum What {
    Tick(usize, u64),
    Work(usize, u64),
    Recover(usize, u64),
    Boot(usize, u64),
    Vouch(usize, u64),
    Happening(Happening),
    Links,
    Asked { ask: u64, from: usize, to: usize, bytes: Vec<u8> },
    Answered { ask: u64, bytes: Vec<u8> },
    Timeout(u64),
    Announced { from: usize, to: usize, bytes: Vec<u8> },
    OpenStream(u64, RangeAsk),
    NextFrame(u64),
    Frame(u64, Vec<u8>),
    StreamClosed(usize, u64, StreamId),
}

/// A question that was not answered yet.
struct Ask {
    from: usize,
    epoch: u64,
    to: usize,
    purpose: Purpose,
}

/// A stream between two homes.
struct Stream {
    client: (usize, u64),
    id: StreamId,
    server: usize,
    serving: Option<(u64, Serving)>,
}

/// The world.
pub(crate) struct World {
    pub seed: u64,
    pub now: u64,
    pub homes: Vec<Home>,
    pub keys: Vec<PublicKey>,
    pub random: Random,
    pub judge: Judge,
    pub net: Net,
    pub scenario: Scenario,
    pub cell: TestCell,
    pub figures: Figures,
    /// Entries that must be placed in the end, and the home where each was signed.
    pub due: BTreeMap<EntryId, usize>,
    pub last_signed: [Option<EntryId>; HOMES],
    /// A home that is destroyed.
    pub gone: Option<usize>,
    pub recovering: [bool; HOMES],
    queue: BTreeMap<(u64, u64), What>,
    count: u64,
    asks: BTreeMap<u64, Ask>,
    streams: BTreeMap<u64, Stream>,
}

/// What sort of run it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One keeper, all along.
    OneKeeper,
    /// The keeper is lost, and the members take the log over.
    Takeover,
}

/// Runs one seed with one keeper.
///
/// # Errors
/// The first violation.
pub fn run(seed: u64, plant: Option<Plant>) -> Result<Figures, Box<Violation>> {
    run_kind(seed, Kind::OneKeeper, plant)
}

/// Runs one seed.
///
/// # Errors
/// The first violation.
pub fn run_kind(seed: u64, kind: Kind, plant: Option<Plant>) -> Result<Figures, Box<Violation>> {
    let takeover = kind == Kind::Takeover;
    let mut world = World::new(seed, takeover, plant);
    world.go().map_err(|(invariant, what)| {
        Box::new(Violation { seed, takeover, at_ms: world.now, invariant, what })
    })?;
    (world.figures.takeovers, world.figures.went_back) = world.judge.takeovers();
    world.figures.runs = 1;
    world.figures.records = world.judge.records() as u64;
    world.figures.handed = world.judge.handed;
    world.figures.receipts = world.judge.receipts().count() as u64;
    world.figures.cosignatures = world.judge.cosignatures() as u64;
    Ok(world.figures)
}

impl World {
    fn new(seed: u64, takeover: bool, plant: Option<Plant>) -> Self {
        let mut random = Random::new(seed);
        let scenario = Scenario::draw(&mut random, takeover);
        let cell = cell(seed, scenario.witnesses);
        let node = |index: usize| match index {
            0 => cell.node.clone(),
            _ => key_of(seed as u8, &format!("#node {index}")),
        };
        let term_keys = |index: usize| (index == 0).then(|| cell.term_key.clone()).into_iter().collect();
        let home = |i| Home::new(i, cell.cell(), node(i), term_keys(i), witness_key(seed, i), plant);
        let homes: Vec<Home> = (0..HOMES).map(home).collect();
        let keys = homes.iter().map(|home| home.node.public()).collect();
        let net = Net::new(scenario.roundabout);
        let mut world = Self {
            seed,
            now: 0,
            homes,
            keys,
            random,
            judge: Judge::new(takeover),
            net,
            scenario,
            cell,
            figures: Figures::default(),
            due: BTreeMap::new(),
            last_signed: [None; HOMES],
            gone: None,
            recovering: [false; HOMES],
            queue: BTreeMap::new(),
            count: 0,
            asks: BTreeMap::new(),
            streams: BTreeMap::new(),
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        faults::found(self);
        for (at, happening) in self.scenario.events.clone() {
            self.at(at, What::Happening(happening));
        }
        for home in 0..HOMES {
            self.homes[home].skew = self.scenario.skews[home];
            self.boot(home);
        }
        self.with(0, Home::vouch); // the cell is founded just now
        let healed = self.scenario.trouble;
        self.at(healed, What::Links);
    }

    pub fn at(&mut self, time: u64, what: What) {
        self.count += 1;
        self.queue.insert((time.max(self.now), self.count), what);
    }

    pub fn soon(&mut self, wait: u64, what: What) {
        self.at(self.now + wait, what);
    }

    pub fn is_healed(&self) -> bool {
        self.now >= self.scenario.trouble
    }

    fn go(&mut self) -> Result<(), (Invariant, String)> {
        let mut looked = 0;
        while let Some(((time, _), what)) = self.queue.pop_first() {
            self.now = time;
            self.figures.events += 1;
            self.step(what);
            if self.figures.events > MAX_EVENTS {
                return Err((Invariant::NothingWedges, "it never comes to rest".to_owned()));
            }
            if let Some(wrong) = self.judge.take() {
                return Err(wrong);
            }
            let since = self.now.saturating_sub(self.scenario.trouble);
            if self.is_healed() && self.now >= looked + TICK {
                looked = self.now;
                let verdict = match self.scenario.fate {
                    Some(fate) => succession::verdict(self, fate),
                    None => faults::verdict(self),
                };
                match verdict {
                    Ok(()) => {
                        self.figures.longest_healing = since;
                        return Ok(());
                    }
                    Err(wrong) if since > PATIENCE => return Err(wrong),
                    Err(_) => {}
                }
            }
        }
        Err((Invariant::NothingWedges, "nothing happens any more".to_owned()))
    }

    /// Lets a home do something, and does what it wants done.
    pub fn with(&mut self, home: usize, act: impl FnOnce(&mut Home, &mut Ctx<'_>)) {
        let mut out = Vec::new();
        let now = moment(self.now, self.homes[home].skew);
        let (random, judge, keys) = (&mut self.random, &mut self.judge, &self.keys);
        act(&mut self.homes[home], &mut Ctx { now, random, judge, keys, out: &mut out });
        for out in out {
            self.carry(home, out);
        }
        if self.homes[home].run.is_some() && self.homes[home].is_stuck() && !self.recovering[home] {
            self.recovering[home] = true;
            let wait = self.random.within(100, 12_000);
            self.soon(wait, What::Recover(home, self.homes[home].epoch));
        }
    }

    fn step(&mut self, what: What) {
        match what {
            What::Tick(home, epoch) if self.is_up(home, epoch) => {
                self.with(home, |home, ctx| {
                    home.keeper_event(keeper::Event::Tick, ctx);
                    home.follower_event(follower::Event::Tick, ctx);
                    home.ask(ctx);
                    home.seek(ctx, |_| {});
                    home.watch_event(lifeboat_protocol::watch::Event::Tick, ctx);
                    home.delivery_event(lifeboat_protocol::delivery::Event::Tick, ctx);
                    home.look_at_waiting(ctx);
                });
                succession::people_act(self, home);
                self.soon(TICK, What::Tick(home, epoch));
            }
            What::Work(home, epoch) if self.is_up(home, epoch) => self.with(home, Home::work),
            What::Recover(home, epoch) => faults::recover(self, home, epoch),
            What::Boot(home, epoch) if self.homes[home].epoch == epoch => self.boot(home),
            What::Vouch(home, epoch) if self.is_up(home, epoch) => {
                self.figures.vouched += u64::from(self.homes[home].lacks() > 0);
                self.with(home, Home::vouch);
            }
            What::Happening(happening) => faults::happen(self, happening),
            What::Links => faults::links(self),
            What::Asked { ask, from, to, bytes } => self.asked(ask, from, to, &bytes),
            What::Answered { ask, bytes } => self.answered(ask, Response::decode(&bytes).ok()),
            What::Timeout(ask) => self.answered(ask, None),
            What::Announced { from, to, bytes } => self.announced(from, to, &bytes),
            What::OpenStream(stream, ask) => self.open_stream(stream, &ask),
            What::NextFrame(stream) => self.next_frame(stream),
            What::Frame(stream, bytes) => self.frame(stream, &bytes),
            What::StreamClosed(home, epoch, id) if self.is_up(home, epoch) => {
                self.with(home, |home, ctx| home.follower_event(follower::Event::Closed(id), ctx));
            }
            What::Tick(..) | What::Work(..) | What::Boot(..) | What::Vouch(..) | What::StreamClosed(..) => {}
        }
    }

    pub fn is_up(&self, home: usize, epoch: u64) -> bool {
        self.homes[home].run.is_some() && self.homes[home].epoch == epoch
    }

    pub fn boot(&mut self, home: usize) {
        if self.gone == Some(home) {
            return;
        }
        self.recovering[home] = false;
        self.with(home, Home::boot);
        let epoch = self.homes[home].epoch;
        if self.homes[home].run.is_none() {
            self.homes[home].storage.heal();
            return self.soon(TICK, What::Boot(home, epoch));
        }
        let wait = self.random.within(0, TICK);
        self.soon(wait, What::Tick(home, epoch));
        self.await_answers(home, epoch);
        faults::links(self);
    }

    /// A home asks before it signs. In some a person is there who knows that the disk is no old backup; a
    /// disk that forgets is vouched for by nobody.
    fn await_answers(&mut self, home: usize, epoch: u64) {
        if self.homes[home].lacks() == 0 {
            return;
        }
        self.figures.asked += 1;
        if self.random.chance(200) && !self.homes[home].plant.is_some_and(Plant::disk_lies) {
            let wait = self.random.within(1_000, 60_000);
            self.soon(wait, What::Vouch(home, epoch));
        }
    }

    fn carry(&mut self, home: usize, out: Out) {
        let epoch = self.homes[home].epoch;
        match out {
            Out::Work => {
                let wait = self.random.within(1, DISK);
                self.soon(wait, What::Work(home, epoch));
            }
            Out::Ask(to, purpose, request) if to < HOMES => {
                self.count += 1;
                let ask = self.count;
                self.asks.insert(ask, Ask { from: home, epoch, to, purpose });
                let bytes = request.encode();
                self.send(home, to, || What::Asked { ask, from: home, to, bytes: bytes.clone() });
                self.soon(TIMEOUT, What::Timeout(ask));
            }
            Out::Ask(..) => {}
            Out::Answer(reply, response) => {
                let bytes = response.encode();
                self.send(home, reply.home, || What::Answered { ask: reply.ask, bytes: bytes.clone() });
            }
            Out::Announce(announcement) => {
                let bytes = announcement.encode();
                for (from, to) in self.net.paths(home) {
                    self.send(from, to, || What::Announced { from, to, bytes: bytes.clone() });
                }
            }
            Out::OpenRange(id, server, ask) => {
                self.count += 1;
                let stream = self.count;
                self.streams.insert(stream, Stream { client: (home, epoch), id, server, serving: None });
                self.send_once(home, server, What::OpenStream(stream, ask));
            }
            Out::CloseRange(id) => self.streams.retain(|_, s| (s.client.0, s.id) != (home, id)),
        }
    }

    /// Sends a message that may be lost, come twice, or overtake another. To the own node it is a call.
    fn send(&mut self, from: usize, to: usize, what: impl Fn() -> What) {
        if from == to {
            return self.soon(0, what());
        }
        let times = if self.random.chance(self.twice()) { 2 } else { 1 };
        for _ in 0..times {
            self.send_once(from, to, what());
        }
    }

    /// Whether it was sent at all.
    fn send_once(&mut self, from: usize, to: usize, what: What) -> bool {
        if !self.net.is_open(from, to) || self.random.chance(self.loss()) {
            self.figures.lost += 1;
            return false;
        }
        let wait = self.random.within(1, self.scenario.delay);
        self.soon(wait, what);
        true
    }

    fn loss(&self) -> u64 {
        if self.is_healed() { 0 } else { self.scenario.loss }
    }

    fn twice(&self) -> u64 {
        if self.is_healed() { 0 } else { self.scenario.twice }
    }

    fn asked(&mut self, ask: u64, from: usize, to: usize, bytes: &[u8]) {
        if let Ok(request) = Request::decode(bytes) {
            let reply = Reply { home: from, ask };
            self.with(to, |home, ctx| home.asked(from, request, reply, ctx));
        }
    }

    fn answered(&mut self, ask: u64, response: Option<Response>) {
        let Some(Ask { from, epoch, to, purpose }) = self.asks.remove(&ask) else { return };
        if self.is_up(from, epoch) {
            self.with(from, |home, ctx| home.answered(to, purpose, response, ctx));
        }
    }

    fn announced(&mut self, from: usize, to: usize, bytes: &[u8]) {
        let Ok(Announcement { news, .. }) = Announcement::decode(bytes) else { return };
        let peer = self.keys[from];
        self.with(to, |home, ctx| match news {
            News::Checkpoint(note) => home.told_tip(peer, note.to_vec(), ctx),
            News::Misconduct(file) => home.accused(Some(peer), &file, ctx),
            News::Pending(entry) => home.told_pending(from, &entry, ctx),
        });
    }

    fn open_stream(&mut self, stream: u64, ask: &RangeAsk) {
        let Some(open) = self.streams.get_mut(&stream) else { return };
        let server = &self.homes[open.server];
        open.serving =
            RangeAsk::decode(&ask.encode()).ok().and_then(|ask| Some((server.epoch, server.serve(&ask)?)));
        self.next_frame(stream);
    }

    fn next_frame(&mut self, stream: u64) {
        let Some(open) = self.streams.get_mut(&stream) else { return };
        let (client, server) = (open.client.0, open.server);
        let home = &self.homes[server];
        let serving = open.serving.as_mut().filter(|(epoch, _)| *epoch == home.epoch);
        let frame = serving.and_then(|(_, serving)| home.serve_next(serving));
        // A stream keeps its order, but it may break at any place, with a word or without.
        let sent = match frame {
            Some(frame) => self.send_once(server, client, What::Frame(stream, frame.encode())),
            None => return self.close(stream),
        };
        if !sent {
            self.figures.broken_streams += 1;
            if self.random.chance(500) { self.close(stream) } else { drop(self.streams.remove(&stream)) }
        }
    }

    fn close(&mut self, stream: u64) {
        if let Some(Stream { client: (client, epoch), id, .. }) = self.streams.remove(&stream) {
            self.soon(5, What::StreamClosed(client, epoch, id));
        }
    }

    fn frame(&mut self, stream: u64, bytes: &[u8]) {
        let Some(open) = self.streams.get(&stream) else { return };
        let (id, (client, epoch)) = (open.id, open.client);
        if !self.is_up(client, epoch) {
            self.streams.remove(&stream);
            return;
        }
        let wants = self.homes[client].wants_frame();
        if !wants {
            return self.soon(DISK, What::Frame(stream, bytes.to_vec()));
        }
        if let Ok(frame) = RangeFrame::decode(bytes) {
            let event = follower::Event::Frame { stream: id, frame: Box::new(ReadFrame::read(frame)) };
            self.with(client, |home, ctx| home.follower_event(event, ctx));
            self.soon(1, What::NextFrame(stream));
        }
    }
}
