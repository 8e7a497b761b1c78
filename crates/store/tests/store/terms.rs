//! A log of two terms: the second opens by a handover at the end of the first.

use crate::common::{Fixture, open};
use lifeboat_log::checkpoint::{Checkpoint, Signers};
use lifeboat_log::codec::{self, Bytes, List};
use lifeboat_log::opening::{Base, Opening, Right, possession_message};
use lifeboat_log::testing::{START_MS, draft};
use lifeboat_log::{
    Belief, Kind, Link, Origin, Position, Record, SecretKey, Signature, StateHash, Term, Time, TreeHash,
};
use lifeboat_store::{DiskStorage, LogStore, MemoryStorage, Storage, StoreError, audit_folder, export};
use std::sync::Arc;

/// A fixture whose log goes on in a second term, and the key of that term.
pub fn two_terms(first: u64, second: u64) -> (Fixture, SecretKey, usize) {
    let mut fixture = Fixture::new(first);
    let term = Term::new(0, 1);
    let key = SecretKey::from_seed(&[77; 32]);
    let log = &mut fixture.log;
    let mut entry = draft(&log.member, log.cell(), 50_000, Kind::OPENING);
    let message = possession_message(&entry, term, &log.node.public(), &key.public());
    let base = Base { checkpoint: Bytes::new(log.checkpoint().to_bytes()).unwrap(), head: log.chain.head() };
    let mut opening = Opening {
        term,
        base: Some(base),
        node: log.node.public(),
        term_key: key.public(),
        possession: key.sign(&message),
        witnesses: List::default(),
        quorum: 0,
        state: StateHash([1; 32]),
        rules: 1,
        right: Right::Handover(Signature([0; 64])),
    };
    opening.right = Right::Handover(log.term_key.sign(&opening.handover_message(&log.cell())));
    entry.body = Bytes::new(codec::encode(&opening)).unwrap();
    let mut next = entry.sign(&log.member).unwrap();
    for i in 0..second {
        let time = Time::from_ms(START_MS + 100_000_000 + i * 1000);
        let link = Link::new(term, log.chain.next(), log.chain.head(), time, next.id());
        let record = Record::place(link, next).unwrap();
        log.chain.extend(&record).unwrap();
        fixture.records.push(record);
        next = log.entry(&i.to_le_bytes());
    }
    (fixture, key, first as usize)
}

pub fn checkpoint(fixture: &Fixture, key: &SecretKey) -> lifeboat_log::SignedCheckpoint {
    let tree = &fixture.log.chain.open().unwrap().tree;
    let origin = Origin { cell: fixture.cell(), term: Term::new(0, 1) };
    Checkpoint { origin, size: tree.size(), root: tree.root() }.sign(key)
}

#[test]
fn a_log_of_two_terms_is_kept_opened_and_proven() {
    for (first, second) in [(1, 1), (5, 3), (256, 2), (300, 256), (257, 300)] {
        let (fixture, key, first) = two_terms(first, second);
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
        let mut store = open(storage.clone(), fixture.cell());
        store.append(&fixture.records).unwrap();
        store.set_checkpoint(&checkpoint(&fixture, &key)).unwrap();
        drop(store);
        let store = open(storage.clone(), fixture.cell());
        assert_eq!(store.chain(), &fixture.log.chain);
        assert!(store.records(Position(0), 10_000).unwrap() == fixture.records);
        let origin = |term| Origin { cell: fixture.cell(), term };
        let old = Signers { term_key: fixture.log.term_key.public(), witnesses: vec![] };
        let new = Signers { term_key: key.public(), witnesses: vec![] };
        let last = fixture.records.len() - 1;
        let proof = store.proof(Position(first as u64 - 1)).unwrap();
        assert!(proof.verify(&origin(Term::FIRST), &old).is_ok());
        let proof = store.proof(Position(last as u64)).unwrap();
        assert!(proof.verify(&origin(Term::new(0, 1)), &new).is_ok());
        for record in &fixture.records {
            assert_eq!(store.find(&record.entry().id()).unwrap(), Some(record.link().position));
        }
        drop(store);
        let (store, notices) = LogStore::repair(storage, fixture.cell()).unwrap();
        assert_eq!((store.len(), notices), (fixture.records.len() as u64, vec![]));
    }
}

