//! The home on the network: carries what peers say to the cells and what cells ask to the peers, and
//! keeps looking for the homes that it knows. It follows only the cells that are open here, and believes
//! nothing: what comes is verified by the machines.

use crate::blobs;
use crate::catchup;
use crate::cell::{CellHandle, Outward, ToCell, locked};
use crate::limits::{DIAL_EVERY, MAX_ASKING, MAX_DIALING, MAX_FOUND};
use crate::requests;
use crate::serve;
use crate::service::Service;
use lifeboat_log::{KeyCache, PublicKey, SignedCheckpoint, SignedEntry};
use lifeboat_net::{NetConfig, NetError, NetEvent, NetHandle, Verdict, peer_of_addr};
use lifeboat_protocol::backoff::Backoff;
use lifeboat_protocol::follower::StreamId;
use lifeboat_protocol::inquiry::StartNonce;
use lifeboat_protocol::{Announcement, News, Refusal, Request, Response};
use lifeboat_store::evidence::{BadEvidence, prove};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet};

/// The home's network, while it runs.
pub struct Network {
    /// To ask things of the network.
    pub net: NetHandle,
    connected: Mutex<BTreeMap<PublicKey, Vec<String>>>,
    /// Homes found on the local network.
    found: Mutex<BTreeMap<PublicKey, Vec<String>>>,
    /// Addresses that a command named.
    named: Mutex<BTreeSet<String>>,
    tasks: Mutex<JoinSet<()>>,
}

impl Network {
    /// Starts the network of a home and its tasks.
    ///
    /// # Errors
    /// [`NetError`] when it cannot listen.
    pub fn start(service: &Arc<Service>, config: &NetConfig) -> Result<Arc<Self>, NetError> {
        let (net, events) = lifeboat_net::start(config)?;
        let network = Arc::new(Self {
            net,
            connected: Mutex::default(),
            found: Mutex::default(),
            named: Mutex::default(),
            tasks: Mutex::new(JoinSet::new()),
        });
        let mut tasks = locked(&network.tasks);
        tasks.spawn(listen(network.clone(), service.clone(), events));
        tasks.spawn(look_for_homes(network.clone(), service.clone()));
        drop(tasks);
        Ok(network)
    }

    /// The peers that are connected now, and where each is.
    pub fn connected(&self) -> BTreeMap<PublicKey, Vec<String>> {
        locked(&self.connected).clone()
    }

    /// Whether a peer is connected now.
    pub fn is_connected(&self, peer: &PublicKey) -> bool {
        locked(&self.connected).contains_key(peer)
    }

    /// Looks for homes at these addresses too, from now on.
    pub fn name(&self, addresses: impl IntoIterator<Item = String>) {
        let mut named = locked(&self.named);
        named.extend(addresses.into_iter().take(crate::home::MAX_ADDRESSES));
    }

    /// Carries a cell's questions to the network from now on, and tells it who is connected.
    pub fn attach(self: &Arc<Self>, cell: &Arc<CellHandle>) {
        let Some(outward) = cell.take_outward() else { return };
        let after = blobs::look_after(Arc::downgrade(cell), self.clone());
        locked(&self.tasks).spawn(after);
        let (network, cell) = (self.clone(), cell.clone());
        locked(&self.tasks).spawn(async move {
            if let Err(error) = network.net.follow(cell.cell()).await {
                tracing::warn!(%error, "announcements of this cell are not heard");
            }
            for peer in network.connected().into_keys() {
                cell.tell(ToCell::Connected(peer)).await;
            }
            pump(network.net.clone(), &cell, outward).await;
        });
    }

    /// Ends the network.
    pub async fn stop(&self) {
        locked(&self.tasks).abort_all();
        self.net.stop().await;
    }
}

/// Carries out what one cell asks of the network.
async fn pump(net: NetHandle, cell: &Arc<CellHandle>, mut outward: mpsc::Receiver<Outward>) {
    let places = Arc::new(Semaphore::new(MAX_ASKING));
    let mut streams: HashMap<StreamId, AbortHandle> = HashMap::new();
    let mut tasks = JoinSet::new();
    while let Some(asked) = outward.recv().await {
        while tasks.try_join_next().is_some() {}
        streams.retain(|_, stream| !stream.is_finished());
        match asked {
            Outward::CloseRange(stream) => {
                if let Some(stream) = streams.remove(&stream) {
                    stream.abort();
                }
            }
            Outward::OpenRange { stream, peer, ask } => {
                let task = catchup::receive(net.clone(), peer, ask, stream, cell.queue());
                streams.insert(stream, tasks.spawn(task));
            }
            asked => {
                let Ok(place) = places.clone().acquire_owned().await else { return };
                let (net, cell) = (net.clone(), cell.clone());
                tasks.spawn(async move {
                    ask(&net, &cell, asked).await;
                    drop(place);
                });
            }
        }
    }
}

