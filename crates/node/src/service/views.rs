//! Asks that only read: the overview, a cell's state, its log.

use super::{Service, fault, store};
use crate::ask::{
    Answer, CellOverview, HandleText, MisconductItem, Overview, OwnEntry, PeerItem, Progress, Range,
    Reference, Refusal, Role, SeenCheckpoint, Signed, Step, View,
};
use crate::cell::shelf::Shelf;
use crate::cell::{CellHandle, locked, now};
use crate::home::CellSetting;
use crate::reading;
use crate::turn_notes::TurnNotes;
use crate::vote_notes::to_open;
use crate::wire::Blob;
use lifeboat_commons::membership::Member;
use lifeboat_commons::{MemberId, terms};
use lifeboat_log::{CellId, LinkHash, Position, Time};
use lifeboat_store::Kept;
use std::sync::Arc;
use tokio::sync::mpsc;

impl Service {
    /// How the home and its cells are.
    pub(super) async fn overview(
        self: &Arc<Self>,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let failed = self.open_all(progress).await;
        let mut cells = Vec::new();
        for setting in self.cell_settings() {
            let Some(cell) = setting.cell() else { continue };
            cells.push(match self.open_cell_of(&cell) {
                Some(open) => self.cell_overview(&open, &setting),
                None => {
                    let why = failed.iter().find(|(failed, _)| *failed == cell);
                    closed_overview(cell, &setting, why.map(|(_, refusal)| refusal.text.clone()))
                }
            });
        }
        let notices = self.take_words();
        let addresses = self.own_addresses().await;
        let running_since = *locked(&self.running_since);
        Ok(Answer::Overview(Overview {
            node_running: running_since.is_some(),
            running_since,
            node_key: self.node(),
            addresses,
            peers: self.peers(),
            cells,
            outbox: self.own_entries()?,
            notices,
        }))
    }

    fn cell_overview(&self, open: &CellHandle, setting: &CellSetting) -> CellOverview {
        let facts = open.facts();
        let shelf = open.read();
        let state = shelf.state();
        let (keeper, size) = (state.keeper(), shelf.shown());
        // The keeper's home is this one, also while it does not keep the log yet.
        let keeps = facts.keeper || keeper.is_some_and(|keeper| keeper.node == self.node());
        let whole = facts.held.iter().filter(|next| next.0 >= size).count() as u32;
        // The keeper's home, this one (when it is another), and those that the keeper knows of.
        let others = whole.max(u32::from(!keeps));
        let newest = shelf.store.checkpoint();
        let connected = |node| self.network.get().is_some_and(|network| network.is_connected(node));
        let by_now = state.at(now());
        let members = by_now.members();
        let known = self.home.member_key().and_then(|key| members.of_key(&key));
        let is_active = |id: &MemberId| members.get(id).is_some_and(Member::is_active);
        let member = known.filter(is_active);
        let left = known.and_then(|id| members.get(&id)).and_then(|member| member.left);
        let mut proxies = by_now.decisions().proxies().all();
        CellOverview {
            cell: open.cell(),
            name: setting.name.clone(),
            role: if facts.keeper { Role::Keeper } else { Role::Follower },
            size,
            head: state.head(),
            time: state.time(),
            checkpoint: seen(&shelf),
            homes: if size == 0 { 0 } else { 1 + others },
            pending: facts.pending as u32,
            overdue: facts.overdue as u32,
            asks: facts.asks as u32,
            keeper_reached: keeps || facts.keeper_node.as_ref().is_some_and(connected),
            behind: facts.behind,
            witnesses: keeper.map_or(0, |keeper| keeper.witnesses.len() as u16),
            quorum: keeper.map_or(0, |keeper| keeper.quorum),
            cosigned: newest.map_or(0, |newest| newest.witnesses() as u16),
            witnessed: facts.witnessed.0.min(size),
            anchored: state.anchored().0,
            knocks: self.knocking(&open.cell(), &shelf).len() as u32,
            misconduct: misconduct(&shelf),
            electors: setting.own.then(|| terms::electorate(state) as u32),
            notices: facts.words(),
            rotation: member.map(|id| TurnNotes::of(&by_now, &id, facts.keeper, now())).unwrap_or_default(),
            to_open: member.map(|id| to_open(&by_now, &id, now())).unwrap_or_default(),
            out_ms: left.map(|left| left.ms()),
            proxy_gone: member.is_some_and(|id| proxies.any(|(from, _, to)| from == id && !is_active(&to))),
        }
    }

    /// The state of a cell, to compute with.
    pub(super) async fn view(
        self: &Arc<Self>,
        cell: CellId,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        let service = self.clone();
        let view = move || service.view_now(&open);
        Ok(Answer::View(tokio::task::spawn_blocking(view).await.map_err(fault)??))
    }

