//! Takeovers, as a follower meets them: it asks for the opening before it follows into a later era, goes
//! back when it must, and takes nothing of an older era from anyone afterwards.

use super::*;
use lifeboat_commons::Reason;

fn asked_opening(home: &Home) -> Vec<PublicKey> {
    let asked = |effect: &Effect| match effect {
        Effect::AskOpening { peer, .. } => Some(*peer),
        _ => None,
    };
    home.effects.iter().filter_map(asked).collect()
}

/// A checkpoint of another term, as a peer that stands in it tells; nobody can check its signature here.
fn of_era(log: &MemoryLog, era: u16, size: u64) -> SignedCheckpoint {
    let mut checkpoint = *log.checkpoint(size).checkpoint();
    checkpoint.origin.term = Term::new(era, 0);
    checkpoint.sign(&log.log.node)
}

#[test]
fn a_later_era_is_not_followed_before_its_opening_is_known() {
    let log = MemoryLog::grown(1, 29);
    let mut home = Home::with(&log, 10, Some(log.checkpoint(10)));
    home.meet(peer(1), &of_era(&log, 1, 2));
    assert_eq!((asked_opening(&home), home.asked()), (vec![peer(1)], None));
    home.event(Event::Opening { peer: peer(1), opened: Opened::NotHeld });
    assert_eq!(home.asked(), None);
    home.wait(MAX_RETRY_MS);
    assert_eq!(asked_opening(&home).len(), 2, "asked again later");
    home.event(Event::Opening { peer: peer(1), opened: Opened::Ahead(call(1)) });
    let (_, who, ask) = home.asked().unwrap();
    assert_eq!((who, ask.from), (peer(1), Position(10)));
}

#[test]
fn while_all_of_a_log_is_set_aside_no_opening_is_asked_for() {
    let log = MemoryLog::grown(1, 29);
    let mut home = Home::with(&log, 20, Some(log.checkpoint(20)));
    home.meet(peer(1), &of_era(&log, 1, 2));
    home.event(Event::Opening { peer: peer(1), opened: Opened::Anew(call(1)) });
    assert!(home.effects.contains(&Effect::CutAll));
    let before = asked_opening(&home).len();
    home.wait(MAX_RETRY_MS);
    assert_eq!(asked_opening(&home).len(), before, "it would be judged on a log that is not there any more");
    let held = Held { chain: Chain::new(log.log.cell()), checkpoint: None };
    home.event(Event::Reopened(Box::new(held)));
    assert_eq!(home.asked().map(|(_, who, ask)| (who, ask.from)), Some((peer(1), Position(0))));
}

#[test]
fn who_leads_on_is_asked_rather_than_who_stands_still() {
    let log = MemoryLog::grown(1, 29);
    let mut home = Home::with(&log, 10, Some(log.checkpoint(10)));
    home.meet(peer(1), &of_era(&log, 1, 2));
    home.event(Event::Opening { peer: peer(1), opened: Opened::Ahead(call(1)) });
    let (stream, _, _) = home.asked().unwrap();
    home.event(Event::Closed(stream));
    for n in 2..9 {
        home.meet(peer(n), &log.checkpoint(30));
    }
    home.wait(MAX_RETRY_MS);
    assert_eq!(home.asked().map(|(_, who, _)| who), Some(peer(1)));
}

