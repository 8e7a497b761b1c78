//! Everything a home does, behind the one interface of all commands. It is the same in a running node and
//! in the process of a command; what differs is only whether the network is up already.

mod carrying;
mod entries;
mod holding;
mod own;
mod people;
mod syncing;
mod takeovers;
mod upkeep;
mod views;
mod witnesses;

pub use holding::release_always;

use crate::ask::{Answer, Ask, Progress, Refusal};
use crate::bundle::What;
use crate::cell::shelf::Shelf;
use crate::cell::{CellConfig, CellHandle, ToCell, locked, now};
use crate::cosigner::Cosigner;
use crate::desk::DeskError;
use crate::home::{CellSetting, Home, HomeError, Settings};
use crate::invites::Arrivals;
use crate::keys::Keys;
use crate::limits::TICK;
use crate::network::Network;
use crate::node::NodeOptions;
use crate::peers::PeerBook;
use lifeboat_log::{CellId, PublicKey, SecretKey, Time};
use lifeboat_protocol::CellCard;
use lifeboat_store::{DiskStorage, Storage, StoreError};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, watch};

/// Everything a home does.
pub struct Service {
    home: Home,
    keys: Keys,
    storage: Arc<DiskStorage>,
    cosigner: Mutex<Arc<Cosigner>>,
    node_key: SecretKey,
    options: NodeOptions,
    settings: Mutex<Settings>,
    cells: Mutex<BTreeMap<CellId, Arc<CellHandle>>>,
    /// One opening at a time, so that no cell is opened twice.
    opening: tokio::sync::Mutex<()>,
    arrivals: Mutex<HashMap<CellId, Arrivals>>,
    book: Mutex<PeerBook>,
    network: tokio::sync::OnceCell<Arc<Network>>,
    running_since: Mutex<Option<Time>>,
    /// Words that the person has not been shown yet.
    words: Mutex<Vec<String>>,
    stop: watch::Sender<bool>,
}

