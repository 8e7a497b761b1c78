//! Secret ballots on the fold: the whole way of a poll by ring and of one on paper, and every misuse with
//! its reason.

use lifeboat_commons::ballots::*;
use lifeboat_commons::charter::{CharterChange, Setting};
use lifeboat_commons::membership::Leave;
use lifeboat_commons::payload::Payload;
use lifeboat_commons::ring::{BadRing, Ring, RingKey, RingSecret};
use lifeboat_commons::rotation::{DrawCalled, HatDrawn, Purpose, Way};
use lifeboat_commons::testing::{TestCell, charter};
use lifeboat_commons::{BadBody, Body, Common, Effect, Paper, Reason, State, compose};
use lifeboat_log::codec::{Bytes, List, encode};
use lifeboat_log::hash::derive;
use lifeboat_log::{BlobHash, EntryId};

const PEOPLE: [&str; 8] = ["heron", "wren", "finch", "robin", "lark", "swift", "tern", "owl"];
const HOUR: u64 = 3_600_000;

fn cell() -> TestCell {
    let mut charter = charter();
    charter.waiting_days = 0;
    let mut cell = TestCell::found_with(9, PEOPLE[0], &charter);
    for who in &PEOPLE[1..] {
        cell.admit(who);
    }
    cell
}

fn poll() -> PollOpened {
    let means = Means::Ring { least: 7, register: 3600, cast: 3600, carry: 3600, late: 3600 };
    PollOpened { common: Common::default(), about: None, choices: 3, form: Form::One, means, carries: None }
}

fn secret(poll: EntryId, who: &str) -> RingSecret {
    RingSecret::from_seed(&derive("lifeboat/test-ring/v1", &[&poll.0, who.as_bytes()].concat()))
}

fn register(poll: EntryId, who: &str) -> Registered {
    Registered { common: Common::default(), poll, key: secret(poll, who).public() }
}

fn marks(marks: &[u16]) -> Marks {
    List::new(marks.to_vec()).unwrap()
}

fn ring(cell: &TestCell, poll: EntryId) -> Ring {
    cell.state.ballots().poll(&poll).unwrap().ring(cell.cell()).unwrap()
}

fn ballot(cell: &TestCell, poll: EntryId, who: &str, mark: &[u16]) -> SecretBallot {
    SecretBallot::sign(&ring(cell, poll), &secret(poll, who), marks(mark), &[7; 32]).unwrap()
}

fn carried(poll: EntryId, mut ballots: Vec<SecretBallot>) -> BallotsCarried {
    ballots.sort_by_key(SecretBallot::hash);
    BallotsCarried { common: Common::default(), poll, ballots: List::new(ballots).unwrap() }
}

fn void(effect: Effect, reason: Reason) {
    assert_eq!(effect, Effect::Void(reason));
}

/// Draws these as tellers of a poll, from a hat.
fn tellers(cell: &mut TestCell, about: EntryId, people: &[&str]) {
    let pool = cell.state.rotation().lot_pool(cell.state.members(), cell.now);
    let call = DrawCalled {
        common: Common::default(),
        purpose: Purpose::Lot { about, seats: people.len() as u16 },
        first: List::new(pool.first).unwrap(),
        then: List::default(),
        way: Way::Hat,
    };
    let draw = cell.must("heron", &call);
    let order = List::new(people.iter().map(|who| cell.id(who)).collect()).unwrap();
    for who in ["heron", "wren", "finch"] {
        cell.must(who, &HatDrawn { common: Common::default(), draw, order: order.clone() });
    }
}

/// A poll for which these have registered, at the time to cast.
fn registered(cell: &mut TestCell, opened: &PollOpened, people: &[&str]) -> EntryId {
    let poll = cell.must("heron", opened);
    for who in people {
        cell.must(who, &register(poll, who));
    }
    cell.wait_ms(HOUR);
    poll
}

