//! Decisions in words: what is proposed, how somebody votes, what a vote came to and with which counts. The
//! same words stand before the signature, in the log and in the minutes.

use crate::sentence::{Teller, with};
use crate::ui::plain;
use crate::{charter, day, text};
use lifeboat_commons::charter::CharterStatement;
use lifeboat_commons::decisions::{
    Ballot, Certainty, Counts, Decision, DecisionStatement, Enacted, Method, Outcome, Proxy, Stance, Tally,
    Terms, Verdict, Who,
};
use lifeboat_commons::{Day, Payload, Statement};
use lifeboat_log::DetailTag;

/// The question and the names of its options, out of the text that came with it: the options are its last
/// lines.
pub fn question(text: &str, options: u8) -> (String, Vec<String>) {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let at = lines.len().saturating_sub(usize::from(options));
    let (asked, named) = lines.split_at(at.max(lines.len().min(1)));
    let mut named: Vec<String> = named.iter().map(|line| plain(line)).collect();
    (1 + named.len()..=usize::from(options)).for_each(|n| named.push(n.to_string()));
    (plain(&asked.join(" ")), named)
}

/// The name of a method.
pub fn method(method: Method) -> String {
    match method {
        Method::Consent => text!("method-consent"),
        Method::Consensus { k: 0 } => text!("method-consensus"),
        Method::Consensus { k } => text!("method-consensus-minus", k = k),
        Method::Majority { percent: 50 } => text!("method-majority"),
        Method::Majority { percent } => text!("method-majority-of", percent = percent),
        Method::TwoThirds => text!("method-two-thirds"),
        Method::Approval => text!("method-approval"),
        Method::Score { most } => text!("method-score", most = most),
        Method::Ranked => text!("method-ranked"),
        Method::Seats { seats } => text!("method-seats", seats = seats),
    }
}

/// What a vote came to, with the counts that made it.
pub fn outcome(verdict: &Verdict, tally: &Tally, names: &[String]) -> String {
    let name =
        |option: &u8| names.get(usize::from(*option)).cloned().unwrap_or_else(|| (option + 1).to_string());
    let list = |options: &[u8]| options.iter().map(name).collect::<Vec<_>>().join(", ");
    let counts = counts(&tally.counts, names);
    match verdict {
        Verdict::Carried => text!("verdict-carried", counts = counts),
        Verdict::NotCarried => text!("verdict-not-carried", counts = counts),
        Verdict::NoQuorum => {
            text!("verdict-no-quorum", cast = tally.cast, all = tally.electorate, counts = counts)
        }
        Verdict::Chosen(options) => text!("verdict-chosen", what = list(options), counts = counts),
        Verdict::Tied(options) => text!("verdict-tied", what = list(options), counts = counts),
    }
}

/// Who took part.
pub fn turnout(tally: &Tally) -> String {
    let mut more = vec![text!("turnout", cast = tally.cast, all = tally.electorate)];
    if tally.by_proxy > 0 {
        more.push(text!("turnout-proxy", count = tally.by_proxy));
    }
    if tally.abstained > 0 && !matches!(tally.counts, Counts::Stances(_)) {
        more.push(text!("turnout-abstained", count = tally.abstained));
    }
    if tally.unopened > 0 {
        more.push(text!("turnout-unopened", count = tally.unopened));
    }
    more.join(", ")
}

/// The counts, in words.
pub fn counts(counts: &Counts, names: &[String]) -> String {
    let name = |at: usize| names.get(at).cloned().unwrap_or_else(|| (at + 1).to_string());
    match counts {
        Counts::Stances([agree, abstain, aside, against, block]) => {
            let mut parts = vec![text!("count-for", count = *agree)];
            for (count, words) in [
                (*against, text!("count-against", count = *against)),
                (*block, text!("count-block", count = *block)),
                (*aside, text!("count-aside", count = *aside)),
                (*abstain, text!("count-abstain", count = *abstain)),
            ] {
                if count > 0 {
                    parts.push(words);
                }
            }
            parts.join(", ")
        }
        Counts::Sums(sums) => {
            let each = sums.iter().enumerate().map(|(at, sum)| format!("{} {sum}", name(at)));
            each.collect::<Vec<_>>().join(", ")
        }
        Counts::Seats { approvals, .. } => {
            let each = approvals.iter().enumerate().map(|(at, sum)| format!("{} {sum}", name(at)));
            each.collect::<Vec<_>>().join(", ")
        }
        Counts::Pairs { order, .. } => {
            let equal = |options: &Vec<u8>| {
                options.iter().map(|option| name(usize::from(*option))).collect::<Vec<_>>().join(" = ")
            };
            text!("count-order", order = order.iter().map(equal).collect::<Vec<_>>().join(" > "))
        }
    }
}

