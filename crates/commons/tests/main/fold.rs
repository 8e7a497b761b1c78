//! The fold: the same log gives the same state, wherever it was interrupted, and the balances are the
//! sums of what was applied.

use crate::say::*;
use lifeboat_commons::ledger::LedgerStatement as Said;
use lifeboat_commons::ledger::{Given, Meet, Quantity, Received, Source, Thing};
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Amount, Common, Effect, History, PlaceId, Reason, State, Statement};
use lifeboat_log::{EntryId, Position};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What a neighbour might do next. Numbers point at earlier entries of the log, counted from the end.
#[derive(Debug, Clone)]
enum Deed {
    Receive(i64, usize),
    Give(i64, usize, bool),
    Need(i64, usize),
    Offer(i64, usize),
    Meet { need: usize, source: Option<usize>, amount: i64 },
    Correct { what: usize, amount: i64, thing: usize },
    Confirm(usize, i64),
    Withdraw(usize),
    Wait(u64),
}

fn deeds() -> impl Strategy<Value = Vec<(bool, Deed)>> {
    let (n, thing, back) = (0..30_i64, 0..4_usize, 1..12_usize);
    let deed = prop_oneof![
        3 => (n.clone(), thing.clone()).prop_map(|(n, t)| Deed::Receive(n, t)),
        3 => (n.clone(), thing.clone(), any::<bool>()).prop_map(|(n, t, s)| Deed::Give(n, t, s)),
        2 => (n.clone(), thing.clone()).prop_map(|(n, t)| Deed::Need(n, t)),
        2 => (n.clone(), thing.clone()).prop_map(|(n, t)| Deed::Offer(n, t)),
        3 => (back.clone(), proptest::option::of(back.clone()), n.clone())
            .prop_map(|(need, source, amount)| Deed::Meet { need, source, amount }),
        4 => (back.clone(), n.clone(), thing).prop_map(|(what, amount, thing)| Deed::Correct { what, amount, thing }),
        1 => (back.clone(), n).prop_map(|(b, n)| Deed::Confirm(b, n)),
        1 => back.prop_map(Deed::Withdraw),
        1 => (0..9_u64).prop_map(Deed::Wait),
    ];
    proptest::collection::vec((any::<bool>(), deed), 0..60)
}

fn some(n: i64, thing: usize) -> Quantity {
    let amount = Amount::whole(n).unwrap();
    match thing {
        0 => Quantity::money(amount, "EUR").unwrap(),
        1 => Quantity::goods(amount, "kg", "rice").unwrap(),
        2 => Quantity::goods(amount, "kg", "beans").unwrap(),
        _ => Quantity::goods(amount, "", "tents").unwrap(),
    }
}

fn place_of(thing: usize) -> Common {
    Common { place: Some(PlaceId(1 + (thing % 2) as u16)), ..Common::default() }
}

/// Does the deed by signing an entry, composed or not: what is not proper is void by the fold's own check.
fn act(cell: &mut TestCell, by: &str, deed: &Deed) {
    let earlier = |cell: &TestCell, back: usize| {
        let at = cell.records().len().saturating_sub(back);
        cell.records()[at].entry().clone()
    };
    let (kind, body) = match deed.clone() {
        Deed::Wait(days) => return cell.wait_days(days),
        Deed::Receive(n, t) => coded(48, &Received { common: place_of(t), quantity: some(n, t) }),
        Deed::Give(n, t, slip) => coded(49, &Given { common: place_of(t), quantity: some(n, t), slip }),
        Deed::Need(n, t) => {
            coded(50, &lifeboat_commons::ledger::Need { quantity: some(n, t), ..need(cell, "1 x") })
        }
        Deed::Offer(n, t) => {
            coded(51, &lifeboat_commons::ledger::Offer { quantity: some(n, t), ..offer(cell, "1 x") })
        }
        Deed::Meet { need, source, amount } => {
            let source =
                source.map_or(Source::Stock(Some(HALL)), |back| Source::Offer(earlier(cell, back).id()));
            let amount = Amount::whole(amount).unwrap();
            coded(52, &Meet { common: Common::default(), need: earlier(cell, need).id(), source, amount })
        }
        Deed::Confirm(back, n) => coded(54, &confirm(earlier(cell, back).id(), &n.to_string(), true)),
        Deed::Withdraw(back) => coded(55, &withdraw(earlier(cell, back).id())),
        Deed::Correct { what, amount, thing } => {
            let old = earlier(cell, what);
            let Ok(Statement::Ledger(said)) = Statement::decode(&old) else { return };
            corrected(&said, old.id(), amount, thing)
        }
    };
    let entry = cell.sign_kind(by, lifeboat_log::Kind(kind), &body);
    cell.wait_ms(1000);
    cell.place(entry);
}

fn coded<B: lifeboat_commons::Body>(kind: u16, body: &B) -> (u16, Vec<u8>) {
    (kind, lifeboat_log::codec::encode(body))
}

