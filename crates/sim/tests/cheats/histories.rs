//! A keeper that shows two histories, and the takeover that follows: whoever holds the one that the members
//! leave goes over to the other, and what was in the one alone is placed again.

use super::succession::{NEW, agree, five_of, founded, grow, member};
use super::{LONG, euros};
use lifeboat_commons::testing::TestCell;
use lifeboat_log::misconduct::Fault;
use lifeboat_log::{Misconduct, SignedEntry};
use lifeboat_protocol::delivery::Step;
use lifeboat_sim::stage::{Liar, Stage};

/// Two histories of a cell, in its first term or in a later one, and what is in each alone.
fn histories(later: bool) -> [(TestCell, SignedEntry); 2] {
    [("wren", 40), ("finch", 50)].map(|(who, amount)| {
        let mut cell = if later { five_of(3, &[], 0) } else { founded() };
        cell.wait_ms(1000);
        let entry = cell.sign(who, euros(amount));
        assert!(cell.place(entry.clone()).is_applied());
        grow(&mut cell, [amount + 1]);
        (cell, entry)
    })
}

/// Homes 0 to 2 follow the one history, 3 and 4 the other; the keeper (5) shows each what it wants, with a
/// friend (6) who serves the second.
fn shown([(one, _), (other, _)]: &[(TestCell, SignedEntry); 2]) -> Stage {
    let show = |node, log: &TestCell| Liar::of_log(node, log, log.checkpoint());
    let friend = show(other.key("friend").public(), other);
    let mut stage = Stage::new(one, 5, vec![show(one.node.public(), one), friend]);
    (0..3).for_each(|home| stage.link(home, 5));
    (3..5).for_each(|home| stage.link(home, 6));
    let size = one.records().len() as u64;
    let all = stage.until(LONG, |stage| (0..5).all(|home| stage.size(home) == size));
    assert!(all.is_some(), "{:?}", stage.said());
    (0..3).for_each(|home| stage.unlink(home, 5));
    (3..5).for_each(|home| stage.unlink(home, 6));
    stage
}

fn meet(stage: &mut Stage) {
    for one in 0..5 {
        (one + 1..5).for_each(|other| stage.link(one, other));
    }
    let known = stage.until(LONG, |stage| (0..5).all(|home| stage.found_by(home).is_some()));
    assert!(known.is_some(), "{:?}", stage.said());
    let file = Misconduct::parse(&stage.found_by(0).unwrap().file).unwrap();
    assert!(matches!(file.verify(None).unwrap().fault, Fault::TwoLogs { .. }));
}

#[test]
fn a_keeper_shows_two_histories_and_the_members_go_on_from_one() {
    [false, true].into_iter().for_each(the_members_go_on_from_one);
}

fn the_members_go_on_from_one(later: bool) {
    let both = histories(later);
    let mut stage = shown(&both);
    meet(&mut stage);
    // Wren (home 1) has the one history; of those who endorse finch and lark have the other.
    stage.propose(1, &member(1));
    assert!(stage.until(LONG, |stage| (3..5).all(|home| stage.calls(home) > 0)).is_some());
    (3..5).for_each(|home| stage.endorse(home, &member(home)));
    let agreed = agree(&mut stage, &[0, 1, 2, 3, 4]);
    assert!(agreed.is_some(), "{:?}", stage.said());
    println!("two histories: all homes stand in one new era after {} ms", agreed.unwrap());
    assert_eq!(stage.stand(1).map(|stand| (stand.term, stand.keeps)), Some((NEW, true)));
    let again = stage.until(LONG, |stage| {
        both.iter().all(|(_, entry)| (0..5).all(|home| stage.place(home, entry).is_some()))
    });
    println!("what was in one alone stands for all after {} ms more", again.expect("placed again"));
    // Each once, and what was left is kept.
    (0..5).for_each(|home| assert!(both.iter().all(|(_, entry)| stage.times(home, entry) == 1)));
    assert!(!stage.set_aside(3).is_empty() && stage.set_aside(0).is_empty());
    let replicated =
        |(id, step): &(_, Step)| *id == both[1].1.id() && matches!(step, Step::Replicated { .. });
    assert!(stage.steps(3).iter().any(replicated) || stage.steps(4).iter().any(replicated));
}

#[test]
fn too_few_bring_nobody_over() {
    let both = histories(true);
    let mut stage = shown(&both);
    meet(&mut stage);
    stage.propose(1, &member(1));
    assert!(stage.until(LONG, |stage| stage.calls(3) > 0).is_some());
    stage.endorse(3, &member(3));
    stage.pass(LONG);
    assert!((0..5).all(|home| stage.stand(home).is_some_and(|stand| stand.term < NEW)));
    assert!((0..5).all(|home| stage.set_aside(home).is_empty()));
    assert_eq!(stage.place(3, &both[1].1).map(|at| at.0), Some(both[1].0.records().len() as u64 - 2));
}
