//! Entries that the keeper has not placed: other homes keep them, bring them to it when their author's
//! laptop is closed, and show how long they have waited, with the real program.

use crate::person::{Person, wait_for};
use crate::real;
use std::path::Path;

/// Heron, who keeps the log, and wren and rook, whose homes know of each other; all nodes run.
fn three(folder: &Path, placing_hours: u16) -> [Person; 3] {
    let home = real::make(folder, "heron");
    real::found_with(&home, |charter| charter.placing_hours = placing_hours);
    let mut heron = Person::at(folder, "heron");
    heron.start_node();
    let (wren, mut rook) = (Person::with_home(folder, "wren"), Person::with_home(folder, "rook"));
    heron.takes_in(&wren);
    heron.takes_in(&rook);
    rook.start_node();
    let addresses = rook.value(&["node", "status"], "addresses");
    let at_rook = addresses[0].as_str().unwrap().to_owned();
    real::run(wren.home(), &["node", "--background", "--connect", &at_rook]);
    wait_for("the homes to be connected", || connected(&wren) == 2 && connected(&rook) == 2);
    wait_for("all to have the log", || [&wren, &rook].iter().all(|who| cell(who, "records") == 3));
    [heron, wren, rook]
}

fn connected(person: &Person) -> usize {
    let peers = person.value(&["node", "status"], "peers");
    peers.as_array().into_iter().flatten().filter(|peer| peer["connected"] == true).count()
}

fn cell(person: &Person, what: &str) -> u64 {
    person.value(&["status"], "cells")[0][what].as_u64().unwrap_or_default()
}

#[test]
fn an_entry_reaches_the_keeper_though_its_author_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let [mut heron, mut wren, rook] = three(folder.path(), 24);
    heron.stop_node();
    wait_for("the keeper to be gone", || connected(&wren) == 1 && connected(&rook) == 1);
    let step = wren.value(&["--wait", "20", "in", "40", "EUR", "--from", "street collection"], "step");
    assert_eq!(step, "handed_on");
    let listed = wren.good(&["outbox"]).out;
    assert!(listed.contains("kept by 1 other home"), "{listed}");
    assert_eq!((cell(&rook, "pending"), cell(&rook, "overdue")), (1, 0));
    // The author's laptop is closed; the keeper comes back, and rook's home has the entry.
    wren.stop_node();
    heron.start_node();
    wait_for("the entry to be placed", || cell(&heron, "records") == 4);
    assert!(heron.good(&["log"]).out.contains("street collection"), "with its details");
    wait_for("rook's home to know", || cell(&rook, "pending") == 0);
    wren.start_node();
    wait_for("wren's home to know", || wren.good(&["--json", "outbox"]).objects().is_empty());
    assert_eq!(cell(&heron, "records"), 4, "placed once");
}

#[test]
fn what_waits_too_long_is_overdue_on_every_home() {
    let folder = tempfile::tempdir().unwrap();
    let [mut heron, wren, rook] = three(folder.path(), 0);
    heron.stop_node();
    wait_for("the keeper to be gone", || connected(&wren) == 1 && connected(&rook) == 1);
    wren.good(&["--yes", "--wait", "20", "in", "40", "EUR"]);
    wait_for("it to be overdue at rook's", || cell(&rook, "overdue") == 1);
    wait_for("it to be overdue at wren's own", || cell(&wren, "overdue") == 1);
    assert!(rook.good(&["status"]).out.contains("Overdue: 1 entry has waited longer"));
    for board in ["needs", "offers", "stock", "balance", "log"] {
        let said = rook.good(&[board]).err;
        assert!(said.contains("Overdue: 1 entry"), "{board}: {said}");
    }
    // What waits is still there after a restart.
    let mut rook = rook;
    rook.stop_node();
    rook.start_node();
    assert_eq!(cell(&rook, "overdue"), 1);
    heron.start_node();
    wait_for("it to be placed", || cell(&rook, "pending") == 0 && cell(&rook, "records") == 4);
    assert_eq!(cell(&rook, "overdue"), 0);
}

/// Every home on a LAN finds every other, also those of other cells.
#[test]
fn who_has_nothing_to_do_with_the_cell_is_offered_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let [mut heron, wren] = Person::two(folder.path());
    let mut stranger = Person::founder(folder.path(), "stranger");
    stranger.start_node();
    let addresses = stranger.value(&["node", "status"], "addresses");
    wren.good(&["follow", "--connect", addresses[0].as_str().unwrap()]);
    // Wren's own node does not run: each command connects to both, and the stranger is often the first.
    for amount in 1..=6 {
        let amount = amount.to_string();
        let step = wren.value(&["--wait", "20", "in", &amount, "kg", "rice", "--from", "harvest"], "step");
        assert!(step == "placed" || step == "replicated", "{amount}: {step}");
    }
    // With the keeper gone they wait, and nobody says that they were refused.
    let own = heron.value(&["node", "status"], "addresses")[0].as_str().unwrap().to_owned();
    heron.stop_node();
    let said = wren.good(&["--yes", "--wait", "3", "in", "7", "kg", "rice", "--from", "harvest"]);
    assert!(said.out.contains("In your outbox"), "{}{}", said.out, said.err);
    heron.start_node_with(&["--listen", own.split("/p2p/").next().unwrap()]);
    wren.good(&["--wait", "20", "sync"]);
    assert!(heron.good(&["log"]).out.contains("7 kg rice"));
}
