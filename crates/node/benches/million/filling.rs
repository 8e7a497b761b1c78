//! Makes a keeper's home with a long log: thirty members and years of what they said, signed by real keys
//! and placed under the home's own term key. It writes records as the keeper does, a thousand a sync.

use super::Outcome;
use lifeboat_commons::ledger::{Currency, Given, Meet, Need, Offer, Quantity, Received, Source};
use lifeboat_commons::limits::{DAY_MS, RULES};
use lifeboat_commons::membership::{Acceptance, Vouch};
use lifeboat_commons::{Amount, Charter, Common, PlaceId, Said, compose};
use lifeboat_log::codec::{Bytes, List, encode};
use lifeboat_log::{
    CellId, Checkpoint, Detail, DetailTag, Entry, EntryId, Founding, Kind, Link, LinkHash, Nonce, Position,
    Record, SecretKey, Seen, SignedEntry, Term, Time,
};
use lifeboat_node::home::CellSetting;
use lifeboat_node::{Home, Keys, Settings};
use lifeboat_store::{DiskStorage, LogStore, Promises, Storage};
use std::sync::Arc;

const MEMBERS: usize = 30;
/// Records that one sync covers.
const BATCH: usize = 1_024;
const ITEMS: [&str; 5] = ["rice", "beans", "oil", "blankets", "soap"];

/// A cell whose log grows.
struct Cell {
    id: CellId,
    keys: Vec<SecretKey>,
    now: Time,
    step_ms: u64,
    next: Position,
    head: LinkHash,
    waiting: Vec<Record>,
    bytes: u64,
    /// The newest need, the newest receipt, and whose that was.
    need: EntryId,
    received: (EntryId, usize),
}

/// Makes the home; returns the bytes of its records.
pub fn fill(home: &Home, settings: &Settings, records: u64, seconds: u64) -> Outcome<u64> {
    let mut settings = settings.clone();
    let home = Home::create(home.root(), &settings)?;
    let keys = Keys::of(&home);
    let (member, node, term_key) = (keys.create_member(None)?, keys.node()?, keys.create_term()?);
    let start = Time::from_ms(lifeboat_node::cell::now().ms() - records * seconds * 1_000);
    let (founding, heron) = founding(&member, &node, &term_key, start)?;
    let id = CellId::of_founding(founding.id());
    let name = "oak-street".to_owned();
    settings.cells.push(CellSetting { id: id.to_string(), name, own: true, card: None });
    home.save_settings(&settings)?;

    let storage: Arc<dyn Storage> = Arc::new(DiskStorage::open(home.root())?);
    let (mut store, _) = LogStore::open(storage.clone(), id)?;
    let mut cell = Cell {
        id,
        keys: vec![member],
        now: start,
        step_ms: seconds * 1_000,
        next: Position(0),
        head: LinkHash::ZERO,
        waiting: Vec::with_capacity(BATCH),
        bytes: 0,
        need: founding.id(),
        received: (founding.id(), 0),
    };
    cell.place(founding)?;
    let mut details = vec![heron];
    for number in 1..MEMBERS {
        details.push(cell.admit(number)?);
    }
    store.put_details(&details)?;
    while cell.next.0 < records {
        cell.say()?;
        if cell.waiting.len() == BATCH || cell.next.0 == records {
            store.append(&std::mem::take(&mut cell.waiting))?;
            store.sync()?;
        }
    }
    let open = store.chain().open().ok_or("no term")?;
    let checkpoint = Checkpoint { origin: open.origin(id), size: open.tree.size(), root: open.tree.root() };
    let signed = checkpoint.sign(&term_key);
    Promises::open(storage.clone(), id)?.promise(&checkpoint)?;
    store.set_checkpoint(&signed)?;
    storage.flush()?;
    std::fs::write(home.root().join("number-of-records"), records.to_string())?;
    Ok(cell.bytes)
}

