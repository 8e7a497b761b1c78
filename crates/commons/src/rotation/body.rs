//! What entries of rotation say. Each body begins with [`Common`]. Roles, trainings and meetings are named
//! by words that the cell chose; no person's name is among them.

use super::calendar::Every;
use crate::body::{BadBody, Body, statements};
use crate::common::{Common, Day, MemberId};
use crate::draw::{BeaconNetwork, BeaconRound, BeaconSignature, Commitment, Secret};
use crate::limits::{MAX_DRAW_SECONDS, MAX_NAME, MAX_POOL, MAX_SEATS};
use bincode::{Decode, Encode};
use lifeboat_log::codec::{List, Text};
use lifeboat_log::{EntryId, Kind};

/// The name of a role, a training or a meeting.
pub type Name = Text<MAX_NAME>;
/// Members in an order.
pub type Roll = List<MemberId, MAX_POOL>;

/// What whoever has a role does, as far as the program must know. Layout: u32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Duty {
    /// 0: something that the program has no part in.
    Other,
    /// 1: their node keeps the log: the draw leads to a handover.
    Keeper,
    /// 2: they facilitate meetings.
    Facilitator,
    /// 3: they count ballots and witness hats.
    Teller,
}

/// Who may be drawn for a role. Layout: again bool, double bool, training (byte, text).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Encode, Decode)]
pub struct Conditions {
    /// Whether somebody may have it twice in a row.
    pub again: bool,
    /// Whether somebody may have it who has another role at the same time.
    pub double: bool,
    /// The training that it needs.
    pub training: Option<Name>,
}

/// Kind 96: there is a role, from now on so; or no longer. Layout: common, name, duty u32, seats u16,
/// first u32, every, conditions, ended bool.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RoleSet {
    /// What every body begins with.
    pub common: Common,
    /// Which role.
    pub name: Name,
    /// What it does.
    pub duty: Duty,
    /// How many have it at the same time.
    pub seats: u16,
    /// The first day of its first term.
    pub first: Day,
    /// How long a term is.
    pub every: Every,
    /// Who may be drawn.
    pub conditions: Conditions,
    /// Whether it is given up: what was drawn stands, and nothing is drawn any more.
    pub ended: bool,
}

/// Kind 97: a meeting that recurs, or no longer does. Layout: common, name, first u32, every, minute u16,
/// minutes u16, ended bool.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct MeetingSet {
    /// What every body begins with.
    pub common: Common,
    /// Which meeting.
    pub name: Name,
    /// The day of the first one.
    pub first: Day,
    /// How often.
    pub every: Every,
    /// When it begins, in minutes after midnight by the clocks of the cell.
    pub minute: u16,
    /// How long it takes.
    pub minutes: u16,
    /// Whether it takes place no more.
    pub ended: bool,
}

/// Kind 98: a member has a training, or no longer. Layout: common, member 32, training, granted bool.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Trained {
    /// What every body begins with.
    pub common: Common,
    /// Who.
    pub member: MemberId,
    /// Which training.
    pub training: Name,
    /// Whether they have it from now on.
    pub granted: bool,
}

/// What is drawn for. Layout: u32 0, role, term u32; or u32 1, about 32, seats u16.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Purpose {
    /// 0: a term of a role.
    Role {
        /// Which role.
        role: Name,
        /// Which term of it, counted from 0.
        term: u32,
    },
    /// 1: so many members for one task, such as counting the ballots of one poll.
    Lot {
        /// The entry that it is about: there is one lot about it.
        about: EntryId,
        /// How many.
        seats: u16,
    },
}

