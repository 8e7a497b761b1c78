//! A beacon of a test's own: a network whose secret key the test holds, so that it signs any round at once.

use crate::draw::{BeaconNetwork, BeaconRound, BeaconSignature};
use bls12_381::hash_to_curve::{ExpandMsgXmd, HashToCurve};
use bls12_381::{G1Affine, G1Projective, G2Affine, G2Projective, Scalar};
use sha2_09::{Digest, Sha256};

/// The domain of drand's scheme `bls-unchained-g1-rfc9380`.
const DOMAIN: &[u8] = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";

/// The operators of a network.
#[derive(Debug, Clone)]
pub struct TestBeacon {
    secret: Scalar,
}

impl TestBeacon {
    /// The operators of this number.
    pub fn new(seed: u64) -> Self {
        Self { secret: Scalar::from(seed) + Scalar::one() }
    }

    /// Their network, with a round every three seconds since 1970.
    pub fn network(&self) -> BeaconNetwork {
        let key = G2Affine::from(G2Projective::generator() * self.secret).to_compressed();
        BeaconNetwork { key, genesis: 0, period: 3 }
    }

    /// What they sign a round with.
    pub fn sign(&self, round: BeaconRound) -> BeaconSignature {
        let message = Sha256::digest(&round.to_be_bytes());
        let point = <G1Projective as HashToCurve<ExpandMsgXmd<Sha256>>>::hash_to_curve(message, DOMAIN);
        BeaconSignature(G1Affine::from(point * self.secret).to_compressed())
    }
}
