//! Ranges: what is served is what is missing, in batches within their bounds.

use super::*;
use crate::testing::MemoryLog;
use proptest::prelude::*;

fn ask(log: &MemoryLog, from: u64) -> RangeAsk {
    RangeAsk { cell: log.log.cell(), term: Term::FIRST, from: Position(from) }
}

fn counted(frames: &[RangeFrame]) -> u64 {
    let count =
        |frame: &RangeFrame| if let RangeFrame::Batch(b) = frame { b.records.len() as u64 } else { 0 };
    frames.iter().map(count).sum()
}

#[test]
fn who_is_ten_behind_gets_ten_records() {
    let log = MemoryLog::grown(1, 299);
    let frames = log.frames(&ask(&log, 290), 300, 1000);
    assert!(matches!(frames[0], RangeFrame::Under(Under { known: 290, .. })));
    assert_eq!((counted(&frames), frames.len()), (10, 3));
    assert_eq!(frames[2], RangeFrame::End);
}

#[test]
fn who_is_level_or_ahead_gets_the_end_alone() {
    let log = MemoryLog::grown(1, 9);
    assert_eq!(log.frames(&ask(&log, 10), 10, 100), vec![RangeFrame::End]);
    assert_eq!(log.frames(&ask(&log, 500), 10, 100), vec![RangeFrame::End]);
}

#[test]
fn a_node_without_the_log_or_the_term_says_so() {
    let log = MemoryLog::grown(1, 9);
    let mut serving = Serving::new(&ask(&log, 0), vec![]);
    let refused = RangeFrame::Refused(Refusal::new(Refusal::NOT_HELD));
    assert_eq!(serving.step(), Serve::Send(refused.clone()));
    assert_eq!(serving.step(), Serve::Done);
    let other = RangeAsk { term: Term::new(1, 0), ..ask(&log, 5) };
    assert_eq!(log.frames(&other, 10, 100), vec![refused]);
}

#[test]
fn a_store_that_fails_ends_the_answer() {
    let log = MemoryLog::grown(1, 9);
    let stretch = Stretch { start: Position(0), checkpoint: log.checkpoint(10) };
    let mut serving = Serving::new(&ask(&log, 0), vec![stretch]);
    serving.under(TreeHash::ZERO, vec![]);
    assert!(matches!(serving.batch(vec![], vec![]), RangeFrame::Refused(_)));
    assert_eq!(serving.step(), Serve::Done);
    assert_eq!(serving.step(), Serve::Done);
}

#[test]
fn oversize_frames_are_refused() {
    let huge = [&[1, 0, 0, 0][..], &u64::MAX.to_le_bytes()].concat();
    assert_eq!(RangeFrame::decode(&huge), Err(Malformed::TooLong));
    assert_eq!(RangeFrame::decode(&vec![0; MAX_FRAME + 1]), Err(Malformed::TooLong));
    let records = List::new(vec![Bytes::new(vec![7; 1000]).unwrap(); MAX_BATCH_RECORDS]).unwrap();
    let full = RangeFrame::Batch(Batch { records, proof: List::default() });
    assert_eq!(RangeFrame::decode(&full.encode()), Ok(full));
}

proptest! {
    #[test]
    fn every_answer_is_whole_in_order_and_ends(count in 0u64..80, from in 0u64..90, size in 1u64..81, batch in 1usize..20) {
        let log = MemoryLog::grown(1, count);
        let size = size.min(count + 1);
        let frames = log.frames(&ask(&log, from), size, batch);
        prop_assert_eq!(counted(&frames), size.saturating_sub(from));
        prop_assert_eq!(frames.last(), Some(&RangeFrame::End));
        for frame in &frames {
            prop_assert_eq!(&RangeFrame::decode(&frame.encode()), &Ok(frame.clone()));
        }
        let mut next = from;
        for frame in frames {
            if let RangeFrame::Batch(batch) = frame {
                for record in batch.records.iter() {
                    prop_assert_eq!(&record[..], &log.records[next as usize].to_bytes()[..]);
                    next += 1;
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read_back_the_same(variant in 0u8..5, rest in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [&[variant, 0, 0, 0], &rest[..]].concat();
        if let Ok(frame) = RangeFrame::decode(&bytes) {
            prop_assert_eq!(frame.encode(), bytes);
        }
        if let Ok(ask) = RangeAsk::decode(&rest) {
            prop_assert_eq!(ask.encode(), rest);
        }
    }
}
