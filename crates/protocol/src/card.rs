//! The cell card, with which a newcomer's or a follower's trust starts, and the invite that carries one.
//! Both are written as one link, `lifeboat:<slug>/<letters>`, that a person can send, print or scan. The
//! last bytes are a checksum, so that a link that was cut or mistyped says so.

#[cfg(test)]
mod tests;

use crate::limits::{MAX_ADDRESS, MAX_ADDRESSES, MAX_LINK, MAX_SLUG};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bincode::{Decode, Encode};
use lifeboat_log::codec::{self, List, Text};
use lifeboat_log::limits::MAX_WITNESSES;
use lifeboat_log::opening::Floor;
use lifeboat_log::{BadCheckpoint, CellId, Checkpoint, Origin, PublicKey, Signers, Term, Time};
use std::fmt;
use std::str::FromStr;

/// What a link begins with.
pub const SCHEME: &str = "lifeboat:";
const CHECKSUM_CONTEXT: &str = "lifeboat/link-checksum/v1";
const CHECKSUM_LEN: usize = 4;
/// The first byte of the letters says what the link is.
const CARD: u8 = 1;
const INVITE: u8 = 2;

/// All that is needed to find a cell and to check what it has signed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CellCard {
    /// The cell.
    pub cell: CellId,
    /// Its name as it stands in links: lower-case letters, digits and hyphens.
    pub slug: Slug,
    /// The term that is open.
    pub term: Term,
    /// The key that signs its checkpoints.
    pub term_key: PublicKey,
    /// The node that keeps it.
    pub node: PublicKey,
    /// Where nodes of the cell may be reached.
    pub addresses: List<Text<MAX_ADDRESS>, MAX_ADDRESSES>,
    /// The keys of the witnesses, ascending.
    pub witnesses: List<PublicKey, MAX_WITNESSES>,
    /// The number of cosignatures that make a checkpoint witnessed.
    pub quorum: u16,
    /// The newest checkpoint when the card was made.
    pub checkpoint: Option<Floor>,
}

/// A cell's name as it stands in links: lower-case letters, digits and hyphens; not empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

/// An invite for one person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Invite {
    /// The cell.
    pub card: CellCard,
    /// The invite's own number, which the newcomer's acceptance names.
    pub nonce: [u8; 16],
    /// The hash of the inviter's secret: see [`crate::words::commitment_of`].
    pub commitment: [u8; 32],
    /// When it ends.
    pub expiry: Time,
    /// The key of the member who invites.
    pub inviter: PublicKey,
}

/// Why a text is no link of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// It does not begin as one.
    #[error("not a lifeboat link: it begins with lifeboat:")]
    NotALink,
    /// It was cut or mistyped.
    #[error("the link is not whole: copy all of it, or scan it again")]
    NotWhole,
    /// It is of a sort that this version does not know.
    #[error("a link of a sort that this version does not know: update lifeboat")]
    Unknown,
    /// A cell card where an invite is needed.
    #[error("this is a cell's card, which is good for following it; to join, ask a member for an invite")]
    NotAnInvite,
    /// Its checkpoint is not signed by its term key.
    #[error("the link's checkpoint is not signed by its keeper: ask for a new link")]
    BadCheckpoint,
}

/// What a link can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// A cell's card.
    Card(CellCard),
    /// An invite.
    Invite(Invite),
}

impl Link {
    /// The card in it.
    pub fn card(&self) -> &CellCard {
        match self {
            Self::Card(card) => card,
            Self::Invite(invite) => &invite.card,
        }
    }
}

impl CellCard {
    /// Who may sign checkpoints of the card's term.
    pub fn signers(&self) -> Signers {
        Signers { term_key: self.term_key, witnesses: self.witnesses.to_vec() }
    }

    /// The name of the card's term as a transparency log.
    pub fn origin(&self) -> Origin {
        Origin { cell: self.cell, term: self.term }
    }

    /// The checkpoint that the card holds, once its signature holds.
    ///
    /// # Errors
    /// [`BadCheckpoint`].
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, BadCheckpoint> {
        let Some(floor) = &self.checkpoint else { return Ok(None) };
        let origin = Origin { cell: self.cell, term: floor.term };
        let checkpoint = Checkpoint { origin, size: floor.size, root: floor.root };
        let holds = self.term_key.verify(checkpoint.text().as_bytes(), &floor.signature);
        let fits = floor.term == self.term && holds.is_ok();
        if fits { Ok(Some(checkpoint)) } else { Err(BadCheckpoint::BadCheckpointSignature) }
    }

    /// The addresses as texts.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.addresses.iter().map(Text::as_str)
    }
}

impl Slug {
    /// The slug that is this text, or nothing when it is none.
    pub fn new(text: &str) -> Option<Self> {
        let proper = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits = !text.is_empty() && text.len() <= MAX_SLUG && text.chars().all(proper);
        fits.then(|| Self(text.to_owned()))
    }

