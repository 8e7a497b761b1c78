//! What a vote is held on: method, who may vote, when, with what quorum, and what happens by itself when it
//! is carried. All of it is fixed before the first ballot; a change is a new version and a new vote.

use crate::body::BadBody;
use crate::common::{Day, MemberId};
use crate::limits::{MAX_ELECTORATE, MAX_OPTIONS, MAX_SCORE};
use crate::payload::Payload;
use bincode::{Decode, Encode};
use lifeboat_log::Time;
use lifeboat_log::codec::List;

/// How votes make a result. Layout: u32 number, then what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Method {
    /// 0: carried unless somebody objects.
    Consent,
    /// 1: carried when most of those who cast agree and no more than `k` block.
    Consensus {
        /// How many may block in vain; 0 for full consensus.
        k: u8,
    },
    /// 2: carried by a part of those who are for or against.
    Majority {
        /// 50 for more than half; 51 to 100 for at least so many in a hundred.
        percent: u8,
    },
    /// 3: everyone approves as many options as they like; the one with the most is chosen.
    Approval,
    /// 4: everyone gives each option points; the largest sum is chosen.
    Score {
        /// The most points for one option.
        most: u8,
    },
    /// 5: everyone ranks options; the method of Schulze chooses.
    Ranked,
    /// 6: several options are chosen in proportion, from approvals, by equal shares.
    Seats {
        /// How many.
        seats: u8,
    },
    /// 7: carried by two thirds or more of those who are for or against, which no part in a hundred says.
    TwoThirds,
}

impl Method {
    /// Whether it chooses among options; otherwise it is carried or not.
    pub fn chooses(self) -> bool {
        !matches!(self, Self::Consent | Self::Consensus { .. } | Self::Majority { .. } | Self::TwoThirds)
    }

    fn check(self, options: u8) -> Result<(), BadBody> {
        let holds = match self {
            Self::Consent | Self::Consensus { .. } | Self::TwoThirds => true,
            Self::Majority { percent } => (50..=100).contains(&percent),
            Self::Approval | Self::Ranked => true,
            Self::Score { most } => (1..=MAX_SCORE).contains(&most),
            Self::Seats { seats } => (1..=options).contains(&seats),
        };
        let range = if self.chooses() { 2..=MAX_OPTIONS as u8 } else { 0..=0 };
        if holds && range.contains(&options) { Ok(()) } else { Err(BadBody::BadTerms) }
    }
}

/// Who may vote: of those named here only members past the charter's waiting time when voting opens.
/// Layout: u32 number, then the list, ascending and each once.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Who {
    /// 0: all members.
    All,
    /// 1: a circle.
    Circle(List<MemberId, MAX_ELECTORATE>),
    /// 2: those present at a meeting.
    Present(List<MemberId, MAX_ELECTORATE>),
}

impl Who {
    /// The list, where it is not all members.
    pub fn named(&self) -> Option<&[MemberId]> {
        match self {
            Self::All => None,
            Self::Circle(list) | Self::Present(list) => Some(list),
        }
    }
}

/// What happens to options that the votes cannot tell apart. Layout: u32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Tie {
    /// 0: nothing is chosen, and the tie is shown: the cell goes on to talk, or draws.
    Open,
    /// 1: the option that the question lists first.
    Listed,
    /// 2: drawn from the salts of the hidden ballots, which all were fixed before any was known.
    Drawn,
}

/// What a hidden ballot that is not opened in time counts as. Layout: u32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Unopened {
    /// 0: as not cast.
    NotCast,
    /// 1: as an abstention.
    Abstains,
}

/// Ballots are committed to until the close, and opened after it. Layout: until u64, unopened u32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Hidden {
    /// Until when ballots are opened; then they are counted.
    pub until: Time,
    /// What happens to the others.
    pub unopened: Unopened,
}

/// What a vote is held on. The question, and the name of each option in a line of its own at the end, are
/// the entry's first detail.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Terms {
    /// How votes make a result.
    pub method: Method,
    /// How many options; none when it is only carried or not.
    pub options: u8,
    /// Who may vote.
    pub who: Who,
    /// When voting opens; at once when that has passed. Then the list of those who may vote is frozen.
    pub opens: Time,
    /// When it closes.
    pub closes: Time,
    /// How many in a hundred of those who may vote must cast a ballot, abstentions counted.
    pub quorum: u8,
    /// What happens to a tie.
    pub tie: Tie,
    /// Whether ballots are hidden until the close.
    pub hidden: Option<Hidden>,
    /// The day on which it is shown again until somebody writes how it went.
    pub review: Option<Day>,
    /// What takes effect by itself when it is carried.
    pub payload: Option<Payload>,
}

impl Terms {
    /// Checks what the terms alone can tell.
    ///
    /// # Errors
    /// [`BadBody::BadTerms`], or why it cannot carry its payload.
    pub fn check(&self) -> Result<(), BadBody> {
        self.method.check(self.options)?;
        let ascending = |list: &[MemberId]| !list.is_empty() && list.windows(2).all(|two| two[0] < two[1]);
        let holds = self.who.named().is_none_or(ascending)
            && self.opens < self.closes
            && self.quorum <= 100
            && self.hidden.is_none_or(|hidden| hidden.until > self.closes)
            && (self.tie != Tie::Drawn || self.hidden.is_some())
            && (self.tie == Tie::Listed || !matches!(self.method, Method::Seats { .. }))
            && self.review.is_none_or(|day| day <= Day::LAST);
        if !holds {
            return Err(BadBody::BadTerms);
        }
        let Some(payload) = &self.payload else { return Ok(()) };
        if self.method.chooses() || self.who != Who::All {
            return Err(BadBody::BadTerms);
        }
        payload.check()
    }

    /// When the result is known.
    pub fn ends(&self) -> Time {
        self.hidden.map_or(self.closes, |hidden| hidden.until)
    }
}