fn corrected(said: &Said, id: EntryId, n: i64, thing: usize) -> (u16, Vec<u8>) {
    let amount = Amount::whole(n).unwrap();
    let common = said.common().correcting(id);
    match said.clone() {
        Said::Received(_) => coded(48, &Received { common, quantity: some(n, thing) }),
        Said::Given(old) => coded(49, &Given { common, quantity: old.quantity.with(amount), ..old }),
        Said::Need(old) => {
            coded(50, &lifeboat_commons::ledger::Need { common, quantity: old.quantity.with(amount), ..old })
        }
        Said::Offer(old) => {
            coded(51, &lifeboat_commons::ledger::Offer { common, quantity: old.quantity.with(amount), ..old })
        }
        Said::Meet(old) => coded(52, &Meet { common, amount, ..old }),
        Said::OpeningStock(old) => coded(53, &lifeboat_commons::ledger::OpeningStock { common, ..old }),
        Said::ReceiptConfirmed(old) => {
            coded(54, &lifeboat_commons::ledger::ReceiptConfirmed { common, ..old })
        }
        Said::Withdraw(old) => coded(55, &lifeboat_commons::ledger::Withdraw { common, ..old }),
    }
}

/// Sums what was applied and not corrected, in the plainest way.
fn summed(cell: &TestCell) -> BTreeMap<(String, Option<u16>), i64> {
    let mut sums = BTreeMap::new();
    for record in cell.records() {
        let at = record.link().position;
        if cell.state.effect(at) != Some(Effect::Applied) || cell.state.corrected_by(at).is_some() {
            continue;
        }
        let Ok(Statement::Ledger(said)) = Statement::decode(record.entry()) else { continue };
        let (thing, place, change) = match said {
            Said::Received(r) => (r.quantity.thing, r.common.place, r.quantity.amount.millionths()),
            Said::OpeningStock(o) => (o.quantity.thing, o.common.place, o.quantity.amount.millionths()),
            Said::Given(g) => (g.quantity.thing, g.common.place, -g.quantity.amount.millionths()),
            Said::Meet(m) => {
                let Source::Stock(place) = m.source else { continue };
                let need = cell.find(&m.need).unwrap();
                let Ok(Statement::Ledger(Said::Need(need))) = Statement::decode(need.entry()) else {
                    continue;
                };
                (need.quantity.thing, place, -m.amount.millionths())
            }
            _ => continue,
        };
        let name = match thing {
            Thing::Money { currency } => (currency.to_string(), None),
            Thing::Goods { item, unit } => (format!("{unit} {item}"), place.map(|p| p.0)),
        };
        *sums.entry(name).or_insert(0) += change;
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

fn held(state: &State) -> BTreeMap<(String, Option<u16>), i64> {
    let ledger = state.ledger();
    let money = ledger.balances().into_iter().map(|(code, sum)| ((code.to_string(), None), sum.millionths()));
    let goods = ledger
        .stock()
        .map(|(item, unit, place, held)| ((format!("{unit} {item}"), place.map(|p| p.0)), held.millionths()));
    money.chain(goods).filter(|(_, sum)| *sum != 0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_same_log_gives_the_same_state_and_balances_are_sums(deeds in deeds(), cut in 0..60_usize) {
        let mut cell = pair();
        for (heron, deed) in &deeds {
            let before = cell.records().len();
            let state = cell.state.clone();
            act(&mut cell, if *heron { "heron" } else { "wren" }, deed);
            if cell.records().len() > before && cell.effect() != Effect::Applied {
                let closed = state.at(cell.state.time());
                prop_assert_eq!(closed.ledger(), cell.state.ledger(), "only time may change it");
            }
        }
        prop_assert_eq!(summed(&cell), held(&cell.state));
        prop_assert!(held(&cell.state).values().all(|sum| *sum >= 0));
        let mut straight = State::new(cell.cell());
        let mut resumed = State::new(cell.cell());
        for (i, record) in cell.records().iter().enumerate() {
            let effect = straight.apply(record, &cell);
            prop_assert_eq!(Some(effect), straight.effect(Position(i as u64)));
            if i == cut {
                resumed = State::decode(&resumed.encode()).unwrap();
            }
            resumed.apply(record, &cell);
        }
        prop_assert_eq!(&straight, &cell.state);
        prop_assert_eq!(resumed.encode(), straight.encode());
        prop_assert_eq!(resumed.hash(), cell.state.hash());
    }

    #[test]
    fn a_preview_says_what_the_fold_then_does(deeds in deeds()) {
        let mut cell = pair();
        for (heron, deed) in &deeds {
            act(&mut cell, if *heron { "heron" } else { "wren" }, deed);
        }
        let mut state = State::new(cell.cell());
        for record in cell.records() {
            let (link, entry) = (record.link(), record.entry());
            let preview = (link.position.0 > 0).then(|| state.preview(entry, link.time, &Before(&cell, link.position)));
            let effect = state.apply(record, &cell);
            prop_assert!(preview.is_none_or(|preview| preview == effect));
        }
    }
}

/// What stood in the log before a position.
struct Before<'a>(&'a TestCell, Position);

impl History for Before<'_> {
    fn find(&self, id: &EntryId) -> Option<lifeboat_log::Record> {
        self.0.find(id).filter(|record| record.link().position < self.1)
    }
}

#[test]
fn what_was_said_is_forgotten_once_it_cannot_be_placed() {
    let mut cell = pair();
    for _ in 0..200 {
        cell.must("wren", &received("1 EUR"));
    }
    let full = cell.state.encode().len();
    cell.wait_days(40);
    cell.must("wren", &received("1 EUR"));
    let slim = cell.state.encode().len();
    assert!(full - slim >= 200 * 8, "{full} then {slim}");
    assert_eq!(cell.state.voids(), 0);
    void(cell.say("wren", &given("900 EUR")), Reason::NotEnough { held: amount("201") });
    assert_eq!(cell.state.voids(), 1);
}
