//! A witness that cheats: cosigning two histories, after its close, without the records. What it signs is
//! written by hand here; who notices are honest homes.

use super::succession::{NEW, OLD, agree, five, grow, member, opens, stage};
use super::{LONG, proven};
use lifeboat_commons::testing::TestCell;
use lifeboat_log::misconduct::{Charge, Fault};
use lifeboat_log::opening::Right;
use lifeboat_log::{Belief, Call, Misconduct, Origin, SignedCheckpoint, Signers};
use lifeboat_sim::stage::{Liar, Stage, witness};

/// The keeper, who shows this log with the cosignature of home 1's witness.
fn cosigned(cell: &TestCell) -> Liar {
    let seconds = cell.now.ms() / 1000;
    Liar::of_log(cell.node.public(), cell, cell.cosigned(&[&witness(1)], seconds))
}

/// Who signs the checkpoints of the old term.
fn signers(cell: &TestCell) -> (Origin, Signers) {
    let keeper = cell.state.keeper().unwrap();
    let origin = Origin { cell: cell.cell(), term: OLD };
    (origin, Signers { term_key: keeper.term_key, witnesses: keeper.witnesses.clone() })
}

#[test]
fn a_witness_cosigns_two_histories() {
    let (mut one, mut other) = (five(5), five(5));
    grow(&mut one, 50..54);
    grow(&mut other, 60..63);
    let mut stage = Stage::of_cell(&five(5), 5, vec![cosigned(&one), cosigned(&other)]);
    stage.link(2, 5);
    stage.link(3, 6);
    // With the keeper's help one witness is enough: both histories have two cosignatures.
    let witnessed = |stage: &Stage, home: usize, size: usize| {
        let held = stage.checkpoint(home).filter(|held| held.witnesses() == 2);
        held.is_some() && stage.size(home) == size as u64
    };
    let (first, second) = (one.records().len(), other.records().len());
    assert!(stage.until(LONG, |s| witnessed(s, 2, first) && witnessed(s, 3, second)).is_some());
    stage.pass(10 * 60_000);
    assert!(stage.found.is_empty(), "as long as they do not meet, nobody can know");
    stage.link(2, 3);
    let met = stage.until(LONG, |s| s.found_by(2).is_some() && s.found_by(3).is_some()).unwrap();
    println!("a witness cosigns two histories: both homes hold the proof {met} ms after they meet");
    assert!(met <= 15_000);
    for home in [2, 3] {
        let proven = proven(stage.found_by(home).unwrap(), "two histories, cosigned", Belief::HandedOver);
        assert!(matches!(proven.fault, Fault::Rewrote { .. }));
        assert_eq!(proven.with, [witness(1).public()], "the file names it, and no honest witness");
    }
}

/// The close of home 1's witness in the opening that a home holds, with its call.
fn close_in(stage: &Stage, home: usize) -> (Call, lifeboat_log::Close) {
    let opening = stage.opening(home, NEW).unwrap();
    let Right::Takeover { closes, .. } = &opening.right else { panic!("a takeover") };
    let close = closes.iter().find(|close| close.key == witness(1).public()).unwrap();
    (Call::of(&opening), *close)
}

#[test]
fn a_witness_cosigns_after_its_close() {
    let cell = five(5);
    let mut later = five(5);
    grow(&mut later, [70, 71]);
    let mut stage = Stage::of_cell(&cell, 5, vec![cosigned(&later)]);
    [(1, 2), (1, 4), (2, 4)].into_iter().for_each(|(one, other)| stage.link(one, other));
    stage.propose(1, &member(1));
    assert!(stage.until(LONG, |stage| stage.calls(2) > 0 && stage.calls(4) > 0).is_some());
    [2, 4].into_iter().for_each(|home| stage.endorse(home, &member(home)));
    assert!(agree(&mut stage, &[1, 2, 4]).is_some(), "{:?}", stage.said());
    // Lark's home knows of no takeover, and its honest witness has closed nothing.
    stage.link(3, 5);
    let all = later.records().len() as u64;
    let witnessed =
        |stage: &Stage| stage.size(3) == all && stage.checkpoint(3).is_some_and(|held| held.witnesses() == 2);
    assert!(stage.until(LONG, witnessed).is_some(), "{:?}", stage.said());
    let shown = stage.checkpoint(3).unwrap().clone();
    stage.link(3, 2);
    let met = agree(&mut stage, &[1, 2, 3, 4]).unwrap();
    assert_eq!(stage.root(3, OLD, shown.size), None, "what was witnessed is lost");
    // What is left of it proves the broken promise, to whoever lays the two side by side.
    let name = stage.set_aside(3).into_iter().find(|name| name.ends_with("/0.1/checkpoint")).unwrap();
    let (origin, signers) = signers(&later);
    let aside = SignedCheckpoint::verify(&stage.file(3, &name), &origin, &signers).unwrap();
    let (call, close) = close_in(&stage, 3);
    assert!(call.check_close(&cell.cell(), &close).is_ok());
    assert!(aside.is_cosigned_by(&close.key) && origin.term.era() < call.term.era());
    assert!(aside.size > close.floor.size, "{} {}", aside.size, close.floor.size);
    println!(
        "a witness cosigns after its close: who believed it is in the new era {met} ms after meeting another home; the close says {} records, the checkpoint set aside {}",
        close.floor.size, aside.size
    );
    assert!(met <= 15_000);
    assert!(stage.found.is_empty(), "there is no file for it");
}

#[test]
fn a_witness_cosigns_without_the_records() {
    let cell = five(8);
    let mut liar = cosigned(&cell);
    liar.records[opens() as usize + 6][250] ^= 1;
    liar.sign_again(&cell.term_key, &[&witness(1)]);
    let mut stage = stage(&five(5), vec![liar]);
    let before = stage.size(2);
    stage.link(2, 5);
    stage.link(3, 5);
    let after = stage.until(LONG, |s| s.found_by(2).is_some() && s.found_by(3).is_some()).unwrap();
    println!("a witness cosigns without the records: both other witnesses hold the proof after {after} ms");
    assert!(after <= 15_000);
    let found = stage.found_by(2).unwrap();
    let proven = proven(found, "cosigned blindly", Belief::HandedOver);
    assert_eq!(proven.fault, Fault::BadRecord { index: 6, name: "WrongEntry" });
    let Charge::Record { checkpoint, .. } = Misconduct::parse(&found.file).unwrap().charge else {
        panic!("a record")
    };
    let (origin, signers) = signers(&cell);
    let shown = SignedCheckpoint::verify(&checkpoint, &origin, &signers).unwrap();
    assert!(shown.is_cosigned_by(&witness(1).public()), "the checkpoint in the file carries its line");
    stage.pass(5 * 60_000);
    for home in [2, 3] {
        assert!(stage.size(home) <= before + 1, "nothing past it is kept");
        let given = stage.cosigned_by(home, OLD);
        assert!(given.iter().all(|(size, _)| *size < shown.size), "an honest witness waits for the records");
    }
}
