//! What the fold costs, beside its floor: checking the signatures of the same entries on one core.
#![allow(missing_docs, clippy::expect_used)] // a fixture that fails must stop the bench

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use lifeboat_commons::ledger::{Given, Meet, Need, Offer, Quantity, Received, Source};
use lifeboat_commons::limits::DAY_MS;
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Amount, Common, NoHistory, PlaceId, State};
use lifeboat_log::{KeyCache, Record};
use std::hint::black_box;

const ENTRIES: usize = 100_000;
const SAMPLE: usize = 5_000;
const ITEMS: [&str; 5] = ["rice", "beans", "oil", "blankets", "soap"];

/// A busy year: goods and money in and out, needs and offers that meet.
fn year() -> TestCell {
    let mut cell = TestCell::found(1, "heron");
    let names: Vec<String> = (0..30).map(|i| format!("member {i}")).collect();
    for name in &names {
        cell.admit(name);
    }
    let whole = |n: usize| Amount::whole(n as i64).expect("small");
    for i in 0..ENTRIES {
        let by = &names[i % names.len()];
        let common = Common { place: Some(PlaceId(1)), ..Common::default() };
        let quantity = match i % 3 {
            0 => Quantity::money(whole(i % 50 + 1), "EUR"),
            _ => Quantity::goods(whole(i % 20 + 1), "kg", ITEMS[i / 10 % ITEMS.len()]),
        };
        let quantity = quantity.expect("short");
        let until = cell.now.plus_ms(7 * DAY_MS);
        let _ = match i % 10 {
            0..=4 => cell.say(by, &Received { common, quantity }),
            5 | 6 => cell.say(by, &Given { common, quantity, slip: i % 20 == 5 }),
            7 => cell.say(by, &Need { common, quantity, until }),
            8 => cell.say(by, &Offer { common, quantity, until }),
            _ => {
                let need = cell.records()[cell.records().len() - 2].entry().id();
                let source = Source::Stock(Some(PlaceId(1)));
                cell.say(by, &Meet { common, need, source, amount: whole(1) })
            }
        };
        cell.wait_ms(300_000);
    }
    cell
}

fn fold(c: &mut Criterion) {
    let cell = year();
    println!(
        "{} records, {} void, state of {} bytes",
        cell.records().len(),
        cell.state.voids(),
        cell.state.encode().len()
    );
    let mut group = c.benchmark_group("fold");
    group.sample_size(10);
    group.throughput(Throughput::Elements(cell.records().len() as u64));
    group.bench_function("the whole log", |b| {
        b.iter_batched(
            || State::new(cell.cell()),
            |mut state| {
                for record in cell.records() {
                    black_box(state.apply(record, &NoHistory));
                }
                state
            },
            BatchSize::PerIteration,
        );
    });
    group.throughput(Throughput::Elements(SAMPLE as u64));
    let bytes: Vec<Vec<u8>> = cell.records()[..SAMPLE].iter().map(Record::to_bytes).collect();
    group.bench_function("floor: signatures of the same entries, one core", |b| {
        b.iter(|| {
            let mut keys = KeyCache::default();
            bytes.iter().for_each(|record| assert!(Record::verify(record, &mut keys).is_ok()));
        });
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("encode the state", |b| b.iter(|| black_box(cell.state.encode())));
    group.bench_function("hash the state", |b| b.iter(|| black_box(cell.state.hash())));
    let encoded = cell.state.encode();
    group.bench_function("decode the state", |b| b.iter(|| black_box(State::decode(&encoded))));
    group.finish();
}

criterion_group!(benches, fold);
criterion_main!(benches);
