//! A whole draw among three homes with the real program: called, committed to, revealed by the homes
//! themselves, verified, redone by a shell script; a swap, a refusal, a hat, a beacon.

use crate::person::{Person, Said, said, wait_for, wait_within};
use lifeboat_commons::testing::TestBeacon;
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

/// The heads of what `draw` lists.
fn draws(person: &Person) -> Vec<Value> {
    person.good(&["--json", "draw"]).objects()
}

fn is_draw(draw: &Value, number: &str) -> bool {
    let position = draw["position"].to_string();
    position == number
}

fn people(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|who| who.as_str().unwrap().to_owned()).collect()
}

/// Three homes, the keeper's node running; the founder set roles and meetings while alone.
fn three(folder: &std::path::Path) -> [Person; 3] {
    let mut heron = Person::with_home(folder, "heron");
    let words = ["--yes", "found", "Oak Street", "--zone", "UTC", "--waiting", "0"];
    heron.good(&words);
    heron.good(&["--yes", "role", "set", "facilitator", "--every", "week", "--duty", "facilitator"]);
    heron.good(&["--yes", "role", "set", "keeper", "--every", "month", "--duty", "keeper", "--double"]);
    heron.good(&["--yes", "meetings", "set", "weekly circle", "--from", "today", "--at", "19:00"]);
    heron.start_node();
    let (wren, finch) = (Person::with_home(folder, "wren"), Person::with_home(folder, "finch"));
    for newcomer in [&wren, &finch] {
        heron.takes_in(newcomer);
        newcomer.types(&["--wait", "20", "sync"], "");
    }
    [heron, wren, finch]
}

/// Everyone commits, one after another; their homes reveal at the next sync.
fn everyone_commits(homes: &[Person; 3], number: &str) {
    for home in homes {
        home.types(&["--wait", "20", "sync"], "");
        home.good(&["--yes", "--wait", "20", "draw", "commit", number]);
    }
    wait_for("all homes to reveal", || {
        homes.iter().for_each(|home| drop(home.types(&["--wait", "20", "sync"], "")));
        draws(&homes[0]).iter().any(|draw| is_draw(draw, number) && draw["stage"] == "done")
    });
    homes.iter().for_each(|home| drop(home.types(&["--wait", "20", "sync"], "")));
}

fn call(heron: &Person, words: &[&str]) -> String {
    let commit = ["--commit", "10 minutes", "--reveal", "10 minutes"];
    heron.value(&[&["draw", "call"], words, &commit[..]].concat(), "position").to_string()
}

/// A draw redone with a shell and a hash tool, from what the log says.
fn redo(number: &str, log: &str) -> Said {
    let mut script = Command::new("sh");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/draw/redo.sh")).arg(number);
    said(script, log)
}

#[test]
fn three_homes_draw_and_anyone_can_redo_it() {
    let folder = tempfile::tempdir().unwrap();
    let homes = three(folder.path());
    let [heron, wren, finch] = &homes;
    let first = call(heron, &["facilitator"]);
    heron.bad(1, &["draw", "verify", &first]);
    everyone_commits(&homes, &first);

    // The sheet, the seed and the steps, as the program redoes them from the log.
    let verified = wren.good(&["--json", "draw", "verify", &first]).objects();
    let order = people(&verified[0]["order"]);
    let names = people(&verified[0]["people"]);
    assert_eq!(order.len(), 3);
    let text = wren.good(&["draw", "verify", &first]).out;
    assert!(text.contains(verified[0]["seed"].as_str().unwrap()), "{text}");
    let listed = draws(finch);
    assert_eq!(people(&listed[0]["order"]), names, "all homes have the same");

    // The same with a shell and a hash tool, from what the log says.
    let log = wren.good(&["--json", "log", "--all", "--kind", "draw,commit,reveal"]).out;
    let redone = redo(&first, &log);
    assert_eq!(redone.code, 0, "{}{}", redone.out, redone.err);
    let drawn: Vec<&str> = redone.out.lines().filter_map(|line| line.strip_prefix("drawn ")).collect();
    assert_eq!(drawn, order);
    assert!(redone.out.contains(&format!("seed {}", verified[0]["seed"].as_str().unwrap())));
    // It sees a secret that was changed, and a draw that is none.
    let at = log.find("reveal ").unwrap() + 7;
    let (head, tail) = log.split_at(log[at..].find("\"]").unwrap() + at - 1);
    let digit = if tail.starts_with('0') { "1" } else { "0" };
    let bent = redo(&first, &format!("{head}{digit}{}", &tail[1..]));
    assert_eq!(bent.code, 1, "{}", bent.out);
    assert!(bent.err.contains("does not match"), "{}", bent.err);
    assert_eq!(redo("0", &log).code, 1);

    three_terms_pass_from_hand_to_hand(&homes, &first);
}

