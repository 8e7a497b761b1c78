//! How a cell decides, and each reason for which an entry about a decision is void.

use crate::deciding::*;
use crate::say::{in_days, received, void};
use lifeboat_commons::charter::{CharterChange, Setting};
use lifeboat_commons::decisions::{
    Ballot, Commit, Counts, Enacted, Flaw, Hidden, Meeting, Method, OpenBallot, Propose, Review, Stage, Task,
    TaskEnded, Terms, Tie, Unopened, Verdict, Who, WithdrawProposal,
};
use lifeboat_commons::limits::{HOUR_MS, MAX_OPEN_DECISIONS};
use lifeboat_commons::membership::{Leave, Removal, Vouch};
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Common, Day, Effect, Inadmissible, Payload, Reason, State, compose};
use lifeboat_log::codec::{Bytes, List, encode};
use lifeboat_log::{DetailTag, EntryId, Kind, Time};

const FOUR: [&str; 4] = ["heron", "wren", "finch", "robin"];

fn waiting_days(days: u16) -> CharterChange {
    let setting = Setting { id: 3, version: 1, value: Bytes::new(encode(&days)).unwrap() };
    CharterChange { common: Common::default(), settings: List::new(vec![setting]).unwrap() }
}

fn withdraw(decision: EntryId) -> WithdrawProposal {
    WithdrawProposal { common: Common::default(), decision }
}

#[test]
fn a_change_of_the_charter_takes_effect_by_itself_when_it_is_carried() {
    let mut cell = crew(&FOUR);
    let change = carrying(&cell, &waiting_days(14));
    let id = propose(&mut cell, "wren", change.clone());
    all_vote(&mut cell, id, &[("wren", YES), ("finch", YES), ("robin", NO)]);
    let (standing, tally) = cell.state.standing(decision(&cell, id)).unwrap();
    assert_eq!((standing, tally.cast, tally.electorate), (Verdict::Carried, 3, 4));
    assert_eq!(cell.state.charter().waiting_days, 7);
    cell.now = change.closes;
    let before = cell.state.clone();
    assert_eq!(before.at(Time::from_ms(change.closes.ms() - 1)).charter().waiting_days, 7);
    assert_eq!(before.at(change.closes).charter().waiting_days, 14, "what is shown between entries");
    cell.must("heron", &received("1 EUR"));
    assert_eq!(cell.state.charter().waiting_days, 14);
    let outcome = decision(&cell, id).outcome().unwrap();
    assert_eq!(outcome.tally.counts, Counts::Stances([2, 0, 0, 1, 0]));
    assert_eq!((outcome.time, &outcome.enacted), (change.closes, &Some(Enacted::Done)));
    assert_eq!(outcome.before, cell.last().link().position);
    assert_eq!(State::decode(&cell.state.encode()).as_ref(), Ok(&cell.state));
}

#[test]
fn what_is_not_carried_changes_nothing() {
    let mut cell = crew(&FOUR);
    let change = carrying(&cell, &waiting_days(14));
    let against = propose(&mut cell, "wren", change.clone());
    all_vote(&mut cell, against, &[("wren", YES), ("finch", NO)]);
    let lonely = propose(&mut cell, "wren", change);
    all_vote(&mut cell, lonely, &[("wren", YES)]);
    close(&mut cell);
    assert_eq!(verdict(&cell, against), Verdict::NotCarried, "a tie is not carried");
    assert_eq!(verdict(&cell, lonely), Verdict::NoQuorum);
    assert_eq!(cell.state.charter().waiting_days, 7);
}

