//! What it costs to make and to check the proof of one entry of a long log, with the real store on a disk.
//! Beside them their floor: the signatures that a check must verify. The number of records is taken from
//! LIFEBOAT_BENCH_RECORDS (20,000 where it is not set; the figures in the documentation are of 1,000,000).

use criterion::{Criterion, criterion_group, criterion_main};
use lifeboat_log::testing::TestLog;
use lifeboat_log::{Position, Proof, Signers, Slip};
use lifeboat_store::{DiskStorage, LogStore};
use std::hint::black_box;
use std::sync::Arc;

/// Records appended at a stretch.
const BATCH: u64 = 1_024;
/// A step that comes to every place of the log in no order.
const STEP: u64 = 7_919_317;

/// A log of so many records in this folder, under one checkpoint.
fn fill(folder: &std::path::Path, records: u64) -> Option<(LogStore, TestLog)> {
    let (mut log, founding) = TestLog::found(1);
    let storage = Arc::new(DiskStorage::open(folder).ok()?);
    let (mut store, _) = LogStore::open(storage, log.cell()).ok()?;
    store.append(&[founding]).ok()?;
    while store.len() < records {
        let more = log.grow(BATCH.min(records - store.len()));
        store.append(&more).ok()?;
    }
    store.set_checkpoint(&log.checkpoint()).ok()?;
    Some((store, log))
}

fn benches(c: &mut Criterion) {
    let asked = std::env::var("LIFEBOAT_BENCH_RECORDS").ok().and_then(|text| text.parse().ok());
    let records: u64 = asked.unwrap_or(20_000);
    let folder = tempfile::tempdir().ok();
    let filled = folder.as_ref().and_then(|folder| fill(folder.path(), records));
    let (store, log) = filled.unwrap_or_else(|| panic!("the log cannot be made"));
    let mut at = 0;
    let mut next = move || {
        at = (at + STEP) % records;
        Position(at)
    };
    let signers = Signers { term_key: log.term_key.public(), witnesses: Vec::new() };
    let origin = store.checkpoint().map(|signed| signed.origin).unwrap_or_else(|| panic!("no checkpoint"));
    let file = store.proof(Position(records / 3)).map(|proof| proof.to_bytes()).unwrap_or_default();
    let proof = Proof::parse(&file).unwrap_or_else(|_| panic!("no proof"));
    let slip = Slip::of(&proof, &signers.term_key).map(|slip| slip.to_text()).unwrap_or_default();
    println!(
        "{records} records: a proof file of {} bytes, {} besides the record of {}; a slip of {} letters",
        file.len(),
        file.len() - proof.record.len(),
        proof.record.len(),
        slip.len()
    );
    let mut group = c.benchmark_group(format!("{records} records"));
    group.bench_function("make the proof of any entry", |b| {
        b.iter(|| black_box(store.proof(next()).map(|proof| proof.to_bytes())));
    });
    group.bench_function("check a proof file", |b| {
        b.iter(|| Proof::parse(black_box(&file)).is_ok_and(|proof| proof.verify(&origin, &signers).is_ok()));
    });
    group.bench_function("check a slip", |b| {
        b.iter(|| {
            let slip = Slip::parse(black_box(&slip)).and_then(|slip| slip.to_proof(&signers.term_key));
            slip.is_ok_and(|proof| proof.verify(&origin, &signers).is_ok())
        });
    });
    let signature = log.term_key.sign(&file);
    group.bench_function("floor: two bare signatures", |b| {
        b.iter(|| {
            let one = signers.term_key.verify(black_box(&file), &signature);
            (one, signers.term_key.verify(black_box(&file), &signature))
        });
    });
    group.finish();
}

criterion_group!(prove, benches);
criterion_main!(prove);