#[test]
fn a_poll_by_ring_is_counted_and_nobody_sees_who_voted_what() {
    let mut cell = cell();
    let poll = cell.must("heron", &poll());
    tellers(&mut cell, poll, &["tern", "owl"]);
    for who in &PEOPLE[..7] {
        cell.must(who, &register(poll, who));
    }
    cell.wait_ms(HOUR);
    let votes: [&[u16]; 6] = [&[0], &[0], &[1], &[0], &[], &[2]];
    let all: Vec<SecretBallot> =
        PEOPLE.iter().zip(votes).map(|(who, mark)| ballot(&cell, poll, who, mark)).collect();
    void(cell.say("tern", &carried(poll, all.clone())), Reason::NotCarrying);
    cell.wait_ms(HOUR);
    void(cell.say("wren", &carried(poll, all[..2].to_vec())), Reason::TellersFirst);
    // The tellers split them up; the last is left out, and its voter sees that and puts it in.
    cell.must("tern", &carried(poll, all[..3].to_vec()));
    cell.must("owl", &carried(poll, all[2..5].to_vec()));
    let left_out = all[5].hash();
    let is_in = |cell: &TestCell| cell.state.ballots().poll(&poll).unwrap().counts_ballot(&left_out);
    assert!(!is_in(&cell));
    cell.wait_ms(HOUR);
    cell.must("heron", &carried(poll, vec![all[5].clone()]));
    assert!(is_in(&cell));
    cell.wait_ms(HOUR);
    void(cell.say("heron", &carried(poll, all)), Reason::NotCarrying);
    let closed = cell.state.ballots().poll(&poll).unwrap();
    assert_eq!(closed.stage(cell.now), Stage::Closed);
    let tally = Tally { counts: vec![3, 1, 1], blank: 1, ballots: 6 };
    assert_eq!(closed.tally, Some(tally));
    assert_eq!(State::decode(&cell.state.encode()).unwrap(), cell.state);
}

#[test]
fn every_misuse_of_a_ballot_has_its_reason() {
    let mut cell = cell();
    let one = registered(&mut cell, &poll(), &PEOPLE[..7]);
    let other = cell.must("heron", &poll());
    void(cell.say("owl", &register(one, "owl")), Reason::NotRegistering);
    void(cell.say("owl", &register(EntryId([3; 32]), "owl")), Reason::UnknownPoll);
    for who in &PEOPLE {
        cell.must(who, &register(other, who));
    }
    void(cell.say("owl", &register(other, "another")), Reason::AlreadyRegistered);
    let copied = Registered { key: secret(other, "heron").public(), ..register(other, "owl") };
    void(cell.say("owl", &copied), Reason::AlreadyRegistered);
    let small =
        PollOpened { means: Means::Ring { least: 6, register: 1, cast: 1, carry: 1, late: 1 }, ..poll() };
    void(cell.say("owl", &small), Reason::RingTooSmall);
    cell.wait_ms(2 * HOUR);
    // A ballot of a ring that is not the poll's: signed for the other poll, or by other keys.
    let foreign = ballot(&cell, other, "heron", &[1]);
    let misplaced = Reason::BadRing(BadRing::BadForm);
    void(cell.say("heron", &carried(one, vec![foreign])), misplaced);
    let mut keys: Vec<RingKey> = PEOPLE[..7].iter().map(|who| secret(one, who).public()).collect();
    keys[3] = secret(one, "stranger").public();
    keys.sort_unstable();
    let strange = ring_of(cell.cell(), one, &keys).unwrap();
    let strange = SecretBallot::sign(&strange, &secret(one, "stranger"), marks(&[1]), &[1; 32]).unwrap();
    let not_the_ring = Reason::BadRing(BadRing::BadSignature);
    void(cell.say("heron", &carried(one, vec![strange])), not_the_ring.clone());
    let good = ballot(&cell, one, "heron", &[1]);
    let altered = SecretBallot { marks: marks(&[0]), ..good.clone() };
    void(cell.say("heron", &carried(one, vec![altered])), not_the_ring.clone());
    let unfit = ballot(&cell, one, "wren", &[3]);
    void(cell.say("heron", &carried(one, vec![unfit])), Reason::BallotUnfit);
    let two = ballot(&cell, one, "wren", &[0, 1]);
    void(cell.say("heron", &carried(one, vec![two])), Reason::BallotUnfit);
    // One bad ballot among good ones: nothing of that entry counts.
    let bad = SecretBallot { marks: marks(&[2]), ..ballot(&cell, one, "wren", &[1]) };
    void(cell.say("heron", &carried(one, vec![good.clone(), bad])), not_the_ring);
    assert!(cell.state.ballots().poll(&one).unwrap().ballots.is_empty());
    cell.must("heron", &carried(one, vec![good]));
}

