//! What it costs to verify a log, beside its floor in the same run: bare `verify_strict` over the same
//! messages, with parsed keys, on the same cores. Also what founding, placing and the tree cost.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ed25519_dalek::{Signature, VerifyingKey};
use lifeboat_log::entry::ENTRY_SIGNATURE_PREFIX;
use lifeboat_log::testing::{START_MS, TEST_KIND, TestLog, draft};
use lifeboat_log::tree::{Frontier, leaf_hash};
use lifeboat_log::{Chain, Link, Record, SecretKey, Term, Time};
use rayon::prelude::*;
use std::hint::black_box;

const RECORDS: u64 = 20_000;
/// Authors of the log: as many as a large cell has members.
const AUTHORS: u64 = 200;

/// A log of records by many authors, and its bytes.
fn many_authors() -> (TestLog, Vec<Vec<u8>>) {
    let (mut log, founding) = TestLog::found(1);
    let mut records = vec![founding.to_bytes()];
    let seed = |n: u64| [&n.to_le_bytes()[..], &[9; 24]].concat().try_into().unwrap_or([0; 32]);
    let authors: Vec<SecretKey> = (0..AUTHORS).map(|n| SecretKey::from_seed(&seed(n))).collect();
    for n in 1..RECORDS {
        let author = &authors[(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % authors.len()];
        let mut entry = draft(author, log.cell(), n, TEST_KIND);
        if let Some(body) = lifeboat_log::codec::Bytes::new(vec![7; 100]) {
            entry.body = body;
        }
        let Ok(entry) = entry.sign(author) else { continue };
        let time = Time::from_ms(START_MS + RECORDS * 1000 + n);
        let link = Link::new(Term::FIRST, log.chain.next(), log.chain.head(), time, entry.id());
        let Some(record) = Record::place(link, entry) else { continue };
        if log.chain.extend(&record).is_ok() {
            records.push(record.to_bytes());
        }
    }
    assert_eq!(records.len() as u64, RECORDS);
    (log, records)
}

fn verify(c: &mut Criterion) {
    let (log, records) = many_authors();
    let slices: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
    let signed: Vec<(VerifyingKey, Vec<u8>, Signature)> = records
        .iter()
        .filter_map(|record| {
            let entry = &record[85..];
            let (unsigned, signature) = entry.split_last_chunk::<64>()?;
            let key = VerifyingKey::from_bytes(entry[33..65].try_into().ok()?).ok()?;
            let message = [ENTRY_SIGNATURE_PREFIX, unsigned].concat();
            Some((key, message, Signature::from_bytes(signature)))
        })
        .collect();
    assert_eq!(signed.len(), records.len());
    let mut group = c.benchmark_group("verify_20000");
    group.sample_size(10).throughput(Throughput::Elements(RECORDS));
    group.bench_function("log", |b| {
        b.iter(|| {
            let mut chain = Chain::new(log.cell());
            let (good, result) = chain.extend_with_bytes(black_box(&slices));
            assert!(result.is_ok() && good.len() as u64 == RECORDS);
            good
        });
    });
    group.bench_function("floor_verify_strict", |b| {
        b.iter(|| {
            let hold = signed
                .par_iter()
                .all(|(key, message, signature)| key.verify_strict(message, signature).is_ok());
            assert!(black_box(hold));
        });
    });
    group.finish();
}

fn append(c: &mut Criterion) {
    c.bench_function("found", |b| b.iter(|| TestLog::found(black_box(1))));
    let (log, founding) = TestLog::found(1);
    let mut grown = log;
    let records = grown.grow(64);
    c.bench_function("extend_64_verified_records", |b| {
        let mut chain = Chain::new(grown.cell());
        assert!(chain.extend(&founding).is_ok());
        b.iter_batched(
            || chain.clone(),
            |mut chain| records.iter().all(|record| chain.extend(black_box(record)).is_ok()),
            BatchSize::SmallInput,
        );
    });
    let leaves: Vec<_> = (0..256u64).map(|n| leaf_hash(&n.to_le_bytes())).collect();
    c.bench_function("tree_push_256_and_root", |b| {
        b.iter(|| {
            let mut tree = Frontier::default();
            leaves.iter().for_each(|leaf| tree.push(black_box(*leaf)));
            tree.root()
        });
    });
    c.bench_function("sign_checkpoint", |b| b.iter(|| grown.checkpoint()));
}

criterion_group!(benches, verify, append);
criterion_main!(benches);
