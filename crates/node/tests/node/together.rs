//! Two homes: joining, replicating, delivering, and going on after interruptions.

use crate::homes::{TestHome, wait_for};
use lifeboat_log::{CellId, Origin, Proof, Term};
use lifeboat_node::ask::{Fate, Role};

fn size(home: &TestHome, cell: CellId) -> u64 {
    home.overview().cells.iter().find(|known| known.cell == cell).map_or(0, |known| known.size)
}

#[test]
fn a_newcomer_joins_signs_and_holds_a_replica() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let mut wren = TestHome::new(folder.path(), "wren");
    let cell = heron.found("Oak Street");
    heron.start();
    let link = heron.invite(cell);

    let joined = wren.join(&link, "wren", 10_000);
    assert!(joined.delivered);
    let words = joined.words.unwrap();
    assert_eq!((words.words.len(), words.others.len()), (3, 7));
    let (read, fate) = heron.vouch(cell);
    assert_eq!(read, words.words, "both read the same words");
    assert!(matches!(fate, Fate::Placed { void: None, .. }), "{fate:?}");

    // Not running a node: the command brings the network up by itself.
    let reports = wren.sync(10_000);
    assert_eq!((reports[0].after, reports[0].reached), (2, true), "{reports:?}");
    assert_eq!(reports[0].words, None, "a member reads no words any more");
    let fates = wren.receive(cell, 1, 10_000);
    let Fate::Placed { position, receipt, homes, void, .. } = &fates[0] else { panic!("{fates:?}") };
    assert_eq!((position.0, *homes, void), (2, 2, &None));
    let state = wren.state(cell);
    let keeper = state.keeper().unwrap();
    let signers = lifeboat_log::Signers { term_key: keeper.term_key, witnesses: vec![] };
    let proof = Proof::parse(receipt).unwrap();
    let (record, _) = proof.verify(&Origin { cell, term: Term::FIRST }, &signers).unwrap();
    assert_eq!(record.entry().author, wren.member.public());

    wren.start();
    wait_for("the same log in both homes", || size(&heron, cell) == 3 && size(&wren, cell) == 3);
    assert_eq!(heron.state(cell).hash(), wren.state(cell).hash());
    let overview = wren.overview();
    assert_eq!(overview.cells[0].role, Role::Follower);
    assert_eq!(overview.outbox, [], "what is replicated is not kept in the outbox");
    wait_for("the keeper knows of the replica", || heron.overview().cells[0].homes == 2);
    let fates = heron.receive(cell, 1, 5_000);
    assert!(matches!(fates[0], Fate::Placed { homes: 2, .. }), "{fates:?}");
    wait_for("the handles to arrive", || wren.view(cell).handles.len() == 2);
    let handles: Vec<_> = wren.view(cell).handles.into_iter().map(|handle| handle.handle).collect();
    assert!(handles.contains(&"wren".to_owned()) && handles.contains(&"heron".to_owned()), "{handles:?}");
}

#[test]
fn what_was_signed_offline_goes_by_itself_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let mut wren = TestHome::new(folder.path(), "wren");
    let cell = heron.found("Oak Street");
    heron.start();
    let link = heron.invite(cell);
    wren.join(&link, "wren", 10_000);
    heron.vouch(cell);
    wren.sync(10_000);
    heron.stop();
    let fates = wren.receive(cell, 3, 300);
    assert!(fates.iter().all(|fate| matches!(fate, Fate::Queued { .. })), "{fates:?}");
    wren.start();
    assert_eq!(wren.overview().outbox.len(), 3);
    heron.start();
    wait_for("the outbox to go", || wren.overview().outbox.is_empty());
    assert_eq!((size(&heron, cell), size(&wren, cell)), (5, 5));
}

#[test]
fn a_follower_that_was_off_catches_up_and_receives_what_is_missing_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let mut wren = TestHome::new(folder.path(), "wren");
    let cell = heron.found("Oak Street");
    heron.receive(cell, 3_000, 0);
    heron.start();
    wren.follow(&heron.card(cell));
    let first = &wren.sync(20_000)[0];
    assert_eq!(first.after, 3_001);
    heron.receive(cell, 10, 0);
    let second = &wren.sync(20_000)[0];
    assert_eq!((second.before, second.after), (3_001, 3_011));
    assert!(second.received < first.received / 50, "{} of {}", second.received, first.received);
    let third = &wren.sync(20_000)[0];
    assert_eq!((third.after, third.received), (3_011, 0));
    wren.start();
    heron.receive(cell, 5, 0);
    wait_for("what is new to arrive by itself", || size(&wren, cell) == 3_016);
    wren.stop();
    heron.receive(cell, 5, 0);
    wren.start();
    wait_for("what was missed to arrive by itself", || size(&wren, cell) == 3_021);
    assert_eq!(heron.state(cell).hash(), wren.state(cell).hash());
}

#[test]
fn a_node_stores_only_what_it_follows() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let wren = TestHome::new(folder.path(), "wren");
    let cell = heron.found("Oak Street");
    heron.start();
    let mut other = TestHome::new(folder.path(), "other");
    other.start();
    let address = heron.addresses[0].clone();
    other.ask(lifeboat_node::Ask::Connect { address });
    assert!(other.overview().cells.is_empty());
    wren.follow(&heron.card(cell));
    assert_eq!(wren.sync(10_000)[0].after, 1);
    wren.ask(lifeboat_node::Ask::Unfollow { cell });
    assert!(wren.overview().cells.is_empty());
    assert!(other.overview().cells.is_empty());
}

#[test]
fn a_follower_that_is_cut_off_in_mid_catch_up_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let wren = TestHome::new(folder.path(), "wren");
    let cell = heron.found("Oak Street");
    heron.receive(cell, 12_000, 0);
    let bytes: u64 = {
        let bundles = std::fs::read_dir(heron.home.log_folder(&cell).join("0.0/tile/entries")).unwrap();
        bundles.map(|bundle| bundle.unwrap().metadata().unwrap().len()).sum()
    };
    heron.start();
    wren.follow(&heron.card(cell));
    let (mut received, mut cuts, mut stood) = (0, 0, 0);
    // Each sync is a process of its own that ends after a moment, wherever it is.
    for wait_ms in (100..).step_by(50) {
        let report = wren.sync(wait_ms).remove(0);
        assert!(report.before >= stood, "nothing that was stored is lost");
        (stood, received) = (report.after, received + report.received);
        if report.after == 12_001 {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 0, "it was cut off at least once");
    // A cut costs the two batches at most that were on their way, of a mebibyte each.
    let allowed = bytes + bytes / 20 + cuts * 2 * 1024 * 1024;
    assert!(received < allowed, "{received} bytes received for a log of {bytes}, cut off {cuts} times");
    assert_eq!(heron.state(cell).hash(), wren.state(cell).hash());
}
