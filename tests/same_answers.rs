//! A home answers the same whether or not its node runs; a batch is signed whole or not at all; the outbox
//! travels on a stick.

use crate::person::Person;

/// What these commands print, with what tells of the node itself left out.
fn answers(person: &Person) -> Vec<String> {
    let views = ["log", "members", "needs", "offers", "stock", "balance", "outbox", "show 3", "audit"];
    let view = |words: &&str| {
        let words: Vec<&str> = std::iter::once("--json").chain(words.split(' ')).collect();
        person.good(&words).out
    };
    views.iter().map(view).collect()
}

#[test]
fn a_home_answers_the_same_with_its_node_and_without() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = Person::founder(folder.path(), "heron");
    heron.good(&["--yes", "in", "40", "EUR", "--from", "street collection"]);
    heron.start_node();
    heron.good(&["--yes", "in", "20", "kg", "rice", "--place", "kitchen"]);
    heron.good(&["--yes", "need", "30", "kg", "rice"]);
    heron.good(&["--yes", "out", "3", "kg", "rice", "--slip"]);
    let with = answers(&heron);
    heron.stop_node();
    assert_eq!(answers(&heron), with);
    heron.good(&["--yes", "meet", "3", "--stock", "--amount", "10"]);
    heron.good(&["--yes", "correct", "1", "45", "EUR"]);
    let stock = heron.good(&["stock"]).out;
    assert!(stock.starts_with("rice") && stock.contains("7 kg"), "{stock}");
    let balance = heron.good(&["balance"]).out;
    assert!(balance.contains("left 45.00"), "{balance}");
    let without = answers(&heron);
    heron.start_node();
    assert_eq!(answers(&heron), without);
}

#[test]
fn entries_of_a_home_offline_reach_the_log_by_a_stick_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = Person::founder(folder.path(), "heron");
    let wren = Person::with_home(folder.path(), "wren");
    heron.start_node();
    heron.takes_in(&wren);
    wren.good(&["--yes", "in", "3", "EUR", "--from", "a hat"]);
    wren.good(&["--yes", "correct", "2", "4", "EUR"]);
    assert!(
        wren.good(&["log"]).out.contains("wren: 4.00 EUR in, a hat (corrects #2)"),
        "own texts stay at hand"
    );
    heron.stop_node();
    let said = wren.good(&["--yes", "--wait", "0", "in", "12", "EUR"]);
    assert!(said.out.starts_with("In your outbox"), "{}", said.out);
    wren.good(&["--yes", "--wait", "0", "out", "5", "EUR", "--for", "bus fares"]);
    let stick = folder.path().join("stick");
    std::fs::create_dir(&stick).unwrap();
    let stick = stick.to_str().unwrap();
    assert!(wren.good(&["outbox", "save", stick]).out.starts_with("2 entries saved"));
    assert!(
        wren.bad(1, &["outbox", "save", stick]).contains("exists already"),
        "a stick may carry another's"
    );
    assert_eq!(heron.good(&["outbox", "load", stick]).out, "2 placed, 0 sent on, 0 refused.\n");
    let log = heron.good(&["log"]).out;
    assert!(log.contains("wren: 12.00 EUR in") && log.contains("wren: 5.00 EUR out, bus fares"), "{log}");
    heron.good(&["outbox", "load", stick]);
    assert_eq!(heron.good(&["log"]).out, log, "the same stick twice changes nothing");
    assert!(heron.bad(1, &["outbox", "load", "no-such-stick"]).contains("does not exist"));
}

#[test]
fn a_batch_is_signed_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    let file = folder.path().join("today.txt");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "in 40 EUR --from 'street collection'\nin 1,280 EUR\nout 5 EUR\nbake bread\n")
        .unwrap();
    let faults = heron.bad(2, &["--yes", "batch", path]);
    assert!(
        faults.contains("line 2: ") && faults.contains("line 4: ") && faults.contains("2 lines"),
        "{faults}"
    );
    std::fs::write(&file, "# today\nin 40 EUR --from 'street collection'\n\nout 50 EUR --for rent\n")
        .unwrap();
    assert!(heron.bad(1, &["--yes", "batch", path]).contains("not enough"));
    assert_eq!(heron.good(&["--json", "log"]).objects().len(), 1, "nothing of it was signed");
    std::fs::write(&file, "in 40 EUR --from 'street collection'\nout 35 EUR --for rent\nneed 3 tents\n")
        .unwrap();
    let dry = heron.good(&["batch", path, "--dry-run"]);
    assert!(
        dry.out.contains("35.00 EUR out, rent") && dry.err.contains("nothing was"),
        "{}{}",
        dry.out,
        dry.err
    );
    heron.good(&["--yes", "batch", path]);
    let log = heron.good(&["--json", "log"]).objects();
    assert_eq!(log.len(), 4);
    assert!(log.iter().all(|entry| entry["void"].is_null()), "{log:?}");
}
