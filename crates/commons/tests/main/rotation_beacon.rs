//! Draws that wait for a beacon: when it comes out, who can bring it, and that it counts.

use crate::rotation::*;
use lifeboat_commons::draw::{BeaconNetwork, BeaconSignature, Sheet};
use lifeboat_commons::rotation::*;
use lifeboat_commons::testing::{TestBeacon, TestCell};
use lifeboat_commons::{Common, Effect, Reason, State};
use lifeboat_log::EntryId;

const HOUR_MS: u64 = 3_600_000;
/// How far a clock may be off, in the charter of test cells.
const SKEW_MS: u64 = 600_000;

fn way(network: BeaconNetwork) -> Way {
    Way::Beacon { quorum: 3, commit: 3600, reveal: 3600, network }
}

fn called(cell: &mut TestCell, network: BeaconNetwork) -> EntryId {
    let call = call_for(cell, "facilitator", way(network));
    cell.must("heron", &call)
}

fn drawn(cell: &TestCell, draw: EntryId) -> &Draw {
    cell.state.rotation().draw(&draw).unwrap()
}

fn round_of(cell: &TestCell, draw: EntryId) -> u64 {
    drawn(cell, draw).round().unwrap().beacon.unwrap()
}

fn brought(draw: EntryId, attempt: u8, round: u64, signature: BeaconSignature) -> BeaconBrought {
    BeaconBrought { common: Common::default(), draw, attempt, round, signature }
}

fn void(effect: Effect, reason: Reason) {
    assert_eq!(effect, Effect::Void(reason));
}

#[test]
fn the_beacon_is_one_more_input_and_comes_out_when_nobody_can_reveal_any_more() {
    let (mut cell, beacon) = (cell(), TestBeacon::new(4));
    let network = beacon.network();
    let draw = called(&mut cell, network);
    let round = round_of(&cell, draw);
    let last_reveal = cell.now.plus_ms(2 * HOUR_MS);
    let out = network.time_of(round);
    assert!(out >= last_reveal.plus_ms(SKEW_MS) && out < last_reveal.plus_ms(SKEW_MS + 3000));
    void(cell.say("wren", &brought(draw, 1, round, beacon.sign(round))), Reason::NotAwaited);
    // Also where all are quick, the round is the one that was named.
    commit_all(&mut cell, draw, &PEOPLE, 1);
    reveal_all(&mut cell, draw, &PEOPLE, 1);
    assert!(matches!(drawn(&cell, draw).stage, Stage::Awaiting(_)));
    assert_eq!(State::decode(&cell.state.encode()).unwrap(), cell.state);
    let before = drawn(&cell, draw).sheet(cell.cell()).unwrap();
    for (attempt, number, signature, reason) in [
        (1, round + 1, beacon.sign(round + 1), Reason::NotAwaited),
        (2, round, beacon.sign(round), Reason::NotAwaited),
        (1, round, beacon.sign(round + 1), Reason::BadBeacon),
        (1, round, TestBeacon::new(5).sign(round), Reason::BadBeacon),
    ] {
        void(cell.say("wren", &brought(draw, attempt, number, signature)), reason);
    }
    let random = network.randomness(round, &beacon.sign(round)).unwrap();
    cell.must("robin", &brought(draw, 1, round, beacon.sign(round)));
    let whole = Sheet { beacon: Some((round, random)), ..before.clone() };
    assert!(whole.text().ends_with(&format!("beacon {round} {random}\n")));
    assert_ne!(whole.seed(), before.seed());
    assert_eq!(drawn(&cell, draw).order, whole.order());
    assert_eq!(drawn(&cell, draw).holders, whole.order()[..1]);
    void(cell.say("wren", &brought(draw, 1, round, beacon.sign(round))), Reason::NotAwaited);
}

#[test]
fn nobody_gains_by_holding_the_beacon_back_and_a_network_that_ended_stops_no_draw() {
    let (mut cell, beacon) = (cell(), TestBeacon::new(4));
    let draw = called(&mut cell, beacon.network());
    commit_all(&mut cell, draw, &PEOPLE, 1);
    reveal_all(&mut cell, draw, &PEOPLE, 1);
    let round = round_of(&cell, draw);
    // Weeks later it is still the one that counts.
    cell.wait_ms(29 * DAY);
    let late = cell.state.at(cell.now);
    assert!(matches!(late.rotation().draw(&draw).unwrap().stage, Stage::Awaiting(_)));
    // It never comes: two attempts, then a hat, and everyone sees why.
    cell.wait_ms(DAY + 2 * HOUR_MS + SKEW_MS + 60_000);
    let late = cell.state.at(cell.now);
    let seen = late.rotation().draw(&draw).unwrap();
    assert_eq!((seen.voids.len(), seen.voids[0].no_beacon, seen.voids[0].missing.len()), (1, true, 0));
    assert!(matches!(&seen.stage, Stage::Committing(round) if round.attempt == 2));
    void(cell.say("wren", &brought(draw, 1, round, beacon.sign(round))), Reason::NotAwaited);
    let second = round_of(&cell, draw);
    assert!(second > round, "the second attempt has a round of its own");
    // The attempt begins when the first was given up, not when somebody looks.
    commit_all(&mut cell, draw, &PEOPLE, 2);
}

#[test]
fn a_reveal_that_is_missing_voids_the_attempt_before_the_beacon_is_known() {
    let (mut cell, beacon) = (cell(), TestBeacon::new(4));
    let draw = called(&mut cell, beacon.network());
    let round = round_of(&cell, draw);
    commit_all(&mut cell, draw, &PEOPLE, 1);
    reveal_all(&mut cell, draw, &PEOPLE[1..], 1);
    cell.wait_ms(HOUR_MS);
    assert!(cell.now < beacon.network().time_of(round), "nobody knows it yet");
    commit_all(&mut cell, draw, &PEOPLE, 2);
    let seen = drawn(&cell, draw);
    assert_eq!((seen.voids[0].no_beacon, &seen.voids[0].missing[..]), (false, &[cell.id("heron")][..]));
    reveal_all(&mut cell, draw, &PEOPLE, 2);
    let round = round_of(&cell, draw);
    cell.must("finch", &brought(draw, 2, round, beacon.sign(round)));
    assert!(drawn(&cell, draw).is_done());
}

#[test]
fn a_network_without_a_proper_key_is_refused() {
    let mut cell = cell();
    let network = BeaconNetwork { key: [9; 96], ..BeaconNetwork::QUICKNET };
    let call = call_for(&cell, "facilitator", way(network));
    void(cell.say("heron", &call), Reason::BadBeacon);
    for network in [
        BeaconNetwork { period: 0, ..BeaconNetwork::QUICKNET },
        BeaconNetwork { genesis: u64::MAX, ..BeaconNetwork::QUICKNET },
    ] {
        let call = call_for(&cell, "facilitator", way(network));
        assert!(lifeboat_commons::compose(&call).is_err(), "{network:?}");
    }
    called(&mut cell, BeaconNetwork::QUICKNET);
}
