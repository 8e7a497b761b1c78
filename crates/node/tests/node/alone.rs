//! A home by itself: what it does without a running node is what it does with one.

use crate::homes::{TestHome, signed};
use lifeboat_log::Position;
use lifeboat_node::ask::{Fate, Range, Reference, Role, Step};
use lifeboat_node::{Answer, Ask, Desk, DeskError, HomeError, Keys};

#[test]
fn the_keepers_home_places_its_own_entries_with_and_without_a_running_node() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let cell = heron.found("Oak Street");
    let fates = heron.receive(cell, 3, 0);
    for (at, fate) in fates.iter().enumerate() {
        let Fate::Placed { position, receipt, void, .. } = fate else { panic!("{fate:?}") };
        assert_eq!((position.0, void), (at as u64 + 1, &None));
        assert!(!receipt.is_empty());
    }
    heron.start();
    let fates = heron.receive(cell, 2, 0);
    assert!(matches!(fates[1], Fate::Placed { position: Position(5), .. }), "{fates:?}");
    let overview = heron.overview();
    assert!(overview.node_running);
    assert_eq!((overview.cells[0].size, overview.cells[0].role), (6, Role::Keeper));
    assert_eq!(overview.cells[0].checkpoint.unwrap().size, 6);
    assert_eq!(overview.cells[0].notices, Vec::<String>::new());
    let running = heron.view(cell);
    heron.stop();
    assert_eq!(heron.view(cell), running, "the same from the node and from the disk");
    let Answer::Exported { records } = heron.ask(Ask::Export { cell, to: folder.path().join("copy") }) else {
        panic!()
    };
    assert_eq!(records, 6);
    let Answer::Repaired { words, records } = heron.ask(Ask::Repair { cell }) else { panic!() };
    assert_eq!((words, records), (vec![], 6));
    assert_eq!(heron.view(cell), running);
}

#[test]
fn what_the_rules_refuse_is_refused_with_a_name_and_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let mut stranger = TestHome::new(folder.path(), "stranger");
    let cell = heron.found("Oak Street");
    let foreign = signed(&stranger.received(cell, 1), &[]);
    let mut damaged = signed(&heron.received(cell, 1), &[]);
    damaged.entry.0[100] ^= 1;
    let good = heron.received(cell, 1);
    let entries = vec![foreign, damaged, signed(&good, &[]), signed(&good, &[])];
    let Answer::Submitted(fates) = heron.ask(Ask::Submit { cell, entries, wait_ms: 0 }) else { panic!() };
    let name = |fate: &Fate| match fate {
        Fate::Refused { name, text, .. } => {
            assert!(!text.is_empty());
            name.clone()
        }
        other => format!("{other:?}"),
    };
    assert_eq!(name(&fates[0]), "NotAdmissible");
    assert_eq!(name(&fates[1]), "BadSignature");
    let places: Vec<_> = fates[2..]
        .iter()
        .map(|fate| match fate {
            Fate::Placed { position, .. } => position.0,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(places, [1, 1], "the same entry twice is placed once, and both are told");
}

#[test]
fn the_log_is_read_by_place_kind_author_and_id() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let cell = heron.found("Oak Street");
    let fates = heron.receive(cell, 40, 0);
    let log = |range: Range| {
        let Answer::Records(records) = heron.ask(Ask::Log { cell, range }) else { panic!() };
        records
    };
    let all = log(Range::from(Position(0), 100));
    assert_eq!(all.len(), 41);
    assert_eq!(all[0].details[0].text, "heron");
    assert_eq!(log(Range::last(3)), all[38..]);
    assert_eq!(log(Range::from(Position(5), 2)), all[5..7]);
    let received = Range { kinds: vec![48], ..Range::last(5) };
    assert_eq!(log(received), all[36..]);
    let first =
        Range { kinds: vec![48], authors: vec![heron.member.public()], ..Range::from(Position(0), 4) };
    assert_eq!(log(first), all[1..5]);
    assert_eq!(log(Range { kinds: vec![999], ..Range::last(5) }), []);
    let Fate::Placed { id, .. } = &fates[6] else { panic!() };
    let find = |reference| {
        let Answer::Records(records) = heron.ask(Ask::Find { cell, reference }) else { panic!() };
        records
    };
    assert_eq!(find(Reference::Id(*id)), all[7..8]);
    assert_eq!(find(Reference::At(Position(7))), all[7..8]);
    assert_eq!(find(Reference::At(Position(41))), []);
    let Answer::Proof(proof) = heron.ask(Ask::Prove { cell, position: Position(7) }) else { panic!() };
    let proof = lifeboat_log::Proof::parse(&proof).unwrap();
    assert_eq!((proof.index, proof.record), (7, all[7].record.0.clone()));
}

#[test]
fn a_home_in_use_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let heron = TestHome::new(folder.path(), "heron");
    let lock = heron.home.lock().unwrap();
    assert!(matches!(Desk::open(&heron.home), Err(DeskError::Home(HomeError::InUse(_)))));
    drop(lock);
    assert!(Desk::open(&heron.home).is_ok());
}

#[test]
fn an_outbox_goes_by_stick_from_one_home_to_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let cell = heron.found("Oak Street");
    let mut wren = TestHome::new(folder.path(), "wren");
    wren.follow(&heron.card(cell));
    // A member's second home, with the same key, that never reaches the network.
    wren.member = lifeboat_log::SecretKey::from_seed(&heron.member.seed());
    let fates = wren.receive(cell, 2, 0);
    assert!(fates.iter().all(|fate| matches!(fate, Fate::Queued { .. })), "{fates:?}");
    let Answer::Outbox(waiting) = wren.ask(Ask::Outbox) else { panic!() };
    assert_eq!(waiting.len(), 2);
    assert!(waiting.iter().all(|own| own.step == Step::Waiting));
    let Answer::Bundle { bundle, entries } = wren.ask(Ask::OutboxSave) else { panic!() };
    assert_eq!(entries, 2);
    let Answer::Submitted(fates) = heron.ask(Ask::OutboxLoad { bundle: bundle.clone() }) else { panic!() };
    assert!(matches!(fates[1], Fate::Placed { position: Position(2), .. }), "{fates:?}");
    let mut cut = bundle;
    cut.0.pop();
    assert!(heron.try_ask(Ask::OutboxLoad { bundle: cut }).is_err());
    let Answer::Done = wren.ask(Ask::OutboxDrop { id: waiting[0].id }) else { panic!() };
    let Answer::Outbox(left) = wren.ask(Ask::Outbox) else { panic!() };
    assert_eq!(left.len(), 1);
}

#[test]
fn a_keeper_whose_term_key_is_gone_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let cell = heron.found("Oak Street");
    let overview = |home: &TestHome| home.overview().cells.into_iter().find(|c| c.cell == cell).unwrap();
    assert!(overview(&heron).notices.is_empty(), "{:?}", overview(&heron).notices);
    let key = heron.state(cell).keeper().unwrap().term_key;
    Keys::of(&heron.home).erase_term(&key).unwrap();
    let told = overview(&heron);
    assert_eq!(told.role, Role::Follower);
    assert!(told.notices.iter().any(|words| words.contains("takeover propose")), "{:?}", told.notices);
}
