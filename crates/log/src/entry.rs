//! An entry: one statement signed by one key. Its bytes are kept and relayed as they were signed. What
//! is checked here follows from the bytes alone; whether the author may say it is for the rules.

use crate::codec::{self, Bytes, List, Malformed};
use crate::detail::DetailRef;
use crate::hash::{CellId, ENTRY_ID_CONTEXT, EntryId, TreeHash, derive};
use crate::key::{BadKey, KeyCache, PublicKey, SecretKey, Signature};
use crate::limits::{MAX_AFTER, MAX_BODY, MAX_DETAIL, MAX_DETAILS, MAX_LIFETIME_MS};
use crate::opening::{BadOpening, Founding, Opening};
use crate::time::{Term, Time};
use bincode::{Decode, Encode};
use std::fmt;

/// The entry format that this version writes and reads.
pub const ENTRY_FORMAT: u8 = 1;
/// What is signed begins with this.
pub const ENTRY_SIGNATURE_PREFIX: &[u8] = b"lifeboat/entry/v1\0";

/// What sort of statement an entry is. Numbers are never reused; unknown ones are stored and chained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Kind(pub u16);

impl Kind {
    /// The entry that founds a cell and opens its first term.
    pub const FOUNDING: Self = Self(1);
    /// The entry that opens a later term.
    pub const OPENING: Self = Self(2);
    /// Brings a cosigned checkpoint into the log.
    pub const ANCHOR: Self = Self(3);
}

/// The last checkpoint that an author had verified when signing; all zero when there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode)]
pub struct Seen {
    /// The term of the checkpoint.
    pub term: Term,
    /// Its tree size.
    pub size: u64,
    /// Its root.
    pub root: TreeHash,
}

/// Sixteen random bytes that tell an entry from another with the same content. An entry signed again
/// with another key of the same member keeps its nonce, and so is placed only once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Nonce(pub [u8; 16]);

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, ")")
    }
}

/// What an entry says, without its signature. Layout: `docs/format.md`, "Entry".
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    /// The cell it is for; zero in the founding entry alone.
    pub cell: CellId,
    /// The key that signs it.
    pub author: PublicKey,
    /// When the author signed it, by the author's clock, after all the member's own earlier entries.
    pub author_time: Time,
    /// It must not be placed later than this; at most [`MAX_LIFETIME_MS`] after the author time.
    pub not_after: Time,
    /// The last checkpoint that the author had verified.
    pub seen: Seen,
    /// Entries that must stand before it, ascending and each once.
    pub after: List<EntryId, MAX_AFTER>,
    /// Tells it from another entry with the same content.
    pub nonce: Nonce,
    /// What sort of statement it is.
    pub kind: Kind,
    /// The version of the body's layout.
    pub version: u16,
    /// The statement itself, laid out as the kind and version say.
    pub body: Bytes<MAX_BODY>,
    /// The details that belong to it, each named once.
    pub details: List<DetailRef, MAX_DETAILS>,
}

/// Why bytes are not a valid entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEntry {
    /// The bytes are no encoding of an entry.
    #[error("not an entry: {0}")]
    Malformed(#[from] Malformed),
    /// The format byte is of a version that this program does not know.
    #[error("an entry of format {0}, which this version does not know: update lifeboat")]
    UnknownFormat(u8),
    /// The kind is 0, which means nothing, or opens a term in a body version that nobody knows.
    #[error("an entry of a kind that means nothing, or an opening of an unknown version")]
    BadKind,
    /// The not-after time is before the author time or more than 366 days after it.
    #[error("an entry whose last placing time is before its own time or more than 366 days after it")]
    BadLifetime,
    /// The ids that must stand before it are not ascending.
    #[error("an entry whose list of earlier entries is not in ascending order")]
    UnorderedAfter,
    /// A detail is longer than the format allows or named twice.
    #[error("an entry that names a detail twice or one that is too long")]
    BadDetails,
    /// Only the founding entry has no cell and has seen nothing; it has both zero.
    #[error("an entry whose cell (or what it has seen) does not fit its kind")]
    WrongCell,
    /// The key or the signature does not hold.
    #[error("an entry with {0}")]
    Key(#[from] BadKey),
    /// The entry opens a term, and the opening does not hold.
    #[error("an entry that opens a term wrongly: {0}")]
    Opening(#[from] BadOpening),
}

impl BadEntry {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Malformed(e) => e.name(),
            Self::UnknownFormat(_) => "UnknownFormat",
            Self::BadKind => "BadKind",
            Self::BadLifetime => "BadLifetime",
            Self::UnorderedAfter => "UnorderedAfter",
            Self::BadDetails => "BadDetails",
            Self::WrongCell => "WrongCell",
            Self::Key(e) => e.name(),
            Self::Opening(e) => e.name(),
        }
    }
}

