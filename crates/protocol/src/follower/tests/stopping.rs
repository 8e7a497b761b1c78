//! Where the term's key is proven to have signed what cannot be true: a follower stops there, goes on in a
//! later term, and makes records that do not hold into proof.

use super::*;
use lifeboat_log::testing::Leaves;
use lifeboat_log::{Checkpoint, KnownTerm, Origin};
use std::convert::Infallible;

fn stopped(log: &MemoryLog, held: usize, before: u64) -> Home {
    let checkpoint = (held > 0).then(|| log.checkpoint(held as u64));
    let mut home = Home::with(log, held, checkpoint);
    home.event(Event::Stop { term: Term::FIRST, before });
    home
}

#[test]
fn a_follower_takes_what_stands_before_the_misconduct_and_no_more() {
    let log = MemoryLog::grown(1, 29);
    for before in [17, 20, 1] {
        let mut home = stopped(&log, 0, before);
        home.meet(peer(1), &log.checkpoint(30));
        let (stream, _, ask) = home.asked().unwrap();
        home.feed(stream, log.frames(&ask, 30, 10));
        assert_eq!(home.stored, log.records[..before as usize]);
        assert!(home.follower.is_stopped() && home.follower.is_level());
        home.meet(peer(2), &log.checkpoint(30));
        home.wait(MAX_RETRY_MS);
        assert_eq!((home.asked(), home.put_aside()), (None, None));
    }
}

#[test]
fn a_follower_that_is_past_it_stays_where_it_is() {
    let log = MemoryLog::grown(1, 29);
    let mut home = stopped(&log, 20, 10);
    home.meet(peer(1), &log.checkpoint(30));
    assert_eq!((home.asked(), home.stored.len()), (None, 20));
    // An earlier misconduct counts, a later one does not.
    home.event(Event::Stop { term: Term::FIRST, before: 25 });
    assert!(home.follower.is_stopped());
}

#[test]
fn a_later_term_leads_past_it() {
    let log = MemoryLog::grown(1, 29);
    let mut home = stopped(&log, 5, 10);
    let origin = Origin { cell: log.log.cell(), term: Term::new(1, 0) };
    let taken_over = Checkpoint { origin, size: 3, root: TreeHash([1; 32]) }.sign(&log.log.node);
    home.meet(peer(1), &taken_over);
    home.event(Event::Opening { peer: peer(1), opened: Opened::Ahead(call(1)) });
    let (stream, _, ask) = home.asked().unwrap();
    home.feed(stream, log.frames(&ask, 30, 10));
    assert_eq!(home.stored.len(), 30, "all of the old term stands before the new one");
}

#[test]
fn a_follower_that_stopped_is_led_on_by_a_takeover_too() {
    let log = MemoryLog::grown(1, 29);
    let mut home = stopped(&log, 10, 10);
    home.meet(peer(1), &log.checkpoint(30));
    assert_eq!(home.asked(), None);
    let origin = Origin { cell: log.log.cell(), term: Term::new(1, 0) };
    home.meet(peer(2), &Checkpoint { origin, size: 3, root: TreeHash([1; 32]) }.sign(&log.log.node));
    home.event(Event::Opening { peer: peer(2), opened: Opened::Ahead(call(1)) });
    assert_eq!(home.asked().map(|(_, who, ask)| (who, ask.from)), Some((peer(2), Position(10))));
}

#[test]
fn a_false_misconduct_file_costs_the_peer_that_sent_it() {
    let log = MemoryLog::grown(1, 9);
    let mut home = Home::empty(&log);
    home.meet(peer(1), &log.checkpoint(10));
    home.event(Event::FalseEvidence { peer: peer(1), name: "NoContradiction" });
    assert_eq!(home.put_aside(), Some(&Fault::FalseEvidence("NoContradiction")));
    assert!(home.follower.is_aside(&peer(1), home.now));
}

#[test]
fn a_record_that_does_not_hold_under_a_signed_checkpoint_is_the_keepers_fault() {
    let log = MemoryLog::grown(1, 29);
    let mut records: Vec<Vec<u8>> = log.records.iter().map(Record::to_bytes).collect();
    records[12][250] ^= 1;
    let leaves = Leaves::of(&records);
    let origin = Origin { cell: log.log.cell(), term: Term::FIRST };
    let signed = Checkpoint { origin, size: 30, root: leaves.root(30) }.sign(&log.log.term_key);
    for (held, signed_by_keeper) in [(0usize, true), (8, true), (8, false)] {
        let mut home = Home::with(&log, held, (held > 0).then(|| log.checkpoint(held as u64)));
        home.meet(peer(1), &signed);
        let (stream, _, ask) = home.asked().unwrap();
        assert_eq!(ask.from.0, held as u64);
        let mut batch: Vec<Vec<u8>> = records[held..20].to_vec();
        if !signed_by_keeper {
            batch[1][200] ^= 1; // the peer's own doing
        }
        let under = Under {
            term: Term::FIRST,
            checkpoint: Bytes::new(signed.to_bytes()).unwrap(),
            known: held as u64,
            root: leaves.root(held as u64),
            proof: List::new(leaves.consistency(held as u64, 30)).unwrap(),
        };
        let batch = Batch {
            records: List::new(batch.into_iter().map(|record| Bytes::new(record).unwrap()).collect())
                .unwrap(),
            proof: List::new(leaves.consistency(20, 30)).unwrap(),
        };
        home.feed(stream, vec![RangeFrame::Under(under), RangeFrame::Batch(batch)]);
        let accused = home.effects.iter().find_map(|effect| match effect {
            Effect::Accuse(stretch) => Some(stretch.clone()),
            _ => None,
        });
        assert!(matches!(home.put_aside(), Some(Fault::Broken(_))));
        // What stands before it is proven as well, and kept.
        assert_eq!(home.stored.len(), if signed_by_keeper { 12 } else { held });
        let Some(stretch) = accused.filter(|_| signed_by_keeper) else {
            assert!(!signed_by_keeper, "the keeper is accused");
            continue;
        };
        assert_eq!(stretch.at, 12);
        let known = KnownTerm { origin, term_key: log.log.term_key.public(), witnesses: vec![], quorum: 0 };
        let node = |level, index| Ok::<_, Infallible>(leaves.node(level, index));
        let last = || Ok(records[..held].last().cloned());
        let Ok(charge) = stretch.charge(&known, node, last);
        assert!(charge.is_some());
    }
}
