//! Sealed texts stay in the cell, and what was erased is gone everywhere and does not come back.

use crate::homes::{TestHome, signed, wait_for};
use lifeboat_commons::{Common, Erase, compose};
use lifeboat_log::codec::List;
use lifeboat_log::{CellId, Detail, DetailHash, DetailTag, SignedEntry, Time};
use lifeboat_node::ask::{DetailCount, DetailCounts, Entered, Fate, Range};
use lifeboat_node::{Answer, Ask, Keys, sealed};
use lifeboat_protocol::{Request, Response};
use std::path::{Path, PathBuf};

/// Hands in an entry with its details; returns where it stands.
fn place(home: &TestHome, cell: CellId, entry: &SignedEntry, details: &[Detail]) -> u64 {
    let entries = vec![signed(entry, details)];
    let Answer::Submitted(fates) = home.ask(Ask::Submit { cell, entries, wait_ms: 10_000 }) else { panic!() };
    let Fate::Placed { position, void: None, .. } = &fates[0] else { panic!("{fates:?}") };
    position.0
}

/// Hands in an entry that stays in the outbox.
fn queue(home: &TestHome, cell: CellId, entry: &SignedEntry, details: &[Detail]) {
    let entries = vec![signed(entry, details)];
    let Answer::Submitted(fates) = home.ask(Ask::Submit { cell, entries, wait_ms: 0 }) else { panic!() };
    assert!(matches!(fates[0], Fate::Queued { .. }), "{fates:?}");
}

fn entered(home: &TestHome, cell: CellId, at: u64) -> Option<Entered> {
    let range = Range::from(lifeboat_log::Position(at), 1);
    let Answer::Records(mut records) = home.ask(Ask::Log { cell, range }) else { panic!() };
    records.pop()
}

fn counts(home: &TestHome, cell: CellId) -> DetailCounts {
    let Answer::DetailCounts(counts) = home.ask(Ask::DetailCounts { cell }) else { panic!() };
    counts
}

fn erase(home: &mut TestHome, cell: CellId, entry: &SignedEntry, at: u64) -> SignedEntry {
    let what = List::new(entry.details.iter().map(|detail| detail.hash.0).collect()).unwrap();
    let (entry, at) = (entry.id(), lifeboat_log::Position(at));
    let said = compose(&Erase { common: Common::default(), entry, at, what }).unwrap();
    home.signed_with(cell, said, vec![], |draft| draft.after = List::new(vec![entry]).unwrap())
}

/// The files below a folder that hold these bytes.
fn holding(folder: &Path, needle: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, needle));
        } else if std::fs::read(&path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|w| w == needle)) {
            found.push(path);
        }
    }
    found
}

/// Heron keeps; wren and finch are members whose nodes are named in the log.
fn three(folder: &Path) -> (TestHome, TestHome, TestHome, CellId) {
    let mut heron = TestHome::new(folder, "heron");
    let cell = heron.found("Oak Street");
    heron.start();
    let [wren, finch] = ["wren", "finch"].map(|name| {
        let mut home = TestHome::new(folder, name);
        home.join(&heron.invite(cell), name, 10_000);
        heron.vouch(cell);
        home.sync(10_000);
        let member = home.state(cell).members().of_key(&home.member.public()).unwrap();
        let node = Keys::of(&home.home).node().unwrap();
        let named = lifeboat_commons::membership::NodeNamed::sign(cell, member, &node);
        let entry = home.signed_with(cell, compose(&named).unwrap(), vec![], |_| {});
        place(&home, cell, &entry, &[]);
        home
    });
    (heron, wren, finch, cell)
}

fn text(salt: u8, words: &str) -> Detail {
    Detail::open([salt; 16], words).unwrap()
}

/// What a node of this home is given when it asks for a detail.
fn asks(who: &TestHome, whom: &TestHome, cell: CellId, hash: DetailHash) -> usize {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let key = Keys::of(&who.home).node().unwrap();
        let config = lifeboat_net::NetConfig {
            key,
            listen: vec![],
            mdns: false,
            reach: lifeboat_net::ReachConfig::default(),
            limits: lifeboat_net::Limits::default(),
        };
        let (net, mut events) = lifeboat_net::start(&config).unwrap();
        tokio::spawn(async move { while events.recv().await.is_some() {} });
        let request = Request::Details { cell, hashes: List::new(vec![hash]).unwrap() };
        let mut answer = None;
        // The home's own node has the same key: a connection of it may close this one.
        for _ in 0..20 {
            let peer = net.dial(&whom.addresses[0]).await.unwrap();
            match net.request(peer, &request).await {
                Err(lifeboat_net::NetError::Cut) => {
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
                other => {
                    answer = Some(other.unwrap());
                    break;
                }
            }
        }
        let answer = answer.unwrap();
        net.stop().await;
        let Response::Details { details } = answer else { panic!("{answer:?}") };
        details.len()
    })
}

