//! The opening of a term: who keeps the log from here on, by what right, and who witnesses it. Its form
//! is judged here, from bytes alone; its right is judged by the fold at the base.

use crate::call::Call;
use crate::checkpoint::Signers;
use crate::codec::{self, Bytes, List, Malformed};
use crate::entry::{Entry, Kind, Nonce};
use crate::hash::{CellId, LinkHash, StateHash, TreeHash};
use crate::key::{BadKey, PublicKey, SecretKey, Signature};
use crate::limits::{MAX_BASE_NOTE, MAX_CHARTER, MAX_ENDORSEMENTS, MAX_WITNESSES};
use crate::time::Term;
use bincode::{Decode, Encode};

/// What a term key signs to prove that its holder opens the term begins with this.
pub const POSSESSION_PREFIX: &[u8] = b"lifeboat/term-key/v1\0";
/// What an old term key signs to hand the log over begins with this.
pub const HANDOVER_PREFIX: &[u8] = b"lifeboat/handover/v1\0";
/// What a member signs to endorse a takeover begins with this.
pub const ENDORSEMENT_PREFIX: &[u8] = b"lifeboat/endorsement/v1\0";
/// What a witness signs to close older eras begins with this.
pub const CLOSE_PREFIX: &[u8] = b"lifeboat/close/v1\0";

/// The body of a founding entry: the first term's opening and the cell's first charter.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Founding {
    /// The opening of term 0.0.
    pub opening: Opening,
    /// The first charter, laid out as the rules version says.
    pub charter: Bytes<MAX_CHARTER>,
}

/// The body of an opening entry. Layout: `docs/format.md`, "Opening".
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Opening {
    /// The term that opens.
    pub term: Term,
    /// Where the chain goes on from; none in the first term alone.
    pub base: Option<Base>,
    /// The key of the node that keeps the term (its libp2p identity).
    pub node: PublicKey,
    /// The fresh key that signs the term's checkpoints.
    pub term_key: PublicKey,
    /// The term key's signature over [`possession_message`].
    pub possession: Signature,
    /// The keys of the witnesses, ascending.
    pub witnesses: List<PublicKey, MAX_WITNESSES>,
    /// The number of cosignatures that make a checkpoint witnessed: more than half, 0 without witnesses.
    pub quorum: u16,
    /// The hash of the state at the base; zero in the first term.
    pub state: StateHash,
    /// The version of the rules in force.
    pub rules: u16,
    /// By what right the term opens.
    pub right: Right,
}

/// Where a term goes on from the one before.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Base {
    /// The old term's signed checkpoint with its cosignatures, verbatim.
    pub checkpoint: Bytes<MAX_BASE_NOTE>,
    /// The hash of the last link under that checkpoint.
    pub head: LinkHash,
}

/// By what right a term opens.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Right {
    /// 0: it is the first.
    Founding,
    /// 1: the old keeper hands over; the old term key's signature over [`Opening::handover_message`].
    Handover(Signature),
    /// 2: the members take the log over.
    Takeover {
        /// More than half of the electorate, ascending by key.
        endorsements: List<Endorsement, MAX_ENDORSEMENTS>,
        /// The old witnesses' promises, ascending by key.
        closes: List<Close, MAX_WITNESSES>,
    },
}

/// The largest checkpoint of some term that a home or witness holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Floor {
    /// The term.
    pub term: Term,
    /// The checkpoint's tree size.
    pub size: u64,
    /// The checkpoint's root.
    pub root: TreeHash,
    /// The term key's signature over the checkpoint's note text.
    pub signature: Signature,
}

/// A member's signature under a takeover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Endorsement {
    /// The member's key.
    pub key: PublicKey,
    /// The largest signed checkpoint that the member's home holds.
    pub floor: Floor,
    /// The key's signature over [`Call::endorsement_message`].
    pub signature: Signature,
}

/// A witness's promise to cosign nothing in an older era.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Close {
    /// The witness's key.
    pub key: PublicKey,
    /// The largest checkpoint that it has cosigned.
    pub floor: Floor,
    /// The key's signature over [`Call::close_message`].
    pub signature: Signature,
}

/// Why the form of an opening does not hold. The names are part of `docs/format.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOpening {
    /// The first term has a base, or a later one has none, or the right or number does not fit.
    #[error("term, base and right do not fit together")]
    BadTerm,
    /// The term key did not sign that its holder opens this term.
    #[error("the term key's proof of possession does not hold")]
    BadPossession,
    /// A witness is named twice or out of order, or the number asked is not more than half.
    #[error("the witnesses are not in order, or the number asked is not more than half of them")]
    BadWitnesses,
    /// Endorsements or closes are not ascending by key.
    #[error("endorsements or closes are not in ascending order of their keys")]
    BadEndorsements,
    /// An endorsement, a close or a key in one does not hold.
    #[error("an endorsement or close does not hold: {0}")]
    Key(#[from] BadKey),
}

