//! The one encoding: bincode 2, little-endian, fixed-width integers, lengths as u64. Every value has
//! exactly one encoding. Never decode bytes from outside in any other way than [`decode`]: bincode alone
//! ignores trailing bytes and trusts a claimed length.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use bincode::de::{BorrowDecode, BorrowDecoder, Decode, Decoder, read::Reader};
use bincode::enc::{Encode, Encoder, write::Writer};
use bincode::error::{DecodeError, EncodeError};

/// Decoding never claims more memory than this many bytes.
const LIMIT: usize = 1 << 20;
const CONFIG: Configuration<LittleEndian, Fixint, Limit<LIMIT>> =
    bincode::config::standard().with_little_endian().with_fixed_int_encoding().with_limit::<LIMIT>();

/// The word by which [`List`], [`Bytes`] and [`Text`] tell [`decode`] that a length was over its bound.
const TOO_LONG: &str = "TooLong";
/// The word by which a type tells [`decode`] that a value has a shorter or other proper encoding.
pub(crate) const NOT_CANONICAL: &str = "NotCanonical";

/// Why bytes are not the encoding of a value. The names are part of `docs/format.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The bytes end before the value does.
    #[error("the bytes end before the value does")]
    Truncated,
    /// Bytes are left over after the value.
    #[error("bytes are left over after the value")]
    TrailingBytes,
    /// A length or count is over its bound.
    #[error("a length or count is over its bound")]
    TooLong,
    /// A variant number that no version of the format has.
    #[error("a variant number that the format does not have")]
    BadVariant,
    /// A yes or no that is neither 0 nor 1.
    #[error("a yes-or-no byte that is neither 0 nor 1")]
    BadBool,
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    BadText,
    /// A value that is not in its one proper form (order, range).
    #[error("a value that is not in its one proper form")]
    NotCanonical,
}

impl Malformed {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(self) -> &'static str {
        match self {
            Self::Truncated => "Truncated",
            Self::TrailingBytes => "TrailingBytes",
            Self::TooLong => "TooLong",
            Self::BadVariant => "BadVariant",
            Self::BadBool => "BadBool",
            Self::BadText => "BadText",
            Self::NotCanonical => "NotCanonical",
        }
    }
}

/// The encoding of a value.
///
/// # Panics
/// Never for the types of this project: they are owned, hold no pointers or locks, and writing to a
/// vector does not fail.
#[allow(clippy::expect_used)] // encoding an owned value into a vector has no way to fail
pub fn encode<T: Encode>(value: &T) -> Vec<u8> {
    bincode::encode_to_vec(value, CONFIG).expect("an owned value encodes into a vector")
}

/// The value that the whole of `bytes` encodes.
///
/// # Errors
/// [`Malformed`] when the bytes are not exactly one encoding of a `T`.
pub fn decode<T: Decode<()>>(bytes: &[u8]) -> Result<T, Malformed> {
    let (value, used) = decode_prefix(bytes)?;
    if used == bytes.len() { Ok(value) } else { Err(Malformed::TrailingBytes) }
}

/// The value that `bytes` begins with, and how many bytes it took.
///
/// # Errors
/// [`Malformed`] when the bytes do not begin with an encoding of a `T`.
pub fn decode_prefix<T: Decode<()>>(bytes: &[u8]) -> Result<(T, usize), Malformed> {
    bincode::decode_from_slice(bytes, CONFIG).map_err(|e| match e {
        DecodeError::UnexpectedEnd { .. } => Malformed::Truncated,
        DecodeError::LimitExceeded | DecodeError::Other(TOO_LONG) => Malformed::TooLong,
        DecodeError::OutsideUsizeRange(_) => Malformed::TooLong,
        DecodeError::InvalidBooleanValue(_) => Malformed::BadBool,
        DecodeError::UnexpectedVariant { .. } => Malformed::BadVariant,
        DecodeError::Utf8 { .. } => Malformed::BadText,
        _ => Malformed::NotCanonical,
    })
}

/// A list of at most `MAX` values. Its length is checked before anything is allocated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    /// The list, or nothing when there are more than `MAX` values.
    pub fn new(values: Vec<T>) -> Option<Self> {
        (values.len() <= MAX).then_some(Self(values))
    }
    /// The values.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> std::ops::Deref for List<T, MAX> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Encode, const MAX: usize> Encode for List<T, MAX> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.0.len() as u64).encode(encoder)?;
        self.0.iter().try_for_each(|value| value.encode(encoder))
    }
}

