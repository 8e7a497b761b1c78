//! Connections: who may connect, who is told, and how it ends.

use crate::support::{QUIC, SOON, TCP, TestNode, cell, have, news, until};
use lifeboat_log::SecretKey;
use lifeboat_net::limits::Rate;
use lifeboat_net::{Limits, NetConfig, NetError, NetEvent, ReachConfig, addr_with_peer, start};
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test]
async fn both_sides_are_told_when_a_connection_comes_and_goes() {
    let mut server = TestNode::listening(61, &[TCP, QUIC], Limits::default());
    let mut client = TestNode::tcp(62);
    let addrs = server.handle.listen_addrs().await;
    assert_eq!(addrs.len(), 2, "{addrs:?}");
    client.dial(&server).await;
    let (peer, reached) = client
        .next(
            |event| if let NetEvent::Connected { peer, addrs } = event { Some((peer, addrs)) } else { None },
        )
        .await;
    assert_eq!((peer, reached.len()), (server.handle.key(), 1));
    assert!(addrs.contains(&reached[0]));
    // The server is told where the client says it listens, which the connection does not show.
    let mut connected = false;
    let told = server
        .next(|event| match event {
            NetEvent::Connected { addrs, .. } => {
                assert!(addrs.is_empty());
                connected = true;
                None
            }
            NetEvent::Discovered { peer, addrs } => Some((peer, addrs)),
            _ => None,
        })
        .await;
    assert!(connected);
    assert_eq!(told.0, client.handle.key());
    assert!(told.1.contains(&client.addr().await), "{told:?}");
    client.handle.disconnect(server.handle.key()).await.unwrap();
    for node in [&mut client, &mut server] {
        node.next(|event| matches!(event, NetEvent::Disconnected { .. }).then_some(())).await;
    }
    assert_eq!(client.handle.peers().await, Ok(vec![]));
}

#[tokio::test]
async fn a_node_that_stops_tells_its_peers_and_answers_no_more() {
    for listen in [TCP, QUIC] {
        let server = TestNode::listening(63, &[listen], Limits::default());
        let mut client = TestNode::tcp(64);
        client.dial(&server).await;
        timeout(SOON, server.handle.stop()).await.unwrap();
        assert_eq!(server.handle.peers().await, Err(NetError::Stopped));
        let told = client.next(|event| matches!(event, NetEvent::Disconnected { .. }).then_some(()));
        timeout(Duration::from_secs(5), told).await.expect("it is told, not left to find out");
    }
}

#[tokio::test]
async fn another_node_at_the_address_will_not_do() {
    let server = TestNode::tcp(65);
    let client = TestNode::tcp(66);
    let wrong = addr_with_peer(&server.addr().await, &SecretKey::from_seed(&[99; 32]).public()).unwrap();
    let error = client.handle.dial(&wrong).await.unwrap_err();
    assert!(error.to_string().contains("another node is there"), "{error}");
    let plain = server.addr().await.split("/p2p/").next().unwrap().to_owned();
    assert_eq!(client.handle.dial(&plain).await, Ok(server.handle.key()), "any node will do without a name");
}

#[tokio::test]
async fn addresses_that_lead_nowhere_say_so() {
    let node = TestNode::tcp(67);
    let bad = node.handle.dial("the kitchen").await.unwrap_err();
    assert!(matches!(bad, NetError::BadAddress { .. }), "{bad}");
    let closed = node.handle.dial("/ip4/127.0.0.1/tcp/1").await.unwrap_err();
    assert!(matches!(closed, NetError::CannotDial { .. }), "{closed}");
    let own = node.handle.dial(node.addr().await.split("/p2p/").next().unwrap()).await.unwrap_err();
    assert!(matches!(own, NetError::CannotDial { .. }), "{own}");
}

#[tokio::test]
async fn a_port_that_another_node_has_is_not_shared_with_it() {
    for listen in [TCP, QUIC] {
        let node = TestNode::listening(82, &[listen], Limits::default());
        a_second_node_is_refused(node.addr().await.split("/p2p/").next().unwrap());
    }
}

fn a_second_node_is_refused(taken: &str) {
    let config = NetConfig {
        key: SecretKey::from_seed(&[68; 32]),
        listen: vec![taken.to_owned()],
        mdns: false,
        reach: ReachConfig::default(),
        limits: Limits::default(),
    };
    let error = start(&config).unwrap_err();
    assert!(matches!(error, NetError::CannotListen { .. }), "{error}");
}

