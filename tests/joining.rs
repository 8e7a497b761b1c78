//! How a cell grows past three: the second who vouches was not the one who invited.

use crate::person::{Person, wait_within};
use std::time::Duration;

fn words(value: &serde_json::Value) -> Vec<String> {
    value.as_str().unwrap_or_else(|| panic!("{value}")).split(' ').map(str::to_owned).collect()
}

#[test]
fn a_fourth_member_is_vouched_for_by_two_of_whom_one_invited() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = Person::founder(folder.path(), "heron");
    heron.start_node();
    let homes = ["wren", "finch", "robin"].map(|name| Person::with_home(folder.path(), name));
    let [wren, finch, robin] = &homes;
    heron.takes_in(wren);
    heron.takes_in(finch);

    let invite = heron.value(&["invite"], "invite");
    let joined = robin.good(&["--json", "join", invite.as_str().unwrap()]).objects().remove(0);
    let (three, seven) = (words(&joined["words"]), words(&joined["words_for_others"]));
    assert_eq!((three.len(), seven.len()), (3, 7));
    let vouch = |person: &Person, words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        person.good(&[&["--yes", "vouch", "robin", "--words"], &words[..]].concat())
    };
    wren.good(&["sync"]);
    assert!(wren.bad(1, &["--yes", "vouch", "robin"]).contains("nobody called robin has knocked"));
    let first = vouch(&heron, &three);
    assert!(first.out.contains("1 more"), "{}", first.out);

    // Who vouched first is not asked again; the others see the newcomer, and compare seven words.
    wren.good(&["sync"]);
    let listed = wren.good(&["--json", "vouch"]).objects();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(words(&listed[0]["words"]), seven);
    let mut wrong = seven.clone();
    wrong.swap(0, 1);
    let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
    wren.bad(1, &[&["--yes", "vouch", "robin", "--words"], &wrong[..]].concat());
    let few: Vec<&str> = three.iter().map(String::as_str).collect();
    let few = wren.bad(2, &[&["--yes", "vouch", "robin", "--words"], &few[..]].concat());
    assert!(few.contains("and 7 are compared here"), "{few}");
    let second = vouch(wren, &seven);
    assert!(second.out.contains("robin"), "{}", second.out);
    robin.good(&["sync"]);
    robin.good(&["--yes", "in", "3", "EUR"]);
    assert!(heron.good(&["log"]).out.contains("robin: 3"), "{}", heron.good(&["log"]).out);
}

#[test]
fn a_link_that_is_not_whole_makes_no_home_and_a_member_uses_up_no_invite() {
    let folder = tempfile::tempdir().unwrap();
    let [heron, wren] = Person::two(folder.path());
    let invite = heron.value(&["invite"], "invite").as_str().unwrap().to_owned();
    let finch = Person::at(folder.path(), "finch");
    let half = &invite[..invite.len() - 8];
    let said = finch.bad(1, &["--yes", "join", half, "--as", "finch", "--no-passphrase"]);
    assert!(said.contains("to its last letter") && !finch.home().exists(), "{said}");
    wren.good(&["--wait", "20", "sync"]);
    let said = wren.bad(1, &["--yes", "--wait", "20", "join", &invite]);
    assert!(said.contains("is for somebody else, and was not used"), "{said}");
    finch.good(&["--yes", "--wait", "20", "join", &invite, "--as", "finch", "--no-passphrase"]);
    assert!(heron.good(&["vouch"]).out.contains("finch knocks"), "the invite still serves");
}

