//! What was said before: eight bytes for each (member, nonce) until its entry could not be placed any
//! more. The set is only ever asked for one value; its order is never seen.

use crate::common::{Day, MemberId};
use lifeboat_log::codec::Malformed;
use lifeboat_log::{Nonce, Time};
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Context of the hash of a member and a nonce.
const CONTEXT: &str = "lifeboat/said/v1";

/// The statements placed that could still be placed again, in buckets by the last day for that.
#[derive(Debug, Clone, Default)]
pub(crate) struct Duplicates {
    buckets: BTreeMap<u32, Vec<u64>>,
    all: HashSet<u64, BuildHasherDefault<Same>>,
}

impl PartialEq for Duplicates {
    fn eq(&self, other: &Self) -> bool {
        self.buckets == other.buckets
    }
}

/// The name under which a statement of a member is remembered.
pub(crate) fn name(member: &MemberId, nonce: &Nonce) -> u64 {
    let mut bytes = [0; 48];
    bytes[..32].copy_from_slice(&member.0);
    bytes[32..].copy_from_slice(&nonce.0);
    let mut first = [0; 8];
    first.copy_from_slice(&lifeboat_log::hash::derive(CONTEXT, &bytes)[..8]);
    u64::from_le_bytes(first)
}

impl Duplicates {
    /// Whether it was said before.
    pub(crate) fn contains(&self, name: u64) -> bool {
        self.all.contains(&name)
    }

    /// Remembers it until the end of the day of `not_after`.
    pub(crate) fn insert(&mut self, name: u64, not_after: Time) {
        if self.all.insert(name) {
            self.buckets.entry(Day::of(not_after).0).or_default().push(name);
        }
    }

    /// Whether there is something to forget at `now`.
    pub(crate) fn due(&self, now: Time) -> bool {
        self.buckets.first_key_value().is_some_and(|(day, _)| *day < Day::of(now).0)
    }

    /// Forgets what could not be placed any more at `now`.
    pub(crate) fn forget(&mut self, now: Time) {
        let kept = self.buckets.split_off(&Day::of(now).0);
        for name in std::mem::replace(&mut self.buckets, kept).into_values().flatten() {
            self.all.remove(&name);
        }
    }

    /// Appends the encoding: the number of buckets u32, then each as day u32, count u64, names u64.
    pub(crate) fn encode_into(&self, bytes: &mut Vec<u8>) {
        bytes.extend((self.buckets.len() as u32).to_le_bytes());
        for (day, names) in &self.buckets {
            bytes.extend(day.to_le_bytes());
            bytes.extend((names.len() as u64).to_le_bytes());
            bytes.reserve(names.len() * 8);
            names.iter().for_each(|name| bytes.extend_from_slice(&name.to_le_bytes()));
        }
    }

    /// Reads the encoding that all of `bytes` is.
    pub(crate) fn decode(mut bytes: &[u8]) -> Result<Self, Malformed> {
        let mut found = Self::default();
        found.all.reserve(bytes.len() / 8); // no more names than that can follow
        for _ in 0..u32::from_le_bytes(take(&mut bytes)?) {
            let day = u32::from_le_bytes(take(&mut bytes)?);
            let count = u64::from_le_bytes(take(&mut bytes)?);
            let len = usize::try_from(count).ok().and_then(|count| count.checked_mul(8));
            let (names, rest) =
                bytes.split_at_checked(len.ok_or(Malformed::TooLong)?).ok_or(Malformed::Truncated)?;
            bytes = rest;
            let names: Vec<u64> = names
                .chunks_exact(8)
                .map(|mut name| take(&mut name).map(u64::from_le_bytes))
                .collect::<Result<_, _>>()?;
            if names.is_empty() || found.buckets.last_key_value().is_some_and(|(last, _)| *last >= day) {
                return Err(Malformed::NotCanonical);
            }
            if !names.iter().all(|&name| found.all.insert(name)) {
                return Err(Malformed::NotCanonical);
            }
            found.buckets.insert(day, names);
        }
        if bytes.is_empty() { Ok(found) } else { Err(Malformed::TrailingBytes) }
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or(Malformed::Truncated)?;
    *bytes = rest;
    Ok(*head)
}

/// The names are hashes already.
#[derive(Debug, Clone, Copy, Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0 = self.0.rotate_left(8) ^ u64::from(byte));
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::DAY_MS;

    #[test]
    fn a_statement_is_remembered_until_its_day_is_over() {
        let (mut said, day) = (Duplicates::default(), |n: u64| Time::from_ms(n * DAY_MS));
        said.insert(7, day(3));
        said.insert(7, day(9));
        said.insert(8, day(4));
        assert!(!said.due(day(3)) && said.due(day(4)));
        said.forget(day(4));
        assert_eq!((said.contains(7), said.contains(8)), (false, true));
    }

    #[test]
    fn the_encoding_has_one_form() {
        let mut said = Duplicates::default();
        (0..10).for_each(|n| said.insert(n, Time::from_ms(n % 3 * DAY_MS)));
        let mut bytes = vec![];
        said.encode_into(&mut bytes);
        let read = Duplicates::decode(&bytes).unwrap();
        assert_eq!(read, said);
        assert!((0..10).all(|n| read.contains(n)));
        for cut in 0..bytes.len() {
            assert!(Duplicates::decode(&bytes[..cut]).is_err());
        }
        bytes[8..16].fill(0xff);
        assert_eq!(Duplicates::decode(&bytes).unwrap_err(), Malformed::TooLong);
    }
}
