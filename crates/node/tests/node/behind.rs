//! What a catch-up costs depends on what is missing, never on the size of the log.

use crate::homes::TestHome;
use lifeboat_commons::{Amount, Common, Quantity, compose, ledger};
use lifeboat_log::{CellId, Link, Nonce, Record, Term};
use lifeboat_store::{DiskStorage, LogStore, Storage};
use std::sync::Arc;

/// Lets a log grow to `size` records, past the keeper: all are of the founder, signed, linked and synced.
/// The keeper signs over them when it opens the log.
fn grow(heron: &TestHome, cell: CellId, size: u64) {
    const BATCH: u64 = 4_096;
    let storage: Arc<dyn Storage> = Arc::new(DiskStorage::open(heron.home.root()).unwrap());
    let (mut log, _) = LogStore::open(storage.clone(), cell).unwrap();
    let quantity = Quantity::money(Amount::from_millionths(1_000_000), "EUR").unwrap();
    let said = compose(&ledger::Received { common: Common::default(), quantity }).unwrap();
    let author = heron.member.public();
    let mut chain = log.chain().clone();
    while log.len() < size {
        let one = |n: u64| {
            let now = lifeboat_node::cell::now();
            let mut nonce = [0; 16];
            nonce[..8].copy_from_slice(&n.to_le_bytes());
            let entry = said.clone().entry(cell, author, now, now.plus_ms(86_400_000), Nonce(nonce));
            let entry = entry.sign(&heron.member).unwrap();
            let link = Link::new(Term::FIRST, chain.next(), chain.head(), now, entry.id());
            let record = Record::place(link, entry).unwrap();
            chain.extend(&record).unwrap();
            record
        };
        let records: Vec<Record> = (log.len()..size.min(log.len() + BATCH)).map(one).collect();
        log.append(&records).unwrap();
        log.sync().unwrap();
    }
    drop(log);
    storage.flush().unwrap();
}

#[test]
fn a_follower_ten_entries_behind_on_a_long_log_receives_ten_records() {
    const LONG: u64 = 100_000;
    const BEHIND: u64 = 10;
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let wren = TestHome::new(folder.path(), "wren");
    let cell = heron.found("Oak Street");
    grow(&heron, cell, LONG - BEHIND);
    heron.start();
    wren.follow(&heron.card(cell));
    let (whole, told) = wren.sync_watched(120_000);
    let whole = &whole[0];
    assert_eq!(whole.after, LONG - BEHIND, "{whole:?}");
    let between = |(done, total): &&(u64, u64)| 0 < *done && done < total && *total == LONG - BEHIND;
    assert!(told.iter().filter(between).count() > 1, "the way is told: {told:?}");
    heron.receive(cell, BEHIND as usize, 0);
    let behind = &wren.sync(30_000)[0];
    assert_eq!((behind.before, behind.after), (LONG - BEHIND, LONG), "{behind:?}");
    let record = whole.received as f64 / (LONG - BEHIND) as f64;
    println!(
        "{} bytes for {} records, then {} bytes for {BEHIND}: as much as {:.1} records",
        whole.received,
        LONG - BEHIND,
        behind.received,
        behind.received as f64 / record,
    );
    // Besides the records: a checkpoint, and two proofs of 17 hashes each at most.
    let beside = 1_024 + 2 * 17 * 32;
    assert!(behind.received as f64 <= BEHIND as f64 * record + f64::from(beside), "{behind:?}");
    assert_eq!(heron.state(cell).hash(), wren.state(cell).hash());
}
