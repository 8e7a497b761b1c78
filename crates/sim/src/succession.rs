//! Runs in which the keeper's home is destroyed, or is cut off and goes on alone, at a random moment under
//! load: what the people do about it, and what must be true in the end.

use crate::faults;
use crate::home::{Home, Role, Run, covered};
use crate::judge::{Invariant, Wrong};
use crate::random::Random;
use crate::scenario::{HOMES, MEMBERS, Sort, author};
use crate::world::World;
use lifeboat_commons::State;
use lifeboat_commons::testing::key_of;
use lifeboat_log::opening::Right;
use lifeboat_log::{Call, EntryId, Position};
use lifeboat_protocol::delivery;
use std::collections::BTreeSet;

/// What becomes of the keeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// When.
    pub at: u64,
    /// Whether its disk is destroyed, and it never comes back; else it is cut off and goes on alone.
    pub destroyed: bool,
    /// Whether the sibling's node is cut off with it.
    pub with_sibling: bool,
    /// Whether the others notice at once that it is cut off.
    pub noticed: bool,
}

impl Fate {
    pub fn draw(random: &mut Random, trouble: u64) -> Self {
        Self {
            at: random.within(20_000, trouble / 2),
            destroyed: random.chance(500),
            with_sibling: random.chance(300),
            noticed: random.chance(600),
        }
    }

    /// The homes that are cut off.
    pub fn homes(&self) -> u8 {
        1 | if self.with_sibling { 1 << (HOMES - 1) } else { 0 }
    }
}

/// What the people do while they wait for a keeper, at a tick of a home.
pub fn people_act(world: &mut World, home: usize) {
    let Some(fate) = world.scenario.fate else { return };
    world.with(home, Home::take_over_tick);
    let waits = world.homes[home].run.as_ref().is_some_and(|run| {
        let keeper = run.state.keeper();
        keeper.is_some_and(|keeper| keeper.term.era() == 0) && matches!(run.role, Role::Follower(_))
    });
    if !waits || home == 0 || home >= MEMBERS || world.now < fate.at + 15_000 {
        return;
    }
    let key = author(world.seed, home, Sort::Plain);
    if world.random.chance(150) {
        world.with(home, |home, ctx| home.endorse_what_is_called(&key, ctx));
    }
    let empty = world.homes[home].run.as_ref().is_some_and(|run| run.board.is_empty());
    if world.random.chance(if empty { 60 } else { 4 }) {
        let made = world.homes[home].term_keys.len();
        let term_key = key_of(world.seed as u8, &format!("#term {home} {made}"));
        world.with(home, |home, ctx| home.propose(&key, term_key, ctx));
    }
}

/// Whether everything that must hold after a takeover does.
pub fn verdict(world: &World, fate: Fate) -> Result<(), Wrong> {
    let wedged = |what: String| Err((Invariant::NothingWedges, what));
    let living = |home: &&Home| !(fate.destroyed && home.index == 0);
    let mut first: Option<&Home> = None;
    for home in world.homes.iter().filter(living) {
        let Some(run) = &home.run else { return wedged(format!("home {} is down", home.index)) };
        let (open, has) = (run.store.chain().open().map(|open| open.term), covered(&run.store));
        if open.is_none_or(|term| term.era() == 0) {
            let all: Vec<_> = world.homes.iter().map(place).collect();
            return wedged(format!("home {} still stands in the first era: {all:?}", home.index));
        }
        if has != run.store.len() {
            return wedged(format!(
                "home {} has {has} of {} under a checkpoint",
                home.index,
                run.store.len()
            ));
        }
        let one = first.get_or_insert(home).run.as_ref();
        let one = one.map(|one| (one.store.chain().head(), state(one).hash()));
        if one != Some((run.store.chain().head(), state(run).hash())) {
            return wedged(format!(
                "the homes stand at {:?}",
                world.homes.iter().map(place).collect::<Vec<_>>()
            ));
        }
    }
    let keeps = |home: &&Home| home.run.as_ref().is_some_and(|run| matches!(run.role, Role::Keeper(..)));
    let keepers = world.homes.iter().filter(keeps).count();
    if keepers != 1 {
        return wedged(format!("{keepers} homes keep the log"));
    }
    for home in world.homes.iter().filter(living) {
        entries(world, home, fate)?;
    }
    witnessed(world, first)?;
    floors(world, first)
}

