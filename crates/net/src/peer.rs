//! Names of peers: a libp2p peer id and a node's Ed25519 key are two spellings of one thing. Here, and
//! only here, one becomes the other.

use crate::NetError;
use crate::public::{self, Way};
use libp2p::identity::{Keypair, PeerId, ed25519};
use libp2p::multiaddr::{Multiaddr, Protocol};
use lifeboat_log::{PublicKey, SecretKey};

/// Multihash code of a peer id that holds its key itself, as all Ed25519 ones do.
const IDENTITY: u64 = 0;

/// The peer id of a node's key, or nothing when the bytes are no key.
pub fn peer_id(key: &PublicKey) -> Option<PeerId> {
    key.parse().ok()?;
    let key = ed25519::PublicKey::try_from_bytes(&key.0).ok()?;
    Some(libp2p::identity::PublicKey::from(key).to_peer_id())
}

/// The node key that a peer id names, or nothing when it names a key of another sort.
pub fn key_of(peer: &PeerId) -> Option<PublicKey> {
    let hash = peer.as_ref();
    if hash.code() != IDENTITY {
        return None;
    }
    let key = libp2p::identity::PublicKey::try_decode_protobuf(hash.digest()).ok()?;
    Some(PublicKey(key.try_into_ed25519().ok()?.to_bytes()))
}

/// The node key at the end of a full address (`…/p2p/<peer id>`), when there is one.
///
/// # Errors
/// [`NetError::BadAddress`] when `addr` is not a multiaddress.
pub fn peer_of_addr(addr: &str) -> Result<Option<PublicKey>, NetError> {
    Ok(last_peer(&parse_addr(addr)?).as_ref().and_then(key_of))
}

/// Whether this is an address that a node can listen on or connect to, as far as its form tells.
///
/// # Errors
/// [`NetError::BadAddress`] when `addr` is not a multiaddress, or names no host.
pub fn check_addr(addr: &str) -> Result<(), NetError> {
    let host = |part: Protocol<'_>| {
        matches!(
            part,
            Protocol::Ip4(_) | Protocol::Ip6(_) | Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_)
        )
    };
    let port = |part: &Protocol<'_>| matches!(part, Protocol::Tcp(_) | Protocol::Udp(_));
    let parsed = parse_addr(addr)?;
    let mut parts = parsed.iter();
    if !parts.next().is_some_and(host) || !parts.next().is_some_and(|part| port(&part)) {
        return Err(bad(addr, "it names no host and port"));
    }
    Ok(())
}

/// The address with the node's name at its end, whatever name stood there before.
///
/// # Errors
/// [`NetError::BadAddress`] when `addr` is not a multiaddress or the key is none.
pub fn addr_with_peer(addr: &str, key: &PublicKey) -> Result<String, NetError> {
    let parsed = parse_addr(addr)?;
    let peer = peer_id(key).ok_or_else(|| bad(addr, "the node key is no key"))?;
    Ok(full_addr(parsed, peer).to_string())
}

/// Where an address leads.
///
/// # Errors
/// [`NetError::BadAddress`] when `addr` is not a multiaddress.
pub fn way_of_addr(addr: &str) -> Result<Way, NetError> {
    Ok(public::way(&parse_addr(addr)?))
}

pub(crate) fn full_addr(mut addr: Multiaddr, peer: PeerId) -> Multiaddr {
    if last_peer(&addr).is_some() {
        addr.pop();
    }
    addr.with(Protocol::P2p(peer))
}

pub(crate) fn last_peer(addr: &Multiaddr) -> Option<PeerId> {
    match addr.iter().last() {
        Some(Protocol::P2p(peer)) => Some(peer),
        _ => None,
    }
}

pub(crate) fn parse_addr(addr: &str) -> Result<Multiaddr, NetError> {
    addr.parse().map_err(|e: libp2p::multiaddr::Error| bad(addr, &e.to_string()))
}

pub(crate) fn keypair(key: &SecretKey) -> Result<Keypair, NetError> {
    Keypair::ed25519_from_bytes(key.seed()).map_err(|e| NetError::BadKey(e.to_string()))
}

fn bad(addr: &str, reason: &str) -> NetError {
    NetError::BadAddress { addr: addr.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_key_and_its_peer_id_name_each_other() {
        for seed in 0..32 {
            let secret = SecretKey::from_seed(&[seed; 32]);
            let peer = keypair(&secret).unwrap().public().to_peer_id();
            assert_eq!(peer_id(&secret.public()), Some(peer));
            assert_eq!(key_of(&peer), Some(secret.public()));
        }
    }

    #[test]
    fn bytes_that_are_no_key_have_no_peer_id() {
        assert_eq!(peer_id(&PublicKey([0xff; 32])), None);
        let mut identity = [0; 32];
        identity[0] = 1; // a point of small order
        assert_eq!(peer_id(&PublicKey(identity)), None);
    }

    #[test]
    fn a_peer_id_of_another_sort_is_no_node() {
        assert_eq!(key_of(&"QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N".parse().unwrap()), None);
    }

    #[test]
    fn the_name_at_the_end_of_an_address_is_read_and_replaced() {
        let one = SecretKey::from_seed(&[1; 32]).public();
        let two = SecretKey::from_seed(&[2; 32]).public();
        let plain = "/ip4/127.0.0.1/tcp/4711";
        assert_eq!(peer_of_addr(plain), Ok(None));
        let full = addr_with_peer(plain, &one).unwrap();
        assert_eq!(peer_of_addr(&full), Ok(Some(one)));
        assert_eq!(peer_of_addr(&addr_with_peer(&full, &two).unwrap()), Ok(Some(two)));
        assert!(matches!(peer_of_addr("kitchen"), Err(NetError::BadAddress { .. })));
    }
}
