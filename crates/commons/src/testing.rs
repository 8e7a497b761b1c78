//! Cells for tests and benches: members by name, all keys made from a seed, a clock that stands still
//! until it is told. Behind the feature `testing`, never in the product.
#![allow(clippy::expect_used)] // a fixture that cannot be made must stop the test

mod beacon;

pub use beacon::TestBeacon;

use crate::body::{Body, Said, compose};
use crate::charter::{Charter, CharterText};
use crate::common::MemberId;
use crate::effect::Effect;
use crate::history::History;
use crate::ledger::Currency;
use crate::limits::DAY_MS;
use crate::membership::{Acceptance, Vouch};
use crate::state::State;
use lifeboat_log::checkpoint::{cosign, witness_name};
use lifeboat_log::codec::{Bytes, List, encode};
use lifeboat_log::handover::Footing;
use lifeboat_log::limits::MAX_CHARTER;
use lifeboat_log::opening::Base;
use lifeboat_log::tree::Frontier;
use lifeboat_log::{
    CellId, Chain, Checkpoint, Detail, DetailRef, DetailTag, Entry, EntryId, Founding, Handover, Kind, Link,
    Nonce, Position, Record, SecretKey, Seen, SignedCheckpoint, SignedEntry, Successor, Term, Time, TreeHash,
};
use std::collections::BTreeMap;

/// The first moment of every test cell: 2026-01-01 00:00 UTC.
pub const START: u64 = lifeboat_log::testing::START_MS;

/// A cell that grows as a test asks, with its log, its chain and its state.
pub struct TestCell {
    /// The state after all records.
    pub state: State,
    /// The chain after all records.
    pub chain: Chain,
    /// The key of the first term.
    pub term_key: SecretKey,
    /// The key of the keeper's node.
    pub node: SecretKey,
    /// The moment at which entries are signed and placed.
    pub now: Time,
    seed: u8,
    records: Vec<Record>,
    places: BTreeMap<EntryId, usize>,
    details: Vec<Detail>,
    ids: BTreeMap<String, MemberId>,
    count: u64,
}

impl History for TestCell {
    fn find(&self, id: &EntryId) -> Option<Record> {
        self.records.get(*self.places.get(id)?).cloned()
    }
    fn root(&self, term: Term, size: u64) -> Option<TreeHash> {
        let mut tree = Frontier::default();
        let of_term = self.records.iter().filter(|record| record.link().term == term);
        of_term.take(usize::try_from(size).ok()?).for_each(|record| tree.push(record.leaf()));
        (tree.size() == size).then(|| tree.root())
    }
}

/// The charter of test cells: Oak Street, with euros, a kitchen and a hall, and no quota to speak of.
pub fn charter() -> Charter {
    let mut charter = Charter::named("Oak Street").expect("short");
    charter.zone = CharterText::new("Europe/Madrid").expect("short");
    charter.currencies = vec![Currency::new("EUR").expect("short")];
    charter.quota = u32::MAX;
    charter.add_place("kitchen").expect("room");
    charter.add_place("hall").expect("room");
    charter
}

/// The key of this name in test cells of this seed.
pub fn key_of(seed: u8, name: &str) -> SecretKey {
    let mut bytes = name.as_bytes().to_vec();
    bytes.push(seed);
    SecretKey::from_seed(&lifeboat_log::hash::derive("lifeboat/test-key/v1", &bytes))
}

impl TestCell {
    /// A cell founded by `founder` under [`charter`].
    pub fn found(seed: u8, founder: &str) -> Self {
        Self::found_with(seed, founder, &charter())
    }

    /// A cell founded by `founder` under this charter.
    pub fn found_with(seed: u8, founder: &str, charter: &Charter) -> Self {
        Self::found_by(seed, founder, charter.to_bytes().expect("a proper charter"))
    }

    /// A cell founded by `founder` that leaves every setting at its default: its ids stay the same when the
    /// charter grows, so pages can show them.
    pub fn found_plain(seed: u8, founder: &str) -> Self {
        Self::found_by(seed, founder, Bytes::default())
    }

    fn found_by(seed: u8, founder: &str, charter: Bytes<MAX_CHARTER>) -> Self {
        let (member, term_key, node) = (key_of(seed, founder), key_of(seed, "#term"), key_of(seed, "#node"));
        let handle = handle(founder);
        let mut draft = Entry {
            details: List::new(vec![handle.reference(DetailTag::HANDLE, Time::ZERO)]).expect("one"),
            ..blank(CellId::ZERO, &member, Time::from_ms(START), Kind::FOUNDING, 0)
        };
        let body = Founding::new(&draft, node.public(), &term_key, crate::limits::RULES, charter);
        draft.body = Bytes::new(encode(&body)).expect("short");
        let entry = draft.sign(&member).expect("a valid founding entry");
        let cell = CellId::of_founding(entry.id());
        let mut this = Self {
            state: State::new(cell),
            chain: Chain::new(cell),
            term_key,
            node,
            now: Time::from_ms(START),
            seed,
            records: vec![],
            places: BTreeMap::new(),
            details: vec![handle],
            ids: [(founder.to_owned(), MemberId::founder(cell))].into(),
            count: 1,
        };
        assert_eq!(this.place(entry), Effect::Applied, "the founding entry");
        this
    }

