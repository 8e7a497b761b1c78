//! Counting: the engine against the definition of equal shares taken word by word, and what must hold for
//! any election. `pabutools.rs` compares it with a program that others wrote.

use lifeboat_commons::tally::{
    Ballots, Completion, Election, Method, Outcome, Project, Rule, Ties, Utility, Verdict, tally,
};
use num_rational::BigRational;
use proptest::prelude::*;

/// Money, costs and ballots of a small election: in few different numbers, so that ties are common.
#[derive(Debug, Clone)]
pub struct Small {
    budget: u128,
    kind: Ballots,
    costs: Vec<u128>,
    ballots: Vec<Vec<(usize, i64)>>,
}

impl Small {
    fn election(&self) -> Election {
        let name = |at: usize| format!("{}", at * 7 % 11 + 100 * (at / 11));
        let project = |(at, cost): (usize, &u128)| Project { name: name(at), cost: *cost };
        let projects = self.costs.iter().enumerate().map(project).collect();
        let mut election = Election::new(self.budget, 1, self.kind, projects).unwrap();
        self.ballots.iter().for_each(|ballot| election.vote(ballot, 1).unwrap());
        election
    }
}

fn small() -> impl Strategy<Value = Small> {
    let kind = prop_oneof![Just(Ballots::Approval), Just(Ballots::Cumulative)];
    (2_usize..8).prop_flat_map(move |projects| {
        let ballot = prop::collection::vec((0..projects, 0_i64..4), 0..projects);
        (
            prop_oneof![Just(60_u128), 1_u128..400],
            kind.clone(),
            prop::collection::vec(prop_oneof![0_u128..4, (1_u128..7).prop_map(|c| c * 10)], projects),
            prop::collection::vec(ballot, 0..12),
        )
            .prop_map(|(budget, kind, costs, ballots)| Small { budget, kind, costs, ballots })
    })
}

fn whole(number: impl Into<num_bigint::BigInt>) -> BigRational {
    BigRational::from_integer(number.into())
}

/// Equal shares as the books define it: fractions throughout, all voters in every round, no short cuts.
fn by_the_book(election: &Election, ballots: &[Vec<(usize, i64)>], utility: Utility) -> Vec<usize> {
    let projects = election.projects();
    let worth = |ballot: &[(usize, i64)], project: usize| {
        let named = ballot.iter().rev().find(|(named, _)| *named == project);
        match (named, utility) {
            (None, _) => whole(0),
            (Some(_), Utility::Cost) => whole(projects[project].cost),
            (Some(_), Utility::Cardinality) => whole(1),
            (Some((_, points)), Utility::Points) => whole((*points).max(0)),
        }
    };
    let zero = whole(0);
    let wanted = |project: usize| ballots.iter().any(|ballot| worth(ballot, project) > zero);
    let mut order: Vec<usize> = (0..projects.len()).collect();
    order.sort_by(|a, b| projects[*a].name.cmp(&projects[*b].name));
    let mut funded: Vec<usize> =
        order.iter().copied().filter(|p| projects[*p].cost == 0 && wanted(*p)).collect();
    if ballots.is_empty() {
        return Vec::new();
    }
    let mut money = vec![whole(election.budget()) / whole(ballots.len()); ballots.len()];
    loop {
        let mut best: Option<(BigRational, usize)> = None;
        for project in order.iter().copied().filter(|p| projects[*p].cost > 0 && !funded.contains(p)) {
            let mut voters: Vec<(BigRational, &BigRational)> = (ballots.iter().zip(&money))
                .map(|(ballot, money)| (worth(ballot, project), money))
                .filter(|(worth, _)| *worth > zero)
                .collect();
            voters.sort_by_key(|voter| voter.1 / &voter.0);
            let mut due = whole(projects[project].cost);
            let mut all: BigRational = voters.iter().map(|v| v.0.clone()).sum();
            for (worth, money) in voters {
                let price: BigRational = &due / &all;
                if &price * &worth <= *money {
                    if best.as_ref().is_none_or(|(least, _)| price < *least) {
                        best = Some((price, project));
                    }
                    break;
                }
                due -= money;
                all -= worth;
            }
        }
        let Some((price, project)) = best else { return funded };
        funded.push(project);
        for (ballot, money) in ballots.iter().zip(&mut money) {
            let due = &price * worth(ballot, project);
            *money = if due < *money { &*money - due } else { zero.clone() };
        }
    }
}

fn method(rule: Rule, utility: Utility, completion: Completion) -> Method {
    Method { rule, utility, completion, ties: Ties::Name }
}

fn count(election: &Election, rule: Rule, utility: Utility, completion: Completion) -> Outcome {
    tally(election, &method(rule, utility, completion)).unwrap()
}