#[test]
fn a_decision_admits_removes_and_keeps_what_it_does_not_know() {
    let mut cell = crew(&FOUR);
    let (acceptance, handle) = cell.acceptance("swift");
    let key = acceptance.key;
    let vouch = Vouch { common: Common::default(), acceptance, replaces: None };
    let admission = Propose { common: Common::default(), terms: carrying(&cell, &vouch) };
    let named = handle.reference(DetailTag::HANDLE, Time::ZERO);
    let mut entry = noted(&mut cell, "wren", &admission, "shall swift join?");
    let mut draft = (*entry).clone();
    draft.details = List::new([&draft.details[..], &[named]].concat()).unwrap();
    entry = draft.sign(&cell.key("wren")).unwrap();
    let admits = entry.id();
    assert_eq!(cell.place(entry), Effect::Applied);
    let removal = Removal { common: Common::default(), member: cell.id("robin") };
    let removes = carrying(&cell, &removal);
    let removes = propose(&mut cell, "finch", removes);
    let tomorrow = Payload { kind: Kind(9_000), version: 3, body: Bytes::new(vec![1]).unwrap() };
    let newer = Terms { payload: Some(tomorrow), ..carrying(&cell, &removal) };
    let newer = propose(&mut cell, "finch", newer);
    for id in [admits, removes, newer] {
        all_vote(&mut cell, id, &[("wren", YES), ("finch", YES)]);
    }
    // The door knows it as soon as the vote is over, before anything else is placed.
    let door = |cell: &mut TestCell, who: &str| {
        let entry = cell.sign(who, compose(&crate::say::received("1 EUR")).unwrap());
        cell.state.admissible(&entry, cell.now, cell)
    };
    let outside = Err(Inadmissible::NotAMember);
    assert_eq!([door(&mut cell, "swift"), door(&mut cell, "robin")], [outside, Ok(())]);
    cell.wait_days(3);
    assert_eq!([door(&mut cell, "swift"), door(&mut cell, "robin")], [Ok(()), Err(Inadmissible::MemberLeft)]);
    close(&mut cell);
    let swift = cell.state.members().of_key(&key).expect("admitted");
    assert_eq!(swift.entry(), admits);
    assert!(!cell.state.members().get(&cell.id("robin")).unwrap().is_active());
    let enacted = |id| decision(&cell, id).outcome().unwrap().enacted.clone();
    assert_eq!(enacted(newer), Some(Enacted::Void(Reason::NewerVersion)));
    assert_eq!([enacted(admits), enacted(removes)], [Some(Enacted::Done), Some(Enacted::Done)]);
}

#[test]
fn the_list_is_frozen_when_the_vote_opens() {
    let mut cell = crew(&FOUR);
    let later = Terms { opens: in_days(&cell, 1), ..terms(&cell, Method::Consent, 0) };
    let id = propose(&mut cell, "wren", later);
    void(vote(&mut cell, "wren", id, YES), Flaw::NotOpenYet.into());
    cell.admit("swift");
    cell.must("robin", &Leave { common: Common::default() });
    cell.wait_days(1);
    void(vote(&mut cell, "swift", id, YES), Flaw::NotInElectorate.into());
    all_vote(&mut cell, id, &[("wren", YES), ("finch", YES)]);
    cell.must("finch", &Leave { common: Common::default() });
    assert_eq!(decision(&cell, id).poll().unwrap().electorate().len(), 3);
    close(&mut cell);
    let tally = &decision(&cell, id).outcome().unwrap().tally;
    assert_eq!((tally.electorate, tally.cast), (3, 2), "who left later is counted");
}

#[test]
fn a_circle_or_those_present_decide_among_themselves() {
    let mut cell = crew(&FOUR);
    let mut list = vec![cell.id("wren"), cell.id("robin")];
    list.sort_unstable();
    let who = Who::Circle(List::new(list.clone()).unwrap());
    let id = Terms { who: who.clone(), ..terms(&cell, SIMPLE, 0) };
    let id = propose(&mut cell, "heron", id);
    void(vote(&mut cell, "heron", id, YES), Flaw::NotInElectorate.into());
    all_vote(&mut cell, id, &[("wren", YES)]);
    let everybody = Terms { who, ..carrying(&cell, &waiting_days(1)) };
    let proposal = Propose { common: Common::default(), terms: everybody };
    assert!(compose(&proposal).is_err(), "a few cannot speak in the name of all");
    close(&mut cell);
    assert_eq!(verdict(&cell, id), Verdict::Carried);
    let present = List::new(list).unwrap();
    let (begins, ends, facilitator) = (cell.now, cell.now, cell.id("wren"));
    cell.must("heron", &Meeting { common: Common::default(), begins, ends, facilitator, present });
}

