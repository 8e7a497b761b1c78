//! A takeover with the real program: the keeper is killed, goes on alone with nobody near, and comes back
//! to find that its neighbours have given the log another keeper; then that one's disk is destroyed.

use crate::evidence::copy;
use crate::person::Person;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the homes may take for what they do by themselves: they ask each other every few seconds.
const PATIENCE: Duration = Duration::from_secs(120);

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What the home knows of its one cell.
fn cell(person: &Person) -> serde_json::Value {
    let status = person.good(&["--json", "status"]).objects();
    status[0]["cells"][0].clone()
}

fn keeps(person: &Person) -> bool {
    cell(person)["role"] == "keeper"
}

/// How often each amount of EUR stands in a home's log.
fn amounts(person: &Person) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for entry in person.good(&["--json", "log", "--all"]).objects() {
        if let Some(text) = entry["text"].as_str().filter(|text| text.contains(" EUR in")) {
            let words: Vec<&str> = text.split(' ').collect();
            let amount = words.iter().position(|word| *word == "EUR").map(|at| words[at - 1]);
            *count.entry(amount.unwrap_or_default().to_owned()).or_insert(0) += 1;
        }
    }
    count
}

/// An address that stays the same, on a port that is free now.
fn address() -> String {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("/ip4/127.0.0.1/tcp/{port}")
}

/// Starts the node of a home at its address, where it looks for the others'.
fn start(person: &mut Person, own: &str, others: &[&String]) {
    let mut options = vec!["--listen", own];
    others.iter().for_each(|other| options.extend(["--connect", other]));
    person.start_node_with(&options);
}

/// The value under a name in the last object of a command.
fn last_value(person: &Person, words: &[&str], name: &str) -> String {
    let said = person.good(&[&["--json", "--yes"], words].concat());
    said.objects().last().unwrap()[name].as_str().unwrap().to_owned()
}

fn newcomer(folder: &Path, who: &str, founder: &Person) -> Person {
    let person = Person::with_home(folder, who);
    founder.takes_in(&person);
    person
}

fn says(person: &Person, amount: u32) {
    let amount = amount.to_string();
    let said = person.types(&["--yes", "in", &amount, "EUR"], "");
    assert!(said.code == 0 || said.code == 3, "{}{}", said.out, said.err);
}

fn take_over(proposer: &Person, endorser: &Person) {
    let needed = proposer.good(&["--yes", "takeover", "propose"]);
    assert!(needed.err.contains("keeps this cell's log"), "{}", needed.err);
    let proposed = || !endorser.value(&["takeover", "status"], "calls").as_array().unwrap().is_empty();
    wait_for("the proposal to reach the other home", proposed);
    // Nobody's node is in the log: the home is known by who endorsed it first.
    let handle = proposer.home().file_name().unwrap().to_str().unwrap();
    let status = endorser.good(&["takeover", "status"]).out;
    assert!(status.contains(&format!("the home of {handle} keeps the log")), "{status}");
    let second = endorser.bad(2, &["--yes", "takeover", "propose"]);
    assert!(second.contains("proposed already") && second.contains("--anyway"), "{second}");
    endorser.good(&["--yes", "takeover", "endorse", handle]);
    wait_for("the log to be taken over", || keeps(proposer));
    let notices = cell(proposer)["notices"].to_string();
    assert!(notices.contains("keeps the log from now on"), "{notices}");
    assert!(!notices.contains("could not be taken over"), "{notices}");
}

fn same_log(homes: &[&Person]) {
    wait_for("all homes to hold the same log", || {
        let heads: Vec<_> = homes.iter().map(|home| cell(home)["head"].clone()).collect();
        heads.iter().all(|head| *head == heads[0])
    });
}

/// A founder and two members, whose nodes know each other's addresses. Whoever joins may vote at once.
fn three(folder: &Path) -> [Person; 3] {
    let mut heron = Person::with_home(folder, "heron");
    heron.good(&["--yes", "found", "Oak Street", "--money", "EUR", "--zone", "UTC", "--waiting", "0"]);
    let at: [String; 3] = std::array::from_fn(|_| address());
    start(&mut heron, &at[0], &[]);
    let mut wren = newcomer(folder, "wren", &heron);
    let mut finch = newcomer(folder, "finch", &heron);
    start(&mut wren, &at[1], &[&at[0], &at[2]]);
    start(&mut finch, &at[2], &[&at[0], &at[1]]);
    [heron, wren, finch]
}

