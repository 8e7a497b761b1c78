//! Members that cheat in a takeover: endorsing twice, going on from too low a base, leaving out closes.

use super::succession::{NEW, OLD, WITNESSES, agree, five, five_of, member, stage};
use super::{LONG, euros};
use lifeboat_commons::testing::{TestCell, key_of};
use lifeboat_log::codec::List;
use lifeboat_log::opening::Right;
use lifeboat_log::{Call, Floor, Nonce, SecretKey};
use lifeboat_protocol::takeover::{CallNews, compose_opening};
use lifeboat_sim::stage::{Liar, Stage};

fn floor(cell: &TestCell) -> Floor {
    Floor::of(&cell.checkpoint(), &cell.term_key.public()).unwrap()
}

fn endorsed(cell: &TestCell, call: Call, members: &[usize], floor: Floor) -> CallNews {
    let mut endorsements: Vec<_> =
        members.iter().map(|home| call.endorse(&cell.cell(), floor, &member(*home))).collect();
    endorsements.sort_by_key(|endorsement| endorsement.key);
    CallNews { call, endorsements: List::new(endorsements).unwrap(), closes: List::default() }
}

fn keeps(stage: &Stage, home: usize) -> bool {
    stage.stand(home).is_some_and(|stand| stand.term == NEW && stand.keeps)
}

/// Whether any home has put another one aside.
fn blames(stage: &Stage) -> bool {
    stage.said().iter().any(|said| said.contains("aside"))
}

/// Heron and lark are for finch's home, wren and rook for wren's, and finch for both: two homes open one era.
fn rivals(stage: &mut Stage, cell: &TestCell) {
    stage.pass(20_000);
    stage.propose(1, &member(1));
    stage.propose(4, &member(4));
    let (one, other) = (stage.news(1)[0].call, stage.news(4)[0].call);
    assert!((one.term, other.term) == (NEW, NEW) && one != other);
    stage.tell(1, endorsed(cell, one, &[2, 4], floor(cell)));
    assert!(stage.until(LONG, |stage| keeps(stage, 1)).is_some());
    // A close is for an era: finch brings those of the one takeover to the other.
    let Right::Takeover { closes, .. } = stage.opening(1, NEW).unwrap().right else { panic!("a takeover") };
    let rival = endorsed(cell, other, &[0, 3], floor(cell));
    stage.tell(4, CallNews { closes, ..rival });
    assert!(stage.until(LONG, |stage| keeps(stage, 4)).is_some(), "{:?}", stage.said());
    assert!(keeps(stage, 1), "both have opened the era");
}

#[test]
fn a_member_endorses_twice_in_one_era() {
    let mut cell = five(5);
    let mut stage = stage(&cell, vec![]);
    rivals(&mut stage, &cell);
    assert!(agree(&mut stage, &WITNESSES).is_some());
    // Heron's home, which kept the log before, meets finch's alone, and has an entry placed there.
    let entry = cell.sign("heron", euros(70));
    stage.sign(0, entry.clone());
    stage.link(0, 4);
    assert!(stage.until(LONG, |stage| stage.place(4, &entry).is_some()).is_some(), "{:?}", stage.steps(0));
    assert!(agree(&mut stage, &[0, 4]).is_some());
    let witnessed = stage.checkpoint(2).unwrap().clone();
    assert!(witnessed.witnesses() >= 2);
    (1..=3).for_each(|home| stage.link(home, 4));
    let met = agree(&mut stage, &[0, 1, 2, 3, 4]).unwrap_or_else(|| panic!("{:?}", stage.said()));
    let again = stage.until(LONG, |stage| (0..=4).all(|home| stage.place(home, &entry).is_some())).unwrap();
    println!(
        "a member endorses twice: who followed the other opening has gone over {met} ms after they meet, and its entry is placed again after {again} ms more"
    );
    assert!(met <= 30_000 && again <= 60_000);
    assert!(keeps(&stage, 1) && !keeps(&stage, 4));
    assert!((0..=4).all(|home| stage.root(home, NEW, witnessed.size) == Some(witnessed.root)));
    assert_eq!(stage.went_back(), 2, "and nobody else moved");
    assert!(stage.set_aside(4).iter().any(|name| name.contains("/1.0/")), "kept as evidence");
    assert!(stage.found.is_empty(), "there is no file for it");
    assert!(!blames(&stage), "{:?}", stage.said());
}

