//! Old backups and clocks, in a cell with witnesses: what a home forgot that it had signed, and a keeper's
//! clock that runs ahead.

use super::succession::{OLD, WITNESSES, five, grow, opens, stage};
use super::{LONG, proven};
use lifeboat_commons::testing::TestCell;
use lifeboat_log::misconduct::Fault;
use lifeboat_log::{Belief, TreeHash};
use lifeboat_sim::stage::{Liar, Stage, witness};

fn keeper(cell: &TestCell) -> Liar {
    Liar::of_log(cell.node.public(), cell, cell.checkpoint())
}

/// The size and root of the open term.
fn end(cell: &TestCell) -> (u64, TreeHash) {
    let signed = cell.checkpoint();
    (signed.size, signed.root)
}

#[test]
fn a_keeper_goes_on_from_an_old_backup_and_its_witnesses_do_not() {
    let (mut first, mut then) = (five(5), five(5));
    grow(&mut first, 50..54);
    grow(&mut then, 60..66);
    let mut stage = stage(&five(5), vec![keeper(&first)]);
    WITNESSES.iter().for_each(|home| stage.link(*home, 5));
    let cosigned =
        |stage: &Stage, home: usize, cell: &TestCell| stage.cosigned_by(home, OLD).contains(&end(cell));
    let all = |stage: &Stage| WITNESSES.iter().all(|home| cosigned(stage, *home, &first));
    assert!(stage.until(LONG, all).is_some(), "{:?}", stage.said());
    stage.liars[0] = keeper(&then);
    let found = |stage: &Stage| WITNESSES.iter().all(|home| stage.found_by(*home).is_some());
    let after = stage.until(LONG, found).unwrap_or_else(|| panic!("{:?}", stage.said()));
    println!("a keeper goes on from an old backup: all witnesses hold the proof after {after} ms");
    assert!(after <= 15_000);
    let proven = proven(stage.found_by(1).unwrap(), "an old backup", Belief::HandedOver);
    assert!(matches!(proven.fault, Fault::Rewrote { .. }), "{:?}", proven.fault);
    assert!(proven.with.is_empty(), "no witness is blamed");
    stage.pass(5 * 60_000);
    let none = |stage: &Stage| WITNESSES.iter().all(|home| !cosigned(stage, *home, &then));
    assert!(none(&stage), "no witness cosigns the other history");
}

#[test]
fn a_keeper_whose_disk_is_an_old_backup_signs_nothing_until_it_is_level() {
    let mut cell = five(5);
    let mut stage = stage(&cell, vec![]);
    WITNESSES.iter().for_each(|home| stage.link(*home, 0));
    stage.pass(20_000);
    let backup = stage.back_up(0);
    for amount in [50, 51] {
        cell.wait_ms(1000);
        let entry = cell.sign("wren", super::euros(amount));
        stage.sign(1, entry.clone());
        assert!(stage.until(LONG, |stage| stage.place(2, &entry).is_some()).is_some());
    }
    let size = stage.size(2);
    stage.restore(0, &backup);
    assert!(stage.size(0) < size, "it is an old one");
    WITNESSES.iter().for_each(|home| stage.link(*home, 0));
    let begun = stage.now;
    let level = |stage: &Stage| stage.size(0) >= size && stage.stand(0).is_some_and(|stand| stand.keeps);
    assert!(stage.until(LONG, level).is_some(), "{:?}", stage.said());
    println!("a keeper's old backup: it is level and keeps again after {} ms", stage.now - begun);
    assert!(stage.now - begun <= 60_000);
    let entry = cell.sign("rook", super::euros(52));
    stage.sign(2, entry.clone());
    let quorum = |stage: &Stage| {
        stage.place(3, &entry).is_some() && stage.checkpoint(3).is_some_and(|held| held.witnesses() >= 2)
    };
    assert!(stage.until(LONG, quorum).is_some(), "it goes on, and so do its witnesses");
    assert!(stage.found.is_empty(), "{:?}", stage.said());
}

#[test]
fn a_witness_goes_on_from_an_old_backup() {
    let (mut one, mut other) = (five(5), five(5));
    grow(&mut one, 50..54);
    grow(&mut other, 60..63);
    let mut stage = stage(&five(5), vec![keeper(&one), keeper(&other)]);
    stage.pass(20_000);
    let backup = stage.back_up(2);
    [2, 3].into_iter().for_each(|home| stage.link(home, 5));
    let given =
        |stage: &Stage, home: usize, cell: &TestCell| stage.cosigned_by(home, OLD).contains(&end(cell));
    let both = |stage: &Stage| {
        let told = stage.checkpoint(3).is_some_and(|held| held.is_cosigned_by(&witness(2).public()));
        given(stage, 2, &one) && given(stage, 3, &one) && told
    };
    assert!(stage.until(LONG, both).is_some(), "{:?}", stage.said());
    // Under an honest keeper nothing comes of it: the witness is asked for what it cosigned before.
    stage.restore(2, &backup);
    assert!(stage.size(2) < stage.size(3), "it is an old one");
    stage.link(2, 5);
    assert!(stage.until(LONG, |stage| stage.size(2) == stage.size(3)).is_some());
    stage.pass(60_000);
    assert!(stage.found.is_empty() && stage.said().is_empty(), "{:?}", stage.said());
    // A keeper that cheats shows it another history.
    stage.restore(2, &backup);
    stage.link(2, 6);
    assert!(stage.until(LONG, |stage| stage.size(2) == other.records().len() as u64).is_some());
    stage.pass(60_000);
    let forgot = given(&stage, 2, &other);
    assert!(stage.found.is_empty(), "as long as it meets nobody, nobody can know");
    stage.link(2, 3);
    let met = stage.until(LONG, |s| s.found_by(2).is_some() && s.found_by(3).is_some()).unwrap();
    println!(
        "a witness goes on from an old backup: it cosigned both: {forgot}; the homes hold the proof {met} ms after they meet"
    );
    assert!(met <= 15_000);
    let proven = proven(stage.found_by(3).unwrap(), "a witness's backup", Belief::HandedOver);
    let named = if forgot { vec![witness(2).public()] } else { Vec::new() };
    assert_eq!(proven.with, named, "the file names the witness if it cosigned both, and nobody else");
}

#[test]
fn a_keeper_sets_its_clock_ahead() {
    let mut cell = five(5);
    let mut stage = stage(&cell, vec![]);
    WITNESSES.iter().for_each(|home| stage.link(*home, 0));
    stage.pass(20_000);
    // The charter allows ten minutes.
    stage.set_clock(0, 30 * 60_000);
    let entry = cell.sign("wren", super::euros(50));
    stage.sign(1, entry.clone());
    assert!(stage.until(LONG, |stage| stage.place(2, &entry).is_some()).is_some());
    let at = stage.place(2, &entry).unwrap().0 - opens();
    let covers = |stage: &Stage, home: usize| stage.cosigned_by(home, OLD).iter().any(|(size, _)| *size > at);
    let witnessed = |stage: &Stage| WITNESSES.iter().filter(|home| covers(stage, **home)).count() >= 2;
    assert!(!witnessed(&stage));
    let waited = stage.until(2 * LONG, witnessed).unwrap();
    println!("a keeper sets its clock ahead by 30 minutes: witnessed after {} s", waited / 1000);
    assert!((19 * 60_000..=21 * 60_000).contains(&waited), "{waited}");
    assert!(stage.found.is_empty());
}
