//! Fairness over time: everyone has a turn before anyone has two; conditions, swaps and trainings.

use crate::draw::member;
use crate::rotation::*;
use lifeboat_commons::rotation::*;
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Common, Effect, MemberId, Reason};
use lifeboat_log::EntryId;
use lifeboat_log::codec::List;
use std::collections::BTreeMap;

/// Draws the next term of a role from a hat that gives the order of the pool, turned by `turn`.
fn hat(cell: &mut TestCell, role: &str, turn: usize) -> EntryId {
    let call = call_for(cell, role, Way::Hat);
    let (mut first, mut then) = (call.first.to_vec(), call.then.to_vec());
    let by = turn % first.len();
    first.rotate_left(by);
    if !then.is_empty() {
        let by = turn % then.len();
        then.rotate_left(by);
    }
    let draw = cell.must("heron", &call);
    let order = List::new([first, then].concat()).unwrap();
    for who in ["heron", "wren", "finch"] {
        cell.must(who, &HatDrawn { common: Common::default(), draw, order: order.clone() });
    }
    draw
}

fn holders(cell: &TestCell, draw: EntryId) -> Vec<MemberId> {
    cell.state.rotation().draw(&draw).unwrap().holders.clone()
}

fn who(cell: &TestCell, id: MemberId) -> &'static str {
    PEOPLE.into_iter().find(|who| cell.id(who) == id).unwrap()
}

#[test]
fn nobody_has_two_turns_before_everyone_had_one() {
    for seats in [1, 2] {
        let role = RoleSet { seats, ..role("cook") };
        let mut cell = cell_with(&[role], &PEOPLE);
        let mut turns: BTreeMap<MemberId, u32> = PEOPLE.map(|who| (cell.id(who), 0)).into();
        for round in 0..24 {
            let draw = hat(&mut cell, "cook", round * 5 + 3);
            let least = *turns.values().min().unwrap();
            for id in holders(&cell, draw) {
                // Those who may not, because they had it just before, wait; all others come in turn.
                assert_eq!(turns[&id], least, "round {round}");
                *turns.get_mut(&id).unwrap() += 1;
            }
            let (least, most) = (turns.values().min().unwrap(), turns.values().max().unwrap());
            assert!(most - least <= 1, "{turns:?}");
            cell.wait_days(7);
        }
    }
}

#[test]
fn a_newcomer_goes_next_and_need_not_make_up_for_the_years_before() {
    let mut cell = cell_with(&[role("cook")], &PEOPLE);
    for round in 0..12 {
        hat(&mut cell, "cook", round);
        cell.wait_days(7);
    }
    let lark = cell.admit("lark");
    let pool = call_for(&cell, "cook", Way::Hat);
    assert_eq!(*pool.first, [lark]);
    let draw = hat(&mut cell, "cook", 0);
    assert_eq!(holders(&cell, draw), [lark]);
    cell.wait_days(7);
    // From now on all are even: the four others first, and then lark again.
    let mut seen = Vec::new();
    for round in 0..5 {
        let draw = hat(&mut cell, "cook", round);
        seen.extend(holders(&cell, draw));
        cell.wait_days(7);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 5);
}

#[test]
fn nobody_twice_in_a_row_and_nobody_in_two_roles_at_once() {
    let roles = [
        role("cook"),
        role("treasurer"),
        RoleSet { conditions: Conditions { again: true, double: true, training: None }, ..role("porter") },
    ];
    let mut cell = cell_with(&roles, &PEOPLE);
    let cook = hat(&mut cell, "cook", 1);
    let cook = holders(&cell, cook)[0];
    let treasurer = call_for(&cell, "treasurer", Way::Hat);
    assert!(!treasurer.first.contains(&cook), "one role at a time");
    assert!(call_for(&cell, "porter", Way::Hat).first.contains(&cook), "unless the role lets it");
    let next = call_for(&cell, "cook", Way::Hat);
    assert_eq!(next.purpose, Purpose::Role { role: name("cook"), term: 1 });
    assert!(!next.first.contains(&cook) && !next.then.contains(&cook), "not twice in a row");
    cell.wait_days(7);
    assert!(call_for(&cell, "treasurer", Way::Hat).first.contains(&cook), "the other term is over");
}

#[test]
fn a_training_is_granted_by_the_cell_and_passed_on_by_who_has_it() {
    let conditions = Conditions { training: Some(name("first aid")), ..Conditions::default() };
    let mut cell = cell_with(&[RoleSet { conditions, ..role("medic") }], &["heron"]);
    let train =
        |member, granted| Trained { common: Common::default(), member, training: name("first aid"), granted };
    let heron = cell.id("heron");
    cell.must("heron", &train(heron, true));
    let wren = cell.admit("wren");
    let finch = cell.admit("finch");
    let pool =
        |cell: &TestCell| cell.state.rotation().pool(cell.state.members(), &name("medic"), 0, cell.now).first;
    assert_eq!(pool(&cell), [heron]);
    let void = |effect, reason| assert_eq!(effect, Effect::Void(reason));
    void(cell.say("wren", &train(finch, true)), Reason::NeedsDecision);
    void(cell.say("wren", &train(wren, true)), Reason::NeedsDecision);
    cell.must("heron", &train(wren, true));
    cell.must("wren", &train(finch, true));
    assert_eq!(pool(&cell), [heron, wren, finch]);
    void(cell.say("heron", &train(finch, false)), Reason::NeedsDecision);
    void(cell.say("heron", &train(member(5), true)), Reason::UnknownMember);
}

