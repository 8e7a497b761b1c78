//! `lifeboat poll open`: a secret poll, to hear what people think, or, by a decision, one whose result takes
//! effect by itself.

use crate::carried::{self, Carried};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session};
use crate::ui::plain;
use crate::{say, span, text};
use lifeboat_commons::Common;
use lifeboat_commons::ballots::{Carries, Form, Means, PollOpened};
use lifeboat_commons::limits::{MAX_CHOICES, MAX_DRAW_SECONDS};

/// Open a poll
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The question
    #[arg(value_name = "QUESTION")]
    question: String,
    /// An option; give each
    #[arg(long = "option", value_name = "TEXT", default_values = ["yes", "no"])]
    options: Vec<String>,
    /// A ballot may mark more than one option
    #[arg(long)]
    several: bool,
    /// Vote on paper, counted by tellers who are drawn by lot
    #[arg(long)]
    paper: bool,
    /// The number of the entry that it is about
    #[arg(long, value_name = "NUMBER")]
    about: Option<String>,
    /// How long members can register
    #[arg(long, value_name = "SPAN", default_value = "3 days")]
    register: String,
    /// How long they can bring ballots to tellers, after that
    #[arg(long, value_name = "SPAN", default_value = "3 days")]
    cast: String,
    /// How long the tellers have to put them into the log, after that
    #[arg(long, value_name = "SPAN", default_value = "1 day")]
    carry: String,
    /// How long anyone can put in what was left out, after that
    #[arg(long, value_name = "SPAN", default_value = "1 day")]
    late: String,
    /// Of a hundred ballots, more than so many must mark the first option for the COMMAND to take effect
    #[arg(long, value_name = "NUMBER", default_value_t = 50, requires = "command", value_parser = clap::value_parser!(u8).range(0..100))]
    over: u8,
    /// What takes effect by itself then, as the command that would say it; only a decision opens such a poll
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Args {
    /// What is to be signed.
    ///
    /// # Errors
    /// When the options or times cannot be, or what it carries would change nothing.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let about = self.about.as_ref().map(|about| session.find(context, about)).transpose()?;
        let choices = u16::try_from(self.options.len()).unwrap_or(u16::MAX);
        if !(2..=MAX_CHOICES).contains(&self.options.len()) {
            return Err(Failure::usage(text!("poll-options-count", most = MAX_CHOICES)));
        }
        let carried = self.carried(context, session)?;
        let payload = carried.as_ref().map(|carried| carried.payload.clone());
        let said = PollOpened {
            common: Common::default(),
            about: about.map(|(_, record)| record.entry().id()),
            choices,
            form: if self.several { Form::Several } else { Form::One },
            means: self.means(session)?,
            carries: payload.map(|payload| Carries { over: self.over, payload }),
        };
        let options = (1..).zip(say::options(&self.options)?).map(|(at, option)| format!("{at} {option}"));
        let question =
            format!("{} ({})", say::title(&self.question)?, options.collect::<Vec<_>>().join(", "));
        let mut draft = say::draft(&said, Some(&question))?;
        if let Some(carried) = carried {
            draft.of_payload = carried.details;
            draft.after = carried.after;
        }
        Ok(draft)
    }

    fn means(&self, session: &Session) -> Outcome<Means> {
        let stretch = |written: &String| {
            let long = || Failure::usage(text!("poll-span-long", written = plain(written)));
            Some(span::seconds(written)?).filter(|s| *s <= MAX_DRAW_SECONDS).ok_or_else(long)
        };
        Ok(if self.paper {
            Means::Paper
        } else {
            Means::Ring {
                least: session.state.charter().ring,
                register: stretch(&self.register)?,
                cast: stretch(&self.cast)?,
                carry: stretch(&self.carry)?,
                late: stretch(&self.late)?,
            }
        })
    }

    fn carried(&self, context: &mut Context, session: &Session) -> Outcome<Option<Carried>> {
        if self.command.is_empty() {
            return Ok(None);
        }
        let carried = carried::by_words(context, session, &self.command)?;
        carried.try_out(session, session.now)?;
        Ok(Some(carried))
    }
}
