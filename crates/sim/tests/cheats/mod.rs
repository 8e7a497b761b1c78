//! One test for each line of `docs/trust.md`: somebody cheats, and the test says who notices, how soon in
//! simulated time, and with what evidence. Every misconduct file is checked as `lifeboat check` does it in
//! an empty home: from its bytes alone.

mod backups;
mod histories;
mod members;
mod replaced;
mod succession;
mod witnesses;

use lifeboat_commons::ledger::Received;
use lifeboat_commons::testing::{TestCell, key_of};
use lifeboat_commons::{Amount, Common, Quantity, Said, compose};
use lifeboat_log::misconduct::{Charge, Fault};
use lifeboat_log::testing::Leaves;
use lifeboat_log::{Belief, Link, Misconduct, Position, Proven, Record, SignedEntry, Term, Time};
use lifeboat_protocol::{Refusal, Response};
use lifeboat_sim::stage::{Found, Liar, Stage};

/// Time enough for anything that happens at all here: half an hour.
const LONG: u64 = 30 * 60_000;

fn euros(amount: i64) -> Said {
    let quantity = Quantity::money(Amount::whole(amount).unwrap(), "EUR").unwrap();
    compose(&Received { common: Common::default(), quantity }).unwrap()
}

/// A cell with two members and `more` entries; two of them are the same cell.
fn cell(more: i64) -> TestCell {
    let mut cell = TestCell::found(1, "heron");
    cell.admit("wren");
    for amount in 1..=more {
        grow(&mut cell, amount);
    }
    cell
}

fn grow(cell: &mut TestCell, amount: i64) {
    let entry = cell.sign("heron", euros(amount));
    cell.place(entry);
}

fn records(cell: &TestCell) -> Vec<Vec<u8>> {
    cell.records().iter().map(Record::to_bytes).collect()
}

/// The keeper, who shows these records.
fn keeper(cell: &TestCell, records: Vec<Vec<u8>>) -> Liar {
    Liar::new(cell.cell(), cell.node.public(), &cell.term_key, records)
}

/// What a file proves to somebody who has nothing else: against a key that the cell's id names.
fn proves(found: &Found, who: &str) -> Fault {
    proven(found, who, Belief::Named).fault
}

/// The same, against a key that is believed for this reason.
fn proven(found: &Found, who: &str, belief: Belief) -> Proven {
    let proven = Misconduct::parse(&found.file).unwrap().verify(None).unwrap();
    assert_eq!(proven.belief, Some(belief));
    println!("{who}: home {} holds the proof after {} ms: {:?}", found.home, found.at_ms, proven.fault);
    proven
}

/// Three homes in a row, the first of which follows this keeper: the fault that all come to hold.
fn all_learn_of(what: &str, cell: &TestCell, shown: Vec<Vec<u8>>) -> (Fault, Stage) {
    let mut stage = Stage::new(cell, 3, vec![keeper(cell, shown)]);
    stage.link(0, 1);
    stage.link(1, 2);
    stage.link(0, 3);
    let seen = stage.until(LONG, |stage| (0..3).all(|home| stage.found_by(home).is_some()));
    assert!(seen.is_some(), "{what}: {:?}", stage.said());
    let faults: Vec<Fault> = (0..3).map(|home| proves(stage.found_by(home).unwrap(), what)).collect();
    assert!(faults.iter().all(|fault| *fault == faults[0]));
    (faults[0], stage)
}

#[test]
fn a_keeper_alters_an_entry() {
    let cell = cell(10);
    let mut shown = records(&cell);
    shown[6][250] ^= 1;
    let (fault, stage) = all_learn_of("alters an entry", &cell, shown);
    assert_eq!(fault, Fault::BadRecord { index: 6, name: "WrongEntry" });
    assert!((0..3).all(|home| stage.size(home) <= 6), "nothing past it is kept");
}