/// A vote of ten seconds that only this person casts, carried.
/// A newcomer who types the same twice, or takes an invite that somebody used, is no worse off than before.
#[test]
fn whoever_joins_twice_knocks_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = Person::founder(folder.path(), "heron");
    heron.start_node();
    let [wren, other] = ["wren", "other"].map(|name| Person::with_home(folder.path(), name));
    let invite = || heron.value(&["invite"], "invite").as_str().unwrap().to_owned();
    let (first, second, third) = (invite(), invite(), invite());
    let join = |person: &Person, link: &str| {
        words(&person.good(&["--json", "--wait", "20", "join", link]).objects()[0]["words"])
    };
    let spoken = join(&wren, &first);
    assert_eq!(join(&wren, &first), spoken, "the same words again");
    // The other one goes by the same handle, and takes the second invite.
    let settings = other.home().join("home.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("\"other\"", "\"wren\"")).unwrap();
    join(&other, &second);
    let told = wren.bad(1, &["--wait", "20", "join", &second]);
    assert!(told.contains("this invite was used"), "{told}");
    let begun = std::time::Instant::now();
    let synced = wren.good(&["--json", "--wait", "20", "sync"]);
    assert!(begun.elapsed() < Duration::from_secs(15), "nothing is waited for: {:?}", begun.elapsed());
    assert!(synced.out.contains(&spoken.join(" ")), "{}", synced.out);
    // With a new invite the later words count.
    let later = join(&wren, &third);
    assert_ne!(later, spoken);
    assert_eq!(heron.good(&["--json", "vouch"]).objects().len(), 2);
    assert!(heron.bad(1, &["--yes", "vouch", "wren"]).contains("more than one who knocks is called wren"));
    let vouch = |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        heron.types(&[&["--yes", "vouch", "wren", "--words"], &words[..]].concat(), "")
    };
    assert_eq!(vouch(&spoken).code, 1, "the earlier words are nobody's");
    let vouched = vouch(&later);
    assert_eq!(vouched.code, 0, "{}{}", vouched.out, vouched.err);
    wren.good(&["--wait", "20", "sync"]);
    wren.good(&["--yes", "in", "3", "EUR"]);
}

fn decide(person: &Person, what: &[&str]) {
    let words = [&["propose", "Shall we?", "--for", "10s"], what].concat();
    let number = person.value(&words, "position").to_string();
    person.good(&["--yes", "vote", &number, "yes"]);
    let settled = || person.value(&["show", &number], "decision")["stage"] == "settled";
    wait_within(Duration::from_secs(60), "the vote to close", settled);
}

#[test]
fn whom_a_decision_admits_has_a_name_at_once_and_whom_it_removes_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = Person::founder(folder.path(), "heron");
    heron.good(&["--yes", "charter", "waiting-days=0", "voting-hours=0"]);
    heron.start_node();
    let alone = heron.good(&["sync"]).out;
    assert!(alone.contains("this home keeps the log, 2 entries"), "{alone}");
    let gil = Person::with_home(folder.path(), "gil");
    let invite = heron.value(&["invite"], "invite");
    gil.good(&["join", invite.as_str().unwrap()]);
    assert!(gil.good(&["sync"]).out.contains("Read these words"));
    decide(&heron, &["--admit", "gil"]);
    let members = heron.good(&["members"]).out;
    assert!(members.contains("gil"), "{members}");
    let synced = gil.good(&["sync"]).out;
    assert!(synced.contains("You are a member of") && !synced.contains("Read these words"), "{synced}");
    assert!(!gil.good(&["sync"]).out.contains("You are a member of"), "once is enough");
    let again = heron.bad(1, &["--yes", "vouch", "gil"]);
    assert!(again.contains("gil is a member already"), "{again}");

    heron.good(&["--yes", "proxy", "gil"]);
    assert!(!heron.good(&["status"]).out.contains("no member any more"));
    decide(&heron, &["--remove", "gil"]);
    let proxies = heron.good(&["proxy"]).out;
    assert!(proxies.contains("gil is no member any more, so nobody votes for heron"), "{proxies}");
    assert!(heron.good(&["status"]).out.contains("Who was to vote for you is no member any more"));
    gil.good(&["sync"]);
    let status = gil.good(&["status"]).out;
    assert!(status.contains("YOU ARE NO MEMBER ANY MORE"), "{status}");
    let number = heron.value(&["propose", "And now?"], "position").to_string();
    gil.good(&["sync"]);
    let refused = gil.bad(1, &["--yes", "vote", &number, "yes"]);
    assert!(refused.contains("left the cell or was removed"), "{refused}");
}