#[test]
fn sealed_texts_go_to_the_homes_of_the_cell_and_to_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let (mut heron, mut wren, finch, cell) = three(folder.path());
    let mut jay = TestHome::new(folder.path(), "jay");
    jay.follow(&heron.card(cell));
    let note = text(1, "for the hall");
    let keys = [heron.member.public(), wren.member.public()];
    let private = sealed::seal("ring at the back door", &keys).unwrap();
    let named = vec![
        note.reference(DetailTag::NOTE, Time::ZERO),
        private.reference(DetailTag::SEALED_NOTE, Time::ZERO),
    ];
    let entry = heron.received_with(cell, named);
    let at = place(&heron, cell, &entry, &[note.clone(), private.clone()]);
    for home in [&wren, &finch, &jay] {
        home.sync(10_000);
    }
    // Both members' homes hold the file; only who was chosen reads it.
    for (home, reads) in [(&wren, true), (&finch, false), (&heron, true)] {
        let shown = entered(home, cell, at).unwrap();
        assert_eq!((shown.details.len(), shown.sealed.len()), (1, 1), "{shown:?}");
        assert_eq!(sealed::open(&shown.sealed[0], &home.member).is_some(), reads);
    }
    let shown = entered(&jay, cell, at).unwrap();
    assert_eq!((shown.details.len(), shown.sealed.len(), shown.absent.len()), (1, 0, 1), "{shown:?}");
    assert!(holding(jay.home.root(), private.as_bytes()).is_empty());
    let held = DetailCount { held: 1, missing: 0, erased: 0 };
    assert_eq!(counts(&wren, cell).sealed, held);
    // A sibling's node, or a stranger's, is not given it when it asks; a home of the cell is.
    assert_eq!(asks(&jay, &heron, cell, private.hash()), 0);
    assert_eq!(asks(&jay, &heron, cell, note.hash()), 1);
    assert_eq!(asks(&finch, &heron, cell, private.hash()), 1);
    // Nor from a home that merely follows, should a sealed one ever lie there.
    jay.start();
    assert_eq!(asks(&finch, &jay, cell, private.hash()), 0);
    wren.stop();
}

#[test]
fn a_home_that_is_named_later_looks_for_the_sealed_texts_that_it_was_not_given() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let cell = heron.found("Oak Street");
    heron.start();
    let mut robin = TestHome::new(folder.path(), "robin");
    robin.join(&heron.invite(cell), "robin", 10_000);
    heron.vouch(cell);
    let private = sealed::seal("ring", &[robin.member.public()]).unwrap();
    let entry = heron.received_with(cell, vec![private.reference(DetailTag::SEALED_NOTE, Time::ZERO)]);
    let at = place(&heron, cell, &entry, std::slice::from_ref(&private));
    robin.sync(10_000);
    assert_eq!(entered(&robin, cell, at).unwrap().sealed.len(), 0, "its node is named nowhere yet");
    let member = robin.state(cell).members().of_key(&robin.member.public()).unwrap();
    let node = Keys::of(&robin.home).node().unwrap();
    let named = lifeboat_commons::membership::NodeNamed::sign(cell, member, &node);
    let entry = robin.signed_with(cell, compose(&named).unwrap(), vec![], |_| {});
    place(&robin, cell, &entry, &[]);
    robin.sync(10_000);
    assert_eq!(entered(&robin, cell, at).unwrap().sealed.len(), 1);
}

