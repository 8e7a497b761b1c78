//! Boards, bids and offers, on real states and logs.

mod parted;
mod rivals;

use super::*;
use crate::limits::{MAX_CALLS_EACH, REACH_MS};
use crate::message::term_of_note;
use lifeboat_commons::History;
use lifeboat_commons::membership::{KeyAdded, KeyEnded, Powers};
use lifeboat_commons::testing::{TestCell, charter};
use lifeboat_log::codec::List;
use lifeboat_log::{
    Call, CellId, Endorsement, EntryId, Floor, Given, Link, LinkHash, Nonce, Origin, Position, SecretKey,
    SignedCheckpoint, Term, Time, TreeHash,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn cell() -> TestCell {
    let mut charter = charter();
    charter.waiting_days = 0;
    let mut cell = TestCell::found_with(1, "heron", &charter);
    for name in ["wren", "finch", "owl"] {
        cell.admit(name);
    }
    cell
}

fn call(cell: &TestCell, era: u16, name: &str) -> Call {
    Call {
        term: Term::new(era, 0),
        node: cell.key(&format!("{name}'s laptop")).public(),
        term_key: cell.key(&format!("{name}'s term {era}")).public(),
    }
}

fn floor(cell: &TestCell) -> Floor {
    Floor::of(&cell.checkpoint(), &cell.term_key.public()).unwrap()
}

fn news(cell: &TestCell, call: Call, names: &[&str]) -> CallNews {
    let sign = |name: &&str| call.endorse(&cell.cell(), floor(cell), &cell.key(name));
    let mut endorsements: Vec<Endorsement> = names.iter().map(sign).collect();
    endorsements.sort_by_key(|e| e.key);
    CallNews { call, endorsements: List::new(endorsements).unwrap(), closes: List::default() }
}

#[test]
fn a_board_takes_what_holds_and_counts() {
    let (cell, mut board) = (cell(), Board::default());
    let call = call(&cell, 1, "wren");
    assert!(!board.take(&news(&cell, call, &["stranger"]), &cell.state));
    let mut forged = news(&cell, call, &["wren"]);
    let mut endorsements = forged.endorsements.to_vec();
    endorsements[0].signature.0[5] ^= 1;
    forged.endorsements = List::new(endorsements).unwrap();
    assert!(!board.take(&forged, &cell.state));
    assert!(board.is_empty());
    assert!(board.take(&news(&cell, call, &["wren", "stranger"]), &cell.state));
    assert!(!board.take(&news(&cell, call, &["wren"]), &cell.state), "nothing new");
    assert_eq!(board.endorsed_by(cell.key("wren").public()).collect::<Vec<_>>(), [&call]);
    assert_eq!(board.endorsed_by(cell.key("finch").public()).count(), 0);
    assert!(board.take(&news(&cell, call, &["finch"]), &cell.state));
    assert_eq!(board.get(&call).unwrap().given(&cell.state), 2);
    let mut other = Board::default();
    board.news(&cell.state).iter().for_each(|news| assert!(other.take(news, &cell.state)));
    assert_eq!(other.get(&call), board.get(&call));
    board.forget(Term::new(1, 0));
    assert!(board.is_empty());
}

#[test]
fn a_call_of_an_era_that_is_over_or_a_turn_is_none() {
    let (cell, mut board) = (cell(), Board::default());
    for term in [Term::new(0, 0), Term::new(0, 1), Term::new(1, 1)] {
        let call = Call { term, ..call(&cell, 1, "wren") };
        assert!(!board.take(&news(&cell, call, &["wren"]), &cell.state), "{term}");
    }
}

#[test]
fn one_elector_does_not_fill_a_board() {
    let (cell, mut board) = (cell(), Board::default());
    let last = 20;
    for era in 1..=last {
        assert!(board.take(&news(&cell, call(&cell, era, "owl"), &["owl"]), &cell.state));
        assert_eq!(board.calls().count(), MAX_CALLS_EACH.min(era.into()));
    }
    // The newest tries stand; what is told of an older one again does not come back.
    assert!(!board.take(&news(&cell, call(&cell, 1, "owl"), &["owl"]), &cell.state));
    let eras: Vec<u16> = board.calls().map(|(call, _)| call.term.era()).collect();
    assert_eq!(eras, [last - 2, last - 1, last]);
    assert!(board.take(&news(&cell, call(&cell, 1, "wren"), &["wren", "finch"]), &cell.state));
    assert_eq!(free_era(&board, &cell.state, &[1, 2].into()), Some(3));
}

#[test]
fn a_try_after_many_that_failed_can_still_be_endorsed() {
    let (cell, mut board) = (cell(), Board::default());
    for era in 1..=20 {
        for name in ["wren", "finch", "owl"] {
            board.take(&news(&cell, call(&cell, era, "wren"), &[name]), &cell.state);
        }
        let known = board.get(&call(&cell, era, "wren"));
        assert_eq!(known.map(|known| known.given(&cell.state)), Some(3), "era {era}");
    }
}

#[test]
fn a_board_on_which_others_stand_behind_all_they_can_has_room_for_one_more() {
    let (cell, mut board) = (cell(), Board::default());
    let fill = |board: &mut Board| {
        for (index, name) in ["owl", "finch", "heron"].iter().enumerate() {
            for era in 1..=MAX_CALLS_EACH as u16 {
                let era = era + 3 * index as u16;
                board.take(&news(&cell, call(&cell, era, name), &[name]), &cell.state);
            }
        }
    };
    fill(&mut board);
    assert_eq!(board.calls().count(), 3 * MAX_CALLS_EACH);
    let new = call(&cell, 12, "wren");
    assert!(board.take(&news(&cell, new, &["wren"]), &cell.state));
    // The others say what they know again, and two of them come over.
    fill(&mut board);
    for name in ["owl", "finch"] {
        assert!(board.take(&news(&cell, new, &[name]), &cell.state));
    }
    assert_eq!(board.get(&new).map(|known| known.given(&cell.state)), Some(3));
}

#[test]
fn a_member_counts_once_with_two_keys_and_not_with_one_that_ended() {
    let (mut cell, mut board) = (cell(), Board::default());
    let (call, paper) = (call(&cell, 1, "wren"), cell.key("owl's paper"));
    cell.must("owl", &KeyAdded::sign(cell.cell(), cell.id("owl"), &paper, Powers::ENDORSE, Time::ZERO));
    assert!(board.take(&news(&cell, call, &["owl's paper"]), &cell.state));
    assert!(!board.take(&news(&cell, call, &["owl"]), &cell.state), "behind it already");
    assert_eq!(board.news(&cell.state)[0].endorsements.len(), 1);
    cell.must("owl", &KeyEnded { common: Default::default(), key: paper.public() });
    assert!(board.news(&cell.state).is_empty(), "nobody who counts is behind it");
    assert!(board.take(&news(&cell, call, &["owl"]), &cell.state));
    assert_eq!(board.get(&call).unwrap().endorsements.len(), 1, "what counts no more is gone");
}

#[test]
fn closes_stand_only_where_more_than_half_endorse() {
    let mut cell = cell();
    let witness = cell.key("a witness");
    cell.hand_over(&[&witness], 1);
    let (call, mut board) = (call(&cell, 1, "wren"), Board::default());
    let closes = List::new(vec![call.close(&cell.cell(), floor(&cell), &witness)]).unwrap();
    let told = |names: &[&str]| CallNews { closes: closes.clone(), ..news(&cell, call, names) };
    assert!(board.take(&told(&["wren", "owl"]), &cell.state));
    assert!(board.get(&call).unwrap().closes.is_empty(), "or a board would grow with them");
    assert!(board.take(&told(&["finch"]), &cell.state));
    assert_eq!(board.get(&call).unwrap().closes.len(), 1);
}

#[test]
fn a_call_may_come_to_something_after_its_home_made_another() {
    let (cell, mut board, mut bids) = (cell(), Board::default(), Bids::default());
    let (first, second) = (call(&cell, 1, "wren"), call(&cell, 2, "wren"));
    [first, second].into_iter().for_each(|call| bids.add(call));
    board.take(&news(&cell, second, &["wren"]), &cell.state);
    board.take(&news(&cell, first, &["wren", "finch", "owl"]), &cell.state);
    let mut next = |board: &Board| {
        bids.next(board, &cell.state, Some(&cell.checkpoint()), &cell, cell.now).map(|(call, _)| call)
    };
    assert_eq!(next(&board), Some(first), "it can open");
    // Where both can, the higher era is the one that counts.
    board.take(&news(&cell, second, &["finch", "owl"]), &cell.state);
    assert_eq!(next(&board), Some(second));
    bids.forget(Term::new(1, 0));
    assert_eq!(bids.calls().collect::<Vec<_>>(), [&second]);
}

#[test]
fn an_era_with_too_many_votes_elsewhere_is_not_free() {
    let (cell, mut board) = (cell(), Board::default());
    board.take(&news(&cell, call(&cell, 1, "wren"), &["wren", "finch"]), &cell.state);
    assert_eq!(free_era(&board, &cell.state, &BTreeSet::new()), Some(2));
}

/// Wren's bid, with these endorsements on the board.
fn bid(cell: &TestCell, names: &[&str]) -> (Bid, Board) {
    let (mut board, call) = (Board::default(), call(cell, 1, "wren"));
    board.take(&news(cell, call, names), &cell.state);
    (Bid::new(call), board)
}

fn next(bid: &mut Bid, board: &Board, cell: &TestCell) -> Next {
    let known = board.get(&bid.call).cloned().unwrap_or_default();
    bid.next(&known, &cell.state, Some(&cell.checkpoint()), cell, cell.now)
}

#[test]
fn a_bid_waits_for_more_than_half_and_opens_what_the_rules_accept() {
    let mut cell = cell();
    let (mut wren, board) = bid(&cell, &["wren", "finch"]);
    assert_eq!(next(&mut wren, &board, &cell), Next::Endorsements { given: 2, of: 4 });
    let (mut wren, board) = bid(&cell, &["wren", "finch", "owl"]);
    let Next::Open(right) = next(&mut wren, &board, &cell) else { panic!("it can open") };
    let (node, term_key) = (cell.key("wren's laptop"), cell.key("wren's term 1"));
    let (base, head) = (cell.checkpoint(), cell.chain.head());
    let keys = (&node, &term_key);
    let entry = compose_opening(&wren.call, *right, &base, head, &cell.state, keys, cell.now, Nonce([7; 16]))
        .unwrap();
    let effect = cell.open_term(Term::new(1, 0), entry, term_key);
    assert!(effect.is_applied(), "{effect:?}");
    assert_eq!(cell.state.keeper().unwrap().node, node.public());
}

#[test]
fn a_bid_reaches_the_highest_floor_and_in_the_end_goes_on_without_it() {
    let mut longer = cell();
    let mut here = cell();
    let added = lifeboat_commons::membership::Present { common: Default::default() };
    longer.must("heron", &added);
    let (mut wren, mut board) = bid(&here, &["wren", "finch", "owl"]);
    board.take(&news(&longer, wren.call, &["heron"]), &here.state);
    assert_eq!(next(&mut wren, &board, &here), Next::Reach(floor(&longer)));
    here.wait_ms(REACH_MS);
    assert!(matches!(next(&mut wren, &board, &here), Next::Open(_)), "three of four are left");
    // Where it needs that endorser, it waits for what it holds.
    let (mut wren, mut board) = bid(&here, &["wren", "finch"]);
    board.take(&news(&longer, wren.call, &["heron"]), &here.state);
    assert_eq!(next(&mut wren, &board, &here), Next::Reach(floor(&longer)));
    here.wait_ms(REACH_MS);
    assert_eq!(next(&mut wren, &board, &here), Next::Reach(floor(&longer)));
    // Once it holds as much, it opens.
    let (mut wren, mut board) = bid(&longer, &["wren"]);
    board.take(&news(&longer, wren.call, &["heron", "finch"]), &longer.state);
    assert!(matches!(next(&mut wren, &board, &longer), Next::Open(_)));
}

#[test]
fn a_bid_leaves_out_who_holds_another_log() {
    let (mut other, mut here) = (cell(), cell());
    let present = |name: &str, cell: &mut TestCell| {
        cell.must(name, &lifeboat_commons::membership::Present { common: Default::default() });
    };
    present("heron", &mut other);
    present("owl", &mut here);
    let (mut wren, mut board) = bid(&here, &["wren", "finch"]);
    board.take(&news(&other, wren.call, &["owl"]), &here.state);
    assert_eq!(next(&mut wren, &board, &here), Next::Endorsements { given: 2, of: 4 });
}

#[test]
fn a_log_that_ends_past_its_checkpoint_is_cut_first() {
    let mut cell = cell();
    let short = cell.checkpoint();
    let (mut wren, board) = bid(&cell, &["wren", "finch", "owl"]);
    cell.must("owl", &lifeboat_commons::membership::Present { common: Default::default() });
    let known = board.get(&wren.call).unwrap();
    assert_eq!(wren.next(known, &cell.state, Some(&short), &cell, cell.now), Next::Uncovered);
}

#[test]
fn a_witness_closes_once_and_only_for_a_majority() {
    let mut cell = cell();
    let (witness, other) = (cell.key("a witness"), cell.key("another"));
    // A term without witnesses has none who could close.
    let (wren, board) = bid(&cell, &["wren", "finch", "owl"]);
    assert!(!may_close(&witness.public(), 0, &wren.call, board.get(&wren.call).unwrap(), &cell.state));
    cell.hand_over(&[&witness], 1);
    let (mut wren, mut board) = bid(&cell, &["wren", "finch"]);
    let may = |board: &Board, key: &SecretKey| {
        may_close(&key.public(), 0, &wren.call, board.get(&wren.call).unwrap(), &cell.state)
    };
    assert!(!may(&board, &witness), "two of four are not more than half");
    board.take(&news(&cell, wren.call, &["owl"]), &cell.state);
    assert!(may(&board, &witness) && !may(&board, &other));
    let known = board.get(&wren.call).unwrap();
    assert!(
        !may_close(&witness.public(), 2, &wren.call, known, &cell.state),
        "it could cosign nothing in it"
    );
    let open = cell.chain.open().unwrap().clone();
    let floor = floor_of_close(&open, Some(&cell.checkpoint()), None, &cell.state, &cell).unwrap();
    let closes = List::new(vec![wren.call.close(&cell.cell(), floor, &witness)]).unwrap();
    assert_eq!(next(&mut wren, &board, &cell), Next::Closes { given: 0, needed: 1 });
    board.take(&CallNews { call: wren.call, endorsements: List::default(), closes }, &cell.state);
    assert!(!may_close(&witness.public(), 0, &wren.call, board.get(&wren.call).unwrap(), &cell.state));
    assert!(matches!(next(&mut wren, &board, &cell), Next::Open(_)));
}

#[test]
fn a_witness_that_holds_less_than_it_cosigned_does_not_close() {
    let cell = cell();
    let open = cell.chain.open().unwrap().clone();
    let held = cell.checkpoint();
    let given = |size| Given { size, root: held.root, seconds: 1 };
    let of = |held: Option<&SignedCheckpoint>, given: Option<Given>| {
        floor_of_close(&open, held, given.as_ref(), &cell.state, &cell)
    };
    assert_eq!(of(Some(&held), Some(given(held.size))), Some(floor(&cell)));
    assert_eq!(of(Some(&held), Some(given(held.size + 1))), None);
    assert_eq!(of(None, None), None);
    // It has cosigned a rival of what is here.
    assert_eq!(of(Some(&held), Some(Given { root: TreeHash([7; 32]), ..given(held.size) })), None);
    assert_eq!(of(Some(&held), Some(Given { root: TreeHash([7; 32]), ..given(1) })), None);
    let first = Given { root: cell.root(open.term, 1).unwrap(), ..given(1) };
    assert_eq!(of(Some(&held), Some(first)), Some(floor(&cell)));
}

/// A log in memory, as an offer is judged on it.
struct InMemory<'a>(&'a TestCell);