fn founding(
    member: &SecretKey,
    node: &SecretKey,
    term_key: &SecretKey,
    now: Time,
) -> Outcome<(SignedEntry, Detail)> {
    let mut charter = Charter::named("Oak Street").ok_or("name")?;
    charter.currencies = vec![Currency::new("EUR").ok_or("currency")?];
    charter.quota = u32::MAX;
    charter.vouching.then = 1;
    charter.add_place("kitchen").ok_or("place")?;
    let handle = Detail::open(lifeboat_node::keys::random()?, "heron").ok_or("handle")?;
    let mut draft = Entry {
        cell: CellId::ZERO,
        author: member.public(),
        author_time: now,
        not_after: now.plus_ms(DAY_MS),
        seen: Seen::default(),
        after: List::default(),
        nonce: Nonce(lifeboat_node::keys::random()?),
        kind: Kind::FOUNDING,
        version: 1,
        body: Bytes::default(),
        details: List::new(vec![handle.reference(DetailTag::HANDLE, Time::ZERO)]).ok_or("details")?,
    };
    let body = Founding::new(&draft, node.public(), term_key, RULES, charter.to_bytes()?);
    draft.body = Bytes::new(encode(&body)).ok_or("body")?;
    Ok((draft.sign(member)?, handle))
}

impl Cell {
    fn place(&mut self, entry: SignedEntry) -> Outcome<EntryId> {
        let id = entry.id();
        let link = Link::new(Term::FIRST, self.next, self.head, self.now, id);
        (self.next, self.head) = (self.next.next(), link.hash());
        let record = Record::place(link, entry).ok_or("the link names another entry")?;
        self.bytes += record.byte_len() as u64;
        self.waiting.push(record);
        self.now = self.now.plus_ms(self.step_ms);
        Ok(id)
    }

    fn entry(&self, by: usize, said: Said) -> Entry {
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.next.0.to_le_bytes());
        said.entry(self.id, self.keys[by].public(), self.now, self.now.plus_ms(30 * DAY_MS), Nonce(nonce))
    }

    /// The founder vouches for a newcomer; returns the detail with the handle.
    fn admit(&mut self, number: usize) -> Outcome<Detail> {
        let key = SecretKey::from_seed(&lifeboat_node::keys::random()?);
        let name = format!("member {number}");
        let handle = Detail::open(lifeboat_node::keys::random()?, &name).ok_or("handle")?;
        let (invite, expiry) = (lifeboat_node::keys::random()?, self.now.plus_ms(7 * DAY_MS));
        let acceptance = Acceptance::sign(self.id, invite, handle.hash(), expiry, &key);
        let vouch = Vouch { common: Common::default(), acceptance, replaces: None };
        let mut draft = self.entry(0, compose(&vouch)?);
        draft.details = List::new(vec![handle.reference(DetailTag::HANDLE, Time::ZERO)]).ok_or("details")?;
        self.place(draft.sign(&self.keys[0])?)?;
        self.keys.push(key);
        Ok(handle)
    }

    /// The next member says something: goods and money in and out, needs and offers that meet, and now and
    /// then a correction.
    fn say(&mut self) -> Outcome<()> {
        let i = self.next.0 as usize;
        let by = i % MEMBERS;
        let mut common = Common { place: Some(PlaceId(1)), ..Common::default() };
        let whole = |n: usize| Amount::whole(n as i64).ok_or("amount");
        let quantity = match i % 3 {
            0 => Quantity::money(whole(i % 50 + 1)?, "EUR"),
            _ => Quantity::goods(whole(i % 20 + 1)?, "kg", ITEMS[i / 10 % ITEMS.len()]),
        };
        let quantity = quantity.ok_or("quantity")?;
        let until = self.now.plus_ms(7 * DAY_MS);
        if i % 100 == 50 {
            common.corrects = Some(self.received.0);
            let said = compose(&Received { common, quantity })?;
            let by = self.received.1;
            let entry = self.entry(by, said).sign(&self.keys[by])?;
            self.place(entry)?;
            return Ok(());
        }
        let said = match i % 10 {
            0..=4 => compose(&Received { common, quantity })?,
            5 | 6 => compose(&Given { common, quantity, slip: i % 20 == 5 })?,
            7 => compose(&Need { common, quantity, until })?,
            8 => compose(&Offer { common, quantity, until })?,
            _ => {
                let source = Source::Stock(Some(PlaceId(1)));
                compose(&Meet { common, need: self.need, source, amount: whole(1)? })?
            }
        };
        let entry = self.entry(by, said).sign(&self.keys[by])?;
        let id = self.place(entry)?;
        match i % 10 {
            0..=4 => self.received = (id, by),
            7 => self.need = id,
            _ => {}
        }
        Ok(())
    }
}
