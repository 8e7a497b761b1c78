//! Random work with random power cuts, and random bytes where files are read.

use crate::common::Fixture;
use lifeboat_log::{CellId, Position};
use lifeboat_store::details::split_pack;
use lifeboat_store::memory::Torn;
use lifeboat_store::{LogStore, MemoryStorage, Waiting, promises};
use proptest::prelude::*;
use std::sync::{Arc, OnceLock};

/// What is done to a log.
#[derive(Debug, Clone)]
enum Step {
    Append(u64),
    Sync,
    Checkpoint,
    Crash(Torn),
}

fn step() -> impl Strategy<Value = Step> {
    let torn = prop_oneof![
        Just(Torn::Lost),
        Just(Torn::Kept),
        any::<u64>().prop_map(Torn::Cut),
        any::<u64>().prop_map(Torn::Zeroed),
    ];
    prop_oneof![
        4 => prop_oneof![1u64..5, 200u64..300].prop_map(Step::Append),
        3 => Just(Step::Sync),
        2 => Just(Step::Checkpoint),
        2 => torn.prop_map(Step::Crash),
    ]
}

/// A long log, signed once for all cases, and its checkpoint at every size that a case needs.
fn long() -> &'static Fixture {
    static LONG: OnceLock<Fixture> = OnceLock::new();
    LONG.get_or_init(|| Fixture::new(2_000))
}

fn checkpoint(size: u64) -> lifeboat_log::SignedCheckpoint {
    let fixture = long();
    let mut tree = lifeboat_log::tree::Frontier::default();
    fixture.records[..size as usize].iter().for_each(|record| tree.push(record.leaf()));
    let origin = fixture.checkpoint().origin;
    lifeboat_log::Checkpoint { origin, size, root: tree.root() }.sign(&fixture.log.term_key)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_was_synced_outlives_every_power_cut(steps in prop::collection::vec(step(), 1..14)) {
        let fixture = long();
        let memory = MemoryStorage::new();
        let open = || LogStore::open(Arc::new(memory.clone()), fixture.cell()).unwrap();
        let (mut store, _) = open();
        let mut durable = 0;
        for step in steps {
            match step {
                Step::Append(count) => {
                    let from = store.len() as usize;
                    let to = (from + count as usize).min(fixture.records.len());
                    store.append(&fixture.records[from..to]).unwrap();
                }
                Step::Sync => {
                    store.sync().unwrap();
                    durable = store.len();
                }
                Step::Checkpoint if !store.is_empty() => {
                    store.set_checkpoint(&checkpoint(store.len())).unwrap();
                    durable = store.len();
                }
                Step::Checkpoint => {}
                Step::Crash(torn) => {
                    drop(store);
                    memory.crash(torn);
                    store = open().0;
                    prop_assert!(store.len() >= durable);
                    prop_assert_eq!(store.missing(), None);
                    durable = store.len();
                }
            }
        }
        let held = store.records(Position(0), 10_000).unwrap();
        prop_assert!(held == fixture.records[..held.len()]);
        if let Some(last) = held.last() {
            prop_assert_eq!(store.find(&last.entry().id()).unwrap(), Some(last.link().position));
            store.set_checkpoint(&checkpoint(store.len())).unwrap();
            prop_assert!(store.proof(last.link().position).is_ok());
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let pack = split_pack(&bytes);
        prop_assert!(pack.used <= bytes.len());
        prop_assert!(Waiting::from_bytes(&bytes).is_none());
        prop_assert!(!promises::is_whole(&CellId([1; 32]), &bytes));
    }
}