#[test]
fn a_follower_past_the_base_goes_back_and_takes_nothing_older_any_more() {
    let log = MemoryLog::grown(1, 29);
    let mut home = Home::with(&log, 20, Some(log.checkpoint(20)));
    home.meet(peer(1), &log.checkpoint(30));
    let (stream, _, _) = home.asked().unwrap();
    home.meet(peer(2), &of_era(&log, 1, 2));
    let base = Box::new(log.checkpoint(8));
    let opened = Opened::Back(call(1), base.clone());
    home.event(Event::Opening { peer: peer(2), opened: opened.clone() });
    assert!(home.effects.contains(&Effect::CloseRange(stream)));
    assert!(home.effects.contains(&Effect::CutBack(base.clone())));
    // Until the log is open again nothing is asked, and the same answer again changes nothing.
    home.effects.clear();
    home.event(Event::Opening { peer: peer(2), opened });
    assert!(!home.effects.iter().any(|effect| matches!(effect, Effect::CutBack(_))));
    let mut chain = Chain::new(log.log.cell());
    log.records[..8].iter().for_each(|record| chain.extend(record).unwrap());
    home.event(Event::Reopened(Box::new(Held { chain, checkpoint: Some(*base) })));
    assert_eq!(home.asked().map(|(_, who, ask)| (who, ask.from)), Some((peer(2), Position(8))));
    home.event(Event::Tip { peer: peer(1), checkpoint: log.checkpoint(30).to_bytes() });
    home.event(Event::Disconnected(peer(2)));
    home.wait(MAX_RETRY_MS);
    assert_eq!(home.asked().map(|(_, who, _)| who), None, "the old keeper's tail is not taken in again");
    home.meet(peer(2), &of_era(&log, 1, 2));
    home.event(Event::Opening { peer: peer(2), opened: Opened::Ahead(call(1)) });
    assert_eq!(home.asked().map(|(_, who, ask)| (who, ask.from)), Some((peer(2), Position(8))));
}

#[test]
fn an_opening_that_does_not_hold_puts_its_peer_aside() {
    let log = MemoryLog::grown(1, 29);
    let mut home = Home::with(&log, 10, Some(log.checkpoint(10)));
    home.meet(peer(1), &of_era(&log, 1, 2));
    home.event(Event::Opening { peer: peer(1), opened: Opened::Fault(Fault::OtherBranch) });
    assert_eq!(home.put_aside(), Some(&Fault::OtherBranch));
    assert!(home.follower.is_aside(&peer(1), home.now));
}

#[test]
fn a_term_without_a_right_is_not_stored_and_its_peer_is_put_aside() {
    let log = MemoryLog::grown(1, 29);
    let mut home = Home::with(&log, 10, Some(log.checkpoint(10)));
    home.meet(peer(1), &log.checkpoint(30));
    let (stream, _, ask) = home.asked().unwrap();
    home.feed(stream, log.frames(&ask, 30, 10)[..2].to_vec());
    home.event(Event::Unjust(Reason::NoRight));
    assert_eq!(home.put_aside(), Some(&Fault::Unjust(Reason::NoRight)));
    assert!(home.effects.contains(&Effect::Reopen));
}

proptest::proptest! {
    /// Whatever peers say and answer, in any order, nothing panics and one log is opened at a time.
    #[test]
    fn any_order_of_eras(steps in proptest::collection::vec((0u8..7, 1u8..4, 0u16..4, 1u64..30), 0..60)) {
        let log = MemoryLog::grown(1, 29);
        let mut home = Home::with(&log, 10, Some(log.checkpoint(10)));
        for (step, who, era, size) in steps {
            match step {
                0 => home.event(Event::Connected(peer(who))),
                1 => home.event(Event::Disconnected(peer(who))),
                2 => home.event(Event::Tip { peer: peer(who), checkpoint: of_era(&log, era, size).to_bytes() }),
                3 => home.event(Event::Opening { peer: peer(who), opened: Opened::Ahead(call(era)) }),
                4 => {
                    let base = Box::new(log.checkpoint(size));
                    home.event(Event::Opening { peer: peer(who), opened: Opened::Back(call(era), base) });
                }
                5 => home.event(Event::Opening { peer: peer(who), opened: Opened::NotHeld }),
                _ => home.wait(size * 1_000),
            }
            let opened = home.effects.iter().filter(|e| matches!(e, Effect::OpenRange { .. })).count();
            let closed = home.effects.iter().filter(|e| matches!(e, Effect::CloseRange(_))).count();
            proptest::prop_assert!(opened <= closed + 60);
        }
    }
}
