//! Asks about entries: founding, submitting, and the outbox.

use super::{Service, fault, store};
use crate::ask::{Answer, Fate, NOT_KNOWN, NewTermKey, OwnEntry, Progress, Refusal, Signed, Step};
use crate::cell::shelf::Shelf;
use crate::cell::{CellHandle, Outcome, ToCell, now};
use crate::home::{CellSetting, MAX_CELLS};
use crate::limits::{
    LOOK_EVERY, MAX_BUNDLE, MAX_BUNDLE_ENTRIES, MAX_SUBMIT, PLACE_PATIENCE, REPLICA_PATIENCE,
};
use crate::wire::{Blob, Plain};
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::opening::possession_message;
use lifeboat_log::{
    CellId, Detail, DetailHash, DetailTag, Entry, EntryId, KeyCache, Kind, Link, LinkHash, Nonce, Position,
    PublicKey, Record, Seen, SignedEntry, Term, Time,
};
use lifeboat_protocol::Refusal as PeerRefusal;
use lifeboat_store::outbox::OutboxError;
use lifeboat_store::{LogStore, Outbox, Sent, Storage, Waiting};
use rayon::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// What is said of an entry that could not be written down anywhere.
const DISK_FAILED: &str = "the disk failed, and it is not known whether it was placed: make room, and look at \
    `lifeboat log` before you say it again";

/// An entry and its details, verified; or what became of it at once.
type Checked = Result<(SignedEntry, Vec<Detail>), Fate>;

impl Service {
    /// Makes a term key, and its proof of possession for a founding entry that is yet to be signed.
    pub(super) fn new_term_key(&self, author: PublicKey, nonce: Nonce) -> Result<Answer, Refusal> {
        let key = self.keys.create_term().map_err(|e| Refusal::new("key", e.to_string()))?;
        let draft = Entry {
            cell: CellId::ZERO,
            author,
            author_time: Time::ZERO,
            not_after: Time::ZERO,
            seen: Seen::default(),
            after: List::default(),
            nonce,
            kind: Kind::FOUNDING,
            version: 1,
            body: Bytes::default(),
            details: List::default(),
        };
        let node = self.node();
        let possession = key.sign(&possession_message(&draft, Term::FIRST, &node, &key.public()));
        Ok(Answer::TermKey(NewTermKey { node, term_key: key.public(), possession }))
    }

    /// Founds a cell: its first record is durable before anything else knows of it.
    pub(super) async fn found(
        self: &Arc<Self>,
        signed: Signed,
        name: String,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let (entry, details) = check(None, &signed).map_err(|fate| refusal_of(&fate))?;
        let opening = entry.opening().ok().flatten().filter(|_| entry.kind == Kind::FOUNDING);
        let opening = opening.ok_or_else(|| Refusal::new("not_founding", "this entry founds no cell"))?;
        if opening.node != self.node() || !self.keys.has_term(&opening.term_key) {
            let text = "this entry founds a cell that another home keeps: found it there";
            return Err(Refusal::new("not_keeper", text));
        }
        let cell = CellId::of_founding(entry.id());
        if self.cell_settings().len() >= MAX_CELLS {
            return Err(Refusal::new("too_many", format!("a home follows at most {MAX_CELLS} cells")));
        }
        let storage: Arc<dyn Storage> = self.storage.clone();
        let place = move || place_first(storage, cell, entry, &details);
        tokio::task::spawn_blocking(place).await.map_err(fault)??;
        self.add_cell(cell, &name, true, None)?;
        self.cell(cell, progress).await?;
        Ok(Answer::Founded { cell })
    }

