//! A follower among peers that come, go, stall and send anything, in any order.

use super::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Act {
    Connect(u8),
    Disconnect(u8),
    Tip(u8, u64),
    Feed(usize),
    Garble(usize, usize),
    Close,
    Wait(u64),
    Back(u64),
    Disk(bool),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => (0u8..4).prop_map(Act::Connect),
        1 => (0u8..4).prop_map(Act::Disconnect),
        1 => (0u8..4, 1u64..41).prop_map(|(peer, size)| Act::Tip(peer, size)),
        4 => (1usize..4).prop_map(Act::Feed),
        1 => (0usize..4, 0usize..200).prop_map(|(frame, at)| Act::Garble(frame, at)),
        1 => Just(Act::Close),
        1 => (0u64..100_000).prop_map(Act::Wait),
        1 => (0u64..100_000).prop_map(Act::Back),
        1 => any::<bool>().prop_map(Act::Disk),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever peers say and whatever breaks: only the log is kept, in its order; and once a peer serves
    /// well, the follower comes to have all of it.
    #[test]
    fn only_the_log_is_kept_and_all_of_it_in_the_end(acts in prop::collection::vec(act(), 0..50)) {
        let log = MemoryLog::grown(1, 39);
        let mut home = Home::empty(&log);
        let mut stream = None;
        for act in acts {
            match act {
                Act::Connect(n) => home.event(Event::Connected(peer(n))),
                Act::Disconnect(n) => home.event(Event::Disconnected(peer(n))),
                Act::Tip(n, size) => {
                    home.event(Event::Tip { peer: peer(n), checkpoint: log.checkpoint(size).to_bytes() });
                }
                Act::Feed(count) => if let Some((id, ask)) = stream {
                    home.feed(id, log.frames(&ask, 40, 7).into_iter().take(count).collect());
                },
                Act::Garble(which, at) => if let Some((id, ask)) = stream {
                    let frames = log.frames(&ask, 40, 7);
                    let mut bytes = frames[which.min(frames.len() - 1)].encode();
                    let at = at % bytes.len();
                    bytes[at] ^= 0x10;
                    if let Ok(frame) = RangeFrame::decode(&bytes) {
                        home.feed(id, vec![frame]);
                    }
                },
                Act::Close => if let Some((id, _)) = stream.take() {
                    home.event(Event::Closed(id));
                },
                Act::Wait(ms) => home.wait(ms),
                Act::Back(ms) => home.now = Time::from_ms(home.now.ms().saturating_sub(ms)),
                Act::Disk(fails) => {
                    home.disk_fails = fails;
                    let mut chain = Chain::new(log.log.cell());
                    home.stored.iter().for_each(|record| chain.extend(record).unwrap());
                    let checkpoint = home.checkpoint.clone();
                    home.event(Event::Reopened(Box::new(Held { chain, checkpoint })));
                }
            }
            if let Some((id, _, ask)) = home.asked() {
                stream = Some((id, ask));
            }
            prop_assert_eq!(&home.stored[..], &log.records[..home.stored.len()]);
        }
        home.disk_fails = false;
        let mut chain = Chain::new(log.log.cell());
        home.stored.iter().for_each(|record| chain.extend(record).unwrap());
        let checkpoint = home.checkpoint.clone();
        home.event(Event::Reopened(Box::new(Held { chain, checkpoint })));
        for _ in 0..40 {
            home.meet(peer(7), &log.checkpoint(40));
            if let Some((id, who, ask)) = home.asked() {
                let frames = if who == peer(7) { log.frames(&ask, 40, 7) } else { vec![] };
                home.feed(id, frames);
                home.event(Event::Closed(id));
            }
            home.wait(MAX_RETRY_MS);
        }
        prop_assert_eq!(home.stored.len(), 40);
        prop_assert_eq!(home.follower.checkpoint().map(|c| c.size), Some(40));
    }
}
