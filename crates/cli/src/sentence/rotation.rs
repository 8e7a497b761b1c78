//! Entries of rotation as sentences, and the facts in them that a person needs to redo a draw.

use super::{Teller, with};
use crate::text;
use crate::ui::plain;
use lifeboat_commons::common::Day;
use lifeboat_commons::draw::BeaconNetwork;
use lifeboat_commons::rotation::{DrawCalled, Every, Purpose, RotationStatement, Way};
use lifeboat_commons::{State, Statement};
use lifeboat_log::{EntryId, SignedEntry};

impl Teller<'_> {
    pub(super) fn rotation(&self, said: &RotationStatement, who: &str, note: Option<String>) -> String {
        let sentence = match said {
            RotationStatement::Role(said) if said.ended => {
                text!("said-role-ended", who = who, role = plain(&said.name))
            }
            RotationStatement::Role(said) => text!(
                "said-role",
                who = who,
                role = plain(&said.name),
                seats = said.seats,
                every = every(said.every),
                day = self.date(said.first)
            ),
            RotationStatement::Meeting(said) if said.ended => {
                text!("said-meeting-ended", who = who, name = plain(&said.name))
            }
            RotationStatement::Meeting(said) => text!(
                "said-meetings",
                who = who,
                name = plain(&said.name),
                every = every(said.every),
                day = self.date(said.first),
                time = clock(said.minute)
            ),
            RotationStatement::Trained(said) => {
                let (handle, training) = (self.names.member(&said.member), plain(&said.training));
                match said.granted {
                    true => text!("said-trained", who = who, handle = handle, training = training),
                    false => text!("said-untrained", who = who, handle = handle, training = training),
                }
            }
            RotationStatement::Draw(said) => self.draw_called(said, who),
            RotationStatement::Committed(said) => {
                text!("said-committed", who = who, number = self.number(&said.draw), attempt = said.attempt)
            }
            RotationStatement::Revealed(said) => {
                text!("said-revealed", who = who, number = self.number(&said.draw), attempt = said.attempt)
            }
            RotationStatement::Hat(said) => {
                let people: Vec<String> = said.order.iter().map(|id| self.names.member(id)).collect();
                text!("said-hat", who = who, number = self.number(&said.draw), people = people.join(", "))
            }
            RotationStatement::Beacon(said) => {
                let (number, round) = (self.number(&said.draw), said.round.to_string());
                text!("said-beacon", who = who, number = number, round = round)
            }
            RotationStatement::Refused(said) => {
                text!("said-refused", who = who, number = self.number(&said.draw))
            }
            RotationStatement::SwapOffered(said) => {
                let (handle, mine) = (self.names.member(&said.with), self.number(&said.mine));
                match &said.theirs {
                    Some(theirs) => {
                        let theirs = self.number(theirs);
                        text!("said-swap", who = who, handle = handle, mine = mine, theirs = theirs)
                    }
                    None => text!("said-hands-on", who = who, handle = handle, mine = mine),
                }
            }
            RotationStatement::SwapAgreed(said) => {
                text!("said-agreed", who = who, number = self.number(&said.offer))
            }
        };
        with(sentence, [note.into_iter().collect(), self.more(said.common())].concat())
    }

    fn draw_called(&self, said: &DrawCalled, who: &str) -> String {
        let (what, count) = (self.purpose(&said.purpose), said.first.len() + said.then.len());
        match said.way {
            Way::Hat => text!("said-draw-hat", who = who, what = what, count = count),
            Way::Reveals { .. } => text!("said-draw", who = who, what = what, count = count),
            Way::Beacon { network: BeaconNetwork::QUICKNET, .. } => {
                text!("said-draw-beacon", who = who, what = what, count = count)
            }
            Way::Beacon { .. } => text!("said-draw-other", who = who, what = what, count = count),
        }
    }

    /// What a draw is for.
    pub fn purpose(&self, purpose: &Purpose) -> String {
        match purpose {
            Purpose::Role { role, term } => match self.state.rotation().role(role) {
                Some(known) => {
                    let first = known.every.nth(known.first, *term).unwrap_or(Day::LAST);
                    text!("purpose-role", role = plain(role), day = self.date(first))
                }
                None => text!("purpose-term", role = plain(role), term = *term),
            },
            Purpose::Lot { about, seats } => {
                text!("purpose-lot", count = *seats, number = self.number(about))
            }
        }
    }
}

/// How often something recurs.
pub fn every(every: Every) -> String {
    match every {
        Every::Days(days) if days % 7 == 0 => text!("every-weeks", count = days / 7),
        Every::Days(days) => text!("every-days", count = days),
        Every::Months(months) => text!("every-months", count = months),
    }
}

/// Minutes after midnight as a clock shows them.
pub fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The lines of an entry that matter to whoever redoes a draw. The lines of a call are those of the sheet;
/// a commitment and a reveal are told with the place of their member in the roster.
pub fn facts(state: &State, entry: &SignedEntry) -> Vec<String> {
    let Some(member) = state.members().of_key(&entry.author) else { return Vec::new() };
    let roster = state.members().get(&member).map_or(0, |known| known.position.0);
    let Ok(Statement::Rotation(said)) = Statement::decode(entry) else { return Vec::new() };
    match said {
        RotationStatement::Draw(said) => call(entry.cell.to_string(), entry.id(), &said),
        RotationStatement::Committed(said) => {
            let (draw, attempt, commitment) = (said.draw, said.attempt, said.commitment);
            vec![format!("commit {draw} {attempt} {roster} {member} {commitment}")]
        }
        RotationStatement::Revealed(said) => {
            let (draw, attempt, secret) = (said.draw, said.attempt, said.secret);
            vec![format!("reveal {draw} {attempt} {roster} {member} {secret}")]
        }
        RotationStatement::Beacon(said) => {
            let (draw, attempt, round, random) = (said.draw, said.attempt, said.round, said.signature.hash());
            vec![format!("beacon {draw} {attempt} {round} {random}")]
        }
        _ => Vec::new(),
    }
}

fn call(cell: String, draw: EntryId, said: &DrawCalled) -> Vec<String> {
    let mut lines = vec![format!("cell {cell}"), format!("draw {draw}")];
    lines.extend(said.first.iter().map(|id| format!("first {id}")));
    lines.extend(said.then.iter().map(|id| format!("then {id}")));
    lines.extend(said.way.network().map(|_| "beacon awaited".to_owned()));
    lines
}
