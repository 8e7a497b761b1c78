//! Ballots: what one member says of the question. A ballot has one form, whoever writes it.

use super::terms::{Method, Terms};
use crate::body::BadBody;
use crate::common::MemberId;
use crate::limits::MAX_OPTIONS;
use bincode::{Decode, Encode};
use lifeboat_log::EntryId;
use lifeboat_log::codec::{self, List};
use lifeboat_log::hash::derive;

/// Context of the hash by which a hidden ballot is committed to.
const CONTEXT: &str = "lifeboat/ballot/v1";

/// Where a member stands. Layout: u32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Stance {
    /// 0: for it.
    For,
    /// 1: no opinion; counts for the quorum alone.
    Abstain,
    /// 2: not for it, and not in its way.
    Aside,
    /// 3: against it, where a majority decides.
    Against,
    /// 4: objects, or blocks, where consent or consensus decides. It gives its reason.
    Block,
}

/// A value for each option, in their order.
pub type PerOption = List<u8, MAX_OPTIONS>;

/// What one member says of the question. Layout: u32 number, then a stance or a list of u8.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Ballot {
    /// 0: where the member stands; of options only an abstention.
    Stance(Stance),
    /// 1: the options that the member approves, counted from 0, ascending.
    Approve(PerOption),
    /// 2: points for each option.
    Score(PerOption),
    /// 3: the rank of each option: 1 for the first, with no rank left out; equal ones share a rank; 0 for
    /// those not ranked, which come after all others.
    Rank(PerOption),
}

impl Ballot {
    /// An abstention.
    pub const ABSTAIN: Self = Self::Stance(Stance::Abstain);

    /// Whether it gives a reason: an objection or block does.
    pub fn needs_reason(&self) -> bool {
        *self == Self::Stance(Stance::Block)
    }

    /// Whether it fits these terms.
    pub fn fits(&self, terms: &Terms) -> bool {
        use Stance::{Abstain, Against, Aside, Block, For};
        let full = |list: &[u8]| list.len() == usize::from(terms.options);
        match (self, terms.method) {
            (Self::Stance(Abstain), _) => true,
            (Self::Stance(For | Aside | Block), Method::Consent | Method::Consensus { .. }) => true,
            (Self::Stance(For | Against), Method::Majority { .. } | Method::TwoThirds) => true,
            (Self::Approve(chosen), Method::Approval | Method::Seats { .. }) => {
                chosen.iter().all(|option| *option < terms.options)
            }
            (Self::Score(points), Method::Score { most }) => {
                full(points) && points.iter().all(|points| *points <= most)
            }
            (Self::Rank(ranks), Method::Ranked) => full(ranks),
            _ => false,
        }
    }

    /// Checks its form.
    ///
    /// # Errors
    /// [`BadBody::BadBallot`].
    pub fn check(&self) -> Result<(), BadBody> {
        let holds = match self {
            Self::Stance(_) | Self::Score(_) => true,
            Self::Approve(chosen) => chosen.windows(2).all(|two| two[0] < two[1]),
            Self::Rank(ranks) => {
                let last = ranks.iter().copied().max().unwrap_or(0);
                (1..=last).all(|rank| ranks.contains(&rank))
            }
        };
        if holds { Ok(()) } else { Err(BadBody::BadBallot) }
    }

    /// The hash by which a member commits to it: over version, member, salt and ballot.
    pub fn commitment(&self, version: &EntryId, member: &MemberId, salt: &[u8; 16]) -> [u8; 32] {
        derive(CONTEXT, &codec::encode(&(*version, *member, *salt, self.clone())))
    }
}
