//! Budgets: rounds from their money to the last expenditure, each misuse by its name, and that no order of
//! ballots changes a result. The example of `docs/practices/budgets.md` is made here.

use lifeboat_commons::budgets::{
    BallotCast, Checked, Ends, Flaw, Form, Granted, Phase, Pool, ProposalWithdrawn, Proposed, Reviewed,
    RoundOpened, RoundWithdrawn, Spent,
};
use lifeboat_commons::charter::Charter;
use lifeboat_commons::ledger::{Currency, Given, Received};
use lifeboat_commons::limits::DAY_MS;
use lifeboat_commons::tally::{Completion, Method, Rule, Ties, Utility, pabulib, tally};
use lifeboat_commons::testing::{TestCell, charter};
use lifeboat_commons::{Amount, CategoryId, Common, Effect, Quantity, Reason, State, compose};
use lifeboat_log::EntryId;
use lifeboat_log::codec::List;
use proptest::prelude::*;
use std::fmt::Write as _;

const SURVIVAL: CategoryId = Charter::SURVIVAL;
const CAPACITY: CategoryId = Charter::CAPACITY;

fn money(text: &str) -> Amount {
    text.parse().unwrap()
}

fn of(category: CategoryId) -> Common {
    Common { category: Some(category), ..Common::default() }
}

fn eur(text: &str) -> Quantity {
    Quantity::money(money(text), "EUR").unwrap()
}

fn received(category: CategoryId, text: &str) -> Received {
    Received { common: of(category), quantity: eur(text) }
}

fn given(category: Option<CategoryId>, text: &str) -> Given {
    Given { common: Common { category, ..Common::default() }, quantity: eur(text), slip: false }
}

fn shares(completion: Completion) -> Method {
    Method { rule: Rule::EqualShares, utility: Utility::Cost, completion, ties: Ties::Name }
}

/// A round that lasts four days, then ten to spend.
fn round(cell: &TestCell, sums: &[(CategoryId, &str)]) -> RoundOpened {
    let day = |days: u64| cell.now.plus_ms(days * DAY_MS);
    let sums = sums.iter().map(|(category, sum)| (category.0, money(sum))).collect();
    RoundOpened {
        common: Common::default(),
        currency: Currency::new("EUR").unwrap(),
        money: List::new(sums).unwrap(),
        form: Form::Approval,
        method: shares(Completion::Add1),
        step: money("1"),
        ends: Ends { propose: day(1), check: day(2), discuss: day(3), vote: day(4), spend: day(14) },
        reviewers: List::default(),
    }
}

fn cell_of(names: &[&str]) -> TestCell {
    let mut free = charter();
    (free.waiting_days, free.vouching.then) = (0, 1);
    let mut cell = TestCell::found_with(5, names[0], &free);
    for name in &names[1..] {
        cell.admit(name);
    }
    cell
}

fn proposed(round: EntryId, category: CategoryId, cost: &str) -> Proposed {
    Proposed { common: of(category), round, cost: money(cost) }
}

/// The ballot for these proposals, with one point each.
fn ballot(state: &State, round: EntryId, wanted: &[(EntryId, u32)]) -> BallotCast {
    let known = state.budgets().round(&round).unwrap();
    let mut marks: Vec<(u16, u32)> =
        wanted.iter().map(|(id, points)| (known.number(id).unwrap(), *points)).collect();
    marks.sort_unstable();
    let paper = known.vote.as_ref().unwrap().paper;
    BallotCast { common: Common::default(), round, paper, marks: List::new(marks).unwrap() }
}

fn spent(grant: EntryId, text: &str) -> Spent {
    Spent { common: Common::default(), grant, amount: money(text) }
}

fn pool(state: &State, category: CategoryId) -> Pool {
    state.budgets().pool(state.ledger(), &Currency::new("EUR").unwrap(), category).unwrap()
}

fn flaw(effect: Effect) -> Flaw {
    match effect {
        Effect::Void(Reason::Budget(flaw)) => flaw,
        other => panic!("{other:?}"),
    }
}

