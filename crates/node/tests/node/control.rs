//! The control socket: who does not have the token gets nothing, and garbage harms nobody.

use crate::homes::TestHome;
use lifeboat_node::control::Control;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Sends bytes to the control socket of a running node, and what comes back.
fn send(heron: &TestHome, bytes: &[u8]) -> String {
    let file = std::fs::read_to_string(heron.home.node_file()).unwrap();
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    let mut stream = TcpStream::connect(file["address"].as_str().unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn a_wrong_token_and_garbage_get_no_answer_and_the_node_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    heron.start();
    let wrong = format!("{{\"token\":\"{}\"}}\n\"overview\"\n", "00".repeat(32));
    for bytes in [
        wrong.as_bytes(),
        b"\"overview\"\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\xff\xfe\n",
        b"\n\n\n",
        &vec![b'a'; 5_000_000],
        b"",
    ] {
        let answer = send(&heron, bytes);
        assert!(!answer.contains("node_key"), "{answer}");
        assert!(!answer.contains("\"welcome\""), "{answer}");
    }
    assert!(send(&heron, wrong.as_bytes()).contains("wrong_token"));
    let token: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(heron.home.node_file()).unwrap()).unwrap();
    let hello = format!("{{\"token\":{}}}\n", token["token"]);
    let answer = send(&heron, format!("{hello}\"no_such_word\"\n{{\"view\":7}}\n\"overview\"\n").as_bytes());
    assert_eq!(answer.matches("not_understood").count(), 2, "{answer}");
    assert!(answer.contains("node_key"), "{answer}");
    assert!(heron.overview().node_running);
}

#[cfg(unix)]
#[test]
fn the_token_is_for_this_user_alone_and_goes_with_the_node() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    assert!(Control::connect(&heron.home).is_none());
    heron.start();
    let mode = std::fs::metadata(heron.home.node_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(Control::connect(&heron.home).is_some());
    heron.stop();
    assert!(!heron.home.node_file().exists());
    assert!(Control::connect(&heron.home).is_none());
}

#[test]
fn what_a_dead_node_left_behind_misleads_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut heron = TestHome::new(folder.path(), "heron");
    heron.start();
    let left = std::fs::read(heron.home.node_file()).unwrap();
    heron.stop();
    for garbage in [&left[..], b"{}", b"\xff", b""] {
        std::fs::write(heron.home.node_file(), garbage).unwrap();
        assert!(!heron.overview().node_running);
    }
}