impl<T: Decode<C>, C, const MAX: usize> Decode<C> for List<T, MAX> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let len = bounded_len(decoder, MAX)?;
        let mut values = Vec::with_capacity(len.min(64));
        for _ in 0..len {
            values.push(T::decode(decoder)?);
        }
        Ok(Self(values))
    }
}

/// At most `MAX` bytes, length first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Bytes<const MAX: usize>(Vec<u8>);

impl<const MAX: usize> Bytes<MAX> {
    /// The bytes, or nothing when there are more than `MAX`.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= MAX).then_some(Self(bytes))
    }
}

impl<const MAX: usize> std::ops::Deref for Bytes<MAX> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> Encode for Bytes<MAX> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.0.len() as u64).encode(encoder)?;
        encoder.writer().write(&self.0)
    }
}

impl<C, const MAX: usize> Decode<C> for Bytes<MAX> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let len = bounded_len(decoder, MAX)?;
        let mut bytes = vec![0; len];
        decoder.reader().read(&mut bytes)?;
        Ok(Self(bytes))
    }
}

/// UTF-8 text of at most `MAX` bytes without control characters, length first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// The text, or nothing when it is longer than `MAX` bytes or holds a control character.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        (text.len() <= MAX && !text.chars().any(char::is_control)).then_some(Self(text))
    }
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> std::ops::Deref for Text<MAX> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> std::fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl<const MAX: usize> Encode for Text<MAX> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.0.len() as u64).encode(encoder)?;
        encoder.writer().write(self.0.as_bytes())
    }
}

impl<C, const MAX: usize> Decode<C> for Text<MAX> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let bytes = Bytes::<MAX>::decode(decoder)?;
        let text = String::from_utf8(bytes.0).map_err(|e| DecodeError::Utf8 { inner: e.utf8_error() })?;
        Self::new(text).ok_or(DecodeError::Other(NOT_CANONICAL))
    }
}

// bincode's derived types ask for this trait too; nothing here borrows, so it is the same decoding.
impl<'de, T: Decode<C>, C, const MAX: usize> BorrowDecode<'de, C> for List<T, MAX> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

impl<'de, C, const MAX: usize> BorrowDecode<'de, C> for Bytes<MAX> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

impl<'de, C, const MAX: usize> BorrowDecode<'de, C> for Text<MAX> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

fn bounded_len<D: Decoder>(decoder: &mut D, max: usize) -> Result<usize, DecodeError> {
    match usize::try_from(u64::decode(decoder)?) {
        Ok(len) if len <= max => Ok(len),
        _ => Err(DecodeError::Other(TOO_LONG)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_over_its_bound_is_refused_before_it_is_read() {
        let huge = u64::MAX.to_le_bytes();
        assert_eq!(decode::<Bytes<8>>(&huge), Err(Malformed::TooLong));
        assert_eq!(decode::<List<u64, 4>>(&huge), Err(Malformed::TooLong));
        assert_eq!(decode::<Text<8>>(&huge), Err(Malformed::TooLong));
    }

    #[test]
    fn trailing_and_missing_bytes_are_told_apart() {
        let bytes = encode(&Text::<8>::new("rice").unwrap());
        assert_eq!(decode::<Text<8>>(&bytes).unwrap().as_str(), "rice");
        assert_eq!(decode::<Text<8>>(&bytes[..11]), Err(Malformed::Truncated));
        assert_eq!(decode::<Text<8>>(&[&bytes[..], &[0]].concat()), Err(Malformed::TrailingBytes));
    }

    #[test]
    fn control_characters_and_broken_utf8_have_no_place_in_text() {
        assert_eq!(Text::<8>::new("a\nb"), None);
        let mut bytes = encode(&Text::<8>::new("rice").unwrap());
        bytes[8] = 0x07;
        assert_eq!(decode::<Text<8>>(&bytes), Err(Malformed::NotCanonical));
        bytes[8] = 0xff;
        assert_eq!(decode::<Text<8>>(&bytes), Err(Malformed::BadText));
    }
}
