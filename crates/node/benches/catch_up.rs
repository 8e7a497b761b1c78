//! Catching up over loopback beside its floor. Both homes live in this process and share its cores: one
//! serves, the other verifies, writes durably and folds. The floor is nothing but the strict check of the
//! same signatures on the same cores.
#![allow(missing_docs)] // criterion's macros make functions without any
#![allow(clippy::unwrap_used, clippy::expect_used)] // a fixture that cannot be made must stop the bench

#[allow(dead_code)]
#[path = "../tests/node/homes.rs"]
mod homes;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use homes::TestHome;
use lifeboat_log::entry::ENTRY_SIGNATURE_PREFIX;
use lifeboat_log::key::CheckedKey;
use lifeboat_log::{CellId, KeyCache, Position, Record, Signature};
use lifeboat_node::ask::Range;
use lifeboat_node::{Answer, Ask};
use rayon::prelude::*;
use std::time::{Duration, Instant};

/// Records in the log, where LIFEBOAT_BENCH_RECORDS does not say otherwise. More make the start of a connection
/// count for less, as in life.
const RECORDS: usize = 40_000;

fn records() -> usize {
    std::env::var("LIFEBOAT_BENCH_RECORDS").ok().and_then(|text| text.parse().ok()).unwrap_or(RECORDS)
}

/// What the floor checks: a key, what it signed, and the signature.
type Check = (CheckedKey, Vec<u8>, Signature);

fn checks(home: &TestHome, cell: CellId) -> Vec<Check> {
    let mut keys = KeyCache::default();
    let mut checks = Vec::with_capacity(records());
    while checks.len() < records() {
        let range = Range::from(Position(checks.len() as u64), 2_000);
        let Answer::Records(records) = home.ask(Ask::Log { cell, range }) else { panic!("no records") };
        for entered in records {
            let record = Record::verify(&entered.record, &mut keys).unwrap();
            let (unsigned, signature) = record.entry().bytes().split_last_chunk::<64>().unwrap();
            let message = [ENTRY_SIGNATURE_PREFIX, unsigned].concat();
            checks.push((keys.get(&record.entry().author).unwrap(), message, Signature(*signature)));
        }
    }
    checks
}

/// How long a new home takes until the whole log is on its disk and folded. Making the home is not
/// counted; finding the keeper and connecting is.
fn catch_up(card: &str, size: u64) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let wren = TestHome::new(folder.path(), "wren");
    wren.follow(card);
    let start = Instant::now();
    let report = wren.sync(60_000).remove(0);
    let took = start.elapsed();
    assert_eq!(report.after, size);
    took
}

fn bench(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let cell = heron.found("Oak Street");
    heron.receive(cell, records() - 1, 0);
    let checks = checks(&heron, cell);
    heron.start();
    let card = heron.card(cell);

    let mut group = criterion.benchmark_group("catch_up");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    group.throughput(Throughput::Elements(records() as u64));
    group.bench_function(BenchmarkId::new("floor: verify_strict", records()), |bencher| {
        bencher.iter(|| {
            checks.par_iter().all(|(key, message, signature)| key.verify(message, signature).is_ok())
        });
    });
    group.bench_function(BenchmarkId::new("loopback, verified and durable", records()), |bencher| {
        bencher.iter_custom(|times| (0..times).map(|_| catch_up(&card, records() as u64)).sum());
    });
    group.finish();
    heron.stop();
}

criterion_group!(benches, bench);
criterion_main!(benches);
