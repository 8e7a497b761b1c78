//! Nodes for tests: started in one line, and stopped when dropped.

use lifeboat_log::codec::Bytes;
use lifeboat_log::{CellId, Position, SecretKey, Term};
use lifeboat_net::{Limits, NetConfig, NetEvent, NetHandle, ReachConfig, start};
use lifeboat_protocol::{Announcement, News, RangeAsk, Request, Response};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Time in which anything on loopback happens, also on a busy machine.
pub const SOON: Duration = Duration::from_secs(30);

pub const TCP: &str = "/ip4/127.0.0.1/tcp/0";
pub const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";

pub struct TestNode {
    pub handle: NetHandle,
    pub events: mpsc::Receiver<NetEvent>,
}

impl TestNode {
    pub fn listening(seed: u8, listen: &[&str], limits: Limits) -> Self {
        let listen = listen.iter().map(|addr| (*addr).to_owned()).collect();
        let key = SecretKey::from_seed(&[seed; 32]);
        let (handle, events) =
            start(&NetConfig { key, listen, mdns: false, reach: ReachConfig::default(), limits }).unwrap();
        Self { handle, events }
    }

    pub fn tcp(seed: u8) -> Self {
        Self::listening(seed, &[TCP], Limits::default())
    }

    pub async fn addr(&self) -> String {
        self.handle.listen_addrs().await.into_iter().next().unwrap()
    }

    pub async fn dial(&self, other: &Self) {
        assert_eq!(self.handle.dial(&other.addr().await).await, Ok(other.handle.key()));
    }

    /// The next event that `pick` wants; the others are dropped.
    pub async fn next<T>(&mut self, mut pick: impl FnMut(NetEvent) -> Option<T>) -> T {
        let search = async {
            loop {
                let event = self.events.recv().await.expect("the network runs");
                if let Some(found) = pick(event) {
                    return found;
                }
            }
        };
        timeout(SOON, search).await.expect("it happens soon")
    }

    /// Answers every request with what `answer` makes of it, from a task of its own.
    pub fn answering(mut self, answer: impl Fn(Request) -> Response + Send + 'static) -> NetHandle {
        let handle = self.handle.clone();
        tokio::spawn(async move {
            while let Some(event) = self.events.recv().await {
                if let NetEvent::Request { request, reply, .. } = event {
                    reply.send(&answer(request)).unwrap();
                }
            }
        });
        handle
    }
}

/// A cell for tests.
pub fn cell(n: u8) -> CellId {
    CellId([n; 32])
}

/// A request that says a number.
pub fn have(n: u64) -> Request {
    Request::Have { cell: cell(1), next: Position(n) }
}

/// A question for a range from a position on.
pub fn ask_from(n: u64) -> RangeAsk {
    RangeAsk { cell: cell(1), term: Term::FIRST, from: Position(n) }
}

/// An announcement with any bytes for its checkpoint: the network does not read it.
pub fn news(n: u8, text: &str) -> Announcement {
    Announcement { cell: cell(n), news: News::Checkpoint(Bytes::new(text.as_bytes().to_vec()).unwrap()) }
}

/// Waits until it holds.
pub async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, wait).await.expect("it comes to hold soon");
}