#[test]
fn a_keeper_swaps_two_records() {
    let cell = cell(10);
    let mut shown = records(&cell);
    shown.swap(6, 7);
    let (fault, _) = all_learn_of("swaps two records", &cell, shown);
    assert_eq!(fault, Fault::BadRecord { index: 6, name: "WrongPosition" });
}

#[test]
fn a_keeper_sets_its_clock_back() {
    let mut cell = cell(10);
    let entry = cell.sign("heron", euros(99));
    let (at, previous) = (cell.chain.next(), cell.chain.head());
    let link =
        Link::new(Term::FIRST, at, previous, Time::from_ms(lifeboat_commons::testing::START), entry.id());
    let mut shown = records(&cell);
    shown.push(Record::place(link, entry).unwrap().to_bytes());
    let (fault, _) = all_learn_of("sets its clock back", &cell, shown);
    assert_eq!(fault, Fault::BadLink { index: at.0, name: "TimeRunsBack" });
}

/// A home holds what the keeper showed first; then the keeper shows something else.
fn shown_otherwise(what: &str, first: &TestCell, then: &TestCell) -> (Fault, u64) {
    let mut stage = Stage::new(first, 1, vec![keeper(first, records(first))]);
    stage.link(0, 1);
    let all = first.records().len() as u64;
    assert!(stage.until(LONG, |stage| stage.size(0) == all).is_some());
    assert!(stage.found.is_empty() && stage.said().is_empty(), "nobody cheated yet: {:?}", stage.said());
    stage.liars[0].show(&first.term_key, records(then));
    let after = stage.until(LONG, |stage| stage.found_by(0).is_some());
    let after = after.unwrap_or_else(|| panic!("{what}: {:?}", stage.said()));
    println!("{what}: noticed {after} ms after it was shown");
    assert_eq!(stage.size(0), all, "nothing of the other log is kept");
    (proves(stage.found_by(0).unwrap(), what), after)
}

#[test]
fn a_keeper_drops_an_entry() {
    let (first, mut then) = (cell(10), cell(7));
    // The eighth is left out; those after it follow, and two more.
    [9, 10, 11, 12, 13].into_iter().for_each(|amount| grow(&mut then, amount));
    let (fault, _) = shown_otherwise("drops an entry", &first, &then);
    assert_eq!(fault, Fault::Rewrote { old: 12, new: 14 });
}

#[test]
fn a_keeper_puts_entries_into_another_order() {
    let (mut first, mut then) = (cell(5), cell(5));
    let both: Vec<SignedEntry> = [50, 60].map(|amount| first.sign("heron", euros(amount))).into();
    both.iter().for_each(|entry| assert!(first.place(entry.clone()).is_applied()));
    both.iter().rev().for_each(|entry| assert!(then.place(entry.clone()).is_applied()));
    let (fault, after) = shown_otherwise("changes the order", &first, &then);
    assert_eq!(fault, Fault::TwoLogs { size: 9 });
    assert!(after <= 15_000, "{after} ms");
}

#[test]
fn a_keeper_rewrites_its_log() {
    let (first, mut then) = (cell(10), cell(0));
    (100..115).for_each(|amount| grow(&mut then, amount));
    let (fault, _) = shown_otherwise("rewrites its log", &first, &then);
    assert!(matches!(fault, Fault::Rewrote { old: 12, new: 17 }), "{fault:?}");
}