#[test]
fn without_a_runtime_there_is_no_network() {
    let config = NetConfig {
        key: SecretKey::from_seed(&[69; 32]),
        listen: vec![],
        mdns: false,
        reach: ReachConfig::default(),
        limits: Limits::default(),
    };
    assert_eq!(start(&config).unwrap_err(), NetError::NoRuntime);
}

#[tokio::test]
async fn connections_over_the_limit_are_denied_and_room_comes_back() {
    let limits = Limits { connections_in: 2, ..Limits::default() };
    let server = TestNode::listening(70, &[TCP], limits);
    let addr = server.addr().await;
    let server = server.answering(|_| lifeboat_protocol::Response::Noted);
    let clients: Vec<_> = (71..75).map(|seed| TestNode::listening(seed, &[], Limits::default())).collect();
    for client in &clients {
        // One that is denied may first look as if it were connected.
        let _ = client.handle.dial(&addr).await;
    }
    until(|| async { server.peers().await.is_ok_and(|peers| peers.len() == 2) }).await;
    let mut served = 0;
    for client in &clients {
        served += usize::from(client.handle.request(server.key(), &have(1)).await.is_ok());
    }
    assert_eq!(served, 2);
    for client in &clients {
        client.handle.disconnect(server.key()).await.unwrap();
    }
    until(|| async { server.peers().await.is_ok_and(|peers| peers.is_empty()) }).await;
    clients[3].handle.dial(&addr).await.unwrap();
    assert!(clients[3].handle.request(server.key(), &have(1)).await.is_ok());
}

#[tokio::test]
async fn an_address_that_connects_too_fast_is_denied() {
    let rate = Rate { burst: 3, per_second: 0.01 };
    let server = TestNode::listening(76, &[TCP], Limits { connection_rate: rate, ..Limits::default() });
    let addr = server.addr().await;
    let client = TestNode::listening(77, &[], Limits::default());
    let mut reached = 0;
    for _ in 0..6 {
        if client.handle.dial(&addr).await.is_ok() {
            reached += 1;
            client.handle.disconnect(server.handle.key()).await.unwrap();
            until(|| async { client.handle.peers().await.is_ok_and(|peers| peers.is_empty()) }).await;
        }
    }
    assert_eq!(reached, 3);
}

#[tokio::test]
async fn a_refused_peer_is_cut_off_and_stays_out() {
    let mut server = TestNode::tcp(78);
    let client = TestNode::tcp(79);
    client.dial(&server).await;
    server.next(|event| matches!(event, NetEvent::Connected { .. }).then_some(())).await;
    server.handle.refuse(client.handle.key(), Duration::from_secs(60)).await.unwrap();
    server.next(|event| matches!(event, NetEvent::Disconnected { .. }).then_some(())).await;
    let _ = client.handle.dial(&server.addr().await).await;
    let asked = client.handle.request(server.handle.key(), &have(1)).await;
    assert!(asked.is_err(), "{asked:?}");
    assert_eq!(server.handle.peers().await, Ok(vec![]));
}