/// Five neighbours, 300 EUR for survival and 100 for capacity; three proposals and a round in its vote.
fn voting() -> (TestCell, EntryId, [EntryId; 3]) {
    let mut cell = cell_of(&["heron", "wren", "jay", "owl", "robin"]);
    cell.must("heron", &received(SURVIVAL, "300"));
    cell.must("wren", &received(CAPACITY, "100"));
    let opened = round(&cell, &[(SURVIVAL, "240"), (CAPACITY, "50")]);
    let round = cell.must("heron", &opened);
    let filter = cell.must("wren", &proposed(round, SURVIVAL, "120"));
    let seeds = cell.must("jay", &proposed(round, SURVIVAL, "90"));
    let tools = cell.must("owl", &proposed(round, CAPACITY, "40"));
    cell.wait_days(3);
    (cell, round, [filter, seeds, tools])
}

/// As [`voting`], after the vote: the filter and the tools are funded.
fn granted() -> (TestCell, EntryId, [EntryId; 3]) {
    let (mut cell, round, [filter, seeds, tools]) = voting();
    cell.must("heron", &given(None, "1")); // the vote opens before the next record
    for (name, wanted) in
        [("heron", vec![filter]), ("wren", vec![filter, tools]), ("jay", vec![filter]), ("owl", vec![tools])]
    {
        let wanted: Vec<(EntryId, u32)> = wanted.into_iter().map(|id| (id, 1)).collect();
        let said = ballot(&cell.state, round, &wanted);
        cell.must(name, &said);
    }
    cell.wait_days(1);
    cell.must("heron", &given(None, "1"));
    let _ = seeds;
    (cell, round, [filter, seeds, tools])
}

#[test]
fn a_round_becomes_grants_and_what_is_left_returns() {
    let (mut cell, round, [filter, seeds, tools]) = granted();
    let budgets = cell.state.budgets();
    let vote = budgets.round(&round).unwrap().vote.as_ref().unwrap();
    assert_eq!(vote.funded.as_deref(), Some([filter, tools].as_slice()));
    assert!(budgets.grant(&seeds).is_none());
    let survival = pool(&cell.state, SURVIVAL);
    assert_eq!(
        (survival.granted, survival.in_rounds, survival.free),
        (money("120"), money("0"), money("180"))
    );
    let bought = cell.must("wren", &spent(filter, "100"));
    assert_eq!(flaw(cell.say("jay", &spent(filter, "20.01"))), Flaw::BeyondGrant { left: money("20") });
    let unreviewed = |cell: &TestCell| cell.state.budgets().unreviewed(1).len();
    assert_eq!(unreviewed(&cell), 1);
    let look = Reviewed { common: Common::default(), spent: bought, fine: true };
    assert_eq!(flaw(cell.say("wren", &look)), Flaw::OwnExpense);
    cell.must("jay", &look);
    assert_eq!(unreviewed(&cell), 0);
    let again =
        Spent { common: Common { corrects: Some(bought), ..Common::default() }, ..spent(filter, "110") };
    let newest = cell.must("wren", &again);
    assert_eq!(unreviewed(&cell), 1, "what was reviewed was another version");
    // Whoever looked at the earlier one has not looked at this one, whatever was placed first.
    assert_eq!(flaw(cell.say("jay", &look)), Flaw::ExpenseCorrected);
    assert_eq!(unreviewed(&cell), 1);
    cell.must("jay", &Reviewed { spent: newest, ..look.clone() });
    assert_eq!(unreviewed(&cell), 0);
    let survival = pool(&cell.state, SURVIVAL);
    assert_eq!((survival.went, survival.granted, survival.free), (money("110"), money("10"), money("180")));
    cell.wait_days(11);
    assert_eq!(flaw(cell.say("wren", &spent(filter, "1"))), Flaw::GrantOver);
    let survival = pool(&cell.state, SURVIVAL);
    assert_eq!((survival.granted, survival.free), (money("0"), money("190")));
    assert_eq!(cell.state.budgets().round(&round).unwrap().phase(cell.now), Phase::Over);
}

#[test]
fn no_pool_gives_twice() {
    let (mut cell, _, _) = voting();
    let more = round(&cell, &[(SURVIVAL, "60.01")]);
    assert_eq!(flaw(cell.say("wren", &more)), Flaw::BeyondPool { free: money("60") });
    let none = round(&cell, &[(Charter::POWER, "1")]);
    assert_eq!(flaw(cell.say("wren", &none)), Flaw::BeyondPool { free: money("0") });
    let taken = given(Some(SURVIVAL), "61");
    assert_eq!(flaw(cell.say("jay", &taken)), Flaw::Promised { free: money("60") });
    cell.must("jay", &given(Some(SURVIVAL), "60"));
    // Without a category it comes out of what no pool has promised: 50 of capacity are left.
    assert_eq!(flaw(cell.say("jay", &given(None, "50.5"))), Flaw::Promised { free: money("50") });
    cell.must("jay", &given(None, "50"));
    let exact = round(&cell, &[(SURVIVAL, "0.5")]);
    assert_eq!(flaw(cell.say("wren", &exact)), Flaw::BeyondPool { free: money("0") });
}

