//! Homes for tests: made in a temporary folder, their nodes run in threads of the test, on loopback and
//! without looking for others on the network. What the command line does is done here by hand.

use lifeboat_commons::membership::Vouch;
use lifeboat_commons::{Acceptance, Amount, Charter, Common, Quantity, State, compose, ledger};
use lifeboat_log::codec::{self, Bytes, List};
use lifeboat_log::opening::{Opening, Right};
use lifeboat_log::{
    CellId, Detail, DetailTag, Entry, Founding, Kind, Nonce, SecretKey, Seen, SignedEntry, StateHash, Term,
    Time,
};
use lifeboat_node::ask::{Fate, Joined, Overview, Signed, SyncReport, View};
use lifeboat_node::{Answer, Ask, Desk, Home, Keys, NodeOptions, Settings, background};
use std::path::Path;
use std::thread::JoinHandle;

/// A home, and its node when it runs.
pub struct TestHome {
    pub home: Home,
    pub member: SecretKey,
    pub addresses: Vec<String>,
    /// MiB of photos that a cell founded here keeps in a home, when not the default.
    pub blob_quota_mib: Option<u32>,
    /// Whether a person vouches for the disk when the node starts.
    pub vouched: bool,
    node: Option<JoinHandle<()>>,
    count: u64,
}

impl TestHome {
    pub fn new(folder: &Path, handle: &str) -> Self {
        let settings = Settings {
            handle: handle.into(),
            listen: vec!["/ip4/127.0.0.1/udp/0/quic-v1".into(), "/ip4/127.0.0.1/tcp/0".into()],
            mdns: Some(false),
            ..Settings::default()
        };
        let home = Home::create(folder.join(handle), &settings).unwrap();
        let member = Keys::of(&home).create_member(None).unwrap();
        Self::of(home, member)
    }

    fn of(home: Home, member: SecretKey) -> Self {
        let (addresses, blob_quota_mib, node) = (Vec::new(), None, None);
        Self { home, member, addresses, blob_quota_mib, vouched: false, node, count: 0 }
    }

    /// A copy of this home's folder, as a backup would be.
    pub fn copy(&self, to: &Path) -> Self {
        copy_folder(self.home.root(), to);
        let (home, member) = (Home::open(to).unwrap(), SecretKey::from_seed(&self.member.seed()));
        Self::of(home, member)
    }

    /// Starts the node, on the addresses where it was before.
    pub fn start(&mut self) {
        let (told, ready) = std::sync::mpsc::sync_channel(1);
        let home = self.home.clone();
        let options =
            NodeOptions { listen: self.addresses.clone(), mdns: Some(false), not_restored: self.vouched };
        self.node = Some(std::thread::spawn(move || {
            lifeboat_node::node::run(&home, &options, |addresses| told.send(addresses.to_vec()).unwrap())
                .unwrap();
        }));
        self.addresses = ready.recv().unwrap();
    }

    pub fn stop(&mut self) {
        if let Some(node) = self.node.take() {
            assert!(background::stop_node(&self.home).unwrap());
            node.join().unwrap();
        }
    }

    pub fn ask(&self, ask: Ask) -> Answer {
        self.try_ask(ask).unwrap()
    }

    pub fn try_ask(&self, ask: Ask) -> Result<Answer, lifeboat_node::DeskError> {
        Desk::open(&self.home)?.answer(ask)
    }