#[test]
fn each_misuse_of_a_vote_has_its_reason() {
    let mut cell = crew(&FOUR);
    let open = terms(&cell, SIMPLE, 0);
    let id = propose(&mut cell, "wren", open.clone());
    void(vote(&mut cell, "stranger", id, YES), Inadmissible::NotAMember.into());
    void(vote(&mut cell, "wren", EntryId([1; 32]), YES), Flaw::UnknownDecision.into());
    for ballot in [ASIDE, BLOCK, Ballot::Approve(list(&[0])), Ballot::Rank(list(&[1, 2]))] {
        void(vote(&mut cell, "wren", id, ballot), Flaw::BallotDoesNotFit.into());
    }
    let hidden = commit(&cell, "wren", id, &YES);
    void(cell.say("wren", &hidden), Flaw::NotHidden.into());
    let consent = terms(&cell, Method::Consent, 0);
    let consent = propose(&mut cell, "wren", consent);
    void(cell.say("finch", &ballot(consent, BLOCK)), Flaw::ReasonMissing.into());
    assert_eq!(vote(&mut cell, "finch", consent, BLOCK), Effect::Applied);

    let again = terms(&cell, SIMPLE, 0);
    void(amend(&mut cell, "finch", id, again.clone()), Reason::NotTheAuthor);
    assert_eq!(amend(&mut cell, "wren", id, again.clone()), Effect::Applied);
    let second = cell.last().entry().id();
    void(vote(&mut cell, "finch", id, YES), Flaw::OldVersion.into());
    all_vote(&mut cell, second, &[("finch", YES)]);
    void(cell.say("finch", &withdraw(id)), Reason::NotTheAuthor);
    cell.must("wren", &withdraw(id));
    void(vote(&mut cell, "finch", second, NO), Flaw::Withdrawn.into());
    void(vote(&mut cell, "finch", id, NO), Flaw::Withdrawn.into());
    void(amend(&mut cell, "wren", id, again), Flaw::Withdrawn.into());
    assert!(matches!(decision(&cell, second).stage, Stage::Withdrawn(_)));
    assert_eq!(decision(&cell, id).versions.len(), 2, "the old one stays visible");

    close(&mut cell);
    void(vote(&mut cell, "wren", consent, YES), Flaw::Closed.into());
    void(cell.say("wren", &withdraw(consent)), Flaw::Settled.into());
    assert_eq!(verdict(&cell, consent), Verdict::NotCarried, "an objection stops it");
}

#[test]
fn a_proposal_keeps_to_the_charter() {
    let mut cell = crew(&FOUR);
    let change = carrying(&cell, &waiting_days(14));
    let short = Terms { closes: cell.now.plus_ms(2 * HOUR_MS), ..change.clone() };
    void(try_propose(&mut cell, "wren", short), Flaw::TooShort.into());
    let few = Terms { quorum: 49, ..change.clone() };
    void(try_propose(&mut cell, "wren", few), Flaw::BelowCharter.into());
    let k = terms(&cell, Method::Consensus { k: 2 }, 0);
    void(try_propose(&mut cell, "wren", k), Flaw::BelowCharter.into());
    let gone = Terms { closes: cell.now, ..change.clone() };
    void(try_propose(&mut cell, "wren", gone), Reason::PastItsDay);
    let far = Terms { closes: in_days(&cell, 400), ..change.clone() };
    void(try_propose(&mut cell, "wren", far), Reason::TooFarAhead);
    let mute = Propose { common: Common::default(), terms: change.clone() };
    void(cell.say("wren", &mute), Flaw::NoQuestion.into());
    let inner = Propose { common: Common::default(), terms: terms(&cell, SIMPLE, 0) };
    let nested = carrying(&cell, &inner);
    let nested = propose(&mut cell, "wren", nested);
    all_vote(&mut cell, nested, &[("wren", YES), ("finch", YES)]);
    close(&mut cell);
    let enacted = decision(&cell, nested).outcome().unwrap().enacted.clone();
    assert_eq!(enacted, Some(Enacted::Void(Flaw::NotByTheCell.into())));
    for _ in 0..MAX_OPEN_DECISIONS {
        let one = terms(&cell, SIMPLE, 0);
        propose(&mut cell, "wren", one);
    }
    let one = terms(&cell, SIMPLE, 0);
    void(try_propose(&mut cell, "wren", one), Flaw::TooManyOpen.into());
}

