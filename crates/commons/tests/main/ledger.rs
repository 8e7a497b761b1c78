//! What the ledger does, and each reason for which it does not.

use crate::say::*;
use lifeboat_commons::body::BadBody;
use lifeboat_commons::ledger::{Fit, Given, Quantity, Received, Source};
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Amount, CategoryId, Common, Day, Effect, PlaceId, Reason};
use lifeboat_log::{EntryId, Kind, Position};

fn balance(cell: &TestCell) -> String {
    let eur = cell.state.ledger().balances();
    eur.iter().map(|(code, sum)| format!("{} {code}", sum.money())).collect::<Vec<_>>().join(", ")
}

fn stock(cell: &TestCell) -> Vec<String> {
    let line = |(item, unit, place, held): (&_, &_, Option<PlaceId>, Amount)| {
        format!("{held} {unit} {item} {:?}", place.map(|p| p.0))
    };
    cell.state.ledger().stock().map(line).collect()
}

#[test]
fn the_cell_cannot_give_more_money_than_it_holds() {
    let mut cell = pair();
    void(cell.say("wren", &given("5 EUR")), Reason::NotEnough { held: Amount::ZERO });
    cell.must("wren", &received("40 EUR"));
    void(cell.say("wren", &given("40.01 EUR")), Reason::NotEnough { held: amount("40") });
    cell.must("heron", &given("12.50 EUR"));
    cell.must("heron", &opening("2.50 EUR"));
    assert_eq!(balance(&cell), "30.00 EUR");
}

#[test]
fn categories_are_shown_apart_and_the_currency_is_the_limit() {
    let mut cell = pair();
    let in_category = |id, text| {
        let common = Common { category: Some(CategoryId(id)), ..Common::default() };
        (
            Received { common, quantity: quantity(text) },
            Given { common, quantity: quantity(text), slip: false },
        )
    };
    cell.must("wren", &received("40 EUR"));
    cell.must("wren", &in_category(1, "10 EUR").0);
    cell.must("wren", &in_category(1, "15 EUR").1);
    void(cell.say("wren", &in_category(2, "35.01 EUR").1), Reason::NotEnough { held: amount("35") });
    let flows: Vec<_> =
        cell.state.ledger().money().map(|(_, c, flow)| (c.map(|c| c.0), flow.balance())).collect();
    assert_eq!(flows, [(None, amount("40")), (Some(1), amount("-5"))]);
    void(cell.say("wren", &in_category(9, "1 EUR").0), Reason::UnknownCategory);
}

#[test]
fn goods_lie_at_a_place_in_a_unit() {
    let mut cell = pair();
    cell.must("wren", &Received { common: at(KITCHEN), quantity: quantity("20 kg rice") });
    cell.must("wren", &Received { common: at(HALL), quantity: quantity("3 bag rice") });
    let from = |place, text| Given { common: at(place), quantity: quantity(text), slip: false };
    void(cell.say("wren", &from(HALL, "1 kg rice")), Reason::NotEnough { held: Amount::ZERO });
    void(cell.say("wren", &from(KITCHEN, "21 kg rice")), Reason::NotEnough { held: amount("20") });
    cell.must("wren", &from(KITCHEN, "20 kg rice"));
    assert_eq!(stock(&cell), ["3 bag rice Some(2)"]);
    void(cell.say("wren", &from(PlaceId(9), "1 kg rice")), Reason::UnknownPlace);
}

#[test]
fn a_currency_that_the_charter_does_not_list_is_void() {
    let mut cell = pair();
    void(cell.say("wren", &received("5 USD")), Reason::UnknownCurrency);
    let until = in_days(&cell, 3);
    let mut dollars = need(&cell, "5 USD");
    dollars.until = until;
    void(cell.say("wren", &dollars), Reason::UnknownCurrency);
}

