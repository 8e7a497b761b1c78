//! Linkable ring signatures: LSAG of Liu, Wei and Wong (Linkable Spontaneous Anonymous Group Signature for
//! Ad Hoc Groups, ACISP 2004, eprint 2004/027), over ristretto255 with BLAKE3. One of the ring signed, and
//! nothing tells who; two signatures by the same key in the same ring and context have the same image.
//!
//! Pure: randomness comes in. What is secret is multiplied in constant time; which place in the ring is the
//! signer's decides the order of steps while signing, which only somebody who watches the signer's own
//! machine can see. Checking handles public values and takes variable time. Nobody has audited this code.

mod secret;

pub use secret::RingSecret;

use bincode::{Decode, Encode};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};
use std::fmt;

/// Context of the hash of a ring.
const RING_CONTEXT: &str = "lifeboat/ring/v1";
/// Context of the second base of a ring, of which nobody knows the logarithm.
const BASE_CONTEXT: &str = "lifeboat/ring-base/v1";
/// Context of the challenges.
const CHALLENGE_CONTEXT: &str = "lifeboat/ring-challenge/v1";

macro_rules! bytes_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

bytes_type! {
    /// A key of a ring: 32 bytes that are not yet known to be a point.
    RingKey
}
bytes_type! {
    /// What links the signatures of one key in one ring.
    Image
}
bytes_type! {
    /// A scalar, which must be in its one proper form.
    Response
}

/// Why a ring or a signature does not hold. The names are part of `docs/format.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Encode, Decode)]
pub enum BadRing {
    /// Fewer than two keys, or not strictly ascending.
    #[error("a ring has two keys or more, each once and in ascending order")]
    BadKeys,
    /// A key that is no point, or the one that is nothing.
    #[error("a key of the ring is no proper point")]
    NotAKey,
    /// As many responses as keys, each in its proper form.
    #[error("the signature is not laid out for this ring")]
    BadForm,
    /// The image is no point, or the one that is nothing.
    #[error("the image that links a member's ballots is no proper point")]
    BadImage,
    /// The chain of challenges does not close.
    #[error("the ring signature does not hold: it is of another ring, poll or ballot, or was altered")]
    BadSignature,
}

impl BadRing {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(self) -> &'static str {
        match self {
            Self::BadKeys => "BadKeys",
            Self::NotAKey => "NotAKey",
            Self::BadForm => "BadForm",
            Self::BadImage => "BadImage",
            Self::BadSignature => "BadSignature",
        }
    }
}

/// A ring: its keys in ascending order, and what it is for.
#[derive(Debug, Clone)]
pub struct Ring {
    keys: Vec<RingKey>,
    points: Vec<RistrettoPoint>,
    hash: [u8; 32],
    base: RistrettoPoint,
}

/// A signature by one of a ring. Layout: image 32, challenge 32, responses (list of 32).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RingSignature {
    /// What links it to others by the same key.
    pub image: Image,
    /// The challenge before the first key.
    pub challenge: Response,
    /// One response a key.
    pub responses: Vec<Response>,
}

impl RingKey {
    /// The key as a point.
    ///
    /// # Errors
    /// [`BadRing::NotAKey`].
    pub fn parse(&self) -> Result<RistrettoPoint, BadRing> {
        point(&self.0).ok_or(BadRing::NotAKey)
    }
}

impl Ring {
    /// The ring of these keys in this context: a poll of a cell.
    ///
    /// # Errors
    /// [`BadRing::BadKeys`] or [`BadRing::NotAKey`].
    pub fn new(context: &[u8], keys: &[RingKey]) -> Result<Self, BadRing> {
        if keys.len() < 2 || keys.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(BadRing::BadKeys);
        }
        let points = keys.iter().map(RingKey::parse).collect::<Result<Vec<_>, _>>()?;
        let mut all = (context.len() as u64).to_le_bytes().to_vec();
        all.extend_from_slice(context);
        all.extend_from_slice(&(keys.len() as u64).to_le_bytes());
        keys.iter().for_each(|key| all.extend_from_slice(&key.0));
        let hash = blake3::derive_key(RING_CONTEXT, &all);
        let base = RistrettoPoint::from_uniform_bytes(&wide(BASE_CONTEXT, &[&hash]));
        Ok(Self { keys: keys.to_vec(), points, hash, base })
    }

    /// The hash of context and keys, which every signature binds.
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }
    /// How many keys it has.
    pub fn size(&self) -> usize {
        self.keys.len()
    }

    /// Checks a signature over a message.
    ///
    /// # Errors
    /// [`BadRing`].
    pub fn verify(&self, message: &[u8], signature: &RingSignature) -> Result<(), BadRing> {
        if signature.responses.len() != self.size() {
            return Err(BadRing::BadForm);
        }
        let image = point(&signature.image.0).ok_or(BadRing::BadImage)?;
        let first = scalar(&signature.challenge).ok_or(BadRing::BadForm)?;
        let mut challenge = first;
        for (key, response) in self.points.iter().zip(&signature.responses) {
            let response = scalar(response).ok_or(BadRing::BadForm)?;
            challenge = self.step(message, &signature.image, &image, key, &challenge, &response);
        }
        if challenge == first { Ok(()) } else { Err(BadRing::BadSignature) }
    }

    /// The challenge after a key: what its response and the challenge before it make.
    fn step(
        &self,
        message: &[u8],
        image: &Image,
        image_point: &RistrettoPoint,
        key: &RistrettoPoint,
        challenge: &Scalar,
        response: &Scalar,
    ) -> Scalar {
        let left = RistrettoPoint::vartime_double_scalar_mul_basepoint(challenge, key, response);
        let right = RistrettoPoint::vartime_multiscalar_mul([response, challenge], [&self.base, image_point]);
        self.challenge(message, image, &left, &right)
    }

    fn challenge(
        &self,
        message: &[u8],
        image: &Image,
        left: &RistrettoPoint,
        right: &RistrettoPoint,
    ) -> Scalar {
        let len = (message.len() as u64).to_le_bytes();
        let (left, right) = (left.compress().to_bytes(), right.compress().to_bytes());
        let parts = [&self.hash[..], &image.0, &len, message, &left, &right];
        Scalar::from_bytes_mod_order_wide(&wide(CHALLENGE_CONTEXT, &parts))
    }
}

/// A proper point that is not the identity.
fn point(bytes: &[u8; 32]) -> Option<RistrettoPoint> {
    CompressedRistretto(*bytes).decompress().filter(|point| *point != RistrettoPoint::identity())
}

fn scalar(response: &Response) -> Option<Scalar> {
    Scalar::from_canonical_bytes(response.0).into()
}

/// 64 bytes of BLAKE3 in `derive_key` mode.
fn wide(context: &str, parts: &[&[u8]]) -> [u8; 64] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(part);
    }
    let mut out = [0; 64];
    hasher.finalize_xof().fill(&mut out);
    out
}
