//! How a term that opens later is judged: each line of the rules of a takeover, kept and broken.

use crate::say::{pair, received, void};
use lifeboat_commons::limits::DAY_MS;
use lifeboat_commons::membership::{KeyAdded, NoticeGiven, Present};
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Effect, Inadmissible, Powers, Reason, State, compose};
use lifeboat_log::codec::{Bytes, List, encode};
use lifeboat_log::opening::{Base, Right, possession_message};
use lifeboat_log::{
    Call, Entry, Floor, Kind, Opening, PublicKey, SecretKey, Signature, SignedEntry, StateHash, Term, Time,
};

/// A term that wren's laptop is to open at the end of the log.
struct Plan {
    term: Term,
    state: StateHash,
    witnesses: Vec<PublicKey>,
    quorum: u16,
    /// By members' takeover, with these endorsements and closes; by handover without.
    takeover: Option<(Vec<Signed>, Vec<Signed>)>,
}

type Signed = (SecretKey, Floor);

fn new_key() -> SecretKey {
    SecretKey::from_seed(&[91; 32])
}

/// The floor of a home that holds all that stands now.
fn floor(cell: &TestCell) -> Floor {
    Floor::of(&cell.checkpoint(), &cell.term_key.public()).unwrap()
}

impl Plan {
    /// A handover to the next turn.
    fn handover(cell: &TestCell) -> Self {
        let keeper = cell.state.keeper().unwrap();
        let term = Term::new(keeper.term.era(), keeper.term.turn() + 1);
        let (witnesses, quorum) = (keeper.witnesses.clone(), keeper.quorum);
        Self { term, state: cell.state.hash(), witnesses, quorum, takeover: None }
    }

    /// A takeover that these endorse, whose homes hold all that stands now.
    fn takeover(cell: &TestCell, names: &[&str]) -> Self {
        let endorsements = names.iter().map(|name| (cell.key(name), floor(cell))).collect();
        Self {
            term: Term::new(cell.state.keeper().unwrap().term.era() + 1, 0),
            takeover: Some((endorsements, vec![])),
            ..Self::handover(cell)
        }
    }

    fn right(&self, cell: &TestCell, opening: &Opening) -> Right {
        let (id, call) = (cell.cell(), Call::of(opening));
        let Some((endorsements, closes)) = &self.takeover else {
            return Right::Handover(cell.term_key.sign(&opening.handover_message(&id)));
        };
        let mut endorsements: Vec<_> = endorsements.iter().map(|(k, f)| call.endorse(&id, *f, k)).collect();
        let mut closes: Vec<_> = closes.iter().map(|(k, f)| call.close(&id, *f, k)).collect();
        endorsements.sort_by_key(|e| e.key);
        closes.sort_by_key(|c| c.key);
        Right::Takeover { endorsements: List::new(endorsements).unwrap(), closes: List::new(closes).unwrap() }
    }

    fn entry(&self, cell: &TestCell) -> SignedEntry {
        let (wren, node, key) = (cell.key("wren"), cell.key("laptop"), new_key());
        let mut draft: Entry = (**cell.last().entry()).clone();
        (draft.cell, draft.author, draft.kind, draft.version) =
            (cell.cell(), wren.public(), Kind::OPENING, 1);
        draft.details = List::default();
        let message = possession_message(&draft, self.term, &node.public(), &key.public());
        let checkpoint = Bytes::new(cell.checkpoint().to_bytes()).unwrap();
        let mut opening = Opening {
            term: self.term,
            base: Some(Base { checkpoint, head: cell.chain.head() }),
            node: node.public(),
            term_key: key.public(),
            possession: key.sign(&message),
            witnesses: List::new(self.witnesses.clone()).unwrap(),
            quorum: self.quorum,
            state: self.state,
            rules: 1,
            right: Right::Handover(Signature([0; 64])),
        };
        opening.right = self.right(cell, &opening);
        draft.body = Bytes::new(encode(&opening)).unwrap();
        draft.sign(&wren).unwrap()
    }

    fn open(&self, cell: &mut TestCell) -> Effect {
        let entry = self.entry(cell);
        cell.open_term(self.term, entry, new_key())
    }
}

