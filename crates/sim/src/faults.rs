//! What goes wrong, how it is mended, and whether all is well in the end.

use crate::home::{Home, Role, covered};
use crate::judge::Invariant;
use crate::scenario::{HOMES, Happening, MEMBERS, Sort, author, entry, moment, torn};
use crate::wire::Ctx;
use crate::world::{What, World};
use lifeboat_log::{DetailRef, Position};
use lifeboat_protocol::delivery;
use lifeboat_store::LogStore;

/// Which homes reach which.
pub struct Net {
    /// What a home was told of another: whether it is connected.
    told: [[bool; HOMES]; HOMES],
    /// Cuts in force: until when, which homes on the one side, and whether they are noticed.
    cuts: Vec<(u64, u8, bool)>,
    roundabout: bool,
}

impl Net {
    pub fn new(roundabout: bool) -> Self {
        Self { told: [[false; HOMES]; HOMES], cuts: Vec::new(), roundabout }
    }

    /// Whether there is any way from one home to the other at all.
    fn is_wired(&self, a: usize, b: usize) -> bool {
        a != b && !(self.roundabout && a.min(b) == 0 && a.max(b) == HOMES - 1)
    }

    fn is_cut(&self, a: usize, b: usize, noticed: bool) -> bool {
        let apart = |homes: u8| (homes >> a & 1) != (homes >> b & 1);
        self.cuts.iter().any(|(_, homes, seen)| apart(*homes) && (*seen || !noticed))
    }

    /// Whether a message can pass now.
    pub fn is_open(&self, a: usize, b: usize) -> bool {
        a == b || (self.is_wired(a, b) && !self.is_cut(a, b, false))
    }

    /// The hops by which news spreads from a home to all others that are connected.
    pub fn paths(&self, from: usize) -> Vec<(usize, usize)> {
        let (mut seen, mut paths) = (vec![from], Vec::new());
        let mut next = 0;
        while next < seen.len() {
            let hop = seen[next];
            for home in (0..HOMES).filter(|home| self.told[hop][*home]) {
                if !seen.contains(&home) {
                    seen.push(home);
                    paths.push((hop, home));
                }
            }
            next += 1;
        }
        paths
    }
}

/// Puts the cell as it was founded on the keeper's disk; where it is to be taken over, on those of the
/// members who have joined it too.
pub fn found(world: &mut World) {
    let joined = if world.scenario.fate.is_some() { MEMBERS } else { 1 };
    for home in &world.homes[..joined] {
        let opened = LogStore::open(home.disk(), home.cell);
        let founded = opened.and_then(|(mut store, _)| {
            store.append(world.cell.records())?;
            store.put_details(world.cell.details())?;
            store.sync()?;
            if home.index > 0 { store.set_checkpoint(&world.cell.checkpoint()) } else { Ok(()) }
        });
        if let Err(error) = founded {
            world.judge.wrong(Invariant::NothingWedges, format!("the cell cannot be founded: {error}"));
        }
    }
}

/// Tells every home who is connected now.
pub fn links(world: &mut World) {
    let now = world.now;
    let healed = world.is_healed();
    world.net.cuts.retain(|(until, _, _)| *until > now && !healed);
    for a in 0..HOMES {
        for b in 0..HOMES {
            let up = world.homes[a].run.is_some() && world.homes[b].run.is_some();
            let linked = up && world.net.is_wired(a, b) && !world.net.is_cut(a, b, true);
            let told = std::mem::replace(&mut world.net.told[a][b], linked);
            if told != linked && world.homes[a].run.is_some() {
                tell(world, a, b, linked);
            }
        }
    }
}

fn tell(world: &mut World, home: usize, other: usize, linked: bool) {
    let peer = world.keys[other];
    world.with(
        home,
        |home: &mut Home, ctx: &mut Ctx<'_>| {
            if linked { home.connected(peer, ctx) } else { home.disconnected(peer, ctx) }
        },
    );
}

/// Lets something happen.
pub fn happen(world: &mut World, happening: Happening) {
    match happening {
        Happening::Sign { home, sort } => sign(world, home, sort),
        Happening::Crash { home, down, torn } => {
            world.figures.restarts += 1;
            world.homes[home].run = None;
            world.homes[home].storage.below().memory.crash(torn);
            world.homes[home].storage.heal();
            world.homes[home].epoch += 1;
            world.recovering[home] = false;
            links(world);
            world.soon(down, What::Boot(home, world.homes[home].epoch));
        }
        Happening::DiskFails { home, steps, failure } => {
            if !world.homes[home].is_stuck() {
                world.homes[home].storage.fail_at(steps, failure);
            }
        }
        Happening::Cut { homes, long, noticed } => {
            world.net.cuts.push((world.now + long, homes, noticed));
            links(world);
            world.soon(long, What::Links);
        }
        Happening::Clock { home, skew } => world.homes[home].skew = skew,
        Happening::KeeperGone(fate) if fate.destroyed => {
            world.gone = Some(0);
            world.homes[0].run = None;
            world.homes[0].epoch += 1;
            links(world);
        }
        Happening::KeeperGone(fate) => {
            let trouble = world.scenario.trouble;
            world.net.cuts.push((trouble, fate.homes(), fate.noticed));
            links(world);
        }
    }
}

