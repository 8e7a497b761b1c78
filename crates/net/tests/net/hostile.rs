//! Peers that send what no node sends. The node under attack serves honest peers all the while.

use crate::support::{SOON, TCP, TestNode, ask_from, have};
use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};
use lifeboat_net::limits::{MAX_REQUEST, Rate};
use lifeboat_net::{Limits, NetEvent, peer_id};
use lifeboat_protocol::Response;
use std::time::Duration;
use tokio::time::timeout;

const MESSAGE: StreamProtocol = StreamProtocol::new("/lifeboat/message/1");
const RANGE: StreamProtocol = StreamProtocol::new("/lifeboat/range/1");

/// A peer that writes any bytes on any protocol.
struct Hostile {
    control: libp2p_stream::Control,
    target: PeerId,
}

impl Hostile {
    async fn connect(target: &TestNode) -> Self {
        let peer = peer_id(&target.handle.key()).unwrap();
        let mut swarm: Swarm<libp2p_stream::Behaviour> = SwarmBuilder::with_new_identity()
            .with_tokio()
            .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
            .unwrap()
            .with_behaviour(|_| libp2p_stream::Behaviour::new())
            .unwrap()
            .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60)))
            .build();
        let control = swarm.behaviour().new_control();
        swarm.dial(target.addr().await.parse::<Multiaddr>().unwrap()).unwrap();
        tokio::spawn(async move {
            loop {
                swarm.next().await;
            }
        });
        Self { control, target: peer }
    }

    /// Writes the bytes, ends the stream, and returns what comes back. None when the stream fails.
    async fn say(&mut self, protocol: StreamProtocol, bytes: &[u8]) -> Option<Vec<u8>> {
        let exchange = async {
            let mut stream = self.control.open_stream(self.target, protocol).await.ok()?;
            stream.write_all(bytes).await.ok()?;
            stream.close().await.ok()?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.ok()?;
            Some(answer)
        };
        timeout(SOON, exchange).await.expect("a stream ends")
    }
}

/// Limits under which faults are counted and nobody is refused for them.
fn patient() -> Limits {
    Limits { fault_rate: Rate { burst: 1 << 20, per_second: 1.0 }, ..Limits::default() }
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_le_bytes()[..], bytes].concat()
}

/// Bytes that are no message, each in its own way.
fn garbage() -> Vec<Vec<u8>> {
    let good = have(7).encode();
    let mut all = vec![
        vec![],
        vec![0],
        vec![0xff; 3],
        framed(&[]),
        framed(&[0xff; 64]),
        u32::MAX.to_le_bytes().to_vec(),
        (MAX_REQUEST as u32 + 1).to_le_bytes().to_vec(),
        (MAX_REQUEST as u32).to_le_bytes().to_vec(),
        [framed(&good), good.clone()].concat()[..good.len() + 3].to_vec(),
        framed(&[&good[..], &[0]].concat()),
        framed(&vec![0; MAX_REQUEST]),
    ];
    all.extend((0..good.len()).map(|len| framed(&good[..len])));
    // Pseudo-random bytes, the same in every run.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for len in 0..64 {
        let bytes = (0..len * 7).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        });
        all.push(bytes.collect());
    }
    all
}

#[tokio::test]
async fn garbage_on_the_message_stream_gets_no_answer_and_harms_nobody() {
    let server = TestNode::listening(91, &[TCP], patient());
    let honest = TestNode::tcp(92);
    honest.dial(&server).await;
    let mut hostile = Hostile::connect(&server).await;
    let server = server.answering(|_| Response::Noted);
    assert!(hostile.say(MESSAGE, &framed(&have(1).encode())).await.is_some_and(|answer| !answer.is_empty()));
    for bytes in garbage() {
        let answer = hostile.say(MESSAGE, &bytes).await;
        assert!(answer.is_none_or(|answer| answer.is_empty()), "an answer to {bytes:?}");
    }
    assert_eq!(honest.handle.request(server.key(), &have(1)).await, Ok(Response::Noted));
}

#[tokio::test]
async fn garbage_on_the_range_stream_reaches_no_node_and_harms_nobody() {
    let mut server = TestNode::listening(
        93,
        &[TCP],
        Limits { range_rate: Rate { burst: 9999, per_second: 1e3 }, ..patient() },
    );
    let honest = TestNode::tcp(94);
    honest.dial(&server).await;
    let mut hostile = Hostile::connect(&server).await;
    for bytes in garbage() {
        let answer = hostile.say(RANGE, &bytes).await;
        assert!(answer.is_none_or(|answer| answer.is_empty()));
    }
    let _stream = honest.handle.open_range(server.handle.key(), &ask_from(5)).await.unwrap();
    let (peer, ask) = server
        .next(
            |event| if let NetEvent::RangeAsked { peer, ask, .. } = event { Some((peer, ask)) } else { None },
        )
        .await;
    assert_eq!(
        (peer, ask),
        (honest.handle.key(), ask_from(5)),
        "the first question that the node sees is honest"
    );
}

#[tokio::test]
async fn a_peer_that_sends_only_garbage_is_refused() {
    let limits = Limits { fault_rate: Rate { burst: 5, per_second: 0.01 }, ..Limits::default() };
    let mut server = TestNode::listening(95, &[TCP], limits);
    let mut hostile = Hostile::connect(&server).await;
    for _ in 0..20 {
        hostile.say(MESSAGE, &framed(&[0xff; 64])).await;
    }
    server.next(|event| matches!(event, NetEvent::Disconnected { .. }).then_some(())).await;
    assert_eq!(server.handle.peers().await, Ok(vec![]));
}

#[tokio::test]
async fn streams_that_are_opened_and_left_are_closed_in_time() {
    let limits = Limits { request_timeout: Duration::from_millis(500), ..patient() };
    let server = TestNode::listening(96, &[TCP], limits);
    let honest = TestNode::tcp(97);
    honest.dial(&server).await;
    let mut hostile = Hostile::connect(&server).await;
    let server = server.answering(|_| Response::Noted);
    let mut left = Vec::new();
    for protocol in [MESSAGE, RANGE] {
        for _ in 0..30 {
            let opened =
                timeout(SOON, hostile.control.open_stream(hostile.target, protocol.clone())).await.unwrap();
            if let Ok(mut stream) = opened {
                let _ = stream.write_all(&[9, 0]).await; // half a length
                let _ = stream.flush().await;
                left.push(stream);
            }
        }
    }
    assert_eq!(honest.handle.request(server.key(), &have(1)).await, Ok(Response::Noted));
    for mut stream in left {
        let mut answer = Vec::new();
        let ended = timeout(SOON, stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "the node ends a stream on which nothing comes");
        assert!(answer.is_empty());
    }
}
