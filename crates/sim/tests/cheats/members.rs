//! Members that cheat in a takeover: endorsing twice, going on from too low a base, leaving out closes.

use super::LONG;
use super::succession::{NEW, OLD, WITNESSES, agree, five, member, stage};
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

#[test]
fn a_member_endorses_twice_in_one_era() {
    let cell = five(5);
    let mut stage = stage(&cell, vec![]);
    stage.pass(20_000);
    // Heron and lark are for finch's home, wren and rook for wren's, and finch for both.
    stage.propose(1, &member(1));
    stage.propose(4, &member(4));
    let (one, other) = (stage.news(1)[0].call, stage.news(4)[0].call);
    assert!((one.term, other.term) == (NEW, NEW) && one != other);
    stage.tell(1, endorsed(&cell, one, &[2, 4], floor(&cell)));
    let keeps = |stage: &Stage, home: usize| stage.stand(home).is_some_and(|s| s.term == NEW && s.keeps);
    assert!(stage.until(LONG, |stage| keeps(stage, 1)).is_some());
    assert!(agree(&mut stage, &WITNESSES).is_some());
    // A close is for an era: finch brings those of the one takeover to the other.
    let Right::Takeover { closes, .. } = stage.opening(1, NEW).unwrap().right else { panic!("a takeover") };
    let rival = endorsed(&cell, other, &[0, 3], floor(&cell));
    stage.tell(4, CallNews { closes, ..rival });
    assert!(stage.until(LONG, |stage| keeps(stage, 4)).is_some(), "{:?}", stage.said());
    assert!(keeps(&stage, 1), "both have opened the era");
    (1..=3).for_each(|home| stage.link(home, 4));
    let one_log = |stage: &Stage| stage.checkpoint(4).map(|c| c.root) == stage.checkpoint(2).map(|c| c.root);
    let met = stage.until(LONG, |stage| is_aside(stage, 2, 4) || one_log(stage)).unwrap();
    println!("a member endorses twice: noticed {met} ms after the two openings meet");
    assert!(met <= 15_000);
    stage.pass(10 * 60_000);
    // Whatever becomes of the other one, it is never witnessed.
    assert!(WITNESSES.iter().all(|home| stage.checkpoint(*home).unwrap().witnesses() >= 2));
    assert!(one_log(&stage) || stage.checkpoint(4).unwrap().witnesses() < 2);
    assert!(stage.found.is_empty(), "there is no file for it");
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
