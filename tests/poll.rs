//! Secret polls with the real program: on paper, from the lot to the result; and by ring, up to where a
//! ring of three is refused because it would tell who voted what.

use crate::person::{Person, wait_for};
use serde_json::Value;

fn polls(person: &Person) -> Vec<Value> {
    person.good(&["--json", "poll"]).objects()
}

#[test]
fn three_tellers_count_papers_and_a_ring_of_three_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = Person::with_home(folder.path(), "heron");
    heron.good(&["--yes", "found", "Oak Street", "--zone", "UTC", "--waiting", "0"]);
    heron.start_node();
    let (wren, finch) = (Person::with_home(folder.path(), "wren"), Person::with_home(folder.path(), "finch"));
    for newcomer in [&wren, &finch] {
        heron.takes_in(newcomer);
        newcomer.types(&["--wait", "20", "sync"], "");
    }
    let homes = [&heron, &wren, &finch];
    let sync = || homes.iter().for_each(|home| drop(home.types(&["--wait", "20", "sync"], "")));

    let paper = heron.value(&["poll", "open", "Shall we move?", "--paper"], "position").to_string();
    let lot = heron.value(&["draw", "lot", &paper, "--seats", "3", "--hat"], "position").to_string();
    sync();
    let early = folder.path().join("papers.jpg");
    std::fs::write(&early, b"a photo of the papers").unwrap();
    let photo = early.to_str().unwrap();
    let refused = wren.bad(1, &["--yes", "poll", "count", &paper, "2", "1", "--photo", photo]);
    assert!(refused.contains("only the tellers"), "{refused}");
    for home in homes {
        home.good(&["--yes", "--wait", "20", "draw", "hat", &lot, "wren", "finch", "heron"]);
    }
    sync();
    heron.good(&["--yes", "poll", "count", &paper, "2", "1", "--photo", photo]);
    wren.good(&["--yes", "--wait", "20", "poll", "count", &paper, "1", "2", "--photo", photo]);
    finch.good(&["--yes", "--wait", "20", "poll", "count", &paper, "2", "1", "--photo", photo]);
    assert!(polls(&heron)[0]["counts"].is_null(), "they do not agree yet");
    wren.good(&["--yes", "--wait", "20", "poll", "count", &paper, "2", "1", "--photo", photo]);
    let listed = heron.good(&["poll"]).out;
    assert!(listed.contains("Shall we move? (1 yes, 2 no): over"), "{listed}");
    assert!(listed.contains("1: 2, 2: 1, blank: 0, of 3 ballots"), "{listed}");

    let words = ["poll", "open", "By ring?", "--register", "12 seconds"];
    let ring = heron.value(&words, "position").to_string();
    heron.good(&["--yes", "poll", "register", &ring]);
    let ballot = folder.path().join("ballot");
    let cast = ["poll", "cast", &ring, "1", "--to", ballot.to_str().unwrap()];
    let early = heron.bad(1, &cast);
    assert!(early.contains("the ring is not fixed"), "{early}");
    wait_for("the time to register to be over", || polls(&heron)[1]["stage"] == "too_few");
    let few = heron.bad(1, &cast);
    assert!(few.contains("would tell who voted what"), "{few}");
    assert!(!ballot.exists());
    let unknown = heron.bad(1, &["poll", "check", &paper]);
    assert!(unknown.contains("cast no ballot"), "{unknown}");
}
