//! Bundles: what holds is kept, however the file was cut, damaged or mixed up; another log is told.

use super::*;
use crate::limits::MAX_DETAILS_ASKED;
use crate::message::DetailBytes;
use crate::range::{RangeAsk, RangeFrame};
use crate::testing::MemoryLog;
use lifeboat_log::CellId;
use lifeboat_log::codec::{Bytes, List};
use proptest::prelude::*;

/// A log in memory, as far as somebody has it.
struct Here<'a> {
    log: &'a MemoryLog,
    size: u64,
}

impl Own for Here<'_> {
    fn size(&self, term: Term) -> Option<u64> {
        (term == Term::FIRST && self.size > 0).then_some(self.size)
    }
    fn signers(&self, term: Term) -> Option<Signers> {
        self.size(term)?;
        self.log.log.chain.open().map(|open| open.signers())
    }
    fn frontier(&self, _: Term, size: u64) -> Option<Frontier> {
        let mut tree = Frontier::default();
        self.log.records.get(..size as usize)?.iter().for_each(|record| tree.push(record.leaf()));
        Some(tree)
    }
    fn record(&self, at: Position) -> Option<Vec<u8>> {
        (at.0 < self.size).then(|| self.log.records[at.0 as usize].to_bytes())
    }
}

fn chain(log: &MemoryLog, size: u64) -> Chain {
    let mut chain = Chain::new(log.log.cell());
    log.records[..size as usize].iter().for_each(|record| chain.extend(record).unwrap());
    chain
}

fn ranges(log: &MemoryLog, from: u64, size: u64) -> Vec<RangeFrame> {
    let ask = RangeAsk { cell: log.log.cell(), term: Term::FIRST, from: Position(from) };
    log.frames(&ask, size, 7)
}

/// Takes frames in behind the first `have` records of `own`; what was new, what was known, and the end.
fn take(own: &MemoryLog, have: u64, frames: &[RangeFrame]) -> (Vec<Record>, u64, Result<bool, BadBundle>) {
    let mut taking = Taking::new(chain(own, have));
    let here = Here { log: own, size: have };
    let (mut new, mut known, mut complete) = (vec![], 0, false);
    for frame in frames {
        let taken = match frame {
            RangeFrame::Under(under) => taking.under(under, &here).map(|()| Taken::default()),
            RangeFrame::Batch(batch) => taking.batch(batch, &here),
            _ => Ok(Taken::default()),
        };
        match taken {
            Ok(taken) => {
                complete |= taken.checkpoint.is_some();
                known += taken.known;
                new.extend(taken.records);
            }
            Err(bad) => return (new, known, Err(bad)),
        }
    }
    (new, known, Ok(complete))
}

#[test]
fn a_bundle_is_taken_in_from_wherever_the_log_here_ends() {
    let log = MemoryLog::grown(1, 59);
    for from in [0, 1, 20, 33] {
        let frames = ranges(&log, from, 60);
        for have in [0, 1, 20, 30, 33, 40, 59, 60] {
            let (new, known, end) = take(&log, have, &frames);
            if have < from {
                assert!(matches!(end, Err(BadBundle::Gap { .. })), "from {from}, have {have}: {end:?}");
                assert!(new.is_empty());
                continue;
            }
            assert_eq!(end, Ok(true), "from {from}, have {have}");
            assert_eq!((new.len() as u64, known), (60 - have, have - from));
            assert_eq!(new, log.records[have as usize..]);
        }
    }
}

#[test]
fn who_holds_more_than_the_bundle_learns_nothing_and_is_not_disturbed() {
    let log = MemoryLog::grown(1, 59);
    let (new, known, end) = take(&log, 60, &ranges(&log, 10, 40));
    assert_eq!((new.len(), known, end), (0, 30, Ok(false)));
}

