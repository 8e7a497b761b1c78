//! The follower: what it asks, what it takes in, and whom it puts aside.

mod any_order;
mod cosigning;
mod eras;
mod rivals;
mod stopping;

use super::*;
use crate::limits::{ASIDE_MS, MAX_RETRY_MS, PATIENCE_MS};
use crate::range::{Batch, RangeFrame, ReadFrame, Under};
use crate::refusal::Refusal;
use crate::takeover::Opened;
use crate::testing::{MemoryLog, call, peer};
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::{Detail, DetailTag, Founding, Record, TreeHash};

/// A follower with a disk that does at once what it is asked, unless a test says otherwise.
struct Home {
    follower: Follower,
    now: Time,
    entropy: u64,
    stored: Vec<Record>,
    checkpoint: Option<SignedCheckpoint>,
    effects: Vec<Effect>,
    disk_fails: bool,
    /// The streams that were opened and not closed.
    streams: Vec<StreamId>,
}

impl Home {
    fn empty(log: &MemoryLog) -> Self {
        Self::with(log, 0, None)
    }

    /// A home that holds the first `count` records.
    fn with(log: &MemoryLog, count: usize, checkpoint: Option<SignedCheckpoint>) -> Self {
        let mut chain = Chain::new(log.log.cell());
        let stored = log.records[..count].to_vec();
        stored.iter().for_each(|record| chain.extend(record).unwrap());
        Self { stored, ..Self::holding(chain, checkpoint) }
    }

    /// A home whose log stands so.
    fn holding(chain: Chain, checkpoint: Option<SignedCheckpoint>) -> Self {
        let follower = Follower::new(peer(99), Held { chain, checkpoint: checkpoint.clone() });
        let (now, stored, effects) = (Time::from_ms(1_000_000), Vec::new(), Vec::new());
        let (disk_fails, streams) = (false, Vec::new());
        Self { follower, now, entropy: 7, stored, checkpoint, effects, disk_fails, streams }
    }

    fn event(&mut self, event: Event) {
        // The upper bits: the lowest of such numbers take turns, and the same peer would be chosen for ever.
        self.entropy = self.entropy.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let entropy = self.entropy >> 32;
        if let Event::Closed(stream) = event {
            self.streams.retain(|open| *open != stream);
        }
        let mut queue: VecDeque<_> = self.follower.handle(event, self.now, entropy).into();
        while let Some(effect) = queue.pop_front() {
            let answer = match &effect {
                Effect::Persist { .. } if self.disk_fails => Some(Event::DiskFailed),
                Effect::Persist { records, checkpoint } => {
                    self.stored.extend(records.iter().cloned());
                    self.checkpoint = checkpoint.as_deref().cloned().or(self.checkpoint.take());
                    Some(Event::Persisted { missing: vec![] })
                }
                Effect::OpenRange { stream, .. } => {
                    self.streams.push(*stream);
                    None
                }
                Effect::CloseRange(stream) => {
                    self.streams.retain(|open| open != stream);
                    None
                }
                _ => None,
            };
            self.effects.push(effect);
            let more = answer.map(|answer| self.follower.handle(answer, self.now, entropy));
            queue.extend(more.into_iter().flatten());
        }
        let open: Vec<StreamId> = self.follower.stream().into_iter().collect();
        assert_eq!(self.streams, open, "a stream that the machine gave up is closed");
    }

    /// A peer that is connected and says to hold so much.
    fn meet(&mut self, who: PublicKey, checkpoint: &SignedCheckpoint) {
        self.event(Event::Connected(who));
        self.event(Event::Tip { peer: who, checkpoint: checkpoint.to_bytes() });
    }

    /// The newest question for a range that was not taken yet.
    fn asked(&mut self) -> Option<(StreamId, PublicKey, RangeAsk)> {
        let found = self.effects.iter().rposition(|effect| matches!(effect, Effect::OpenRange { .. }))?;
        let Effect::OpenRange { stream, peer, ask } = self.effects.remove(found) else { return None };
        Some((stream, peer, ask))
    }

    fn feed(&mut self, stream: StreamId, frames: Vec<RangeFrame>) {
        for frame in frames {
            self.event(Event::Frame { stream, frame: Box::new(ReadFrame::read(frame)) });
        }
    }

