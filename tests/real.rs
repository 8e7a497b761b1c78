//! Homes in a temporary folder, with the real program: its commands, and its nodes as processes that
//! never outlive the test.

use lifeboat_commons::{Amount, Charter, Common, Quantity, compose, ledger};
use lifeboat_log::codec::{self, Bytes, List};
use lifeboat_log::opening::{Opening, Right};
use lifeboat_log::{
    CellId, Detail, DetailTag, Entry, Founding, Kind, Nonce, SecretKey, Seen, SignedEntry, StateHash, Term,
    Time,
};
use lifeboat_node::ask::{CellOverview, Signed};
use lifeboat_node::control::Control;
use lifeboat_node::{Answer, Ask, Desk, Home, Keys};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const DAY_MS: u64 = 86_400_000;

/// A command of the real program in this home.
pub fn command(home: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
    command.arg("--home").arg(home).arg("--yes").args(words).stdin(Stdio::null());
    command.env_remove("LIFEBOAT_HOME").env_remove("LIFEBOAT_CELL").env_remove("LIFEBOAT_PASSPHRASE_FILE");
    command
}

/// Runs a command that must succeed, and gives what it printed.
pub fn run(home: &Path, words: &[&str]) -> String {
    let output: Output = command(home, words).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "lifeboat {words:?}: {}\n{out}{err}", output.status);
    out.into_owned()
}

/// Makes a home whose node will always listen at the same place of this machine, and looks for nobody.
pub fn make(folder: &Path, handle: &str) -> Home {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (tcp, quic) = (format!("/ip4/127.0.0.1/tcp/{port}"), format!("/ip4/127.0.0.1/udp/{port}/quic-v1"));
    let root = folder.join(handle);
    let words = ["init", "--as", handle, "--no-passphrase", "--no-mdns", "--listen", &tcp, "--listen", &quic];
    run(&root, &words);
    Home::open(root).unwrap()
}

/// Founds a cell whose members may sign as much as they like.
pub fn found(home: &Home) -> CellId {
    found_with(home, |_| {})
}

/// As [`found`], with another charter.
pub fn found_with(home: &Home, change: impl FnOnce(&mut Charter)) -> CellId {
    let member = Keys::of(home).member(None).unwrap();
    let nonce = Nonce(lifeboat_node::keys::random().unwrap());
    let author = member.public();
    let mut desk = Desk::open(home).unwrap();
    let Answer::TermKey(term) = desk.answer(Ask::NewTermKey { author, nonce }).unwrap() else { panic!() };
    let mut charter = Charter::named("Oak Street").unwrap();
    charter.quota = u32::MAX;
    charter.currencies = vec![ledger::Currency::new("EUR").unwrap()];
    change(&mut charter);
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
    let body = codec::encode(&Founding { opening, charter: charter.to_bytes().unwrap() });
    let handle = Detail::open(nonce.0, &home.settings().unwrap().handle).unwrap();
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
        body: Bytes::new(body).unwrap(),
        details: List::new(vec![handle.reference(DetailTag::HANDLE, Time::ZERO)]).unwrap(),
    };
    let signed = signed(&entry.sign(&member).unwrap(), &[handle]);
    let founded = desk.answer(Ask::Found { signed, name: "oak-street".into() }).unwrap();
    let Answer::Founded { cell } = founded else { panic!() };
    cell
}

/// One euro received.
pub fn received(cell: CellId, member: &SecretKey) -> SignedEntry {
    let quantity = Quantity::money(Amount::from_millionths(1_000_000), "EUR").unwrap();
    let said = compose(&ledger::Received { common: Common::default(), quantity }).unwrap();
    let now = lifeboat_node::cell::now();
    let nonce = Nonce(lifeboat_node::keys::random().unwrap());
    said.entry(cell, member.public(), now, now.plus_ms(DAY_MS), nonce).sign(member).unwrap()
}

/// An entry and its details as a command hands them in.
pub fn signed(entry: &SignedEntry, details: &[Detail]) -> Signed {
    let details = details.iter().map(|detail| detail.as_bytes().into()).collect();
    Signed { entry: entry.bytes().into(), details }
}

/// A node as a process of its own; it is killed when it is dropped.
pub struct Node(Child);

impl Node {
    /// Starts the node of this home, and waits until it answers.
    pub fn start(home: &Home) -> Self {
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(home.root().with_extension("out"));
        let log = log.unwrap();
        let child =
            command(home.root(), &["node"]).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut node = Self(child);
        wait_for("the node to answer", Duration::from_millis(5), || {
            let ended = node.0.try_wait().unwrap();
            assert!(ended.is_none(), "the node ended: {ended:?}\n{}", node_words(home));
            Control::connect(home).is_some()
        });
        node
    }

    /// Kills it at once, as `kill -9` does.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the nodes of this home have printed.
pub fn node_words(home: &Home) -> String {
    std::fs::read_to_string(home.root().with_extension("out")).unwrap_or_default()
}

/// How a home's only cell is.
pub fn cell_of(home: &Home) -> CellOverview {
    let Answer::Overview(overview) = Desk::open(home).unwrap().answer(Ask::Overview).unwrap() else {
        panic!()
    };
    overview.cells.into_iter().next().expect("a cell")
}

/// Waits for something that must come.
pub fn wait_for(what: &str, every: Duration, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < end, "waited too long for {what}");
        std::thread::sleep(every);
    }
}

/// Random numbers from a seed.
pub struct Dice(pub u64);

impl Dice {
    /// The seed that the environment names, else a new one; it is printed, so that a failure can be
    /// played again.
    pub fn seeded(variable: &str) -> Self {
        let named = std::env::var(variable).ok().and_then(|seed| seed.parse().ok());
        let seed = named.unwrap_or_else(lifeboat_node::cell::entropy);
        println!("{variable}={seed}");
        Self(seed)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