#[test]
fn two_swap_when_both_say_so() {
    let mut cell = cell_with(&[role("cook")], &PEOPLE);
    let draws = [0, 1, 2, 3].map(|turn| hat(&mut cell, "cook", turn));
    let had: Vec<&str> = draws.iter().map(|draw| who(&cell, holders(&cell, *draw)[0])).collect();
    let (a, b) = (had[0], had[2]);
    let offer = |cell: &TestCell, mine, with: &str, theirs| SwapOffered {
        common: Common::default(),
        mine,
        with: cell.id(with),
        theirs,
    };
    let void = |effect, reason| assert_eq!(effect, Effect::Void(reason));
    let good = offer(&cell, draws[0], b, Some(draws[2]));
    void(cell.say(b, &good), Reason::UnknownMember);
    void(cell.say(had[1], &good), Reason::NoTurn);
    let with_itself = offer(&cell, draws[0], a, None);
    void(cell.say(a, &with_itself), Reason::UnknownMember);
    // Who has the turn after it would have two in a row.
    let in_a_row = offer(&cell, draws[0], had[1], None);
    void(cell.say(a, &in_a_row), Reason::SwapUnfit);
    let offered = cell.must(a, &good);
    let agree = SwapAgreed { common: Common::default(), offer: offered };
    void(cell.say(had[1], &agree), Reason::NoSwap);
    // The third term lies beside the second and fourth: a may not have those.
    let effect = cell.say(b, &agree);
    assert_eq!(effect, Effect::Applied);
    assert_eq!(holders(&cell, draws[0]), [cell.id(b)]);
    assert_eq!(holders(&cell, draws[2]), [cell.id(a)]);
    void(cell.say(b, &agree), Reason::NoSwap);
    let turns = &cell.state.rotation().role(&name("cook")).unwrap().turns;
    assert!(turns.values().all(|had| *had == 1), "{turns:?}");
    // A turn that is over is not swapped any more.
    cell.wait_days(8);
    let late = offer(&cell, draws[0], a, None);
    void(cell.say(b, &late), Reason::NoTurn);
}

#[test]
fn who_refuses_is_not_seated_again_and_who_may_not_is_passed_over() {
    let mut cell = cell_with(&[role("cook")], &PEOPLE);
    let draws = [0, 0, 0].map(|turn| hat(&mut cell, "cook", turn));
    let had: Vec<&str> = draws.iter().map(|draw| who(&cell, holders(&cell, *draw)[0])).collect();
    assert_eq!(had, ["heron", "wren", "finch"]);
    // Heron and finch swap the first week and the third; then finch cannot after all.
    let offer = SwapOffered {
        common: Common::default(),
        mine: draws[0],
        with: cell.id("finch"),
        theirs: Some(draws[2]),
    };
    let offer = cell.must("heron", &offer);
    cell.must("finch", &SwapAgreed { common: Common::default(), offer });
    cell.must("finch", &Refused { common: Common::default(), draw: draws[0] });
    // Wren, next in the order, has the week after it; finch has refused: it goes to robin.
    assert_eq!(holders(&cell, draws[0]), [cell.id("robin")]);
    cell.must("robin", &Refused { common: Common::default(), draw: draws[0] });
    assert!(holders(&cell, draws[0]).is_empty());
}

#[test]
fn a_lot_is_drawn_once_among_all_who_may_vote() {
    let mut cell = cell_with(&[], &PEOPLE);
    let about = cell.records()[0].entry().id();
    let pool = cell.state.rotation().lot_pool(cell.state.members(), cell.now);
    let call = DrawCalled {
        common: Common::default(),
        purpose: Purpose::Lot { about, seats: 3 },
        first: List::new(pool.first).unwrap(),
        then: List::default(),
        way: WAY,
    };
    let draw = cell.must("wren", &call);
    assert_eq!(cell.say("heron", &call), Effect::Void(Reason::DrawOpen));
    commit_all(&mut cell, draw, &PEOPLE, 1);
    reveal_all(&mut cell, draw, &PEOPLE, 1);
    let lot = cell.state.rotation().lot(&about).unwrap();
    assert_eq!((lot.id, lot.holders.len()), (draw, 3));
    assert_eq!(lot.holders, lot.order[..3]);
}