#[test]
fn a_receipt_that_was_promised_is_not_taken_back() {
    let mut cell = cell_of(&["heron", "wren"]);
    let receipt = cell.must("heron", &received(SURVIVAL, "100"));
    let opened = round(&cell, &[(SURVIVAL, "80")]);
    let round = cell.must("wren", &opened);
    let corrected = |text: &str| {
        let common = Common { corrects: Some(receipt), ..of(SURVIVAL) };
        Received { common, quantity: eur(text) }
    };
    assert_eq!(flaw(cell.say("heron", &corrected("79"))), Flaw::Promised { free: money("20") });
    let taken_back = RoundWithdrawn { common: Common::default(), round };
    assert_eq!(cell.say("heron", &taken_back).reason(), Some(&Reason::NotTheAuthor));
    cell.must("wren", &taken_back);
    cell.must("heron", &corrected("79"));
}

#[test]
fn every_phase_has_its_end() {
    let (mut cell, round, [filter, seeds, tools]) = voting();
    cell.must("heron", &given(None, "1"));
    assert_eq!(flaw(cell.say("wren", &proposed(round, SURVIVAL, "5"))), Flaw::ProposingOver);
    let dearer = Proposed {
        common: Common { corrects: Some(filter), ..of(SURVIVAL) },
        ..proposed(round, SURVIVAL, "130")
    };
    assert_eq!(flaw(cell.say("wren", &dearer)), Flaw::CheckingOver);
    let check = |proposal, feasible| Checked { common: Common::default(), proposal, feasible };
    assert_eq!(flaw(cell.say("jay", &check(filter, true))), Flaw::CheckingOver);
    let gone = ProposalWithdrawn { common: Common::default(), proposal: seeds };
    assert_eq!(flaw(cell.say("jay", &gone)), Flaw::VoteOpened);
    let said = ballot(&cell.state, round, &[(tools, 1)]);
    let other = BallotCast { paper: said.paper ^ 1, ..said.clone() };
    assert_eq!(flaw(cell.say("wren", &other)), Flaw::OtherPaper);
    let high = BallotCast { marks: List::new(vec![(1, 2)]).unwrap(), ..said.clone() };
    assert_eq!(flaw(cell.say("wren", &high)), Flaw::BadBallot);
    let unlisted = BallotCast { marks: List::new(vec![(4, 1)]).unwrap(), ..said.clone() };
    assert_eq!(flaw(cell.say("wren", &unlisted)), Flaw::BadBallot);
    // A newcomer after the list was frozen.
    cell.admit("late");
    assert_eq!(flaw(cell.say("late", &said)), Flaw::NotAVoter);
    cell.wait_days(1);
    assert_eq!(flaw(cell.say("wren", &said)), Flaw::VoteClosed);
    assert_eq!(flaw(cell.say("wren", &spent(seeds, "1"))), Flaw::UnknownGrant);
}

#[test]
fn proposals_are_checked_by_others() {
    let mut cell = cell_of(&["heron", "wren", "jay"]);
    cell.must("heron", &received(SURVIVAL, "100"));
    let mut opened = round(&cell, &[(SURVIVAL, "80")]);
    opened.reviewers = List::new(vec![cell.id("jay")]).unwrap();
    let round = cell.must("heron", &opened);
    assert_eq!(flaw(cell.say("wren", &proposed(round, CAPACITY, "5"))), Flaw::NoMoney);
    assert_eq!(flaw(cell.say("wren", &proposed(round, SURVIVAL, "81"))), Flaw::TooDear { most: money("80") });
    let one = cell.must("wren", &proposed(round, SURVIVAL, "70"));
    let two = cell.must("jay", &proposed(round, SURVIVAL, "60"));
    let check = |proposal, feasible| Checked { common: Common::default(), proposal, feasible };
    assert_eq!(flaw(cell.say("heron", &check(one, false))), Flaw::NotAReviewer);
    assert_eq!(flaw(cell.say("jay", &check(two, true))), Flaw::OwnProposal);
    cell.must("jay", &check(one, false));
    let early = BallotCast { common: Common::default(), round, paper: 0, marks: List::default() };
    assert_eq!(flaw(cell.say("wren", &early)), Flaw::VoteNotOpen);
    cell.wait_days(3);
    cell.must("heron", &given(None, "1"));
    let vote = cell.state.budgets().round(&round).unwrap().vote.as_ref().unwrap();
    assert_eq!(vote.proposals, [two], "what is not feasible is not voted on");
}

