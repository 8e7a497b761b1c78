//! The secret half of a ring key, and signing with it. Wiped when dropped, never printed.

use super::{BadRing, Image, Response, Ring, RingKey, RingSignature, wide};
use curve25519_dalek::constants::RISTRETTO_BASEPOINT_TABLE;
use curve25519_dalek::scalar::Scalar;
use std::fmt;
use zeroize::Zeroize;

/// Context of the secret scalar of a seed.
const SECRET_CONTEXT: &str = "lifeboat/ring-secret/v1";
/// Context of the numbers that a signature uses once.
const NONCE_CONTEXT: &str = "lifeboat/ring-nonce/v1";

/// The secret half of a ring key.
#[derive(Clone)]
pub struct RingSecret(Scalar);

impl Drop for RingSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for RingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RingSecret(of {})", self.public())
    }
}

impl RingSecret {
    /// The secret of 32 random bytes, fresh for each poll.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let mut bytes = wide(SECRET_CONTEXT, &[seed]);
        let secret = Self(Scalar::from_bytes_mod_order_wide(&bytes));
        bytes.zeroize();
        secret
    }

    /// The key that goes into the ring.
    pub fn public(&self) -> RingKey {
        RingKey((&self.0 * RISTRETTO_BASEPOINT_TABLE).compress().to_bytes())
    }

    /// What links all signatures of this secret in a ring.
    pub fn image(&self, ring: &Ring) -> Image {
        Image((self.0 * ring.base).compress().to_bytes())
    }

    /// Signs a message as one of a ring. `random` are fresh random bytes; should they ever come twice,
    /// nothing is given away, because secret, ring and message are mixed in.
    ///
    /// # Errors
    /// [`BadRing::NotAKey`] when the ring does not have this key.
    pub fn sign(&self, ring: &Ring, message: &[u8], random: &[u8; 32]) -> Result<RingSignature, BadRing> {
        let public = self.public();
        let own = ring.keys.iter().position(|key| *key == public).ok_or(BadRing::NotAKey)?;
        let image_point = self.0 * ring.base;
        let image = Image(image_point.compress().to_bytes());
        let nonce = |at: u64| {
            let parts = [&random[..], self.0.as_bytes(), &ring.hash, message, &at.to_le_bytes()];
            let mut bytes = wide(NONCE_CONTEXT, &parts);
            let nonce = Scalar::from_bytes_mod_order_wide(&bytes);
            bytes.zeroize();
            nonce
        };
        let mut once = nonce(u64::MAX);
        let (left, right) = (&once * RISTRETTO_BASEPOINT_TABLE, once * ring.base);
        let mut challenge = ring.challenge(message, &image, &left, &right);
        let (mut responses, mut first) = (vec![Scalar::ZERO; ring.size()], Scalar::ZERO);
        // Around the ring, from the key after one's own to one's own.
        for at in (own + 1..ring.size()).chain(0..own) {
            if at == 0 {
                first = challenge;
            }
            responses[at] = nonce(at as u64);
            challenge =
                ring.step(message, &image, &image_point, &ring.points[at], &challenge, &responses[at]);
        }
        if own == 0 {
            first = challenge;
        }
        responses[own] = once - self.0 * challenge;
        once.zeroize();
        let responses = responses.iter().map(|response| Response(response.to_bytes())).collect();
        Ok(RingSignature { image, challenge: Response(first.to_bytes()), responses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(n: u8) -> RingSecret {
        RingSecret::from_seed(&[n; 32])
    }

    fn ring_of(context: &[u8], secrets: &[RingSecret]) -> Ring {
        let mut keys: Vec<RingKey> = secrets.iter().map(RingSecret::public).collect();
        keys.sort_unstable();
        Ring::new(context, &keys).unwrap()
    }

    fn ring(size: u8) -> (Vec<RingSecret>, Ring) {
        let secrets: Vec<_> = (0..size).map(secret).collect();
        let ring = ring_of(b"poll", &secrets);
        (secrets, ring)
    }

    #[test]
    fn each_of_a_ring_signs_and_is_linked_to_themselves_alone() {
        let (secrets, ring) = ring(5);
        let mut images = Vec::new();
        for secret in &secrets {
            let one = secret.sign(&ring, b"yes", &[1; 32]).unwrap();
            let two = secret.sign(&ring, b"no", &[2; 32]).unwrap();
            assert_eq!(ring.verify(b"yes", &one), Ok(()));
            assert_eq!(ring.verify(b"no", &two), Ok(()));
            assert_eq!((one.image, two.image), (secret.image(&ring), secret.image(&ring)));
            assert_eq!(ring.verify(b"no", &one), Err(BadRing::BadSignature));
            images.push(one.image);
        }
        images.sort_unstable();
        images.dedup();
        assert_eq!(images.len(), 5);
        assert_eq!(secret(9).sign(&ring, b"yes", &[1; 32]), Err(BadRing::NotAKey));
    }

    #[test]
    fn a_signature_is_of_its_ring_and_poll_alone() {
        let (secrets, one) = ring(4);
        let other_poll = ring_of(b"another poll", &secrets);
        let larger = ring(5).1;
        let signature = secrets[0].sign(&one, b"yes", &[1; 32]).unwrap();
        assert_eq!(other_poll.verify(b"yes", &signature), Err(BadRing::BadSignature));
        assert_eq!(larger.verify(b"yes", &signature), Err(BadRing::BadForm));
        // The same key in two polls: nothing links the two.
        assert_ne!(secrets[0].image(&one), secrets[0].image(&other_poll));
    }

    #[test]
    fn improper_rings_keys_images_and_scalars_are_refused() {
        let (secrets, ring) = ring(3);
        let mut keys = ring.keys.clone();
        assert_eq!(Ring::new(b"", &keys[..1]).unwrap_err(), BadRing::BadKeys);
        keys.swap(0, 1);
        assert_eq!(Ring::new(b"", &keys).unwrap_err(), BadRing::BadKeys);
        let with = |key| Ring::new(b"", &[key, RingKey([0xff; 32])]).unwrap_err();
        assert_eq!(with(RingKey([0; 32])), BadRing::NotAKey, "the identity");
        assert_eq!(with(secrets[0].public()), BadRing::NotAKey);
        let good = secrets[0].sign(&ring, b"yes", &[1; 32]).unwrap();
        let with_image = |image| ring.verify(b"yes", &RingSignature { image: Image(image), ..good.clone() });
        assert_eq!(with_image([0; 32]), Err(BadRing::BadImage), "the identity would not link");
        assert_eq!(with_image([0xff; 32]), Err(BadRing::BadImage));
        assert_eq!(with_image(secrets[1].public().0), Err(BadRing::BadSignature));
        // The order of the group is the smallest number that is not in its proper form.
        let mut order = [0; 32];
        order[..16].copy_from_slice(&[
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
        ]);
        order[31] = 0x10;
        let improper = RingSignature { challenge: Response(order), ..good.clone() };
        assert_eq!(ring.verify(b"yes", &improper), Err(BadRing::BadForm));
        let mut improper = good;
        improper.responses[2] = Response(order);
        assert_eq!(ring.verify(b"yes", &improper), Err(BadRing::BadForm));
    }

    #[test]
    fn randomness_that_comes_twice_gives_nothing_away() {
        let (secrets, ring) = ring(3);
        let one = secrets[1].sign(&ring, b"yes", &[1; 32]).unwrap();
        assert_eq!(one, secrets[1].sign(&ring, b"yes", &[1; 32]).unwrap());
        let two = secrets[1].sign(&ring, b"no", &[1; 32]).unwrap();
        assert!(one.responses.iter().all(|response| !two.responses.contains(response)));
        assert_ne!(one, secrets[1].sign(&ring, b"yes", &[2; 32]).unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn a_flipped_bit_anywhere_is_refused(
            size in 2..7_u8, who in any::<u8>(), part in 0..4_usize, bit in 0..256_usize,
            message in proptest::collection::vec(any::<u8>(), 1..40),
        ) {
            let (secrets, ring) = ring(size);
            let mut message = message;
            let mut signature = secrets[usize::from(who % size)].sign(&ring, &message, &[who; 32]).unwrap();
            prop_assert_eq!(ring.verify(&message, &signature), Ok(()));
            let flip = |bytes: &mut [u8]| { let at = bit / 8 % bytes.len(); bytes[at] ^= 1 << (bit % 8); };
            match part {
                0 => flip(&mut message),
                1 => flip(&mut signature.image.0),
                2 => flip(&mut signature.challenge.0),
                _ => flip(&mut signature.responses[bit % usize::from(size)].0),
            }
            prop_assert!(ring.verify(&message, &signature).is_err());
        }
    }
}