#[test]
fn a_keeper_shows_two_histories() {
    let (mut one, mut other) = (cell(5), cell(5));
    (50..54).for_each(|amount| grow(&mut one, amount));
    (60..63).for_each(|amount| grow(&mut other, amount));
    let liars = vec![keeper(&one, records(&one)), keeper(&other, records(&other))];
    let mut stage = Stage::new(&one, 3, liars);
    stage.link(0, 3);
    stage.link(1, 4);
    assert!(stage.until(LONG, |stage| stage.size(0) == 11 && stage.size(1) == 10).is_some());
    stage.pass(10 * 60_000);
    assert!(stage.found.is_empty(), "as long as they do not meet, nobody can know");
    stage.link(0, 1);
    let met = stage.until(LONG, |stage| stage.found_by(0).is_some() && stage.found_by(1).is_some());
    println!("two histories: both homes hold the proof {} ms after they meet", met.unwrap());
    assert!(met.unwrap() <= 15_000);
    assert_eq!(proves(stage.found_by(0).unwrap(), "two histories"), Fault::Rewrote { old: 10, new: 11 });
    // A third home is told when it connects, and takes only what stands before the misconduct.
    stage.link(2, 1);
    assert!(stage.until(LONG, |stage| stage.found_by(2).is_some()).is_some());
    stage.link(2, 3);
    stage.pass(5 * 60_000);
    assert!(stage.size(2) <= 9, "{}", stage.size(2));
    // And whatever the keeper signs now, nobody takes it.
    (70..80).for_each(|amount| grow(&mut one, amount));
    let shown = records(&one);
    stage.liars[0].show(&one.term_key, shown);
    stage.pass(5 * 60_000);
    assert_eq!((stage.size(0), stage.size(1)), (11, 10));
}

#[test]
fn a_keeper_goes_on_from_an_old_backup() {
    let (first, mut then) = (cell(10), cell(6));
    (20..24).for_each(|amount| grow(&mut then, amount));
    let (fault, _) = shown_otherwise("goes on from a backup", &first, &then);
    assert_eq!(fault, Fault::TwoLogs { size: 12 });
}

#[test]
fn a_keeper_places_the_entry_of_a_stranger() {
    let mut cell = cell(3);
    let crow = key_of(1, "crow");
    let honest = cell.sign("heron", euros(500));
    let entry = lifeboat_log::Entry { author: crow.public(), ..(*honest).clone() }.sign(&crow).unwrap();
    let at = cell.chain.next();
    cell.place(entry);
    let mut stage = Stage::new(&cell, 1, vec![keeper(&cell, records(&cell))]);
    stage.link(0, 1);
    let all = cell.records().len() as u64;
    let after = stage.until(LONG, |stage| stage.size(0) == all).unwrap();
    println!("places a stranger's entry: void in every home that has it, after {after} ms");
    let state = stage.state(0).unwrap();
    assert!(matches!(state.effect(at), Some(lifeboat_commons::Effect::Void(_))));
    assert_eq!(state.faults().collect::<Vec<_>>(), [(Term::FIRST, 1)], "counted as the keeper's");
    assert!(stage.found.is_empty(), "the log itself is the evidence");
}

#[test]
fn a_keeper_refuses_a_member() {
    let mut cell = cell(3);
    let mut stage = Stage::new(&cell, 1, vec![keeper(&cell, records(&cell))]);
    stage.link(0, 1);
    assert!(stage.until(LONG, |stage| stage.size(0) > 0).is_some());
    let entry = cell.sign("wren", euros(7));
    stage.sign(0, entry.clone());
    stage.pass(LONG);
    assert!(stage.steps(0).iter().any(|(id, step)| *id == entry.id()
        && matches!(step, lifeboat_protocol::delivery::Step::Waiting)));
    let asked = stage.liars[0].asked.get();
    println!(
        "refuses a member: after half an hour it was offered {asked} times, and shows as waiting at its author's home"
    );
    assert!(asked >= 3, "{asked}");
}

#[test]
fn a_sibling_alters_what_it_passes_on() {
    let cell = cell(10);
    let mut stage = Stage::new(&cell, 2, vec![keeper(&cell, records(&cell))]);
    stage.garbles.insert(1);
    stage.link(1, 2);
    let all = cell.records().len() as u64;
    assert!(stage.until(LONG, |stage| stage.size(1) == all).is_some());
    stage.link(0, 1);
    let seen = |stage: &Stage| stage.said().iter().any(|said| said.contains("home 0 puts 1 aside"));
    let after = stage.until(LONG, seen).unwrap();
    println!("a sibling alters what it passes on: put aside after {after} ms");
    assert!(stage.found.is_empty(), "nobody else is accused of it");
    stage.link(0, 2);
    assert!(stage.until(LONG, |stage| stage.size(0) == all).is_some(), "others serve");
}