#[tokio::test]
async fn a_node_that_takes_no_events_stands_still_and_goes_on_when_it_does() {
    let mut server = TestNode::tcp(80);
    let client = TestNode::tcp(81);
    client.dial(&server).await;
    server.handle.follow(cell(9)).await.unwrap();
    let key = server.handle.key();
    let asking: Vec<_> = (0..16)
        .map(|n| {
            let handle = client.handle.clone();
            tokio::spawn(async move { handle.request(key, &have(n)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut replied = 0;
    while replied < 16 {
        let reply = server
            .next(|event| if let NetEvent::Request { reply, .. } = event { Some(reply) } else { None })
            .await;
        reply.send(&lifeboat_protocol::Response::Noted).unwrap();
        replied += 1;
    }
    for asking in asking {
        assert!(asking.await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_machine_that_is_short_of_memory_takes_no_new_connection() {
    let server = TestNode::listening(83, &[TCP], Limits { process_memory: 1, ..Limits::default() });
    let client = TestNode::tcp(84);
    let _ = client.handle.dial(&server.addr().await).await;
    let asked = client.handle.request(server.handle.key(), &have(1)).await;
    assert!(asked.is_err(), "{asked:?}");
    assert_eq!(server.handle.peers().await, Ok(vec![]));
}

/// Passes bytes on until it is told to freeze; then it keeps the sockets open and moves nothing.
async fn freezing_relay(to: String, frozen: tokio::sync::watch::Receiver<bool>) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = tokio::net::TcpStream::connect(to).await.unwrap();
        let mut freeze = frozen.clone();
        let freeze = async move { drop(freeze.wait_for(|frozen| *frozen).await) };
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
            () = freeze => {}
        }
        std::future::pending::<()>().await; // the sockets stay open
    });
    port
}

#[tokio::test]
async fn a_peer_that_falls_silent_is_found_out() {
    let server = TestNode::tcp(85);
    let addr = server.addr().await;
    let port = addr.split('/').nth(4).unwrap();
    let (freeze, frozen) = tokio::sync::watch::channel(false);
    let relay = freezing_relay(format!("127.0.0.1:{port}"), frozen).await;
    let limits = Limits { ping_interval: Duration::from_millis(300), ..Limits::default() };
    let mut client = TestNode::listening(86, &[], limits);
    assert_eq!(client.handle.dial(&format!("/ip4/127.0.0.1/tcp/{relay}")).await, Ok(server.handle.key()));
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(client.handle.peers().await, Ok(vec![server.handle.key()]), "pings are answered");
    freeze.send(true).unwrap();
    // libp2p forgives one ping, and gives the stream of the next ten seconds to open.
    client.next(|event| matches!(event, NetEvent::Disconnected { .. }).then_some(())).await;
}

/// Whether this machine's network passes multicast on to itself.
fn has_multicast() -> bool {
    let probe = || -> std::io::Result<bool> {
        let group = std::net::Ipv4Addr::new(239, 255, 77, 77);
        let listener = std::net::UdpSocket::bind("0.0.0.0:0")?;
        listener.join_multicast_v4(&group, &std::net::Ipv4Addr::UNSPECIFIED)?;
        listener.set_read_timeout(Some(Duration::from_secs(1)))?;
        let sender = std::net::UdpSocket::bind("0.0.0.0:0")?;
        sender.send_to(b"boat", (group, listener.local_addr()?.port()))?;
        let mut word = [0; 8];
        Ok(listener.recv(&mut word)? == 4)
    };
    probe().unwrap_or(false)
}

#[tokio::test]
async fn nodes_on_one_local_network_find_each_other_when_they_look() {
    if !has_multicast() {
        println!("skipped: this machine has no multicast");
        return;
    }
    let node = |seed, mdns| {
        let key = SecretKey::from_seed(&[seed; 32]);
        let listen = vec!["/ip4/0.0.0.0/tcp/0".to_owned()];
        let (handle, events) =
            start(&NetConfig { key, listen, mdns, reach: ReachConfig::default(), limits: Limits::default() })
                .unwrap();
        TestNode { handle, events }
    };
    let one = node(87, true);
    let mut two = node(88, true);
    let mut quiet = node(89, false);
    let found = two
        .next(|event| match event {
            NetEvent::Discovered { peer, addrs } if peer == one.handle.key() => Some(addrs),
            _ => None,
        })
        .await;
    assert_eq!(two.handle.dial(&found[0]).await, Ok(one.handle.key()));
    assert!(quiet.events.try_recv().is_err(), "who does not look finds nobody");
}

#[test]
fn what_is_told_to_a_node_that_was_killed_and_came_back_reaches_it_at_once() {
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let here = runtime();
    let mut server = here.block_on(async { TestNode::listening(90, &[QUIC], Limits::default()) });
    let addr = here.block_on(server.addr());
    here.block_on(server.handle.follow(cell(1))).unwrap();
    // The first life ends without a word, as a killed process does.
    let first = runtime();
    first.block_on(async {
        let client = TestNode::listening(91, &[QUIC], Limits::default());
        client.handle.follow(cell(1)).await.unwrap();
        client.handle.dial(&addr).await.unwrap();
        server.next(|event| matches!(event, NetEvent::Discovered { .. }).then_some(())).await;
        std::mem::forget(client);
    });
    first.shutdown_timeout(Duration::ZERO);
    here.block_on(async {
        let mut client = TestNode::listening(91, &[QUIC], Limits::default());
        client.handle.follow(cell(1)).await.unwrap();
        // Well before the first ping of the dead connection fails.
        let told = async {
            for n in 0.. {
                client.handle.dial(&addr).await.unwrap();
                server.handle.announce(&news(1, &n.to_string())).await.unwrap();
                let heard = client.next(|event| matches!(event, NetEvent::Announced { .. }).then_some(()));
                if timeout(Duration::from_millis(500), heard).await.is_ok() {
                    return;
                }
            }
        };
        timeout(Duration::from_secs(8), told).await.expect("it hears what is new");
        let client = client.answering(|_| lifeboat_protocol::Response::Noted);
        let request = have(1);
        let asked = timeout(Duration::from_secs(8), server.handle.request(client.key(), &request));
        assert_eq!(
            asked.await.expect("it is asked over the live connection"),
            Ok(lifeboat_protocol::Response::Noted)
        );
    });
}
