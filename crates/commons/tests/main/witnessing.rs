//! Offers to witness, anchors, and how far the log is certain.

use crate::say::{pair, received};
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::witnessing::{Anchor, WitnessOffered};
use lifeboat_commons::{Effect, Finality, Reason, State, compose};
use lifeboat_log::{Position, SecretKey, SignedCheckpoint};

fn keys() -> [SecretKey; 3] {
    [91, 92, 93].map(|n| SecretKey::from_seed(&[n; 32]))
}

/// The keeper's node brings in this checkpoint.
fn anchor(cell: &mut TestCell, checkpoint: &SignedCheckpoint) -> Effect {
    let node = cell.node.clone();
    let said = compose(&Anchor::of(checkpoint).unwrap()).unwrap();
    let entry = cell.sign_by(&node, said, |_| {});
    cell.wait_ms(1000);
    cell.place(entry)
}

/// A cell whose term asks for two of three witnesses.
fn witnessed() -> (TestCell, [SecretKey; 3]) {
    let (mut cell, keys) = (pair(), keys());
    let all = keys.each_ref();
    assert_eq!(cell.hand_over(&all, 2), Effect::Applied);
    (cell, keys)
}

#[test]
fn an_anchor_moves_what_is_anchored_and_never_calls_for_another() {
    let (mut cell, keys) = witnessed();
    cell.must("wren", &received("1 EUR"));
    let end = cell.state.next();
    assert_eq!((cell.state.anchored(), cell.state.wants_anchor(end)), (Position(0), true));
    let last = Position(end.0 - 1);
    assert_eq!(cell.state.finality(last), Finality::Provisional);
    let signed = cell.cosigned(&[&keys[0], &keys[2]], 1_800_000_000);
    assert_eq!(anchor(&mut cell, &signed), Effect::Applied);
    assert_eq!((cell.state.anchored(), cell.state.finality(last)), (end, Finality::Anchored));
    let later = cell.cosigned(&[&keys[0], &keys[1]], 1_800_000_100);
    assert!(!cell.state.wants_anchor(cell.state.next()), "nothing but the anchor is unanchored");
    assert_eq!(anchor(&mut cell, &signed), Effect::Void(Reason::OldAnchor));
    assert_eq!(anchor(&mut cell, &later), Effect::Applied);
    assert_eq!(State::decode(&cell.state.encode()).as_ref(), Ok(&cell.state));
}

#[test]
fn an_anchor_needs_the_keeper_and_enough_witnesses_of_the_term_in_force() {
    let (mut cell, keys) = witnessed();
    let few = cell.cosigned(&[&keys[1]], 1_800_000_000);
    assert_eq!(anchor(&mut cell, &few), Effect::Void(Reason::BadAnchor));
    let stranger = SecretKey::from_seed(&[7; 32]);
    let strange = cell.cosigned(&[&keys[1], &stranger], 1_800_000_000);
    assert_eq!(anchor(&mut cell, &strange), Effect::Void(Reason::BadAnchor));
    let twice = cell.cosigned(&[&keys[1], &keys[1]], 1_800_000_000);
    assert_eq!(anchor(&mut cell, &twice), Effect::Void(Reason::BadAnchor));
    let good = cell.cosigned(&[&keys[0], &keys[1]], 1_800_000_000);
    assert_eq!(cell.hand_over(&[], 0), Effect::Applied);
    assert_eq!(anchor(&mut cell, &good), Effect::Void(Reason::BadAnchor));
    assert_eq!(cell.state.finality(cell.state.next()), Finality::Unwitnessed);
}

#[test]
fn a_member_offers_a_witness_key_that_signs_for_it() {
    let mut cell = pair();
    let [one, two, _] = keys();
    let offer =
        |cell: &TestCell, name: &str, key: &SecretKey| WitnessOffered::sign(cell.cell(), cell.id(name), key);
    let first = offer(&cell, "wren", &one);
    cell.must("wren", &first);
    cell.must("wren", &first);
    let stolen = WitnessOffered { key: two.public(), ..offer(&cell, "heron", &one) };
    assert_eq!(cell.say("heron", &stolen), Effect::Void(Reason::BadPossession));
    let taken = offer(&cell, "heron", &one);
    assert_eq!(cell.say("heron", &taken), Effect::Void(Reason::KeyTaken));
    assert_eq!(cell.say("heron", &WitnessOffered::ends(one.public())), Effect::Void(Reason::UnknownKey));
    let offers: Vec<_> = cell.state.witnessing().offers().map(|(key, member)| (*key, member)).collect();
    assert_eq!(offers, [(one.public(), cell.id("wren"))]);
    cell.must("wren", &WitnessOffered::ends(one.public()));
    assert_eq!(cell.state.witnessing().offers().count(), 0);
}
