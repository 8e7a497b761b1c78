//! `lifeboat budget vote`: casts a ballot, or casts it anew: the one that was signed last counts.

use super::entry_id;
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::reference;
use crate::say;
use crate::session::Session;
use crate::text;
use crate::ui::plain;
use lifeboat_commons::Common;
use lifeboat_commons::budgets::{BallotCast, Form};
use lifeboat_log::codec::List;

/// Vote in a round; voting again replaces your ballot
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of the round
    #[arg(value_name = "ROUND")]
    round: String,
    /// The numbers of the proposals that you want, with points where ballots give some: 7=3; none for an
    /// empty ballot
    #[arg(value_name = "PROPOSAL[=POINTS]")]
    proposals: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// When the vote is not open, or a proposal is not on its list.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let id = entry_id(context, &session, &args.round)?;
    let round = super::round(&session, &id, &args.round)?.clone();
    let paper = round.vote.as_ref().map(|vote| vote.paper).ok_or_else(|| {
        let opens = crate::day::moment(round.ends.discuss.ms(), &session.zone);
        Failure::new(text!("budget-vote-not-open", opens = opens))
    })?;
    let mut marks = Vec::new();
    for written in &args.proposals {
        let unclear = || Failure::usage(text!("budget-mark-unclear", written = plain(written)));
        let (name, points) = match written.split_once('=') {
            Some((name, points)) => (name, points.parse().map_err(|_| unclear())?),
            None => (written.as_str(), plain_mark(&round.form, written)?),
        };
        let proposal = entry_id(context, &session, name)?;
        let number = round.number(&proposal).ok_or_else(|| {
            Failure::new(text!("budget-not-listed", written = plain(name)))
                .hint(text!("budget-not-listed-hint", round = plain(reference::typed(&args.round))))
        })?;
        marks.push((number, points));
    }
    marks.sort_unstable();
    let marks = List::new(marks).ok_or_else(|| Failure::usage(text!("budget-too-many")))?;
    let body = BallotCast { common: Common::default(), round: id, paper, marks };
    session.say(context, say::draft(&body, None)?).map(drop)
}

/// The points of a mark that names none: one, and where a ballot gives more it must say how many.
fn plain_mark(form: &Form, written: &str) -> Outcome<u32> {
    match *form {
        Form::Approval | Form::Score { most: 1 } | Form::Cumulative { points: 1 } => Ok(1),
        Form::Score { most } => {
            Err(Failure::usage(text!("budget-points-each", written = plain(written), most = most)))
        }
        Form::Cumulative { points } => {
            Err(Failure::usage(text!("budget-points-share", written = plain(written), points = points)))
        }
    }
}
