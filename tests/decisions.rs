//! A whole decision with the real program: proposed, voted on, closed by the clock alone, and in force
//! without anybody doing anything; and what people read along the way.

use crate::person::Person;
use std::time::{Duration, Instant};

/// Dates and times of the day, which differ from run to run, made alike.
fn masked(text: &str) -> String {
    let alike = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_digit());
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let made_of = |sign: char, parts: usize| {
            let found: Vec<&str> = bare.split(sign).collect();
            found.len() == parts && found.into_iter().all(digits)
        };
        if made_of('-', 3) {
            word.replace(bare, "DATE")
        } else if made_of(':', 2) && bare.len() == 5 {
            word.replace(bare, "TIME")
        } else {
            word.to_owned()
        }
    };
    let line = |line: &str| line.split(' ').map(alike).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Heron, wren and finch in a cell whose charter lets newcomers vote at once and a vote be short.
fn three(folder: &std::path::Path) -> (Person, Person, Person) {
    let mut heron = Person::founder(folder, "heron");
    heron.good(&["--yes", "charter", "waiting-days=0", "voting-hours=0"]);
    heron.start_node();
    let (wren, finch) = (Person::with_home(folder, "wren"), Person::with_home(folder, "finch"));
    heron.takes_in(&wren);
    heron.takes_in(&finch);
    (heron, wren, finch)
}

fn decision(who: &Person, number: &str) -> serde_json::Value {
    who.value(&["show", number], "decision")
}

