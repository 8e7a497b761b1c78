//! `lifeboat meeting`: records that the cell met, who facilitated and who was present.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::{say, span, text};
use lifeboat_commons::decisions::Meeting;
use lifeboat_commons::{Common, MemberId};
use lifeboat_log::Time;
use lifeboat_log::codec::List;

/// Record a meeting: who facilitated, and who was present
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What was talked about, public for ever; no names of outsiders
    #[arg(value_name = "TEXT")]
    about: Option<String>,
    /// Who facilitated
    #[arg(long, value_name = "HANDLE")]
    facilitator: String,
    /// Who was present: wren,finch,robin
    #[arg(long, value_name = "HANDLES", value_delimiter = ',', required = true)]
    present: Vec<String>,
    /// How long it lasted, until now: 2h
    #[arg(long, value_name = "SPAN", default_value = "2h")]
    lasted: String,
}

/// Runs the command.
///
/// # Errors
/// When the entry cannot be made, signed or handed on.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let facilitator = session.names.find(&args.facilitator)?;
    let mut present =
        args.present.iter().map(|handle| session.names.find(handle)).collect::<Outcome<Vec<MemberId>>>()?;
    present.sort_unstable();
    present.dedup();
    let present = List::new(present).ok_or_else(|| Failure::usage(text!("list-too-long")))?;
    let ends = session.now;
    let begins = Time::from_ms(ends.ms().saturating_sub(span::parse(&args.lasted)?));
    let meeting = Meeting { common: Common::default(), begins, ends, facilitator, present };
    let draft = say::draft(&meeting, args.about.as_deref())?;
    session.say(context, draft).map(drop)
}
