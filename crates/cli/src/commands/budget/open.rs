//! `lifeboat budget open`: opens a round with money of the pools.

use super::tally::MethodArgs;
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::say;
use crate::session::{Draft, Session};
use crate::text;
use crate::ui::plain;
use lifeboat_commons::budgets::{Ends, Form, RoundOpened};
use lifeboat_commons::ledger::Currency;
use lifeboat_commons::limits::{MAX_BALLOT_POINTS, MAX_ROUND_STEPS};
use lifeboat_commons::{Amount, Common, MemberId};
use lifeboat_log::Time;
use lifeboat_log::codec::List;

/// Open a round with money of the pools
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the round is called, public for ever
    #[arg(value_name = "TITLE")]
    title: String,
    /// Money for a category, such as survival=300; say it again for each
    #[arg(long, value_name = "CATEGORY=AMOUNT", required = true)]
    money: Vec<String>,
    /// The currency, when the charter has more than one
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// How long there is to propose, check, discuss, vote and spend: days, hours, minutes or seconds
    #[arg(long, value_name = "D,D,D,D,D", default_value = "14d,7d,7d,7d,180d")]
    phases: String,
    /// What a ballot says: which proposals one wants, points for each, or points to share out
    #[arg(long, value_enum, default_value = "approval")]
    ballots: BallotForm,
    /// Most points for one proposal, or points to share out
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    points: u32,
    #[command(flatten)]
    method: MethodArgs,
    /// What add1 adds to each share at a time
    #[arg(long, value_name = "AMOUNT")]
    step: Option<String>,
    /// A member who checks and reviews; say it again for each; without any, every member does
    #[arg(long, value_name = "HANDLE")]
    reviewer: Vec<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum BallotForm {
    /// The proposals that one wants
    Approval,
    /// Points for each proposal
    Score,
    /// Points to share out
    Points,
}

/// Runs the command.
///
/// # Errors
/// When a pool has not as much, or a word cannot be understood.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(&session)?;
    session.say(context, draft).map(drop)
}

impl Args {
    /// What is to be signed.
    ///
    /// # Errors
    /// When a word cannot be understood.
    pub fn draft(&self, session: &Session) -> Outcome<Draft> {
        let money = self.money(session)?;
        let largest = money.iter().map(|(_, amount)| *amount).max().unwrap_or_default();
        let step = match &self.step {
            Some(step) => amount(step)?,
            None => step_for(largest),
        };
        let mut reviewers: Vec<MemberId> =
            self.reviewer.iter().map(|handle| session.names.find(handle)).collect::<Outcome<_>>()?;
        reviewers.sort_unstable();
        reviewers.dedup();
        if !matches!(self.ballots, BallotForm::Approval) && !(1..=MAX_BALLOT_POINTS).contains(&self.points) {
            return Err(Failure::usage(text!("budget-points-range", most = MAX_BALLOT_POINTS)));
        }
        let form = match self.ballots {
            BallotForm::Approval => Form::Approval,
            BallotForm::Score => Form::Score { most: self.points },
            BallotForm::Points => Form::Cumulative { points: self.points },
        };
        let too_many = || Failure::usage(text!("budget-too-many"));
        let body = RoundOpened {
            common: Common::default(),
            currency: self.currency(session)?,
            money: List::new(money).ok_or_else(too_many)?,
            form,
            method: self.method.method(),
            step,
            ends: ends(&self.phases, session.now)?,
            reviewers: List::new(reviewers).ok_or_else(too_many)?,
        };
        say::draft(&body, Some(say::title(&self.title)?))
    }

    fn money(&self, session: &Session) -> Outcome<Vec<(u16, Amount)>> {
        let mut money = Vec::new();
        for written in &self.money {
            let unclear = || Failure::usage(text!("budget-money-unclear", written = plain(written)));
            let (name, sum) = written.split_once('=').ok_or_else(unclear)?;
            money.push((say::category(session, name)?.0, amount(sum)?));
        }
        money.sort_unstable();
        Ok(money)
    }

    fn currency(&self, session: &Session) -> Outcome<Currency> {
        super::currency(session, self.currency.as_deref())
    }
}

/// One, or as much as keeps the steps of add1 few enough.
fn step_for(largest: Amount) -> Amount {
    let one = 1_000_000;
    let least = largest.millionths() / MAX_ROUND_STEPS + 1;
    let ones = if least <= one { one } else { (least / one + 1) * one };
    Amount::from_millionths(ones)
}

/// An amount of money as typed.
pub fn amount(written: &str) -> Outcome<Amount> {
    written.trim().parse().map_err(|bad: lifeboat_commons::amount::BadAmount| {
        Failure::usage(text!("budget-no-amount", written = plain(written))).because(bad)
    })
}

/// When the phases end that last so long each, from `now` on.
fn ends(written: &str, now: Time) -> Outcome<Ends> {
    let unclear = || Failure::usage(text!("budget-phases-unclear", written = plain(written)));
    let spans: Option<Vec<u64>> = written.split(',').map(span).collect();
    let spans = spans.filter(|spans| spans.len() == 5).ok_or_else(unclear)?;
    let mut end = now;
    let mut ends = spans.into_iter().map(|span| {
        end = end.plus_ms(span);
        end
    });
    let mut next = || ends.next().unwrap_or(now); // there are five
    Ok(Ends { propose: next(), check: next(), discuss: next(), vote: next(), spend: next() })
}

/// `7d`, `12h`, `30m` or `10s` in milliseconds.
fn span(written: &str) -> Option<u64> {
    let written = written.trim();
    let unit = written.chars().last()?;
    let number: u64 = written.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        'd' => 24 * 60 * 60,
        'h' => 60 * 60,
        'm' => 60,
        's' => 1,
        _ => return None,
    };
    number.checked_mul(seconds * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_read_in_days_hours_minutes_and_seconds() {
        let now = Time::from_ms(1_000);
        let read = ends("1d, 2h,3m,4s,10d", now).unwrap();
        assert_eq!(read.propose.ms(), 1_000 + 86_400_000);
        assert_eq!(read.vote.ms() - read.propose.ms(), (2 * 3600 + 3 * 60 + 4) * 1000);
        for written in ["1d,1d,1d,1d", "1d,1d,1d,1d,1w", "", "d,d,d,d,d"] {
            assert!(ends(written, now).is_err(), "{written}");
        }
    }

    #[test]
    fn a_step_is_one_until_that_would_be_too_many() {
        let step = |whole: i64| step_for(Amount::whole(whole).unwrap()).to_string();
        assert_eq!((step(300), step(9_999), step(100_000)), ("1".into(), "1".into(), "11".into()));
    }
}
