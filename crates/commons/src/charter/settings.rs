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
//! | 11 places, 12 categories | count u64, then (number u16, text) ascending by number, no text empty |

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

/// All settings that this version knows, in order; nothing when one does not fit.
pub(super) fn write(charter: &Charter) -> Option<Vec<Setting>> {
    let c = charter;
    let named = |map: &BTreeMap<u16, CharterText>| {
        Named::new(map.iter().map(|(id, name)| (*id, name.clone())).collect())
            .map(|list| codec::encode(&list))
    };
    let currencies: List<Currency, MAX_LISTED> = List::new(c.currencies.clone())?;
    let values = [
        codec::encode(&c.name),
        codec::encode(&c.vouching),
        codec::encode(&c.waiting_days),
        codec::encode(&c.skew_seconds),
        codec::encode(&c.zone),
        codec::encode(&currencies),
        codec::encode(&c.k),
        codec::encode(&c.witnesses),
        codec::encode(&c.quota),
        codec::encode(&c.placing_hours),
        named(&c.places)?,
        named(&c.categories)?,
    ];
    // A newer version of a known setting stands in its place.
    (1..).zip(values).filter(|(id, _)| !c.newer.contains_key(id)).map(setting).collect()
}

fn setting((id, value): (u16, Vec<u8>)) -> Option<Setting> {
    Some(Setting { id, version: 1, value: Bytes::new(value)? })
}

/// Reads a setting into the charter. Says false, and changes nothing but that a known setting of a newer
/// version falls back to its default, when this version does not know it.
pub(super) fn read(charter: &mut Charter, setting: &Setting) -> Result<bool, Malformed> {
    let (value, c) = (&setting.value, charter);
    let fresh = Charter::default();
    let known = setting.version == 1;
    match (setting.id, known) {
        (1, true) => c.name = codec::decode(value)?,
        (2, true) => c.vouching = proper(codec::decode(value)?, |v: &Vouching| v.first > 0 && v.then > 0)?,
        (3, true) => c.waiting_days = proper(codec::decode(value)?, |days| *days <= 366)?,
        (4, true) => c.skew_seconds = proper(codec::decode(value)?, |seconds| *seconds <= 86_400)?,
        (5, true) => c.zone = codec::decode(value)?,
        (6, true) => c.currencies = currencies(value)?,
        (7, true) => c.k = codec::decode(value)?,
        (8, true) => c.witnesses = codec::decode(value)?,
        (9, true) => c.quota = proper(codec::decode(value)?, |quota| *quota > 0)?,
        (10, true) => c.placing_hours = codec::decode(value)?,
        (11, true) => c.places = named(value)?,
        (12, true) => c.categories = named(value)?,
        (1, false) => c.name = fresh.name,
        (2, false) => c.vouching = fresh.vouching,
        (3, false) => c.waiting_days = fresh.waiting_days,
        (4, false) => c.skew_seconds = fresh.skew_seconds,
        (5, false) => c.zone = fresh.zone,
        (6, false) => c.currencies = fresh.currencies,
        (7, false) => c.k = fresh.k,
        (8, false) => c.witnesses = fresh.witnesses,
        (9, false) => c.quota = fresh.quota,
        (10, false) => c.placing_hours = fresh.placing_hours,
        (11, false) => c.places = fresh.places,
        (12, false) => c.categories = fresh.categories,
        _ => {}
    }
    Ok(known && (1..=12).contains(&setting.id))
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
