//! The draw engine from outside: evenness over many seeds, and that every input counts.

use lifeboat_commons::MemberId;
use lifeboat_commons::draw::{Secret, Sheet, Try};
use lifeboat_log::hash::derive;
use lifeboat_log::{CellId, EntryId};
use proptest::prelude::*;
use std::collections::BTreeMap;

pub fn member(n: u64) -> MemberId {
    MemberId(derive("lifeboat/test-member/v1", &n.to_le_bytes()))
}

pub fn secret(seed: u64, n: u64) -> Secret {
    Secret(derive("lifeboat/test-secret/v1", &[seed.to_le_bytes(), n.to_le_bytes()].concat()))
}

pub fn sheet(seed: u64, first: u64, then: u64, reveals: u64) -> Sheet {
    Sheet {
        of: Try { cell: CellId([1; 32]), draw: EntryId([2; 32]), attempt: 1 },
        first: (0..first).map(member).collect(),
        then: (first..first + then).map(member).collect(),
        revealed: (0..reveals).map(|n| (member(n), secret(seed, n))).collect(),
        beacon: None,
    }
}

/// The value that a fair chi-square exceeds once in a thousand times, by Wilson and Hilferty.
fn once_in_a_thousand(freedom: f64) -> f64 {
    let part = 2.0 / (9.0 * freedom);
    freedom * (1.0 - part + 3.0902 * part.sqrt()).powi(3)
}

fn chi_square(counts: impl Iterator<Item = u64>, cells: u64, total: u64) -> f64 {
    let expected = total as f64 / cells as f64;
    let seen: Vec<f64> = counts.map(|count| (count as f64 - expected).powi(2) / expected).collect();
    seen.iter().sum::<f64>() + (cells as usize - seen.len()) as f64 * expected
}

const DRAWS: u64 = 100_000;
const POOL: u64 = 12;

/// How often who is drawn first, and which two are drawn first and second.
fn counts(arrange: impl Fn(&mut Sheet)) -> (BTreeMap<MemberId, u64>, BTreeMap<(MemberId, MemberId), u64>) {
    let (mut persons, mut pairs) = (BTreeMap::new(), BTreeMap::new());
    for seed in 0..DRAWS {
        let mut sheet = sheet(seed, POOL, 0, 3);
        arrange(&mut sheet);
        let order = sheet.order();
        *persons.entry(order[0]).or_insert(0) += 1;
        *pairs.entry((order[0], order[1])).or_insert(0) += 1;
    }
    (persons, pairs)
}

/// What is done to a sheet before it is drawn.
type Arrange<'a> = &'a dyn Fn(&mut Sheet);

#[test]
fn a_hundred_thousand_draws_are_even_for_persons_and_pairs() {
    let reversed = |sheet: &mut Sheet| sheet.first.reverse();
    let renamed = |sheet: &mut Sheet| sheet.first = (100..100 + POOL).map(member).collect();
    let ways: [(&str, Arrange<'_>); 3] =
        [("as they joined", &|_| {}), ("reversed", &reversed), ("renamed", &renamed)];
    for (name, arrange) in ways {
        let (persons, pairs) = counts(arrange);
        let of_persons = chi_square(persons.values().copied(), POOL, DRAWS);
        let of_pairs = chi_square(pairs.values().copied(), POOL * (POOL - 1), DRAWS);
        println!(
            "{name}: chi-square {of_persons:.1} for persons (11 degrees), {of_pairs:.1} for pairs (131)"
        );
        assert!(of_persons < once_in_a_thousand(11.0), "{name}: {of_persons}");
        assert!(of_pairs < once_in_a_thousand(131.0), "{name}: {of_pairs}");
    }
}

#[test]
fn the_test_for_evenness_can_fail() {
    // The first of twelve is drawn a tenth more often than the others.
    let bent = (0..POOL).map(|n| if n == 0 { DRAWS / 12 * 11 / 10 } else { DRAWS / 12 });
    assert!(chi_square(bent, POOL, DRAWS) > once_in_a_thousand(11.0));
    assert!((once_in_a_thousand(11.0) - 31.26).abs() < 0.3);
}

#[test]
fn all_who_go_first_are_drawn_before_any_other() {
    for seed in 0..200 {
        let sheet = sheet(seed, 4, 3, 2);
        let order = sheet.order();
        assert_eq!(order.len(), 7);
        assert!(order[..4].iter().all(|id| sheet.first.contains(id)));
    }
}

proptest! {
    #[test]
    fn changing_any_one_input_changes_the_draw(seed in any::<u64>(), which in 0..8_usize, bit in 0..256_usize) {
        let before = sheet(seed, 12, 12, 4);
        let mut after = before.clone();
        let flip = |bytes: &mut [u8; 32]| bytes[bit / 8] ^= 1 << (bit % 8);
        match which {
            0 => flip(&mut after.of.cell.0),
            1 => flip(&mut after.of.draw.0),
            2 => after.of.attempt = 2,
            3 => flip(&mut after.revealed[bit % 4].1.0),
            4 => after.first.swap(bit % 11, bit % 11 + 1),
            5 => { let last = after.first.pop().unwrap(); after.then.insert(0, last); }
            6 => { after.revealed.remove(bit % 4); }
            _ => after.revealed.swap(0, 1 + bit % 3),
        }
        prop_assert_ne!(before.seed(), after.seed());
        prop_assert_ne!(before.order(), after.order());
    }

    #[test]
    fn a_commitment_holds_for_its_member_draw_and_attempt_alone(seed in any::<u64>()) {
        let (of, secret) = (sheet(seed, 1, 0, 0).of, secret(seed, 0));
        let commitment = of.commitment(member(0), secret);
        prop_assert_ne!(commitment, of.commitment(member(1), secret));
        prop_assert_ne!(commitment, Try { attempt: 2, ..of }.commitment(member(0), secret));
        prop_assert_ne!(commitment, Try { draw: EntryId([3; 32]), ..of }.commitment(member(0), secret));
        prop_assert_ne!(commitment, Try { cell: CellId([3; 32]), ..of }.commitment(member(0), secret));
    }
}
