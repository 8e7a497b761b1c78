//! The rules of budgets: what each of its statements does. Money and grants are in `spending.rs`.

use super::body::{
    BallotCast, BudgetStatement, Checked, ProposalWithdrawn, Proposed, RoundOpened, RoundWithdrawn,
};
use super::round::{Cast, Phase, Proposal, Round};
use super::{Budgets, Flaw, Grant};
use crate::amount::Amount;
use crate::body::Unreadable;
use crate::common::{CategoryId, Common, MemberId};
use crate::effect::Reason;
use crate::limits::{DAY_MS, MAX_PROPOSALS, MAX_ROUND_DAYS, MAX_ROUNDS};
use crate::practices::{Practice, Saying, Statement};
use crate::state::State;
use lifeboat_log::{EntryId, Kind, Time};

impl Practice for Budgets {
    type Statement = BudgetStatement;
    const KINDS: &'static [Kind] = BudgetStatement::KINDS;

    fn read(kind: Kind, version: u16, body: &[u8]) -> Result<BudgetStatement, Unreadable> {
        BudgetStatement::read(kind, version, body)
    }
    fn common(statement: &BudgetStatement) -> &Common {
        statement.common()
    }
    fn apply(state: &mut State, saying: &Saying<'_>, said: BudgetStatement) -> Result<(), Reason> {
        let earlier = match saying.corrects.as_ref().map(|earlier| (earlier.id, &earlier.statement)) {
            Some((id, Statement::Budgets(earlier))) => Some((id, earlier)),
            Some(_) => return Err(Reason::OtherKind),
            None => None,
        };
        use BudgetStatement as Said;
        match (said, earlier) {
            (Said::Proposed(new), old) => state.parts.budgets.propose(saying, &new, old.map(|(id, _)| id)),
            (Said::Spent(new), Some((id, Said::Spent(_)))) => {
                super::spending::correct(state, saying, &new, id)
            }
            (_, Some(_)) => Err(Reason::NotCorrectable),
            (Said::Spent(new), None) => super::spending::spend(state, saying, &new),
            (Said::Opened(new), None) => open(state, saying, new),
            (Said::Withdrawn(new), None) => state.parts.budgets.withdraw(saying, &new),
            (Said::ProposalWithdrawn(new), None) => state.parts.budgets.withdraw_proposal(saying, &new),
            (Said::Checked(new), None) => state.parts.budgets.check(saying, &new),
            (Said::Remarked(new), None) => state.parts.budgets.proposal(&new.proposal).map(drop),
            (Said::Ballot(new), None) => state.parts.budgets.cast(saying, new),
            (Said::Reviewed(new), None) => state.parts.budgets.review(saying, &new),
            (Said::Granted(new), None) => super::spending::grant(state, saying, &new),
        }
    }
    fn advance(state: &mut State, now: Time) {
        let (members, budgets) = (&state.parts.members, &mut state.parts.budgets);
        for (id, round) in &mut budgets.rounds {
            if round.vote.is_none() && round.ends.discuss <= now {
                let voters = members.electors(round.ends.discuss).map(|(id, _)| *id);
                round.open_vote(voters.take(usize::from(u16::MAX)).collect());
            }
            if round.ends.vote <= now && !round.is_counted() {
                let funded = round.result();
                for proposal in &funded {
                    if let Some(grant) = granted(id, round, proposal) {
                        budgets.grants.insert(*proposal, grant);
                    }
                }
                if let Some(vote) = &mut round.vote {
                    vote.funded = Some(funded);
                }
            }
        }
        budgets.grants.values_mut().filter(|grant| grant.until <= now).for_each(|grant| grant.ended = true);
    }
}

/// The grant that a funded proposal becomes.
fn granted(id: &EntryId, round: &Round, proposal: &EntryId) -> Option<Grant> {
    let funded = round.proposals.get(proposal)?;
    Some(Grant {
        position: funded.position,
        round: Some(*id),
        currency: round.currency.clone(),
        category: funded.category,
        amount: funded.cost,
        until: round.ends.spend,
        ended: false,
        expenses: Default::default(),
    })
}

fn open(state: &mut State, saying: &Saying<'_>, new: RoundOpened) -> Result<(), Reason> {
    let (charter, members) = (&state.parts.charter, &state.parts.members);
    if charter.rounds_by_decision && members.active().count() != 1 {
        saying.by_the_cell()?;
    }
    if saying.decided.is_none() && !members.is_elector(&saying.author, saying.time) {
        return Err(Flaw::Waiting.into());
    }
    if !charter.uses(&new.currency) {
        return Err(Reason::UnknownCurrency);
    }
    let listed = |(category, _): &(u16, Amount)| charter.category(CategoryId(*category)).is_some();
    if !new.money.iter().all(listed) {
        return Err(Reason::UnknownCategory);
    }
    if new.ends.propose <= saying.time || new.ends.spend > saying.time.plus_ms(MAX_ROUND_DAYS * DAY_MS) {
        return Err(Flaw::BadEnds.into());
    }
    let active = |id: &MemberId| members.get(id).is_some_and(|member| member.is_active());
    if !new.reviewers.iter().all(active) {
        return Err(Reason::UnknownMember);
    }
    let (ledger, budgets) = (&state.parts.ledger, &state.parts.budgets);
    budgets.can_give(ledger, &new.currency, &new.money)?;
    let budgets = &mut state.parts.budgets;
    budgets.make_room()?;
    budgets.rounds.insert(saying.id, Round::new(saying.position, saying.author, new));
    Ok(())
}

