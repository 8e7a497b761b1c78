//! Bundles: a log on a stick, taken in by homes that know nothing, something, or another history.

use crate::homes::{TestHome, signed};
use lifeboat_log::{CellId, Detail, DetailTag, Time};
use lifeboat_node::ask::{BundleTaken, BundleWritten};
use lifeboat_node::{Answer, Ask, sealed};
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Default)]
struct With {
    from: Option<u64>,
    details: bool,
    sealed: bool,
}

fn export(home: &TestHome, cell: CellId, to: &Path, with: With) -> BundleWritten {
    let from = with.from.map(lifeboat_log::Position);
    let (details, sealed) = (with.details, with.sealed);
    let ask = Ask::BundleExport { cell, to: to.into(), from, since: None, details, sealed, blobs: false };
    let Answer::BundleWritten(done) = home.ask(ask) else { panic!() };
    done
}

fn import(home: &TestHome, from: &Path) -> BundleTaken {
    let Answer::BundleTaken(done) = home.ask(Ask::BundleImport { from: from.into() }) else { panic!() };
    done
}

fn size(home: &TestHome) -> u64 {
    home.overview().cells[0].size
}

/// Heron's cell with so many entries more, and a few texts.
fn cell_of(folder: &Path, count: usize) -> (TestHome, CellId) {
    let mut heron = TestHome::new(folder, "heron");
    let cell = heron.found("Oak Street");
    heron.receive(cell, count, 0);
    let note = Detail::open([3; 16], "street collection").unwrap();
    let private = sealed::seal("ring twice", &[heron.member.public()]).unwrap();
    let named = vec![
        note.reference(DetailTag::NOTE, Time::ZERO),
        private.reference(DetailTag::SEALED_NOTE, Time::ZERO),
    ];
    let entries = vec![signed(&heron.received_with(cell, named), &[note, private])];
    heron.ask(Ask::Submit { cell, entries, wait_ms: 0 });
    (heron, cell)
}

/// A home that knows the card of the cell and nothing else; its network is never used.
fn newcomer(folder: &Path, name: &str, card: &str) -> TestHome {
    let home = TestHome::new(folder, name);
    home.follow(card);
    home
}

#[test]
fn a_stick_seeds_a_home_that_knows_only_the_card_and_twice_is_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let (mut heron, cell) = cell_of(folder.path(), 1_500);
    let stick = folder.path().join("stick");
    let wrote = export(&heron, cell, &stick, With { details: true, ..With::default() });
    assert_eq!((wrote.records, wrote.details, wrote.sealed), (1_502, 2, 0));
    assert_eq!(std::fs::metadata(&stick).unwrap().len(), wrote.bytes);
    let mut jay = newcomer(folder.path(), "jay", &heron.card(cell));
    // In a home whose node is running too.
    jay.start();
    let taken = import(&jay, &stick);
    assert_eq!((taken.records, taken.known, taken.details, taken.broken), (1_502, 0, 2, None));
    assert_eq!(heron.state(cell).hash(), jay.state(cell).hash());
    assert_eq!(jay.view(cell).handles[0].handle, "heron");
    let again = import(&jay, &stick);
    assert_eq!((again.records, again.known, again.details, again.broken), (0, 1_502, 0, None));
    // The news alone, from where the other home ends or before that.
    heron.receive(cell, 10, 0);
    for (from, known) in [(1_502, 0), (1_400, 112)] {
        export(&heron, cell, &stick, With { from: Some(from), ..With::default() });
        let taken = import(&jay, &stick);
        assert_eq!((taken.known + taken.records, taken.broken), (1_512 - from, None));
        assert!(taken.known >= known);
    }
    assert_eq!(heron.state(cell).hash(), jay.state(cell).hash());
    // From a place that the other home has not reached: it says what is missing.
    heron.receive(cell, 10, 0);
    export(&heron, cell, &stick, With { from: Some(1_518), ..With::default() });
    let taken = import(&jay, &stick);
    assert!(taken.broken.unwrap().contains("import an earlier bundle first"));
    assert_eq!(size(&jay), 1_512);
    // A home that does not follow the cell takes nothing.
    let stranger = TestHome::new(folder.path(), "stranger");
    assert!(stranger.try_ask(Ask::BundleImport { from: stick }).is_err());
}

