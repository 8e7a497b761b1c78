//! The witness: what it refuses by name, and that nothing leaves that it did not promise.

use super::add_checkpoint::{AddCheckpoint, Answer};
use super::*;
use crate::testing::MemoryLog;
use lifeboat_log::checkpoint::check_cosignature;
use lifeboat_log::{ForeignLog, Given, Time, TreeHash};
use proptest::prelude::*;

const NOW: u64 = 1_800_000_000_000;

fn key() -> SecretKey {
    SecretKey::from_seed(&[42; 32])
}

fn clock(now: u64) -> Clock {
    Clock { now: Time::from_ms(now), skew_ms: 600_000, links: None }
}

fn links(last: u64, first_after: Option<u64>) -> Option<Links> {
    Some(Links { last: Time::from_ms(last), first_after: first_after.map(Time::from_ms) })
}

fn step(log: &MemoryLog, old: u64, size: u64) -> Step {
    let proof = if old < size { log.consistency(old, size) } else { vec![] };
    Step { old, proof, size, root: log.root(size) }
}

fn given(log: &MemoryLog, size: u64) -> Given {
    Given { size, root: log.root(size), seconds: NOW / 1000 }
}

#[test]
fn every_refusal_has_its_name() {
    let log = MemoryLog::grown(1, 12);
    let other = MemoryLog::grown(2, 12);
    let at5 = given(&log, 5);
    let ask = |step: &Step, clock: Clock| decide(Some(&at5), step, &clock).map(|given| given.size);
    let plain = clock(NOW + 1000);
    assert_eq!(decide(None, &step(&log, 0, 5), &plain).unwrap().size, 5);
    assert_eq!(ask(&step(&log, 5, 9), plain), Ok(9));
    assert_eq!(ask(&step(&log, 5, 5), plain), Ok(5));
    assert_eq!(ask(&Step { old: 9, ..step(&log, 5, 5) }, plain), Err(Refused::OldBeyond));
    assert_eq!(ask(&step(&log, 0, 9), plain), Err(Refused::NotLast { last: 5 }));
    assert_eq!(decide(None, &step(&log, 5, 9), &plain), Err(Refused::NotLast { last: 0 }));
    assert_eq!(ask(&step(&other, 5, 9), plain), Err(Refused::Inconsistent));
    assert_eq!(ask(&step(&other, 5, 5), plain), Err(Refused::Inconsistent));
    assert_eq!(ask(&Step { proof: vec![], ..step(&log, 5, 9) }, plain), Err(Refused::Inconsistent));
    let proof = vec![TreeHash::ZERO];
    assert_eq!(decide(None, &Step { proof, ..step(&log, 0, 5) }, &plain), Err(Refused::Inconsistent));
    let empty = |root| Step { old: 0, proof: vec![], size: 0, root };
    assert_eq!(decide(None, &empty(TreeHash::ZERO), &plain), Err(Refused::Inconsistent));
    assert!(decide(None, &empty(lifeboat_log::tree::empty_root()), &plain).is_ok());
}

#[test]
fn links_and_clocks_are_held_to_each_other() {
    let log = MemoryLog::grown(1, 12);
    let at5 = given(&log, 5);
    let ask = |now: u64, links| decide(Some(&at5), &step(&log, 5, 9), &Clock { links, ..clock(now) });
    let skew = 600_000;
    assert!(ask(NOW, links(NOW + skew, Some(NOW))).is_ok());
    assert_eq!(ask(NOW, links(NOW + skew + 1, Some(NOW))), Err(Refused::KeeperAhead));
    assert!(ask(NOW, links(NOW, Some(NOW - skew))).is_ok());
    assert_eq!(ask(NOW, links(NOW, Some(NOW - skew - 1))), Err(Refused::Backdated));
    assert_eq!(ask(NOW - skew - 1, links(NOW - skew - 1, None)), Err(Refused::ClockBack));
    // A clock that was set back a little gives no earlier time than before.
    assert_eq!(ask(NOW - skew, links(NOW, None)).unwrap().seconds, NOW / 1000);
    assert_eq!(decide(None, &step(&log, 0, 5), &clock(0)), Err(Refused::ClockBack));
}

#[test]
fn a_log_of_others_that_stands_still_is_cosigned_anew_now_and_then() {
    let log = MemoryLog::grown(1, 5);
    let at5 = given(&log, 5);
    let again =
        |ms, links| decide(Some(&at5), &step(&log, 5, 5), &Clock { links, ..clock(NOW + ms) }).unwrap();
    assert_eq!(again(599_000, None), at5);
    assert_eq!(again(600_000, None).seconds, NOW / 1000 + 600);
    assert_eq!(again(600_000, links(NOW, None)), at5);
}

#[test]
fn nothing_leaves_before_it_is_promised_and_a_failed_disk_is_read_again() {
    let log = MemoryLog::grown(1, 12);
    let mut witness = Witness::new(key(), None);
    let ask = |n, old, size| Event::Asked {
        ticket: Ticket(n),
        step: step(&log, old, size),
        text: log.checkpoint(size).text(),
        clock: clock(NOW),
    };
    let promise = given(&log, 5);
    assert_eq!(witness.handle(ask(1, 0, 5)), [Effect::Promise(promise)]);
    let busy = |n| Effect::Refuse { ticket: Ticket(n), why: Refused::Busy };
    assert_eq!(witness.handle(ask(2, 0, 5)), [busy(2)]);
    assert_eq!(witness.handle(Event::DiskFailed), [busy(1), Effect::Reread]);
    assert_eq!(witness.handle(ask(3, 0, 5)), [busy(3)]);
    assert_eq!(witness.handle(Event::Promised), []);
    // It was written after all: the answer is not given out of memory, but from there.
    assert_eq!(witness.handle(Event::Reread(Some(promise))), []);
    let refused = Effect::Refuse { ticket: Ticket(4), why: Refused::NotLast { last: 5 } };
    assert_eq!(witness.handle(ask(4, 0, 9)), [refused]);
    let lines: Vec<_> = (0..2).map(|n| witness.handle(ask(n, 5, 5))).collect();
    let Effect::Cosign { line, .. } = &lines[0][0] else { panic!("{lines:?}") };
    assert!(matches!(&lines[1][0], Effect::Cosign { line: again, .. } if again == line));
    let cosigned = check_cosignature(&log.checkpoint(5).text(), line, key().public()).unwrap();
    assert_eq!(cosigned.seconds, NOW / 1000);
}