    fn put_aside(&self) -> Option<&Fault> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::PutAside { fault, .. } => Some(fault),
            _ => None,
        })
    }

    fn wait(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.event(Event::Tick);
    }
}

#[test]
fn a_follower_catches_up_from_nothing_and_then_takes_what_is_new() {
    let log = MemoryLog::grown(1, 99);
    let mut home = Home::empty(&log);
    home.meet(peer(1), &log.checkpoint(60));
    let (stream, who, ask) = home.asked().unwrap();
    assert_eq!((who, ask.from), (peer(1), Position(0)));
    home.feed(stream, log.frames(&ask, 60, 25));
    assert_eq!((home.stored.len(), home.checkpoint.clone()), (60, Some(log.checkpoint(60))));
    assert!(home.follower.is_level());
    home.event(Event::Tip { peer: peer(1), checkpoint: log.checkpoint(100).to_bytes() });
    let (stream, _, ask) = home.asked().unwrap();
    assert_eq!(ask.from, Position(60));
    home.feed(stream, log.frames(&ask, 100, 25));
    assert_eq!(home.stored, log.records);
    assert_eq!(home.follower.checkpoint(), Some(&log.checkpoint(100)));
    assert_eq!(home.put_aside(), None);
}

#[test]
fn an_interruption_loses_nothing_and_another_peer_goes_on() {
    let log = MemoryLog::grown(1, 99);
    let mut home = Home::empty(&log);
    home.meet(peer(1), &log.checkpoint(100));
    let (stream, _, ask) = home.asked().unwrap();
    home.feed(stream, log.frames(&ask, 100, 20)[..3].to_vec());
    assert_eq!((home.stored.len(), home.checkpoint.clone()), (40, None));
    home.event(Event::Disconnected(peer(1)));
    assert_eq!(home.asked(), None);
    home.meet(peer(2), &log.checkpoint(100));
    let (stream, who, ask) = home.asked().unwrap();
    assert_eq!((who, ask.from), (peer(2), Position(40)));
    home.feed(stream, log.frames(&ask, 100, 100));
    assert_eq!(home.stored, log.records);
}

#[test]
fn a_stream_that_says_nothing_is_given_up_and_tried_again_later() {
    let log = MemoryLog::grown(1, 9);
    let mut home = Home::empty(&log);
    home.meet(peer(1), &log.checkpoint(10));
    let (stream, _, ask) = home.asked().unwrap();
    home.wait(PATIENCE_MS);
    assert!(home.effects.contains(&Effect::CloseRange(stream)));
    assert_eq!(home.asked(), None, "not at once");
    home.feed(stream, log.frames(&ask, 10, 5));
    assert!(home.stored.is_empty(), "what comes of a closed stream is not looked at");
    home.wait(MAX_RETRY_MS);
    let (stream, _, ask) = home.asked().unwrap();
    home.feed(stream, log.frames(&ask, 10, 5));
    assert_eq!(home.stored, log.records);
}

