//! Old backups and clocks, in a cell with witnesses: what a home forgot that it had signed, and a keeper's
//! clock that runs ahead.

use super::succession::{NEW, OLD, WITNESSES, five, five_of, grow, member, opens, stage};
use super::{LONG, proven};
use lifeboat_commons::testing::{TestCell, key_of};
use lifeboat_log::codec::List;
use lifeboat_log::misconduct::Fault;
use lifeboat_log::{Belief, Call, Floor, TreeHash};
use lifeboat_protocol::takeover::CallNews;
use lifeboat_sim::stage::{Liar, Stage, witness};
use lifeboat_store::Failure;

fn keeper(cell: &TestCell) -> Liar {
    Liar::of_log(cell.node.public(), cell, cell.checkpoint())
}

#[test]
fn a_keeper_whose_disk_is_lost_and_whose_keys_are_not_keeps_again_once_it_has_the_log() {
    let mut cell = five_of(5, &[], 0);
    let mut stage = stage(&cell, vec![]);
    stage.wipe(0);
    stage.pass(60_000);
    assert!(!keeps(&stage), "there is nothing to keep");
    let met = stage.now;
    stage.link(0, 1);
    assert!(stage.until(LONG, keeps).is_some(), "{:?}", stage.said());
    println!(
        "a keeper that has its keys alone: it keeps again {} ms after it meets another home",
        stage.now - met
    );
    assert!(stage.now - met <= 15_000);
    assert_eq!(stage.stand(0).unwrap().size, stage.stand(1).unwrap().size);
    let entry = cell.sign("wren", super::euros(50));
    stage.sign(1, entry.clone());
    let placed = |stage: &Stage| (1..=3).all(|home| stage.place(home, &entry).is_some());
    assert!(stage.until(LONG, placed).is_some());
    assert!(stage.found.is_empty(), "and it contradicts itself nowhere");
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

/// The keeper's disk of before two entries were placed, after which its home begins again on it; and where
/// the log stood. Home 4, whose finch witnesses nothing, holds all of it too.
fn forgetful(cell: &mut TestCell) -> (Stage, u64) {
    let mut stage = stage(cell, vec![keeper(cell)]);
    [1, 2, 3, 4].into_iter().for_each(|home| stage.link(home, 0));
    stage.pass(20_000);
    let backup = stage.back_up(0);
    for amount in [50, 51] {
        cell.wait_ms(1000);
        let entry = cell.sign("wren", super::euros(amount));
        stage.sign(1, entry.clone());
        let placed = |stage: &Stage| (1..=4).all(|home| stage.place(home, &entry).is_some());
        assert!(stage.until(LONG, placed).is_some());
    }
    stage.pass(20_000);
    let size = stage.size(2);
    stage.restore(0, &backup);
    assert!(stage.size(0) < size, "it is an old one");
    (stage, size)
}

/// Whether home 0 keeps the log.
fn keeps(stage: &Stage) -> bool {
    stage.stand(0).is_some_and(|stand| stand.keeps)
}

#[test]
fn a_keeper_whose_disk_is_an_old_backup_asks_first_and_signs_nothing_until_it_is_level() {
    let mut cell = five(5);
    let (mut stage, size) = forgetful(&mut cell);
    let begun = stage.now;
    assert!(!keeps(&stage) && stage.asks(0) == 2, "two of three witnesses must answer");
    // One of them has answered, and this home has everything: that is not enough.
    stage.link(0, 1);
    stage.link(0, 4);
    assert!(stage.until(LONG, |stage| stage.size(0) == size && stage.asks(0) == 1).is_some());
    let entry = cell.sign("rook", super::euros(52));
    stage.sign(2, entry.clone());
    stage.pass(10 * 60_000);
    assert!(!keeps(&stage) && stage.size(0) == size, "it follows");
    let met = stage.now;
    stage.link(0, 2);
    assert!(stage.until(LONG, keeps).is_some(), "{:?}", stage.said());
    println!(
        "a keeper's old backup: it keeps again {} ms after a second witness is connected",
        stage.now - met
    );
    assert!(stage.now - met <= 15_000 && stage.now - begun > 10 * 60_000);
    stage.link(0, 3);
    let quorum = |stage: &Stage| {
        stage.place(3, &entry).is_some() && stage.checkpoint(3).is_some_and(|held| held.witnesses() >= 2)
    };
    assert!(stage.until(LONG, quorum).is_some(), "it goes on, and so do its witnesses");
    assert!(stage.found.is_empty(), "{:?}", stage.said());
}

#[test]
fn a_keeper_fetches_what_it_forgot_before_it_signs_and_waits_when_who_showed_it_is_gone() {
    let mut cell = five(5);
    let (mut stage, size) = forgetful(&mut cell);
    WITNESSES.iter().for_each(|home| stage.link(0, *home));
    let begun = stage.now;
    assert!(stage.until(LONG, |stage| stage.asks(0) == 0).is_some());
    assert!(!keeps(&stage) && stage.size(0) < size, "enough have answered, and it lacks what they showed");
    // Who showed it is gone before it could be fetched.
    WITNESSES.iter().for_each(|home| stage.unlink(0, *home));
    stage.pass(10 * 60_000);
    assert!(!keeps(&stage) && stage.size(0) < size);
    WITNESSES.iter().for_each(|home| stage.link(0, *home));
    let met = stage.now;
    assert!(stage.until(LONG, |stage| keeps(stage) && stage.size(0) >= size).is_some(), "{:?}", stage.said());
    println!("a keeper's old backup: level, and keeping, {} ms after all are connected", stage.now - met);
    assert!(stage.now - met <= 15_000 && met - begun >= 10 * 60_000);
    let entry = cell.sign("rook", super::euros(52));
    stage.sign(2, entry.clone());
    assert!(stage.until(LONG, |stage| stage.place(3, &entry).is_some()).is_some(), "it goes on");
    assert!(stage.found.is_empty(), "{:?}", stage.said());
}

#[test]
fn a_person_vouches_for_a_disk_that_is_an_old_backup() {
    let mut cell = five(5);
    let (mut stage, _) = forgetful(&mut cell);
    stage.vouch(0);
    assert!(keeps(&stage), "a person's word is taken");
    // Nobody is connected who could tell it, and what it is handed is placed where others stand already.
    for amount in [60, 61] {
        let entry = cell.sign("heron", super::euros(amount));
        stage.submit(0, entry.bytes().to_vec());
        assert!(stage.until(LONG, |stage| stage.place(0, &entry).is_some()).is_some());
    }
    stage.link(0, 1);
    let found = |stage: &Stage| WITNESSES.iter().all(|home| stage.found_by(*home).is_some());
    let after = stage.until(LONG, found).unwrap_or_else(|| panic!("{:?}", stage.said()));
    println!("a person vouches for an old backup: all witnesses hold the proof after {after} ms");
    assert!(after <= 15_000);
    let proven = proven(stage.found_by(1).unwrap(), "a wrong word", Belief::HandedOver);
    assert!(proven.with.is_empty(), "no witness is blamed");
}

/// Home 2, whose witness cosigned the first history and forgot it: it begins again on a disk from before. Home
/// 3 knows what it cosigned. Node 5 shows the first history, and node 6 the other.
fn forgetful_witness(one: &TestCell, other: &TestCell) -> Stage {
    let mut stage = stage(&five(5), vec![keeper(one), keeper(other)]);
    stage.pass(20_000);
    let backup = stage.back_up(2);
    [2, 3].into_iter().for_each(|home| stage.link(home, 5));
    let both = |stage: &Stage| {
        let told = stage.checkpoint(3).is_some_and(|held| held.is_cosigned_by(&witness(2).public()));
        given(stage, 2, one) && given(stage, 3, one) && told
    };
    assert!(stage.until(LONG, both).is_some(), "{:?}", stage.said());
    stage.restore(2, &backup);
    assert!(stage.size(2) < stage.size(3), "it is an old one");
    stage
}

/// Whether the witness in a home has cosigned the end of this history.
fn given(stage: &Stage, home: usize, cell: &TestCell) -> bool {
    stage.cosigned_by(home, OLD).contains(&end(cell))
}

/// Two histories of one beginning. The other is the shorter one.
fn histories() -> (TestCell, TestCell) {
    let (mut one, mut other) = (five(5), five(5));
    grow(&mut one, 50..54);
    grow(&mut other, 60..63);
    (one, other)
}

#[test]
fn a_witness_whose_disk_is_an_old_backup_is_told_what_it_cosigned() {
    let (one, other) = histories();
    // Home 3 is the only one that it reaches, and knows its cosignature: it is written down at once.
    let mut stage = forgetful_witness(&one, &other);
    assert_eq!(stage.asks(2), 1);
    stage.link(2, 6);
    stage.pass(10 * 60_000);
    assert_eq!(stage.asks(2), 1, "a keeper that does not answer is no answer");
    assert!(!given(&stage, 2, &other), "it cosigns nothing before it was told");
    let met = stage.now;
    stage.link(2, 3);
    let told = |stage: &Stage| stage.asks(2) == 0 && stage.promised(2, OLD) == Some(end(&one));
    assert!(stage.until(LONG, told).is_some(), "{:?}", stage.said());
    println!("a witness on an old backup: it knows again what it cosigned after {} ms", stage.now - met);
    assert!(stage.now - met <= 5_000);
    stage.pass(10 * 60_000);
    assert!(!given(&stage, 2, &other), "and contradicts it nowhere");
    let proven = proven(stage.found_by(3).unwrap(), "shown to it", Belief::HandedOver);
    assert!(proven.with.is_empty(), "the keeper is proven to have signed both, and no witness");
    // Under an honest keeper it goes on.
    let mut stage = forgetful_witness(&one, &other);
    [2, 3].into_iter().for_each(|home| stage.link(home, 5));
    stage.link(2, 3);
    assert!(stage.until(LONG, |stage| stage.size(2) == stage.size(3)).is_some());
    let mut longer = five(5);
    grow(&mut longer, 50..56);
    stage.liars[0] = keeper(&longer);
    assert!(stage.until(LONG, |stage| given(stage, 2, &longer)).is_some(), "{:?}", stage.said());
    assert!(stage.found.is_empty() && stage.said().is_empty(), "{:?}", stage.said());
}

#[test]
fn a_lying_keeper_alone_leads_a_witness_on_an_old_backup_into_a_contradiction() {
    let (one, other) = histories();
    let mut stage = forgetful_witness(&one, &other);
    // It answers as any home may, with a witness key of its own, and shows the other history.
    stage.liars[1].answers_as = Some(key_of(1, "#of the lying keeper"));
    stage.link(2, 6);
    let misled = stage.until(LONG, |stage| given(stage, 2, &other));
    println!("a lying keeper alone answers a witness on an old backup: it cosigns both after {misled:?} ms");
    assert!(misled.is_some(), "{:?}", stage.said());
    assert!(stage.found.is_empty(), "as long as it meets nobody, nobody can know");
    stage.link(2, 3);
    let met = stage.until(LONG, |s| s.found_by(2).is_some() && s.found_by(3).is_some()).unwrap();
    println!("the homes hold the proof {met} ms after they meet");
    assert!(met <= 15_000);
    let proven = proven(stage.found_by(3).unwrap(), "a misled witness", Belief::HandedOver);
    assert!(matches!(proven.fault, Fault::Rewrote { .. }), "{:?}", proven.fault);
    assert_eq!(proven.with, [witness(2).public()], "the file names the witness that cosigned both");
}

#[test]
fn an_answer_counts_only_once_the_disk_has_what_it_shows_whichever_step_fails() {
    let (one, other) = histories();
    let mut failed = 0;
    for (step, failure) in (0..6).flat_map(|step| [(step, Failure::NotWritten), (step, Failure::Written)]) {
        let words = format!("step {step}, {failure:?}");
        let mut stage = forgetful_witness(&one, &other);
        stage.link(2, 6);
        stage.pass(20_000);
        stage.fail_disk(2, step, failure);
        stage.link(2, 3);
        stage.pass(20_000);
        let counted = stage.asks(2) == 0;
        failed += u64::from(!counted);
        assert!(!given(&stage, 2, &other), "{words}");
        stage.heal_disk(2);
        assert!(
            !counted || stage.promised(2, OLD) == Some(end(&one)),
            "{words}: it counts without the promise"
        );
        let told = |stage: &Stage| stage.asks(2) == 0 && stage.promised(2, OLD) == Some(end(&one));
        assert!(stage.until(LONG, told).is_some(), "{words}: it is asked again");
        stage.pass(60_000);
        assert!(!given(&stage, 2, &other), "{words}");
    }
    assert!(failed >= 1, "the promise itself could not be written");
}

#[test]
fn a_member_whose_disk_is_an_old_backup_endorses_no_rival_of_what_it_endorsed() {
    let cell = five(5);
    let mut stage = stage(&cell, vec![]);
    stage.link(4, 3);
    stage.propose(1, &member(1));
    assert!(stage.until(LONG, |stage| stage.calls(4) > 0).is_some());
    let backup = stage.back_up(4);
    stage.endorse(4, &member(4));
    let given = |stage: &Stage, home: usize| {
        stage.news(home).iter().map(|news| news.endorsements.len()).collect::<Vec<_>>()
    };
    assert!(stage.until(LONG, |stage| given(stage, 3) == [2]).is_some());
    // Its disk is restored, and it hears of another proposal of that era first.
    stage.unlink(4, 3);
    stage.restore(4, &backup);
    let other = Call { term: NEW, ..stage.news(1)[0].call };
    let other = Call { node: key_of(1, "#another").public(), ..other };
    let floor = Floor::of(&cell.checkpoint(), &cell.term_key.public()).unwrap();
    let endorsements = List::new(vec![other.endorse(&cell.cell(), floor, &member(0))]).unwrap();
    stage.link(4, 3);
    assert!(stage.until(LONG, |stage| given(stage, 4) == [2]).is_some(), "it is told of its own");
    stage.tell(4, CallNews { call: other, endorsements, closes: List::default() });
    assert_eq!(stage.calls(4), 2);
    stage.endorse(4, &member(4));
    stage.pass(60_000);
    for home in 1..=4 {
        let twice =
            stage.news(home).iter().filter(|news| news.call == other && news.endorsements.len() > 1).count();
        assert_eq!(twice, 0, "home {home}");
    }
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
