//! The layout of each setting of a charter, in version 1. A number and version once released keeps its
//! meaning for ever; a new meaning takes a new version or number.
//!
//! | number | value |
//! |---|---|
//! | 1 name, 5 zone | text: length u64, UTF-8 |
//! | 2 vouching | first u16, until u16, then u16; first and then more than 0 |
//! | 3 waiting days | u16, at most 366 |
//! | 4 skew in seconds | u32, at most 86,400 |
//! | 6 currencies | count u64, then texts, each once |
//! | 7 k, 8 witnesses, 10 placing hours | u16 |
//! | 9 quota | u32, more than 0 |
//! | 13 notice days | u16, 7 to 366 |
//! | 14 notices | u16, more than 0 |
//! | 15 grace days | u16, at most 60 |
//! | 11 places, 12 categories | count u64, then (number u16, text) ascending by number, no text empty |
//! | 16 MiB of attachments | u32 |
//! | 20 voting hours | u16, at most 8,784 |
//! | 21 decision quorum, 22 majority | u8, at most 100; 22 at least 50 |
//! | 23 proxies | u16 |
//! | 30 reviews | u16, from 1 to 16 |
//! | 31 rounds by decision | one byte, 0 or 1 |
//! | 35 commitments, 36 tellers | u16, more than 0 |
//! | 40 ring | u16, more than 1 |

use super::Charter;
use crate::ledger::Currency;
use crate::limits::{MAX_LISTED, MAX_NAME, MAX_SETTING};
use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};
use lifeboat_log::codec::{self, Bytes, List, Malformed, Text};
use std::collections::BTreeMap;

/// A name in a charter.
pub type CharterText = Text<MAX_NAME>;

/// One setting as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Setting {
    /// Which setting; numbers are never reused.
    pub id: u16,
    /// The version of its layout.
    pub version: u16,
    /// Its value, laid out as number and version say.
    pub value: Bytes<MAX_SETTING>,
}

/// How many members must vouch for a newcomer. Layout: three u16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Vouching {
    /// How many, at first.
    pub first: u16,
    /// Until the cell has so many members.
    pub until: u16,
    /// How many, then.
    pub then: u16,
}

impl Vouching {
    /// How many vouches a newcomer needs in a cell with so many members.
    pub fn needed(&self, members: usize) -> usize {
        usize::from(if members < usize::from(self.until) { self.first } else { self.then })
    }
}

/// A text that is known to fit; an empty one should it not.
pub(super) fn text(name: &str) -> CharterText {
    CharterText::new(name).unwrap_or_default()
}

type Named = List<(u16, CharterText), MAX_LISTED>;

/// The list of settings: a new one is a line here, a field of [`Charter`] and a row of the table above.
/// Each line says how its value is written and read.
macro_rules! settings {
    ($($id:literal $field:ident: $write:expr, $read:expr;)*) => {
        /// All settings that this version knows, in order; nothing when one does not fit.
        pub(super) fn write(c: &Charter) -> Option<Vec<Setting>> {
            let values = [$(($id, $write(&c.$field)?)),*];
            // A newer version of a known setting stands in its place.
            values.into_iter().filter(|(id, _)| !c.newer.contains_key(id)).map(setting).collect()
        }

        /// Reads a setting into the charter. Says false, and changes nothing but that a known setting of a
        /// newer version falls back to its default, when this version does not know it.
        pub(super) fn read(c: &mut Charter, setting: &Setting) -> Result<bool, Malformed> {
            let value: &[u8] = &setting.value;
            match (setting.id, setting.version) {
                $(($id, 1) => c.$field = $read(value)?,)*
                $(($id, _) => c.$field = Charter::default().$field,)*
                _ => return Ok(false),
            }
            Ok(setting.version == 1)
        }
    };
}

settings! {
    1 name: plain, codec::decode;
    2 vouching: plain, |v| proper(codec::decode(v)?, |v: &Vouching| v.first > 0 && v.then > 0);
    3 waiting_days: plain, |v| proper(codec::decode(v)?, |days: &u16| *days <= 366);
    4 skew_seconds: plain, |v| proper(codec::decode(v)?, |seconds: &u32| *seconds <= 86_400);
    5 zone: plain, codec::decode;
    6 currencies: listed, currencies;
    7 k: plain, codec::decode;
    8 witnesses: plain, codec::decode;
    9 quota: plain, |v| proper(codec::decode(v)?, |quota: &u32| *quota > 0);
    10 placing_hours: plain, codec::decode;
    11 places: numbered, named;
    12 categories: numbered, named;
    16 blob_mib: plain, codec::decode;
    20 voting_hours: plain, |v| proper(codec::decode(v)?, |hours: &u16| *hours <= 366 * 24);
    21 decision_quorum: plain, |v| proper(codec::decode(v)?, |percent: &u8| *percent <= 100);
    22 majority: plain, |v| proper(codec::decode(v)?, |percent: &u8| (50..=100).contains(percent));
    23 proxies: plain, codec::decode;
    30 reviews: plain, |v| proper(codec::decode(v)?, |reviews: &u16| (1..=16).contains(reviews));
    31 rounds_by_decision: plain, codec::decode;
    35 commitments: plain, |v| proper(codec::decode(v)?, |count: &u16| *count > 0);
    36 tellers: plain, |v| proper(codec::decode(v)?, |count: &u16| *count > 0);
    40 ring: plain, |v| proper(codec::decode(v)?, |count: &u16| *count > 1);
    13 notice_days: plain, |v| proper(codec::decode(v)?, |days: &u16| (7..=366).contains(days));
    14 notices: plain, |v| proper(codec::decode(v)?, |notices: &u16| *notices > 0);
    15 grace_days: plain, |v| proper(codec::decode(v)?, |days: &u16| *days <= 60);
}

