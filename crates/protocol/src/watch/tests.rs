//! The watch: a keeper that was replaced, or that forgot what it signed, steps down; nobody else makes it.

use super::*;
use crate::follower::Fault;
use crate::testing::{MemoryLog, peer};
use lifeboat_log::{SignedCheckpoint, Term};

fn handle(watch: &mut Watch, log: &MemoryLog, event: Event, now: u64) -> Vec<Effect> {
    watch.handle(event, log.log.cell(), log.log.chain.open().unwrap(), Time::from_ms(now))
}

fn tip(who: u8, checkpoint: &SignedCheckpoint) -> Event {
    Event::Tip { peer: peer(who), checkpoint: checkpoint.to_bytes() }
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
    assert_eq!(handle(&mut watch, &log, tip(1, &later), 2), [Effect::AskOpening(peer(1))]);
    let opening = |opened| Event::Opening { peer: peer(1), opened };
    assert!(handle(&mut watch, &log, opening(Opened::NotHeld), 3).is_empty());
    assert!(handle(&mut watch, &log, opening(Opened::Fault(Fault::NoOpening)), 4).is_empty());
    assert!(handle(&mut watch, &log, tip(1, &later), 5).is_empty(), "who lied is not asked for a while");
    let after = 5 + ASIDE_MS;
    assert!(handle(&mut watch, &log, tip(1, &later), after).contains(&Effect::AskOpening(peer(1))));
    let opened = opening(Opened::Back(Term::new(1, 0), Box::new(log.checkpoint(4))));
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
