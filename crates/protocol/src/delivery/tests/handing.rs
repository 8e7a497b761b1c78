//! Handing on: what the keeper does not place goes to other homes, and all are told of it.

use super::*;
use crate::limits::{ANNOUNCE_AFTER_MS, ANNOUNCE_EVERY_MS, MAX_ANNOUNCED, MAX_HANDED};

fn handed(home: &Home, entry: &SignedEntry) -> Option<usize> {
    match home.delivery.step(&entry.id()) {
        Some(Step::HandedOn { homes, .. }) => Some(*homes),
        _ => None,
    }
}

#[test]
fn what_the_keeper_refuses_is_handed_to_other_homes_and_offered_to_it_again() {
    let mut home = Home::new();
    let (keeper, entry) = (home.keeper(), home.entry());
    for peer in [keeper, peer(1), peer(2)] {
        home.event(Event::Connected(peer));
    }
    home.add(&entry);
    assert_eq!(home.offers(), vec![(keeper, entry.id())]);
    home.answer(keeper, entry.id(), Response::refused(Refusal::NOT_ADMISSIBLE));
    let mut asked = Vec::new();
    for homes in 1..=2 {
        let offers = home.offers();
        assert_eq!(offers.len(), 1, "{offers:?}");
        assert_ne!(offers[0].0, keeper);
        asked.push(offers[0].0);
        home.answer(offers[0].0, entry.id(), Response::Kept);
        assert_eq!(handed(&home, &entry), Some(homes));
    }
    assert_ne!(asked[0], asked[1], "each home is asked once");
    assert_eq!(home.offers(), vec![], "not at once again");
    home.wait(REFUSED_RETRY_MS * 2);
    assert_eq!(home.offers(), vec![(keeper, entry.id())]);
    home.answer(keeper, entry.id(), Response::refused(Refusal::NOT_ADMISSIBLE));
    let said = Some(Refusal::new(Refusal::NOT_ADMISSIBLE));
    let step = Step::HandedOn { homes: 2, refusal: said };
    assert_eq!(home.delivery.step(&entry.id()), Some(&step), "what the keeper said is shown");
    assert_eq!(home.offers(), vec![]);
    home.wait(REFUSED_RETRY_MS * 2);
    let (_, proof) = home.receipt(&entry);
    home.answer(keeper, entry.id(), receipt(proof));
    assert!(matches!(home.delivery.step(&entry.id()), Some(Step::Placed { .. })));
}

#[test]
fn homes_that_keep_nothing_do_not_stand_in_the_way_of_the_keeper() {
    let mut home = Home::new();
    let (keeper, entry) = (home.keeper(), home.entry());
    home.event(Event::Connected(keeper));
    home.event(Event::Connected(peer(1)));
    home.add(&entry);
    home.offers();
    home.answer(keeper, entry.id(), Response::refused(Refusal::NOT_ADMISSIBLE));
    assert_eq!(home.offers(), vec![(peer(1), entry.id())]);
    home.answer(peer(1), entry.id(), Response::refused(Refusal::NOT_FOLLOWED));
    home.wait(REFUSED_RETRY_MS * 2);
    assert_eq!(home.offers(), vec![(keeper, entry.id())]);
}

#[test]
fn a_home_that_was_put_aside_does_not_make_the_keeper_be_asked_over_and_over() {
    let mut home = Home::new();
    let (keeper, entry) = (home.keeper(), home.entry());
    home.event(Event::Connected(peer(1)));
    home.add(&entry);
    assert_eq!(home.offers(), vec![(peer(1), entry.id())]);
    home.answer(peer(1), entry.id(), receipt(b"no proof".to_vec()));
    assert!(matches!(home.effects.last(), Some(Effect::PutAside { .. })));
    home.event(Event::Connected(keeper));
    assert_eq!(home.offers(), vec![(keeper, entry.id())]);
    home.answer(keeper, entry.id(), Response::refused(Refusal::NOT_ADMISSIBLE));
    assert_eq!(home.offers(), vec![], "there is no other home that can be asked now");
}

#[test]
fn while_the_keeper_is_away_an_entry_is_handed_to_so_many_homes_and_no_more() {
    let mut home = Home::new();
    let entry = home.entry();
    home.add(&entry);
    for n in 1..=6 {
        home.event(Event::Connected(peer(n)));
    }
    for _ in 0..MAX_HANDED {
        let (to, id) = home.offers().pop().unwrap();
        home.answer(to, id, Response::Kept);
    }
    assert_eq!(handed(&home, &entry), Some(MAX_HANDED));
    assert_eq!(home.offers(), vec![]);
    let keeper = home.keeper();
    home.event(Event::Connected(keeper));
    assert_eq!(home.offers(), vec![(keeper, entry.id())], "the keeper is back");
}

