//! What a keeper may place, and that an entry placed all the same is void and counted.

use crate::say::*;
use lifeboat_commons::limits::DAY_MS;
use lifeboat_commons::testing::{TestCell, charter};
use lifeboat_commons::{Effect, Inadmissible, NoHistory, Reason, State, compose};
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::{CellId, Entry, EntryId, Kind, SignedEntry, Term};

fn said(cell: &mut TestCell, by: &str, change: impl FnOnce(&mut Entry)) -> SignedEntry {
    cell.sign_with(by, compose(&received("1 EUR")).unwrap(), change)
}

/// The door, the preview and the fold say the same.
#[track_caller]
fn refused(cell: &mut TestCell, entry: SignedEntry, why: Inadmissible) {
    let faults = |cell: &TestCell| cell.state.faults().map(|(_, n)| n).sum::<u64>();
    let before = faults(cell);
    assert_eq!(cell.state.admissible(&entry, cell.now, cell), Err(why));
    assert_eq!(cell.state.preview(&entry, cell.now, cell), Effect::Void(why.into()));
    let held = cell.state.ledger().clone();
    if entry.cell == cell.cell() {
        assert_eq!(cell.place(entry), Effect::Void(Reason::Inadmissible(why)));
        assert_eq!(faults(cell), before + 1);
        assert_eq!(*cell.state.ledger(), held);
    }
}

#[test]
fn what_a_member_says_properly_is_admissible() {
    let mut cell = pair();
    let entry = said(&mut cell, "wren", |_| {});
    assert_eq!(cell.state.admissible(&entry, cell.now, &cell), Ok(()));
    assert_eq!(cell.state.preview(&entry, cell.now, &cell), Effect::Applied);
    assert_eq!(cell.place(entry), Effect::Applied);
}

#[test]
fn strangers_and_other_cells_are_refused() {
    let mut cell = pair();
    let entry = said(&mut cell, "stranger", |_| {});
    refused(&mut cell, entry, Inadmissible::NotAMember);
    let entry = said(&mut cell, "wren", |draft| draft.cell = CellId([3; 32]));
    refused(&mut cell, entry, Inadmissible::WrongCell);
}

#[test]
fn late_and_early_entries_are_refused() {
    let mut cell = pair();
    let entry = said(&mut cell, "wren", |draft| draft.not_after = draft.author_time);
    assert_eq!(cell.state.admissible(&entry, cell.now, &cell), Ok(()), "its last moment");
    cell.wait_ms(1);
    refused(&mut cell, entry, Inadmissible::Expired);
    let skew = charter().skew_ms();
    let ahead = |draft: &mut Entry, ms| {
        draft.author_time = draft.author_time.plus_ms(ms);
        draft.not_after = draft.author_time;
    };
    let entry = said(&mut cell, "wren", |draft| ahead(draft, skew));
    assert_eq!(cell.state.admissible(&entry, cell.now, &cell), Ok(()));
    let entry = said(&mut cell, "wren", |draft| ahead(draft, skew + 1));
    refused(&mut cell, entry, Inadmissible::ClockAhead);
}

#[test]
fn the_same_nonce_of_a_member_is_placed_once_whatever_else_it_says() {
    let mut cell = pair();
    let entry = said(&mut cell, "wren", |_| {});
    let nonce = entry.nonce;
    cell.place(entry);
    let again = said(&mut cell, "wren", |draft| {
        draft.nonce = nonce;
        draft.not_after = draft.not_after.plus_ms(9 * DAY_MS);
    });
    refused(&mut cell, again, Inadmissible::Duplicate);
    let others = said(&mut cell, "heron", |draft| draft.nonce = nonce);
    assert_eq!(cell.place(others), Effect::Applied);
}

#[test]
fn a_member_places_only_so_many_entries_a_day() {
    let mut charter = charter();
    charter.quota = 3;
    let mut cell = TestCell::found_with(1, "heron", &charter);
    cell.must("heron", &received("1 EUR"));
    cell.must("heron", &received("1 EUR"));
    let entry = said(&mut cell, "heron", |_| {});
    refused(&mut cell, entry, Inadmissible::OverQuota);
    cell.wait_days(1);
    cell.must("heron", &received("1 EUR"));
}

#[test]
fn what_must_stand_before_it_must_stand_before_it() {
    let mut cell = pair();
    let first = said(&mut cell, "wren", |_| {});
    let waits = said(&mut cell, "wren", |draft| draft.after = List::new(vec![first.id()]).unwrap());
    assert_eq!(cell.state.admissible(&waits, cell.now, &cell), Err(Inadmissible::AfterMissing));
    cell.place(first);
    assert_eq!(cell.state.admissible(&waits, cell.now, &cell), Ok(()));
    let never = said(&mut cell, "wren", |draft| draft.after = List::new(vec![EntryId([1; 32])]).unwrap());
    refused(&mut cell, never, Inadmissible::AfterMissing);
}

#[test]
fn what_opens_a_term_is_never_handed_in() {
    let cell = pair();
    let founding = cell.records()[0].entry().clone();
    assert_eq!(cell.state.admissible(&founding, cell.now, &cell), Err(Inadmissible::NeverSubmitted));
}

#[test]
fn before_its_founding_a_cell_admits_nobody() {
    let mut cell = pair();
    let entry = said(&mut cell, "wren", |_| {});
    let empty = State::new(cell.cell());
    assert_eq!(empty.admissible(&entry, cell.now, &NoHistory), Err(Inadmissible::NotFounded));
}

#[test]
fn kinds_and_versions_of_tomorrow_are_admitted_and_void() {
    let mut cell = pair();
    let unknown = cell.sign_kind("wren", Kind(9_999), b"anything");
    assert_eq!(cell.state.admissible(&unknown, cell.now, &cell), Ok(()));
    void(cell.place(unknown), Reason::NewerVersion);
    let newer = said(&mut cell, "wren", |draft| draft.version = 2);
    void(cell.place(newer), Reason::NewerVersion);
    assert_eq!(cell.state.faults().count(), 0);
}

#[test]
fn a_record_out_of_order_changes_nothing() {
    let mut cell = pair();
    let before = cell.state.clone();
    let record = cell.last().clone();
    let effect = cell.state.apply(&record, &NoHistory);
    assert_eq!((effect, &cell.state), (Effect::Void(Reason::OutOfOrder), &before));
}

#[test]
fn rules_of_tomorrow_are_not_folded() {
    let cell = pair();
    let key = cell.key("heron");
    let mut draft = (**cell.records()[0].entry()).clone();
    let body = lifeboat_log::Founding::new(&draft, cell.node.public(), &cell.term_key, 2, Bytes::default());
    draft.body = Bytes::new(lifeboat_log::codec::encode(&body)).unwrap();
    let entry = draft.sign(&key).unwrap();
    let mut state = State::new(CellId::of_founding(entry.id()));
    let link = lifeboat_log::Link::new(Term::FIRST, state.next(), state.head(), cell.now, entry.id());
    let record = lifeboat_log::Record::place(link, entry).unwrap();
    assert_eq!(state.apply(&record, &NoHistory), Effect::Void(Inadmissible::NewerRules.into()));
    assert_eq!(state.rules(), 2);
}