#[test]
fn private_texts_go_on_a_stick_only_when_asked_and_stay_out_of_siblings() {
    let folder = tempfile::tempdir().unwrap();
    let (heron, cell) = cell_of(folder.path(), 3);
    let stick = folder.path().join("stick");
    let wrote = export(&heron, cell, &stick, With { sealed: true, ..With::default() });
    assert_eq!((wrote.details, wrote.sealed), (0, 1));
    let jay = newcomer(folder.path(), "jay", &heron.card(cell));
    let taken = import(&jay, &stick);
    assert_eq!((taken.records, taken.sealed, taken.broken), (5, 0, None), "a sibling keeps none");
    let plain = export(&heron, cell, &stick, With { details: true, ..With::default() });
    assert_eq!(plain.sealed, 0);
}

#[test]
fn a_cut_or_damaged_stick_keeps_what_was_proven_and_says_where_it_broke() {
    let folder = tempfile::tempdir().unwrap();
    let (heron, cell) = cell_of(folder.path(), 2_400);
    let stick = folder.path().join("stick");
    export(&heron, cell, &stick, With { details: true, ..With::default() });
    let whole = std::fs::read(&stick).unwrap();
    let card = heron.card(cell);
    for part in 1..=6 {
        let cut = whole.len() * part / 7;
        std::fs::write(&stick, &whole[..cut]).unwrap();
        let jay = newcomer(folder.path(), &format!("cut-{part}"), &card);
        let taken = import(&jay, &stick);
        assert!(taken.broken.as_ref().unwrap().contains("cut"), "{taken:?}");
        assert!(taken.broken_at.unwrap() <= cut as u64);
        assert_eq!(taken.after, size(&jay));
        // The rest of a whole one finishes what was begun.
        std::fs::write(&stick, &whole).unwrap();
        assert_eq!(import(&jay, &stick).broken, None);
        assert_eq!(heron.state(cell).hash(), jay.state(cell).hash());

        let mut bad = whole.clone();
        bad[cut] ^= 1 << (part % 8);
        std::fs::write(&stick, &bad).unwrap();
        let jay = newcomer(folder.path(), &format!("bad-{part}"), &card);
        let taken = import(&jay, &stick);
        assert!(taken.broken.is_some(), "byte {cut}: {taken:?}");
        let log = jay.home.log_folder(&cell);
        if taken.after > 0 {
            assert!(lifeboat_store::audit_folder(&log, &mut |_| {}).unwrap().is_sound());
        }
    }
}

#[test]
fn another_history_on_a_stick_raises_the_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let (mut heron, cell) = cell_of(folder.path(), 20);
    let stick = folder.path().join("stick");
    // Heron's disk is copied, and both copies go on: the same key signs two histories.
    let mut copy = heron.copy(&folder.path().join("copy"));
    heron.receive(cell, 5, 0);
    copy.receive(cell, 9, 0);
    let jay = newcomer(folder.path(), "jay", &heron.card(cell));
    export(&heron, cell, &stick, With::default());
    assert_eq!(import(&jay, &stick).broken, None);
    export(&copy, cell, &stick, With::default());
    let taken = import(&jay, &stick);
    assert!(taken.fork, "{taken:?}");
    let overview = jay.overview();
    assert_eq!((taken.records, overview.cells[0].size), (0, 27));
    let notices = overview.notices.join(" ");
    assert!(notices.contains("ALARM"), "it is shown in the status too: {notices}");
    // The keeper itself notices a stick with another history.
    assert!(import(&heron, &stick).fork);
    let _: PathBuf = stick;
}
