//! How many checkpoints a second a witness checks and cosigns, the disk apart: the keeper's signature, the
//! consistency with the one before, the decision, its own signature. The floor is one check and one signing.

#![allow(clippy::expect_used)] // a bench that cannot go on must stop
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lifeboat_log::testing::TestLog;
use lifeboat_log::tree::{Frontier, consistency_proof, node_hash};
use lifeboat_log::{Checkpoint, Record, SecretKey, SignedCheckpoint, Signers, Time, TreeHash};
use lifeboat_protocol::witness::{Clock, Effect, Event, Links, Step, Ticket, Witness};
use std::convert::Infallible;
use std::hint::black_box;

/// Checkpoints in one round, each 37 records after the one before.
const CHECKPOINTS: u64 = 200;
const STEP: u64 = 37;

struct Asked {
    note: Vec<u8>,
    step: Step,
}

fn node(levels: &mut Vec<Vec<TreeHash>>, level: u8, index: u64) -> TreeHash {
    while levels.len() <= usize::from(level) {
        let below = &levels[levels.len() - 1];
        let above = below.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        levels.push(above);
    }
    levels[usize::from(level)][index as usize]
}

fn asked() -> (Vec<Asked>, Signers, lifeboat_log::Origin) {
    let (mut log, founding) = TestLog::found(1);
    let mut records: Vec<Record> = vec![founding];
    records.extend(log.grow(CHECKPOINTS * STEP));
    let origin = log.chain.open().expect("founded").origin(log.cell());
    let (mut tree, mut roots) = (Frontier::default(), vec![lifeboat_log::tree::empty_root()]);
    for record in &records {
        tree.push(record.leaf());
        roots.push(tree.root());
    }
    let mut levels = vec![records.iter().map(Record::leaf).collect()];
    let ask = |n: u64| {
        let (old, size) = (n * STEP, (n + 1) * STEP);
        let root = roots[size as usize];
        let proof =
            consistency_proof(old, size, |level, index| Ok::<_, Infallible>(node(&mut levels, level, index)));
        let note = Checkpoint { origin, size, root }.sign(&log.term_key).to_bytes();
        Asked { note, step: Step { old, proof: proof.unwrap_or_default(), size, root } }
    };
    let asked = (0..CHECKPOINTS).map(ask).collect();
    (asked, Signers { term_key: log.term_key.public(), witnesses: vec![] }, origin)
}

fn cosign(c: &mut Criterion) {
    let (asked, signers, origin) = asked();
    let key = SecretKey::from_seed(&[9; 32]);
    let mut group = c.benchmark_group("witness");
    group.throughput(Throughput::Elements(CHECKPOINTS));
    group.bench_function("check and cosign", |b| {
        b.iter(|| {
            let mut witness = Witness::new(key.clone(), None);
            for (n, asked) in asked.iter().enumerate() {
                let signed = SignedCheckpoint::verify(&asked.note, &origin, &signers).expect("signed");
                let now = Time::from_ms(1_800_000_000_000 + n as u64 * 1000);
                let links = Some(Links { last: now, first_after: Some(now) });
                let clock = Clock { now, skew_ms: 600_000, links };
                let text = signed.text();
                let event = Event::Asked { ticket: Ticket(0), step: asked.step.clone(), text, clock };
                let effects = witness.handle(event);
                assert!(matches!(effects[..], [Effect::Promise(_)]));
                assert!(matches!(witness.handle(Event::Promised)[..], [Effect::Cosign { .. }]));
            }
        });
    });
    group.bench_function("floor: one check and one signature", |b| {
        let message = asked[0].note.clone();
        let (public, signature) = (key.public(), key.sign(&message));
        b.iter(|| {
            for _ in 0..CHECKPOINTS {
                black_box(public.verify(black_box(&message), &signature)).expect("it holds");
                black_box(key.sign(black_box(&message)));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, cosign);
criterion_main!(benches);
