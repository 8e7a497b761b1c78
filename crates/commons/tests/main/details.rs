//! Who may erase which text, from where on it counts, and what its time does.

use crate::say::*;
use lifeboat_commons::limits::DAY_MS;
use lifeboat_commons::membership::HandleChanged;
use lifeboat_commons::testing::{TestCell, handle};
use lifeboat_commons::{BadBody, Common, Effect, Erase, History, Paper, Reason, State, Statement, compose};
use lifeboat_log::codec::List;
use lifeboat_log::{BlobHash, Detail, DetailTag, EntryId, Position, Time};
use proptest::prelude::*;

/// The erasure of everything that an entry of this log names.
fn erase(cell: &TestCell, entry: EntryId) -> Erase {
    let record = cell.find(&entry).unwrap();
    let details = record.entry().details.iter().map(|detail| detail.hash.0);
    let said = Statement::decode(record.entry()).unwrap();
    let photo = said.common().and_then(|common| common.paper).and_then(|paper| paper.photo);
    let what = details.chain(photo.map(|photo| photo.0)).collect();
    Erase { common: Common::default(), entry, at: record.link().position, what: List::new(what).unwrap() }
}

/// Somebody erases everything that an entry names.
fn erases(cell: &mut TestCell, who: &str, entry: EntryId) -> Effect {
    let body = erase(cell, entry);
    cell.say(who, &body)
}

fn text(words: &str) -> Detail {
    Detail::open([7; 16], words).unwrap()
}

/// Somebody received a euro and says something to it, until a time.
fn remark(cell: &mut TestCell, who: &str, detail: &Detail, until: Time) -> (EntryId, Position) {
    let reference = detail.reference(DetailTag::NOTE, until);
    let said = compose(&received("1 EUR")).unwrap();
    let entry = cell.sign_with(who, said, |draft| draft.details = List::new(vec![reference]).unwrap());
    cell.wait_ms(1000);
    let id = entry.id();
    assert_eq!(cell.place(entry), Effect::Applied);
    (id, cell.last().link().position)
}

#[test]
fn the_author_erases_and_nobody_else() {
    let mut cell = pair();
    let note = text("for the bus");
    let (id, at) = remark(&mut cell, "wren", &note, Time::ZERO);
    void(erases(&mut cell, "heron", id), Reason::NotTheAuthor);
    assert!(cell.state.details().gone(&note.hash(), at).is_none());
    assert_eq!(erases(&mut cell, "wren", id), Effect::Applied);
    let gone = cell.state.details().gone(&note.hash(), at).unwrap();
    assert_eq!((gone.named, gone.by), (at, Some(cell.last().link().position)));
    void(erases(&mut cell, "wren", id), Reason::AlreadyErased);
    let plain = cell.must("wren", &received("1 EUR"));
    assert_eq!(compose(&erase(&cell, plain)), Err(BadBody::ErasesNothing));
    let known = erase(&cell, id);
    void(cell.say("wren", &Erase { entry: EntryId([9; 32]), ..known.clone() }), Reason::UnknownEntry);
    void(cell.say("wren", &Erase { at: at.next(), ..known.clone() }), Reason::UnknownEntry);
    let nothing = Erase { what: List::default(), ..known.clone() };
    assert_eq!(compose(&nothing), Err(BadBody::ErasesNothing));
    let other = Erase { what: List::new(vec![[3; 32]]).unwrap(), ..known.clone() };
    void(cell.say("wren", &other), Reason::NothingToErase);
    let correcting = Erase { common: fixing(cell.last().entry().id()), ..known };
    assert!(!cell.say("wren", &correcting).is_applied());
}

#[test]
fn naming_the_text_of_another_gives_no_power_over_it() {
    let mut cell = pair();
    let note = text("for the bus");
    let (_, first) = remark(&mut cell, "wren", &note, Time::ZERO);
    let (copy, second) = remark(&mut cell, "heron", &note, Time::ZERO);
    assert_eq!(erases(&mut cell, "heron", copy), Effect::Applied);
    assert!(cell.state.details().gone(&note.hash(), first).is_none(), "wren's own stays");
    assert!(cell.state.details().gone(&note.hash(), second).is_some());
    // The same by an end in the near future.
    let note = text("rice for the hall");
    let (id, first) = remark(&mut cell, "wren", &note, Time::ZERO);
    let soon = cell.now.plus_ms(2000);
    remark(&mut cell, "heron", &note, soon);
    cell.wait_days(1);
    cell.must("heron", &received("1 EUR"));
    assert!(cell.state.details().gone(&note.hash(), first).is_none());
    // Who named it first takes it from all.
    assert_eq!(erases(&mut cell, "wren", id), Effect::Applied);
    let (_, later) = remark(&mut cell, "heron", &note, Time::ZERO);
    assert!(
        cell.state.details().gone(&note.hash(), later).is_some(),
        "it does not come back under another entry"
    );
}

