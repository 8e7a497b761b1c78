//! What somebody can do to a draw from each seat: the keeper who sees all reveals first, the member who
//! reveals last, and both together. The pages say: one try out of three, and no choosing among subsets; and
//! nothing at all where a beacon is awaited that nobody knows before the last reveal.

use crate::draw::{member, secret, sheet};
use crate::rotation::*;
use lifeboat_commons::MemberId;
use lifeboat_commons::draw::{Randomness, Sheet};
use lifeboat_commons::rotation::Stage;

const RUNS: u64 = 20_000;
const POOL: u64 = 6;
/// A fair draw: once in six times. Best of three: 1 - (5/6)^3.
const FAIR: f64 = 1.0 / 6.0;
const BEST_OF_THREE: f64 = 1.0 - (5.0 * 5.0 * 5.0) / (6.0 * 6.0 * 6.0);

/// Who sees what before it is too late to withhold something.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seat {
    /// Nobody cheats.
    None,
    /// The keeper sees all reveals and can leave one out.
    Keeper,
    /// The last to reveal knows all others' secrets and their own.
    LastRevealer,
    /// Both.
    Both,
}

/// What the seat makes of an attempt: who is drawn, or nobody when it was made void. Every set of reveals
/// that is smaller than that of the commitments is void, so all that a seat can do is to withhold.
fn attempt(seat: Seat, sheet: &Sheet, favourite: MemberId, beacon: Option<Randomness>) -> Option<MemberId> {
    // The beacon comes out when nobody can reveal any more: until then it looks as if there were none.
    let withholds = seat != Seat::None && sheet.order()[0] != favourite;
    let whole = Sheet { beacon: beacon.map(|random| (1, random)), ..sheet.clone() };
    (!withholds).then(|| whole.order()[0])
}

/// How often the favourite is drawn: two attempts, then a hat.
fn measure(seat: Seat, with_beacon: bool) -> f64 {
    let favourite = member(POOL - 1);
    let mut hits = 0;
    for run in 0..RUNS {
        let tries = [1_u8, 2].into_iter().find_map(|attempt_number| {
            let mut sheet = sheet(run * 3 + u64::from(attempt_number), POOL, 0, 4);
            sheet.of.attempt = attempt_number;
            let beacon = with_beacon.then(|| Randomness(secret(run * 3 + u64::from(attempt_number), 77).0));
            attempt(seat, &sheet, favourite, beacon)
        });
        let hat = || member(u64::from(secret(run * 3, 99).0[0]) * POOL / 256);
        hits += u64::from(tries.unwrap_or_else(hat) == favourite);
    }
    hits as f64 / RUNS as f64
}

#[test]
fn from_each_seat_the_bias_is_the_best_of_three_and_with_a_beacon_none() {
    for (seat, beacon, claimed) in [
        (Seat::None, false, FAIR),
        (Seat::Keeper, false, BEST_OF_THREE),
        (Seat::LastRevealer, false, BEST_OF_THREE),
        (Seat::Both, false, BEST_OF_THREE),
        (Seat::None, true, FAIR),
        (Seat::Keeper, true, FAIR),
        (Seat::LastRevealer, true, FAIR),
        (Seat::Both, true, FAIR),
    ] {
        let measured = measure(seat, beacon);
        let with = if beacon { " with a beacon" } else { "" };
        println!("{seat:?}{with}: drawn in {measured:.4} of {RUNS} draws, the pages say {claimed:.4}");
        let deviation = (claimed * (1.0 - claimed) / RUNS as f64).sqrt();
        assert!((measured - claimed).abs() < 4.0 * deviation, "{seat:?}: {measured} against {claimed}");
    }
}

#[test]
fn whatever_set_of_reveals_is_left_out_nothing_is_drawn() {
    for left_out in 1..16_u8 {
        let mut cell = cell();
        let draw = call(&mut cell);
        commit_all(&mut cell, draw, &PEOPLE, 1);
        for (n, who) in PEOPLE.iter().enumerate() {
            if left_out & 1 << n == 0 {
                cell.must(who, &reveal(draw, who, 1));
            }
        }
        cell.wait_ms(3_600_000);
        let later = cell.state.at(cell.now);
        let seen = later.rotation().draw(&draw).unwrap();
        assert!(seen.order.is_empty() && seen.holders.is_empty());
        assert!(matches!(&seen.stage, Stage::Committing(round) if round.attempt == 2));
        assert_eq!(seen.voids[0].missing.len(), left_out.count_ones() as usize, "and everyone sees who");
    }
}

#[test]
fn a_secret_revealed_for_one_attempt_is_of_no_use_in_another() {
    let mut cell = cell();
    let draw = call(&mut cell);
    commit_all(&mut cell, draw, &PEOPLE, 1);
    reveal_all(&mut cell, draw, &PEOPLE[1..], 1);
    cell.wait_ms(3_600_000);
    commit_all(&mut cell, draw, &PEOPLE, 2);
    reveal_all(&mut cell, draw, &PEOPLE, 2);
    let done = cell.state.rotation().draw(&draw).unwrap();
    assert_eq!((done.is_done(), done.voids.len()), (true, 1));
    let mut first_try = sheet(0, 0, 0, 0);
    first_try.of.cell = cell.cell();
    first_try.of.draw = draw;
    first_try.first.clone_from(&done.first);
    first_try.revealed = PEOPLE.iter().map(|who| (cell.id(who), secret_of(who, 1))).collect();
    let mut second_try = first_try.clone();
    second_try.of.attempt = 2;
    second_try.revealed = PEOPLE.iter().map(|who| (cell.id(who), secret_of(who, 2))).collect();
    assert_ne!(first_try.order(), second_try.order());
    assert_eq!(done.order, second_try.order());
}
