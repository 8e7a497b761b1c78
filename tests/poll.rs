//! Secret polls with the real program: on paper, from the lot to the result; by ring, from the keys to the
//! count; and a ring of three that is refused because it would tell who voted what.

use crate::person::{Person, wait_for};
use serde_json::Value;
use std::path::Path;

fn polls(person: &Person) -> Vec<Value> {
    person.good(&["--json", "poll"]).objects()
}

/// Three members; the founder changes the charter so before the others come.
fn three(folder: &Path, charter: Option<&str>) -> [Person; 3] {
    let mut heron = Person::with_home(folder, "heron");
    heron.good(&["--yes", "found", "Oak Street", "--zone", "UTC", "--waiting", "0"]);
    charter.map(|change| heron.good(&["--yes", "charter", change]));
    heron.start_node();
    let others = ["wren", "finch"].map(|who| Person::with_home(folder, who));
    for newcomer in &others {
        heron.takes_in(newcomer);
        newcomer.types(&["--wait", "20", "sync"], "");
    }
    let [wren, finch] = others;
    [heron, wren, finch]
}

fn sync(homes: &[Person]) {
    homes.iter().for_each(|home| drop(home.types(&["--wait", "20", "sync"], "")));
}

#[test]
fn a_ring_votes_and_each_sees_that_the_own_ballot_is_in() {
    let folder = tempfile::tempdir().unwrap();
    let homes = three(folder.path(), Some("ring=3"));
    let [heron, wren, finch] = &homes;
    let spans = ["--register", "25s", "--cast", "25s", "--carry", "25s", "--late", "20s"];
    let poll =
        heron.value(&[&["poll", "open", "Shall we move?"], &spans[..]].concat(), "position").to_string();
    let lot = heron.value(&["draw", "lot", &poll, "--seats", "1", "--hat"], "position").to_string();
    sync(&homes);
    for home in &homes {
        home.good(&["--yes", "--wait", "20", "poll", "register", &poll]);
        home.good(&["--yes", "--wait", "20", "draw", "hat", &lot, "wren", "finch", "heron"]);
    }
    let stage = || polls(heron)[0]["stage"].as_str().unwrap().to_owned();
    wait_for("the ring to be fixed", || stage() == "casting");
    sync(&homes);
    let file = |who: &Person| who.home().with_extension("ballot").display().to_string();
    let nowhere = folder.path().join("missing").join("ballot");
    heron.bad(1, &["poll", "cast", &poll, "2", "--to", nowhere.to_str().unwrap()]);
    assert!(heron.bad(1, &["poll", "check", &poll]).contains("cast no ballot"), "no file, no ballot");
    heron.good(&["poll", "cast", &poll, "2", "--to", &file(heron)]);
    let lost = wren.bad(1, &["poll", "cast", &poll, "1", "--to", &file(heron)]);
    assert!(lost.contains("exists already") && lost.contains("name another"), "{lost}");
    assert!(
        wren.bad(1, &["poll", "check", &poll]).contains("cast no ballot"),
        "heron's is not lost to wren's"
    );
    std::fs::remove_file(file(heron)).unwrap();
    let other = heron.good(&["poll", "cast", &poll, "1", "--to", &file(heron)]).err;
    std::fs::remove_file(file(heron)).unwrap();
    assert!(other.contains("only one counts"), "{other}");
    for (home, mark) in homes.iter().zip(["1", "2", "1"]) {
        let cast = home.good(&["poll", "cast", &poll, mark, "--to", &file(home)]).out;
        assert!(cast.contains(&file(home)), "{cast}");
    }
    wait_for("the tellers' time", || stage() == "carrying");
    let early = finch.bad(1, &["--yes", "--wait", "20", "poll", "carry", &poll, &file(finch)]);
    assert!(early.contains("first the tellers"), "{early}");
    let bent = folder.path().join("bent");
    let ballot = std::fs::read_to_string(file(heron)).unwrap();
    let end = if ballot.trim_end().ends_with('0') { '1' } else { '0' };
    std::fs::write(&bent, format!("{}{end}\n", &ballot.trim_end()[..ballot.trim_end().len() - 1])).unwrap();
    wren.bad(1, &["--yes", "poll", "carry", &poll, bent.to_str().unwrap()]);
    wren.good(&["--yes", "--wait", "20", "poll", "carry", &poll, &file(heron), &file(wren)]);
    assert_eq!(heron.value(&["poll", "check", &poll], "in"), true);
    sync(&homes);
    assert_eq!(finch.value(&["poll", "check", &poll], "in"), false, "the teller left it out");
    wait_for("the late time", || stage() == "late");
    finch.good(&["--yes", "--wait", "20", "poll", "carry", &poll, &file(finch)]);
    assert_eq!(finch.value(&["poll", "check", &poll], "in"), true);
    wait_for("the count", || stage() == "closed");
    sync(&homes);
    for home in &homes {
        assert_eq!(polls(home)[0]["counts"], serde_json::json!([2, 1]));
    }
}

