//! Proofs and slips as people use them: written in a home, checked with the real program where there is no
//! home, with a card, with the terms, with nothing; altered and cut.

use crate::person::{Person, Said, bare, said, wait_for};
use std::path::{Path, PathBuf};

/// What the program says where there is no home.
fn check(words: &[&str]) -> Said {
    let mut command = bare();
    command.env("HOME", "/nonexistent").arg("--json").arg("check").args(words);
    said(command, "")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_proof_is_checked_where_there_is_no_home() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    heron.good(&["--yes", "in", "20 kg rice"]);
    let card = heron.value(&["card"], "card");
    let card = card.as_str().unwrap();
    let file = folder.path().join("rice.tlog-proof");
    let terms = folder.path().join("rice.terms");
    std::fs::write(&terms, "else").unwrap();
    let there = heron.bad(1, &["prove", "1", "--to", text(&file), "--terms"]);
    assert!(there.contains("rice.terms exists already") && !file.exists(), "{there}");
    std::fs::remove_file(&terms).unwrap();
    heron.good(&["prove", "1", "--to", text(&file), "--terms"]);
    assert!(heron.bad(1, &["prove", "1", "--to", text(&file)]).contains("exists already"));

    let checked = check(&[text(&file), "--card", card]);
    let object = &checked.objects()[0];
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    assert_eq!((&object["what"], &object["position"]), (&"placed".into(), &1.into()));
    assert!(object["text"].as_str().unwrap().contains("20 kg rice"), "{object}");
    assert_eq!((&object["belief"], &object["survival"]), (&"Named".into(), &"Open".into()));

    // The card in a file, and the terms in the place of a card: the cell's id names its founding.
    let written = folder.path().join("card.txt");
    std::fs::write(&written, format!("{card}\n")).unwrap();
    assert_eq!(check(&[text(&file), "--card", text(&written)]).code, 0);
    assert_eq!(check(&[text(&file), text(&terms)]).code, 0);
    let beside = check(&[text(&file)]);
    assert_eq!((beside.code, &beside.objects()[0]["what"]), (0, &"placed".into()));

    // With nothing that names the key, more is needed.
    std::fs::remove_file(&terms).unwrap();
    let alone = check(&[text(&file)]);
    assert_eq!((alone.code, &alone.objects()[0]["what"]), (3, &"key-unknown".into()));

    // In the own home its log says which key it is.
    assert_eq!(heron.good(&["--json", "check", text(&file)]).objects()[0]["belief"], "Named");
}

#[test]
fn what_was_altered_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    heron.good(&["--yes", "in", "20 kg rice"]);
    let wren = Person::founder(folder.path(), "wren");
    let card = heron.value(&["card"], "card");
    let others = wren.value(&["card"], "card");
    let file = folder.path().join("rice.tlog-proof");
    heron.good(&["prove", "#1", "--to", text(&file)]);
    let whole = std::fs::read_to_string(&file).unwrap();
    let altered = |bytes: &str, error: &str| {
        std::fs::write(&file, bytes).unwrap();
        let checked = check(&[text(&file), "--card", card.as_str().unwrap()]);
        assert_eq!(checked.code, 1, "{error}: {}{}", checked.out, checked.err);
        assert_eq!(checked.objects()[0]["error"], error);
    };
    altered(&whole.replace("index 1", "index 0"), "NotIncluded");
    altered(&whole.replace("\n2\n", "\n3\n"), "BadCheckpointSignature");
    altered(&whole[..whole.len() - 2], "MalformedCheckpoint");
    altered("rice", "");
    std::fs::write(&file, &whole).unwrap();
    let wrong = check(&[text(&file), "--card", others.as_str().unwrap()]);
    assert_eq!((wrong.code, &wrong.objects()[0]["error"]), (1, &"WrongCell".into()));
    assert!(heron.bad(2, &["check", text(&file), "--card", "lifeboat:oak-street/abc"]).contains("hint:"));
    assert!(heron.bad(1, &["check", "no-such-file"]).contains("no-such-file"));
}

#[test]
fn a_slip_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    heron.good(&["--yes", "in", "250 EUR"]);
    let card = heron.value(&["card"], "card");
    let card = card.as_str().unwrap();
    let shown = heron.good(&["prove", "1", "--slip"]);
    assert!(shown.out.contains("leaves out"), "{}", shown.out);
    assert!(shown.err.contains('█') || shown.err.contains('▀'), "no picture: {}", shown.err);
    let slip = heron.value(&["prove", "1", "--slip"], "slip");
    let slip = slip.as_str().unwrap();
    let checked = check(&[slip, "--card", card]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    assert!(checked.objects()[0]["text"].as_str().unwrap().contains("250"), "{}", checked.out);
    let lines: Vec<&str> = shown.out.lines().collect();
    let from = lines.iter().position(|line| line.starts_with("LIFEBOAT:SLIP/")).unwrap();
    let printed = lines[from..lines.len() - 1].join("\n");
    assert_eq!(check(&[&printed, "--card", card]).code, 0);
    let other = if &slip[40..41] == "Q" { "R" } else { "Q" };
    let misread = format!("{}{other}{}", &slip[..40], &slip[41..]);
    assert_eq!(check(&[&misread, "--card", card]).objects()[0]["error"], "NotWhole");
    assert_eq!(check(&[slip]).code, 3);
}