    /// Notes a cell in the settings, under a name that no other has; returns the name.
    pub(super) fn add_cell(
        &self,
        cell: CellId,
        name: &str,
        own: bool,
        card: Option<String>,
    ) -> Result<String, Refusal> {
        let known = self.cell_settings();
        if let Some(here) = known.iter().find(|setting| setting.cell() == Some(cell)) {
            let name = here.name.clone();
            self.change_settings(|settings| {
                let here = settings.cells.iter_mut().find(|setting| setting.cell() == Some(cell));
                if let Some(setting) = here {
                    setting.own |= own;
                    setting.card = setting.card.take().or(card);
                }
            })?;
            return Ok(name);
        }
        if known.len() >= MAX_CELLS {
            return Err(Refusal::new("too_many", format!("a home follows at most {MAX_CELLS} cells")));
        }
        let taken = |name: &str| known.iter().any(|setting| setting.name == name);
        let free = (2..).map(|n| format!("{name}-{n}")).find(|name| !taken(name));
        let name = if taken(name) { free.unwrap_or_default() } else { name.to_owned() };
        let setting = CellSetting { id: cell.write(), name: name.clone(), own, card };
        self.change_settings(|settings| settings.cells.push(setting))?;
        Ok(name)
    }

    /// Takes entries in: places them where this home keeps the log, else delivers them.
    pub(super) async fn submit(
        self: &Arc<Self>,
        cell: CellId,
        entries: Vec<Signed>,
        wait_ms: u64,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        if entries.len() > MAX_SUBMIT {
            return Err(Refusal::new("too_many", format!("at most {MAX_SUBMIT} entries at a time")));
        }
        let open = self.cell(cell, progress).await?;
        let verify = move || entries.par_iter().map(|signed| check(Some(cell), signed)).collect();
        let checked: Vec<Checked> = tokio::task::spawn_blocking(verify).await.map_err(fault)?;
        let keeper = open.facts().keeper;
        let mut fates = Vec::with_capacity(checked.len());
        let mut asked = Vec::new();
        for one in checked {
            match one {
                Err(fate) => fates.push(Some(fate)),
                Ok((entry, details)) => {
                    let own = keeper.then(|| (entry.clone(), details.clone()));
                    let (id, waits) = (entry.id(), self.hand_over(&open, keeper, entry, details).await?);
                    asked.push((fates.len(), id, waits, own));
                    fates.push(None);
                }
            }
        }
        let patience = if keeper { PLACE_PATIENCE } else { Duration::from_millis(wait_ms) };
        let until = Instant::now() + patience;
        if !keeper && wait_ms > 0 && !asked.is_empty() {
            self.go_online().await?;
        }
        for (at, id, waits, own) in asked {
            let outcome = tokio::time::timeout_at(until, waits).await.ok().and_then(Result::ok);
            fates[at] = Some(match (outcome.filter(|outcome| !is_open(outcome)), own) {
                (Some(outcome), _) => self.fate(&open, id, outcome),
                (None, Some((entry, details))) => self.keep_for_later(cell, entry, details).await,
                (None, None) => Fate::Queued { id },
            });
        }
        // What was held back may have been waiting for these.
        self.release_held().await;
        let mut fates: Vec<Fate> = fates.into_iter().flatten().collect();
        if wait_ms > 0 {
            self.wait_for_replicas(&open, &mut fates).await;
        }
        Ok(Answer::Submitted(fates))
    }

    /// Hands an entry to the cell; an own one for another keeper goes into the outbox first.
    pub(super) async fn hand_over(
        &self,
        open: &Arc<CellHandle>,
        keeper: bool,
        entry: SignedEntry,
        mut details: Vec<Detail>,
    ) -> Result<oneshot::Receiver<Outcome>, Refusal> {
        let (outcome, waits) = oneshot::channel();
        if keeper {
            open.tell(ToCell::Place { entry: Box::new(entry), details, outcome }).await;
            return Ok(waits);
        }
        // What comes from an old stick may have been erased since.
        details.retain(|detail| !open.read().refuses(&detail.hash()));
        let outbox = self.outbox(open.cell());
        let waiting = Waiting { entry: entry.clone(), details: details.clone(), sent: Sent::Waiting };
        let put = move || outbox.put(&waiting);
        tokio::task::spawn_blocking(put).await.map_err(fault)?.map_err(|e| outbox_refusal(&e))?;
        open.tell(ToCell::Deliver { entry: Box::new(entry), details, outcome }).await;
        Ok(waits)
    }