impl History for InMemory<'_> {
    fn find(&self, id: &EntryId) -> Option<lifeboat_log::Record> {
        self.0.find(id)
    }
    fn root(&self, term: Term, size: u64) -> Option<TreeHash> {
        self.0.root(term, size)
    }
}

impl InMemory<'_> {
    /// The bases of all openings.
    fn checkpoints(&self) -> impl Iterator<Item = SignedCheckpoint> {
        let openings = self.0.records().iter().filter_map(|record| record.entry().opening().unwrap());
        openings.filter_map(|opening| {
            let base = opening.base?.checkpoint.to_vec();
            let term = term_of_note(&base)?;
            let origin = Origin { cell: self.0.cell(), term };
            SignedCheckpoint::verify(&base, &origin, &self.term(term)?.signers).ok()
        })
    }
}

impl HeldLog for InMemory<'_> {
    fn term(&self, term: Term) -> Option<TermStand> {
        let mut of_term = self.0.records().iter().filter(|record| record.link().term == term).peekable();
        let first = *of_term.peek()?;
        let opening = first.entry().opening().unwrap().unwrap();
        let signers = opening.signers();
        let (start, size, quorum) = (first.link().position, of_term.count() as u64, opening.quorum);
        Some(TermStand { signers, quorum, start, size })
    }
    fn head(&self, end: Position) -> Option<LinkHash> {
        Some(self.0.records().get(end.0.checked_sub(1)? as usize)?.link().hash())
    }
    fn state_at(&self, end: Position) -> Option<lifeboat_commons::State> {
        let mut state = lifeboat_commons::State::new(self.0.cell());
        for record in self.0.records().get(..end.0 as usize)? {
            state.apply(record, self);
        }
        Some(state)
    }
    fn checkpoint(&self, term: Term) -> Option<SignedCheckpoint> {
        let open = self.0.chain.open()?.term == term;
        if open { Some(self.0.checkpoint()) } else { self.checkpoints().find(|c| c.origin.term == term) }
    }
    fn before(&self, term: Term) -> Option<SignedCheckpoint> {
        self.checkpoints().filter(|c| c.origin.term < term).last()
    }
}