/// Heron, wren and finch, all past the waiting time, with a few entries.
fn three() -> TestCell {
    let mut cell = pair();
    cell.admit("finch");
    cell.wait_days(8);
    cell.must("wren", &received("1 EUR"));
    cell.must("wren", &received("2 EUR"));
    cell
}

/// The same, in a term with three witnesses, two of whom make a checkpoint witnessed.
fn witnessed() -> (TestCell, Vec<SecretKey>) {
    let mut cell = three();
    let mut keys: Vec<_> = (0..3).map(|n| SecretKey::from_seed(&[n + 70; 32])).collect();
    keys.sort_by_key(SecretKey::public);
    let witnesses = keys.iter().map(SecretKey::public).collect();
    let plan = Plan { witnesses, quorum: 2, ..Plan::handover(&cell) };
    assert_eq!(plan.open(&mut cell), Effect::Applied);
    (cell, keys)
}

#[test]
fn a_handover_on_this_state_names_the_new_keeper() {
    let mut cell = three();
    assert_eq!(Plan::handover(&cell).open(&mut cell), Effect::Applied);
    let keeper = cell.state.keeper().unwrap();
    assert_eq!((keeper.term, keeper.node), (Term::new(0, 1), cell.key("laptop").public()));
}

#[test]
fn a_handover_or_takeover_on_another_state_is_shown() {
    let mut cell = three();
    let plan = Plan { state: StateHash([1; 32]), ..Plan::handover(&cell) };
    void(plan.open(&mut cell), Reason::NoRight);
    let mut cell = three();
    let plan = Plan { state: StateHash([1; 32]), ..Plan::takeover(&cell, &["wren", "finch"]) };
    void(plan.open(&mut cell), Reason::NoRight);
}

#[test]
fn more_than_half_of_the_electors_take_over() {
    let mut cell = three();
    assert_eq!(Plan::takeover(&cell, &["wren", "finch"]).open(&mut cell), Effect::Applied);
    let keeper = cell.state.keeper().unwrap();
    assert_eq!((keeper.term, keeper.forced), (Term::new(1, 0), false));
    // The log goes on, and the next takeover takes the next era.
    cell.must("heron", &received("3 EUR"));
    assert_eq!(Plan::takeover(&cell, &["heron", "finch"]).open(&mut cell), Effect::Applied);
    assert_eq!(cell.state.keeper().unwrap().term, Term::new(2, 0));
    assert_eq!(State::decode(&cell.state.encode()).unwrap(), cell.state);
}

#[test]
fn fewer_do_not_and_strangers_do_not_count() {
    let mut cell = three();
    let plan = Plan::takeover(&cell, &["wren", "stranger", "wren's cat"]);
    void(plan.open(&mut cell), Reason::TooFewEndorse { given: 1, of: 3 });
}

#[test]
fn members_in_their_waiting_time_do_not_count() {
    let mut cell = three();
    cell.admit("owl");
    let plan = Plan::takeover(&cell, &["wren", "owl"]);
    void(plan.open(&mut cell), Reason::TooFewEndorse { given: 1, of: 3 });
}

#[test]
fn a_member_with_two_keys_counts_once_and_a_paper_key_can_only_endorse() {
    let mut cell = three();
    let paper = cell.key("wren's paper");
    let added = KeyAdded::sign(cell.cell(), cell.id("wren"), &paper, Powers::ENDORSE, Time::ZERO);
    cell.must("wren", &added);
    void(cell.say("wren's paper", &received("1 EUR")), Inadmissible::NoPower.into());
    let plan = Plan::takeover(&cell, &["wren", "wren's paper"]);
    void(plan.open(&mut cell), Reason::TooFewEndorse { given: 1, of: 3 });
    let mut cell = three();
    cell.must("wren", &KeyAdded::sign(cell.cell(), cell.id("wren"), &paper, Powers::ENDORSE, Time::ZERO));
    let plan = Plan::takeover(&cell, &["wren's paper", "heron"]);
    assert_eq!(plan.open(&mut cell), Effect::Applied);
}