#[test]
fn a_vote_can_be_changed_and_counts_once_with_whatever_key() {
    let mut cell = crew(&FOUR);
    let id = terms(&cell, SIMPLE, 0);
    let id = propose(&mut cell, "heron", id);
    let early = cell.sign("wren", compose(&ballot(id, NO)).unwrap());
    cell.wait_ms(1000);
    all_vote(&mut cell, id, &[("wren", YES)]);
    void(cell.place(early), Flaw::LaterCounts.into());
    // Wren's key is lost: two neighbours vouch for a new one, which votes again.
    let (acceptance, name) = cell.acceptance("wren's new laptop");
    for by in ["heron", "finch"] {
        let replaces = Some(cell.id("wren"));
        let vouch = Vouch { common: Common::default(), acceptance: acceptance.clone(), replaces };
        let entry = cell.sign_with(by, compose(&vouch).unwrap(), |draft| {
            draft.details = List::new(vec![name.reference(DetailTag::HANDLE, Time::ZERO)]).unwrap();
        });
        cell.wait_ms(1);
        assert_eq!(cell.place(entry), Effect::Applied);
    }
    void(vote(&mut cell, "wren", id, YES), Inadmissible::KeyEnded.into());
    all_vote(&mut cell, id, &[("wren's new laptop", NO)]);
    close(&mut cell);
    let tally = &decision(&cell, id).outcome().unwrap().tally;
    assert_eq!((tally.cast, &tally.counts), (1, &Counts::Stances([0, 0, 0, 1, 0])));
}

#[test]
fn hidden_ballots_are_opened_after_the_close() {
    let mut cell = crew(&FOUR);
    for unopened in [Unopened::NotCast, Unopened::Abstains] {
        let open = terms(&cell, Method::Approval, 3);
        let hidden = Some(Hidden { until: open.closes.plus_ms(24 * HOUR_MS), unopened });
        let id = propose(&mut cell, "heron", Terms { hidden, ..open });
        let (one, two) = (Ballot::Approve(list(&[1])), Ballot::Approve(list(&[0, 1])));
        void(vote(&mut cell, "wren", id, one.clone()), Flaw::IsHidden.into());
        for (who, ballot) in [("wren", &one), ("finch", &two), ("robin", &two)] {
            let hidden = commit(&cell, who, id, ballot);
            cell.must(who, &hidden);
        }
        void(cell.say("wren", &opening(id, one.clone())), Flaw::NotOpenYet.into());
        assert_eq!(cell.state.standing(decision(&cell, id)), None);
        cell.wait_days(2);
        let late = commit(&cell, "wren", id, &two);
        void(cell.say("wren", &late), Flaw::Closed.into());
        void(cell.say("wren", &opening(id, two.clone())), Flaw::NotAsCommitted.into());
        void(cell.say("heron", &opening(id, two.clone())), Flaw::NoCommitment.into());
        cell.must("wren", &opening(id, one.clone()));
        void(cell.say("wren", &opening(id, one)), Flaw::NoCommitment.into());
        let again = terms(&cell, SIMPLE, 0);
        void(amend(&mut cell, "heron", id, again), Flaw::Closed.into());
        cell.must("finch", &opening(id, two));
        close(&mut cell);
        let outcome = decision(&cell, id).outcome().unwrap();
        assert_eq!(outcome.verdict, Verdict::Chosen(vec![1]));
        assert_eq!(outcome.tally.counts, Counts::Sums(vec![1, 2, 0]));
        let expected = if unopened == Unopened::Abstains { (3, 1, 1) } else { (2, 0, 1) };
        assert_eq!((outcome.tally.cast, outcome.tally.abstained, outcome.tally.unopened), expected);
        void(cell.say("robin", &opening(id, Ballot::ABSTAIN)), Flaw::Closed.into());
    }
}

