//! How a term that opens later is judged.

use crate::say::pair;
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Effect, Reason};
use lifeboat_log::codec::{Bytes, List, encode};
use lifeboat_log::opening::{Base, Endorsement, Floor, Right, possession_message};
use lifeboat_log::{Entry, Kind, Link, Opening, Record, SecretKey, Signature, SignedEntry, StateHash, Term};

/// The opening of `term` by wren's node, by the right that `right` gives.
fn opening(
    cell: &mut TestCell,
    term: Term,
    state: StateHash,
    right: impl FnOnce(&TestCell, &Opening) -> Right,
) -> SignedEntry {
    let (wren, node, key) = (cell.key("wren"), cell.key("laptop"), cell.key("second term"));
    let last = cell.last().entry();
    let mut draft: Entry = (**last).clone();
    (draft.author, draft.kind, draft.version) = (wren.public(), Kind::OPENING, 1);
    draft.details = List::default();
    let message = possession_message(&draft, term, &node.public(), &key.public());
    let checkpoint = Bytes::new(cell.checkpoint().to_bytes()).unwrap();
    let mut opening = Opening {
        term,
        base: Some(Base { checkpoint, head: cell.chain.head() }),
        node: node.public(),
        term_key: key.public(),
        possession: key.sign(&message),
        witnesses: List::default(),
        quorum: 0,
        state,
        rules: 1,
        right: Right::Handover(Signature([0; 64])),
    };
    opening.right = right(cell, &opening);
    draft.body = Bytes::new(encode(&opening)).unwrap();
    draft.sign(&wren).unwrap()
}

fn place(cell: &mut TestCell, term: Term, entry: SignedEntry) -> Effect {
    let link = Link::new(term, cell.chain.next(), cell.chain.head(), cell.now, entry.id());
    let record = Record::place(link, entry).unwrap();
    cell.chain.extend(&record).unwrap();
    cell.state.apply(&record, &lifeboat_commons::NoHistory)
}

fn handover(cell: &TestCell, opening: &Opening) -> Right {
    Right::Handover(cell.term_key.sign(&opening.handover_message(&cell.cell())))
}

fn takeover(keys: &[SecretKey]) -> impl FnOnce(&TestCell, &Opening) -> Right + '_ {
    move |cell, opening| {
        let note = cell.checkpoint();
        let floor = Floor {
            term: Term::FIRST,
            size: note.checkpoint().size,
            root: note.checkpoint().root,
            signature: Signature([0; 64]),
        };
        let message = opening.endorsement_message(&cell.cell(), &floor);
        let sign = |key: &SecretKey| Endorsement { key: key.public(), floor, signature: key.sign(&message) };
        let mut endorsements: Vec<_> = keys.iter().map(sign).collect();
        endorsements.sort_by_key(|e| e.key);
        Right::Takeover { endorsements: List::new(endorsements).unwrap(), closes: List::default() }
    }
}

#[test]
fn a_handover_on_this_state_names_the_new_keeper() {
    let mut cell = pair();
    let state = cell.state.hash();
    let term = Term::new(0, 1);
    let entry = opening(&mut cell, term, state, handover);
    assert_eq!(place(&mut cell, term, entry), Effect::Applied);
    let keeper = cell.state.keeper().unwrap();
    assert_eq!((keeper.term, keeper.node), (term, cell.key("laptop").public()));
}

#[test]
fn a_handover_on_another_state_is_shown() {
    let mut cell = pair();
    let term = Term::new(0, 1);
    let entry = opening(&mut cell, term, StateHash([1; 32]), handover);
    assert_eq!(place(&mut cell, term, entry), Effect::Void(Reason::NoRight));
}

#[test]
fn a_takeover_needs_more_than_half_of_the_electors() {
    let mut cell = pair();
    cell.admit("finch");
    cell.wait_days(8);
    let one = crate::say::received("1 EUR");
    cell.must("wren", &one);
    let (state, term) = (cell.state.hash(), Term::new(1, 0));
    let keys = ["wren", "finch", "stranger", "wren's cat"].map(|name| cell.key(name));
    let mut few = pair();
    few.admit("finch");
    few.wait_days(8);
    few.must("wren", &one);
    let entry =
        opening(&mut few, term, state, takeover(&[keys[0].clone(), keys[2].clone(), keys[3].clone()]));
    assert_eq!(place(&mut few, term, entry), Effect::Void(Reason::NoRight));
    let entry = opening(&mut cell, term, state, takeover(&keys[..2]));
    assert_eq!(place(&mut cell, term, entry), Effect::Applied);
}
