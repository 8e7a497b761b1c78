//! Homes that witness each other's keeper, and a log that is handed over, over the real network.

use crate::homes::{TestHome, copy_folder, wait_for};
use lifeboat_commons::Common;
use lifeboat_commons::membership::NodeNamed;
use lifeboat_commons::witnessing::WitnessOffered;
use lifeboat_log::{CellId, Kind, PublicKey, Term};
use lifeboat_node::ask::{CellOverview, OwnKey, Range, Role};
use lifeboat_node::{Answer, Ask, Keys};

fn overview(home: &TestHome, cell: CellId) -> CellOverview {
    home.overview().cells.into_iter().find(|known| known.cell == cell).unwrap()
}

/// A founder and two members, all with running nodes.
fn three(folder: &std::path::Path) -> ([TestHome; 3], CellId) {
    let mut heron = TestHome::new(folder, "heron");
    let cell = heron.found("Oak Street");
    heron.start();
    let mut members = Vec::new();
    for name in ["wren", "finch"] {
        let mut member = TestHome::new(folder, name);
        let link = heron.invite(cell);
        member.join(&link, name, 10_000);
        heron.vouch(cell);
        member.start();
        wait_for("the newcomer to hold the log", || overview(&member, cell).size >= 2);
        members.push(member);
    }
    let finch = members.pop().unwrap();
    ([heron, members.pop().unwrap(), finch], cell)
}

fn offer(home: &mut TestHome, cell: CellId) -> PublicKey {
    let (key, possession) = home.possession(cell, OwnKey::Witness);
    home.say(cell, &WitnessOffered { common: Common::default(), key, offered: true, possession });
    key
}

fn hand_over(
    home: &TestHome,
    cell: CellId,
    to: Option<PublicKey>,
    witnesses: &[PublicKey],
    quorum: u16,
) -> Term {
    let mut witnesses = witnesses.to_vec();
    witnesses.sort_unstable();
    let ask = Ask::HandOver { cell, to, witnesses, quorum };
    let Answer::HandedOver { term } = home.ask(ask) else { panic!() };
    term
}

#[test]
fn entries_are_witnessed_anchored_and_go_on_under_another_keeper() {
    let folder = tempfile::tempdir().unwrap();
    let ([mut heron, mut wren, mut finch], cell) = three(folder.path());
    let keys = [offer(&mut wren, cell), offer(&mut finch, cell)];
    let old = heron.state(cell).keeper().unwrap().term_key;
    assert_eq!(hand_over(&heron, cell, None, &keys, 2), Term::new(0, 1));
    assert!(!Keys::of(&heron.home).has_term(&old), "the old term key is erased");
    heron.receive(cell, 1, 5_000);
    for home in [&heron, &wren, &finch] {
        wait_for("all to be witnessed", || {
            let cell = overview(home, cell);
            (cell.quorum, cell.cosigned) == (2, 2) && cell.witnessed == cell.size
        });
    }
    wait_for("an anchor", || heron.state(cell).anchored().0 > 5);
    let kinds = Range { kinds: vec![Kind::ANCHOR.0], ..Range::last(10) };
    let Answer::Records(anchors) = heron.ask(Ask::Log { cell, range: kinds }) else { panic!() };
    assert!(!anchors.is_empty() && anchors.iter().all(|anchor| anchor.void.is_none()), "{anchors:?}");

    // Wren lets the node keep the log, and heron hands it over.
    let (node, possession) = wren.possession(cell, OwnKey::Node);
    wren.say(cell, &NodeNamed { common: Common::default(), node, serves: true, possession });
    assert_eq!(hand_over(&heron, cell, Some(node), &keys[1..], 1), Term::new(0, 2));
    wait_for("the new keeper", || overview(&wren, cell).role == Role::Keeper);
    assert_eq!(overview(&heron, cell).role, Role::Follower);
    heron.receive(cell, 1, 10_000);
    finch.receive(cell, 1, 10_000);
    for home in [&heron, &wren, &finch] {
        wait_for("all to be witnessed by finch", || {
            let cell = overview(home, cell);
            (cell.quorum, cell.cosigned) == (1, 1) && cell.witnessed == cell.size
        });
    }
    // All come back from their disks as they were.
    for home in [&mut heron, &mut wren, &mut finch] {
        home.stop();
        home.start();
    }
    wait_for("finch's answer", || overview(&wren, cell).role == Role::Keeper);
    heron.receive(cell, 1, 10_000);
    wait_for("one log everywhere", || {
        let states = [&heron, &wren, &finch].map(|home| home.state(cell).hash());
        states[0] == states[1] && states[1] == states[2] && overview(&finch, cell).cosigned == 1
    });
}