impl BadOpening {
    /// The name of this error in `docs/format.md` and in the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BadTerm => "BadTerm",
            Self::BadPossession => "BadPossession",
            Self::BadWitnesses => "BadWitnesses",
            Self::BadEndorsements => "BadEndorsements",
            Self::Key(e) => e.name(),
        }
    }
}

impl Opening {
    /// Who may sign checkpoints of the term that it opens.
    pub fn signers(&self) -> Signers {
        Signers { term_key: self.term_key, witnesses: self.witnesses.to_vec() }
    }

    /// Checks all that the bytes of the opening and of the entry that carries it can tell.
    pub(crate) fn check_form(&self, entry: &Entry) -> Result<(), BadOpening> {
        let first = self.term == Term::FIRST;
        let fits = match self.right {
            Right::Founding => first && self.base.is_none() && self.state.is_zero(),
            Right::Handover(_) => self.term.turn() > 0 && self.base.is_some(),
            Right::Takeover { .. } => self.term.era() > 0 && self.term.turn() == 0 && self.base.is_some(),
        };
        if !fits || first != (entry.kind == Kind::FOUNDING) {
            return Err(BadOpening::BadTerm);
        }
        let message = possession_message(entry, self.term, &self.node, &self.term_key);
        self.term_key.verify(&message, &self.possession).map_err(|_| BadOpening::BadPossession)?;
        let ascending = self.witnesses.windows(2).all(|pair| pair[0] < pair[1]);
        let majority = usize::from(self.quorum) * 2 > self.witnesses.len()
            && usize::from(self.quorum) <= self.witnesses.len();
        let none = self.witnesses.is_empty() && self.quorum == 0;
        if !ascending || !(majority || none) {
            return Err(BadOpening::BadWitnesses);
        }
        self.witnesses.iter().try_for_each(|key| key.parse().map(drop))?;
        self.check_takeover(&entry.cell)
    }

    fn check_takeover(&self, cell: &CellId) -> Result<(), BadOpening> {
        let Right::Takeover { endorsements, closes } = &self.right else { return Ok(()) };
        let ordered = endorsements.windows(2).all(|pair| pair[0].key < pair[1].key)
            && closes.windows(2).all(|pair| pair[0].key < pair[1].key);
        if !ordered {
            return Err(BadOpening::BadEndorsements);
        }
        let call = Call::of(self);
        endorsements.iter().try_for_each(|endorsement| call.check_endorsement(cell, endorsement))?;
        Ok(closes.iter().try_for_each(|close| call.check_close(cell, close))?)
    }

    /// What the old term key signs to hand over to this opening: cell, then the opening without its right.
    pub fn handover_message(&self, cell: &CellId) -> Vec<u8> {
        let unsigned = Self { right: Right::Founding, ..self.clone() };
        let mut encoded = codec::encode(&unsigned);
        encoded.truncate(encoded.len() - 4); // the variant number of the right
        [HANDOVER_PREFIX, &cell.0, &encoded].concat()
    }
}

/// What a term key signs to prove that whoever signs this entry holds it: the entry's author and nonce,
/// the term, the node and the key.
pub fn possession_message(entry: &Entry, term: Term, node: &PublicKey, term_key: &PublicKey) -> Vec<u8> {
    possession(&entry.author, &entry.nonce, term, node, term_key)
}

/// As [`possession_message`], for an entry that is not made yet.
pub fn possession(
    author: &PublicKey,
    nonce: &Nonce,
    term: Term,
    node: &PublicKey,
    term_key: &PublicKey,
) -> Vec<u8> {
    [POSSESSION_PREFIX, &codec::encode(&(*author, *nonce, term, *node, *term_key))].concat()
}

impl Founding {
    /// The founding body for the entry `draft`, whose author and nonce are set already.
    pub fn new(
        draft: &Entry,
        node: PublicKey,
        term_key: &SecretKey,
        rules: u16,
        charter: Bytes<MAX_CHARTER>,
    ) -> Self {
        let message = possession_message(draft, Term::FIRST, &node, &term_key.public());
        let opening = Opening {
            term: Term::FIRST,
            base: None,
            node,
            term_key: term_key.public(),
            possession: term_key.sign(&message),
            witnesses: List::default(),
            quorum: 0,
            state: StateHash::ZERO,
            rules,
            right: Right::Founding,
        };
        Self { opening, charter }
    }

    /// The founding body that these bytes are.
    ///
    /// # Errors
    /// [`Malformed`] when they are not exactly one.
    pub fn decode(body: &[u8]) -> Result<Self, Malformed> {
        codec::decode(body)
    }
}
