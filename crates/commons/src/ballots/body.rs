//! What entries about secret polls say, and the ballot that tells not who cast it. The question and its
//! options are open details of the entry that opens the poll.

use crate::body::{BadBody, Body, statements};
use crate::common::Common;
use crate::limits::{MAX_CARRIED, MAX_CHOICES, MAX_DRAW_SECONDS, MAX_RING};
use crate::payload::Payload;
use crate::ring::{BadRing, Image, Response, Ring, RingKey, RingSecret, RingSignature};
use bincode::{Decode, Encode};
use lifeboat_log::codec::{self, List};
use lifeboat_log::hash::derive;
use lifeboat_log::{CellId, EntryId, Kind};

/// Context of the hash of a ballot, by which ballots are put in order.
const BALLOT_CONTEXT: &str = "lifeboat/secret-ballot/v1";
/// What a ring is for begins with this.
const POLL_PREFIX: &[u8] = b"lifeboat/secret-poll/v1\0";

/// Numbers of options, counted from 0.
pub type Marks = List<u16, MAX_CHOICES>;

/// What a ballot may mark. Layout: u32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Form {
    /// 0: one option, or none to abstain.
    One,
    /// 1: any number of options, ascending.
    Several,
}

impl Form {
    /// Whether a ballot of this form may mark these out of so many options.
    pub fn allows(self, marks: &[u16], choices: u16) -> bool {
        let ascending = marks.windows(2).all(|pair| pair[0] < pair[1]);
        let known = marks.iter().all(|mark| *mark < choices);
        ascending && known && (self == Self::Several || marks.len() <= 1)
    }
}

/// How it is voted. Layout: u32 0; or u32 1, least u16, register u32, cast u32, carry u32, late u32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Means {
    /// 0: on paper, counted by tellers who were drawn by lot.
    Paper,
    /// 1: by ballots that one of a ring signed.
    Ring {
        /// How many must register.
        least: u16,
        /// Seconds to register a key.
        register: u32,
        /// Seconds to sign a ballot and bring it to a teller, after that.
        cast: u32,
        /// Seconds for the tellers to put what they have into the log, after that.
        carry: u32,
        /// Seconds for anyone to put in what was left out, after that.
        late: u32,
    },
}

/// When a poll carries what it asks for: when option 0 has more than `over` hundredths of all ballots.
/// Layout: over u8, payload.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Carries {
    /// Hundredths, below 100.
    pub over: u8,
    /// What takes effect then, in the name of the cell.
    pub payload: Payload,
}

/// Kind 112: a secret poll. Layout: common, about (byte, 32), choices u16, form u32, means, carries (byte,
/// value).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PollOpened {
    /// What every body begins with.
    pub common: Common,
    /// The entry that it is about.
    pub about: Option<EntryId>,
    /// How many options there are.
    pub choices: u16,
    /// What a ballot may mark.
    pub form: Form,
    /// How it is voted.
    pub means: Means,
    /// What takes effect when it is carried; only a decision opens such a poll.
    pub carries: Option<Carries>,
}

/// Kind 113: a member registers a fresh key for a poll. Layout: common, poll 32, key 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Registered {
    /// What every body begins with.
    pub common: Common,
    /// The poll.
    pub poll: EntryId,
    /// The key, made for this poll alone.
    pub key: RingKey,
}

/// A ballot. Layout: marks (list of u16), image 32, challenge 32, responses (list of 32).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct SecretBallot {
    /// What it marks.
    pub marks: Marks,
    /// What links it to others by the same member in this poll.
    pub image: Image,
    /// The challenge before the first key.
    pub challenge: Response,
    /// One response a key.
    pub responses: List<Response, MAX_RING>,
}

/// The ring of a poll: its registered keys, bound to the cell and the poll.
///
/// # Errors
/// [`BadRing`].
pub fn ring_of(cell: CellId, poll: EntryId, keys: &[RingKey]) -> Result<Ring, BadRing> {
    Ring::new(&[POLL_PREFIX, &cell.0, &poll.0].concat(), keys)
}

