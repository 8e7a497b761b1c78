//! After a takeover: what was placed past its base waits again, and a receipt of the old keeper for it is
//! worth nothing any more.

use super::*;

#[test]
fn what_stood_past_the_base_of_a_takeover_is_offered_again() {
    let mut home = Home::new();
    let keeper = home.keeper();
    home.event(Event::Connected(keeper));
    let (early, late) = (home.entry(), home.entry());
    home.add(&early);
    let (stays, proof) = home.receipt(&early);
    home.answer(keeper, early.id(), receipt(proof));
    home.add(&late);
    let (_, proof) = home.receipt(&late);
    home.answer(keeper, late.id(), receipt(proof.clone()));
    assert!(matches!(home.delivery.step(&late.id()), Some(Step::Placed { .. })));
    home.offers();
    home.event(Event::CutBack { term: Term::new(1, 0), from: stays.next() });
    assert_eq!(home.delivery.step(&late.id()), Some(&Step::Waiting));
    assert!(matches!(home.delivery.step(&early.id()), Some(Step::Placed { .. })));
    // The old keeper's receipt is no answer any more, and no fault of whoever passes it on.
    assert_eq!(home.offers(), [(keeper, late.id())]);
    home.answer(keeper, late.id(), receipt(proof));
    assert_eq!(home.delivery.step(&late.id()), Some(&Step::Waiting));
    assert!(!home.effects.iter().any(|effect| matches!(effect, Effect::PutAside { .. })));
    // It goes to the new keeper as soon as that one is known and reached.
    let signers = home.log.log.chain.open().unwrap().signers();
    home.event(Event::Term { term: Term::new(1, 0), node: peer(7), signers });
    home.event(Event::Connected(peer(7)));
    home.wait(MAX_RETRY_MS);
    assert_eq!(home.offers(), [(peer(7), late.id())]);
}

#[test]
fn what_a_takeover_set_aside_goes_one_after_the_other_as_it_was_signed() {
    let mut home = Home::new();
    let keeper = home.keeper();
    home.event(Event::Connected(keeper));
    let mut entries = [home.entry(), home.entry(), home.entry()];
    entries.sort_by_key(|entry| (entry.author_time, entry.id()));
    // They come in another order, and all at once while the era is that in which they were signed.
    for entry in entries.iter().rev() {
        home.add(entry);
    }
    assert_eq!(home.offers().len(), 3);
    for entry in &entries {
        let (_, proof) = home.receipt(entry);
        home.answer(keeper, entry.id(), receipt(proof));
    }
    let from = home.log.log.chain.open().unwrap().start;
    home.event(Event::CutBack { term: Term::new(1, 0), from });
    for entry in &entries {
        home.wait(MAX_RETRY_MS);
        assert_eq!(home.offers(), [(keeper, entry.id())]);
        let told = |effect: &Effect| match effect {
            Effect::Announce(told) => Some(told.id()),
            _ => None,
        };
        let told: Vec<EntryId> = home.effects.drain(..).filter_map(|effect| told(&effect)).collect();
        assert!(told.iter().all(|id| *id == entry.id()) && !told.is_empty(), "{told:?}");
        home.event(Event::InLog { id: entry.id(), position: Position(99) });
    }
}

#[test]
fn what_is_given_back_waits_for_its_turn_before_the_new_term_is_known() {
    let mut home = Home::new();
    let keeper = home.keeper();
    home.event(Event::Connected(keeper));
    let entries = [home.entry(), home.entry()];
    for entry in &entries {
        home.event(Event::GivenBack { entry: Box::new(entry.clone()), details: vec![] });
    }
    assert_eq!(home.offers(), [(keeper, entries[0].id())]);
    home.event(Event::InLog { id: entries[0].id(), position: Position(9) });
    assert_eq!(home.offers(), [(keeper, entries[1].id())]);
}

#[test]
fn what_waits_for_a_later_one_does_not_take_its_turn() {
    let mut home = Home::new();
    let keeper = home.keeper();
    // Another member's clock was ahead, or one's own was set back.
    let first = home.entry();
    let mut second = (*home.entry()).clone();
    second.after = List::new(vec![first.id()]).unwrap();
    second.author_time = Time::from_ms(first.author_time.ms() - 1);
    let second = second.sign(&home.log.log.member).unwrap();
    for entry in [&second, &first] {
        home.event(Event::GivenBack { entry: Box::new(entry.clone()), details: vec![] });
    }
    home.event(Event::Connected(keeper));
    assert_eq!(home.offers(), [(keeper, first.id())]);
    home.event(Event::InLog { id: first.id(), position: Position(9) });
    assert_eq!(home.offers(), [(keeper, second.id())]);
}

