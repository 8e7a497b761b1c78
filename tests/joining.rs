//! How a cell grows past three: the second who vouches was not the one who invited.

use crate::person::Person;

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
    let second = vouch(wren, &seven);
    assert!(second.out.contains("robin"), "{}", second.out);
    robin.good(&["sync"]);
    robin.good(&["--yes", "in", "3", "EUR"]);
    assert!(heron.good(&["log"]).out.contains("robin: 3"), "{}", heron.good(&["log"]).out);
}

#[test]
fn a_link_that_is_not_whole_makes_no_home_and_a_member_uses_up_no_invite() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = Person::founder(folder.path(), "heron");
    heron.start_node();
    let wren = Person::with_home(folder.path(), "wren");
    heron.takes_in(&wren);
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
