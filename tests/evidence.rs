//! Proofs and slips as people use them: written in a home, checked with the real program where there is no
//! home, with a card, with the terms, with nothing; altered and cut.

use crate::person::{Person, Said, bare, said};
use std::path::Path;

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
    heron.good(&["prove", "1", "--to", text(&file), "--terms"]);

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
    assert_eq!((wrong.code, &wrong.objects()[0]["what"]), (3, &"key-unknown".into()));
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