    /// A keeper's own entry of which it is not known whether it was placed, as the disk failed meanwhile: it goes
    /// into the outbox, is handed in again, and placed once.
    async fn keep_for_later(&self, cell: CellId, entry: SignedEntry, details: Vec<Detail>) -> Fate {
        let (id, outbox) = (entry.id(), self.outbox(cell));
        let waiting = Waiting { entry, details, sent: Sent::Waiting };
        let put = tokio::task::spawn_blocking(move || outbox.put(&waiting)).await;
        match put {
            Ok(Ok(())) => Fate::Queued { id },
            _ => Fate::Refused { id, name: NOT_KNOWN.to_owned(), text: DISK_FAILED.to_owned() },
        }
    }

    fn fate(&self, open: &CellHandle, id: EntryId, outcome: Outcome) -> Fate {
        match outcome {
            Outcome::HandedOn => Fate::HandedOn { id, homes: self.homes_keeping(open.cell(), &id) },
            Outcome::Refused(refusal) => {
                let (name, text) = (refusal.name().to_owned(), refusal.text().to_owned());
                Fate::Refused { id, name, text }
            }
            Outcome::Placed { position, proof } => {
                let shelf = open.read();
                let proof = match proof.is_empty() {
                    true => shelf.store.proof(position).map(|proof| proof.to_bytes()).unwrap_or_default(),
                    false => proof,
                };
                Fate::Placed { id, position, receipt: Blob(proof), homes: 1, void: void(&shelf, position) }
            }
        }
    }

    /// How many homes keep an entry of this one that is not placed yet.
    fn homes_keeping(&self, cell: CellId, id: &EntryId) -> u32 {
        match self.outbox(cell).get(id).ok().flatten().map(|waiting| waiting.sent) {
            Some(Sent::HandedOn(homes, _)) => homes as u32,
            _ => 1,
        }
    }