#[allow(clippy::unnecessary_wraps)] // beside those that may not fit
fn plain<T: Encode>(value: &T) -> Option<Vec<u8>> {
    Some(codec::encode(value))
}

fn listed(currencies: &[Currency]) -> Option<Vec<u8>> {
    let list: List<Currency, MAX_LISTED> = List::new(currencies.to_vec())?;
    Some(codec::encode(&list))
}

fn numbered(names: &BTreeMap<u16, CharterText>) -> Option<Vec<u8>> {
    let list = Named::new(names.iter().map(|(id, name)| (*id, name.clone())).collect())?;
    Some(codec::encode(&list))
}

fn setting((id, value): (u16, Vec<u8>)) -> Option<Setting> {
    Some(Setting { id, version: 1, value: Bytes::new(value)? })
}

fn proper<T>(value: T, holds: impl Fn(&T) -> bool) -> Result<T, Malformed> {
    if holds(&value) { Ok(value) } else { Err(Malformed::NotCanonical) }
}

fn currencies(value: &[u8]) -> Result<Vec<Currency>, Malformed> {
    let list: List<Currency, MAX_LISTED> = codec::decode(value)?;
    let proper =
        list.iter().all(crate::ledger::is_currency) && (1..list.len()).all(|i| !list[..i].contains(&list[i]));
    if proper { Ok(list.into_vec()) } else { Err(Malformed::NotCanonical) }
}

fn named(value: &[u8]) -> Result<BTreeMap<u16, CharterText>, Malformed> {
    let list: Named = codec::decode(value)?;
    let ascending = list.windows(2).all(|pair| pair[0].0 < pair[1].0);
    if !ascending || list.iter().any(|(_, name)| name.is_empty()) {
        return Err(Malformed::NotCanonical);
    }
    Ok(list.into_vec().into_iter().collect())
}

// In a state a charter is written as in a founding entry: the list of its settings.
impl Encode for Charter {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.list().map_err(|_| EncodeError::Other("a charter that does not fit"))?.encode(encoder)
    }
}

impl<C> Decode<C> for Charter {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let list = List::<Setting, { crate::limits::MAX_SETTINGS }>::decode(decoder)?;
        Self::of_list(&list).map_err(|_| DecodeError::Other("NotCanonical"))
    }
}

impl<'de, C> BorrowDecode<'de, C> for Charter {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

#[cfg(test)]
mod tests {
    use super::super::CharterChange;
    use super::*;
    use crate::body::{BadBody, compose};
    use crate::common::Common;

    fn setting(id: u16, version: u16, value: Vec<u8>) -> Setting {
        Setting { id, version, value: Bytes::new(value).unwrap() }
    }

    #[test]
    fn a_charter_reads_back_with_what_it_does_not_know() {
        let mut charter = Charter::named("Oak Street").unwrap();
        charter.add_place("kitchen").unwrap();
        charter.set(&setting(9, 2, vec![1, 2])).unwrap();
        charter.set(&setting(900, 1, vec![7])).unwrap();
        let bytes = charter.to_bytes().unwrap();
        assert_eq!(Charter::from_bytes(&bytes), Ok(charter.clone()));
        assert_eq!(charter.quota, Charter::default().quota);
        charter.set(&setting(9, 1, codec::encode(&5_u32))).unwrap();
        assert_eq!(charter.quota, 5);
        assert_eq!(Charter::from_bytes(&charter.to_bytes().unwrap()), Ok(charter));
    }

    #[test]
    fn no_bytes_are_the_default_and_settings_left_out_have_theirs() {
        assert_eq!(Charter::from_bytes(&[]), Ok(Charter::default()));
        let none: List<Setting, 4> = List::default();
        assert_eq!(Charter::from_bytes(&codec::encode(&none)), Ok(Charter::default()));
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let bad = [
            setting(2, 1, codec::encode(&Vouching { first: 0, until: 3, then: 2 })),
            setting(3, 1, codec::encode(&367_u16)),
            setting(9, 1, codec::encode(&0_u32)),
            setting(9, 1, vec![1]),
            setting(
                6,
                1,
                codec::encode(&List::<Currency, 4>::new(vec![Currency::new("eur").unwrap()]).unwrap()),
            ),
        ];
        for setting in bad {
            assert!(Charter::default().set(&setting).is_err(), "{setting:?}");
            let settings = List::new(vec![setting]).unwrap();
            let change = CharterChange { common: Common::default(), settings };
            assert_eq!(compose(&change), Err(BadBody::BadCharter));
        }
    }

    #[test]
    fn vouches_needed_grow_with_the_cell() {
        let vouching = Charter::default().vouching;
        assert_eq!([1, 2, 3, 50].map(|members| vouching.needed(members)), [1, 1, 2, 2]);
    }
}
