//! Cosignatures, anchors and the handover of a keeper.

use super::*;
use lifeboat_commons::Effect as Folded;
use lifeboat_log::codec::List;
use lifeboat_log::entry::Nonce;
use lifeboat_log::{SecretKey, Successor};

fn keys() -> [SecretKey; 3] {
    [91, 92, 93].map(|n| SecretKey::from_seed(&[n; 32]))
}

/// A keeper whose term asks for two of three witnesses.
fn witnessed() -> (Desk, [SecretKey; 3]) {
    let mut cell = TestCell::found(1, "heron");
    let keys = keys();
    assert_eq!(cell.hand_over(&keys.each_ref(), 2), Folded::Applied);
    (Desk::of(cell), keys)
}

/// The newest published checkpoint, cosigned by this key.
fn cosigned(desk: &Desk, key: &SecretKey) -> Vec<u8> {
    let signed = desk.keeper.signed().unwrap();
    let line = lifeboat_log::checkpoint::cosign(&signed.text(), "w", key, 1_800_000_000);
    signed.with_cosignature(line, key.public()).unwrap().to_bytes()
}

fn successor(desk: &Desk, key: &SecretKey) -> Successor {
    let open = desk.keeper.chain().open().unwrap();
    let term = Term::new(open.term.era(), open.term.turn() + 1);
    Successor::new(term, desk.cell.node.public(), Nonce([7; 16]), key)
}

fn leave(desk: &mut Desk, ticket: u64, witnesses: &[PublicKey], quorum: u16) {
    let successor = Box::new(successor(desk, &SecretKey::from_seed(&[50; 32])));
    let witnesses = (List::new(witnesses.to_vec()).unwrap(), quorum);
    desk.event(Event::HandOver { ticket: Ticket(ticket), successor, witnesses });
}

#[test]
fn cosignatures_that_the_disk_did_not_take_are_kept_when_the_log_is_opened_anew() {
    let (mut desk, keys) = witnessed();
    desk.settle();
    desk.event(Event::Cosigned(cosigned(&desk, &keys[0])));
    assert!(matches!(desk.told.last(), Some(Effect::Keep(_))));
    desk.event(Event::NotKept);
    assert_eq!(desk.asked.as_ref(), Some(&Effect::Reopen));
    desk.work();
    desk.work();
    let Some(Effect::Promise(promised)) = &desk.asked else { panic!("{:?}", desk.asked) };
    assert_eq!(promised.witnesses(), 1, "what is written now has it");
    desk.settle();
    assert_eq!(desk.keeper.signed().map(|signed| signed.witnesses()), Some(1));
}

#[test]
fn cosignatures_are_kept_and_a_witnessed_checkpoint_is_told_and_anchored_once() {
    let (mut desk, keys) = witnessed();
    let entry = desk.entry(1);
    desk.submit(1, &entry);
    desk.settle();
    let told = desk.published.len();
    let notes = keys.each_ref().map(|key| cosigned(&desk, key));
    desk.event(Event::Cosigned(notes[0].clone()));
    desk.event(Event::Cosigned(notes[0].clone()));
    assert_eq!((desk.told.len(), desk.published.len()), (1, told), "one is not enough");
    let mut bad = notes[1].clone();
    let at = bad.len() - 10;
    bad[at] ^= 1;
    desk.event(Event::Cosigned(bad));
    desk.event(Event::Cosigned(b"garbage".to_vec()));
    assert_eq!(desk.told.len(), 1);
    desk.event(Event::Cosigned(notes[1].clone()));
    assert_eq!(desk.published.len(), told + 1);
    assert_eq!(desk.keeper.witnessed().map(|signed| signed.witnesses()), Some(2));
    let anchors = |desk: &Desk| desk.told.iter().filter(|effect| matches!(effect, Effect::Anchor(_))).count();
    assert_eq!(anchors(&desk), 1);
    desk.event(Event::Tick);
    desk.event(Event::Cosigned(notes[2].clone()));
    assert_eq!((anchors(&desk), desk.keeper.signed().unwrap().witnesses()), (1, 3));
    desk.now = desk.now.plus_ms(crate::limits::ANCHOR_EVERY_MS);
    desk.event(Event::Tick);
    assert_eq!(anchors(&desk), 2, "the first one never came into the log");
}

