//! How fast a range stream is over loopback: frames of 400 bytes, alone and in batches of 1 MiB, between
//! two nodes in one process, over TCP and QUIC. Signatures are the floor of a catch-up; this must be far
//! above it (25,000 entries a second a core).
#![allow(missing_docs, clippy::unwrap_used)] // criterion's macros; a bench that fails must stop

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lifeboat_log::{CellId, Position, SecretKey, Term};
use lifeboat_net::{Limits, NetConfig, NetEvent, NetHandle, ReachConfig, start};
use lifeboat_protocol::RangeAsk;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const RECORD: usize = 400;
const RECORDS: u64 = 100_000;
/// As many records as a batch of the protocol has.
const BATCH: usize = 1024;

fn node(seed: u8, listen: &[&str]) -> (NetHandle, tokio::sync::mpsc::Receiver<NetEvent>) {
    let limits = Limits {
        range_rate: lifeboat_net::limits::Rate { burst: 1 << 20, per_second: 1e9 },
        ..Limits::default()
    };
    let listen = listen.iter().map(|addr| (*addr).to_owned()).collect();
    start(&NetConfig {
        key: SecretKey::from_seed(&[seed; 32]),
        listen,
        mdns: false,
        reach: ReachConfig::default(),
        limits,
    })
    .unwrap()
}

/// Answers every question with all records, in frames of `per_frame`.
async fn serve(mut events: tokio::sync::mpsc::Receiver<NetEvent>, per_frame: usize) {
    while let Some(event) = events.recv().await {
        if let NetEvent::RangeAsked { mut stream, .. } = event {
            tokio::spawn(async move {
                let frame = vec![7; RECORD * per_frame];
                for _ in 0..RECORDS / per_frame as u64 {
                    stream.send_frame(&frame).await.unwrap();
                }
                stream.finish().await.unwrap();
            });
        }
    }
}

async fn fetch(client: &NetHandle, server: &NetHandle) {
    let ask = RangeAsk { cell: CellId([1; 32]), term: Term::FIRST, from: Position(0) };
    let mut stream = client.open_range(server.key(), &ask).await.unwrap();
    let mut bytes = 0;
    while let Some(frame) = stream.next_frame().await.unwrap() {
        bytes += frame.len();
    }
    assert!(bytes as u64 >= (RECORDS - BATCH as u64) * RECORD as u64);
}

fn ranges(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("range stream of 100,000 records of 400 bytes");
    group.throughput(Throughput::Elements(RECORDS)).sample_size(10).measurement_time(Duration::from_secs(5));
    for (wire, listen) in [("tcp", "/ip4/127.0.0.1/tcp/0"), ("quic", "/ip4/127.0.0.1/udp/0/quic-v1")] {
        for (name, per_frame) in [("a frame each", 1), ("batches of 1024", BATCH)] {
            let (client, server) = runtime.block_on(async {
                let (server, events) = node(1, &[listen]);
                let (client, mut mine) = node(2, &[]);
                tokio::spawn(serve(events, per_frame));
                tokio::spawn(async move { while mine.recv().await.is_some() {} });
                client.dial(&server.listen_addrs().await[0]).await.unwrap();
                (client, server)
            });
            group.bench_function(format!("{wire}, {name}"), |bencher| {
                bencher.iter_custom(|times| {
                    runtime.block_on(async {
                        let start = Instant::now();
                        for _ in 0..times {
                            fetch(&client, &server).await;
                        }
                        start.elapsed()
                    })
                });
            });
        }
    }
}

criterion_group!(benches, ranges);
criterion_main!(benches);
