//! How the charter changes, and when it does not.

use crate::say::*;
use lifeboat_commons::charter::{CharterChange, Setting};
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Charter, Common, Effect, Inadmissible, Reason, State};
use lifeboat_log::codec::{Bytes, List, encode};
use lifeboat_log::{CellId, Link, Record, Term};

fn change(id: u16, value: Vec<u8>) -> CharterChange {
    let setting = Setting { id, version: 1, value: Bytes::new(value).unwrap() };
    CharterChange { common: Common::default(), settings: List::new(vec![setting]).unwrap() }
}

#[test]
fn a_lone_founder_changes_the_charter_and_a_group_does_not() {
    let mut cell = TestCell::found(1, "heron");
    cell.must("heron", &change(3, encode(&14_u16)));
    assert_eq!(cell.state.charter().waiting_days, 14);
    assert_eq!(cell.state.charter().name.as_str(), "Oak Street");
    let first = cell.last().entry().id();
    let again = CharterChange { common: fixing(first), ..change(3, encode(&7_u16)) };
    void(cell.say("heron", &again), Reason::NotCorrectable);
    cell.admit("wren");
    void(cell.say("heron", &change(3, encode(&0_u16))), Reason::NeedsDecision);
    void(cell.say("wren", &change(3, encode(&0_u16))), Reason::NeedsDecision);
    assert_eq!(cell.state.charter().waiting_days, 14);
}

#[test]
fn settings_of_tomorrow_are_kept_and_decide_nothing() {
    let mut cell = TestCell::found(1, "heron");
    cell.must("heron", &change(500, vec![1, 2, 3]));
    let bytes = cell.state.encode();
    assert_eq!(State::decode(&bytes).as_ref(), Ok(&cell.state));
    let list = cell.state.charter().list().unwrap();
    assert_eq!(list.last().map(|setting| (setting.id, setting.value.to_vec())), Some((500, vec![1, 2, 3])));
}

#[test]
fn a_founding_entry_with_a_broken_charter_is_void() {
    let cell = TestCell::found(1, "heron");
    let mut draft = (**cell.records()[0].entry()).clone();
    let charter = Bytes::new(vec![1, 2, 3]).unwrap();
    let body = lifeboat_log::Founding::new(&draft, cell.node.public(), &cell.term_key, 1, charter);
    draft.body = Bytes::new(encode(&body)).unwrap();
    let entry = draft.sign(&cell.key("heron")).unwrap();
    let mut state = State::new(CellId::of_founding(entry.id()));
    let link = Link::new(Term::FIRST, state.next(), state.head(), cell.now, entry.id());
    let record = Record::place(link, entry).unwrap();
    assert_eq!(state.apply(&record, &cell), Effect::Void(Reason::Malformed));
    assert_eq!(state.members().all().count(), 0);
    let mut other = State::new(CellId([1; 32]));
    assert_eq!(other.apply(&record, &cell), Effect::Void(Inadmissible::WrongCell.into()));
}

#[test]
fn places_and_categories_are_found_by_name() {
    let cell = TestCell::found(1, "heron");
    let charter = cell.state.charter();
    assert_eq!(charter.place_named("Kitchen"), Some(KITCHEN));
    assert_eq!(charter.category_named("power-shifting"), Some(Charter::POWER));
    assert_eq!(charter.place(HALL), Some("hall"));
    assert_eq!(charter.place_named("cellar"), None);
}