/// What a peer's answer tells of its newest checkpoint.
fn tip(answer: Result<Response, NetError>, peer: PublicKey) -> ToCell {
    match answer {
        Ok(Response::Tip { checkpoint, held }) => {
            ToCell::Tip { peer, checkpoint: checkpoint.to_vec(), held: Some(held.to_vec()) }
        }
        _ => ToCell::AskFailed(peer),
    }
}

/// Asks a peer what it knows of this home's keys. Who does not answer is asked again.
async fn recall(net: &NetHandle, handle: &CellHandle, peer: PublicKey, asker: PublicKey, nonce: StartNonce) {
    let request = Request::Recall { cell: handle.cell(), asker, nonce };
    if let Ok(Response::Recalled { answers }) = net.request(peer, &request).await {
        for recalled in answers.iter().cloned().map(Box::new) {
            handle.tell(ToCell::Recalled { peer, recalled }).await;
        }
    }
}

/// Asks one question and brings the answer back.
async fn ask(net: &NetHandle, handle: &CellHandle, asked: Outward) {
    let cell = handle.cell();
    match asked {
        Outward::AskTip(peer) => {
            handle.tell(tip(net.request(peer, &Request::Tip { cell }).await, peer)).await;
        }
        Outward::AskDetails { peer, hashes } => {
            let Some(hashes) = lifeboat_log::codec::List::new(hashes) else { return };
            let told = match net.request(peer, &Request::Details { cell, hashes }).await {
                Ok(Response::Details { details }) => {
                    let details = details.iter().filter_map(|d| lifeboat_log::Detail::from_bytes(d.to_vec()));
                    ToCell::Details { peer, details: details.collect() }
                }
                _ => ToCell::AskFailed(peer),
            };
            handle.tell(told).await;
        }
        Outward::Have { peer, next } => match net.request(peer, &Request::Have { cell, next }).await {
            Ok(_) => handle.tell(ToCell::Told(next)).await,
            Err(error) => tracing::debug!(%peer, %error, "the keeper was not told what is held here"),
        },
        Outward::TellCosigned { peer, checkpoint } => {
            let Some(checkpoint) = lifeboat_log::codec::Bytes::new(checkpoint.to_bytes()) else { return };
            if let Err(error) = net.request(peer, &Request::Cosigned { cell, checkpoint }).await {
                tracing::debug!(%peer, %error, "the keeper was not told of a cosignature; it will be again");
            }
        }
        Outward::HandOver { peer, handover } => {
            if let Err(error) = net.request(peer, &Request::HandOver { cell, handover }).await {
                tracing::debug!(%peer, %error, "the handover was not delivered; it will be sent again");
            }
        }
        Outward::AskOpening { peer, era } => {
            let record = match net.request(peer, &Request::Opening { cell, era }).await {
                Ok(Response::Opening { record }) => Some(record.to_vec()),
                _ => None,
            };
            handle.tell(ToCell::Opening { peer, record }).await;
        }
        Outward::TellCalls { peer, calls } => {
            if let Ok(Response::Calls { calls }) = net.request(peer, &Request::Calls { cell, calls }).await {
                handle.tell(ToCell::Calls { calls: calls.to_vec(), answer: None }).await;
            }
        }
        Outward::AskRecall { peer, asker, nonce } => recall(net, handle, peer, asker, nonce).await,
        Outward::Publish(checkpoint) => announce(net, Announcement::checkpoint(&checkpoint)).await,
        Outward::AskMisconduct(peer) => {
            if let Ok(Response::Misconduct { files }) = net.request(peer, &Request::Misconduct { cell }).await
            {
                let files: Vec<Vec<u8>> = files.iter().map(|file| file.to_vec()).collect();
                if !files.is_empty() {
                    handle.tell(ToCell::Misconduct { peer: Some(peer), files }).await;
                }
            }
        }
        // One that is too long to be told so is given to whoever asks.
        Outward::Accuse(file) => announce(net, Announcement::misconduct(cell, &file)).await,
        Outward::Pending(entry) => announce(net, Announcement::pending(cell, &entry)).await,
        Outward::Offer { peer, id, request } => {
            let response = net.request(peer, &request).await.ok().map(Box::new);
            handle.tell(ToCell::Offered { id, peer, response }).await;
        }
        Outward::OpenRange { .. } | Outward::CloseRange(_) => {}
    }
}