#[test]
fn newcomers_wait_and_the_list_of_voters_is_frozen() {
    let mut slow = charter();
    slow.vouching.then = 1;
    let mut cell = TestCell::found_with(6, "heron", &slow);
    cell.must("heron", &received(SURVIVAL, "100"));
    cell.admit("wren");
    let opened = round(&cell, &[(SURVIVAL, "80")]);
    assert_eq!(flaw(cell.say("wren", &opened)), Flaw::Waiting);
    let round = cell.must("heron", &opened);
    cell.wait_days(3);
    cell.must("heron", &given(None, "1"));
    let said = ballot(&cell.state, round, &[]);
    assert_eq!(flaw(cell.say("wren", &said)), Flaw::NotAVoter);
    cell.must("heron", &said);
}

#[test]
fn only_the_cell_grants_outside_of_a_round_and_opens_one_where_the_charter_says_so() {
    let mut strict = charter();
    (strict.rounds_by_decision, strict.vouching.then) = (true, 1);
    let mut cell = TestCell::found_with(7, "heron", &strict);
    cell.must("heron", &received(SURVIVAL, "100"));
    let grant = |cell: &TestCell, text: &str| Granted {
        common: of(SURVIVAL),
        currency: Currency::new("EUR").unwrap(),
        amount: money(text),
        until: cell.now.plus_ms(DAY_MS),
    };
    // Alone, the founder is the cell.
    let too_much = grant(&cell, "100.5");
    assert_eq!(flaw(cell.say("heron", &too_much)), Flaw::BeyondPool { free: money("100") });
    let fits = grant(&cell, "40");
    let id = cell.must("heron", &fits);
    cell.must("heron", &spent(id, "30"));
    assert_eq!(pool(&cell.state, SURVIVAL).free, money("60"));
    cell.admit("wren");
    assert_eq!(cell.say("heron", &fits).reason(), Some(&Reason::NeedsDecision));
    let opened = round(&cell, &[(SURVIVAL, "10")]);
    assert_eq!(cell.say("heron", &opened).reason(), Some(&Reason::NeedsDecision));
}

#[test]
fn a_round_leaves_as_a_file_that_counts_to_the_same_result() {
    let (cell, round, [filter, seeds, _]) = granted();
    let known = cell.state.budgets().round(&round).unwrap();
    let titles = [(filter, "Filter".to_owned()), (seeds, "Seeds; many".to_owned())].into();
    let text = known.file(SURVIVAL, &titles).unwrap().to_string();
    let file = pabulib::read(text.as_bytes()).unwrap();
    assert_eq!((file.election.cast(), file.election.projects().len()), (4, 2));
    let outcome = tally(&file.election, &known.method).unwrap();
    let funded: Vec<&str> =
        outcome.funded.iter().map(|p| file.election.projects()[*p].name.as_str()).collect();
    let number = format!("{:03}", known.number(&filter).unwrap());
    assert_eq!(funded, [number.as_str()]);
    assert!(!text.contains("age") && !text.contains("sex"), "{text}");
}

/// Says these ballots in some order and gives what is funded. A member's own entries are signed a
/// second apart, in the order in which they are listed.
fn result_of(ballots: &[(usize, Vec<usize>)], order: &[usize]) -> Vec<EntryId> {
    let names = ["heron", "wren", "jay", "owl", "robin"];
    let (mut cell, round, proposals) = voting();
    cell.must("heron", &given(None, "1"));
    let mut signed = Vec::new();
    for (member, wanted) in ballots {
        let wanted: Vec<(EntryId, u32)> = wanted.iter().map(|p| (proposals[*p], 1)).collect();
        let said = compose(&ballot(&cell.state, round, &wanted)).unwrap();
        cell.wait_ms(1000);
        signed.push(cell.sign(names[*member], said));
    }
    for at in order {
        assert_eq!(cell.place(signed[*at].clone()), Effect::Applied);
    }
    cell.wait_days(1);
    cell.must("heron", &given(None, "1"));
    let known = cell.state.budgets().round(&round).unwrap();
    known.vote.as_ref().unwrap().funded.clone().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_keeper_chooses_no_result_by_the_order_of_placing(
        ballots in prop::collection::vec((0_usize..5, prop::collection::btree_set(0_usize..3, 0..3)), 1..12),
        order in Just(()).prop_perturb(|(), mut rng| rng.next_u64()),
    ) {
        let ballots: Vec<(usize, Vec<usize>)> =
            ballots.into_iter().map(|(member, wanted)| (member, wanted.into_iter().collect())).collect();
        let straight: Vec<usize> = (0..ballots.len()).collect();
        let (mut mixed, mut dice) = (straight.clone(), order);
        for at in (1..mixed.len()).rev() {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            mixed.swap(at, (dice >> 33) as usize % (at + 1));
        }
        prop_assert_eq!(result_of(&ballots, &straight), result_of(&ballots, &mixed));
    }
}