/// Three homes hold a text: one that keeps, one that is off when it is erased, and one that has it in its
/// outbox alone. After the erasure no file of any home has it, and nothing brings it back.
#[test]
fn what_is_erased_is_gone_from_every_home_and_does_not_return() {
    let folder = tempfile::tempdir().unwrap();
    let (mut heron, mut wren, mut finch, cell) = three(folder.path());
    let words = "the side door is open on tuesdays";
    let (note, kept) = (text(7, words), text(8, "rice for the hall"));
    // Wren is on the road: the entry goes on a stick, and stays in the outbox.
    heron.stop();
    let entry = wren.received_with(cell, vec![note.reference(DetailTag::NOTE, Time::ZERO)]);
    queue(&wren, cell, &entry, std::slice::from_ref(&note));
    let Answer::Bundle { bundle: stick, .. } = wren.ask(Ask::OutboxSave) else { panic!() };
    heron.start();
    heron.ask(Ask::OutboxLoad { bundle: stick.clone() });
    let other = heron.received_with(cell, vec![kept.reference(DetailTag::NOTE, Time::ZERO)]);
    let at = place(&heron, cell, &other, std::slice::from_ref(&kept)) - 1;
    finch.sync(10_000);
    for home in [&heron, &finch] {
        assert_eq!(entered(home, cell, at).unwrap().details[0].text, words);
    }
    assert_eq!(holding(wren.home.root(), words.as_bytes()).len(), 2, "its outbox, and its own copy");

    // The erasure comes on another stick; finch is off, and wren does not know yet.
    let gone = erase(&mut wren, cell, &entry, at);
    heron.ask(Ask::OutboxLoad { bundle: bundle_of(&gone) });
    wait_for("the keeper drops it", || holding(heron.home.root(), words.as_bytes()).is_empty());
    assert_eq!(entered(&heron, cell, at).unwrap().gone.len(), 1);
    assert!(!holding(finch.home.root(), words.as_bytes()).is_empty(), "finch does not know yet");
    for home in [&wren, &finch] {
        home.sync(10_000);
        assert_eq!(holding(home.home.root(), words.as_bytes()), Vec::<PathBuf>::new());
        assert_eq!(counts(home, cell).open.erased, 1);
        assert_eq!(counts(home, cell).open.missing, 0);
        let shown = entered(home, cell, at + 1).unwrap();
        assert_eq!(shown.details[0].text, "rice for the hall", "the other one stays");
    }
    assert_eq!(heron.state(cell).hash(), finch.state(cell).hash());

    // The old stick, a restart, a copy of the text that somebody sends: nothing takes it again.
    heron.ask(Ask::OutboxLoad { bundle: stick.clone() });
    finch.ask(Ask::OutboxLoad { bundle: stick });
    finch.start();
    heron.stop();
    heron.start();
    let copy = heron.received_with(cell, vec![note.reference(DetailTag::NOTE, Time::ZERO)]);
    place(&heron, cell, &copy, std::slice::from_ref(&note));
    wren.sync(10_000);
    // Garbage in the pack: it is mended, what was lost is fetched again, and not what was erased.
    finch.stop();
    let packs = finch.home.root().join("details").join(cell.to_string());
    for pack in std::fs::read_dir(&packs).unwrap() {
        let path = pack.unwrap().path();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 3]).unwrap();
    }
    finch.ask(Ask::Repair { cell });
    finch.sync(10_000);
    wait_for("what was lost comes back", || {
        finch.sync(5_000);
        counts(&finch, cell).open.missing == 0
    });
    for home in [&heron, &wren, &finch] {
        assert_eq!(holding(home.home.root(), words.as_bytes()), Vec::<PathBuf>::new());
        assert_eq!(asks(&wren, &heron, cell, note.hash()), 0);
        let log = home.home.log_folder(&cell);
        let report = lifeboat_store::audit_folder(&log, &mut |_| {}).unwrap();
        assert!(report.is_sound(), "the chain still verifies: {report:?}");
    }
}

/// An outbox as it is carried, with this one entry.
fn bundle_of(entry: &SignedEntry) -> lifeboat_node::wire::Blob {
    let waiting = lifeboat_store::Waiting {
        entry: entry.clone(),
        details: vec![],
        sent: lifeboat_store::Sent::Waiting,
    };
    let file = waiting.to_bytes().unwrap();
    let mut bundle = b"lifeboat/outbox-bundle/v1\n".to_vec();
    bundle.extend_from_slice(&(file.len() as u32).to_le_bytes());
    bundle.extend(file);
    bundle.into()
}

#[test]
fn a_text_whose_time_is_over_is_dropped_by_who_holds_it_and_asked_for_by_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (mut heron, wren, finch, cell) = three(folder.path());
    let note = text(3, "until this evening only");
    let soon = lifeboat_node::cell::now().plus_ms(4_000);
    let entry = heron.received_with(cell, vec![note.reference(DetailTag::NOTE, soon)]);
    let at = place(&heron, cell, &entry, std::slice::from_ref(&note));
    wren.sync(10_000);
    assert_eq!(entered(&wren, cell, at).unwrap().details.len(), 1);
    wait_for("its time", || lifeboat_node::cell::now() > soon);
    // The log's own time is what counts: the next entry brings it on.
    heron.receive(cell, 1, 0);
    wren.sync(10_000);
    finch.sync(10_000);
    for home in [&heron, &wren, &finch] {
        let shown = entered(home, cell, at).unwrap();
        assert_eq!((shown.details.len(), shown.absent.len(), shown.gone.len()), (0, 0, 1), "{shown:?}");
        assert_eq!(shown.gone[0].by, None);
        assert!(holding(home.home.root(), b"until this evening").is_empty());
    }
}