/// Tells all who follow the cell. Who does not hear it asks, or is told again.
async fn announce(net: &NetHandle, announcement: Option<Announcement>) {
    let Some(announcement) = announcement else { return };
    if let Err(error) = net.announce(&announcement).await {
        tracing::debug!(%error, "something new was not announced");
    }
}

/// Takes what the network tells until it ends.
async fn listen(network: Arc<Network>, service: Arc<Service>, mut events: mpsc::Receiver<NetEvent>) {
    let mut tasks = JoinSet::new();
    while let Some(event) = events.recv().await {
        while tasks.try_join_next().is_some() {}
        match event {
            NetEvent::Connected { peer, addrs } => {
                tracing::info!(%peer, "connected");
                locked(&network.connected).insert(peer, addrs.clone());
                service.note_peer(peer, &addrs);
                for cell in service.open_cells() {
                    cell.tell(ToCell::Connected(peer)).await;
                }
                let (network, service) = (network.clone(), service.clone());
                tasks.spawn(async move { service.knock_everywhere(&network, peer).await });
            }
            NetEvent::Disconnected { peer } => {
                tracing::info!(%peer, "disconnected");
                locked(&network.connected).remove(&peer);
                for cell in service.open_cells() {
                    cell.tell(ToCell::Disconnected(peer)).await;
                }
            }
            NetEvent::Discovered { peer, addrs } => {
                if let Some(known) = locked(&network.connected).get_mut(&peer) {
                    known.extend(addrs.iter().filter(|a| !known.contains(a)).cloned().collect::<Vec<_>>());
                    known.truncate(crate::limits::MAX_BOOK_ADDRESSES);
                    service.note_peer(peer, &addrs);
                }
                let mut found = locked(&network.found);
                if found.len() >= MAX_FOUND {
                    // Whoever was found and is not connected makes room.
                    let connected = locked(&network.connected);
                    found.retain(|known, _| connected.contains_key(known));
                }
                if found.len() < MAX_FOUND {
                    found.insert(peer, addrs);
                }
            }
            NetEvent::Request { peer, request, reply } => {
                let (network, service) = (network.clone(), service.clone());
                tasks.spawn(async move {
                    let response = requests::answer(&service, &network, peer, request).await;
                    if let Err(error) = reply.send(&response) {
                        tracing::warn!(%error, "an answer was not sent");
                    }
                });
            }
            NetEvent::Announced { peer, announcement, verdict } => {
                announced(&network, &service, peer, announcement, verdict).await;
            }
            NetEvent::BlobAsked { peer, ask, stream } => {
                let shelf = service.open_cell_of(&ask.cell).map(|cell| cell.shelf());
                tasks.spawn(async move {
                    let served = blobs::serve(stream, ask, shelf).await;
                    tracing::debug!(%peer, ?served, "an attachment was asked for");
                });
            }
            NetEvent::RangeAsked { peer, ask, stream } => {
                let shelf = service.open_cell_of(&ask.cell).map(|cell| cell.shelf());
                tasks.spawn(async move {
                    let served = match shelf {
                        Some(shelf) => serve::serve(stream, ask, shelf).await,
                        None => serve::refuse(stream, Refusal::NOT_FOLLOWED).await.map(|()| 0),
                    };
                    tracing::debug!(%peer, ?served, "a range was asked for");
                });
            }
        }
    }
}

/// A peer passed an announcement on: worth something when its signature holds and it is news.
async fn announced(
    network: &Network,
    service: &Service,
    peer: PublicKey,
    announcement: Announcement,
    verdict: Verdict,
) {
    let Some(cell) = service.open_cell_of(&announcement.cell) else { return verdict.ignore() };
    let note = match announcement.news {
        News::Checkpoint(note) => note,
        News::Misconduct(file) => return accused(&cell, &file, verdict),
        News::Pending(entry) => return pending(&cell, peer, entry.to_vec(), verdict),
    };
    // Whose signature holds was told by the keeper, which certainly has it; the rest says only who said it.
    let mut from = peer;
    let known = {
        let shelf = cell.read();
        let chain = shelf.store.chain();
        let term_of = |open: &lifeboat_log::OpenTerm| open.verify(announcement.cell, &note);
        let held = shelf.store.checkpoint();
        let is_news = |signed: &SignedCheckpoint| match held.map(|held| held.size.cmp(&signed.size)) {
            None | Some(Ordering::Less) => true,
            Some(Ordering::Equal) => held.is_some_and(|h| h.joined(signed).witnesses() > h.witnesses()),
            Some(Ordering::Greater) => false,
        };
        chain.open().map(|open| term_of(open).map(|signed| is_news(&signed)))
    };
    match known {
        Some(Ok(true)) => {
            from = cell.facts().keeper_node.filter(|keeper| network.is_connected(keeper)).unwrap_or(peer);
            verdict.accept();
        }
        Some(Err(lifeboat_log::BadCheckpoint::BadCheckpointSignature)) => return verdict.reject(),
        Some(Ok(false)) => return verdict.ignore(),
        // Of a term that is not known here: whoever is asked will show it.
        Some(Err(_)) | None => verdict.ignore(),
    }
    cell.try_tell(ToCell::Tip { peer: from, checkpoint: note.to_vec(), held: None });
}