/// A refusal, the next two terms, a swap.
fn three_terms_pass_from_hand_to_hand(homes: &[Person; 3], first: &str) {
    let [heron, _, finch] = homes;
    let home = |who: &str| homes.iter().find(|home| home.home().ends_with(who)).unwrap();
    let holder = |number: &str| {
        let all = draws(heron);
        let draw = all.iter().find(|draw| is_draw(draw, number)).unwrap();
        people(&draw["holders"])[0].clone()
    };
    // Whoever was drawn passes it on: it goes to the next in the drawn order.
    let drawn = holder(first);
    let status = home(&drawn).value(&["status"], "cells")[0]["rotation"]["turns"][0].clone();
    let day = |ms: u64| lifeboat_commons::Day::of(lifeboat_log::Time::from_ms(ms)).to_string();
    let [from, until] = ["from_ms", "until_ms"].map(|name| status[name].as_u64().unwrap());
    let turn = format!("You are facilitator from {} to {} ", day(from), day(until - 1));
    assert!(home(&drawn).good(&["status"]).out.contains(&turn), "{turn}");
    home(&drawn).good(&["--yes", "--wait", "20", "role", "refuse", first]);
    let listed = draws(heron);
    let order = people(&listed.iter().find(|draw| is_draw(draw, first)).unwrap()["order"]);
    assert_eq!((&drawn, holder(first)), (&order[0], order[1].clone()));
    // The next two terms; whoever has the first is not drawn for the second.
    let second = call(heron, &["facilitator"]);
    everyone_commits(homes, &second);
    let (one, two) = (holder(first), holder(&second));
    assert_ne!(one, two);

    // The third term goes to the third by a hat, and the first and the third swap by consent of both.
    let third = heron.value(&["draw", "call", "facilitator", "--hat"], "position").to_string();
    let three = ["heron", "wren", "finch"].into_iter().find(|who| *who != one && *who != two).unwrap();
    for home in homes {
        home.types(&["--wait", "20", "sync"], "");
        home.good(&["--yes", "--wait", "20", "draw", "hat", &third, three]);
    }
    assert_eq!(holder(&third), three);
    for one_home in homes {
        one_home.types(&["--wait", "20", "sync"], "");
    }
    let words = ["--wait", "20", "role", "swap", first, "--with", three, "--for", &third];
    let offer = home(&one).value(&words, "position").to_string();
    home(three).types(&["--wait", "20", "sync"], "");
    assert!(home(three).good(&["status"]).out.contains(&format!("role agree {offer}")));
    home(three).good(&["--yes", "--wait", "20", "role", "agree", &offer]);
    assert_eq!((holder(first).as_str(), holder(&third)), (three, one.clone()));
    // The minutes of the day say who was drawn, and who has the role after all this.
    let minutes = heron.good(&["minutes"]).out;
    assert!(minutes.contains("## Drawn") && minutes.contains("## Roles"), "{minutes}");
    let now = holder(first);
    let now = if now == drawn { String::new() } else { format!("  - has it now: {now}") };
    assert!(minutes.contains(&format!("**: {drawn}\n{now}")), "{minutes}");
    let told = heron.good(&["--json", "minutes"]).objects().remove(0);
    let told: Vec<Vec<String>> =
        told["drawn"].as_array().unwrap().iter().map(|draw| people(&draw["holders"])).collect();
    assert_eq!(told, [vec![holder(first)], vec![holder(&second)], vec![holder(&third)]]);
    let meetings = finch.good(&["meetings"]).out;
    assert!(meetings.contains("weekly circle: every week at 19:00"), "{meetings}");
    assert!(finch.bad(1, &["--yes", "role", "set", "cook"]).contains("decision"));
}

