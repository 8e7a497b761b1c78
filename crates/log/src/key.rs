//! Keys and signatures: Ed25519 (RFC 8032) with the strict check of `ed25519-dalek`, one signature at a
//! time. Never batch verification: replicas must agree on every crafted signature, and batch and single
//! checks do not.

use bincode::{Decode, Encode};
use ed25519_dalek::{Signer, VerifyingKey};
use std::collections::HashMap;
use std::fmt;

/// Why a key or a signature does not hold. The names are part of `docs/format.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// The 32 bytes are no point of the curve in its one proper encoding.
    #[error("a key that is no point of the curve in its proper encoding")]
    NotAKey,
    /// The key is one of the eight points of small order, under which forged signatures pass.
    #[error("a key of small order, for which anyone could sign")]
    SmallOrderKey,
    /// The signature does not verify strictly.
    #[error("a signature that does not verify")]
    BadSignature,
}

impl BadKey {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAKey => "NotAKey",
            Self::SmallOrderKey => "SmallOrderKey",
            Self::BadSignature => "BadSignature",
        }
    }
}

/// The 32 bytes of an Ed25519 public key, not yet known to be one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct PublicKey(pub [u8; 32]);

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl PublicKey {
    /// The key as a point that can check signatures.
    ///
    /// # Errors
    /// [`BadKey::NotAKey`] or [`BadKey::SmallOrderKey`].
    pub fn parse(&self) -> Result<CheckedKey, BadKey> {
        if !is_canonical(&self.0) {
            return Err(BadKey::NotAKey);
        }
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| BadKey::NotAKey)?;
        if key.is_weak() { Err(BadKey::SmallOrderKey) } else { Ok(CheckedKey(key)) }
    }

    /// Checks one signature under this key. Where one key signs much, [`KeyCache`] is faster.
    ///
    /// # Errors
    /// [`BadKey`] when the key or the signature does not hold.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), BadKey> {
        self.parse()?.verify(message, signature)
    }
}

/// A public key that is a proper point of large order.
#[derive(Debug, Clone, Copy)]
pub struct CheckedKey(VerifyingKey);

impl CheckedKey {
    /// Checks one signature strictly.
    ///
    /// # Errors
    /// [`BadKey::BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), BadKey> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(message, &signature).map_err(|_| BadKey::BadSignature)
    }

    /// The X25519 public key that belongs to it (RFC 7748, section 4.1: the point's u coordinate): what is
    /// encrypted to it opens with [`SecretKey::to_x25519`].
    pub fn to_x25519(&self) -> [u8; 32] {
        self.0.to_montgomery().to_bytes()
    }
}

/// Keys that were parsed already: unpacking a point costs a tenth of checking a signature. Holds at most
/// [`KeyCache::LIMIT`] keys, so that hostile bytes cannot fill memory.
#[derive(Debug, Default)]
pub struct KeyCache(HashMap<PublicKey, CheckedKey>);

impl KeyCache {
    /// Most keys held; a cell has a few hundred.
    pub const LIMIT: usize = 4096;

    /// The key as a point, parsed now or before.
    ///
    /// # Errors
    /// As [`PublicKey::parse`].
    pub fn get(&mut self, key: &PublicKey) -> Result<CheckedKey, BadKey> {
        if let Some(known) = self.0.get(key) {
            return Ok(*known);
        }
        let parsed = key.parse()?;
        if self.0.len() >= Self::LIMIT {
            self.0.clear();
        }
        self.0.insert(*key, parsed);
        Ok(parsed)
    }
}

/// A 64-byte Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature(")?;
        self.0.iter().take(8).try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "…)")
    }
}

impl Encode for Signature {
    fn encode<E: bincode::enc::Encoder>(&self, e: &mut E) -> Result<(), bincode::error::EncodeError> {
        self.0.encode(e)
    }
}

impl<C> Decode<C> for Signature {
    fn decode<D: bincode::de::Decoder<Context = C>>(d: &mut D) -> Result<Self, bincode::error::DecodeError> {
        <[u8; 64]>::decode(d).map(Self)
    }
}

bincode::impl_borrow_decode!(Signature);

/// A secret key. It is made from 32 random bytes that the caller draws; it is wiped when dropped and
/// never printed.
#[derive(Clone)]
pub struct SecretKey(ed25519_dalek::SigningKey);

impl SecretKey {
    /// The key of this seed (RFC 8032 section 5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }
    /// The seed, to be kept where nobody else reads it.
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }
    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
    /// The X25519 secret key that belongs to it: the first half of the SHA-512 of the seed, as RFC 8032
    /// makes it for signing.
    pub fn to_x25519(&self) -> [u8; 32] {
        self.0.to_scalar_bytes()
    }
    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}

/// Whether the y coordinate is below 2^255 - 19, as RFC 8032 section 5.1.3 asks.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let top = bytes[31] & 0x7f;
    !(top == 0x7f && bytes[1..31].iter().all(|&byte| byte == 0xff) && bytes[0] >= 0xed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_message_and_key_alone() {
        let key = SecretKey::from_seed(&[7; 32]);
        let signature = key.sign(b"rice");
        assert_eq!(key.public().verify(b"rice", &signature), Ok(()));
        assert_eq!(key.public().verify(b"beans", &signature), Err(BadKey::BadSignature));
        let other = SecretKey::from_seed(&[8; 32]).public();
        assert_eq!(other.verify(b"rice", &signature), Err(BadKey::BadSignature));
    }

    #[test]
    fn small_order_and_improper_keys_are_named() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey(identity).parse().unwrap_err(), BadKey::SmallOrderKey);
        let mut improper = [0xff; 32];
        improper[0] = 0xee; // p + 1, the identity in another coat
        improper[31] = 0x7f;
        assert_eq!(PublicKey(improper).parse().unwrap_err(), BadKey::NotAKey);
    }
}
