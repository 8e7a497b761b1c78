//! How a cosignature finds its way to the keeper.

use super::*;
use lifeboat_commons::testing::TestCell;
use lifeboat_log::SecretKey;
use lifeboat_log::checkpoint::cosign;

/// A home that holds a log whose term names this witness, and the newest checkpoint.
fn witnessed(witness: &SecretKey) -> (Home, TestCell, SignedCheckpoint) {
    let mut cell = TestCell::found(1, "heron");
    cell.hand_over(&[witness], 1);
    let mut chain = Chain::new(cell.cell());
    cell.records().iter().for_each(|record| chain.extend(record).unwrap());
    let open = chain.open().unwrap();
    let (origin, size, root) = (open.origin(cell.cell()), open.tree.size(), open.tree.root());
    let checkpoint = Checkpoint { origin, size, root }.sign(&cell.term_key);
    let home = Home::holding(chain, Some(checkpoint.clone()));
    (home, cell, checkpoint)
}

fn cosigned(checkpoint: &SignedCheckpoint, witness: &SecretKey) -> SignedCheckpoint {
    let line = cosign(&checkpoint.text(), "w", witness, 1_800_000_000);
    checkpoint.with_cosignature(line, witness.public()).unwrap()
}

/// Whom the home told of a cosignature since it was asked last.
fn told(home: &mut Home) -> Vec<PublicKey> {
    let effects = std::mem::take(&mut home.effects);
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::TellCosigned { peer, checkpoint } if checkpoint.witnesses() == 1 => Some(*peer),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_witness_tells_the_keeper_or_else_whom_it_reaches() {
    let key = SecretKey::from_seed(&[91; 32]);
    let (mut home, cell, checkpoint) = witnessed(&key);
    home.follower = home.follower.with_witness(key.public());
    home.meet(peer(1), &checkpoint);
    home.meet(peer(2), &checkpoint);
    assert!(home.effects.contains(&Effect::Cosign(Box::new(checkpoint.clone()))));
    home.event(Event::Cosigned(Box::new(cosigned(&checkpoint, &key))));
    let mut both = vec![peer(1), peer(2)];
    both.sort_unstable();
    assert_eq!(told(&mut home), both);
    assert_eq!(home.checkpoint.as_ref().map(SignedCheckpoint::witnesses), Some(1));
    home.meet(cell.node.public(), &checkpoint);
    assert_eq!(told(&mut home), [cell.node.public()], "it lacks the cosignature");
    home.event(Event::Cosigned(Box::new(cosigned(&checkpoint, &key))));
    assert_eq!(told(&mut home), [cell.node.public()]);
}

#[test]
fn who_reaches_the_keeper_passes_a_cosignature_on_once() {
    let key = SecretKey::from_seed(&[91; 32]);
    let (mut home, cell, checkpoint) = witnessed(&key);
    home.meet(peer(1), &checkpoint);
    home.meet(cell.node.public(), &checkpoint);
    assert_eq!(told(&mut home), []);
    let tip = Event::Tip { peer: peer(1), checkpoint: cosigned(&checkpoint, &key).to_bytes() };
    home.event(tip.clone());
    assert_eq!(told(&mut home), [cell.node.public()]);
    home.event(tip);
    assert_eq!(told(&mut home), []);
    let stranger = cosigned_by_nobody_named(&checkpoint);
    home.event(Event::Tip { peer: peer(1), checkpoint: stranger });
    assert_eq!(told(&mut home), []);
}

fn cosigned_by_nobody_named(checkpoint: &SignedCheckpoint) -> Vec<u8> {
    cosigned(checkpoint, &SecretKey::from_seed(&[92; 32])).to_bytes()
}
