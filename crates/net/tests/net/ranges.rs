//! Range streams: order, cuts and bounds.

use crate::support::{QUIC, SOON, TCP, TestNode, ask_from};
use lifeboat_net::limits::{MAX_FRAME, Rate};
use lifeboat_net::{Limits, NetError, NetEvent, RangeStream};
use lifeboat_protocol::RangeAsk;
use std::time::Duration;
use tokio::time::timeout;

const FRAMES: u64 = 50_000;

fn range_asked(event: NetEvent) -> Option<(RangeAsk, RangeStream)> {
    match event {
        NetEvent::RangeAsked { ask, stream, .. } => Some((ask, stream)),
        _ => None,
    }
}

fn frame(n: u64) -> Vec<u8> {
    let mut frame = vec![n as u8; 100 + (n % 600) as usize];
    frame[..8].copy_from_slice(&n.to_le_bytes());
    frame
}

/// Sends the frames that are asked for, up to `until`, and says it is done if those are all.
async fn serve(ask: RangeAsk, mut stream: RangeStream, until: u64) -> Result<(), NetError> {
    for n in ask.from.0..until {
        stream.send_frame(&frame(n)).await?;
    }
    stream.flush().await?;
    if until == FRAMES { stream.finish().await } else { Ok(()) }
}

async fn fifty_thousand_frames_arrive_in_order_over(listen: &str) {
    let mut server = TestNode::listening(41, &[listen], Limits::default());
    let client = TestNode::listening(42, &[], Limits::default());
    client.dial(&server).await;
    let key = server.handle.key();
    let serving = tokio::spawn(async move {
        let (ask, stream) = server.next(range_asked).await;
        let served = serve(ask, stream, FRAMES).await;
        (served, server)
    });
    let mut stream = client.handle.open_range(key, &ask_from(0)).await.unwrap();
    assert_eq!(stream.peer(), key);
    let mut next = 0;
    while let Some(got) = stream.next_frame().await.unwrap() {
        assert_eq!(got, frame(next));
        next += 1;
    }
    assert_eq!(next, FRAMES);
    assert_eq!(stream.next_frame().await, Ok(None));
    let bytes: u64 = (0..FRAMES).map(|n| frame(n).len() as u64 + 4).sum();
    assert_eq!(stream.received(), bytes + 4);
    assert_eq!(serving.await.unwrap().0, Ok(()));
}

#[tokio::test]
async fn fifty_thousand_frames_arrive_in_order_over_tcp() {
    fifty_thousand_frames_arrive_in_order_over(TCP).await;
}

#[tokio::test]
async fn fifty_thousand_frames_arrive_in_order_over_quic() {
    fifty_thousand_frames_arrive_in_order_over(QUIC).await;
}