#[test]
fn a_node_that_nobody_named_is_handed_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ([heron, wren, _finch], cell) = three(folder.path());
    let node = Keys::of(&wren.home).node().unwrap().public();
    let ask = Ask::HandOver { cell, to: Some(node), witnesses: vec![], quorum: 0 };
    let refused = heron.try_ask(ask).unwrap_err().to_string();
    assert!(refused.contains("does not keep"), "{refused}");
    assert_eq!(overview(&heron, cell).role, Role::Keeper);
    let only = wren.try_ask(Ask::HandOver { cell, to: None, witnesses: vec![], quorum: 0 }).unwrap_err();
    assert!(only.to_string().contains("only its keeper"), "{only}");
}

#[test]
fn a_keeper_on_an_old_backup_signs_nothing_before_a_witness_told_it_what_it_forgot() {
    let folder = tempfile::tempdir().unwrap();
    let ([mut heron, mut wren, mut finch], cell) = three(folder.path());
    let keys = [offer(&mut wren, cell), offer(&mut finch, cell)];
    hand_over(&heron, cell, None, &keys, 2);
    heron.receive(cell, 1, 5_000);
    heron.stop();
    let (root, backup) = (heron.home.root().to_owned(), folder.path().join("backup"));
    copy_folder(&root, &backup);
    heron.start();
    wait_for("a witness to answer", || overview(&heron, cell).role == Role::Keeper);
    heron.receive(cell, 3, 5_000);
    wait_for("all to be witnessed", || {
        let cell = overview(&finch, cell);
        cell.witnessed == cell.size && cell.size == overview(&heron, cell.cell).size
    });
    let before = overview(&heron, cell);
    [&mut heron, &mut wren, &mut finch].into_iter().for_each(TestHome::stop);
    std::fs::remove_dir_all(&root).unwrap();
    copy_folder(&backup, &root);

    // Alone it places nothing, and says why; what its member says waits.
    heron.start();
    let alone = overview(&heron, cell);
    assert_eq!((alone.role, alone.asks), (Role::Follower, 1));
    assert!(alone.size < before.size);
    let fate = heron.receive(cell, 1, 500).remove(0);
    assert!(matches!(fate, lifeboat_node::ask::Fate::Queued { .. }), "{fate:?}");

    finch.start();
    wait_for("what was forgotten, and then the new entry", || {
        let now = overview(&heron, cell);
        now.role == Role::Keeper && now.asks == 0 && now.size > before.size
    });
    wren.start();
    wait_for("one log everywhere", || {
        let states = [&heron, &wren, &finch].map(|home| home.state(cell).hash());
        states[0] == states[1] && states[1] == states[2]
    });
    for home in [&heron, &wren, &finch] {
        assert!(overview(home, cell).misconduct.is_empty(), "it signed no second history");
    }
}

#[test]
fn a_person_may_vouch_for_the_disk_where_no_witness_can_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let ([mut heron, mut wren, mut finch], cell) = three(folder.path());
    let keys = [offer(&mut wren, cell), offer(&mut finch, cell)];
    hand_over(&heron, cell, None, &keys, 2);
    [&mut heron, &mut wren, &mut finch].into_iter().for_each(TestHome::stop);
    heron.start();
    assert_eq!((overview(&heron, cell).role, overview(&heron, cell).asks), (Role::Follower, 1));
    heron.stop();
    heron.vouched = true;
    heron.start();
    assert_eq!((overview(&heron, cell).role, overview(&heron, cell).asks), (Role::Keeper, 0));
    let fate = heron.receive(cell, 1, 0).remove(0);
    assert!(matches!(fate, lifeboat_node::ask::Fate::Placed { .. }), "{fate:?}");
}