#[test]
fn neighbours_take_the_log_over_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let [mut heron, mut wren, mut finch] = three(folder.path());
    (1..=3).zip([&heron, &wren, &finch]).for_each(|(amount, who)| says(who, amount));
    same_log(&[&heron, &wren, &finch]);

    // The others are away, and heron's laptop goes on alone; then it is gone too.
    wren.stop_node();
    finch.stop_node();
    (11..=15).for_each(|amount| says(&heron, amount));
    // What leans on what: out of order it would have no effect.
    heron.good(&["--yes", "need", "4", "kg", "rice"]);
    let came = last_value(&heron, &["in", "10", "kg", "rice"], "reference");
    heron.good(&["--yes", "out", "10", "kg", "rice"]);
    heron.good(&["--yes", "correct", &came, "12", "kg", "rice"]);
    heron.kill_node();
    wren.start_node();
    finch.start_node();
    says(&wren, 21);
    take_over(&wren, &finch);
    says(&finch, 31);
    same_log(&[&wren, &finch]);
    let status = wren.good(&["takeover", "status"]).out;
    assert!(status.contains("It was taken over once."), "{status}");

    // Heron's laptop comes back with five entries that nobody else has, and follows.
    heron.start_node();
    wait_for("heron to follow", || {
        !keeps(&heron) && amounts(&wren).len() == 10 && wren.good(&["log", "--all"]).out.contains("12 kg")
    });
    same_log(&[&heron, &wren, &finch]);
    let all = amounts(&heron);
    let expected = [1, 2, 3, 11, 12, 13, 14, 15, 21, 31].map(|amount| (format!("{amount}.00"), 1));
    assert_eq!(all, BTreeMap::from(expected), "each exactly once");
    let log = heron.good(&["log", "--all"]).out;
    assert!(log.contains("12 kg rice") && !log.contains("no effect"), "{log}");
    heron.good(&["audit"]);

    // Wren's disk is destroyed: the others take the log over once more.
    wren.kill_node();
    std::fs::remove_dir_all(wren.home()).unwrap();
    take_over(&finch, &heron);
    says(&heron, 41);
    same_log(&[&heron, &finch]);
    let (one, other) = (amounts(&heron), amounts(&finch));
    assert_eq!(one, other);
    assert!(one.len() == 11 && one.values().all(|count| *count == 1), "{one:?}");
    for person in [&heron, &finch] {
        person.good(&["audit"]);
    }
}

#[test]
fn witnesses_close_the_old_era_and_nothing_witnessed_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let [mut heron, wren, finch] = three(folder.path());
    for witness in [&wren, &finch] {
        witness.good(&["--yes", "witness", "offer"]);
    }
    heron.good(&["--yes", "witness", "change", "wren", "finch"]);
    says(&wren, 1);
    let witnessed = |home: &Person| cell(home)["witnessed"] == cell(home)["records"];
    wait_for("all to be witnessed", || witnessed(&heron) && witnessed(&finch));
    // The keeper's disk is destroyed.
    heron.kill_node();
    std::fs::remove_dir_all(heron.home()).unwrap();
    take_over(&wren, &finch);
    same_log(&[&wren, &finch]);
    assert_eq!(wren.value(&["takeover", "status"], "forced"), false, "the witnesses have closed the old era");
    assert_eq!(amounts(&finch), BTreeMap::from([("1.00".to_owned(), 1)]));
    // Wren's home cannot witness what it keeps itself: finch's does from now on.
    wren.good(&["--yes", "witness", "change", "finch"]);
    says(&finch, 2);
    wait_for("the new era to be witnessed", || witnessed(&wren) && amounts(&wren).len() == 2);
    finch.good(&["audit"]);
}

