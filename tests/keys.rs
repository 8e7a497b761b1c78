//! Keys as people use them: a second device with a key of its own, and a lost key that others vouch for
//! again, with the real program.

use crate::person::Person;

/// The homes of heron, who keeps the log, and wren.
fn neighbours(folder: &std::path::Path) -> (Person, Person) {
    let mut heron = Person::founder(folder, "heron");
    heron.start_node();
    let wren = Person::with_home(folder, "wren");
    heron.takes_in(&wren);
    (heron, wren)
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

fn keys(person: &Person) -> Vec<serde_json::Value> {
    person.good(&["--json", "key"]).objects()
}

#[test]
fn a_second_device_signs_with_a_key_of_its_own_until_it_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (heron, wren) = neighbours(folder.path());
    let phone = Person::with_home(folder.path(), "phone");
    let code = text(&wren.value(&["key", "invite"], "device"));
    let answer = text(&phone.value(&["key", "join", &code], "reply"));
    // Before the first device has said so, the second one signs for nobody.
    phone.good(&["sync"]);
    assert!(phone.bad(4, &["--yes", "in", "1", "EUR"]).contains("member"));
    let added = wren.good(&["--yes", "key", "add", &answer, "--sign-only", "--until", "in 30 days"]);
    assert!(added.out.contains("placed"), "{}", added.out);
    phone.good(&["sync"]);
    phone.good(&["--yes", "in", "7", "EUR", "--from", "jar"]);
    assert!(heron.good(&["log"]).out.contains("wren: 7"), "{}", heron.good(&["log"]).out);
    // It may sign, and nothing else.
    phone.bad(1, &["--yes", "leave"]);
    wren.good(&["sync"]);
    let listed = keys(&wren);
    assert_eq!(listed.len(), 2, "{listed:?}");
    let of_phone = listed.iter().find(|key| key["here"] == false).unwrap();
    assert!(of_phone["until_ms"].as_u64().unwrap() > 0);
    let letters = text(&of_phone["key"])[..8].to_owned();
    wren.good(&["--yes", "key", "end", &letters]);
    phone.good(&["sync"]);
    phone.bad(1, &["--yes", "in", "8", "EUR"]);
    assert!(keys(&wren).iter().any(|key| key["live"] == false));
    // The secret of one device never came to the other.
    let secret = |person: &Person| std::fs::read(person.home().join("keys/member.key")).unwrap();
    assert_ne!(secret(&wren), secret(&phone));
    // A code for somebody else, or a cut one, is refused before anything is signed.
    assert!(heron.bad(2, &["--yes", "key", "add", &answer]).contains("another"));
    wren.bad(2, &["--yes", "key", "add", &answer[..40]]);
}

#[test]
fn a_lost_key_is_replaced_by_vouching_and_what_waited_is_signed_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut heron, wren) = neighbours(folder.path());
    let old = text(&keys(&wren)[0]["key"]);
    // While the keeper is away wren signs something, and then loses the key.
    heron.stop_node();
    let waits = wren.value(&["--wait", "1", "in", "40", "EUR", "--from", "street collection"], "step");
    assert_eq!(waits, "waiting");
    // It is carried on a stick meanwhile, so that it is not placed before the key ends.
    let stick = folder.path().to_str().unwrap();
    wren.good(&["outbox", "save", stick]);
    wren.good(&["--yes", "outbox", "drop", "1"]);
    let said = wren.good(&["--yes", "key", "lost", "--no-passphrase"]);
    assert!(said.out.contains("invite"), "{}", said.out);
    assert!(wren.home().join(format!("keys/lost-{}.key", &old[..8])).is_file(), "nothing is thrown away");
    heron.start_node();
    // Wren asks heron for an invite, as a newcomer does, and says whose key it replaces.
    let invite = text(&heron.value(&["invite"], "invite"));
    let words = text(&wren.value(&["join", &invite, "--lost"], "words"));
    let words: Vec<&str> = words.split(' ').collect();
    let refused = heron.bad(1, &[&["--yes", "vouch", "wren", "--words"], &words[..]].concat());
    assert!(refused.contains("--replaces"), "another wren is not made by mistake: {refused}");
    heron.good(&[&["--yes", "vouch", "wren", "--replaces", "wren", "--words"], &words[..]].concat());
    wren.good(&["sync"]);
    wren.types(&["outbox", "load", stick], "");
    let said = wren.good(&["sync"]);
    assert!((said.out + &said.err).contains("sign-again"), "the way on is told");
    let listed = keys(&wren);
    let lost = listed.iter().find(|key| key["key"] == old.as_str()).unwrap();
    assert_eq!(lost["live"], false, "the old key has ended");
    wren.good(&["--yes", "outbox", "sign-again"]);
    wren.good(&["sync"]);
    assert!(wren.good(&["--json", "outbox"]).objects().is_empty());
    let log = heron.good(&["log"]).out;
    assert_eq!(log.matches("wren: 40").count(), 1, "{log}");
    // Who holds the old key speaks for nobody any more, and the member is who they were.
    assert_eq!(heron.good(&["--json", "members"]).objects().len(), 2);
    heron.good(&["audit"]);
}
