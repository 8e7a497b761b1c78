//! The witness over HTTP, as a log asks it: the exact answers, bounds, and what a restart remembers.

use crate::homes::TestHome;
use lifeboat_log::testing::TestLog;
use lifeboat_log::tree::{Frontier, consistency_proof};
use lifeboat_log::{Checkpoint, Record, SignedCheckpoint, note};
use lifeboat_node::ask::LogSetting;
use lifeboat_node::wire::{Blob, Plain};
use lifeboat_node::{Answer, Ask};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Asks over a fresh connection; gives status, head and body.
fn ask(at: SocketAddr, head: &str, body: &[u8]) -> (u16, String, String) {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head =
        format!("{head} HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    (status, head.to_lowercase(), body.to_owned())
}

struct Log {
    log: TestLog,
    records: Vec<Record>,
}

impl Log {
    fn signed(&self, size: usize) -> SignedCheckpoint {
        let mut tree = Frontier::default();
        self.records[..size].iter().for_each(|record| tree.push(record.leaf()));
        let origin = self.log.chain.open().unwrap().origin(self.log.cell());
        Checkpoint { origin, size: size as u64, root: tree.root() }.sign(&self.log.term_key)
    }

    fn body(&self, old: usize, size: usize) -> Vec<u8> {
        let node = |level: u8, index: u64| {
            let mut tree = Frontier::default();
            let leaves = self.records.iter().skip((index << level) as usize).take(1 << level);
            leaves.for_each(|record| tree.push(record.leaf()));
            Ok::<_, std::convert::Infallible>(tree.root())
        };
        let proof = consistency_proof(old as u64, size as u64, node).unwrap();
        let hashes: String =
            proof.iter().map(|hash| format!("{}\n", Blob(hash.0.to_vec()).write())).collect();
        [format!("old {old}\n{hashes}\n").as_bytes(), &self.signed(size).to_bytes()].concat()
    }
}

#[test]
fn a_log_of_others_is_cosigned_by_the_specification_and_across_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let mut home = TestHome::new(folder.path(), "heron");
    let (mut log, founding) = TestLog::found(1);
    let mut records = vec![founding];
    records.extend(log.grow(9));
    let log = Log { log, records };
    let origin = log.signed(1).origin.to_string();
    let key = note::verifier_key(&origin, note::ED25519, &log.log.term_key.public().0);
    let at: SocketAddr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    home.ask(Ask::Trust { log: LogSetting { origin: origin.clone(), key } });
    home.ask(Ask::ServeWitness { listen: at.to_string() });
    home.start();
    let add = "POST /add-checkpoint";
    let (status, head, body) = ask(at, add, &log.body(0, 3));
    assert_eq!((status, head.contains("text/plain")), (200, true), "{body}");
    let line = body.strip_suffix('\n').unwrap();
    let noted = [&log.signed(3).to_bytes()[..], line.as_bytes(), b"\n"].concat();
    let Answer::Logs(logs) = home.ask(Ask::Logs) else { panic!() };
    let name = logs.key.split('+').next().unwrap();
    assert!(line.starts_with(&format!("\u{2014} {name} ")), "{line}");
    assert!(note::Note::parse(&noted).is_ok());
    assert_eq!(ask(at, add, &log.body(3, 3)).2, body, "the same answer again");
    let (status, head, body) = ask(at, add, &log.body(0, 5));
    assert_eq!((status, body.as_str(), head.contains("text/x.tlog.size")), (409, "3\n", true));
    assert_eq!(ask(at, add, &log.body(3, 7)).0, 200);
    home.stop();
    home.start();
    assert_eq!(ask(at, add, &log.body(3, 7)).2, "7\n", "it remembers");
    assert_eq!(ask(at, add, &log.body(7, 9)).0, 200);
    let wrong = String::from_utf8(log.body(9, 10)).unwrap().replacen(
        "old 9\n",
        "old 9\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        1,
    );
    assert_eq!(ask(at, add, wrong.as_bytes()).0, 422);
    assert_eq!(ask(at, add, b"garbage").0, 400);
    let (status, _, _) = ask(at, add, &vec![b'x'; 80_000]);
    assert!([0, 400].contains(&status), "no more is read than a request can have: {status}");
    assert_eq!(ask(at, "POST /elsewhere", b"").0, 404);
    let (status, _, body) = ask(at, "GET /", b"");
    assert_eq!((status, body), (200, format!("{}\n", logs.key)));
    home.ask(Ask::Distrust { origin });
    assert_eq!(ask(at, add, &log.body(9, 10)).0, 404);
}
