//! A keeper that was replaced, and whoever has its term key: going on, a late handover, a second history of
//! a term that is over.

use super::succession::{NEW, OLD, agree, five, grow, member, opens, stage, take_over};
use super::{LONG, euros, proven};
use lifeboat_commons::testing::key_of;
use lifeboat_log::misconduct::Fault;
use lifeboat_log::{Belief, SignedCheckpoint, Term};
use lifeboat_protocol::delivery::Step;
use lifeboat_sim::Plant;
use lifeboat_sim::stage::{Liar, Stage};

#[test]
fn a_keeper_goes_on_after_being_replaced() {
    let mut cell = five(5);
    let mut stage = stage(&cell, vec![]);
    stage.plant(0, Plant::HeedsNobody);
    stage.link(4, 0);
    let took = take_over(&mut stage);
    // Finch meets nobody but the old keeper, which goes on placing in its own term.
    let entry = cell.sign("finch", euros(70));
    stage.sign(4, entry.clone());
    let placed = |stage: &Stage| stage.place(4, &entry).is_some();
    assert!(stage.until(LONG, placed).is_some(), "{:?}", stage.steps(4));
    stage.link(0, 2);
    stage.pass(10 * 60_000);
    let old = stage.stand(0).unwrap();
    assert!(old.term == OLD && old.keeps, "it goes on: {old:?}");
    assert_eq!(stage.checkpoint(4).map(|held| (held.origin.term, held.witnesses())), Some((OLD, 0)));
    assert!(!stage.said().iter().any(|said| said.contains("puts 2 aside")), "nobody honest is blamed");
    for home in 1..=3 {
        assert_eq!((stage.stand(home).unwrap().term, stage.place(home, &entry)), (NEW, None), "home {home}");
    }
    stage.link(4, 2);
    let met = agree(&mut stage, &[1, 2, 3, 4]);
    let again = stage.until(LONG, |stage| (1..=4).all(|home| stage.place(home, &entry).is_some()));
    println!(
        "a keeper goes on after being replaced (which took {took} ms): who knew only it is in the new era {} ms after meeting another home, and its entry is placed again after {} ms more",
        met.unwrap(),
        again.unwrap()
    );
    assert!(met.unwrap() <= 15_000 && again.unwrap() <= 60_000);
    assert_eq!(stage.went_back(), 1);
    assert!(
        stage.set_aside(4).iter().any(|name| name.contains("/0.1/")),
        "what it placed is kept as evidence"
    );
    assert!(
        stage.steps(4).iter().any(|(id, step)| *id == entry.id() && matches!(step, Step::Replicated { .. }))
    );
    assert!(stage.found.is_empty(), "what lies past the base is no misconduct");
}

#[test]
fn a_keeper_signs_a_late_handover() {
    let cell = five(5);
    // It names witnesses of its own, which cosign whatever it signs.
    let mut late = five(5);
    let own = [61, 62, 63].map(|n| key_of(n, "#of the old keeper"));
    grow(&mut late, [80]);
    assert!(late.hand_over(&own.each_ref(), 2).is_applied());
    grow(&mut late, [81, 82]);
    let seconds = late.now.ms() / 1000;
    let liar = Liar::of_log(cell.node.public(), &late, late.cosigned(&own.each_ref(), seconds));
    let mut stage = stage(&cell, vec![liar]);
    take_over(&mut stage);
    (1..=4).for_each(|home| stage.link(home, 5));
    let all = late.records().len() as u64;
    assert!(stage.until(LONG, |stage| stage.stand(4).is_some_and(|s| s.size == all)).is_some());
    stage.pass(10 * 60_000);
    let held = stage.checkpoint(4).unwrap();
    assert_eq!(
        (held.origin.term, held.witnesses()),
        (Term::new(0, 2), 3),
        "it is believed where it is alone"
    );
    assert!((1..=3).all(|home| stage.stand(home).unwrap().term == NEW));
    stage.link(4, 3);
    let met = agree(&mut stage, &[1, 2, 3, 4]).unwrap();
    println!(
        "a keeper signs a late handover: who followed it is in the new era {met} ms after meeting another home"
    );
    assert!(met <= 15_000);
    assert!(stage.set_aside(4).iter().any(|name| name.contains("/0.2/")), "{:?}", stage.set_aside(4));
    assert!(stage.found.is_empty(), "a handover past the base is no misconduct that a file could prove");
}