#[test]
fn three_tellers_count_papers_and_a_ring_of_three_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let homes = three(folder.path(), None);
    let [heron, wren, finch] = &homes;
    let sync = || sync(&homes);

    let paper = heron.value(&["poll", "open", "Shall we move?", "--paper"], "position").to_string();
    let lot = heron.value(&["draw", "lot", &paper, "--seats", "3", "--hat"], "position").to_string();
    sync();
    let early = folder.path().join("papers.jpg");
    std::fs::write(&early, b"a photo of the papers").unwrap();
    let photo = early.to_str().unwrap();
    let refused = wren.bad(1, &["--yes", "poll", "count", &paper, "2", "1", "--photo", photo]);
    assert!(refused.contains("only the tellers"), "{refused}");
    for home in &homes {
        home.good(&["--yes", "--wait", "20", "draw", "hat", &lot, "wren", "finch", "heron"]);
    }
    sync();
    let many = heron.bad(1, &["--yes", "poll", "count", &paper, "2", "1", "--blank", "1", "--photo", photo]);
    assert!(many.contains("more papers than the members who could vote"), "{many}");
    heron.good(&["--yes", "poll", "count", &paper, "2", "1", "--photo", photo]);
    wren.good(&["--yes", "--wait", "20", "poll", "count", &paper, "1", "2", "--photo", photo]);
    finch.good(&["--yes", "--wait", "20", "poll", "count", &paper, "2", "1", "--photo", photo]);
    let open = polls(heron).remove(0);
    assert!(open["counts"].is_null() && open["ballots"].is_null(), "they do not agree yet: {open}");
    assert!(heron.good(&["poll"]).out.contains("wren counted 1, 2, blank: 0, of 3 papers"));
    wren.good(&["--yes", "--wait", "20", "poll", "count", &paper, "2", "1", "--photo", photo]);
    let listed = heron.good(&["poll"]).out;
    assert!(listed.contains("Shall we move? (1 yes, 2 no): over"), "{listed}");
    assert!(listed.contains("1: 2, 2: 1, blank: 0, of 3 ballots"), "{listed}");
    assert_eq!(polls(heron)[0]["ballots"], 3);
    let minutes = heron.good(&["minutes"]).out;
    assert!(minutes.contains("## Secret polls") && minutes.contains("1: 2, 2: 1, blank: 0"), "{minutes}");

    let words = ["poll", "open", "By ring?", "--register", "12 seconds"];
    let ring = heron.value(&words, "position").to_string();
    heron.good(&["--yes", "poll", "register", &ring]);
    let ballot = folder.path().join("ballot");
    let cast = ["poll", "cast", &ring, "1", "--to", ballot.to_str().unwrap()];
    let early = heron.bad(1, &cast);
    assert!(early.contains("the ring is not fixed"), "{early}");
    wait_for("the time to register to be over", || polls(heron)[1]["stage"] == "too_few");
    let few = heron.bad(1, &cast);
    assert!(few.contains("would tell who voted what"), "{few}");
    assert!(!ballot.exists());
    let unknown = heron.bad(1, &["poll", "check", &paper]);
    assert!(unknown.contains("cast no ballot"), "{unknown}");
}