/// Cuts the connection in the middle, then goes on where it stopped.
async fn a_cut_is_an_error_and_the_rest_follows_over(listen: &str) {
    let mut server = TestNode::listening(43, &[listen], Limits::default());
    let client = TestNode::listening(44, &[], Limits::default());
    let addr = server.addr().await;
    client.handle.dial(&addr).await.unwrap();
    let key = server.handle.key();
    let mut stream = client.handle.open_range(key, &ask_from(0)).await.unwrap();
    let (ask, out) = server.next(range_asked).await;
    let serving = tokio::spawn(serve(ask, out, FRAMES));
    let mut next = 0;
    while next < 1000 {
        assert_eq!(stream.next_frame().await, Ok(Some(frame(next))));
        next += 1;
    }
    server.handle.disconnect(client.handle.key()).await.unwrap();
    let cut = loop {
        match stream.next_frame().await {
            Ok(Some(got)) => {
                assert_eq!(got, frame(next));
                next += 1;
            }
            other => break other,
        }
    };
    assert_eq!(cut, Err(NetError::Cut));
    assert!(next < FRAMES, "it was cut before the end");
    assert!(serving.await.unwrap().is_err());
    // The node dials again and asks from where it stands.
    client.handle.dial(&addr).await.unwrap();
    let mut stream = client.handle.open_range(key, &ask_from(next)).await.unwrap();
    let (ask, out) = server.next(range_asked).await;
    assert_eq!(ask, ask_from(next));
    let serving = tokio::spawn(serve(ask, out, FRAMES));
    while let Some(got) = stream.next_frame().await.unwrap() {
        assert_eq!(got, frame(next));
        next += 1;
    }
    assert_eq!(next, FRAMES);
    assert_eq!(serving.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_cut_is_an_error_and_the_rest_follows_over_tcp() {
    a_cut_is_an_error_and_the_rest_follows_over(TCP).await;
}

#[tokio::test]
async fn a_cut_is_an_error_and_the_rest_follows_over_quic() {
    a_cut_is_an_error_and_the_rest_follows_over(QUIC).await;
}

#[tokio::test]
async fn a_sender_that_stops_without_saying_it_is_done_is_a_cut() {
    let mut server = TestNode::tcp(45);
    let client = TestNode::tcp(46);
    client.dial(&server).await;
    let mut stream = client.handle.open_range(server.handle.key(), &ask_from(0)).await.unwrap();
    let (ask, out) = server.next(range_asked).await;
    serve(ask, out, 10).await.unwrap();
    for n in 0..10 {
        assert_eq!(stream.next_frame().await, Ok(Some(frame(n))));
    }
    assert_eq!(stream.next_frame().await, Err(NetError::Cut));
}

#[tokio::test]
async fn the_longest_frame_passes_and_a_longer_one_is_refused() {
    let mut server = TestNode::tcp(47);
    let client = TestNode::tcp(48);
    client.dial(&server).await;
    let mut stream = client.handle.open_range(server.handle.key(), &ask_from(0)).await.unwrap();
    let (_, mut out) = server.next(range_asked).await;
    let too_long = vec![7; MAX_FRAME + 1];
    let refused = NetError::TooLarge { len: too_long.len(), max: MAX_FRAME };
    assert_eq!(out.send_frame(&too_long).await, Err(refused));
    let sending = tokio::spawn(async move {
        out.send_frame(&too_long[..MAX_FRAME]).await.unwrap();
        out.finish().await.unwrap();
    });
    assert_eq!(stream.next_frame().await.unwrap().map(|frame| frame.len()), Some(MAX_FRAME));
    assert_eq!(stream.next_frame().await, Ok(None));
    sending.await.unwrap();
}

#[tokio::test]
async fn who_reads_slowly_makes_the_sender_wait_and_then_give_up() {
    let limits = Limits { silence_timeout: Duration::from_millis(700), ..Limits::default() };
    let mut server = TestNode::listening(49, &[TCP], limits);
    let client = TestNode::tcp(50);
    client.dial(&server).await;
    let stream = client.handle.open_range(server.handle.key(), &ask_from(0)).await.unwrap();
    let (_, mut out) = server.next(range_asked).await;
    let frame = vec![7; 64 * 1024];
    let mut sent = 0;
    let end = loop {
        match timeout(SOON, out.send_frame(&frame)).await.unwrap() {
            Ok(()) => sent += frame.len(),
            Err(error) => break error,
        }
    };
    assert_eq!(end, NetError::TimedOut);
    assert!(sent < 32 << 20, "{sent} bytes were taken by a peer that read none");
    drop(stream);
}

#[tokio::test]
async fn a_silent_sender_is_given_up() {
    let limits = Limits { silence_timeout: Duration::from_millis(300), ..Limits::default() };
    let mut server = TestNode::tcp(51);
    let client = TestNode::listening(52, &[], limits);
    client.dial(&server).await;
    let mut stream = client.handle.open_range(server.handle.key(), &ask_from(0)).await.unwrap();
    let held = server.next(range_asked).await;
    assert_eq!(stream.next_frame().await, Err(NetError::TimedOut));
    drop(held);
}

#[tokio::test]
async fn streams_over_the_share_of_one_peer_and_over_its_rate_are_closed() {
    let mut limits = Limits { range_rate: Rate { burst: 4, per_second: 0.01 }, ..Limits::default() };
    limits.ranges_in.per_peer = 2;
    let mut server = TestNode::listening(53, &[TCP], limits);
    let client = TestNode::tcp(54);
    client.dial(&server).await;
    let key = server.handle.key();
    let mut held = Vec::new();
    for _ in 0..2 {
        let stream = client.handle.open_range(key, &ask_from(0)).await.unwrap();
        held.push((stream, server.next(range_asked).await));
    }
    // A third at once is one too many. It may already fail when the question is sent.
    if let Ok(mut third) = client.handle.open_range(key, &ask_from(0)).await {
        assert_eq!(third.next_frame().await, Err(NetError::Cut));
    }
    held.clear();
    // The fourth is the last that the rate allows, the fifth is over it.
    let fourth = client.handle.open_range(key, &ask_from(0)).await.unwrap();
    let fourth = (fourth, server.next(range_asked).await);
    if let Ok(mut fifth) = client.handle.open_range(key, &ask_from(0)).await {
        assert_eq!(fifth.next_frame().await, Err(NetError::Cut));
    }
    drop(fourth);
}