#[test]
fn a_floor_past_the_base_is_void() {
    let mut cell = three();
    let mut longer = three();
    longer.must("wren", &received("3 EUR"));
    let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
    plan.takeover.as_mut().unwrap().0[0].1 = floor(&longer);
    void(plan.open(&mut cell), Reason::FloorAboveBase);
    // One of a later term than the base's is past it too, whoever signed it.
    let mut cell = three();
    let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
    plan.takeover.as_mut().unwrap().0[0].1.term = Term::new(1, 0);
    void(plan.open(&mut cell), Reason::FloorAboveBase);
}

#[test]
fn a_floor_below_the_base_is_good_when_it_is_its_beginning() {
    let mut cell = three();
    let low = floor(&cell);
    cell.must("finch", &received("3 EUR"));
    let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
    plan.takeover.as_mut().unwrap().0[0].1 = low;
    assert_eq!(plan.open(&mut cell), Effect::Applied);
}

#[test]
fn a_floor_of_another_log_is_void() {
    let mut cell = three();
    let mut other = three();
    other.must("finch", &received("4 EUR"));
    let (fork, size) = (floor(&other), floor(&other).size);
    cell.must("finch", &received("3 EUR"));
    let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
    plan.takeover.as_mut().unwrap().0[0].1 = fork;
    void(plan.open(&mut cell), Reason::FloorContradicts);
    let mut cell = three();
    cell.must("finch", &received("3 EUR"));
    cell.must("finch", &received("3 EUR"));
    assert!(floor(&cell).size > size);
    let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
    plan.takeover.as_mut().unwrap().0[1].1 = fork;
    void(plan.open(&mut cell), Reason::FloorContradicts);
}

#[test]
fn a_floor_that_its_terms_key_did_not_sign_is_void() {
    for change in [
        (|floor: &mut Floor| floor.signature.0[3] ^= 1) as fn(&mut Floor),
        |floor| floor.size = 0,
        |floor| *floor = Floor { size: 1, ..Floor::NONE },
    ] {
        let mut cell = three();
        let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
        change(&mut plan.takeover.as_mut().unwrap().0[0].1);
        void(plan.open(&mut cell), Reason::FloorNotSigned);
    }
}

#[test]
fn who_endorses_without_a_floor_binds_nothing_and_counts() {
    let mut cell = three();
    let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
    plan.takeover.as_mut().unwrap().0.iter_mut().for_each(|(_, floor)| *floor = Floor::NONE);
    assert_eq!(plan.open(&mut cell), Effect::Applied);
}

/// The same log under another key for the open term, as whoever follows a rival opening holds it.
fn of_rival(floor: Floor, cell: &TestCell) -> Floor {
    let signed = floor.checkpoint(cell.cell()).sign(&SecretKey::from_seed(&[92; 32]));
    Floor::of(&signed, &SecretKey::from_seed(&[92; 32]).public()).unwrap()
}

#[test]
fn the_floor_of_a_rival_opening_binds_nothing_and_its_close_is_void() {
    let (mut cell, keys) = witnessed();
    let mut first = Plan::takeover(&cell, &["wren", "finch"]);
    first.takeover.as_mut().unwrap().1 = keys.iter().map(|key| (key.clone(), floor(&cell))).collect();
    // Before a first takeover nobody is a rival.
    let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
    plan.takeover.as_mut().unwrap().0[0].1 = of_rival(floor(&cell), &cell);
    let (mut early, _) = witnessed();
    void(plan.open(&mut early), Reason::FloorNotSigned);
    assert_eq!(first.open(&mut cell), Effect::Applied);
    let taken = |closes: &[Signed], size: u64| {
        let (mut cell, _) = witnessed();
        assert_eq!(first.open(&mut cell), Effect::Applied);
        let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
        let other = Floor { size, ..floor(&cell) };
        plan.takeover.as_mut().unwrap().0[0].1 = of_rival(other, &cell);
        plan.takeover.as_mut().unwrap().1 = closes.to_vec();
        (plan.open(&mut cell), cell.state.keeper().unwrap().forced)
    };
    let good: Vec<Signed> = keys.iter().map(|key| (key.clone(), floor(&cell))).collect();
    // However far the other one went.
    assert_eq!(taken(&good[..2], 1), (Effect::Applied, false));
    assert_eq!(taken(&good[..2], 9000), (Effect::Applied, false));
    assert_eq!(taken(&good[..1], 1), (Effect::Applied, true));
    void(taken(&good, 0).0, Reason::FloorNotSigned);
    let mut split = good;
    split[1].1 = of_rival(floor(&cell), &cell);
    void(taken(&split, 1).0, Reason::FloorNotSigned);
}

