//! What entries of a budget say. Each body begins with [`Common`]. Titles and reasons are details.

use crate::amount::Amount;
use crate::body::{BadBody, Body, statements};
use crate::common::{Common, MemberId};
use crate::ledger::{Currency, is_currency};
use crate::limits::{MAX_BALLOT_POINTS, MAX_LISTED, MAX_MARKS, MAX_REVIEWERS, MAX_ROUND_STEPS};
use crate::tally::{Completion, Method, Rule, Utility};
use bincode::{Decode, Encode};
use lifeboat_log::codec::List;
use lifeboat_log::{EntryId, Kind, Time};

/// What a ballot may say. Layout: u32 0, u32 1 and most u32, or u32 2 and points u32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Form {
    /// 0: the proposals that one wants, as many as one likes.
    Approval,
    /// 1: points for each proposal.
    Score {
        /// Most points for one.
        most: u32,
    },
    /// 2: points out of a number that one may give away.
    Cumulative {
        /// That number.
        points: u32,
    },
}

/// When the phases of a round end, one after the other. Layout: five times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Ends {
    /// Until when proposals are made.
    pub propose: Time,
    /// Until when they are checked for feasibility, and changed.
    pub check: Time,
    /// Until when they are discussed; then the vote opens.
    pub discuss: Time,
    /// Until when there is a vote; then the result is counted and grants are made.
    pub vote: Time,
    /// Until when grants are spent; then what is left returns to its pool.
    pub spend: Time,
}

/// Kind 80: a round is opened. Layout: common, currency text, money list of (category u16, amount i64),
/// form, rule u32, utility u32, completion u32, ties u32, step i64, ends, reviewers list of member ids.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RoundOpened {
    /// What every body begins with.
    pub common: Common,
    /// The currency of all of it.
    pub currency: Currency,
    /// The money of each category, ascending by category.
    pub money: List<(u16, Amount), MAX_LISTED>,
    /// What ballots say.
    pub form: Form,
    /// How the result is counted.
    pub method: Method,
    /// What Add1 adds to each share at a time.
    pub step: Amount,
    /// When the phases end.
    pub ends: Ends,
    /// Who checks and reviews, ascending; nobody named means every member.
    pub reviewers: List<MemberId, MAX_REVIEWERS>,
}

/// Kind 81: a round is taken back by who opened it, before its vote opens. Layout: common, round 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RoundWithdrawn {
    /// What every body begins with.
    pub common: Common,
    /// The round, by its entry.
    pub round: EntryId,
}

/// Kind 82: something is proposed, in the category of its common part. Layout: common, round 32, cost i64.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Proposed {
    /// What every body begins with; the category says from which money.
    pub common: Common,
    /// The round, by its entry.
    pub round: EntryId,
    /// What it costs.
    pub cost: Amount,
}

/// Kind 83: a proposal is taken back by who made it. Layout: common, proposal 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProposalWithdrawn {
    /// What every body begins with.
    pub common: Common,
    /// The proposal, by its entry.
    pub proposal: EntryId,
}

/// Kind 84: a proposal was checked for feasibility. Layout: common, proposal 32, feasible u8.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Checked {
    /// What every body begins with.
    pub common: Common,
    /// The proposal, by its entry.
    pub proposal: EntryId,
    /// Whether it can be done for that money.
    pub feasible: bool,
}

/// Kind 85: a remark on a proposal; its words are a detail. Layout: common, proposal 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Remarked {
    /// What every body begins with.
    pub common: Common,
    /// The proposal, by its entry.
    pub proposal: EntryId,
}

/// Kind 86: a ballot. Layout: common, round 32, paper u64, marks list of (number u16, points u32).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct BallotCast {
    /// What every body begins with.
    pub common: Common,
    /// The round, by its entry.
    pub round: EntryId,
    /// Which list of proposals the numbers are of.
    pub paper: u64,
    /// Numbers of proposals, ascending, with points above zero; 1 in an approval ballot.
    pub marks: List<(u16, u32), MAX_MARKS>,
}

/// Kind 87: money of a grant was spent. Layout: common, grant 32, amount i64. A correction to amount zero
/// strikes the entry out.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Spent {
    /// What every body begins with.
    pub common: Common,
    /// The grant: the proposal's entry, or the one that granted it.
    pub grant: EntryId,
    /// How much.
    pub amount: Amount,
}

