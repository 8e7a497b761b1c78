//! What anyone may know of a living cell without waiting for its thread, and the words that its thread leaves
//! there for the person.

use super::locked;
use crate::limits::MAX_NOTICES;
use lifeboat_log::{Position, PublicKey, Term};
use std::sync::Mutex;

/// What anyone may know of a cell at once.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Whether this home keeps the log.
    pub keeper: bool,
    /// The keeper's node, as far as the log here says.
    pub keeper_node: Option<PublicKey>,
    /// What other homes than the keeper's hold.
    pub held: Vec<Position>,
    /// The next record that this home lacked when the keeper last heard of it.
    pub told: Position,
    /// Entries that wait to be placed here.
    pub pending: usize,
    /// Those of them that have waited longer than the charter gives the keeper.
    pub overdue: usize,
    /// Whether no connected peer says to hold more.
    pub level: bool,
    /// How often a peer has told its newest checkpoint.
    pub tips: u64,
    /// Details that are missing here and are looked for.
    pub wanted: usize,
    /// Records that are here.
    pub records: u64,
    /// Records that a peer says to hold and that are not here.
    pub behind: u64,
    /// Bytes of frames received.
    pub received: u64,
    /// Own entries that are not placed yet.
    pub waiting: usize,
    /// Everything before this position is witnessed: as many witnesses cosigned it as the term asks.
    pub witnessed: Position,
    /// So many homes must answer yet before this home signs anything: its disk may be an old backup.
    pub asks: usize,
    /// Whether members ask that another home keep the log.
    pub called: bool,
    /// What changed last in who keeps the log, as this home saw it: a newer word takes its place.
    pub changed: Option<String>,
    /// The term that is open.
    pub open: Term,
    /// What contradicts the log here, and of which term. A takeover settles what was before it.
    pub alarms: Vec<(Term, String)>,
    /// What else the person should know.
    pub notices: Vec<String>,
}

impl Facts {
    /// All that the person should know, as sentences.
    pub fn words(&self) -> Vec<String> {
        let called = "A member asks that another home keep the log: see `lifeboat takeover status`.";
        let called = self.called.then(|| called.to_owned());
        let alarms = self.alarms.iter().filter(|(term, _)| term.era() >= self.open.era());
        let alarms = alarms.map(|(_, word)| word.clone());
        let changed = self.changed.iter().cloned();
        alarms.chain(changed).chain(called).chain(self.notices.iter().cloned()).collect()
    }
}

/// A word to the person, each once.
pub fn notice(facts: &Mutex<Facts>, words: String) {
    tracing::warn!("{words}");
    let mut facts = locked(facts);
    if facts.notices.len() < MAX_NOTICES && !facts.notices.contains(&words) {
        facts.notices.push(words);
    }
}

/// A word on what contradicts the log here, in this term; each once.
pub fn alarm(facts: &Mutex<Facts>, term: Term, words: String) {
    tracing::warn!("{words}");
    let (mut facts, alarm) = (locked(facts), (term, words));
    if facts.alarms.len() < MAX_NOTICES && !facts.alarms.contains(&alarm) {
        facts.alarms.push(alarm);
    }
}

/// A word on what changed in who keeps the log, in the place of the last one.
pub fn changed(facts: &Mutex<Facts>, words: String) {
    tracing::warn!("{words}");
    locked(facts).changed = Some(words);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_shown_until_a_takeover_settles_it() {
        let alarms = vec![(Term::new(0, 1), "ALARM".to_owned())];
        let mut facts = Facts { alarms, notices: vec!["else".to_owned()], ..Facts::default() };
        for (open, words) in [
            (Term::FIRST, vec!["ALARM", "else"]),
            (Term::new(0, 2), vec!["ALARM", "else"]),
            (Term::new(1, 0), vec!["else"]),
        ] {
            facts.open = open;
            assert_eq!(facts.words(), words, "{open}");
        }
    }
}
