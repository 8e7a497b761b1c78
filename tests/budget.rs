//! Counting budgets with the real program: without any home, from a file or the standard input, in words
//! and as JSON, and what is said of files that cannot be counted.

use crate::person::{Person, Said, bare, said, wait_for};
use std::path::PathBuf;

/// Two neighbourhoods' wishes: a tie, decimals with a comma, an empty ballot, a project nobody wants.
const FILE: &str = "META\nkey;value\ndescription;Oak Street\nbudget;1000,50\nvote_type;approval\nnum_votes;10\n\
PROJECTS\nproject_id;cost;name\n1;400;Water filter\n2;250,25;\"Tools; shared\"\n10;250,25;Seeds\n3;600;Bus fares\n\
4;90;Flags\nVOTES\nvoter_id;vote;age;sex\na;1,2;30;F\nb;1,2;;\nc;1,10;;\nd;1,10;;\ne;2,10;;\nf;3;;\ng;3;;\n\
h;3,1;;\ni;;;\nj;10,2;;\n";

fn folder_with(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oak.pb");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn tally(text: &str, words: &[&str]) -> Said {
    let (folder, path) = folder_with(text);
    let mut command = bare();
    command.env("HOME", folder.path().join("nobody")).args(["budget", "tally"]).arg(path).args(words);
    said(command, "")
}