#[test]
fn a_floor_of_an_older_term_is_compared_with_what_stands_of_it() {
    let mut cell = three();
    let (old, mut wrong) = (floor(&cell), floor(&cell));
    wrong.root.0[0] ^= 1;
    assert_eq!(Plan::handover(&cell).open(&mut cell), Effect::Applied);
    let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
    plan.takeover.as_mut().unwrap().0[0].1 = wrong;
    void(plan.open(&mut cell), Reason::FloorNotSigned);
    let mut cell = three();
    assert_eq!(Plan::handover(&cell).open(&mut cell), Effect::Applied);
    let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
    plan.takeover.as_mut().unwrap().0[0].1 = old;
    assert_eq!(plan.open(&mut cell), Effect::Applied);
}

#[test]
fn without_the_closes_of_enough_witnesses_it_is_forced_and_reads_so() {
    for (closes, forced) in [(0, true), (1, true), (2, false), (3, false)] {
        let (mut cell, keys) = witnessed();
        let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
        let given = keys[..closes].iter().map(|key| (key.clone(), floor(&cell)));
        plan.takeover.as_mut().unwrap().1 = given.collect();
        assert_eq!(plan.open(&mut cell), Effect::Applied);
        assert_eq!(cell.state.keeper().unwrap().forced, forced, "{closes} closes");
    }
}

#[test]
fn closes_are_of_witnesses_and_none_goes_past_the_base() {
    let (mut cell, keys) = witnessed();
    let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
    let cat = cell.key("wren's cat");
    plan.takeover.as_mut().unwrap().1 = vec![(keys[0].clone(), floor(&cell)), (cat, floor(&cell))];
    void(plan.open(&mut cell), Reason::CloseOfStranger);
    let (mut cell, keys) = witnessed();
    let (mut longer, _) = witnessed();
    longer.must("wren", &received("3 EUR"));
    let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
    plan.takeover.as_mut().unwrap().1 = vec![(keys[0].clone(), floor(&longer))];
    void(plan.open(&mut cell), Reason::FloorAboveBase);
    // A witness that has cosigned nothing says so.
    let (mut cell, keys) = witnessed();
    let mut plan = Plan::takeover(&cell, &["wren", "finch"]);
    plan.takeover.as_mut().unwrap().1 = keys.iter().map(|key| (key.clone(), Floor::NONE)).collect();
    assert_eq!(plan.open(&mut cell), Effect::Applied);
}

#[test]
fn a_takeover_keeps_the_witnesses() {
    let (mut cell, keys) = witnessed();
    let witnesses = vec![keys[0].public()];
    let plan = Plan { witnesses, quorum: 1, ..Plan::takeover(&cell, &["wren", "finch"]) };
    void(plan.open(&mut cell), Reason::WitnessesChanged);
}

#[test]
fn silence_removes_nobody_and_notice_without_an_answer_does() {
    let notice =
        |cell: &TestCell, name: &str| NoticeGiven { common: Default::default(), member: cell.id(name) };
    let mut cell = three();
    cell.wait_days(300);
    cell.must("wren", &received("1 EUR"));
    let electorate = |cell: &TestCell| lifeboat_commons::terms::electorate(&cell.state);
    assert_eq!(electorate(&cell), 3);
    // One notice is not enough where two others may give it.
    cell.must("wren", &notice(&cell, "heron"));
    void(cell.say("wren", &notice(&cell, "heron")), Reason::AlreadyNoticed);
    void(cell.say("wren", &notice(&cell, "wren")), Reason::UnknownMember);
    cell.wait_days(40);
    cell.must("wren", &received("1 EUR"));
    assert_eq!(electorate(&cell), 3);
    cell.must("finch", &notice(&cell, "heron"));
    cell.wait_days(29);
    cell.must("wren", &received("1 EUR"));
    assert_eq!(electorate(&cell), 3, "the time is not over");
    cell.wait_days(2);
    cell.must("wren", &received("1 EUR"));
    assert_eq!(electorate(&cell), 2);
    // Who is dormant does not endorse; an answer brings them back at once.
    let mut taken = Plan::takeover(&cell, &["heron", "wren"]);
    void(taken.open(&mut cell), Reason::TooFewEndorse { given: 1, of: 2 });
    taken.takeover = None;
    cell.must("heron", &Present { common: Default::default() });
    assert_eq!(electorate(&cell), 3);
}