#[test]
fn a_proxy_votes_for_who_does_not_until_recalled() {
    let mut cell = crew(&["heron", "wren", "finch", "robin", "swift"]);
    let open = terms(&cell, SIMPLE, 0);
    let id = propose(&mut cell, "heron", open);
    let own = proxy(&cell, None, Some("wren"));
    void(cell.say("wren", &own), Flaw::OwnProxy.into());
    for who in ["finch", "robin", "swift"] {
        let to_wren = proxy(&cell, None, Some("wren"));
        cell.must(who, &to_wren);
    }
    let tally = |cell: &TestCell| cell.state.standing(decision(cell, id)).unwrap().1;
    assert_eq!(tally(&cell).cast, 0, "a proxy who does not vote carries nothing");
    all_vote(&mut cell, id, &[("wren", YES)]);
    assert_eq!((tally(&cell).cast, tally(&cell).by_proxy), (3, 2), "two for one proxy, says the charter");
    let nobody = proxy(&cell, None, None);
    cell.must("finch", &nobody);
    assert_eq!(tally(&cell).by_proxy, 2, "there is room for swift");
    all_vote(&mut cell, id, &[("robin", NO)]);
    assert_eq!(tally(&cell).counts, Counts::Stances([2, 0, 0, 1, 0]), "one's own vote counts");
    let none_here = proxy(&cell, Some(id), None);
    cell.must("swift", &none_here);
    assert_eq!(tally(&cell).by_proxy, 0);
    // No chains: heron names finch, finch names wren, and finch casts nothing.
    let (to_finch, to_wren) = (proxy(&cell, None, Some("finch")), proxy(&cell, None, Some("wren")));
    cell.must("heron", &to_finch);
    cell.must("finch", &to_wren);
    assert_eq!(tally(&cell).by_proxy, 1);
    assert_eq!(cell.state.decisions().proxies().all().count(), 4);
    close(&mut cell);
    let late = proxy(&cell, Some(id), Some("wren"));
    void(cell.say("swift", &late), Flaw::Settled.into());
}

#[test]
fn who_recalls_recalls_all_in_whatever_order_it_is_placed() {
    // What finch signs, one after another: for one question, in general, nobody, and in general again.
    let signed = || {
        let mut cell = crew(&FOUR);
        let open = terms(&cell, SIMPLE, 0);
        let id = propose(&mut cell, "heron", open);
        let to = [(Some(id), Some("wren")), (None, Some("wren")), (None, None), (None, Some("wren"))];
        let signed = to.map(|(only, to)| {
            cell.wait_ms(1000);
            let said = lifeboat_commons::compose(&proxy(&cell, only, to)).unwrap();
            cell.sign("finch", said)
        });
        (cell, signed)
    };
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        for given_again in [false, true] {
            let (mut cell, signed) = signed();
            let again = given_again.then_some(3);
            for at in again.into_iter().chain(order) {
                let _ = cell.place(signed[at].clone());
            }
            let given: Vec<_> = cell.state.decisions().proxies().all().map(|(_, only, _)| only).collect();
            assert_eq!(
                given,
                if given_again { vec![None] } else { vec![] },
                "{order:?}, given again: {given_again}"
            );
        }
    }
}

#[test]
fn ties_go_by_the_rule_named_beforehand() {
    for (tie, expected) in [(Tie::Open, Verdict::Tied(vec![1, 2])), (Tie::Listed, Verdict::Chosen(vec![1]))] {
        let mut cell = crew(&FOUR);
        let id = Terms { tie, ..terms(&cell, Method::Score { most: 5 }, 3) };
        let id = propose(&mut cell, "heron", id);
        let score = |points: [u8; 3]| Ballot::Score(list(&points));
        all_vote(&mut cell, id, &[("wren", score([0, 5, 1])), ("finch", score([1, 0, 4]))]);
        void(vote(&mut cell, "robin", id, score([6, 0, 0])), Flaw::BallotDoesNotFit.into());
        close(&mut cell);
        assert_eq!(verdict(&cell, id), expected);
    }
}

