//! What an address says about where it leads: to the whole world, to one household, or through a relay.

use libp2p::multiaddr::{Multiaddr, Protocol};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Where an address leads, the most useful to a stranger first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// To a node that the whole world can reach.
    Public,
    /// Through a relay.
    Relayed,
    /// To a node in the same household, or to a name.
    Near,
    /// To this machine itself.
    Here,
}

/// Where an address leads.
pub fn way(addr: &Multiaddr) -> Way {
    let loopback = match addr.iter().next() {
        Some(Protocol::Ip4(ip)) => ip.is_loopback(),
        Some(Protocol::Ip6(ip)) => ip.is_loopback(),
        _ => false,
    };
    match (is_relayed(addr), loopback) {
        (true, _) => Way::Relayed,
        (false, true) => Way::Here,
        (false, false) if is_public(addr) => Way::Public,
        (false, false) => Way::Near,
    }
}

/// Whether anybody on the internet may try this address: a public IP, and not through a relay. Names are
/// not public: where they lead is known only once they are looked up.
pub fn is_public(addr: &Multiaddr) -> bool {
    if is_relayed(addr) {
        return false;
    }
    match addr.iter().next() {
        Some(Protocol::Ip4(ip)) => is_public_v4(ip),
        Some(Protocol::Ip6(ip)) => is_public_v6(ip),
        _ => false,
    }
}

/// Whether an address leads through a relay.
pub fn is_relayed(addr: &Multiaddr) -> bool {
    addr.iter().any(|part| part == Protocol::P2pCircuit)
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b); // between a provider and its customers
    let local = ip.is_private() || ip.is_loopback() || ip.is_link_local() || shared;
    !local && !ip.is_multicast() && !ip.is_broadcast() && a != 0
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.to_ipv4_mapped() {
        Some(ip) => is_public_v4(ip),
        None => ip.segments()[0] & 0xe000 == 0x2000, // all that is given out so far
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn households_and_relays_are_not_public() {
        let public = |text: &str| is_public(&text.parse().unwrap());
        for yes in ["/ip4/203.0.113.7/tcp/1", "/ip4/100.128.0.1/udp/1/quic-v1", "/ip6/2001:db8::1/tcp/1"] {
            assert!(public(yes), "{yes}");
        }
        let relay = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
        for no in [
            "/ip4/192.168.1.7/tcp/1",
            "/ip4/10.1.2.3/tcp/1",
            "/ip4/172.31.0.1/tcp/1",
            "/ip4/127.0.0.1/tcp/1",
            "/ip4/169.254.1.1/tcp/1",
            "/ip4/100.64.0.1/tcp/1",
            "/ip4/0.0.0.0/tcp/1",
            "/ip6/::1/tcp/1",
            "/ip6/fe80::1/tcp/1",
            "/ip6/fd00::1/tcp/1",
            "/ip6/::ffff:10.0.0.1/tcp/1",
            "/dns4/oak.example/tcp/1",
            &format!("/ip4/203.0.113.7/tcp/1/p2p/{relay}/p2p-circuit"),
        ] {
            assert!(!public(no), "{no}");
        }
    }
}