#[test]
fn a_late_cosignature_counts_for_the_checkpoint_that_it_names() {
    let (mut desk, keys) = witnessed();
    let notes = keys.each_ref().map(|key| cosigned(&desk, key));
    let entry = desk.entry(1);
    desk.submit(1, &entry);
    desk.settle();
    for note in &notes[..2] {
        desk.event(Event::Cosigned(note.clone()));
    }
    assert_eq!(desk.keeper.witnessed().map(|signed| signed.size), Some(1));
    assert_eq!(desk.keeper.signed().map(|signed| (signed.size, signed.witnesses())), Some((2, 0)));
}

#[test]
fn a_handover_is_the_last_that_the_term_key_signs() {
    let (mut desk, keys) = witnessed();
    let entries = [desk.entry(1), desk.entry(2)];
    desk.submit(1, &entries[0]);
    leave(&mut desk, 9, &[keys[0].public()], 1);
    desk.submit(2, &entries[1]);
    while let Some(Effect::Persist { .. } | Effect::Promise(_)) = desk.asked {
        desk.work();
    }
    assert_eq!(desk.answers.get(&Ticket(1)), Some(&Ok(Position(2))), "what was begun is finished");
    assert_eq!(desk.asked, None, "the last checkpoint waits for its witnesses");
    let notes = keys.each_ref().map(|key| cosigned(&desk, key));
    desk.event(Event::Cosigned(notes[0].clone()));
    desk.event(Event::Cosigned(notes[2].clone()));
    let Some(Effect::HandOver(signed)) = desk.asked.clone() else { panic!("{:?}", desk.asked) };
    desk.submit(3, &entries[1]);
    let before = desk.published.len();
    desk.work();
    assert_eq!(desk.told.last(), Some(&Effect::Left(signed.clone())));
    for ticket in [2, 3] {
        let answer = desk.answers[&Ticket(ticket)].clone().unwrap_err();
        assert_eq!(answer.name(), Refusal::NOT_KEEPER);
    }
    desk.submit(4, &entries[1]);
    desk.event(Event::Tick);
    desk.event(Event::DiskFailed);
    assert_eq!((desk.asked.clone(), desk.published.len()), (None, before));
    let entry = signed.entry(desk.cell.cell(), &desk.cell.node, desk.now).unwrap();
    desk.cell.term_key = SecretKey::from_seed(&[50; 32]);
    let (mut chain, at) = (desk.keeper.chain().clone(), desk.keeper.chain().next());
    let link = lifeboat_log::Link::new(Term::new(0, 2), at, chain.head(), desk.now, entry.id());
    chain.extend(&Record::place(link, entry).unwrap()).unwrap();
    assert_eq!(chain.open().unwrap().opening.witnesses.to_vec(), [keys[0].public()]);
    let held = Held { handover: Some(*signed), ..held(&desk.cell, &desk.disk, None) };
    let again = Keeper::new(desk.cell.node.public(), keys[0].clone(), held).map(drop);
    assert_eq!(again, Err(CannotKeep::OtherKeeper));
}

#[test]
fn a_handover_that_failed_on_disk_is_read_again_and_never_made_twice() {
    for written in [0, 1] {
        let mut desk = Desk::new();
        leave(&mut desk, 9, &[], 0);
        let Some(Effect::HandOver(first)) = desk.asked.clone() else { panic!("{:?}", desk.asked) };
        desk.fail(written);
        assert!(desk.answers[&Ticket(9)].is_err());
        desk.work();
        if written == 1 {
            assert_eq!(desk.told, [Effect::Left(first)]);
            assert_eq!(desk.asked, None);
        } else {
            desk.settle();
            assert_eq!(desk.told, []);
            let entry = desk.entry(1);
            desk.submit(10, &entry);
            desk.settle();
            assert_eq!(desk.answers[&Ticket(10)], Ok(Position(1)), "it keeps on");
        }
    }
}

#[test]
fn a_handover_that_opens_nothing_is_refused_and_the_keeper_goes_on() {
    let mut desk = Desk::new();
    leave(&mut desk, 9, &[keys()[0].public()], 0);
    assert_eq!(desk.answers[&Ticket(9)].clone().unwrap_err().name(), Refusal::NOT_VALID);
    assert_eq!(desk.asked, None);
    let entry = desk.entry(1);
    desk.submit(10, &entry);
    desk.settle();
    assert_eq!(desk.answers[&Ticket(10)], Ok(Position(1)));
}