#[test]
fn all_homes_are_told_of_what_has_waited_for_a_while() {
    let mut home = Home::new();
    let entry = home.entry();
    home.add(&entry);
    let told = |home: &mut Home| {
        let told = home.effects.iter().filter(|effect| matches!(effect, Effect::Announce(_))).count();
        home.effects.clear();
        told
    };
    home.wait(ANNOUNCE_AFTER_MS);
    assert_eq!(told(&mut home), 0, "nobody is there");
    home.event(Event::Connected(peer(1)));
    assert_eq!(told(&mut home), 1);
    home.wait(ANNOUNCE_EVERY_MS - 1);
    assert_eq!(told(&mut home), 0);
    home.wait(1);
    assert_eq!(told(&mut home), 1);
    for _ in 0..MAX_ANNOUNCED + 3 {
        let entry = home.entry();
        home.add(&entry);
    }
    home.effects.clear();
    home.wait(ANNOUNCE_AFTER_MS);
    assert_eq!(told(&mut home), MAX_ANNOUNCED, "gossip has a rate");
    home.wait(1);
    assert_eq!(told(&mut home), 3);
}

#[test]
fn a_receipt_that_came_to_nothing_makes_the_entry_wait_again() {
    let mut home = Home::new();
    let (keeper, entry) = (home.keeper(), home.entry());
    home.event(Event::Connected(keeper));
    home.add(&entry);
    home.offers();
    let (position, proof) = home.receipt(&entry);
    home.answer(keeper, entry.id(), receipt(proof));
    home.event(Event::Passed(position));
    assert!(matches!(home.delivery.step(&entry.id()), Some(Step::Placed { .. })), "not there yet");
    // The home's own log goes past the place, and another entry stands there.
    home.event(Event::Passed(position.next()));
    assert_eq!(home.delivery.step(&entry.id()), Some(&Step::Waiting));
    assert_eq!(home.offers(), vec![(keeper, entry.id())]);
}

/// Delivers entries of others from here on, with a peer connected.
fn keep_for_others(home: &mut Home) {
    let open = home.log.log.chain.open().unwrap();
    let (term, node, signers) = (open.term, open.opening.node, open.signers());
    home.delivery = Delivery::of_others(home.log.log.cell(), peer(99));
    home.event(Event::Term { term, node, signers });
    home.event(Event::Connected(peer(1)));
}

#[test]
fn entries_of_others_go_to_the_keeper_alone_and_no_further() {
    let mut home = Home::new();
    let (keeper, entry) = (home.keeper(), home.entry());
    keep_for_others(&mut home);
    home.add(&entry);
    home.wait(ANNOUNCE_AFTER_MS * 2);
    assert_eq!(home.effects, vec![]);
    home.event(Event::Connected(keeper));
    let [Effect::Offer { peer, request, .. }] = &home.effects[..] else { panic!("{:?}", home.effects) };
    assert_eq!(*peer, keeper);
    assert!(matches!(**request, Request::Submit { passed_on: true, .. }));
}

#[test]
fn a_keeper_that_only_keeps_an_entry_for_another_is_not_asked_over_and_over() {
    let mut home = Home::new();
    let (keeper, entry) = (home.keeper(), home.entry());
    home.event(Event::Connected(keeper));
    home.event(Event::Connected(peer(1)));
    home.add(&entry);
    assert_eq!(home.offers(), vec![(keeper, entry.id())]);
    home.answer(keeper, entry.id(), Response::Kept);
    assert_eq!(home.offers(), vec![(peer(1), entry.id())], "its node does not keep the log now");
    home.answer(peer(1), entry.id(), Response::Kept);
    assert_eq!((handed(&home, &entry), home.offers()), (Some(2), vec![]));
    home.wait(REFUSED_RETRY_MS * 2);
    assert_eq!(home.offers(), vec![(keeper, entry.id())], "it may keep the log again");
    home.answer(keeper, entry.id(), Response::Kept);
    assert_eq!(home.offers(), vec![], "and is not asked again at once");
}

#[test]
fn entries_of_others_that_the_keeper_refuses_are_not_offered_at_once_again() {
    let mut home = Home::new();
    let (keeper, entry) = (home.keeper(), home.entry());
    keep_for_others(&mut home);
    home.event(Event::Connected(keeper));
    home.add(&entry);
    for answer in [Response::refused(Refusal::NOT_ADMISSIBLE), Response::Kept] {
        assert_eq!(home.offers(), vec![(keeper, entry.id())]);
        home.answer(keeper, entry.id(), answer);
        assert_eq!(home.offers(), vec![], "there is nobody else to turn to");
        home.wait(REFUSED_RETRY_MS * 2);
    }
}