#[test]
fn a_round_is_part_of_the_state_and_reads_back() {
    let (cell, ..) = granted();
    let bytes = cell.state.encode();
    assert_eq!(State::decode(&bytes).unwrap(), cell.state);
}

/// 300 members on 50 proposals: the state of such a vote, made without signing 300 entries.
#[test]
fn a_large_round_is_counted_in_an_instant() {
    use lifeboat_commons::tally::{Ballots, Election, Project};
    let project =
        |at: usize| Project { name: format!("{at:03}"), cost: (50 + at as u128 * 13 % 400) * 1_000_000 };
    let projects = (0..50).map(project).collect();
    let mut election = Election::new(3_000_000_000, 1_000_000, Ballots::Approval, projects).unwrap();
    let mut dice = 7_u64;
    for _ in 0..300 {
        let mut wanted = Vec::new();
        for project in 0..50 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if (dice >> 33).is_multiple_of(6) {
                wanted.push((project, 1));
            }
        }
        election.vote(&wanted, 1).unwrap();
    }
    let start = std::time::Instant::now();
    let outcome = tally(&election, &shares(Completion::Add1Greedy)).unwrap();
    let took = start.elapsed();
    println!("300 ballots, 50 proposals, Add1 then greedy: {} funded in {took:?}", outcome.funded.len());
    assert!(took < std::time::Duration::from_secs(1), "{took:?}");
}

/// The example of the page.
#[test]
fn the_example_of_the_page_is_what_happens() {
    let (mut cell, round, [filter, seeds, tools]) = granted();
    let known = cell.state.budgets().round(&round).unwrap();
    let mut told = String::new();
    for (category, name) in [(SURVIVAL, "survival"), (CAPACITY, "capacity-building")] {
        let (counted, outcome) = known.count(category).unwrap();
        let _ = writeln!(told, "{name}: {} ballots", counted.election.cast());
        for (at, verdict) in outcome.verdicts.iter().enumerate() {
            let title = if counted.proposals[at] == filter { "water filter" } else { "tools" };
            let lifeboat_commons::tally::Verdict::Bought { payers, price, .. } = verdict else { panic!() };
            let price = price.divided_by(1_000_000).rounded(2);
            let _ = writeln!(told, "  {title}: funded, {payers} supporters paid {price} each");
        }
    }
    assert!(cell.state.budgets().grant(&seeds).is_none());
    let bought = cell.must("wren", &spent(filter, "95.50"));
    let effect = cell.say("wren", &spent(filter, "30"));
    let _ = writeln!(told, "wren spends 95.50 of the filter's 120, then 30 more: {}", flaw(effect));
    cell.must("jay", &Reviewed { common: Common::default(), spent: bought, fine: true });
    let effect = cell.say("owl", &given(Some(CAPACITY), "60.01"));
    let _ = writeln!(told, "owl takes 60.01 out of capacity-building: {}", flaw(effect));
    for when in ["now", "ten days later"] {
        for (category, name) in [(SURVIVAL, "survival"), (CAPACITY, "capacity-building")] {
            let Pool { came, went, granted, free, .. } = pool(&cell.state.at(cell.now), category);
            let [came, went, granted, free] = [came, went, granted, free].map(Amount::money);
            let _ =
                writeln!(told, "{when}, {name}: {came} came, {went} went, {granted} granted, {free} free");
        }
        cell.wait_days(11);
    }
    let _ = tools;
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/practices/budgets.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(&told), "docs/practices/budgets.md lacks:\n{told}");
}