    /// The cell.
    pub fn cell(&self) -> CellId {
        self.state.cell()
    }
    /// All records so far.
    pub fn records(&self) -> &[Record] {
        &self.records
    }
    /// The newest record.
    pub fn last(&self) -> &Record {
        self.records.last().expect("founded")
    }
    /// The details that its entries named.
    pub fn details(&self) -> &[Detail] {
        &self.details
    }
    /// The key of this name.
    pub fn key(&self, name: &str) -> SecretKey {
        key_of(self.seed, name)
    }
    /// The id of the member of this name.
    ///
    /// # Panics
    /// When nobody of this name was admitted.
    pub fn id(&self, name: &str) -> MemberId {
        self.ids[name]
    }
    /// Lets time pass.
    pub fn wait_ms(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
    }
    /// Lets days pass.
    pub fn wait_days(&mut self, days: u64) {
        self.wait_ms(days * DAY_MS);
    }

    /// An entry, signed by the key of this name, that is not in the log yet.
    pub fn sign(&mut self, name: &str, said: Said) -> SignedEntry {
        self.sign_with(name, said, |_| {})
    }

    /// As [`TestCell::sign`], with a last change to the draft.
    pub fn sign_with(&mut self, name: &str, said: Said, change: impl FnOnce(&mut Entry)) -> SignedEntry {
        self.sign_by(&self.key(name), said, change)
    }

    /// As [`TestCell::sign_with`], by any key, such as that of a node.
    pub fn sign_by(&mut self, key: &SecretKey, said: Said, change: impl FnOnce(&mut Entry)) -> SignedEntry {
        let mut draft = blank(self.cell(), key, self.now, said.kind, self.count);
        (draft.version, draft.body) = (said.version, said.body);
        self.count += 1;
        change(&mut draft);
        draft.sign(key).expect("a valid entry")
    }

    /// An entry of any kind and body, signed by the key of this name.
    pub fn sign_kind(&mut self, name: &str, kind: Kind, body: &[u8]) -> SignedEntry {
        let body = Bytes::new(body.to_vec()).expect("short");
        self.sign(name, Said { kind, version: 1, body })
    }

    /// The record that this entry would be at the end of the log.
    pub fn record_of(&self, entry: SignedEntry) -> Record {
        let term = self.chain.open().map_or(Term::FIRST, |open| open.term);
        self.record_in(term, entry)
    }

    fn record_in(&self, term: Term, entry: SignedEntry) -> Record {
        let link = Link::new(term, self.chain.next(), self.chain.head(), self.now, entry.id());
        Record::place(link, entry).expect("the link names it")
    }

    /// Places an entry that opens this term, whose checkpoints `term_key` signs.
    pub fn open_term(&mut self, term: Term, entry: SignedEntry, term_key: SecretKey) -> Effect {
        let record = self.record_in(term, entry);
        self.term_key = term_key;
        self.put(record)
    }

    /// Places an entry and folds it.
    pub fn place(&mut self, entry: SignedEntry) -> Effect {
        let record = self.record_of(entry);
        self.put(record)
    }

    fn put(&mut self, record: Record) -> Effect {
        self.chain.extend(&record).expect("it follows");
        let mut state = std::mem::replace(&mut self.state, State::new(record.entry().cell));
        let effect = state.apply(&record, self);
        self.state = state;
        self.places.insert(record.entry().id(), self.records.len());
        self.records.push(record);
        effect
    }

    /// The member of this name says this; a second passes.
    pub fn say<B: Body>(&mut self, name: &str, body: &B) -> Effect {
        let entry = self.sign(name, compose(body).expect("a proper body"));
        self.wait_ms(1000);
        self.place(entry)
    }

    /// As [`TestCell::say`], for what must take effect; gives its entry.
    ///
    /// # Panics
    /// When it is void.
    pub fn must<B: Body>(&mut self, name: &str, body: &B) -> EntryId {
        let effect = self.say(name, body);
        assert_eq!(effect, Effect::Applied);
        self.last().entry().id()
    }

    /// The signed acceptance and the handle of a newcomer of this name, good for seven days.
    pub fn acceptance(&self, name: &str) -> (Acceptance, Detail) {
        let (key, handle) = (self.key(name), handle(name));
        let mut invite = [0; 16];
        invite.copy_from_slice(&key.public().0[..16]);
        let expiry = self.now.plus_ms(7 * DAY_MS);
        (Acceptance::sign(self.cell(), invite, handle.hash(), expiry, &key), handle)
    }