#[test]
fn requests_over_http_get_the_answers_of_the_specification() {
    let log = MemoryLog::grown(1, 12);
    let origin = log.checkpoint(1).origin.to_string();
    let text = lifeboat_log::note::verifier_key(&origin, 1, &log.log.term_key.public().0);
    let known = ForeignLog::parse(&text).unwrap();
    let note = String::from_utf8(log.checkpoint(5).to_bytes()).unwrap();
    let read = |body: String| AddCheckpoint::parse(body.as_bytes());
    let request = read(format!("old 0\n\n{note}")).unwrap();
    assert_eq!(request.origin(), origin);
    let (asked, said) = request.verify(&known).unwrap();
    assert_eq!((asked, said), (step(&log, 0, 5), log.checkpoint(5).text()));
    let status = |body: String, log: &ForeignLog| read(body).unwrap().verify(log).unwrap_err().status;
    let other = ForeignLog { key: key().public(), ..known.clone() };
    assert_eq!(status(format!("old 0\n\n{note}"), &other), 403);
    let elsewhere = known.clone().with_origin("example.com/log").unwrap();
    assert_eq!(status(format!("old 0\n\n{note}"), &elsewhere), 404);
    for bad in ["", "garbage", "old 0\n", "old 00\n\nX", "old 0\nAAAA\n\nX", "old x\n\nX", "old 0\n\n"] {
        assert_eq!(read(bad.replace('X', &note)), None, "{bad:?}");
    }
    let hashes = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    assert!(read(format!("old 5\n{}\n{note}", hashes.repeat(63))).is_some());
    assert_eq!(read(format!("old 5\n{}\n{note}", hashes.repeat(64))), None);
    let sizes = Answer::refused(Refused::NotLast { last: 7 });
    assert_eq!((sizes.status, sizes.content_type, sizes.body.as_str()), (409, "text/x.tlog.size", "7\n"));
    assert_eq!(Answer::refused(Refused::OldBeyond).status, 400);
    assert_eq!(Answer::refused(Refused::Inconsistent).status, 422);
}

/// What is done to a witness in the property test.
#[derive(Debug, Clone)]
enum Act {
    Ask { branch: bool, size: u64 },
    Work,
    Fail { written: bool },
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (any::<bool>(), 1u64..14).prop_map(|(branch, size)| Act::Ask { branch, size }),
        4 => Just(Act::Work),
        1 => any::<bool>().prop_map(|written| Act::Fail { written }),
        1 => Just(Act::Restart),
    ]
}

proptest! {
    /// Two histories with one beginning are offered to a witness whose disk fails as it likes: all that it
    /// ever cosigns lies in one of them.
    #[test]
    fn two_histories_never_both_get_cosignatures(acts in prop::collection::vec(act(), 1..60)) {
        let whole = MemoryLog::grown(1, 13);
        let mut fork = MemoryLog::grown(1, 4);
        fork.records.extend((0..9u8).map(|n| { let entry = fork.log.entry(&[n]); fork.log.place(entry) }));
        let (mut witness, mut disk, mut asked) = (Witness::new(key(), None), None, None);
        let mut left: Vec<(u64, TreeHash)> = Vec::new();
        for (n, act) in acts.into_iter().enumerate() {
            let effects = match act {
                Act::Ask { branch, size } => {
                    let log = if branch { &whole } else { &fork };
                    let old = witness.given().map_or(0, |given| given.size).min(size);
                    let (ticket, text) = (Ticket(n as u64), log.checkpoint(size).text());
                    witness.handle(Event::Asked { ticket, step: step(log, old, size), text, clock: clock(NOW + n as u64 * 1000) })
                }
                Act::Work => match asked.take() {
                    Some(Effect::Promise(given)) => { disk = Some(given); witness.handle(Event::Promised) }
                    Some(Effect::Reread) => witness.handle(Event::Reread(disk)),
                    _ => vec![],
                },
                Act::Fail { written } => match asked.take() {
                    Some(Effect::Promise(given)) => {
                        if written { disk = Some(given); }
                        witness.handle(Event::DiskFailed)
                    }
                    Some(_) => witness.handle(Event::DiskFailed),
                    None => vec![],
                },
                Act::Restart => { asked = None; witness = Witness::new(key(), disk); vec![] }
            };
            for effect in effects {
                match effect {
                    Effect::Cosign { line, .. } => {
                        let given = disk.expect("promised before it leaves");
                        let holds = |log: &MemoryLog| given.size <= 13 && check_cosignature(&log.checkpoint(given.size).text(), &line, key().public()).is_ok();
                        prop_assert!(holds(&whole) || holds(&fork));
                        left.push((given.size, given.root));
                    }
                    Effect::Refuse { .. } => {}
                    wanted => { prop_assert!(asked.is_none()); asked = Some(wanted); }
                }
            }
        }
        let all_in = |log: &MemoryLog| left.iter().all(|(size, root)| log.root(*size) == *root);
        prop_assert!(all_in(&whole) || all_in(&fork), "{left:?}");
    }
}