#[test]
fn a_folder_of_two_terms_and_its_export_pass_the_audit() {
    let (fixture, key, _) = two_terms(300, 20);
    let (home, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut store, _) =
        LogStore::open(Arc::new(DiskStorage::open(home.path()).unwrap()), fixture.cell()).unwrap();
    store.append(&fixture.records).unwrap();
    store.set_checkpoint(&checkpoint(&fixture, &key)).unwrap();
    export(&store, copy.path(), &mut |_| {}).unwrap();
    for folder in [home.path(), copy.path()] {
        let report = audit_folder(folder, &mut |_| {}).unwrap();
        assert_eq!((report.records, report.terms, report.checkpoints), (320, 2, 2), "{:?}", report.findings);
        assert_eq!(report.count, 0, "{:?}", report.findings);
    }
}

#[test]
fn a_term_that_was_torn_while_it_opened_is_put_aside() {
    let (fixture, _, first) = two_terms(20, 1);
    let memory = fixture_without_second(&fixture, first);
    let storage: Arc<dyn Storage> = Arc::new(memory.clone());
    let opening = fixture.records[first].to_bytes();
    let name = format!("log/{}/0.1/tile/entries/000", fixture.cell());
    storage.append(&name, &(opening.len() as u16).to_be_bytes()).unwrap();
    storage.append(&name, &opening[..opening.len() - 5]).unwrap();
    let (mut store, notices) = LogStore::open(storage.clone(), fixture.cell()).unwrap();
    assert_eq!((store.len(), notices.len()), (first as u64, 1));
    store.append(&fixture.records[first..]).unwrap();
    store.sync().unwrap();
    drop(store);
    assert_eq!(open(storage, fixture.cell()).chain(), &fixture.log.chain);
}

#[test]
fn damage_to_the_opening_of_a_long_term_waits_for_repair() {
    let (fixture, key, first) = two_terms(20, 300);
    let memory = MemoryStorage::new();
    let storage: Arc<dyn Storage> = Arc::new(memory.clone());
    let mut store = open(storage.clone(), fixture.cell());
    store.append(&fixture.records).unwrap();
    store.set_checkpoint(&checkpoint(&fixture, &key)).unwrap();
    drop(store);
    memory.damage(&format!("log/{}/0.1/tile/entries/000", fixture.cell()), |bytes| bytes[100] ^= 1);
    let opened = LogStore::open(storage.clone(), fixture.cell());
    assert!(matches!(opened.err(), Some(StoreError::Damaged { .. })));
    let (mut store, notices) = LogStore::repair(storage, fixture.cell()).unwrap();
    assert_eq!((store.len(), notices.len()), (first as u64, 1), "{notices:?}");
    store.append(&fixture.records[first..]).unwrap();
    store.set_checkpoint(&checkpoint(&fixture, &key)).unwrap();
    assert_eq!(store.chain(), &fixture.log.chain);
}

fn fixture_without_second(fixture: &Fixture, first: usize) -> MemoryStorage {
    let memory = MemoryStorage::new();
    let mut store = open(Arc::new(memory.clone()), fixture.cell());
    store.append(&fixture.records[..first]).unwrap();
    store.sync().unwrap();
    memory
}

/// A leaked key of a term that is over signs another beginning of it, and more than stands of it.
#[test]
fn a_rival_checkpoint_of_a_term_that_is_over_is_proven_up_to_its_base_and_is_nothing_past_it() {
    let (fixture, key, first) = two_terms(12, 3);
    let mut store = open(Arc::new(MemoryStorage::new()), fixture.cell());
    store.append(&fixture.records).unwrap();
    store.set_checkpoint(&checkpoint(&fixture, &key)).unwrap();
    let origin = Origin { cell: fixture.cell(), term: Term::FIRST };
    let told = |size: u64, root: TreeHash, by: &SecretKey| {
        let note = Checkpoint { origin, size, root }.sign(by).to_bytes();
        store.contradicted_by(&note).unwrap()
    };
    let leaked = &fixture.log.term_key;
    for size in [1, 7, first as u64] {
        let charge = told(size, TreeHash([9; 32]), leaked).unwrap();
        let file = store.accuse(Term::FIRST, charge).unwrap();
        assert_eq!(file.verify(None).unwrap().belief, Some(Belief::Named), "{size}");
        assert_eq!(told(size, store.root(Term::FIRST, size).unwrap(), leaked), None, "{size}: what stands");
        assert_eq!(told(size, TreeHash([9; 32]), &key), None, "{size}: of another key");
    }
    assert_eq!(told(first as u64 + 1, TreeHash([9; 32]), leaked), None, "superseded");
    assert_eq!(store.contradicted_by(b"no note").unwrap(), None);
}