#[test]
fn a_draw_that_someone_wrecks_is_drawn_again_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let homes = three(folder.path());
    let [heron, wren, finch] = &homes;
    let words = ["draw", "call", "keeper", "--commit", "90 seconds", "--reveal", "60 seconds"];
    let number = heron.value(&words, "position").to_string();
    for home in &homes {
        home.types(&["--wait", "20", "sync"], "");
        home.good(&["--yes", "--wait", "20", "draw", "commit", &number]);
    }
    // finch's secret is lost with its file; the second commitment is lost too.
    let own = finch.home().join("own");
    for entry in std::fs::read_dir(&own).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.file_name().unwrap().to_string_lossy().starts_with("held-") {
            std::fs::remove_dir_all(entry).unwrap();
        }
    }
    // The time to reveal must run out first.
    let patience = Duration::from_secs(400);
    wait_within(patience, "a void attempt, and one that the others' homes bring to its end", || {
        wren.types(&["--wait", "20", "sync"], "");
        finch.types(&["--yes", "--wait", "20", "draw", "commit", &number], "");
        finch.types(&["--wait", "20", "sync"], "");
        draws(heron).iter().any(|draw| draw["void_attempts"] == 1 && draw["stage"] == "done")
    });
    let text = heron.good(&["draw"]).out;
    assert!(text.contains("attempt 1 was void: not revealed by finch"), "{text}");
    let drawn = people(&draws(heron)[0]["holders"])[0].clone();
    let status = heron.good(&["status"]).out;
    let words = if drawn == "heron" { "You are keeper" } else { "lifeboat handover" };
    assert!(status.contains(words), "{drawn}: {status}");
    heron.good(&["draw", "verify", &number]);
}

#[test]
fn tellers_of_a_hat_who_differ_read_what_each_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let homes = three(folder.path());
    let [heron, wren, finch] = &homes;
    let many = heron.bad(2, &["--yes", "draw", "lot", "0", "--seats", "9"]);
    assert!(many.contains("9 seats are more than the 3 members"), "{many}");
    let lot = heron.value(&["draw", "lot", "0", "--seats", "2", "--hat"], "position").to_string();
    let hat = |home: &Person, people: [&str; 2]| {
        home.types(&["--wait", "20", "sync"], "");
        home.good(&[&["--yes", "--wait", "20", "draw", "hat", &lot], &people[..]].concat()).err
    };
    let few = heron.bad(2, &["--yes", "draw", "hat", &lot, "wren"]);
    assert!(few.contains("2 names are to be drawn"), "{few}");
    let one = hat(heron, ["wren", "heron"]);
    assert!(one.contains("Once 2 more members") && !one.contains("different things"), "{one}");
    let two = hat(wren, ["heron", "wren"]);
    assert!(two.contains("different things") && two.contains("Once 2 more members"), "{two}");
    let three = hat(finch, ["heron", "wren"]);
    assert!(
        three.contains("heron recorded: wren, heron") && three.contains("Once one more member"),
        "{three}"
    );
    assert!(heron.good(&["draw"]).out.contains("finch recorded: heron, wren"));
    hat(heron, ["heron", "wren"]);
    let draw = draws(heron).into_iter().find(|draw| is_draw(draw, &lot)).unwrap();
    assert_eq!(
        (&draw["stage"], people(&draw["order"])),
        (&"done".into(), vec!["heron".into(), "wren".into()])
    );
}

