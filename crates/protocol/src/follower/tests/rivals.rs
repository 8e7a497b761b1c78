//! Rivals, as a follower meets them: who tells a checkpoint of another opening of the same era is asked for
//! that opening, and put aside when it has none.

use super::*;
use crate::testing::rival;
use lifeboat_commons::testing::TestCell;
use lifeboat_log::Call;

/// A home that holds a log of era 1, its newest checkpoint, and the base of the era.
fn home() -> (Home, TestCell, SignedCheckpoint, SignedCheckpoint) {
    let (cell, base) = crate::testing::taken_over("wren");
    let mut chain = Chain::new(cell.cell());
    cell.records().iter().for_each(|record| chain.extend(record).unwrap());
    let checkpoint = cell.checkpoint();
    let home = Home::holding(chain, Some(checkpoint.clone()));
    (home, cell, checkpoint, base)
}

fn asked_after(home: &mut Home) -> Vec<(PublicKey, u16)> {
    let effects = std::mem::take(&mut home.effects);
    let asked = effects.iter().filter_map(|effect| match effect {
        Effect::AskOpening { peer, after } => Some((*peer, *after)),
        _ => None,
    });
    let asked = asked.collect();
    home.effects = effects.into_iter().filter(|e| !matches!(e, Effect::AskOpening { .. })).collect();
    asked
}

/// A checkpoint of the open term by a key that is not the term's.
fn strange(checkpoint: &SignedCheckpoint, n: u8) -> SignedCheckpoint {
    checkpoint.checkpoint().sign(&lifeboat_log::SecretKey::from_seed(&[n; 32]))
}

fn answer(home: &mut Home, opened: Opened) {
    home.event(Event::Opening { peer: peer(1), opened });
}

#[test]
fn a_checkpoint_of_another_opening_is_looked_into_and_nothing_taken_before() {
    let (mut home, _, checkpoint, base) = home();
    home.meet(peer(1), &strange(&checkpoint, 72));
    assert_eq!((asked_after(&mut home), home.put_aside()), (vec![(peer(1), 0)], None));
    assert!(home.follower.look(&peer(1)).is_strange());
    assert_eq!(home.asked(), None);
    answer(&mut home, Opened::Back(call(1), Box::new(base.clone())));
    assert!(home.effects.contains(&Effect::CutBack(Box::new(base))));
    assert!(!home.follower.look(&peer(1)).is_strange());
}

#[test]
fn after_one_was_chosen_the_other_is_not_followed_again() {
    let (mut home, cell, checkpoint, base) = home();
    home.meet(peer(1), &strange(&checkpoint, 72));
    answer(&mut home, Opened::Back(call(1), Box::new(base.clone())));
    let mut chain = Chain::new(cell.cell());
    let stands = cell.records().iter().filter(|record| record.link().term.era() == 0);
    stands.for_each(|record| chain.extend(record).unwrap());
    home.event(Event::Reopened(Box::new(Held { chain, checkpoint: Some(base.clone()) })));
    assert_eq!(home.asked().map(|(_, who, _)| who), Some(peer(1)));
    home.event(Event::Disconnected(peer(1)));
    asked_after(&mut home);
    home.meet(peer(2), &checkpoint);
    assert_eq!(asked_after(&mut home), [(peer(2), 0)]);
    let other = Call { node: peer(9), ..call(1) };
    for opened in [Opened::Ahead(other), Opened::Back(other, Box::new(base))] {
        home.effects.clear();
        home.event(Event::Opening { peer: peer(2), opened });
        home.wait(MAX_RETRY_MS);
        assert_eq!((home.asked(), home.put_aside()), (None, None));
        assert!(!home.effects.iter().any(|effect| matches!(effect, Effect::CutBack(_))));
    }
    home.event(Event::Opening { peer: peer(2), opened: Opened::Ahead(call(1)) });
    assert_eq!(home.asked().map(|(_, who, _)| who), Some(peer(2)), "it has moved over meanwhile");
}

#[test]
fn who_shows_no_opening_for_it_is_put_aside_the_second_time() {
    for opened in [Opened::Same, Opened::NotHeld] {
        let (mut home, _, checkpoint, _) = home();
        home.meet(peer(1), &strange(&checkpoint, 72));
        answer(&mut home, opened.clone());
        assert_eq!(home.put_aside(), None, "it may have moved over in that moment");
        home.event(Event::Tip { peer: peer(1), checkpoint: strange(&checkpoint, 72).to_bytes() });
        answer(&mut home, opened);
        let missing = Fault::Checkpoint(BadCheckpoint::MissingSignature);
        assert_eq!(home.put_aside(), Some(&missing));
        assert!(home.follower.is_aside(&peer(1), home.now));
    }
}

#[test]
fn in_the_first_era_and_for_a_note_that_is_too_long_nothing_is_looked_into() {
    let log = MemoryLog::grown(1, 9);
    let mut first = Home::with(&log, 10, Some(log.checkpoint(10)));
    first.meet(peer(1), &strange(&log.checkpoint(10), 72));
    assert!(first.put_aside().is_some() && asked_after(&mut first).is_empty());
    let (mut home, _, checkpoint, _) = home();
    let mut long = strange(&checkpoint, 72).to_bytes();
    let line = long.split(|b| *b == b'\n').rev().nth(1).unwrap().to_vec();
    while long.len() <= lifeboat_log::limits::MAX_BASE_NOTE {
        long.extend_from_slice(&line);
        long.push(b'\n');
    }
    home.event(Event::Connected(peer(1)));
    home.event(Event::Tip { peer: peer(1), checkpoint: long });
    assert!(home.put_aside().is_some() && asked_after(&mut home).is_empty());
}

#[test]
fn a_rival_that_holds_is_stayed_away_from_and_its_peer_is_not_blamed() {
    let (mut home, _, checkpoint, _) = home();
    let (other, record) = rival("finch");
    home.meet(peer(1), &other);
    assert_eq!(asked_after(&mut home), [(peer(1), 0)]);
    answer(&mut home, Opened::Rival(Box::new(record)));
    home.event(Event::Tip { peer: peer(1), checkpoint: other.to_bytes() });
    assert_eq!((asked_after(&mut home), home.asked(), home.put_aside()), (vec![], None, None));
    // It has moved over: it is as any other.
    home.event(Event::Tip { peer: peer(1), checkpoint: checkpoint.to_bytes() });
    assert!(!home.follower.look(&peer(1)).knows_rival());
}

#[test]
fn a_later_era_that_leads_nowhere_costs_its_peer() {
    let (mut home, _, checkpoint, base) = home();
    let mut later = *checkpoint.checkpoint();
    later.origin.term = Term::new(2, 0);
    let later = later.sign(&lifeboat_log::SecretKey::from_seed(&[73; 32]));
    home.meet(peer(1), &later);
    assert_eq!(asked_after(&mut home), [(peer(1), 1)]);
    answer(&mut home, Opened::Across(1));
    assert_eq!(asked_after(&mut home), [(peer(1), 0)], "the rival that it goes on from");
    let (_, record) = rival("finch");
    answer(&mut home, Opened::Rival(Box::new(record)));
    assert_eq!(asked_after(&mut home), [(peer(1), 1)], "and then the later one again");
    answer(&mut home, Opened::Back(call(2), Box::new(base.clone())));
    assert!(home.effects.contains(&Effect::CutBack(Box::new(base))));
    let (mut home, ..) = self::home();
    home.meet(peer(1), &later);
    answer(&mut home, Opened::Across(1));
    answer(&mut home, Opened::Across(1));
    assert_eq!(home.put_aside(), Some(&Fault::OtherBranch));
}