#[test]
fn a_text_ends_by_itself_with_the_time_of_the_log() {
    let mut cell = pair();
    let (note, end) = (text("call me"), cell.now.plus_ms(DAY_MS));
    let (_, at) = remark(&mut cell, "wren", &note, end);
    let changes = cell.state.details().changes();
    cell.must("heron", &received("1 EUR"));
    assert!(cell.state.details().gone(&note.hash(), at).is_none());
    assert!(cell.state.at(end).details().gone(&note.hash(), at).is_some(), "what is shown at that moment");
    cell.wait_days(2);
    cell.must("heron", &received("1 EUR"));
    assert_eq!(cell.state.details().gone(&note.hash(), at).unwrap().by, None);
    assert!(cell.state.details().changes() > changes);
    let (late, gone) = (text("too late"), Time::from_ms(1));
    let (_, at) = remark(&mut cell, "wren", &late, gone);
    assert!(cell.state.details().gone(&late.hash(), at).is_some(), "its time was over before it came");
}

#[test]
fn a_handle_is_its_bearers_to_erase_whoever_vouched() {
    let mut cell = pair();
    cell.admit("finch");
    let (acceptance, name) = cell.acceptance("robin");
    assert_eq!(cell.vouch("heron", &acceptance, &name), Effect::Applied);
    let first = cell.last().link().position;
    assert_eq!(cell.vouch("wren", &acceptance, &name), Effect::Applied);
    let vouch = cell.last().entry().id();
    void(erases(&mut cell, "wren", vouch), Reason::NotTheAuthor);
    assert_eq!(erases(&mut cell, "robin", vouch), Effect::Applied);
    assert_eq!(cell.state.details().gone(&handle("robin").hash(), first).unwrap().named, first);
    // A copy of a handle in a note of one's own gives no power over it.
    let (note, _) = remark(&mut cell, "heron", &handle("finch"), Time::ZERO);
    assert_eq!(erases(&mut cell, "heron", note), Effect::Applied);
    let finch = cell.state.members().get(&cell.id("finch")).unwrap();
    assert!(cell.state.details().gone(&finch.handle, finch.handle_from).is_none());
    let fresh = text("robin-2");
    let said = compose(&HandleChanged { common: Common::default() }).unwrap();
    let reference = fresh.reference(DetailTag::HANDLE, Time::ZERO);
    let entry = cell.sign_with("robin", said, |draft| draft.details = List::new(vec![reference]).unwrap());
    assert_eq!(cell.place(entry), Effect::Applied);
    let robin = cell.state.members().get(&cell.id("robin")).unwrap();
    assert!(cell.state.details().gone(&robin.handle, robin.handle_from).is_none());
}

#[test]
fn a_photo_is_named_by_what_took_effect_and_erased_by_who_named_it_first() {
    let mut cell = pair();
    let photo = BlobHash([5; 32]);
    let paper = Some(Paper { photo: Some(photo), ..Paper::default() });
    let mut said = received("1 EUR");
    said.common.paper = paper;
    let first = cell.must("wren", &said);
    let copy = cell.must("heron", &said);
    assert_eq!(cell.state.details().blobs().count(), 1);
    void(erases(&mut cell, "heron", copy), Reason::AlreadyErased);
    assert_eq!(erases(&mut cell, "wren", first), Effect::Applied);
    assert_eq!(cell.state.details().blobs().count(), 0);
    cell.must("heron", &said);
    assert_eq!(cell.state.details().blobs().count(), 0, "it does not come back");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is said, named, erased and waited for in whatever order: the state reads back, and what
    /// is gone stays gone for that entry and every later one.
    #[test]
    fn what_is_gone_stays_gone(acts in prop::collection::vec((0u8..4, 0usize..6, 0u8..4), 1..30)) {
        let mut cell = pair();
        let mut said: Vec<(EntryId, Position, Detail)> = vec![];
        let mut gone: Vec<(Detail, Position)> = vec![];
        for (act, which, who) in acts {
            let who = if who % 2 == 0 { "heron" } else { "wren" };
            match act {
                0 | 1 => {
                    let detail = Detail::open([which as u8; 16], "rice").unwrap();
                    let until = if act == 0 { Time::ZERO } else { cell.now.plus_ms(DAY_MS) };
                    let (id, at) = remark(&mut cell, who, &detail, until);
                    said.push((id, at, detail));
                }
                2 if !said.is_empty() => drop(erases(&mut cell, who, said[which % said.len()].0)),
                _ => cell.wait_days(1),
            }
            for (_, at, detail) in &said {
                if cell.state.details().gone(&detail.hash(), *at).is_some() {
                    gone.push((detail.clone(), *at));
                }
            }
            for (detail, at) in &gone {
                prop_assert!(cell.state.details().gone(&detail.hash(), *at).is_some());
                prop_assert!(cell.state.details().gone(&detail.hash(), at.next()).is_some());
            }
            let read = State::decode(&cell.state.encode());
            prop_assert_eq!(read.as_ref(), Ok(&cell.state));
        }
    }
}
