//! What a cell of several members can do only together, with the real program: the command that is refused
//! names the one that proposes it, and what the decision carries is in force at its close by itself.

use crate::person::{Person, wait_within};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// How long a vote is open here: long enough for all to vote on several on a busy machine.
const OPEN: &str = "60s";

/// Heron, wren and finch in a cell with money, where newcomers vote at once and a vote can be short.
fn three(folder: &Path) -> [Person; 3] {
    let mut heron = Person::founder(folder, "heron");
    heron.good(&["--yes", "charter", "waiting-days=0", "voting-hours=0"]);
    heron.good(&["--yes", "in", "100", "EUR", "--category", "survival"]);
    heron.start_node();
    let [wren, finch] = ["wren", "finch"].map(|who| Person::with_home(folder, who));
    [&wren, &finch].into_iter().for_each(|newcomer| heron.takes_in(newcomer));
    [heron, wren, finch]
}

/// Proposes what these words would say, and gives the number of the proposal.
fn propose(who: &Person, words: &[&str]) -> String {
    let lead = ["propose", "Shall we?", "--for", OPEN, "--"];
    who.value(&[&lead[..], words].concat(), "position").to_string()
}

fn sync(homes: &[Person; 3]) {
    homes.iter().for_each(|home| drop(home.good(&["--wait", "20", "sync"])));
}

/// Two of three vote yes; waits until all of it is carried and in force.
fn carry(homes: &[Person; 3], numbers: &[&str]) {
    sync(homes);
    for home in &homes[..2] {
        for number in numbers {
            home.good(&["--yes", "--wait", "20", "vote", number, "yes"]);
        }
    }
    for number in numbers {
        let decision = || homes[0].value(&["show", number], "decision");
        wait_within(Duration::from_secs(120), "the vote to close", || decision()["stage"] == "settled");
        let result = &decision()["result"];
        assert_eq!((&result["verdict"], &result["in_force"]), (&"carried".into(), &true.into()), "{number}");
    }
    sync(homes);
}

fn texts(who: &Person, number: &str) -> Value {
    who.value(&["show", number], "details")
}

/// The command that a refusal names, to the end of its line.
fn named(refusal: &str) -> String {
    let at = refusal.find("hint: lifeboat ").unwrap_or_else(|| panic!("no command in: {refusal}"));
    refusal[at..].lines().next().unwrap().to_owned()
}

#[test]
fn what_only_the_cell_may_do_is_proposed_with_the_same_words() {
    let folder = tempfile::tempdir().unwrap();
    let homes = three(folder.path());
    let [heron, wren, finch] = &homes;
    let role = ["role", "set", "facilitator", "--every", "week"];
    let refused = wren.bad(1, &[&["--yes"], &role[..]].concat());
    assert!(refused.contains("only a decision of the cell can do this"), "{refused}");
    let command = named(&refused);
    assert!(
        command.ends_with("propose \"Shall we do this?\" -- role set facilitator --every week"),
        "{command}"
    );
    for (list, make) in [("role", "-- role set"), ("meetings", "-- meetings set")] {
        let empty = wren.good(&[list]);
        assert!(format!("{}{}", empty.out, empty.err).contains(make), "{list}: {}{}", empty.out, empty.err);
    }
    let wrote = ["in", "5", "EUR", "--from", "Maple Lane 7"];
    let written = wren.value(&wrote, "position").to_string();
    sync(&homes);
    let refused = heron.bad(1, &["--yes", "erase", &written]);
    assert!(named(&refused).ends_with(&format!("-- erase {written}")), "{refused}");

    let said = wren.good(&[&["propose", "Shall we?", "--for", OPEN, "--yes", "--"], &role[..]].concat());
    let sentence = "in force by itself when carried: the cell sets the role facilitator";
    assert!(said.err.contains(sentence), "{}", said.err);
    let by_role = heron.value(&["log", "-n", "1"], "position").to_string();
    let meeting = ["meetings", "set", "weekly circle", "--from", "friday", "--at", "19:00", "--json"];
    let by_meeting = propose(finch, &meeting);
    let grant = ["budget", "grant", "bus fares", "60", "--category", "survival", "--until", "in 90 days"];
    let by_grant = propose(wren, &grant);
    let by_erase = propose(heron, &["erase", &written]);
    carry(&homes, &[&by_role, &by_meeting, &by_grant, &by_erase]);

    let draw = ["draw", "call", "facilitator", "--commit", "10 minutes", "--reveal", "10 minutes"];
    assert!(finch.value(&draw, "position").is_u64(), "what was decided can be drawn for");
    assert!(wren.good(&["meetings"]).out.contains("weekly circle"));
    let grants = finch.good(&["budget", "grants"]).out;
    assert!(grants.contains(&format!("#{by_grant} bus fares: 60.00 of 60.00 EUR left")), "{grants}");
    wren.good(&["--yes", "--wait", "20", "budget", "spend", &by_grant, "12.50", "--for", "tickets"]);
    for home in &homes {
        assert_eq!(texts(home, &written), serde_json::json!([]), "{}", home.home().display());
        let log = home.good(&["log", "-n", "50"]).out;
        assert!(log.contains("5.00 EUR in, (text erased)") && !log.contains("Maple"), "{log}");
    }
}

