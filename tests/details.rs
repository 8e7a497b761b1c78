//! Private texts, texts that end, and erasure, as people type and read them.

use crate::person::{Person, wait_within};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

fn texts(entry: &Value) -> Vec<String> {
    let details = entry["details"].as_array().unwrap().iter();
    details.map(|detail| detail["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_private_text_is_read_by_who_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = Person::founder(folder.path(), "heron");
    heron.start_node();
    let [wren, robin] = ["wren", "robin"].map(|who| {
        let person = Person::with_home(folder.path(), who);
        heron.takes_in(&person);
        person.good(&["--yes", "key", "node"]);
        person
    });
    let words = ["--yes", "in", "40", "EUR", "--from", "a neighbour", "--private", "Maple Lane 7"];
    let said = heron.good(&[&words[..], &["--readers", "wren"]].concat());
    assert!(said.err.contains("can be read by you and by: wren"), "{}", said.err);
    assert!(said.err.contains("with a private text"), "{}", said.err);
    assert!(!format!("{}{}", said.out, said.err).contains("Maple"), "it is not among what is public");
    let number = heron.value(&["log", "-n", "1"], "position").as_u64().unwrap().to_string();
    for person in [&wren, &robin] {
        person.good(&["sync"]);
    }
    let private = |person: &Person| person.value(&["show", &number], "private");
    assert_eq!(private(&heron)[0], "Maple Lane 7");
    assert_eq!(private(&wren)[0], "Maple Lane 7");
    assert_eq!(private(&robin), serde_json::json!([]));
    let shown = robin.good(&["show", &number]);
    assert!(shown.out.contains("not for this home's key"), "{}", shown.out);
    assert!(wren.good(&["audit"]).out.contains("private texts: 1 held, 0 missing, 0 erased"));
    let unknown = heron.bad(1, &["--yes", "in", "1", "EUR", "--private", "x", "--readers", "finch"]);
    assert!(unknown.contains("finch"), "{unknown}");
}

#[test]
fn what_one_wrote_is_erased_and_shown_as_erased() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    heron.good(&["--yes", "in", "40", "EUR", "--from", "wrens mother"]);
    heron.good(&["--yes", "in", "5", "EUR"]);
    let nothing = heron.bad(1, &["--yes", "erase", "2"]);
    assert!(nothing.contains("nothing to erase"), "{nothing}");
    let said = heron.types(&["erase", "1"], "y\n");
    assert!(said.err.contains("nobody can promise more"), "what it can promise comes first: {}", said.err);
    assert!(said.err.contains("heron erases the texts of #1"), "{}", said.err);
    let entry = &heron.good(&["--json", "show", "1"]).objects()[0];
    assert_eq!((texts(entry), &entry["erased_details"][0]["by"]), (vec![], &serde_json::json!(3)));
    let log = heron.good(&["log"]).out;
    assert!(log.contains("40.00 EUR in, (text erased)") && !log.contains("mother"), "{log}");
    assert!(heron.bad(1, &["--yes", "erase", "1"]).contains("erased already"));
    let audit = heron.good(&["audit"]).out;
    assert!(audit.contains("1 held, 0 missing, 1 erased"), "{audit}");
    // A correction repeats the text: all versions go, whichever is named.
    for named in [1, 0] {
        let first = heron.value(&["in", "8", "EUR", "--from", "Maple Lane 9"], "position").as_u64().unwrap();
        heron.good(&["--yes", "correct", &first.to_string(), "9", "EUR"]);
        let erased = heron.good(&["--yes", "erase", &(first + named).to_string()]).err;
        let both = [first, first + 1].map(|at| erased.contains(&format!("the texts of #{at}")));
        assert_eq!(both, [true, true], "{erased}");
        assert!(!heron.good(&["log", "--all"]).out.contains("Maple"));
    }
    // The own handles go the same way, also those of before, everywhere a name is shown; another can be
    // chosen.
    heron.good(&["--yes", "key", "rename", "stork"]);
    let erased = heron.good(&["--yes", "erase", "--handle"]);
    assert!(
        erased.err.contains("the texts of #0") && erased.err.contains("the texts of #12"),
        "{}",
        erased.err
    );
    let all = heron.good(&["--json", "log", "--all"]).out;
    assert!(!all.contains("heron") && !all.contains("stork"), "{all}");
    assert!(heron.bad(1, &["--yes", "erase", "--handle"]).contains("none of your handles"));
    for view in [&["members"][..], &["log"], &["show", "1"]] {
        let shown = heron.good(view).out;
        assert!(shown.contains("(erased)") && !shown.contains("heron"), "{view:?}: {shown}");
    }
    heron.good(&["--yes", "key", "rename", "egret"]);
    assert!(heron.good(&["members"]).out.contains("egret"));
}

#[test]
fn a_newcomer_erases_the_handle_under_which_another_vouched() {
    let folder = tempfile::tempdir().unwrap();
    let [heron, wren] = Person::two(folder.path());
    wren.good(&["--yes", "--wait", "20", "key", "rename", "kite"]);
    wren.good(&["--yes", "--wait", "20", "erase", "--handle"]);
    let all = heron.good(&["--json", "log", "--all"]).out;
    assert!(!all.contains("wren") && !all.contains("kite") && all.contains("heron"), "{all}");
}

#[test]
fn a_text_can_have_a_last_day() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    let said = heron.good(&["--yes", "need", "2", "beds", "--note", "call at nine", "--until", "in 5 days"]);
    assert!(said.err.contains("texts kept until"), "{}", said.err);
    let passed = heron.bad(2, &["--yes", "need", "2", "beds", "--note", "x", "--until", "2020-01-01"]);
    assert!(passed.contains("2020-01-01"), "{passed}");
    // A correction repeats the text, and its last day.
    let said = heron.good(&["--yes", "correct", "1", "3", "beds"]);
    assert!(said.err.contains("call at nine") && said.err.contains("texts kept until"), "{}", said.err);
}