#[test]
fn two_openings_of_one_era_without_witnesses_are_united_by_the_next_takeover() {
    let mut cell = five_of(5, &[], 0);
    let mut stage = Stage::of_cell(&cell, 5, vec![]);
    stage.link(1, 2);
    stage.link(3, 4);
    rivals(&mut stage, &cell);
    let entries = [(2, "rook"), (3, "lark")].map(|(home, name)| (home, cell.sign(name, euros(70 + home))));
    for (home, entry) in &entries {
        stage.sign(*home as usize, entry.clone());
        assert!(stage.until(LONG, |stage| stage.place(*home as usize, entry).is_some()).is_some());
    }
    let sides = |stage: &mut Stage| agree(stage, &[1, 2]).and(agree(stage, &[3, 4]));
    assert!(sides(&mut stage).is_some());
    for (one, other) in [(1, 3), (1, 4), (2, 3), (2, 4)] {
        stage.link(one, other);
    }
    // Nothing says which of the two is to be followed: everybody stays, and nobody is put aside.
    stage.pass(10 * 60_000);
    assert!(keeps(&stage, 1) && keeps(&stage, 4) && sides(&mut stage).is_some());
    assert_ne!(stage.checkpoint(1).map(|c| c.root), stage.checkpoint(4).map(|c| c.root));
    assert!(stage.went_back() == 0 && !blames(&stage), "{:?}", stage.said());
    // Heron is gone. Two of five follow the one and two the other: three of all four are enough.
    let begun = stage.now;
    stage.propose(2, &member(2));
    let called = |stage: &Stage| [1, 3].iter().all(|home| stage.calls(*home) > 0);
    assert!(stage.until(LONG, called).is_some());
    [1, 3].into_iter().for_each(|home| stage.endorse(home, &member(home)));
    let later = |stage: &Stage| (1..=4).all(|home| stage.stand(home).is_some_and(|s| s.term.era() == 2));
    assert!(stage.until(LONG, later).is_some(), "{:?}", stage.said());
    assert!(agree(&mut stage, &[1, 2, 3, 4]).is_some());
    println!("two openings of one era: the next takeover unites all in {} ms", stage.now - begun);
    let placed =
        |stage: &Stage, home: usize| entries.iter().all(|(_, entry)| stage.place(home, entry).is_some());
    assert!(stage.until(LONG, |stage| (1..=4).all(|home| placed(stage, home))).is_some());
    assert!(stage.stand(2).unwrap().keeps && !stage.set_aside(4).is_empty());
    assert!(stage.found.is_empty() && !blames(&stage), "{:?}", stage.said());
}

/// Somebody who opened the new era at the end of this log, with these endorsements and no close.
fn taken(mut low: TestCell, members: &[usize], floor: Floor) -> Liar {
    let (node, term_key) = (key_of(1, "#proposer"), key_of(1, "#term of the proposer"));
    let call = Call { term: NEW, node: node.public(), term_key: term_key.public() };
    let endorsements = endorsed(&low, call, members, floor).endorsements;
    let right = Right::Takeover { endorsements, closes: List::default() };
    let (base, head, now) = (low.checkpoint(), low.chain.head(), low.now);
    let keys: (&SecretKey, &SecretKey) = (&node, &term_key);
    let entry = compose_opening(&call, right, &base, head, &low.state, keys, now, Nonce([7; 16])).unwrap();
    low.open_term(NEW, entry, term_key);
    let checkpoint = low.checkpoint();
    Liar::of_log(node.public(), &low, checkpoint)
}

/// Whether a home has put another node aside.
fn is_aside(stage: &Stage, home: usize, other: usize) -> bool {
    stage.said().iter().any(|said| said.starts_with(&format!("home {home} puts {other} aside")))
}

/// What all four homes say to this opening, one of which holds nothing yet; nobody follows it.
fn nobody_follows(what: &str, liar: Liar, why: &str) {
    let mut stage = stage(&five(8), vec![liar]);
    stage.wipe(4);
    (1..=4).for_each(|home| stage.link(home, 5));
    let all = |stage: &Stage| (1..=4).all(|home| is_aside(stage, home, 5));
    let after = stage.until(LONG, all).unwrap_or_else(|| panic!("{what}: {:?}", stage.said()));
    println!("{what}: every home has put the proposer aside after {after} ms");
    assert!(after <= 15_000);
    assert!(stage.said().iter().all(|said| said.contains(why)), "{:?}", stage.said());
    stage.pass(20 * 60_000);
    assert!((1..=4).all(|home| stage.stand(home).is_none_or(|stand| stand.term <= OLD)));
    assert!(stage.found.is_empty());
}

#[test]
fn a_proposer_goes_on_from_too_low_a_base() {
    let liar = taken(five(5), &[1, 2, 3], floor(&five(8)));
    nobody_follows("too low a base", liar, "holds more than it goes on from");
}

#[test]
fn a_proposer_takes_over_with_too_few() {
    let low = five(5);
    let lagging = floor(&low);
    let liar = taken(low, &[2, 3], lagging);
    nobody_follows("too few endorse", liar, "endorse");
}

#[test]
fn a_proposer_leaves_out_the_closes_of_the_witnesses() {
    let (cell, low) = (five(8), five(5));
    let lagging = floor(&low);
    let liar = taken(low, &[0, 3, 4], lagging);
    let mut stage = stage(&cell, vec![liar]);
    stage.pass(30_000);
    let lost = stage.checkpoint(1).unwrap().clone();
    assert!(lost.witnesses() >= 2 && lost.size > lagging.size);
    WITNESSES.iter().for_each(|home| stage.link(*home, 5));
    let after = agree(&mut stage, &WITNESSES).unwrap_or_else(|| panic!("{:?}", stage.said()));
    println!("leaves out the closes: every home has it as forced after {after} ms");
    assert!(after <= 15_000);
    for home in WITNESSES {
        assert_eq!(stage.root(home, OLD, lost.size), None, "what was witnessed is lost");
        assert!(stage.state(home).unwrap().keeper().unwrap().forced, "and it reads so for ever");
        assert!(!stage.set_aside(home).is_empty());
    }
}