#[test]
fn what_would_change_nothing_is_not_proposed_and_a_decision_opens_a_binding_poll() {
    let folder = tempfile::tempdir().unwrap();
    let homes = three(folder.path());
    let [heron, wren, finch] = &homes;
    let size = || heron.value(&["status"], "cells")[0]["records"].clone();
    let before = size();
    let refusal = |code: i32, words: &[&str]| wren.bad(code, &[&["--yes", "propose", "So?"], words].concat());
    for (code, words, why) in [
        (
            1,
            &["--", "budget", "grant", "x", "101", "--category", "survival", "--until", "in 90 days"][..],
            "100 of it is not promised yet",
        ),
        (2, &["--", "role", "end", "facilitator"], "facilitator"),
        (1, &["--", "vote", "1", "yes"], "is no proposal"),
        (2, &["--", "log"], "signs nothing"),
        (2, &["--", "fly"], "fly"),
        (2, &["--option", "a", "--option", "b", "--", "role", "set", "x"], "leave out the options"),
        (2, &["--circle", "wren", "--", "role", "set", "x"], "leave out --circle"),
        (2, &["--option", "hall"], "2 options or more"),
        (2, &["--method", "ranked"], "name some with --option"),
        (2, &["--option", "a", "--option", "b", "--method", "consent"], "says yes or no"),
        (2, &["--option", "a", "--option", "b", "--method", "seats-3"], "more seats than options"),
        (2, &["--option", "a", "--option", "b", "--method", "seats-0"], "one seat or more"),
        (2, &["--option", "a", "--option", "b", "--ties", "draw"], "from hidden votes alone"),
        (2, &["--opens-in", "5 days", "--until", "tomorrow"], "close before it opens"),
        (2, &["--hidden", "0s"], "some time after the close"),
    ] {
        let said = refusal(code, words);
        assert!(said.contains(why), "{words:?}: {said}");
    }
    assert_eq!(size(), before, "nothing was signed");

    let role = propose(finch, &["role", "set", "teller", "--every", "month"]);
    carry(&homes, &[&role]);
    let poll = ["poll", "open", "Shall we draw no teller?", "--paper", "--over", "60"];
    let carries = ["--", "role", "end", "teller"];
    let refused = heron.bad(1, &[&["--yes"], &poll[..], &carries].concat());
    assert!(named(&refused).ends_with("--paper --over 60 -- role end teller"), "{refused}");
    let words = [&["propose", "A secret poll?", "--yes", "--for", OPEN, "--"], &poll[..], &carries].concat();
    let said = heron.good(&words);
    let sentence = "when more than 60 in a hundred mark option 1: the cell gives up the role teller";
    assert!(said.err.contains(sentence), "{}", said.err);
    let number = heron.value(&["log", "-n", "1"], "position").to_string();
    carry(&homes, &[&number]);
    let listed = &wren.good(&["--json", "poll"]).objects()[0];
    assert_eq!(listed["position"].to_string(), number);
    assert!(listed["question"].as_str().unwrap().contains("Shall we draw no teller?"), "{listed}");
}