const UTILITIES: [Utility; 3] = [Utility::Cost, Utility::Cardinality, Utility::Points];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn equal_shares_are_as_the_book_says(small in small()) {
        let election = small.election();
        for utility in UTILITIES {
            if utility == Utility::Points && !small.kind.have_points() {
                continue;
            }
            let outcome = count(&election, Rule::EqualShares, utility, Completion::None);
            prop_assert_eq!(outcome.funded, by_the_book(&election, &small.ballots, utility), "{:?}", utility);
        }
    }

    #[test]
    fn nothing_is_spent_that_is_not_there_and_everything_has_its_verdict(small in small()) {
        let election = small.election();
        for (rule, completion) in [
            (Rule::Greedy, Completion::None),
            (Rule::EqualShares, Completion::None),
            (Rule::EqualShares, Completion::Add1),
            (Rule::EqualShares, Completion::Add1PastExhaustion),
            (Rule::EqualShares, Completion::Add1Greedy),
        ] {
            let outcome = count(&election, rule, Utility::Cost, completion);
            let cost: u128 = outcome.funded.iter().map(|p| election.projects()[*p].cost).sum();
            prop_assert_eq!(cost, outcome.spent);
            prop_assert!(cost <= election.budget());
            for (project, verdict) in outcome.verdicts.iter().enumerate() {
                prop_assert_eq!(verdict.is_funded(), outcome.funded.contains(&project));
            }
        }
    }

    #[test]
    fn neither_the_order_of_ballots_nor_their_grouping_matters(small in small(), seed in any::<u64>()) {
        let mut other = small.clone();
        let mut dice = seed;
        for at in (1..other.ballots.len()).rev() {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            other.ballots.swap(at, (dice >> 33) as usize % (at + 1));
        }
        let (one, two) = (small.election(), other.election());
        for (rule, completion) in [(Rule::Greedy, Completion::None), (Rule::EqualShares, Completion::Add1Greedy)] {
            let counted = |e| count(e, rule, Utility::Cardinality, completion);
            prop_assert_eq!(counted(&one), counted(&two));
        }
    }

    #[test]
    fn a_wider_support_never_loses_a_funded_project_its_greedy_place(small in small(), pick in any::<prop::sample::Index>()) {
        let election = small.election();
        let before = count(&election, Rule::Greedy, Utility::Cardinality, Completion::None);
        prop_assume!(!before.funded.is_empty());
        let kept = *pick.get(&before.funded);
        let mut more = small.clone();
        more.ballots.push(vec![(kept, 1)]);
        let after = count(&more.election(), Rule::Greedy, Utility::Cardinality, Completion::None);
        prop_assert!(after.funded.contains(&kept));
    }
}

fn park(ballots: &[(&[usize], u64)]) -> Election {
    let project = |name: &str, cost| Project { name: name.to_owned(), cost };
    let projects = vec![project("pump", 100), project("bench", 60), project("gold", 900)];
    let mut election = Election::new(120, 1, Ballots::Approval, projects).unwrap();
    for (named, count) in ballots {
        let choices: Vec<(usize, i64)> = named.iter().map(|p| (*p, 1)).collect();
        election.vote(&choices, *count).unwrap();
    }
    election
}

#[test]
fn every_verdict_says_what_it_counts() {
    let election = park(&[(&[0, 1], 7), (&[0], 3), (&[], 2)]);
    let outcome = count(&election, Rule::EqualShares, Utility::Cost, Completion::None);
    assert_eq!(outcome.funded, [0]);
    let Verdict::Bought { payers, price, short, .. } = &outcome.verdicts[0] else { panic!() };
    assert_eq!((*payers, price.rounded(2).as_str(), *short), (10, "10.00", 0));
    // Twelve ballots, so ten each; the seven who want the bench have nothing left.
    let Verdict::SupportersShort { supporters, together } = &outcome.verdicts[1] else { panic!() };
    assert_eq!((*supporters, together.to_string().as_str()), (7, "0"));
    assert_eq!(outcome.verdicts[2], Verdict::NoSupport);
    let greedy = count(&election, Rule::Greedy, Utility::Cardinality, Completion::None);
    assert_eq!(greedy.funded, [1]);
    assert_eq!(greedy.verdicts[0], Verdict::DoesNotFit { ballots: 10, left: 60 });
}

#[test]
fn who_cannot_pay_the_price_gives_what_is_left() {
    let project = |name: &str, cost| Project { name: name.to_owned(), cost };
    let projects = vec![project("a", 40), project("b", 50)];
    let mut election = Election::new(100, 1, Ballots::Approval, projects).unwrap();
    election.vote(&[(0, 1), (1, 1)], 4).unwrap();
    election.vote(&[(1, 1)], 2).unwrap();
    let outcome = count(&election, Rule::EqualShares, Utility::Cardinality, Completion::None);
    // b first: 50 for six; then a has four with 100/6 - 50/6 = 25/3 each, 33 in all, and costs 40.
    assert_eq!(outcome.funded, [1]);
    let outcome = count(&election, Rule::EqualShares, Utility::Cardinality, Completion::Add1);
    assert_eq!((outcome.funded.as_slice(), outcome.spent, outcome.added), ([1, 0].as_slice(), 90, 2));
}

#[test]
fn ties_go_by_name_as_letters_or_by_ballots() {
    let project = |name: &str| Project { name: name.to_owned(), cost: 10 };
    let mut election = Election::new(10, 1, Ballots::Cumulative, vec![project("2"), project("10")]).unwrap();
    election.vote(&[(0, 1)], 2).unwrap();
    election.vote(&[(1, 2)], 1).unwrap();
    let by = |ties| {
        let method = Method { ties, ..method(Rule::Greedy, Utility::Points, Completion::None) };
        tally(&election, &method).unwrap().funded
    };
    assert_eq!((by(Ties::Name), by(Ties::Votes)), (vec![1], vec![0]));
}