/// What the operators of a network tell of it, under drand's `/info`.
fn info(beacon: &TestBeacon) -> Value {
    let network = beacon.network();
    let key: String = network.key.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"public_key": key, "period": network.period, "genesis_time": network.genesis,
        "schemeID": "bls-unchained-g1-rfc9380", "beaconID": "of our own"})
}

#[test]
fn a_draw_waits_for_a_beacon_that_anyone_brings() {
    let folder = tempfile::tempdir().unwrap();
    let homes = three(folder.path());
    let [heron, wren, finch] = &homes;
    let beacon = TestBeacon::new(9);
    let file = |name: &str, value: Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, value.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let call_with = |network: &str| ["facilitator", "--beacon", "--network", network].map(str::to_owned);
    // What tells of no network is refused, before anything is signed.
    let mut other = info(&beacon);
    other["schemeID"] = "pedersen-bls-chained".into();
    let words = call_with(&file("other", other));
    let words: Vec<&str> =
        ["--yes", "draw", "call"].into_iter().chain(words.iter().map(String::as_str)).collect();
    assert!(heron.bad(2, &words).contains("schemeID bls-unchained-g1-rfc9380"));
    let words = call_with(&file("info", info(&beacon)));
    let number = call(heron, &words.each_ref().map(String::as_str));
    assert!(heron.good(&["log"]).out.contains("with a beacon of a network that this program does not know"));
    heron.bad(1, &["draw", "beacon", &number]);

    for home in &homes {
        home.types(&["--wait", "20", "sync"], "");
        home.good(&["--yes", "--wait", "20", "draw", "commit", &number]);
    }
    let head = |home: &Person| draws(home).into_iter().find(|draw| is_draw(draw, &number)).unwrap();
    wait_for("all homes to reveal", || {
        homes.iter().for_each(|home| drop(home.types(&["--wait", "20", "sync"], "")));
        homes.iter().all(|home| head(home)["stage"] == "awaiting")
    });
    heron.bad(1, &["draw", "verify", &number]);
    let round = head(finch)["beacon"].as_u64().unwrap();
    assert!(finch.good(&["draw"]).out.contains(&format!("waits for round {round} of its beacon")));
    assert!(finch.good(&["draw", "beacon", &number]).out.contains("Ask the operators of its network"));

    // Another round, another network's signature, no answer at all; then what the operators say.
    let answer =
        |of: &TestBeacon, round: u64| json!({"round": round, "signature": of.sign(round).to_string()});
    for (name, value, word) in [
        ("early", answer(&beacon, round - 1), "waits for round"),
        ("false", answer(&TestBeacon::new(3), round), "is not what the network"),
        ("empty", json!([]), "no answer of a beacon"),
    ] {
        let told = wren.bad(2, &["--yes", "draw", "beacon", &number, &file(name, value)]);
        assert!(told.contains(word), "{told}");
    }
    let words = ["--yes", "--wait", "20", "draw", "beacon", &number, "-"];
    let brought = finch.types(&words, &answer(&beacon, round).to_string());
    assert_eq!(brought.code, 0, "{}{}", brought.out, brought.err);
    homes.iter().for_each(|home| drop(home.types(&["--wait", "20", "sync"], "")));

    let verified = wren.good(&["--json", "draw", "verify", &number]).objects();
    let order = people(&verified[0]["order"]);
    assert!(verified[0]["sheet"].as_str().unwrap().contains(&format!("\nbeacon {round} ")));
    assert!(wren.good(&["draw", "verify", &number]).out.contains(&beacon.sign(round).to_string()));
    let log = |kinds: &str| wren.good(&["--json", "log", "--all", "--kind", kinds]).out;
    let redone = redo(&number, &log("draw,commit,reveal,beacon"));
    assert_eq!(redone.code, 0, "{}{}", redone.out, redone.err);
    let drawn: Vec<&str> = redone.out.lines().filter_map(|line| line.strip_prefix("drawn ")).collect();
    assert_eq!(drawn, order);
    assert_eq!(redo(&number, &log("draw,commit,reveal")).code, 1, "without the beacon nothing is drawn");
}
