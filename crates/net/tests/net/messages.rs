//! Requests and their answers.

use crate::support::{QUIC, SOON, TCP, TestNode, cell, have};
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::limits::{MAX_DETAIL, MAX_DETAILS};
use lifeboat_log::{Position, PublicKey};
use lifeboat_net::limits::Rate;
use lifeboat_net::{Limits, NetError, NetEvent};
use lifeboat_protocol::limits::{MAX_DETAILS_ASKED, MAX_ENTRY};
use lifeboat_protocol::{Refusal, Request, Response};
use std::time::{Duration, Instant};

async fn a_request_is_answered_over(listen: &str) {
    let server = TestNode::listening(1, &[listen], Limits::default());
    let client = TestNode::listening(2, &[], Limits::default());
    client.dial(&server).await;
    assert!(server.addr().await.contains("/p2p/"));
    let server = server.answering(|request| match request {
        Request::Have { next, .. } => Response::tip(None, vec![Position(next.0 + 1)]),
        _ => Response::Noted,
    });
    for n in [0, 7, u64::MAX - 1] {
        let answer = client.handle.request(server.key(), &have(n)).await;
        assert_eq!(answer, Ok(Response::tip(None, vec![Position(n + 1)])));
    }
    assert_eq!(client.handle.peers().await, Ok(vec![server.key()]));
}

#[tokio::test]
async fn a_request_is_answered_over_tcp() {
    a_request_is_answered_over(TCP).await;
}

#[tokio::test]
async fn a_request_is_answered_over_quic() {
    a_request_is_answered_over(QUIC).await;
}

#[tokio::test]
async fn the_longest_messages_of_the_protocol_pass() {
    let server = TestNode::tcp(3);
    let client = TestNode::tcp(4);
    client.dial(&server).await;
    let detail = || Bytes::new(vec![7; MAX_DETAIL]).unwrap();
    let longest =
        Response::Details { details: List::new((0..MAX_DETAILS_ASKED).map(|_| detail()).collect()).unwrap() };
    let expected = longest.clone();
    let server = server.answering(move |_| longest.clone());
    let request = Request::Submit {
        cell: cell(1),
        entry: Bytes::new(vec![1; MAX_ENTRY]).unwrap(),
        details: List::new((0..MAX_DETAILS).map(|_| detail()).collect()).unwrap(),
        passed_on: false,
    };
    assert_eq!(client.handle.request(server.key(), &request).await, Ok(expected));
}

#[tokio::test]
async fn a_reply_that_is_dropped_is_no_answer_and_an_unknown_peer_is_not_connected() {
    let mut server = TestNode::tcp(5);
    let client = TestNode::tcp(6);
    client.dial(&server).await;
    let asking = {
        let (handle, key) = (client.handle.clone(), server.handle.key());
        tokio::spawn(async move { handle.request(key, &have(1)).await })
    };
    server.next(|event| matches!(event, NetEvent::Request { .. }).then_some(())).await;
    assert_eq!(asking.await.unwrap(), Err(NetError::NoAnswer));
    let stranger = lifeboat_log::SecretKey::from_seed(&[99; 32]).public();
    assert_eq!(client.handle.request(stranger, &have(1)).await, Err(NetError::NotConnected(stranger)));
    let no_key = PublicKey([0xff; 32]);
    assert!(matches!(client.handle.request(no_key, &have(1)).await, Err(NetError::BadKey(_))));
}

#[tokio::test]
async fn a_node_that_never_answers_is_given_up() {
    let limits = Limits { request_timeout: Duration::from_millis(500), ..Limits::default() };
    let mut server = TestNode::tcp(7);
    let client = TestNode::listening(8, &[], limits);
    client.dial(&server).await;
    let asking = {
        let (handle, key) = (client.handle.clone(), server.handle.key());
        tokio::spawn(async move { handle.request(key, &have(1)).await })
    };
    let reply = server
        .next(|event| if let NetEvent::Request { reply, .. } = event { Some(reply) } else { None })
        .await;
    assert_eq!(asking.await.unwrap(), Err(NetError::TimedOut));
    let _ = reply.send(&Response::Noted); // nobody waits any more: no error, no harm
}

#[tokio::test]
async fn more_requests_than_the_rate_wait_their_turn() {
    let rate = Rate { burst: 5, per_second: 50.0 };
    let server = TestNode::listening(9, &[TCP], Limits { request_rate: rate, ..Limits::default() });
    let client = TestNode::tcp(10);
    client.dial(&server).await;
    let server = server.answering(|_| Response::Noted);
    let start = Instant::now();
    let asking: Vec<_> = (0..55)
        .map(|n| {
            let handle = client.handle.clone();
            let key = server.key();
            tokio::spawn(async move { handle.request(key, &have(n)).await })
        })
        .collect();
    for asking in asking {
        assert_eq!(asking.await.unwrap(), Ok(Response::Noted));
    }
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(950), "50 over the burst at 50 a second took {took:?}");
    assert!(took < SOON);
}

#[tokio::test]
async fn more_requests_than_may_wait_are_refused_and_a_peer_that_goes_on_is_cut_off() {
    let mut limits = Limits { request_rate: Rate { burst: 1, per_second: 0.1 }, ..Limits::default() };
    limits.requests_in.per_peer = 4;
    limits.fault_rate = Rate { burst: 3, per_second: 0.01 };
    let mut server = TestNode::listening(11, &[TCP], limits);
    let client = TestNode::tcp(12);
    client.dial(&server).await;
    let key = server.handle.key();
    // The server's node takes requests and never answers them.
    let asking: Vec<_> = (0..16)
        .map(|n| {
            let handle = client.handle.clone();
            tokio::spawn(async move { handle.request(key, &have(n)).await })
        })
        .collect();
    server.next(|event| matches!(event, NetEvent::Disconnected { .. }).then_some(())).await;
    let mut answers = Vec::new();
    for asking in asking {
        answers.push(asking.await.unwrap());
    }
    let too_many = Ok(Response::Refused(Refusal::new(Refusal::TOO_MANY)));
    assert!(answers.contains(&too_many) || answers.contains(&Err(NetError::Cut)), "{answers:?}");
    // It is refused for a while now.
    let addr = server.addr().await;
    let again = client.handle.dial(&addr).await;
    let still_there = client.handle.request(key, &have(1)).await;
    assert!(again.is_err() || still_there.is_err(), "{again:?} {still_there:?}");
}