#[test]
fn a_sibling_accuses_an_honest_keeper() {
    let (log, shorter) = (cell(10), cell(5));
    let whole = keeper(&log, records(&log));
    let old = keeper(&shorter, records(&shorter)).checkpoint;
    let leaves = Leaves::of(&whole.records);
    let note =
        |signed: &lifeboat_log::SignedCheckpoint| lifeboat_log::codec::Bytes::new(signed.to_bytes()).unwrap();
    let charge = Charge::Prefix {
        older: note(&old),
        newer: note(&whole.checkpoint),
        root: lifeboat_log::TreeHash([7; 32]),
        proof: lifeboat_log::codec::List::new(leaves.consistency(old.size, whole.checkpoint.size)).unwrap(),
    };
    let (cell_id, term_key) = (log.cell(), log.term_key.public());
    let file = Misconduct { cell: cell_id, term: Term::FIRST, term_key, terms: None, charge };
    let mut sibling = keeper(&log, records(&log));
    sibling.node = key_of(1, "#sibling").public();
    sibling.files = vec![file.to_bytes()];
    let mut stage = Stage::new(&log, 1, vec![whole, sibling]);
    stage.link(0, 1);
    let all = log.records().len() as u64;
    assert!(stage.until(LONG, |stage| stage.size(0) == all).is_some());
    stage.link(0, 2);
    let seen = |stage: &Stage| stage.said().iter().any(|said| said.contains("puts 2 aside"));
    let after = stage.until(LONG, seen).unwrap();
    println!("a sibling accuses an honest keeper: put aside after {after} ms");
    assert!(
        stage.found.is_empty() && stage.said().iter().any(|said| said.contains("NotIncluded")),
        "{:?}",
        stage.said()
    );
}

#[test]
fn a_member_cheats_at_the_door() {
    let mut cell = cell(3);
    let mut stage = Stage::kept(&cell, vec![keeper(&cell, records(&cell))]);
    let size = stage.size(0);
    let honest = cell.sign("wren", euros(7));
    let mut altered = honest.bytes().to_vec();
    altered[220] ^= 1;
    let crow = key_of(1, "crow");
    let of_crow = lifeboat_log::Entry { author: crow.public(), ..(*honest).clone() }.sign(&crow).unwrap();
    let twin = cell.sign_with("wren", euros(8), |entry| entry.nonce = honest.nonce);
    for bytes in [
        altered,
        of_crow.bytes().to_vec(),
        honest.bytes().to_vec(),
        honest.bytes().to_vec(),
        twin.bytes().to_vec(),
    ] {
        let answered = stage.answers.len();
        stage.submit(0, bytes);
        assert!(stage.until(LONG, |stage| stage.answers.len() > answered).is_some());
    }
    let names: Vec<String> = stage
        .answers
        .iter()
        .map(|answer| match answer {
            Response::Refused(refusal) => refusal.name().to_owned(),
            Response::Receipt { .. } => "placed".to_owned(),
            other => format!("{other:?}"),
        })
        .collect();
    println!("a member cheats at the door: {names:?}");
    assert_eq!(names[0], Refusal::NOT_VALID);
    assert!(names[1] != "placed" && names[4] != "placed", "{names:?}");
    assert_eq!(
        (&names[2][..], &names[3][..]),
        ("placed", "placed"),
        "the same entry again has the same receipt"
    );
    assert_eq!(stage.size(0), size + 1, "one entry was placed, once");
    assert_eq!(cell.chain.next(), Position(size));
}