/// A peer passed a misconduct file on: worth something when it proves what is not known here.
fn accused(cell: &CellHandle, file: &[u8], verdict: Verdict) {
    let proven = {
        let shelf = cell.read();
        prove(&shelf.store, file).map(|proven| shelf.evidence().is_news(&proven))
    };
    match proven {
        Ok(true) => {
            verdict.accept();
            cell.try_tell(ToCell::Misconduct { peer: None, files: vec![file.to_vec()] });
        }
        Err(BadEvidence::Misconduct(_) | BadEvidence::WrongCell) => verdict.reject(),
        Err(BadEvidence::UnknownTerm(_)) => {
            verdict.ignore();
            cell.try_tell(ToCell::Misconduct { peer: None, files: vec![file.to_vec()] });
        }
        Ok(false) | Err(_) => verdict.ignore(),
    }
}

/// A peer passed on that an entry waits: worth something when a member signed it.
fn pending(cell: &CellHandle, peer: PublicKey, entry: Vec<u8>, verdict: Verdict) {
    let Ok(entry) = SignedEntry::verify(entry, &mut KeyCache::default()) else { return verdict.reject() };
    let member = cell.read().state().members().of_key(&entry.author);
    if member.is_none() || entry.cell != cell.cell() || crate::cell::now() > entry.not_after {
        return verdict.ignore();
    }
    verdict.accept();
    cell.try_tell(ToCell::Pending { peer, entry: Box::new(entry) });
}

/// A place where a home may be, and when to try it again.
#[derive(Default)]
struct Target {
    backoff: Backoff,
    dialing: bool,
}

/// Connects to the homes that this one knows, again and again, less and less often where nobody answers.
async fn look_for_homes(network: Arc<Network>, service: Arc<Service>) {
    let mut targets: HashMap<String, Target> = HashMap::new();
    let mut dials: JoinSet<(String, bool)> = JoinSet::new();
    let mut every = tokio::time::interval(DIAL_EVERY);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            Some(done) = dials.join_next() => {
                if let Ok((address, reached)) = done
                    && let Some(target) = targets.get_mut(&address)
                {
                    target.dialing = false;
                    match reached {
                        true => target.backoff.succeeded(),
                        false => target.backoff.failed(crate::cell::now(), crate::cell::entropy()),
                    }
                }
                continue;
            }
        }
        let wanted = wanted(&network, &service);
        targets.retain(|address, target| target.dialing || wanted.contains(address));
        for address in wanted {
            let target = targets.entry(address.clone()).or_default();
            if dials.len() < MAX_DIALING && !target.dialing && target.backoff.is_due(crate::cell::now()) {
                target.dialing = true;
                let net = network.net.clone();
                dials.spawn(async move {
                    let reached = net.dial(&address).await;
                    if let Err(error) = &reached {
                        tracing::debug!(%address, %error, "nobody was reached");
                    }
                    (address, reached.is_ok())
                });
            }
        }
    }
}

/// The addresses of homes that are known and not connected.
fn wanted(network: &Network, service: &Service) -> BTreeSet<String> {
    let connected = network.connected();
    let here = network.net.key();
    let free = |address: &String| match peer_of_addr(address) {
        Ok(Some(key)) => key != here && !connected.contains_key(&key),
        // An address without a name: somebody is there when any connection is to it.
        Ok(None) => !connected.values().flatten().any(|known| known.starts_with(address.as_str())),
        Err(_) => false,
    };
    let named = locked(&network.named).clone();
    let found = locked(&network.found).clone();
    let all = service.known_addresses().into_iter().chain(named).chain(found.into_values().flatten());
    all.filter(free).collect()
}