    /// Founds a cell and returns its id.
    pub fn found(&mut self, name: &str) -> CellId {
        let nonce = Nonce(lifeboat_node::keys::random().unwrap());
        let author = self.member.public();
        let Answer::TermKey(term) = self.ask(Ask::NewTermKey { author, nonce }) else { panic!() };
        let mut charter = Charter::named(name).unwrap();
        charter.quota = u32::MAX;
        charter.blob_mib = self.blob_quota_mib.unwrap_or(charter.blob_mib);
        charter.currencies = vec![ledger::Currency::new("EUR").unwrap()];
        let opening = Opening {
            term: Term::FIRST,
            base: None,
            node: term.node,
            term_key: term.term_key,
            possession: term.possession,
            witnesses: List::default(),
            quorum: 0,
            state: StateHash::ZERO,
            rules: lifeboat_commons::limits::RULES,
            right: Right::Founding,
        };
        let founding = Founding { opening, charter: charter.to_bytes().unwrap() };
        let handle = Detail::open([1; 16], "heron").unwrap();
        let now = lifeboat_node::cell::now();
        let entry = Entry {
            cell: CellId::ZERO,
            author,
            author_time: now,
            not_after: now.plus_ms(DAY_MS),
            seen: Seen::default(),
            after: List::default(),
            nonce,
            kind: Kind::FOUNDING,
            version: 1,
            body: Bytes::new(codec::encode(&founding)).unwrap(),
            details: List::new(vec![handle.reference(DetailTag::HANDLE, Time::ZERO)]).unwrap(),
        };
        let signed = signed(&entry.sign(&self.member).unwrap(), &[handle]);
        let Answer::Founded { cell } = self.ask(Ask::Found { signed, name: "oak-street".into() }) else {
            panic!()
        };
        cell
    }

    pub fn view(&self, cell: CellId) -> View {
        let Answer::View(view) = self.ask(Ask::View { cell }) else { panic!() };
        view
    }

    pub fn overview(&self) -> Overview {
        let Answer::Overview(overview) = self.ask(Ask::Overview) else { panic!() };
        overview
    }

    pub fn state(&self, cell: CellId) -> State {
        State::decode(&self.view(cell).state).unwrap()
    }

    /// An entry of one euro with these details.
    pub fn received_with(&mut self, cell: CellId, details: Vec<lifeboat_log::DetailRef>) -> SignedEntry {
        let quantity = Quantity::money(Amount::from_millionths(1_000_000), "EUR").unwrap();
        let body = ledger::Received { common: Common::default(), quantity };
        self.sign(cell, compose(&body).unwrap(), details)
    }

    /// An entry that says that so many euros were received.
    pub fn received(&mut self, cell: CellId, euros: i64) -> SignedEntry {
        let quantity = Quantity::money(Amount::from_millionths(euros * 1_000_000), "EUR").unwrap();
        let body = ledger::Received { common: Common::default(), quantity };
        self.sign(cell, compose(&body).unwrap(), Vec::new())
    }

    /// The member says this; it must be placed and take effect.
    pub fn say<B: lifeboat_commons::Body>(&mut self, cell: CellId, body: &B) {
        let entry = self.sign(cell, compose(body).unwrap(), Vec::new());
        let ask = Ask::Submit { cell, entries: vec![signed(&entry, &[])], wait_ms: 10_000 };
        let Answer::Submitted(fates) = self.ask(ask) else { panic!() };
        assert!(matches!(fates[0], Fate::Placed { void: None, .. }), "{fates:?}");
    }

    /// A key of this home signs that it serves the member.
    pub fn possession(
        &self,
        cell: CellId,
        what: lifeboat_node::ask::OwnKey,
    ) -> (lifeboat_log::PublicKey, lifeboat_log::Signature) {
        let member = self.state(cell).members().of_key(&self.member.public()).unwrap().entry();
        let Answer::Possession { key, signature } = self.ask(Ask::Possession { cell, member, what }) else {
            panic!()
        };
        (key, signature)
    }

    fn sign(
        &mut self,
        cell: CellId,
        said: lifeboat_commons::Said,
        details: Vec<lifeboat_log::DetailRef>,
    ) -> SignedEntry {
        self.signed_with(cell, said, details, |_| {})
    }

    /// An entry that says this, with a last change to the draft.
    pub fn signed_with(
        &mut self,
        cell: CellId,
        said: lifeboat_commons::Said,
        details: Vec<lifeboat_log::DetailRef>,
        change: impl FnOnce(&mut Entry),
    ) -> SignedEntry {
        self.count += 1;
        let now = lifeboat_node::cell::now();
        let nonce = Nonce(lifeboat_node::keys::random().unwrap());
        let mut entry = said.entry(cell, self.member.public(), now, now.plus_ms(DAY_MS), nonce);
        entry.details = List::new(details).unwrap();
        change(&mut entry);
        entry.sign(&self.member).unwrap()
    }