/// The record that opens wren's term at the end of this log, endorsed by these.
fn opening(cell: &TestCell, era: u16, names: &[&str]) -> Vec<u8> {
    let call = call(cell, era, "wren");
    let list = news(cell, call, names).endorsements;
    let right = lifeboat_log::opening::Right::Takeover { endorsements: list, closes: List::default() };
    let (node, term_key) = (cell.key("wren's laptop"), cell.key(&format!("wren's term {era}")));
    let (base, head) = (cell.checkpoint(), cell.chain.head());
    let entry =
        compose_opening(&call, right, &base, head, &cell.state, (&node, &term_key), cell.now, Nonce([9; 16]));
    let entry = entry.unwrap();
    let link = Link::new(call.term, cell.chain.next(), cell.chain.head(), cell.now, entry.id());
    lifeboat_log::Record::place(link, entry).unwrap().to_bytes()
}

fn grown(count: usize) -> TestCell {
    let mut cell = cell();
    for _ in 0..count {
        cell.must("heron", &lifeboat_commons::membership::Present { common: Default::default() });
    }
    cell
}

fn judged(cell: &TestCell, bytes: &[u8]) -> Opened {
    let open = cell.chain.open().unwrap().term;
    judge(cell.cell(), open, bytes, &Look::default(), &InMemory(cell))
}