#[test]
fn who_sends_what_does_not_hold_is_put_aside_and_nothing_is_kept() {
    let log = MemoryLog::grown(1, 29);
    let other = MemoryLog::grown(2, 29);
    let flip = |frame: &RangeFrame| {
        let RangeFrame::Batch(batch) = frame else { panic!("a batch") };
        let mut records: Vec<Vec<u8>> = batch.records.iter().map(|r| r.to_vec()).collect();
        records[3][150] ^= 1;
        let records = records.into_iter().map(|r| Bytes::new(r).unwrap()).collect();
        RangeFrame::Batch(Batch { records: List::new(records).unwrap(), proof: batch.proof.clone() })
    };
    let ask = RangeAsk { cell: log.log.cell(), term: Term::FIRST, from: Position(0) };
    let good = log.frames(&ask, 30, 10);
    let mut longer = good[2].clone();
    if let RangeFrame::Batch(batch) = &mut longer {
        batch.proof = List::new(vec![TreeHash::ZERO]).unwrap();
    }
    let cases: Vec<(&str, Vec<RangeFrame>)> = vec![
        ("a record with a flipped bit", vec![good[0].clone(), flip(&good[1])]),
        ("a log of another cell", other.frames(&ask, 30, 10)),
        ("records before their checkpoint", vec![good[1].clone()]),
        ("records that leave a gap", vec![good[0].clone(), good[2].clone()]),
        ("records that are not proven", vec![good[0].clone(), good[1].clone(), longer]),
        ("two checkpoints and no records", vec![good[0].clone(), good[0].clone()]),
        (
            "an empty batch",
            vec![
                good[0].clone(),
                RangeFrame::Batch(Batch { records: List::default(), proof: List::default() }),
            ],
        ),
        ("a checkpoint that its keeper did not sign", {
            let mut forged = good.clone();
            if let RangeFrame::Under(under) = &mut forged[0] {
                let note = log.checkpoint(30).checkpoint().sign(&other.log.term_key);
                under.checkpoint = Bytes::new(note.to_bytes()).unwrap();
            }
            forged
        }),
    ];
    for (what, frames) in cases {
        let mut home = Home::empty(&log);
        home.meet(peer(1), &log.checkpoint(30));
        let (stream, _, _) = home.asked().unwrap();
        home.feed(stream, frames);
        let fault = home.put_aside().unwrap_or_else(|| panic!("{what} was not noticed"));
        assert!(!fault.to_string().is_empty());
        assert!(home.follower.is_aside(&peer(1), home.now), "{what}");
        assert_eq!(home.stored[..], log.records[..home.stored.len()], "{what}");
        // Another peer serves at once; the liar is asked again only after a while.
        home.meet(peer(2), &log.checkpoint(30));
        let (stream, who, ask) = home.asked().unwrap();
        assert_eq!(who, peer(2), "{what}");
        home.feed(stream, log.frames(&ask, 30, 10));
        assert_eq!(home.stored, log.records, "{what}");
        home.wait(ASIDE_MS);
        assert!(!home.follower.is_aside(&peer(1), home.now));
    }
}

/// Two logs that one keeper signed: the same founding, then other entries.
fn forked() -> (MemoryLog, MemoryLog) {
    let one = MemoryLog::grown(1, 19);
    let mut other = MemoryLog::grown(1, 4);
    for _ in 0..15 {
        let entry = other.log.entry(b"another order");
        other.records.push(other.log.place(entry));
    }
    (one, other)
}

#[test]
fn a_checkpoint_of_the_same_size_and_another_root_raises_the_alarm_once() {
    let (one, other) = forked();
    let mut home = Home::with(&one, 20, Some(one.checkpoint(20)));
    home.meet(peer(1), &other.checkpoint(20));
    home.event(Event::Tip { peer: peer(1), checkpoint: other.checkpoint(20).to_bytes() });
    let alarms = home.effects.iter().filter(|effect| matches!(effect, Effect::Alarm(_))).count();
    assert_eq!((alarms, home.put_aside()), (1, Some(&Fault::Contradicts)));
    assert!(home.follower.evidence()[0].is_misconduct());
}

#[test]
fn a_longer_log_of_another_order_raises_the_alarm_and_is_not_kept() {
    let (one, other) = forked();
    for held in [8, 10] {
        let mut home = Home::with(&one, held, Some(one.checkpoint(held as u64)));
        home.meet(peer(1), &other.checkpoint(20));
        let (stream, _, ask) = home.asked().unwrap();
        home.feed(stream, other.frames(&ask, 20, 100));
        let alarm = &home.follower.evidence()[0];
        assert!(alarm.is_misconduct());
        assert_eq!((alarm.size, alarm.root), (held as u64, one.root(held as u64)));
        assert_eq!(alarm.other_root, other.root(held as u64));
        assert_eq!(home.stored.len(), held);
    }
}

#[test]
fn a_checkpoint_that_was_lost_is_stored_though_no_record_is_lacking() {
    let log = MemoryLog::grown(1, 19);
    let mut home = Home::with(&log, 20, Some(log.checkpoint(15)));
    home.meet(peer(1), &log.checkpoint(20));
    assert_eq!((home.asked(), home.checkpoint.clone()), (None, Some(log.checkpoint(20))));
    assert_eq!(home.stored.len(), 20);
}