#[test]
fn a_need_is_met_in_part_by_an_offer_and_by_stock() {
    let mut cell = pair();
    let rice = need(&cell, "20 kg rice");
    let rice = cell.must("wren", &rice);
    let some = offer(&cell, "12 kg rice");
    let some = cell.must("heron", &some);
    let beans = offer(&cell, "12 kg beans");
    let beans = cell.must("heron", &beans);
    cell.must("heron", &Received { common: at(KITCHEN), quantity: quantity("9 kg rice") });
    {
        let ledger = cell.state.ledger();
        let fits = ledger.fits_need(ledger.need(&rice).unwrap());
        assert!(
            matches!(&fits[..], [Fit::Offer(o), Fit::Stock { place: Some(KITCHEN), .. }] if o.id == some)
        );
        assert_eq!(ledger.fits_offer(ledger.offer(&some).unwrap())[0].id, rice);
    }
    void(cell.say("wren", &meet(rice, Source::Offer(beans), "1")), Reason::DoesNotFit);
    void(cell.say("wren", &meet(rice, Source::Offer(some), "13")), Reason::NotEnough { held: amount("12") });
    cell.must("wren", &meet(rice, Source::Offer(some), "12"));
    assert_eq!(cell.state.ledger().need(&rice).unwrap().open(), amount("8"));
    assert_eq!(cell.state.ledger().open_offers().len(), 1);
    void(
        cell.say("wren", &meet(rice, Source::Stock(Some(KITCHEN)), "9")),
        Reason::MoreThanOpen { open: amount("8") },
    );
    void(cell.say("wren", &meet(rice, Source::Stock(None), "8")), Reason::NotEnough { held: Amount::ZERO });
    cell.must("wren", &meet(rice, Source::Stock(Some(KITCHEN)), "8"));
    assert_eq!(stock(&cell), ["1 kg rice Some(1)"]);
    void(cell.say("wren", &meet(rice, Source::Stock(Some(KITCHEN)), "1")), Reason::AlreadyMet);
    void(cell.say("wren", &meet(EntryId::ZERO, Source::Stock(None), "1")), Reason::NotOpen);
    assert!(cell.state.ledger().open_needs().is_empty());
}

#[test]
fn a_need_of_money_is_met_from_what_the_cell_holds() {
    let mut cell = pair();
    cell.must("heron", &received("40 EUR"));
    let bus = need(&cell, "5 EUR");
    let bus = cell.must("wren", &bus);
    cell.must("heron", &meet(bus, Source::Stock(None), "5"));
    assert_eq!(balance(&cell), "35.00 EUR");
}

#[test]
fn needs_close_by_themselves_before_the_first_link_at_their_time() {
    let mut cell = pair();
    let rice = need(&cell, "20 kg rice");
    let until = rice.until;
    let rice = cell.must("wren", &rice);
    cell.must("wren", &opening("20 kg rice"));
    assert_eq!(cell.state.at(until).ledger().open_needs().len(), 0);
    let before = cell.sign("wren", lifeboat_commons::compose(&meet(rice, Source::Stock(None), "1")).unwrap());
    assert_eq!(cell.state.preview(&before, until, &cell), Effect::Void(Reason::NotOpen));
    cell.now = until;
    void(cell.say("wren", &meet(rice, Source::Stock(None), "1")), Reason::NotOpen);
    assert!(cell.state.ledger().need(&rice).is_none());
    let mut late = need(&cell, "1 kg rice");
    late.until = cell.now;
    void(cell.say("wren", &late), Reason::PastItsDay);
    late.until = in_days(&cell, 400);
    void(cell.say("wren", &late), Reason::TooFarAhead);
}

#[test]
fn only_who_posted_it_withdraws_a_need_or_offer() {
    let mut cell = pair();
    let rice = need(&cell, "20 kg rice");
    let rice = cell.must("wren", &rice);
    void(cell.say("heron", &withdraw(rice)), Reason::NotTheAuthor);
    cell.must("wren", &withdraw(rice));
    void(cell.say("wren", &withdraw(rice)), Reason::NotOpen);
    let beans = offer(&cell, "2 kg beans");
    let beans = cell.must("heron", &beans);
    cell.must("heron", &withdraw(beans));
    assert!(cell.state.ledger().open_offers().is_empty());
}

#[test]
fn a_slip_is_confirmed_once_by_who_did_not_give() {
    let mut cell = pair();
    cell.must("heron", &opening("20 kg rice"));
    let slip = |text| Given { slip: true, ..given(text) };
    let first = cell.must("heron", &slip("5 kg rice"));
    let second = cell.must("heron", &slip("3 kg rice"));
    assert_eq!(cell.state.ledger().slip(&first).unwrap().position, Position(3));
    void(cell.say("heron", &confirm(first, "5", false)), Reason::OwnSlip);
    void(cell.say("wren", &confirm(first, "6", false)), Reason::NotEnough { held: amount("5") });
    cell.must("wren", &confirm(first, "5", false));
    void(cell.say("wren", &confirm(first, "5", false)), Reason::NoSlip);
    cell.must("heron", &confirm(second, "2.5", true));
    assert_eq!(cell.state.ledger().slips().count(), 0);
    let third = cell.must("heron", &slip("1 kg rice"));
    cell.wait_days(91);
    void(cell.say("wren", &confirm(third, "1", false)), Reason::NoSlip);
}

