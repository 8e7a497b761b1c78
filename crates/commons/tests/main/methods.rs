//! What each method keeps to: no option and no person counts more for its name, and more support never
//! harms an option (Schulze, approval, score), nor a proposal (the others).

use crate::deciding::{SIMPLE, crew, list, terms};
use lifeboat_commons::decisions::methods::{count, schulze};
use lifeboat_commons::decisions::{Ballot, Counts, Method, Stance, Terms, Tie, Verdict};
use proptest::prelude::*;

const N: usize = 4;

fn dense(raw: &[u8]) -> Vec<u8> {
    let mut used: Vec<u8> = raw.iter().copied().filter(|level| *level > 0).collect();
    used.sort_unstable();
    used.dedup();
    raw.iter().map(|level| used.iter().position(|u| u == level).map_or(0, |at| at as u8 + 1)).collect()
}

/// Raw numbers for each option, of which each method makes its own sort of ballot.
fn profiles() -> impl Strategy<Value = Vec<Vec<u8>>> {
    proptest::collection::vec(proptest::collection::vec(0..5_u8, N), 0..12)
}

fn ballots(method: Method, profile: &[Vec<u8>]) -> Vec<Ballot> {
    let one = |raw: &Vec<u8>| match method {
        Method::Approval => {
            let chosen: Vec<u8> = (0..N as u8).filter(|option| raw[usize::from(*option)] > 2).collect();
            Ballot::Approve(list(&chosen))
        }
        Method::Score { .. } => Ballot::Score(list(raw)),
        _ => Ballot::Rank(list(&dense(raw))),
    };
    profile.iter().map(one).collect()
}

fn verdict(terms: &Terms, ballots: &[Ballot]) -> Verdict {
    count(terms, &ballots.iter().collect::<Vec<_>>()).0
}

/// The options that share the first place.
fn winners(verdict: Verdict) -> Vec<u8> {
    match verdict {
        Verdict::Chosen(options) | Verdict::Tied(options) => options,
        _ => vec![],
    }
}

fn of_options(method: Method) -> Terms {
    Terms { tie: Tie::Open, ..terms(&crew(&["heron"]), method, N as u8) }
}

const CHOOSING: [Method; 3] = [Method::Approval, Method::Score { most: 5 }, Method::Ranked];