#[test]
fn a_file_is_counted_with_a_reason_for_each_project() {
    let ways: [&[&str]; 4] = [
        &[],
        &["--completion", "add1-greedy"],
        &["--rule", "greedy", "--utility", "cardinality"],
        &["--rule", "greedy", "--ties", "votes"],
    ];
    let mut all = String::new();
    for way in ways {
        let said = tally(FILE, way);
        assert_eq!((said.code, said.err.as_str()), (0, ""));
        all.push_str(&format!("$ lifeboat budget tally oak.pb {}\n{}\n", way.join(" "), said.out));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn programs_read_ids_in_the_order_of_purchase() {
    let said = tally(FILE, &["--json"]);
    let object = &said.objects()[0];
    assert_eq!(object["funded"], serde_json::json!(["1"]));
    assert_eq!((object["spent"].as_str(), object["budget"].as_str()), (Some("400.00"), Some("1000.50")));
    let projects = object["projects"].as_array().unwrap();
    assert_eq!(projects.len(), 5);
    assert_eq!(projects[0]["price"], "80");
    assert_eq!(projects[0]["why"], "funded: 5 supporters paid 80.00 each");
    let mut command = bare();
    command.args(["budget", "tally", "-", "--json"]);
    assert_eq!(crate::person::said(command, FILE).out, said.out);
}

#[test]
fn a_file_that_names_its_completion_is_counted_so() {
    let named = |rule: &str, words: &[&str]| {
        tally(&FILE.replace("budget;1000,50", &format!("rule;{rule}\nbudget;1000,50")), words)
    };
    for (rule, completion) in [("equalshares/add1", "add1"), ("equalshares/add1u", "add1-greedy")] {
        let said = named(rule, &[]);
        assert!(said.err.contains(&format!("used by {completion}.")), "{}", said.err);
        assert_eq!(said.out, tally(FILE, &["--completion", completion]).out);
        let typed = named(rule, &["--completion", "none"]);
        assert_eq!((typed.err.as_str(), typed.out), ("", tally(FILE, &[]).out));
    }
    assert_eq!(named("unknown", &[]).err, "");
    assert_ne!(tally(FILE, &[]).out, tally(FILE, &["--completion", "add1"]).out);
}

#[test]
fn what_cannot_be_counted_is_said_with_its_line() {
    let broken = tally(&FILE.replace("\nf;3;", "\nf;33;"), &[]);
    assert_eq!(broken.code, 1);
    assert!(broken.err.contains("line 21: a vote for project 33, which is not listed"), "{}", broken.err);
    let points = tally(FILE, &["--utility", "points"]);
    assert_eq!(points.code, 1);
    assert!(points.err.contains("approval ballots give no points"), "{}", points.err);
    let greedy = tally(FILE, &["--rule", "greedy", "--completion", "add1"]);
    assert!(greedy.err.contains("there is nothing to complete"), "{}", greedy.err);
    let ordinal = tally(&FILE.replace("approval", "ordinal"), &["--utility", "points"]);
    assert!(ordinal.err.contains("ordinal ballots give no points"), "{}", ordinal.err);
    let counted = tally(&FILE.replace("num_votes;10", "num_votes;12"), &[]);
    assert_eq!(counted.code, 0);
    assert!(counted.err.contains("num_votes 12, and has 10"), "{}", counted.err);
    assert_eq!(tally("", &[]).code, 1);
}

/// How long there is to propose, and to vote, in seconds: enough for the commands on a busy machine.
const SPAN: u64 = 15;

/// A round from its money to the last expenditure, by one neighbour who is the cell.
#[test]
fn a_round_goes_from_its_money_to_its_expenses() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    let position = |words: &[&str]| heron.value(words, "position").as_u64().unwrap().to_string();
    let yes = |words: &[&str]| heron.good(&[&["--yes"], words].concat());
    let pool = |name: &str| {
        let pools = heron.good(&["budget", "pools", "--json"]).objects();
        let survival = pools.iter().find(|pool| pool["pool"] == "survival").unwrap();
        survival[name].as_str().unwrap().to_owned()
    };
    yes(&["in", "300", "EUR", "--category", "survival", "--from", "street collection"]);
    let more = heron.bad(1, &["--yes", "budget", "open", "Too much", "--money", "survival=301"]);
    assert!(more.contains("300 of it is not promised yet"), "{more}");
    let points = ["--ballots", "points", "--points", "0"];
    let none = [&["--yes", "budget", "open", "Points", "--money", "survival=9"][..], &points].concat();
    assert!(heron.bad(2, &none).contains("from 1 to 10000 points"));
    let phases = format!("{SPAN}s,1s,0s,{SPAN}s,1d");
    let words =
        ["budget", "open", "Spring", "--money", "survival=200", "--completion", "add1", "--phases", &phases];
    let round = position(&words);
    let filter = position(&["budget", "propose", &round, "water filter", "--cost", "120"]);
    let seed = position(&["budget", "propose", &round, "seed", "--cost", "80"]);
    yes(&["budget", "propose", &round, "seeds", "--cost", "90", "--instead-of", &seed]);
    let seeds = seed;
    assert_eq!((pool("in_rounds"), pool("free")), ("200.00".into(), "100.00".into()));
    let out = heron.bad(1, &["--yes", "out", "101", "EUR", "--category", "survival"]);
    assert!(out.contains("only 100 is free"), "{out}");
    let own = heron.bad(1, &["--yes", "budget", "check", &filter, "yes"]);
    assert!(own.contains("nobody checks their own proposal"), "{own}");
    let phase = || heron.value(&["budget", "show", &round], "phase");
    wait_for("the vote to open", || phase() == "vote");
    yes(&["budget", "vote", &round, &seeds]);
    yes(&["budget", "vote", &round, &filter]);
    wait_for("the vote to close", || phase() == "spend");
    let late = heron.bad(1, &["--yes", "budget", "vote", &round, &seeds]);
    assert!(late.contains("the vote of this round is over"), "{late}");
    let shown = heron.good(&["budget", "show", &round]).out;
    assert!(shown.contains("water filter, 120.00: funded: 1 supporter paid 120.00"), "{shown}");
    assert!(shown.contains("seeds, 90.00: not funded: nobody supports it"), "{shown}");
    let first = position(&["budget", "spend", &filter, "90", "--for", "filter"]);
    let bought =
        yes(&["budget", "spend", &filter, "95.50", "--for", "filter and hose", "--instead-of", &first]).out;
    assert!(bought.contains("24.50 EUR of the grant"), "{bought}");
    let over = heron.bad(1, &["--yes", "budget", "spend", &filter, "24.51"]);
    assert!(over.contains("more than is left of the grant: 24.5"), "{over}");
    let waits = heron.good(&["budget", "review"]).out;
    let newest = first.parse::<u64>().unwrap() + 1;
    assert!(
        waits.contains(&format!("#{newest} 95.50")) && waits.contains("NOT REVIEWED: filter and hose"),
        "{waits}"
    );
    assert!(heron.good(&["budget", "grants"]).out.contains(&format!("#{newest} 95.50")));
    assert_eq!(
        (pool("went"), pool("granted"), pool("free")),
        ("95.50".into(), "24.50".into(), "180.00".into())
    );
    let traced = heron.good(&["budget", "pools", "--trace", "--json"]).objects();
    let part = traced.iter().find(|part| part["to"] == "filter and hose").unwrap();
    assert_eq!((part["from"].as_str(), part["amount"].as_str()), (Some("street collection"), Some("95.50")));
    its_votes_leave_as_a_file(folder.path(), &heron, &round);
    let minutes = heron.good(&["minutes"]).out;
    for line in
        ["## Rounds of the budget", "water filter, 120.00: funded", "## Granted", "24.50 of 120.00 EUR left"]
    {
        assert!(minutes.contains(line), "{line}\nis not in\n{minutes}");
    }
    heron.good(&["audit"]);
}

/// The votes of a round, written once, and counted by whoever has the file.
fn its_votes_leave_as_a_file(folder: &std::path::Path, heron: &Person, round: &str) {
    let file = folder.join("spring.pb").display().to_string();
    heron.good(&["budget", "export", round, &file]);
    assert!(heron.bad(1, &["budget", "export", round, &file]).contains("exists already"));
    let none = folder.join("none.pb");
    let other = ["budget", "export", round, none.to_str().unwrap(), "--category", "power-shifting"];
    assert!(heron.bad(1, &other).contains("no money for this category") && !none.exists());
    let mut count = bare();
    count.args(["budget", "tally", &file, "--completion", "add1", "--json"]);
    let counted = said(count, "").objects();
    assert_eq!(counted[0]["spent"], "120");
    assert_eq!(counted[0]["funded"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_ballot_of_points_says_how_many() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    heron.good(&["--yes", "in", "90", "EUR", "--category", "survival"]);
    let words = ["budget", "open", "Spring", "--money", "survival=90", "--phases", "6s,1s,0s,60s,1d"];
    let points = ["--ballots", "points", "--points", "9"];
    let round = heron.value(&[&words[..], &points].concat(), "position").to_string();
    let seeds = heron.value(&["budget", "propose", &round, "seeds", "--cost", "9"], "position").to_string();
    wait_for("the vote to open", || heron.value(&["budget", "show", &round], "phase") == "vote");
    heron.good(&["--yes", "budget", "vote", &round, &format!("{seeds}=7")]);
    let said = heron.bad(2, &["--yes", "budget", "vote", &round, &seeds]);
    assert!(said.contains("share out 9 points") && said.contains(&format!("{seeds}=1")), "{said}");
}