impl Budgets {
    /// Forgets the oldest round that is over, with its grants, when there are as many as are remembered.
    fn make_room(&mut self) -> Result<(), Flaw> {
        if self.rounds.len() < MAX_ROUNDS {
            return Ok(());
        }
        let ended = |id: &EntryId| self.grants.values().all(|g| g.round != Some(*id) || g.ended);
        let over = self.rounds.iter().filter(|(id, round)| round.is_counted() && ended(id));
        let oldest = over.min_by_key(|(_, round)| round.position).map(|(id, _)| *id).ok_or(Flaw::TooMany)?;
        self.rounds.remove(&oldest);
        self.grants.retain(|_, grant| grant.round != Some(oldest));
        Ok(())
    }

    fn withdraw(&mut self, saying: &Saying<'_>, new: &RoundWithdrawn) -> Result<(), Reason> {
        let round = self.rounds.get(&new.round).ok_or(Flaw::UnknownRound)?;
        if saying.decided.is_none() && round.author != saying.author {
            return Err(Reason::NotTheAuthor);
        }
        if round.vote.is_some() {
            return Err(Flaw::VoteOpened.into());
        }
        self.rounds.remove(&new.round);
        Ok(())
    }

    fn propose(&mut self, saying: &Saying<'_>, new: &Proposed, old: Option<EntryId>) -> Result<(), Reason> {
        let round = self.rounds.get_mut(&new.round).ok_or(Flaw::UnknownRound)?;
        let category = new.common.category.unwrap_or(CategoryId(0)); // the body was checked
        let phase = round.phase(saying.time);
        let first = match old {
            None if phase > Phase::Propose => return Err(Flaw::ProposingOver.into()),
            None => None,
            Some(_) if phase > Phase::Check => return Err(Flaw::CheckingOver.into()),
            Some(old) => {
                let found = round.proposals.iter().find(|(_, proposal)| proposal.newest == old);
                Some(found.map(|(id, proposal)| (*id, proposal.position)).ok_or(Flaw::UnknownProposal)?)
            }
        };
        let most = *round.money.get(&category).ok_or(Flaw::NoMoney)?;
        if new.cost > most {
            return Err(Flaw::TooDear { most }.into());
        }
        if first.is_none() && round.proposals.len() >= MAX_PROPOSALS {
            return Err(Flaw::TooMany.into());
        }
        let (id, position) = first.unwrap_or((saying.id, saying.position));
        // What was checked was another version.
        let checks = Default::default();
        let (newest, author, cost) = (saying.id, saying.author, new.cost);
        round.proposals.insert(id, Proposal { position, newest, author, category, cost, checks });
        Ok(())
    }

    /// The round of a proposal, with what is known of it.
    fn proposal(&mut self, id: &EntryId) -> Result<&mut Round, Reason> {
        let mut rounds = self.rounds.values_mut();
        Ok(rounds.find(|round| round.proposals.contains_key(id)).ok_or(Flaw::UnknownProposal)?)
    }

    fn withdraw_proposal(&mut self, saying: &Saying<'_>, new: &ProposalWithdrawn) -> Result<(), Reason> {
        let round = self.proposal(&new.proposal)?;
        if round.vote.is_some() {
            return Err(Flaw::VoteOpened.into());
        }
        if round.proposals.get(&new.proposal).is_some_and(|proposal| proposal.author != saying.author) {
            return Err(Reason::NotTheAuthor);
        }
        round.proposals.remove(&new.proposal);
        Ok(())
    }

    fn check(&mut self, saying: &Saying<'_>, new: &Checked) -> Result<(), Reason> {
        let round = self.proposal(&new.proposal)?;
        if round.phase(saying.time) > Phase::Check {
            return Err(Flaw::CheckingOver.into());
        }
        if !round.is_reviewer(&saying.author) {
            return Err(Flaw::NotAReviewer.into());
        }
        let proposal = round.proposals.get_mut(&new.proposal).ok_or(Flaw::UnknownProposal)?;
        if proposal.author == saying.author {
            return Err(Flaw::OwnProposal.into());
        }
        let said = (saying.author_time, saying.id, new.feasible);
        let known = proposal.checks.entry(saying.author).or_insert(said);
        *known = (*known).max(said);
        Ok(())
    }

    fn cast(&mut self, saying: &Saying<'_>, new: BallotCast) -> Result<(), Reason> {
        let round = self.rounds.get_mut(&new.round).ok_or(Flaw::UnknownRound)?;
        let Some(vote) = &round.vote else { return Err(Flaw::VoteNotOpen.into()) };
        if vote.funded.is_some() || round.ends.vote <= saying.time {
            return Err(Flaw::VoteClosed.into());
        }
        let voter = vote.voter(&saying.author).ok_or(Flaw::NotAVoter)?;
        if vote.paper != new.paper {
            return Err(Flaw::OtherPaper.into());
        }
        if !round.allows(vote, &new.marks) {
            return Err(Flaw::BadBallot.into());
        }
        let cast = Cast { signed: (saying.author_time, saying.id), marks: new.marks.into_vec() };
        if let Some(vote) = &mut round.vote {
            vote.cast(voter, cast);
        }
        Ok(())
    }
}