/// Whether any file of a home holds these words.
fn holds(folder: &Path, words: &str) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            holds(&path, words)
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            bytes.windows(words.len()).any(|part| part == words.as_bytes())
        }
    })
}

#[test]
fn what_waited_and_was_erased_or_never_left_is_in_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = Person::founder(folder.path(), "heron");
    heron.start_node();
    let mut wren = Person::with_home(folder.path(), "wren");
    let mut finch = Person::with_home(folder.path(), "finch");
    heron.takes_in(&wren);
    heron.takes_in(&finch);
    wren.start_node();
    let address = wren.value(&["node", "status"], "addresses")[0].as_str().unwrap().to_owned();
    finch.start_node_with(&["--connect", &address]);
    finch.good(&["--wait", "20", "sync"]);
    // The keeper is away: the entry waits in another home too, and cannot be taken back.
    heron.stop_node();
    finch.types(&["--yes", "--wait", "20", "in", "7", "EUR", "--from", "Maple Lane 7"], "");
    let kept = || finch.good(&["outbox"]).out.contains("kept by 1 other home");
    wait_within(Duration::from_secs(60), "another home to keep it", kept);
    assert!(holds(wren.home(), "Maple Lane 7"));
    assert!(finch.bad(1, &["--yes", "outbox", "drop", "1"]).contains("cannot be taken back"));
    heron.start_node();
    let placed = || finch.good(&["log"]).out.contains("Maple Lane 7");
    wait_within(Duration::from_secs(60), "the entry to be placed", placed);
    let log = finch.good(&["--json", "log", "--all"]).objects();
    let number = log.iter().find(|e| e["text"].as_str().is_some_and(|t| t.contains("Maple"))).unwrap();
    finch.good(&["--yes", "--wait", "20", "erase", &number["position"].to_string()]);
    let gone = || [&heron, &wren, &finch].iter().all(|person| !holds(person.home(), "Maple Lane 7"));
    wait_within(Duration::from_secs(60), "the text to be gone everywhere", gone);
    // What never left is dropped with its text.
    [&mut heron, &mut wren].into_iter().for_each(Person::stop_node);
    finch.types(&["--yes", "--wait", "1", "in", "8", "EUR", "--from", "Elm Lane 8"], "");
    assert!(holds(finch.home(), "Elm Lane 8"));
    finch.good(&["--yes", "outbox", "drop", "1"]);
    assert!(!holds(finch.home(), "Elm Lane 8"));
    // A private text on a stick is not for a home that only follows the log.
    let card = finch.value(&["card"], "card").as_str().unwrap().to_owned();
    let private = ["--yes", "--wait", "1", "in", "9", "EUR", "--private", "ring nine", "--readers", "heron"];
    finch.types(&private, "");
    let stick = folder.path().join("stick").display().to_string();
    finch.good(&["outbox", "save", &stick]);
    let lark = Person::with_home(folder.path(), "lark");
    lark.good(&["follow", &card]);
    let loaded = lark.types(&["--wait", "1", "outbox", "load", &stick], "");
    assert!(
        loaded.code == 1 && loaded.err.contains("only the cell's own homes may hold"),
        "{}{}",
        loaded.out,
        loaded.err
    );
}