#[test]
fn an_offer_is_ahead_or_behind_and_its_right_is_judged_first() {
    let majority = ["wren", "finch", "owl"];
    let here = grown(4);
    for (size, back) in [(2, true), (4, false), (6, false)] {
        let at = grown(size);
        match judged(&here, &opening(&at, 1, &majority)) {
            Opened::Back(_, base) => assert!(back && base.size == at.checkpoint().size, "{size}"),
            Opened::Ahead(call) => assert!(!back && call.term == Term::new(1, 0), "{size}"),
            other => panic!("{size}: {other:?}"),
        }
    }
    let few = opening(&grown(2), 1, &majority[..2]);
    assert!(matches!(judged(&here, &few), Opened::Fault(crate::follower::Fault::Unjust(_))));
}

#[test]
fn what_is_no_offer_is_a_fault() {
    let here = grown(4);
    let good = opening(&grown(2), 1, &["wren", "finch", "owl"]);
    let founding = here.records()[0].to_bytes();
    for bad in [&b""[..], &founding, &good[..good.len() - 1]] {
        assert!(matches!(judged(&here, bad), Opened::Fault(_)));
    }
    // The keeper's time, in the link, is under no signature before a checkpoint covers the record.
    for at in (0..good.len()).filter(|at| !(45..53).contains(at)).step_by(3) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(matches!(judged(&here, &bad), Opened::Fault(_)), "byte {at}");
    }
    let elsewhere = judge(CellId([7; 32]), Term::FIRST, &good, &Look::default(), &InMemory(&here));
    assert!(matches!(elsewhere, Opened::Fault(_)));
    let later = judge(here.cell(), Term::new(1, 0), &good, &Look::default(), &InMemory(&here));
    assert!(matches!(later, Opened::NotHeld), "no later era than its own");
}