/// How it is drawn. Layout: u32 0, quorum u16, commit u32, reveal u32; or u32 1; or u32 2, quorum u16, commit
/// u32, reveal u32, network (key 96, genesis u64, period u32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Way {
    /// 0: from what members commit to and then reveal.
    Reveals {
        /// How many commitments are needed.
        quorum: u16,
        /// Seconds to commit.
        commit: u32,
        /// Seconds to reveal.
        reveal: u32,
    },
    /// 1: from a hat, before the eyes of tellers.
    Hat,
    /// 2: as 0, and from a round of a public beacon that comes out when nobody can reveal any more.
    Beacon {
        /// How many commitments are needed.
        quorum: u16,
        /// Seconds to commit.
        commit: u32,
        /// Seconds to reveal.
        reveal: u32,
        /// Whose round it is.
        network: BeaconNetwork,
    },
}

/// What a draw by commitments asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// How many commitments are needed.
    pub quorum: u16,
    /// Milliseconds to commit.
    pub commit_ms: u64,
    /// Milliseconds to reveal.
    pub reveal_ms: u64,
}

impl Way {
    /// What it asks of members; nothing for a hat.
    pub fn asks(&self) -> Option<Asked> {
        match *self {
            Self::Reveals { quorum, commit, reveal } | Self::Beacon { quorum, commit, reveal, .. } => {
                let [commit_ms, reveal_ms] = [commit, reveal].map(|seconds| u64::from(seconds) * 1000);
                Some(Asked { quorum, commit_ms, reveal_ms })
            }
            Self::Hat => None,
        }
    }

    /// The network of the beacon that it names.
    pub fn network(&self) -> Option<&BeaconNetwork> {
        match self {
            Self::Beacon { network, .. } => Some(network),
            Self::Reveals { .. } | Self::Hat => None,
        }
    }
}

/// Kind 99: a draw is called; its pool and order are fixed here, before any secret is known. Layout:
/// common, purpose, first, then (lists of members), way.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DrawCalled {
    /// What every body begins with.
    pub common: Common,
    /// For what.
    pub purpose: Purpose,
    /// Those who go first, in roster order.
    pub first: Roll,
    /// Those who come after all of them, in roster order.
    pub then: Roll,
    /// How.
    pub way: Way,
}

/// Kind 100: a member commits to a secret. Layout: common, draw 32, attempt u8, commitment 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Committed {
    /// What every body begins with.
    pub common: Common,
    /// The draw.
    pub draw: EntryId,
    /// Which attempt: 1 or 2.
    pub attempt: u8,
    /// The commitment.
    pub commitment: Commitment,
}

/// Kind 101: a member reveals it. Layout: common, draw 32, attempt u8, secret 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Revealed {
    /// What every body begins with.
    pub common: Common,
    /// The draw.
    pub draw: EntryId,
    /// Which attempt.
    pub attempt: u8,
    /// The secret.
    pub secret: Secret,
}

/// Kind 102: a teller records what was drawn from the hat. Layout: common, draw 32, order (list).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct HatDrawn {
    /// What every body begins with.
    pub common: Common,
    /// The draw.
    pub draw: EntryId,
    /// Those drawn, in the order in which they were.
    pub order: Roll,
}

/// Kind 103: a member who was drawn refuses, or can go on no longer; no reason is asked. Layout: common,
/// draw 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Refused {
    /// What every body begins with.
    pub common: Common,
    /// The draw.
    pub draw: EntryId,
}

/// Kind 104: a member offers their turn to another, for one of theirs or for nothing. Layout: common,
/// mine 32, with 32, theirs (byte, 32).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SwapOffered {
    /// What every body begins with.
    pub common: Common,
    /// The draw that gave the author their turn.
    pub mine: EntryId,
    /// Who would take it.
    pub with: MemberId,
    /// The draw that gave that member the turn asked for.
    pub theirs: Option<EntryId>,
}

/// Kind 105: the other agrees. Layout: common, offer 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SwapAgreed {
    /// What every body begins with.
    pub common: Common,
    /// The offer.
    pub offer: EntryId,
}

/// Kind 106: a member brings the beacon that a draw waits for. Layout: common, draw 32, attempt u8, round u64,
/// signature 48.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct BeaconBrought {
    /// What every body begins with.
    pub common: Common,
    /// The draw.
    pub draw: EntryId,
    /// Which attempt.
    pub attempt: u8,
    /// The round.
    pub round: BeaconRound,
    /// What its network signed it with.
    pub signature: BeaconSignature,
}

