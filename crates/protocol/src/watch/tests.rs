//! The watch: a keeper that was replaced, or that forgot what it signed, steps down; nobody else makes it.

use super::*;
use crate::follower::Fault;
use crate::testing::{MemoryLog, call, peer};
use lifeboat_log::{SignedCheckpoint, Term};

fn handle(watch: &mut Watch, log: &MemoryLog, event: Event, now: u64) -> Vec<Effect> {
    watch.handle(event, log.log.cell(), log.log.chain.open().unwrap(), Time::from_ms(now))
}

fn tip(who: u8, checkpoint: &SignedCheckpoint) -> Event {
    Event::Tip { peer: peer(who), checkpoint: checkpoint.to_bytes() }
}

fn asks(after: u16) -> Effect {
    Effect::AskOpening { peer: peer(1), after }
}

#[test]
fn a_peer_is_asked_when_it_comes_and_now_and_then() {
    let (log, mut watch) = (MemoryLog::grown(1, 9), Watch::default());
    assert_eq!(handle(&mut watch, &log, Event::Connected(peer(1)), 1), [Effect::AskTip(peer(1))]);
    assert!(handle(&mut watch, &log, Event::Tick, 2).is_empty());
    assert_eq!(watch.heard([peer(1)].iter()), 0);
    assert!(handle(&mut watch, &log, tip(1, &log.checkpoint(10)), 3).is_empty());
    assert_eq!(watch.heard([peer(1), peer(2)].iter()), 1);
    assert!(handle(&mut watch, &log, Event::Tick, 4).is_empty());
    let later = handle(&mut watch, &log, Event::Tick, 4 + WATCH_EVERY_MS);
    assert_eq!(later, [Effect::AskTip(peer(1))]);
    assert_eq!(
        handle(&mut watch, &log, Event::Tick, 5 + WATCH_EVERY_MS + PATIENCE_MS),
        [Effect::AskTip(peer(1))]
    );
}

#[test]
fn a_later_era_is_looked_into_before_anything_is_believed() {
    let (log, mut watch) = (MemoryLog::grown(1, 9), Watch::default());
    handle(&mut watch, &log, Event::Connected(peer(1)), 1);
    let mut later = *log.checkpoint(3).checkpoint();
    later.origin.term = Term::new(1, 0);
    let later = later.sign(&log.log.node);
    assert_eq!(handle(&mut watch, &log, tip(1, &later), 2), [asks(0)]);
    let opening = |opened| Event::Opening { peer: peer(1), opened };
    assert!(handle(&mut watch, &log, opening(Opened::NotHeld), 3).is_empty());
    assert!(handle(&mut watch, &log, opening(Opened::Fault(Fault::NoOpening)), 4).is_empty());
    assert!(handle(&mut watch, &log, tip(1, &later), 5).is_empty(), "who lied is not asked for a while");
    let after = 5 + ASIDE_MS;
    assert!(handle(&mut watch, &log, tip(1, &later), after).contains(&asks(0)));
    let opened = opening(Opened::Back(call(1), Box::new(log.checkpoint(4))));
    assert!(handle(&mut watch, &log, opened, after).contains(&Effect::StepDown(Why::TakenOver)));
}

#[test]
fn a_keeper_that_forgot_what_it_signed_steps_down_for_its_own_signature_alone() {
    let long = MemoryLog::grown(1, 19);
    let (short, mut watch) = (MemoryLog::grown(1, 9), Watch::default());
    handle(&mut watch, &short, Event::Connected(peer(1)), 1);
    let forged = long.checkpoint(20).checkpoint().sign(&short.log.node);
    assert!(handle(&mut watch, &short, tip(1, &forged), 2).is_empty());
    assert!(handle(&mut watch, &short, tip(1, &short.checkpoint(10)), 3).is_empty());
    assert_eq!(
        handle(&mut watch, &short, tip(1, &long.checkpoint(20)), 4),
        [Effect::StepDown(Why::Behind(20))]
    );
}

#[test]
fn the_keeper_of_the_opening_that_is_not_witnessed_steps_down() {
    let (cell, base) = crate::testing::taken_over("wren");
    let (other, record) = crate::testing::rival("finch");
    let mut watch = Watch::default();
    let mut handle =
        |event, now| watch.handle(event, cell.cell(), cell.chain.open().unwrap(), Time::from_ms(now));
    handle(Event::Connected(peer(1)), 1);
    let told = || Event::Tip { peer: peer(1), checkpoint: other.to_bytes() };
    let opening = |opened| Event::Opening { peer: peer(1), opened };
    assert_eq!(handle(told(), 2), [asks(0)]);
    assert!(handle(opening(Opened::Rival(Box::new(record.clone()))), 3).is_empty(), "it goes on");
    assert!(handle(told(), 4).is_empty(), "it is no more witnessed than before");
    let forged = other.checkpoint().sign(&lifeboat_log::SecretKey::from_seed(&[5; 32]));
    let forged = Event::Tip { peer: peer(1), checkpoint: forged.to_bytes() };
    assert_eq!(handle(forged.clone(), 5), [asks(0)]);
    assert!(handle(opening(Opened::Fault(Fault::OtherBranch)), 6).is_empty());
    assert!(handle(forged, 7).is_empty(), "who lied is not asked for a while");
    let after = 8 + ASIDE_MS;
    handle(told(), after);
    // A later era that goes on from the other opening: that one is looked into first.
    assert_eq!(handle(opening(Opened::Across(1)), after), [asks(0)]);
    assert_eq!(handle(opening(Opened::Rival(Box::new(record))), after), [asks(1)]);
    let back = opening(Opened::Back(call(1), Box::new(base)));
    assert!(handle(back, after).contains(&Effect::StepDown(Why::TakenOver)));
}
