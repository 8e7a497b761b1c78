//! Entries about secret polls as sentences.

use super::{Teller, with};
use crate::text;
use crate::ui::plain;
use lifeboat_commons::ballots::{BallotStatement, Means};
use lifeboat_log::DetailTag;

impl Teller<'_> {
    pub(super) fn ballots(&self, said: &BallotStatement, who: &str, texts: &[(u16, String)]) -> String {
        let note = texts.iter().find(|(tag, _)| *tag == DetailTag::NOTE.0).map(|(_, text)| plain(text));
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
            BallotStatement::Opened(opened) => opened.carries.as_ref().map(|carries| {
                let texts = texts.get(1..).unwrap_or_default();
                text!("poll-carries", over = carries.over, what = self.payload(&carries.payload, texts))
            }),
            _ => note,
        };
        with(sentence, [note.into_iter().collect(), self.more(said.common())].concat())
    }
}