impl SecretBallot {
    /// Signs a ballot as one of a ring; `random` are fresh random bytes.
    ///
    /// # Errors
    /// [`BadRing`] when the ring does not have this key.
    pub fn sign(ring: &Ring, secret: &RingSecret, marks: Marks, random: &[u8; 32]) -> Result<Self, BadRing> {
        let signed = secret.sign(ring, &codec::encode(&marks), random)?;
        let responses = List::new(signed.responses).ok_or(BadRing::BadKeys)?;
        Ok(Self { marks, image: signed.image, challenge: signed.challenge, responses })
    }

    /// Whether one of the ring signed it.
    ///
    /// # Errors
    /// [`BadRing`].
    pub fn verify(&self, ring: &Ring) -> Result<(), BadRing> {
        let responses = self.responses.to_vec();
        let signature = RingSignature { image: self.image, challenge: self.challenge, responses };
        ring.verify(&codec::encode(&self.marks), &signature)
    }

    /// Its hash: ballots stand in the order of these.
    pub fn hash(&self) -> [u8; 32] {
        derive(BALLOT_CONTEXT, &codec::encode(self))
    }
}

/// Kind 114: ballots, put into the log by a member who did not cast them, or did. Layout: common, poll 32,
/// ballots (list), ascending by hash.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct BallotsCarried {
    /// What every body begins with.
    pub common: Common,
    /// The poll.
    pub poll: EntryId,
    /// The ballots.
    pub ballots: List<SecretBallot, MAX_CARRIED>,
}

/// Kind 115: a teller's count of the papers; the entry's paper has a photo of them. Layout: common, poll
/// 32, counts (list of u32), blank u32, papers u32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PaperCounted {
    /// What every body begins with.
    pub common: Common,
    /// The poll.
    pub poll: EntryId,
    /// How often each option was marked.
    pub counts: List<u32, MAX_CHOICES>,
    /// Papers that marked nothing, or cannot be read.
    pub blank: u32,
    /// All papers.
    pub papers: u32,
}

macro_rules! body {
    ($Type:ty, $kind:literal, $self:ident => $check:expr) => {
        impl Body for $Type {
            const KIND: Kind = Kind($kind);
            fn common(&self) -> &Common {
                &self.common
            }
            fn check(&$self) -> Result<(), BadBody> {
                if $check { Ok(()) } else { Err(BadBody::BadPoll) }
            }
        }
    };
}

body!(PollOpened, 112, self => {
    if let Some(carries) = &self.carries {
        carries.payload.check()?;
    }
    // What a poll carries is no decision and no poll: nothing is wrapped without end.
    let deep = self.carries.as_ref().is_some_and(|c| matches!(c.payload.kind.0, 64..=79 | 112..=127));
    let seconds = |seconds: u32| (1..=MAX_DRAW_SECONDS).contains(&seconds);
    let means = match self.means {
        Means::Paper => true,
        Means::Ring { least, register, cast, carry, late } => {
            (2..=MAX_RING).contains(&usize::from(least)) && [register, cast, carry, late].into_iter().all(seconds)
        }
    };
    let carries = self.carries.as_ref().is_none_or(|carries| carries.over < 100);
    (2..=MAX_CHOICES).contains(&usize::from(self.choices)) && means && carries && !deep
});
body!(Registered, 113, self => self.key.parse().is_ok());
body!(BallotsCarried, 114, self => {
    let hashes: Vec<[u8; 32]> = self.ballots.iter().map(SecretBallot::hash).collect();
    !hashes.is_empty() && hashes.windows(2).all(|pair| pair[0] < pair[1])
});
body!(PaperCounted, 115, self => {
    let photo = self.common.paper.is_some_and(|paper| paper.photo.is_some());
    photo && self.blank <= self.papers && self.counts.iter().all(|count| *count <= self.papers)
});

statements! {
    /// What an entry about a secret poll says.
    pub enum BallotStatement {
        /// A poll is opened.
        Opened(PollOpened),
        /// A member registers a key.
        Registered(Registered),
        /// Ballots are carried into the log.
        Carried(BallotsCarried),
        /// A teller counts papers.
        Counted(PaperCounted),
    }
}
