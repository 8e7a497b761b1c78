//! The cell that is taken over in the tests, and how: heron keeps its log in home 0; wren, rook and lark have
//! the homes 1 to 3, whose witnesses the open term names, two of whom make a checkpoint witnessed; finch's
//! home 4 witnesses nothing.

use super::{LONG, euros};
use lifeboat_commons::testing::{START, TestCell, charter, key_of};
use lifeboat_log::{SecretKey, Term, Time};
use lifeboat_sim::stage::{Liar, Stage, witness};

/// The homes that witness.
pub const WITNESSES: [usize; 3] = [1, 2, 3];
/// The term in which the tests begin, and the one that a takeover opens.
pub const OLD: Term = Term(1);
pub const NEW: Term = Term(1 << 16);
const NAMES: [&str; 5] = ["heron", "wren", "rook", "lark", "finch"];

/// The key of the member whose home this is.
pub fn member(home: usize) -> SecretKey {
    key_of(1, NAMES[home])
}

/// The cell, with so many entries in its second term; two of them are the same cell.
pub fn five(more: i64) -> TestCell {
    five_of(more, &WITNESSES.map(witness), 2)
}

/// The same, with these witnesses.
pub fn five_of(more: i64, keys: &[SecretKey], quorum: u16) -> TestCell {
    let mut cell = founded();
    assert!(cell.hand_over(&keys.iter().collect::<Vec<_>>(), quorum).is_applied());
    grow(&mut cell, 1..=more);
    cell
}

/// The same in its first term, which names no witnesses.
pub fn founded() -> TestCell {
    let mut charter = charter();
    charter.waiting_days = 0;
    let mut cell = TestCell::found_with(1, NAMES[0], &charter);
    for name in &NAMES[1..] {
        cell.admit(name);
    }
    // The stage begins an hour after the cell; what is said from here on is said then.
    cell.now = Time::from_ms(START + 3_600_000);
    cell
}

pub fn grow(cell: &mut TestCell, amounts: impl IntoIterator<Item = i64>) {
    for amount in amounts {
        cell.wait_ms(1000);
        let entry = cell.sign("heron", euros(amount));
        assert!(cell.place(entry).is_applied());
    }
}

/// How many records stand before the old term.
pub fn opens() -> u64 {
    five(0).records().len() as u64 - 1
}

/// All homes hold the cell's log, and none is connected to the keeper's.
pub fn stage(cell: &TestCell, liars: Vec<Liar>) -> Stage {
    let mut stage = Stage::of_cell(cell, 5, liars);
    for (one, other) in [(1, 2), (2, 3), (1, 3)] {
        stage.link(one, other);
    }
    stage
}

/// Wren proposes her home, rook and lark endorse it: more than half of five. How long it takes until the
/// three stand in the new era.
pub fn take_over(stage: &mut Stage) -> u64 {
    let begun = stage.now;
    stage.propose(1, &member(1));
    let called = stage.until(LONG, |stage| stage.calls(2) > 0 && stage.calls(3) > 0);
    assert!(called.is_some(), "{:?}", stage.said());
    [2, 3].into_iter().for_each(|home| stage.endorse(home, &member(home)));
    let all = |stage: &Stage| WITNESSES.iter().all(|home| stage.stand(*home).is_some_and(|s| s.term == NEW));
    assert!(stage.until(LONG, all).is_some(), "{:?}", stage.said());
    assert!(stage.stand(1).is_some_and(|stand| stand.keeps));
    stage.now - begun
}

/// How long it takes until these homes stand at one place of the new era, under one checkpoint.
pub fn agree(stage: &mut Stage, homes: &[usize]) -> Option<u64> {
    let stand = |stage: &Stage, home: usize| {
        let stand = stage.stand(home).filter(|stand| stand.term.era() > 0)?;
        let (checkpoint, root) = (stage.checkpoint(home)?, |size| stage.root(home, stand.term, size));
        let whole = Some(checkpoint.root) == root(checkpoint.size);
        (whole && checkpoint.origin.term == stand.term).then_some((stand.term, stand.size, checkpoint.root))
    };
    stage.until(LONG, |stage| {
        let first = stand(stage, homes[0]);
        first.is_some() && homes.iter().all(|home| stand(stage, *home) == first)
    })
}
