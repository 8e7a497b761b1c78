//! What homes and network hand to each other.

use crate::judge::Judge;
use crate::random::Random;
use lifeboat_log::{Detail, EntryId, PublicKey, SignedEntry, Time};
use lifeboat_protocol::follower::StreamId;
use lifeboat_protocol::{Announcement, RangeAsk, Request, Response};

/// What a home has at hand while it does one thing.
pub struct Ctx<'a> {
    /// The home's own clock.
    pub now: Time,
    pub random: &'a mut Random,
    pub judge: &'a mut Judge,
    /// The keys of all nodes, by the number of their home.
    pub keys: &'a [PublicKey],
    /// What the home wants done.
    pub out: &'a mut Vec<Out>,
}

impl Ctx<'_> {
    pub fn home_of(&self, key: &PublicKey) -> usize {
        self.keys.iter().position(|known| known == key).unwrap_or(usize::MAX)
    }
}

/// What a home wants done.
pub enum Out {
    /// Ask another home, or its own node.
    Ask(usize, Purpose, Request),
    /// Answer a question.
    Answer(Reply, Response),
    /// Tell everyone.
    Announce(Announcement),
    /// Open a stream.
    OpenRange(StreamId, usize, RangeAsk),
    /// Close it.
    CloseRange(StreamId),
    /// Do the oldest job of the disk in a while.
    Work,
}

/// Why a question was asked: where its answer goes.
#[derive(Debug, Clone)]
pub enum Purpose {
    Tip,
    Details,
    Opening,
    Calls,
    Recall,
    Have,
    Misconduct,
    /// An entry of the home's own outbox.
    Offer(EntryId),
    /// An entry that another home offered.
    PassOn(Reply, Box<(SignedEntry, Vec<Detail>)>),
    /// An entry of another home that waits in this one.
    OfferOther(EntryId),
    /// Details of an entry that the keeper was told of.
    Lacking,
}

/// Where an answer goes: the home that asked, and its question.
#[derive(Debug, Clone, Copy)]
pub struct Reply {
    pub home: usize,
    pub ask: u64,
}
