//! Attachments over the network: cut and resumed, altered on the way, too many, and no longer wanted.

use crate::homes::{TestHome, signed, wait_for};
use lifeboat_commons::{Common, Paper, Quantity, compose, ledger};
use lifeboat_log::blob::BlobHasher;
use lifeboat_log::limits::{BLOB_GROUP, MAX_BLOB};
use lifeboat_log::{BlobHash, CellId, SecretKey, SignedEntry};
use lifeboat_net::{Limits, NetConfig, NetEvent, NetHandle};
use lifeboat_node::ask::{BlobItem, Fate};
use lifeboat_node::blobs::{FetchError, Fetched, clear, fetch};
use lifeboat_node::{Answer, Ask};
use lifeboat_protocol::blobs::{BlobAsk, BlobFrame, BlobHead};
use lifeboat_store::MemoryStorage;
use lifeboat_store::blobs::Blobs;
use std::path::Path;
use std::sync::Arc;

const QUOTA: u64 = 1 << 30;

/// Bytes that look like nothing.
fn noise(len: u64) -> Vec<u8> {
    let mut bytes = vec![0; len as usize];
    blake3::Hasher::new().update(&len.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

fn network(seed: u8) -> (NetHandle, tokio::sync::mpsc::Receiver<NetEvent>) {
    let config = NetConfig {
        key: SecretKey::from_seed(&[seed; 32]),
        listen: vec!["/ip4/127.0.0.1/tcp/0".into()],
        mdns: false,
        reach: lifeboat_net::ReachConfig::default(),
        limits: Limits::default(),
    };
    lifeboat_net::start(&config).unwrap()
}

/// A peer that gives these bytes to who asks: at most `most` groups of each answer, one of them altered.
fn gives(
    mut events: tokio::sync::mpsc::Receiver<NetEvent>,
    bytes: Arc<Vec<u8>>,
    most: u64,
    altered: Option<u64>,
) {
    tokio::spawn(async move {
        let mut hasher = BlobHasher::default();
        bytes.chunks(BLOB_GROUP as usize).for_each(|group| assert!(hasher.push(group)));
        let groups = hasher.finish();
        while let Some(event) = events.recv().await {
            let NetEvent::BlobAsked { ask, mut stream, .. } = event else { continue };
            stream.send_frame(&BlobFrame::Head(BlobHead::of(&groups)).encode()).await.unwrap();
            let all = (0..).zip(bytes.chunks(BLOB_GROUP as usize)).skip(ask.from as usize);
            for (index, group) in all.take(most as usize) {
                let mut group = group.to_vec();
                if altered == Some(index) {
                    group[77] ^= 1;
                }
                let frame = BlobFrame::Group(lifeboat_log::codec::Bytes::new(group).unwrap());
                if stream.send_frame(&frame.encode()).await.is_err() {
                    break;
                }
            }
            let _ = stream.flush().await;
            if ask.from + most >= groups.count() {
                let _ = stream.finish().await;
            } else {
                // Long enough for what is on its way; then the stream breaks off.
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            }
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_mebibytes_are_cut_in_the_middle_and_resumed() {
    let bytes = Arc::new(noise(MAX_BLOB));
    let hash = BlobHash(*blake3::hash(&bytes).as_bytes());
    let (peer, events) = network(1);
    gives(events, bytes.clone(), 512, None);
    let (own, _events) = network(2);
    let at = own.dial(&peer.listen_addrs().await[0]).await.unwrap();
    let cell = CellId([9; 32]);
    let blobs = Blobs::new(Arc::new(MemoryStorage::new()), cell);
    let ask = BlobAsk { cell, hash, from: 0 };
    let mut first = Fetched::default();
    let cut = fetch(&own, at, &blobs, ask, QUOTA, &mut first).await;
    assert!(matches!(cut, Err(FetchError::Net(_))), "{cut:?}");
    assert_eq!((first.groups, first.whole, blobs.has(&hash).unwrap()), (512, false, false));
    let mut second = Fetched::default();
    fetch(&own, at, &blobs, ask, QUOTA, &mut second).await.unwrap();
    assert_eq!((second.groups, second.whole), (512, true));
    // Half and half, and the hashes of the groups twice: 32 KiB each, and a few bytes a frame.
    let (half, hashes) = (MAX_BLOB / 2, 1024 * 32);
    for fetched in [first, second] {
        let more = fetched.received - half - hashes;
        println!("{} bytes for {half} of the photo and {hashes} of hashes", fetched.received);
        assert!(more < 16 * 1024, "{more} bytes more");
    }
    let groups = blobs.groups(&hash).unwrap().unwrap();
    let middle = blobs.group(&groups, 700).unwrap().unwrap();
    assert_eq!(middle, bytes[700 * BLOB_GROUP as usize..701 * BLOB_GROUP as usize]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_flipped_bit_is_refused_in_its_group_and_what_came_before_stays() {
    let bytes = Arc::new(noise(20 * BLOB_GROUP + 5));
    let hash = BlobHash(*blake3::hash(&bytes).as_bytes());
    let (own, _events) = network(3);
    let cell = CellId([9; 32]);
    let blobs = Blobs::new(Arc::new(MemoryStorage::new()), cell);
    let ask = BlobAsk { cell, hash, from: 0 };
    let (liar, events) = network(4);
    gives(events, bytes.clone(), 99, Some(13));
    let at = own.dial(&liar.listen_addrs().await[0]).await.unwrap();
    let mut fetched = Fetched::default();
    let refused = fetch(&own, at, &blobs, ask, QUOTA, &mut fetched).await;
    assert!(matches!(refused, Err(FetchError::Altered(13))), "{refused:?}");
    assert_eq!(fetched.groups, 13);
    let (honest, events) = network(5);
    gives(events, bytes, 99, None);
    let at = own.dial(&honest.listen_addrs().await[0]).await.unwrap();
    let mut rest = Fetched::default();
    fetch(&own, at, &blobs, ask, QUOTA, &mut rest).await.unwrap();
    assert_eq!((rest.groups, rest.whole), (8, true));
    // Another file under this name, and one for which there is no room.
    let other = BlobAsk { hash: BlobHash([7; 32]), ..ask };
    let refused = fetch(&own, at, &blobs, other, QUOTA, &mut Fetched::default()).await;
    assert!(matches!(refused, Err(FetchError::Altered(0))), "{refused:?}");
    let small = Blobs::new(Arc::new(MemoryStorage::new()), cell);
    let full = fetch(&own, at, &small, ask, 20 * BLOB_GROUP, &mut Fetched::default()).await;
    assert!(matches!(full, Err(FetchError::Full(_))), "{full:?}");
    assert_eq!(small.used().unwrap(), 0);
}

fn put(home: &TestHome, cell: CellId, folder: &Path, bytes: &[u8]) -> Result<BlobHash, String> {
    let path = folder.join("photo");
    std::fs::write(&path, bytes).unwrap();
    match home.try_ask(Ask::BlobPut { cell, from: path }) {
        Ok(Answer::Blob { hash, .. }) => Ok(hash),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

fn naming(home: &mut TestHome, cell: CellId, photo: BlobHash) -> SignedEntry {
    let paper = Some(Paper { photo: Some(photo), ..Paper::default() });
    let common = Common { paper, ..Common::default() };
    let quantity = Quantity::money("3".parse().unwrap(), "EUR").unwrap();
    let said = compose(&ledger::Received { common, quantity }).unwrap();
    home.signed_with(cell, said, vec![], |_| {})
}

fn items(home: &TestHome, cell: CellId) -> Vec<BlobItem> {
    let Answer::Blobs(items) = home.ask(Ask::Blobs { cell }) else { panic!() };
    items
}

fn submit(home: &TestHome, cell: CellId, entry: &SignedEntry) -> u64 {
    let entries = vec![signed(entry, &[])];
    let Answer::Submitted(fates) = home.ask(Ask::Submit { cell, entries, wait_ms: 5_000 }) else { panic!() };
    let Fate::Placed { position, void: None, .. } = &fates[0] else { panic!("{fates:?}") };
    position.0
}

#[test]
fn photos_reach_the_homes_of_the_cell_and_go_when_they_are_erased() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    let cell = heron.found("Oak Street");
    heron.start();
    let photo = put(&heron, cell, folder.path(), &noise(300_000)).unwrap();
    let entry = naming(&mut heron, cell, photo);
    let at = submit(&heron, cell, &entry);
    let wren = TestHome::new(folder.path(), "wren");
    wren.join(&heron.invite(cell), "wren", 10_000);
    heron.vouch(cell);
    wren.sync(10_000);
    // One who follows does not fetch it by itself, but may ask for it.
    let to = folder.path().join("out");
    let ask = Ask::BlobGet { cell, hash: photo, to: to.clone(), wait_ms: 10_000 };
    assert!(matches!(wren.ask(ask), Answer::Blob { size: 300_000, .. }));
    assert_eq!(std::fs::read(&to).unwrap(), noise(300_000));
    assert!(items(&wren, cell)[0].whole);
    // A home of the cell gets them by itself.
    let mut finch = TestHome::new(folder.path(), "finch");
    finch.join(&heron.invite(cell), "finch", 10_000);
    heron.vouch(cell);
    finch.sync(10_000);
    let member = finch.state(cell).members().of_key(&finch.member.public()).unwrap();
    let node = lifeboat_node::Keys::of(&finch.home).node().unwrap();
    let named = lifeboat_commons::membership::NodeNamed::sign(cell, member, &node);
    let named = finch.signed_with(cell, compose(&named).unwrap(), vec![], |_| {});
    submit(&finch, cell, &named);
    finch.start();
    wait_for("the photo to come by itself", || items(&finch, cell).iter().all(|item| item.whole));
    // Erased: every home drops it, and refuses it from then on.
    let what = lifeboat_log::codec::List::new(vec![photo.0]).unwrap();
    let (id, at) = (entry.id(), lifeboat_log::Position(at));
    let erase = lifeboat_commons::Erase { common: Common::default(), entry: id, at, what };
    let erase = heron.signed_with(cell, compose(&erase).unwrap(), vec![], |_| {});
    submit(&heron, cell, &erase);
    for home in [&heron, &finch, &wren] {
        home.sync(5_000);
        let file = home.home.root().join(format!("blobs/{cell}/{photo}"));
        wait_for("the photo to go", || !file.exists());
        assert!(items(home, cell).is_empty());
    }
    let refused = heron.try_ask(Ask::BlobGet { cell, hash: photo, to, wait_ms: 100 });
    assert!(refused.is_err());
}

#[test]
fn what_nobody_names_is_cleared_away_after_a_while_and_a_full_home_takes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    heron.blob_quota_mib = Some(1);
    let cell = heron.found("Oak Street");
    let named = put(&heron, cell, folder.path(), &noise(400_000)).unwrap();
    let entry = naming(&mut heron, cell, named);
    submit(&heron, cell, &entry);
    let loose = put(&heron, cell, folder.path(), &noise(500_000)).unwrap();
    let full = put(&heron, cell, folder.path(), &noise(600_000)).unwrap_err();
    assert!(full.contains("no room"), "{full}");
    let root = heron.home.root().to_owned();
    let file = |hash: BlobHash| root.join(format!("blobs/{cell}/{hash}"));
    let old = |hash: BlobHash| {
        let at = std::time::SystemTime::now() - std::time::Duration::from_secs(8 * 86_400);
        let open = std::fs::OpenOptions::new().append(true).open(file(hash)).unwrap();
        open.set_modified(at).unwrap();
    };
    let storage = Arc::new(lifeboat_store::DiskStorage::open(heron.home.root()).unwrap());
    let node = lifeboat_node::Keys::of(&heron.home).node().unwrap().public();
    let (shelf, _) = lifeboat_node::cell::shelf::Shelf::open(storage, cell, node, &mut |_, _| {}).unwrap();
    assert_eq!(clear(&shelf, heron.home.root()).unwrap(), 0, "an entry may be on its way");
    old(named);
    old(loose);
    assert_eq!(clear(&shelf, heron.home.root()).unwrap(), 1);
    assert!(file(named).exists() && !file(loose).exists());
}