#[test]
fn of_two_histories_the_members_choose_one() {
    let folder = tempfile::tempdir().unwrap();
    let [mut heron, mut wren, mut finch] = three(folder.path());
    says(&heron, 1);
    same_log(&[&heron, &wren, &finch]);
    let addresses = heron.value(&["node", "status"], "addresses");
    let own = addresses[0].as_str().unwrap().to_owned();
    let own = own.split("/p2p/").next().unwrap();
    // Heron's keys place one thing for wren and another one for finch.
    [&mut heron, &mut wren, &mut finch].into_iter().for_each(Person::stop_node);
    let mut backup = Person::at(folder.path(), "backup");
    copy(heron.home(), backup.home());
    heron.start_node_with(&["--listen", own]);
    wren.start_node();
    says(&wren, 41);
    same_log(&[&heron, &wren]);
    [&mut heron, &mut wren].into_iter().for_each(Person::stop_node);
    backup.start_node_with(&["--listen", own]);
    finch.start_node();
    [51, 52].into_iter().for_each(|amount| says(&finch, amount));
    same_log(&[&backup, &finch]);
    [&mut backup, &mut finch].into_iter().for_each(Person::stop_node);

    wren.start_node();
    finch.start_node();
    let proven = |home: &Person| cell(home)["misconduct"].as_array().is_some_and(|files| !files.is_empty());
    wait_for("both to see it", || proven(&wren) && proven(&finch));
    let alarmed = |home: &Person| cell(home)["notices"].to_string().contains("ALARM");
    assert!(alarmed(&wren) || alarmed(&finch));
    take_over(&wren, &finch);
    says(&finch, 61);
    let all = [1, 41, 51, 52, 61].map(|amount| (format!("{amount}.00"), 1));
    wait_for("what finch's history alone had to stand", || amounts(&wren) == BTreeMap::from(all.clone()));
    same_log(&[&wren, &finch]);
    assert_eq!(amounts(&finch), BTreeMap::from(all));
    // Who keeps it had the shorter of the two, and lacks nothing.
    assert_eq!((&cell(&wren)["behind"], &cell(&wren)["outbox"]), (&0.into(), &serde_json::Value::Null));
    assert!(wren.good(&["sync"]).out.contains("0 new"));
    assert!(!alarmed(&wren) && !alarmed(&finch), "the members have settled it");
    // Heron's own home, which holds one of the two, follows like everybody else.
    heron.start_node_with(&["--listen", own]);
    same_log(&[&heron, &wren, &finch]);
    [&heron, &wren, &finch].into_iter().for_each(|person| drop(person.good(&["audit"])));
}

#[test]
fn a_keeper_who_saved_the_keys_alone_fetches_the_log_and_keeps_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let [mut heron, wren, finch] = three(folder.path());
    (1..=3).for_each(|amount| says(&wren, amount));
    same_log(&[&heron, &wren, &finch]);
    let own = heron.value(&["node", "status"], "addresses")[0].as_str().unwrap().to_owned();
    heron.kill_node();
    let mut again = Person::at(folder.path(), "again");
    std::fs::create_dir_all(again.home()).unwrap();
    copy(&heron.home().join("keys"), &again.home().join("keys"));
    std::fs::copy(heron.home().join("home.toml"), again.home().join("home.toml")).unwrap();
    std::fs::remove_dir_all(heron.home()).unwrap();
    let reached = wren.value(&["node", "status"], "addresses")[0].as_str().unwrap().to_owned();
    again.good(&["follow", wren.value(&["card"], "card").as_str().unwrap(), "--connect", &reached]);
    again.start_node_with(&["--listen", own.split("/p2p/").next().unwrap()]);
    wait_for("the keeper to keep again", || keeps(&again));
    says(&finch, 4);
    same_log(&[&again, &wren, &finch]);
    let all = amounts(&wren);
    assert!(all.len() == 4 && all.values().all(|count| *count == 1), "{all:?}");
    for person in [&again, &wren, &finch] {
        assert_eq!(cell(person)["misconduct"].as_array().map(Vec::len), Some(0));
        person.good(&["audit"]);
    }
}

#[test]
fn a_paper_key_endorses_and_does_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = Person::with_home(folder.path(), "heron");
    heron.good(&["--yes", "found", "Oak Street", "--money", "EUR", "--zone", "UTC", "--waiting", "0"]);
    let words = last_value(&heron, &["key", "paper"], "words");
    assert_eq!(words.split(' ').count(), 24);
    let listed = heron.good(&["key", "list"]).out;
    assert!(listed.contains("may endorse a takeover"), "{listed}");
    heron.start_node();
    let mut wren = newcomer(folder.path(), "wren", &heron);
    wren.start_node();
    says(&wren, 1);
    same_log(&[&heron, &wren]);
    // Heron's home burns down with its key; heron brings the paper to wren's.
    heron.kill_node();
    std::fs::remove_dir_all(heron.home()).unwrap();
    wren.good(&["--yes", "takeover", "propose"]);
    let wrong = wren.types(&["takeover", "endorse", "--paper"], "apple river lamp\n");
    assert_eq!(wrong.code, 2, "{}", wrong.err);
    assert!(!keeps(&wren), "one of two is not more than half");
    let said = wren.types(&["takeover", "endorse", "--paper"], &format!("{words}\n"));
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    wait_for("the log to be taken over", || keeps(&wren));
    says(&wren, 2);
    assert_eq!(amounts(&wren).len(), 2);
}