    /// The member `by` vouches for the newcomer who signed this.
    pub fn vouch(&mut self, by: &str, acceptance: &Acceptance, handle: &Detail) -> Effect {
        let vouch = Vouch { common: Default::default(), acceptance: acceptance.clone(), replaces: None };
        let detail: DetailRef = handle.reference(DetailTag::HANDLE, Time::ZERO);
        let said = compose(&vouch).expect("a proper body");
        let entry = self.sign_with(by, said, |draft| draft.details = List::new(vec![detail]).expect("one"));
        self.details.push(handle.clone());
        self.wait_ms(1000);
        let effect = self.place(entry);
        if let (Some(id), Some(name)) = (self.state.members().of_key(&acceptance.key), handle.text()) {
            self.ids.entry(name.to_owned()).or_insert(id);
        }
        effect
    }

    /// Admits a newcomer of this name, with as many vouches as the charter asks.
    ///
    /// # Panics
    /// When that does not succeed.
    pub fn admit(&mut self, name: &str) -> MemberId {
        let (acceptance, handle) = self.acceptance(name);
        let mut vouchers: Vec<String> = self.ids.keys().cloned().collect();
        vouchers.sort_by_key(|name| self.state.members().get(&self.ids[name]).map(|m| m.position));
        for voucher in vouchers {
            if !self.state.members().get(&self.ids[&voucher]).is_some_and(|m| m.is_active()) {
                continue;
            }
            assert_eq!(self.vouch(&voucher, &acceptance, &handle), Effect::Applied);
            if let Some(id) = self.state.members().of_key(&acceptance.key) {
                return id;
            }
        }
        panic!("{name} was not admitted");
    }

    /// The keeper hands over to itself: the next term has a fresh key and these witnesses.
    pub fn hand_over(&mut self, witnesses: &[&SecretKey], quorum: u16) -> Effect {
        self.count += 1;
        let open = self.chain.open().expect("founded");
        let term = Term::new(open.term.era(), open.term.turn() + 1);
        let key = key_of(self.seed, &format!("#term {term}"));
        let nonce = blank(self.cell(), &self.node, self.now, Kind::OPENING, self.count).nonce;
        let successor = Successor::new(term, self.node.public(), nonce, &key);
        let checkpoint = Bytes::new(self.checkpoint().to_bytes()).expect("short");
        let base = Base { checkpoint, head: self.chain.head() };
        let footing = Footing { term, base, state: self.state.hash(), rules: self.state.rules() };
        let mut keys: Vec<_> = witnesses.iter().map(|key| key.public()).collect();
        keys.sort_unstable();
        let witnesses = (List::new(keys).expect("few"), quorum);
        let handover = Handover::sign(&self.cell(), footing, &successor, witnesses, &self.term_key);
        self.term_key = key;
        let entry = handover.entry(self.cell(), &self.node, self.now).expect("a valid opening");
        self.put(self.record_in(term, entry))
    }

    /// The keeper's checkpoint over the whole log with cosignatures of these witnesses at this second.
    pub fn cosigned(&self, witnesses: &[&SecretKey], seconds: u64) -> SignedCheckpoint {
        let mut signed = self.checkpoint();
        for key in witnesses {
            let line = cosign(&signed.text(), &witness_name(&key.public()), key, seconds);
            signed = signed.with_cosignature(line, key.public()).expect("it holds");
        }
        signed
    }

    /// The keeper's checkpoint over the whole log.
    pub fn checkpoint(&self) -> SignedCheckpoint {
        let open = self.chain.open().expect("founded");
        let origin = open.origin(self.cell());
        Checkpoint { origin, size: open.tree.size(), root: open.tree.root() }.sign(&self.term_key)
    }

    /// What the newest entry did.
    pub fn effect(&self) -> Effect {
        self.state.effect(Position(self.records.len() as u64 - 1)).expect("folded")
    }
}

/// The open detail with this handle; the salt is made of the name, which no product may do.
pub fn handle(name: &str) -> Detail {
    let mut salt = [0; 16];
    salt.copy_from_slice(&lifeboat_log::hash::derive("lifeboat/test-salt/v1", name.as_bytes())[..16]);
    Detail::open(salt, name).expect("short")
}

fn blank(cell: CellId, author: &SecretKey, now: Time, kind: Kind, count: u64) -> Entry {
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&count.to_le_bytes());
    Entry {
        cell,
        author: author.public(),
        author_time: now,
        not_after: now.plus_ms(30 * DAY_MS),
        seen: Seen::default(),
        after: List::default(),
        nonce: Nonce(nonce),
        kind,
        version: 1,
        body: Bytes::default(),
        details: List::default(),
    }
}