proptest! {
    /// Whatever endorsers a bid has, what it opens is what the rules accept, and it opens when they would.
    #[test]
    fn a_bid_opens_exactly_what_holds(mask in 0u8..16, cut in 0usize..3) {
        let names: Vec<&str> = ["heron", "wren", "finch", "owl"].into_iter().enumerate()
            .filter(|(i, _)| mask >> i & 1 == 1).map(|(_, name)| name).collect();
        let here = grown(3);
        let low = grown(cut);
        let (mut wren, mut board) = (Bid::new(call(&here, 1, "wren")), Board::default());
        board.take(&news(&low, wren.call, &names), &here.state);
        let known = board.get(&wren.call).cloned().unwrap_or_default();
        match wren.next(&known, &here.state, Some(&here.checkpoint()), &here, here.now) {
            Next::Open(right) => {
                prop_assert!(names.len() * 2 > 4);
                let (node, term_key) = (here.key("wren's laptop"), here.key("wren's term 1"));
                let (base, head) = (here.checkpoint(), here.chain.head());
                let entry = compose_opening(&wren.call, *right, &base, head, &here.state, (&node, &term_key), here.now, Nonce([1; 16])).unwrap();
                let opening = entry.opening().unwrap().unwrap();
                prop_assert_eq!(here.state.judge_opening(&opening, &here), Ok(false));
            }
            Next::Endorsements { given, of } => prop_assert!(given == names.len() && given * 2 <= of),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    /// No bytes make a judge of offers panic.
    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let here = cell();
        let fault = matches!(judged(&here, &bytes), Opened::Fault(_));
        prop_assert!(fault);
    }
}