    /// Hands in so many entries of one euro, and says what became of them.
    pub fn receive(&mut self, cell: CellId, count: usize, wait_ms: u64) -> Vec<Fate> {
        let mut fates = Vec::new();
        let mut left = count;
        while left > 0 {
            let some = left.min(lifeboat_node::limits::MAX_SUBMIT);
            let entries = (0..some).map(|_| signed(&self.received(cell, 1), &[])).collect();
            let Answer::Submitted(new) = self.ask(Ask::Submit { cell, entries, wait_ms }) else { panic!() };
            fates.extend(new);
            left -= some;
        }
        fates
    }

    pub fn card(&self, cell: CellId) -> String {
        let Answer::Card(card) = self.ask(Ask::Card { cell }) else { panic!() };
        card.link
    }

    pub fn follow(&self, card: &str) {
        let Answer::Following { .. } = self.ask(Ask::Follow { link: card.into() }) else { panic!() };
    }

    pub fn sync(&self, wait_ms: u64) -> Vec<SyncReport> {
        let Answer::Synced(reports) = self.ask(Ask::Sync { wait_ms }) else { panic!() };
        reports
    }

    /// As [`TestHome::sync`], with what is told meanwhile: how many records are here, and of how many.
    pub fn sync_watched(&self, wait_ms: u64) -> (Vec<SyncReport>, Vec<(u64, u64)>) {
        let (mut told, ask) = (Vec::new(), Ask::Sync { wait_ms });
        let answer = Desk::open(&self.home).unwrap().answer_with(ask, &mut |p| told.push((p.done, p.total)));
        let Ok(Answer::Synced(reports)) = answer else { panic!("{answer:?}") };
        (reports, told)
    }

    pub fn invite(&self, cell: CellId) -> String {
        let Answer::Invited(invite) = self.ask(Ask::Invite { cell, days: 7 }) else { panic!() };
        invite.link
    }

    /// Knocks with an invite, under this handle.
    pub fn join(&self, link: &str, handle: &str, wait_ms: u64) -> Joined {
        let Answer::Card(card) = self.ask(Ask::ReadLink { link: link.into() }) else { panic!() };
        let detail = Detail::open([2; 16], handle).unwrap();
        let expiry = lifeboat_node::cell::now().plus_ms(7 * DAY_MS);
        let acceptance =
            Acceptance::sign(card.cell, card.invite.unwrap().0, detail.hash(), expiry, &self.member);
        let ask = Ask::Join {
            link: link.into(),
            acceptance: codec::encode(&acceptance).into(),
            handle: detail.as_bytes().into(),
            wait_ms,
        };
        let Answer::Joined(joined) = self.ask(ask) else { panic!() };
        joined
    }

    /// Vouches for who has knocked; returns the words that both read and the fate of the vouch.
    pub fn vouch(&mut self, cell: CellId) -> (Vec<u16>, Fate) {
        let Answer::Knocks(knocks) = self.ask(Ask::Knocks { cell }) else { panic!() };
        let knock = knocks.into_iter().next().expect("somebody has knocked");
        let acceptance: Acceptance = codec::decode(&knock.acceptance).unwrap();
        let handle = Detail::from_bytes(knock.handle.0.clone()).unwrap();
        let vouch = Vouch { common: Common::default(), acceptance, replaces: None };
        let reference = handle.reference(DetailTag::HANDLE, Time::ZERO);
        let entry = self.sign(cell, compose(&vouch).unwrap(), vec![reference]);
        let entries = vec![signed(&entry, &[handle])];
        let Answer::Submitted(mut fates) = self.ask(Ask::Submit { cell, entries, wait_ms: 5_000 }) else {
            panic!()
        };
        (knock.words, fates.remove(0))
    }
}

impl Drop for TestHome {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stop();
        }
    }
}

const DAY_MS: u64 = 86_400_000;

pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let (path, name) = item.map(|item| (item.path(), item.file_name())).unwrap();
        if path.is_dir() {
            copy_folder(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// An entry and its details as a command hands them in.
pub fn signed(entry: &SignedEntry, details: &[Detail]) -> Signed {
    let details = details.iter().map(|detail| detail.as_bytes().into()).collect();
    Signed { entry: entry.bytes().into(), details }
}

/// Waits for something that must come.
pub fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !done() {
        assert!(std::time::Instant::now() < end, "waited too long for: {what}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
