//! Hidden votes of the member of a home that wait to be opened: nobody else can do it, and a vote that is
//! not opened in time is lost. Read from the folded state, for the overview.

use lifeboat_commons::decisions::Choice;
use lifeboat_commons::{MemberId, State};
use lifeboat_log::Time;
use serde::{Deserialize, Serialize};

/// A hidden vote that its member has to open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToOpen {
    /// The position of the decision.
    pub decision: u64,
    /// Until when it can be opened, in milliseconds since 1970.
    pub until_ms: u64,
}

/// The hidden votes that this member has to open now, by the numbers of their decisions.
pub fn to_open(state: &State, member: &MemberId, now: Time) -> Vec<ToOpen> {
    // The state is as old as the newest record: a vote that has closed since still stands there as open.
    let waits = |decision: &&lifeboat_commons::decisions::Decision| {
        let committed = decision.poll().and_then(|poll| poll.of(member));
        let committed = committed.is_some_and(|cast| matches!(cast.choice(), Choice::Committed(_)));
        committed && decision.terms.closes <= now && now < decision.terms.ends()
    };
    let waiting = state.decisions().list().into_iter().filter(waits);
    waiting.map(|d| ToOpen { decision: d.position.0, until_ms: d.terms.ends().ms() }).collect()
}