#[test]
fn each_member_counts_once_whoever_carries_first() {
    let mut results = Vec::new();
    for turned in [false, true] {
        let mut cell = cell();
        let poll = registered(&mut cell, &poll(), &PEOPLE[..7]);
        let mut two = [ballot(&cell, poll, "wren", &[0]), ballot(&cell, poll, "wren", &[1])];
        if turned {
            two.reverse();
        }
        cell.wait_ms(HOUR);
        for ballot in &two {
            cell.must("heron", &carried(poll, vec![ballot.clone()]));
        }
        // The same once more changes nothing.
        cell.must("wren", &carried(poll, two.to_vec()));
        cell.wait_ms(2 * HOUR);
        let closed = cell.state.at(cell.now).ballots().poll(&poll).unwrap().clone();
        let tally = closed.tally.unwrap();
        assert_eq!(tally.ballots, 1);
        results.push(tally);
    }
    assert_eq!(results[0], results[1], "the keeper cannot choose by order");
}

#[test]
fn too_few_for_a_ring_vote_on_paper() {
    let mut cell = cell();
    let poll = registered(&mut cell, &poll(), &PEOPLE[..6]);
    let ballot = ballot(&cell, poll, "wren", &[0]);
    cell.wait_ms(HOUR);
    assert_eq!(cell.state.ballots().poll(&poll).unwrap().stage(cell.now), Stage::TooFew);
    void(cell.say("heron", &carried(poll, vec![ballot])), Reason::RingTooSmall);
}

fn count(poll: EntryId, counts: &[u32], blank: u32) -> PaperCounted {
    let papers = counts.iter().sum::<u32>() + blank;
    let photo = Some(BlobHash([4; 32]));
    let common = Common { paper: Some(Paper { photo, ..Paper::default() }), ..Common::default() };
    PaperCounted { common, poll, counts: List::new(counts.to_vec()).unwrap(), blank, papers }
}

#[test]
fn papers_count_when_all_tellers_say_the_same() {
    let mut cell = cell();
    let paper = cell.must("heron", &PollOpened { means: Means::Paper, ..poll() });
    void(cell.say("tern", &count(paper, &[4, 3, 0], 1)), Reason::NotATeller);
    tellers(&mut cell, paper, &["tern", "owl", "lark"]);
    void(cell.say("heron", &count(paper, &[4, 3, 0], 1)), Reason::NotATeller);
    // Who left since has voted: their paper is in the box.
    cell.must("robin", &Leave { common: Common::default() });
    void(cell.say("tern", &count(paper, &[4, 3, 1], 1)), Reason::MorePapers { most: 8 });
    void(cell.say("tern", &count(paper, &[4, 4], 0)), Reason::BallotUnfit);
    let wrong_sum = PaperCounted { papers: 9, ..count(paper, &[4, 3, 0], 1) };
    void(cell.say("tern", &wrong_sum), Reason::BallotUnfit);
    let without_photo = PaperCounted { common: Common::default(), ..count(paper, &[4, 3, 0], 1) };
    assert_eq!(compose(&without_photo), Err(BadBody::BadPoll));
    cell.must("tern", &count(paper, &[4, 3, 0], 1));
    cell.must("owl", &count(paper, &[3, 4, 0], 1));
    cell.must("lark", &count(paper, &[4, 3, 0], 1));
    assert_eq!(cell.state.ballots().poll(&paper).unwrap().tally, None, "they do not agree yet");
    cell.must("owl", &count(paper, &[4, 3, 0], 1));
    let tally = cell.state.ballots().poll(&paper).unwrap().tally.clone().unwrap();
    assert_eq!((tally.counts, tally.blank, tally.ballots), (vec![4, 3, 0], 1, 8));
    void(cell.say("owl", &count(paper, &[3, 4, 0], 1)), Reason::NotCounting);
    let by_ring = cell.must("heron", &poll());
    void(cell.say("owl", &count(by_ring, &[3, 4, 0], 1)), Reason::NotCounting);
}

