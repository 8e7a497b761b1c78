//! The addresses of a cell card: written without the name of the card's own node, which the card holds
//! already, so that an invite stays short enough to scan; read with it.

use lifeboat_log::PublicKey;
use lifeboat_log::codec::{List, Text};
use lifeboat_net::{Way, addr_with_peer, peer_of_addr, way_of_addr};
use lifeboat_protocol::CellCard;
use lifeboat_protocol::limits::{MAX_ADDRESS, MAX_ADDRESSES};

/// Addresses through relays in one card: each names two nodes, and is long.
const MAX_RELAYED: usize = 2;

/// As many addresses as a card of `node` has room for: those that the world can reach first, those that
/// only this machine can reach last.
pub(crate) fn write(
    addresses: impl Iterator<Item = String>,
    node: &PublicKey,
) -> List<Text<MAX_ADDRESS>, MAX_ADDRESSES> {
    let mut all: Vec<String> = Vec::new();
    for address in addresses.map(|address| without_name(address, node)) {
        if !all.contains(&address) {
            all.push(address);
        }
    }
    all.sort_by_key(|address| way_of_addr(address).unwrap_or(Way::Here));
    let mut relayed = 0;
    all.retain(|address| {
        relayed += usize::from(way_of_addr(address) == Ok(Way::Relayed));
        way_of_addr(address) != Ok(Way::Relayed) || relayed <= MAX_RELAYED
    });
    let texts = all.into_iter().filter_map(Text::new).take(MAX_ADDRESSES).collect();
    List::new(texts).unwrap_or_default()
}

/// The addresses of a card, each with the name of the node that should answer there.
pub(crate) fn read(card: &CellCard) -> impl Iterator<Item = String> + '_ {
    card.addresses().filter_map(|address| match peer_of_addr(address) {
        Ok(Some(_)) => Some(address.to_owned()),
        Ok(None) => addr_with_peer(address, &card.node).ok(),
        Err(_) => None,
    })
}

fn without_name(address: String, node: &PublicKey) -> String {
    match (peer_of_addr(&address), address.rfind("/p2p/")) {
        (Ok(Some(named)), Some(at)) if named == *node => address[..at].to_owned(),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_log::SecretKey;

    #[test]
    fn the_cards_own_node_is_named_once_and_others_keep_their_names() {
        let [own, other] = [1, 2].map(|seed| SecretKey::from_seed(&[seed; 32]).public());
        let full = |address: &str, key| addr_with_peer(address, key).unwrap();
        let given = [
            full("/ip4/127.0.0.1/tcp/40", &own),
            full("/ip4/10.0.0.2/tcp/41", &own),
            full("/ip4/10.0.0.2/tcp/41", &own),
            full("/ip4/10.0.0.3/tcp/42", &other),
            full(&format!("{}/p2p-circuit", full("/ip4/203.0.113.1/tcp/43", &other)), &own),
            full("/ip4/203.0.113.2/tcp/44", &own),
        ];
        let relayed = format!("{}/p2p-circuit", full("/ip4/203.0.113.1/tcp/43", &other));
        let written = write(given.iter().cloned(), &own);
        let texts: Vec<&str> = written.iter().map(|text| text.as_str()).collect();
        let public = "/ip4/203.0.113.2/tcp/44";
        assert_eq!(texts, [public, &relayed, "/ip4/10.0.0.2/tcp/41", &given[3], "/ip4/127.0.0.1/tcp/40"]);
    }
}