/// Whether a result can still be lost, in words.
pub fn certainty(certainty: Certainty) -> String {
    match certainty {
        Certainty::Unwitnessed => text!("certainty-unwitnessed"),
        Certainty::Provisional => text!("certainty-provisional"),
        Certainty::Final => text!("certainty-final"),
    }
}

/// What the payload of a settled decision did, in words; nothing when it had none, or was not carried.
pub fn enacted(outcome: &Outcome) -> Option<String> {
    outcome.enacted.as_ref().map(|enacted| match enacted {
        Enacted::Done => text!("enacted-done"),
        Enacted::Void(reason) => text!("enacted-void", reason = plain(&reason.to_string())),
    })
}

/// A ballot in words: `yes`, `1, 3`, `1:5 2:0`, `2 > 1 = 3`.
pub fn ballot(ballot: &Ballot) -> String {
    let numbers = |options: &[u8]| options.iter().map(|o| (o + 1).to_string()).collect::<Vec<_>>().join(", ");
    match ballot {
        Ballot::Stance(Stance::For) => text!("ballot-for"),
        Ballot::Stance(Stance::Abstain) => text!("ballot-abstain"),
        Ballot::Stance(Stance::Aside) => text!("ballot-aside"),
        Ballot::Stance(Stance::Against) => text!("ballot-against"),
        Ballot::Stance(Stance::Block) => text!("ballot-block"),
        Ballot::Approve(chosen) if chosen.is_empty() => text!("ballot-none"),
        Ballot::Approve(chosen) => numbers(chosen),
        Ballot::Score(points) => {
            let each = points.iter().zip(1..).map(|(points, option)| format!("{option}:{points}"));
            each.collect::<Vec<_>>().join(" ")
        }
        Ballot::Rank(ranks) => {
            let last = ranks.iter().copied().max().unwrap_or(0);
            let of = |rank: u8| {
                let same = ranks.iter().zip(1..).filter(|(r, _)| **r == rank);
                same.map(|(_, option)| option.to_string()).collect::<Vec<_>>().join(" = ")
            };
            (1..=last).map(of).collect::<Vec<_>>().join(" > ")
        }
    }
}