#[test]
fn a_tail_that_is_not_the_keepers_is_given_up() {
    let (one, other) = forked();
    let mut home = Home::with(&one, 12, Some(one.checkpoint(3)));
    home.meet(peer(1), &other.checkpoint(20));
    let (stream, _, ask) = home.asked().unwrap();
    home.feed(stream, other.frames(&ask, 20, 100));
    assert_eq!((home.effects.contains(&Effect::CutTail), home.put_aside()), (true, None));
    let mut chain = Chain::new(one.log.cell());
    home.stored.truncate(3);
    home.stored.iter().for_each(|record| chain.extend(record).unwrap());
    let checkpoint = home.checkpoint.clone();
    home.event(Event::Reopened(Box::new(Held { chain, checkpoint })));
    let (stream, _, ask) = home.asked().unwrap();
    home.feed(stream, other.frames(&ask, 20, 100));
    assert_eq!(home.stored, other.records);
}

#[test]
fn a_peer_with_less_is_not_asked_again_and_not_blamed() {
    let log = MemoryLog::grown(1, 19);
    let mut home = Home::with(&log, 10, Some(log.checkpoint(10)));
    home.meet(peer(1), &log.checkpoint(20));
    let (stream, _, ask) = home.asked().unwrap();
    home.feed(stream, log.frames(&ask, 10, 100));
    assert_eq!((home.asked(), home.put_aside()), (None, None));
    assert!(home.follower.is_level());
    home.meet(peer(2), &log.checkpoint(5));
    assert_eq!(home.asked(), None);
}

#[test]
fn what_a_peer_says_while_its_range_is_open_is_not_forgotten_at_the_end_of_it() {
    let log = MemoryLog::grown(1, 29);
    let mut home = Home::with(&log, 10, Some(log.checkpoint(10)));
    home.meet(peer(1), &log.checkpoint(20));
    let (stream, _, ask) = home.asked().unwrap();
    let frames = log.frames(&ask, 20, 100);
    home.feed(stream, frames[..frames.len() - 1].to_vec());
    home.event(Event::Tip { peer: peer(1), checkpoint: log.checkpoint(30).to_bytes() });
    home.feed(stream, frames[frames.len() - 1..].to_vec());
    assert_eq!(home.asked().unwrap().2.from, Position(20));
}

#[test]
fn a_refused_range_is_tried_again_later() {
    let log = MemoryLog::grown(1, 9);
    let mut home = Home::empty(&log);
    home.meet(peer(1), &log.checkpoint(10));
    let (stream, _, _) = home.asked().unwrap();
    home.feed(stream, vec![RangeFrame::Refused(Refusal::new(Refusal::BUSY))]);
    assert_eq!((home.asked(), home.put_aside()), (None, None));
    home.wait(MAX_RETRY_MS);
    assert!(home.asked().is_some());
}

#[test]
fn after_a_failure_of_the_disk_it_goes_on_from_what_is_durable() {
    let log = MemoryLog::grown(1, 19);
    let mut home = Home::empty(&log);
    home.meet(peer(1), &log.checkpoint(20));
    let (stream, _, ask) = home.asked().unwrap();
    let frames = log.frames(&ask, 20, 10);
    home.feed(stream, frames[..2].to_vec());
    home.disk_fails = true;
    home.feed(stream, frames[2..].to_vec());
    assert!(home.effects.contains(&Effect::Reopen));
    home.wait(MAX_RETRY_MS);
    assert_eq!(home.asked(), None, "nothing is asked before the log is open again");
    home.disk_fails = false;
    let mut chain = Chain::new(log.log.cell());
    home.stored.iter().for_each(|record| chain.extend(record).unwrap());
    home.event(Event::Reopened(Box::new(Held { chain, checkpoint: None })));
    let (stream, _, ask) = home.asked().unwrap();
    assert_eq!(ask.from, Position(10));
    home.feed(stream, log.frames(&ask, 20, 10));
    assert_eq!(home.stored, log.records);
}

#[test]
fn the_keeper_is_told_what_is_held() {
    let log = MemoryLog::grown(1, 9);
    let keeper = log.log.node.public();
    let mut home = Home::empty(&log);
    home.meet(keeper, &log.checkpoint(10));
    let (stream, _, ask) = home.asked().unwrap();
    home.feed(stream, log.frames(&ask, 10, 100));
    assert!(home.effects.contains(&Effect::Have { peer: keeper, next: Position(10) }));
}