/// Waits until a decision is at this stage.
fn reaches(who: &Person, number: &str, stage: &str) {
    let end = Instant::now() + Duration::from_secs(120);
    while decision(who, number)["stage"] != stage {
        assert!(Instant::now() < end, "waited too long until #{number} was {stage}");
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn a_change_of_the_charter_is_decided_and_takes_effect_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (heron, wren, finch) = three(folder.path());
    let refused = wren.bad(1, &["--yes", "charter", "waiting-days=14"]);
    assert!(refused.contains("only by a decision") && refused.contains("lifeboat propose"), "{refused}");

    let question = "Newcomers wait two weeks";
    let words = ["propose", question, "--charter", "waiting-days=14", "--for", "60s"];
    let number = wren.value(&words, "position").to_string();
    finch.good(&["sync"]);
    assert!(finch.bad(2, &["vote", &number, "perhaps"]).contains("say yes, no or abstain"));
    let voted = finch.good(&["--yes", "vote", &number, "no"]);
    assert!(voted.err.contains(&format!("finch votes on #{number}: no")), "{}", voted.err);
    let changed = finch.good(&["--yes", "vote", &number, "yes"]);
    assert!(changed.out.contains("1 of 3 cast so far"), "{}", changed.out);
    heron.good(&["--yes", "vote", &number, "yes", "--because", "they should know us first"]);
    wren.good(&["--yes", "vote", &number, "abstain"]);
    let open = decision(&heron, &number);
    assert_eq!((&open["stage"], &open["so_far"]["counts"]["for"]), (&"open".into(), &2.into()));
    assert_eq!(heron.value(&["charter"], "waiting-days"), "0");

    reaches(&heron, &number, "settled");
    assert_eq!(heron.value(&["charter"], "waiting-days"), "14", "nobody signed anything more");
    let result = &decision(&heron, &number)["result"];
    assert_eq!((&result["verdict"], &result["in_force"]), (&"carried".into(), &true.into()));
    assert_eq!((&result["cast"], &result["electorate"]), (&3.into(), &3.into()));
    assert_eq!(result["certainty"], "unwitnessed");
    let late = finch.bad(1, &["--yes", "vote", &number, "no"]);
    assert!(late.contains("the vote had closed when it was placed"), "{late}");
    heron.good(&["in", "1", "EUR", "--yes"]);
    wren.good(&["sync"]);
    assert_eq!(wren.value(&["charter"], "waiting-days"), "14");
    follow_up(&heron, &wren, &number);
    let read = [
        heron.good(&["log", "--kind", "propose,vote"]).out,
        heron.good(&["decisions"]).out,
        heron.good(&["minutes", "yesterday", "--to", "today"]).out,
    ];
    let read = masked(&read.join("\n"));
    for line in [
        "wren proposes “Newcomers wait two weeks” (more than half; until DATE TIME UTC; 50 in a hundred must cast; \
         in force by itself when carried: waiting-days = 14)",
        &format!("heron votes on #{number}: yes, they should know us first"),
        "carried: 2 for, 1 abstains; in force; final, unwitnessed",
        "- facilitated: wren",
        "- present (2): ",
        "- about: how newcomers settle in",
        &format!("- **#{number} Newcomers wait two weeks** (more than half)"),
        "  - 3 of 3 cast",
        ": put up a notice",
        "## How it went",
        "nobody minded",
        "nobody has the key",
    ] {
        assert!(read.contains(line), "{line}\nis not in\n{read}");
    }
}

/// What follows from a decision: tasks, how it went, the meeting, proxies.
fn follow_up(heron: &Person, wren: &Person, number: &str) {
    let task = ["task", "add", number, "wren", "put up a notice", "--by", "in 3 days"];
    let task = heron.value(&task, "position").to_string();
    let listed = heron.good(&["task"]).out;
    assert!(listed.contains("put up a notice") && listed.contains(&format!("#{task} wren, by ")), "{listed}");
    wren.good(&["sync"]);
    wren.good(&["--yes", "task", "done", &task]);
    assert!(heron.bad(1, &["--yes", "task", "drop", &task]).contains("no open task"));
    heron.good(&["--yes", "review", number, "nobody minded"]);
    let consent = ["propose", "Open on Sundays?", "--method", "consent", "--for", "1 hour"];
    let consent = heron.value(&consent, "position").to_string();
    wren.good(&["sync"]);
    wren.good(&["--yes", "vote", &consent, "object", "--because", "nobody has the key"]);
    let meeting = ["--facilitator", "wren", "--present", "heron,wren", "--lasted", "1h"];
    heron.good(&[&["--yes", "meeting", "how newcomers settle in"], &meeting[..]].concat());
    wren.good(&["--yes", "proxy", "heron"]);
    assert!(wren.good(&["proxy"]).out.contains("heron votes for wren"));
    wren.good(&["--yes", "proxy", "--recall"]);
    assert!(wren.good(&["proxy"]).out.is_empty());
    let minutes = heron.good(&["--json", "minutes", "yesterday", "--to", "today"]).objects().remove(0);
    assert_eq!(minutes["meetings"][0]["facilitator"], "wren");
    let decided = &minutes["decided"][0];
    assert_eq!(
        (&decided["tasks"][0]["done"], &decided["result"]["verdict"]),
        (&true.into(), &"carried".into())
    );
}

#[test]
fn a_hidden_vote_among_options_is_opened_by_saying_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let (heron, wren, finch) = three(folder.path());
    let words =
        ["propose", "Where do we meet?", "--option", "hall", "--option", "kitchen", "--option", "park"];
    let terms = ["--method", "ranked", "--for", "25s", "--hidden", "40s"];
    let number = heron.value(&[&words[..], &terms[..]].concat(), "position").to_string();
    for (who, vote) in
        [(&heron, &["park", "hall"][..]), (&wren, &["kitchen", "park=hall"]), (&finch, &["3", "2"])]
    {
        who.good(&["sync"]);
        let said = who.good(&[&["--yes", "vote", &number], vote].concat());
        assert!(!said.err.contains("park") && said.err.contains("hidden"), "{}", said.err);
    }
    assert_eq!(decision(&heron, &number)["so_far"], serde_json::Value::Null);
    reaches(&heron, &number, "opening");
    let other = wren.bad(1, &["--yes", "vote", &number, "hall"]);
    assert!(other.contains("not the ballot that was committed to"), "{other}");
    let asked = heron.good(&["status"]).out;
    assert!(asked.contains(&format!("Your hidden vote on {number} is lost unless you open it")), "{asked}");
    heron.good(&["--yes", "vote", &number, "park", "hall"]);
    assert!(!heron.good(&["status"]).out.contains("hidden vote"), "it is open");
    wren.good(&["--yes", "vote", &number, "kitchen", "park=hall"]);
    let opened = &decision(&heron, &number)["so_far"];
    assert_eq!((&opened["cast"], &opened["unopened"]), (&2.into(), &1.into()));
    reaches(&heron, &number, "settled");
    let result = &decision(&heron, &number)["result"];
    assert_eq!((&result["verdict"], &result["unopened"]), (&"tied".into(), &1.into()));
    assert_eq!(result["chosen"], serde_json::json!([2, 3]), "park beats hall, and none beats kitchen");
}

#[test]
fn a_tie_that_was_drawn_says_so_and_gives_its_salts() {
    let folder = tempfile::tempdir().unwrap();
    let (heron, wren, finch) = three(folder.path());
    let words = ["propose", "Hall or park?", "--option", "hall", "--option", "park", "--ties", "draw"];
    let number =
        heron.value(&[&words[..], &["--for", "12s", "--hidden", "15s"]].concat(), "position").to_string();
    drop(finch);
    let votes = [(&heron, "hall"), (&wren, "park")];
    let vote = |who: &Person, vote: &str| {
        who.good(&["sync"]);
        who.good(&["--yes", "vote", &number, vote]);
    };
    votes.iter().for_each(|(who, choice)| vote(who, choice));
    reaches(&heron, &number, "opening");
    votes.iter().for_each(|(who, choice)| vote(who, choice));
    reaches(&heron, &number, "settled");
    let told = heron.good(&["show", &number]).out;
    assert!(told.contains("drawn from a tie of hall, park"), "{told}");
    let decision = decision(&heron, &number);
    let salts = decision["salts"].as_array().unwrap();
    let member = |salt: &serde_json::Value| salt["member"].as_str().unwrap().to_owned();
    assert!(salts.len() == 2 && member(&salts[0]) < member(&salts[1]), "{salts:?}");
    assert!(salts.iter().all(|salt| salt["salt"].as_str().unwrap().len() == 32), "{salts:?}");
}
