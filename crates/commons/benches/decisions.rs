//! What deciding costs in the largest cell: 300 members vote on 50 proposals. From a ballot to the result
//! that is shown, and a fold over 100,000 votes beside its floor, the signatures of the same entries.
#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)] // a fixture that fails must stop the bench

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use lifeboat_commons::decisions::{Ballot, Method, Propose, Terms, Tie, Vote, Who};
use lifeboat_commons::limits::DAY_MS;
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Common, NoHistory, State, compose};
use lifeboat_log::codec::List;
use lifeboat_log::{Detail, DetailTag, EntryId, KeyCache, Record, SignedEntry, Time};
use std::hint::black_box;

const MEMBERS: usize = 300;
const PROPOSALS: usize = 50;
const OPTIONS: u8 = 8;
const VOTES: usize = 100_000;
const SAMPLE: usize = 5_000;

/// A ranking of all options that differs from voter to voter.
fn ranking(by: usize) -> Ballot {
    let ranks = (0..OPTIONS).map(|option| (option + by as u8) % OPTIONS + 1).collect();
    Ballot::Rank(List::new(ranks).expect("short"))
}

fn vote(cell: &mut TestCell, by: usize, version: EntryId, choice: usize) -> SignedEntry {
    let vote = Vote { common: Common::default(), version, ballot: ranking(choice) };
    cell.sign(&format!("member {by}"), compose(&vote).expect("proper"))
}

/// A cell in which everybody has voted on everything, again and again.
fn busy() -> (TestCell, Vec<EntryId>) {
    let mut cell = TestCell::found(1, "heron");
    for i in 0..MEMBERS - 1 {
        cell.admit(&format!("member {i}"));
    }
    cell.wait_days(8);
    let question = Detail::open([1; 16], "Which of these?").expect("short");
    let mut proposals = Vec::new();
    for _ in 0..PROPOSALS {
        let terms = Terms {
            method: Method::Ranked,
            options: OPTIONS,
            who: Who::All,
            opens: Time::ZERO,
            closes: cell.now.plus_ms(300 * DAY_MS),
            quorum: 50,
            tie: Tie::Open,
            hidden: None,
            review: None,
            payload: None,
        };
        let said = compose(&Propose { common: Common::default(), terms }).expect("proper");
        let detail = question.reference(DetailTag::NOTE, Time::ZERO);
        let entry =
            cell.sign_with("heron", said, |draft| draft.details = List::new(vec![detail]).expect("one"));
        cell.place(entry);
        proposals.push(cell.last().entry().id());
    }
    for i in 0..VOTES {
        cell.wait_ms(100);
        let entry = vote(&mut cell, i % (MEMBERS - 1), proposals[i / 7 % PROPOSALS], i);
        assert!(cell.place(entry).is_applied());
    }
    (cell, proposals)
}

fn decisions(c: &mut Criterion) {
    let (mut cell, proposals) = busy();
    let encoded = cell.state.encode().len();
    println!("{} records, {} void, state of {encoded} bytes", cell.records().len(), cell.state.voids());
    let mut group = c.benchmark_group("decisions");
    group.sample_size(10);
    cell.wait_ms(1000);
    let entry = vote(&mut cell, 7, proposals[0], 3);
    let record = cell.record_of(entry.clone());
    group.bench_function("from a ballot to the result of its proposal", |b| {
        b.iter_batched(
            || cell.state.clone(),
            |mut state| {
                assert!(state.preview(&entry, cell.now, &NoHistory).is_applied());
                state.apply(&record, &NoHistory);
                black_box(state.standing(state.decisions().get(&proposals[0]).expect("open")));
                state
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("the results of all proposals", |b| {
        b.iter(|| {
            let list = cell.state.decisions().list();
            list.iter().for_each(|decision| drop(black_box(cell.state.standing(decision))));
        });
    });
    group.bench_function("a copy of the state", |b| b.iter(|| black_box(cell.state.clone())));
    group.throughput(Throughput::Elements(cell.records().len() as u64));
    group.bench_function("fold of the whole log", |b| {
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
    let records = cell.records();
    let bytes: Vec<Vec<u8>> = records[records.len() - SAMPLE..].iter().map(Record::to_bytes).collect();
    group.bench_function("floor: signatures of votes, one core", |b| {
        b.iter(|| {
            let mut keys = KeyCache::default();
            bytes.iter().for_each(|record| assert!(Record::verify(record, &mut keys).is_ok()));
        });
    });
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
