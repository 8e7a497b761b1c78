//! Nodes that are killed at random moments under load: no entry with a receipt is lost, the log opens,
//! and who follows catches up. `LIFEBOAT_KILL_SEED` plays a run's moments again.

use crate::person::{self, Person};
use crate::real::{Dice, Node, cell_of, found, make, node_words, received, run, signed, wait_for};
use lifeboat_log::{CellId, Origin, Position, Proof, SecretKey, Signers, Term};
use lifeboat_node::ask::{Fate, Range, Role};
use lifeboat_node::control::Control;
use lifeboat_node::{Answer, Ask, Desk, Home, Keys};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often the keeper is killed with receipts outstanding.
const ROUNDS: u32 = 50;
/// Kills that may find nothing outstanding, by chance: they are checked like the others and not counted.
const MISSES: u32 = 15;
/// Who hands in entries at a time.
const HANDS: usize = 3;
/// Longest time under load before a kill, in milliseconds.
const LOAD_MS: u64 = 250;

/// What came of the entries that were handed in.
#[derive(Default)]
struct Tally {
    receipts: Mutex<Vec<Proof>>,
    submitted: AtomicU64,
    unanswered: AtomicU64,
}

/// Hands in entries, a few at a time, until the node is gone.
fn hand_in(home: &Home, cell: CellId, member: &SecretKey, tally: &Tally, mut dice: Dice) {
    let Some(mut control) = Control::connect(home) else { return };
    loop {
        let count = 1 + dice.below(24);
        let entries = (0..count).map(|_| signed(&received(cell, member), &[])).collect();
        tally.submitted.fetch_add(count, Ordering::Relaxed);
        let Ok(answer) = control.ask(&Ask::Submit { cell, entries, wait_ms: 0 }, &mut |_| {}) else {
            tally.unanswered.fetch_add(count, Ordering::Relaxed);
            return;
        };
        let Ok(Answer::Submitted(fates)) = answer else { panic!("{answer:?}") };
        let mut receipts = tally.receipts.lock().unwrap();
        for fate in fates {
            let Fate::Placed { position, receipt, void: None, .. } = fate else { panic!("{fate:?}") };
            let proof = Proof::parse(&receipt).unwrap();
            assert_eq!(proof.index, position.0);
            receipts.push(proof);
        }
    }
}

/// Every receipt is as good as on the day it was given: the same record stands at its place, and the
/// log's checkpoint reaches over it.
fn keeps_its_word(home: &Home, cell: CellId, receipts: &[Proof], what: &str) {
    let now = cell_of(home);
    assert_eq!(now.role, Role::Keeper, "{what}: {:?}", now.notices);
    let covered = now.checkpoint.unwrap().size;
    assert_eq!(covered, now.size, "{what}: all that is shown is under a checkpoint");
    let (Some(first), Some(last)) =
        (receipts.iter().map(|r| r.index).min(), receipts.iter().map(|r| r.index).max())
    else {
        return;
    };
    assert!(last < covered, "{what}: #{last} has a receipt, and {covered} records are left");
    let mut desk = Desk::open(home).unwrap();
    let mut records = Vec::new();
    while first + (records.len() as u64) <= last {
        let range = Range::from(Position(first + records.len() as u64), 1_000);
        let Answer::Records(more) = desk.answer(Ask::Log { cell, range }).unwrap() else { panic!() };
        assert!(!more.is_empty());
        records.extend(more);
    }
    for receipt in receipts {
        let here = &records[(receipt.index - first) as usize];
        assert_eq!(here.record.0, receipt.record, "{what}: another record at #{}", receipt.index);
    }
}

/// Both homes: every signature, link, tile and checkpoint.
fn audits(home: &Home) -> String {
    run(home.root(), &["audit"]).trim().to_owned()
}

