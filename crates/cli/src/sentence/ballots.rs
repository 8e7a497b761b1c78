//! Entries about secret polls as sentences.

use super::{Teller, with};
use crate::text;
use lifeboat_commons::ballots::{BallotStatement, Means};

impl Teller<'_> {
    pub(super) fn ballots(&self, said: &BallotStatement, who: &str, note: Option<String>) -> String {
        let sentence = match said {
            BallotStatement::Opened(said) => {
                let question = note.clone().unwrap_or_else(|| text!("poll-no-question"));
                match said.means {
                    Means::Paper => text!("said-poll-paper", who = who, question = question),
                    Means::Ring { .. } => text!("said-poll", who = who, question = question),
                }
            }
            BallotStatement::Registered(said) => {
                text!("said-registered", who = who, number = self.number(&said.poll))
            }
            BallotStatement::Carried(said) => {
                let (number, count) = (self.number(&said.poll), said.ballots.len());
                text!("said-carried", who = who, number = number, count = count)
            }
            BallotStatement::Counted(said) => {
                let counts: Vec<String> =
                    (1..).zip(said.counts.iter()).map(|(at, count)| format!("{at}: {count}")).collect();
                let (number, counts) = (self.number(&said.poll), counts.join(", "));
                let (blank, papers) = (said.blank.to_string(), said.papers.to_string());
                text!(
                    "said-counted",
                    who = who,
                    number = number,
                    counts = counts,
                    blank = blank,
                    papers = papers
                )
            }
        };
        let note = match said {
            BallotStatement::Opened(_) => None,
            _ => note,
        };
        with(sentence, [note.into_iter().collect(), self.more(said.common())].concat())
    }
}