#[test]
fn another_log_under_the_same_key_raises_the_alarm() {
    let (own, mut other) = (MemoryLog::grown(1, 39), MemoryLog::grown(1, 19));
    // The same keeper goes on otherwise from #20.
    other.log.chain = chain(&own, 20);
    other.records = own.records[..20].to_vec();
    other.records.extend(other.log.grow(30));
    let differs = own.records[20] != other.records[20];
    assert!(differs, "the two logs differ from #20 on");
    for (from, have) in [(0, 40), (10, 40), (20, 40), (20, 25), (30, 40)] {
        let (new, _, end) = take(&own, have, &ranges(&other, from, 50));
        assert!(matches!(end, Err(BadBundle::Fork { .. })), "from {from}: {end:?}");
        assert!(new.is_empty());
    }
    // What it shares with the log here is no fork.
    assert_eq!(take(&own, 40, &ranges(&other, 0, 20)).2, Ok(false));
    assert_eq!(take(&own, 20, &ranges(&other, 0, 50)).2, Ok(true));
}

#[test]
fn frames_in_a_wrong_order_and_of_another_cell_are_refused() {
    let (log, stranger) = (MemoryLog::grown(1, 29), MemoryLog::grown(2, 29));
    let frames = ranges(&log, 0, 30);
    assert_eq!(take(&log, 5, &frames[1..]).2, Err(BadBundle::OutOfOrder), "no checkpoint");
    let twice = [&frames[..2], &frames[..2]].concat();
    assert_eq!(take(&log, 5, &twice).2, Err(BadBundle::OutOfOrder), "the first one is not complete");
    let gap = [&frames[..2], &frames[3..]].concat();
    assert!(take(&log, 5, &gap).2.is_err());
    assert!(take(&log, 5, &ranges(&stranger, 0, 30)).2.is_err());
    assert!(take(&log, 0, &ranges(&stranger, 0, 30)).2.is_err());
}

fn frame() -> impl Strategy<Value = BundleFrame> {
    let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
    let details = prop::collection::vec(bytes(60), 0..MAX_DETAILS_ASKED);
    let details = details.prop_map(|all| {
        let all: Vec<DetailBytes> = all.into_iter().map(|one| Bytes::new(one).unwrap()).collect();
        List::new(all).unwrap()
    });
    prop_oneof![
        (any::<[u8; 32]>(), any::<u64>())
            .prop_map(|(cell, from)| BundleFrame::Head(Head { cell: CellId(cell), from: Position(from) })),
        Just(BundleFrame::Range(RangeFrame::End)),
        (any::<bool>(), details)
            .prop_map(|(sealed, details)| BundleFrame::Details(Carried { sealed, details })),
        bytes(200).prop_map(|group| BundleFrame::Group(Bytes::new(group).unwrap())),
        any::<[u64; 4]>().prop_map(|[records, details, sealed, blobs]| BundleFrame::End(Totals {
            records,
            details,
            sealed,
            blobs
        })),
    ]
}

proptest! {
    #[test]
    fn a_frame_reads_back(frame in frame()) {
        prop_assert_eq!(BundleFrame::decode(&frame.encode()), Ok(frame));
    }

    #[test]
    fn any_bytes_are_refused_or_read_back(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(frame) = BundleFrame::decode(&bytes) {
            prop_assert_eq!(frame.encode(), bytes);
        }
    }

    /// One byte of one frame is another: nothing is kept that is not the log's, and what came before is.
    #[test]
    fn damage_never_passes(which in any::<usize>(), at in any::<usize>(), bit in 0u8..8, have in 0u64..30) {
        let log = MemoryLog::grown(3, 29);
        let mut frames = ranges(&log, 0, 30);
        frames.pop();
        let which = which % frames.len();
        let mut bytes = BundleFrame::Range(frames[which].clone()).encode();
        let place = at % bytes.len();
        bytes[place] ^= 1 << bit;
        let whole = take(&log, have, &frames[..which]).0.len();
        let (new, _, end) = match BundleFrame::decode(&bytes) {
            Ok(BundleFrame::Range(changed)) => {
                frames[which] = changed;
                take(&log, have, &frames)
            }
            _ => take(&log, have, &frames[..which]),
        };
        prop_assert_eq!(&new[..], &log.records[have as usize..have as usize + new.len()]);
        prop_assert!(new.len() >= whole, "{:?}", end);
    }
}