#[test]
fn a_correction_takes_the_former_effect_back_exactly() {
    let mut cell = pair();
    let wrong = cell.must("wren", &received("400 EUR"));
    let fix = |id, text| Received { common: fixing(id), quantity: quantity(text) };
    void(cell.say("heron", &fix(wrong, "40 EUR")), Reason::NotTheAuthor);
    let right = cell.must("wren", &fix(wrong, "40 EUR"));
    assert_eq!(balance(&cell), "40.00 EUR");
    assert_eq!(cell.state.corrected_by(Position(2)), Some(Position(4)));
    void(cell.say("wren", &fix(wrong, "41 EUR")), Reason::AlreadyCorrected { by: Position(4) });
    cell.must("wren", &given("30 EUR"));
    void(cell.say("wren", &fix(right, "29 EUR")), Reason::GivenSince);
    let goods = cell.must("wren", &fix(right, "30 EUR"));
    assert_eq!(balance(&cell), "0.00 EUR");
    void(cell.say("wren", &fix(goods, "2 kg rice")), Reason::GivenSince);
    let extra = cell.must("wren", &received("7 EUR"));
    cell.must("wren", &fix(extra, "0 EUR"));
    assert_eq!(balance(&cell), "0.00 EUR");
}

#[test]
fn what_cannot_be_corrected_says_why() {
    let mut cell = pair();
    let held = cell.must("wren", &received("40 EUR"));
    void(cell.say("wren", &Given { common: fixing(held), ..given("1 EUR") }), Reason::OtherKind);
    let unknown = Received { common: fixing(EntryId([7; 32])), quantity: quantity("1 EUR") };
    void(cell.say("wren", &unknown), Reason::UnknownEntry);
    void(cell.say("wren", &given("99 EUR")), Reason::NotEnough { held: amount("40") });
    let vain = cell.last().entry().id();
    void(cell.say("wren", &Given { common: fixing(vain), ..given("9 EUR") }), Reason::CorrectsVoid);
    let rice = need(&cell, "1 kg rice");
    let rice = cell.must("wren", &rice);
    cell.must("wren", &withdraw(rice));
    let back = cell.last().entry().id();
    let again = lifeboat_commons::ledger::Withdraw { common: fixing(back), what: rice };
    void(cell.say("wren", &again), Reason::NotCorrectable);
}

#[test]
fn a_corrected_need_keeps_its_number_and_what_was_met() {
    let mut cell = pair();
    let rice = need(&cell, "20 kg rice");
    let rice = cell.must("wren", &rice);
    cell.must("wren", &opening("20 kg rice"));
    cell.must("wren", &meet(rice, Source::Stock(None), "5"));
    let mut other = need(&cell, "20 kg beans");
    other.common = fixing(rice);
    void(cell.say("wren", &other), Reason::DoesNotFit);
    other.quantity = quantity("4 kg rice");
    void(cell.say("wren", &other), Reason::MoreThanOpen { open: amount("4") });
    other.quantity = quantity("8 kg rice");
    let newer = cell.must("wren", &other);
    let post = cell.state.ledger().need(&rice).unwrap();
    assert_eq!((post.position, post.newest, post.open()), (Position(2), newer, amount("3")));
    other.common = fixing(newer);
    other.quantity = quantity("9 kg rice");
    cell.must("wren", &other);
    assert_eq!(cell.state.ledger().need(&rice).unwrap().open(), amount("4"));
    cell.must("wren", &meet(rice, Source::Stock(None), "4"));
}