    fn view_now(&self, open: &CellHandle) -> Result<View, Refusal> {
        let cell = open.cell();
        let entries = self.own_entries()?.into_iter().filter(|own| own.cell == cell);
        let waiting: Vec<Signed> =
            entries.filter(|own| matches!(own.step, Step::Waiting)).map(|own| own.signed).collect();
        let shelf = open.read();
        let state = shelf.state();
        // Whom a decision admits is a member, and has a name, before the next entry.
        let by_now = state.at(now());
        let mut handles = Vec::new();
        for (member, known) in by_now.members().all() {
            if by_now.details().gone(&known.handle, known.handle_from).is_some() {
                continue;
            }
            let detail = shelf.store.detail(&known.handle).map_err(store)?;
            if let Some(text) = detail.as_ref().and_then(|detail| detail.text()) {
                let (member, hash) = (member.entry(), known.handle);
                handles.push(HandleText { member, hash, handle: text.to_owned() });
            }
        }
        Ok(View {
            cell,
            state: Blob(state.encode()),
            next: state.next(),
            head: state.head(),
            time: state.time(),
            seen: seen(&shelf),
            last_author_time: self.last_author_time(&shelf)?,
            handles,
            waiting,
        })
    }

    /// Records of a cell.
    pub(super) async fn log(
        self: &Arc<Self>,
        cell: CellId,
        range: Range,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        let read = move || {
            let shelf = open.read();
            reading::range(&shelf.store, shelf.state(), &range).map_err(store)
        };
        Ok(Answer::Records(tokio::task::spawn_blocking(read).await.map_err(fault)??))
    }

    /// One record.
    pub(super) async fn find(
        self: &Arc<Self>,
        cell: CellId,
        reference: Reference,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        let shelf = open.read();
        let found = reading::find(&shelf.store, shelf.state(), &reference).map_err(store)?;
        Ok(Answer::Records(found.into_iter().collect()))
    }

    /// The proof of one record.
    pub(super) async fn prove(
        self: &Arc<Self>,
        cell: CellId,
        position: Position,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        let proof = open.read().store.proof(position).map_err(store)?;
        Ok(Answer::Proof(Blob(proof.to_bytes())))
    }

    /// The openings of all terms.
    pub(super) async fn terms(
        self: &Arc<Self>,
        cell: CellId,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        let proof = open.read().store.term_proof().map_err(store)?;
        Ok(Answer::Proof(Blob(proof.to_bytes())))
    }

    /// The homes that are known, the connected ones first.
    pub(super) fn peers(&self) -> Vec<PeerItem> {
        let connected = self.network.get().map(|network| network.connected()).unwrap_or_default();
        let relayed = self.network.get().map(|network| network.net.relayed()).unwrap_or_default();
        let keepers: Vec<_> =
            self.open_cells().iter().map(|cell| (cell.facts().keeper_node, cell.cell())).collect();
        let keeps =
            |key| keepers.iter().filter(|(node, _)| *node == Some(key)).map(|(_, cell)| *cell).collect();
        let here = connected.iter().map(|(key, addresses)| PeerItem {
            key: *key,
            addresses: addresses.clone(),
            connected: true,
            relayed: relayed.contains(key),
            keeps: keeps(*key),
        });
        let mut items: Vec<PeerItem> = here.collect();
        for known in &locked(&self.book).peers {
            if !connected.contains_key(&known.key) {
                let (key, addresses) = (known.key, known.addresses.clone());
                items.push(PeerItem { key, addresses, connected: false, relayed: false, keeps: keeps(key) });
            }
        }
        items
    }

    /// Own entries that are under way, of all cells.
    pub(super) fn own_entries(&self) -> Result<Vec<OwnEntry>, Refusal> {
        let mut all = Vec::new();
        for setting in self.cell_settings() {
            let Some(cell) = setting.cell() else { continue };
            all.extend(self.outbox_of(cell)?);
        }
        Ok(all)
    }
}

/// The proofs of misconduct that are held.
fn misconduct(shelf: &Shelf) -> Vec<MisconductItem> {
    let open = shelf.store.chain().open().map(|open| open.term);
    let item = |kept: &Kept| MisconductItem {
        path: kept.name.clone(),
        open: Some(kept.proven.origin.term) == open,
        file: Blob(kept.file.clone()),
    };
    shelf.evidence().all().into_iter().map(item).collect()
}

/// The newest checkpoint held.
pub(super) fn seen(shelf: &Shelf) -> Option<SeenCheckpoint> {
    let checkpoint = shelf.store.checkpoint()?;
    Some(SeenCheckpoint { term: checkpoint.origin.term, size: checkpoint.size, root: checkpoint.root })
}

fn closed_overview(cell: CellId, setting: &CellSetting, why: Option<String>) -> CellOverview {
    CellOverview {
        cell,
        name: setting.name.clone(),
        role: Role::Follower,
        size: 0,
        head: LinkHash::ZERO,
        time: Time::ZERO,
        checkpoint: None,
        homes: 0,
        pending: 0,
        overdue: 0,
        asks: 0,
        keeper_reached: false,
        behind: 0,
        witnesses: 0,
        quorum: 0,
        cosigned: 0,
        witnessed: 0,
        anchored: 0,
        knocks: 0,
        misconduct: Vec::new(),
        electors: None,
        notices: why.into_iter().collect(),
        rotation: TurnNotes::default(),
        to_open: Vec::new(),
        out_ms: None,
        proxy_gone: false,
    }
}