    /// Looks for a moment whether other homes take over what was placed, and counts them.
    async fn wait_for_replicas(&self, open: &CellHandle, fates: &mut [Fate]) {
        let last = fates.iter().filter_map(|fate| match fate {
            Fate::Placed { position, .. } => Some(*position),
            _ => None,
        });
        let Some(last) = last.max() else { return };
        let connected = self.network.get().is_some_and(|network| !network.connected().is_empty());
        // A keeper waits only where some home is known to follow.
        let facts = open.facts();
        let online = connected && !(facts.keeper && facts.held.is_empty());
        let until = Instant::now() + if online { REPLICA_PATIENCE } else { Duration::ZERO };
        while count_homes(open, last) < 2 && Instant::now() < until {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        for fate in fates {
            if let Fate::Placed { position, homes, void: reason, .. } = fate {
                *homes = count_homes(open, *position);
                *reason = void(&open.read(), *position);
            }
        }
    }

    pub(super) fn outbox(&self, cell: CellId) -> Outbox {
        let storage: Arc<dyn Storage> = self.storage.clone();
        Outbox::new(storage, cell)
    }

    /// What lies in the outbox of one cell.
    pub(super) fn outbox_of(&self, cell: CellId) -> Result<Vec<OwnEntry>, Refusal> {
        let (waiting, _) = self.outbox(cell).list().map_err(|e| outbox_refusal(&e))?;
        Ok(waiting.into_iter().map(|waiting| own_entry(cell, waiting)).collect())
    }

    pub(super) fn outbox_list(&self) -> Result<Answer, Refusal> {
        Ok(Answer::Outbox(self.own_entries()?))
    }

    /// All that is not placed yet, as one bundle.
    pub(super) fn outbox_save(&self) -> Result<Answer, Refusal> {
        let mut bundle = BUNDLE_HEADER.to_vec();
        let mut entries = 0;
        for own in self.own_entries()? {
            if matches!(own.step, Step::Waiting | Step::HandedOn { .. } | Step::Refused { .. })
                && entries < MAX_BUNDLE_ENTRIES
            {
                let file = self.outbox(own.cell).get(&own.id).map_err(|e| outbox_refusal(&e))?;
                let Some(bytes) = file.and_then(|file| file.to_bytes()) else { continue };
                if bundle.len() + bytes.len() + 4 > MAX_BUNDLE {
                    break;
                }
                bundle.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
                bundle.extend(bytes);
                entries += 1;
            }
        }
        Ok(Answer::Bundle { bundle: Blob(bundle), entries: entries as u32 })
    }

    /// Takes in what another home's outbox saved.
    pub(super) async fn outbox_load(
        self: &Arc<Self>,
        bundle: &[u8],
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let mut fates = Vec::new();
        for waiting in read_bundle(bundle)? {
            let founding = waiting.entry.kind == Kind::FOUNDING;
            let cell = if founding { CellId::of_founding(waiting.entry.id()) } else { waiting.entry.cell };
            let id = waiting.entry.id();
            if self.may_not_hold(cell, &waiting, progress).await {
                let text = "it has a private text, which only the cell's own homes may hold: load the file in one of theirs (see lifeboat key node)";
                fates.push(Fate::Refused { id, name: "sealed".to_owned(), text: text.to_owned() });
                continue;
            }
            let details = waiting.details.iter().map(|detail| Blob(detail.as_bytes().to_vec())).collect();
            let signed = Signed { entry: Blob(waiting.entry.bytes().to_vec()), details };
            match self.submit(cell, vec![signed], 0, progress).await {
                Ok(Answer::Submitted(new)) => fates.extend(new),
                Ok(_) => {}
                Err(Refusal { name, text }) => fates.push(Fate::Refused { id, name, text }),
            }
        }
        Ok(Answer::Submitted(fates))
    }

    /// Whether an entry brings a private text, and this home is none of the cell's own.
    async fn may_not_hold(
        self: &Arc<Self>,
        cell: CellId,
        waiting: &Waiting,
        progress: &mpsc::Sender<Progress>,
    ) -> bool {
        let sealed = waiting.entry.details.iter().any(|detail| detail.tag.is_sealed());
        sealed && self.cell(cell, progress).await.is_ok_and(|open| !open.read().is_own())
    }

    /// Takes an entry out of the outbox, and its texts out of this home: nobody else has them.
    pub(super) async fn outbox_drop(self: &Arc<Self>, id: EntryId) -> Result<Answer, Refusal> {
        let own = self.own_entries()?.into_iter().find(|own| own.id == id);
        let own = own.ok_or_else(|| Refusal::new("not_here", "this entry is not in the outbox"))?;
        let file = self.outbox(own.cell).get(&id).map_err(|e| outbox_refusal(&e))?;
        self.outbox(own.cell).remove(&id).map_err(|e| outbox_refusal(&e))?;
        let placed = matches!(own.step, Step::Placed(_) | Step::Replicated(_));
        if let (Some(file), false) = (file, placed) {
            let texts = file.entry.details.iter().filter(|d| d.tag == DetailTag::NOTE || d.tag.is_sealed());
            let texts: Vec<DetailHash> = texts.map(|detail| detail.hash).collect();
            let storage: Arc<dyn Storage> = self.storage.clone();
            let erased = match self.open_cell_of(&own.cell) {
                Some(open) => open.read().store.erase_details(&texts),
                None => LogStore::open(storage, own.cell).and_then(|(store, _)| store.erase_details(&texts)),
            };
            erased.map_err(|error| Refusal::new("disk", error.to_string()))?;
        }
        if let Some(open) = self.open_cell_of(&own.cell) {
            open.tell(ToCell::Forget(id)).await;
        }
        Ok(Answer::Done)
    }
}

/// What a bundle of an outbox begins with.
const BUNDLE_HEADER: &[u8] = b"lifeboat/outbox-bundle/v1\n";

fn read_bundle(bundle: &[u8]) -> Result<Vec<Waiting>, Refusal> {
    let bad = || Refusal::new("bad_bundle", "this file is no whole outbox of Lifeboat: save it again");
    let mut rest =
        bundle.strip_prefix(BUNDLE_HEADER).filter(|_| bundle.len() <= MAX_BUNDLE).ok_or_else(bad)?;
    let mut all = Vec::new();
    while !rest.is_empty() && all.len() < MAX_BUNDLE_ENTRIES {
        let (len, after) = rest.split_first_chunk().ok_or_else(bad)?;
        let (bytes, after) = after.split_at_checked(u32::from_le_bytes(*len) as usize).ok_or_else(bad)?;
        all.push(Waiting::from_bytes(bytes).ok_or_else(bad)?);
        rest = after;
    }
    Ok(all)
}

/// Verifies an entry that a command hands in, and that all its details are there.
fn check(cell: Option<CellId>, signed: &Signed) -> Checked {
    let refuse = |id, name: &str, text: String| Fate::Refused { id, name: name.to_owned(), text };
    let entry = SignedEntry::verify(signed.entry.0.clone(), &mut KeyCache::default())
        .map_err(|bad| refuse(EntryId::ZERO, bad.name(), bad.to_string()))?;
    if cell.is_some_and(|cell| entry.cell != cell) {
        return Err(refuse(entry.id(), "WrongCell", "an entry for another cell".to_owned()));
    }
    let given: Vec<Detail> =
        signed.details.iter().filter_map(|bytes| Detail::from_bytes(bytes.0.clone())).collect();
    let chosen = entry.details.iter().map(|reference| given.iter().find(|d| d.matches(reference)).cloned());
    match chosen.collect::<Option<Vec<_>>>() {
        Some(details) => Ok((entry, details)),
        None => {
            let text = "an entry is handed in with all details that it names";
            Err(refuse(entry.id(), "MissingDetails", text.to_owned()))
        }
    }
}

/// Writes the first record of a new log.
fn place_first(
    storage: Arc<dyn Storage>,
    cell: CellId,
    entry: SignedEntry,
    details: &[Detail],
) -> Result<(), Refusal> {
    let (mut log, _) = LogStore::open(storage, cell).map_err(store)?;
    if !log.is_empty() {
        return Err(Refusal::new("exists", "this cell exists already"));
    }
    let link = Link::new(Term::FIRST, Position(0), LinkHash::ZERO, now(), entry.id());
    let record = Record::place(link, entry).ok_or_else(|| Refusal::new("fault", "the link fits no entry"))?;
    log.put_details(details).map_err(store)?;
    log.append(&[record]).map_err(store)?;
    log.sync().map_err(store)
}

/// The homes known to hold the record at this position, the keeper's counted.
/// Whether an outcome does not tell whether the entry was placed.
fn is_open(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(refusal) if refusal.name() == PeerRefusal::STORE_FAILED)
}

