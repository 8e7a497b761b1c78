//! A round: its proposals, who may vote on them, the ballots, and the result. The list of voters and the
//! list of proposals are frozen when the vote opens; a ballot of one who votes again takes the place of the
//! former by the time at which it was signed, never by its place in the log.

use super::body::{Ends, Form, RoundOpened};
use crate::amount::Amount;
use crate::common::{CategoryId, MemberId};
use crate::ledger::Currency;
use crate::tally::Method;
use bincode::{Decode, Encode};
use lifeboat_log::hash::derive;
use lifeboat_log::{EntryId, Position, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What orders the proposals on the paper.
const ORDER_CONTEXT: &str = "lifeboat/budget-order/v1";

/// What happens in a round now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Proposals are made.
    Propose,
    /// They are checked and changed.
    Check,
    /// They are discussed.
    Discuss,
    /// There is a vote.
    Vote,
    /// Grants are spent and reviewed.
    Spend,
    /// It is over.
    Over,
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Proposal {
    /// The place of the entry that made it.
    pub position: Position,
    /// Its newest version.
    pub newest: EntryId,
    /// Who made it.
    pub author: MemberId,
    /// From which money.
    pub category: CategoryId,
    /// What it costs.
    pub cost: Amount,
    /// Who found it feasible or not, with when that was signed and by which entry.
    pub checks: BTreeMap<MemberId, (Time, EntryId, bool)>,
}

impl Proposal {
    /// Whether it is on the paper: not more found it infeasible than feasible.
    pub fn is_feasible(&self) -> bool {
        let feasible = self.checks.values().filter(|(_, _, feasible)| *feasible).count();
        feasible * 2 >= self.checks.len()
    }
}

/// A ballot that counts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Cast {
    /// When it was signed, and its entry: the largest of a member counts.
    pub signed: (Time, EntryId),
    /// Numbers of proposals with points.
    pub marks: Vec<(u16, u32)>,
}

/// The vote of a round, once it has opened.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Vote {
    /// The proposals in the order of their numbers, the first being 1.
    pub proposals: Vec<EntryId>,
    /// What tells this list from another.
    pub paper: u64,
    /// Who may vote, ascending.
    pub voters: Arc<Vec<MemberId>>,
    /// The ballots, by the place of who cast them among the voters.
    pub ballots: Arc<BTreeMap<u16, Cast>>,
    /// The funded proposals, in the order of purchase, once it is over.
    pub funded: Option<Vec<EntryId>>,
}

/// A round.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Round {
    /// The place of the entry that opened it.
    pub position: Position,
    /// Who opened it.
    pub author: MemberId,
    /// The currency of all of it.
    pub currency: Currency,
    /// The money of each category.
    pub money: BTreeMap<CategoryId, Amount>,
    /// What ballots say.
    pub form: Form,
    /// How the result is counted.
    pub method: Method,
    /// What Add1 adds to each share.
    pub step: Amount,
    /// When the phases end.
    pub ends: Ends,
    /// Who checks and reviews; nobody named means every member.
    pub reviewers: Vec<MemberId>,
    /// The proposals, by the entry that made them.
    pub proposals: BTreeMap<EntryId, Proposal>,
    /// The vote, once it has opened.
    pub vote: Option<Vote>,
}

impl Round {
    pub(super) fn new(position: Position, author: MemberId, body: RoundOpened) -> Self {
        Self {
            position,
            author,
            currency: body.currency,
            money: body.money.iter().map(|(category, amount)| (CategoryId(*category), *amount)).collect(),
            form: body.form,
            method: body.method,
            step: body.step,
            ends: body.ends,
            reviewers: body.reviewers.into_vec(),
            proposals: BTreeMap::new(),
            vote: None,
        }
    }

    /// What happens at `now`.
    pub fn phase(&self, now: Time) -> Phase {
        let Ends { propose, check, discuss, vote, spend } = self.ends;
        let ends = [
            (propose, Phase::Propose),
            (check, Phase::Check),
            (discuss, Phase::Discuss),
            (vote, Phase::Vote),
            (spend, Phase::Spend),
        ];
        ends.into_iter().find(|(end, _)| now < *end).map_or(Phase::Over, |(_, phase)| phase)
    }

    /// Whether this member checks and reviews.
    pub fn is_reviewer(&self, member: &MemberId) -> bool {
        self.reviewers.is_empty() || self.reviewers.contains(member)
    }

    /// Whether the result is known.
    pub fn is_counted(&self) -> bool {
        self.vote.as_ref().is_some_and(|vote| vote.funded.is_some())
    }

    /// The number of a proposal on the paper.
    pub fn number(&self, proposal: &EntryId) -> Option<u16> {
        let place = self.vote.as_ref()?.proposals.iter().position(|id| id == proposal)?;
        u16::try_from(place + 1).ok()
    }

    /// Opens the vote for these members: from here on the lists are frozen.
    pub(super) fn open_vote(&mut self, voters: Vec<MemberId>) {
        let feasible = self.proposals.iter().filter(|(_, proposal)| proposal.is_feasible());
        let ids: Vec<EntryId> = feasible.map(|(id, _)| *id).collect();
        let all = ids.iter().flat_map(|id| id.0).collect::<Vec<u8>>();
        let mark = derive(ORDER_CONTEXT, &all);
        // Equals are bought by number: whom the number favours depends on all proposals, so that nobody
        // but the last to propose could try entries until theirs comes first.
        let mut ordered: Vec<([u8; 32], EntryId)> =
            ids.into_iter().map(|id| (derive(ORDER_CONTEXT, &[mark, id.0].concat()), id)).collect();
        ordered.sort_unstable();
        let mut paper = [0; 8];
        paper.copy_from_slice(&mark[..8]);
        self.vote = Some(Vote {
            proposals: ordered.into_iter().map(|(_, id)| id).collect(),
            paper: u64::from_le_bytes(paper),
            voters: Arc::new(voters),
            ballots: Arc::default(),
            funded: None,
        });
    }

    /// Whether a ballot says no more than it may.
    pub(super) fn allows(&self, vote: &Vote, marks: &[(u16, u32)]) -> bool {
        let listed = |number: u16| number > 0 && usize::from(number) <= vote.proposals.len();
        let sum: u64 = marks.iter().map(|(_, points)| u64::from(*points)).sum();
        let fits = |points: u32| match self.form {
            Form::Approval => points == 1,
            Form::Score { most } => points <= most,
            Form::Cumulative { points: all } => sum <= u64::from(all),
        };
        marks.iter().all(|(number, points)| listed(*number) && fits(*points))
    }
}

impl Vote {
    /// The number of a voter on the frozen list.
    pub(super) fn voter(&self, member: &MemberId) -> Option<u16> {
        self.voters.binary_search(member).ok().and_then(|at| u16::try_from(at).ok())
    }

    /// Notes a ballot, unless the voter signed a later one that is noted already.
    pub(super) fn cast(&mut self, voter: u16, cast: Cast) {
        let known = self.ballots.get(&voter);
        if known.is_none_or(|known| known.signed < cast.signed) {
            Arc::make_mut(&mut self.ballots).insert(voter, cast);
        }
    }

    /// The ballot of a member, where there is one.
    pub fn ballot(&self, member: &MemberId) -> Option<&Cast> {
        self.ballots.get(&self.voter(member)?)
    }
}