#[test]
fn no_entry_with_a_receipt_is_lost_however_often_the_keeper_is_killed() {
    let mut dice = Dice::seeded("LIFEBOAT_KILL_SEED");
    let began = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let (heron, wren) = (make(folder.path(), "heron"), make(folder.path(), "wren"));
    let cell = found(&heron);
    let member = Keys::of(&heron).member(None).unwrap();
    let mut keeper = Node::start(&heron);
    run(wren.root(), &["follow", run(heron.root(), &["card"]).trim()]);
    let mut follower = Some(Node::start(&wren));
    let (mut all, mut round, mut misses, mut followers) = (Vec::new(), 0, 0, 0);
    while round < ROUNDS {
        let tally = Tally::default();
        // The first kill comes when there are receipts to lose; the others at any moment.
        let (moment, ends) = (dice.below(LOAD_MS), dice.below(3) == 0);
        let enough = u64::from(all.is_empty());
        std::thread::scope(|scope| {
            for _ in 0..HANDS {
                let (seed, tally, heron, member) = (dice.below(u64::MAX), &tally, &heron, &member);
                scope.spawn(move || hand_in(heron, cell, member, tally, Dice(seed)));
            }
            wait_for("load", Duration::from_millis(1), || tally.submitted.load(Ordering::Relaxed) > 0);
            wait_for("a receipt", Duration::from_millis(1), || {
                tally.receipts.lock().unwrap().len() as u64 >= enough
            });
            std::thread::sleep(Duration::from_millis(moment));
            if ends && let Some(follower) = follower.take() {
                follower.kill();
                followers += 1;
            }
            keeper.kill();
        });
        let given = tally.receipts.into_inner().unwrap();
        let unanswered = tally.unanswered.into_inner();
        if unanswered == 0 {
            misses += 1;
            assert!(misses <= MISSES, "there is no load");
        } else {
            round += 1;
        }
        keeper = Node::start(&heron);
        let what = format!("kill {round} after {moment} ms");
        keeps_its_word(&heron, cell, &given, &what);
        all.extend(given);
        println!("{what}: {} receipts given so far, {unanswered} entries unanswered", all.len());
        assert!(!all.is_empty(), "there must be receipts to keep");
        if follower.is_none() {
            follower = Some(Node::start(&wren));
        }
    }
    keeps_its_word(&heron, cell, &all, "at the end");
    verify_receipts(&heron, cell, &all);
    wait_until_level(&heron, &wren);
    keeper.kill();
    drop(follower);
    assert_eq!(audits(&heron), audits(&wren));
    for home in [&heron, &wren] {
        assert!(!node_words(home).contains("panicked"), "{}", node_words(home));
    }
    println!(
        "{round} kills of the keeper with receipts outstanding ({misses} more without), {followers} of the \
         follower, {} receipts kept, {:.0} s: {}",
        all.len(),
        began.elapsed().as_secs_f64(),
        audits(&wren),
    );
}

/// Every receipt proves its entry under the key of the keeper's term.
fn verify_receipts(keeper: &Home, cell: CellId, receipts: &[Proof]) {
    let signers = Signers { term_key: term_key(keeper, cell), witnesses: Vec::new() };
    for receipt in receipts {
        receipt.verify(&Origin { cell, term: Term::FIRST }, &signers).unwrap();
    }
}

/// Waits until the follower holds what the keeper holds, without an alarm.
fn wait_until_level(keeper: &Home, follower: &Home) {
    wait_for("the follower to catch up", Duration::from_millis(50), || {
        let (there, here) = (cell_of(keeper), cell_of(follower));
        assert!(!here.notices.iter().any(|word| word.contains("ALARM")), "{:?}", here.notices);
        (there.size, there.head) == (here.size, here.head)
    });
}

fn term_key(home: &Home, cell: CellId) -> lifeboat_log::PublicKey {
    let Answer::View(view) = Desk::open(home).unwrap().answer(Ask::View { cell }).unwrap() else { panic!() };
    lifeboat_commons::State::decode(&view.state).unwrap().keeper().unwrap().term_key
}

/// Whoever loses the node of the home in the middle of a command is told what became of the entry, and need not
/// wonder whether to say it again.
#[test]
fn a_command_whose_node_is_killed_says_what_became_of_its_entry() {
    let folder = tempfile::tempdir().unwrap();
    let [mut heron, mut wren] = Person::two(folder.path());
    let own = heron.value(&["node", "status"], "addresses")[0].as_str().unwrap().to_owned();
    let own = own.split("/p2p/").next().unwrap().to_owned();
    wren.start_node();
    let mut dice = Dice(5);
    let mut said = Vec::new();
    for round in 1..=6_u64 {
        for keeps in [true, false] {
            let amount = format!("{round}.{}", if keeps { 1 } else { 2 });
            let person = if keeps { &mut heron } else { &mut wren };
            let words = ["--yes", "--wait", "5", "in", &amount, "EUR", "--from", "a killed node"];
            let mut command = person.command(&words);
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(5 + dice.below(60)));
            person.kill_node();
            let ended = child.wait_with_output().unwrap();
            let told = String::from_utf8_lossy(&ended.stdout).into_owned();
            // Before it was handed in nothing is half done; from then on it is not lost, and no second time needed.
            let (done, amount) = (ended.status.success(), format!(" {amount}0 EUR"));
            assert!(!done || told.contains("placed") || told.contains("outbox"), "{told}");
            if keeps {
                heron.start_node_with(&["--listen", &own]);
            } else {
                wren.start_node();
            }
            said.push((amount, usize::from(done)));
        }
    }
    println!("{} of {} were handed in", said.iter().filter(|(_, done)| *done == 1).count(), said.len());
    let mut log = String::new();
    person::wait_for("all to be placed", || {
        wren.types(&["--wait", "5", "sync"], "");
        log = wren.good(&["log", "--all"]).out;
        said.iter().all(|(amount, done)| log.matches(amount.as_str()).count() >= *done)
    });
    said.iter().for_each(|(amount, done)| {
        assert_eq!(log.matches(amount.as_str()).count(), *done, "{amount}\n{log}")
    });
}