/// Whoever has the leaked key of the old term, with another history of it that is `more` entries long.
fn leaked(more: i64) -> (Liar, SignedCheckpoint) {
    let mut other = five(2);
    grow(&mut other, 90..90 + more - 2);
    let checkpoint = other.checkpoint();
    (Liar::of_log(key_of(1, "#thief").public(), &other, checkpoint.clone()), checkpoint)
}

#[test]
fn an_old_term_key_signs_a_second_history() {
    let cell = five(8);
    let (liar, shown) = leaked(6);
    let mut stage = stage(&cell, vec![liar]);
    take_over(&mut stage);
    stage.link(1, 5);
    stage.link(2, 5);
    let all = |stage: &Stage| (1..=3).all(|home| stage.found_by(home).is_some());
    let after = stage.until(LONG, all).unwrap_or_else(|| panic!("{:?}", stage.said()));
    println!("an old term key signs a second history: all homes hold the proof {after} ms after it is shown");
    assert!(after <= 15_000);
    let old = shown.size;
    for home in 1..=3 {
        let fault = proven(stage.found_by(home).unwrap(), "a leaked key", Belief::HandedOver).fault;
        assert_eq!(fault, Fault::Rewrote { old, new: old + 2 });
        assert_eq!(stage.stand(home).unwrap().term, NEW, "the open term goes on");
    }
    // Nothing of it keeps the new keeper from placing.
    let mut cell = cell;
    let entry = cell.sign("lark", euros(7));
    stage.sign(3, entry.clone());
    assert!(stage.until(LONG, |stage| stage.place(2, &entry).is_some()).is_some());
}

#[test]
fn an_old_term_key_deceives_a_newcomer() {
    let cell = five(5);
    let (liar, shown) = leaked(9);
    let mut stage = stage(&cell, vec![liar]);
    take_over(&mut stage);
    // Home 4 has lost its disk, and begins with nothing.
    stage.wipe(4);
    stage.link(4, 5);
    let all = opens() + shown.size;
    assert!(stage.until(LONG, |stage| stage.stand(4).is_some_and(|s| s.size == all)).is_some());
    stage.pass(10 * 60_000);
    assert!(stage.found.is_empty(), "as long as it meets nobody, it can not know");
    stage.link(4, 2);
    let met = stage.until(LONG, |stage| (1..=4).all(|home| stage.found_by(home).is_some()));
    println!(
        "an old term key deceives a newcomer: all homes hold the proof {} ms after they meet",
        met.unwrap()
    );
    assert!(met.unwrap() <= 15_000);
    let fault = proven(stage.found_by(4).unwrap(), "deceives a newcomer", Belief::HandedOver).fault;
    assert!(matches!(fault, Fault::Rewrote { .. }), "{fault:?}");
    // More than half of those whom it knows as members stand behind the takeover: it goes over by itself.
    let over = agree(&mut stage, &[1, 2, 3, 4]);
    println!("an old term key deceives a newcomer: it is in the new era {} ms later", over.unwrap());
    assert!(over.unwrap() <= 11 * 60_000);
    assert!(!stage.set_aside(4).is_empty());
}

