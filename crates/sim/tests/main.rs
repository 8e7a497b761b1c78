//! The simulator over many seeds, and over bugs planted on purpose. `LIFEBOAT_SIM_SEEDS=10000 cargo test
//! -p lifeboat-sim` runs more seeds.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test that cannot go on must stop

mod table;

mod cheats;

use lifeboat_sim::{Invariant, Kind, Plant, run, run_kind, run_many};

/// Seeds in the default test.
const SEEDS: u64 = 200;
/// Seeds with a takeover in the default test; `LIFEBOAT_SIM_TAKEOVERS=500` runs more.
const TAKEOVERS: u64 = 60;

#[test]
fn every_seed_keeps_every_invariant() {
    let seeds = std::env::var("LIFEBOAT_SIM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    let figures = run_many(0, seeds, Kind::OneKeeper).unwrap_or_else(|violation| panic!("{violation}"));
    println!("{figures:#?}");
    assert_eq!(figures.runs, seeds);
    // What goes wrong does go wrong, or the seeds say nothing.
    assert!(figures.receipts > 5 * seeds, "{figures:?}");
    assert!(figures.restarts > seeds, "{figures:?}");
    assert!(figures.disk_failures > seeds / 2, "{figures:?}");
    assert!(figures.lost > 20 * seeds, "{figures:?}");
    assert!(figures.broken_streams > seeds / 2, "{figures:?}");
    assert!(figures.cosignatures > 10 * seeds, "{figures:?}");
    assert!(figures.handed > 0, "{figures:?}");
    assert!(figures.asked > seeds && figures.vouched > 0, "{figures:?}");
}

#[test]
fn the_log_outlives_its_keeper_in_every_seed() {
    let seeds = std::env::var("LIFEBOAT_SIM_TAKEOVERS").ok().and_then(|text| text.parse().ok());
    let seeds = seeds.unwrap_or(TAKEOVERS);
    let figures = run_many(0, seeds, Kind::Takeover).unwrap_or_else(|violation| panic!("{violation}"));
    println!("{figures:#?}");
    assert_eq!(figures.runs, seeds);
    assert!(figures.takeovers >= seeds, "{figures:?}");
    assert!(figures.went_back > seeds / 4, "{figures:?}");
}

#[test]
fn a_seed_gives_the_same_run_every_time() {
    for seed in [3, 77] {
        assert_eq!(run(seed, None), run(seed, None));
        assert_eq!(run_kind(seed, Kind::Takeover, None), run_kind(seed, Kind::Takeover, None));
    }
}

/// The planted bug must be found, as a breach of this invariant, within the seeds of the default test.
fn is_found(plant: Plant, invariant: Invariant) {
    let found = (0..SEEDS).find_map(|seed| run(seed, Some(plant)).err().filter(|v| v.invariant == invariant));
    let violation = found.unwrap_or_else(|| panic!("{plant:?} was not found within {SEEDS} seeds"));
    println!("{plant:?}: {violation}");
    assert!(violation.to_string().contains(&format!("--seed {}", violation.seed)));
}

#[test]
fn a_store_that_does_not_sync_is_found() {
    is_found(Plant::SyncDoesNothing, Invariant::PlacedMeansKept);
}

#[test]
fn a_keeper_that_forgets_what_it_signed_is_found() {
    is_found(Plant::ForgetsPromises, Invariant::OneOrder);
}

#[test]
fn a_state_that_outlives_its_log_is_found() {
    is_found(Plant::StateOutlivesLog, Invariant::SameState);
}

#[test]
fn a_follower_that_never_asks_again_is_found() {
    is_found(Plant::NeverAsksAgain, Invariant::NothingWedges);
}

#[test]
fn a_keeper_that_places_again_is_found() {
    is_found(Plant::PlacesAgain, Invariant::PlacedOnce);
}

#[test]
fn a_home_that_takes_what_was_placed_for_waiting_is_found() {
    is_found(Plant::WaitsForEver, Invariant::NothingWedges);
}