fn sign(world: &mut World, home: usize, sort: Sort) {
    if world.homes[home].run.is_none() {
        return;
    }
    let key = author(world.seed, home, sort);
    let now = moment(world.now, world.homes[home].skew);
    let earlier = world.last_signed[home];
    let made = entry(&world.cell, &key, sort, now, earlier, &mut world.random);
    let Some((entry, details)) = made else {
        return world.judge.wrong(Invariant::NothingWedges, "an entry could not be made".to_owned());
    };
    let id = entry.id();
    if sort == Sort::Stranger {
        world.judge.stranger(id);
    }
    let mut kept = false;
    let (copy, with) = (entry.clone(), details.clone());
    world.with(home, |home, ctx| kept = home.sign(entry, details, ctx));
    if kept && !matches!(sort, Sort::Stranger | Sort::Brief) {
        world.due.insert(id, home);
        world.last_signed[home] = Some(id);
    }
    if sort == Sort::Carried {
        let other = (home + 1) % MEMBERS;
        world.with(other, |home, ctx| {
            home.sign(copy, with, ctx);
        });
    }
}

/// A disk that failed works again: the process opens its log anew, or is started again.
pub fn recover(world: &mut World, home: usize, epoch: u64) {
    if !world.is_up(home, epoch) {
        return;
    }
    world.figures.disk_failures += 1;
    world.recovering[home] = false;
    world.homes[home].storage.heal();
    if world.random.chance(400) {
        world.homes[home].run = None;
        let left = torn(&mut world.random);
        world.homes[home].storage.below().memory.crash(left);
        links(world);
        world.boot(home);
    } else if world.homes[home].is_stuck() {
        world.with(home, Home::reopen);
    }
}

/// Whether everything that must hold in the end does.
pub fn verdict(world: &World) -> Result<(), (Invariant, String)> {
    for (id, at) in world.judge.receipts() {
        let has = |home: &Home| {
            let run = home.run.as_ref();
            run.is_some_and(|run| run.store.find(id).ok().flatten() == Some(*at))
        };
        if !world.homes.iter().any(has) {
            return Err((
                Invariant::PlacedMeansKept,
                format!("{id} has a receipt for #{at} and stands nowhere"),
            ));
        }
    }
    let wedged = |what: String| Err((Invariant::NothingWedges, what));
    if let Some(id) = world.due.keys().find(|id| !world.judge.is_placed(id)) {
        return wedged(format!("{id} was not placed"));
    }
    for home in &world.homes {
        let Some(run) = &home.run else { return wedged(format!("home {} is down", home.index)) };
        let (has, all) = (covered(&run.store), world.judge.records() as u64);
        if has != all || run.store.len() != all {
            return wedged(format!("home {} has {has} of {all} records under a checkpoint", home.index));
        }
        if home.index == 0 && !matches!(run.role, Role::Keeper(..)) {
            return wedged("the keeper does not keep".to_owned());
        }
        if let Some(waiting) = run.pool.iter().find(|waiting| world.judge.is_placed(&waiting.entry.id())) {
            let id = waiting.entry.id();
            return wedged(format!("home {} takes {id} for waiting, and it is placed", home.index));
        }
        match run.store.missing_details(Position(0), 1) {
            Ok((missing, _)) if missing.is_empty() => {}
            Ok((missing, _)) => {
                return wedged(format!("home {} lacks {}", home.index, who_has(world, &missing[0].1)));
            }
            Err(error) => return wedged(format!("home {} cannot look for details: {error}", home.index)),
        }
        if run.delivery.steps().any(|(id, step)| {
            world.due.contains_key(&id) && !matches!(step, delivery::Step::Replicated { .. })
        }) {
            return wedged(format!("home {} does not know that its entries are replicated", home.index));
        }
    }
    witnessed(world)?;
    let kept = |home: &Home| {
        let store = home.run.as_ref().map(|run| &run.store);
        world.judge.receipts().all(|(id, at)| store.and_then(|s| s.find(id).ok().flatten()) == Some(*at))
    };
    match world.homes.iter().find(|home| !kept(home)) {
        Some(home) => Err((
            Invariant::PlacedMeansKept,
            format!("home {} lacks an entry that has a receipt", home.index),
        )),
        None => Ok(()),
    }
}

/// Whether the newest checkpoint has reached its witnesses and come back to every home, and nothing that was
/// ever witnessed is lost.
pub fn witnessed(world: &World) -> Result<(), (Invariant, String)> {
    for home in &world.homes {
        let Some(store) = home.run.as_ref().map(|run| &run.store) else { continue };
        let Some((open, held)) = store.chain().open().zip(store.checkpoint()) else { continue };
        let quorum = usize::from(open.opening.quorum);
        if quorum > 0 && world.judge.witnessed(open.term, quorum) > held.size {
            let what = format!("home {} holds {} of what was witnessed", home.index, held.size);
            return Err((Invariant::WitnessedMeansKept, what));
        }
        if held.witnesses() < quorum {
            let what = format!("home {} knows {} of {quorum} witnesses", home.index, held.witnesses());
            return Err((Invariant::NothingWedges, what));
        }
    }
    Ok(())
}

/// A detail, which homes hold it, and how many details each home looks for.
fn who_has(world: &World, reference: &DetailRef) -> String {
    let at = |home: &Home| {
        let run = home.run.as_ref()?;
        let looks_for = match &run.role {
            Role::Follower(follower) => follower.wanted(),
            Role::Keeper(..) => run.seeker.wanted(),
        };
        Some((run.store.has_detail(&reference.hash), looks_for))
    };
    let homes: Vec<_> = world.homes.iter().map(at).collect();
    format!("the detail {}; held, and looked for: {homes:?}", reference.hash)
}