fn waiting(days: u16) -> Carries {
    let setting = Setting { id: 3, version: 1, value: Bytes::new(encode(&days)).unwrap() };
    let change = CharterChange { common: Common::default(), settings: List::new(vec![setting]).unwrap() };
    Carries { over: 50, payload: Payload::new(compose(&change).unwrap()).unwrap() }
}

#[test]
fn a_poll_that_carries_something_needs_a_decision_and_its_list_is_fixed() {
    let mut cell = cell();
    let carrying = PollOpened { carries: Some(waiting(3)), ..poll() };
    void(cell.say("heron", &carrying), Reason::NeedsDecision);
    // Who is the cell alone may open one; others join before it is voted.
    let mut charter = charter();
    charter.waiting_days = 0;
    let mut cell = TestCell::found_with(9, PEOPLE[0], &charter);
    let means = Means::Ring { least: 7, register: 86_400, cast: 3600, carry: 3600, late: 3600 };
    let poll = cell.must("heron", &PollOpened { means, ..carrying });
    cell.admit("wren");
    void(cell.say("wren", &register(poll, "wren")), Reason::NotOnRoster);
}

#[test]
fn what_a_poll_carries_takes_effect_by_itself() {
    let mut charter = charter();
    charter.waiting_days = 0;
    for (counts, days) in [([1, 0, 0], 3), ([0, 1, 0], 0)] {
        // Who is the cell alone may open one; two others join before it is counted, too late to vote.
        let mut cell = TestCell::found_with(9, PEOPLE[0], &charter);
        let paper = PollOpened { means: Means::Paper, carries: Some(waiting(3)), ..poll() };
        let paper = cell.must("heron", &paper);
        let all = &PEOPLE[..3];
        for who in &all[1..] {
            cell.admit(who);
        }
        tellers(&mut cell, paper, all);
        for who in all {
            assert_eq!(cell.state.charter().waiting_days, 0, "not before all tellers agree");
            cell.must(who, &count(paper, &counts, 0));
        }
        assert_eq!(cell.state.charter().waiting_days, days);
        let enacted = cell.state.ballots().poll(&paper).unwrap().enacted.clone();
        assert_eq!(enacted, (days == 3).then_some(Ok(())));
    }
}

#[test]
fn a_poll_wraps_no_decision_and_no_poll() {
    let inner = Payload::new(compose(&poll()).unwrap()).unwrap();
    let outer = PollOpened { carries: Some(Carries { over: 50, payload: inner }), ..poll() };
    assert_eq!(compose(&outer), Err(BadBody::BadPoll));
}

#[test]
fn ballots_of_a_large_ring_fit_an_entry_and_are_checked_in_time() {
    let secrets: Vec<RingSecret> = (0..300_u16)
        .map(|n| RingSecret::from_seed(&derive("lifeboat/test-ring/v1", &n.to_le_bytes())))
        .collect();
    let mut keys: Vec<RingKey> = secrets.iter().map(RingSecret::public).collect();
    keys.sort_unstable();
    let ring = ring_of(lifeboat_log::CellId([1; 32]), EntryId([2; 32]), &keys).unwrap();
    let start = std::time::Instant::now();
    let one = SecretBallot::sign(&ring, &secrets[5], marks(&[0]), &[1; 32]).unwrap();
    let signed = start.elapsed();
    let start = std::time::Instant::now();
    assert_eq!(one.verify(&ring), Ok(()));
    println!(
        "a ring of 300: {signed:?} to sign, {:?} to check, {} bytes",
        start.elapsed(),
        encode(&one).len()
    );
    let five: Vec<SecretBallot> = secrets[..6]
        .iter()
        .map(|secret| SecretBallot::sign(&ring, secret, marks(&[0]), &[1; 32]).unwrap())
        .collect();
    assert!(compose(&carried(EntryId([2; 32]), five)).is_ok());
    assert!(encode(&one).len() * 6 < 60_000);
    let _ = BallotsCarried::KIND;
}
