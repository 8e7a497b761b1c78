//! Short words for statements, shared by the tests.

use lifeboat_commons::common::Common;
use lifeboat_commons::ledger::{
    Given, Meet, Need, Offer, OpeningStock, Quantity, ReceiptConfirmed, Received, Source, Withdraw,
};
use lifeboat_commons::limits::DAY_MS;
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Amount, Effect, PlaceId, Reason};
use lifeboat_log::{EntryId, Time};

pub const KITCHEN: PlaceId = PlaceId(1);
pub const HALL: PlaceId = PlaceId(2);

pub fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}
/// `40 EUR`, `20 kg rice`, `3 tents`.
pub fn quantity(text: &str) -> Quantity {
    let words: Vec<&str> = text.split(' ').collect();
    match words[..] {
        [n, code] if code.len() == 3 && code.to_uppercase() == code => Quantity::money(amount(n), code),
        [n, item] => Quantity::goods(amount(n), "", item),
        [n, unit, item] => Quantity::goods(amount(n), unit, item),
        _ => None,
    }
    .unwrap()
}
pub fn at(place: PlaceId) -> Common {
    Common { place: Some(place), ..Common::default() }
}
pub fn fixing(id: EntryId) -> Common {
    Common::default().correcting(id)
}
pub fn in_days(cell: &TestCell, days: u64) -> Time {
    cell.now.plus_ms(days * DAY_MS)
}
pub fn received(text: &str) -> Received {
    Received { common: Common::default(), quantity: quantity(text) }
}
pub fn given(text: &str) -> Given {
    Given { common: Common::default(), quantity: quantity(text), slip: false }
}
pub fn opening(text: &str) -> OpeningStock {
    OpeningStock { common: Common::default(), quantity: quantity(text) }
}
pub fn need(cell: &TestCell, text: &str) -> Need {
    Need { common: Common::default(), quantity: quantity(text), until: in_days(cell, 7) }
}
pub fn offer(cell: &TestCell, text: &str) -> Offer {
    Offer { common: Common::default(), quantity: quantity(text), until: in_days(cell, 7) }
}
pub fn meet(need: EntryId, source: Source, text: &str) -> Meet {
    Meet { common: Common::default(), need, source, amount: amount(text) }
}
pub fn confirm(given: EntryId, text: &str, on_behalf: bool) -> ReceiptConfirmed {
    ReceiptConfirmed { common: Common::default(), given, amount: amount(text), on_behalf }
}
pub fn withdraw(what: EntryId) -> Withdraw {
    Withdraw { common: Common::default(), what }
}
/// Heron and wren, and what the chain of a test begins with.
pub fn pair() -> TestCell {
    let mut cell = TestCell::found(1, "heron");
    cell.admit("wren");
    cell
}
#[track_caller]
pub fn void(effect: Effect, reason: Reason) {
    assert_eq!(effect, Effect::Void(reason));
}