#[test]
fn a_corrected_meeting_gives_back_what_it_took() {
    let mut cell = pair();
    let rice = need(&cell, "20 kg rice");
    let rice = cell.must("wren", &rice);
    let some = offer(&cell, "12 kg rice");
    let some = cell.must("heron", &some);
    cell.must("wren", &opening("20 kg rice"));
    let met = cell.must("wren", &meet(rice, Source::Offer(some), "12"));
    let fix =
        |id, source, text| lifeboat_commons::ledger::Meet { common: fixing(id), ..meet(rice, source, text) };
    let before = cell.state.ledger().clone();
    void(cell.say("wren", &fix(met, Source::Stock(None), "21")), Reason::MoreThanOpen { open: amount("20") });
    assert_eq!(*cell.state.ledger(), before);
    let stock = cell.must("wren", &fix(met, Source::Stock(None), "20"));
    assert_eq!(cell.state.ledger().offer(&some).unwrap().met, Amount::ZERO);
    let before = cell.state.ledger().clone();
    void(cell.say("wren", &fix(stock, Source::Offer(some), "13")), Reason::NotEnough { held: amount("12") });
    assert_eq!(*cell.state.ledger(), before);
    let last = cell.must("wren", &fix(stock, Source::Offer(some), "0"));
    assert_eq!(cell.state.ledger().need(&rice).unwrap().open(), amount("20"));
    cell.must("wren", &withdraw(rice));
    void(cell.say("wren", &fix(last, Source::Stock(None), "1")), Reason::TooLate);
}

#[test]
fn a_need_that_was_met_is_forgotten_after_some_days() {
    let mut cell = pair();
    let mut rice = need(&cell, "2 kg rice");
    rice.until = in_days(&cell, 300);
    let rice = cell.must("wren", &rice);
    cell.must("wren", &opening("2 kg rice"));
    cell.must("wren", &meet(rice, Source::Stock(None), "2"));
    cell.wait_days(29);
    cell.must("wren", &received("1 EUR"));
    assert!(cell.state.ledger().need(&rice).is_some());
    cell.wait_days(1);
    cell.must("wren", &received("1 EUR"));
    assert!(cell.state.ledger().need(&rice).is_none());
}

#[test]
fn a_day_that_has_not_come_is_void() {
    let mut cell = pair();
    let on = |day| Received {
        common: Common { day: Some(day), ..Common::default() },
        quantity: quantity("1 EUR"),
    };
    let today = Day::of(cell.now);
    cell.must("wren", &on(Day(today.0 + 1)));
    cell.must("wren", &on(Day(0)));
    void(cell.say("wren", &on(Day(today.0 + 2))), Reason::DayAhead);
}

#[test]
fn sums_that_cannot_be_written_are_void() {
    let mut cell = pair();
    let most = Amount::from_millionths(i64::MAX);
    let huge = Received { common: Common::default(), quantity: Quantity::money(most, "EUR").unwrap() };
    cell.must("wren", &huge);
    void(cell.say("wren", &huge), Reason::TooLarge);
    let other = Common { category: Some(CategoryId(1)), ..Common::default() };
    void(cell.say("wren", &Received { common: other, ..huge }), Reason::TooLarge);
}

#[test]
fn bodies_that_say_nothing_proper_are_void_with_the_word_that_composing_gives() {
    let mut cell = pair();
    let long = "a".repeat(64);
    let cases = [
        (quantity("0 EUR"), BadBody::AmountNotPositive),
        (quantity("-1 EUR"), BadBody::AmountNotPositive),
        (Quantity::money(amount("1"), "eur").unwrap(), BadBody::BadCurrency),
        (Quantity::goods(amount("1"), "kg", "").unwrap(), BadBody::BadItem),
        (Quantity::goods(amount("1"), "kg", " rice").unwrap(), BadBody::BadItem),
        (Quantity::goods(amount("1"), "k g", &long).unwrap(), BadBody::BadUnit),
    ];
    for (quantity, bad) in cases {
        let body = Received { common: Common::default(), quantity };
        assert_eq!(lifeboat_commons::compose(&body), Err(bad));
        let entry = cell.sign_kind("wren", Kind(48), &lifeboat_log::codec::encode(&body));
        void(cell.place(entry), Reason::Body(bad));
    }
    let entry = cell.sign_kind("wren", Kind(48), b"rice");
    void(cell.place(entry), Reason::Malformed);
    let minus = Received { common: fixing(EntryId::ZERO), quantity: quantity("-1 EUR") };
    assert_eq!(lifeboat_commons::compose(&minus), Err(BadBody::AmountNegative));
}