fn count_homes(open: &CellHandle, position: Position) -> u32 {
    let facts = open.facts();
    let told = facts.held.iter().filter(|next| **next > position).count() as u32;
    let here = u32::from(!facts.keeper && open.read().shown() > position.0);
    1 + told.max(here)
}

fn void(shelf: &Shelf, position: Position) -> Option<String> {
    shelf.state().effect(position)?.reason().map(ToString::to_string)
}

fn own_entry(cell: CellId, waiting: Waiting) -> OwnEntry {
    let step = match waiting.sent {
        Sent::Waiting => Step::Waiting,
        Sent::Placed(at) => Step::Placed(at),
        Sent::Replicated(at) => Step::Replicated(at),
        Sent::HandedOn(homes, reason) => {
            let (name, text) = reason.split_once(": ").unwrap_or_default();
            Step::HandedOn { homes: homes as u32, name: name.to_owned(), text: text.to_owned() }
        }
        Sent::Refused(reason) => {
            let (name, text) = reason.split_once(": ").unwrap_or(("Refused", &reason));
            Step::Refused { name: name.to_owned(), text: text.to_owned() }
        }
    };
    let details = waiting.details.iter().map(|detail| Blob(detail.as_bytes().to_vec())).collect();
    let signed = Signed { entry: Blob(waiting.entry.bytes().to_vec()), details };
    OwnEntry { cell, id: waiting.entry.id(), signed, step }
}

fn refusal_of(fate: &Fate) -> Refusal {
    match fate {
        Fate::Refused { name, text, .. } => Refusal::new(name, text.clone()),
        _ => Refusal::new("fault", "no entry"),
    }
}

pub(super) fn outbox_refusal(error: &OutboxError) -> Refusal {
    Refusal::new("outbox", error.to_string())
}