#[test]
fn what_had_run_out_may_have_its_grace() {
    let mut home = Home::new();
    let keeper = home.keeper();
    home.event(Event::Connected(keeper));
    let entry = home.entry();
    home.add(&entry);
    home.wait(MAX_LIFETIME_MS);
    // Its offer of long ago has no answer, so it is made again.
    home.wait(MAX_RETRY_MS);
    home.answer(keeper, entry.id(), Response::refused(Refusal::NOT_ADMISSIBLE));
    assert_eq!(home.delivery.step(&entry.id()), Some(&Step::Expired));
    home.offers();
    home.wait(MAX_RETRY_MS);
    assert_eq!(home.offers(), [], "it has run out, and the keeper said so");
    home.event(Event::CutBack { term: Term::new(1, 0), from: Position(9) });
    home.wait(MAX_RETRY_MS);
    assert_eq!(home.offers(), [(keeper, entry.id())], "the new keeper may have to place it all the same");
}

#[test]
fn what_a_keeper_placed_itself_stands_when_another_keeps_the_log() {
    let mut home = Home::new();
    let open = home.log.log.chain.open().unwrap();
    let (term, signers) = (open.term, open.signers());
    // This home is the keeper.
    home.event(Event::Term { term, node: peer(99), signers: signers.clone() });
    let keeper = home.keeper();
    let (entry, late) = (home.entry(), home.entry());
    for entry in [&entry, &late] {
        home.add(entry);
    }
    home.event(Event::InLog { id: entry.id(), position: Position(7) });
    home.event(Event::InLog { id: late.id(), position: Position(12) });
    assert!(matches!(home.delivery.step(&entry.id()), Some(Step::Placed { .. })));
    home.event(Event::CutBack { term: Term::new(1, 0), from: Position(11) });
    home.event(Event::Term { term: Term::new(1, 0), node: keeper, signers });
    home.event(Event::Passed(Position(11)));
    let stands = Step::Replicated { position: Position(7), homes: 1 };
    assert_eq!(home.delivery.step(&entry.id()), Some(&stands), "its own copy is not the keeper's now");
    assert_eq!(home.delivery.step(&late.id()), Some(&Step::Waiting));
}

/// A home whose entry has a receipt for position 4, and of whose log the new keeper is this node.
fn taken_over_by(node: PublicKey, heard: bool) -> (Home, SignedEntry) {
    let mut home = Home::new();
    let keeper = home.keeper();
    home.event(Event::Connected(keeper));
    let entry = home.entry();
    home.add(&entry);
    let (position, proof) = home.receipt(&entry);
    home.answer(keeper, entry.id(), receipt(proof));
    if heard {
        home.event(Event::Held(vec![Position(position.0 + 2)]));
        assert!(matches!(home.delivery.step(&entry.id()), Some(Step::Replicated { .. })));
    }
    // The disk failed when the opening was written and it is there all the same: nobody said that the log
    // was cut back, it only goes on from before the entry.
    let signers = home.log.log.chain.open().unwrap().signers();
    home.event(Event::Term { term: Term::new(1, 0), node, signers });
    home.event(Event::Passed(position.next()));
    (home, entry)
}

#[test]
fn what_the_own_log_has_gone_past_without_it_waits_again_whoever_keeps_the_log_and_whatever_homes_hold() {
    for node in [peer(7), peer(99)] {
        for heard in [false, true] {
            let (home, entry) = taken_over_by(node, heard);
            assert_eq!(home.delivery.step(&entry.id()), Some(&Step::Waiting), "{node}, {heard}");
        }
    }
}

#[test]
fn a_receipt_of_an_era_that_is_over_here_is_worth_nothing() {
    let (mut home, entry) = taken_over_by(peer(7), false);
    let keeper = home.keeper();
    assert_eq!(home.offers().last(), Some(&(keeper, entry.id())), "the old keeper does not know of it yet");
    let (_, proof) = home.receipt(&entry);
    home.answer(keeper, entry.id(), receipt(proof));
    assert_eq!(home.delivery.step(&entry.id()), Some(&Step::Waiting));
    assert!(!home.effects.iter().any(|effect| matches!(effect, Effect::PutAside { .. })));
}

#[test]
fn the_keeper_of_another_opening_of_the_era_is_asked_no_more() {
    for (one, other) in [(peer(7), peer(3)), (peer(3), peer(7))] {
        let mut home = Home::new();
        let signers = home.log.log.chain.open().unwrap().signers();
        let entry = home.entry();
        let opens = |node| Event::Term { term: Term::new(1, 0), node, signers: signers.clone() };
        home.event(opens(one));
        // The home has gone over to the other one.
        home.event(Event::CutBack { term: Term::new(1, 0), from: Position(9) });
        home.event(opens(other));
        home.event(Event::Connected(one));
        home.event(Event::Connected(other));
        home.add(&entry);
        assert_eq!(home.offers(), [(other, entry.id())]);
    }
}