#[test]
fn an_old_term_key_hands_the_log_to_another() {
    let cell = five(8);
    // From before the base, to a key of the thief's: rival to all that stands after it.
    let mut rival = five(4);
    assert!(rival.hand_over(&[], 0).is_applied());
    grow(&mut rival, 90..99);
    let liar = || Liar::of_log(key_of(1, "#thief").public(), &rival, rival.checkpoint());
    let mut one = stage(&cell, vec![liar()]);
    take_over(&mut one);
    (1..=4).for_each(|home| one.link(home, 5));
    // Home 4 has not heard of the takeover, and holds more of the old term than the handover goes on from.
    let before = one.stand(4).unwrap();
    one.pass(10 * 60_000);
    assert!((1..=3).all(|home| one.stand(home).unwrap().term == NEW));
    assert_eq!(one.stand(4), Some(before), "nobody who holds what it drops goes there");
    // A newcomer who holds nothing does.
    let mut other = stage(&cell, vec![liar()]);
    take_over(&mut other);
    other.wipe(4);
    other.link(4, 5);
    let all = rival.records().len() as u64;
    assert!(other.until(LONG, |stage| stage.stand(4).is_some_and(|s| s.size == all)).is_some());
    other.pass(10 * 60_000);
    let mut met = [one, other].map(|mut stage| {
        stage.link(4, 2);
        let met = agree(&mut stage, &[1, 2, 3, 4]).unwrap_or_else(|| panic!("{:?}", stage.said()));
        assert!(stage.found.is_empty(), "no file: {:?}", stage.said());
        met
    });
    println!(
        "an old term key hands the log to another: who stayed, and who followed it, are in the new era {met:?} ms after meeting another home"
    );
    met.sort_unstable();
    assert!(met[1] <= 20_000);
}

#[test]
fn a_home_that_went_back_behind_a_term_of_its_own_does_not_open_it_again() {
    let cell = five(5);
    let mut stage = stage(&cell, vec![]);
    stage.link(2, 4);
    // Wren's home has what it needs for the first era, and opens it alone.
    stage.propose(1, &member(1));
    assert!(stage.until(LONG, |stage| stage.calls(2) > 0 && stage.calls(3) > 0).is_some());
    [2, 3].into_iter().for_each(|home| stage.unlink(1, home));
    [2, 3].into_iter().for_each(|home| stage.endorse(home, &member(home)));
    let whole =
        |stage: &Stage| stage.news(2).iter().any(|n| n.endorsements.len() == 3 && n.closes.len() == 2);
    assert!(stage.until(LONG, whole).is_some(), "{:?}", stage.news(2));
    let call = stage.news(2)[0].clone();
    stage.tell(1, call.clone());
    let signed = |stage: &Stage| stage.checkpoint(1).is_some_and(|held| held.origin.term == NEW);
    assert!(stage.until(LONG, signed).is_some(), "it keeps its term: {:?}", stage.stand(1));
    // The others know nothing of it, and open the next one.
    stage.propose(2, &member(2));
    assert!(stage.until(LONG, |stage| stage.calls(3) > 1 && stage.calls(4) > 1).is_some());
    // Each endorses the lowest call that it has not endorsed: finch has two before it.
    [3, 4, 4].into_iter().for_each(|home| stage.endorse(home, &member(home)));
    let next = |stage: &Stage| stage.stand(2).is_some_and(|stand| stand.term.era() == 2 && stand.keeps);
    assert!(stage.until(LONG, next).is_some(), "{:?}", stage.stand(2));
    stage.link(1, 2);
    assert!(stage.until(LONG, |stage| stage.went_back() > 0).is_some(), "{:?}", stage.said());
    // It is alone again before it could follow, and its own call has all that it needs.
    stage.unlink(1, 2);
    stage.tell(1, call.clone());
    let back = |stage: &Stage| stage.stand(1).map(|stand| (stand.term, stand.keeps));
    stage.pass(60_000);
    assert_eq!(back(&stage), Some((OLD, false)));
    // Also after a start, when the call is told again.
    let disk = stage.back_up(1);
    stage.restore(1, &disk);
    stage.tell(1, call);
    stage.vouch(1);
    stage.pass(60_000);
    assert_eq!(back(&stage), Some((OLD, false)), "{:?}", stage.said());
    stage.link(1, 2);
    assert!(agree(&mut stage, &[1, 2, 3, 4]).is_some(), "{:?}", stage.said());
    assert!(stage.found.is_empty() && stage.said().is_empty(), "{:?}", stage.said());
}
