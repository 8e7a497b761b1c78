//! Attachments on the network: giving them, group by group, to who asks, and fetching those that the log
//! names and this home lacks. What comes is checked before it is written; what was written stays, so an
//! interruption costs a group. Only what a followed cell's log names is given, asked for or kept.

use crate::cell::shelf::Shelf;
use crate::cell::{CellHandle, entropy, reading};
use crate::limits::{
    BLOB_BYTES_PER_SECOND, BLOB_GRACE, BLOB_LOOK_EVERY, BLOB_RETRY, MAX_BLOB_FAILURES, MAX_BLOB_TRIES,
};
use crate::network::Network;
use lifeboat_log::blob::Groups;
use lifeboat_log::limits::BLOB_GROUP;
use lifeboat_log::{BlobHash, PublicKey};
use lifeboat_net::{NetError, NetHandle, RangeStream};
use lifeboat_protocol::Refusal;
use lifeboat_protocol::blobs::{BlobAsk, BlobFrame, BlobHead};
use lifeboat_store::StoreError;
use lifeboat_store::blobs::Blobs;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, RwLock, Weak};
use std::time::{Duration, Instant, SystemTime};

/// How many looks for what is lacking there are for each look for what nobody names: a quarter of an hour.
const CLEAR_EVERY: u32 = 450;

/// How an attempt to fetch an attachment went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fetched {
    /// Bytes received on the way.
    pub received: u64,
    /// Groups that were kept.
    pub groups: u64,
    /// Whether all of it is here now.
    pub whole: bool,
}

/// Why an attachment was not fetched further. What was kept before stays.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The peer went away, or does not have it.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The peer says no.
    #[error("{0}")]
    Refused(Refusal),
    /// The peer sent what is not part of the attachment.
    #[error("it sent bytes that are not those of the attachment, in its group {0}")]
    Altered(u64),
    /// There is no room for it.
    #[error("there is no room for it: the cell keeps at most {0} bytes of photos in a home")]
    Full(u64),
    /// The disk failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Fetches an attachment from a peer, from where an earlier attempt ended.
///
/// # Errors
/// [`FetchError`].
pub async fn fetch(
    net: &NetHandle,
    peer: PublicKey,
    blobs: &Blobs,
    ask: BlobAsk,
    quota: u64,
    fetched: &mut Fetched,
) -> Result<(), FetchError> {
    let mut from = blobs.begun(&ask.hash)?;
    loop {
        let mut stream = net.open_blob(peer, &BlobAsk { from, ..ask }).await?;
        let groups = head(&mut stream, &ask).await?;
        let here = blobs.begun_bytes(&ask.hash)?;
        if blobs.used()?.saturating_sub(here).saturating_add(groups.size()) > quota {
            return Err(FetchError::Full(quota));
        }
        let good = blocking(blobs, &groups, Blobs::begin).await?;
        if good < from {
            // What lay here was damaged: from the first group that does not hold.
            fetched.received += stream.received();
            from = good;
            continue;
        }
        let result = receive(&mut stream, blobs, &groups, good, fetched).await;
        fetched.received += stream.received();
        result?;
        fetched.whole = blocking(blobs, &groups, Blobs::finish).await?;
        return Ok(());
    }
}

/// Does what takes the disk a while where it holds nobody up.
async fn blocking<T: Send + 'static>(
    blobs: &Blobs,
    groups: &Groups,
    work: impl FnOnce(&Blobs, &Groups) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (blobs, groups) = (blobs.clone(), groups.clone());
    let done = tokio::task::spawn_blocking(move || work(&blobs, &groups)).await;
    done.unwrap_or(Err(StoreError::Stopped))
}

async fn head(stream: &mut RangeStream, ask: &BlobAsk) -> Result<Groups, FetchError> {
    match frame(stream).await? {
        Some(BlobFrame::Head(head)) if head.hash == ask.hash => head.verify().ok_or(FetchError::Altered(0)),
        Some(BlobFrame::Refused(refusal)) => Err(FetchError::Refused(refusal)),
        _ => Err(FetchError::Altered(0)),
    }
}

async fn receive(
    stream: &mut RangeStream,
    blobs: &Blobs,
    groups: &Groups,
    from: u64,
    fetched: &mut Fetched,
) -> Result<(), FetchError> {
    for index in from..groups.count() {
        if groups.size() == 0 {
            break;
        }
        let Some(BlobFrame::Group(bytes)) = frame(stream).await? else {
            return Err(FetchError::Altered(index));
        };
        if !blobs.push(groups, index, &bytes)? {
            return Err(FetchError::Altered(index));
        }
        fetched.groups += 1;
    }
    Ok(())
}

async fn frame(stream: &mut RangeStream) -> Result<Option<BlobFrame>, NetError> {
    let Some(bytes) = stream.next_blob_frame().await? else { return Ok(None) };
    BlobFrame::decode(&bytes).map(Some).map_err(|e| NetError::Malformed(e.to_string()))
}