/// A copy of a whole home, as a backup makes one.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &copied);
        } else if path.is_file() {
            std::fs::copy(&path, &copied).unwrap();
        }
    }
}

/// The misconduct files that a home says it holds.
fn misconduct(person: &Person) -> Vec<PathBuf> {
    let cells = person.value(&["status"], "cells");
    let files = cells[0]["misconduct"].as_array().cloned().unwrap_or_default();
    files.iter().map(|name| person.home().join(name.as_str().unwrap())).collect()
}

/// A keeper's home is restored from a backup that forgets what it has signed, and signs another log. Two
/// followers, each of which saw one of the two, meet; a third hears of it.
#[test]
fn two_histories_become_a_file_that_anyone_can_check() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = Person::founder(folder.path(), "heron");
    heron.good(&["--yes", "in", "20 kg rice"]);
    let mut restored = Person::at(folder.path(), "restored");
    copy(heron.home(), restored.home());

    let [mut wren, mut rook, mut lark] =
        ["wren", "rook", "lark"].map(|who| Person::with_home(folder.path(), who));
    heron.start_node();
    heron.good(&["--yes", "in", "250 EUR"]);
    wren.good(&["follow", heron.value(&["card"], "card").as_str().unwrap()]);
    wren.good(&["sync"]);
    heron.stop_node();

    restored.start_node();
    restored.good(&["--yes", "in", "1 EUR"]);
    rook.good(&["follow", restored.value(&["card"], "card").as_str().unwrap()]);
    rook.good(&["sync"]);
    restored.stop_node();
    assert_eq!((misconduct(&wren), misconduct(&rook)), (vec![], vec![]));

    wren.start_node();
    let address = wren.value(&["node", "status"], "addresses")[0].as_str().unwrap().to_owned();
    let card = wren.value(&["card"], "card").as_str().unwrap().to_owned();
    rook.good(&["follow", "--connect", &address]);
    rook.start_node();
    wait_for("both to see it", || !misconduct(&wren).is_empty() && !misconduct(&rook).is_empty());
    lark.good(&["follow", &card, "--connect", &address]);
    lark.start_node();
    wait_for("the third to hear of it", || !misconduct(&lark).is_empty());

    // Every home that holds it says so, whatever it is asked.
    for person in [&wren, &rook, &lark] {
        for words in [&["status"][..], &["log"], &["audit"]] {
            let said = person.good(words);
            assert!(said.err.contains("PROVEN MISCONDUCT"), "{words:?}: {}", said.err);
            // The command that it names works from where the person is.
            let typed = format!("lifeboat check {}", misconduct(person)[0].display());
            assert!(said.err.contains(&typed), "{words:?}: {}", said.err);
        }
    }
    assert!(lark.good(&["log"]).err.contains("takes no more of that log"));

    // The file needs nothing else: not a home, not a card.
    for person in [&wren, &rook, &lark] {
        let file = misconduct(person).remove(0);
        let checked = check(&[text(&file)]);
        assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
        let object = &checked.objects()[0];
        assert_eq!((&object["what"], &object["belief"]), (&"misconduct".into(), &"Named".into()));
        assert_eq!((&object["fault"], &object["at"]), (&"TwoLogs".into(), &3.into()));
        let mut altered = std::fs::read(&file).unwrap();
        let last = altered.len() - 40;
        altered[last] ^= 1;
        let copied = folder.path().join("altered.misconduct");
        std::fs::write(&copied, altered).unwrap();
        assert_eq!(check(&[text(&copied)]).code, 1);
    }

    // The keeper learns that it is proven against itself, and places nothing more.
    rook.stop_node();
    lark.stop_node();
    heron.good(&["node", "--background", "--connect", &address]);
    wait_for("the keeper to hear of it", || !misconduct(&heron).is_empty());
    let refused = heron.types(&["--yes", "--wait", "1", "in", "3 EUR"], "");
    assert!(refused.out.starts_with("In your outbox"), "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("PROVEN MISCONDUCT"), "{}", refused.err);
    wren.stop_node();
}