macro_rules! body {
    ($Type:ty, $kind:literal, $self:ident => $check:expr) => {
        impl Body for $Type {
            const KIND: Kind = Kind($kind);
            fn common(&self) -> &Common {
                &self.common
            }
            fn check(&$self) -> Result<(), BadBody> {
                $check
            }
        }
    };
}

body!(RoleSet, 96, self => {
    let training = self.conditions.training.as_ref().is_none_or(is_name);
    let proper = self.every.is_proper() && self.first <= Day::LAST && is_seats(self.seats);
    if is_name(&self.name) && training && proper { Ok(()) } else { Err(BadBody::BadRole) }
});
body!(MeetingSet, 97, self => {
    let proper = self.every.is_proper() && self.first <= Day::LAST;
    let hours = self.minute < 24 * 60 && (1..=24 * 60).contains(&self.minutes);
    if is_name(&self.name) && proper && hours { Ok(()) } else { Err(BadBody::BadMeeting) }
});
body!(Trained, 98, self => if is_name(&self.training) { Ok(()) } else { Err(BadBody::BadRole) });
body!(DrawCalled, 99, self => {
    let purpose = match &self.purpose {
        Purpose::Role { role, .. } => is_name(role),
        Purpose::Lot { seats, .. } => is_seats(*seats),
    };
    let seconds = |seconds: u32| (1..=MAX_DRAW_SECONDS).contains(&seconds);
    let way = match &self.way {
        Way::Reveals { quorum, commit, reveal } => *quorum > 0 && seconds(*commit) && seconds(*reveal),
        Way::Beacon { quorum, commit, reveal, network } => {
            *quorum > 0 && seconds(*commit) && seconds(*reveal) && network.is_proper()
        }
        Way::Hat => true,
    };
    let mut all = [&self.first[..], &self.then[..]].concat();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    let pool = !self.first.is_empty() && count <= MAX_POOL && all.len() == count;
    if purpose && way && pool { Ok(()) } else { Err(BadBody::BadDraw) }
});
body!(Committed, 100, self => attempt(self.attempt));
body!(Revealed, 101, self => attempt(self.attempt));
body!(HatDrawn, 102, self => {
    let mut all = self.order.to_vec();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() || all.len() != self.order.len() { Err(BadBody::BadDraw) } else { Ok(()) }
});
body!(Refused, 103, self => Ok(()));
body!(SwapOffered, 104, self => {
    if self.theirs == Some(self.mine) { Err(BadBody::BadDraw) } else { Ok(()) }
});
body!(SwapAgreed, 105, self => Ok(()));
body!(BeaconBrought, 106, self => attempt(self.attempt));

fn is_name(name: &Name) -> bool {
    !name.is_empty() && name.trim() == &**name
}

fn is_seats(seats: u16) -> bool {
    (1..=MAX_SEATS).contains(&seats)
}

fn attempt(attempt: u8) -> Result<(), BadBody> {
    if (1..=super::ATTEMPTS).contains(&attempt) { Ok(()) } else { Err(BadBody::BadDraw) }
}

statements! {
    /// What an entry of rotation says.
    pub enum RotationStatement {
        /// A role.
        Role(RoleSet),
        /// A meeting.
        Meeting(MeetingSet),
        /// A training that a member has.
        Trained(Trained),
        /// A draw is called.
        Draw(DrawCalled),
        /// A member commits to a secret.
        Committed(Committed),
        /// A member reveals it.
        Revealed(Revealed),
        /// A teller records a hat.
        Hat(HatDrawn),
        /// A member who was drawn refuses.
        Refused(Refused),
        /// A member offers to swap.
        SwapOffered(SwapOffered),
        /// The other agrees.
        SwapAgreed(SwapAgreed),
        /// A member brings the beacon of a draw.
        Beacon(BeaconBrought),
    }
}