/// Kind 88: an expenditure was reviewed. Layout: common, spent 32, fine u8.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Reviewed {
    /// What every body begins with.
    pub common: Common,
    /// The expenditure, by the entry of the version that was looked at.
    pub spent: EntryId,
    /// Whether it is in order.
    pub fine: bool,
}

/// Kind 89: money is granted outside of a round, from the pool of the common part's category. Layout:
/// common, currency text, amount i64, until u64.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Granted {
    /// What every body begins with; the category says from which pool.
    pub common: Common,
    /// The currency.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
    /// Until when it is spent; then what is left returns.
    pub until: Time,
}

fn holds(holds: bool, bad: BadBody) -> Result<(), BadBody> {
    if holds { Ok(()) } else { Err(bad) }
}

impl RoundOpened {
    fn check_round(&self) -> Result<(), BadBody> {
        holds(is_currency(&self.currency), BadBody::BadCurrency)?;
        let ascending = self.money.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let positive = self.money.iter().all(|(_, amount)| amount.is_positive());
        holds(!self.money.is_empty() && ascending && positive, BadBody::BadRoundMoney)?;
        let Ends { propose, check, discuss, vote, spend } = self.ends;
        holds(propose < check && check <= discuss && discuss < vote && vote < spend, BadBody::BadRoundEnds)?;
        let points = match self.form {
            Form::Approval => 1,
            Form::Score { most } => most,
            Form::Cumulative { points } => points,
        };
        holds((1..=MAX_BALLOT_POINTS).contains(&points), BadBody::BadMarks)?;
        let Method { rule, utility, completion, .. } = self.method;
        let completes = rule == Rule::EqualShares || completion == Completion::None;
        let has_points = utility != Utility::Points || self.form != Form::Approval;
        let few = |(_, amount): &(u16, Amount)| {
            let steps = amount.millionths().checked_div(self.step.millionths());
            completion == Completion::None || steps.is_some_and(|steps| steps <= MAX_ROUND_STEPS)
        };
        let steps = self.step.is_positive() && self.money.iter().all(few);
        holds(completes && has_points && steps, BadBody::BadRoundMethod)?;
        holds(self.reviewers.windows(2).all(|pair| pair[0] < pair[1]), BadBody::BadReviewers)
    }
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

body!(RoundOpened, 80, self => self.check_round());
body!(RoundWithdrawn, 81, self => Ok(()));
body!(Proposed, 82, self => {
    holds(self.common.category.is_some(), BadBody::NoCategory)?;
    holds(self.cost.is_positive(), BadBody::AmountNotPositive)
});
body!(ProposalWithdrawn, 83, self => Ok(()));
body!(Checked, 84, self => Ok(()));
body!(Remarked, 85, self => Ok(()));
body!(BallotCast, 86, self => {
    let ascending = self.marks.windows(2).all(|pair| pair[0].0 < pair[1].0);
    holds(ascending && self.marks.iter().all(|(_, points)| *points > 0), BadBody::BadMarks)
});
body!(Spent, 87, self => match self.common.corrects {
    None => holds(self.amount.is_positive(), BadBody::AmountNotPositive),
    Some(_) => holds(self.amount >= Amount::ZERO, BadBody::AmountNegative),
});
body!(Reviewed, 88, self => Ok(()));
body!(Granted, 89, self => {
    holds(is_currency(&self.currency), BadBody::BadCurrency)?;
    holds(self.common.category.is_some(), BadBody::NoCategory)?;
    holds(self.amount.is_positive(), BadBody::AmountNotPositive)
});

statements! {
    /// What an entry of a budget says.
    pub enum BudgetStatement {
        /// A round is opened.
        Opened(RoundOpened),
        /// A round is taken back.
        Withdrawn(RoundWithdrawn),
        /// Something is proposed.
        Proposed(Proposed),
        /// A proposal is taken back.
        ProposalWithdrawn(ProposalWithdrawn),
        /// A proposal was checked.
        Checked(Checked),
        /// A remark on a proposal.
        Remarked(Remarked),
        /// A ballot.
        Ballot(BallotCast),
        /// Money of a grant was spent.
        Spent(Spent),
        /// An expenditure was reviewed.
        Reviewed(Reviewed),
        /// Money is granted.
        Granted(Granted),
    }
}
