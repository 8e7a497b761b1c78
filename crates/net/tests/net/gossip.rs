//! Announcements: who hears them, and when they go on.

use crate::support::{SOON, TCP, TestNode, news, until};
use lifeboat_net::limits::Rate;
use lifeboat_net::{Limits, NetEvent, Verdict};
use lifeboat_protocol::Announcement;
use std::time::Duration;
use tokio::time::timeout;

fn announced(event: NetEvent) -> Option<(Announcement, Verdict)> {
    match event {
        NetEvent::Announced { announcement, verdict, .. } => Some((announcement, verdict)),
        _ => None,
    }
}

/// Announces until the other side heard it: who follows what takes a moment to get about.
async fn announce_until_heard(from: &TestNode, to: &mut TestNode, n: u8) -> (Announcement, Verdict) {
    let handle = from.handle.clone();
    let telling = tokio::spawn(async move {
        for count in 0.. {
            handle.announce(&news(n, &format!("news {count}"))).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let heard = to.next(announced).await;
    telling.abort();
    heard
}

#[tokio::test]
async fn a_follower_hears_of_its_cell_and_who_does_not_follow_hears_nothing() {
    let keeper = TestNode::tcp(21);
    let mut follower = TestNode::tcp(22);
    let mut other = TestNode::tcp(23);
    follower.handle.follow(news(1, "").cell).await.unwrap();
    other.handle.follow(news(2, "").cell).await.unwrap();
    follower.dial(&keeper).await;
    other.dial(&keeper).await;
    let (heard, _) = announce_until_heard(&keeper, &mut follower, 1).await;
    assert_eq!(heard.cell, news(1, "").cell);
    // The other is reached by what it follows, and by nothing else.
    let (heard, _) = announce_until_heard(&keeper, &mut other, 2).await;
    assert_eq!(heard.cell, news(2, "").cell);
    while let Ok(event) = other.events.try_recv() {
        assert!(announced(event).is_none_or(|(heard, _)| heard.cell == news(2, "").cell));
    }
}

#[tokio::test]
async fn an_announcement_goes_on_only_after_the_nodes_verdict() {
    let source = TestNode::tcp(24);
    let mut middle = TestNode::tcp(25);
    let mut end = TestNode::tcp(26);
    for node in [&source, &middle, &end] {
        node.handle.follow(news(3, "").cell).await.unwrap();
    }
    middle.dial(&source).await;
    middle.dial(&end).await;
    let (_, verdict) = announce_until_heard(&source, &mut middle, 3).await;
    verdict.ignore();
    // All that was announced meanwhile waits for a verdict or was dropped: nothing reaches the end.
    assert!(timeout(Duration::from_millis(700), end.next(announced)).await.is_err());
    source.handle.announce(&news(3, "true news")).await.unwrap();
    let verdict = middle.next(|e| announced(e).filter(|(heard, _)| *heard == news(3, "true news"))).await.1;
    verdict.accept();
    let (heard, _) = end.next(announced).await;
    assert_eq!(heard, news(3, "true news"));
}

#[tokio::test]
async fn who_follows_no_longer_hears_no_more() {
    let keeper = TestNode::tcp(27);
    let mut follower = TestNode::tcp(28);
    follower.handle.follow(news(4, "").cell).await.unwrap();
    follower.dial(&keeper).await;
    announce_until_heard(&keeper, &mut follower, 4).await;
    follower.handle.unfollow(news(4, "").cell).await.unwrap();
    follower.handle.peers().await.unwrap(); // the task has done it
    while follower.events.try_recv().is_ok() {}
    for n in 0..5 {
        keeper.handle.announce(&news(4, &format!("late {n}"))).await.unwrap();
    }
    let late = timeout(Duration::from_millis(500), follower.next(announced)).await;
    assert!(late.is_err(), "{late:?}");
}

#[tokio::test]
async fn announcements_over_the_rate_are_forgotten() {
    let rate = Rate { burst: 10, per_second: 0.01 };
    let keeper = TestNode::tcp(29);
    let mut follower = TestNode::listening(30, &[TCP], Limits { gossip_rate: rate, ..Limits::default() });
    follower.handle.follow(news(5, "").cell).await.unwrap();
    follower.dial(&keeper).await;
    announce_until_heard(&keeper, &mut follower, 5).await.1.accept();
    for n in 0..200 {
        let _ = keeper.handle.announce(&news(5, &format!("flood {n}"))).await;
    }
    let mut heard = 1;
    while let Ok((_, verdict)) = timeout(Duration::from_secs(1), follower.next(announced)).await {
        verdict.accept();
        heard += 1;
    }
    assert!((2..=10).contains(&heard), "heard {heard}");
    // The peer is not cut off for it, and requests still pass.
    until(|| async { keeper.handle.peers().await.is_ok_and(|peers| peers.contains(&follower.handle.key())) })
        .await;
    assert!(timeout(SOON, keeper.handle.peers()).await.is_ok());
}

#[tokio::test]
async fn an_announcement_that_nobody_may_make_is_refused_by_peers_that_make_it() {
    let mut limits = Limits { fault_rate: Rate { burst: 2, per_second: 0.01 }, ..Limits::default() };
    limits.refuse_for = Duration::from_secs(60);
    let liar = TestNode::tcp(31);
    let mut follower = TestNode::listening(32, &[TCP], limits);
    follower.handle.follow(news(6, "").cell).await.unwrap();
    follower.dial(&liar).await;
    announce_until_heard(&liar, &mut follower, 6).await.1.reject();
    for n in 0..20 {
        let _ = liar.handle.announce(&news(6, &format!("lie {n}"))).await;
    }
    follower
        .next(|event| match event {
            NetEvent::Announced { verdict, .. } => {
                verdict.reject();
                None
            }
            NetEvent::Disconnected { peer } => (peer == liar.handle.key()).then_some(()),
            _ => None,
        })
        .await;
}
