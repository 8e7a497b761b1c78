//! A public beacon that a draw can name beforehand, as one more input: a drand network signs the number of a
//! round every few seconds, and the hash of that signature is random to everyone until it is there. Nobody who
//! reveals a secret last knows then what will be drawn. Scheme `bls-unchained-g1-rfc9380` of drand: BLS
//! signatures on BLS12-381, of which there is one a round, so that its operators cannot choose it either.
//!
//! What it must never do: go to the network. Whoever has internet brings the signature, and everyone checks it.

use super::sha256_of;
use bincode::{Decode, Encode};
use drand_verify::{G2PubkeyRfc, Pubkey};
use lifeboat_log::Time;
use lifeboat_log::hash::parse_hex;
use std::fmt;

/// A drand network, by what decides its rounds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub struct BeaconNetwork {
    /// The public key of its operators together, a compressed point of G2.
    pub key: [u8; 96],
    /// When its first round came out, in seconds since 1970.
    pub genesis: u64,
    /// Seconds from one round to the next.
    pub period: u32,
}

/// The bit of a compressed point's first byte that says: the point at infinity.
const INFINITY: u8 = 0x40;

/// Which round of a network, counted from 1.
pub type BeaconRound = u64;

/// What a network signs a round with: a compressed point of G1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub struct BeaconSignature(pub [u8; 48]);

digest_type! {
    /// The SHA-256 of a round's signature, which drand calls its randomness.
    Randomness
}

impl BeaconNetwork {
    /// The League of Entropy's network "quicknet": a round every three seconds since 23 August 2023.
    pub const QUICKNET: Self = Self {
        key: *b"\
            \x83\xcf\x0f\x28\x96\xad\xee\x7e\xb8\xb5\xf0\x1f\xca\xd3\x91\x22\x12\xc4\x37\xe0\x07\x3e\x91\x1f\
            \xb9\x00\x22\xd3\xe7\x60\x18\x3c\x8c\x4b\x45\x0b\x6a\x0a\x6c\x3a\xc6\xa5\x77\x6a\x2d\x10\x64\x51\
            \x0d\x1f\xec\x75\x8c\x92\x1c\xc2\x2b\x0e\x17\xe6\x3a\xaf\x4b\xcb\x5e\xd6\x63\x04\xde\x9c\xf8\x09\
            \xbd\x27\x4c\xa7\x3b\xab\x4a\xf5\xa6\xe9\xc7\x6a\x4b\xc0\x9e\x76\xea\xe8\x99\x1e\xf5\xec\xe4\x5a",
        genesis: 1_692_803_367,
        period: 3,
    };

    /// The network with this public key, written in hexadecimal.
    pub fn new(key: &str, genesis: u64, period: u32) -> Option<Self> {
        Some(Self { key: unhex(key)?, genesis, period })
    }

    /// Whether its times are within their range: a day from one round to the next at most.
    pub fn is_proper(&self) -> bool {
        (1..=86_400).contains(&self.period) && self.genesis <= u64::from(u32::MAX)
    }

    /// Whether its key is one; what is signed for it can be checked then. The point at infinity is none: one
    /// signature would fit every round.
    pub fn has_key(&self) -> bool {
        self.key().is_some()
    }

    /// The first round that comes out at or after a moment.
    pub fn round_from(&self, time: Time) -> BeaconRound {
        let since = time.ms().div_ceil(1000).saturating_sub(self.genesis);
        since.div_ceil(u64::from(self.period.max(1))) + 1
    }

    /// When a round comes out.
    pub fn time_of(&self, round: BeaconRound) -> Time {
        let seconds = round.saturating_sub(1).saturating_mul(u64::from(self.period));
        Time::ZERO.plus_ms(self.genesis.saturating_add(seconds).saturating_mul(1000))
    }

    /// What a round's signature makes random; nothing when the network did not sign it.
    pub fn randomness(&self, round: BeaconRound, signature: &BeaconSignature) -> Option<Randomness> {
        let holds = self.key()?.verify(round, b"", &signature.0).unwrap_or(false);
        holds.then(|| signature.hash())
    }

    fn key(&self) -> Option<G2PubkeyRfc> {
        let is_infinity = self.key[0] & INFINITY != 0;
        G2PubkeyRfc::from_fixed(self.key).ok().filter(|_| !is_infinity)
    }
}

impl BeaconSignature {
    /// The signature that is written so in hexadecimal.
    pub fn from_hex(text: &str) -> Option<Self> {
        unhex(text).map(Self)
    }

    /// Its hash: what it makes random, if the network signed the round with it.
    pub fn hash(&self) -> Randomness {
        Randomness(sha256_of(&self.0))
    }
}

impl fmt::Debug for BeaconNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BeaconNetwork({}, genesis {}, period {})", hex(&self.key), self.genesis, self.period)
    }
}

impl fmt::Display for BeaconSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for BeaconSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BeaconSignature({self})")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Others may write their digits in upper case.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    parse_hex(&text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(hex: &str) -> BeaconSignature {
        BeaconSignature::from_hex(hex).unwrap()
    }

    /// Rounds that quicknet has published.
    const PUBLISHED: [(BeaconRound, &str, &str); 2] = [
        (
            123,
            "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92",
            "",
        ),
        (
            1000,
            "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
            "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd",
        ),
    ];

    #[test]
    fn rounds_that_were_published_hold_and_others_do_not() {
        let network = BeaconNetwork::QUICKNET;
        assert!(network.is_proper() && network.has_key());
        for (round, hex, randomness) in PUBLISHED {
            let found = network.randomness(round, &signature(hex)).expect("quicknet signed it");
            assert!(randomness.is_empty() || found.to_string() == randomness, "{found}");
            assert_eq!(network.randomness(round + 1, &signature(hex)), None, "of another round");
            let mut other = signature(hex);
            other.0[20] ^= 1;
            assert_eq!(network.randomness(round, &other), None, "altered");
        }
        let written = hex(&network.key);
        assert_eq!(BeaconNetwork::new(&written, network.genesis, 3), Some(network));
        assert_eq!(
            [&written[1..], &written.replace('8', "+")].map(|key| BeaconNetwork::new(key, 0, 3)),
            [None; 2]
        );
        let stranger = BeaconNetwork { key: [7; 96], ..network };
        assert!(!stranger.has_key());
        assert_eq!(stranger.randomness(123, &signature(PUBLISHED[0].1)), None);
    }

    #[test]
    fn the_point_at_infinity_is_no_key() {
        let (mut key, mut signature) = ([0; 96], BeaconSignature([0; 48]));
        (key[0], signature.0[0]) = (0xc0, 0xc0);
        let network = BeaconNetwork { key, ..BeaconNetwork::QUICKNET };
        assert!(!network.has_key() && network.randomness(1, &signature).is_none());
        assert_eq!(BeaconNetwork::QUICKNET.randomness(1, &signature), None);
    }

    #[test]
    fn the_round_from_a_moment_on_is_the_first_that_comes_out_then() {
        let network = BeaconNetwork::QUICKNET;
        let start = network.genesis * 1000;
        for (ms, round) in [(0, 1), (start, 1), (start + 1, 2), (start + 3000, 2), (start + 3001, 3)] {
            assert_eq!(network.round_from(Time::from_ms(ms)), round, "{ms}");
        }
        for ms in [start + 1, 1_767_225_600_000, 1_795_996_800_123] {
            let (time, round) = (Time::from_ms(ms), network.round_from(Time::from_ms(ms)));
            assert!(network.time_of(round) >= time && network.time_of(round - 1) < time);
        }
    }
}
