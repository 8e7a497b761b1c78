//! Short words for deciding, shared by the tests: who proposes what, who votes how.

use lifeboat_commons::decisions::{
    Amend, Ballot, Commit, Decision, Method, OpenBallot, Propose, Proxy, Stance, Terms, Tie, Verdict, Vote,
    Who,
};
use lifeboat_commons::limits::HOUR_MS;
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Body, Common, Effect, Payload, compose};
use lifeboat_log::codec::List;
use lifeboat_log::{Detail, DetailTag, EntryId, SignedEntry, Time};

pub const YES: Ballot = Ballot::Stance(Stance::For);
pub const NO: Ballot = Ballot::Stance(Stance::Against);
pub const ASIDE: Ballot = Ballot::Stance(Stance::Aside);
pub const BLOCK: Ballot = Ballot::Stance(Stance::Block);
pub const SIMPLE: Method = Method::Majority { percent: 50 };

/// A cell of these people, all past the waiting time.
pub fn crew(names: &[&str]) -> TestCell {
    let mut cell = TestCell::found(1, names[0]);
    for name in &names[1..] {
        cell.admit(name);
    }
    cell.wait_days(8);
    cell
}

/// A vote of two days, at once, by all members, without quorum.
pub fn terms(cell: &TestCell, method: Method, options: u8) -> Terms {
    Terms {
        method,
        options,
        who: Who::All,
        opens: Time::ZERO,
        closes: cell.now.plus_ms(48 * HOUR_MS),
        quorum: 0,
        tie: Tie::Open,
        hidden: None,
        review: None,
        payload: None,
    }
}

/// The same, with something that takes effect by itself, and a quorum of half.
pub fn carrying(cell: &TestCell, body: &impl Body) -> Terms {
    let payload = Some(Payload::new(compose(body).unwrap()).unwrap());
    Terms { payload, quorum: 50, ..terms(cell, SIMPLE, 0) }
}

/// An entry of this body with a note.
pub fn noted(cell: &mut TestCell, who: &str, body: &impl Body, note: &str) -> SignedEntry {
    let note = Detail::open([3; 16], note).unwrap().reference(DetailTag::NOTE, Time::ZERO);
    cell.sign_with(who, compose(body).unwrap(), |draft| draft.details = List::new(vec![note]).unwrap())
}

/// Says this with a note; a second passes.
pub fn say_noted(cell: &mut TestCell, who: &str, body: &impl Body) -> Effect {
    let entry = noted(cell, who, body, "because");
    cell.wait_ms(1000);
    cell.place(entry)
}

pub fn propose(cell: &mut TestCell, who: &str, terms: Terms) -> EntryId {
    let effect = say_noted(cell, who, &Propose { common: Common::default(), terms });
    assert_eq!(effect, Effect::Applied);
    cell.last().entry().id()
}

pub fn try_propose(cell: &mut TestCell, who: &str, terms: Terms) -> Effect {
    say_noted(cell, who, &Propose { common: Common::default(), terms })
}

pub fn amend(cell: &mut TestCell, who: &str, decision: EntryId, terms: Terms) -> Effect {
    say_noted(cell, who, &Amend { common: Common::default(), decision, terms })
}

pub fn ballot(version: EntryId, ballot: Ballot) -> Vote {
    Vote { common: Common::default(), version, ballot }
}

pub fn vote(cell: &mut TestCell, who: &str, version: EntryId, ballot: Ballot) -> Effect {
    let vote = Vote { common: Common::default(), version, ballot };
    if vote.ballot.needs_reason() { say_noted(cell, who, &vote) } else { cell.say(who, &vote) }
}

pub fn all_vote(cell: &mut TestCell, version: EntryId, ballots: &[(&str, Ballot)]) {
    for (who, ballot) in ballots {
        assert_eq!(vote(cell, who, version, ballot.clone()), Effect::Applied, "{who}");
    }
}

pub fn commit(cell: &TestCell, who: &str, version: EntryId, ballot: &Ballot) -> Commit {
    let hash = ballot.commitment(&version, &cell.id(who), &[9; 16]);
    Commit { common: Common::default(), version, hash }
}

pub fn opening(version: EntryId, ballot: Ballot) -> OpenBallot {
    OpenBallot { common: Common::default(), version, ballot, salt: [9; 16] }
}

pub fn proxy(cell: &TestCell, decision: Option<EntryId>, to: Option<&str>) -> Proxy {
    Proxy { common: Common::default(), decision, to: to.map(|name| cell.id(name)) }
}

/// Lets the vote end; something is placed after it, so that the fold closes it.
pub fn close(cell: &mut TestCell) {
    cell.wait_days(3);
    cell.must("heron", &crate::say::received("1 EUR"));
}

pub fn decision(cell: &TestCell, id: EntryId) -> &Decision {
    cell.state.decisions().get(&id).unwrap()
}

pub fn verdict(cell: &TestCell, id: EntryId) -> Verdict {
    decision(cell, id).outcome().expect("settled").verdict.clone()
}

pub fn list<const N: usize>(values: &[u8]) -> List<u8, N> {
    List::new(values.to_vec()).unwrap()
}