proptest! {
    #[test]
    fn options_are_treated_alike(profile in profiles(), shift in 1..N) {
        for method in CHOOSING {
            let terms = of_options(method);
            let turned: Vec<Vec<u8>> =
                profile.iter().map(|raw| (0..N).map(|at| raw[(at + shift) % N]).collect()).collect();
            let mut expected: Vec<u8> = winners(verdict(&terms, &ballots(method, &profile)))
                .into_iter()
                .map(|option| ((usize::from(option) + N - shift) % N) as u8)
                .collect();
            expected.sort_unstable();
            prop_assert_eq!(winners(verdict(&terms, &ballots(method, &turned))), expected);
        }
    }

    #[test]
    fn people_are_treated_alike(profile in profiles(), shift in 0..12_usize) {
        for method in CHOOSING {
            let terms = of_options(method);
            let mut turned = profile.clone();
            let by = shift.min(turned.len());
            turned.rotate_left(by);
            prop_assert_eq!(
                count(&terms, &ballots(method, &profile).iter().collect::<Vec<_>>()),
                count(&terms, &ballots(method, &turned).iter().collect::<Vec<_>>())
            );
        }
    }

    #[test]
    fn more_support_never_harms_who_wins(profile in profiles(), voter in 0..12_usize) {
        for method in CHOOSING {
            let terms = of_options(method);
            let before = winners(verdict(&terms, &ballots(method, &profile)));
            if profile.is_empty() || before.is_empty() {
                continue;
            }
            for option in before {
                let mut raised = profile.clone();
                let at = voter % profile.len();
                // The best of all for a score or approval; alone in first place for a ranking.
                raised[at][usize::from(option)] = 5;
                if method == Method::Ranked {
                    for (other, level) in raised[at].iter_mut().enumerate() {
                        if other == usize::from(option) {
                            *level = 1;
                        } else if *level > 0 {
                            *level += 1;
                        }
                    }
                }
                let after = winners(verdict(&terms, &ballots(method, &raised)));
                prop_assert!(after.contains(&option), "{:?}: {} of {:?}", method, option, after);
            }
        }
    }

    #[test]
    fn who_wins_every_pair_is_chosen(profile in profiles()) {
        let ranks: Vec<Vec<u8>> = profile.iter().map(|raw| dense(raw)).collect();
        let result = schulze(N as u8, &ranks);
        for option in 0..N {
            let wins = |other: usize| result.prefer[option * N + other] > result.prefer[other * N + option];
            if (0..N).filter(|other| *other != option).all(wins) {
                prop_assert_eq!(&result.order[0], &vec![option as u8]);
            }
        }
        prop_assert_eq!(result.order.concat().len(), N);
    }

    #[test]
    fn another_yes_never_stops_and_another_no_never_carries(
        stances in proptest::collection::vec(0..5_u8, 0..12), percent in 50..=100_u8, k in 0..3_u8,
    ) {
        let all = [Stance::For, Stance::Abstain, Stance::Aside, Stance::Against, Stance::Block];
        let cell = crew(&["heron"]);
        for method in [Method::Consent, Method::Consensus { k }, Method::Majority { percent }] {
            let terms = terms(&cell, method, 0);
            let fitting: Vec<Ballot> = stances
                .iter()
                .map(|at| Ballot::Stance(all[usize::from(*at)]))
                .filter(|ballot| ballot.fits(&terms))
                .collect();
            let carried = verdict(&terms, &fitting) == Verdict::Carried;
            let with = |stance| {
                let more = [&fitting[..], &[Ballot::Stance(stance)]].concat();
                verdict(&terms, &more) == Verdict::Carried
            };
            prop_assert!(!carried || with(Stance::For));
            let no = if matches!(method, Method::Majority { .. }) { Stance::Against } else { Stance::Block };
            prop_assert!(carried || !with(no));
        }
    }
}

#[test]
fn each_method_counts_as_its_page_says() {
    let cell = crew(&["heron"]);
    let carried = |method, stances: [u32; 5]| {
        let all = [Stance::For, Stance::Abstain, Stance::Aside, Stance::Against, Stance::Block];
        let cast: Vec<Ballot> = all
            .iter()
            .zip(stances)
            .flat_map(|(stance, count)| vec![Ballot::Stance(*stance); count as usize])
            .collect();
        let (verdict, counts) = count(&terms(&cell, method, 0), &cast.iter().collect::<Vec<_>>());
        assert_eq!(counts, Counts::Stances(stances));
        verdict == Verdict::Carried
    };
    assert!(carried(Method::Consent, [1, 3, 5, 0, 0]) && !carried(Method::Consent, [9, 0, 0, 0, 1]));
    assert!(carried(Method::Consensus { k: 0 }, [5, 1, 2, 0, 0]));
    assert!(!carried(Method::Consensus { k: 0 }, [3, 1, 2, 0, 0]), "most must agree");
    assert!(!carried(Method::Consensus { k: 0 }, [9, 0, 0, 0, 1]));
    assert!(
        carried(Method::Consensus { k: 1 }, [9, 0, 0, 0, 1])
            && !carried(Method::Consensus { k: 1 }, [9, 0, 0, 0, 2])
    );
    assert!(carried(SIMPLE, [3, 9, 0, 2, 0]) && !carried(SIMPLE, [2, 9, 0, 2, 0]));
    let two_in_three = Method::Majority { percent: 67 };
    assert!(carried(two_in_three, [67, 0, 0, 33, 0]) && !carried(two_in_three, [66, 0, 0, 33, 0]));
    assert!(carried(Method::TwoThirds, [2, 5, 0, 1, 0]), "two of three are two thirds exactly");
    assert!(carried(Method::TwoThirds, [66, 0, 0, 33, 0]) && !carried(Method::TwoThirds, [66, 0, 0, 34, 0]));
    assert!(!carried(Method::TwoThirds, [0, 4, 0, 0, 0]));
    assert!(!carried(Method::Majority { percent: 100 }, [0, 4, 0, 0, 0]));
}