#[test]
fn missing_details_are_asked_for_until_they_come() {
    let log = MemoryLog::grown(1, 9);
    let mut home = Home::with(&log, 10, Some(log.checkpoint(10)));
    let detail = Detail::open([1; 16], "rice").unwrap();
    let other = Detail::open([2; 16], "beans").unwrap();
    home.event(Event::Missing(vec![detail.reference(DetailTag::NOTE, Time::ZERO)]));
    home.meet(peer(1), &log.checkpoint(10));
    let asked = Effect::AskDetails { peer: peer(1), hashes: vec![detail.hash()] };
    assert!(home.effects.contains(&asked));
    home.effects.clear();
    home.event(Event::Details { peer: peer(1), details: vec![other.clone()] });
    assert!(!home.effects.iter().any(|effect| matches!(effect, Effect::KeepDetails(_))));
    home.wait(MAX_RETRY_MS);
    assert!(home.effects.contains(&asked));
    home.event(Event::Details { peer: peer(1), details: vec![other, detail.clone(), detail.clone()] });
    assert_eq!(home.effects.last(), Some(&Effect::KeepDetails(vec![detail])));
    assert_eq!(home.follower.wanted(), 0);
}

#[test]
fn a_new_term_is_followed_when_it_was_handed_over() {
    use lifeboat_log::opening::{Base, Opening, Right, possession_message};
    let log = MemoryLog::grown(1, 9);
    let open = log.log.chain.open().unwrap();
    let (new_key, new_node) = (lifeboat_log::SecretKey::from_seed(&[50; 32]), peer(51));
    let term = Term::new(0, 1);
    let mut draft =
        lifeboat_log::testing::draft(&log.log.member, log.log.cell(), 50, lifeboat_log::Kind::OPENING);
    let founding = Founding::decode(&log.records[0].entry().body).unwrap().opening;
    let base =
        Base { checkpoint: Bytes::new(log.checkpoint(10).to_bytes()).unwrap(), head: log.log.chain.head() };
    let message = possession_message(&draft, term, &new_node, &new_key.public());
    let mut opening = Opening {
        term,
        base: Some(base),
        node: new_node,
        term_key: new_key.public(),
        possession: new_key.sign(&message),
        ..founding
    };
    opening.right = Right::Handover(log.log.term_key.sign(&opening.handover_message(&log.log.cell())));
    draft.body = Bytes::new(lifeboat_log::codec::encode(&opening)).unwrap();
    let entry = draft.sign(&log.log.member).unwrap();
    let time = Time::from_ms(log.log.chain.last_time().ms() + 1000);
    let link = lifeboat_log::Link::new(term, Position(10), log.log.chain.head(), time, entry.id());
    let record = Record::place(link, entry).unwrap();
    let mut chain = log.log.chain.clone();
    chain.extend(&record).unwrap();
    assert_eq!(open.term, Term::FIRST);
    let tree = &chain.open().unwrap().tree;
    let origin = lifeboat_log::Origin { cell: log.log.cell(), term };
    let signed = lifeboat_log::Checkpoint { origin, size: 1, root: tree.root() }.sign(&new_key);

    let mut home = Home::empty(&log);
    home.meet(peer(1), &signed);
    let (stream, _, ask) = home.asked().unwrap();
    let mut frames = log.frames(&ask, 10, 4);
    frames.pop();
    let note = Bytes::new(signed.to_bytes()).unwrap();
    let (root, proof) = (TreeHash::ZERO, List::default());
    frames.push(RangeFrame::Under(Under { term, checkpoint: note, known: 0, root, proof: proof.clone() }));
    let records = List::new(vec![Bytes::new(record.to_bytes()).unwrap()]).unwrap();
    frames.push(RangeFrame::Batch(Batch { records, proof }));
    frames.push(RangeFrame::End);
    home.feed(stream, frames);
    assert_eq!((home.put_aside(), home.stored.len()), (None, 11));
    assert_eq!(home.follower.keeper(), Some(new_node));
    assert_eq!(home.checkpoint, Some(signed));
}