    /// The slug of a cell's name: its letters and digits in lower case, a hyphen for each gap, `cell`
    /// where nothing is left.
    pub fn of_name(name: &str) -> Self {
        let mut slug = String::new();
        for character in name.chars().filter_map(plain) {
            let gap = character == '-';
            if slug.len() < MAX_SLUG && !(gap && (slug.is_empty() || slug.ends_with('-'))) {
                slug.push(character);
            }
        }
        let slug = slug.trim_matches('-');
        Self(if slug.is_empty() { "cell" } else { slug }.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The plain small letter or digit for a character of a name, a hyphen for a gap, nothing to leave it out.
fn plain(character: char) -> Option<char> {
    let plain = match character {
        'a'..='z' | '0'..='9' => character,
        'A'..='Z' => character.to_ascii_lowercase(),
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'Á' | 'À' | 'Â' | 'Ä' | 'Ã' | 'Å' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' | 'Ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'Í' | 'Ì' | 'Î' | 'Ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' | 'Ó' | 'Ò' | 'Ô' | 'Ö' | 'Õ' | 'Ø' => 'o',
        'ú' | 'ù' | 'û' | 'ü' | 'Ú' | 'Ù' | 'Û' | 'Ü' => 'u',
        'ñ' | 'Ñ' => 'n',
        'ç' | 'Ç' => 'c',
        'ß' => 's',
        '\'' | '’' => return None,
        _ => '-',
    };
    Some(plain)
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Encode for Slug {
    fn encode<E: bincode::enc::Encoder>(&self, encoder: &mut E) -> Result<(), bincode::error::EncodeError> {
        Text::<MAX_SLUG>::new(self.0.as_str()).unwrap_or_default().encode(encoder)
    }
}

impl<C> Decode<C> for Slug {
    fn decode<D: bincode::de::Decoder<Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, bincode::error::DecodeError> {
        let text = Text::<MAX_SLUG>::decode(decoder)?;
        Self::new(&text).ok_or(bincode::error::DecodeError::Other("a slug of other characters"))
    }
}

bincode::impl_borrow_decode!(Slug);

impl fmt::Display for CellCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_link(f, &self.slug, CARD, &codec::encode(self))
    }
}

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_link(f, &self.card.slug, INVITE, &codec::encode(self))
    }
}

impl FromStr for Link {
    type Err = BadLink;
    fn from_str(text: &str) -> Result<Self, BadLink> {
        let (slug, sort, body) = read_link(text)?;
        let link = match sort {
            CARD => codec::decode(&body).map(Self::Card),
            INVITE => codec::decode(&body).map(Self::Invite),
            _ => return Err(BadLink::Unknown),
        };
        let link = link.map_err(|_| BadLink::Unknown)?;
        if link.card().slug.as_str() != slug {
            return Err(BadLink::NotWhole);
        }
        link.card().checkpoint().map_err(|_| BadLink::BadCheckpoint)?;
        Ok(link)
    }
}

impl FromStr for CellCard {
    type Err = BadLink;
    /// The card in a link of either sort.
    fn from_str(text: &str) -> Result<Self, BadLink> {
        text.parse::<Link>().map(|link| link.card().clone())
    }
}

impl FromStr for Invite {
    type Err = BadLink;
    fn from_str(text: &str) -> Result<Self, BadLink> {
        match text.parse()? {
            Link::Invite(invite) => Ok(invite),
            Link::Card(_) => Err(BadLink::NotAnInvite),
        }
    }
}

fn write_link(f: &mut fmt::Formatter<'_>, slug: &Slug, sort: u8, body: &[u8]) -> fmt::Result {
    let mut bytes = [&[sort], body].concat();
    bytes.extend_from_slice(&checksum(&bytes));
    write!(f, "{SCHEME}{slug}/{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The slug, the sort and the body of a link.
fn read_link(text: &str) -> Result<(&str, u8, Vec<u8>), BadLink> {
    let text = text.trim();
    let rest = text.strip_prefix(SCHEME).ok_or(BadLink::NotALink)?;
    let (slug, letters) = rest.split_once('/').ok_or(BadLink::NotWhole)?;
    if text.len() > MAX_LINK {
        return Err(BadLink::NotALink);
    }
    let bytes = URL_SAFE_NO_PAD.decode(letters).map_err(|_| BadLink::NotWhole)?;
    let (body, sum) = bytes.split_last_chunk::<CHECKSUM_LEN>().ok_or(BadLink::NotWhole)?;
    if checksum(body) != *sum {
        return Err(BadLink::NotWhole);
    }
    let (sort, body) = body.split_first().ok_or(BadLink::NotWhole)?;
    Ok((slug, *sort, body.to_vec()))
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_LEN] {
    let hash = blake3::derive_key(CHECKSUM_CONTEXT, bytes);
    [hash[0], hash[1], hash[2], hash[3]]
}
