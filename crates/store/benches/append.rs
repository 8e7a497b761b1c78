//! Appending verified records, durably: 64 at a time beside one sync an entry, and beside the floor, which
//! is the same bytes appended to one plain file with the same number of syncs.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use lifeboat_log::Record;
use lifeboat_log::testing::TestLog;
use lifeboat_store::{DiskStorage, LogStore, Storage};
use std::path::Path;
use std::sync::Arc;

const RECORDS: usize = 1024;

fn records() -> (lifeboat_log::CellId, Vec<Record>) {
    let (mut log, founding) = TestLog::found(1);
    let mut records = vec![founding];
    records.extend(log.grow(RECORDS as u64 - 1));
    (log.cell(), records)
}

fn home() -> tempfile::TempDir {
    // Beside the build, which is on a disk; a folder for temporary files may be in memory.
    tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap_or_else(|e| panic!("{e}"))
}

fn append(c: &mut Criterion) {
    let (cell, records) = records();
    let mut group = c.benchmark_group("append");
    group.sample_size(10).throughput(Throughput::Elements(RECORDS as u64));
    for batch in [1, 64, RECORDS] {
        group.bench_function(format!("log, {batch} a sync"), |b| {
            let setup = || {
                let home = home();
                let storage = DiskStorage::open(home.path()).map(Arc::new).unwrap_or_else(|e| panic!("{e}"));
                let (store, _) = LogStore::open(storage, cell).unwrap_or_else(|e| panic!("{e}"));
                (store, home)
            };
            let run = |(mut store, home): (LogStore, tempfile::TempDir)| {
                for batch in records.chunks(batch) {
                    store.append(batch).and_then(|()| store.sync()).unwrap_or_else(|e| panic!("{e}"));
                }
                (store, home)
            };
            b.iter_batched(setup, run, BatchSize::PerIteration);
        });
        group.bench_function(format!("floor: plain file, {batch} a sync"), |b| {
            let setup = || {
                let home = home();
                (DiskStorage::files_only(home.path()), home)
            };
            let run = |(storage, home): (DiskStorage, tempfile::TempDir)| {
                for batch in records.chunks(batch) {
                    let bytes: Vec<u8> = batch.iter().flat_map(Record::to_bytes).collect();
                    let written = storage.append("file", &bytes).and_then(|()| storage.sync(&["file"]));
                    written.unwrap_or_else(|e| panic!("{e}"));
                }
                home
            };
            b.iter_batched(setup, run, BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(benches, append);
criterion_main!(benches);