impl Service {
    /// Opens a home whose lock this process holds. The cells are opened when they are first needed.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn open(home: &Home, options: NodeOptions) -> Result<Self, DeskError> {
        let settings = home.settings()?;
        let keys = Keys::of(home);
        let (node_key, witness_key) = (keys.node()?, keys.witness()?);
        let storage = DiskStorage::open(home.root()).map_err(|e| Refusal::new("disk", e.to_string()))?;
        let storage = Arc::new(storage);
        Ok(Self {
            home: home.clone(),
            keys,
            cosigner: Mutex::new(Arc::new(Cosigner::new(witness_key, storage.clone()))),
            storage,
            node_key,
            options,
            settings: Mutex::new(settings),
            cells: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            arrivals: Mutex::default(),
            book: Mutex::new(PeerBook::load(home)),
            network: tokio::sync::OnceCell::new(),
            running_since: Mutex::new(None),
            words: Mutex::new(own::load_words(home)),
            stop: watch::channel(false).0,
        })
    }

    /// Answers. Progress of long tasks goes to `progress` when there is room.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn answer(
        self: &Arc<Self>,
        ask: Ask,
        progress: mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        if *self.stop.borrow() {
            return Err(Refusal::new(
                "stopping",
                "the node of this home is about to end: try again in a moment",
            ));
        }
        match ask {
            Ask::Overview => self.overview(&progress).await,
            Ask::View { cell } => self.view(cell, &progress).await,
            Ask::Log { cell, range } => self.log(cell, range, &progress).await,
            Ask::Find { cell, reference } => self.find(cell, reference, &progress).await,
            Ask::Prove { cell, position } => self.prove(cell, position, &progress).await,
            Ask::Terms { cell } => self.terms(cell, &progress).await,
            Ask::NewTermKey { author, nonce } => self.new_term_key(author, nonce),
            Ask::Found { signed, name } => self.found(signed, name, &progress).await,
            Ask::Submit { cell, entries, wait_ms } => self.submit(cell, entries, wait_ms, &progress).await,
            Ask::Outbox => self.outbox_list(),
            Ask::OutboxSave => self.outbox_save(),
            Ask::OutboxLoad { bundle } => self.outbox_load(&bundle, &progress).await,
            Ask::OutboxDrop { id } => self.outbox_drop(id).await,
            Ask::Invite { cell, days } => self.invite(cell, days, &progress).await,
            Ask::Invites { cell } => Ok(Answer::Invites(self.arrivals(&cell, |here| here.given(now())))),
            Ask::ReadLink { link } => people::read_link(&link),
            Ask::Join { link, acceptance, handle, wait_ms } => {
                self.join(link, acceptance, handle, wait_ms, &progress).await
            }
            Ask::Knocks { cell } => self.knocks(cell, &progress).await,
            Ask::Follow { link } => self.follow(link, &progress).await,
            Ask::Unfollow { cell } => self.unfollow(cell).await,
            Ask::Sync { wait_ms } => self.sync(wait_ms, &progress).await,
            Ask::Peers => Ok(Answer::Peers(self.peers())),
            Ask::Connect { address } => self.connect(address, &progress).await,
            Ask::Card { cell } => self.card_of(cell, &progress).await,
            Ask::Repair { cell } => self.repair(cell, &progress).await,
            Ask::BundleExport { cell, to, from, since, details, sealed, blobs } => {
                let what = What { from, since, details, sealed, blobs };
                self.bundle_export(cell, to, what, &progress).await
            }
            Ask::BundleImport { from } => self.bundle_import(from, &progress).await,
            Ask::BlobPut { cell, from } => self.blob_put(cell, from, &progress).await,
            Ask::Blobs { cell } => self.blob_list(cell, &progress).await,
            Ask::BlobGet { cell, hash, to, wait_ms } => {
                self.blob_get(cell, hash, to, wait_ms, &progress).await
            }
            Ask::DetailCounts { cell } => self.detail_counts(cell, &progress).await,
            Ask::Export { cell, to } => self.export(cell, to, &progress).await,
            Ask::Possession { cell, member, what } => self.possession(cell, member, what).await,
            Ask::HandOver { cell, to, witnesses, quorum } => {
                self.hand_over_log(cell, to, witnesses, quorum, &progress).await
            }
            Ask::Logs => Ok(Answer::Logs(self.logs())),
            Ask::Trust { log } => self.trust(log),
            Ask::ServeWitness { listen } => self.serve_witness(&listen),
            Ask::Distrust { origin } => self.distrust(&origin),
            Ask::Hold { cell, entries } => self.hold(cell, entries, &progress).await,
            Ask::Takeover { cell } => self.takeover(cell, &progress).await,
            Ask::TakeoverPropose { cell } => self.propose_takeover(cell, &progress).await,
            Ask::TakeoverEndorse { cell, signed } => self.endorse_takeover(cell, &signed, &progress).await,
            Ask::TakeoverForce { cell } => self.force_takeover(cell, &progress).await,
            Ask::Stop => {
                self.stop.send_replace(true);
                Ok(Answer::Done)
            }
        }
    }

    /// Waits until a command asks the node to stop.
    pub async fn stopped(&self) {
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Ends the network and closes the cells. What is left is on disk.
    pub async fn close(&self) {
        if let Some(network) = self.network.get() {
            network.stop().await;
        }
        let cells = std::mem::take(&mut *locked(&self.cells));
        let close = move || cells.into_values().for_each(|cell| cell.close());
        let _ = tokio::task::spawn_blocking(close).await;
        self.note_words(self.storage.take_notices().iter().map(ToString::to_string));
        if let Err(error) = self.storage.flush() {
            tracing::warn!(%error, "the database was not written out; it is made again from the log");
        }
    }

    /// The key of the home's node.
    pub fn node(&self) -> PublicKey {
        self.node_key.public()
    }

    /// Notes that this is a node that goes on running.
    pub fn runs(&self) {
        *locked(&self.running_since) = Some(now());
    }

    /// Opens all cells that the home follows or keeps. Those that cannot be opened are left out, with a
    /// word in the overview.
    pub async fn open_all(self: &Arc<Self>, progress: &mpsc::Sender<Progress>) -> Vec<(CellId, Refusal)> {
        let mut failed = Vec::new();
        for setting in self.cell_settings() {
            let Some(cell) = setting.cell() else { continue };
            if let Err(refusal) = self.cell(cell, progress).await {
                failed.push((cell, refusal));
            }
        }
        failed
    }

    /// The cells that are open.
    pub fn open_cells(&self) -> Vec<Arc<CellHandle>> {
        locked(&self.cells).values().cloned().collect()
    }

    /// This cell, when it is open.
    pub fn open_cell_of(&self, cell: &CellId) -> Option<Arc<CellHandle>> {
        locked(&self.cells).get(cell).cloned()
    }

    /// This cell, opened now when it was not.
    ///
    /// # Errors
    /// [`Refusal`] when the home does not follow it or its log cannot be opened.
    pub async fn cell(
        self: &Arc<Self>,
        cell: CellId,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Arc<CellHandle>, Refusal> {
        let setting = self.cell_settings().into_iter().find(|setting| setting.cell() == Some(cell));
        let Some(setting) = setting else {
            let text = "this home neither keeps nor follows that cell: `lifeboat follow` it first";
            return Err(Refusal::new("unknown_cell", text));
        };
        let _one = self.opening.lock().await;
        if let Some(open) = self.open_cell_of(&cell) {
            return Ok(open);
        }
        let storage: Arc<dyn Storage> = self.storage.clone();
        let node = self.node();
        let open = move |told: &mut dyn FnMut(u64, u64)| Shelf::open(storage, cell, node, told);
        let opened = with_progress("fold", progress, open).await?;
        let (shelf, words) = opened.map_err(|e| damaged(&setting, &e))?;
        self.note_words(words.into_iter().map(|word| format!("{}: {word}", setting.name)));
        self.begin(cell, setting.card.as_deref(), shelf).await
    }

    /// Starts the thread of a cell whose shelf is open.
    async fn begin(
        self: &Arc<Self>,
        cell: CellId,
        card: Option<&str>,
        shelf: Shelf,
    ) -> Result<Arc<CellHandle>, Refusal> {
        let config = CellConfig {
            home: self.home.clone(),
            storage: self.storage.clone(),
            cell,
            node: self.node(),
            card: card.and_then(|card| card.parse::<CellCard>().ok()),
            cosigner: self.cosigner(),
            not_restored: self.options.not_restored,
        };
        let start = move || CellHandle::start(config, shelf);
        let started = tokio::task::spawn_blocking(start).await.map_err(fault)?;
        let handle =
            started.map_err(|e| Refusal::new("no_thread", format!("no thread for the cell: {e}")))?;
        let handle = Arc::new(handle);
        locked(&self.cells).insert(cell, handle.clone());
        tokio::spawn(tick(Arc::downgrade(&handle)));
        if let Some(network) = self.network.get() {
            network.attach(&handle);
        }
        Ok(handle)
    }

    /// Closes a cell; it is opened again when it is next needed.
    async fn shut(&self, cell: &CellId) {
        let handle = locked(&self.cells).remove(cell);
        if let Some(handle) = handle {
            let _ = tokio::task::spawn_blocking(move || handle.close()).await;
        }
    }

    fn cell_settings(&self) -> Vec<CellSetting> {
        locked(&self.settings).cells.clone()
    }

    /// Changes the settings, on disk first.
    fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> Result<(), Refusal> {
        let mut settings = locked(&self.settings);
        let mut changed = settings.clone();
        change(&mut changed);
        self.home.save_settings(&changed).map_err(disk)?;
        *settings = changed;
        Ok(())
    }

    /// Looks at, or changes, what the home keeps about people who come to a cell.
    pub fn arrivals<T>(&self, cell: &CellId, look: impl FnOnce(&mut Arrivals) -> T) -> T {
        let mut all = locked(&self.arrivals);
        look(all.entry(*cell).or_insert_with(|| Arrivals::load(&self.home, cell)))
    }
}

/// Tells a cell that time passes, as long as it is there.
async fn tick(cell: std::sync::Weak<CellHandle>) {
    let mut every = tokio::time::interval(TICK);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        every.tick().await;
        let Some(cell) = cell.upgrade() else { return };
        if !cell.try_tell(ToCell::Tick) && cell.is_closed() {
            return;
        }
    }
}

/// Does long work where it holds nobody up, and tells how far it has come.
async fn with_progress<T: Send + 'static>(
    what: &'static str,
    progress: &mpsc::Sender<Progress>,
    work: impl FnOnce(&mut dyn FnMut(u64, u64)) -> T + Send + 'static,
) -> Result<T, Refusal> {
    let progress = progress.clone();
    let run = move || {
        work(&mut |done, total| {
            let _ = progress.try_send(Progress { what: what.to_owned(), done, total });
        })
    };
    tokio::task::spawn_blocking(run).await.map_err(fault)
}

fn damaged(setting: &CellSetting, error: &StoreError) -> Refusal {
    Refusal::new("damaged", format!("the log of {} cannot be opened: {error}", setting.name))
}

fn store(error: StoreError) -> Refusal {
    Refusal::new("store", error.to_string())
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn disk(error: HomeError) -> Refusal {
    Refusal::new("disk", error.to_string())
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn fault(error: tokio::task::JoinError) -> Refusal {
    Refusal::new("fault", format!("a task of this program ended in a fault: {error}; please report it"))
}
