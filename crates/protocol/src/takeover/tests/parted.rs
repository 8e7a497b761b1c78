//! Two histories that one key signed, and a takeover that goes on from the one: what a home with the other does.

use super::rivals::{Cosigned, open, present, shown, witnesses};
use super::*;
use lifeboat_log::opening::Right;

/// The history in which this member spoke last, so many times.
fn history(mut cell: TestCell, by: &str, times: usize) -> TestCell {
    for _ in 0..times {
        cell.must(by, &present());
    }
    cell
}

/// A cell with three witnesses, two of whom make a checkpoint witnessed; they have cosigned as far as here.
fn witnessed() -> TestCell {
    let mut cell = cell();
    assert!(cell.hand_over(&witnesses().each_ref(), 2).is_applied());
    history(cell, "heron", 1)
}

/// The takeover by wren's home at the end of this history, endorsed by these members and closed by so many witnesses.
fn taken(mut cell: TestCell, names: &[&str], closes: usize) -> Vec<u8> {
    let call = call(&cell, 1, "wren");
    let floor = floor(&cell);
    let mut given: Vec<_> =
        witnesses().iter().take(closes).map(|key| call.close(&cell.cell(), floor, key)).collect();
    given.sort_by_key(|close| close.key);
    let endorsements = news(&cell, call, names).endorsements;
    open(&mut cell, call, "wren", Right::Takeover { endorsements, closes: List::new(given).unwrap() });
    shown(&cell, 1)
}

const MAJORITY: [&str; 3] = ["wren", "finch", "owl"];

fn looked(cell: &TestCell, bytes: &[u8], look: &Look) -> Opened {
    judge(cell.cell(), cell.chain.open().unwrap().term, bytes, look, &InMemory(cell))
}

#[test]
fn a_home_goes_over_to_the_history_behind_which_more_than_half_stand() {
    let here = history(cell(), "finch", 4);
    for other in 1..=4 {
        let other = || history(cell(), "owl", other);
        let bytes = taken(other(), &MAJORITY, 0);
        assert!(matches!(judged(&here, &bytes), Opened::Anew(call) if call.term == Term::new(1, 0)));
        assert!(matches!(judged(&here, &opening(&other(), 1, &MAJORITY[..2])), Opened::NotHeld));
    }
    // Where less is here than the base covers, that the two part shows only when the rest comes.
    let longer = taken(history(cell(), "owl", 5), &MAJORITY, 0);
    assert!(matches!(judged(&here, &longer), Opened::Ahead(_)));
    let mut look = Look::default();
    look.parts();
    assert!(matches!(looked(&here, &longer, &look), Opened::Anew(_)));
}

#[test]
fn an_earlier_term_stays_where_it_is() {
    let here = history(witnessed(), "finch", 3);
    let bytes = taken(history(witnessed(), "owl", 2), &MAJORITY, 2);
    match judged(&here, &bytes) {
        Opened::Back(_, to) => assert_eq!(to.origin.term, Term::FIRST),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_witnessed_here_is_not_given_up() {
    let here = history(witnessed(), "finch", 3);
    let keys = witnesses();
    let of = |log: &TestCell, count: usize| {
        log.cosigned(&keys.iter().take(count).collect::<Vec<_>>(), 1_800_000_000)
    };
    // The two have in common what was cosigned before they part; or one has something that the other lacks.
    let (common, own, unwitnessed) = (of(&witnessed(), 2), of(&here, 2), of(&here, 1));
    let short = |closes| taken(history(witnessed(), "owl", 2), &MAJORITY, closes);
    for (checkpoint, closes, goes) in [
        (&common, 2, true),
        (&common, 1, false),
        (&own, 2, false),
        (&own, 1, false),
        (&unwitnessed, 2, true),
        (&unwitnessed, 0, true),
    ] {
        let log = Cosigned(InMemory(&here), checkpoint.clone());
        let open = here.chain.open().unwrap().term;
        let opened = judge(here.cell(), open, &short(closes), &Look::default(), &log);
        match opened {
            Opened::Back(..) => assert!(goes, "{closes} closes, {} cosigned", checkpoint.size),
            Opened::NotHeld => assert!(!goes, "{closes} closes, {} cosigned", checkpoint.size),
            other => panic!("{other:?}"),
        }
    }
}
