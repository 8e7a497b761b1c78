//! Two homes behind two routers, and a sibling's node outside: what the two say to each other goes
//! through it, or past it once the routers let them.

use super::town::Town;
use crate::person::{Person, wait_for, wait_within};
use std::time::Duration;

const PORT: u16 = 4711;
/// Where the sibling's node is on the street.
const OUTSIDE: u8 = 10;

/// The addresses of a person's node, or of those it is connected to, as `node status` tells them.
fn peers(person: &Person) -> Vec<(String, Vec<String>)> {
    let peers = person.value(&["node", "status"], "peers");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let connected = peers.as_array().into_iter().flatten().filter(|peer| peer["connected"] == true);
    connected
        .map(|peer| {
            let addresses = peer["addresses"].as_array().into_iter().flatten().map(text).collect();
            (text(&peer["key"]), addresses)
        })
        .collect()
}

fn own_addresses(person: &Person) -> Vec<String> {
    let addresses = person.value(&["node", "status"], "addresses");
    addresses.as_array().into_iter().flatten().filter_map(|a| Some(a.as_str()?.to_owned())).collect()
}

fn node_key(person: &Person) -> String {
    person.value(&["node", "status"], "node").as_str().unwrap().to_owned()
}

fn is_connected(person: &Person, key: &str) -> bool {
    peers(person).iter().any(|(peer, _)| peer == key)
}

/// Whether the two are connected, and not through a relay.
fn is_direct(person: &Person, key: &str) -> bool {
    let peers = person.value(&["node", "status"], "peers");
    let direct = |peer: &serde_json::Value| peer["connected"] == true && peer["relayed"] == false;
    peers.as_array().into_iter().flatten().any(|peer| peer["key"] == key && direct(peer))
}

/// Where the sibling's node is.
fn at_robin() -> String {
    format!("/ip4/{}/udp/{PORT}/quic-v1", Town::address(OUTSIDE))
}

fn records(person: &Person) -> u64 {
    person.value(&["status"], "cells")[0]["records"].as_u64().unwrap_or_default()
}

#[test]
fn two_homes_behind_two_routers_meet_through_a_siblings_node() {
    let mut town = match Town::new("a") {
        Ok(town) => town,
        Err(reason) => return println!("skipped: homes behind routers: {reason}"),
    };
    let outside = town.on_the_street("out", OUTSIDE).unwrap();
    let (oak, elm) = (town.house("oak", 1).unwrap(), town.house("elm", 2).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut robin = Person::in_place(folder.path(), "robin", &outside, PORT);
    let heron = Person::in_place(folder.path(), "heron", &oak, PORT);
    let mut wren = Person::in_place(folder.path(), "wren", &elm, PORT);
    robin.start_node();
    heron.good(&["--yes", "found", "Oak Street", "--money", "EUR", "--zone", "UTC"]);
    heron.good(&["node", "--background", "--connect", &at_robin()]);
    // Neither router lets anybody in.
    assert!(town.reaches("elm", &Town::address(OUTSIDE), PORT));
    assert!(!town.reaches("elm", &Town::address(1), PORT));
    assert!(!town.reaches("out", &Town::address(2), PORT));

    // Robin follows Oak Street, as a sibling: from then on heron's node is reached through robin's.
    let card = heron.value(&["card"], "card");
    robin.good(&["follow", card.as_str().unwrap()]);
    wait_for("the log to reach the sibling", || records(&robin) == 1);
    wait_for("a way in through the relay", || {
        own_addresses(&heron).iter().any(|a| a.contains("p2p-circuit"))
    });

    // The invite leads wren's home, behind another router, to heron's.
    let invite = heron.value(&["invite"], "invite");
    // Two routers let through to each other what both sides speak: wren comes to the sibling by QUIC, as heron does.
    wren.start_node_with(&["--connect", &at_robin()]);
    let robin_key = node_key(&robin);
    wait_for("wren to reach the sibling", || is_connected(&wren, &robin_key));
    wren.good(&["join", invite.as_str().unwrap()]);
    let heron_key = node_key(&heron);
    wait_for("the two nodes to be connected", || is_connected(&wren, &heron_key));
    let to_heron = peers(&wren).into_iter().filter(|(key, _)| *key == heron_key);
    let ways: Vec<String> = to_heron.flat_map(|(_, ways)| ways).collect();
    println!("wren reaches heron at {ways:?}");
    assert!(ways.iter().any(|way| way.contains("p2p-circuit")), "{ways:?}");
    wait_for("the knock", || heron.good(&["vouch"]).out.contains("wren"));
    let words = heron.value(&["vouch"], "words");
    let words: Vec<&str> = words.as_str().unwrap().split(' ').collect();
    heron.good(&[&["--yes", "vouch", "wren", "--words"], &words[..]].concat());
    wait_for("wren to be a member", || records(&wren) == 2);
    let placed = wren.value(&["in", "40", "EUR", "--from", "street collection"], "position");
    assert_eq!(placed, 2);
    wait_for("the entry to be everywhere", || [&robin, &heron, &wren].iter().all(|who| records(who) == 3));
    heron.good(&["audit"]);
    wren.good(&["audit"]);

    // Once the routers let the two speak directly, the relay is not needed any more.
    wait_for("the direct connection", || is_direct(&wren, &heron_key));
    robin.stop_node();
    // A connection whose end was not told is taken to be gone after a while.
    wait_within(Duration::from_secs(90), "the relay to be gone", || peers(&wren).len() == 1);
    let placed = wren.value(&["in", "2", "EUR", "--from", "jar"], "position");
    assert_eq!(placed, 3);
}

#[test]
fn a_stranger_is_not_passed_on_to_a_home_behind_a_router() {
    let mut town = match Town::new("b") {
        Ok(town) => town,
        Err(reason) => return println!("skipped: homes behind routers: {reason}"),
    };
    let (outside, oak) = (town.on_the_street("out", OUTSIDE).unwrap(), town.house("oak", 1).unwrap());
    let corner = town.on_the_street("corner", 11).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut robin = Person::in_place(folder.path(), "robin", &outside, PORT);
    let heron = Person::in_place(folder.path(), "heron", &oak, PORT);
    let crow = Person::in_place(folder.path(), "crow", &corner, PORT);
    robin.start_node();
    heron.good(&["--yes", "found", "Oak Street", "--money", "EUR", "--zone", "UTC"]);
    heron.good(&["node", "--background", "--connect", &at_robin()]);
    robin.good(&["follow", heron.value(&["card"], "card").as_str().unwrap()]);
    let relayed = || own_addresses(&heron).into_iter().find(|a| a.contains("p2p-circuit"));
    wait_for("a way in through the relay", || relayed().is_some());

    crow.good(&["--yes", "found", "Elsewhere", "--money", "EUR", "--zone", "UTC"]);
    crow.good(&["node", "--background", "--connect", &relayed().unwrap()]);
    wait_for("the relay to be reached", || is_connected(&crow, &node_key(&robin)));
    // Time in which a neighbour is passed on several times over.
    std::thread::sleep(std::time::Duration::from_secs(5));
    assert!(!is_connected(&crow, &node_key(&heron)), "a stranger was passed on");
}
