//! How our own values are written in JSON: hashes and keys as hexadecimal, bytes as base64, the rest as
//! text. Reading checks the form and nothing more: what the bytes mean is verified where they are used.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lifeboat_log::{
    BlobHash, CellId, DetailHash, EntryId, LinkHash, Nonce, Position, PublicKey, Signature, StateHash, Term,
    Time, TreeHash,
};

/// A value with one plain text form.
pub trait Plain: Sized {
    /// The text.
    fn write(&self) -> String;
    /// The value of a text, or nothing when it is none.
    fn read(text: &str) -> Option<Self>;
}

/// Bytes, written as base64.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blob(pub Vec<u8>);

impl std::ops::Deref for Blob {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Blob {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl Plain for Blob {
    fn write(&self) -> String {
        STANDARD.encode(&self.0)
    }
    fn read(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok().map(Self)
    }
}

impl serde::Serialize for Blob {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        one::serialize(self, serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Blob {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one::deserialize(deserializer)
    }
}

macro_rules! hashes {
    ($($name:ident)*) => {$(
        impl Plain for $name {
            fn write(&self) -> String {
                self.to_string()
            }
            fn read(text: &str) -> Option<Self> {
                Self::from_hex(text)
            }
        }
    )*};
}

hashes!(BlobHash CellId EntryId LinkHash DetailHash StateHash TreeHash);

impl Plain for PublicKey {
    fn write(&self) -> String {
        self.to_string()
    }
    fn read(text: &str) -> Option<Self> {
        EntryId::from_hex(text).map(|id| Self(id.0))
    }
}

impl Plain for Signature {
    fn write(&self) -> String {
        STANDARD.encode(self.0)
    }
    fn read(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl Plain for Nonce {
    fn write(&self) -> String {
        STANDARD.encode(self.0)
    }
    fn read(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl Plain for [u8; 32] {
    fn write(&self) -> String {
        STANDARD.encode(self)
    }
    fn read(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok()
    }
}

impl Plain for Position {
    fn write(&self) -> String {
        self.0.to_string()
    }
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl Plain for Time {
    fn write(&self) -> String {
        self.ms().to_string()
    }
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self::from_ms)
    }
}

impl Plain for Term {
    fn write(&self) -> String {
        self.to_string()
    }
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// For `#[serde(with)]`: one value.
pub mod one {
    use super::Plain;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the value's text.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<T: Plain, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&value.write())
    }

    /// Reads the value's text.
    ///
    /// # Errors
    /// When the text is none of a `T`.
    pub fn deserialize<'de, T: Plain, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        T::read(&text).ok_or_else(|| D::Error::custom("a value in another form than asked"))
    }
}

/// For `#[serde(with)]`: a value or none.
pub mod maybe {
    use super::Plain;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    /// Writes the value's text, or null.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<T: Plain, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Plain::write).serialize(serializer)
    }

    /// Reads the value's text, or null.
    ///
    /// # Errors
    /// When the text is none of a `T`.
    pub fn deserialize<'de, T: Plain, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let value = T::read(&text);
        value.map(Some).ok_or_else(|| D::Error::custom("a value in another form than asked"))
    }
}

/// For `#[serde(with)]`: a list of values.
pub mod many {
    use super::Plain;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the values' texts.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<T: Plain, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(Plain::write))
    }

    /// Reads the values' texts.
    ///
    /// # Errors
    /// When a text is none of a `T`.
    pub fn deserialize<'de, T: Plain, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let values: Option<Vec<T>> = texts.iter().map(|text| T::read(text)).collect();
        values.ok_or_else(|| D::Error::custom("a value in another form than asked"))
    }
}