/// Answers a question for an attachment. Only what the log names and nobody erased is given.
///
/// # Errors
/// [`NetError`] when the peer went away.
pub async fn serve(
    mut stream: RangeStream,
    ask: BlobAsk,
    shelf: Option<Arc<RwLock<Shelf>>>,
) -> Result<(), NetError> {
    let groups = match shelf {
        Some(shelf) => tokio::task::spawn_blocking(move || open(&shelf, &ask.hash)).await.ok().flatten(),
        None => None,
    };
    let Some((blobs, groups)) = groups else {
        let lacks = "this node does not have the whole of it yet: ask another, or again later";
        let refused = Refusal::with_text(Refusal::NOT_HELD, lacks);
        stream.send_frame(&BlobFrame::Refused(refused).encode()).await?;
        return stream.finish().await;
    };
    stream.send_frame(&BlobFrame::Head(BlobHead::of(&groups)).encode()).await?;
    let begun = Instant::now();
    for index in ask.from..groups.count() {
        let (blobs, groups) = (blobs.clone(), groups.clone());
        let read = tokio::task::spawn_blocking(move || blobs.group(&groups, index).ok().flatten()).await;
        let bytes = read.ok().flatten().and_then(lifeboat_log::codec::Bytes::new);
        // Damage is found here already; the peer asks somebody else.
        let Some(bytes) = bytes else { return Ok(()) };
        stream.send_frame(&BlobFrame::Group(bytes).encode()).await?;
        // One photo does not take the whole line of a home.
        let sent = (index - ask.from + 1) * BLOB_GROUP;
        let due = Duration::from_millis(sent.saturating_mul(1_000) / BLOB_BYTES_PER_SECOND);
        tokio::time::sleep_until((begun + due).into()).await;
    }
    stream.finish().await
}

fn open(shelf: &RwLock<Shelf>, hash: &BlobHash) -> Option<(Blobs, Groups)> {
    let blobs = {
        let shelf = reading(shelf);
        let named = shelf.state().details().blob(hash)?;
        if named.erased.is_some() {
            return None;
        }
        Blobs::new(shelf.store.storage().clone(), shelf.store.cell())
    };
    let groups = blobs.groups(hash).ok().flatten()?;
    Some((blobs, groups))
}

/// Looks after the attachments of a cell as long as it is open: fetches what is lacking, one at a time,
/// and clears away what nobody names.
pub(crate) async fn look_after(cell: Weak<CellHandle>, network: Arc<Network>) {
    let mut tries: HashMap<BlobHash, (u32, Instant)> = HashMap::new();
    let mut looks: u32 = 0;
    let mut every = tokio::time::interval(BLOB_LOOK_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        every.tick().await;
        let Some(cell) = cell.upgrade() else { return };
        if cell.is_closed() {
            return;
        }
        if looks.is_multiple_of(CLEAR_EVERY) {
            let (shelf, folder) = (cell.shelf(), cell.root().to_owned());
            let cleared = tokio::task::spawn_blocking(move || clear(&reading(&shelf), &folder)).await;
            if let Ok(Err(error)) = cleared {
                tracing::warn!(%error, "attachments that nobody names could not be cleared away");
            }
        }
        looks = looks.wrapping_add(1);
        let Some((hash, blobs, quota)) = lacking(&cell, &tries) else { continue };
        let peers: Vec<PublicKey> = network.connected().into_keys().collect();
        if peers.is_empty() {
            continue;
        }
        let peer = peers[entropy() as usize % peers.len()];
        let ask = BlobAsk { cell: cell.cell(), hash, from: 0 };
        drop(cell);
        let mut fetched = Fetched::default();
        let result = fetch(&network.net, peer, &blobs, ask, quota, &mut fetched).await;
        if let Err(error) = &result {
            tracing::debug!(%peer, %hash, %error, "an attachment was not fetched");
        }
        if fetched.whole {
            tries.remove(&hash);
        } else if tries.len() < MAX_BLOB_TRIES || tries.contains_key(&hash) {
            let (failures, _) = tries.get(&hash).copied().unwrap_or((0, Instant::now()));
            let failures = if fetched.groups > 0 { 0 } else { (failures + 1).min(MAX_BLOB_FAILURES) };
            tries.insert(hash, (failures, Instant::now() + BLOB_RETRY * 2_u32.pow(failures)));
        }
    }
}

/// An attachment that the log names, that is not here and whose turn it is; only in a home of the cell.
fn lacking(cell: &CellHandle, tries: &HashMap<BlobHash, (u32, Instant)>) -> Option<(BlobHash, Blobs, u64)> {
    let shelf = cell.read();
    if !shelf.is_own() {
        return None;
    }
    let blobs = Blobs::new(shelf.store.storage().clone(), shelf.store.cell());
    let due = |hash: &BlobHash| tries.get(hash).is_none_or(|(_, at)| Instant::now() >= *at);
    let state = shelf.state();
    let mut named = state.details().blobs().map(|(hash, _)| *hash);
    let hash = named.find(|hash| due(hash) && !blobs.has(hash).unwrap_or(true))?;
    Some((hash, blobs, state.charter().blob_quota()))
}

/// Removes what was erased at once, and what no entry names after a while: an entry may be on its way.
///
/// # Errors
/// [`StoreError`].
pub fn clear(shelf: &Shelf, root: &Path) -> Result<u64, StoreError> {
    let blobs = Blobs::new(shelf.store.storage().clone(), shelf.store.cell());
    let mut removed = 0;
    for kept in blobs.list()? {
        let over = match shelf.state().details().blob(&kept.hash) {
            Some(named) => named.erased.is_some(),
            None => age(&root.join(blobs.name_of(&kept))) >= BLOB_GRACE,
        };
        if over {
            blobs.remove(&kept.hash)?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// How long ago a file was written.
fn age(path: &Path) -> Duration {
    let written = std::fs::metadata(path).and_then(|data| data.modified()).ok();
    written.and_then(|written| SystemTime::now().duration_since(written).ok()).unwrap_or_default()
}