/// What was ever witnessed stands where it stood, and witnesses go on cosigning, as far as enough of them are
/// not the keeper's own.
fn witnessed(world: &World, home: Option<&Home>) -> Result<(), Wrong> {
    let Some(run) = home.and_then(|home| home.run.as_ref()) else { return Ok(()) };
    let Some(open) = run.store.chain().open() else { return Ok(()) };
    let quorum = usize::from(open.opening.quorum);
    if quorum == 0 {
        return Ok(());
    }
    if run.state.keeper().is_some_and(|keeper| keeper.forced) {
        return Err((Invariant::WitnessedMeansKept, "the log was taken over by force".to_owned()));
    }
    for (term, size, root) in world.judge.all_witnessed(quorum) {
        if run.store.root(term, size).ok() != Some(root) {
            let what = format!("{size} records of {term} were witnessed, and do not stand any more");
            return Err((Invariant::WitnessedMeansKept, what));
        }
    }
    let others = |home: &&Home| {
        open.opening.witnesses.contains(&home.witness.public()) && home.node.public() != open.opening.node
    };
    if world.homes.iter().filter(others).count() >= quorum { faults::witnessed(world) } else { Ok(()) }
}

/// The state after all records of a home's log.
fn state(run: &Run) -> &State {
    match &run.role {
        Role::Keeper(keeper, _) => keeper.state(),
        Role::Follower(_) => &run.state,
    }
}

/// Where a home stands: its term, its records, those under a checkpoint, and what it is.
fn place(home: &Home) -> Option<(String, u64, u64, String)> {
    let run = home.run.as_ref()?;
    let term = run.store.chain().open().map_or(String::new(), |open| open.term.to_string());
    let role = match &run.role {
        Role::Keeper(keeper, _) => format!("keeps, {} wait", keeper.waiting()),
        Role::Follower(follower) => format!("follows, furthest {:?}", follower.furthest()),
    };
    let calls: Vec<_> =
        run.board.calls().map(|(call, known)| (call.term.era(), known.given(&run.state))).collect();
    let bids: Vec<u16> = run.bids.calls().map(|call| call.term.era()).collect();
    Some((term, run.store.len(), covered(&run.store), format!("{role}, bids {bids:?}, calls {calls:?}")))
}

/// Every entry whose author's home lives stands exactly once, and its author knows.
fn entries(world: &World, home: &Home, fate: Fate) -> Result<(), Wrong> {
    let Some(run) = &home.run else { return Ok(()) };
    for (id, by) in &world.due {
        if fate.destroyed && *by == 0 {
            continue;
        }
        if run.store.find(id).ok().flatten().is_none() {
            let step = world.homes[*by].run.as_ref().and_then(|run| run.delivery.step(id).cloned());
            let what = format!("{id} of home {by} stands not at home {}; there it is {step:?}", home.index);
            return Err((Invariant::NothingWedges, what));
        }
    }
    let (mut seen, mut said) = (BTreeSet::<EntryId>::new(), BTreeSet::new());
    for record in run.store.records(Position(0), 65_536).unwrap_or_default() {
        let entry = record.entry();
        let again = !seen.insert(entry.id()) || !said.insert((entry.author, entry.nonce));
        if again {
            return Err((
                Invariant::PlacedOnce,
                format!("{} at #{} too", entry.id(), record.link().position),
            ));
        }
    }
    let waits = |(id, step): &(EntryId, &delivery::Step)| {
        world.due.contains_key(id) && !matches!(step, delivery::Step::Replicated { .. })
    };
    match run.delivery.steps().find(waits) {
        Some((id, step)) => {
            let what = format!("home {} does not know that {id} is replicated: {step:?}", home.index);
            Err((Invariant::NothingWedges, what))
        }
        None => Ok(()),
    }
}

/// What an endorser of a takeover in the log held when it endorsed is in the log, where it was.
fn floors(world: &World, home: Option<&Home>) -> Result<(), Wrong> {
    let Some(run) = home.and_then(|home| home.run.as_ref()) else { return Ok(()) };
    for record in run.store.records(Position(0), 65_536).unwrap_or_default() {
        let Ok(Some(opening)) = record.entry().opening() else { continue };
        let Right::Takeover { endorsements, .. } = &opening.right else { continue };
        let call = Call::of(&opening);
        for (home, endorsed) in world.judge.endorsements().filter(|(_, e)| e.call == call) {
            let key = author(world.seed, home, Sort::Plain).public();
            let counted = endorsements.iter().any(|e| e.key == key);
            let floor = endorsed.floor;
            if counted && run.store.root(floor.term, floor.size).ok() != Some(floor.root) {
                let what =
                    format!("home {home} held {} records of {} and they moved", floor.size, floor.term);
                return Err((Invariant::PlacedMeansKept, what));
            }
        }
    }
    Ok(())
}