impl Teller<'_> {
    /// What an entry about decisions says.
    pub(crate) fn decision(&self, said: &DecisionStatement, who: &str, texts: &[(u16, String)]) -> String {
        use DecisionStatement as Said;
        let note = texts.iter().find(|(tag, _)| *tag == DetailTag::NOTE.0).map(|(_, text)| text.as_str());
        let note: Vec<String> = note.map(plain).into_iter().collect();
        match said {
            Said::Propose(new) => {
                let words = self.terms(&new.terms, texts);
                text!("said-propose", who = who, what = words)
            }
            Said::Amend(new) => {
                let words = self.terms(&new.terms, texts);
                text!("said-amend", who = who, number = self.number(&new.decision), what = words)
            }
            Said::Withdraw(said) => {
                text!("said-withdraw-proposal", who = who, number = self.number(&said.decision))
            }
            Said::Vote(vote) => {
                let number = self.number(&vote.version);
                with(text!("said-vote", who = who, number = number, ballot = ballot(&vote.ballot)), note)
            }
            Said::Commit(said) => text!("said-commit", who = who, number = self.number(&said.version)),
            Said::Open(said) => {
                let number = self.number(&said.version);
                with(text!("said-open", who = who, number = number, ballot = ballot(&said.ballot)), note)
            }
            Said::Proxy(proxy) => self.proxy(proxy, who),
            Said::Task(task) => {
                let (owner, number) = (self.names.member(&task.owner), self.number(&task.decision));
                let due = self.date(task.due);
                let what = note.join(" ");
                text!("said-task", who = who, owner = owner, number = number, due = due, what = what)
            }
            Said::TaskEnded(ended) if ended.done => {
                with(text!("said-task-done", who = who, number = self.number(&ended.task)), note)
            }
            Said::TaskEnded(ended) => {
                with(text!("said-task-dropped", who = who, number = self.number(&ended.task)), note)
            }
            Said::Review(review) => {
                let number = self.number(&review.decision);
                text!("said-review", who = who, number = number, how = note.join(" "))
            }
            Said::Meeting(meeting) => {
                let facilitator = self.names.member(&meeting.facilitator);
                let (day, count) = (self.day_of(meeting.begins), meeting.present.len());
                let words =
                    text!("said-meeting", who = who, day = day, facilitator = facilitator, count = count);
                with(words, note)
            }
        }
    }

    fn proxy(&self, proxy: &Proxy, who: &str) -> String {
        let only = proxy.decision.map(|id| self.number(&id));
        match (&proxy.to, only) {
            (Some(to), None) => text!("said-proxy", who = who, to = self.names.member(to)),
            (Some(to), Some(number)) => {
                text!("said-proxy-only", who = who, to = self.names.member(to), number = number)
            }
            (None, None) => text!("said-proxy-recalled", who = who),
            (None, Some(number)) => text!("said-proxy-recalled-only", who = who, number = number),
        }
    }

    /// The question, its options, and what the vote is held on.
    fn terms(&self, terms: &Terms, texts: &[(u16, String)]) -> String {
        let asked = texts.first().map_or("", |(_, text)| text.as_str());
        let (asked, options) = question(asked, terms.options);
        let numbered: Vec<String> =
            options.iter().zip(1..).map(|(name, number): (_, usize)| format!("{number} {name}")).collect();
        let mut more = vec![method(terms.method)];
        if !numbered.is_empty() {
            more.insert(0, numbered.join(" / "));
        }
        match &terms.who {
            Who::All => {}
            Who::Circle(list) => more.push(text!("terms-circle", count = list.len())),
            Who::Present(list) => more.push(text!("terms-present", count = list.len())),
        }
        more.push(text!("terms-closes", time = day::moment_in_zone(terms.closes.ms(), self.zone)));
        if terms.quorum > 0 {
            more.push(text!("terms-quorum", percent = terms.quorum));
        }
        if let Some(hidden) = terms.hidden {
            more.push(text!("terms-hidden", time = day::moment_in_zone(hidden.until.ms(), self.zone)));
        }
        if let Some(payload) = &terms.payload {
            let texts = texts.get(1..).unwrap_or_default();
            more.push(text!("terms-carries", what = self.payload(payload, texts)));
        }
        text!("terms", question = asked, more = more.join("; "))
    }

    /// What the cell says by a decision, or by a poll that a decision opened.
    pub(crate) fn payload(&self, payload: &Payload, texts: &[(u16, String)]) -> String {
        match payload.statement() {
            Ok(Statement::Charter(CharterStatement::Change(change))) => charter::changes(&change.settings),
            Ok(other) => self.statement(&other, &text!("the-cell"), texts),
            Err(_) => text!("terms-newer", kind = payload.kind.0),
        }
    }

    /// A calendar day.
    pub(crate) fn date(&self, day: Day) -> String {
        day::long(day::from_number(i64::from(day.0)), self.today)
    }

    /// Where a decision stands, in one line.
    pub fn standing(&self, decision: &Decision, names: &[String]) -> String {
        use lifeboat_commons::decisions::Stage;
        let moment = |time: lifeboat_log::Time| day::moment_in_zone(time.ms(), self.zone);
        match &decision.stage {
            Stage::Waiting => text!("stage-waiting", time = moment(decision.terms.opens)),
            Stage::Open(poll) => {
                let (cast, all) = (poll.cast().count(), poll.electorate().len());
                let time = moment(decision.terms.closes);
                text!("stage-open", time = time, cast = cast, all = all)
            }
            Stage::Opening(_) => text!("stage-opening", time = moment(decision.terms.ends())),
            Stage::Settled(settled) => {
                let mut more = vec![outcome(&settled.verdict, &settled.tally, names)];
                if let Some(equal) = decision.drawn_from() {
                    let name = |option: &u8| names.get(usize::from(*option)).cloned().unwrap_or_default();
                    let equal: Vec<String> = equal.iter().map(name).collect();
                    more.push(text!("verdict-drawn", what = equal.join(", ")));
                }
                more.extend(enacted(settled));
                more.push(certainty(self.state.certainty(settled)));
                more.join("; ")
            }
            Stage::Withdrawn(at) => text!("stage-withdrawn", number = crate::reference::short(*at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_log::codec::List;

    #[test]
    fn the_last_lines_of_a_question_name_its_options() {
        let (asked, options) = question("Where shall we meet?\nIt rains.\nhall\nkitchen\n", 2);
        assert_eq!(
            (asked.as_str(), options),
            ("Where shall we meet? It rains.", vec!["hall".into(), "kitchen".into()])
        );
        assert_eq!(question("yes?", 0), ("yes?".to_owned(), vec![]));
        assert_eq!(question("short", 2).1, ["1", "2"]);
        assert_eq!(question("", 1), (String::new(), vec!["1".to_owned()]));
    }

    #[test]
    fn a_ranking_reads_as_it_is_meant() {
        let rank = |ranks: &[u8]| ballot(&Ballot::Rank(List::new(ranks.to_vec()).unwrap()));
        assert_eq!(rank(&[2, 1, 2, 0]), "2 > 1 = 3");
    }
}