#[test]
fn a_tie_of_a_hidden_vote_is_drawn_from_what_everyone_had_fixed() {
    let mut drawn = [0; 2];
    for round in 0..24 {
        let mut cell = crew(&FOUR);
        let open = terms(&cell, Method::Approval, 2);
        let hidden = Some(Hidden { until: open.closes.plus_ms(24 * HOUR_MS), unopened: Unopened::NotCast });
        let id = propose(&mut cell, "heron", Terms { hidden, tie: Tie::Drawn, ..open });
        let salts = [[round; 16], [7; 16]];
        let ballots = [Ballot::Approve(list(&[0])), Ballot::Approve(list(&[1]))];
        let mut people: Vec<_> =
            ["wren", "finch"].map(|who| (cell.id(who), who)).into_iter().zip(salts).collect();
        for (((member, who), salt), ballot) in people.iter().zip(&ballots) {
            let hash = ballot.commitment(&id, member, salt);
            cell.must(who, &Commit { common: Common::default(), version: id, hash });
        }
        cell.wait_days(2);
        for (((_, who), salt), ballot) in people.clone().into_iter().zip(ballots) {
            cell.must(who, &OpenBallot { common: Common::default(), version: id, ballot, salt });
        }
        close(&mut cell);
        // Drawn again by hand: the smallest hash over members, salts and option.
        people.sort_unstable();
        let seed: Vec<u8> =
            people.iter().flat_map(|((member, _), salt)| [&member.0[..], salt].concat()).collect();
        let hash =
            |option: u8| lifeboat_log::hash::derive("lifeboat/tie/v1", &[&seed[..], &[option]].concat());
        let expected = if hash(0) < hash(1) { 0 } else { 1 };
        assert_eq!(verdict(&cell, id), Verdict::Chosen(vec![expected]));
        drawn[usize::from(expected)] += 1;
    }
    assert!(drawn.iter().all(|count| *count > 5), "{drawn:?}");
    let cell = crew(&FOUR);
    let open = Terms { tie: Tie::Drawn, ..terms(&cell, Method::Approval, 2) };
    assert!(compose(&Propose { common: Common::default(), terms: open }).is_err(), "nothing to draw from");
}

#[test]
fn tasks_and_reviews_follow_a_decision() {
    let mut cell = crew(&FOUR);
    let review = Some(Day(Day::of(cell.now).0 + 10));
    let id = Terms { review, ..terms(&cell, SIMPLE, 0) };
    let id = propose(&mut cell, "heron", id);
    let wrote = Review { common: Common::default(), decision: id, again: None };
    void(say_noted(&mut cell, "wren", &wrote), Flaw::NotSettled.into());
    let simple = terms(&cell, SIMPLE, 0);
    let back = propose(&mut cell, "heron", simple);
    cell.must("heron", &withdraw(back));
    let of_none = Review { common: Common::default(), decision: back, again: None };
    void(say_noted(&mut cell, "wren", &of_none), Flaw::Withdrawn.into());
    all_vote(&mut cell, id, &[("wren", YES)]);
    close(&mut cell);
    let due = Day(Day::of(cell.now).0 + 3);
    let task = Task { common: Common::default(), decision: id, owner: cell.id("wren"), due };
    void(cell.say("heron", &task), Flaw::NoWords.into());
    assert_eq!(say_noted(&mut cell, "heron", &task), Effect::Applied);
    let done = TaskEnded { common: Common::default(), task: cell.last().entry().id(), done: true };
    void(cell.say("finch", &done), Flaw::NotYourTask.into());
    cell.must("wren", &done);
    void(cell.say("wren", &done), Flaw::NoTask.into());
    assert_eq!(cell.state.decisions().tasks()[0].ended.map(|(done, _)| done), Some(true));

    let today = |cell: &TestCell| cell.state.decisions().to_review(Day::of(cell.now)).len();
    assert_eq!(today(&cell), 0);
    cell.wait_days(10);
    assert_eq!(today(&cell), 1, "shown until somebody writes");
    void(cell.say("finch", &wrote), Flaw::NoWords.into());
    assert_eq!(say_noted(&mut cell, "finch", &wrote), Effect::Applied);
    assert_eq!((today(&cell), decision(&cell, id).reviews.len()), (0, 1));
}