/// An entry that is valid in itself: properly encoded, within its bounds, and signed by its author.
/// It is only made by [`SignedEntry::verify`] and [`Entry::sign`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedEntry {
    entry: Entry,
    id: EntryId,
    bytes: Vec<u8>,
}

impl std::ops::Deref for SignedEntry {
    type Target = Entry;
    fn deref(&self) -> &Entry {
        &self.entry
    }
}

impl SignedEntry {
    /// The entry that these bytes are, once everything that bytes can tell has been checked.
    ///
    /// # Errors
    /// [`BadEntry`], the first in the order of `docs/format.md`.
    pub fn verify(bytes: Vec<u8>, keys: &mut KeyCache) -> Result<Self, BadEntry> {
        let (entry, signature) = parse(&bytes)?;
        check_form(&entry)?;
        let signed_len = bytes.len() - 64;
        keys.get(&entry.author)?.verify(&signing_message(&bytes[..signed_len]), &signature)?;
        let signed = Self { id: id_of(&bytes), entry, bytes };
        signed.check_opening()?;
        Ok(signed)
    }

    /// The entry's id.
    pub fn id(&self) -> EntryId {
        self.id
    }

    /// The entry's bytes, as they were signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the entry says of the term it opens, when it opens one.
    ///
    /// # Errors
    /// [`Malformed`] when the body does not decode; never for an entry of this type.
    pub fn opening(&self) -> Result<Option<Opening>, Malformed> {
        match self.kind {
            Kind::FOUNDING => Ok(Some(codec::decode::<Founding>(&self.body)?.opening)),
            Kind::OPENING => Ok(Some(codec::decode::<Opening>(&self.body)?)),
            _ => Ok(None),
        }
    }

    fn check_opening(&self) -> Result<(), BadEntry> {
        match self.opening()? {
            Some(opening) => Ok(opening.check_form(self)?),
            None => Ok(()),
        }
    }
}

impl Entry {
    /// Signs the entry.
    ///
    /// # Errors
    /// [`BadEntry`] when it would not be valid, or `key` is not its author's.
    pub fn sign(self, key: &SecretKey) -> Result<SignedEntry, BadEntry> {
        let mut bytes = vec![ENTRY_FORMAT];
        bytes.extend(codec::encode(&self));
        let signature = key.sign(&signing_message(&bytes));
        bytes.extend_from_slice(&signature.0);
        SignedEntry::verify(bytes, &mut KeyCache::default())
    }
}

/// The id of the entry with these bytes.
pub fn id_of(bytes: &[u8]) -> EntryId {
    EntryId(derive(ENTRY_ID_CONTEXT, bytes))
}

fn parse(bytes: &[u8]) -> Result<(Entry, Signature), BadEntry> {
    let (&format, rest) = bytes.split_first().ok_or(Malformed::Truncated)?;
    if format != ENTRY_FORMAT {
        return Err(BadEntry::UnknownFormat(format));
    }
    Ok(codec::decode::<(Entry, Signature)>(rest)?)
}

fn check_form(entry: &Entry) -> Result<(), BadEntry> {
    let founding = entry.kind == Kind::FOUNDING;
    let opening = founding || entry.kind == Kind::OPENING;
    if entry.kind == Kind(0) || (opening && entry.version != 1) {
        return Err(BadEntry::BadKind);
    }
    if founding != entry.cell.is_zero() || (founding && entry.seen != Seen::default()) {
        return Err(BadEntry::WrongCell);
    }
    let lifetime = entry.not_after.ms().checked_sub(entry.author_time.ms());
    if lifetime.is_none_or(|ms| ms > MAX_LIFETIME_MS) {
        return Err(BadEntry::BadLifetime);
    }
    if entry.after.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(BadEntry::UnorderedAfter);
    }
    let twice = |i: usize| entry.details[..i].iter().any(|other| other.hash == entry.details[i].hash);
    let too_long = |detail: &DetailRef| detail.length as usize > MAX_DETAIL;
    if entry.details.iter().any(too_long) || (0..entry.details.len()).any(twice) {
        return Err(BadEntry::BadDetails);
    }
    Ok(())
}

fn signing_message(unsigned: &[u8]) -> Vec<u8> {
    [ENTRY_SIGNATURE_PREFIX, unsigned].concat()
}
