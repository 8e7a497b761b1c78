//! The keeper can't choose a result by order: whatever the placing of a vote's entries within their limits,
//! the tally is the same. And the fold of decisions goes on from wherever it was interrupted.

use crate::deciding::*;
use lifeboat_commons::decisions::{Ballot, Method, Outcome, Terms, Tie};
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Body, Effect, State, compose};
use lifeboat_log::SignedEntry;
use proptest::prelude::*;

const SIX: [&str; 6] = ["heron", "wren", "finch", "robin", "swift", "plover"];

/// What a member does in a vote: votes on one of three options, gives a proxy, or recalls it.
#[derive(Debug, Clone)]
enum Deed {
    Vote(Vec<u8>),
    Proxy(Option<usize>),
}

fn deeds() -> impl Strategy<Value = Vec<(usize, Deed)>> {
    let rank = proptest::collection::vec(0..3_u8, 3).prop_map(|raw| {
        let mut seen: Vec<u8> = raw.iter().copied().filter(|rank| *rank > 0).collect();
        seen.sort_unstable();
        seen.dedup();
        let dense = |rank: &u8| seen.iter().position(|known| known == rank).map_or(0, |at| at as u8 + 1);
        raw.iter().map(dense).collect()
    });
    let deed = prop_oneof![
        3 => rank.prop_map(Deed::Vote),
        1 => proptest::option::of(0..SIX.len()).prop_map(Deed::Proxy),
    ];
    proptest::collection::vec((0..SIX.len(), deed), 0..24)
}

/// Signs the deeds in order, places them in another, and counts.
fn outcome(deeds: &[(usize, Deed)], places: &[usize]) -> Outcome {
    let mut cell = crew(&SIX);
    let id = Terms { tie: Tie::Open, ..terms(&cell, Method::Ranked, 3) };
    let id = propose(&mut cell, "heron", id);
    let mut entries = Vec::new();
    for (who, deed) in deeds {
        cell.wait_ms(1000);
        let name = SIX[*who];
        let entry = |cell: &mut TestCell, body: &dyn Fn(&TestCell) -> lifeboat_commons::Said| {
            let said = body(cell);
            cell.sign(name, said)
        };
        entries.push(match deed {
            Deed::Vote(ranks) => entry(&mut cell, &|_| said(&ballot(id, Ballot::Rank(list(ranks))))),
            Deed::Proxy(to) => entry(&mut cell, &|cell| said(&proxy(cell, None, to.map(|to| SIX[to])))),
        });
    }
    let mut order: Vec<(usize, SignedEntry)> = entries.into_iter().enumerate().collect();
    order.sort_by_key(|(at, _)| (places.get(*at).copied().unwrap_or(0), *at));
    for (_, entry) in order {
        cell.wait_ms(1000);
        cell.place(entry);
    }
    close(&mut cell);
    decision(&cell, id).outcome().unwrap().clone()
}

fn said(body: &impl Body) -> lifeboat_commons::Said {
    compose(body).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_order_of_placing_changes_a_tally(
        deeds in deeds(),
        places in proptest::collection::vec(0..24_usize, 24),
    ) {
        let as_signed: Vec<usize> = (0..24).collect();
        let one = outcome(&deeds, &as_signed);
        let other = outcome(&deeds, &places);
        prop_assert_eq!(one.verdict, other.verdict);
        prop_assert_eq!(one.tally, other.tally);
    }

    #[test]
    fn a_fold_that_was_interrupted_goes_on_the_same(
        deeds in deeds(),
        cut in 0..60_usize,
        days in proptest::collection::vec(0..2_u64, 24),
    ) {
        let mut cell = crew(&SIX);
        let mut ids = Vec::new();
        for ((who, deed), days) in deeds.iter().zip(days) {
            cell.wait_days(days);
            let by = SIX[*who];
            let newest = ids.last().copied();
            let said = match (deed, newest) {
                (Deed::Vote(ranks), Some(id)) if ranks[0] != 2 => said(&ballot(id, Ballot::Rank(list(ranks)))),
                (Deed::Proxy(to), _) => said(&proxy(&cell, newest, to.map(|to| SIX[to]))),
                _ => {
                    let terms = terms(&cell, Method::Ranked, 3);
                    ids.push(propose(&mut cell, by, terms));
                    continue;
                }
            };
            let entry = cell.sign(by, said);
            let preview = cell.state.preview(&entry, cell.now, &cell);
            let effect: Effect = cell.place(entry);
            prop_assert_eq!(preview, effect);
        }
        close(&mut cell);
        let mut resumed = State::new(cell.cell());
        for (i, record) in cell.records().iter().enumerate() {
            if i == cut {
                resumed = State::decode(&resumed.encode()).unwrap();
            }
            resumed.apply(record, &cell);
        }
        prop_assert_eq!(resumed.encode(), cell.state.encode());
        prop_assert_eq!(&resumed, &cell.state);
    }
}