#[test]
fn only_who_may_vote_gives_notice() {
    let mut cell = three();
    cell.admit("owl");
    let notice = NoticeGiven { common: Default::default(), member: cell.id("heron") };
    void(cell.say("owl", &notice), Reason::NotAnElector);
}

#[test]
fn what_was_set_aside_is_placed_again_in_the_grace_and_only_once() {
    let mut cell = three();
    // Signed before the takeover, good for an hour, and placed again days after.
    let late = cell.sign_with("finch", compose(&received("5 EUR")).unwrap(), |draft| {
        draft.not_after = draft.author_time.plus_ms(3_600_000);
    });
    let stood = cell.sign_with("wren", compose(&received("7 EUR")).unwrap(), |draft| {
        draft.not_after = draft.author_time.plus_ms(3_600_000);
    });
    assert_eq!(cell.place(stood.clone()), Effect::Applied);
    cell.wait_days(5);
    assert_eq!(Plan::takeover(&cell, &["wren", "finch"]).open(&mut cell), Effect::Applied);
    let after = cell.sign_with("finch", compose(&received("9 EUR")).unwrap(), |draft| {
        draft.author_time = draft.author_time.plus_ms(1);
        draft.not_after = draft.author_time;
    });
    cell.wait_ms(DAY_MS);
    assert_eq!(cell.place(late.clone()), Effect::Applied);
    void(cell.place(late), Inadmissible::Duplicate.into());
    void(cell.place(stood.clone()), Inadmissible::Duplicate.into());
    void(cell.place(after), Inadmissible::Expired.into());
    cell.wait_days(7);
    void(cell.place(stood), Inadmissible::Expired.into());
}

#[test]
fn what_ran_out_before_the_base_stays_out() {
    let mut cell = three();
    let brief = cell.sign_with("finch", compose(&received("5 EUR")).unwrap(), |draft| {
        draft.not_after = draft.author_time;
    });
    cell.must("wren", &received("1 EUR"));
    assert_eq!(Plan::takeover(&cell, &["wren", "finch"]).open(&mut cell), Effect::Applied);
    void(cell.place(brief), Inadmissible::Expired.into());
}

#[test]
fn quotas_do_not_bind_what_is_placed_again() {
    let mut charter = lifeboat_commons::testing::charter();
    charter.quota = 3;
    let mut cell = TestCell::found_with(1, "heron", &charter);
    cell.wait_days(1);
    let said: Vec<_> = (0..6).map(|_| cell.sign("heron", compose(&received("1 EUR")).unwrap())).collect();
    let mut plan = Plan::takeover(&cell, &["heron"]);
    plan.term = Term::new(1, 0);
    assert_eq!(plan.open(&mut cell), Effect::Applied);
    for entry in said {
        assert_eq!(cell.place(entry), Effect::Applied);
    }
    cell.wait_ms(1);
    for expected in [true, true, true, false] {
        assert_eq!(cell.say("heron", &received("1 EUR")).is_applied(), expected);
    }
}

#[test]
fn closing_times_that_fall_into_the_grace_move_to_its_end() {
    let mut cell = three();
    let need = crate::say::need(&cell, "5 kg rice");
    let id = cell.must("wren", &need);
    cell.wait_days(9);
    assert_eq!(Plan::takeover(&cell, &["wren", "finch"]).open(&mut cell), Effect::Applied);
    cell.must("finch", &crate::say::opening("5 kg rice"));
    let source = lifeboat_commons::ledger::Source::Stock(None);
    cell.must("finch", &crate::say::meet(id, source, "2"));
    cell.wait_days(8);
    void(cell.say("finch", &crate::say::meet(id, source, "2")), Reason::NotOpen);
}
